"""The report on a night as a document: versioned JSON, with a unit in the key of every figure."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import pairwise
from math import fsum
from typing import Any
from urllib.parse import quote

from deepecg import __version__
from deepecg.night.aws_cost import estimated_cost
from deepecg.night.dead_letter_count import DeadLettersOfDate
from deepecg.night.drift import Drift, drift
from deepecg.night.night_entry import OUTCOMES, Digest, Entry
from deepecg.night.night_store import RECORDINGS
from deepecg.night.night_totals import (
    NightTotals,
    beats_by_class,
    night_totals,
    percent,
    processing_times_s,
)
from deepecg.night.settings import NightSettings
from deepecg.night.urgency_ranking import by_urgency, urgency_points, urgent_kinds
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.file_names import REJECTION_FILE, REPORT_FILE
from deepecg.units import SECONDS_PER_HOUR

NIGHT_REPORT_SCHEMA_VERSION = "1.0"
TO_RESULTS = "../../"
"""From ``reports/DATE/`` to the root of all results."""
DOCUMENTS = {"scored": REPORT_FILE, "rejected": REJECTION_FILE}
"""What a link to a recording leads to, in its folder."""
NOT_SCORED = ("failed", "received", "waiting", "rejected")
"""The order in which they are listed: what needs somebody's hand first."""


def night_report(
    night: date,
    entries: Sequence[Entry],
    before: Sequence[NightTotals | None],
    settings: NightSettings,
    *,
    n_unreadable: int = 0,
    dead_letters: DeadLettersOfDate | None = None,
) -> dict[str, Any]:
    """Return the JSON-ready report on a night.

    The same entries, in any order, and the same earlier nights give the same document: it holds
    no time of its making.

    Parameters
    ----------
    night : date
        The date that is reported on.
    entries : sequence of Entry
        Of all its uploads, one for each recording.
    before : sequence of (NightTotals or None)
        The nights of the drift's window, the oldest first; None where there is none.
    settings : NightSettings
        What is shown, and how it is judged.
    n_unreadable : int
        Entries that could not be read.
    dead_letters : DeadLettersOfDate or None
        About uploads of this date; None where there is no queue.

    Returns
    -------
    dict
        Valid against ``deepecg/outputs/schemas/night_report.schema.json``.
    """
    ranked = by_urgency(entries, settings.ranking)
    others = not_scored(entries)
    digests = [digest for _, digest in ranked]
    outcomes = Counter(entry.outcome for entry in entries)
    return {
        "schema_version": NIGHT_REPORT_SCHEMA_VERSION,
        "kind": "night_report",
        "date": night.isoformat(),
        "outcomes": {
            "uploaded_count": len(entries),
            **{f"{outcome}_count": outcomes[outcome] for outcome in OUTCOMES},
            "dead_letters_of_date_count": None if dead_letters is None else dead_letters.count,
            "dead_letters_of_date_complete": (
                None if dead_letters is None else dead_letters.is_complete
            ),
            "unreadable_entries_count": n_unreadable,
        },
        "rejections": _counted(
            (entry.code or "unknown" for entry in others if entry.outcome == "rejected"), settings
        ),
        "urgent": _urgent(digests, settings),
        "ranked": [
            ranked_row(rank, entry, digest, settings)
            for rank, (entry, digest) in enumerate(ranked[: settings.rows], start=1)
        ],
        "ranked_left_out_count": max(len(ranked) - settings.rows, 0),
        "not_scored": [
            not_scored_row(entry, settings) for entry in others[: settings.rows_not_scored]
        ],
        "not_scored_left_out_count": max(len(others) - settings.rows_not_scored, 0),
        "links_hold_folder_names": any(_names_a_folder(entry, settings.page) for entry in entries),
        "totals": _totals(entries, digests),
        "distributions": {
            "ventricular_burden": _burdens(
                (digest.ventricular_burden_percent for digest in digests), settings
            ),
            "supraventricular_burden": _burdens(
                (digest.supraventricular_burden_percent for digest in digests), settings
            ),
            "analysable": _qualities(digests, settings),
        },
        "drift": _drift(night, drift(night_totals(entries), before, settings.drift), settings),
        "processing": _processing(entries, settings),
        "models": _counted((digest.model_version or "unknown" for digest in digests), settings),
        "software_versions": _counted(
            (digest.software_version or "unknown" for digest in digests), settings
        ),
        "warnings": _counted(
            (code for digest in digests for code in digest.warning_codes), settings
        ),
        "provenance": {
            "software": {"name": "deepecg", "version": __version__},
            "settings": _plain(asdict(settings)),
        },
        "advisory": ADVISORY,
    }


