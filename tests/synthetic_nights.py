"""Made-up nights: no patient, no recording, only plausible numbers, the same for the same seed."""

from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
from synthetic_summary import made_up_summary

from deepecg.night.night_entry import NightEntry, night_entry, read_entry
from deepecg.night.night_metrics import night_totals
from deepecg.night.night_store import TOTALS
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.rejection_json import REJECTION_SCHEMA_VERSION, Rejection
from deepecg.outputs.summary import SOFTWARE, Summary

HOUR_S = 3600
REJECTIONS = ("truncated_samples", "flat_line", "missing_part", "unknown_format", "too_short")
MODEL = "2026-10-12-default"
ANY_SUMMARY = made_up_summary() | {"hours": [], "events": [], "clusters": []}
ANY_FINDING = ANY_SUMMARY["urgent"][0]


def summary_with(**blocks: Any) -> Summary:
    """Return a made-up summary with other values in some of its blocks."""
    return msgspec.convert(_merged(ANY_SUMMARY, blocks), Summary)


def finding_rows(*findings: tuple[str, str]) -> list[dict[str, Any]]:
    """Return urgent or notable findings of a summary from their kinds and messages."""
    return [ANY_FINDING | {"kind": kind, "message": message} for kind, message in findings]


def warning_rows(*codes: str) -> list[dict[str, str]]:
    """Return warnings of a summary from their codes."""
    return [{"code": code, "message": "Any message."} for code in codes]


def rejection(code: str) -> Rejection:
    """Return a rejection with this code."""
    return Rejection(REJECTION_SCHEMA_VERSION, "any", code, "Any message.", SOFTWARE, ADVISORY)


