"""Reads what is compressed in a PDF."""

import re
import zlib


def streams(pdf: bytes, containing: bytes = b" cm\n") -> list[str]:
    """Return the parts of a PDF that contain something, by default the drawings of all pages."""
    found = []
    for begin in re.finditer(rb"stream\r?\n", pdf):
        try:
            text = zlib.decompressobj().decompress(pdf[begin.end() :])
        except zlib.error:
            continue
        if containing in text:
            found.append(text.decode("latin-1"))
    return found
