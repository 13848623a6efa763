"""A made-up day of ECG that is known to the last beat: a Holter recording that nobody wore.

Heart rate follows the clock and breathing; ectopic beats, runs, pauses, atrial fibrillation and
a lost electrode come at known times. Beats are sums of Gaussian bells (McSharry et al. 2003,
IEEE Trans Biomed Eng 50:289, without its differential equations), their heights chosen by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

START = datetime(2024, 3, 1, 9, 30)
DAY_S = 86_400.0
GAIN = 1000  # steps per millivolt
CHUNK_S = 600
LEADS = ("II", "V1", "V5")
BEFORE_S, AFTER_S = 0.30, 0.65
"""What of a beat is drawn."""
NOISE_MV = 0.02
TICK_S = 5.0
"""Heart rate is planned at this step."""
EARLIEST_S = 0.34
"""Ventricles are refractory until then."""
SPACING = 4
"""At least so many sinus beats lie between two ectopic ones or episodes that chance put there."""
QT_S = (0.17, 0.19, 0.21, 0.23, 0.25, 0.27, 0.29, 0.31)
"""Peaks of the T wave after the R peak; a beat takes the one that suits its interval."""

# One bell a row: time from the R peak in s (the T wave's is added), width in s, mV in each lead.
Bells = tuple[tuple[float, float, tuple[float, float, float]], ...]
P_WAVE: Bells = ((-0.16, 0.022, (0.14, 0.06, 0.09)),)
ECTOPIC_P_WAVE: Bells = ((-0.12, 0.016, (-0.10, 0.09, -0.05)),)
NARROW_QRS: Bells = (
    (-0.028, 0.008, (-0.10, 0.12, -0.12)),
    (0.000, 0.011, (1.00, 0.10, 1.25)),
    (0.030, 0.011, (-0.18, -0.85, -0.25)),
)
T_WAVE: Bells = ((0.0, 0.045, (0.28, -0.06, 0.34)),)
BROAD_QRS: Bells = (
    (-0.020, 0.024, (0.35, -0.30, 0.20)),
    (0.015, 0.030, (1.25, -1.10, 0.85)),
)
BROAD_T_WAVE: Bells = ((0.04, 0.060, (-0.45, 0.38, -0.30)),)
OTHER_BROAD_QRS: Bells = (
    (-0.030, 0.020, (0.25, 0.30, -0.15)),
    (0.015, 0.034, (-1.10, 0.95, -0.90)),
)
OTHER_BROAD_T_WAVE: Bells = ((0.04, 0.060, (0.40, -0.35, 0.30)),)
KINDS: dict[str, tuple[Bells, Bells]] = {
    "sinus": (P_WAVE + NARROW_QRS, T_WAVE),
    "conducted": (NARROW_QRS, T_WAVE),  # in atrial fibrillation: no P wave
    "atrial": (ECTOPIC_P_WAVE + NARROW_QRS, T_WAVE),
    "ventricular": (BROAD_QRS, BROAD_T_WAVE),
    "other ventricular": (OTHER_BROAD_QRS, OTHER_BROAD_T_WAVE),
}
LETTERS = {
    "sinus": "N", "conducted": "N", "atrial": "S", "ventricular": "V", "other ventricular": "V",
}  # fmt: skip
NUMBER = {kind: number for number, kind in enumerate(KINDS)}

Span = tuple[float, float]


@dataclass(frozen=True)
class Day:
    """A recording on disk, and the truth about it.

    Attributes
    ----------
    path : Path
        The WFDB header.
    times_s : ndarray of float64, shape (n_beats,)
        R peaks in seconds from the start; none while the electrode is off.
    classes : str
        One letter a beat: N, S or V.
    fibrillation_s, flat_s, pauses_s : tuple of (float, float)
        Where they begin and end: episodes of atrial fibrillation, electrode off, and pauses
        from beat to beat.
    duration_s : float
        Length of the recording.
    start : datetime
        Local time of the first sample.
    """

    path: Path
    times_s: NDArray[np.float64]
    classes: str
    fibrillation_s: tuple[Span, ...]
    flat_s: tuple[Span, ...]
    pauses_s: tuple[Span, ...]
    duration_s: float
    start: datetime = START


def make_day(
    folder: Path,
    hours: float = 24,
    *,
    rate_hz: int = 250,
    leads: int = 3,
    seed: int = 0,
    stem: str = "day",
) -> Day:
    """Write a recording as a WFDB record in format 16, and return the truth about it.

    A day holds: sinus rhythm (48 to 60 beats a minute at night, 65 to 110 by day, 150 in a bout
    of exercise), about 30 isolated ventricular and 15 supraventricular beats an hour, of V: 12
    couplets, a triplet and a run of 8 (170 a minute), three stretches each of bigeminy and
    trigeminy; a run of 12 S (160 a minute), 40 minutes of atrial fibrillation, pauses of 2.4 and
    3.4 s, and 10 minutes without an electrode. Longer recordings hold all that every day,
    shorter ones hold shorter spells of it.

    Parameters
    ----------
    folder : Path
        Where the record goes.
    hours : float
        Its length; at least a quarter of an hour.
    rate_hz : int
        Samples per second.
    leads : int
        1 to 3: II, V1 and V5.
    seed : int
        Another seed is another patient's day.
    stem : str
        Name of the record.

    Returns
    -------
    Day
        Where it lies and what is in it.
    """
    duration_s = hours * 3600
    random = np.random.default_rng(seed)
    plan = _Plan(duration_s, random)
    times_s, kinds, intervals_s, pauses = _beats(plan, random)
    samples = np.rint(times_s * rate_hz).astype(np.int64)
    shapes = _shapes(rate_hz)[..., :leads]
    chunks = _signal(plan, _Drawn(samples, kinds, intervals_s, random), shapes, rate_hz, random)
    path = folder / f"{stem}.hea"
    _write(path, chunks, f"{leads} {rate_hz} {round(duration_s * rate_hz)}")
    seen = ~_inside(samples / rate_hz, plan.flat)
    letters = np.array([LETTERS[kind] for kind in KINDS])
    classes = "".join(letters[kinds[seen]])
    return Day(
        path, samples[seen] / rate_hz, classes, plan.fibrillation, plan.flat, pauses, duration_s
    )


class _Plan:
    """What happens when: heart rate over time, and episodes at their places."""

    def __init__(self, duration_s: float, random: np.random.Generator) -> None:
        self.duration_s = duration_s
        day_s = min(duration_s, DAY_S)
        days = np.arange(0, duration_s, DAY_S)
        self.fibrillation = _spans(days, day_s, 0.70, min(2400, 0.1 * day_s), duration_s)
        self.flat = _spans(days, day_s, 0.30, min(600, 0.05 * day_s), duration_s)
        exercise = _spans(days, day_s, 0.20, min(1800, 0.08 * day_s), duration_s)
        t = np.arange(0, duration_s + 60, TICK_S)
        hour = (START.hour + START.minute / 60 + t / 3600) % 24
        awake = np.clip(np.minimum(hour - 6.0, 23.5 - hour), 0, 1)
        drift = np.interp(t, np.arange(0, t[-1] + 600, 300), _slow_noise(t[-1], random))
        rate = 54 + 2.5 * drift + awake * (26 + 7 * drift)
        rate = np.clip(rate, 48 + 17 * awake, 60 + 50 * awake)
        effort = np.zeros_like(t)
        for begin, end in exercise:
            ramp = np.minimum(t - begin, 1.5 * (end - t)) / (0.3 * (end - begin))
            effort = np.maximum(effort, np.clip(ramp, 0, 1))
        rate += effort * (150 - rate)
        self.interval_s = (60 / rate).tolist()
        self.calm = (1 - 0.9 * effort - 0.4 * awake * (1 - effort)).tolist()
        self.script = self._script(days, day_s, random)

    def _script(
        self, days: NDArray[np.float64], day_s: float, random: np.random.Generator
    ) -> list[tuple[float, str, bool]]:
        """Return what happens beside the plain rhythm: (time, what, whether by chance)."""
        places = [
            *((0.08, "bigeminy"), (0.12, "trigeminy"), (0.35, "atrial run"), (0.40, "run")),
            *((0.45, "bigeminy"), (0.50, "trigeminy"), (0.55, "triplet"), (0.62, "bigeminy")),
            *((0.66, "trigeminy"), (0.80, "pause"), (0.85, "long pause")),
        ]
        script = [(day + at * day_s, what, False) for day in days for at, what in places]
        share = self.duration_s / DAY_S
        for what, number in (("isolated", 720), ("atrial", 360), ("couplet", 12)):
            at = random.uniform(0, self.duration_s, max(round(number * share), 2))
            script += [(time, what, True) for time in at.tolist()]
        return sorted(script)


def _spans(
    days: NDArray[np.float64], day_s: float, at: float, length_s: float, until_s: float
) -> tuple[Span, ...]:
    begins = (days + at * day_s).round().tolist()
    return tuple((b, b + round(length_s)) for b in begins if b + length_s < until_s)


def _slow_noise(duration_s: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Return a random walk that is pulled back, of variance 1, one step every 300 s."""
    steps = random.normal(0, np.sqrt(1 - 0.9**2), int(duration_s / 300) + 3)
    for i in range(1, len(steps)):
        steps[i] += 0.9 * steps[i - 1]
    return np.asarray(steps)


