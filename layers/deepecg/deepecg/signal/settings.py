"""Settings of lead selection, filtering and signal quality, each with its source."""

from dataclasses import dataclass, field

from deepecg.time_units import SECONDS_PER_DAY

MIN_BEATS = 3
"""Fewest beats from which anything is computed: two RR intervals, which can be compared."""


@dataclass(frozen=True)
class HumSettings:
    """Mains hum and its subtraction; see :mod:`deepecg.signal.hum`.

    The model's card does not contain these values, because its training recordings have no hum.
    """

    mains_hz: tuple[int, ...] = (50, 60)
    """Frequencies of mains, in Hz."""
    beside_hz: tuple[int, ...] = (3, 4, 5)
    """Distances in Hz, below and above a mains frequency, at which the rest of the signal is
    measured: beyond the leakage of a window of one second."""
    least_mv: float = 0.015
    """Smallest amplitude of hum in mV that is subtracted: less disturbs nothing."""
    prominence: float = 3.0
    """Factor by which hum must exceed the frequencies beside it: QRS complexes and muscle noise
    contain those as well."""
    median_s: int = 5
    """Seconds whose median decides, so that no single beat does."""
    extend_s: int = 2
    """Seconds by which a stretch of hum is extended on both sides."""
    follow_s: float = 0.5
    """Seconds of each of two averages that follow amplitude and phase: long against a QRS complex,
    and short enough for mains and recorder clock to be 1 % apart."""


@dataclass(frozen=True)
class ConditioningSettings:
    """Resampling and filtering of a lead before detection and classification.

    The model's card contains these values; a model trained with other values is rejected.
    """

    rate_hz: int = 128
    """Sampling rate of the conditioned signal in Hz: QRS energy ends near 40 Hz, and the
    Supraventricular DB has this rate, so no training record is resampled upwards."""
    low_hz: float = 0.5
    """High-pass corner in Hz, which removes baseline wander (AHA 2007: monitoring band from
    0.5 Hz)."""
    high_hz: float = 50.0
    """Low-pass corner in Hz, as in the report of December 2025 that this project follows."""
    order: int = 2
    """Order of the Butterworth filter, which runs forwards and backwards: in effect order 4
    without delay."""
    hum: HumSettings = field(default_factory=HumSettings)
    """Mains hum that is subtracted."""
    chunk_s: int = 600
    """Seconds that are read and filtered at a time; bounds the memory and changes no result."""
    margin_s: int = 20
    """Seconds of signal that are filtered in addition on both sides of a chunk: the filter's
    slowest pole decays by exp(-2.2 t), so after 20 s what lies outside is below the last bit of a
    float64."""


@dataclass(frozen=True)
class NoiseSettings:
    """Noise index of a lead and its thresholds; see :mod:`deepecg.signal.noise`.

    Chosen on DS1, the Supraventricular DB and mixtures of both with noise, never on DS2
    (``training/evaluate_noise_gate.py``).
    """

    before_s: float = 0.25
    """Seconds before the R peak at which the window of a whole beat begins, to contain its P
    wave."""
    after_s: float = 0.35
    """Seconds after the R peak at which the window of a whole beat ends: it contains the T wave,
    and not the next R peak up to 170 beats a minute."""
    qrs_s: float = 0.10
    """Seconds before and after its R peak within which a QRS complex lies."""
    neighbour_beats: int = 10
    """Number of beats before it, and as many after it, with which each beat is compared."""
    around_beats: int = 9
    """Number of beats around a second over which unlikeness and wander are taken: more than twice
    a couplet, which therefore changes neither."""
    wander_rank_share: float = 0.75
    """Share of the ``around_beats`` whose wander is below the wander of their second."""
    usual_beats: int = 31
    """Number of beats whose median is the typical QRS height and the typical QRS energy."""
    level_from_s: float = 0.125
    """Seconds before the R peak at which the averaging of the baseline begins, in the PR
    segment."""
    level_until_s: float = 0.0625
    """Seconds before the R peak at which the averaging of the baseline ends, ahead of the QRS
    complex."""
    wander_limit_share: float = 0.15
    """Largest wander that counts, as a share of the QRS height: atrial flutter has no level
    baseline, so more wander is no stronger evidence of noise."""
    between_s: int = 5
    """Seconds over which the median of each second's highest QRS energy between beats is taken."""
    between_limit_share: float = 0.3
    """Largest energy between beats that counts, as a share of a beat's: more may come from missed
    beats."""
    least_share: float = 0.001
    """Smallest value of each of the four shares: anything less is equally free of noise, and its
    logarithm stays finite."""
    unlike_weight: float = 2.0
    """Weight of the unlikeness of whole beats in the geometric mean of the four shares."""
    unlike_qrs_weight: float = 2.0
    """Weight of the unlikeness of QRS complexes in the geometric mean of the four shares."""
    wander_weight: float = 2.0
    """Weight of the baseline's wander in the geometric mean of the four shares."""
    between_weight: float = 1.0
    """Weight of the energy between beats in the geometric mean of the four shares."""
    average_s: int = 9
    """Seconds over which the logarithm of the noise index is averaged."""
    begins_above_share: float = 0.085
    """Noise index that a noisy stretch exceeds at least once: one in two thousand beats of the
    training records does."""
    lasts_above_share: float = 0.029
    """Noise index that a noisy stretch exceeds throughout: one in fifty beats of the training
    records does, so by itself it is ordinary."""
    join_s: int = 10
    """Seconds between two noisy stretches below which they are joined."""
    extend_s: int = 1
    """Seconds by which a noisy stretch is extended on both sides."""


