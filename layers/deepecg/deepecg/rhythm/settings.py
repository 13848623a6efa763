"""Every threshold of rhythm analysis, with its default and the source of that default.

A settings file can change them (:mod:`deepecg.settings_file`); the summary reports the values that
were used.
"""

from dataclasses import dataclass, field
from typing import Literal

from deepecg.beats.settings import PauseSettings
from deepecg.waves.settings import StLevelSettings


@dataclass(frozen=True)
class RateSettings:
    """Heart rate."""

    window_s: float = 60.0
    """Minimum and maximum heart rate are means over a window of this length, not single
    intervals."""
    tachycardia_bpm: float = 100.0
    """A rate above this over the window counts as tachycardia time (usual adult definition)."""
    bradycardia_bpm: float = 50.0
    """A rate below this over the window counts as bradycardia time (ACC/AHA/HRS 2018)."""
    severe_bradycardia_bpm: float = 40.0
    """A rate below this for ``episode_s`` is urgent (as monitoring services report it; ACC/AHA/HRS
    2018: symptoms are likely below 40/min)."""
    smoothing_intervals: int = 5
    """Number of intervals around each whose mean decides whether it belongs to an episode of slow
    or fast rate: one pause makes no bradycardia."""
    episode_s: float = 60.0
    """Shortest episode of bradycardia or tachycardia in seconds."""
    episode_beats: int = 15
    """Fewest beats of such an episode: 15 a minute is the slowest escape rhythm; with fewer the
    heart or the electrode pauses, which is reported as such."""
    day_start_hours: float = 8.0
    """Hour of the day at which the mean heart rate by day begins (our choice: no standard gives
    hours, and most adults are up from 8 to 22)."""
    night_start_hours: float = 22.0
    """Hour of the day at which the mean heart rate by day ends and that by night begins (our
    choice: no standard gives hours, and most adults are up from 8 to 22)."""
    covered_share: float = 0.5
    """Known intervals must cover this share of a window for its rate to count. With less than half
    a minute, a few beats beside a gap would decide the minimum or maximum (our choice; no standard
    gives a value)."""


@dataclass(frozen=True)
class PWaveSettings:
    """P waves as a sign of rhythm; see :mod:`deepecg.rhythm.p_waves`."""

    window_beats: int = 25
    """Number of beats, centred on a beat, among which those with a P wave are counted: as many as
    the irregularity of atrial fibrillation is measured over."""
    steady_s: float = 0.05
    """Largest difference in seconds of the distance from P peak to R peak from the usual one around
    for a P wave to be steady."""
    sinus_share: float = 0.4
    """Share of beats with a steady P wave from which a rhythm is not atrial fibrillation: in the
    annotated fibrillation of the training records 99 % of the beats are below 0.2, and in the
    records without it 95 % above 0.48."""


@dataclass(frozen=True)
class AberrantConductionSettings:
    """Conducted beats with a wide QRS complex; see :mod:`deepecg.rhythm.aberrant_conduction`.

    On the training records none of 7,500 annotated ventricular beats meets these limits.
    """

    p_probability: float = 0.6
    """Probability from which a P wave counts: several beats in a row have it at one distance."""
    pr_s: float = 0.03
    """Largest difference in seconds of the PR interval from that of the normal beats around, and
    most by which the R peak may be early: late ventricular beats that follow a P wave shorten it by
    more."""
    r_delay_s: float = 0.06
    """Most in seconds by which the R peak may be late: bundle branch block delays it."""
    pr_beats: int = 61
    """Number of beats around a beat whose normal ones give the usual distance."""
    rr_share: float = 0.1
    """Largest difference of the intervals before and after a beat from the usual one, as a share of
    it, for the beat to be on time."""
    rr_beats: int = 21
    """Number of beats around a beat whose median RR interval is the usual one."""
    beats_around: int = 5
    """Number of beats on either side among which other conducted wide beats are counted."""
    min_beats: int = 5
    """Fewest conducted wide beats, within those around, for each to be normal: a single one may be
    a late ventricular beat."""
    least_share: float = 0.7
    """Smallest share of the ventricular beats around that are conducted."""
    run_beats: int = 20
    """Fewest beats of a ventricular run on time that may be conducted with few P waves to be seen:
    at high rates the T wave covers them."""
    run_p_probability: float = 0.3
    """Probability from which a P wave counts in such a run."""
    run_share: float = 0.2
    """Share of its beats that must have a P wave at the patient's own distance."""
    run_own_share: float = 0.8
    """Share of its P waves that must be at this distance: in ventricular tachycardia they come at
    any. Its first beat must not be early either."""


