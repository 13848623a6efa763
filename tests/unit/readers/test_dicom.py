import io
import logging
import tracemalloc
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pydicom
import pytest
from ecgdatakit.parsing.parsers.dicom_waveform import DICOMWaveformParser
from exchange_file_writers import (
    DICOM_SYNTAXES,
    dicom_channel,
    dicom_group,
    write_dicom,
    write_dicom_groups,
)
from holter_file_writers import synthetic_ecg
from pydicom import Dataset
from pydicom.data import get_testdata_file
from unit.readers.recording_content import codes, whole

from deepecg.errors import (
    CalibrationError,
    HolterError,
    MalformedHeaderError,
    NoLeadsError,
    NoSignalError,
    RefusedRecordingError,
    SamplingRateError,
    TruncatedHeaderError,
    TruncatedSamplesError,
    UnsupportedEncodingError,
)
from deepecg.readers.open_recording import open_recording
from deepecg.readers.reading_options import ReadingOptions

SIGNALS = synthetic_ecg(8, 200, n_leads=3)  # 1600 samples of each channel
LEADS = ("I", "II", "V1")


def own_reading(path: Path, group: int = 0) -> np.ndarray:
    """Millivolts of a group by pydicom."""
    return pydicom.dcmread(path).waveform_array(group) / 1000


def test_reads_what_pydicom_reads_of_its_own_example() -> None:
    path = Path(str(get_testdata_file("waveform_ecg.dcm", download=False)))
    recording = open_recording(path)
    assert recording.format == "dicom"
    assert recording.sampling_rate_hz == 1000
    assert recording.leads == (
        "I",
        "II",
        "III",
        "aVR",
        "aVL",
        "aVF",
        "V1",
        "V2",
        "V3",
        "V4",
        "V5",
        "V6",
    )
    assert recording.start == datetime(2013, 1, 25, 10, 59, 19)
    assert codes(recording) == []
    np.testing.assert_allclose(whole(recording), own_reading(path), atol=1e-6)


@pytest.mark.parametrize("syntax", DICOM_SYNTAXES)
def test_transfer_syntaxes(tmp_path: Path, syntax: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", SIGNALS, 200, LEADS, syntax=DICOM_SYNTAXES[syntax])
    recording = open_recording(path)
    assert recording.leads == LEADS
    assert recording.sampling_rate_hz == 200
    assert recording.start == datetime(2024, 3, 1, 9, 30)
    assert codes(recording) == []
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)
    np.testing.assert_array_equal(recording.read(1, 700, 900), whole(recording)[700:900, 1])


@pytest.mark.parametrize("undefined_length", [False, True])
@pytest.mark.parametrize("syntax", ["explicit", "implicit"])
def test_lengths_of_sequence_and_items(tmp_path: Path, syntax: str, undefined_length: bool) -> None:
    groups = [dicom_group(SIGNALS, 200, LEADS), dicom_group(SIGNALS[:100], 200, LEADS)]
    groups[1].WaveformOriginality = "DERIVED"
    path = write_dicom_groups(tmp_path / "a.dcm", groups, syntax=DICOM_SYNTAXES[syntax])
    file = pydicom.dcmread(path)
    file["WaveformSequence"].is_undefined_length = undefined_length
    for item in file.WaveformSequence:
        item.is_undefined_length_sequence_item = undefined_length
    file.save_as(path)
    recording = open_recording(path)
    assert recording.leads == LEADS
    np.testing.assert_allclose(whole(recording), own_reading(path), atol=1e-6)


