"""Settings of beat detection, classification and pause confirmation, each with its source."""

from dataclasses import dataclass, field

from deepecg.signal.settings import QrsSettings, SignalSettings


@dataclass(frozen=True)
class DetectorSettings(QrsSettings):
    """R-peak detection; see :mod:`deepecg.beats.r_peaks` for the method.

    A candidate is a local maximum of QRS energy; its height is measured as a share of the expected
    height of a QRS complex. Shares were chosen on DS1 and the Supraventricular DB, never on DS2
    (``training/evaluate_detector.py``).
    """

    near_share: float = 0.8
    """Share of a higher candidate's height that a candidate ``refractory_s`` beside it must exceed;
    the share falls linearly with the distance, to ``far_share``."""
    far_share: float = 0.4
    """Share of a higher candidate's height that a candidate ``wave_s`` beside it must exceed;
    farther away there is no such condition."""
    ectopic_share: float = 0.3
    """Share that takes the place of ``far_share`` for a candidate much higher than the T waves
    around (``t_waves``): it may be an ectopic beat."""
    t_waves: float = 1.5
    """Factor by which a candidate must exceed the typical T wave around it for ``ectopic_share`` to
    apply."""
    reference_block_s: float = 2.0
    """Length in seconds of the blocks whose highest energy is measured: each contains a beat at 30
    beats per minute or more."""
    reference_blocks: int = 11
    """Number of blocks whose median is the expected height of a QRS complex."""
    lasting_blocks: int = 301
    """Number of blocks, ten minutes of them, whose median is the lasting height of a QRS
    complex."""
    lasting_share: float = 0.3
    """Smallest expected height, as a share of the lasting one: when the heart stands still, the
    height expected must not sink to that of P waves and noise. On the training records 99.9 % of
    the blocks are above it without this limit."""
    lasting_threshold: float = 0.12
    """Share of the lasting height below which nothing is a beat."""
    reference_floor: float = 0.15
    """Smallest expected height, as a share of the lead's median one: after an electrode came off,
    the remaining signal is noise."""
    reference_floor_mv: float = 0.1
    """Smallest expected height in mV of energy: no QRS complex is smaller than a third of it."""
    height_spread: float = 0.15
    """Share by which the heights of one patient's beats differ even in a clean lead; bounds the
    weight of one lead against another."""
    highest_share: float = 1.25
    """Upper limit that heights above 1 approach, so that neither an artefact in one lead nor a huge
    beat hides other beats."""
    threshold: float = 0.5
    """Height from which a candidate is a beat at any time."""
    due_threshold: float = 0.28
    """Height from which a candidate is a beat in an interval of ``due_rr``; thresholds of lengths
    between are interpolated linearly."""
    due_rr: float = 1.2
    """Length of the interval, in local RR intervals, to which ``due_threshold`` applies."""
    overdue_threshold: float = 0.15
    """Height from which a candidate is a beat in an interval of ``overdue_rr``, if it is farther
    than ``wave_s`` from the beat before."""
    overdue_rr: float = 2.0
    """Length of the interval, in local RR intervals, to which ``overdue_threshold`` applies: two,
    because a beat on time, or a premature one with its compensatory pause, is missing in it."""
    p_from_s: float = 0.30
    """Seconds before the R peak at which the search for the highest P wave begins: most PR
    intervals are shorter."""
    p_until_s: float = 0.14
    """Seconds before the R peak at which that search ends, so that the energy of the QRS complex
    has no part in it."""
    p_waves: float = 3.0
    """Factor by which a candidate in an interval of ``standstill_rr`` must exceed the typical P
    wave around it, up to ``due_threshold``: P waves go on while the ventricles stand still."""
    standstill_rr: float = 3.5
    """Length of an interval between clear beats, in local RR intervals, above which the ventricles
    may stand still: more than a missed beat beside a premature one and its compensatory pause."""
    p_wave_beats: int = 31
    """Number of beats whose median P wave is the typical one."""
    local_rr_beats: int = 9
    """Number of RR intervals whose median is the local RR interval."""
    peak_search_s: float = 0.08
    """Largest distance in seconds of the R peak from the maximum of the energy."""
    polarity_beats: int = 301
    """Number of beats around a beat whose majority decides whether its R peak points up or down."""
    polarity_share: float = 2.0
    """Factor by which the opposite deflection must be larger to be the R peak against that
    majority."""


