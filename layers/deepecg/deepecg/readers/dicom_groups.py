"""The multiplex groups of a DICOM file, with their samples mapped from disk.

pydicom parses the elements, but not the sequence that contains the samples: it would load them,
and those of a day have hundreds of megabytes.

References
----------
DICOM PS3.3, C.10.9 (waveform module); PS3.5, 7 (data set) and A (transfer syntaxes); PS3.10, 7.1
(file meta information).
"""

import math
import mmap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from deepecg.errors import (
    MalformedHeaderError,
    NoLeadsError,
    SamplingRateError,
    TooLargeError,
    TruncatedHeaderError,
    UnsupportedEncodingError,
)
from deepecg.readers.compressed import MAX_RATIO, SMALL_BYTES

_PREAMBLE_BYTES: Final = 128
_MAGIC: Final = b"DICM"
_WAVEFORMS: Final = Tag("WaveformSequence")
_SAMPLES: Final = Tag("WaveformData")
_ITEM: Final = 0xFFFEE000
_NO_LENGTH: Final = 0xFFFFFFFF
"""Length of an item or sequence that ends with a delimiter; no tag is as high."""
_LONG_LENGTH: Final = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UN")
"""Value representations whose length has 4 bytes after 2 reserved ones."""
_MAX_GROUPS: Final = 1 << 14
"""Most multiplex groups of a file: one for each minute of 11 days."""
_MAX_CHANNELS: Final = 1024
"""Most channels of a group; the standard allows 24 in an ECG."""
_MAX_DEFLATED_BYTES: Final = 1 << 28
"""Largest size of a deflated file when it is unfolded: it is kept in memory."""
_SAMPLE_TYPES: Final = {
    (8, "SB"): "i1", (8, "UB"): "u1", (16, "SS"): "i2", (16, "US"): "u2", (32, "SL"): "i4",
    (32, "UL"): "u4",
}  # fmt: skip
"""NumPy's name of the samples, by bits and interpretation; MB and AB, the logarithmic ones of
sound, are not read."""

_SIGNED: Final = {8: "SB", 16: "SS", 32: "SL"}
"""Interpretation of samples without one, by their bits."""


@dataclass(frozen=True)
class MultiplexGroup:
    """Channels that were sampled together.

    Attributes
    ----------
    item : Dataset
        The group's elements, without its samples.
    samples : ndarray of integers, shape (n_samples, n_channels)
        As they are stored; mapped from disk.
    declared_samples : int
        Samples of each channel that the file declares.
    sampling_rate_hz : float
        Samples per second.
    """

    item: Dataset = field(repr=False)
    samples: NDArray[Any] = field(repr=False)
    declared_samples: int
    sampling_rate_hz: float


class _Content:
    """A file's content as pydicom reads it: no read is longer than what is left.

    ``implicit`` and ``little`` say how elements are encoded at :meth:`tell`.
    """

    def __init__(self, content: mmap.mmap | bytes) -> None:
        self.bytes = content
        self.at = 0
        self.implicit = False
        self.little = True

    def read(self, length: int = -1) -> bytes:
        stop = len(self.bytes) if length < 0 else min(self.at + length, len(self.bytes))
        found = self.bytes[self.at : stop]
        self.at += len(found)
        return found

    def seek(self, place: int) -> int:
        self.at = place
        return place

    def tell(self) -> int:
        return self.at

    @property
    def left(self) -> int:
        """Bytes from here to the end."""
        return max(len(self.bytes) - self.at, 0)

    @property
    def order(self) -> Literal["little", "big"]:
        return "little" if self.little else "big"


def read_groups(
    file: mmap.mmap, header_tags: list[BaseTag | int], warnings: dict[str, str]
) -> tuple[Dataset, list[MultiplexGroup]]:
    """Return elements of a file and its multiplex groups.

    Parameters
    ----------
    file : mmap
        The file, with or without preamble, in any uncompressed transfer syntax or deflated.
    header_tags : list of tags
        Elements to read that stand ahead of the waveforms.
    warnings : dict of str to str
        Message by code; gets ``sample_count_mismatch`` if there are more samples than declared.

    Raises
    ------
    NoLeadsError
        If there are no waveforms.
    TruncatedHeaderError
        If the file ends before the first samples.
    MalformedHeaderError
        If an element has no possible value.
    SamplingRateError
        If a group has no sampling rate above 0.
    UnsupportedEncodingError
        If samples are stored in a way that ECG recorders do not use.
    TooLargeError
        If a deflated file unfolds to more than is allowed.
    Exception
        Whatever pydicom raises for a damaged file.
    """
    content = _data_set(_Content(file))
    header = _elements(content, _WAVEFORMS, tags=header_tags)
    groups = list(_groups(content, warnings))
    if not groups:
        raise TruncatedHeaderError("found no complete multiplex group, expected one")
    return header, groups


def text_of(item: Dataset, keyword: str) -> str:
    """Return the value of an element as a text; empty if there is none."""
    value = item.get(keyword)
    return "" if value is None else str(value).strip()


def number_of(item: Dataset, keyword: str, default: float | None = None) -> float:
    """Return the value of an element; ``default`` if there is none.

    Raises
    ------
    MalformedHeaderError
        If it is no finite number, or there is none and no default.
    """
    text = text_of(item, keyword)
    if not text and default is not None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise MalformedHeaderError(f"found a {keyword} that is not a number, expected one")
    return number


