"""Entries and nights by hand: every value is given, and none is from a recording."""

from datetime import date
from typing import Any

import msgspec
from synthetic_nights import finding_rows, summary_with, warning_rows

from deepecg.night.night_entry import NightEntry, night_entry, read_entry
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.rejection_json import Rejection
from deepecg.outputs.summary import Summary

NIGHT = date(2026, 11, 21)
HOUR_S = 3600


def summary(
    *,
    hours: float = 24.0,
    analysable_hours: float | None = None,
    n: int = 90_000,
    s: int = 0,
    v: int = 0,
    mean_bpm: float | None = 70.0,
    fibrillation_percent: float | None = 0.0,
    longest_pause_s: float | None = None,
    ventricular_runs: tuple[int, ...] = (),
    urgent: tuple[tuple[str, str], ...] = (),
    notable: tuple[tuple[str, str], ...] = (),
    review: str = "not_reviewed",
    warnings: tuple[str, ...] = (),
    model: str = "model-1",
) -> Summary:
    """Return a summary with these values."""
    beats = n + s + v
    return summary_with(
        recording={"duration_s": hours * HOUR_S},
        signal={
            "analysable_s": round(
                (hours if analysable_hours is None else analysable_hours) * HOUR_S
            )
        },
        beats={"class_count": {"N": n, "S": s, "V": v, "F": 0, "Q": 0}},
        heart_rate={"mean_bpm": mean_bpm, "minimum_bpm": 50.0, "maximum_bpm": 120.0},
        ventricular={
            "burden_percent": round(100 * v / beats, 2) if beats else None,
            "run_count": len(ventricular_runs),
            "longest_run": {"beats_count": max(ventricular_runs)} if ventricular_runs else None,
        },
        supraventricular={
            "burden_percent": round(100 * s / beats, 2) if beats else None,
            "run_count": 0,
            "longest_run": None,
        },
        pauses={"count": int(longest_pause_s is not None), "longest_s": longest_pause_s},
        atrial_fibrillation={"burden_percent": fibrillation_percent},
        urgent=finding_rows(*urgent),
        notable=finding_rows(*notable),
        warnings=warning_rows(*warnings),
        provenance={
            "model": {"version": model},
            "software": {"version": "0.1.0"},
            "review": review if review == "not_reviewed" else "reviewed",
        },
        review={"status": "preliminary" if review == "not_reviewed" else review},
    )


def body(entry: NightEntry | dict[str, Any]) -> bytes:
    """Return an entry as it is written."""
    return to_json(entry).encode()


def with_values(document: Any, **fields: Any) -> dict[str, Any]:
    """Return a document as JSON has it, with other values."""
    return msgspec.to_builtins(document) | fields


def read_back(
    recording: str, document: Summary | Rejection | None = None, **upload: Any
) -> NightEntry:
    """Return an entry as it is read back."""
    return read_entry(body(night_entry(recording, document, **upload)))


class MemoryStore:
    """A store of nights that holds all in memory, and gives entries in the order they came."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = list(bodies)
        self.files: dict[tuple[date, str], bytes] = {}
        self.types: dict[str, str] = {}

    def put(self, entry: NightEntry, night: date) -> None:
        assert night == NIGHT
        self.bodies.append(body(entry))

    def entries(self, night: date) -> list[bytes]:
        return self.bodies if night == NIGHT else []

    def totals(self, night: date) -> bytes | None:
        return self.files.get((night, "totals.json"))

    def write(self, night: date, name: str, body: bytes, content_type: str) -> None:
        self.files[night, name] = body
        self.types[name] = content_type
