"""Training recipes: that of the report, and those of the two shipped models."""

from dataclasses import dataclass, replace

from deepecg.beats.input_spec import MORPHOLOGY_FEATURES, TIMING_FEATURES, InputSpec
from deepecg.beats.settings import (
    ClusterConsensusSettings,
    ParoxysmalSvtSettings,
    SinusTachycardiaSettings,
    VentricularRunSettings,
    WindowSettings,
)
from deepecg.signal.settings import ConditioningSettings
from training.network import NetworkConfig

RELATIVE_TIMING = tuple(name for name in TIMING_FEATURES if not name.endswith("_s"))
"""Timing relative to the patient's own rhythm: every feature that is not in seconds."""


@dataclass(frozen=True)
class TrainingConfig:
    """All settings of a training run except data and seed.

    Every kind of augmentation and weighting is off by default.

    Attributes
    ----------
    name : str
        Name of the recipe.
    databases : tuple of str
        Databases whose training records are used (:mod:`training.data_roles`).
    n_leads : int
        Number of leads of a record that are used together, the best first.
    input : InputSpec
        Inputs of the model.
    network : NetworkConfig
        Size of the network.
    epochs : int
        Number of epochs, chosen by cross-validation on training patients.
    batch_beats : int
        Number of beats a step.
    learning_rate : float
        Highest learning rate of AdamW; it rises and falls in one cycle (Smith & Topin 2019).
    weight_decay : float
        Weight decay of AdamW.
    cluster_consensus : ClusterConsensusSettings or None
        Consensus of beats of one morphology when recordings are scored; None: no consensus.
    paroxysmal_svt : ParoxysmalSvtSettings or None
        Detection of paroxysmal SVT when recordings are scored; None: no detection.
    sinus_tachycardia : SinusTachycardiaSettings or None
        Rule of sinus tachycardia; None: no beat is relabelled.
    ventricular_runs : VentricularRunSettings or None
        Rule of ventricular runs; None: no beat is relabelled.
    gamma : float
        Exponent of the focal loss; 0 gives the cross-entropy.
    class_weight_exponent : float
        The weight of a class is its inverse frequency to this power; 0 weighs all beats alike.
    record_weight_exponent : float
        The weight of a beat is the inverse frequency of its class within its record to this power:
        one patient with a thousand ectopic beats counts less than a thousand patients with one.
    alone_weight : float
        Weight of the loss of beats without their neighbours.
    flip_polarity : bool
        Whether half of the leads are inverted.
    jitter_samples : int
        Largest shift of the beat in its window.
    noise : float
        Largest standard deviation of white noise on the beat, in the unit of the channel; mostly
        far less.
    rate_jitter : float
        Standard deviation of random changes of a sequence's heart rate, in units of the
        (standardised) logarithm.
    lead_dropout : float
        Share of sequences in which one lead is hidden.
    noisy_copies : int
        Number of copies of every record with synthetic noise (:mod:`training.augmented_copies`).
    noisy_weight : float
        Weight of a beat of a noisy copy; a beat of a record has 1.
    ectopic_copies : int
        Number of copies of every record with S beats, without most of the other beats.
    ectopic_weight : float
        Weight of a beat of an ectopic copy.
    fast_copies : int
        Number of copies of every record in sinus rhythm that become faster and slower again.
    fast_weight : float
        Weight of a beat of a fast copy.
    sequence_beats : int
        Number of consecutive beats in a sequence; 1 for a network that classifies each alone.
    uneventful_share : float
        Share of the sequences without any S, V, F or Q that an epoch contains; their weight is
        divided by it.
    average_decay : float
        Decay a step of the exponential moving average of the weights; 0 takes the last weights.
    n_folds : int
        Number of folds of the cross-validation; 0 for none.
    """

    name: str
    databases: tuple[str, ...]
    n_leads: int
    input: InputSpec
    network: NetworkConfig
    epochs: int
    batch_beats: int
    learning_rate: float
    weight_decay: float = 1e-2
    cluster_consensus: ClusterConsensusSettings | None = None
    paroxysmal_svt: ParoxysmalSvtSettings | None = None
    sinus_tachycardia: SinusTachycardiaSettings | None = None
    ventricular_runs: VentricularRunSettings | None = None
    gamma: float = 0.0
    class_weight_exponent: float = 0.0
    record_weight_exponent: float = 0.0
    alone_weight: float = 0.0
    flip_polarity: bool = False
    jitter_samples: int = 0
    noise: float = 0.0
    rate_jitter: float = 0.0
    lead_dropout: float = 0.0
    noisy_copies: int = 0
    noisy_weight: float = 0.0
    ectopic_copies: int = 0
    ectopic_weight: float = 0.0
    fast_copies: int = 0
    fast_weight: float = 0.0
    sequence_beats: int = 1
    uneventful_share: float = 1.0
    average_decay: float = 0.0
    n_folds: int = 0