def _inside(times_s: NDArray[np.float64], spans: tuple[Span, ...]) -> NDArray[np.bool_]:
    inside = np.zeros(len(times_s), bool)
    for begin, end in spans:
        inside |= (times_s >= begin) & (times_s < end)
    return inside


def _beats(
    plan: _Plan, random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], tuple[Span, ...]]:
    """Walk through the plan; return times, kinds, the rhythm's intervals, and pauses."""
    times: list[float] = []
    kinds: list[int] = []
    intervals: list[float] = []
    pauses: list[Span] = []
    noise = iter(random.normal(size=int(plan.duration_s * 3) + 1000).tolist())
    script = iter([*plan.script, (np.inf, "end", False)])
    at, what, by_chance = next(script)
    fibrillation = iter([*plan.fibrillation, (np.inf, np.inf)])
    begin, end = next(fibrillation)
    sine = np.sin(np.arange(1000) * 2 * np.pi / 1000).tolist()
    t, since = 0.4, 0
    while t < plan.duration_s - 0.4:
        base = plan.interval_s[int(t / TICK_S)]
        if t >= end:
            begin, end = next(fibrillation)
        if t >= begin:
            # Irregular throughout; mean some 95 beats a minute (lognormal, cv 0.22).
            steps = [("conducted", max(0.34, 0.63 * 2.718 ** (0.22 * next(noise) - 0.024)))]
            since = 0
        elif t >= at and since >= SPACING:
            steps = _episode(what, base, next(noise)) if t < at + 5 or not by_chance else []
            if "pause" in what:
                pauses.append((times[-1], times[-1] + steps[0][1]))
            since = 0 if steps else since
            at, what, by_chance = next(script)
        else:
            calm = plan.calm[int(t / TICK_S)]
            breath = sine[int(t * 250) % 1000]  # a breath in 4 s, and waves of 10 s
            wave = sine[int(t * 100) % 1000]
            share = 1 + calm * (0.05 * breath + 0.02 * wave) + 0.008 * next(noise)
            steps = [("sinus", base * share)]
            since += 1
        for kind, interval in steps:
            t += interval
            times.append(t)
            kinds.append(NUMBER[kind])
            intervals.append(base if kind != "conducted" else interval)
    kept = np.array(times) < plan.duration_s - 0.4
    return np.array(times)[kept], np.array(kinds)[kept], np.array(intervals)[kept], tuple(pauses)


