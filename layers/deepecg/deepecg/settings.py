"""Every threshold and rate of the pipeline, with its clinical default and where that comes from."""

from dataclasses import dataclass, field

from deepecg.rhythm.settings import RhythmSettings


@dataclass(frozen=True)
class ConditioningSettings:
    """From the file's samples to the signal that detector and classifier see.

    These travel with the model: its card carries them, and a model trained on other
    values is refused.
    """

    rate_hz: int = 128
    """Rate of the conditioned signal; QRS energy ends near 40 Hz, and the Supraventricular DB
    is sampled at 128 Hz, so nothing is invented by resampling upwards."""
    low_hz: float = 0.5
    """High-pass corner: removes baseline wander (AHA 2007, monitoring band from 0.5 Hz)."""
    high_hz: float = 50.0
    """Low-pass corner of the report that this project follows (December 2025)."""
    order: int = 2
    """Butterworth order, applied forwards and backwards (so 4 in effect, with no delay)."""
    chunk_s: int = 600
    """Seconds read and filtered at a time: bounds the memory, changes no result."""
    margin_s: int = 20
    """Extra signal on both sides of a chunk. The filter's slowest pole decays by
    exp(-2.2 t), so after 20 s what lies outside is below the last bit of a float64."""


@dataclass(frozen=True)
class NoiseSettings:
    """What counts as too noisy; see :mod:`deepecg.noise` for the index.

    Chosen on DS1, the Supraventricular DB and mixtures of both with noise, never on DS2
    (``training/noise.py``).
    """

    before_s: float = 0.25
    """A beat from its P wave..."""
    after_s: float = 0.35
    """...to its T wave, as far as the beat after it leaves room at 170 a minute."""
    qrs_s: float = 0.10
    """A QRS complex lies within this distance of its R peak."""
    neighbour_beats: int = 10
    """A beat is compared with so many before and after it."""
    around_beats: int = 9
    """What is said of a second is the median of so many beats: a couplet does not move it."""
    wander_rank_share: float = 0.75
    """...and of its wander the value that this share of them stay below."""
    usual_beats: int = 31
    """A usual QRS complex is the median of so many."""
    level_from_s: float = 0.125
    """The level before a QRS complex is the mean from here, in the PR segment..."""
    level_until_s: float = 0.0625
    """...to here."""
    wander_limit_share: float = 0.15
    """A level wandering by more than this share of a QRS complex proves no more: flutter has
    no level..."""
    between_s: int = 5
    """Energy between beats is the median of so many seconds' highest..."""
    between_limit_share: float = 0.3
    """...and more than this share of a beat proves no more: it may be missed beats."""
    least_share: float = 0.001
    """Less of anything is as good as nothing."""
    unlike_weight: float = 2.0
    unlike_qrs_weight: float = 2.0
    wander_weight: float = 2.0
    between_weight: float = 1.0
    """Of the four shares in their geometric mean."""
    average_s: int = 9
    """The index is the mean of its logarithm over so many seconds."""
    begins_above_share: float = 0.085
    """An index that one in two thousand beats of the training records has."""
    lasts_above_share: float = 0.029
    """An index that one in fifty has: ordinary unless it is beside the other."""
    join_s: int = 10
    """Noisy stretches closer than this are one."""
    extend_s: int = 1
    """A noisy stretch begins and ends so much earlier and later."""


@dataclass(frozen=True)
class QualitySettings:
    """What counts as signal that can be analysed."""

    flat_mv: float = 0.01
    """Peak-to-peak below this over one second is no electrode, not a quiet heart: twice the
    step of a 200-per-mV recorder."""
    saturated_share: float = 0.2
    """Share of a second spent at the lead's own extreme value: clipped."""
    clipping_distance_share: float = 0.25
    """A recorder's limit lies at least this share of the lead's range from its usual level: the
    baseline of a signal without noise can be its extreme value too."""
    min_recording_s: float = 10.0
    """Shorter recordings hold too few beats to know the patient's rhythm."""
    max_recording_s: float = 16 * 86_400.0
    """Two weeks and a margin: what the function's memory holds. A header that promises years
    is damaged."""
    max_unusable_share: float = 0.95
    """With more of the lead than this flat, saturated, missing or noisy, it is refused."""
    noise: NoiseSettings = field(default_factory=NoiseSettings)


