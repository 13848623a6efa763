"""One beat alone, with what is known of its rhythm and neighbours: classified as in a recording.

The steps are those of :func:`deepecg.scoring.score_recording`, by the same functions, but that the
caller says where the R peak lies and what the intervals around it are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.classifier import BeatClassifier
from deepecg.errors import FlatLineError, SaturatedError, TooShortError
from deepecg.filters import band_pass, resample, resampling_ratio
from deepecg.model_input import QRS_S, InputSpec, ModelInput, input_of
from deepecg.quality import flag_seconds, second_statistics
from deepecg.rr_features import rr_features
from deepecg.settings import QualitySettings, ScoringSettings
from deepecg.windows import cut_windows


@dataclass(frozen=True)
class SingleBeat:
    """A beat and what is known of its surroundings.

    Attributes
    ----------
    samples_mv : ndarray of float64, shape (n,)
        Signal around the R peak in mV. What the window of a beat (375 ms before to 625 ms after)
        has no sample for counts as the first or last one there is.
    sampling_rate_hz : float
        Of all signals here.
    rr_before_s : sequence of float
        Intervals before the beat in seconds, in the order of time: the last one ends with it.
        Those of an earlier time than ``WindowSettings.global_beats`` say nothing.
    rr_after_s : sequence of float
        Intervals after it; the first one begins with it. Empty in real time: what is not known
        counts as the mean of the intervals around.
    r_peak_position : float
        Where the R peak lies, in this beat and the others: 0 at the first sample, 1 at the last.
    filtered : bool
        Whether the signals are already band-passed as a recording is, and are only resampled.
    usual_beat_mv : ndarray of float64, shape (m,), optional
        The beat that the patient mostly has; without it the beat is compared with itself.
    previous_beat_mv : ndarray of float64, shape (k,), optional
        The beat before; without it this is taken to be like it.
    """

    samples_mv: NDArray[np.float64]
    sampling_rate_hz: float
    rr_before_s: Sequence[float]
    rr_after_s: Sequence[float] = ()
    r_peak_position: float = 0.5
    filtered: bool = False
    usual_beat_mv: NDArray[np.float64] | None = None
    previous_beat_mv: NDArray[np.float64] | None = None


DEFAULTS = ScoringSettings()


def classify_beat(
    beat: SingleBeat,
    classifier: BeatClassifier,
    settings: ScoringSettings = DEFAULTS,
) -> NDArray[np.float32]:
    """Classify one beat.

    Where the signals are a conditioned lead, the usual beat is the dominant one of its group and
    the intervals are those of the recording, the result is that of the recording.

    Parameters
    ----------
    beat : SingleBeat
        The beat.
    classifier : BeatClassifier
        The model.
    settings : ScoringSettings
        Rate and filter, and what can be analysed.

    Returns
    -------
    ndarray of float32, shape (5,)
        Probabilities in the order of :data:`deepecg.classes.CLASSES`.

    Raises
    ------
    TooShortError, FlatLineError, SaturatedError
        If one of the signals does not hold its QRS complex, does not move, or is clipped.
    ModelMismatchError
        If the settings are not those the model was trained with.
    """
    classifier.card.refuse_other_conditioning(settings.conditioning)
    given = beat_input(beat, classifier.card.input, settings)
    return np.asarray(classifier.probabilities(given)[0])


def beat_input(
    beat: SingleBeat, spec: InputSpec, settings: ScoringSettings = DEFAULTS
) -> ModelInput:
    """Return the model's input for one beat.

    Raises
    ------
    TooShortError, FlatLineError, SaturatedError
        As :func:`classify_beat`.
    """
    signals = {
        "beat before": beat.previous_beat_mv,
        "beat": beat.samples_mv,
        "usual beat": beat.usual_beat_mv,
    }
    cut = {
        name: _window(name, samples, beat, spec, settings)
        for name, samples in signals.items()
        if samples is not None
    }
    usual = cut.pop("usual beat", cut["beat"])
    windows = np.stack(list(cut.values()))
    rr_s = np.array([np.nan, *beat.rr_before_s, *beat.rr_after_s])
    until = 1 + len(beat.rr_before_s)
    timing = {
        name: values[until - len(windows) : until]
        for name, values in rr_features(rr_s, spec.windows).items()
    }
    beats = input_of(windows, usual, timing, spec)
    return ModelInput(beats.shape[-1:], beats.rhythm[-1:])


def _window(
    name: str,
    samples_mv: NDArray[np.float64],
    beat: SingleBeat,
    spec: InputSpec,
    settings: ScoringSettings,
) -> NDArray[np.float32]:
    """Return a signal's window around the R peak, conditioned, shape (length,)."""
    rate_hz = beat.sampling_rate_hz
    r_peak = beat.r_peak_position * (len(samples_mv) - 1)
    _refuse_short(name, r_peak / rate_hz, (len(samples_mv) - 1 - r_peak) / rate_hz)
    first = max(round(r_peak - spec.windows.before_s * rate_hz), 0)
    last = round(r_peak + spec.windows.after_s * rate_hz)
    level = np.median(samples_mv)
    _refuse_unusable(name, samples_mv[first:last] - level, rate_hz, settings.quality)
    ratio = resampling_ratio(rate_hz, settings.conditioning.rate_hz)
    if beat.filtered:
        signal = resample(samples_mv, ratio)
    else:
        signal = band_pass(resample(samples_mv - level, ratio), settings.conditioning)
    at = np.array([r_peak * ratio.numerator / ratio.denominator])
    (window,) = cut_windows(signal.astype(np.float32), at, spec.rate_hz, spec.windows)
    return np.asarray(window)


def _refuse_short(name: str, before_s: float, after_s: float) -> None:
    first_s, last_s = QRS_S
    if before_s < -first_s or after_s < last_s:
        raise TooShortError(
            f"found {1000 * before_s:.0f} ms of the {name} before its R peak and "
            f"{1000 * after_s:.0f} ms after it, expected at least {-1000 * first_s:.0f} and "
            f"{1000 * last_s:.0f} ms: the QRS complex"
        )


def _refuse_unusable(
    name: str, level: NDArray[np.float64], rate_hz: float, quality: QualitySettings
) -> None:
    """Judge the window as a recording's second is judged."""
    statistics = second_statistics(level.astype(np.float32), rate_hz, first_second=0, n_seconds=1)
    flags = flag_seconds(statistics, quality)
    if flags.flat[0]:
        raise FlatLineError(
            f"found a {name} that moves by less than {quality.flat_mv:g} mV, expected an electrode"
        )
    if flags.saturated[0]:
        raise SaturatedError(
            f"found a {name} that rests on its extreme value for "
            f"{100 * quality.saturated_share:.0f} % of the time or more, expected no clipping"
        )
