"""Names of the channels and features that a model's card may list.

Without the code that computes them, so that reading a card loads no SciPy.
"""

from dataclasses import dataclass

from deepecg.beats.settings import WindowSettings

CHANNELS = (
    *("beat", "beat_slope"),
    *("relative", "relative_slope", "compressed"),
    *("template", "template_slope", "template_compressed"),
)
"""Waveforms of each lead, computed in :mod:`deepecg.beats.model_input`."""
TIMING_FEATURES = (
    *("pre_rr_s", "post_rr_s", "pre_local", "post_local", "pre_global", "post_global"),
    *("pre_post", "earlier_local", "later_local", "local_rr", "local_irregularity"),
    *("pair_local", "pair_median", "step_11", "step_21", "step_41", "step_81"),
    *("skipping_step_21", "skipping_step_61", "changing_21", "changing_61"),
)
"""Features of the RR intervals, computed by :func:`~deepecg.beats.rr_features.rr_features`."""
MORPHOLOGY_FEATURES = (
    *("similarity", "qrs_similarity", "p_wave_similarity"),
    *("previous_similarity", "next_similarity"),
    *("amplitude", "qrs_amplitude", "p_wave_amplitude"),
)
"""Features of each lead, computed by
:func:`~deepecg.beats.model_input.morphology_features`."""


@dataclass(frozen=True)
class InputSpec:
    """The input of a model, as its card describes it.

    Attributes
    ----------
    channels : tuple of str
        Names out of :data:`CHANNELS`, in the model's order.
    morphology : tuple of str
        Names out of :data:`MORPHOLOGY_FEATURES`, in the model's order; empty for a model without
        template beat.
    timing : tuple of str
        Names out of :data:`TIMING_FEATURES`, in the model's order.
    rate_hz : int
        Sampling rate of the signal.
    windows : WindowSettings
        Extent of the window, and numbers of beats for template beat and RR features.
    """

    channels: tuple[str, ...]
    morphology: tuple[str, ...]
    timing: tuple[str, ...]
    rate_hz: int
    windows: WindowSettings

    @property
    def length(self) -> int:
        """Samples in the window of one beat."""
        before, after = self.windows.before_s, self.windows.after_s
        return round(before * self.rate_hz) + round(after * self.rate_hz)
