"""Annotations of EDF+ and BDF+ files, written by edfio."""

from datetime import date, time
from pathlib import Path

import edfio
import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, write_edf
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.readers.recording_content import codes

from deepecg.readers.edf_annotations import annotations
from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording

RATE = 200
SIGNALS = synthetic_ecg(12, RATE, n_leads=2)


def write(
    path: Path,
    *marks: tuple[float, float | None, str],
    start: time = time(9, 30),
    bdf: bool = False,
) -> Path:
    make, file = (edfio.BdfSignal, edfio.Bdf) if bdf else (edfio.EdfSignal, edfio.Edf)
    signals = [
        make(lead, RATE, label="ECG", physical_dimension="mV", physical_range=(-5, 5))
        for lead in SIGNALS.T
    ]
    file(
        signals,
        starttime=start,
        recording=edfio.Recording(startdate=date(2024, 3, 1)),
        data_record_duration=1.0,
        annotations=[edfio.EdfAnnotation(*mark) for mark in marks],
    ).write(path)
    return path


def marks_of(recording: Recording) -> list[tuple[float, float, str]]:
    assert {mark.source for mark in recording.marks} <= {"file"}
    return [(mark.start_s, mark.duration_s, mark.text) for mark in recording.marks]


def patched(path: Path, texts: dict[int, bytes]) -> Recording:
    """Open a discontinuous file to whose data records further annotations were added."""
    content = path.read_bytes()
    for onset, more in texts.items():
        slot = f"+{onset}\x14\x14\0".encode()
        assert content.count(slot + bytes(len(more))) == 1
        content = content.replace(slot + bytes(len(more)), slot + more)
    path.write_bytes(content)
    return open_recording(path)


@pytest.mark.parametrize("bdf", [False, True])
def test_annotations_with_a_text_are_marks(tmp_path: Path, bdf: bool) -> None:
    path = write(
        tmp_path / ("a.bdf" if bdf else "a.edf"),
        (7.5, None, "Schwindel, 2. Stock ½"), (3.25, 2.5, "Event"), (3.25, None, "button"),
        bdf=bdf,
    )  # fmt: skip
    recording = open_recording(path)
    assert marks_of(recording) == [
        (3.25, 0, "button"), (3.25, 2.5, "Event"), (7.5, 0, "Schwindel, 2. Stock ½")
    ]  # fmt: skip
    assert recording.warnings == ()
    assert "button" not in repr(recording)


def test_onsets_count_from_the_header_and_times_from_the_first_sample(tmp_path: Path) -> None:
    """A start of 9:30:00.25 is 9:30:00 in the header, and an onset of 0.25 s."""
    path = write(tmp_path / "a.edf", (4.0, None, "x"), start=time(9, 30, 0, 250_000))
    assert b"+0.25\x14\x14" in path.read_bytes()
    recording = open_recording(path)
    assert [mark.start_s for mark in recording.marks] == [4.0]  # edfio adds the 0.25 s to onsets
    assert b"+4.25\x14x\x14" in path.read_bytes()
    assert recording.start is not None
    assert recording.start.microsecond == 250_000


def test_what_is_outside_the_recording_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.edf", (-0.5, None, "Hans"), (12, None, "end"), (13, None, "Hans"))
    recording = open_recording(path)
    assert marks_of(recording) == [(12, 0, "end")]
    (warning,) = recording.warnings
    assert warning.code == "marks_outside"
    assert "found 2 of 3 marks" in warning.message
    assert "Hans" not in warning.message


def test_of_many_annotations_the_first_thousand_are_marks(tmp_path: Path) -> None:
    recording = open_recording(
        write(tmp_path / "a.edf", *[(1.0, None, f"{n}") for n in range(1500)])
    )
    assert len(recording.marks) == 1000
    assert codes(recording) == ["marks_left_out"]


def test_a_file_without_annotations_has_no_marks(tmp_path: Path) -> None:
    assert open_recording(write(tmp_path / "a.edf")).marks == ()
    assert open_recording(write_edf(tmp_path / "b.edf", SIGNALS, RATE)).marks == ()


