"""Signal files that are shorter or longer than their header says, or hold other signals."""

from pathlib import Path

import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, write_wfdb
from unit.readers.recording_content import codes, whole

from deepecg.errors import MalformedHeaderError, MissingPartError, TruncatedHeaderError
from deepecg.readers.open_recording import open_recording

GAIN = 50.0
BITS = {
    "8": 8, "16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12,
}  # fmt: skip
LINE = "r.dat 16 200/mV 16 0 0 0 0 {}\n"


def write(folder: Path, text: str, content: np.ndarray) -> Path:
    (folder / "r.dat").write_bytes(content.astype("<i2").tobytes())
    path = folder / "r.hea"
    path.write_text(text)
    return path


@pytest.mark.parametrize("lost_bytes", [1, 2, 3, 4, 5, 7, 700])
@pytest.mark.parametrize("fmt", [*BITS, "310", "311"])
def test_truncated_file_is_read_as_far_as_it_goes(
    tmp_path: Path, fmt: str, lost_bytes: int
) -> None:
    signals = synthetic_ecg(4, 250, n_leads=1)
    path = write_wfdb(tmp_path / "r.hea", signals, fmt=fmt, gain=GAIN)
    data = path.with_suffix(".dat")
    content = data.read_bytes()[:-lost_bytes]
    data.write_bytes(content)
    # Bits of format 310 are in two halves of a word: its second sample needs the whole word.
    in_rest = {"310": [0, 0, 1, 1], "311": [0, 0, 1, 2]}
    if fmt in BITS:
        left = len(content) * 8 // BITS[fmt]
    else:
        left = len(content) // 4 * 3 + in_rest[fmt][len(content) % 4]
    left = min(left, 1000)
    recording = open_recording(path)
    assert recording.n_samples == left
    np.testing.assert_allclose(
        whole(recording)[:, 0], np.round(signals[:left, 0] * GAIN) / GAIN, atol=1e-6
    )
    assert recording.lost_s == pytest.approx((1000 - left) / 250)
    assert codes(recording) == (["truncated_samples"] if left < 1000 else [])


def test_truncated_flac_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    signals = np.random.default_rng(0).normal(0, 0.5, (20_000, 2))
    path = write_wfdb(tmp_path / "r.hea", signals, fmt="516")
    data = path.with_suffix(".dat")
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    recording = open_recording(path)
    assert codes(recording) == ["truncated_samples"]
    # FLAC is stored in blocks of 4,096 samples.
    assert 8_000 < recording.n_samples < 10_000
    assert recording.lost_s == pytest.approx((20_000 - recording.n_samples) / 250)
    expected = np.round(signals[: recording.n_samples] * 200) / 200
    np.testing.assert_allclose(whole(recording), expected, atol=1e-6)


def test_half_a_frame_at_the_end_is_left_out(tmp_path: Path) -> None:
    content = np.arange(2001)
    path = write(tmp_path, "r 2 250\n" + LINE.format("I") + LINE.format("II"), content)
    assert open_recording(path).n_samples == 1000


def test_the_shorter_of_two_files_ends_in_a_gap(tmp_path: Path) -> None:
    text = "r 2 250 1000\n" + LINE.format("I") + "s.dat 16 200/mV 16 0 0 0 0 II\n"
    path = write(tmp_path, text, np.arange(1000))
    (tmp_path / "s.dat").write_bytes(np.arange(600, dtype="<i2").tobytes())
    recording = open_recording(path)
    assert (recording.n_samples, recording.lost_s) == (1000, 0)
    assert codes(recording) == ["truncated_samples"]
    assert "1.600 s" in recording.warnings[0].message
    samples = whole(recording)
    np.testing.assert_allclose(samples[:, 0], np.arange(1000) / 200, atol=1e-6)
    np.testing.assert_allclose(samples[:600, 1], np.arange(600) / 200, atol=1e-6)
    assert np.isnan(samples[600:, 1]).all()


