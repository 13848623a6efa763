"""Multi-segment records, and what is read where pieces of them are missing."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, write_wfdb
from numpy.typing import NDArray
from unit.readers.recording_content import codes, whole

from deepecg.errors import MalformedHeaderError, MissingPartError, NoSignalError
from deepecg.readers.found_recordings import files_in, sort_paths
from deepecg.readers.open_recording import open_recording

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # wfdb 4.3 calls what pandas 3 deprecates
    import wfdb

RATE = 100
ECG = synthetic_ecg(4, RATE, n_leads=2)
STORED = np.round(ECG * 200) / 200
"""What format 16 with a gain of 200 stores."""


def write_segments(folder: Path, variable: bool) -> Path:
    """100 frames, a gap of 50, 80 frames; in the variable layout the last has one lead only."""
    signals = synthetic_ecg(1, 100, n_leads=2)
    write_wfdb(folder / "s1.hea", signals, 100, ("II", "V5"))
    last = signals[:80, 1:] if variable else signals[:80]
    write_wfdb(folder / "s2.hea", last, 100, ("V5",) if variable else ("II", "V5"), fmt="212")
    lines = ["s1 100", "~ 50", "s2 80"]
    if variable:
        lines.insert(0, "layout 0")
        (folder / "layout.hea").write_text(
            "layout 2 100 0\n~ 0 200/mV 16 0 0 0 0 II\n~ 0 200/mV 16 0 0 0 0 V5\n"
        )
    path = folder / "r.hea"
    path.write_text(f"r/{len(lines)} 2 100 230\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize("chunk", [10**9, 33])
def test_multi_segment(tmp_path: Path, variable: bool, chunk: int) -> None:
    path = write_segments(tmp_path, variable)
    recording = open_recording(path)
    first, last = (wfdb.rdrecord(str(tmp_path / name)).p_signal for name in ("s1", "s2"))
    expected = np.full((230, 2), np.nan)
    expected[:100] = first
    expected[150:, -last.shape[1] :] = last
    if variable:  # wfdb fails on null segments in a fixed layout
        whole_record = wfdb.rdrecord(str(path.with_suffix(""))).p_signal
        np.testing.assert_array_equal(whole_record, expected)
    assert recording.leads == ("II", "V5")
    np.testing.assert_allclose(whole(recording, chunk), expected, atol=1e-6)
    assert list(sort_paths(files_in(tmp_path)).recordings) == [path]


def write_parts(folder: Path, *labels: tuple[str, str]) -> list[str]:
    """Write segments s1, s2, ... of 100 frames with these labels; return their names."""
    names = []
    for number, pair in enumerate(labels):
        name = f"s{number + 1}"
        part = ECG[number * 100 : (number + 1) * 100]
        write_wfdb(folder / f"{name}.hea", part, RATE, pair, start=None)
        names.append(name)
    return names


def write_master(folder: Path, lines: list[str], record: str = "{n} 2 100") -> Path:
    path = folder / "r.hea"
    path.write_text(f"r/{record.format(n=len(lines))}\n" + "\n".join(lines) + "\n")
    return path


def write_layout(folder: Path, *labels: str) -> None:
    lines = [f"~ 0 200/mV 16 0 0 0 0 {label}" for label in labels]
    (folder / "layout.hea").write_text("\n".join([f"layout {len(labels)} 100 0", *lines]) + "\n")


def remove_length(header: Path) -> None:
    header.write_text(header.read_text().replace(" 100 100", " 100", 1))


def test_the_records_own_lines_give_the_length(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, ("II", "V5"), ("II", "V5"))
    for part in parts:
        remove_length(tmp_path / f"{part}.hea")
    recording = open_recording(write_master(tmp_path, ["s1 100", "s2 100"]))
    assert codes(recording) == []
    np.testing.assert_allclose(whole(recording), STORED[:200], atol=1e-6)


def test_segments_of_unknown_length_have_that_of_their_header_or_file(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"), ("II", "V5"))
    remove_length(tmp_path / "s2.hea")
    recording = open_recording(write_master(tmp_path, ["s1 0", "s2 0"]))
    np.testing.assert_allclose(whole(recording), STORED[:200], atol=1e-6)


def test_fewer_lines_of_segments_than_announced(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"), ("II", "V5"))
    path = write_master(tmp_path, ["s1 100", "s2 100"], "3 2 100 200")
    recording = open_recording(path)
    assert codes(recording) == ["missing_header_lines"]
    assert recording.lost_s == 0
    path = write_master(tmp_path, ["s1 100", "s2 100"], "3 2 100 300")
    recording = open_recording(path)
    assert codes(recording) == ["missing_header_lines", "sample_count_mismatch"]
    assert recording.lost_s == 1
    np.testing.assert_allclose(whole(recording), STORED[:200], atol=1e-6)


def test_the_nth_signal_of_a_label_is_the_nth(tmp_path: Path) -> None:
    for part in write_parts(tmp_path, ("I", "II"), ("I", "II")):
        header = tmp_path / f"{part}.hea"  # wfdb writes no label twice
        header.write_text(header.read_text().replace(" II\n", " ECG\n").replace(" I\n", " ECG\n"))
    write_layout(tmp_path, "ECG", "ECG")
    recording = open_recording(write_master(tmp_path, ["layout 0", "s1 100", "s2 100"]))
    assert recording.leads == ("ECG", "ECG#2")
    np.testing.assert_allclose(whole(recording), STORED[:200], atol=1e-6)


@pytest.mark.parametrize("variable", [False, True])
def test_other_order_gain_and_unit_in_a_segment(tmp_path: Path, variable: bool) -> None:
    write_parts(tmp_path, ("II", "V5"))
    second = ECG[100:200, ::-1] * 1000
    write_wfdb(tmp_path / "s2.hea", second, RATE, ("V5", "II"), gain=0.5, units="uV", start=None)
    lines = ["s1 100", "s2 100"]
    if variable:
        write_layout(tmp_path, "II", "V5")
        lines.insert(0, "layout 0")
    recording = open_recording(write_master(tmp_path, lines))
    assert recording.leads == ("II", "V5")
    assert codes(recording) == []
    np.testing.assert_allclose(whole(recording), ECG[:200], atol=0.0026)
    # half a step of 1/200 mV, and of 2 uV


@pytest.mark.parametrize("fixed", [True, False])
def test_labels_of_segments_match_whatever_their_case(tmp_path: Path, *, fixed: bool) -> None:
    write_parts(tmp_path, ("II", "Ecg V5"), ("ii", "ECG v5"))
    lines = ["s1 100", "s2 100"]
    if not fixed:
        write_layout(tmp_path, "II", "ECG V5")
        lines.insert(0, "layout 0")
    recording = open_recording(write_master(tmp_path, lines))
    assert codes(recording) == []
    np.testing.assert_allclose(whole(recording), STORED[:200], atol=1e-6)


def test_renamed_signals_of_a_fixed_layout_are_matched_by_number(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"), ("MLII", "MV5"))
    recording = open_recording(write_master(tmp_path, ["s1 100", "s2 100"]))
    assert codes(recording) == ["other_labels"]
    np.testing.assert_allclose(whole(recording), STORED[:200], atol=1e-6)


def test_a_lead_that_a_segment_does_not_have_is_a_gap(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"))
    write_wfdb(tmp_path / "s2.hea", ECG[100:200, 1:], RATE, ("V5",), start=None)
    expected = STORED[:200].copy()
    expected[100:, 0] = np.nan
    recording = open_recording(write_master(tmp_path, ["s1 100", "s2 100"]))
    np.testing.assert_allclose(whole(recording), expected, atol=1e-6)


def test_a_segment_in_which_a_lead_is_no_voltage_is_a_gap(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"))
    write_wfdb(tmp_path / "s2.hea", ECG[100:200], RATE, ("II", "V5"), units="mmHg", start=None)
    recording = open_recording(write_master(tmp_path, ["s1 100", "s2 100"]))
    assert codes(recording) == ["other_units"]
    assert "1.0 s" in recording.warnings[0].message
    assert np.isfinite(whole(recording)).all(axis=1).nonzero()[0].tolist() == list(range(100))


def test_rates_of_segments(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"), ("II", "V5"))
    header = tmp_path / "s2.hea"
    text = header.read_text()
    header.write_text(text.replace("s2 2 100 100", "s2 2"))
    recording = open_recording(write_master(tmp_path, ["s1 100", "s2 100"]))
    assert (recording.sampling_rate_hz, recording.n_samples) == (100, 200)
    recording = open_recording(write_master(tmp_path, ["s1 100", "s2 100"], "2 2"))
    assert (recording.sampling_rate_hz, codes(recording)) == (100, [])
    header.write_text(text.replace("s2 2 100 100", "s2 2 50 100"))
    with pytest.raises(MalformedHeaderError, match="50 Hz"):
        open_recording(write_master(tmp_path, ["s1 100", "s2 100"]))


def gap(signals: NDArray[np.float64], start: int, stop: int) -> NDArray[np.float64]:
    with_gap = signals.copy()
    with_gap[start:stop] = np.nan
    return with_gap


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("suffix", [".hea", ".dat"])
def test_missing_segment_is_a_gap(tmp_path: Path, variable: bool, number: int, suffix: str) -> None:
    write_parts(tmp_path, ("II", "V5"), ("II", "V5"), ("II", "V5"))
    lines = ["s1 100", "s2 100", "s3 100"]
    if variable:
        write_layout(tmp_path, "II", "V5")
        lines.insert(0, "layout 0")
    (tmp_path / f"s{number}{suffix}").unlink()
    recording = open_recording(write_master(tmp_path, lines))
    assert codes(recording) == ["missing_part"]
    assert "1.0 s" in recording.warnings[0].message
    expected = gap(STORED[:300], (number - 1) * 100, number * 100)
    np.testing.assert_allclose(whole(recording), expected, atol=1e-6)


def test_damaged_header_of_a_segment_is_a_gap(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"), ("II", "V5"))
    (tmp_path / "s2.hea").write_text("\x00")
    recording = open_recording(write_master(tmp_path, ["s1 100", "s2 100"]))
    assert codes(recording) == ["missing_part"]
    np.testing.assert_allclose(whole(recording), gap(STORED[:200], 100, 200), atol=1e-6)


def test_missing_layout(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"), ("V5", "II"))
    recording = open_recording(write_master(tmp_path, ["layout 0", "s1 100", "s2 100"]))
    expected = STORED[:200].copy()
    expected[100:] = expected[100:, ::-1]
    assert recording.leads == ("II", "V5")
    np.testing.assert_allclose(whole(recording), expected, atol=1e-6)


def test_all_segments_missing(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"))
    (tmp_path / "s1.dat").unlink()
    for lines in (["s1 100", "s1 100"], ["x 100", "y 100"], ["layout 0", "x 100"]):
        with pytest.raises(MissingPartError):
            open_recording(write_master(tmp_path, lines))


def test_truncated_segment_ends_in_a_gap(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"), ("II", "V5"))
    data = tmp_path / "s1.dat"
    data.write_bytes(data.read_bytes()[: 60 * 4 + 3])
    recording = open_recording(write_master(tmp_path, ["s1 100", "s2 100"]))
    assert codes(recording) == ["truncated_samples"]
    assert "0.400 s" in recording.warnings[0].message
    np.testing.assert_allclose(whole(recording, 37), gap(STORED[:200], 60, 100), atol=1e-6)


def test_a_segment_longer_than_its_line_is_cut_there(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"), ("II", "V5"))
    recording = open_recording(write_master(tmp_path, ["s1 70", "s2 100"]))
    expected = np.concatenate([STORED[:70], STORED[100:200]])
    np.testing.assert_allclose(whole(recording), expected, atol=1e-6)


def test_names_in_another_case(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"), ("II", "V5"))
    for name in ("s1.hea", "s1.dat", "s2.hea", "s2.dat"):
        shutil.move(tmp_path / name, tmp_path / name.upper())
    path = write_master(tmp_path, ["s1 100", "s2 100"])
    shutil.move(path, tmp_path / "R.HEA")
    assert list(sort_paths(files_in(tmp_path)).recordings) == [tmp_path / "R.HEA"]
    for name in ("R.HEA", "R", "r", "r.hea"):
        np.testing.assert_allclose(whole(open_recording(tmp_path / name)), STORED[:200], atol=1e-6)


@pytest.mark.parametrize(
    "lines",
    [
        ["s1 100", "~ 10000", "s1 100"],
        ["s1 100"] * 60,
        [name for name in ("s1", "alias") for _ in range(30)],
    ],
)
def test_far_more_time_than_samples_is_rejected(tmp_path: Path, lines: list[str]) -> None:
    write_parts(tmp_path, ("II", "V5"))
    text = (tmp_path / "s1.hea").read_text()
    (tmp_path / "alias.hea").write_text(text.replace("s1 2", "alias 2"))
    lines = [line if " " in line else f"{line} 100" for line in lines]
    with pytest.raises(NoSignalError):
        open_recording(write_master(tmp_path, lines))


def test_a_segment_may_be_repeated(tmp_path: Path) -> None:
    write_parts(tmp_path, ("II", "V5"))
    recording = open_recording(write_master(tmp_path, ["s1 100"] * 3))
    np.testing.assert_allclose(whole(recording), np.tile(STORED[:100], (3, 1)), atol=1e-6)
