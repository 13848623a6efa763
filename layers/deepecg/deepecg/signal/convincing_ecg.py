"""The look at signals that no label calls ECG: whether they show QRS complexes.

A signal is convincing if in most of its segments waves stand out that are narrow and alike. Noise,
EEG and muscle have no two waves alike; pulse, pressure and impedance have broad ones; heart sounds
swing too fast, steps of a square wave last. Vibrations of the body (seismocardiogram, ballisto-
cardiogram, footsteps) can be as narrow and alike as QRS complexes: only labels exclude them.

Thresholds were chosen on training records; ``training/evaluate_ecg_look.py`` measures them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import find_peaks

from deepecg.arrays import Floats, Floats32, Ints
from deepecg.errors import NoLeadsError
from deepecg.recording import NOT_ECG, ReadingWarning, Recording, SetAsideSignal, listed_signals
from deepecg.signal.filters import condition
from deepecg.signal.hum import without_hum
from deepecg.signal.lead_survey import HIGH_PERCENTILE, survey_segments
from deepecg.signal.qrs_energy import qrs_energy
from deepecg.signal.settings import SignalSettings

LARGE_PERCENTILE = 99.0
"""Percentile of a segment's distances from its median that is taken for 1 mV."""
CONVINCING_SHARE = 0.5
"""Share of the segments with a signal in which it has to look like an ECG."""
LEAST_WAVES = 3
"""Smallest number of waves in a segment of 10 s: 18 beats per minute."""
WAVE_SHARE = 0.4
"""Energy of a wave, as a share of the median of the largest ones of every 2 s."""
LARGEST_OF_S = 2.0
"""Seconds of which the largest energy is taken, so that an artefact does not hide the beats."""
REFRACTORY_S = 0.25
"""Smallest distance of two waves in seconds."""
HALF_WINDOW_S = 0.1
"""Half of the window in seconds in which shapes are compared: a QRS complex and what is beside."""
LARGEST_SHIFT_S = 0.05
"""Largest shift in seconds by which a wave is moved on another before they are compared."""
BEAT_S = (0.3, 0.45)
"""Seconds before and after a wave of which the median is taken: a beat with its P and T waves."""
ALIKE_CORRELATION = 0.85
"""Correlation from which two waves are alike; of noise, after shifts, it is 0.4 to 0.7."""
ALIKE_SHARE = 0.45
"""Smallest share of waves that are alike: half in bigeminy."""
LEAST_PROMINENCE = 3.0
"""Smallest energy of the waves over that between them. Noise reaches 2.5, and so do the spikes and
waves of an EEG."""
WIDEST_S = 0.1
"""Largest width in seconds of a wave at half of its height. Of the training leads with QRS
complexes all but two have less; pulse waves have 0.09 to 0.25."""
WIDEST_SHARE = 0.15
"""Largest width as a share of the interval between waves: pulse waves become narrower in
tachycardia, but keep 0.17 and more."""
SLOPES_PER_S = (16.5, 92.0)
"""Steepest slope of a wave per second, in units of its peak-to-peak amplitude. Pulse waves have up
to 14, QRS complexes 16 to 90 at 128 Hz, heart sounds and pulses of one sample more."""


@dataclass(frozen=True)
class Waves:
    """The waves that stand out in a segment.

    Attributes
    ----------
    number : int
        How many there are.
    alike : float
        Share that has the most frequent shape.
    prominence : float
        Their energy over that between them.
    width_s, interval_s : float
        Width of the most frequent shape at half of its height, and the median interval between
        waves, in seconds.
    slope_per_s : float
        Its steepest slope per second, in units of its peak-to-peak amplitude.
    """

    number: int
    alike: float = 0.0
    prominence: float = 0.0
    width_s: float = 0.0
    interval_s: float = 0.0
    slope_per_s: float = 0.0

    @property
    def fault(self) -> str:
        """Why these are no QRS complexes; empty if they may be."""
        if self.number < LEAST_WAVES:
            return "too few waves"
        if self.prominence < LEAST_PROMINENCE:
            return "no wave stands out"
        if self.alike < ALIKE_SHARE:
            return "no two waves are alike"
        if self.width_s > min(WIDEST_S, WIDEST_SHARE * self.interval_s):
            return "waves are too broad"
        slowest, fastest = SLOPES_PER_S
        if not slowest <= self.slope_per_s <= fastest:
            return "waves are too slow" if self.slope_per_s < slowest else "waves are too fast"
        return ""


def keep_convincing(recording: Recording, settings: SignalSettings) -> Recording:
    """Return a recording without the leads that neither a label nor their samples call ECG.

    Parameters
    ----------
    recording : Recording
        Returned as it is if something says that its leads are ECG.
    settings : SignalSettings
        A lead that is requested is not looked at.

    Raises
    ------
    NoLeadsError
        If no lead is convincing.
    """
    if recording.says_ecg or settings.lead is not None:
        return recording
    leads = range(len(recording.leads))
    faults = [
        fault_of(segments, recording.sampling_rate_hz, settings)
        for segments in survey_segments(recording, leads)
    ]
    set_aside = [
        SetAsideSignal(recording.numbers[lead], recording.leads[lead], f"in its samples {fault}")
        for lead, fault in zip(leads, faults, strict=True)
        if fault
    ]
    kept = [lead for lead in leads if not faults[lead]]
    if not kept:
        raise NoLeadsError(
            "found no label that says ECG, and no signal that looks like one: "
            f"{listed_signals(set_aside)}; expected QRS complexes; to score one all the same, "
            "request it by name or number (--lead, or lead in the settings file)"
        )
    if not set_aside:
        return recording
    all_aside = sorted((*recording.set_aside, *set_aside), key=lambda signal: signal.number)
    others = [warning for warning in recording.warnings if warning.code != NOT_ECG]
    message = f"set aside {len(all_aside)} signals: {listed_signals(all_aside)}"
    return replace(
        recording,
        warnings=(*others, ReadingWarning(NOT_ECG, message)),
        set_aside=tuple(all_aside),
        leads=tuple(recording.leads[lead] for lead in kept),
        labels=tuple(recording.labels[lead] for lead in kept) if recording.labels else (),
        signal_numbers=tuple(recording.numbers[lead] for lead in kept),
        read_samples=lambda lead, start, stop: recording.read_samples(kept[lead], start, stop),
    )


