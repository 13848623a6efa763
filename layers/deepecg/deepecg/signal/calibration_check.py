"""Calibration check: leads that no ECG is as large or as small as are rescaled by a power of ten.

A file whose unit says mV while its numbers are microvolts has R waves of volts. The shape is right,
and beats can be found once the thresholds in millivolts fit, but no figure in millivolts is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from deepecg.arrays import Floats, Floats32
from deepecg.recording import IMPOSSIBLE_AMPLITUDE, ReadingWarning, Recording
from deepecg.signal.filters import condition
from deepecg.signal.hum import without_hum
from deepecg.signal.lead_survey import qrs_prominence, survey_segments
from deepecg.signal.settings import SignalSettings

POSSIBLE_MV: Final = (0.02, 15.0)
"""Smallest and largest swing in mV that is taken as possible. In the 2,018 leads of MIT-BIH,
SVDB, NSTDB, QTDB and LUDB swings are 0.12 to 6.0 mV. Surface QRS complexes reach some 10 mV in
children and hypertrophy."""
LIKELY_MV: Final = (0.3, 10.0)
"""Swing in mV to which one of :data:`USUAL_POWERS` must bring a lead to be taken as the cause."""
USUAL_POWERS: Final = (-3, 3, -6, 6)
"""Powers of ten by which units are confused: mV, µV, nV and V."""
WINDOW_S: Final = 2.0
"""Seconds over which a swing is measured: at least one beat at 30 per minute."""
SMALL_PERCENTILE: Final = 90.0
"""Percentile of the swings that is small in a lead that is small throughout: an electrode that is
off for most of the time does not make a lead small."""
LEAST_PROMINENCE: Final = 4.0
"""Prominence of QRS complexes from which a lead is evidently an ECG: hum has 1, noise some 2; 99 %
of the leads of the databases above have more."""
LEAST_LEVELS: Final = 16
"""Different values in a segment of an ECG, whatever its scale; an open lead flickers between a few
steps of the converter. The databases above have 45 and more."""


@dataclass(frozen=True)
class _Swing:
    """Swing of a lead in mV, usual and large."""

    usual_mv: float
    large_mv: float


@dataclass(frozen=True)
class _Evidence:
    """What shows that a lead is an ECG."""

    prominence: float
    n_levels: float

    @property
    def is_ecg(self) -> bool:
        return self.prominence >= LEAST_PROMINENCE and self.n_levels >= LEAST_LEVELS


def with_possible_amplitudes(recording: Recording, settings: SignalSettings) -> Recording:
    """Return a recording whose leads have the amplitudes of an ECG.

    Parameters
    ----------
    recording : Recording
        Read in the segments of the lead survey.
    settings : SignalSettings
        Filter, QRS energy, and the name of the only lead to analyse if there is one.

    Returns
    -------
    Recording
        The recording itself if all amplitudes are possible. Otherwise impossible ones are
        multiplied by a power of ten, and a warning says so: the recording's
        ``amplitudes_calibrated`` is False. Doing this again changes nothing.

    Raises
    ------
    UnknownLeadError
        If the recording has no lead named ``settings.lead``.

    Notes
    -----
    Leads are too small only if all leads that may be analysed are: beside a lead of a usual size, a
    tiny one is an open electrode with crosstalk.
    """
    leads = range(len(recording.leads))
    wanted = leads if settings.lead is None else [recording.lead_index(settings.lead)]
    rate = recording.sampling_rate_hz
    levels = [_levels(segments) for segments in survey_segments(recording, leads)]
    swings = [_swing(of_lead, rate, settings) for of_lead in levels]
    found = {
        lead: swing.usual_mv for lead, swing in enumerate(swings) if swing.usual_mv > POSSIBLE_MV[1]
    }
    if all(swings[lead].large_mv < POSSIBLE_MV[0] for lead in wanted):
        found = {
            lead: swing.large_mv
            for lead, swing in enumerate(swings)
            if 0 < swing.large_mv < POSSIBLE_MV[0]
        }
    evidence = {
        lead: _evidence(levels[lead], swings[lead].large_mv, rate, settings) for lead in found
    }
    if not any(shown.is_ecg for shown in evidence.values()):
        return recording
    clearest = max(found, key=lambda lead: evidence[lead].prominence)
    power = _power(found[clearest])
    powers = {
        lead: power if _is_possible(mv * 10.0**power) else _power(mv) for lead, mv in found.items()
    }
    factors = {lead: np.float32(10.0**exponent) for lead, exponent in powers.items()}

    def read(lead: int, start: int, stop: int) -> Floats32:
        samples = recording.read_samples(lead, start, stop)
        return samples * factors[lead] if lead in factors else samples

    found_mv = float(f"{found[clearest]:.3g}")
    done = "divided" if power < 0 else "multiplied"
    warning = ReadingWarning(
        IMPOSSIBLE_AMPLITUDE,
        f"found an amplitude of {found_mv:,g} mV in {len(found)} of {len(leads)} ECG leads, "
        f"expected {POSSIBLE_MV[0]:g} to {POSSIBLE_MV[1]:g} mV; the calibration looks wrong by a "
        f"factor of {10 ** abs(power):,}; the values were {done} by it for the analysis",
    )
    return replace(recording, read_samples=read, warnings=(*recording.warnings, warning))


def _levels(segments: Sequence[Floats32]) -> list[Floats]:
    """Return the samples of segments that have some for half of the time, around their median."""
    known = [segment[np.isfinite(segment)].astype(np.float64) for segment in segments]
    return [
        finite - np.median(finite)
        for finite, segment in zip(known, segments, strict=True)
        if len(finite) > len(segment) / 2
    ]


def _swing(levels: Sequence[Floats], sampling_rate_hz: float, settings: SignalSettings) -> _Swing:
    """Measure the swing of a lead in its segments."""
    if not levels:
        return _Swing(0.0, 0.0)
    swings = np.concatenate([_swings_mv(level, sampling_rate_hz, settings) for level in levels])
    usual_mv, large_mv = np.percentile(swings, (50, SMALL_PERCENTILE)).tolist()
    return _Swing(usual_mv, large_mv)


def _evidence(
    levels: Sequence[Floats], unit_mv: float, sampling_rate_hz: float, settings: SignalSettings
) -> _Evidence:
    """Measure how much a lead is an ECG, with ``unit_mv`` for a millivolt.

    Only hum of some size in mV is subtracted.
    """
    prominences = [qrs_prominence(level / unit_mv, sampling_rate_hz, settings) for level in levels]
    n_levels = [len(np.unique(level)) for level in levels]
    return _Evidence(float(np.median(prominences)), float(np.median(n_levels)))


def _swings_mv(level: Floats, sampling_rate_hz: float, settings: SignalSettings) -> Floats:
    """Return the swing in each window of a conditioned segment, at least one."""
    conditioned = condition(level.copy(), sampling_rate_hz, settings.conditioning)
    conditioned = without_hum(conditioned, 0, settings.conditioning)  # 50 mV of it on an open lead
    length = min(round(WINDOW_S * settings.conditioning.rate_hz), len(conditioned))
    windows = conditioned[: len(conditioned) // length * length].reshape(-1, length)
    return np.asarray(np.ptp(windows, axis=1), np.float64)


def _is_possible(swing_mv: float) -> bool:
    return POSSIBLE_MV[0] <= swing_mv <= POSSIBLE_MV[1]


def _power(swing_mv: float) -> int:
    """Return the power of ten that brings a swing to that of an ECG."""
    for power in USUAL_POWERS:
        if LIKELY_MV[0] <= swing_mv * 10.0**power <= LIKELY_MV[1]:
            return power
    return -round(float(np.log10(swing_mv)))
