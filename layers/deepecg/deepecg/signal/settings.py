"""How leads are chosen, filtered and judged, each setting with its source."""

from dataclasses import dataclass, field

from deepecg.units import SECONDS_PER_DAY


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
    """What counts as too noisy; see :mod:`deepecg.signal.noise` for the index.

    Chosen on DS1, the Supraventricular DB and mixtures of both with noise, never on DS2
    (``training/evaluate_noise_gate.py``).
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
    max_recording_s: float = 16.0 * SECONDS_PER_DAY
    """Two weeks and a margin: what the function's memory holds. A header that promises years
    is damaged."""
    max_unusable_share: float = 0.95
    """With more of the lead than this flat, saturated, missing or noisy, it is refused."""
    noise: NoiseSettings = field(default_factory=NoiseSettings)


@dataclass(frozen=True)
class QrsSettings:
    """Where QRS complexes stand out from what lies between them."""

    curvature_s: float = 0.03125
    """Step of the second difference: a band-pass around 16 Hz, where QRS complexes stand out
    most from P and T waves, ventricular ones too."""
    energy_window_s: float = 0.10
    """Averaging window: about one QRS (normal 80 to 100 ms)."""
    refractory_s: float = 0.20
    """No two ventricular depolarisations are closer (Pan & Tompkins 1985)."""
    wave_s: float = 0.36
    """T waves follow and P waves precede their QRS within this time (Pan & Tompkins 1985)."""


@dataclass(frozen=True)
class SignalSettings:
    """Which leads are used, and how they are filtered and judged."""

    lead: str | None = None
    """Name of the lead to score; None lets :func:`deepecg.signal.lead_survey.rank_leads` decide."""
    max_leads: int = 2
    """Two leads see a ventricular beat from two sides, and one stands in where the other is
    disturbed; the databases that the model learnt from have no more."""
    conditioning: ConditioningSettings = field(default_factory=ConditioningSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    detector: QrsSettings = field(default_factory=QrsSettings)
    """What QRS energy is; :class:`~deepecg.beats.settings.DetectionSettings` adds the detector's
    thresholds."""

    def n_leads(self, duration_s: float) -> int:
        """Return how many leads of a recording are used, if it has so many.

        One where several would take more memory than one lead of the longest recording does.
        """
        fit = int(self.quality.max_recording_s // duration_s)
        return 1 if self.lead is not None else max(1, min(self.max_leads, fit))
