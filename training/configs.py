"""The recipes: the report's, and those of the two models that are shipped."""

from dataclasses import dataclass, replace

from deepecg.model_input import InputSpec
from deepecg.settings import ConditioningSettings, WindowSettings
from training.network import NetworkConfig

RHYTHM = (
    "pre_local",
    "post_local",
    "pre_global",
    "post_global",
    "pre_post",
    "earlier_local",
    "later_local",
    "local_rr",
    "local_irregularity",
)
"""Timing against the patient's own rhythm."""
LIKENESS = (
    "similarity",
    "qrs_similarity",
    "p_wave_similarity",
    "previous_similarity",
    "amplitude",
    "qrs_amplitude",
    "p_wave_amplitude",
)
"""Shape against the patient's own dominant beat."""


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that a training run depends on, beside data and seed.

    Attributes
    ----------
    name : str
        Of the recipe.
    databases : tuple of str
        Trained on; of ``mitdb`` only DS1.
    all_leads : bool
        Train on every usable lead of a record, not only the one that scoring would choose.
    input : InputSpec
        What the model sees.
    network : NetworkConfig
        Its size.
    gamma : float
        Of the focal loss; 0 is the cross-entropy.
    class_weight_exponent : float
        Weight of a class is its inverse frequency to this power; 0 weighs all beats alike.
    flip_polarity : bool
        Show half of the beats upside down.
    jitter_samples : int
        Move the beat in its window by up to this much.
    average_decay : float
        Of the exponential moving average of the weights, a step; 0 takes the last weights.
    epochs : int
        At most; the validation patients choose how many.
    batch_beats : int
        Beats a step.
    learning_rate, weight_decay : float
        Of AdamW; the rate rises and falls in one cycle (Smith & Topin 2019).
    validation_folds : int
        One patient in so many is held back to choose the number of epochs.
    """

    name: str
    databases: tuple[str, ...]
    all_leads: bool
    input: InputSpec
    network: NetworkConfig
    gamma: float
    class_weight_exponent: float
    flip_polarity: bool
    jitter_samples: int
    average_decay: float
    epochs: int
    batch_beats: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    validation_folds: int = 4


REPORT = TrainingConfig(
    name="report",
    databases=("mitdb",),
    all_leads=False,
    input=InputSpec(
        channels=("beat",),
        features=("pre_rr_s", "post_rr_s"),
        rate_hz=ConditioningSettings.rate_hz,
        windows=WindowSettings(),
    ),
    network=NetworkConfig(
        widths=(32, 64, 128),
        kernels=(7, 5, 3),
        bins=1,
        rhythm_widths=(16, 16),
        fusion_width=64,
    ),
    gamma=2.0,
    class_weight_exponent=0.25,
    flip_polarity=False,
    jitter_samples=0,
    average_decay=0.0,
    epochs=10,
)
"""The report of December 2025: one beat, two absolute RR intervals, weighted focal loss, DS1."""

DEFAULT = TrainingConfig(
    name="default",
    databases=("mitdb", "svdb"),
    all_leads=True,
    input=InputSpec(
        channels=("beat", "beat_slope", "dominant", "dominant_slope"),
        features=RHYTHM + LIKENESS,
        rate_hz=ConditioningSettings.rate_hz,
        windows=WindowSettings(),
    ),
    network=NetworkConfig(
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
"""The patient's own rhythm and dominant beat as reference, more patients, no class weights."""

SINGLE_BEAT = replace(
    DEFAULT,
    name="single_beat",
    input=replace(
        DEFAULT.input,
        channels=("beat", "beat_slope"),
        features=("pre_rr_s", "post_rr_s", "pre_post"),
    ),
)
"""The same for a beat asked about alone: nothing else is known of the patient."""

CONFIGS = {config.name: config for config in (REPORT, DEFAULT, SINGLE_BEAT)}
