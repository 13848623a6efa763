"""The conclusion of a FHIR DiagnosticReport: a summary in a few sentences."""

from collections.abc import Iterator

from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.report.labels_and_formats import plain
from deepecg.outputs.summary import RecordingBlock, ReviewBlock, Summary
from deepecg.outputs.warning_texts import important_warnings, warning_text
from deepecg.time_units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE


def conclusion(summary: Summary) -> Iterator[str]:
    """Yield the sentences, one a line; what reviewers concluded comes first."""
    for line in (*_reviewed(summary.review), *_found(summary)):
        yield "".join(character for character in line if character.isprintable())


def _reviewed(review: ReviewBlock) -> Iterator[str]:
    """Yield what reviewers concluded, and whether somebody has signed."""
    lines = [line for line in (review.conclusion or "").splitlines() if line.strip()]
    if review.status == "preliminary":
        yield from (f"Reviewer's conclusion, not signed: {line}" for line in lines)
        reviewed = "Under review, not signed" if review.sha256 else "Not reviewed"
        yield f"Automatic analysis of a Holter recording. {reviewed}."
    else:
        yield from lines
        kind = "Amended report" if review.status == "amended" else "Report"
        yield (
            f"{kind} on a Holter recording, analysed automatically and reviewed. "
            f"Signed by {review.signed_by}, {review.signed_at}."
        )


def _found(summary: Summary) -> Iterator[str]:
    """Yield the results."""
    recording, signal, rate = summary.recording, summary.signal, summary.heart_rate
    if recording.start_local:
        yield (
            f"Recorded from {recording.start_local.replace('T', ' ')}, "
            f"local time of the recorder, time zone {recording.time_zone or 'not known'}."
        )
    yield (
        f"Recorded {_span(recording.duration_s)}, of which {_span(signal.analysable_s)} "
        f"({_number(signal.analysable_percent)} %) could be analysed. {_leads(recording)}."
    )
    if recording.lost_s:
        declared_s = recording.duration_s + recording.lost_s
        yield (
            f"Of the {_span(declared_s)} that the file declares, {_span(recording.lost_s)} are not "
            f"in it; {_number(signal.analysable_of_declared_percent)} % of the declared time could "
            "be analysed."
        )
    yield (
        f"Beats: {summary.beats.total_count}. Heart rate: mean {_number(rate.mean_bpm)}, "
        f"minimum {_number(rate.minimum_bpm)}, maximum {_number(rate.maximum_bpm)} /min."
    )
    for name, found in (
        ("Ventricular", summary.ventricular),
        ("Supraventricular", summary.supraventricular),
    ):
        yield (
            f"{name} ectopic beats: {found.count} ({_number(found.burden_percent)} %), "
            f"couplets: {found.couplet_count}, runs: {found.run_count}."
        )
    left_out = summary.supraventricular.left_out_in_fibrillation_count
    if left_out:
        yield f"Supraventricular ectopic beats in atrial fibrillation, not counted: {left_out}."
    pauses, fibrillation = summary.pauses, summary.atrial_fibrillation
    longest = f", longest {_number(pauses.longest_s)} s" if pauses.count else ""
    yield f"Pauses of at least {pauses.threshold_s:g} s: {pauses.count}{longest}."
    if pauses.unconfirmed_count:
        yield (
            f"Unconfirmed pauses, in which a beat may have been missed: {pauses.unconfirmed_count}."
        )
    yield (
        f"Atrial fibrillation: episodes {fibrillation.episode_count}, "
        f"burden {_number(fibrillation.burden_percent)} %."
    )
    urgent = "; ".join(finding.message for finding in summary.urgent)
    yield f"Urgent findings: {urgent or 'none'}."
    notable = "; ".join(finding.message for finding in summary.notable)
    yield f"Notable: {notable or 'nothing'}."
    if summary.not_computed:
        yield f"Not computed: {', '.join(map(plain, summary.not_computed))}."
    important = important_warnings(summary.warnings)
    for warning in important:
        text = warning_text(warning.code)
        yield f"Warning: {warning.message}. {text.meaning} {text.next_step}"
    for warning in summary.warnings:
        if warning not in important:
            yield f"Warning: {warning.message}."
    yield ADVISORY


def _leads(recording: RecordingBlock) -> str:
    if recording.second_lead_used is None:
        return f"Lead {recording.lead_used}"
    return f"Leads {recording.lead_used} and {recording.second_lead_used}"


def _span(seconds: float) -> str:
    """Return a duration in hours; below one hour in minutes, below two minutes in seconds."""
    if seconds >= SECONDS_PER_HOUR:
        return f"{seconds / SECONDS_PER_HOUR:.1f} h"
    return f"{seconds / SECONDS_PER_MINUTE:.1f} min" if seconds >= 120 else f"{seconds:.0f} s"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"
