"""EDF, EDF+ and BDF files.

edfio parses the header. The samples are mapped from disk here, because edfio loads a whole BDF file
into memory and joins the parts of a discontinuous recording (EDF+D) without their gaps.

References
----------
Kemp B, Olivan J. European data format 'plus' (EDF+). Clin Neurophysiol 2003; 114:1755-1761.
doi:10.1016/S1388-2457(03)00123-8
"""

import io
import math
import re
import warnings as python_warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import starmap
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats32
from deepecg.errors import (
    CalibrationError,
    MalformedHeaderError,
    NoLeadsError,
    SamplingRateError,
    TruncatedHeaderError,
    TruncatedSamplesError,
)
from deepecg.readers.ecg_leads_and_units import ecg_leads, excluded, millivolts_per_unit
from deepecg.readers.edf_annotations import annotations
from deepecg.readers.formats import BDF_MAGIC
from deepecg.readers.patient_marks import marks_within
from deepecg.readers.reading_options import ReadingOptions
from deepecg.recording import (
    MAX_DURATION_S,
    PatientMark,
    ReadingWarning,
    Recording,
    unique_leads,
)

_BLOCK: Final = 256
"""Bytes of the header's fixed part, and of each signal's part."""
_UNKNOWN_COUNT: Final = -1
"""Number of data records in the header of a recording that was not closed."""
_TIMESTAMP: Final = re.compile(rb"([+-][0-9]{1,12}(?:\.[0-9]{0,12})?)[\x14\x15]")
_PLUS_DATE: Final = re.compile(rb"Startdate ([0-9]{2})-([A-Za-z]{3})-([0-9]{4})\b")
_PLAIN_DATE: Final = re.compile(rb"([ 0-9][0-9])\D([ 0-9][0-9])\D([0-9]{2})")
_TIME: Final = _PLAIN_DATE
_ANONYMOUS_DATE: Final = (1985, 1, 1)
"""Date of a header whose date was removed: year, month, day."""
_MONTHS: Final = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()  # noqa: SIM905


@dataclass(frozen=True)
class _Column:
    """One signal of the header, and the place of its bytes in a data record."""

    label: str
    unit: str
    samples: int  # per data record
    place: slice  # its bytes in a data record
    annotations: bool
    scale: tuple[float, float] | None  # millivolts per digital step, and at digital 0


@dataclass(frozen=True)
class _Segment:
    """Consecutive data records without a gap, and their place on the timeline."""

    first_sample: int
    first_record: int
    n_records: int


