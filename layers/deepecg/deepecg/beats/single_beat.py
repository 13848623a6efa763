"""Classifies one beat from its samples, its RR intervals and, if given, a template beat.

The steps are those of :func:`deepecg.scoring.score_recording`, by the same functions, except that
the caller gives the position of the R peak and the RR intervals. A beat without a template beat
has a model of its own.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from deepecg.arrays import Floats, Floats32
from deepecg.beats.beat_windows import cut_windows
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.model_card import SINGLE_BEAT_FOLDER
from deepecg.beats.model_input import QRS_S, ModelInput, input_from_windows
from deepecg.beats.rr_features import rr_features
from deepecg.beats.settings import WindowSettings
from deepecg.errors import FlatLineError, RefusedRecordingError, SaturatedError, TooShortError
from deepecg.signal.filters import condition, resample, resampling_ratio
from deepecg.signal.settings import ConditioningSettings, QualitySettings, SignalSettings

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class SingleBeat:
    """One beat, the RR intervals around it and the beats to compare it with.

    Attributes
    ----------
    samples_mv : ndarray of float64, shape (n,)
        Signal around the R peak in mV. The model's window reaches from 375 ms before the R peak to
        625 ms after it; where the signal is shorter, its first or last sample is repeated.
    sampling_rate_hz : float
        Sampling rate of all signals of this object.
    rr_before_s : sequence of float
        RR intervals before the beat in seconds, in the order of time: the last one ends with the
        beat. No more than ``WindowSettings.global_beats`` of them have an effect.
    rr_after_s : sequence of float
        RR intervals after the beat in seconds; the first one begins with the beat. Empty in real
        time: a missing interval counts as the mean of the intervals around.
    r_peak_position : float
        Position of the R peak in each of the signals: 0 is the first sample, 1 the last.
    filtered : bool
        Whether the signals are band-passed as a conditioned recording is. If so, they are only
        resampled.
    template_beat_mv : ndarray of float64, shape (m,), optional
        The patient's template beat in mV; None if it is not known. A model with morphology features
        then compares the beat with itself.
    previous_beat_mv : ndarray of float64, shape (k,), optional
        The beat before in mV; if None, it counts as like this one.
    """

    samples_mv: Floats
    sampling_rate_hz: float
    rr_before_s: Sequence[float]
    rr_after_s: Sequence[float] = ()
    r_peak_position: float = 0.5
    filtered: bool = False
    template_beat_mv: Floats | None = None
    previous_beat_mv: Floats | None = None


DEFAULTS = SignalSettings()


@dataclass(frozen=True)
class SingleBeatModels:
    """The two models for single beats.

    Attributes
    ----------
    with_template : BeatClassifier
        The model of recordings, for a beat that comes with a template beat. Without one it finds
        next to no ventricular beat.
    without_template : BeatClassifier
        The model for a beat without a template beat: its input is the beat and the two RR intervals
        around it.
    """

    with_template: BeatClassifier
    without_template: BeatClassifier

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load both from the folder of the recordings' model.

        Raises
        ------
        ModelMismatchError
            If a model does not belong to its card, or to this software.
        """
        return cls(BeatClassifier.load(folder), BeatClassifier.load(folder / SINGLE_BEAT_FOLDER))

    def model_for(self, beat: SingleBeat) -> BeatClassifier:
        """Return the model that classifies a beat."""
        return self.without_template if beat.template_beat_mv is None else self.with_template

    def classify(
        self, beats: Sequence[SingleBeat], settings: SignalSettings = DEFAULTS
    ) -> list[Floats32 | RefusedRecordingError]:
        """Classify beats as :func:`classify_beats` does, each with its model."""
        results: dict[int, Floats32 | RefusedRecordingError] = {}
        for model in (self.with_template, self.without_template):
            numbers = [n for n, beat in enumerate(beats) if self.model_for(beat) is model]
            found = classify_beats([beats[number] for number in numbers], model, settings)
            results.update(zip(numbers, found, strict=True))
        return [results[number] for number in range(len(beats))]


def classify_beats(
    beats: Sequence[SingleBeat], classifier: BeatClassifier, settings: SignalSettings = DEFAULTS
) -> list[Floats32 | RefusedRecordingError]:
    """Classify independent beats together.

    Eight beats take little longer than one: the API classifies concurrent requests this way. The
    result of each beat is that of the beat alone, bit by bit.

    Where the signals are a conditioned lead, the template beat is that of the beat's group and the
    intervals are those of the recording, the result equals that of
    :meth:`BeatClassifier.without_context <deepecg.beats.classifier.BeatClassifier.without_context>`
    for the recording's beat, except that the beat after is not known and counts as like this one.

    Parameters
    ----------
    beats : sequence of SingleBeat
        The beats.
    classifier : BeatClassifier
        The model.
    settings : SignalSettings
        Conditioning, and the limits for flat and clipped signals.

    Returns
    -------
    list of ndarray of float32, shape (5,), or RefusedRecordingError
        In the order of the beats, probabilities in the order of
        :data:`deepecg.beats.aami_classes.CLASSES`; a TooShortError, FlatLineError or SaturatedError
        if one of the beat's signals does not contain its QRS complex, is flat, or is clipped.

    Raises
    ------
    ModelMismatchError
        If the settings are not those the model was trained with.
    """
    classifier.card.refuse_other_conditioning(settings.conditioning)
    spec = classifier.card.input
    refusals = [_refusal(beat, spec.windows, settings.quality) for beat in beats]
    good = [beat for beat, refusal in zip(beats, refusals, strict=True) if refusal is None]
    found = iter(classifier.without_context(beats_input(good, spec, settings)) if good else ())
    return [refusal or next(found) for refusal in refusals]