@dataclass(frozen=True)
class TimelyBeatSettings:
    """Single beats that are no premature ones; see :mod:`deepecg.rhythm.timely_beats`.

    On the training records 58 annotated normal beats become normal, and 28 of 8,643
    supraventricular ones, most of them of one patient.
    """

    least_rr: float = 0.95
    """RR interval, as a multiple of the median of those before, from which a beat is on time."""
    before_beats: int = 8
    """Number of intervals before that of a beat whose median is the usual one."""
    p_probability: float = 0.8
    """Probability from which a P wave counts."""
    pr_s: float = 0.015
    """Largest difference in seconds of the distance from P peak to R peak from that of the normal
    beats around."""
    pr_beats: int = 31
    """Number of beats around a beat whose normal ones give the usual distance."""


@dataclass(frozen=True)
class WideTachycardiaSettings:
    """Tachycardia with wide QRS complexes; see :mod:`deepecg.rhythm.wide_tachycardia`.

    On the training records 13 beats of runs become ventricular, and no episode is found.
    """

    max_rr_s: float = 0.6
    """RR interval in seconds below which the rate is a tachycardia: 100 per minute."""
    run_beats: int = 6
    """Fewest ectopic beats of a run whose supraventricular ones may become ventricular: in shorter
    ones aberrant conduction is frequent."""
    run_qrs_s: float = 0.115
    """Smallest median length in seconds of the QRS complexes of such a run: 120 ms, less the error
    of the boundaries."""
    wider_share: float = 1.2
    """Factor by which they must be longer than the patient's normal ones."""
    episode_qrs_s: float = 0.13
    """Smallest median length in seconds of the QRS complexes of a tachycardia that the classifier
    calls normal or supraventricular."""
    episode_s: float = 30.0
    """Shortest duration in seconds of such a tachycardia: that of a sustained one (AHA/ACC/HRS
    2017)."""
    p_share: float = 0.3
    """Share of beats with a P wave below which a tachycardia has none."""


@dataclass(frozen=True)
class AvBlockSettings:
    """Atrioventricular block; see :mod:`deepecg.rhythm.av_block`."""

    pp_intervals: int = 11
    """Number of PP intervals, or RR intervals, from which the usual one is taken."""
    pp_percentile: float = 30.0
    """Percentile of the PP intervals around that is the usual one: P waves hidden in QRS complexes
    and T waves make others longer."""
    pp_deviation: float = 0.2
    """Largest deviation of a PP interval from the usual one, or from two or three of them, as a
    share of the usual one, for a P wave to be on time: in block the interval that contains a QRS
    complex is shorter (ventriculophasic sinus arrhythmia), and an atrial premature beat comes a
    fifth early or more."""
    hidden_cycles: int = 3
    """Longest PP interval in usual ones that still counts as regular: one P wave may be hidden in a
    QRS complex and one in its T wave."""
    premature_share: float = 0.85
    """RR interval, as a share of the usual one, below which a ventricular beat is premature."""
    joined_beats: int = 10
    """Largest distance in beats of two intervals with blocked P waves in one episode: a Wenckebach
    period of 10:9 is among the longest seen."""
    min_intervals: int = 3
    """Fewest intervals with blocked P waves in an episode."""
    longest_strip_s: float = 60.0
    """Longest recording, in seconds, in which one such interval is enough: a strip is recorded for
    what it shows."""
    p_share: float = 0.5
    """Smallest share of an episode's beats that have a P wave, and of intervals with exactly one
    blocked P wave in Wenckebach periods."""
    every_share: float = 0.8
    """Share of an episode's intervals with a blocked P wave from which every beat is followed by
    one: 2:1 and higher block, and third-degree block."""
    unrelated_pr_s: float = 0.06
    """Half of the range in seconds of the middle two thirds of the PR intervals, above which P
    waves and beats are unrelated."""
    escape_rr_s: float = 1.5
    """RR interval in seconds from which a regular rhythm is slow: an escape rhythm of 40 per
    minute."""
    regular_share: float = 0.1
    """Largest step between RR intervals, as a share of the usual one, of a regular escape
    rhythm."""
    regular_beats: float = 0.85
    """Smallest share of the steps that are regular: in Wenckebach periods of 6:5 two of six are
    not."""
    lengthened_pr_s: float = 0.03
    """Median shortening in seconds of the PR interval over a dropped beat, from which the intervals
    before it had lengthened (Mobitz type I)."""


