"""Where the samples of an ISHNE file are, and how many leads they are of.

The header gives the number of leads, the first byte of the samples and the number of samples, and
real files disagree with each of them. The file's size decides: what fits it exactly is right.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats32
from deepecg.errors import MalformedHeaderError, TruncatedHeaderError, TruncatedSamplesError
from deepecg.readers.ishne_header import (
    CRC_START,
    HEADER_BYTES,
    LEAD_NAMES,
    MAX_LEADS,
    IshneHeader,
    crc_ccitt,
)
from deepecg.recording import MAX_DURATION_S

_SAMPLE_BYTES: Final = 2
_MAX_VARIABLE_BLOCK: Final = 1 << 26
"""Longest header in bytes whose CRC is computed, so that memory stays bounded."""
_LOOKED_AT: Final = 1 << 17
"""Samples from the middle of a file that show how many leads are interleaved: 4 minutes of two
leads at 250 Hz."""
_SAME_CHANGE: Final = 1.1
"""Changes from one frame to the next that differ by less than this factor are the same: those over
one and over two frames of a noisy lead are."""
_EVEN_CHANGE: Final = 0.2
"""Largest relative spread of the changes of one lead, computed from every m-th frame."""


@dataclass(frozen=True)
class IshneLayout:
    """Where the samples are.

    Attributes
    ----------
    offset : int
        First byte of the samples.
    n_leads : int
        Number of interleaved leads.
    n_samples : int
        Samples of each lead in the file.
    n_lost : int
        Samples of each lead that the header declares beyond them, at least.
    """

    offset: int
    n_leads: int
    n_samples: int
    n_lost: int


def find_layout(path: Path, header: IshneHeader, warnings: dict[str, str]) -> IshneLayout:
    """Return where the samples of a file are.

    Parameters
    ----------
    path : Path
        The file.
    header : IshneHeader
        Its header.
    warnings : dict of str to str
        Gets ``header_layout``, ``crc_mismatch``, ``lead_count_mismatch``, ``partial_frame``,
        ``sample_count_mismatch`` and ``truncated_samples``.

    Raises
    ------
    TruncatedHeaderError
        If the file ends inside the variable block.
    MalformedHeaderError
        If the place of the samples is impossible, or nothing shows how many leads there are.
    TruncatedSamplesError
        If the file holds less than one sample of every lead.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        content = file.read(min(size, _MAX_VARIABLE_BLOCK))
    offset = _samples_offset(header, size, content, warnings)
    n_bytes = size - offset
    if n_bytes < _SAMPLE_BYTES:
        raise TruncatedSamplesError(f"found {n_bytes} bytes of samples, expected at least a frame")
    samples: NDArray[np.int16] = np.memmap(
        path, f"{header.byte_order}i2", "r", offset, shape=(n_bytes // _SAMPLE_BYTES,)
    )
    n_leads = _lead_count(header, samples, warnings)
    n_samples, rest = divmod(n_bytes, _SAMPLE_BYTES * n_leads)
    if n_samples == 0:
        raise TruncatedSamplesError(
            f"found {n_bytes} bytes of samples, expected at least {_SAMPLE_BYTES * n_leads} bytes"
        )
    if rest:
        warnings["partial_frame"] = (
            f"found {rest} bytes after the last sample of all leads, expected none"
        )
    n_lost = _lost_samples(header, n_samples, n_leads, warnings)
    return IshneLayout(offset, n_leads, n_samples, n_lost)


def _samples_offset(
    header: IshneHeader, size: int, content: bytes, warnings: dict[str, str]
) -> int:
    """Return the first byte of the samples.

    Where the header's offset and the end of the variable block differ, it is the one from which the
    stated samples fill the file; or else up to which the CRC is right; or else the header's.
    """
    after_block = HEADER_BYTES + header.block_size
    after_moved_block = header.block_offset + header.block_size
    stated = (header.samples_offset, after_block, after_moved_block)
    offsets = [at for at in dict.fromkeys(stated) if HEADER_BYTES <= at <= size]
    if not offsets:
        if header.block_size >= 0 and header.samples_offset == after_block:
            raise TruncatedHeaderError(
                f"found {size} bytes, expected a header of {after_block} bytes"
            )
        raise MalformedHeaderError(
            f"found a variable block of {header.block_size} bytes and samples at byte "
            f"{header.samples_offset}, expected both within the file's {size} bytes"
        )
    filled = [at for at in offsets if _fills_file(header, size - at)]
    checked = [at for at in offsets if _crc_is_right(header, content, at)]
    chosen = (filled or checked or offsets)[0]
    if header.samples_offset != after_block:
        reason = "the number of samples" if filled else "the CRC" if checked else "nothing"
        warnings["header_layout"] = (
            f"found a header that puts the samples at byte {header.samples_offset} and, by the "
            f"variable block, at byte {after_block}; read from byte {chosen}, for which {reason} "
            "speaks"
        )
    if not (checked or _crc_is_right(header, content, HEADER_BYTES)):
        computed = crc_ccitt(content[CRC_START:chosen])
        warnings["crc_mismatch"] = (
            f"found the header CRC {header.crc:#06x}, expected {computed:#06x}"
        )
    return chosen


def _fills_file(header: IshneHeader, n_bytes: int) -> bool:
    """Return whether the stated samples, of a lead or of all, are all bytes that there are."""
    counts = {1, header.n_leads, _described_leads(header) or 1}
    n_stated = {_SAMPLE_BYTES * n * header.sample_count for n in counts}
    return n_bytes > 0 and n_bytes in n_stated


def _crc_is_right(header: IshneHeader, content: bytes, end: int) -> bool:
    return end <= len(content) and crc_ccitt(content[CRC_START:end]) == header.crc


def _described_leads(header: IshneHeader) -> int | None:
    """Return the number of leads that have both a code and a resolution; None if these disagree."""
    coded = [code in LEAD_NAMES and code > 0 for code in header.codes]
    resolved = [resolution > 0 for resolution in header.resolutions_nv]
    n_first = len(list(takewhile(bool, coded)))
    return n_first if coded == resolved and sum(coded) == n_first > 0 else None


def _lead_count(header: IshneHeader, samples: NDArray[np.int16], warnings: dict[str, str]) -> int:
    """Return how many leads are interleaved, by header, lead descriptions, size and samples."""
    described = _described_leads(header)
    by_size, rest = divmod(samples.size, max(header.sample_count, 1))
    # A count of all samples fills the file whatever the number of leads.
    fills = by_size if rest < by_size and 2 <= by_size <= MAX_LEADS else None
    candidates = {header.n_leads, described, fills} - {None}
    found = fills if fills in {header.n_leads, described} else None
    if len(candidates) == 1:
        found = header.n_leads
        # A count that fills the file once is the total of all leads, or there is one lead only.
        if samples.size == header.sample_count and _is_one_lead(samples, found):
            found = 1
    if found is None:
        found = _interleaved(samples, {n for n in candidates if n is not None})
    if found is None and described == header.n_leads:
        found = header.n_leads
    if found is None:
        raise MalformedHeaderError(
            f"found {header.n_leads} leads by the header, {described or 'no'} described leads and "
            f"{samples.size} samples for the {header.sample_count} stated, expected one number of "
            "leads"
        )
    if found != header.n_leads:
        warnings["lead_count_mismatch"] = (
            f"found the samples of {found} leads, expected {header.n_leads} by the header"
        )
    return found


def _interleaved(samples: NDArray[np.int16], candidates: Collection[int]) -> int | None:
    """Return how many leads are interleaved, by the samples alone; None if they do not show it.

    If the number is right, the changes of a lead are the same from whichever frame they are
    computed; those from one lead to another are not. And a lead changes less from one of its
    samples to the next than later.
    """
    looked_at = _middle(samples)
    if looked_at.size < MAX_LEADS**3:  # several times each number of leads times each other
        return None
    means = {}
    for n_leads in sorted(candidates):
        changes = _changes(looked_at, n_leads)
        if all(_are_even(changes, n_leads, other) for other in candidates):
            means[n_leads] = float(changes.mean())
    smallest = min(means.values(), default=0)
    return next((n for n, mean in means.items() if mean <= _SAME_CHANGE * smallest), None)


def _is_one_lead(samples: NDArray[np.int16], n_leads: int) -> bool:
    """Return whether samples that are said to be of several leads are clearly those of one."""
    looked_at = _middle(samples)
    if n_leads < 2 or looked_at.size < MAX_LEADS**3:
        return False
    changes = _changes(looked_at, 1)
    later = float(_changes(looked_at, n_leads).mean())
    return _are_even(changes, 1, n_leads) and float(changes.mean()) * _SAME_CHANGE < later


def _middle(samples: NDArray[np.int16]) -> Floats32:
    middle = max(samples.size - _LOOKED_AT, 0) // 2
    return samples[middle : middle + _LOOKED_AT].astype(np.float32)


def _are_even(changes: Floats32, n_leads: int, n_frames: int) -> bool:
    """Return whether changes of a lead are as large from each of ``n_frames`` frames in turn."""
    length = n_leads * n_frames
    whole = changes[: changes.size // length * length]
    means = whole.reshape(-1, n_frames, n_leads).mean(axis=0)
    return bool(np.all(np.ptp(means, axis=0) <= _EVEN_CHANGE * means.mean(axis=0)))


def _changes(samples: Floats32, n_leads: int) -> Floats32:
    changes: Floats32 = np.abs(samples[n_leads:] - samples[:-n_leads])
    return changes


def _lost_samples(
    header: IshneHeader, n_samples: int, n_leads: int, warnings: dict[str, str]
) -> int:
    """Return how many samples of each lead are missing, at least.

    The stated number may be that of a lead or of all leads: whichever means the smaller loss.
    """
    stated, rate = header.sample_count, header.sampling_rate_hz
    per_lead = stated if stated <= n_samples * n_leads else -(-stated // n_leads)
    meanings = {
        n_samples * n_leads: ", the total over all leads",
        n_samples * n_leads * _SAMPLE_BYTES: ", the total in bytes",
    }
    if stated == n_samples:
        return 0
    # A count of more than any recording holds is a damaged field, not a loss.
    if stated < n_samples or stated in meanings or per_lead > MAX_DURATION_S * max(rate, 0):
        warnings["sample_count_mismatch"] = (
            f"found {n_samples} samples per lead, expected {stated} by the header"
            f"{meanings.get(stated, '')}"
        )
        return 0
    n_lost = per_lead - n_samples
    warnings["truncated_samples"] = (
        f"found {n_samples} samples per lead, expected {per_lead} by the header: at least "
        f"{n_lost / rate:.1f} s are missing at the end"
    )
    return n_lost