def _merged(base: Any, changes: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return base | {key: _merged(base[key], value) for key, value in changes.items()}


def made_up_entries(night: date, n: int, seed: int, **patients: float) -> list[NightEntry]:
    """Return the entries of a night with ``n`` uploads.

    Parameters
    ----------
    night : date
        Its date; another one gives other numbers.
    n : int
        Uploads.
    seed : int
        Of the random numbers.
    **patients : float
        Passed to :func:`made_up_patient`: what is unusual about this night's patients.
    """
    random = np.random.default_rng([seed, night.toordinal()])
    return [_entry(night, number, seed, random, patients) for number in range(n)]


def fill(store: Any, night: date, n: int, seed: int, n_before: int = 0, **patients: float) -> None:
    """Put a made-up night into a store with ``put``, and the totals of the four weeks before it.

    Parameters
    ----------
    store : FolderStore or one like it
        Takes them.
    night : date
        The night.
    n : int
        Its uploads.
    seed : int
        Of the random numbers.
    n_before : int
        About so many uploads on each night before, fewer at weekends; 0 leaves these nights out.
    **patients : float
        What is unusual about this night's patients; see :func:`made_up_patient`.
    """
    for days in range(28 if n_before else 0, 0, -1):
        past = night - timedelta(days=days)
        share = (0.5 if past.weekday() >= 5 else 1.0) + 0.05 * (past.toordinal() % 4)
        made_up = made_up_entries(past, int(n_before * share), seed)
        entries = [read_entry(to_json(entry).encode()) for entry in made_up]
        totals = night_totals(past, entries)
        store.write(past, TOTALS, to_json(totals).encode(), "application/json")
    for entry in made_up_entries(night, n, seed, **patients):
        store.put(entry, night)


def made_up_patient(
    random: np.random.Generator, *, ventricular: float = 1.0, noise: float = 1.0
) -> Summary:
    """Return the summary of a recording that does not exist.

    Parameters
    ----------
    random : Generator
        The source of its numbers.
    ventricular : float
        Ventricular burdens are this many times the usual ones.
    noise : float
        The same for the share of time that cannot be analysed.
    """
    duration_s = float(random.choice([24, 24, 24, 24, 48, 72, 168]) * HOUR_S - random.integers(900))
    lost = min(noise * random.gamma(0.6, 0.025), 0.9)
    analysable_s = round(duration_s * (1 - lost))
    fibrillation = random.random() < 0.09
    af_percent = round(float(random.choice([100.0, random.uniform(0.5, 60)])), 2) * fibrillation
    mean = float(np.clip(random.normal(82 if fibrillation else 73, 9), 45, 125))
    beats = int(analysable_s * mean / 60)
    v_percent = min(ventricular * random.lognormal(-2.6, 2.3), 45.0) * (random.random() > 0.12)
    s_percent = min(random.lognormal(-2.0, 1.6), 30.0) * (random.random() > 0.08)
    v, s = int(beats * v_percent / 100), int(beats * s_percent / 100)
    f, q = int(random.poisson(2)), int(random.poisson(1))
    runs = int(random.poisson(min(v_percent, 8) / 3))
    longest = 3 + int(random.geometric(0.55)) if runs else None
    pauses = int(random.random() < 0.05) * int(random.integers(1, 12))
    pause_s = round(2.0 + float(random.exponential(0.5)), 2) if pauses else None
    s_runs = int(random.poisson(min(s_percent, 10) / 2))
    urgent = []
    if longest is not None and longest >= 6:
        rate = int(random.integers(105, 190))
        urgent.append(
            ("ventricular_tachycardia", f"Ventricular tachycardia of {longest} beats at {rate}/min")
        )
    if v_percent > 10:
        urgent.append(
            ("ventricular_burden", f"Ventricular ectopic beats are {v_percent:.1f} % of all beats")
        )
    if fibrillation and mean > 90:
        rate = int(mean + 24)
        urgent.append(
            (
                "fast_atrial_fibrillation",
                f"Atrial fibrillation of {random.integers(2, 90)} min at {rate}/min",
            )
        )
    if pause_s is not None and pause_s >= 3.0:
        urgent.append(("pause", f"Pause of {pause_s:.1f} s"))
    notable = []
    if fibrillation and mean <= 90:
        notable.append(("atrial_fibrillation", f"Atrial fibrillation of 40 min at {mean:.0f}/min"))
    if longest is not None and longest < 6:
        notable.append(
            ("ventricular_tachycardia", f"Ventricular tachycardia of {longest} beats at 120/min")
        )
    is_reviewed = random.random() < 0.3
    return summary_with(
        recording={"duration_s": duration_s},
        signal={"analysable_s": analysable_s},
        beats={"class_count": {"N": beats - v - s - f - q, "S": s, "V": v, "F": f, "Q": q}},
        heart_rate={
            "mean_bpm": round(mean, 1),
            "minimum_bpm": round(mean * random.uniform(0.58, 0.75), 1),
            "maximum_bpm": round(mean * random.uniform(1.45, 2.0), 1),
        },
        ventricular={
            "burden_percent": round(100 * v / beats, 2),
            "run_count": runs,
            "longest_run": None if longest is None else {"beats_count": longest},
        },
        supraventricular={
            "burden_percent": round(100 * s / beats, 2),
            "run_count": s_runs,
            "longest_run": {"beats_count": 3 + int(random.geometric(0.3))} if s_runs else None,
        },
        pauses={"count": pauses, "longest_s": pause_s},
        atrial_fibrillation={"burden_percent": af_percent},
        urgent=finding_rows(*urgent),
        notable=finding_rows(*notable),
        warnings=warning_rows(*_warnings(random.random())),
        provenance={
            "model": {"version": MODEL},
            "software": {"version": "0.1.0"},
            "review": "reviewed" if is_reviewed else "not_reviewed",
        },
        review={"status": "final" if is_reviewed else "preliminary"},
    )


def _entry(
    night: date, number: int, seed: int, random: np.random.Generator, patients: dict[str, float]
) -> NightEntry:
    recording = sha256(f"{seed} {night} {number}".encode()).hexdigest()[:20]
    midnight = datetime.combine(night, time(), UTC)
    uploaded_at = midnight + timedelta(seconds=int(random.integers(86_400)))
    size_bytes = int(random.integers(30_000_000, 140_000_000))
    folder = f"recordings/{recording}/{sha256(recording.encode()).hexdigest()[:16]}"
    upload = {"uploaded_at": uploaded_at, "size_bytes": size_bytes}
    draw = random.random()
    if draw < 0.005:
        return night_entry(recording, outcome="failed", code="timed_out", **upload)
    if draw < 0.009:
        return night_entry(recording, outcome="received", **upload)
    if draw < 0.02:
        return night_entry(recording, outcome="waiting", code="missing_part", **upload)
    if draw < 0.05:
        refused = rejection(str(random.choice(REJECTIONS)))
        seconds = float(random.uniform(0.1, 0.9))
        return night_entry(recording, refused, folder=folder, processing_s=seconds, **upload)
    summary = made_up_patient(random, **patients)
    seconds = summary.recording.duration_s / HOUR_S * float(random.normal(0.36, 0.02))
    return night_entry(recording, summary, folder=folder, processing_s=seconds, **upload)


def _warnings(draw: float) -> tuple[str, ...]:
    """Return the codes of a recording's warnings: 3 % have a harmless one, 2 % an important one."""
    if draw < 0.03:
        return ("wrong_checksum",)
    return ("clock_drift",) if draw > 0.98 else ()