def _episode(what: str, base: float, noise: float) -> list[tuple[str, float]]:
    """Return the beats of an episode, each with the interval before it in seconds."""
    early = max(base * (0.58 + 0.02 * noise), EARLIEST_S)
    premature, late = ("ventricular", early), ("sinus", base * 1.4)
    shape = "other ventricular" if noise > 0.9 else "ventricular"
    atrial_early = max(base * (0.66 + 0.02 * noise), EARLIEST_S)
    episodes = {
        "isolated": [(shape, early), ("sinus", 2 * base - early)],
        "couplet": [premature, ("ventricular", 0.42), late],
        "triplet": [premature, *[("ventricular", 0.40)] * 2, late],
        "run": [premature, *[("ventricular", 60 / 170)] * 7, late],
        "bigeminy": [premature, late] * 30,
        "trigeminy": [premature, late, ("sinus", base)] * 20,
        "atrial": [("atrial", atrial_early), ("sinus", 1.1 * base)],
        "atrial run": [("atrial", atrial_early), *[("atrial", 60 / 160)] * 11, late],
        "pause": [("sinus", 2.4)],
        "long pause": [("sinus", 3.4)],
    }
    return episodes[what]


@cache
def _shapes(rate_hz: int) -> NDArray[np.float32]:
    """Return what every kind of beat looks like: (n_kinds, n_qt, length, n_leads) in mV."""
    t = np.arange(-round(BEFORE_S * rate_hz), round(AFTER_S * rate_hz)) / rate_hz
    shapes = np.zeros((len(KINDS), len(QT_S), len(t), len(LEADS)), np.float32)
    for kind, (depolarisation, repolarisation) in enumerate(KINDS.values()):
        for number, peak in enumerate(QT_S):
            later = tuple((at + peak, width, mv) for at, width, mv in repolarisation)
            for at, width, heights in depolarisation + later:
                bell = np.exp(-0.5 * ((t - at) / width) ** 2)
                shapes[kind, number] += bell[:, None] * np.array(heights)
    return shapes


