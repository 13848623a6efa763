"""The header of EDF, EDF+, BDF and BDF+ files: bytes to values.

Fields that a writer got wrong are read where there is only one thing they can mean. Each such
fault becomes a warning; a fault of one signal's calibration is kept with the signal.

References
----------
Kemp B, Varri A, Rosa AC, Nielsen KD, Gade J. A simple format for exchange of digitized polygraphic
recordings. Electroencephalogr Clin Neurophysiol 1992; 82:391-393. doi:10.1016/0013-4694(92)90009-7
Kemp B, Olivan J. European data format 'plus' (EDF+). Clin Neurophysiol 2003; 114:1755-1761.
doi:10.1016/S1388-2457(03)00123-8
"""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deepecg.errors import (
    MalformedHeaderError,
    NoLeadsError,
    SamplingRateError,
    TruncatedHeaderError,
    TruncatedSamplesError,
)
from deepecg.readers.declared_length import refuse_long_duration
from deepecg.readers.formats import BDF_MAGIC
from deepecg.readers.patient_marks import decoded
from deepecg.recording import MAX_DURATION_S

_BLOCK: Final = 256
"""Bytes of the header's fixed part, and of each signal's part."""
_SIGNAL_FIELDS: Final = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
"""Bytes of a signal's fields: label, transducer, unit, physical minimum and maximum, digital
minimum and maximum, filters, samples per data record, reserved."""
_ANNOTATIONS: Final = re.compile(r"(?:edf|bdf)[\W_]*annotations?\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.IGNORECASE)
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[.,' ][0-9]{3})+")
"""A whole number with separators between its thousands."""
_RANGE: Final = "physical range"
_LARGEST_INT16: Final = 1 << 15
_SHORTEST_RECORD_S: Final = 1e-5
"""Data records that are shorter give even a single sample a rate that no recorder has."""
_LARGEST_PHYSICAL: Final = 1e12
"""Physical limits beyond this are no calibration in any unit; float32 would not hold them."""


@dataclass(frozen=True)
class EdfSignal:
    """A signal's part of the header.

    Attributes
    ----------
    label, unit : str
        As the file writes them.
    samples : int
        Samples in a data record.
    place : slice
        Its bytes in a data record.
    is_annotations : bool
        Whether it contains time-stamped annotations lists instead of samples.
    gain, shift : float
        Units per digital step, and units at digital 0; NaN if there is a fault.
    calibration_fault : str
        Why digital values cannot be converted to the unit; empty if they can.
    is_unsigned : bool
        Whether its samples of 2 bytes are without a sign: all digital values are 0 or more, up to
        one that only such samples have.
    """

    label: str = field(repr=False)
    unit: str = field(repr=False)
    samples: int
    place: slice
    is_annotations: bool
    gain: float
    shift: float
    calibration_fault: str
    is_unsigned: bool


@dataclass(frozen=True)
class EdfHeader:
    """What a header says, compared with the file's size.

    Attributes
    ----------
    fixed : bytes
        Its first 256 bytes, which contain the start.
    n_bytes : int
        Where the first data record begins.
    bytes_per_sample : int
        2 in EDF, 3 in BDF.
    record_s : float
        Seconds of a data record by the header.
    record_bytes : int
        Bytes of a data record.
    n_records : int
        Whole data records in the file.
    n_stated : int or None
        Data records that the header announces; None if it does not say.
    signals : tuple of EdfSignal
        All signals, annotations among them.
    """

    fixed: bytes = field(repr=False)
    n_bytes: int
    bytes_per_sample: int
    record_s: float
    record_bytes: int
    n_records: int
    n_stated: int | None
    signals: tuple[EdfSignal, ...]

    @property
    def is_plus(self) -> bool:
        """Whether it says EDF+ or BDF+, which have an onset in every data record."""
        return self._kind[:4] in (b"EDF+", b"BDF+")

    @property
    def is_discontinuous(self) -> bool:
        """Whether it announces gaps between data records."""
        return self.is_plus and self._kind[4:5] == b"D"

    @property
    def _kind(self) -> bytes:
        return self.fixed[192:236].strip(b"\0 ").upper()

    @property
    def timekeeping(self) -> EdfSignal | None:
        """The first annotation signal, which contains the onsets of the data records."""
        return next((one for one in self.signals if one.is_annotations and one.samples), None)


def read_edf_header(path: Path, warnings: dict[str, str]) -> EdfHeader:
    """Read the header of a file.

    Parameters
    ----------
    path : Path
        The EDF or BDF file.
    warnings : dict of str to str
        Message by code; gets ``header_version``, ``header_length``, ``decimal_comma``,
        ``record_count_unknown``, ``record_count``, ``truncated_samples``, ``partial_record`` and
        ``trailing_bytes``.

    Raises
    ------
    TruncatedHeaderError
        If the file ends inside its header.
    MalformedHeaderError
        If a field that the layout depends on is no number, or negative, or the data records last
        longer than :data:`~deepecg.recording.MAX_DURATION_S`.
    SamplingRateError
        If data records have no duration, or no signal has a sample.
    NoLeadsError
        If there are no signals, or only annotations.
    TruncatedSamplesError
        If there is no whole data record.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        fixed = file.read(_BLOCK)
        if len(fixed) < _BLOCK:
            raise TruncatedHeaderError(
                f"found {len(fixed)} bytes, expected at least {_BLOCK} bytes"
            )
        n_signals = _signal_count(fixed)
        if size < (n_signals + 1) * _BLOCK:
            raise TruncatedHeaderError(
                f"found {size} bytes, expected a header of {(n_signals + 1) * _BLOCK} bytes"
            )
        blocks = file.read(n_signals * _BLOCK)
    commas: list[str] = []
    record_s = _record_duration(fixed, commas)
    columns = _columns(blocks, n_signals)
    samples = [_samples(column[8]) for column in columns]
    n_stated = _stated_records(fixed, record_s)
    width = _bytes_per_sample(
        fixed, columns, sum(samples), n_stated, size - len(fixed) - len(blocks)
    )
    signals = _signals(columns, samples, width, commas)
    if all(signal.is_annotations for signal in signals):
        raise NoLeadsError(
            f"found {n_signals} signals of annotations and no other, expected an ECG"
        )
    if not any(signal.samples for signal in signals if not signal.is_annotations):
        raise SamplingRateError("found data records of 0 samples, expected at least one")
    record_bytes = sum(samples) * width
    computed = len(fixed) + len(blocks)
    surplus = None if n_stated is None else size - computed - n_stated * record_bytes
    n_bytes = _header_length(fixed, computed, surplus, warnings)
    _warn_about_version(fixed, width, warnings)
    if commas:
        warnings["decimal_comma"] = (
            f"found a decimal comma in {len(commas)} header fields ({', '.join(sorted({*commas}))})"
            ", expected a point; read as one"
        )
    n_records = _record_count(size - n_bytes, record_bytes, n_stated, record_s, warnings)
    return EdfHeader(fixed, n_bytes, width, record_s, record_bytes, n_records, n_stated, signals)


def _text(content: bytes) -> str:
    """Return a field up to its first NUL, if anything stands before that, without spaces."""
    return decoded(content.strip(b"\0 ").partition(b"\0")[0]).strip()


def _number(content: bytes, name: str, commas: list[str]) -> float | None:
    """Return a field's number; None if it is none. Adds ``name`` to ``commas`` if it has one."""
    text = _text(content)
    if text.count(",") == 1 and "." not in text:
        point = text.replace(",", ".")
        if _NUMBER.fullmatch(point):
            commas.append(name)
            return float(point)
    if not _NUMBER.fullmatch(text):
        last = max(text.rfind(","), text.rfind("."))
        whole, fraction = (text[:last], text[last:]) if last >= 0 else (text, "")
        if not _GROUPED.fullmatch(whole):
            # All separators may stand between thousands: "1.000.000".
            whole, fraction = text, ""
            if not _GROUPED.fullmatch(whole):
                return None
        text = re.sub(r"[.,' ]", "", whole) + fraction.replace(",", ".")
        if not _NUMBER.fullmatch(text):
            return None
    value = float(text)
    return value if math.isfinite(value) else None


def _whole(content: bytes) -> int | None:
    """Return a field's whole number, as in ``-32,768`` or ``2.0``; None if it is none."""
    text = _text(content)
    value = _number(
        re.sub("[.,' ]", "", text).encode() if _GROUPED.fullmatch(text) else content, "", []
    )
    return int(value) if value is not None and value.is_integer() else None


def _signal_count(fixed: bytes) -> int:
    n_signals = _whole(fixed[252:256])
    if n_signals is None:
        raise MalformedHeaderError(
            "found a number of signals that is not a whole number, expected one"
        )
    if n_signals == 0:
        raise NoLeadsError("found 0 signals, expected at least one")
    if n_signals < 0:
        raise MalformedHeaderError(f"found {n_signals} signals, expected at least one")
    return n_signals


def _record_duration(fixed: bytes, commas: list[str]) -> float:
    duration = _number(fixed[244:252], "duration of a data record", commas)
    if duration is None:
        raise MalformedHeaderError(
            "found a data record duration that is not a number, expected seconds"
        )
    if duration <= _SHORTEST_RECORD_S:
        raise SamplingRateError(
            f"found data records of {duration:g} s, expected a duration above "
            f"{_SHORTEST_RECORD_S:g} s"
        )
    return duration


def _columns(blocks: bytes, n_signals: int) -> list[list[bytes]]:
    """Return the fields of each signal; the header has each field for all signals in turn."""
    fields = []
    at = 0
    for width in _SIGNAL_FIELDS:
        fields.append([blocks[at + n * width : at + (n + 1) * width] for n in range(n_signals)])
        at += n_signals * width
    return [list(column) for column in zip(*fields, strict=True)]


def _samples(content: bytes) -> int:
    samples = _whole(content)
    if samples is None:
        raise MalformedHeaderError(
            "found a number of samples per data record that is not a whole number, expected one"
        )
    if samples < 0:
        raise MalformedHeaderError(f"found {samples} samples per record, expected 0 or more")
    return samples


def _stated_records(fixed: bytes, record_s: float) -> int | None:
    """Return the number of data records in the header; None if it has none that can be.

    -1 stands in recordings that were not closed, 0 in those of some recorders.
    """
    stated = _whole(fixed[236:244])
    if stated is None or not 0 < stated * record_s <= MAX_DURATION_S:
        return None
    return stated


def _bytes_per_sample(
    fixed: bytes, columns: list[list[bytes]], samples: int, n_stated: int | None, n_bytes: int
) -> int:
    """Return 3 for BDF, 2 for EDF; where the version is that of neither, the file's size decides.

    So it does in files of samples that 2 bytes cannot hold.
    """
    version, kind = fixed[:8], fixed[192:197]
    says_bdf = b"BIOSEMI" in version.upper() or kind.startswith((b"BDF", b"24BIT"))
    digital = (_whole(column[n]) or 0 for column in columns for n in (5, 6))
    is_large = any(abs(value) > _LARGEST_INT16 for value in digital)
    filled = n_bytes / (samples * n_stated) if samples and n_stated else None
    if says_bdf:
        return 2 if filled == 2 and not is_large else 3
    doubtful = version.strip(b"\0 ") != b"0" or is_large
    return 3 if doubtful and filled == 3 else 2


def _signals(
    columns: list[list[bytes]], samples: list[int], width: int, commas: list[str]
) -> tuple[EdfSignal, ...]:
    signals = []
    at = 0
    for column, count in zip(columns, samples, strict=True):
        label = _text(column[0])
        is_annotations = _ANNOTATIONS.match(label) is not None
        gain, shift, fault = _scale(column[3:7], [] if is_annotations else commas)
        if not count:
            fault = "found 0 samples in a data record, expected at least one"
        place = slice(at, at + count * width)
        at = place.stop
        unit = _text(column[2])
        digital = sorted(_whole(content) or 0 for content in column[5:7])
        is_unsigned = width == 2 and digital[0] >= 0 and digital[1] > _LARGEST_INT16
        signals.append(
            EdfSignal(label, unit, count, place, is_annotations, gain, shift, fault, is_unsigned)
        )
    return tuple(signals)


def _scale(fields: list[bytes], commas: list[str]) -> tuple[float, float, str]:
    """Return units per digital step and at digital 0, or why there are none.

    ``8,000`` is eight, or eight thousand beside a whole number such as ``32,767``.
    """
    no = math.nan, math.nan
    low, high = (_whole(content) for content in fields[2:])
    grouped = [_GROUPED.fullmatch(_text(content)) is not None for content in fields]
    lowest, highest = (
        _whole(content) if is_grouped and any(grouped[2:]) else _number(content, _RANGE, commas)
        for content, is_grouped in zip(fields[:2], grouped[:2], strict=True)
    )
    if lowest is None or highest is None:
        return *no, "the physical minimum or maximum is not a number"
    if low is None or high is None:
        return *no, "the digital minimum or maximum is not a whole number"
    if low == high:
        return *no, "the digital minimum equals the maximum"
    if lowest == highest:
        return *no, "the physical minimum equals the maximum"
    if max(abs(lowest), abs(highest)) > _LARGEST_PHYSICAL:
        return *no, f"the physical minimum or maximum is beyond {_LARGEST_PHYSICAL:g}"
    gain = (highest - lowest) / (high - low)
    return gain, lowest - gain * low, ""


def _header_length(
    fixed: bytes, computed: int, surplus: int | None, warnings: dict[str, str]
) -> int:
    """Return where the data records begin: after all signals' parts, unless the size says else.

    ``surplus`` is how many bytes the file has beyond those signals' parts and the data records
    that the header announces.
    """
    stated = _whole(fixed[184:192])
    if stated == computed:
        return computed
    chosen = computed
    if stated is not None and stated > computed and stated - computed == surplus:
        chosen = stated
    shown = "that is no number" if stated is None else f"of {stated} bytes"
    warnings["header_length"] = (
        f"found a header length {shown}, expected {computed} bytes for its number of signals; read "
        f"the data records from byte {chosen}"
    )
    return chosen


def _warn_about_version(fixed: bytes, width: int, warnings: dict[str, str]) -> None:
    version = fixed[:8].rstrip(b"\0 ")
    if version != (b"0" if width == 2 else BDF_MAGIC):
        kind = "EDF" if width == 2 else "BDF"
        warnings["header_version"] = (
            f"found another version than that of {kind} in the header, expected "
            f"{'0' if width == 2 else 'BIOSEMI'}; read as {kind}"
        )


def _record_count(
    n_bytes: int,
    record_bytes: int,
    n_stated: int | None,
    record_s: float,
    warnings: dict[str, str],
) -> int:
    """Return the number of whole data records in the file, and warn if the header has another."""
    found, rest = divmod(n_bytes, record_bytes)
    if found <= 0:
        raise TruncatedSamplesError(
            f"found {max(n_bytes, 0)} bytes of samples, expected at least one data record of "
            f"{record_bytes} bytes"
        )
    refuse_long_duration(found * record_s)
    if n_stated is None:
        warnings["record_count_unknown"] = (
            f"found {found} data records, but not their number in the header, expected it there"
        )
        if rest:
            warnings["partial_record"] = (
                f"ignored a last data record of {rest} bytes, expected {record_bytes} bytes"
            )
    elif n_stated > found:
        warnings["truncated_samples"] = (
            f"found {found} whole data records, expected {n_stated}: the last "
            f"{(n_stated - found) * record_s:g} s are missing"
        )
    elif n_stated < found:
        warnings["record_count"] = (
            f"found {found} data records, expected {n_stated} by the header; read all, "
            f"{(found - n_stated) * record_s:g} s more than it announces"
        )
    if rest and n_stated is not None and n_stated <= found:
        warnings["trailing_bytes"] = f"found {rest} bytes after the last data record, expected none"
    return found