@dataclass(frozen=True)
class WindowSettings:
    """The model's input for one beat; the model's card contains these values."""

    before_s: float = 0.375
    """Seconds of signal before the R peak: contains the P wave up to a PR interval of some
    250 ms."""
    after_s: float = 0.625
    """Seconds of signal after the R peak: contains the T wave."""
    local_beats: int = 80
    """Number of beats around a beat whose mean RR interval is the local one. A mean, because with
    every second beat premature the median is one of the two intervals (record 232)."""
    global_beats: int = 400
    """Number of beats around a beat whose mean RR interval is the global one."""
    template_beats: int = 2000
    """Number of beats, about half an hour, that share one template beat: posture changes it."""
    template_slow_rr_s: float = 0.6
    """RR interval in seconds from which a beat belongs to no tachycardia: 100 per minute."""
    template_slow_run: int = 10
    """Fewest such beats in a row that are a slow rhythm: fewer may be compensatory pauses."""
    template_slow_share: float = 0.67
    """Share of a group's beats that must be slow for the template beat to be made of the whole
    group: a ventricular tachycardia of ten minutes would otherwise be the patient's usual beat."""
    template_slow_beats: int = 100
    """Number of slow beats, the nearest in the recording, of which the template beat is made where
    a tachycardia fills a group; in a recording with fewer, it is made of the group."""
    max_rr_s: float = 3.0
    """Largest RR interval in seconds in a feature; longer ones are pauses or gaps and are
    clipped."""


@dataclass(frozen=True)
class ClusterConsensusSettings:
    """Consensus over a morphology cluster; see :mod:`deepecg.beats.cluster_consensus`.

    The model's card contains these values. Chosen on training patients by cross-validation
    (``training/EXPERIMENTS.md``).
    """

    correlation: float = 0.9
    """Mean correlation over two leads from which two QRS complexes have the same shape."""
    correlation_of_one_lead: float = 0.97
    """Correlation from which two QRS complexes have the same shape where only one lead can be used,
    on which V and N look alike more often."""
    share: float = 0.8
    """Weight of the mean over all beats of the same shape; the beat's own result has the rest."""
    before_s: float = 0.11
    """Seconds before the R peak at which the compared part of a beat begins, with the QRS
    complex."""
    after_s: float = 0.235
    """Seconds after the R peak at which the compared part of a beat ends, early in the T wave."""


@dataclass(frozen=True)
class ParoxysmalSvtSettings:
    """Paroxysmal SVT; see :mod:`deepecg.beats.paroxysmal_svt`.

    The model's card contains these values. Of eight training patients with runs found this way,
    seven have supraventricular tachycardia and one has flutter (``training/EXPERIMENTS.md``).
    """

    max_rr_s: float = 0.6
    """RR interval in seconds below which the rate is a tachycardia: 100 per minute."""
    onset_ratio: float = 1.25
    """Factor by which RR intervals before the onset are longer: the same as for a premature
    beat."""
    before_beats: int = 6
    """Number of RR intervals before the onset whose median is the rhythm before: a single pause
    does not change it."""
    min_beats: int = 10
    """Fewest beats of a paroxysmal SVT: shorter runs are left to the model, which sees 15 beats on
    either side."""
    step: float = 0.06
    """Largest median difference between successive intervals of a regular rhythm (natural
    logarithm)."""
    drift: float = 0.12
    """Largest difference of the rate from that of the first beats (natural logarithm), beyond which
    the tachycardia has ended."""


@dataclass(frozen=True)
class VentricularRunSettings:
    """Runs of ventricular beats; see :mod:`deepecg.beats.ventricular_runs`.

    The model's card contains these values.
    """

    max_rr_s: float = 0.6
    """RR interval in seconds below which the rate is a tachycardia: 100 per minute."""
    min_beats: int = 5
    """Fewest beats of a run that is compared with single beats."""
    ectopic_share: float = 0.5
    """Share of its beats that the model does not call normal."""
    correlation: float = 0.85
    """Correlation of QRS complexes from which a single beat has the shape of the run."""
    min_single: int = 3
    """Fewest single ventricular beats of its shape."""
    ventricular_share: float = 0.8
    """Share of the single beats of its shape that are ventricular."""