class _Drawn:
    """Beats as they are drawn: where, which kind, which T wave, how high."""

    def __init__(
        self,
        samples: NDArray[np.int64],
        kinds: NDArray[np.int64],
        intervals_s: NDArray[np.float64],
        random: np.random.Generator,
    ) -> None:
        self.samples, self.kinds = samples, kinds
        # The T wave comes sooner at higher rates: 0.29 s times the root of the interval.
        self.qt = np.abs(0.29 * np.sqrt(intervals_s)[:, None] - np.array(QT_S)).argmin(axis=1)
        self.gains = random.normal(1, 0.03, len(samples)).astype(np.float32)


def _signal(
    plan: _Plan,
    beats: _Drawn,
    shapes: NDArray[np.float32],
    rate_hz: int,
    random: np.random.Generator,
) -> Iterator[NDArray[np.float32]]:
    """Yield the leads in mV by chunks, shape (n, n_leads)."""
    before, length = round(BEFORE_S * rate_hz), shapes.shape[2]
    after = length - before
    n_samples, step = round(plan.duration_s * rate_hz), CHUNK_S * rate_hz
    for start in range(0, n_samples, step):
        stop = min(start + step, n_samples)
        first, last = np.searchsorted(beats.samples, (start - after, stop + before))
        # With a margin of one beat on both sides, every beat here fits whole.
        drawn = np.zeros((stop - start + 2 * length, shapes.shape[3]), np.float32)
        for beat in range(first, last):
            at = beats.samples[beat] - start - before + length
            shape = shapes[beats.kinds[beat], beats.qt[beat]]
            drawn[at : at + length] += beats.gains[beat] * shape
        yield _disturbed(drawn[length : length + stop - start], start, rate_hz, plan, random)


def _disturbed(
    chunk: NDArray[np.float32],
    start: int,
    rate_hz: int,
    plan: _Plan,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Return a chunk with fibrillatory waves, baseline wander, noise, and the electrode's loss."""
    t = (start + np.arange(len(chunk))) / rate_hz
    sides = np.array((1.0, -0.6, 0.8))[: chunk.shape[1]]
    coarse = np.arange(t[0], t[-1] + 0.2, 0.1)
    wander = 0.08 * np.sin(2 * np.pi * 0.25 * coarse) + 0.15 * np.sin(2 * np.pi * 0.031 * coarse)
    slow = np.interp(t, coarse, wander)
    for begin, end in plan.fibrillation:
        if begin < t[-1] and end > t[0]:
            during = np.clip(np.minimum(t - begin, end - t), 0, 1)
            phase = 2 * np.pi * (5.8 * t + 0.8 * np.sin(2 * np.pi * 0.3 * t))
            slow += during * (0.05 * np.sin(phase) + 0.02 * np.sin(2.3 * phase))
    chunk += np.outer(slow, sides).astype(np.float32)
    chunk += NOISE_MV * random.standard_normal(chunk.shape, np.float32)
    chunk[_inside(t, plan.flat)] = 0
    return chunk


def _write(path: Path, chunks: Iterator[NDArray[np.float32]], size: str) -> None:
    """Write header and samples of a WFDB record in format 16."""
    firsts: list[int] = []
    sums = np.zeros(1, np.int64)
    with path.with_suffix(".dat").open("wb") as file:
        for chunk in chunks:
            digital = np.rint(chunk * GAIN).astype("<i2")
            firsts = firsts or digital[0].tolist()
            sums = sums + digital.sum(axis=0, dtype=np.int64)
            file.write(digital.tobytes())
    signed = (sums + (1 << 15)) % (1 << 16) - (1 << 15)
    lines = [f"{path.stem} {size} {START:%H:%M:%S} {START:%d/%m/%Y}"]
    for lead, first, total in zip(LEADS, firsts, signed.tolist(), strict=False):
        lines.append(f"{path.stem}.dat 16 {GAIN}(0)/mV 16 0 {first} {total} 0 {lead}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