def test_missing_file_of_several(tmp_path: Path) -> None:
    text = "r 2 250 1000\ns.dat 16 200/mV 16 0 0 0 0 I\n" + LINE.format("II")
    path = write(tmp_path, text, np.arange(1000))
    recording = open_recording(path)
    assert recording.leads == ("II",)
    assert recording.signal_numbers == (2,)
    assert "missing_part" in codes(recording)
    np.testing.assert_allclose(whole(recording)[:, 0], np.arange(1000) / 200, atol=1e-6)
    (tmp_path / "r.dat").unlink()
    with pytest.raises(MissingPartError):
        open_recording(path)


def test_surplus_is_read_with_a_warning(tmp_path: Path) -> None:
    signals = synthetic_ecg(20, 250, n_leads=2)
    path = write_wfdb(tmp_path / "r.hea", signals, start=None)
    path.write_text(path.read_text().replace(" 5000", " 2500", 1))
    recording = open_recording(path)
    assert codes(recording) == ["surplus_samples"]
    assert "20.0 s" in recording.warnings[0].message
    np.testing.assert_allclose(whole(recording), np.round(signals * 200) / 200, atol=1e-6)


def test_padding_is_no_surplus(tmp_path: Path) -> None:
    path = write(tmp_path, "r 1 250 1000\n" + LINE.format("I"), np.arange(1100))
    recording = open_recording(path)
    assert (recording.n_samples, codes(recording)) == (1000, [])


@pytest.mark.parametrize(("stored", "described"), [(2, 1), (1, 2), (3, 1), (4, 2)])
def test_files_of_more_or_fewer_signals_are_rejected(
    tmp_path: Path, stored: int, described: int
) -> None:
    """Reading them would give a multiple of the heart rate."""
    offsets = np.array([0, 300, -150, 500])
    signals = np.round(synthetic_ecg(20, 250, n_leads=stored) * 200) + offsets[:stored]
    lines = "".join(LINE.format(f"V{number + 1}") for number in range(described))
    path = write(tmp_path, f"r {described} 250 5000\n{lines}", signals)
    with pytest.raises(MalformedHeaderError, match=f"{stored} signals"):
        open_recording(path)


@pytest.mark.parametrize("announced", [1, 3])
def test_file_decides_on_the_number_of_signals(tmp_path: Path, announced: int) -> None:
    signals = np.arange(2000).reshape(1000, 2)
    lines = LINE.format("I") + LINE.format("II")
    path = write(tmp_path, f"r {announced} 250 1000\n{lines}", signals)
    recording = open_recording(path)
    assert recording.leads == ("I", "II")
    assert codes(recording) == ["extra_header_lines" if announced == 1 else "missing_header_lines"]
    np.testing.assert_allclose(whole(recording), signals / 200, atol=1e-6)


@pytest.mark.parametrize(
    ("announced", "error"), [(1, MalformedHeaderError), (3, TruncatedHeaderError)]
)
def test_number_of_signals_that_the_file_does_not_show(
    tmp_path: Path, announced: int, error: type[Exception]
) -> None:
    lines = LINE.format("I") + LINE.format("II")
    path = write(tmp_path, f"r {announced} 250 1000\n{lines}", np.arange(1777))
    with pytest.raises(error):
        open_recording(path)


def test_extra_header_lines_are_ignored_with_a_warning(tmp_path: Path) -> None:
    for extra in (LINE.format("II"), "made by a recorder\n"):
        path = write(tmp_path, "r 1 250 50\n" + LINE.format("I") + extra, np.arange(50))
        recording = open_recording(path)
        assert recording.leads == ("I",)
        assert codes(recording) == ["extra_header_lines"]


def test_length_that_no_recording_has_is_ignored_with_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, "r 1 250 4294967295\n" + LINE.format("I"), np.arange(1000))
    recording = open_recording(path)
    assert (recording.n_samples, recording.lost_s) == (1000, 0)
    assert codes(recording) == ["sample_count_mismatch"]
