"""Makes the summary of a scored recording."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, overload

import numpy as np

from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.graphics.report_graphics import Graphics
from deepecg.outputs.summary import (
    SOFTWARE,
    SUMMARY_SCHEMA_VERSION,
    BeatsBlock,
    ClusterRow,
    EventRow,
    FibrillationBlock,
    HeartRateBlock,
    HourRow,
    ModelBlock,
    PatternBlock,
    PausesBlock,
    Provenance,
    RecordingBlock,
    RunBlock,
    SignalBlock,
    Summary,
    SupraventricularBlock,
    UrgentRow,
    VariabilityBlock,
    VentricularBlock,
    WarningRow,
)
from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.events import Event, ListedEvents
from deepecg.rhythm.heart_rate_variability import Variability
from deepecg.rhythm.hourly_table import Hour
from deepecg.rhythm.urgent_findings import UrgentFinding
from deepecg.scored_recording import ScoredRecording

NOT_COMPUTED = ("st_segment", "qt_interval")
"""Parts of a Holter report that this version does not compute, so that their absence is not taken
for a normal result."""


def summarise(
    scored: ScoredRecording, listed: ListedEvents, graphics: Graphics, recording_id: str
) -> Summary:
    """Return the summary of a scored recording.

    Parameters
    ----------
    scored : ScoredRecording
        The recording, its beats and its rhythm.
    listed : ListedEvents
        The events that the summary lists.
    graphics : Graphics
        The report's strips of events and morphology clusters.
    recording_id : str
        The caller's name for the recording; nothing about the patient.

    Returns
    -------
    Summary
        The same for the same recording, model, settings and software: it contains no time of its
        making.
    """
    rhythm, evaluation = scored.rhythm, scored.card.evaluation
    return Summary(
        schema_version=SUMMARY_SCHEMA_VERSION,
        recording_id=recording_id,
        recording=_recording(scored),
        signal=signal_block(scored),
        beats=beats_block(scored),
        heart_rate=heart_rate_block(scored),
        ventricular=VentricularBlock(
            **_ectopy(rhythm.ventricular), **_accuracy(evaluation, "V", "ventricular")
        ),
        supraventricular=SupraventricularBlock(
            **_ectopy(rhythm.supraventricular),
            **_accuracy(evaluation, "S", "supraventricular"),
            left_out_in_fibrillation_count=rhythm.supraventricular_in_fibrillation_count,
        ),
        pauses=_pauses(scored),
        atrial_fibrillation=_fibrillation(scored),
        heart_rate_variability=_variability(rhythm.variability),
        urgent=tuple(_urgent(finding, listed.events) for finding in rhythm.urgent),
        hours=tuple(_hour(hour, scored) for hour in rhythm.hours),
        events=_events(scored, listed.events, graphics),
        events_left_out_count=dict(
            sorted((kind.key, count) for kind, count in listed.unlisted_count.items())
        ),
        clusters=_clusters(graphics),
        not_computed=NOT_COMPUTED,
        warnings=_warnings(scored),
        provenance=Provenance(
            SOFTWARE,
            ModelBlock(scored.card.version, scored.card.sha256),
            scored.settings,
            "not_reviewed",
        ),
        advisory=ADVISORY,
    )


def _recording(scored: ScoredRecording) -> RecordingBlock:
    recording = scored.recording
    return RecordingBlock(
        format=recording.format,
        sampling_rate_hz=recording.sampling_rate_hz,
        leads=tuple(recording.leads),
        lead_used=recording.leads[scored.lead],
        second_lead_used=next((recording.leads[lead.number] for lead in scored.used[1:]), None),
        lead_chosen_by="software" if scored.settings.lead is None else "caller",
        duration_s=_rounded(recording.duration_s, 3),
        start_local=_local(scored, 0),
        paced=recording.paced,
    )


def signal_block(scored: ScoredRecording) -> SignalBlock:
    """Return how much of the signal was analysed, and why the rest was not."""
    flags = scored.flags
    return SignalBlock(
        analysable_s=int(flags.analysable.sum()),
        analysable_percent=_rounded(100 * float(flags.analysable.mean()), 2),
        missing_s=int(flags.missing.sum()),
        flat_s=int(flags.flat.sum()),
        saturated_s=int(flags.saturated.sum()),
        noisy_s=int(flags.noisy.sum()),
        without_beats_s=_rounded(scored.rhythm.pauses.without_beats_s, 1),
    )


def beats_block(scored: ScoredRecording) -> BeatsBlock:
    """Return the number of beats, all and of each class."""
    counts = np.bincount(scored.beats.labels, minlength=len(CLASSES)).tolist()
    return BeatsBlock(sum(counts), dict(zip(CLASSES, counts, strict=True)))


def heart_rate_block(scored: ScoredRecording) -> HeartRateBlock:
    """Return mean, minimum and maximum heart rate."""
    rate = scored.rhythm.rate
    return HeartRateBlock(
        mean_bpm=_rounded(rate.mean_bpm, 1),
        minimum_bpm=_rounded(rate.minimum_bpm, 1),
        minimum_at_s=_rounded(rate.minimum_at_s, 1),
        maximum_bpm=_rounded(rate.maximum_bpm, 1),
        maximum_at_s=_rounded(rate.maximum_at_s, 1),
        window_s=scored.settings.rhythm.rate.window_s,
        tachycardia_s=_rounded(rate.tachycardia_s, 1),
        bradycardia_s=_rounded(rate.bradycardia_s, 1),
    )


def _ectopy(found: Ectopy) -> dict[str, Any]:
    """Return the values that both kinds of ectopic beats have."""
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
        "bigeminy": _pattern(found.bigeminy),
        "trigeminy": _pattern(found.trigeminy),
    }


def _accuracy(evaluation: Mapping[str, Any], letter: str, name: str) -> dict[str, Any]:
    """Return how reliable beats, couplets and runs are, from the evaluation in the model card."""
    beats = evaluation.get("end_to_end", {}).get("classes", {}).get(letter, {})
    events = evaluation.get("events", {})
    couplets, runs = (events.get(f"{name}_{event}", {}) for event in ("couplet", "run"))
    return {
        "precision_percent": _percent(beats.get("predictivity")),
        "sensitivity_percent": _percent(beats.get("sensitivity")),
        "couplet_precision_percent": _percent(couplets.get("predictivity")),
        "run_precision_percent": _percent(runs.get("predictivity")),
    }


def _run(run: Episode | None) -> RunBlock | None:
    if run is None or run.rate_bpm is None:
        return None
    return RunBlock(
        start_s=_rounded(run.start_s, 3),
        duration_s=_rounded(run.duration_s, 3),
        beats_count=run.n_beats,
        rate_bpm=_rounded(run.rate_bpm, 1),
    )


def _pattern(episodes: Sequence[Episode]) -> PatternBlock:
    lengths_s = [episode.duration_s for episode in episodes]
    longest_s = max(lengths_s, default=None)
    return PatternBlock(len(lengths_s), _rounded(sum(lengths_s), 1), _rounded(longest_s, 1))


def _pauses(scored: ScoredRecording) -> PausesBlock:
    found = scored.rhythm.pauses
    longest, unconfirmed = found.longest, found.longest_unconfirmed
    return PausesBlock(
        count=len(found.episodes),
        longest_s=_rounded(longest.duration_s if longest else None, 2),
        longest_at_s=_rounded(longest.start_s if longest else None, 3),
        threshold_s=scored.settings.rhythm.pauses.pause_s,
        unconfirmed_count=found.unconfirmed_count,
        longest_unconfirmed_s=_rounded(unconfirmed.duration_s if unconfirmed else None, 2),
        longest_unconfirmed_at_s=_rounded(unconfirmed.start_s if unconfirmed else None, 3),
    )


def _fibrillation(scored: ScoredRecording) -> FibrillationBlock:
    found = scored.rhythm.fibrillation
    accuracy = scored.card.evaluation.get("events", {}).get("atrial_fibrillation", {})
    return FibrillationBlock(
        episode_count=len(found.episodes),
        total_s=_rounded(found.total_s, 1),
        burden_percent=_rounded(found.burden_percent, 2),
        longest_s=_rounded(found.longest_s, 1),
        mean_bpm=_rounded(found.mean_bpm, 1),
        precision_percent=_percent(accuracy.get("predictivity")),
        sensitivity_percent=_percent(accuracy.get("sensitivity")),
    )


def _variability(found: Variability) -> VariabilityBlock:
    return VariabilityBlock(
        **{
            key: value
            if isinstance(value, int)
            else _rounded(value, 2 if key == "lf_hf_ratio" else 1)
            for key, value in asdict(found).items()
        }
    )


def _urgent(finding: UrgentFinding, events: Sequence[Event]) -> UrgentRow:
    event = finding.event
    return UrgentRow(
        kind=finding.kind.key,
        at_s=_rounded(event.start_s if event else None, 3),
        message=finding.message,
        event_count=finding.count,
        beats_count=finding.n_beats,
        duration_s=_rounded(event.duration_s if event else None, 3),
        event=events.index(event) if event else None,
    )


def _hour(hour: Hour, scored: ScoredRecording) -> HourRow:
    return HourRow(
        hour=hour.hour,
        start_s=hour.start_s,
        start_local=_local(scored, hour.start_s),
        analysable_s=hour.analysable_s,
        beats_count=hour.n_beats,
        mean_bpm=_rounded(hour.mean_bpm, 1),
        minimum_bpm=_rounded(hour.minimum_bpm, 1),
        maximum_bpm=_rounded(hour.maximum_bpm, 1),
        ventricular_count=hour.ventricular_count,
        supraventricular_count=hour.supraventricular_count,
        ventricular_run_count=hour.ventricular_run_count,
        supraventricular_run_count=hour.supraventricular_run_count,
        pause_count=hour.pause_count,
        fibrillation_s=_rounded(hour.fibrillation_s, 1),
    )


def _events(
    scored: ScoredRecording, events: Sequence[Event], graphics: Graphics
) -> tuple[EventRow, ...]:
    leads = scored.recording.leads
    strips = {strip.event_number: strip.id for strip in graphics.strips}
    return tuple(
        EventRow(
            number=number,
            kind=event.kind.key,
            start_s=_rounded(event.start_s, 3),
            duration_s=_rounded(event.duration_s, 3),
            beats_count=event.n_beats,
            rate_bpm=_rounded(event.rate_bpm, 1),
            lead=leads[scored.lead_for(event.start_s, event.duration_s).number],
            strip=strips.get(number),
        )
        for number, event in enumerate(events)
    )


def _clusters(graphics: Graphics) -> tuple[ClusterRow, ...]:
    return tuple(
        ClusterRow(
            number=cluster.number,
            class_name=cluster.class_name,
            count=cluster.count,
            percent=_rounded(cluster.percent, 2),
        )
        for cluster in graphics.clusters
    )


def _warnings(scored: ScoredRecording) -> tuple[WarningRow, ...]:
    found = [WarningRow(warning.code, warning.message) for warning in scored.recording.warnings]
    if scored.recording.paced:
        message = (
            "the header says that the patient has a pacemaker; the model was trained without paced "
            "beats"
        )
        found.append(WarningRow("paced", message))
    return tuple(found)


def _local(scored: ScoredRecording, at_s: float) -> str | None:
    """Return the local time at a time of the recording, ISO 8601; None if it is unknown."""
    start = scored.recording.start
    try:
        return (start + timedelta(seconds=at_s)).isoformat() if start else None
    except OverflowError:
        return None  # a damaged header may place the recording at the end of the year 9999


@overload
def _rounded(value: float, digits: int) -> float: ...
@overload
def _rounded(value: None, digits: int) -> None: ...
def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)


def _percent(share: float | None) -> float | None:
    return None if share is None else _rounded(100 * share, 1)
