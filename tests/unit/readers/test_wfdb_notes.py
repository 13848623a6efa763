"""Notes beside WFDB records, written by wfdb."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, wfdb, write_wfdb
from unit.readers.recording_content import codes

from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording


def write(
    folder: Path, extension: str, *notes: tuple[int, str, str], fs: float | None = 250
) -> None:
    """Write an annotation file: sample, symbol and text of each annotation."""
    samples, symbols, texts = zip(*notes, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wfdb.wrann(
            "rec", extension, np.array(samples), list(symbols), fs=fs, aux_note=list(texts),
            write_dir=str(folder),
        )  # fmt: skip


@pytest.fixture
def header(tmp_path: Path) -> Path:
    return write_wfdb(tmp_path / "rec.hea", synthetic_ecg(60))


def marks_of(recording: Recording) -> list[tuple[float, float, str]]:
    assert {mark.source for mark in recording.marks} <= {"file"}
    return [(mark.start_s, mark.duration_s, mark.text) for mark in recording.marks]


@pytest.mark.parametrize("extension", ["not", "event", "events"])
@pytest.mark.parametrize("fs", [None, 250])
def test_notes_are_marks(header: Path, extension: str, fs: float | None) -> None:
    write(
        header.parent, extension, (500, '"', "event button"), (1000, "N", ""), (2001, '"', "Übel"),
        fs=fs,
    )  # fmt: skip
    recording = open_recording(header)
    assert marks_of(recording) == [(2, 0, "event button"), (8.004, 0, "Übel")]
    assert recording.warnings == ()


def test_a_resolution_of_their_own_is_used(header: Path) -> None:
    write(header.parent, "not", (5000, '"', "x"), fs=1000)
    assert marks_of(open_recording(header)) == [(5, 0, "x")]


@pytest.mark.parametrize("extension", ["atr", "qrs", "man", "notes", "deepecg"])
def test_what_annotators_noted_beside_beats_is_not_the_patients(
    header: Path, extension: str
) -> None:
    write(header.parent, extension, (500, '"', "TS"), (1000, "N", ""))
    assert open_recording(header).marks == ()


def test_notes_after_the_end_are_left_out(header: Path) -> None:
    write(header.parent, "not", (500, '"', "a"), (99_000, '"', "Hans"))
    recording = open_recording(header)
    assert marks_of(recording) == [(2, 0, "a")]
    assert codes(recording) == ["marks_outside"]


@pytest.mark.parametrize("content", [b"\x01", b"Hans, born 1950\n" * 40, bytes(range(256)) * 9])
def test_a_damaged_file_stops_nothing(header: Path, content: bytes) -> None:
    header.with_suffix(".not").write_bytes(content)
    recording = open_recording(header)
    assert set(codes(recording)) <= {"bad_notes", "marks_outside"}
    assert "Hans" not in repr(recording.warnings)


def test_a_huge_file_is_not_read(header: Path) -> None:
    with header.with_suffix(".not").open("wb") as file:
        file.truncate(1 << 30)
    assert codes(open_recording(header)) == ["bad_notes"]
