"""The report on a night (``report.json``), as types: every key, its unit and its meaning."""

import datetime
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from deepecg.night.aws_cost import Cost
from deepecg.night.drift import Drift
from deepecg.night.night_entry import (
    BeatsOfClass,
    KindFinding,
    RecordingId,
    RecordingMeasures,
    ReviewStatus,
    Text,
)
from deepecg.night.settings import NightSettings
from deepecg.outputs.summary import Block, Count, Measure, Percent, SoftwareBlock

NIGHT_REPORT_SCHEMA_VERSION: Literal["1.2"] = "1.2"
UnscoredOutcome = Literal["failed", "received", "waiting", "rejected"]
"""Outcomes of uploads that were not scored, first those that need an engineer."""


@dataclass(frozen=True)
class DeadLettersOfDate:
    """Dead letters about uploads of one date.

    Attributes
    ----------
    count : int
        Number of dead letters of this date that were found.
    is_complete : bool
        Whether the whole queue was read. Otherwise there may be more dead letters, and failed
        uploads that the report does not list.
    """

    count: int
    is_complete: bool = True


class OutcomeCounts(Block, frozen=True, kw_only=True):
    """Uploads by outcome."""

    uploaded_count: Count
    """All uploads."""
    scored_count: Count
    """Scored recordings."""
    rejected_count: Count
    """Uploads that cannot be scored."""
    waiting_count: Count
    """Uploads that wait for further parts."""
    failed_count: Count
    """Uploads that failed for good."""
    received_count: Count
    """Uploads without a result yet."""
    dead_letters_of_date_count: Count | None
    """Dead letters about uploads of this date. Null if not known."""
    dead_letters_of_date_complete: bool | None
    """False if the queue could not be read completely: there may be more dead letters and failed
    uploads. Null if not known."""
    unreadable_entries_count: Count
    """Night entries that could not be read; no other count contains them."""


class CodeCount(Block, frozen=True, kw_only=True):
    """A code or version, and how many uploads have it."""

    code: str | None
    """The code or version. Null for all that are not listed."""
    count: Count
    """Uploads that have it."""


class FindingKindCount(Block, frozen=True, kw_only=True):
    """A kind of finding, and how many recordings have it."""

    kind: str | None
    """Kind of finding. Null for all that are not listed."""
    recordings_count: Count
    """Recordings that have it."""


class FindingCounts(Block, frozen=True, kw_only=True):
    """Recordings with findings of a tier."""

    recordings_count: Count
    """Recordings with at least one finding of the tier."""
    kinds: tuple[FindingKindCount, ...]
    """Kinds of finding, the most frequent first."""


