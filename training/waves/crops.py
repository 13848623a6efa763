"""Crops of marked leads, altered: rates, intervals, missing and lone waves, amplitude, noise.

A crop is cut around a marked beat. Every interval of it (P wave, PR segment, QRS complex, ST
segment with T wave, rest) is stretched by a factor of its own, so that the network sees sinus
rhythm at all rates with waves of nearly unchanged length, T and P waves that touch, and long PR
intervals. In some crops P waves are removed, P waves are added where no beat follows, or QRS
complexes with their T waves are removed: junctional rhythm, atrioventricular block, ventricular
standstill.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from deepecg.waves.relative_leads import compressed
from deepecg.waves.settings import RelativeLeadSettings
from deepecg.waves.wave_card import KINDS
from training.synthetic_noise import synthetic_noise
from training.waves.wave_marks import QRS, P, T
from training.waves.wave_records import MarkedLead


@dataclass(frozen=True)
class CropSettings:
    """Length and alterations of crops; shares are those of the crops that are altered so."""

    length: int = 1024
    """Samples of a crop: 8 s at 128 Hz."""
    stretch: tuple[float, float] = (0.8, 1.25)
    """Range of the factor of all intervals."""
    interval_spread: float = 0.12
    """Standard deviation of the logarithm of each interval's own factor."""
    fast_share: float = 0.3
    """Share of crops whose intervals between T and P wave are shortened: a fast rate."""
    shortest_rest: float = 0.05
    """Smallest factor of the interval between T and P wave."""
    pr_stretch: tuple[float, float] = (0.4, 2.5)
    """Range of the factor of the PR segment in those crops that change it."""
    pr_share: float = 0.2
    """Share of crops whose PR segments are changed."""
    no_p_share: float = 0.12
    """Share of crops whose P waves are removed: junctional rhythm."""
    dissociated_share: float = 0.15
    """Share of crops whose P waves are removed and replaced by regular ones that have nothing to do
    with the beats: complete block."""
    further_p_share: float = 0.12
    """Share of crops with further P waves beside their own."""
    p_spacing_s: tuple[float, float] = (0.35, 1.5)
    """Range of the distance between P waves that are added."""
    dropped_share: float = 0.1
    """Share of crops in which every beat is dropped with a probability of one half, its P wave
    kept: second-degree block."""
    standstill_share: float = 0.06
    """Share of crops in which all beats from one of them on are dropped: ventricular standstill."""
    gain_spread: float = 0.4
    """Standard deviation of the logarithm of the crop's gain."""
    inverted_share: float = 0.3
    """Share of crops that are inverted."""
    noise_median: float = 0.02
    """Median root mean square of the noise, in QRS heights."""
    noise_spread: float = 1.0
    """Standard deviation of the logarithm of the noise."""
    hum_share: float = 0.1
    """Share of crops with power-line hum."""
    hum_hz: tuple[float, ...] = (50.0, 60.0)
    """Frequencies of hum."""
    wander_share: float = 0.5
    """Share of crops with baseline wander."""
    wander_hz: tuple[float, float] = (0.15, 0.6)
    """Range of the frequency of the wander."""
    wander_median: float = 0.04
    """Median amplitude of the wander, in QRS heights."""


@dataclass(frozen=True)
class Waves:
    """The waves of a crop in samples, before they are drawn into targets."""

    kind: NDArray[np.int64]
    onset: NDArray[np.float64]
    peak: NDArray[np.float64]
    offset: NDArray[np.float64]


class Change(Enum):
    """What is done to the waves of a crop; :class:`CropSettings` describes each."""

    NO_P = 0
    DISSOCIATED = 1
    FURTHER_P = 2
    DROPPED = 3
    STANDSTILL = 4
    NOTHING = 5


RAMP = 2.0
"""Samples over which a target rises from 0 to 1: the two around a boundary lie on the line."""
FADE = 2.0
"""Samples on either side of a removed or added wave over which it is faded."""


