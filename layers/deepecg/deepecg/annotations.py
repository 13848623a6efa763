"""Beats as a WFDB annotation file, for PhysioNet's own tools and any viewer."""

import warnings
from pathlib import Path

from deepecg.classes import CLASSES
from deepecg.scored import ScoredRecording

EXTENSION = "deepecg"
NEUTRAL_NAME = "beats"
"""The library takes only letters, digits, hyphens and underscores; the file is renamed."""
SYMBOL_OF_CLASS = {"N": "N", "S": "S", "V": "V", "F": "F", "Q": "Q"}
"""AAMI classes and the PhysioNet annotation symbols that stand for them."""


def write_annotations(scored: ScoredRecording, folder: Path, name: str) -> Path:
    """Write the beats of a recording as ``folder/name.deepecg``.

    Parameters
    ----------
    scored : ScoredRecording
        Sample numbers are at the recording's own rate.
    folder : Path
        Where to.
    name : str
        Record name.

    Returns
    -------
    Path
        The file written.
    """
    sampling_rate_hz = scored.recording.sampling_rate_hz
    symbols = [SYMBOL_OF_CLASS[CLASSES[label]] for label in scored.beats.labels]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import wfdb  # noqa: PLC0415 - brings pandas, which only annotations need

        wfdb.wrann(
            NEUTRAL_NAME,
            EXTENSION,
            scored.beats.samples(sampling_rate_hz),
            symbols,
            fs=sampling_rate_hz,
            write_dir=str(folder),
        )
    written = folder / f"{NEUTRAL_NAME}.{EXTENSION}"
    return written.replace(folder / f"{name}.{EXTENSION}")
