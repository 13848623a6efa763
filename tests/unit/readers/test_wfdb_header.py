"""Header lines in the forms that recorders and damage give them."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from unit.readers.recording_content import codes

from deepecg.errors import MalformedHeaderError
from deepecg.readers.open_recording import open_recording
from deepecg.readers.wfdb_header import parse_header

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # wfdb 4.3 calls what pandas 3 deprecates
    import wfdb


@pytest.mark.parametrize(
    ("field", "gain", "baseline", "unit"),
    [
        ("1000.0(-250.5)/mV", 1000, -250.5, "mV"),
        ("200(0.5)/mV", 200, 0.5, "mV"),
        ("1000(-12.7)/uV", 1000, -12.7, "uV"),
        ("-200/mV", -200, 0, "mV"),
        ("2e2(1e1)/mV", 200, 10, "mV"),
        ("1.5E-3/V", 0.0015, 0, "V"),
        (".5/uV", 0.5, 0, "uV"),
        ("200mV", 200, 0, "mV"),
        ("200(7)uV", 200, 7, "uV"),
        ("200 (7)/uV", 200, 7, "uV"),
        ("200()/mV", 200, 0, "mV"),
        ("200 /mV", 200, 0, "mV"),
        ("200,5(1,5)/mV", 200.5, 1.5, "mV"),
    ],
)
def test_gain_baseline_and_unit(field: str, gain: float, baseline: float, unit: str) -> None:
    (signal,) = parse_header(f"r 1 250 9\nr.dat 16 {field} 16 0 3 0 0 V1 lead\n".encode()).signals
    assert (signal.gain, signal.baseline, signal.unit) == (gain, baseline, unit)
    assert (signal.label, signal.initial, signal.calibrated) == ("V1 lead", 3, True)


@pytest.mark.parametrize("gain", ["200(3)/mV", "-200/mV", "2e2(3)/uV", "1.5(-40)/nV"])
def test_calibration_is_that_of_wfdb(tmp_path: Path, gain: str) -> None:
    (tmp_path / "r.dat").write_bytes(np.arange(100, dtype="<i2").tobytes())
    path = tmp_path / "r.hea"
    path.write_text(f"r 1 250 100\nr.dat 16 {gain} 16 0 0 0 0 II\n")
    record = wfdb.rdrecord(str(path.with_suffix("")))
    factor = {"mV": 1, "uV": 1e-3, "nV": 1e-6}[record.units[0]]
    found = open_recording(path).read(0, 0, 100)
    np.testing.assert_allclose(found, record.p_signal[:, 0] * factor, rtol=1e-6)


@pytest.mark.parametrize("field", ["1.2.3/mV", "200(x)/mV", "200(1/mV", "20-0/mV"])
def test_gain_that_is_no_number(field: str) -> None:
    with pytest.raises(MalformedHeaderError, match="found a gain"):
        parse_header(f"r 1 250 9\nr.dat 16 {field} 16 0 0 0 0 V1\n".encode())


@pytest.mark.parametrize(
    ("line", "label", "calibrated"),
    [
        ("r.dat 16", "", False),
        ("r.dat 16 MLII", "MLII", False),
        ("r.dat 16 -aVR", "-aVR", False),
        ("r.dat 16 none 16 0 0 0 0 MLII", "MLII", False),
        ("r.dat 16 200 MLII", "MLII", True),
        ("r.dat 16 200 12 1024.0 0 0 0 MLII", "MLII", True),
        ("r.dat\t16\t200/mV\t12\t0\t0\t0\t0\tMLII\t", "MLII", True),
        ("r.dat 16 200 12 0 0 0 0 MLII # Jane Doe", "MLII", True),
        ("r.dat 16 200 12 0 0 0 0 MLII#69 M Jane Doe", "MLII", True),
        ("r.dat 16 200 12 0 0 0 0 ECG#2", "ECG#2", True),
    ],
)
def test_labels_are_not_mangled(line: str, label: str, calibrated: bool) -> None:
    (signal,) = parse_header(f"r 1 250 9\n{line}\n".encode()).signals
    assert (signal.label, signal.calibrated) == (label, calibrated)


@pytest.mark.parametrize(
    ("record", "rate", "n_frames"),
    [
        ("r 1 250", 250, None),
        ("r 1 250.5/500(100) 9", 250.5, 9),
        ("r 1 250/500(-1.5) 9", 250, 9),
        ("r 1 62.4725/999.56 9", 62.4725, 9),
        ("r 1 2.5e2 9.0", 250, 9),
        ("r 1 250 0", 250, None),
        ("r 1", None, None),
    ],
)
def test_record_line(record: str, rate: float | None, n_frames: int | None) -> None:
    header = parse_header(f"{record}\nr.dat 16\n".encode())
    assert (header.rate_hz, header.n_frames) == (rate, n_frames)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode("latin-1"),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: b"\n \n" + text.replace("\n", " \n\n").encode(),
        lambda text: text.encode() + b"\x1a",
        lambda text: b"# before\n" + text.encode(),
    ],
)
def test_encodings_and_line_ends(encode: Callable[[str], bytes]) -> None:
    text = "r 2 250 9\nr.dat 16 200/µV 16 0 0 0 0 I\nr.dat 16\n# paced: no\n"
    header = parse_header(encode(text))
    assert [signal.label for signal in header.signals] == ["I", ""]
    assert (header.signals[0].unit, header.n_extra_lines, header.paced) == ("µV", 0, False)


def test_missing_sampling_rate_is_250_hz_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "r.dat").write_bytes(np.arange(100, dtype="<i2").tobytes())
    (tmp_path / "r.hea").write_text("r 1\nr.dat 16 200/mV 16 0 0 0 0 II\n")
    recording = open_recording(tmp_path / "r.hea")
    assert recording.sampling_rate_hz == wfdb.rdheader(str(tmp_path / "r")).fs == 250
    assert codes(recording) == ["no_sampling_rate"]


def test_offset_of_the_first_signal_is_that_of_its_file(tmp_path: Path) -> None:
    """Some headers give it once; wfdb takes it from the first signal, too."""
    content = np.arange(200, dtype="<i2")
    (tmp_path / "r.dat").write_bytes(b"skip" + content.tobytes())
    path = tmp_path / "r.hea"
    path.write_text("r 2 250 100\nr.dat 16+4 10 16 0 0 0 0 I\nr.dat 16 10 16 0 0 0 0 II\n")
    expected = wfdb.rdrecord(str(tmp_path / "r")).p_signal
    np.testing.assert_allclose(open_recording(path).read(1, 0, 100), expected[:, 1], atol=1e-6)