def test_marks_of_a_discontinuous_file_are_where_its_samples_are(tmp_path: Path) -> None:
    onsets = [0, 1, 2, 3, 10, 11, 12, 13, 14, 20, 21, 22]
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    recording = patched(
        path, {11: b"+11.5\x14in\x14\0", 3: b"+6\x14gap\x14\0", 22: b"+2.25\x14old\x14\0"}
    )
    assert marks_of(recording) == [(2.25, 0, "old"), (6, 0, "gap"), (11.5, 0, "in")]


def test_a_time_can_have_a_text_after_that_of_its_record(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=range(12))
    content = path.read_bytes().replace(b"+5\x14\x14\0\0\0\0", b"+5\x14\x14a\x14b\0", 1)
    path.write_bytes(
        content.replace(b"+7\x14\x14\0" + bytes(8), b"+7\x14\x14\0+7.5\x15" + b"2\x14\0")
    )
    assert marks_of(open_recording(path)) == [(5, 0, "a"), (5, 0, "b")]


def test_a_slow_clock_does_not_move_marks_from_their_samples(tmp_path: Path) -> None:
    """An EDF+C file whose records begin every 1.01 s: its tenth record is at sample 2000."""
    onsets = [round(1.01 * record, 2) for record in range(12)]
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    path.write_bytes(path.read_bytes().replace(b"EDF+D", b"EDF+C"))
    recording = patched(path, {3.03: b"+10.605\x14x\x14\0"})  # type: ignore[dict-item]
    (mark,) = recording.marks
    assert mark.start_s * recording.sampling_rate_hz == pytest.approx(2100, abs=0.5)


def test_marks_after_a_gap_that_the_header_does_not_announce(tmp_path: Path) -> None:
    onsets = [*range(6), *range(106, 112)]
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    path.write_bytes(path.read_bytes().replace(b"EDF+D", b"EDF+C"))
    recording = patched(path, {5: b"+50\x14a\x14\0", 106: b"+107.5\x14b\x14\0"})
    assert marks_of(recording) == [(50, 0, "a"), (107.5, 0, "b")]


def test_all_annotation_signals_are_read(tmp_path: Path) -> None:
    """The second ECG lead becomes the first annotation signal, with the times of the records."""
    content = bytearray(write(tmp_path / "a.edf", (3.0, None, "first")).read_bytes())
    label = content.index(b"ECG ", 256 + 16)
    content[label : label + 16] = b"EDF Annotations "
    record_bytes = (len(content) - 4 * 256) // 12
    for record in range(12):
        at = 4 * 256 + record * record_bytes + 2 * RATE
        text = f"+{record}\x14\x14\0".encode()
        text += b"+8.5\x14second\xfc\x14\0" if record == 8 else b""  # \xfc is ü in Latin-1
        content[at : at + 2 * RATE] = text.ljust(2 * RATE, b"\0")
    (tmp_path / "a.edf").write_bytes(content)
    recording = open_recording(tmp_path / "a.edf")
    assert recording.leads == ("ECG",)
    assert marks_of(recording) == [(3, 0, "first"), (8.5, 0, "secondü")]


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_give_annotations_or_none(content: bytes) -> None:
    records = np.frombuffer(content.ljust(200, b"\0"), np.uint8).reshape(2, 100)
    assert all(text for _, _, text in annotations(records, [slice(0, 60), slice(60, 100)]))


def test_annotations_in_a_file_that_is_edf_by_its_header(tmp_path: Path) -> None:
    """As edfio writes them where they are added to an EDF file."""
    file = edfio.read_edf(write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II")))
    file.add_annotations([edfio.EdfAnnotation(7.5, None, "x")])
    file.write(tmp_path / "b.edf")
    assert b"EDF+" not in (tmp_path / "b.edf").read_bytes()[:256]
    assert marks_of(open_recording(tmp_path / "b.edf")) == [(7.5, 0, "x")]
