"""Huffman codes of SCP-ECG, and the differences that they encode.

References
----------
EN 1064:2005, 5.5 (Huffman tables) and 5.8.3 (differences), annex C.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.errors import MalformedHeaderError

_DEFAULT_TABLE: Final = 19999
"""Number of tables that stands for the one of the standard."""
_CODE_BYTES: Final = 9
_MAX_BITS: Final = 32


@dataclass(frozen=True)
class _Code:
    extra_bits: int  # that follow the prefix: a signed number to add to the value
    value: int
    next_table: int | None  # instead of a value


HuffmanTable = dict[str, _Code]
"""Codes by their prefix, written as zeros and ones."""


def _default_table() -> HuffmanTable:
    table = {"0": _Code(0, 0, None)}
    for size in range(1, 9):
        # As many ones as the value has steps, a zero, and a bit for the sign.
        table["1" * size + "00"] = _Code(0, size, None)
        table["1" * size + "01"] = _Code(0, -size, None)
    table["1111111110"] = _Code(8, 0, None)
    table["1111111111"] = _Code(16, 0, None)
    return table


def huffman_tables(section: bytes) -> list[HuffmanTable]:
    """Return the tables of section 2.

    Parameters
    ----------
    section : bytes
        Its data, after the header.

    Raises
    ------
    MalformedHeaderError
        If it has no table, ends inside one, or a code is impossible.
    """
    count = int.from_bytes(section[:2], "little")
    if count == _DEFAULT_TABLE:
        return [_default_table()]
    tables = []
    at = 2
    for _ in range(count):
        n_codes = int.from_bytes(section[at : at + 2], "little")
        at += 2
        end = at + n_codes * _CODE_BYTES
        if not n_codes or end > len(section):
            raise MalformedHeaderError("found a Huffman table that is not complete")
        codes = (
            _code(section[place : place + _CODE_BYTES]) for place in range(at, end, _CODE_BYTES)
        )
        tables.append(dict(codes))
        at = end
    if not tables:
        raise MalformedHeaderError("found no Huffman table, expected at least one")
    return tables


def _code(written: bytes) -> tuple[str, _Code]:
    prefix_bits, all_bits = sorted(written[:2])  # Writers disagree on which comes first.
    if not 1 <= prefix_bits <= all_bits <= _MAX_BITS:
        raise MalformedHeaderError(
            f"found a Huffman code of {all_bits} bits with a prefix of {prefix_bits}, expected "
            f"1 to {_MAX_BITS}"
        )
    value = int.from_bytes(written[3:5], "little", signed=True)
    # The first bit of the prefix is the lowest one.
    stored = int.from_bytes(written[5:], "little")
    prefix = f"{stored:032b}"[::-1][:prefix_bits]
    return prefix, _Code(all_bits - prefix_bits, value, None if written[2] else value - 1)


def huffman_decode(
    data: bytes, n_samples: int, tables: Sequence[HuffmanTable]
) -> NDArray[np.int32]:
    """Return the values of a stream of bits, first bit highest.

    Parameters
    ----------
    data : bytes
        The stream.
    n_samples : int
        Most values to return.
    tables : sequence of HuffmanTable
        The first is valid at the start.

    Returns
    -------
    ndarray of int32, shape (n,)
        Fewer than ``n_samples`` if the stream ends or becomes invalid before.
    """
    bits = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}" if data else ""
    values: list[int] = []
    all_lengths = [sorted({len(prefix) for prefix in table}) for table in tables]
    table, lengths, at = tables[0], all_lengths[0], 0
    while len(values) < n_samples:
        for length in lengths:
            code = table.get(bits[at : at + length])
            if code is not None:
                break
        else:
            break
        end = at + length + code.extra_bits
        if end > len(bits):
            break
        if code.next_table is not None:
            if not 0 <= code.next_table < len(tables):
                break
            table, lengths = tables[code.next_table], all_lengths[code.next_table]
        else:
            extra = _signed(bits[at + length : end])
            values.append(code.value + extra)
        at = end
    return np.array(values, np.int64).astype(np.int32)


def _signed(bits: str) -> int:
    return int(bits, 2) - ((1 << len(bits)) if bits[0] == "1" else 0) if bits else 0


def undo_differences(values: NDArray[np.int32], order: int) -> NDArray[np.int32]:
    """Return samples from their first or second differences.

    Parameters
    ----------
    values : ndarray of int32, shape (n,)
        Differences; the first ``order`` are samples themselves.
    order : int
        0, 1 or 2.

    Returns
    -------
    ndarray of int32, shape (n,)
        Samples, which have 16 bits: writers compute modulo that.
    """
    if order == 2 and len(values) > 2:
        steps = values.astype(np.int64)
        steps[1] -= steps[0]
        values = np.concatenate([steps[:1], np.cumsum(steps[1:])])
    elif order == 2:
        return values
    if order:
        values = np.cumsum(values, dtype=np.int64)
    return values.astype(np.int16).astype(np.int32)
