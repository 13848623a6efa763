"""The summary of a recording: versioned JSON, with a unit in the key of every figure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np

from deepecg import __version__
from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.graphics.report_graphics import Graphics
from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.episodes import Episode
from deepecg.rhythm.events import Event, ListedEvents
from deepecg.rhythm.hourly_table import Hour
from deepecg.rhythm.urgent_findings import UrgentFinding
from deepecg.scored_recording import ScoredRecording

SUMMARY_SCHEMA_VERSION = "2.1"
NOT_COMPUTED = ("st_segment", "qt_interval")
"""Parts of a Holter report that this version leaves out, so that nobody takes silence for none."""


def summarise(
    scored: ScoredRecording, listed: ListedEvents, graphics: Graphics, recording_id: str
) -> dict[str, Any]:
    """Return the JSON-ready summary of a scored recording.

    The same recording, model, settings and software give the same document: it holds no time
    of its making.

    Parameters
    ----------
    scored : ScoredRecording
        The recording, its beats and its rhythm.
    listed : ListedEvents
        The events that it lists.
    graphics : Graphics
        The pictures that go with it: strips of events, clusters of beats.
    recording_id : str
        What the caller calls it; nothing about the patient.

    Returns
    -------
    dict
        Valid against ``deepecg/outputs/schemas/summary.schema.json``.
    """
    return {
        "schema_version": SUMMARY_SCHEMA_VERSION,
        "kind": "summary",
        "recording_id": recording_id,
        "recording": _recording(scored),
        "signal": signal_block(scored),
        "beats": beats_block(scored),
        "heart_rate": heart_rate_block(scored),
        "ventricular": _ectopy(scored.rhythm.ventricular)
        | _known_accuracy(scored.card.evaluation, "V", "ventricular"),
        "supraventricular": _ectopy(scored.rhythm.supraventricular)
        | _known_accuracy(scored.card.evaluation, "S", "supraventricular")
        | {"left_out_in_fibrillation_count": scored.rhythm.supraventricular_in_fibrillation_count},
        "pauses": _pauses(scored),
        "atrial_fibrillation": _fibrillation(scored),
        "heart_rate_variability": _variability(scored),
        "urgent": [_urgent(finding, listed.events) for finding in scored.rhythm.urgent],
        "hours": [_hour(hour, scored) for hour in scored.rhythm.hours],
        "events": _events(scored, listed.events, graphics),
        "events_left_out_count": {
            kind.key: count
            for kind, count in sorted(listed.unlisted_count.items(), key=lambda item: item[0].key)
        },
        "clusters": _clusters(graphics),
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
        "second_lead_used": next((recording.leads[lead.number] for lead in scored.used[1:]), None),
        "lead_chosen_by": "software" if scored.settings.lead is None else "caller",
        "duration_s": _rounded(recording.duration_s, 3),
        "start_local": _local(scored, 0),
        "paced": recording.paced,
    }


def signal_block(scored: ScoredRecording) -> dict[str, Any]:
    """Return how much of the signal was analysed, and why the rest was not."""
    flags = scored.flags
    analysable = flags.analysable
    return {
        "analysable_s": int(analysable.sum()),
        "analysable_percent": _rounded(100 * float(analysable.mean()), 2),
        "missing_s": int(flags.missing.sum()),
        "flat_s": int(flags.flat.sum()),
        "saturated_s": int(flags.saturated.sum()),
        "noisy_s": int(flags.noisy.sum()),
        "without_beats_s": _rounded(scored.rhythm.pauses.without_beats_s, 1),
    }


def beats_block(scored: ScoredRecording) -> dict[str, Any]:
    """Return how many beats there are, of each class."""
    counts = np.bincount(scored.beats.labels, minlength=len(CLASSES))
    return {
        "total_count": int(counts.sum()),
        "class_count": {name: int(n) for name, n in zip(CLASSES, counts, strict=True)},
    }


def heart_rate_block(scored: ScoredRecording) -> dict[str, Any]:
    """Return mean, lowest and highest rate."""
    rate = scored.rhythm.rate
    return {
        "mean_bpm": _rounded(rate.mean_bpm, 1),
        "minimum_bpm": _rounded(rate.minimum_bpm, 1),
        "minimum_at_s": _rounded(rate.minimum_at_s, 1),
        "maximum_bpm": _rounded(rate.maximum_bpm, 1),
        "maximum_at_s": _rounded(rate.maximum_at_s, 1),
        "window_s": scored.settings.rhythm.rate.window_s,
        "tachycardia_s": _rounded(rate.tachycardia_s, 1),
        "bradycardia_s": _rounded(rate.bradycardia_s, 1),
    }


def _ectopy(found: Ectopy) -> dict[str, Any]:
    return {
        "count": found.count,
        "burden_percent": _rounded(found.burden_percent, 2),
        "per_hour": _rounded(found.per_hour, 1),
        "isolated_count": len(found.isolated),
        "couplet_count": len(found.couplets),
        "triplet_count": len(found.triplets),
        "run_count": len(found.runs),
        "longest_run": _run(found.longest_run),
        "fastest_run": _run(found.fastest_run),
        "bigeminy": _episodes(found.bigeminy),
        "trigeminy": _episodes(found.trigeminy),
    }


def _known_accuracy(
    evaluation: Mapping[str, Any], letter: str, name: str
) -> dict[str, float | None]:
    """Return how well beats, couplets and runs were told end to end, as far as the card says."""
    beats = evaluation.get("end_to_end", {}).get("classes", {}).get(letter, {})
    events = evaluation.get("events", {})
    couplets, runs = (events.get(f"{name}_{event}", {}) for event in ("couplet", "run"))
    return {
        "precision_percent": _percent(beats.get("predictivity")),
        "sensitivity_percent": _percent(beats.get("sensitivity")),
        "couplet_precision_percent": _percent(couplets.get("predictivity")),
        "run_precision_percent": _percent(runs.get("predictivity")),
    }


def _run(run: Episode | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "start_s": _rounded(run.start_s, 3),
        "duration_s": _rounded(run.duration_s, 3),
        "beats_count": run.n_beats,
        "rate_bpm": _rounded(run.rate_bpm, 1),
    }


def _episodes(episodes: Sequence[Episode]) -> dict[str, Any]:
    lengths = [episode.duration_s for episode in episodes]
    return {
        "episode_count": len(lengths),
        "duration_s": _rounded(sum(lengths), 1),
        "longest_s": _rounded(max(lengths, default=None), 1),
    }


def _pauses(scored: ScoredRecording) -> dict[str, Any]:
    found = scored.rhythm.pauses
    longest, unconfirmed = found.longest, found.longest_unconfirmed
    return {
        "count": len(found.episodes),
        "longest_s": _rounded(longest.duration_s if longest else None, 2),
        "longest_at_s": _rounded(longest.start_s if longest else None, 3),
        "threshold_s": scored.settings.rhythm.pauses.pause_s,
        "unconfirmed_count": found.unconfirmed_count,
        "longest_unconfirmed_s": _rounded(unconfirmed.duration_s if unconfirmed else None, 2),
        "longest_unconfirmed_at_s": _rounded(unconfirmed.start_s if unconfirmed else None, 3),
    }


def _fibrillation(scored: ScoredRecording) -> dict[str, Any]:
    found = scored.rhythm.fibrillation
    known = scored.card.evaluation.get("events", {}).get("atrial_fibrillation", {})
    return {
        "episode_count": len(found.episodes),
        "total_s": _rounded(found.total_s, 1),
        "burden_percent": _rounded(found.burden_percent, 2),
        "longest_s": _rounded(found.longest_s, 1),
        "mean_bpm": _rounded(found.mean_bpm, 1),
        "precision_percent": _percent(known.get("predictivity")),
        "sensitivity_percent": _percent(known.get("sensitivity")),
    }


def _variability(scored: ScoredRecording) -> dict[str, Any]:
    found = scored.rhythm.variability
    return {
        key: value if isinstance(value, int) else _rounded(value, 2 if key == "lf_hf_ratio" else 1)
        for key, value in asdict(found).items()
    }


def _urgent(finding: UrgentFinding, events: Sequence[Event]) -> dict[str, Any]:
    return {
        "kind": finding.kind.key,
        "at_s": None if finding.event is None else _rounded(finding.event.start_s, 3),
        "message": finding.message,
        "event_count": finding.count,
        "beats_count": finding.n_beats,
        "duration_s": None if finding.event is None else _rounded(finding.event.duration_s, 3),
        "event": None if finding.event is None else events.index(finding.event),
    }


def _hour(hour: Hour, scored: ScoredRecording) -> dict[str, Any]:
    return {
        "hour": hour.hour,
        "start_s": hour.start_s,
        "start_local": _local(scored, hour.start_s),
        "analysable_s": hour.analysable_s,
        "beats_count": hour.n_beats,
        "mean_bpm": _rounded(hour.mean_bpm, 1),
        "minimum_bpm": _rounded(hour.minimum_bpm, 1),
        "maximum_bpm": _rounded(hour.maximum_bpm, 1),
        "ventricular_count": hour.ventricular_count,
        "supraventricular_count": hour.supraventricular_count,
        "ventricular_run_count": hour.ventricular_run_count,
        "supraventricular_run_count": hour.supraventricular_run_count,
        "pause_count": hour.pause_count,
        "fibrillation_s": _rounded(hour.fibrillation_s, 1),
    }


def _events(
    scored: ScoredRecording, events: Sequence[Event], graphics: Graphics
) -> list[dict[str, Any]]:
    names = scored.recording.leads
    strips = {strip.event_number: strip.id for strip in graphics.strips}
    return [
        {
            "number": number,
            "kind": event.kind.key,
            "start_s": _rounded(event.start_s, 3),
            "duration_s": _rounded(event.duration_s, 3),
            "beats_count": event.n_beats,
            "rate_bpm": _rounded(event.rate_bpm, 1),
            "lead": names[scored.lead_for(event.start_s, event.duration_s).number],
            "strip": strips.get(number),
        }
        for number, event in enumerate(events)
    ]


def _clusters(graphics: Graphics) -> list[dict[str, Any]]:
    return [
        {
            "number": cluster.number,
            "class": cluster.class_name,
            "count": cluster.count,
            "percent": _rounded(cluster.percent, 2),
        }
        for cluster in graphics.clusters
    ]


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
    return {
        "software": {"name": "deepecg", "version": __version__},
        "model": {"version": scored.card.version, "sha256": scored.card.sha256},
        "settings": asdict(scored.settings),
        "review": "not_reviewed",
    }


def _local(scored: ScoredRecording, at_s: float) -> str | None:
    start = scored.recording.start
    try:
        return (start + timedelta(seconds=at_s)).isoformat() if start else None
    except OverflowError:
        return None  # a damaged header may place the recording at the end of the year 9999


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)


def _percent(share: float | None) -> float | None:
    return None if share is None else _rounded(100 * share, 1)