@dataclass(frozen=True)
class EctopySettings:
    """Couplets, runs, bigeminy and trigeminy of ventricular and supraventricular beats."""

    run_beats: int = 3
    """Number of consecutive ectopic beats that make a run (ISHNE/HRS 2017). It is at least 3, since
    2 beats are a couplet. With a larger value, shorter sequences are neither couplet nor run, and
    those of exactly 3 beats still count as triplets."""
    tachycardia_bpm: float = 100.0
    """A run with a rate above this is a tachycardia (ISHNE/HRS 2017). Other runs are named by their
    origin alone, since they may be accelerated or slow."""
    bigeminy_cycles: int = 3
    """Number of ectopic beats, with one normal beat between each and the next, that make an episode
    of bigeminy (as the annotators of the Long-Term AF Database mark it)."""
    trigeminy_cycles: int = 3
    """Number of ectopic beats, with two normal beats between each and the next, that make an
    episode of trigeminy (as for bigeminy)."""


@dataclass(frozen=True)
class FibrillationSettings:
    """Atrial fibrillation, from the irregularity of RR intervals."""

    episode_s: float = 30.0
    """Shortest duration of an episode in seconds (ESC 2020), not counting gaps within it."""
    alike_s: float = 0.03
    """Two intervals match if they differ by less than this many seconds (Lake & Moorman 2011)."""
    apart_beats: int = 11
    """Intervals are compared with those up to this many beats away, as within the 12-beat windows
    of Lake & Moorman."""
    window_beats: int = 25
    """Irregularity is measured over this many beats centred on a beat, which gives as many on
    either side as Lake & Moorman's windows have."""
    threshold: float = -1.2
    """Coefficient of sample entropy above which the rhythm is fibrillation. Lake & Moorman use -1.4
    for single windows; this value was chosen on the Long-Term AF Database
    (``training/evaluate_fibrillation.py`` gives the leave-one-record-out accuracy)."""
    rmssd_share: float = 0.1
    """RMSSD as a share of the mean interval, at or below which an irregular rhythm is sinus
    arrhythmia rather than fibrillation (Dash et al. 2009)."""
    evidence_limit: float = 1.0
    """Largest contribution of one beat to the evidence, as a distance from the threshold."""
    patience: float = 15.0
    """Evidence needed to change the rhythm at either end of an episode: 30 beats of the largest
    irregularity, half a minute at 60/min, just make an episode."""
    compared_share: float = 0.1
    """Share of possible comparisons below which a window gives no evidence, because ventricular
    beats leave too few."""
    no_evidence: float = -0.2
    """Evidence of a beat without enough comparisons, or of one second of a gap: fibrillation is
    assumed to continue for a minute or two, not for hours."""


@dataclass(frozen=True)
class StripFibrillationSettings:
    """Atrial fibrillation in short strips; see :mod:`deepecg.rhythm.strip_fibrillation`.

    Chosen on 170 strips of 30 s that a committee marked (Hannun et al. 2019).
    """

    longest_strip_s: float = 60.0
    """Longest recording that is a strip, in seconds."""
    episode_s: float = 9.0
    """Shortest duration of an episode in seconds: fibrillation that fills a resting ECG of 10 s is
    diagnostic (ESC 2020, doi:10.1093/eurheartj/ehaa612, section 3.2)."""
    window_beats: int = 15
    """Irregularity and P waves are measured over this many beats centred on a beat."""
    least_intervals: int = 8
    """Fewest intervals in a window that can be compared with the one before."""
    median_share: float = 0.05
    """Median difference of successive intervals, as a share of their mean, from which they are
    irregular: in regular rhythm with single ectopic beats it is small."""
    rmssd_share: float = 0.1
    """RMSSD as a share of the mean interval from which they are (Dash et al. 2009)."""
    p_share: float = 0.15
    """Share of beats with a P wave up to which there are none."""


@dataclass(frozen=True)
class FlutterSettings:
    """Atrial flutter; see :mod:`deepecg.rhythm.atrial_flutter`."""

    episode_s: float = 15.0
    """Shortest duration of an episode in seconds: two windows in a row."""
    joined_s: float = 22.0
    """Longest time without flutter waves within an episode: two windows, in which 2:1 conduction
    hides them."""


