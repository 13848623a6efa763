import subprocess
import sys
import tracemalloc
import warnings
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, write_wfdb
from unit.readers.recording_content import codes, whole

from deepecg.errors import (
    CalibrationError,
    EmptyFileError,
    MalformedHeaderError,
    MissingPartError,
    NoLeadsError,
    RefusedRecordingError,
    SamplingRateError,
    TruncatedHeaderError,
    TruncatedSamplesError,
)
from deepecg.readers.open_recording import open_recording
from deepecg.readers.wfdb_header import record_files

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # wfdb 4.3 calls what pandas 3 deprecates
    import wfdb

FORMATS = ["8", "16", "24", "32", "61", "80", "160", "212", "310", "311", "508", "516", "524"]
GAIN = 50.0  # A/D units per mV: 2 mV fit the 8 bits of formats 80 and 508


def write_header(folder: Path, text: str, name: str = "r", **files: bytes) -> Path:
    for file, content in files.items():
        (folder / file.replace("_", ".")).write_bytes(content)
    path = folder / f"{name}.hea"
    path.write_bytes(text.encode("latin-1"))
    return path


@pytest.mark.parametrize(
    "record", ["mitdb/100", "mitdb/114", "mitdb/208", "svdb/800", "nstdb/118e06", "nstdb/118e12"]
)
def test_chunks_equal_what_wfdb_reads_at_once(data_dir: Path, record: str) -> None:
    expected = wfdb.rdrecord(str(data_dir / record))
    recording = open_recording(data_dir / record)
    assert recording.sampling_rate_hz == expected.fs
    assert recording.leads == tuple(expected.sig_name)
    assert recording.n_samples == expected.sig_len
    np.testing.assert_allclose(whole(recording, 37_777), expected.p_signal, rtol=0, atol=1e-6)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("chunk", [10**9, 997])
def test_every_signal_format(tmp_path: Path, fmt: str, chunk: int) -> None:
    signals = synthetic_ecg(20.02, 250, n_leads=3)
    digital = np.round(signals * GAIN)
    recording = open_recording(write_wfdb(tmp_path / "r.hea", signals, fmt=fmt, gain=GAIN))
    assert recording.leads == ("I", "II", "V1")
    assert recording.start == datetime(2024, 3, 1, 9, 30)
    np.testing.assert_allclose(whole(recording, chunk), digital / GAIN, rtol=0, atol=1e-6)


@pytest.mark.parametrize("fmt", ["8", "212", "310", "311", "516"])
def test_reading_back_and_forth_gives_the_same(tmp_path: Path, fmt: str) -> None:
    signals = synthetic_ecg(12, n_leads=2)
    recording = open_recording(write_wfdb(tmp_path / "r.hea", signals, fmt=fmt, gain=GAIN))
    expected = np.round(signals * GAIN) / GAIN
    for start, stop in [(2001, 2500), (13, 14), (0, 7), (2995, 3000), (1, 2999)]:
        for lead in (1, 0):
            np.testing.assert_allclose(
                recording.read(lead, start, stop), expected[start:stop, lead], rtol=0, atol=1e-6
            )


@pytest.mark.parametrize("fmt", ["16", "212", "80"])
def test_missing_samples_are_nan(tmp_path: Path, fmt: str) -> None:
    signals = synthetic_ecg(4, n_leads=1)
    lowest = {"16": -32768, "212": -2048, "80": -128}[fmt] / GAIN
    signals[100:200] = lowest
    recording = open_recording(write_wfdb(tmp_path / "r.hea", signals, fmt=fmt, gain=GAIN))
    assert np.isnan(recording.read(0, 0, 1000)).nonzero()[0].tolist() == list(range(100, 200))


def test_signals_in_several_files(tmp_path: Path) -> None:
    one, two = np.arange(1000, dtype="<i2"), np.arange(1000, dtype="<i2") * -2
    write_header(
        tmp_path,
        "r 2 250 1000\na.dat 16+4 100/mV 16 0 0 0 0 II\nb.dat 61 100/mV 16 0 0 0 0 V1\n",
        a_dat=b"skip" + one.tobytes(),
        b_dat=two.astype(">i2").tobytes(),
    )
    recording = open_recording(tmp_path / "r.hea")
    assert recording.leads == ("II", "V1")
    np.testing.assert_allclose(recording.read(1, 10, 20), two[10:20] / 100, atol=1e-6)
    np.testing.assert_allclose(recording.read(0, 10, 20), one[10:20] / 100, atol=1e-6)