def fault_of(
    segments: Sequence[Floats32], sampling_rate_hz: float, settings: SignalSettings
) -> str:
    """Return why a signal does not look like an ECG; empty if it does.

    Parameters
    ----------
    segments : sequence of ndarray of float32
        Segments of the signal in any unit; missing samples are NaN.
    sampling_rate_hz : float
        Their sampling rate.
    settings : SignalSettings
        Filter and QRS energy.
    """
    found = [waves_in(segment, sampling_rate_hz, settings) for segment in segments]
    faults = [waves.fault for waves in found if waves is not None]
    if not faults:
        return "nothing moves"
    if faults.count("") >= CONVINCING_SHARE * len(faults):
        return ""
    return Counter(fault for fault in faults if fault).most_common(1)[0][0]


def waves_in(segment: Floats32, sampling_rate_hz: float, settings: SignalSettings) -> Waves | None:
    """Return the waves that stand out in a segment; None if it is flat or mostly missing."""
    known = np.isfinite(segment)
    if known.mean() < CONVINCING_SHARE:
        return None
    level = segment.astype(np.float64) - np.median(segment[known])
    # Whatever the unit: only hum of some size in mV is subtracted.
    level /= np.percentile(np.abs(level[known]), LARGE_PERCENTILE) or 1.0
    signal = without_hum(
        condition(level, sampling_rate_hz, settings.conditioning), 0, settings.conditioning
    )
    rate_hz = settings.conditioning.rate_hz
    energy = qrs_energy(signal.astype(np.float32), rate_hz, settings.detector)
    block = round(LARGEST_OF_S * rate_hz)
    largest = [energy[at : at + block].max() for at in range(0, len(energy) - block // 2, block)]
    if not largest or np.median(largest) <= 0:
        return None
    peaks, _ = find_peaks(
        energy, height=WAVE_SHARE * np.median(largest), distance=round(REFRACTORY_S * rate_hz)
    )
    half, shift = round(HALF_WINDOW_S * rate_hz), round(LARGEST_SHIFT_S * rate_hz)
    around = half + shift
    inside = peaks[(peaks >= around) & (peaks + around < len(signal))]
    if len(inside) < LEAST_WAVES:
        return Waves(len(inside))
    between, high = np.percentile(energy, (50, HIGH_PERCENTILE))
    places, alike = _most_frequent_shape(signal, inside, half, shift)
    interval = np.median(np.diff(peaks))
    before, after = (round(seconds * rate_hz) for seconds in BEAT_S)
    shape = _median_shape(signal, places, before, after)
    return Waves(
        len(inside),
        alike,
        float(high / between) if between > 0 else np.inf,
        _width(shape, before, shift) / rate_hz,
        float(interval) / rate_hz,
        _slope(shape[before - half : before + half + 1], np.ptp(shape)) * rate_hz,
    )


def _most_frequent_shape(signal: Floats, peaks: Ints, half: int, shift: int) -> tuple[Ints, float]:
    """Return the places of the waves with the most frequent shape, and their share."""
    around = half + shift
    windows = np.stack([signal[peak - around : peak + around + 1] for peak in peaks])
    shifted = sliding_window_view(windows, 2 * half + 1, axis=1)  # (n, shifts, window)
    shifted = shifted - shifted.mean(-1, keepdims=True)
    shifted = shifted / np.maximum(np.linalg.norm(shifted, axis=-1, keepdims=True), 1e-12)
    correlation = np.einsum("il,jkl->ijk", shifted[:, shift], shifted)
    best = correlation.max(axis=-1)
    alike = best >= ALIKE_CORRELATION
    chosen = int(np.argmax(alike.mean(axis=1) + np.median(best, axis=1)))
    moved = correlation[chosen].argmax(axis=-1) - shift
    return (peaks + moved)[alike[chosen]], float(alike[chosen].mean())


def _median_shape(signal: Floats, places: Ints, before: int, after: int) -> Floats:
    """Return the median of the waves with the time before and after them."""
    rows = places[:, None] + np.arange(-before, after)
    return np.asarray(np.median(signal[np.clip(rows, 0, len(signal) - 1)], axis=0))


def _slope(wave: Floats, amplitude: float) -> float:
    """Return the steepest slope per sample as a share of an amplitude."""
    return float(np.abs(np.diff(wave)).max() / amplitude) if amplitude else 0.0


def _width(shape: Floats, middle: int, shift: int) -> int:
    """Return how many samples around the highest one near the middle are above half of it."""
    level = shape - np.median(shape)
    near = level[middle - shift : middle + shift + 1]
    top = middle - shift + int(np.abs(near).argmax())
    below = np.flatnonzero(level * np.sign(level[top]) <= np.abs(level[top]) / 2)
    first = max(below[below < top], default=-1)
    last = min(below[below > top], default=len(level))
    return int(last - first - 1)
