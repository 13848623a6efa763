"""Makes the summary of a scored recording."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar, overload

import numpy as np

from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs import summary
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.graphics.mark_strips import marks_with_strip
from deepecg.outputs.graphics.report_graphics import Graphics, cluster_numbers
from deepecg.outputs.graphics.settings import StripSettings
from deepecg.outputs.repolarisation_blocks import (
    hourly_repolarisation,
    qt_interval_block,
    st_segment_block,
)
from deepecg.outputs.report.labels_and_formats import duration
from deepecg.outputs.warning_texts import TIME_LOST
from deepecg.review.stored_beats import StoredBeats
from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.event_kinds import EVENT_KINDS, PATIENT_MARK
from deepecg.rhythm.event_tiers import event_tier
from deepecg.rhythm.events import Event, ListedEvents
from deepecg.rhythm.finding import Finding
from deepecg.rhythm.rhythm_at_marks import rhythm_at_marks
from deepecg.scored_recording import ScoredRecording
from deepecg.study import Study

AnyBlock = TypeVar("AnyBlock", bound=summary.Block)
AnyRow = TypeVar("AnyRow", summary.UrgentRow, summary.NotableRow)

NOT_COMPUTED = ("first_degree_av_block",)
"""Parts of a Holter report that this version does not compute, so that their absence is not taken
for a normal result."""


DIGITS = {"start_s": 3, "duration_s": 3, "burden_percent": 2, "lf_hf_ratio": 2, "percent": 2}
"""Decimals by the name of a field; other numbers that are no counts get one."""


def summarise(
    scored: ScoredRecording,
    listed: ListedEvents,
    graphics: Graphics,
    recording_id: str,
    study: Study | None = None,
    *,
    stored: StoredBeats | None = None,
) -> summary.Summary:
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
    study : Study, optional
        What the caller says about the recording.
    stored : StoredBeats, optional
        The beats as they are stored for reviews, if the caller has them: they take time to make.

    Returns
    -------
    Summary
        The same for the same recording, model, settings and software: it contains no time of its
        making.
    """
    rhythm, evaluation = scored.rhythm, _evaluation(scored)
    if scored.review is not None:
        beats_sha256 = scored.review.beats_sha256
    else:
        stored = stored or StoredBeats.of(scored, cluster_numbers(scored, graphics.clusters))
        beats_sha256 = stored.sha256
    accuracy = evaluation.get("findings", {})
    return summary.Summary(
        schema_version=summary.SUMMARY_SCHEMA_VERSION,
        recording_id=recording_id,
        recording=_recording(scored, study or Study()),
        signal=signal_block(scored),
        beats=beats_block(scored),
        heart_rate=heart_rate_block(scored),
        ventricular=_ectopy(
            summary.VentricularBlock, rhythm.ventricular, evaluation, "V", "ventricular"
        ),
        supraventricular=_ectopy(
            summary.SupraventricularBlock,
            rhythm.supraventricular,
            evaluation,
            "S",
            "supraventricular",
            left_out_in_fibrillation_count=rhythm.supraventricular_in_fibrillation_count,
        ),
        pauses=_pauses(scored),
        atrial_fibrillation=_fibrillation(scored),
        heart_rate_variability=_block(summary.VariabilityBlock, rhythm.variability),
        st_segment=st_segment_block(scored),
        qt_interval=qt_interval_block(scored),
        urgent=tuple(
            _finding(summary.UrgentRow, one, listed.events, accuracy.get("urgent", {}))
            for one in rhythm.urgent
        ),
        notable=tuple(
            _finding(summary.NotableRow, one, listed.events, accuracy.get("notable", {}))
            for one in rhythm.notable
        ),
        hours=tuple(
            _block(
                summary.HourRow,
                hour,
                start_local=_local(scored, hour.start_s),
                beats_count=hour.n_beats,
                **repolarisation_of_hour,
            )
            for hour, repolarisation_of_hour in zip(
                rhythm.hours, hourly_repolarisation(scored), strict=True
            )
        ),
        events=_events(scored, listed.events, graphics),
        events_left_out_count=dict(
            sorted((kind.key, count) for kind, count in listed.unlisted_count.items())
        ),
        marks=_marks(scored, listed.events, graphics, study or Study()),
        clusters=tuple(_block(summary.ClusterRow, cluster) for cluster in graphics.clusters),
        disclosure=(study or Study()).disclosure,
        not_computed=NOT_COMPUTED,
        warnings=_warnings(scored),
        review=_review(scored),
        provenance=summary.Provenance(
            summary.SOFTWARE,
            summary.ModelBlock(scored.card.version, scored.card.sha256),
            scored.settings,
            "not_reviewed" if scored.review is None else "reviewed",
            beats_sha256,
        ),
        advisory=ADVISORY,
    )


