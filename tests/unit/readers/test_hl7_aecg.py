import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.hl7_aecg import HL7aECGParser
from exchange_file_writers import (
    aecg_document,
    aecg_sequence,
    aecg_series,
    aecg_times,
    write_hl7_aecg,
)
from holter_file_writers import synthetic_ecg
from unit.readers.recording_content import codes, whole

from deepecg.errors import (
    CalibrationError,
    HolterError,
    MalformedHeaderError,
    NoLeadsError,
    NoSignalError,
    RefusedRecordingError,
    SamplingRateError,
    TruncatedSamplesError,
    UnknownFormatError,
)
from deepecg.readers.open_recording import open_recording
from deepecg.readers.reading_options import ReadingOptions

SIGNALS = synthetic_ecg(8, 200, n_leads=3)  # 1600 samples of each lead
LEADS = ("I", "II", "V1")
DIGITS = np.round(SIGNALS * 400).astype(int)  # 2.5 uV each
START = datetime(2024, 3, 1, 9, 30)
AT_START = 'value="20240301093000"'


def sequences(
    digits: np.ndarray = DIGITS, rate: float = 200, head: str = AT_START, **scale: str
) -> list[str]:
    """A sequence set: times and the three leads."""
    leads = [
        aecg_sequence(f"MDC_ECG_LEAD_{lead}", column, **scale)
        for lead, column in zip(LEADS, digits.T.tolist(), strict=True)
    ]
    return [aecg_times(head, rate), *leads]


def write(path: Path, *series: str, more: str = "") -> Path:
    path.write_text(aecg_document(series, more), encoding="utf-8")
    return path


def test_reads_what_ecgdatakit_reads(tmp_path: Path) -> None:
    path = write_hl7_aecg(tmp_path / "a.xml", SIGNALS, 200, LEADS)
    recording = open_recording(path)
    assert recording.format == "hl7_aecg"
    assert recording.leads == LEADS
    assert recording.sampling_rate_hz == 200
    assert recording.start == START
    assert codes(recording) == []
    leads = HL7aECGParser().parse(path).leads
    assert {lead.resolution_unit for lead in leads} == {"uV"}
    expected = np.stack([lead.samples * lead.resolution / 1000 for lead in leads], axis=1)
    np.testing.assert_allclose(whole(recording), expected, atol=1e-6)
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)
    np.testing.assert_array_equal(recording.read(1, 700, 900), whole(recording)[700:900, 1])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = aecg_document([aecg_series(sequences())], "<!-- \u00b5 -->")
    name = encoding.removesuffix("-sig")
    (tmp_path / "a.xml").write_bytes(text.replace("UTF-8", name).encode(encoding))
    np.testing.assert_allclose(whole(open_recording(tmp_path / "a.xml")), SIGNALS, atol=0.00126)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('xmlns="urn:hl7-org:v3" ', ""),
        lambda text: text.replace("<", "<v3:").replace("<v3:/", "</v3:").replace("<v3:?", "<?")
        .replace("<v3:!", "<!").replace("xmlns=", "xmlns:v3="),
        lambda text: text.replace("?>", '?><?xml-stylesheet href="a.xsl"?><!DOCTYPE AnnotatedECG>'),
        lambda text: text.partition("-->")[2],
        lambda text: text.replace(" 1", "\n\t1"),
    ],
    ids=["no namespace", "prefix", "stylesheet and DOCTYPE", "no declaration", "line ends"],
)  # fmt: skip
def test_forms_of_xml(tmp_path: Path, change: Callable[[str], str]) -> None:
    text = aecg_document([aecg_series(sequences())])
    (tmp_path / "a.xml").write_text(change(text), encoding="utf-8")
    np.testing.assert_allclose(whole(open_recording(tmp_path / "a.xml")), SIGNALS, atol=0.00126)


@pytest.mark.parametrize(
    "scale",
    ['value="2.5" unit="uV"', 'value="0.0025" unit="mV"', 'value="2500" unit="nV"',
     'value="2.5E-6" unit="V"', 'value="0,0025" unit="mV"', 'value="2.5" unit="\u00b5V"'],
)  # fmt: skip
def test_units(tmp_path: Path, scale: str) -> None:
    path = write(tmp_path / "a.xml", aecg_series(sequences(scale=scale)))
    np.testing.assert_allclose(whole(open_recording(path)), SIGNALS, atol=0.00126)


