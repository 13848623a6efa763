"""DICOM waveforms: 12-lead, general and ambulatory ECG, and other files with ECG channels.

References
----------
DICOM PS3.3, C.10.9 (waveform module) and C.10.8 (waveform identification); PS3.16, CID 3001 (ECG
leads).
"""

import logging
import mmap
import warnings as python_warnings
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.tag import BaseTag, Tag

from deepecg.arrays import Floats32
from deepecg.errors import MalformedHeaderError, RefusedRecordingError
from deepecg.readers.dicom_groups import MultiplexGroup, number_of, read_groups, text_of
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
from deepecg.readers.written_times import time_of_digits
from deepecg.recording import Recording

# pydicom's messages repeat values of the file, which may name the patient.
logging.getLogger("pydicom").disabled = True

_HEADER_TAGS: Final[list[BaseTag | int]] = [
    Tag(name)
    for name in (
        "SOPClassUID",
        "AcquisitionDateTime",
        "ContentDate",
        "ContentTime",
        "TimezoneOffsetFromUTC",
    )
]
"""What is read of the file ahead of its waveforms; nothing about the patient."""
_ECG_CLASSES: Final = tuple(f"1.2.840.10008.5.1.4.1.1.9.1.{number}" for number in (1, 2, 3))
"""SOP classes of 12-lead, general and ambulatory ECG, whose channels are ECG leads (PS3.3 A.34)."""


def read_dicom(path: Path, options: ReadingOptions) -> Recording:
    """Open a DICOM file with waveforms; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The file, with or without preamble, in any uncompressed transfer syntax or deflated.
    options : ReadingOptions
        Signals to read, and the time zone of the recorder's clock.

    Returns
    -------
    Recording
        The ECG channels, in millivolts: sample times sensitivity times correction factor, plus
        baseline; samples with the padding value are NaN. All groups that were recorded are put on
        one timeline; those that are derived from them, such as median beats, are not read.
        Warnings: ``truncated_samples``, ``sample_count_mismatch``, ``no_start``, and those of
        :func:`~deepecg.readers.file_signals.recording_of`.

    Raises
    ------
    NoLeadsError
        If the file contains no waveforms: it is an image or a report.
    TruncatedHeaderError
        If it ends before its first samples.
    MalformedHeaderError
        If an element cannot be read.
    SamplingRateError
        If the sampling rate is missing, or not one of an ECG recorder.
    UnsupportedEncodingError
        If samples are stored in a way that ECG recorders do not use.
    TooLargeError
        If a deflated file unfolds to more than is allowed.
    TruncatedSamplesError
        If no group has a sample.
    RefusedRecordingError
        As in :func:`~deepecg.readers.file_signals.recording_of` and
        :func:`~deepecg.readers.sample_blocks.join_blocks`.
    """
    warnings: dict[str, str] = {}
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")  # pydicom's repeat values, too
        try:
            header, groups = read_groups(content, _HEADER_TAGS, warnings)
            recorded = [group for group in groups if not _is_derived(group)] or groups
            blocks = [block for group in recorded for block in _blocks(group)]
            start = _start(header)
            is_ecg = text_of(header, "SOPClassUID") in _ECG_CLASSES
        except RefusedRecordingError:
            raise
        except Exception as error:  # pydicom lets every fault of a file surface as it happens
            raise MalformedHeaderError(
                f"found an element that cannot be read ({type(error).__name__}), expected DICOM"
            ) from None
    joined = join_blocks(blocks, warnings)
    return recording_of_blocks("dicom", joined, start, options, warnings, format_says_ecg=is_ecg)


def _is_derived(group: MultiplexGroup) -> bool:
    return text_of(group.item, "WaveformOriginality") == "DERIVED"


def _blocks(group: MultiplexGroup) -> Iterator[SampleBlock]:
    """Yield the channels of a group."""
    channels = group.item.get("ChannelDefinitionSequence") or []
    padding = group.item.get("WaveformPaddingValue") or b""
    kind = group.samples.dtype
    missing = np.frombuffer(padding, kind, 1)[0] if len(padding) >= kind.itemsize else None
    offset_s = number_of(group.item, "MultiplexGroupTimeOffset", 0.0) / 1000
    n_samples, n_channels = group.samples.shape
    for column in range(n_channels if n_samples else min(n_channels, len(channels))):
        channel = channels[column] if column < len(channels) else Dataset()
        unit, step, baseline = _calibration(channel)
        # Less than a sample is the time that the converter takes from one channel to the next.
        skew_samples = int(number_of(channel, "ChannelSampleSkew", 0.0))
        yield SampleBlock(
            label=_label(channel),
            unit=unit,
            sampling_rate_hz=group.sampling_rate_hz,
            start_s=offset_s + skew_samples / group.sampling_rate_hz,
            n_samples=n_samples,
            declared_samples=group.declared_samples,
            read=partial(_read, group.samples[:, column], (step, baseline), missing),
            calibration_fault="" if step else "a sensitivity of 0",
            calibrated=bool(unit),
        )


def _read(
    samples: NDArray[Any],
    scale: tuple[float, float],
    missing: np.generic | None,
    start: int,
    stop: int,
) -> Floats32:
    found = millivolts(samples[start:stop], *scale)
    if missing is not None:
        found[samples[start:stop] == missing] = np.nan
    return found


def _calibration(channel: Dataset) -> tuple[str, float, float]:
    """Return unit, value of a step and baseline: in mV if the unit is a voltage or missing."""
    if not text_of(channel, "ChannelSensitivity"):
        return "", ASSUMED_MILLIVOLTS, 0.0
    code = _code(channel, "ChannelSensitivityUnitsSequence")
    unit = text_of(code, "CodeValue")
    if millivolts_per_unit(unit) is None and millivolts_per_unit(text_of(code, "CodeMeaning")):
        unit = text_of(code, "CodeMeaning")
    factor = millivolts_per_unit(unit) or (1.0 if unit else ASSUMED_MILLIVOLTS)
    step = number_of(channel, "ChannelSensitivity")
    step *= number_of(channel, "ChannelSensitivityCorrectionFactor", 1.0)
    return unit, step * factor, number_of(channel, "ChannelBaseline", 0.0) * factor


def _label(channel: Dataset) -> str:
    """Return the lead that the channel's code names, or else what the file calls the channel."""
    code = _code(channel, "ChannelSourceSequence")
    return (
        lead_of_code(text_of(code, "CodeValue"))
        or text_of(code, "CodeMeaning")
        or text_of(channel, "ChannelLabel")
    )


def _code(channel: Dataset, sequence: str) -> Dataset:
    """Return the first code of a sequence."""
    codes = channel.get(sequence)
    return codes[0] if codes else Dataset()


def _start(header: Dataset) -> datetime | None:
    """Return when the acquisition started."""
    written = text_of(header, "AcquisitionDateTime") or (
        text_of(header, "ContentDate") + text_of(header, "ContentTime")
    )
    has_zone = written[-5:-4] in {"+", "-"}
    return time_of_digits(written + ("" if has_zone else text_of(header, "TimezoneOffsetFromUTC")))
