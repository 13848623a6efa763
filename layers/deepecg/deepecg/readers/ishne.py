"""ISHNE 1.0 Holter files (``.ecg``, ``.ish``, ``.ishne``).

A file is a magic number, a CRC, a fixed header, a block of variable length and the samples:
16-bit integers, one of each lead in turn. Real files disagree with their headers, so the size
decides where the samples are and how many (:mod:`deepecg.readers.ishne_layout`), and each
disagreement is a warning.

References
----------
Badilini F. The ISHNE Holter Standard Output File Format. Ann Noninvasive Electrocardiol
1998; 3(3):263-266. doi:10.1111/j.1542-474X.1998.tb00353.x
"""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats32
from deepecg.readers.file_signals import FileSignal, recording_of
from deepecg.readers.ishne_header import HEADER_BYTES, LEAD_NAMES, IshneHeader, read_header
from deepecg.readers.ishne_layout import find_layout
from deepecg.readers.reading_options import ReadingOptions
from deepecg.recording import Recording

_YEARS: Final = range(1970, 2101)
_FIRST_TWO_DIGIT_YEAR: Final = 70
"""Years of two digits are those from 1970 to 2069."""
_NO_PACEMAKER: Final = 0
_PACEMAKER_TYPES: Final = range(1, 6)
_MILLIVOLTS_PER_NANOVOLT: Final = 1e-6

_MAX_MICROVOLT_STEP: Final = 100
"""Largest number in the field of the resolution that may be microvolts. Recorders have steps of
some 150 nV (0.15 uV) to 40 uV; at 100 nV, 16 bits would hold 3.3 mV in all directions."""
_FLAT_MV: Final = 0.02
"""Height of an ECG in mV that no electrode gives."""
_ECG_MV: Final = (0.1, 20.0)
"""Lowest and highest typical height of an ECG in mV, artefacts included."""
_MIN_STEPS: Final = 8
"""Height in steps, below which a signal may be the noise of the converter."""
_WINDOWS: Final = 50
_WINDOW_S: Final = 2
"""Number and length in seconds of the windows that the typical height is computed from: each
contains a beat at 30/min and more."""


def read_ishne(path: Path, options: ReadingOptions) -> Recording:
    """Open an ISHNE file; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadingOptions
        Signals to read, and what the file does not say.

    Returns
    -------
    Recording
        Leads in millivolts: sample times resolution in nV. Warnings: ``byte_order``,
        ``header_layout``, ``crc_mismatch``, ``lead_count_mismatch``, ``sample_count_mismatch``,
        ``truncated_samples``, ``partial_frame``, ``bad_calibration``, ``resolution_in_microvolts``,
        ``bad_start``, ``unusual_date``.

    Raises
    ------
    TruncatedHeaderError
        If the file ends inside its header.
    MalformedHeaderError
        If the number of leads or the place of the samples is impossible.
    NoLeadsError
        If the header gives 0 leads.
    CalibrationError
        If no lead has a positive resolution.
    TruncatedSamplesError
        If the file holds less than one sample of every lead.
    SamplingRateError
        If the sampling rate is not one of an ECG recorder.

    Notes
    -----
    The standard defines no value for a missing sample, so -32768 is read as a voltage.
    """
    with path.open("rb") as file:
        header = read_header(file.read(HEADER_BYTES))
    warnings: dict[str, str] = {}
    if header.byte_order == ">":
        warnings["byte_order"] = "found big-endian numbers, expected little-endian ones"
    layout = find_layout(path, header, warnings)
    rate = header.sampling_rate_hz
    samples: NDArray[np.int16] = np.memmap(
        path,
        f"{header.byte_order}i2",
        "r",
        layout.offset,
        shape=(layout.n_samples, layout.n_leads),
    )
    steps_nv = header.resolutions_nv[: layout.n_leads]
    in_microvolts = [
        _is_microvolts(step, samples[:, lead], rate) for lead, step in enumerate(steps_nv)
    ]
    if any(in_microvolts):
        wrong = [step for step, is_wrong in zip(steps_nv, in_microvolts, strict=True) if is_wrong]
        warnings["resolution_in_microvolts"] = (
            f"found a resolution of {', '.join(map(str, sorted(set(wrong))))} nV, at which the "
            "signal would be flat, expected 1,000 times as much: read as uV, so that no amplitude "
            "in mV can be trusted"
        )
    return recording_of(
        "ishne",
        [
            _signal(header, samples, lead, in_microvolts=is_wrong)
            for lead, is_wrong in enumerate(in_microvolts)
        ],
        options,
        warnings,
        start=_start(header, warnings),
        paced=_paced(header.pacemaker),
        lost_s=layout.n_lost / rate if layout.n_lost else 0.0,
        format_says_ecg=True,
    )


