"""The recipes: the report's, and those of the two models that are shipped."""

from dataclasses import dataclass, replace

from deepecg.beats.input_spec import InputSpec
from deepecg.beats.settings import ClusterConsensusSettings, ParoxysmalSvtSettings, WindowSettings
from deepecg.signal.settings import ConditioningSettings
from training.network import NetworkConfig

TIMING_FEATURES = (
    "pre_local",
    "post_local",
    "pre_global",
    "post_global",
    "pre_post",
    "earlier_local",
    "later_local",
    "local_rr",
    "local_irregularity",
    "pair_local",
    "pair_median",
    "step_11",
    "step_21",
    "step_41",
    "step_81",
    "skipping_step_21",
    "skipping_step_61",
    "changing_21",
    "changing_61",
)
"""Timing against the patient's own rhythm."""
MORPHOLOGY_FEATURES = (
    "similarity",
    "qrs_similarity",
    "p_wave_similarity",
    "previous_similarity",
    "next_similarity",
    "amplitude",
    "qrs_amplitude",
    "p_wave_amplitude",
)
"""Shape against the patient's own template beat, and against the neighbours."""


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that a training run depends on, beside data and seed.

    Attributes
    ----------
    name : str
        Of the recipe.
    databases : tuple of str
        Trained on; of ``mitdb`` only DS1.
    n_leads : int
        Leads of a record that are learnt together, the best first.
    input : InputSpec
        What the model sees.
    network : NetworkConfig
        Its size.
    cluster_consensus : ClusterConsensusSettings or None
        How beats of one shape agree when recordings are scored; None: each stands for itself.
    paroxysmal_svt : ParoxysmalSvtSettings or None
        What is a tachycardia that begins at once; None: none is looked for.
    gamma : float
        Of the focal loss; 0 is the cross-entropy.
    class_weight_exponent : float
        Weight of a class is its inverse frequency to this power; 0 weighs all classes alike.
    record_weight_exponent : float
        Weight of a beat is the inverse frequency of its class within its record to this power: one
        patient with a thousand ectopic beats counts less than a thousand patients with one.
    alone_weight : float
        Of the loss of beats without their neighbours.
    flip_polarity : bool
        Show half of the leads upside down.
    jitter_samples : int
        Move the beat in its window by up to this much.
    noise : float
        White noise on the beat, at most so many of its units, mostly far less.
    rate_jitter : float
        Show sequences as if of another heart rate: standard deviation of the (standardised)
        logarithm.
    lead_dropout : float
        Share of sequences of which one lead is hidden.
    noisy_copies : int
        Of every record, with synthetic noise (:mod:`training.augmented_copies`).
    noisy_weight : float
        Of a beat of those, beside one of the record itself.
    rich_copies : int
        Of every record with S beats, without most of the others.
    rich_weight : float
        Of a beat of those.
    sequence_beats : int
        Consecutive beats that are learnt together; 1 for a network that sees each alone.
    uneventful_share : float
        Share of the sequences without any S, V, F or Q that an epoch shows; each weighs the more.
    average_decay : float
        Of the exponential moving average of the weights, a step; 0 takes the last weights.
    epochs : int
        Chosen by cross-validation on training patients.
    n_folds : int
        Of the cross-validation; 0 for none.
    batch_beats : int
        Beats a step.
    learning_rate, weight_decay : float
        Of AdamW; the rate rises and falls in one cycle (Smith & Topin 2019).
    """

    name: str
    databases: tuple[str, ...]
    n_leads: int
    input: InputSpec
    network: NetworkConfig
    cluster_consensus: ClusterConsensusSettings | None
    paroxysmal_svt: ParoxysmalSvtSettings | None
    gamma: float
    class_weight_exponent: float
    record_weight_exponent: float
    alone_weight: float
    flip_polarity: bool
    jitter_samples: int
    noise: float
    rate_jitter: float
    lead_dropout: float
    noisy_copies: int
    noisy_weight: float
    rich_copies: int
    rich_weight: float
    sequence_beats: int
    uneventful_share: float
    average_decay: float
    epochs: int
    n_folds: int
    batch_beats: int
    learning_rate: float
    weight_decay: float = 1e-2


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
    cluster_consensus=None,
    paroxysmal_svt=None,
    gamma=2.0,
    class_weight_exponent=0.25,
    record_weight_exponent=0.0,
    alone_weight=0.0,
    flip_polarity=False,
    jitter_samples=0,
    noise=0.0,
    rate_jitter=0.0,
    lead_dropout=0.0,
    noisy_copies=0,
    noisy_weight=0.0,
    rich_copies=0,
    rich_weight=0.0,
    sequence_beats=1,
    uneventful_share=1.0,
    average_decay=0.0,
    epochs=10,
    n_folds=0,
    batch_beats=512,
    learning_rate=2e-3,
)
"""The report of December 2025: one beat, two absolute RR intervals, weighted focal loss, DS1."""

DEFAULT = TrainingConfig(
    name="default",
    databases=("mitdb", "svdb"),
    n_leads=2,
    input=InputSpec(
        channels=(
            "relative",
            "template",
            "relative_slope",
            "template_slope",
            "compressed",
            "template_compressed",
        ),
        morphology=MORPHOLOGY_FEATURES,
        timing=TIMING_FEATURES,
        rate_hz=ConditioningSettings.rate_hz,
        windows=WindowSettings(),
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
    gamma=0.0,
    class_weight_exponent=0.0,
    record_weight_exponent=0.6,
    alone_weight=0.3,
    flip_polarity=True,
    jitter_samples=2,
    noise=0.4,
    rate_jitter=0.2,
    lead_dropout=0.3,
    noisy_copies=1,
    noisy_weight=0.4,
    rich_copies=1,
    rich_weight=0.5,
    sequence_beats=64,
    uneventful_share=0.4,
    average_decay=0.995,
    epochs=8,
    n_folds=5,
    batch_beats=1024,
    learning_rate=3e-3,
)
"""The patient's own rhythm and template beat as reference, two leads, the beats around."""

SINGLE_BEAT = replace(
    REPORT,
    name="single_beat",
    databases=DEFAULT.databases,
    input=replace(
        REPORT.input,
        channels=("beat", "beat_slope"),
        timing=("pre_rr_s", "post_rr_s", "pre_post"),
    ),
    network=replace(
        DEFAULT.network,
        widths=(16, 24, 32),
        lead_width=0,
        fusion_width=48,
        dilations=(),
        dropout=0.3,
    ),
    gamma=0.0,
    class_weight_exponent=0.0,
    flip_polarity=True,
    jitter_samples=2,
    average_decay=0.998,
    epochs=12,
)
"""For a beat asked about alone: nothing else is known of the patient."""

CONFIGS = {config.name: config for config in (REPORT, DEFAULT, SINGLE_BEAT)}