def _data_set(content: _Content) -> _Content:
    """Return the content at the first element after the file meta information."""
    content.seek(_PREAMBLE_BYTES)
    if content.read(len(_MAGIC)) != _MAGIC:
        content.seek(0)
    meta = _elements(content, Tag(0x00030000))
    syntax = meta.get("TransferSyntaxUID")
    if syntax == DeflatedExplicitVRLittleEndian:
        unfolding, deflated = zlib.decompressobj(-zlib.MAX_WBITS), content.read()
        most = min(_MAX_DEFLATED_BYTES, max(SMALL_BYTES, MAX_RATIO * len(deflated)))
        unfolded = unfolding.decompress(deflated, most)
        if unfolding.unconsumed_tail:
            raise TooLargeError(f"found a deflated file of more than {most} bytes, expected less")
        return _Content(unfolded)
    if syntax in {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian}:
        content.implicit = syntax == ImplicitVRLittleEndian
        content.little = syntax != ExplicitVRBigEndian
    else:  # It is missing. Data sets start with group 8, and explicit VRs are capital letters.
        head = content.read(6)
        content.seek(content.tell() - len(head))
        content.implicit = not head[4:].isalpha()
        content.little = head[:1] != b"\0"
    return content


def _elements(
    content: _Content,
    until: int,
    *,
    tags: list[BaseTag | int] | None = None,
    length: int | None = None,
) -> Dataset:
    """Return the elements up to the tag ``until``, or up to the end of the item or file."""
    return read_dataset(
        cast(BinaryIO, content),
        content.implicit,
        content.little,
        length,
        stop_when=lambda tag, _vr, _length: tag >= until,
        specific_tags=tags,
        at_top_level=tags is not None,
    )


def _groups(content: _Content, warnings: dict[str, str]) -> Iterator[MultiplexGroup]:
    """Yield the multiplex groups that have samples."""
    if not content.left:
        raise NoLeadsError("found a DICOM file without waveforms, or cut off before them")
    tag, length = _element_head(content)
    if tag != _WAVEFORMS:
        raise NoLeadsError("found a DICOM file without waveforms, expected an ECG")
    end = _end(content, length)
    n_groups = 0
    while content.tell() + 8 <= end:
        n_groups += 1
        if n_groups > _MAX_GROUPS:
            raise MalformedHeaderError(f"found more than {_MAX_GROUPS} multiplex groups")
        tag, length = _item_head(content)
        if tag != _ITEM:
            return
        item_end = _end(content, length)
        left = None if length == _NO_LENGTH else item_end - content.tell()
        item = _elements(content, _SAMPLES, length=left)
        if content.tell() < item_end:
            tag, n_bytes = _element_head(content)
            if tag == _SAMPLES:
                yield _group(item, content, n_bytes, warnings)
                content.seek(content.tell() + n_bytes)
        if length == _NO_LENGTH:
            _elements(content, _NO_LENGTH)  # up to the delimiter
        else:
            content.seek(item_end)


def _element_head(content: _Content) -> tuple[int, int]:
    """Return tag and length of the element at hand."""
    tag, length = _item_head(content)
    representation = content.bytes[content.tell() - 4 : content.tell() - 2].decode("latin-1")
    if not content.implicit and representation in _LONG_LENGTH:
        length = int.from_bytes(content.read(4), content.order)
        if tag == _WAVEFORMS:  # One of unknown VR is encoded in implicit VR: PS3.5, 6.2.2.
            content.implicit = representation == "UN"
    return tag, length


def _item_head(content: _Content) -> tuple[int, int]:
    """Return tag and length of the item at hand, or of the element with implicit VR."""
    head = content.read(8)
    if len(head) < 8:
        raise TruncatedHeaderError("found the end of the file inside the waveforms' header")
    group, element = (int.from_bytes(head[at : at + 2], content.order) for at in (0, 2))
    return group << 16 | element, int.from_bytes(head[4:], content.order)


def _end(content: _Content, length: int) -> int:
    size = len(content.bytes)
    return size if length == _NO_LENGTH else min(content.tell() + length, size)


def _group(
    item: Dataset, content: _Content, n_bytes: int, warnings: dict[str, str]
) -> MultiplexGroup:
    bits = int(number_of(item, "WaveformBitsAllocated", 16))
    interpretation = text_of(item, "WaveformSampleInterpretation") or _SIGNED.get(bits, "")
    name = _SAMPLE_TYPES.get((bits, interpretation))
    if name is None:
        raise UnsupportedEncodingError(
            f"found samples of {bits} bits in a kind that is not read, expected integers of "
            "8, 16 or 32 bits"
        )
    kind = np.dtype(name).newbyteorder("<" if content.little else ">")
    n_channels = int(number_of(item, "NumberOfWaveformChannels"))
    declared = int(number_of(item, "NumberOfWaveformSamples"))
    rate = number_of(item, "SamplingFrequency", 0.0)
    if not 1 <= n_channels <= _MAX_CHANNELS or declared < 0:
        raise MalformedHeaderError(
            f"found {n_channels} channels and {declared} samples, expected 1 to {_MAX_CHANNELS} "
            "channels"
        )
    if rate <= 0:
        raise SamplingRateError(f"found a sampling rate of {rate:g} Hz, expected more than 0")
    frame = n_channels * kind.itemsize
    n_samples = min(n_bytes, content.left) // frame
    # One byte more makes the length even.
    if n_bytes <= content.left and n_bytes - declared * frame > 1 and n_samples > declared:
        warnings["sample_count_mismatch"] = (
            f"found {n_samples} samples of each channel, expected {declared} by the header; "
            "read all"
        )
        declared = n_samples
    n_samples = min(n_samples, declared)
    at = content.tell() if n_samples else 0
    samples: NDArray[Any] = np.frombuffer(content.bytes, kind, n_samples * n_channels, at)
    return MultiplexGroup(item, samples.reshape(n_samples, n_channels), declared, rate)
