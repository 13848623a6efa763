"""The summary of a recording (``summary.json``), as types: every key, its unit and its meaning.

The published JSON Schema is generated from these types (``make schemas``); the texts beneath the
fields are its descriptions. FHIR, report and night read a :class:`Summary`. This module loads
neither NumPy nor SciPy, so that readers of summaries start fast.
:func:`deepecg.outputs.summarise.summarise` makes a summary of a scored recording.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from deepecg import __version__
from deepecg.beats.aami_classes import CLASSES
from deepecg.readers.formats import FORMAT_NAMES
from deepecg.rhythm.assessment_obstacles import OBSTACLES
from deepecg.rhythm.event_kinds import EVENT_KINDS, Tier
from deepecg.rhythm.notable_kinds import NOTABLE_KINDS
from deepecg.rhythm.settings import QtFormula
from deepecg.rhythm.urgent_kinds import URGENT_KINDS
from deepecg.settings import ScoringSettings

SUMMARY_SCHEMA_VERSION: Final = "2.4"
PACED: Final = "paced"
"""Code of the warning that the patient has a pacemaker."""


def one_of(values: tuple[str, ...]) -> Meta:
    """Return a schema's list of the values that a text can have.

    The list is in the schema only: decoding does not check it.
    """
    return Meta(extra_json_schema={"enum": list(values)})


Count = Annotated[int, Meta(ge=0)]
Measure = Annotated[float, Meta(ge=0)]
Percent = Annotated[float, Meta(ge=0, le=100)]
BeatClass = Annotated[str, one_of(CLASSES)]
EventKey = Annotated[str, one_of(tuple(kind.key for kind in EVENT_KINDS))]
UrgentKey = Annotated[str, one_of(tuple(kind.key for kind in URGENT_KINDS))]
NotableKey = Annotated[str, one_of(tuple(kind.key for kind in NOTABLE_KINDS))]
ObstacleKey = Annotated[str, one_of(tuple(OBSTACLES))]
StripId = Annotated[str, Meta(pattern="^strip-[0-9]+$")]


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An object of a document that has these keys, all of them, and no others."""


class RecordingBlock(Block, frozen=True):
    """The recording and the leads that were analysed."""

    format: Annotated[str, one_of(FORMAT_NAMES)]
    """File format."""
    sampling_rate_hz: Measure
    """Sampling rate of the file's leads, in hertz."""
    leads: Annotated[tuple[str, ...], Meta(min_length=1)]
    """Names of all ECG leads, in the order of the file."""
    lead_used: str
    """Primary lead: R peaks and mean beats come from it wherever it can be analysed."""
    second_lead_used: str | None
    """Second lead: it adds to the classification of beats, and replaces the primary lead for R
    peaks where that cannot be analysed. Strips show both. Null if only one lead was used."""
    lead_chosen_by: Literal["software", "caller"]
    """Who chose the primary lead."""
    duration_s: Measure
    """Length of the recording, in seconds."""
    lost_s: Measure
    """Lost time, in seconds: the file declares it, but ends before. It is not in ``duration_s``."""
    amplitudes_calibrated: bool
    """Whether amplitudes can be trusted. If not, no figure in millivolts is given, and the ST
    segment is not assessed."""
    start_local: str | None
    """Start of the recording: ISO 8601 local time without a time zone, since Holter files contain
    none. Null if the file has no start time."""
    time_zone: str | None
    """IANA time zone of the recorder's clock, as the settings file gives it. Null if it is not
    given."""
    paced: bool | None
    """Whether the file's header says that the patient has a pacemaker. Null if it says nothing."""


