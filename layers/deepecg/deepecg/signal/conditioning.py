"""Conditioning: leads are read in chunks, resampled and band-passed, with statistics per second."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from deepecg.recording import Recording
from deepecg.signal.filters import band_pass, resample, resampling_ratio
from deepecg.signal.quality import PerSecondStatistics, per_second_statistics
from deepecg.signal.settings import ConditioningSettings


@dataclass(frozen=True)
class ConditionedLead:
    """A lead as detector and classifier read it.

    Attributes
    ----------
    signal : ndarray of float32, shape (n,)
        Band-passed signal in mV, from the recording's start.
    rate_hz : int
        Nominal samples per second of ``signal``.
    clock_hz : float
        Samples of ``signal`` per second of the recording's clock, for converting positions into
        times. Differs from ``rate_hz`` where an odd sampling rate is no ratio of small integers.
    raw_statistics : PerSecondStatistics
        Extremes of the unfiltered signal in each second.
    """

    signal: NDArray[np.float32]
    rate_hz: int
    clock_hz: float
    raw_statistics: PerSecondStatistics


def condition_lead(
    recording: Recording,
    lead: int,
    baseline_mv: float,
    settings: ConditioningSettings,
    progress: Callable[[float], None] = lambda _: None,
) -> ConditionedLead:
    """Read, resample and band-pass one lead; see :func:`condition_leads`."""
    return condition_leads(recording, [lead], [baseline_mv], settings, progress)[0]


def condition_leads(
    recording: Recording,
    leads: Sequence[int],
    baselines_mv: Sequence[float],
    settings: ConditioningSettings,
    progress: Callable[[float], None] = lambda _: None,
) -> list[ConditionedLead]:
    """Read, resample and band-pass leads chunk by chunk.

    Each chunk is filtered with ``settings.margin_s`` of signal on both sides, so that the result
    does not depend on where chunks begin.

    Parameters
    ----------
    recording : Recording
        The recording.
    leads : sequence of int
        Numbers of the leads in the recording.
    baselines_mv : sequence of float
        Median of each lead in mV, which replaces missing samples.
    settings : ConditioningSettings
        Rates, corners and chunk length.
    progress : callable
        Receives the share of the recording that is done, 0 to 1.

    Returns
    -------
    list of ConditionedLead
        In the order of ``leads``; 24 hours at 128 Hz take 45 MB each.
    """
    ratio = resampling_ratio(recording.sampling_rate_hz, settings.rate_hz)
    n_out = -(-recording.n_samples * ratio.numerator // ratio.denominator)
    signals = [np.empty(n_out, np.float32) for _ in leads]
    statistics: list[list[PerSecondStatistics]] = [[] for _ in leads]
    for chunk in _chunks(recording, ratio.numerator, ratio.denominator, n_out, settings):
        for lead, baseline_mv, signal, of_chunks in zip(
            leads, baselines_mv, signals, statistics, strict=True
        ):
            raw = recording.read(lead, chunk.read_start, chunk.read_stop)
            level = raw.astype(np.float64) - baseline_mv
            core = level[chunk.core_start - chunk.read_start : chunk.core_stop - chunk.read_start]
            of_chunks.append(
                per_second_statistics(
                    core.astype(np.float32),
                    recording.sampling_rate_hz,
                    chunk.first_second,
                    chunk.n_seconds,
                )
            )
            np.nan_to_num(level, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            filtered = band_pass(resample(level, ratio), settings)
            signal[chunk.out_start : chunk.out_stop] = filtered[
                chunk.out_start - chunk.filter_start : chunk.out_stop - chunk.filter_start
            ]
        progress(chunk.core_stop / recording.n_samples)
    clock_hz = float(Fraction(recording.sampling_rate_hz) * ratio)
    return [
        ConditionedLead(signal, settings.rate_hz, clock_hz, PerSecondStatistics.join(of_chunks))
        for signal, of_chunks in zip(signals, statistics, strict=True)
    ]


@dataclass(frozen=True)
class _Chunk:
    first_second: int
    n_seconds: int
    core_start: int  # input samples whose statistics this chunk gives
    core_stop: int
    read_start: int  # input samples read, margins included
    read_stop: int
    filter_start: int  # output sample at the same time as read_start
    out_start: int  # output samples that this chunk gives
    out_stop: int


def _chunks(
    recording: Recording, up: int, down: int, n_out: int, settings: ConditioningSettings
) -> Iterator[_Chunk]:
    rate = recording.sampling_rate_hz
    margin = settings.margin_s * settings.rate_hz
    n_seconds = max(1, round(recording.duration_s))  # the last is 0.5 to 1.5 s long
    for second in range(0, n_seconds, settings.chunk_s):
        last = second + settings.chunk_s
        at_end = last >= n_seconds
        out_start = second * settings.rate_hz
        out_stop = n_out if at_end else last * settings.rate_hz
        # Every `down` input samples and `up` output samples coincide in time.
        periods = max(out_start - margin, 0) // up
        yield _Chunk(
            first_second=second,
            n_seconds=min(last, n_seconds) - second,
            core_start=round(second * rate),
            core_stop=recording.n_samples if at_end else round(last * rate),
            read_start=periods * down,
            read_stop=min(-(-(out_stop + margin) * down // up), recording.n_samples),
            filter_start=periods * up,
            out_start=out_start,
            out_stop=out_stop,
        )