def test_skewed_signal_is_moved_and_ends_in_nan(tmp_path: Path) -> None:
    content = np.stack([np.arange(500), np.arange(500) + 1000], axis=1).astype("<i2")
    path = write_header(
        tmp_path,
        "r 2 250 500\nr.dat 16 1/mV 16 0 0 0 0 I\nr.dat 16:7 1/mV 16 0 0 0 0 II\n",
        r_dat=content.tobytes(),
    )
    expected = wfdb.rdrecord(str(path.with_suffix(""))).p_signal
    recording = open_recording(path)
    np.testing.assert_array_equal(whole(recording, 64), expected)
    assert np.isnan(recording.read(1, 0, 500)).sum() == 7


def test_several_samples_per_frame_are_averaged(tmp_path: Path) -> None:
    frames = np.arange(300 * 5, dtype="<i2").reshape(300, 5)
    text = "r 2 125 300\nr.dat 16x4 10/mV 16 0 0 0 0 II\nr.dat 16 10/mV 16 0 0 0 0 V\n"
    recording = open_recording(write_header(tmp_path, text, r_dat=frames.tobytes()))
    assert recording.sampling_rate_hz == 125
    np.testing.assert_allclose(
        recording.read(0, 5, 300), frames[5:, :4].mean(axis=1) / 10, rtol=1e-6
    )
    np.testing.assert_allclose(recording.read(1, 5, 300), frames[5:, 4] / 10, rtol=1e-6)


def test_slow_frames_are_expanded(tmp_path: Path) -> None:
    """Headers made from EDF often have frames of one second."""
    frames = np.arange(30 * 201, dtype="<i2").reshape(30, 201)
    text = "r 2 1 30\nr.dat 16x200 10/mV 16 0 0 0 0 ECG\nr.dat 16 10/mV 16 0 0 0 0 ECG2\n"
    recording = open_recording(write_header(tmp_path, text, r_dat=frames.tobytes()))
    assert recording.sampling_rate_hz == 200
    assert recording.leads[0] == "ECG"
    np.testing.assert_allclose(
        whole(recording, 333)[:, 0], frames[:, :200].reshape(-1) / 10, rtol=1e-6
    )


def test_length_from_the_file_when_the_header_has_none(tmp_path: Path) -> None:
    text = "r 2 250\nr.dat 212 200 12 0 0 0 0 I\nr.dat 212 200 12 0 0 0 0 II\n"
    recording = open_recording(write_header(tmp_path, text, r_dat=bytes(3 * 500)))
    assert recording.n_samples == 500
    assert whole(recording, 77).shape == (500, 2)


@pytest.mark.parametrize(
    ("unit", "factor"), [("mV", 1), ("uV", 1e-3), ("\xb5V", 1e-3), ("V", 1e3), ("nV", 1e-6)]
)
def test_units_become_millivolts(tmp_path: Path, unit: str, factor: float) -> None:
    content = np.arange(100, dtype="<i2")
    text = f"r 1 250 100\nr.dat 16 4(10)/{unit} 16 0 0 0 0 II\n"
    recording = open_recording(write_header(tmp_path, text, r_dat=content.tobytes()))
    np.testing.assert_allclose(
        recording.read(0, 0, 100), (content - 10) / 4 * factor, rtol=1e-6, atol=1e-12
    )


def test_utf8_micro_sign(tmp_path: Path) -> None:
    content = np.arange(100, dtype="<i2")
    text = "r 1 250 100\nr.dat 16 4/\u00b5V 16 0 0 0 0 II\n".encode().decode("latin-1")
    recording = open_recording(write_header(tmp_path, text, r_dat=content.tobytes()))
    np.testing.assert_allclose(recording.read(0, 0, 100), content / 4000, rtol=1e-6)


@pytest.mark.parametrize("gain", ["0", "0/mV", "0(0)/mV 16", ""])
def test_missing_gain_is_200_with_a_warning(tmp_path: Path, gain: str) -> None:
    content = np.arange(100, dtype="<i2")
    path = write_header(tmp_path, f"r 1 250 100\nr.dat 16 {gain}\n", r_dat=content.tobytes())
    recording = open_recording(path)
    assert "uncalibrated" in codes(recording)
    np.testing.assert_allclose(recording.read(0, 0, 100), content / 200, rtol=1e-6)