class SignalBlock(Block, frozen=True):
    """How much of the signal was analysed. Beats outside analysable time are in no count."""

    analysable_s: Count
    """Seconds in which at least one lead in use could be analysed."""
    analysable_percent: Percent
    """Share of the recording that could be analysed, in percent."""
    analysable_of_declared_percent: Percent
    """Share of the declared time that could be analysed, in percent: that of the recording and the
    lost time together."""
    missing_s: Count
    """Seconds not analysable because samples are missing."""
    flat_s: Count
    """Seconds not analysable because the signal is flat: an electrode is off."""
    saturated_s: Count
    """Seconds not analysable because the signal is clipped at the recorder's limits."""
    noisy_s: Count
    """Seconds not analysable because noise makes detected beats unreliable."""
    without_beats_s: Measure
    """Analysable seconds outside confirmed RR intervals: a beat may have been missed there."""


class BeatsBlock(Block, frozen=True):
    """Numbers of analysable beats."""

    total_count: Count
    """All beats."""
    class_count: Annotated[
        dict[BeatClass, Count], Meta(extra_json_schema={"required": list(CLASSES)})
    ]
    """Beats of each AAMI EC57 class: normal or bundle branch block (N), supraventricular ectopic
    (S), ventricular ectopic (V), fusion (F), unclassifiable (Q)."""


class HeartRateBlock(Block, frozen=True):
    """Heart rate in beats per minute; null where too few RR intervals are confirmed."""

    mean_bpm: Measure | None
    """Mean heart rate: confirmed RR intervals over the time that they cover."""
    day_mean_bpm: Measure | None
    """Mean heart rate by day, by default from 8 to 22 on the recorder's clock (settings). Null also
    if the recording has no start time."""
    night_mean_bpm: Measure | None
    """Mean heart rate by night, by default from 22 to 8 on the recorder's clock (settings). Null
    also if the recording has no start time."""
    minimum_bpm: Measure | None
    """Lowest mean rate in any window of ``window_s``."""
    minimum_at_s: Measure | None
    """Start of that window, in seconds from the start of the recording."""
    maximum_bpm: Measure | None
    """Highest mean rate in any window of ``window_s``."""
    maximum_at_s: Measure | None
    """Start of that window, in seconds from the start of the recording."""
    window_s: Measure
    """Length of the averaging window of minimum and maximum, in seconds."""
    tachycardia_s: Measure
    """Seconds with a mean rate over ``window_s`` above the tachycardia threshold (a setting)."""
    bradycardia_s: Measure
    """Seconds with a mean rate over ``window_s`` below the bradycardia threshold (a setting)."""


class RunBlock(Block, frozen=True):
    """A run of ectopic beats."""

    start_s: Measure
    """First R peak, in seconds from the start of the recording."""
    duration_s: Measure
    """Seconds from the first R peak to the last."""
    beats_count: Count
    """Beats in the run."""
    rate_bpm: Measure
    """Mean rate in the run, in beats per minute."""


class PatternBlock(Block, frozen=True):
    """Episodes of bigeminy or trigeminy, each from its first ectopic beat to its last."""

    episode_count: Count
    """Episodes."""
    duration_s: Measure
    """Seconds of all episodes together."""
    longest_s: Measure | None
    """Seconds of the longest episode. Null if there is none."""


class EctopyBlock(Block, frozen=True):
    """Ectopic beats of one origin: their number, their patterns, and how reliable both are."""

    count: Count
    """Ectopic beats."""
    burden_percent: Percent | None
    """Share of all analysable beats, in percent. Null if there is no beat."""
    per_hour: Measure | None
    """Ectopic beats per hour of analysable time. Null if no time is analysable."""
    isolated_count: Count
    """Ectopic beats without another one next to them. Beats of bigeminy and trigeminy are among
    them."""
    couplet_count: Count
    """Exactly two ectopic beats in a row."""
    triplet_count: Count
    """Exactly three ectopic beats in a row. Triplets are runs, too."""
    run_count: Count
    """Three or more ectopic beats in a row (the minimum length is a setting)."""
    longest_run: RunBlock | None
    """Run with the most beats. Null if there is no run."""
    fastest_run: RunBlock | None
    """Run with the highest rate. Null if there is no run."""
    bigeminy: PatternBlock
    """Every second beat is ectopic."""
    trigeminy: PatternBlock
    """Every third beat is ectopic."""
    precision_percent: Percent | None
    """Precision for beats in the model's evaluation: of 100 beats classified as this class, how
    many are annotated as it. Null in a reviewed recording, or if the model card does not contain
    it."""
    sensitivity_percent: Percent | None
    """Sensitivity for beats in the model's evaluation: of 100 beats annotated as this class, how
    many are classified as it. Null in a reviewed recording, or if the model card does not contain
    it."""
    couplet_precision_percent: Percent | None
    """Precision for couplets in the model's evaluation: of 100 detected couplets, how many overlap
    an annotated one. Null in a reviewed recording, or if the model card does not contain it."""
    run_precision_percent: Percent | None
    """Precision for runs in the model's evaluation: of 100 detected runs, how many overlap an
    annotated one. Null in a reviewed recording, or if the model card does not contain it."""