def test_origin_has_its_own_unit(tmp_path: Path) -> None:
    text = aecg_document([aecg_series(sequences())])
    text = text.replace('<origin value="0" unit="uV"/>', '<origin value="-0.5" unit="mV"/>')
    (tmp_path / "a.xml").write_text(text, encoding="utf-8")
    recording = open_recording(tmp_path / "a.xml")
    np.testing.assert_allclose(whole(recording), SIGNALS - 0.5, atol=0.00126)


@pytest.mark.parametrize(
    ("increment", "rate"),
    [
        ('value="5" unit="ms"', 200),
        ('value="0.004" unit="s"', 250),
        ('value="2000" unit="us"', 500),
    ],
)
def test_increments(tmp_path: Path, increment: str, rate: float) -> None:
    text = aecg_document([aecg_series(sequences())])
    text = text.replace('value="0.005" unit="s"', increment)
    (tmp_path / "a.xml").write_text(text, encoding="utf-8")
    assert open_recording(tmp_path / "a.xml").sampling_rate_hz == pytest.approx(rate, rel=1e-12)


@pytest.mark.parametrize(
    ("code", "lead"),
    [("MDC_ECG_LEAD_AVR", "aVR"), ("MDC_ECG_LEAD_aVF", "aVF"), ("MDC_ECG_LEAD_V3R", "V3R"),
     ("MDC_ECG_LEAD_II", "II")],
)  # fmt: skip
def test_lead_names(tmp_path: Path, code: str, lead: str) -> None:
    sequence = aecg_sequence(code, DIGITS[:, 0].tolist())
    path = write(tmp_path / "a.xml", aecg_series([aecg_times(AT_START, 200), sequence]))
    assert open_recording(path).leads == (lead,)


def test_representative_beats_are_not_read(tmp_path: Path) -> None:
    beat = "".join(sequences(DIGITS[:240], 500, 'value="0" unit="s"'))
    derived = (
        '<derivation><derivedSeries><code code="REPRESENTATIVE_BEAT"/><effectiveTime>'
        f'<low value="19990101"/></effectiveTime><component><sequenceSet>{beat}</sequenceSet>'
        "</component></derivedSeries></derivation>"
    )
    path = write(
        tmp_path / "a.xml",
        aecg_series([*sequences(DIGITS[:240], 500)], code="REPRESENTATIVE_BEAT"),
        aecg_series(sequences(), more=derived),
    )
    recording = open_recording(path)
    assert recording.leads == LEADS
    assert recording.sampling_rate_hz == 200
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)


@pytest.mark.parametrize("relative", [False, True])
def test_series_one_after_another_join(tmp_path: Path, relative: bool) -> None:
    parts = [sequences(DIGITS[:600]), sequences(DIGITS[1000:], head='value="20240301093005.000"')]
    if relative:
        parts[0][0] = aecg_times('value="0" unit="s"', 200, "TIME_RELATIVE")
        parts[1][0] = aecg_times('value="5000" unit="ms"', 200, "TIME_RELATIVE")
    recording = open_recording(write(tmp_path / "a.xml", *map(aecg_series, parts)))
    assert recording.leads == LEADS
    assert recording.start == START
    expected = SIGNALS.copy()
    expected[600:1000] = np.nan
    np.testing.assert_allclose(whole(recording), expected, atol=0.00126)


@pytest.mark.parametrize("value", ["inf", "1e400", "nan", "x", ""])
def test_relative_time_that_is_none(tmp_path: Path, value: str) -> None:
    parts = sequences()
    parts[0] = aecg_times(f'value="{value}" unit="s"', 200, "TIME_RELATIVE")
    recording = open_recording(write(tmp_path / "a.xml", aecg_series(parts)))
    assert recording.start == START
    assert recording.n_samples == 1600


