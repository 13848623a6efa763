"""Conditioning: leads are read in chunks, resampled and band-passed, with statistics per second."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from deepecg.arrays import Floats32
from deepecg.recording import Recording
from deepecg.signal.filters import condition, resampling_ratio
from deepecg.signal.hum import without_hum
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
    baseline_mv : float
        Level that was subtracted from the samples and replaced missing ones.
    """

    signal: Floats32
    rate_hz: int
    clock_hz: float
    raw_statistics: PerSecondStatistics
    baseline_mv: float = 0.0


def condition_leads(
    recording: Recording,
    baselines_mv: Mapping[int, float],
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
    baselines_mv : mapping of int to float
        Median of each lead in mV, which replaces missing samples, by the lead's number in the
        recording.
    settings : ConditioningSettings
        Rates, corners and chunk length.
    progress : callable
        Receives the share of the recording that is done, 0 to 1.

    Returns
    -------
    list of ConditionedLead
        In the order of ``baselines_mv``; 24 hours at 128 Hz take 45 MB each.
    """
    ratio = resampling_ratio(recording.sampling_rate_hz, settings.rate_hz)
    n_out = -(-recording.n_samples * ratio.numerator // ratio.denominator)
    signals = {lead: np.empty(n_out, np.float32) for lead in baselines_mv}
    statistics: dict[int, list[PerSecondStatistics]] = {lead: [] for lead in baselines_mv}
    rate = recording.sampling_rate_hz
    for chunk in _chunks(recording, ratio, n_out, settings):
        for lead, baseline_mv in baselines_mv.items():
            raw = recording.read(lead, chunk.read.start, chunk.read.stop)
            level = raw.astype(np.float64) - baseline_mv
            core = level[chunk.core].astype(np.float32)
            statistics[lead].append(
                per_second_statistics(core, rate, chunk.first_second, chunk.n_seconds)
            )
            first = chunk.out.start - chunk.filtered.start
            filtered = without_hum(condition(level, rate, settings), first, settings)
            signals[lead][chunk.out] = filtered[chunk.filtered]
        progress(chunk.out.stop / n_out)
    clock_hz = float(Fraction(rate) * ratio)
    return [
        ConditionedLead(
            signals[lead],
            settings.rate_hz,
            clock_hz,
            PerSecondStatistics.join(statistics[lead]),
            baseline_mv,
        )
        for lead, baseline_mv in baselines_mv.items()
    ]


@dataclass(frozen=True)
class _Chunk:
    first_second: int
    n_seconds: int
    read: slice  # input samples, margins included
    core: slice  # of the samples read, those whose statistics this chunk gives
    out: slice  # output samples that this chunk gives
    filtered: slice  # the same, of the samples read after filtering


def _chunks(
    recording: Recording, ratio: Fraction, n_out: int, settings: ConditioningSettings
) -> Iterator[_Chunk]:
    rate, up, down = recording.sampling_rate_hz, ratio.numerator, ratio.denominator
    margin = settings.margin_s * settings.rate_hz
    n_seconds = max(1, round(recording.duration_s))  # the last is 0.5 to 1.5 s long
    for second in range(0, n_seconds, settings.chunk_s):
        last = second + settings.chunk_s
        at_end = last >= n_seconds
        out_start = second * settings.rate_hz
        out_stop = n_out if at_end else last * settings.rate_hz
        # Every `down` input samples and `up` output samples coincide in time.
        periods = max(out_start - margin, 0) // up
        read_start, filter_start = periods * down, periods * up
        core_stop = recording.n_samples if at_end else round(last * rate)
        read_stop = min(-(-(out_stop + margin) * down // up), recording.n_samples)
        yield _Chunk(
            first_second=second,
            n_seconds=min(last, n_seconds) - second,
            read=slice(read_start, read_stop),
            core=slice(round(second * rate) - read_start, core_stop - read_start),
            out=slice(out_start, out_stop),
            filtered=slice(out_start - filter_start, out_stop - filter_start),
        )