class VentricularBlock(EctopyBlock, frozen=True):
    """Ventricular ectopic beats (class V)."""


class SupraventricularBlock(EctopyBlock, frozen=True):
    """Supraventricular ectopic beats (class S).

    In atrial fibrillation no beat is S, unless a reviewer says so.
    """

    left_out_in_fibrillation_count: Count
    """Beats in atrial fibrillation that were classified as S and are counted as N instead."""


class PausesBlock(Block, frozen=True):
    """RR intervals of at least ``threshold_s``.

    A pause is confirmed if the signal is quiet between its beats, so that no beat was missed.
    """

    count: Count
    """Confirmed pauses."""
    longest_s: Measure | None
    """Seconds of the longest confirmed pause. Null if there is none."""
    longest_at_s: Measure | None
    """Its start, in seconds from the start of the recording."""
    threshold_s: Measure
    """Shortest pause, in seconds."""
    unconfirmed_count: Count
    """Analysable stretches of at least ``threshold_s`` without a detected beat in which a beat may
    have been missed: between two beats, or between a beat and an end of analysable time."""
    longest_unconfirmed_s: Measure | None
    """Seconds of the longest such stretch. Null if there is none."""
    longest_unconfirmed_at_s: Measure | None
    """Its start, in seconds from the start of the recording."""


class FibrillationBlock(Block, frozen=True):
    """Atrial fibrillation, detected by the irregularity of RR intervals.

    An episode that lasts beyond a gap in the analysable signal counts as several.
    """

    episode_count: Count
    """Episodes."""
    total_s: Measure
    """Seconds of all episodes together."""
    burden_percent: Percent | None
    """Share of the analysable time, in percent. Null if no time is analysable."""
    longest_s: Measure | None
    """Seconds of the longest episode. Null if there is none."""
    mean_bpm: Measure | None
    """Mean heart rate in atrial fibrillation, in beats per minute. Null if there is none."""
    precision_percent: Percent | None
    """Precision in the evaluation: of 100 s detected as atrial fibrillation, how many are annotated
    as it. Null in a reviewed recording, or if the model card does not contain it."""
    sensitivity_percent: Percent | None
    """Sensitivity in the evaluation: of 100 s annotated as atrial fibrillation, how many are
    detected. Null in a reviewed recording, or if the model card does not contain it."""