class Crops:
    """A source of crops of marked leads.

    Parameters
    ----------
    leads : sequence of MarkedLead
        Where crops are cut.
    settings : CropSettings
        How they are altered.
    random : numpy.random.Generator
        Source of all random numbers.
    """

    def __init__(
        self, leads: Sequence[MarkedLead], settings: CropSettings, random: np.random.Generator
    ) -> None:
        self.leads, self.settings, self.random = leads, settings, random
        self.relative = RelativeLeadSettings()
        self.noises = [
            synthetic_noise(16 * settings.length, leads[0].rate_hz, random).astype(np.float32)
            for _ in range(NOISES)
        ]

    def batch(
        self, choice: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return one crop of each chosen lead: signals, targets, and weights of the targets.

        Returns
        -------
        signals : ndarray of float32, shape (n_crops, 1, length)
            Compressed, as the network reads them.
        targets : ndarray of float32, shape (n_crops, 3, length)
            1 within a wave of each kind, 0 outside.
        weights : ndarray of float32, shape (n_crops, 3, length)
            1 where it is known whether there is a wave, 0 elsewhere.
        """
        crops = [self.crop(self.leads[lead]) for lead in choice]
        signals, targets, weights = zip(*crops, strict=True)
        return np.stack(signals)[:, None], np.stack(targets), np.stack(weights)

    def crop(
        self, lead: MarkedLead
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return one altered crop: signal (n,), targets (3, n) and weights (3, n)."""
        random, settings = self.random, self.settings
        marks = lead.marks
        rate = lead.rate_hz
        beats = marks.of_kind(QRS)
        centre = random.choice(beats.peak_s) * rate + random.uniform(-0.25, 0.25) * settings.length
        reach = settings.length  # twice the crop's length is altered, the middle of it is kept
        near = np.abs(marks.peak_s * rate - centre) < 2 * reach
        waves = Waves(
            marks.kind[near],
            marks.onset_s[near] * rate,
            marks.peak_s[near] * rate,
            marks.offset_s[near] * rate,
        )
        old, new = self._warp(waves, centre, reach)
        start = np.interp(centre, old, new) - settings.length / 2
        at = np.interp(start + np.arange(settings.length), new, old)
        first, last = np.clip([at[0] - 1, at[-1] + 2], 0, len(lead.signal)).astype(np.int64)
        around = lead.signal[first:last]
        signal = np.interp(at, np.arange(first, last), around) / lead.height_mv
        outside = (at < 0) | (at > len(lead.signal) - 1)
        signal[outside] = 0.0

        def moved(times: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(np.interp(times, old, new) - start)  # NaN stays NaN

        waves = Waves(waves.kind, moved(waves.onset), moved(waves.peak), moved(waves.offset))
        stretches = moved(lead.stretches_s.ravel() * rate).reshape(-1, 2)
        signal, waves = self._change_waves(signal, waves, stretches, rate)
        targets, weights = draw_targets(waves, stretches, settings.length)
        weights[:, outside] = 0
        weights[~np.array(lead.known)] = 0
        return self._disturbed(signal, rate), targets, weights

    def _warp(
        self, waves: Waves, centre: float, reach: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return old and new times of the borders of intervals, in samples."""
        random, settings = self.random, self.settings
        all_of_it = np.exp(random.uniform(*np.log(settings.stretch)))
        factor = dict(
            zip(("P", "PR", "QRS", "ST", "rest"),
                np.exp(random.normal(0, settings.interval_spread, 5)), strict=True)
        )  # fmt: skip
        factor["QRS"] = np.sqrt(factor["QRS"])
        if random.random() < settings.pr_share:
            factor["PR"] *= np.exp(random.uniform(*np.log(settings.pr_stretch)))
        fast = random.random() < settings.fast_share
        if fast:
            factor["rest"] *= np.exp(random.uniform(np.log(settings.shortest_rest), 0))
        borders: list[tuple[float, float]] = []  # old time, factor of the interval that follows it
        for kind, onset, peak, offset in zip(
            waves.kind, waves.onset, waves.peak, waves.offset, strict=True
        ):
            begin = peak if np.isnan(onset) else onset
            end = peak if np.isnan(offset) else offset
            if kind == P:
                borders += [(begin, factor["P"]), (end, factor["PR"])]
            elif kind == QRS:
                borders += [(begin, factor["QRS"]), (end, factor["ST"])]
            else:
                borders += [(begin, factor["ST"]), (end, factor["rest"])]
        borders.sort()
        first, last = centre - 4 * reach, centre + 4 * reach
        old = np.array([first, *(time for time, _ in borders), last])
        factors = np.array([1.0, *(value for _, value in borders)])
        # What follows the last mark, or lies in an unmarked gap, is only stretched as a whole.
        factors[np.diff(old) > 2 * GAP_SAMPLES] = 1.0
        keep = np.concatenate([[True], np.diff(old) > 0])
        old = old[keep]
        steps = np.diff(old) * factors[keep[1:]] * all_of_it
        new = np.concatenate([[0.0], np.cumsum(np.maximum(steps, SMALLEST_STEP))])
        return old, new

    def _change_waves(
        self,
        signal: NDArray[np.float64],
        waves: Waves,
        stretches: NDArray[np.float64],
        rate: int,
    ) -> tuple[NDArray[np.float64], Waves]:
        """Remove and add waves."""
        random, settings = self.random, self.settings
        complete = ~np.isnan(waves.onset) & ~np.isnan(waves.offset)
        ps = np.flatnonzero((waves.kind == P) & complete)
        inside = [p for p in ps if waves.onset[p] > FADE + 1
                  and waves.offset[p] < len(signal) - FADE - 2]  # fmt: skip
        template = _cut_wave(signal, waves, random.choice(inside)) if inside else None
        removed = np.zeros(len(waves.kind), bool)
        shares = np.cumsum(
            [
                settings.no_p_share,
                settings.dissociated_share,
                settings.further_p_share,
                settings.dropped_share,
                settings.standstill_share,
            ]
        )
        change = Change(int(np.searchsorted(shares, random.random(), side="right")))
        if change in {Change.NO_P, Change.DISSOCIATED}:
            for p in ps:
                _bridge(signal, waves.onset[p], waves.offset[p])
            removed[ps] = True
        if change in {Change.DROPPED, Change.STANDSTILL}:
            beats = _whole_beats(waves)
            if change is Change.DROPPED:
                beats = beats[random.random(len(beats)) < 0.5]
            else:
                beats = beats[waves.peak[beats] > random.uniform(0, len(signal) / 2)]
            for beat in beats:
                _bridge(signal, waves.onset[beat], waves.offset[beat + 1])
                removed[[beat, beat + 1]] = True
        waves = _selected(waves, ~removed)
        if template is not None and change in {Change.DISSOCIATED, Change.FURTHER_P}:
            waves = self._add_ps(signal, waves, stretches, template, rate)
        return signal, waves

    def _add_ps(
        self,
        signal: NDArray[np.float64],
        waves: Waves,
        stretches: NDArray[np.float64],
        template: NDArray[np.float64],
        rate: int,
    ) -> Waves:
        """Add P waves at a regular distance wherever they do not meet a P wave or a QRS complex."""
        random = self.random
        spacing = random.uniform(*self.settings.p_spacing_s) * rate
        length = len(template)
        blocked = [
            (begin - length - 2, end + 2)
            for kind, begin, end in zip(
                waves.kind,
                np.where(np.isnan(waves.onset), waves.peak, waves.onset),
                np.where(np.isnan(waves.offset), waves.peak, waves.offset),
                strict=True,
            )
            if kind != T
        ]
        added = []
        for start in np.arange(random.uniform(0, spacing), len(signal) - length, spacing):
            first = round(start)
            if any(begin < first < end for begin, end in blocked):
                continue
            if not any(begin <= first and first + length <= end for begin, end in stretches):
                continue
            signal[first : first + length] += template
            added.append((first + FADE, first + length / 2, first + length - 1 - FADE))
        if not added:
            return waves
        onset, peak, offset = np.array(added, np.float64).T
        joined = Waves(
            np.concatenate([waves.kind, np.full(len(added), P)]),
            np.concatenate([waves.onset, onset]),
            np.concatenate([waves.peak, peak]),
            np.concatenate([waves.offset, offset]),
        )
        return _selected(joined, np.argsort(joined.peak, kind="stable"))

    def _disturbed(self, signal: NDArray[np.float64], rate: int) -> NDArray[np.float32]:
        """Return the signal with gain, polarity, noise, wander and hum, compressed."""
        random, settings = self.random, self.settings
        gain = np.exp(random.normal(0, settings.gain_spread))
        if random.random() < settings.inverted_share:
            gain = -gain
        noise = self.noises[random.integers(len(self.noises))]
        first = random.integers(len(noise) - len(signal))
        strength = settings.noise_median * np.exp(random.normal(0, settings.noise_spread))
        time_s = np.arange(len(signal)) / rate
        disturbed = signal + strength * noise[first : first + len(signal)]
        if random.random() < settings.wander_share:
            height = settings.wander_median * np.exp(random.normal())
            turns = random.uniform(*settings.wander_hz) * time_s + random.random()
            disturbed += height * np.sin(2 * np.pi * turns)
        if random.random() < settings.hum_share:
            height = settings.noise_median * np.exp(random.normal(0, settings.noise_spread))
            turns = random.choice(settings.hum_hz) * time_s + random.random()
            disturbed += height * np.sin(2 * np.pi * turns)
        return compressed((gain * disturbed).astype(np.float32), self.relative)


NOISES = 40
"""Number of noises from which those of the crops are cut."""
GAP_SAMPLES = 256
"""Half the length of an interval between marks, above which it is no interval of one beat."""
SMALLEST_STEP = 1e-3
"""Smallest new length of an interval in samples: times keep their order."""


def draw_targets(
    waves: Waves, stretches: NDArray[np.float64], length: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return targets and weights, shape (3, length) each.

    The target rises and falls over two samples around each boundary, so that one half is crossed at
    the boundary itself. Between an unmarked boundary and the peak, half way to the neighbouring
    wave, the target is unknown.
    """
    targets = np.zeros((len(KINDS), length), np.float32)
    weights = np.zeros((len(KINDS), length), np.float32)

    def between(begin: float, end: float) -> slice:
        """Return the samples of the crop from ``begin`` to ``end``."""
        first, last = max(math.ceil(begin), 0), min(math.floor(end), length - 1)
        return slice(first, max(last + 1, first))

    for begin, end in stretches:
        weights[:, between(begin, end)] = 1
    ends = np.where(np.isnan(waves.offset), waves.peak, waves.offset)
    for place, kind in enumerate(waves.kind):
        onset, peak, offset = waves.onset[place], waves.peak[place], waves.offset[place]
        if np.isnan(onset):
            weights[kind, between(ends[place - 1] if place else 0, peak)] = 0
            onset = peak - RAMP / 2
        if np.isnan(offset):
            weights[kind, between(peak, peak + GAP_SAMPLES)] = 0
            offset = peak + RAMP / 2
        within = between(onset - RAMP / 2, offset + RAMP / 2)
        samples = np.arange(within.start, within.stop)
        inside = np.minimum(samples - onset, offset - samples)
        covered = np.minimum(inside / RAMP + 0.5, 1.0)
        targets[kind, within] = np.maximum(targets[kind, within], covered)
    return targets, weights


def _selected(waves: Waves, which: NDArray[np.generic]) -> Waves:
    return Waves(waves.kind[which], waves.onset[which], waves.peak[which], waves.offset[which])


def _whole_beats(waves: Waves) -> NDArray[np.int64]:
    """Return the QRS complexes that a T wave follows, with known onset and end of the T wave."""
    beats = np.flatnonzero(waves.kind[:-1] == QRS)
    followed = (
        (waves.kind[beats + 1] == T)
        & ~np.isnan(waves.onset[beats])
        & ~np.isnan(waves.offset[beats + 1])
    )
    return np.asarray(beats[followed], np.int64)


def _bridge(signal: NDArray[np.float64], begin: float, end: float) -> None:
    """Replace a stretch by the straight line between its ends, in place."""
    first = int(np.clip(np.floor(begin - FADE), 0, len(signal) - 1))
    last = int(np.clip(np.ceil(end + FADE), 0, len(signal) - 1))
    signal[first : last + 1] = np.linspace(signal[first], signal[last], last - first + 1)


def _cut_wave(signal: NDArray[np.float64], waves: Waves, which: int) -> NDArray[np.float64]:
    """Return a wave above the straight line between its ends, 0 at both."""
    first = int(np.floor(waves.onset[which] - FADE))
    last = int(np.ceil(waves.offset[which] + FADE))
    wave = signal[first : last + 1].copy()
    return np.asarray(wave - np.linspace(wave[0], wave[-1], len(wave)))