@dataclass(frozen=True)
class SinusTachycardiaSettings:
    """Sinus tachycardia; see :mod:`deepecg.beats.sinus_tachycardia`.

    The model's card contains these values.
    """

    min_beats: int = 4
    """Fewest supraventricular beats of a run that is examined: a triplet has no rhythm of its
    own."""
    joined_beats: int = 4
    """Largest distance in beats of two supraventricular beats of one run: the model may hesitate
    within it."""
    least_share: float = 0.5
    """Smallest share of supraventricular beats in a run."""
    before_beats: int = 15
    """Number of RR intervals before a run in which its onset is looked for: the model may call the
    first beats of a tachycardia normal."""
    onset_beats: int = 3
    """Number of beats at the beginning of a run that belong to its onset."""
    abrupt_step: float = 0.16
    """Shortening from one interval to the next (natural logarithm) from which an onset is abrupt: a
    premature beat comes a fifth early or more, and respiration changes intervals by less."""
    gradual_end_step: float = 0.06
    """Lengthening from one interval to the next (natural logarithm) that no interval of a gradual
    end reaches."""
    regular_step: float = 0.06
    """Largest median difference between successive intervals of a regular rhythm (natural
    logarithm)."""
    unseen_rr_s: float = 0.4
    """RR interval in seconds from which a tachycardia whose onset and end are not in the signal
    counts as sinus rhythm: 150 per minute, where flutter with 2:1 conduction begins."""


@dataclass(frozen=True)
class PauseSettings:
    """Pauses, and their confirmation; see :mod:`deepecg.beats.pause_confirmation`."""

    pause_s: float = 2.0
    """Shortest RR interval in seconds that is a pause (ISHNE/HRS 2017)."""
    longest_s: float = 120.0
    """Longest pause in seconds: without a beat for longer, the electrode came off."""
    qrs_share: float = 0.25
    """QRS energy, as a share of that of the small beats around, from which a confirmed pause has
    none. Chosen on DS1 and the Supraventricular DB: of 5,200 intervals made by removing beats, none
    is confirmed (``python -m training.evaluate_pauses --missed``)."""
    t_wave_s: float = 0.6
    """Seconds after its R peak at which a T wave has ended: QT is up to 0.5 s at 40 beats per
    minute, and longer with a wide QRS."""
    deflection_s: float = 0.3
    """Seconds over which a deflection is measured: longer than a QRS complex, ventricular ones too,
    and shorter than baseline wander."""
    deflection_share: float = 0.3
    """Deflection, as a share of that of the small beats around, from which a confirmed pause has
    none; limited by ``p_wave_mv`` and ``deflection_mv``."""
    p_wave_mv: float = 0.25
    """Smallest limit in mV of a deflection in a confirmed pause: P waves are allowed (upper limit
    in lead II, AHA/ACCF/HRS 2009)."""
    deflection_mv: float = 0.5
    """Largest limit in mV of a deflection in a confirmed pause, however tall the QRS complexes:
    ventricular beats exceed it."""
    silence_s: float = 0.2
    """Seconds over which the finest noise is measured."""
    silence_share: float = 0.3
    """Noise, as a share of the typical one between beats, below which the electrode is off."""
    noise_mv: float = 0.01
    """Typical noise in mV below which a lead is always so quiet that silence is no sign of a
    detached electrode."""
    prominence: float = 3.0
    """Factor by which beats must exceed what lies between them in another lead; otherwise that lead
    is not used."""
    other_lead_share: float = 0.5
    """QRS energy in another lead, as a share of that of the small beats around, from which it shows
    a beat: more than on the first lead, because it only has to contradict."""

    def least_s(self, refractory_s: float) -> float:
        """Return the shortest pause that can be confirmed: T wave, deflection, refractory time.

        Parameters
        ----------
        refractory_s : float
            Seconds before a beat in which the detector finds no other.
        """
        return self.t_wave_s + self.deflection_s + refractory_s


@dataclass(frozen=True)
class DetectionSettings(SignalSettings):
    """Settings on which the beats found depend: leads, filter, signal quality and detector."""

    detector: DetectorSettings = field(default_factory=DetectorSettings)
    """R-peak detection."""