class VariabilityBlock(Block, frozen=True):
    """Heart-rate variability of normal-to-normal (NN) intervals outside atrial fibrillation.

    Definitions: Task Force of the ESC and NASPE, 1996. A value is null where the NN intervals cover
    too little time for it.
    """

    nn_count: Count
    """NN intervals."""
    day_count: Count
    """Days of 24 hours with enough NN intervals for SDNN, SDANN and triangular index, which are
    means over these days."""
    nn_s: Measure
    """Seconds that the NN intervals cover."""
    sdnn_ms: Measure | None
    """Standard deviation of the NN intervals of a day, in milliseconds."""
    sdann_ms: Measure | None
    """Standard deviation of the 5-minute means of NN intervals of a day, in milliseconds."""
    rmssd_ms: Measure | None
    """Root mean square of successive differences of NN intervals, in milliseconds."""
    pnn50_percent: Percent | None
    """Share of successive differences of NN intervals above 50 ms, in percent."""
    triangular_index: Measure | None
    """NN intervals of a day over those in the fullest bin (1/128 s) of their histogram."""
    lf_ms2: Measure | None
    """Low-frequency power, 0.04 to 0.15 Hz, in square milliseconds."""
    hf_ms2: Measure | None
    """High-frequency power, 0.15 to 0.40 Hz, in square milliseconds."""
    lf_hf_ratio: Measure | None
    """Low-frequency power over high-frequency power."""
    spectrum_s: Measure
    """Seconds of the 5-minute segments that the powers are computed from."""


class StLeadRow(Block, frozen=True):
    """The ST segment on one lead: medians of 10 s of beats (a setting), against the PR level."""

    lead: str
    """Name of the lead."""
    assessed_s: Measure
    """Seconds in which the ST segment was assessed."""
    not_assessed_s: dict[ObstacleKey, Measure]
    """Seconds in which it was not, by the reason. Reasons that do not occur are absent."""
    median_level_mv: float | None
    """Median ST level, in millivolts. Null if none was assessed, as for the following values."""
    lowest_level_mv: float | None
    """Lowest ST level, in millivolts."""
    highest_level_mv: float | None
    """Highest ST level, in millivolts."""
    median_slope_mv_per_s: float | None
    """Median slope of the ST segment, in millivolts per second."""
    trend_level_mv: tuple[float | None, ...]
    """Median ST level of every ``trend_step_s`` from the start, in millivolts. Null where none was
    assessed."""


class StEpisodeRow(Block, frozen=True):
    """A stretch in which the ST level deviates from the patient's own reference level."""

    lead: str
    """Name of the lead."""
    start_s: Measure
    """Start, in seconds from the start of the recording."""
    duration_s: Measure
    """Length, in seconds."""
    peak_at_s: Measure
    """Start of the 10 s of beats that deviate most, in seconds from the start of the recording."""
    deviation_mv: float
    """Their deviation from the reference level, in millivolts: below 0 for a depression."""
    level_mv: float
    """Their ST level, in millivolts."""
    slope_mv_per_s: float
    """Their slope of the ST segment, in millivolts per second."""
    rate_bpm: Measure | None
    """Their heart rate, in beats per minute. Null if it is not known."""
    abrupt: bool
    """Whether it begins or ends within seconds, as with posture, electrodes or conduction."""


class StSegmentBlock(Block, frozen=True):
    """The ST segment: screening, neither evidence nor exclusion of ischaemia."""

    not_assessed: ObstacleKey | None
    """Why the ST segment was assessed nowhere. Null if it was."""
    leads: tuple[StLeadRow, ...]
    """The analysed leads, the primary first."""
    trend_step_s: Measure
    """Distance of the values of the trends, in seconds."""
    episode_count: Count | None
    """Episodes in all leads: at least 0.1 mV for at least 60 s (settings). Null where too little
    was assessed to know the patient's own level."""
    episodes: tuple[StEpisodeRow, ...]
    """Episodes in the order of time: those with the largest deviations, up to the number of events
    of one kind in the settings."""


class LongestQtc(Block, frozen=True):
    """The window with the longest QTc."""

    at_s: Measure
    """Start of the window, in seconds from the start of the recording."""
    qtc_ms: Measure
    """QTc, in milliseconds."""
    qt_ms: Measure
    """QT interval, in milliseconds."""
    rate_bpm: Measure
    """Heart rate, in beats per minute."""


