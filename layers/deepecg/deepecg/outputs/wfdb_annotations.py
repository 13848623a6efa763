"""Beats as a WFDB annotation file, for PhysioNet's tools and viewers.

Signal quality annotations (``~``) mark stretches that cannot be analysed: subtype -1 begins a
stretch, subtype 0 ends it. ``bxb`` treats such a stretch as a shutdown, in which beats are not
counted as missed.
"""

import warnings
from pathlib import Path

import numpy as np

from deepecg.arrays import Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs.file_names import BEAT_EXTENSION
from deepecg.scored_recording import ScoredRecording

NEUTRAL_NAME = "beats"
"""Record name for the library, which accepts only letters, digits, hyphens and underscores. The
file is then renamed."""
QUALITY_SYMBOL = "~"
UNREADABLE, READABLE = -1, 0
"""Subtypes of a quality annotation, as PhysioNet's tools read them."""


def write_annotations(scored: ScoredRecording, folder: Path, name: str) -> Path:
    """Write the beats and the not analysable stretches of a recording as ``name.deepecg``.

    Parameters
    ----------
    scored : ScoredRecording
        The recording; sample numbers have its own sampling rate.
    folder : Path
        Folder for the file.
    name : str
        Record name.

    Returns
    -------
    Path
        The file written.
    """
    samples, symbols, subtypes = _annotations(scored)
    rate_hz = scored.recording.sampling_rate_hz
    path = folder / f"{name}.{BEAT_EXTENSION}"
    return write_annotation_file(path, samples, symbols, rate_hz, subtype=subtypes)


def write_annotation_file(
    path: Path, samples: Ints, symbols: list[str], sampling_rate_hz: float, **others: Ints
) -> Path:
    """Write a WFDB annotation file and return its path.

    Parameters
    ----------
    path : Path
        The file; its name may contain what the library does not accept.
    samples : ndarray of int64, shape (n,)
        Sample numbers, ascending.
    symbols : list of str
        PhysioNet annotation symbols.
    sampling_rate_hz : float
        Rate of the sample numbers.
    **others : ndarray of int64, shape (n,)
        Further fields of ``wfdb.wrann``, such as ``subtype`` or ``num``.
    """
    extension = path.suffix.removeprefix(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import wfdb  # noqa: PLC0415 - brings pandas, which only annotations need

        wfdb.wrann(
            NEUTRAL_NAME,
            extension,
            samples,
            symbols,
            fs=sampling_rate_hz,
            write_dir=str(path.parent),
            **others,
        )
    return (path.parent / f"{NEUTRAL_NAME}.{extension}").replace(path)


def _annotations(scored: ScoredRecording) -> tuple[Ints, list[str], Ints]:
    """Return sample numbers, symbols and subtypes of beats and changes of quality, by time."""
    recording = scored.recording
    beats = scored.beats.samples(recording.sampling_rate_hz)
    edges_s = np.flatnonzero(np.diff(~scored.flags.analysable, prepend=False))
    edges = np.rint(edges_s * recording.sampling_rate_hz).astype(np.int64)
    # PhysioNet's annotation symbols of the AAMI classes are their letters.
    symbols = [QUALITY_SYMBOL] * len(edges) + [CLASSES[label] for label in scored.beats.labels]
    subtypes = np.zeros(len(symbols), np.int64)
    subtypes[: len(edges)] = np.where(np.arange(len(edges)) % 2, READABLE, UNREADABLE)
    samples = np.concatenate([edges, beats])
    order = np.argsort(samples, kind="stable")
    return samples[order], [symbols[i] for i in order], subtypes[order]