@dataclass(frozen=True)
class VariabilitySettings:
    """Heart-rate variability (Task Force of the ESC and NASPE, 1996)."""

    shortest_nn_s: float = 0.3
    """Shortest normal-to-normal interval in seconds: no adult sinus rhythm exceeds 200/min."""
    longest_nn_s: float = 2.0
    """Longest normal-to-normal interval in seconds: a longer one is a pause or a missed beat."""
    local_intervals: int = 9
    """Number of intervals, centred on the one examined and including it, whose median it is
    compared with: the length of Acar et al. (2000), but on both sides."""
    deviation_share: float = 0.2
    """An interval that differs from that median by more than this share is excluded (20 %: Malik et
    al. 1989, Acar et al. 2000). Their comparison with preceding intervals alone also excludes the
    true interval after a false one, and sinus arrhythmia, whose steps between beats exceed its
    distance from the median."""
    large_step_ms: float = 50.0
    """pNN50 counts differences between successive NN intervals above this (Task Force 1996; Ewing
    et al. 1984)."""
    segment_s: float = 300.0
    """Length of a segment for the spectrum and SDANN (Task Force 1996: 5 minutes)."""
    segment_share: float = 0.8
    """NN intervals must cover this share of a segment for it to be used. RMSSD and pNN50 need the
    same amount of data."""
    filled_s: float = 5.0
    """For the spectrum, holes between NN intervals up to this long are filled: less than a period
    of the low-frequency band."""
    lf_from_hz: float = 0.04
    """Lower limit of the low-frequency band (Task Force 1996)."""
    hf_from_hz: float = 0.15
    """Upper limit of the low-frequency band and lower limit of the high-frequency band (Task Force
    1996)."""
    hf_until_hz: float = 0.40
    """Upper limit of the high-frequency band (Task Force 1996)."""
    day_indices_hours: float = 18.0
    """Hours that NN intervals must cover for the indices of a whole day (Task Force 1996)."""


@dataclass(frozen=True)
class UrgentSettings:
    """Limits of urgent findings: what a clinician should see first."""

    ventricular_run_beats: int = 6
    """A ventricular tachycardia of at least this many beats is urgent."""
    sustained_s: float = 30.0
    """A ventricular tachycardia of at least this many seconds is sustained (AHA/ACC/HRS 2017)."""
    ventricular_burden_percent: float = 10.0
    """A share of ventricular beats above this is urgent: the range in which cardiomyopathy
    begins."""
    supraventricular_run_s: float = 30.0
    """A supraventricular tachycardia longer than this is urgent."""
    fibrillation_bpm: float = 110.0
    """Atrial fibrillation with a mean rate above this is urgent: the limit of lenient rate control
    (RACE II 2010)."""
    pause_s: float = 3.0
    """A pause of at least this duration is urgent."""
    second_degree_block_s: float = 60.0
    """Second-degree AV block other than Mobitz type I that lasts at least this many seconds is
    urgent: a minute is no single event of sleep (ACC/AHA/HRS 2018)."""
    unconfirmed_pause_s: float = 10.0
    """A stretch of at least this duration without a beat is urgent, whether its cause is an
    electrode or the heart. Shorter ones are mostly electrodes."""


@dataclass(frozen=True)
class NotableSettings:
    """Limits of notable findings: worth mentioning, but not urgent.

    Other kinds are notable whenever they are found at all, by the settings that define them: atrial
    fibrillation, ventricular runs, AV block, pauses and bradycardia.
    """

    supraventricular_run_beats: int = 5
    """A supraventricular tachycardia of at least this many beats is notable: from here on runs
    predict atrial fibrillation (micro-AF, Fredriksson et al. 2020)."""
    supraventricular_beats_per_hour: float = 30.0
    """More supraventricular beats an hour than this are notable (excessive supraventricular ectopic
    activity, Binici et al. 2010). A recording of less than an hour needs more than this in all."""


@dataclass(frozen=True)
class RepolarisationSettings:
    """Beats and windows in which ST segment and QT interval can be assessed."""

    wide_qrs_s: float = 0.12
    """Usual length in seconds of the QRS complexes above which neither is: repolarisation follows
    the abnormal depolarisation (AHA/ACCF/HRS 2009)."""
    pre_excitation_pr_s: float = 0.12
    """Usual PR interval in seconds below which a long QRS complex is pre-excitation (AHA/ACCF/HRS
    2009)."""
    pre_excitation_qrs_s: float = 0.11
    """Usual length in seconds of the QRS complexes above which a short PR interval is
    pre-excitation: normal ones have at most 110 ms (AHA/ACCF/HRS 2009)."""
    usual_beats: int = 11
    """Number of beats around a beat whose median QRS complex, PR interval and QT interval are the
    usual ones: some 10 s, as on a resting ECG."""
    least_beats: int = 5
    """Fewest assessed beats of a window: QT is averaged over at least three to five beats
    (Goldenberg et al. 2006)."""
    least_share: float = 0.5
    """Smallest share of a window's beats that are assessed."""