@dataclass(frozen=True)
class ShakingSettings:
    """Rhythmic shaking of a lead; see :mod:`deepecg.signal.shaking`.

    Chosen on DS1, the Supraventricular DB, the QT Database, and shaking added to them, never on
    DS2.
    """

    low_short_s: float = 0.07
    """Seconds of the moving average that ends the low band, at 7 Hz."""
    low_long_s: float = 0.40
    """Seconds of the moving average that is subtracted from it, so that the low band begins at
    2.5 Hz."""
    high_step_s: float = 0.015625
    """Step in seconds of the second differences of the high band: 1/64, so that it is highest
    at 32 Hz and four thousand times lower at 5 Hz."""
    high_differences: int = 3
    """Number of second differences that make the high band, each of the one before."""
    high_average_s: float = 0.07
    """Seconds over which the high band is averaged: the sharp part of a QRS complex."""
    high_share: float = 0.5
    """Share of the typical height in the high band from which a peak may be one of the patient's
    own complexes: only a complex of unusual height is below it."""
    high_correlation: float = 0.7
    """Correlation in the high band from which a complex has the patient's typical shape."""
    apart_s: float = 0.125
    """Seconds around a peak of the high band in which no other is as high."""
    align_s: float = 0.04
    """Largest distance in seconds by which a complex is moved to coincide with the typical one."""
    qrs_s: float = 0.08
    """Seconds before and after its sharpest part that are compared of a QRS complex."""
    qrs_step_s: float = 0.03125
    """Step in seconds of the second difference in which mean and typical QRS complex are compared:
    the whole of a complex counts, and shaking still little."""
    before_s: float = 0.20
    """Seconds before its sharpest part at which the compared part of a beat begins."""
    after_s: float = 0.50
    """Seconds after its sharpest part at which it ends: two periods of the slowest shaking."""
    mean_beats: int = 11
    """Number of beats whose mean is what they have in common: of shaking, which is out of step, a
    third remains in it."""
    parts: int = 5
    """Number of parts of a beat in which the rest is measured: each is at least half a period of
    shaking at 3.5 Hz or more, while a ventricular beat fills two or three."""
    median_beats: int = 5
    """Number of beats over which the median of every value is taken, so that two do not decide."""
    min_rr_s: float = 0.4
    """Shortest RR interval in seconds of the patient's own complexes: 150 per minute."""
    max_rr_s: float = 1.7
    """Longest RR interval in seconds of the patient's own complexes: 35 per minute."""
    gap_rr: float = 1.8
    """Length of a gap between his own complexes, in usual RR intervals, above which they do not go
    on: with a ventricular beat and its compensatory pause it is two."""
    rr_beats: int = 9
    """Number of RR intervals whose median is the usual one."""
    likeness: float = 0.5
    """Smallest correlation of the mean of ``mean_beats`` QRS complexes with the typical one."""
    least_mv: float = 0.08
    """Smallest rest in mV, a median: shaking of 0.15 mV. Less disturbs nothing, and flutter waves
    are as large."""
    begins_above_share: float = 0.15
    """Rest, as a share of the QRS height, that a stretch of shaking exceeds in ``min_beats``."""
    lasts_above_share: float = 0.10
    """Rest, as a share of the QRS height, that a stretch of shaking exceeds throughout."""
    begins_above_evenness: float = 0.5
    """Evenness that a stretch of shaking exceeds in ``min_beats``: 0.2 to 0.3 where ventricular
    beats come at changing distances from others, 0.6 to 0.9 in shaking."""
    lasts_above_evenness: float = 0.3
    """Evenness that a stretch of shaking exceeds throughout."""
    min_beats: int = 8
    """Fewest beats of a stretch that exceed what it begins above: in ventricular flutter (record
    207) five sharp waves can by chance look like own complexes that go on."""
    joined_s: int = 8
    """Longest time in seconds between two stretches that belongs to them if all leads move: noise
    can hide own complexes for a moment."""
    beside_s: int = 4
    """The same for a time before or after a stretch, in which they may not be seen yet."""
    extend_s: int = 2
    """Seconds by which a stretch of shaking is extended on both sides."""
    block_s: int = 2
    """Seconds of the blocks in which the highest complex is measured: each contains a beat at 30
    beats per minute or more."""
    piece_s: int = 600
    """Seconds whose typical complex is the median of all: posture changes it."""
    margin_s: int = 20
    """Seconds on both sides of such a piece with the neighbours of its first and last beats."""
    check_rate_hz: int = 32
    """Sampling rate at which a piece is checked for shaking at all, four times the end of the low
    band."""
    check_samples: int = 4
    """Samples at this rate whose largest is looked at: an eighth of a second, half a period of
    shaking at 4 Hz."""
    check_s: float = 3.0
    """Seconds in a row in which the low band of a piece with shaking is large: ``min_beats`` at
    the highest rate."""
    check_large_share: float = 0.9
    """Share of their eighths in which it is: between two beats at rest it is small for longer. Of
    a thousand pieces with shaking of 3 s or more, as weak as is found, all reach 0.95."""
    check_mv: float = 0.07
    """Size in mV from which it is large. Half of the samples of these pieces reach 0.09."""
    check_share: float = 0.1
    """Size, as a share of the height of the blocks, from which it is large: half of the samples of
    these pieces reach 0.12."""
    check_percentile: float = 25.0
    """Percentile of the height of the blocks of a piece: low, since shaking adds to it."""


