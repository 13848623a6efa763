"""Faults of header fields: what mne opens is opened, with the same samples."""

from collections.abc import Callable
from pathlib import Path

import mne
import numpy as np
import pytest
from holter_file_writers import write_edf
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.readers.recording_content import codes, whole
from unit.readers.test_edf import RATE, SIGNALS, damaged, field, patch

from deepecg.errors import RefusedRecordingError
from deepecg.readers.edf_header import read_edf_header
from deepecg.readers.open_recording import open_recording

Change = Callable[[bytes], bytes]

OPENED_BY_MNE: dict[str, tuple[list[Change], list[str]]] = {
    "version 1": ([patch(0, b"1")], ["header_version"]),
    "decimal comma": (
        [patch(field("physical_max", n), b"5,0") for n in (0, 1)],
        ["decimal_comma"],
    ),
    "plus sign": ([patch(field("physical_max", 0), b"+5")], []),
    "exponent": ([patch(field("physical_max", 0), b"5E+0")], []),
    "fraction in a digital limit": ([patch(field("digital_max", 0), b"32767.0")], []),
    "spaces before": ([patch(field("samples", 0), b"     200"), patch(236, b"      12")], []),
    "NUL behind": ([patch(field("samples", 0), b"200\0\0\0\0\0"), patch(236, b"12\0\0")], []),
    "bytes behind a NUL": ([patch(field("physical_max", 0), b"5\0xyz")], []),
    "Latin-1 in a label": ([patch(field("label", 0), b"ECG \xe9", 16)], []),
    "Latin-1 in the patient": ([patch(8, b"M\xfcller", 80)], []),
    "reserved field": ([patch(192, b"garbage \xff\x01", 44)], []),
    "inverted physical range": (
        [patch(field("physical_min", 0), b"5"), patch(field("physical_max", 0), b"-5")],
        [],
    ),
    "inverted digital range": (
        [patch(field("digital_min", 0), b"32767"), patch(field("digital_max", 0), b"-32767")],
        [],
    ),
    "one label twice": ([patch(field("label", n), b"ECG", 16) for n in (0, 1)], []),
    "digital range of 17 bits": (
        [patch(field("digital_min", 0), b"-40000"), patch(field("digital_max", 0), b"40000")],
        [],
    ),
}


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
@pytest.mark.parametrize("case", OPENED_BY_MNE)
def test_equals_mne(tmp_path: Path, case: str, suffix: str) -> None:
    changes, warnings = OPENED_BY_MNE[case]
    path = damaged(tmp_path, *changes, suffix=suffix)
    read = mne.io.read_raw_bdf if suffix == ".bdf" else mne.io.read_raw_edf
    with mne.utils.use_log_level("ERROR"):
        raw = read(path, preload=True)
    recording = open_recording(path)
    assert recording.sampling_rate_hz == raw.info["sfreq"]
    assert codes(recording) == warnings
    np.testing.assert_allclose(whole(recording).T, raw.get_data() * 1e3, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        patch(field("digital_max", 0), b"32,767"),
        patch(field("digital_max", 0), b"32.767"),
        patch(field("digital_max", 0), b"32'767"),
        patch(field("samples", 0), b"200.0"),
        patch(field("physical_max", 0), b"5,00E0"),
        patch(244, b"1,0"),
    ],
)
def test_numbers_that_can_mean_one_thing_only(tmp_path: Path, change: Change) -> None:
    np.testing.assert_allclose(whole(open_recording(damaged(tmp_path, change))), SIGNALS, atol=1e-4)


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"-1.000,5", -1000.5), (b"-1,000.5", -1000.5), (b"-8000", -8000.0), (b"-8,000", -8.0)],
)
def test_separators_of_thousands_in_physical_limits(
    tmp_path: Path, text: bytes, value: float
) -> None:
    path = damaged(
        tmp_path,
        patch(field("physical_min", 0), text),
        patch(field("physical_max", 0), b"0"),
        patch(field("digital_min", 0), b"-100"),
        patch(field("digital_max", 0), b"0"),
    )
    assert read_edf_header(path, {}).signals[0].gain == pytest.approx(-value / 100)


@pytest.mark.parametrize("text", [b"", b"x", b"nan", b"inf", b"1e99", b"5 mV", b"1,2,3"])
def test_a_limit_that_is_no_number_costs_its_signal_only(tmp_path: Path, text: bytes) -> None:
    recording = open_recording(damaged(tmp_path, patch(field("physical_max", 0), text)))
    assert recording.leads == ("II",)
    assert codes(recording) == ["bad_calibration"]
    np.testing.assert_allclose(whole(recording)[:, 0], SIGNALS[:, 1], atol=1e-4)