class QtIntervalBlock(Block, frozen=True):
    """QT interval, and QTc: corrected for heart rate. Medians of the beats of a window.

    A value is null if the QT interval was assessed nowhere.
    """

    not_assessed: ObstacleKey | None
    """Why the QT interval was assessed nowhere. Null if it was."""
    assessed_s: Measure
    """Seconds in which the QT interval was assessed."""
    not_assessed_s: dict[ObstacleKey, Measure]
    """Seconds in which it was not, by the reason. Reasons that do not occur are absent."""
    formula: QtFormula
    """How QT was corrected for heart rate."""
    window_s: Measure
    """Length of a window, in seconds."""
    median_qt_ms: Measure | None
    """Median of all windows' QT intervals, in milliseconds."""
    median_qtc_ms: Measure | None
    """Median of all windows' QTc, in milliseconds."""
    mean_qtc_ms: Measure | None
    """Mean of all windows' QTc, in milliseconds."""
    longest: LongestQtc | None
    """The window with the longest QTc."""
    trend_step_s: Measure
    """Distance of the values of the trend, in seconds."""
    trend_qtc_ms: tuple[Measure | None, ...]
    """Median QTc of every ``trend_step_s`` from the start, in milliseconds. Null where none was
    assessed."""


class FindingAccuracy(Block, frozen=True):
    """How often such a finding was right in the evaluation, on patients not used for training."""

    right_count: Count
    """Findings with cause in the reference annotations."""
    found_count: Count
    """All findings of the kind in the same list."""
    patients_count: Count
    """Patients with such a finding."""


class FindingRow(Block, frozen=True):
    """A finding: the worst of the events of a kind."""

    at_s: Measure | None
    """Start of the worst event, in seconds from the start of the recording. Null for a finding
    about the whole recording."""
    message: str
    """The finding in one line, with values and units."""
    event_count: Count
    """Events that the finding consists of; 1 for a finding about the whole recording."""
    beats_count: Count
    """Beats of the worst event; for a burden, all ectopic beats of its class."""
    duration_s: Measure | None
    """Seconds of the worst event. Null for a finding about the whole recording."""
    event: Count | None
    """``number`` of the worst event in ``events``. Null for a finding about the whole recording."""
    accuracy: FindingAccuracy | None
    """How often such a finding was right in the evaluation. Null if that is not known, and in a
    reviewed recording."""


class UrgentRow(FindingRow, frozen=True):
    """An urgent finding: the worst of the urgent events of a kind."""

    kind: UrgentKey
    """Kind of finding."""


class NotableRow(FindingRow, frozen=True):
    """A notable finding: the worst of the events of a kind, none of which is urgent."""

    kind: NotableKey
    """Kind of finding."""


class HourRow(Block, frozen=True):
    """One hour of the recorder's clock, such as 08 to 09; the first and the last may be shorter.

    If the recording has no start time, hours count from its start.
    """

    hour: Count
    """Number of the row; 0 is the hour in which the recording starts."""
    start_s: Measure
    """Start of the row, in seconds from the start of the recording."""
    start_local: str | None
    """Start of the row: ISO 8601 local time without a time zone. Null if it is unknown."""
    analysable_s: Count
    """Seconds that could be analysed."""
    beats_count: Count
    """Beats of all classes."""
    mean_bpm: Measure | None
    """Mean heart rate, in beats per minute. Null if no RR interval is confirmed."""
    minimum_bpm: Measure | None
    """Lowest mean rate in a window of ``heart_rate.window_s``. Null if there is no such window."""
    maximum_bpm: Measure | None
    """Highest mean rate in a window of ``heart_rate.window_s``. Null if there is no such window."""
    ventricular_count: Count
    """Ventricular ectopic beats."""
    supraventricular_count: Count
    """Supraventricular ectopic beats."""
    ventricular_run_count: Count
    """Ventricular runs that begin in the hour."""
    supraventricular_run_count: Count
    """Supraventricular runs that begin in the hour."""
    pause_count: Count
    """Confirmed pauses that begin in the hour."""
    fibrillation_s: Measure
    """Seconds in atrial fibrillation."""
    qt_ms: Measure | None
    """Median QT interval, in milliseconds. Null if none was assessed."""
    qtc_ms: Measure | None
    """Median QTc, in milliseconds. Null if none was assessed."""
    st_level_mv: tuple[float | None, ...]
    """Median ST level on each lead of ``st_segment.leads``, in millivolts. Null where none was
    assessed."""