@dataclass(frozen=True)
class QualitySettings:
    """Which seconds, and which recordings, can be analysed."""

    flat_mv: float = 0.01
    """Peak-to-peak amplitude in mV below which a second is flat because no electrode is connected:
    twice the step of a recorder with 200 steps per mV."""
    saturated_share: float = 0.2
    """Share of a second's samples at the lead's own extreme value from which the second is
    clipped."""
    clipping_distance_share: float = 0.25
    """Smallest distance of a recorder's limit from the lead's baseline, as a share of the lead's
    range: without noise, the baseline itself can be the extreme value."""
    min_recording_s: float = 10.0
    """Shortest recording in seconds: a shorter one contains too few beats to judge the rhythm."""
    max_recording_s: float = 16.0 * SECONDS_PER_DAY
    """Longest recording in seconds: two weeks and a margin, which fits into the function's memory;
    a header that declares years is damaged."""
    max_unusable_share: float = 0.95
    """Share of flat, saturated, missing or noisy seconds above which a lead is rejected."""
    noise: NoiseSettings = field(default_factory=NoiseSettings)
    """Noise index of a lead and its thresholds."""
    shaking: ShakingSettings = field(default_factory=ShakingSettings)
    """Rhythmic shaking of a lead, which is noise too."""


@dataclass(frozen=True)
class QrsSettings:
    """QRS energy and the times in which no second QRS complex is expected."""

    curvature_s: float = 0.03125
    """Step of the second difference in seconds: a band-pass around 16 Hz, where QRS complexes,
    ventricular ones too, exceed P and T waves most."""
    energy_window_s: float = 0.10
    """Seconds over which energy is averaged: about one QRS complex (normal: 80 to 100 ms)."""
    refractory_s: float = 0.20
    """Seconds after a ventricular depolarisation in which no other is possible (Pan & Tompkins
    1985)."""
    wave_s: float = 0.36
    """Seconds around a QRS complex within which its P and T waves lie (Pan & Tompkins 1985)."""


@dataclass(frozen=True)
class SignalSettings:
    """Lead selection, filtering and signal quality."""

    lead: str | None = None
    """Name or number of the only lead to analyse; None selects leads automatically
    (:func:`deepecg.signal.lead_survey.rank_leads`)."""
    max_leads: int = 2
    """Largest number of leads that are analysed together: two show a ventricular beat from two
    sides and replace each other where one is disturbed; the training databases have no more."""
    conditioning: ConditioningSettings = field(default_factory=ConditioningSettings)
    """Resampling and filtering."""
    quality: QualitySettings = field(default_factory=QualitySettings)
    """Which seconds, and which recordings, can be analysed."""
    detector: QrsSettings = field(default_factory=QrsSettings)
    """QRS energy; :class:`~deepecg.beats.settings.DetectionSettings` adds the detector's
    thresholds."""

    def n_leads(self, duration_s: float) -> int:
        """Return how many leads of a recording of this length are analysed, if it has as many.

        Several leads of a short recording take no more memory than one of the longest recording
        allowed; of longer ones only one lead is analysed.
        """
        fit = int(self.quality.max_recording_s // duration_s)
        return 1 if self.lead is not None else max(1, min(self.max_leads, fit))