def read_edf(path: Path, options: ReadingOptions) -> Recording:
    """Open an EDF, EDF+ or BDF file; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The ``.edf`` or ``.bdf`` file.
    options : ReadingOptions
        Signals to read, and what the file does not say.

    Returns
    -------
    Recording
        The ECG leads of the highest sampling rate, in millivolts. A discontinuous recording
        gets one timeline with NaN in its gaps. Warnings: ``not_ecg``, ``uncalibrated``,
        ``other_rate``, ``bad_calibration``, ``record_count_unknown``, ``partial_record``,
        ``trailing_bytes``, ``bad_timekeeping``, ``no_start``, and those of
        :func:`~deepecg.readers.patient_marks.marks_within`. Every annotation with a text is a
        mark, since recorders do not distinguish those of the patient from their own.

    Raises
    ------
    TruncatedHeaderError
        If the file ends inside its header.
    MalformedHeaderError
        If a header field is not a number, is negative, or gives more than
        :data:`~deepecg.recording.MAX_DURATION_S`.
    SamplingRateError
        If a data record has no duration or no samples, or the sampling rate is not one of an ECG
        recorder.
    NoLeadsError
        If no signal is an ECG lead.
    CalibrationError
        If no ECG lead has a digital and a physical range.
    TruncatedSamplesError
        If the file holds fewer data records than the header announces, or none.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_BLOCK)
        n_signals = _signal_count(header)
        header += file.read(n_signals * _BLOCK)
    if len(header) < (n_signals + 1) * _BLOCK:
        raise TruncatedHeaderError(
            f"found {len(header)} bytes, expected a header of {(n_signals + 1) * _BLOCK} bytes"
        )
    is_bdf = header.startswith(BDF_MAGIC)
    duration = _record_duration(header)
    columns = _columns(header, bytes_per_sample=3 if is_bdf else 2)
    warnings: dict[str, str] = {}
    leads = _choose_leads(columns, duration, warnings)
    record_bytes = columns[-1].place.stop
    shape = _record_count(header, size, record_bytes, warnings), record_bytes
    records: NDArray[np.uint8] = np.memmap(path, np.uint8, "r", offset=len(header), shape=shape)
    per_record = leads[0].samples
    rate = per_record / duration
    segments, first_onset = _timeline(
        header, records, columns, per_record, rate=rate, warnings=warnings
    )
    n_samples = segments[-1].first_sample + segments[-1].n_records * per_record
    if n_samples / rate > MAX_DURATION_S:
        raise MalformedHeaderError(
            f"found a duration of {n_samples / rate:.0f} s, expected at most {MAX_DURATION_S:.0f} s"
        )

    def read_samples(lead: int, first: int, last: int) -> Floats32:
        out = np.full(last - first, np.nan, np.float32)
        for segment in segments:
            begin = max(first - segment.first_sample, 0)
            end = min(last - segment.first_sample, segment.n_records * per_record)
            if begin < end:
                at = segment.first_sample - first
                out[at + begin : at + end] = _millivolts(
                    records, leads[lead], segment.first_record * per_record, begin, end
                )
        return out

    found = _marks(records, columns, segments, per_record, rate=rate, first_onset=first_onset)
    marks = marks_within(found, n_samples / rate, warnings)
    return Recording(
        format="edf",
        sampling_rate_hz=rate,
        leads=unique_leads([lead.label for lead in leads]),
        n_samples=n_samples,
        read_samples=read_samples,
        start=_start(header, first_onset, warnings),
        warnings=tuple(starmap(ReadingWarning, warnings.items())),
        marks=marks,
    )


def _signal_count(header: bytes) -> int:
    if len(header) < _BLOCK:
        raise TruncatedHeaderError(f"found {len(header)} bytes, expected at least {_BLOCK} bytes")
    n_signals = _integer(header[252:256], "number of signals")
    if n_signals == 0:
        raise NoLeadsError("found 0 signals, expected at least one")
    if n_signals < 0:
        raise MalformedHeaderError(f"found {n_signals} signals, expected at least one")
    return n_signals


def _integer(field: bytes, name: str) -> int:
    try:
        return int(field.decode("ascii").strip("\0 "))
    except ValueError:
        raise MalformedHeaderError(
            f"found a {name} that is not a whole number, expected one"
        ) from None


def _record_duration(header: bytes) -> float:
    try:
        duration = float(header[244:252].decode("ascii").strip("\0 "))
    except ValueError:
        raise MalformedHeaderError(
            "found a data record duration that is not a number, expected seconds"
        ) from None
    if not (math.isfinite(duration) and duration > 0):
        raise SamplingRateError(
            f"found data records of {duration:g} s, expected a duration above 0"
        )
    return duration


def _columns(header: bytes, bytes_per_sample: int) -> list[_Column]:
    import edfio  # noqa: PLC0415  (only EDF and BDF files need it)

    read = edfio.read_edf if bytes_per_sample == 2 else edfio.read_bdf
    with python_warnings.catch_warnings():
        # edfio warns that a header alone has no data records.
        python_warnings.simplefilter("ignore")
        try:
            signals: Sequence[Any] = read(io.BytesIO(header), header_encoding="latin-1")._signals
            counts = [signal.samples_per_data_record for signal in signals]
        except ZeroDivisionError:
            raise SamplingRateError(
                "found data records of 0 samples, expected at least one"
            ) from None
        except (ValueError, TypeError, IndexError, KeyError, OverflowError, UnboundLocalError):
            raise MalformedHeaderError(
                "found signal fields that cannot be parsed, expected numbers"
            ) from None
    columns = []
    first_byte = 0
    for signal, count in zip(signals, counts, strict=True):
        if count < 0:
            raise MalformedHeaderError(f"found {count} samples per record, expected 0 or more")
        last_byte = first_byte + count * bytes_per_sample
        unit = signal.physical_dimension.replace("\0", "")
        columns.append(
            _Column(
                label=signal.label.replace("\0", ""),
                unit=unit,
                samples=count,
                place=slice(first_byte, last_byte),
                annotations=signal.label in ("EDF Annotations", "BDF Annotations"),
                scale=_scale(signal, millivolts_per_unit(unit) or 1.0),
            )
        )
        first_byte = last_byte
    return columns


def _scale(signal: Any, unit_mv: float) -> tuple[float, float] | None:
    """Return millivolts per digital step and at digital 0; None without two valid ranges."""
    try:
        (low, high), (lowest, highest) = signal.digital_range, signal.physical_range
    except ValueError:
        return None
    if low == high or lowest == highest or not math.isfinite(lowest) or not math.isfinite(highest):
        return None
    gain = (highest - lowest) / (high - low)
    return gain * unit_mv, (lowest - gain * low) * unit_mv


def _choose_leads(
    columns: list[_Column], duration: float, warnings: dict[str, str]
) -> list[_Column]:
    """Return the calibrated ECG leads of the highest rate, and warn about the other signals."""
    signals = [column for column in columns if not column.annotations]
    numbers = ecg_leads([(signal.label, signal.unit) for signal in signals], warnings)
    ecg = [signals[number] for number in numbers]
    calibrated = [column for column in ecg if column.scale is not None]
    if not calibrated:
        raise CalibrationError(
            "found no ECG lead with a digital and a physical range, expected a minimum and a "
            "maximum that differ"
        )
    reason = "digital or physical minimum equals the maximum, expected a range"
    warnings |= excluded("bad_calibration", calibrated, ecg, "leads", reason)
    most = max(column.samples for column in calibrated)
    if most == 0:
        raise SamplingRateError("found ECG leads of 0 samples per record, expected at least one")
    leads = [column for column in calibrated if column.samples == most]
    without_unit = sum(not lead.unit.strip() for lead in leads)
    if without_unit:
        warnings["uncalibrated"] = (
            f"found {without_unit} of {len(leads)} ECG leads without a unit, read as mV"
        )
    reason = f"sampled at less than {most / duration:g} Hz"
    warnings |= excluded("other_rate", leads, calibrated, "leads", reason)
    return leads


def _record_count(header: bytes, size: int, record_bytes: int, warnings: dict[str, str]) -> int:
    """Return the number of data records: the header's, or the file's if the header has none."""
    stated = _integer(header[236:244], "number of data records")
    found, rest = divmod(size - len(header), record_bytes)
    if stated < _UNKNOWN_COUNT:
        raise MalformedHeaderError(f"found {stated} data records, expected -1 or more")
    if stated > found:
        raise TruncatedSamplesError(f"found {found} data records, expected {stated}")
    if found == 0:
        raise TruncatedSamplesError("found 0 data records, expected at least one")
    if stated > 0:
        if extra := size - len(header) - stated * record_bytes:
            warnings["trailing_bytes"] = (
                f"found {extra} bytes after the last data record, expected none"
            )
        return stated
    warnings["record_count_unknown"] = (
        f"found {found} data records, expected their number in the header, not {stated}"
    )
    if rest:
        warnings["partial_record"] = (
            f"ignored a last data record of {rest} bytes, expected {record_bytes} bytes"
        )
    return found


def _timeline(
    header: bytes,
    records: NDArray[np.uint8],
    columns: list[_Column],
    per_record: int,
    *,
    rate: float,
    warnings: dict[str, str],
) -> tuple[list[_Segment], float]:
    """Return the segments, and the onset of the first data record in seconds."""
    timekeeping = next((column for column in columns if column.annotations), None)
    is_plus = header[192:196] in (b"EDF+", b"BDF+")
    if timekeeping is None or not is_plus:
        return [_Segment(0, 0, len(records))], 0.0
    origin = _onset(records, timekeeping, 0) or 0.0
    if header[196:197] != b"D":
        return [_Segment(0, 0, len(records))], origin
    segments = []
    begin = 0  # first data record of the current segment
    at = 0  # first sample of the current segment
    faults = 0
    for record in range(1, len(records)):
        expected = at + (record - begin) * per_record
        onset = _onset(records, timekeeping, record)
        place = expected if onset is None else round((onset - origin) * rate)
        faults += onset is None or place < expected - 1
        # Onsets are rounded, so one sample is not a gap.
        if place > expected + 1:
            segments.append(_Segment(at, begin, record - begin))
            begin, at = record, place
    segments.append(_Segment(at, begin, len(records) - begin))
    if faults:
        warnings["bad_timekeeping"] = (
            f"found {faults} data records that start before the previous one ends or have no "
            "start time, expected one start time each; read as following it without a gap"
        )
    return segments, origin


def _marks(
    records: NDArray[np.uint8],
    columns: list[_Column],
    segments: list[_Segment],
    per_record: int,
    *,
    rate: float,
    first_onset: float,
) -> Iterator[PatientMark]:
    """Yield the annotations, each at the samples of the data record that its onset lies in.

    Some files have annotations without EDF+ in their header.

    A recorder's clock may run faster or slower than its samples, and an EDF+C file may have gaps
    although it must not: seconds from the start would then be other samples.
    """
    signals = [column for column in columns if column.annotations]

    def onset_of(record: int) -> float:
        onset = _onset(records, signals[0], record)
        return first_onset + record * per_record / rate if onset is None else onset

    def place_of(record: int) -> int:
        by_record = attrgetter("first_record")
        segment = segments[bisect_right(segments, record, key=by_record) - 1]
        return segment.first_sample + (record - segment.first_record) * per_record

    for onset, duration, text in annotations(records, [signal.place for signal in signals]):
        record = max(bisect_right(range(len(records)), onset, key=onset_of) - 1, 0)
        at = place_of(record) + (onset - onset_of(record)) * rate
        if record + 1 < len(records):
            at = min(at, place_of(record + 1))
        yield PatientMark(at / rate, duration, text, "file")


def _onset(records: NDArray[np.uint8], timekeeping: _Column, record: int) -> float | None:
    """Return the start of a data record in seconds; None if it has none."""
    field = records[record, timekeeping.place][:32].tobytes()
    match = _TIMESTAMP.match(field)
    return float(match[1]) if match else None


def _millivolts(
    records: NDArray[np.uint8], lead: _Column, offset: int, begin: int, end: int
) -> Floats32:
    """Return stored samples ``offset + begin`` to ``offset + end`` of one lead."""
    first, skip = divmod(offset + begin, lead.samples)
    last = -(-(offset + end) // lead.samples)
    raw = np.ascontiguousarray(records[first:last, lead.place])
    digital: NDArray[np.int16] | NDArray[np.int32]
    if raw.shape[1] == 2 * lead.samples:
        digital = raw.view("<i2").reshape(-1)
    else:
        low, middle, high = raw.reshape(-1, 3).T
        digital = low | middle.astype(np.int32) << 8 | high.view(np.int8).astype(np.int32) << 16
    assert lead.scale is not None
    gain, shift = lead.scale
    return (digital[skip : skip + end - begin] * gain + shift).astype(np.float32)


def _start(header: bytes, first_onset: float, warnings: dict[str, str]) -> datetime | None:
    date, time = _start_date(header), _TIME.match(header[176:184])
    if date is not None and time is not None:
        with suppress(ValueError, OverflowError):
            hour, minute, second = map(int, time.groups())
            return datetime(*date, hour, minute, second) + timedelta(seconds=first_onset)
    warnings["no_start"] = "found a start that is anonymised or not a date and time, expected both"
    return None


def _start_date(header: bytes) -> tuple[int, int, int] | None:
    """Return year, month and day: EDF+ gives a year of four digits, EDF one of two."""
    recording = header[88:168]
    plus = _PLUS_DATE.match(recording)
    if plus and (month_name := plus[2].decode().upper()) in _MONTHS:
        return int(plus[3]), _MONTHS.index(month_name) + 1, int(plus[1])
    plain = _PLAIN_DATE.match(header[168:176])
    if plain is None or recording.startswith(b"Startdate X"):
        return None
    day, month, year = (int(part) for part in plain.groups())
    # EDF's clipping date: 85 to 99 are 1985 to 1999, 00 to 84 are 2000 to 2084.
    date = (year + (1900 if year >= 85 else 2000), month, day)
    return None if date == _ANONYMOUS_DATE else date