def _signal(
    header: IshneHeader, samples: NDArray[np.int16], lead: int, *, in_microvolts: bool
) -> FileSignal:
    step_nv = header.resolutions_nv[lead] * (1000 if in_microvolts else 1)

    def read(start: int, stop: int) -> Floats32:
        scale = step_nv * _MILLIVOLTS_PER_NANOVOLT
        return np.multiply(samples[start:stop, lead], scale, dtype=np.float64).astype(np.float32)

    fault = f"a resolution of {step_nv} nV, expected more than 0" if step_nv <= 0 else ""
    return FileSignal(
        label=LEAD_NAMES.get(header.codes[lead], ""),
        unit="mV",
        sampling_rate_hz=float(header.sampling_rate_hz),
        n_samples=len(samples),
        read=read,
        calibration_fault=fault,
        calibrated=not in_microvolts,
    )


def _is_microvolts(step_nv: int, digital: NDArray[np.int16], rate: int) -> bool:
    """Return whether a lead's resolution must be in microvolts: in nanovolts it would be flat."""
    if not 0 < step_nv <= _MAX_MICROVOLT_STEP or rate <= 0:
        return False
    width = min(_WINDOW_S * rate, len(digital))
    starts = np.linspace(0, len(digital) - width, _WINDOWS, dtype=np.int64)
    heights = [np.ptp(digital[at : at + width].astype(np.int64)) for at in starts]
    steps = float(np.median(heights))
    height_mv = steps * step_nv * _MILLIVOLTS_PER_NANOVOLT
    lowest, highest = _ECG_MV
    return steps >= _MIN_STEPS and height_mv < _FLAT_MV and lowest <= 1000 * height_mv <= highest


def _start(header: IshneHeader, warnings: dict[str, str]) -> datetime | None:
    """Return the start, whose date some recorders write month or year first, or with short years.

    Where a date is possible in the standard's order, it is read so.
    """
    day, month, year = header.date
    orders = ((year, month, day), (year, day, month), (day, month, year))
    hour, minute, second = header.time
    for number, (a_year, a_month, a_day) in enumerate(orders):
        is_short = 0 < a_year < 100
        century = 1900 if a_year >= _FIRST_TWO_DIGIT_YEAR else 2000
        full = a_year + century if is_short else a_year
        # A day in the place of the year would pass as a short year.
        if full not in _YEARS or (is_short and number > 0):
            continue
        with suppress(ValueError):
            start = datetime(full, a_month, a_day, hour, minute, second)
            if number or is_short:
                warnings["unusual_date"] = (
                    "found a date in another order or with a year of two digits, expected day, "
                    "month and year"
                )
            return start
    warnings["bad_start"] = (
        "found a start that is not a date and time, expected day, month and a year from "
        f"{_YEARS[0]} to {_YEARS[-1]}"
    )
    return None


def _paced(code: int) -> bool | None:
    if code == _NO_PACEMAKER:
        return False
    return True if code in _PACEMAKER_TYPES else None