class EventRow(Block, frozen=True):
    """An event to look up in the signal."""

    number: Count
    """Position in the list; 0 is the first."""
    kind: EventKey
    """Kind of event."""
    start_s: Measure
    """Start, in seconds from the start of the recording."""
    duration_s: Measure
    """Seconds from its first R peak to its last."""
    beats_count: Count
    """Beats of the event; of a pause, the beats on either side."""
    rate_bpm: Measure | None
    """Mean rate in beats per minute. Null where a beat may have been missed."""
    tier: Tier | None
    """Whether the event is urgent or notable by itself. Null for what is only listed."""
    lead: str
    """Lead that shows the event best: the one that can be analysed for most of it."""
    strip: StripId | None
    """ID of the event's strip in report.html. Null if it has none; urgent and notable events have
    one."""


class MarkRow(Block, frozen=True):
    """A time that the patient marked with the event button or in the diary.

    It is no finding: it may have any rhythm.
    """

    number: Count
    """Position in the list; 0 is the first."""
    at_s: Measure
    """Time, in seconds from the start of the recording."""
    duration_s: Measure
    """Seconds from there that are marked; 0 for a moment. A diary's time of day without seconds is
    a mark of a minute."""
    source: Literal["file", "diary"]
    """Where the mark comes from: an annotation in the recorder's file, which may be one of the
    recorder's own, or the patient's diary."""
    text: str | None
    """What was written there. Null unless the settings file has ``diary_text``."""
    window_s: Count
    """Seconds around the mark in which the rhythm is described (the margin is a setting)."""
    analysable_s: Count
    """How many of them could be analysed. If 0, that nothing was found means nothing."""
    rate_bpm: Measure | None
    """Mean heart rate in them, in beats per minute. Null if too few RR intervals are confirmed."""
    ventricular_count: Count
    """Ventricular ectopic beats in them."""
    supraventricular_count: Count
    """Supraventricular ectopic beats in them."""
    event_kinds: tuple[EventKey, ...]
    """Kinds of the events that overlap them, listed or not, the most severe first."""
    events: tuple[Count, ...]
    """``number`` of these events in ``events``, as far as they are listed there."""
    strip: StripId | None
    """ID of the mark's strip in report.html. Null if there are too many marks for each to have
    one."""


class ClusterRow(Block, frozen=True):
    """Beats of one class and one shape."""

    number: Count
    """Number of the cluster in report.html."""
    class_name: BeatClass = msgspec.field(name="class")
    """Class of its beats."""
    count: Count
    """Beats in the cluster."""
    percent: Percent
    """Share of all beats, in percent."""


class WarningRow(Block, frozen=True):
    """A defect of the file, or a limit of the analysis."""

    code: str
    """Machine-readable code that stays the same between versions, such as ``crc_mismatch``."""
    message: str
    """What was found and what was expected."""


class SoftwareBlock(Block, frozen=True):
    """The software that made a document."""

    name: str
    """Name of the software."""
    version: str
    """Version of the software."""


SOFTWARE = SoftwareBlock("deepecg", __version__)


class ModelBlock(Block, frozen=True):
    """The model that classified the beats."""

    version: str
    """Version in the model card."""
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the model file, hexadecimal."""


class Provenance(Block, frozen=True):
    """What the results were made with: the same software, model and settings give them again."""

    software: SoftwareBlock
    """Software and version."""
    model: ModelBlock
    """Model and version."""
    settings: ScoringSettings
    """Every setting that was used."""
    review: Literal["not_reviewed", "reviewed"]
    """Whether a review was applied to the results; see ``review``."""
    beats_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the beats that the software found, before any review, hexadecimal: a review
    contains it, so that it is not applied to other beats."""