class RankedRecording(RecordingMeasures, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scored recording."""

    rank: Annotated[int, Meta(ge=1)]
    """Position in the order of urgency."""
    recording_id: RecordingId
    """ID of the recording."""
    report: str | None
    """Link to the recording's report, relative to this document."""
    uploaded_at: Text | None
    """When the upload was complete: ISO 8601 in UTC."""
    urgency_points: Measure
    """Weight of the findings in the order of urgency."""
    urgent: tuple[KindFinding, ...]
    """Urgent findings, one of each kind, the most urgent first."""
    notable: tuple[KindFinding, ...]
    """Notable findings, one of each kind, the most important first."""
    review_status: ReviewStatus
    """Whether a clinician has reviewed the recording, and signed the review."""
    duration_h: Measure
    """Length of the recording, in hours."""
    lost_h: Measure
    """Lost time, in hours: the file declares it, but ends before."""
    analysable_percent: Percent | None
    """Share of the recording that could be analysed, in percent."""
    beats_count: Count
    """Analysable beats."""
    warning_codes: tuple[Text, ...]
    """Codes of defects that did not prevent scoring."""
    important_warning_codes: tuple[Text, ...]
    """Those of them that may change the result, the most important first."""


class UnscoredUpload(Block, frozen=True, kw_only=True):
    """An upload that was not scored."""

    recording_id: RecordingId
    """ID of the recording."""
    outcome: UnscoredOutcome
    """What became of the upload."""
    code: Text | None
    """Why the upload was rejected, failed or waits."""
    uploaded_at: Text | None
    """When the upload was complete: ISO 8601 in UTC."""
    size_bytes: Count | None
    """Size of all files of the upload, in bytes."""
    next_step: str
    """What to do about it."""
    rejection: str | None
    """Link to the rejection, relative to this document. Null if there is none."""


class PercentOfClass(Block, frozen=True, kw_only=True):
    """Beats of each AAMI class in percent of all beats; null without beats."""

    N: Percent | None
    """Normal beats, bundle branch block included."""
    S: Percent | None
    """Supraventricular ectopic beats."""
    V: Percent | None
    """Ventricular ectopic beats."""
    F: Percent | None
    """Fusion beats."""
    Q: Percent | None
    """Unclassifiable beats."""


class Sums(Block, frozen=True, kw_only=True):
    """Sums over the scored recordings of the night."""

    recorded_h: Measure
    """Hours recorded."""
    analysable_h: Measure
    """Hours that could be analysed."""
    analysable_percent: Percent | None
    """Share of the recorded time that could be analysed, in percent."""
    beats_count: Count
    """Analysable beats."""
    class_count: BeatsOfClass
    """Analysable beats of each AAMI class."""
    class_percent: PercentOfClass
    """Share of each AAMI class, in percent."""
    uploaded_bytes: Count
    """Size of all uploads, scored or not, in bytes."""
    with_ventricular_runs_count: Count
    """Recordings with ventricular runs."""
    with_supraventricular_runs_count: Count
    """Recordings with supraventricular runs."""
    with_fibrillation_count: Count
    """Recordings with atrial fibrillation."""
    with_pauses_count: Count
    """Recordings with confirmed pauses."""


class HistogramBar(Block, frozen=True, kw_only=True):
    """Recordings in a range of percentages."""

    from_percent: Percent
    """Lower limit, included."""
    below_percent: Percent
    """Upper limit, excluded; the last bar includes it."""
    recordings_count: Count
    """Recordings in the range."""


class Distribution(Block, frozen=True, kw_only=True):
    """Distribution of a percentage over the scored recordings."""

    bars: Annotated[tuple[HistogramBar, ...], Meta(min_length=1)]
    """Bars of the histogram, in ascending order."""
    not_known_count: Count
    """Recordings without this percentage."""


class Distributions(Block, frozen=True, kw_only=True):
    """Distributions of the burdens and of the signal quality."""

    ventricular_burden: Distribution
    """Ventricular burden. The first bar counts recordings without ventricular beats."""
    supraventricular_burden: Distribution
    """Supraventricular burden. The first bar counts recordings without such beats."""
    analysable: Distribution
    """Analysable share of the recording."""


class Processing(Block, frozen=True, kw_only=True):
    """Processing times of single uploads."""

    known_count: Count
    """Uploads whose processing time is known."""
    total_s: Measure
    """Sum of the processing times, in seconds."""
    median_s: Measure | None
    """Median of the processing times, in seconds."""
    p95_s: Measure | None
    """95th percentile of the processing times, in seconds."""
    cost: Cost | None
    """Estimated cost. Null where use is not charged."""


class NightProvenance(Block, frozen=True, kw_only=True):
    """What made the report."""

    software: SoftwareBlock
    """Software and version."""
    settings: NightSettings
    """Settings of the report."""


class NightReport(Block, frozen=True, kw_only=True, tag_field="kind", tag="night_report"):
    """The report on the uploads of a date."""

    schema_version: Literal["1.2"]
    """Version of this schema."""
    date: datetime.date
    """Date of the uploads, in the clinic's time zone."""
    outcomes: OutcomeCounts
    """Uploads by outcome."""
    rejections: tuple[CodeCount, ...]
    """Codes of rejections, the most frequent first."""
    urgent: FindingCounts
    """Recordings with urgent findings."""
    notable: FindingCounts
    """Recordings with notable findings, those with urgent findings included."""
    signed_count: Count
    """Scored recordings whose review is signed."""
    ranked: tuple[RankedRecording, ...]
    """The most urgent recordings, in this order; recordings.csv has all."""
    ranked_left_out_count: Count
    """Scored recordings that are only in recordings.csv."""
    not_scored: tuple[UnscoredUpload, ...]
    """Uploads that were not scored; recordings.csv has all."""
    not_scored_left_out_count: Count
    """Uploads that were not scored and are only in recordings.csv."""
    links_hold_folder_names: bool
    """Whether links contain other folder names than recordings/ID/: such a name may be that of a
    patient."""
    totals: Sums
    """Sums over the scored recordings."""
    distributions: Distributions
    """Distributions over the scored recordings."""
    drift: Drift
    """Comparison with the nights before."""
    processing: Processing
    """Processing times and cost."""
    models: tuple[CodeCount, ...]
    """Versions of the models, the most frequent first."""
    software_versions: tuple[CodeCount, ...]
    """Versions of the software that scored recordings, the most frequent first."""
    with_important_warnings_count: Count
    """Scored recordings with a warning that may change the result."""
    warnings: tuple[CodeCount, ...]
    """Codes of warnings about scored recordings, the most frequent first."""
    provenance: NightProvenance
    """What made the report."""
    advisory: str
    """What results are not meant for."""
