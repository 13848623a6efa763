"""The patient's marks beside a WFDB record: annotation files that contain notes.

References
----------
Moody GB. WFDB Applications Guide: annot(5). https://physionet.org/physiotools/wag/annot-5.htm
"""

import warnings as python_warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deepecg.readers.files_beside import FilesBeside
from deepecg.readers.patient_marks import decoded
from deepecg.readers.suffixes_beside import MAX_BYTES_BESIDE, NOTE_SUFFIXES
from deepecg.recording import PatientMark

_NOTE: Final = 22
"""Code of a NOTE annotation (``"``), whose auxiliary text is the note."""


def read_notes(
    header: Path, beside: FilesBeside, rate_hz: float, warnings: dict[str, str]
) -> Iterator[PatientMark]:
    """Yield the notes in annotation files beside a header.

    Parameters
    ----------
    header : Path
        The record's header.
    beside : FilesBeside
        The files in its folder.
    rate_hz : float
        Frames per second, which the times count unless the file gives a resolution of its own.
    warnings : dict of str to str
        Gets ``bad_notes`` if a file is too large or cannot be parsed; it is then ignored.
    """
    for suffix in NOTE_SUFFIXES:
        path = beside.find(header.with_suffix(suffix).name)
        if path is None:
            continue
        try:
            if path.stat().st_size > MAX_BYTES_BESIDE:
                raise ValueError
            yield from _notes(path, rate_hz)
        except MemoryError:
            raise
        except Exception:
            # Any other error of the parser comes from the file's content.
            warnings["bad_notes"] = (
                f"found an annotation file {suffix} that cannot be read, expected a WFDB "
                f"annotation file of at most {MAX_BYTES_BESIDE} bytes"
            )


def _notes(path: Path, rate_hz: float) -> Iterator[PatientMark]:
    with python_warnings.catch_warnings():
        # Importing wfdb 4.3 makes pandas 3 warn about deprecated calls.
        python_warnings.simplefilter("ignore")
        from wfdb import rdann  # noqa: PLC0415  (loads pandas, which only WFDB files need)

        found = rdann(
            str(path.with_suffix("")), path.suffix[1:], return_label_elements=["label_store"]
        )
    rate = found.fs or rate_hz
    for sample, code, note in zip(found.sample, found.label_store, found.aux_note, strict=True):
        if code == _NOTE:
            text = decoded(note.encode("latin-1"))
            yield PatientMark(float(sample) / rate, 0.0, text, "file")