def not_scored(entries: Iterable[Entry]) -> list[Entry]:
    """Return the uploads without a result, those that need somebody's hand first."""
    return sorted(
        (entry for entry in entries if entry.outcome in NOT_SCORED),
        key=lambda entry: (NOT_SCORED.index(entry.outcome), entry.code or "", entry.recording_id),
    )


def ranked_row(rank: int, entry: Entry, digest: Digest, settings: NightSettings) -> dict[str, Any]:
    """Return what the ranked list says of a scored recording."""
    return {
        "rank": rank,
        "recording_id": entry.recording_id,
        "report": _link(entry, settings.page),
        "uploaded_at": entry.uploaded_at,
        "urgency_points": urgency_points(digest, settings.ranking),
        "urgent": [asdict(kind) for kind in urgent_kinds(digest, settings.ranking)],
        "duration_h": _hours(digest.duration_s),
        "analysable_percent": _rounded(digest.analysable_percent, 2),
        "beats_count": digest.beats_count,
        "mean_bpm": digest.mean_bpm,
        "minimum_bpm": digest.minimum_bpm,
        "maximum_bpm": digest.maximum_bpm,
        "ventricular_burden_percent": digest.ventricular_burden_percent,
        "ventricular_run_count": digest.ventricular_run_count,
        "ventricular_longest_run_beats_count": digest.ventricular_longest_run_beats_count,
        "supraventricular_burden_percent": digest.supraventricular_burden_percent,
        "supraventricular_run_count": digest.supraventricular_run_count,
        "supraventricular_longest_run_beats_count": (
            digest.supraventricular_longest_run_beats_count
        ),
        "fibrillation_burden_percent": digest.fibrillation_burden_percent,
        "pause_count": digest.pause_count,
        "longest_pause_s": digest.longest_pause_s,
        "warning_codes": list(digest.warning_codes),
    }


def not_scored_row(entry: Entry, settings: NightSettings) -> dict[str, Any]:
    """Return what the list of those without a result says of an upload."""
    return {
        "recording_id": entry.recording_id,
        "outcome": entry.outcome,
        "code": entry.code,
        "uploaded_at": entry.uploaded_at,
        "size_bytes": entry.size_bytes,
        "rejection": _link(entry, settings.page),
    }


def window(night: date, settings: NightSettings) -> list[date]:
    """Return the dates that a night is compared with, the oldest first."""
    return [night - timedelta(days=n) for n in range(settings.drift.window_nights, 0, -1)]


def _link(entry: Entry, page: str | None) -> str | None:
    """Return where a recording's result is seen, from the night's page; percent-encoded."""
    if entry.folder is None or entry.outcome not in DOCUMENTS:
        return None
    if page is not None:
        return f"{page}#recording/{entry.recording_id}"
    return f"{TO_RESULTS}{quote(entry.folder)}/{DOCUMENTS[entry.outcome]}"


def _names_a_folder(entry: Entry, page: str | None) -> bool:
    """Tell whether a link holds more than IDs: the folder's name, on a laptop the file's."""
    if entry.folder is None or page is not None or _link(entry, page) is None:
        return False
    return not entry.folder.startswith(f"{RECORDINGS}/{entry.recording_id}/")


def _urgent(digests: Sequence[Digest], settings: NightSettings) -> dict[str, Any]:
    return {
        "recordings_count": sum(bool(digest.urgent) for digest in digests),
        "kinds": [
            {"kind": item["code"], "recordings_count": item["count"]}
            for item in _counted(
                (kind for digest in digests for kind in {u.kind for u in digest.urgent}), settings
            )
        ],
    }


