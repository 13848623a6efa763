"""HL7 annotated ECG (aECG), the XML format of the FDA.

References
----------
See :mod:`deepecg.readers.aecg_sequences`.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from deepecg.arrays import Floats32
from deepecg.errors import NoLeadsError, SamplingRateError, TruncatedSamplesError
from deepecg.readers.aecg_sequences import AecgSequence, AecgSequences, read_sequences
from deepecg.readers.lead_codes import lead_of_code
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.sample_blocks import (
    ASSUMED_MILLIVOLTS,
    SampleBlock,
    join_blocks,
    millivolts,
    recording_of_blocks,
)
from deepecg.readers.voltage_units import millivolts_per_unit
from deepecg.readers.written_times import rate_of_interval, time_of_digits
from deepecg.recording import Recording

_SECONDS: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "min": 60.0}
"""Seconds per unit of an increment."""

_SHORTEST_S: Final = 1e-9
"""Shortest increment in seconds that is one at all."""
_MOST_ROUNDED: Final = 2e-4
"""Share of itself by which an increment may be rounded to be that of a whole number of hertz."""
_TIME: Final = "TIME_"
"""Start of the codes of sequences that are no samples."""


def read_hl7_aecg(path: Path, options: ReadingOptions) -> Recording:
    """Open an HL7 aECG document; its samples are in a temporary file.

    Parameters
    ----------
    path : Path
        The ``.xml`` file.
    options : ReadingOptions
        Signals to read, and the time zone of the recorder's clock.

    Returns
    -------
    Recording
        The leads of all recorded series on one timeline, in millivolts: origin plus digit times
        scale. Representative beats and other derived series are not read. Warnings:
        ``truncated_samples``, ``no_start``, and those of
        :func:`~deepecg.readers.file_signals.recording_of`.

    Raises
    ------
    MalformedHeaderError
        If the file is no well-formed XML apart from its end, or a value is impossible.
    SamplingRateError
        If a set of sequences has no increment of time, or one that no ECG recorder has.
    NoLeadsError
        If no series has a sequence of a lead.
    TruncatedSamplesError
        If it ends before the first sample.
    RefusedRecordingError
        As in :func:`~deepecg.readers.file_signals.recording_of` and
        :func:`~deepecg.readers.sample_blocks.join_blocks`.
    """
    document = read_sequences(path)
    if not any(len(sequence.samples) for sequence in document.sequences):
        if document.cut_off:
            raise TruncatedSamplesError("found the end of the document before its first sample")
        raise NoLeadsError("found no sequence of samples in the document, expected leads")
    warnings: dict[str, str] = {}
    times = _set_times(document)
    first = next((time.start for time in times.values() if time.start), None)
    joined = join_blocks(_blocks(document, times, first), warnings)
    if document.cut_off:
        found = warnings.get("truncated_samples", "found a document that is cut off, read the rest")
        warnings["truncated_samples"] = f"{found}; further leads may be missing"
    return recording_of_blocks("hl7_aecg", joined, first, options, warnings, format_says_ecg=True)


@dataclass(frozen=True)
class _SetTime:
    """When the samples of a sequence set were taken."""

    start: datetime | None
    offset_s: float  # of the first sample from ``start``
    rate: float


def _set_times(document: AecgSequences) -> dict[int, _SetTime]:
    """Return the times of each sequence set by its number."""
    times: dict[int, _SetTime] = {}
    for sequence in document.sequences:
        if not sequence.code.upper().startswith(_TIME) or sequence.sequence_set in times:
            continue
        increment = sequence.values.get("increment", {})
        value, unit = _quantity(increment)
        step_s = value * _SECONDS.get(unit, math.nan)
        if not _SHORTEST_S < step_s < math.inf:
            continue
        decimals = len(increment["value"].replace(",", ".").partition(".")[2])
        rounded_s = min(_SECONDS[unit] * 10.0**-decimals, _MOST_ROUNDED * step_s)
        head = sequence.values.get("head", {})
        start = time_of_digits(head.get("value", ""))
        offset_s = 0.0
        if start is None:
            series_start = document.series_starts.get(sequence.series, "")
            start = time_of_digits(series_start) or time_of_digits(document.start)
            value, unit = _quantity(head)
            offset_s = value * _SECONDS.get(unit, math.nan)
        times[sequence.sequence_set] = _SetTime(
            start,
            offset_s if math.isfinite(offset_s) else 0.0,
            rate_of_interval(step_s, rounded_s),
        )
    return times


def _blocks(
    document: AecgSequences, times: dict[int, _SetTime], first: datetime | None
) -> Iterator[SampleBlock]:
    """Yield all sequences of samples."""
    lengths: dict[int, int] = {}
    for sequence in document.sequences:
        of_set = lengths.get(sequence.sequence_set, 0)
        lengths[sequence.sequence_set] = max(of_set, len(sequence.samples))
    for sequence in document.sequences:
        time = times.get(sequence.sequence_set)
        if time is None and len(sequence.samples):
            raise SamplingRateError(
                f"found samples without an increment of time in {', '.join(_SECONDS)}, expected "
                "one above 0"
            )
        if time is None or sequence.code.upper().startswith(_TIME):
            continue
        unit, step, origin = _calibration(sequence)
        yield SampleBlock(
            label=lead_of_code(sequence.code) or sequence.code,
            unit=unit,
            sampling_rate_hz=time.rate,
            start_s=_seconds_between(first, time.start) + time.offset_s,
            n_samples=len(sequence.samples),
            declared_samples=lengths[sequence.sequence_set],
            read=partial(_read, sequence.samples, step, origin),
            calibration_fault="" if step else "a scale of 0",
            calibrated=bool(unit),
        )


def _read(samples: Floats32, step: float, origin: float, start: int, stop: int) -> Floats32:
    return millivolts(samples[start:stop], step, origin)


def _calibration(sequence: AecgSequence) -> tuple[str, float, float]:
    """Return unit, value of a digit and origin: in mV if the unit is a voltage or missing."""
    scale, unit = _quantity(sequence.values.get("scale", {}))
    if not math.isfinite(scale) or unit in {"", "1"}:
        return "", ASSUMED_MILLIVOLTS, 0.0
    factor = millivolts_per_unit(unit) or 1.0
    origin, origin_unit = _quantity(sequence.values.get("origin", {}))
    origin *= millivolts_per_unit(origin_unit or unit) or 1.0
    return unit, scale * factor, origin if math.isfinite(origin) else 0.0


def _quantity(attributes: Mapping[str, str]) -> tuple[float, str]:
    """Return value and unit of an element; a value that is no number is NaN."""
    try:
        return float(attributes.get("value", "").replace(",", ".")), attributes.get(
            "unit", ""
        ).strip()
    except ValueError:
        return math.nan, ""


def _seconds_between(first: datetime | None, then: datetime | None) -> float:
    """Return seconds between two times, of which one may be without an offset from UTC."""
    if first is None or then is None:
        return 0.0
    if first.tzinfo is None or then.tzinfo is None:
        first, then = first.replace(tzinfo=None), then.replace(tzinfo=None)
    return (then - first).total_seconds()