def _evaluation(scored: ScoredRecording) -> Mapping[str, Any]:
    """Return how reliable results are; of those that a reviewer changed, nobody has measured it."""
    return scored.card.evaluation if scored.review is None else {}


def _recording(scored: ScoredRecording, study: Study) -> summary.RecordingBlock:
    recording = scored.recording
    return summary.RecordingBlock(
        format=recording.format,
        sampling_rate_hz=recording.sampling_rate_hz,
        leads=tuple(recording.leads),
        lead_used=recording.leads[scored.lead],
        second_lead_used=next((recording.leads[lead.number] for lead in scored.used[1:]), None),
        lead_chosen_by="software" if scored.settings.lead is None else "caller",
        duration_s=_rounded(recording.duration_s, 3),
        lost_s=_rounded(recording.lost_s, 3),
        amplitudes_calibrated=recording.amplitudes_calibrated,
        start_local=_local(scored, 0),
        time_zone=study.time_zone,
        paced=recording.paced,
    )


def signal_block(scored: ScoredRecording) -> summary.SignalBlock:
    """Return how much of the signal was analysed, and why the rest was not."""
    flags = scored.flags
    seconds = ("analysable", "missing", "flat", "saturated", "noisy")
    share, recording = float(flags.analysable.mean()), scored.recording
    recorded_share = recording.duration_s / (recording.duration_s + recording.lost_s)
    return summary.SignalBlock(
        **{f"{name}_s": int(getattr(flags, name).sum()) for name in seconds},
        analysable_percent=_rounded(100 * share, 2),
        analysable_of_declared_percent=_rounded(100 * share * recorded_share, 2),
        without_beats_s=_rounded(scored.rhythm.pauses.without_beats_s, 1),
    )


def beats_block(scored: ScoredRecording) -> summary.BeatsBlock:
    """Return the number of beats, all and of each class."""
    counts = np.bincount(scored.beats.labels, minlength=len(CLASSES)).tolist()
    return summary.BeatsBlock(sum(counts), dict(zip(CLASSES, counts, strict=True)))


def heart_rate_block(scored: ScoredRecording) -> summary.HeartRateBlock:
    """Return mean, minimum and maximum heart rate."""
    window_s = scored.settings.rhythm.rate.window_s
    return _block(summary.HeartRateBlock, scored.rhythm.rate, window_s=window_s)


def _ectopy(
    block: type[AnyBlock],
    found: Ectopy,
    evaluation: Mapping[str, Any],
    letter: str,
    name: str,
    **others: Any,
) -> AnyBlock:
    """Return the patterns, and how reliable they are by the evaluation in the model card."""
    beats = evaluation.get("end_to_end", {}).get("classes", {}).get(letter, {})
    events = evaluation.get("events", {})
    couplets, runs = (events.get(f"{name}_{event}", {}) for event in ("couplet", "run"))
    return _block(
        block,
        found,
        isolated_count=len(found.isolated),
        couplet_count=len(found.couplets),
        triplet_count=len(found.triplets),
        run_count=len(found.runs),
        longest_run=_run(found.longest_run),
        fastest_run=_run(found.fastest_run),
        bigeminy=_pattern(found.bigeminy),
        trigeminy=_pattern(found.trigeminy),
        precision_percent=_percent(beats.get("predictivity")),
        sensitivity_percent=_percent(beats.get("sensitivity")),
        couplet_precision_percent=_percent(couplets.get("predictivity")),
        run_precision_percent=_percent(runs.get("predictivity")),
        **others,
    )


def _run(run: Episode | None) -> summary.RunBlock | None:
    if run is None or run.rate_bpm is None:
        return None
    return _block(summary.RunBlock, run, beats_count=run.n_beats)


def _pattern(episodes: Sequence[Episode]) -> summary.PatternBlock:
    lengths_s = [episode.duration_s for episode in episodes]
    longest_s = max(lengths_s, default=None)
    return summary.PatternBlock(len(lengths_s), _rounded(sum(lengths_s), 1), _rounded(longest_s, 1))


def _pauses(scored: ScoredRecording) -> summary.PausesBlock:
    found = scored.rhythm.pauses
    longest, unconfirmed = found.longest, found.longest_unconfirmed
    return summary.PausesBlock(
        count=len(found.episodes),
        longest_s=_rounded(longest.duration_s if longest else None, 2),
        longest_at_s=_rounded(longest.start_s if longest else None, 3),
        threshold_s=scored.settings.rhythm.pauses.pause_s,
        unconfirmed_count=len(found.unconfirmed),
        longest_unconfirmed_s=_rounded(unconfirmed.duration_s if unconfirmed else None, 2),
        longest_unconfirmed_at_s=_rounded(unconfirmed.start_s if unconfirmed else None, 3),
    )


