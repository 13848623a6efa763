"""Which files are recordings, by their names alone: whoever only names files loads no reader."""

from typing import Final

RECORDING_SUFFIXES: Final = (".hea", ".edf", ".bdf", ".ecg")
"""Endings of the files that stand for a recording, in lower case."""