def test_baseline_is_the_adc_zero_unless_given(tmp_path: Path) -> None:
    content = np.arange(100, dtype="<i2").tobytes()
    text = "r 2 250 50\nr.dat 16 10 12 40 0 0 0 a\nr.dat 16 10(7) 12 40 0 0 0 b\n"
    path = write_header(tmp_path, text, r_dat=content)
    expected = wfdb.rdrecord(str(path.with_suffix(""))).p_signal
    np.testing.assert_allclose(whole(open_recording(path)), expected, atol=1e-6)
    assert expected[0].tolist() == [-4.0, pytest.approx(-0.6)]


@pytest.mark.parametrize(
    ("unit", "name"),
    [("mmHg", "ABP"), ("bpm", "HR"), ("NU", "PLETH"), ("mV", "RESP"), ("mV", "EEG (C4-A1)")],
)
def test_other_signals_are_excluded(tmp_path: Path, unit: str, name: str) -> None:
    lines = f"r.dat 16 10/{unit} 16 0 0 0 0 {name}\nr.dat 16 10/mV 16 0 0 0 0 MLII\n"
    recording = open_recording(
        write_header(tmp_path, f"r 2 250 50\n{lines}", r_dat=np.arange(100, dtype="<i2").tobytes())
    )
    assert recording.leads == ("MLII",)
    assert codes(recording) == ["not_ecg"]
    assert recording.read(0, 3, 4).tolist() == [pytest.approx(0.7)]
    with pytest.raises(NoLeadsError):
        open_recording(
            write_header(tmp_path, f"r 1 250 50\n{lines.splitlines()[0]}\n", r_dat=bytes(100))
        )


@pytest.mark.parametrize(
    ("comment", "paced"),
    [
        ("# The rhythm is paced with a demand pacemaker.", True),
        ("# resulting in a paced rhythm", True),
        ("# <age>: 80 <pacemaker>: no", False),
        ("# Pacemaker: yes", True),
        ("# Pacemaker: no\n# paced rhythm", None),
        ("# wandering atrial pacemaker", None),
        ("# no paced rhythm", None),
        ("# Norpace, Digoxin, Jane Doe", None),
    ],
)
def test_pacing_in_comments(tmp_path: Path, comment: str, paced: bool | None) -> None:
    text = f"r 1 250 50\nr.dat 16\n{comment}\n"
    recording = open_recording(write_header(tmp_path, text, r_dat=bytes(100)))
    assert recording.paced is paced
    assert "Doe" not in repr(recording)


def test_record_files() -> None:
    assert record_files(b"r/4 2 250\nl 0\ns1 9\n~ 9\ns2 9\n") == ("l.hea", "s1.hea", "s2.hea")
    assert record_files(b"l 2 250 0\n~ 0 200\n~ 0 200\n") == ()
    assert record_files(b"# c\r\n\r\nr 2 250\r\na.dat 16\r\nb.dat 212\r\n") == ("a.dat", "b.dat")