class CommentRow(Block, frozen=True):
    """A reviewer's comment."""

    text: str
    """The comment."""
    author: str
    """Who wrote it."""
    written_at: str
    """When it was written: ISO 8601 with a time zone."""
    at_s: Measure | None
    """Time in the recording that it is about, in seconds from its start. Null for a comment on the
    whole recording."""


class ReviewBlock(Block, frozen=True):
    """What reviewers have said and changed. Without a review, everything is empty."""

    status: Literal["preliminary", "final", "amended"]
    """``final`` once signed, ``amended`` if changed and signed again; otherwise ``preliminary``."""
    signed_by: str | None
    """Who signed last. Null if nobody has signed, or something was changed since."""
    signed_at: str | None
    """When: ISO 8601 with a time zone. Null if ``signed_by`` is."""
    reviewers: tuple[str, ...]
    """Everybody who contributed to the review, in the order of their first contribution."""
    conclusion: str | None
    """The reviewer's conclusion. Null if there is none."""
    comments: tuple[CommentRow, ...]
    """Comments in the order of their writing."""
    renamed_beats_count: Count
    """Beats of the original analysis that have another class."""
    deleted_beats_count: Count
    """Beats of the original analysis that are no more, those in artefacts included."""
    inserted_beats_count: Count
    """Beats that the original analysis did not have."""
    removed_events_count: Count
    """Events that were removed, or renamed to another kind."""
    artefact_s: Measure
    """Seconds that were marked as artefact."""
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None
    """SHA-256 of the review file, hexadecimal. Null without one."""


NO_REVIEW = ReviewBlock("preliminary", None, None, (), None, (), 0, 0, 0, 0, 0.0, None)


class Summary(Block, frozen=True, tag_field="kind", tag="summary"):
    """The results of a recording. It contains no time of its making."""

    schema_version: Literal["2.4"]
    """Version of this schema. A later minor version only adds keys."""
    recording_id: str
    """The caller's name for the recording; it never contains anything about the patient."""
    recording: RecordingBlock
    signal: SignalBlock
    beats: BeatsBlock
    heart_rate: HeartRateBlock
    ventricular: VentricularBlock
    supraventricular: SupraventricularBlock
    pauses: PausesBlock
    atrial_fibrillation: FibrillationBlock
    heart_rate_variability: VariabilityBlock
    st_segment: StSegmentBlock
    qt_interval: QtIntervalBlock
    urgent: tuple[UrgentRow, ...]
    """What a clinician should look at first, the most urgent first; one finding of a kind."""
    notable: tuple[NotableRow, ...]
    """What is worth mentioning but not urgent, the most important first; one finding of a kind. A
    kind of event that is urgent is not repeated."""
    hours: tuple[HourRow, ...]
    """One row for each hour that the recording reaches."""
    events: tuple[EventRow, ...]
    """Events in the order of time: the most severe of each kind, up to a number in the settings."""
    events_left_out_count: dict[EventKey, Count]
    """Events of a kind that are counted but not listed, because there are more than the settings
    allow. Kinds that are listed in full are absent."""
    marks: tuple[MarkRow, ...]
    """Times that the patient marked, with the rhythm there, in the order of time."""
    clusters: tuple[ClusterRow, ...]
    """Beats by class and shape (morphology clusters)."""
    disclosure: bool
    """Whether the full disclosure was written, disclosure.html."""
    not_computed: Annotated[tuple[str, ...], Meta(extra_json_schema={"uniqueItems": True})]
    """Parts of a Holter report that this version does not compute: their absence means nothing."""
    warnings: tuple[WarningRow, ...]
    """Defects of the file and limits of the analysis."""
    review: ReviewBlock
    """What reviewers have said and changed."""
    provenance: Provenance
    advisory: str
    """What the results are not meant for."""