def _fibrillation(scored: ScoredRecording) -> summary.FibrillationBlock:
    found = scored.rhythm.fibrillation
    accuracy = _evaluation(scored).get("events", {}).get("atrial_fibrillation", {})
    return _block(
        summary.FibrillationBlock,
        found,
        episode_count=len(found.episodes),
        precision_percent=_percent(accuracy.get("predictivity")),
        sensitivity_percent=_percent(accuracy.get("sensitivity")),
    )


def _finding(
    row: type[AnyRow],
    finding: Finding,
    events: Sequence[Event],
    accuracy: Mapping[str, Mapping[str, int]],
) -> AnyRow:
    event, known = finding.event, accuracy.get(finding.kind.key)
    return row(
        kind=finding.kind.key,
        at_s=_rounded(event.start_s if event else None, 3),
        message=finding.message,
        event_count=finding.count,
        beats_count=finding.n_beats,
        duration_s=_rounded(event.duration_s if event else None, 3),
        event=events.index(event) if event else None,
        accuracy=summary.FindingAccuracy(**known) if known else None,
    )


def _events(
    scored: ScoredRecording, events: Sequence[Event], graphics: Graphics
) -> tuple[summary.EventRow, ...]:
    leads = scored.recording.leads
    strips = {strip.event_number: strip.id for strip in graphics.strips}
    return tuple(
        _block(
            summary.EventRow,
            event,
            number=number,
            kind=event.kind.key,
            beats_count=event.n_beats,
            tier=event_tier(event, scored.settings.rhythm),
            lead=leads[scored.lead_for(event.start_s, event.duration_s).number],
            strip=strips.get(number),
        )
        for number, event in enumerate(events)
    )


def _marks(
    scored: ScoredRecording, listed: Sequence[Event], graphics: Graphics, study: Study
) -> tuple[summary.MarkRow, ...]:
    marks, rhythm = scored.recording.marks, scored.rhythm
    strips = dict(
        zip(
            marks_with_strip(marks, StripSettings()),
            (strip.id for strip in graphics.strips if strip.kind is PATIENT_MARK),
            strict=True,
        )
    )
    found = rhythm_at_marks(marks, rhythm.confirmed, rhythm.events, scored.settings.rhythm)
    number_of = {event: number for number, event in enumerate(listed)}
    return tuple(
        _block(
            summary.MarkRow,
            around,
            number=number,
            at_s=_rounded(mark.start_s, 3),
            duration_s=_rounded(mark.duration_s, 3),
            source=mark.source,
            text=mark.text if study.diary_text else None,
            event_kinds=tuple(kind.key for kind in EVENT_KINDS if kind in around.event_kinds),
            events=tuple(number_of[event] for event in around.events if event in number_of),
            strip=strips.get(number),
        )
        for number, (mark, around) in enumerate(zip(marks, found, strict=True))
    )


def _warnings(scored: ScoredRecording) -> tuple[summary.WarningRow, ...]:
    found = [
        summary.WarningRow(warning.code, warning.message) for warning in scored.recording.warnings
    ]
    if lost_s := scored.recording.lost_s:
        recorded_s = scored.recording.duration_s
        message = (
            f"found {duration(recorded_s)}, expected {duration(recorded_s + lost_s)} by the header"
        )
        found.append(summary.WarningRow(TIME_LOST, f"{message}; lost: {duration(lost_s)}"))
    if scored.recording.paced:
        message = (
            "the header says that the patient has a pacemaker; the model was trained without paced "
            "beats"
        )
        found.append(summary.WarningRow(summary.PACED, message))
    return tuple(found)


def _review(scored: ScoredRecording) -> summary.ReviewBlock:
    if scored.review is None:
        return summary.NO_REVIEW
    comments = tuple(_block(summary.CommentRow, comment) for comment in scored.review.comments)
    return _block(summary.ReviewBlock, scored.review, comments=comments)


def _local(scored: ScoredRecording, at_s: float) -> str | None:
    """Return the local time at a time of the recording, ISO 8601; None if it is unknown."""
    start = scored.recording.start
    try:
        return (start + timedelta(seconds=at_s)).isoformat() if start else None
    except OverflowError:
        return None  # a damaged header may place the recording at the end of the year 9999


def _block(block: type[AnyBlock], found: object, **others: Any) -> AnyBlock:
    """Return a block with the attributes of a finding that have the names of its fields.

    Numbers that are no counts are rounded to :data:`DIGITS`. ``others`` are the fields that the
    finding does not have.
    """
    same = {name: getattr(found, name) for name in block.__struct_fields__ if name not in others}
    for name, value in same.items():
        if isinstance(value, float):
            same[name] = _rounded(value, DIGITS.get(name, 1))
    return block(**same, **others)


@overload
def _rounded(value: float, digits: int) -> float: ...
@overload
def _rounded(value: None, digits: int) -> None: ...
def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)


def _percent(share: float | None) -> float | None:
    return None if share is None else _rounded(100 * share, 1)