@pytest.mark.parametrize("with_meta", [False, True])
@pytest.mark.parametrize("syntax", ["explicit", "implicit", "big-endian"])
def test_without_preamble(tmp_path: Path, syntax: str, with_meta: bool) -> None:
    path = write_dicom(tmp_path / "a.dcm", SIGNALS, 200, LEADS, syntax=DICOM_SYNTAXES[syntax])
    file = pydicom.dcmread(path)
    if with_meta:
        path.write_bytes(path.read_bytes()[132:])
    else:
        content = io.BytesIO()
        del file.file_meta
        pydicom.dcmwrite(
            content, file, implicit_vr=syntax == "implicit", little_endian=syntax != "big-endian"
        )
        path.write_bytes(content.getvalue())
    np.testing.assert_allclose(whole(open_recording(path)), SIGNALS, atol=0.00126)


@pytest.mark.parametrize("kind", ["SB", "UB", "SS", "US", "SL", "UL"])
def test_kinds_of_samples(tmp_path: Path, kind: str) -> None:
    group = dicom_group(SIGNALS, 200, LEADS, kind=kind, step_uv=20)
    path = write_dicom_groups(tmp_path / "a.dcm", [group])
    np.testing.assert_allclose(whole(open_recording(path)), own_reading(path), atol=1e-6)
    np.testing.assert_allclose(whole(open_recording(path)), SIGNALS, atol=0.011)


def test_calibration_is_that_of_ecgdatakit(tmp_path: Path) -> None:
    group = dicom_group(SIGNALS, 200, LEADS)
    first, second, third = group.ChannelDefinitionSequence
    first.ChannelSensitivityCorrectionFactor = "1.5"
    second.ChannelBaseline = "-120.5"
    third.ChannelSensitivityUnitsSequence[0].CodeValue = "mV"
    third.ChannelSensitivity = "0.00125"
    path = write_dicom_groups(tmp_path / "a.dcm", [group])
    leads = DICOMWaveformParser().parse(path).leads
    to_mv = {"uV": 1e-3, "mV": 1.0}
    expected = [
        (lead.samples * lead.resolution + lead.offset) * to_mv[lead.resolution_unit]
        for lead in leads
    ]
    np.testing.assert_allclose(whole(open_recording(path)), np.stack(expected, axis=1), atol=1e-6)
    np.testing.assert_allclose(expected[0], SIGNALS[:, 0] * 1.5, atol=0.002)


@pytest.mark.parametrize(
    ("code", "meaning", "lead"),
    [
        ("2:2", "anything", "II"),
        ("5.6.3-9-61", "Lead III", "III"),
        ("MDC_ECG_LEAD_AVF", "", "aVF"),
        ("2:19", "CC5", "CC5"),
        ("mine", "ECG chest", "ECG chest"),
    ],
)
def test_lead_names(tmp_path: Path, code: str, meaning: str, lead: str) -> None:
    """Codes of PS3.16, CID 3001."""
    group = dicom_group(SIGNALS[:, :1], 200)
    source = group.ChannelDefinitionSequence[0].ChannelSourceSequence[0]
    source.CodeValue, source.CodeMeaning = code, meaning
    assert open_recording(write_dicom_groups(tmp_path / "a.dcm", [group])).leads == (lead,)


def test_padding_is_missing(tmp_path: Path) -> None:
    signals = SIGNALS.copy()
    signals[100:200, 1] = -32768 * 0.0025
    group = dicom_group(signals, 200, LEADS)
    group.add_new("WaveformPaddingValue", "OW", b"\0\x80")
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", [group]))
    missing = np.isnan(whole(recording))
    assert missing[100:200, 1].all()
    assert missing.sum() == 100


def test_median_beats_are_not_read(tmp_path: Path) -> None:
    beats = dicom_group(SIGNALS[:240], 200, LEADS, WaveformOriginality="DERIVED")
    rhythm = dicom_group(SIGNALS, 200, LEADS)
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", [beats, rhythm]))
    assert recording.leads == LEADS
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)


