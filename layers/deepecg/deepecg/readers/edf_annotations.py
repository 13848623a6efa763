"""Annotations of EDF+ and BDF+ files, as time-stamped annotations lists (TALs).

References
----------
Kemp B, Olivan J. European data format 'plus' (EDF+), section 2.2.4. Clin Neurophysiol 2003;
114:1755-1761. doi:10.1016/S1388-2457(03)00123-8
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats, Ints
from deepecg.readers.patient_marks import decoded

_ENDS_TIME: Final = 0x14
_RECORD_ONSET: Final = re.compile(
    rb"([+-][0-9]{1,12})(?:[.,]([0-9]{0,12}))?(?:\x15[0-9.,]*)?\x14\x14"
)
"""The first list of a data record: its onset, without a text. Its sign has to be the first byte: a
missing byte before it has misplaced the data record's samples, too."""
_ONSET_BYTES: Final = 64
"""The list with the onset of a data record lies within as many bytes."""
_TIME: Final = re.compile(
    rb"([+-][0-9]{1,12}(?:\.[0-9]{0,12})?)(?:\x15([0-9]{1,12}(?:\.[0-9]{0,12})?))?\x14"
)
"""Onset, and the duration if there is one, in seconds."""
_CHUNK_BYTES: Final = 1 << 24


def record_onsets(records: NDArray[np.uint8], place: slice) -> tuple[Floats, Ints]:
    """Return the onset of each data record in seconds, and the decimals it is written with.

    Parameters
    ----------
    records : ndarray of uint8, shape (n_records, n_bytes)
        The data records.
    place : slice
        The bytes of the first annotation signal in a data record.

    Returns
    -------
    ndarray of float64, shape (n_records,)
        Counted from the start in the header; NaN where a data record has no onset.
    ndarray of int64, shape (n_records,)
        0 where there is no onset.
    """
    found = np.fromiter(_onsets(records, place), np.dtype("f8,i8"), len(records))
    return found["f0"].copy(), found["f1"].copy()


def _onsets(records: NDArray[np.uint8], place: slice) -> Iterator[tuple[float, int]]:
    width = min(place.stop - place.start, _ONSET_BYTES)
    step = max(_CHUNK_BYTES // max(width, 1), 1)
    match = _RECORD_ONSET.match
    for first in range(0, len(records), step):
        chunk = records[first : first + step, place.start : place.start + width].tobytes()
        for at in range(0, len(chunk), width):
            if found := match(chunk, at, at + width):
                whole, fraction = found.groups(b"")
                yield float(whole + b"." + fraction), len(fraction)
            else:
                yield math.nan, 0


def annotations(
    records: NDArray[np.uint8], places: Sequence[slice]
) -> Iterator[tuple[float, float, str]]:
    """Yield onset and duration in seconds and the text of each annotation that has a text.

    Parameters
    ----------
    records : ndarray of uint8, shape (n_records, n_bytes)
        The data records.
    places : sequence of slice
        The bytes of each annotation signal in a data record.

    Yields
    ------
    float, float, str
        The onset counts from the start in the header. The duration is 0 if there is none.
    """
    for place in places:
        n_bytes = place.stop - place.start
        step = max(_CHUNK_BYTES // max(n_bytes, 1), 1)
        for first in range(0, len(records), step):
            chunk = np.ascontiguousarray(records[first : first + step, place])
            # Most records have only the time of their start, which no text follows.
            ends, after = chunk[:, :-1] == _ENDS_TIME, chunk[:, 1:]
            with_text = (ends & (after != _ENDS_TIME) & (after != 0)).any(axis=1)
            for record in np.flatnonzero(with_text):
                yield from _annotations_of(chunk[record].tobytes())


def _annotations_of(field: bytes) -> Iterator[tuple[float, float, str]]:
    for entry in field.split(b"\0"):
        if time := _TIME.match(entry):
            for text in entry[time.end() :].split(b"\x14"):
                if text:
                    yield float(time[1]), float(time[2] or 0), decoded(text)