def test_many_series_join(tmp_path: Path) -> None:
    """More sequences than a process may open files."""
    series = []
    for at in range(0, 1600, 4):
        head = f'value="{(START + timedelta(seconds=at / 200)).strftime("%Y%m%d%H%M%S.%f")}"'
        series.append(aecg_series(sequences(DIGITS[at : at + 4], head=head)))
    recording = open_recording(write(tmp_path / "a.xml", *series))
    assert recording.leads == LEADS
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)


ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("written", "zone", "start"),
    [
        ("20240301093000.250", None, datetime(2024, 3, 1, 9, 30, 0, 250_000)),
        ("20240301093000+0100", None, START),
        ("20240301083000+0000", ZURICH, START),
        ("202403010930", ZURICH, START),
        ("20240301", None, None),
        ("yesterday", None, None),
    ],
)
def test_start(tmp_path: Path, written: str, zone: ZoneInfo | None, start: datetime | None) -> None:
    text = aecg_document([aecg_series(sequences())]).replace("20240301093000", written)
    (tmp_path / "a.xml").write_text(text, encoding="utf-8")
    recording = open_recording(tmp_path / "a.xml", ReadingOptions(zone=zone))
    assert recording.start == start
    assert codes(recording) == ([] if start else ["no_start"])


def test_document_that_is_cut_off(tmp_path: Path) -> None:
    path = write_hl7_aecg(tmp_path / "a.xml", SIGNALS, 200, LEADS)
    content = path.read_bytes()
    begins = [place for place in range(len(content)) if content.startswith(b"<digits>", place)]
    path.write_bytes(content[: begins[2] + 8 + 2000])
    recording = open_recording(path)
    assert recording.leads == LEADS
    assert codes(recording) == ["truncated_samples"]
    found = whole(recording)
    np.testing.assert_allclose(found[:, :2], SIGNALS[:, :2], atol=0.00126)
    missing = np.isnan(found[:, 2])
    assert 0 < missing.sum() < 1600
    # The last number is cut off as well, and must not be read as a smaller one.
    np.testing.assert_allclose(found[~missing, 2], SIGNALS[~missing, 2], atol=0.00126)


def test_shorter_lead_is_missing_at_its_end(tmp_path: Path) -> None:
    parts = sequences()
    parts[3] = aecg_sequence("MDC_ECG_LEAD_V1", DIGITS[:1200, 2].tolist())
    recording = open_recording(write(tmp_path / "a.xml", aecg_series(parts)))
    assert codes(recording) == ["truncated_samples"]
    assert "2.000 s" in recording.warnings[0].message
    assert np.isnan(whole(recording)[1200:, 2]).all()


def test_sequence_without_scale_is_uncalibrated(tmp_path: Path) -> None:
    text = aecg_document([aecg_series(sequences())]).replace('<scale value="2.5" unit="uV"/>', "")
    text = text.replace("MDC_ECG_LEAD_", "ECG ")
    (tmp_path / "a.xml").write_text(text, encoding="utf-8")
    assert codes(open_recording(tmp_path / "a.xml")) == ["uncalibrated"]


def test_numbers_that_go_over_two_blocks(tmp_path: Path) -> None:
    """Expat gives text in pieces of 64 KB."""
    digits = np.tile(DIGITS, (20, 1)) * 100
    path = write(tmp_path / "a.xml", aecg_series(sequences(digits)))
    np.testing.assert_allclose(
        whole(open_recording(path)), np.tile(SIGNALS, (20, 1)) * 100, atol=0.13
    )