@dataclass(frozen=True)
class DetectorSettings:
    """R-peak detection; see :mod:`deepecg.r_peaks` for the method.

    Shares were set on DS1 and the Supraventricular DB, never on DS2 (``training/detector.py``).
    """

    curvature_s: float = 0.03125
    """Step of the second difference: a band-pass around 16 Hz, where QRS complexes stand out
    most from P and T waves, ventricular ones too."""
    energy_window_s: float = 0.10
    """Averaging window: about one QRS (normal 80 to 100 ms)."""
    refractory_s: float = 0.20
    """No two ventricular depolarisations are closer (Pan & Tompkins 1985)."""
    wave_s: float = 0.36
    """T waves follow and P waves precede their QRS within this time (Pan & Tompkins 1985)."""
    near_share: float = 0.8
    """At ``refractory_s`` from a higher candidate, less than this share of it is no beat..."""
    far_share: float = 0.4
    """...and at ``wave_s`` less than this; linear in between, nothing beyond..."""
    ectopic_share: float = 0.3
    """...or less than this, where the candidate reaches..."""
    t_waves: float = 1.5
    """...so many times what usually follows QRS complexes here as closely: their T waves."""
    reference_block_s: float = 2.0
    """Every block of this length holds a beat at 30 beats a minute or more."""
    reference_blocks: int = 11
    """The expected height of a QRS is the median of this many blocks' highest candidates."""
    reference_floor: float = 0.15
    """The expected height is never less than this share of the lead's usual one: what is left
    when an electrode comes off is noise..."""
    reference_floor_mv: float = 0.1
    """...and never less than this: no QRS complex is smaller than a third of it."""
    height_spread: float = 0.15
    """Beats of one patient differ by this share in height even in a clean lead: what bounds the
    weight of one lead against another."""
    highest_share: float = 1.25
    """Higher energy, against the expected height, counts as no more than this."""
    threshold: float = 0.5
    """A candidate of this share of the expected height is a beat wherever it comes,..."""
    due_threshold: float = 0.28
    """...of this share if it comes in an interval of ``due_rr`` local RR intervals..."""
    due_rr: float = 1.2
    """(a premature beat and its compensatory pause take 2),..."""
    overdue_threshold: float = 0.15
    """...and of this share, T waves apart, where a beat is missing..."""
    overdue_rr: float = 2.0
    """in an interval of so many; linear in between."""
    local_rr_beats: int = 9
    """The local RR interval is the median of this many."""
    peak_search_s: float = 0.08
    """The R peak lies within this distance of the highest energy."""
    polarity_beats: int = 301
    """QRS complexes point the way most of this many beats around do..."""
    polarity_share: float = 2.0
    """...unless the opposite deflection is this many times as large."""


@dataclass(frozen=True)
class WindowSettings:
    """The model's input for one beat; the card carries these."""

    before_s: float = 0.375
    """Signal before the R peak: holds the P wave at PR up to some 250 ms."""
    after_s: float = 0.625
    """Signal after the R peak: holds the T wave."""
    local_beats: int = 80
    """RR intervals are set against their mean over this many beats around..."""
    global_beats: int = 400
    """...and this many. Means, not medians: with every second beat premature the
    median is one of the two (record 232)."""
    dominant_beats: int = 2000
    """The patient's dominant beat is taken anew about every half hour: posture changes it."""
    max_rr_s: float = 3.0
    """Longer intervals are pauses or gaps; as a feature they are cut here."""


@dataclass(frozen=True)
class AgreementSettings:
    """How beats of one shape agree on their origin; see :mod:`deepecg.agreement`.

    The model's card carries these. Set on training patients by cross-validation
    (``training/EXPERIMENTS.md``).
    """

    correlation: float = 0.9
    """Mean correlation over two leads from which QRS complexes are of one shape."""
    correlation_of_one_lead: float = 0.97
    """The same where only one lead can be used: V and N are alike there more often."""
    share: float = 0.8
    """Weight of what is said of all such beats; the rest is the beat's own."""
    before_s: float = 0.11
    """Compared from here before the R peak..."""
    after_s: float = 0.235
    """...to here after it: QRS complex and the beginning of its T wave."""


@dataclass(frozen=True)
class ParoxysmSettings:
    """What counts as a tachycardia that begins at once; see :mod:`deepecg.paroxysms`.

    The model's card carries these. On the training patients such runs are supraventricular in
    seven of eight; the eighth has flutter (``training/EXPERIMENTS.md``).
    """

    max_rr_s: float = 0.6
    """Faster than 100 a minute is tachycardia."""
    onset_ratio: float = 1.25
    """Intervals before are this many times as long: what also makes a beat premature."""
    before_beats: int = 6
    """The rhythm before is the median of so many intervals: one pause does not make it slow."""
    min_beats: int = 10
    """Shorter runs are for the model, which sees 15 beats on either side."""
    step: float = 0.06
    """Regular: half of the intervals differ by less from the one before (natural logarithm)."""
    drift: float = 0.12
    """It lasts while the rate stays within this of that of its first beats."""


@dataclass(frozen=True)
class ScoringSettings:
    """All settings of :func:`deepecg.scoring.score_recording` but the model's own."""

    lead: str | None = None
    """Name of the lead to score; None lets :func:`deepecg.leads.rank_leads` decide."""
    max_leads: int = 2
    """Two leads see a ventricular beat from two sides, and one stands in where the other is
    disturbed; the databases that the model learnt from have no more."""
    conditioning: ConditioningSettings = field(default_factory=ConditioningSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    rhythm: RhythmSettings = field(default_factory=RhythmSettings)

    def n_leads(self, duration_s: float) -> int:
        """Return how many leads of a recording are used, if it has so many.

        One where several would take more memory than one lead of the longest recording does.
        """
        fit = int(self.quality.max_recording_s // duration_s)
        return 1 if self.lead is not None else max(1, min(self.max_leads, fit))