@pytest.mark.parametrize("stated", [b"", b"0", b"512", b"1024", b"many", b"-768"])
def test_a_wrong_header_length_moves_no_sample(tmp_path: Path, stated: bytes) -> None:
    recording = open_recording(damaged(tmp_path, patch(184, stated)))
    assert codes(recording) == ["header_length"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_a_header_with_room_behind_it(tmp_path: Path) -> None:
    path = damaged(tmp_path, patch(184, b"1024"), lambda b: b[:768] + b" " * 256 + b[768:])
    recording = open_recording(path)
    assert codes(recording) == ["header_length"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_a_signal_without_samples_is_no_lead(tmp_path: Path) -> None:
    """The samples of II become records of I: a file of I alone, of twice as many records."""
    recording = open_recording(
        damaged(tmp_path, patch(field("samples", 1), b"0"), patch(236, b"24"))
    )
    assert recording.leads == ("I",)
    assert recording.n_samples == 24 * RATE


@pytest.mark.parametrize("version", [b"0", bytes(8), b"0\0\0\0\0\0\0\0"])
def test_samples_of_24_bits_under_another_version(tmp_path: Path, version: bytes) -> None:
    recording = open_recording(damaged(tmp_path, patch(0, version), suffix=".bdf"))
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_samples_of_16_bits_under_the_version_of_bdf(tmp_path: Path) -> None:
    recording = open_recording(damaged(tmp_path, patch(0, b"\xffBIOSEMI")))
    assert codes(recording) == ["header_version"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-3)


@pytest.mark.parametrize("mark", [b",", b"."])
def test_thousands_are_separated_in_physical_as_in_digital_limits(
    tmp_path: Path, mark: bytes
) -> None:
    limits = {"digital_min": b"-32,767", "digital_max": b"32,767"} | {
        "physical_min": b"-5,000",
        "physical_max": b"5,000",
        "unit": b"uV",
    }
    changes = [
        patch(field(name, n), value.replace(b",", mark))
        for n in (0, 1)
        for name, value in limits.items()
    ]
    recording = open_recording(damaged(tmp_path, *changes))
    assert codes(recording) == []
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-3)


def test_samples_without_a_sign(tmp_path: Path) -> None:
    """The digital range is that of 16 bits without a sign, and so are the samples."""

    def without_sign(content: bytes) -> bytes:
        samples = np.frombuffer(content[3 * 256 :], "<i2").astype(np.int64) + 32767
        return content[: 3 * 256] + samples.astype("<u2").tobytes()

    ranges = [
        patch(field(name, n), value)
        for n in (0, 1)
        for name, value in (("digital_min", b"0"), ("digital_max", b"65534"))
    ]
    recording = open_recording(damaged(tmp_path, *ranges, without_sign))
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-3)


@pytest.mark.parametrize("label", [b"edf annotations", b"EDF_Annotations", b"BDF Annotation"])
def test_spellings_of_the_annotation_label(tmp_path: Path, label: bytes) -> None:
    path = damaged(tmp_path, patch(field("label", 1), label, 16))
    recording = open_recording(path)
    assert recording.leads == ("I",)
    assert recording.marks == ()


def test_an_annotation_signal_without_bytes(tmp_path: Path) -> None:
    changes = patch(field("label", 1), b"EDF Annotations", 16), patch(field("samples", 1), b"0")
    recording = open_recording(damaged(tmp_path, *changes, patch(236, b"24")))
    assert (recording.leads, recording.n_samples) == (("I",), 24 * RATE)


def read_or_refuse(folder: Path, offset: int, content: bytes) -> None:
    path = folder / "a.edf"
    write_edf(path, SIGNALS[: 4 * RATE], RATE, ("I", "II"), onsets_s=[0, 1, 3.5, 4.5])
    valid = path.read_bytes()
    path.write_bytes(valid[:offset] + content + valid[offset + len(content) :])
    try:
        recording = open_recording(path)
    except RefusedRecordingError:
        return
    assert whole(recording).shape == (recording.n_samples, len(recording.leads))


@given(offset=st.integers(0, 1400), content=st.binary(min_size=1, max_size=16))
@settings(deadline=None)
def test_any_header_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, offset: int, content: bytes
) -> None:
    read_or_refuse(tmp_path_factory.mktemp("a"), offset, content)


@given(
    offset=st.sampled_from([*range(168, 256, 4), *range(304, 352), *range(544, 736, 8)]),
    content=st.from_regex(rb"\A[-+0-9.,eE ]{4,8}\Z"),
)
@settings(deadline=None)
def test_any_number_in_a_header_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, offset: int, content: bytes
) -> None:
    read_or_refuse(tmp_path_factory.mktemp("a"), offset, content)