def beats_input(
    beats: Sequence[SingleBeat], spec: InputSpec, settings: SignalSettings = DEFAULTS
) -> ModelInput:
    """Return the model's input for analysable beats, one row each."""
    signals: list[tuple[SingleBeat, Floats]] = []
    rows = np.empty((3, len(beats)), np.int64)
    for column, beat in enumerate(beats):
        rows[:, column] = len(signals)  # the beat itself, in place of signals that are not given
        for place, samples_mv in enumerate(_signals(beat).values()):
            if samples_mv is not None:
                rows[place, column] = len(signals)
                signals.append((beat, samples_mv))
    windows = _windows(signals, spec, settings.conditioning)
    this, previous, template = windows[rows][:, :, None]
    timing = _timing(beats, spec)
    everywhere = np.ones((len(beats), 1), bool)
    return input_from_windows(this, template, timing, spec, usable=everywhere, previous=previous)


def _signals(beat: SingleBeat) -> dict[str, Floats | None]:
    """Return the beat, the beat before and the template beat; None for those not given."""
    return {
        "beat": beat.samples_mv,
        "beat before": beat.previous_beat_mv,
        "template beat": beat.template_beat_mv,
    }


def _windows(
    signals: Sequence[tuple[SingleBeat, Floats]], spec: InputSpec, settings: ConditioningSettings
) -> Floats32:
    """Return the signals' conditioned windows around their R peaks, shape (n_signals, length).

    Signals with the same length, rate and R-peak position are filtered together.
    """
    windows = np.empty((len(signals), spec.length), np.float32)
    keys = [
        (len(samples_mv), beat.sampling_rate_hz, beat.filtered, beat.r_peak_position)
        for beat, samples_mv in signals
    ]
    for (length, rate_hz, filtered, r_peak_position), numbers in _alike(keys).items():
        samples_mv = np.stack([signals[number][1] for number in numbers])
        ratio = resampling_ratio(rate_hz, settings.rate_hz)
        if filtered:
            conditioned = resample(samples_mv, ratio)
        else:
            level = np.median(samples_mv, axis=1, keepdims=True)
            conditioned = condition(samples_mv - level, rate_hz, settings)
        r_peak = r_peak_position * (length - 1)
        at = np.array([r_peak * ratio.numerator / ratio.denominator])
        around = cut_windows(conditioned.T.astype(np.float32), at, spec.rate_hz, spec.windows)
        windows[numbers] = around[0].T
    return windows


def _timing(beats: Sequence[SingleBeat], spec: InputSpec) -> dict[str, Floats32]:
    """Return the beats' RR features, computed together for equal numbers of intervals."""
    timing = {name: np.empty(len(beats), np.float32) for name in spec.timing}
    for numbers in _alike([len(b.rr_before_s) + len(b.rr_after_s) for b in beats]).values():
        some = [beats[number] for number in numbers]
        rr_s = np.array([[np.nan, *beat.rr_before_s, *beat.rr_after_s] for beat in some])
        at = np.arange(len(some)), [len(beat.rr_before_s) for beat in some]
        for name, values in rr_features(rr_s, spec.windows, spec.timing).items():
            timing[name][numbers] = values[at]
    return timing


def _alike(keys: Sequence[Key]) -> dict[Key, list[int]]:
    """Return the indices of each distinct key."""
    places: dict[Key, list[int]] = {}
    for number, key in enumerate(keys):
        places.setdefault(key, []).append(number)
    return places


def _refusal(
    beat: SingleBeat, windows: WindowSettings, quality: QualitySettings
) -> RefusedRecordingError | None:
    """Return why a beat is not analysable, or None if it is."""
    try:
        for name, samples_mv in _signals(beat).items():
            if samples_mv is not None:
                r_peak = beat.r_peak_position * (len(samples_mv) - 1)
                _refuse_short(name, samples_mv, r_peak, beat.sampling_rate_hz)
                first = max(round(r_peak - windows.before_s * beat.sampling_rate_hz), 0)
                last = round(r_peak + windows.after_s * beat.sampling_rate_hz)
                _refuse_unusable(name, samples_mv[first:last], quality)
    except RefusedRecordingError as refusal:
        return refusal
    return None


def _refuse_short(name: str, samples_mv: Floats, r_peak: float, rate_hz: float) -> None:
    before_s, after_s = r_peak / rate_hz, (len(samples_mv) - 1 - r_peak) / rate_hz
    first_s, last_s = QRS_S
    if before_s < -first_s or after_s < last_s:
        raise TooShortError(
            f"found {1000 * before_s:.0f} ms of the {name} before its R peak and "
            f"{1000 * after_s:.0f} ms after it, expected at least {-1000 * first_s:.0f} and "
            f"{1000 * last_s:.0f} ms, the QRS complex"
        )


def _refuse_unusable(name: str, near: Floats, quality: QualitySettings) -> None:
    """Check a window as :func:`deepecg.signal.quality.flag_seconds` checks a second of signal."""
    highest, lowest = near.max(), near.min()
    spread = highest - lowest
    if spread < quality.flat_mv:
        raise FlatLineError(
            f"found a {name} that moves by less than {quality.flat_mv:g} mV, expected an electrode"
        )
    resting = quality.saturated_share * len(near)
    limits = [limit for limit in (highest, lowest) if np.count_nonzero(near == limit) >= resting]
    least = quality.clipping_distance_share * spread
    if limits and max(abs(limit - np.median(near)) for limit in limits) >= least:
        raise SaturatedError(
            f"found a {name} that rests on its extreme value for "
            f"{100 * quality.saturated_share:.0f} % of the time or more, expected no clipping"
        )
