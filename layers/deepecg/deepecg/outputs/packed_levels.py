"""Samples packed into text, for pages that draw them in the browser.

``packed_levels.js`` reads them. A packed text is base64 of a raw DEFLATE stream: the length of a
JSON document as four bytes, the document, and the steps from each level to the next. A step of
either sign is a number without a sign (0, -1, 1, -2 ... are 0, 1, 2, 3 ...) of 16 bits. First come
the lower bytes of all steps, then the upper ones, nearly all 0, so that these cost next to nothing.
Noise does not repeat itself: for steps, the strategy that looks for runs of one byte only takes a
third of the time of the default and packs better.
"""

import base64
import json
import zlib
from typing import Any

import numpy as np

from deepecg.arrays import Ints

MOST_LEVEL = 16_383
"""Largest level of either sign: any step between two of them fits into 16 bits."""


def pack_levels(document: dict[str, Any], levels: Ints) -> str:
    """Return a JSON document and levels as text of the characters of base64.

    Parameters
    ----------
    document : dict
        What a page needs beside the levels; without NaN.
    levels : ndarray of int64, shape (n,)
        Clipped to :data:`MOST_LEVEL`.
    """
    steps = np.diff(np.clip(levels, -MOST_LEVEL, MOST_LEVEL), prepend=0).astype(np.int32)
    unsigned = (2 * steps) ^ (steps >> 31)
    head = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    texts = _deflater(zlib.Z_DEFAULT_STRATEGY)
    numbers = _deflater(zlib.Z_RLE)
    packed = (
        texts.compress(len(head).to_bytes(4, "little") + head),
        texts.flush(zlib.Z_FULL_FLUSH),  # ends at a whole byte, without the mark of the end
        numbers.compress((unsigned & 0xFF).astype(np.uint8).tobytes()),
        numbers.compress((unsigned >> 8).astype(np.uint8).tobytes()),
        numbers.flush(),
    )
    return base64.b64encode(b"".join(packed)).decode("ascii")


def _deflater(strategy: int) -> "zlib._Compress":
    return zlib.compressobj(wbits=-zlib.MAX_WBITS, strategy=strategy)
