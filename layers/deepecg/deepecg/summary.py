"""The summary of a recording: versioned JSON, with a unit in the key of every figure."""

from dataclasses import asdict
from typing import Any

import numpy as np

from deepecg import __version__
from deepecg.classes import CLASSES
from deepecg.documents import ADVISORY
from deepecg.rhythm.heart_rate import heart_rate
from deepecg.scored import ScoredRecording

SUMMARY_SCHEMA_VERSION = "1.0"
NOT_COMPUTED = (
    "runs",
    "pauses",
    "atrial_fibrillation",
    "heart_rate_variability",
    "st_segment",
    "qt_interval",
)
"""Parts of a Holter report that this version leaves out, so that nobody takes silence for none."""
SECONDS_PER_HOUR = 3600


def summarise(scored: ScoredRecording, recording_id: str) -> dict[str, Any]:
    """Return the JSON-ready summary of a scored recording.

    The same recording, model, settings and software give the same document: it holds no time
    of its making.

    Parameters
    ----------
    scored : ScoredRecording
        The recording and its beats.
    recording_id : str
        What the caller calls it; nothing about the patient.

    Returns
    -------
    dict
        Valid against ``deepecg/schemas/summary.schema.json``.
    """
    return {
        "schema_version": SUMMARY_SCHEMA_VERSION,
        "kind": "summary",
        "recording_id": recording_id,
        "recording": _recording(scored),
        "signal": _signal(scored),
        "beats": _beats(scored),
        "heart_rate": _heart_rate(scored),
        "ventricular": _ectopy(scored, "V"),
        "supraventricular": _ectopy(scored, "S"),
        "not_computed": list(NOT_COMPUTED),
        "warnings": _warnings(scored),
        "provenance": _provenance(scored),
        "advisory": ADVISORY,
    }


def _recording(scored: ScoredRecording) -> dict[str, Any]:
    recording = scored.recording
    return {
        "format": recording.format,
        "sampling_rate_hz": recording.sampling_rate_hz,
        "leads": list(recording.leads),
        "lead_used": recording.leads[scored.lead],
        "lead_chosen_by": "software" if scored.settings.lead is None else "caller",
        "duration_s": _rounded(recording.duration_s, 3),
        "start_local": recording.start.isoformat() if recording.start else None,
        "paced": recording.paced,
    }


def _signal(scored: ScoredRecording) -> dict[str, Any]:
    flags = scored.flags
    analysable = flags.analysable
    return {
        "analysable_s": int(analysable.sum()),
        "analysable_percent": _rounded(100 * float(analysable.mean()), 2),
        "missing_s": int(flags.missing.sum()),
        "flat_s": int(flags.flat.sum()),
        "saturated_s": int(flags.saturated.sum()),
    }


def _beats(scored: ScoredRecording) -> dict[str, Any]:
    counts = np.bincount(scored.beats.labels, minlength=len(CLASSES))
    return {
        "total_count": int(counts.sum()),
        "class_count": {name: int(n) for name, n in zip(CLASSES, counts, strict=True)},
    }


def _heart_rate(scored: ScoredRecording) -> dict[str, Any]:
    rate = heart_rate(scored.stream, scored.settings.rhythm.rate)
    return {
        "mean_bpm": _rounded(rate.mean_bpm, 1),
        "minimum_bpm": _rounded(rate.minimum_bpm, 1),
        "minimum_at_s": _rounded(rate.minimum_at_s, 1),
        "maximum_bpm": _rounded(rate.maximum_bpm, 1),
        "maximum_at_s": _rounded(rate.maximum_at_s, 1),
        "window_s": scored.settings.rhythm.rate.window_s,
    }


def _ectopy(scored: ScoredRecording, name: str) -> dict[str, Any]:
    count = int((scored.beats.labels == CLASSES.index(name)).sum())
    hours = float(scored.flags.analysable.sum()) / SECONDS_PER_HOUR
    return {
        "count": count,
        "burden_percent": _rounded(100 * count / len(scored.beats.labels), 2),
        "per_hour": _rounded(count / hours, 1),
    }


def _warnings(scored: ScoredRecording) -> list[dict[str, str]]:
    found = [asdict(warning) for warning in scored.recording.warnings]
    if scored.recording.paced:
        found.append(
            {
                "code": "paced",
                "message": "the header says that the patient has a pacemaker; the model was "
                "trained without paced beats",
            }
        )
    return found


def _provenance(scored: ScoredRecording) -> dict[str, Any]:
    settings = asdict(scored.settings)
    return {
        "software": {"name": "deepecg", "version": __version__},
        "model": {"version": scored.card.version, "sha256": scored.card.sha256},
        "settings": settings,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