def test_groups_one_after_another_join(tmp_path: Path) -> None:
    groups = [
        dicom_group(SIGNALS[:600], 200, LEADS, MultiplexGroupTimeOffset="0"),
        dicom_group(SIGNALS[1000:], 200, LEADS, MultiplexGroupTimeOffset="5000"),
    ]
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", groups))
    assert recording.leads == LEADS
    assert recording.n_samples == 1600
    expected = SIGNALS.copy()
    expected[600:1000] = np.nan
    np.testing.assert_allclose(whole(recording), expected, atol=0.00126)
    np.testing.assert_allclose(recording.read(2, 550, 1050), expected[550:1050, 2], atol=0.00126)


def test_many_groups_join(tmp_path: Path) -> None:
    """A group of each tenth of a second."""
    groups = [
        dicom_group(SIGNALS[at : at + 20], 200, LEADS, MultiplexGroupTimeOffset=f"{at * 5}")
        for at in range(0, 1600, 20)
    ]
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", groups))
    assert recording.leads == LEADS
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)


@pytest.mark.parametrize("offset_ms", ["2999", "3004", "2200"])
def test_rounded_offsets_make_no_gap_and_lose_no_sample(tmp_path: Path, offset_ms: str) -> None:
    groups = [
        dicom_group(SIGNALS[:600], 200, LEADS),
        dicom_group(SIGNALS[600:], 200, LEADS, MultiplexGroupTimeOffset=offset_ms),
    ]
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", groups))
    assert recording.leads == LEADS
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)


def test_groups_of_one_time_are_leads_of_their_own(tmp_path: Path) -> None:
    groups = [dicom_group(SIGNALS, 200, LEADS), dicom_group(-SIGNALS, 200, LEADS)]
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", groups))
    assert recording.leads == (*LEADS, "I#2", "II#2", "V1#2")


def test_groups_beside_each_other_are_leads_of_one_recording(tmp_path: Path) -> None:
    groups = [dicom_group(SIGNALS, 200, LEADS), dicom_group(SIGNALS, 200, ("V2", "V3", "V4"))]
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", groups))
    assert recording.leads == (*LEADS, "V2", "V3", "V4")
    np.testing.assert_allclose(whole(recording)[:, 3:], SIGNALS, atol=0.00126)


def test_offset_of_the_first_group_is_in_the_start(tmp_path: Path) -> None:
    group = dicom_group(SIGNALS, 200, LEADS, MultiplexGroupTimeOffset="1500")
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", [group]))
    assert recording.start == datetime(2024, 3, 1, 9, 30, 1, 500_000)
    assert recording.n_samples == 1600


def test_offset_beyond_all_years(tmp_path: Path) -> None:
    group = dicom_group(SIGNALS, 200, LEADS, MultiplexGroupTimeOffset="9e17")
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", [group]))
    assert recording.start is None
    assert recording.n_samples == 1600
    assert codes(recording) == ["no_start"]


ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("written", "elements", "zone", "start"),
    [
        ("20240301093000.25", {}, None, datetime(2024, 3, 1, 9, 30, 0, 250_000)),
        ("20240301093000", {}, ZURICH, datetime(2024, 3, 1, 9, 30)),
        ("20240301093000+0100", {}, None, datetime(2024, 3, 1, 9, 30)),
        ("20240301083000+0000", {}, ZURICH, datetime(2024, 3, 1, 9, 30)),
        ("20240301083000", {"TimezoneOffsetFromUTC": "+0000"}, ZURICH, datetime(2024, 3, 1, 9, 30)),
        ("202403010930", {}, None, datetime(2024, 3, 1, 9, 30)),
        (
            "",
            {"ContentDate": "20240301", "ContentTime": "093000"},
            None,
            datetime(2024, 3, 1, 9, 30),
        ),
        ("20240301", {}, None, None),
        ("20241301093000", {}, None, None),
        ("", {}, None, None),
    ],
)
def test_start(
    tmp_path: Path, written: str, elements: dict[str, Any], zone: ZoneInfo | None,
    start: datetime | None,
) -> None:  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom objects to what is written
        path = write_dicom(
            tmp_path / "a.dcm", SIGNALS, 200, LEADS, AcquisitionDateTime=written, **elements
        )
    recording = open_recording(path, ReadingOptions(zone=zone))
    assert recording.start == start
    assert codes(recording) == ([] if start else ["no_start"])