@dataclass(frozen=True)
class StSegmentSettings:
    """Deviations of the ST segment; see :mod:`deepecg.rhythm.st_segment`."""

    window_s: float = 10.0
    """Seconds of beats whose median is an ST level: single beats vary by more than what is looked
    for."""
    episode_mv: float = 0.1
    """Deviation in mV from the reference level from which a window belongs to an episode (1 mm;
    protocols B and C of the Long-Term ST Database, Jager et al. 2003)."""
    episode_s: float = 60.0
    """Shortest episode in seconds (protocol C of Jager et al. 2003)."""
    joined_s: float = 30.0
    """Longest time in seconds below ``episode_mv``, or not assessed, within an episode (30 s end an
    episode of the European ST-T Database, Taddei et al. 1992)."""
    reference_s: float = 7200.0
    """Seconds around a moment whose median ST level is the reference there. Ischaemia lasts
    minutes, so it changes no median of two hours; posture and electrodes change the level for
    hours, so the median of the whole recording is no reference."""
    least_reference_s: float = 300.0
    """Fewest assessed seconds of a lead that give a reference level: in less, nobody knows what is
    usual for the patient."""


QtFormula = Literal["fridericia", "bazett", "framingham", "hodges"]
"""Names of the formulas of :data:`deepecg.rhythm.qt_interval.FORMULAS`."""


@dataclass(frozen=True)
class QtIntervalSettings:
    """QT interval and its correction for rate; see :mod:`deepecg.rhythm.qt_interval`."""

    formula: QtFormula = "fridericia"
    """How QT is corrected for heart rate: ``fridericia``, ``bazett``, ``framingham`` or ``hodges``.
    Bazett's formula overcorrects at high rates (AHA/ACCF/HRS 2009)."""
    window_s: float = 60.0
    """Seconds of beats whose median QT interval is corrected with their mean RR interval: QT
    follows the rate of about the last minute (Lau et al. 1988), not the last RR interval."""
    stable_share: float = 0.1
    """Largest difference of a window's mean RR interval from that of the window before, as a share:
    while the rate changes, QT lags and QTc is wrong by up to a third of this share."""


@dataclass(frozen=True)
class EventSettings:
    """The list of events."""

    max_events_per_kind: int = 100
    """Number of events of one kind that are listed, the most severe first: more than a clinician
    looks up, and few enough that bigeminy all day does not inflate the documents."""


@dataclass(frozen=True)
class MarkSettings:
    """The rhythm at the patient's marks."""

    margin_s: float = 30.0
    """Seconds before and after a mark in which the rhythm is described: a minute together, since a
    button is pressed some seconds after what was felt, and one arrhythmia is felt for longer."""


@dataclass(frozen=True)
class RhythmSettings:
    """All settings of :func:`deepecg.rhythm.rhythm_analysis.analyse_rhythm`."""

    rate: RateSettings = field(default_factory=RateSettings)
    p_waves: PWaveSettings = field(default_factory=PWaveSettings)
    aberrant_conduction: AberrantConductionSettings = field(
        default_factory=AberrantConductionSettings
    )
    timely_beats: TimelyBeatSettings = field(default_factory=TimelyBeatSettings)
    av_block: AvBlockSettings = field(default_factory=AvBlockSettings)
    wide_tachycardia: WideTachycardiaSettings = field(default_factory=WideTachycardiaSettings)
    ectopy: EctopySettings = field(default_factory=EctopySettings)
    pauses: PauseSettings = field(default_factory=PauseSettings)
    strip_fibrillation: StripFibrillationSettings = field(default_factory=StripFibrillationSettings)
    fibrillation: FibrillationSettings = field(default_factory=FibrillationSettings)
    flutter: FlutterSettings = field(default_factory=FlutterSettings)
    variability: VariabilitySettings = field(default_factory=VariabilitySettings)
    repolarisation: RepolarisationSettings = field(default_factory=RepolarisationSettings)
    st_level: StLevelSettings = field(default_factory=StLevelSettings)
    st_segment: StSegmentSettings = field(default_factory=StSegmentSettings)
    qt_interval: QtIntervalSettings = field(default_factory=QtIntervalSettings)
    urgent: UrgentSettings = field(default_factory=UrgentSettings)
    notable: NotableSettings = field(default_factory=NotableSettings)
    events: EventSettings = field(default_factory=EventSettings)
    marks: MarkSettings = field(default_factory=MarkSettings)
