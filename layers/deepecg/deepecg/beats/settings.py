"""How beats are found, described and classified, and pauses confirmed: settings and sources."""

from dataclasses import dataclass, field

from deepecg.signal.settings import QrsSettings, SignalSettings

ROUNDING_S = 1e-6
"""Tolerance of a comparison of two durations: far below a sample, above the rounding error of a
difference of times."""


@dataclass(frozen=True)
class DetectorSettings(QrsSettings):
    """R-peak detection; see :mod:`deepecg.beats.r_peaks` for the method.

    Shares were set on DS1 and the Supraventricular DB, never on DS2
    (``training/evaluate_detector.py``).
    """

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
    template_beats: int = 2000
    """The patient's template beat is taken anew about every half hour: posture changes it."""
    max_rr_s: float = 3.0
    """Longer intervals are pauses or gaps; as a feature they are cut here."""


@dataclass(frozen=True)
class ClusterConsensusSettings:
    """How beats of one shape agree on their origin; see :mod:`deepecg.beats.cluster_consensus`.

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
class ParoxysmalSvtSettings:
    """What counts as a tachycardia that begins at once; see :mod:`deepecg.beats.paroxysmal_svt`.

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
class PauseSettings:
    """Pauses, and how a gap between beats is known to be quiet."""

    pause_s: float = 2.0
    """An RR interval of at least this (ISHNE/HRS 2017)."""
    longest_s: float = 120.0
    """With no beat for longer than this, it is the electrode that came off."""
    qrs_share: float = 0.25
    """Nothing in a quiet gap has this share of the QRS energy of the small beats around. Set on
    DS1 and the Supraventricular DB: of 5,200 gaps made by taking beats out, none is called quiet
    (``python -m training.evaluate_pauses --missed``)."""
    t_wave_s: float = 0.6
    """T waves end this long after their R peak: QT is up to 0.5 s at 40 beats a minute, and a
    wide QRS makes it longer."""
    deflection_s: float = 0.3
    """How far the signal moves is looked at over this time: more than a QRS, ventricular ones
    too, and less than the baseline's wandering takes."""
    deflection_share: float = 0.3
    """Nothing in a quiet gap moves the signal by this share of what the small beats around do,
    with these bounds..."""
    p_wave_mv: float = 0.25
    """...never less than a P wave (upper limit in lead II, AHA/ACCF/HRS 2009)..."""
    deflection_mv: float = 0.5
    """...and never more than twice that, however tall the QRS: ventricular beats are taller."""
    silence_s: float = 0.2
    """The finest noise is looked at over this time."""
    silence_share: float = 0.3
    """With less than this share of the usual noise, the electrode is not on the skin..."""
    noise_mv: float = 0.01
    """...unless there is less than this all the time: then silence says nothing."""
    prominence: float = 3.0
    """In another lead, beats stand out by this from what lies between them, or it is not asked."""
    other_lead_share: float = 0.5
    """In another lead, this share of the QRS energy of the small beats around is a beat. More than
    on the first lead: it only has to contradict."""

    def least_s(self, refractory_s: float) -> float:
        """Return the shortest pause that can be confirmed: beyond the T wave there is room in it.

        Parameters
        ----------
        refractory_s : float
            Before a beat, the detector sees no other for so long.
        """
        return self.t_wave_s + self.deflection_s + refractory_s


@dataclass(frozen=True)
class DetectionSettings(SignalSettings):
    """All that finding beats depends on: the leads, and the detector."""

    detector: DetectorSettings = field(default_factory=DetectorSettings)