def _totals(entries: Sequence[Entry], digests: Sequence[Digest]) -> dict[str, Any]:
    class_count = beats_by_class(digests)
    n_beats = sum(class_count.values())
    recorded_s = fsum(digest.duration_s for digest in digests)
    analysable_s = fsum(digest.analysable_s for digest in digests)
    return {
        "recorded_h": _hours(recorded_s),
        "analysable_h": _hours(analysable_s),
        "analysable_percent": _rounded(percent(analysable_s, recorded_s), 2),
        "beats_count": n_beats,
        "class_count": class_count,
        "class_percent": {
            name: _rounded(percent(count, n_beats), 3) for name, count in class_count.items()
        },
        "uploaded_bytes": sum(entry.size_bytes or 0 for entry in entries),
        "with_ventricular_runs_count": sum(bool(d.ventricular_run_count) for d in digests),
        "with_supraventricular_runs_count": sum(
            bool(d.supraventricular_run_count) for d in digests
        ),
        "with_fibrillation_count": sum(bool(d.fibrillation_burden_percent) for d in digests),
        "with_pauses_count": sum(bool(d.pause_count) for d in digests),
    }


def _burdens(values: Iterable[float | None], settings: NightSettings) -> dict[str, Any]:
    """Count recordings by burden: none at all, then by the edges."""
    known, n_unknown = _known(values)
    some = [value for value in known if value > 0]
    bars = _histogram(some, (0.0, *settings.burden_edges_percent, 100.0))
    none = {"from_percent": 0.0, "below_percent": 0.0, "recordings_count": len(known) - len(some)}
    return {"bars": [none, *bars], "not_known_count": n_unknown}


def _qualities(digests: Iterable[Digest], settings: NightSettings) -> dict[str, Any]:
    known, n_unknown = _known(digest.analysable_percent for digest in digests)
    bars = _histogram(known, (0.0, *settings.quality_edges_percent, 100.0))
    return {"bars": bars, "not_known_count": n_unknown}


def _known(values: Iterable[float | None]) -> tuple[list[float], int]:
    found = list(values)
    known = [value for value in found if value is not None]
    return known, len(found) - len(known)


def _histogram(values: Sequence[float], edges: Sequence[float]) -> list[dict[str, Any]]:
    """Count values between edges; each class holds its lower edge, the last one its upper too."""
    counts = Counter(bisect_right(edges[1:-1], value) for value in values)
    return [
        {"from_percent": low, "below_percent": high, "recordings_count": counts[number]}
        for number, (low, high) in enumerate(pairwise(edges))
    ]


def _drift(night: date, found: Drift, settings: NightSettings) -> dict[str, Any]:
    return {
        "verdict": found.verdict,
        "nights_count": found.n_nights,
        "least_nights_count": settings.drift.least_nights,
        "dates": [past.isoformat() for past in window(night, settings)],
        "other_models": list(found.other_models),
        "figures": [
            {
                "name": item.figure.name,
                "value": item.value,
                "median": _rounded(item.median, 4),
                "usual_from": _rounded(item.usual[0], 4) if item.usual else None,
                "usual_to": _rounded(item.usual[1], 4) if item.usual else None,
                "z": _rounded(item.z, 2),
                "status": item.status,
                "history": list(item.history),
            }
            for item in found.figures
        ],
    }


def _processing(entries: Sequence[Entry], settings: NightSettings) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415  (the API reads entries, too, and starts sooner without)

    seconds = processing_times_s(entries)
    total_s = fsum(seconds)
    n_calls = len(entries)
    prices = settings.prices
    return {
        "known_count": len(seconds),
        "total_s": round(total_s, 3),
        "median_s": round(float(np.median(seconds)), 3) if seconds else None,
        "p95_s": round(float(np.percentile(seconds, 95)), 3) if seconds else None,
        "cost": None if prices is None else estimated_cost(total_s, n_calls, prices),
    }


def _counted(names: Iterable[str], settings: NightSettings) -> list[dict[str, Any]]:
    """Count names, the most frequent first; the rarest are added up where there are many."""
    counts = sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
    shown, rest = counts[: settings.codes], counts[settings.codes :]
    listed = [{"code": name, "count": count} for name, count in shown]
    if rest:
        listed.append({"code": None, "count": sum(count for _, count in rest)})
    return listed


def _plain(value: Any) -> Any:
    """Return settings with lists for tuples, as JSON gives them back."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _hours(seconds: float) -> float:
    return round(seconds / SECONDS_PER_HOUR, 3)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