@pytest.mark.parametrize("syntax", ["explicit", "implicit"])
@pytest.mark.parametrize("n_bytes", [1, 6, 3000])
def test_truncated_samples_are_read_as_far_as_they_go(
    tmp_path: Path, syntax: str, n_bytes: int
) -> None:
    path = write_dicom(tmp_path / "a.dcm", SIGNALS, 200, LEADS, syntax=DICOM_SYNTAXES[syntax])
    path.write_bytes(path.read_bytes()[:-n_bytes])
    recording = open_recording(path)
    n_samples = 1600 - -(-n_bytes // 6)
    assert recording.n_samples == n_samples
    assert codes(recording) == ["truncated_samples"]
    assert recording.lost_s == pytest.approx((1600 - n_samples) / 200)
    np.testing.assert_allclose(whole(recording), SIGNALS[:n_samples], atol=0.00126)


@pytest.mark.parametrize(
    ("declared", "code", "lost_s"),
    [(3200, "truncated_samples", 8.0), (1601, "truncated_samples", 0.005),
     (800, "sample_count_mismatch", 0.0)],
)  # fmt: skip
def test_length_comes_from_the_samples(
    tmp_path: Path, declared: int, code: str, lost_s: float
) -> None:
    group = dicom_group(SIGNALS, 200, LEADS, NumberOfWaveformSamples=declared)
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", [group]))
    assert recording.n_samples == 1600
    assert codes(recording) == [code]
    assert recording.lost_s == pytest.approx(lost_s)


def test_channels_without_sensitivity_are_uncalibrated(tmp_path: Path) -> None:
    group = dicom_group(SIGNALS, 200, ("ECG I", "ECG II", "ECG V1"))
    for channel in group.ChannelDefinitionSequence:
        del channel.ChannelSensitivity
    recording = open_recording(write_dicom_groups(tmp_path / "a.dcm", [group]))
    assert codes(recording) == ["uncalibrated"]
    shape = np.corrcoef(whole(recording)[:, 0], SIGNALS[:, 0])[0, 1]
    assert shape > 0.999


def test_pressure_is_no_lead(tmp_path: Path) -> None:
    """As in a haemodynamic waveform."""
    group = dicom_group(SIGNALS, 200, ("II", "Arterial pressure", "V1"))
    pressure = group.ChannelDefinitionSequence[1]
    pressure.ChannelSensitivityUnitsSequence[0].CodeValue = "mm[Hg]"
    pressure.ChannelSensitivityUnitsSequence[0].CodeMeaning = "mmHg"
    path = write_dicom_groups(
        tmp_path / "a.dcm", [group], SOPClassUID="1.2.840.10008.5.1.4.1.1.9.2.1"
    )
    assert open_recording(path).leads == ("II", "V1")


def test_samples_stay_on_disk(tmp_path: Path) -> None:
    """Holds for a day at 200 Hz with three leads: 104 MB."""
    n_samples = 24 * 3600 * 200
    group = dicom_group(SIGNALS[:1], 200, LEADS)
    path = write_dicom_groups(tmp_path / "a.dcm", [group])
    content = bytearray(path.read_bytes())
    for keyword_length, new in (  # of the sequence, its item and the samples, as they are written
        (content.index(b"\0\x54\0\x01SQ") + 8, n_samples * 6 + 10**6),
        (content.index(b"\xfe\xff\0\xe0") + 4, n_samples * 6 + 10**6),
        (content.index(b"\0\x54\x10\x10OW") + 8, n_samples * 6),
    ):
        content[keyword_length : keyword_length + 4] = new.to_bytes(4, "little")
    content = content.replace(
        b"\x3a\0\x10\0UL\x04\0\x01\0\0\0", b"\x3a\0\x10\0UL\x04\0" + n_samples.to_bytes(4, "little")
    )
    with path.open("wb") as file:
        file.write(content)
        file.truncate(len(content) - 6 + n_samples * 6)
    tracemalloc.start()
    try:
        recording = open_recording(path)
        assert recording.n_samples == n_samples
        recording.read(1, n_samples - 1000, n_samples)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10e6


def test_patient_elements_stay_in_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = {
        "PatientName": "Secretname^Jane", "PatientID": "Secretid", "PatientBirthDate": "19610704",
        "PatientComments": "Secretcomment", "SpecificCharacterSet": "Secretset",
        "InstitutionName": "Secrethouse",
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = write_dicom(tmp_path / "a.dcm", SIGNALS, 200, LEADS, **secrets)
    caplog.clear()  # pydicom logs what it writes
    caplog.set_level(logging.DEBUG)
    content = path.read_bytes()
    seen = [repr(open_recording(path))]
    for stop in range(300, len(content), 97):
        path.write_bytes(content[:stop])
        try:
            seen.append(repr(open_recording(path)))
        except HolterError as error:
            seen.append(repr(error))
    seen += [caplog.text, *capsys.readouterr()]
    assert "Secret" not in "".join(seen)
    assert "19610704" not in "".join(seen)


def damaged(**elements: Any) -> list[Dataset]:
    return [dicom_group(SIGNALS, 200, LEADS, **elements)]


REFUSED: dict[str, tuple[list[Dataset], type[RefusedRecordingError]]] = {
    "no waveforms": ([], NoLeadsError),
    "no samples": (damaged(NumberOfWaveformSamples=0, WaveformData=b""), TruncatedSamplesError),
    "no channels": (damaged(NumberOfWaveformChannels=0), MalformedHeaderError),
    "2000 channels": (damaged(NumberOfWaveformChannels=2000), MalformedHeaderError),
    "400 signals": (damaged() * 134, MalformedHeaderError),
    "no rate": (damaged(SamplingFrequency="0"), SamplingRateError),
    "empty rate": (damaged(SamplingFrequency=None), SamplingRateError),
    "rate beyond all numbers": (damaged(SamplingFrequency="1e305"), SamplingRateError),
    "rate near 0": (damaged(SamplingFrequency="1e-300"), SamplingRateError),
    "offset beyond all numbers": (
        damaged() + damaged(MultiplexGroupTimeOffset="1e308"), MalformedHeaderError,
    ),
    "rate of a slow trend": (damaged(SamplingFrequency="1"), SamplingRateError),
    "logarithmic samples": (
        [dicom_group(SIGNALS, 200, LEADS, kind="MB", step_uv=20)], UnsupportedEncodingError,
    ),
    "24 bits": (damaged(WaveformBitsAllocated=24), UnsupportedEncodingError),
    "sensitivity 0": (
        damaged(ChannelDefinitionSequence=[dicom_channel("II", step_uv=0)] * 3), CalibrationError,
    ),
    "years between groups": (
        damaged() + damaged(MultiplexGroupTimeOffset="90000000000"), MalformedHeaderError,
    ),
    "hours between groups": (
        damaged() + damaged(MultiplexGroupTimeOffset="36000000"), NoSignalError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_rejected(tmp_path: Path, case: str) -> None:
    groups, error = REFUSED[case]
    path = write_dicom_groups(tmp_path / "doe.dcm", groups)
    with pytest.raises(error):
        open_recording(path)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "reportsi.dcm"])
def test_other_objects_are_no_ecg(name: str) -> None:
    with pytest.raises(NoLeadsError):
        open_recording(Path(str(get_testdata_file(name, download=False))))


def test_cut_before_the_samples(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", SIGNALS, 200, LEADS)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"\0\x54\x10\x10OW")])
    with pytest.raises(TruncatedHeaderError):
        open_recording(path)