LINE = "r.dat 16 200 16 0 0 0 0 II\n"
REFUSED = {
    "only comments": ("# nothing\n", TruncatedHeaderError),
    "no record line": ("hello world, this is text\n", MalformedHeaderError),
    "zero byte": (f"r 1 250 50\n{LINE}\0", MalformedHeaderError),
    "no number of signals": ("r\n", MalformedHeaderError),
    "fewer signal lines": (f"r 3 250 40\n{LINE}", TruncatedHeaderError),
    "no signal lines": ("r 3 250 50\n", TruncatedHeaderError),
    "no segment lines": ("r/3 1 250 50\n", TruncatedHeaderError),
    "no segments": ("r/0 1 250 50\n", MalformedHeaderError),
    "1e9 segments": ("r/1000000000 1 250 50\n", MalformedHeaderError),
    "no signals": ("r 0 250 50\n", NoLeadsError),
    "null signals": ("r 1 250 50\n~ 0 200\n", NoLeadsError),
    "unknown format": ("r 1 250 50\nr.dat 17 200\n", MalformedHeaderError),
    "broken signal line": ("r 1 250 50\nr.dat sixteen\n", MalformedHeaderError),
    "broken gain": ("r 1 250 50\nr.dat 16 1.2.3/mV\n", MalformedHeaderError),
    "infinite gain": ("r 1 250 50\nr.dat 16 1e999/mV\n", CalibrationError),
    "rate 0": (f"r 1 0 50\n{LINE}", SamplingRateError),
    "rate 1e9": (f"r 1 1e9 50\n{LINE}", SamplingRateError),
    "rate no number": (f"r 1 1.2.3 50\n{LINE}", MalformedHeaderError),
    "not a sample": ("r 60 250 50\n" + 60 * "r.dat 16 200 16 0 0 0 0 II\n", TruncatedSamplesError),
    "no such file": ("r 1 250 50\nother.dat 16\n", MissingPartError),
    "no such segment": ("r/1 1 250 50\nother 50\n", MissingPartError),
    "segment of itself": ("r/1 1 250 50\nr 50\n", MalformedHeaderError),
    "empty segments": ("r/1 1 250 50\n~ 0\n", TruncatedSamplesError),
    "several formats": ("r 2 250 5\nr.dat 16\nr.dat 212\n", MalformedHeaderError),
    "1e9 leads": ("r 1000000000 250 50\n", MalformedHeaderError),
    "1e15 samples of gap": ("r/1 1 250\n~ 1000000000000000\n", RefusedRecordingError),
    "1e9 samples per frame": ("r 1 250 50\nr.dat 16x1000000000\n", MalformedHeaderError),
    "1e12 frames of skew": ("r 1 250 50\nr.dat 16:1000000000000\n", MalformedHeaderError),
    "1e12 bytes of offset": ("r 1 250 50\nr.dat 16+1000000000000\n", TruncatedSamplesError),
    "not FLAC": ("r 1 250 50\nr.dat 516 200\n", MalformedHeaderError),
    "huge number": (f"r 1 250 {'9' * 5000}\n{LINE}", MalformedHeaderError),
} | {
    f"path {name!r}": (f"r 1 250 50\n{name} 16\n", MalformedHeaderError)
    for name in [
        "../r.dat",
        "..",
        "/etc/passwd",
        "a/b.dat",
        r"a\b.dat",
        r"C:\r.dat",
        "http://h/r.dat",
        "s3://b/r.dat",
        "x::http://h/r.dat",
        "-",
        "~root",
        ".",
        126 * "é" + ".dat",  # 256 bytes: a download under this name fails
    ]
}


@pytest.mark.parametrize("case", REFUSED)
def test_damaged_file_is_rejected(tmp_path: Path, case: str) -> None:
    text, error = REFUSED[case]
    path = write_header(tmp_path, text, r_dat=bytes(100))
    tracemalloc.start()
    try:
        with pytest.raises(error) as caught:
            open_recording(path)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
    assert str(tmp_path) not in str(caught.value)
    assert "r.dat" not in str(caught.value)


def test_empty_header(tmp_path: Path) -> None:
    with pytest.raises(EmptyFileError):
        open_recording(write_header(tmp_path, ""))


def test_segment_name_with_a_path_is_rejected(tmp_path: Path) -> None:
    for name in ("../r", "/r", "a/r", "http://h/r", 252 * "r"):
        with pytest.raises(MalformedHeaderError):
            record_files(f"r/1 1 250 50\n{name} 50\n".encode())


def test_longest_file_names_are_accepted() -> None:
    name = 251 * "r"
    assert record_files(f"r/1 1 250 50\n{name} 50\n".encode()) == (f"{name}.hea",)
    assert record_files(f"r 1 250 50\n{name}.dat 16\n".encode()) == (f"{name}.dat",)


def test_damaged_flac_is_rejected_when_read(tmp_path: Path) -> None:
    signals = np.random.default_rng(0).normal(0, 0.5, (20_000, 1))
    path = write_wfdb(tmp_path / "r.hea", signals, fmt="516")
    data = path.with_suffix(".dat")
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    recording = open_recording(path)
    with pytest.raises(TruncatedSamplesError):
        recording.read(0, 0, 20_000)


def test_file_deleted_after_opening_is_an_os_error(tmp_path: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", synthetic_ecg(4))
    recording = open_recording(path)
    path.with_suffix(".dat").unlink()
    with pytest.raises(FileNotFoundError):
        recording.read(0, 0, 10)


def test_importing_readers_loads_no_format_library() -> None:
    script = (
        "import sys, deepecg.readers; "
        "print(sorted({'wfdb', 'pandas', 'edfio', 'soundfile'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