REPORT = TrainingConfig(
    name="report",
    databases=("mitdb",),
    n_leads=1,
    input=InputSpec(
        channels=("beat",),
        morphology=(),
        timing=("pre_rr_s", "post_rr_s"),
        rate_hz=ConditioningSettings.rate_hz,
        windows=WindowSettings(),
    ),
    network=NetworkConfig(
        widths=(32, 64, 128),
        kernels=(7, 5, 3),
        bins=1,
        lead_width=0,
        rhythm_widths=(16, 16),
        fusion_width=64,
        dilations=(),
        dropout=0.3,
    ),
    gamma=2.0,
    class_weight_exponent=0.25,
    epochs=10,
    batch_beats=512,
    learning_rate=2e-3,
)
"""The report of December 2025: one beat, two absolute RR intervals, weighted focal loss, DS1."""

DEFAULT = TrainingConfig(
    name="default",
    databases=("mitdb", "svdb", "qtdb"),
    n_leads=2,
    input=replace(
        REPORT.input,
        channels=(
            *("relative", "template", "relative_slope", "template_slope"),
            *("compressed", "template_compressed"),
        ),
        morphology=MORPHOLOGY_FEATURES,
        timing=RELATIVE_TIMING,
    ),
    network=NetworkConfig(
        widths=(12, 16, 24),
        kernels=(7, 5, 5),
        bins=8,
        lead_width=32,
        rhythm_widths=(32, 16),
        fusion_width=32,
        dilations=(1, 2, 4, 8),
        dropout=0.25,
    ),
    cluster_consensus=ClusterConsensusSettings(),
    paroxysmal_svt=ParoxysmalSvtSettings(),
    sinus_tachycardia=SinusTachycardiaSettings(),
    ventricular_runs=VentricularRunSettings(),
    record_weight_exponent=0.6,
    alone_weight=0.3,
    flip_polarity=True,
    jitter_samples=2,
    noise=0.4,
    rate_jitter=0.2,
    lead_dropout=0.3,
    noisy_copies=1,
    noisy_weight=0.4,
    ectopic_copies=1,
    ectopic_weight=0.5,
    fast_copies=2,
    fast_weight=0.5,
    sequence_beats=64,
    uneventful_share=0.4,
    average_decay=0.995,
    epochs=8,
    n_folds=5,
    batch_beats=1024,
    learning_rate=3e-3,
)
"""Shipped: relative to the patient's own rhythm and template beat, two leads, with neighbours."""

SINGLE_BEAT = replace(
    REPORT,
    name="single_beat",
    databases=("mitdb", "svdb"),
    input=replace(
        REPORT.input,
        channels=("beat", "beat_slope"),
        timing=("pre_rr_s", "post_rr_s", "pre_post"),
    ),
    network=replace(
        REPORT.network,
        widths=(16, 24, 32),
        kernels=(7, 5, 5),
        bins=8,
        rhythm_widths=(32, 16),
        fusion_width=48,
    ),
    gamma=0.0,
    class_weight_exponent=0.0,
    flip_polarity=True,
    jitter_samples=2,
    average_decay=0.998,
    epochs=12,
)
"""Shipped: for a single beat without template beat and neighbours."""

CONFIGS = {config.name: config for config in (REPORT, DEFAULT, SINGLE_BEAT)}