def test_samples_are_in_no_memory(tmp_path: Path) -> None:
    """Half a million samples of each lead: 4 MB of text, and 6 MB of numbers."""
    digits = np.tile(DIGITS, (313, 1))
    path = write(tmp_path / "a.xml", aecg_series(sequences(digits)))
    tracemalloc.start()
    try:
        recording = open_recording(path)
        assert recording.n_samples == len(digits)
        recording.read(1, 10**5, 10**5 + 1000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2e6


def test_patient_elements_stay_in_the_file(tmp_path: Path) -> None:
    more = (
        "<componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>"
        '<id extension="Secretid"/><subjectDemographicPerson><name>Secretname</name>'
        '<birthTime value="19610704"/></subjectDemographicPerson></trialSubject></subject>'
        "</subjectAssignment></componentOf></timepointEvent></componentOf>"
        "<text>Secretcomment</text>"
    )
    path = write(tmp_path / "a.xml", aecg_series(sequences()), more=more)
    content = path.read_bytes()
    seen = [repr(open_recording(path))]
    for stop in range(100, len(content), 97):
        path.write_bytes(content[:stop] + b"<" * (stop % 2))
        try:
            seen.append(repr(open_recording(path)))
        except HolterError as error:
            seen.append(repr(error))
    assert not any(word in "".join(seen) for word in ("Secret", "19610704"))


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
REFUSED: dict[str, tuple[Callable[[str], str], type[RefusedRecordingError]]] = {
    "entities": (
        lambda text: text.replace("?>", f'?><!DOCTYPE AnnotatedECG [<!ENTITY l0 "1 ">{LAUGHS}]>')
        .replace("<digits>", "<digits>&l9;"), MalformedHeaderError,
    ),
    "external entity": (
        lambda text: text.replace("?>", '?><!DOCTYPE a [<!ENTITY e SYSTEM "/etc/passwd">]>')
        .replace("<digits>", "<digits>&e;"), MalformedHeaderError,
    ),
    "deep": (
        lambda text: text.replace("<component>", "<a>" * 100 + "</a>" * 100 + "<component>", 1),
        MalformedHeaderError,
    ),
    "not well-formed": (lambda text: text.replace("</value>", ""), MalformedHeaderError),
    "encoding": (lambda text: text.replace("UTF-8", "UTG-8"), MalformedHeaderError),
    "encoding of several bytes": (lambda text: text.replace("UTF-8", "gbk"), MalformedHeaderError),
    "words": (lambda text: text.replace("<digits>", "<digits>one "), MalformedHeaderError),
    "endless number": (
        lambda text: text.replace("<digits>", "<digits>" + "1" * 200_000), MalformedHeaderError,
    ),
    "no leads": (lambda text: text.replace("<digits>", "<d>").replace("</digits>", "</d>"),
                 NoLeadsError),
    "no increment": (lambda text: text.replace("<increment", "<step"), SamplingRateError),
    "increment without unit": (lambda text: text.replace('"0.005" unit="s"', '"0.005"'),
                               SamplingRateError),
    "increment 0": (lambda text: text.replace('"0.005"', '"0"'), SamplingRateError),
    "increment of a minute": (lambda text: text.replace('"0.005" unit="s"', '"1" unit="min"'),
                              SamplingRateError),
    "scale 0": (lambda text: text.replace('"2.5"', '"0"'), CalibrationError),
    "cut before the samples": (lambda text: text.partition("<digits>")[0], TruncatedSamplesError),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_rejected(tmp_path: Path, case: str) -> None:
    change, error = REFUSED[case]
    text = aecg_document([aecg_series(sequences())])
    changed = change(text)
    assert changed != text
    (tmp_path / "doe.xml").write_text(changed, encoding="utf-8")
    with pytest.raises(error):
        open_recording(tmp_path / "doe.xml")


@pytest.mark.parametrize(
    ("years", "error"), [("2034", MalformedHeaderError), ("2024", NoSignalError)]
)
def test_series_far_from_each_other(
    tmp_path: Path, years: str, error: type[RefusedRecordingError]
) -> None:
    later = sequences(head=f'value="{years}0302093000"')
    path = write(tmp_path / "a.xml", aecg_series(sequences()), aecg_series(later))
    with pytest.raises(error):
        open_recording(path)


@pytest.mark.parametrize(
    "text",
    ["<restingecgdata/>", "<RestingECG/>", '<?xml version="1.0"?><!-- <AnnotatedECG> --><html/>',
     "<AnnotatedECGs/>", "<?a?>" * 800, ""],
)  # fmt: skip
def test_other_xml_is_of_no_format(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.xml").write_text(text + " ", encoding="utf-8")
    with pytest.raises(UnknownFormatError):
        open_recording(tmp_path / "a.xml")
