"""Tables of numbers: every way in which they are written gives the samples that were written."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from holter_file_writers import synthetic_ecg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deepecg.errors import (
    HolterError,
    MalformedHeaderError,
    MissingPartError,
    NoLeadsError,
    NoSignalError,
    SamplingRateError,
    TooShortError,
    UnknownFormatError,
)
from deepecg.readers.found_recordings import files_in, sort_paths
from deepecg.readers.open_recording import open_recording
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.text import read_text
from deepecg.readers.text_header import read_table_header
from deepecg.readers.text_options import TextOptions
from deepecg.readers.text_table import HEAD_BYTES, find_layout, looks_like_table
from deepecg.recording import Recording

RATE = 250
ECG = synthetic_ecg(30, RATE, 1)[:, 0]
TIMES = np.arange(ECG.size) / RATE
START = datetime(2024, 3, 1, 23, 59, 50)
NAME = "Jane Doe"


def table(
    *columns: Sequence[object], header: Iterable[str] = (), separator: str = ",", end: str = "\n"
) -> str:
    """Return a table of columns of cells."""
    rows = [separator.join(map(str, cells)) for cells in zip(*columns, strict=True)]
    return end.join([*header, *rows, ""])


def seconds(times: NDArray[np.float64] = TIMES) -> list[str]:
    return [f"{t:.3f}" for t in times]


def millivolts(samples: NDArray[np.float64] = ECG) -> list[str]:
    return [f"{v:.5f}" for v in samples]


def write(folder: Path, content: str | bytes, name: str = "r.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def beside(path: Path, **options: object) -> Path:
    path.with_name(f"{path.name}.json").write_text(json.dumps(options))
    return path


def samples(recording: Recording, lead: int = 0) -> NDArray[np.float32]:
    return recording.read(lead, 0, recording.n_samples)


def codes(recording: Recording) -> set[str]:
    return {warning.code for warning in recording.warnings}


def check(recording: Recording, expected: NDArray[np.float64] = ECG, within: float = 1e-4) -> None:
    assert (recording.format, recording.sampling_rate_hz) == ("text", RATE)
    np.testing.assert_allclose(samples(recording), expected, atol=within)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_ends_of_lines(tmp_path: Path, encoding: str, end: str) -> None:
    microvolts = [f"{1000 * v:.2f}" for v in ECG]
    text = table(seconds(), microvolts, header=["Zeit (s),ECG (µV)"], end=end)
    recording = open_recording(write(tmp_path, text.encode(encoding)))
    check(recording)
    assert recording.leads == ("ECG",)
    assert not recording.warnings


@pytest.mark.parametrize(("separator", "decimal"), [
    (",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", "."), ("|", ","),
    (" ", "."), (" ", ","), ("  ", "."), (" ; ", ","), (", ", "."),
])  # fmt: skip
@pytest.mark.parametrize("ending", ["", "trailing separator"])
def test_separators_and_decimals(tmp_path: Path, separator: str, decimal: str, ending: str) -> None:
    columns = [[cell.replace(".", decimal) for cell in c] for c in (seconds(), millivolts())]
    header = separator.join(["time", "ECG_mV"])
    text = table(*columns, header=[header], separator=separator)
    if ending:
        text = text.replace("\n", f"{separator}\n")
    path = write(tmp_path, text)
    check(open_recording(path))
    independent = pd.read_csv(
        path, sep=r"\s+" if separator.isspace() else separator.strip(), decimal=decimal,
        index_col=False, skipinitialspace=True,
    )  # fmt: skip
    np.testing.assert_allclose(samples(open_recording(path)), independent.iloc[:, 1], rtol=1e-6)


def test_quoted_decimal_commas(tmp_path: Path) -> None:
    cells = [[f'"{c}"'.replace(".", ",") for c in column] for column in (seconds(), millivolts())]
    check(open_recording(write(tmp_path, table(*cells, header=['"time","ECG (mV)"']))))


def test_commas_that_cannot_be_told_apart(tmp_path: Path) -> None:
    cells = [[c.replace(".", ",") for c in column] for column in (seconds(), millivolts())]
    path = write(tmp_path, table(*cells, header=["time,ECG"]))
    with pytest.raises(MalformedHeaderError, match="semicolons or quotes"):
        read_text(path, ReadingOptions())


TWELVE_HOURS = [f"{START + timedelta(seconds=t):%Y-%m-%d %I:%M:%S.%f %p}" for t in TIMES]
ISO = [(START + timedelta(seconds=t)).isoformat(timespec="milliseconds") for t in TIMES]


@pytest.mark.parametrize(("name", "times"), [
    ("time", seconds()),
    ("Time [s]", seconds()),
    ("", seconds()),
    ("t_ms", [f"{1000 * t:g}" for t in TIMES]),
    ("timestamp", [f"{1000 * t:g}" for t in TIMES]),
    ("Elapsed (us)", [f"{1e6 * t:.0f}" for t in TIMES]),
    ("timestamp", [f"{1e9 * t:.0f}" for t in TIMES]),
    ("unix", [f"{1709337590 + t:.3f}" for t in TIMES]),
    ("unix", [f"{1709337590000 + 1000 * t:.0f}" for t in TIMES]),
    ("unix", [str(1709337590 * 10**9 + round(t * 1e9)) for t in TIMES]),
    ("when", ISO),
    ("when", [t.replace("T", " ") + "Z" for t in ISO]),
    ("when", [t + "+01:00" for t in ISO]),
    ("when", [f"{t[8:10]}.{t[5:7]}.{t[:4]} {t[11:]}" for t in ISO]),
    ("when", [f"{t[:10].replace('-', '/')} {t[11:]}" for t in ISO]),
    ("when", [f"[{t[11:]} {t[8:10]}/{t[5:7]}/{t[:4]}]" for t in ISO]),
    ("clock", [t[11:] for t in ISO]),
    ("clock", [t[11:] for t in TWELVE_HOURS]),
    ("when", TWELVE_HOURS),
    ("'Elapsed time'", [f"'{int(40 + t) // 60}:{(40 + t) % 60:06.3f}'" for t in TIMES]),
    ("sensor [ns]", [str(599630059061536896 + round(t * 1e9)) for t in TIMES]),
])  # fmt: skip
def test_forms_of_time(tmp_path: Path, name: str, times: list[str]) -> None:
    check(open_recording(write(tmp_path, table(times, millivolts(), header=[f"{name},ECG [mV]"]))))


@pytest.mark.parametrize(("times", "zone", "start"), [
    (ISO, None, START),
    ([t.replace("T", " ") for t in ISO], None, START),
    (TWELVE_HOURS, None, START),
    ([t + "+01:00" for t in ISO], None, START),
    ([t + "+01:00" for t in ISO], "Europe/London", START - timedelta(hours=1)),
    ([t + "Z" for t in ISO], "Europe/Zurich", START + timedelta(hours=1)),
    ([t + "Z" for t in ISO], None, None),
    ([f"{1709337590 + t:.3f}" for t in TIMES], "Europe/Zurich", START + timedelta(hours=1)),
    ([f"{1709337590 + t:.3f}" for t in TIMES], None, None),
    ([f"{t[8:10]}.{t[5:7]}.{t[:4]} {t[11:]}" for t in ISO], None, START),
    ([f"[{t[11:]} {t[8:10]}/{t[5:7]}/{t[:4]}]" for t in ISO], None, START),
    ([t[11:] for t in ISO], None, None),
    (seconds(), None, None),
])  # fmt: skip
def test_start(tmp_path: Path, times: list[str], zone: str | None, start: datetime | None) -> None:
    path = write(tmp_path, table(times, millivolts(), header=["time,ECG [mV]"]))
    recording = open_recording(path, ReadingOptions(zone=zone and ZoneInfo(zone)))
    assert recording.start == start
    assert ("start_in_utc" in codes(recording)) == (
        start is None and (times[0].endswith("Z") or times[0].startswith("17"))
    )


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("first", [0, 11])
def test_times_with_decimal_commas(tmp_path: Path, first: int, decimal: str) -> None:
    times = [t[first:].replace(".", ",") for t in ISO]
    cells = [v.replace(".", decimal) for v in millivolts()]
    path = write(tmp_path, table(times, cells, header=["time;ECG [mV]"], separator=";"))
    recording = open_recording(path)
    check(recording)
    assert recording.start == (None if first else START)


def test_date_and_clock_in_two_columns(tmp_path: Path) -> None:
    dates, clocks = [t[:10] for t in ISO], [t[11:] for t in ISO]
    path = write(tmp_path, table(dates, clocks, millivolts(), header=["date,time,ECG [mV]"]))
    recording = open_recording(path)
    check(recording)
    assert recording.start == START


def test_apple_watch(tmp_path: Path) -> None:
    header = [
        f"Name,{NAME}", 'Date of Birth,"Feb 5, 1952"', "Recorded Date,2020-02-05 09:14:40 -0400",
        "Classification,Sinus Rhythm", "Symptoms,", "Software Version,1.51", 'Device,"Watch5,4"',
        "Sample Rate,250 hertz", "", "Lead,Lead I", "Unit,µV", "",
    ]  # fmt: skip
    for decimal in ".,":
        cells = [f"{1000 * v:.3f}".rstrip("0").rstrip(".").replace(".", decimal) for v in ECG]
        recording = open_recording(write(tmp_path, table(cells, header=header)))
        check(recording)
        assert recording.start == datetime(2020, 2, 5, 9, 14, 40)
        assert NAME not in repr(recording)
        assert NAME not in "".join((*recording.leads, *recording.labels))


def test_polar_sensor_logger(tmp_path: Path) -> None:
    sensor = [838432586543515816 + round(t * 1e9) for t in TIMES]
    header = ["Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]"]
    cells = [f"{1000 * v:.0f}" for v in ECG]
    late = [ISO[73 * (k // 73)] for k in range(ECG.size)]  # one time a packet
    text = table(late, sensor, [f"{1000 * t}" for t in TIMES], cells, header=header, separator=";")
    recording = open_recording(write(tmp_path, text, "polar.txt"))
    check(recording, within=1e-3)
    assert (recording.leads, recording.start) == (("ecg",), START)
    zeros = table(late, [0] * ECG.size, [0] * ECG.size, cells, header=header, separator=";")
    check(open_recording(write(tmp_path, zeros)), within=1e-3)


def test_physionet_rdsamp(tmp_path: Path) -> None:
    header = ["'Elapsed time','MLII','V5'", "'hh:mm:ss.mmm','mV','mV'"]
    times = [f"'0:{t:06.3f}'" for t in TIMES]
    path = write(tmp_path, table(times, millivolts(), millivolts(2 * ECG), header=header))
    recording = open_recording(path)
    assert recording.leads == ("MLII", "V5")
    check(recording)
    np.testing.assert_allclose(samples(recording, 1), 2 * ECG, atol=1e-4)


def test_units_of_other_quantities_below_the_names(tmp_path: Path) -> None:
    other = [f"{v:.1f}" for v in np.cos(TIMES)]
    header = ["time,MLII,Pressure,Core", "s,mV,kPa,degC"]
    recording = open_recording(
        write(tmp_path, table(seconds(), millivolts(), other, other, header=header))
    )
    assert recording.leads == ("MLII",)
    assert codes(recording) == {"not_ecg"}
    check(recording)


@pytest.mark.parametrize(
    ("names", "lead"), [("t,V", "V"), ("t,ecg_min", "ecg_min"), ("t,ECG (1)", "ECG (1)")]
)
def test_names_that_look_like_units_remain_names(tmp_path: Path, names: str, lead: str) -> None:
    text = table(seconds(), millivolts(), header=[names])
    columns = read_table_header(find_layout(text.encode(), TextOptions()))
    assert (columns.is_named, columns.labels) == (True, ("t", lead))


def test_mit_bih_in_adu_is_not_calibrated(tmp_path: Path) -> None:
    digital = [round(1024 + 200 * v) for v in ECG]
    text = table(range(ECG.size), digital, header=["'sample #','ECG'"])
    path = write(tmp_path, text)
    with pytest.raises(SamplingRateError, match="sampling_rate_hz"):
        open_recording(path)
    recording = open_recording(beside(path, sampling_rate_hz=RATE))
    assert codes(recording) == {"unit_assumed", "uncalibrated"}
    found = samples(recording)
    assert np.corrcoef(found, ECG)[0, 1] > 0.999
    assert 0.2 < np.ptp(found) < 10


def test_open_signals(tmp_path: Path) -> None:
    device = {
        "device name": NAME, "sensor": ["ECG", "EDA"], "column": ["nSeq", "DI", "CH1", "CH2"],
        "time": "9:39:1.0", "date": "2024-5-22", "sampling rate": RATE, "more": "x" * 9000,
    }  # fmt: skip
    header = ["# OpenSignals Text File Format", f"# {json.dumps({NAME: device})}", "# EndOfHeader"]
    columns = [[n % 16 for n in range(ECG.size)], [0] * ECG.size, millivolts(), [3] * ECG.size]
    text = table(*columns, header=header, separator="\t").replace("\n", "\t\n")
    recording = open_recording(write(tmp_path, text, "os.txt"))
    check(recording)
    assert (recording.leads, recording.start) == (("ECG",), datetime(2024, 5, 22, 9, 39, 1))


@pytest.mark.parametrize("line", [
    "# Sampling frequency (Hz): 250", "Sampling Rate;250 Hz", "fs = 250", "sampling interval 4 ms",
    "Sample Rate:\t0.25 kHz", "ECG at 250 Hz",
])  # fmt: skip
def test_rate_in_a_line_before_the_table(tmp_path: Path, line: str) -> None:
    header = [line, "Filter 0.5 Hz to 40 Hz", "ECG (mV)"]
    check(open_recording(write(tmp_path, table(millivolts(), header=header))))


def test_what_neither_file_nor_options_say(tmp_path: Path) -> None:
    path = write(tmp_path, table(millivolts()))
    with pytest.raises(SamplingRateError, match=r"NAME.csv.json.*--text sampling_rate_hz"):
        open_recording(path)
    counted = write(tmp_path, table(range(ECG.size), millivolts(), header=["time,ECG [mV]"]))
    with pytest.raises(SamplingRateError, match="time_unit"):
        open_recording(counted)
    check(open_recording(beside(counted, sampling_rate_hz=RATE)))


def test_options_of_every_kind(tmp_path: Path) -> None:
    cells = [f"{1000 * v:.2f}".replace(".", ",") for v in ECG]
    path = write(tmp_path, table([5] * ECG.size, cells, separator=";"))
    beside(
        path, sampling_rate_hz=RATE, unit="uV", columns=["2"],
        start="2024-03-01T09:30:00", separator=";", decimal=",",
    )  # fmt: skip
    recording = open_recording(path)
    check(recording)
    assert recording.start == datetime(2024, 3, 1, 9, 30)
    stronger = ReadingOptions(text=TextOptions(unit="mV", start=datetime(2025, 1, 1)))
    recording = open_recording(path, stronger)
    check(recording, 1000 * ECG, within=1e-2)
    assert recording.start == datetime(2025, 1, 1)


def test_names_for_columns_without_names(tmp_path: Path) -> None:
    path = write(tmp_path, table(seconds(), millivolts(), millivolts(-ECG)))
    text = TextOptions(unit="mV", columns=("V1", "V5"))
    assert open_recording(path, ReadingOptions(text=text)).leads == ("V1", "V5")
    with pytest.raises(MalformedHeaderError, match="columns"):
        open_recording(path, ReadingOptions(text=TextOptions(columns=("V1",), unit="mV")))


def test_time_column_and_unit(tmp_path: Path) -> None:
    text = table(seconds(2 * TIMES), [f"{4 * n}" for n in range(ECG.size)], millivolts())
    path = write(tmp_path, "a;b;ECG [mV]\n" + text.replace(",", ";"))
    options = TextOptions(time_column="b", time_unit="ms")
    check(open_recording(path, ReadingOptions(text=options)))


@pytest.mark.parametrize(("options", "match"), [
    ({"rate": 1}, "rate"),
    ({"sampling_rate_hz": "fast"}, "sampling_rate_hz"),
    ({"columns": ["Jane"]}, "columns"),
    ({"time_column": "9"}, "time_column"),
    ({"time_column": "note"}, "time_column"),
    ({"columns": ["note"]}, "columns"),
    ({"sampling_rate_hz": 100}, "stated rate of 100 Hz"),
])  # fmt: skip
def test_wrong_options_are_refused(tmp_path: Path, options: dict[str, object], match: str) -> None:
    text = table(seconds(), millivolts(), ["a"] * ECG.size, header=["time,ECG [mV],note"])
    with pytest.raises((MalformedHeaderError, SamplingRateError), match=match) as caught:
        open_recording(beside(write(tmp_path, text), **options))
    assert "Jane" not in str(caught.value)


def test_missing_values_and_bad_rows(tmp_path: Path) -> None:
    cells: list[str] = millivolts()
    for number, missing in enumerate(["", "NaN", "-", "null", "?", "1e99", "x"]):
        cells[100 + number] = missing
    text = table(seconds(), cells, header=["time,ECG [mV]"])
    text = text.replace("\n8.000,", "\n# a remark\nRecording goes on\n8.000,")
    recording = open_recording(write(tmp_path, text))
    expected = ECG.copy()
    expected[100:107] = np.nan
    check(recording, expected)
    assert codes(recording) == {"bad_rows", "rows_without_time"}


def test_cells_that_are_no_times(tmp_path: Path) -> None:
    times = [t[11:] for t in ISO]
    for number, other in enumerate(["5S", "x", "", "noon", "1e9", "9" * 30 + ":00:00"]):
        times[1000 + number] = other
    times[3000] = "99:99:99"  # the rows around it say when it was
    path = write(tmp_path, table(times, millivolts(), header=["time,ECG [mV]"]))
    recording = open_recording(path)
    assert codes(recording) == {"rows_without_time", "gaps"}
    expected = ECG.copy()
    expected[1000:1006] = np.nan
    check(recording, expected)


def test_empty_lines_are_missing_samples_of_one_column(tmp_path: Path) -> None:
    cells = millivolts()
    cells[1000] = ""
    path = beside(write(tmp_path, table(cells, header=["ECG_mV"])), sampling_rate_hz=RATE)
    keep = np.ones(ECG.size, bool)
    keep[1000] = False
    check(open_recording(path), np.where(keep, ECG, bridged(keep)))
    write(tmp_path, table(millivolts(), header=["ECG_mV"], end="\n\n"))
    check(open_recording(path))


def test_other_columns_are_no_leads(tmp_path: Path) -> None:
    other = [f"{v:.3f}" for v in np.cos(TIMES)]
    header = ["index,time [s],X [mg],resp,ECG [mV],HR [bpm],status"]
    text = table(
        range(ECG.size), seconds(), other, other, millivolts(), [70] * ECG.size,
        ["ok"] * ECG.size, header=header,
    )  # fmt: skip
    recording = open_recording(write(tmp_path, text))
    assert recording.leads == ("ECG",)
    check(recording)


def test_a_unit_is_assumed_for_leads_only(tmp_path: Path) -> None:
    other = [f"{1000 * v:.1f}" for v in np.cos(TIMES)]
    for header, assumed in (("accX,ECG [mV]", False), ("accX [mg],ECG", True)):
        ecg = [f"{1000 * v:.2f}" for v in ECG] if assumed else millivolts()
        text = table(seconds(), other, ecg, header=[f"time [s],{header}"])
        recording = open_recording(write(tmp_path, text))
        assert recording.leads == ("ECG",)
        check(recording, within=1e-4 if not assumed else 1e-2)
        assert ("unit_assumed" in codes(recording)) == assumed


def kept(lost: float, rows_per_packet: int) -> NDArray[np.bool_]:
    """Return which rows arrive if a share of packets is lost; the first and the last do."""
    n_packets = -(-ECG.size // rows_per_packet)
    arrives = np.random.default_rng(7).random(n_packets) >= lost
    arrives[[0, -1]] = True
    return np.repeat(arrives, rows_per_packet)[: ECG.size]


def bridged(keep: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the signal on straight lines over at most 20 ms, 5 samples; NaN in longer gaps."""
    series = pd.Series(np.where(keep, ECG, np.nan))
    run = (series.notna() != series.notna().shift()).cumsum()
    is_short = series.groupby(run).transform("size") <= RATE * 0.02
    return np.where(is_short, series.interpolate(), np.nan)


@pytest.mark.parametrize("rows_per_packet", [1, 10])
@pytest.mark.parametrize("order", ["first", "last"])
def test_lost_packets_are_gaps_and_beats_stay(
    tmp_path: Path, rows_per_packet: int, order: str
) -> None:
    keep = kept(0.01, rows_per_packet)
    times = TIMES[np.arange(ECG.size) // rows_per_packet * rows_per_packet]
    if order == "last":
        times = times + (rows_per_packet - 1) / RATE
    text = table(seconds(times[keep]), millivolts(ECG[keep]), header=["time,ECG [mV]"])
    recording = open_recording(write(tmp_path, text))
    assert (~keep).sum() > 0
    check(recording, np.where(keep, ECG, bridged(keep)))
    assert "gaps" in codes(recording)
    # The R waves of 75/min are where the signal has them by definition.
    found = np.nan_to_num(samples(recording), nan=-9)
    peaks = [round(beat * 0.8 * RATE) for beat in range(1, 36)]
    seen = [peak for peak in peaks if keep[peak]]
    assert len(seen) > 30
    assert [np.argmax(found[peak - 50 : peak + 50]) for peak in seen] == [50] * len(seen)


def test_rate_of_the_times_where_the_clock_is_slow(tmp_path: Path) -> None:
    text = table([f"{1.003 * t:.6f}" for t in TIMES], millivolts(), header=["time,ECG [mV]"])
    recording = open_recording(write(tmp_path, f"Sampling rate: {RATE}\n{text}"))
    assert recording.sampling_rate_hz == pytest.approx(RATE / 1.003, rel=1e-6)
    assert codes(recording) == {"clock_rate"}


def test_repeated_and_exchanged_rows(tmp_path: Path) -> None:
    rows = np.r_[0:1000, 1100:1200, 1000:1100, 1200:2000, 1900 : ECG.size]
    text = table(seconds(TIMES[rows]), millivolts(ECG[rows]), header=["time,ECG [mV]"])
    recording = open_recording(write(tmp_path, text))
    check(recording)
    assert codes(recording) == {"rows_out_of_order", "repeated_rows"}


def test_clock_that_is_set_back(tmp_path: Path) -> None:
    times = np.where(TIMES < 20, TIMES, TIMES - 15.1)
    recording = open_recording(
        write(tmp_path, table(seconds(times), millivolts(), header=["time,ECG [mV]"]))
    )
    check(recording)
    assert codes(recording) == {"clock_set_back"}


def test_a_gap_costs_no_memory(tmp_path: Path) -> None:
    times = np.where(TIMES < 15, TIMES, TIMES + 1e7)
    path = write(tmp_path, table(seconds(times), millivolts(), header=["time,ECG [mV]"]))
    with pytest.raises(NoSignalError):
        open_recording(path)


def test_a_line_without_an_end(tmp_path: Path) -> None:
    rows = "\n".join(millivolts() * (2 * HEAD_BYTES // len("".join(millivolts()))))
    for text, match in (
        (f"ECG_mV\n{rows}\n" + "1" * 3_000_000, "line"),
        (f'ECG_mV\n"0.5"\n{rows}\n"' + "1\n" * 600_000, "quote"),
        (f"ECG_mV\n{rows}\n\0\0", "no text"),
    ):
        path = beside(write(tmp_path, text), sampling_rate_hz=RATE)
        with pytest.raises(MalformedHeaderError, match=match):
            open_recording(path)


@pytest.mark.parametrize("content", [
    "Dear reader,\n1\n2\n",
    "9:05,dizzy\n10:30,stairs\n" * 10,
    "100/9 1 250 9000\n" + "1 1000\n" * 9,
    "rank,recording_id,outcome,code\n" + "1,ab12,scored,\n2,cd34,rejected,noisy\n" * 9,
    '{"a": 1}\n' * 9,
    "1\n2\n3\n",
])  # fmt: skip
def test_other_texts_are_no_tables(tmp_path: Path, content: str) -> None:
    assert not looks_like_table(content.encode())
    with pytest.raises((UnknownFormatError, MissingPartError)):
        open_recording(write(tmp_path, content))


def test_tables_without_an_ecg(tmp_path: Path) -> None:
    with pytest.raises(NoLeadsError):
        open_recording(write(tmp_path, table(seconds(), seconds(), header=["time,date_time"])))
    header = ["time;SpO2 [%];resp [l/min]"]
    text = table(seconds(), millivolts(), millivolts(), header=header, separator=";")
    with pytest.raises(NoLeadsError):
        open_recording(write(tmp_path, text))


def test_too_many_columns(tmp_path: Path) -> None:
    path = write(tmp_path, table(*[range(50)] * 65))
    with pytest.raises(MalformedHeaderError, match="65 columns"):
        read_text(path, ReadingOptions())


def test_too_few_rows(tmp_path: Path) -> None:
    path = beside(write(tmp_path, "1.5\n"), sampling_rate_hz=RATE)
    with pytest.raises(TooShortError):
        read_text(path, ReadingOptions())


def test_found_in_folders_by_content(tmp_path: Path) -> None:
    text = table(seconds(), millivolts(), header=["time,ECG [mV]"])
    wanted = [write(tmp_path, text, name) for name in ("a.csv", "b.TSV", "c.txt")]
    write(tmp_path, text, "a.diary.csv")
    write(tmp_path, "9:05,dizzy\n" * 9, "list.csv")
    write(tmp_path, "", "empty.csv")
    write(tmp_path, "Notes on 3 patients", "notes.txt")
    beside(wanted[0], unit="mV")
    assert list(sort_paths(files_in(tmp_path)).recordings) == wanted


ROWS = st.lists(
    st.lists(st.sampled_from(["0", "1.5", "-2", "", "x", "1e9", '"', "9:30:01", "#"]), max_size=4),
    min_size=5,
    max_size=30,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        ROWS.map(lambda rows: "\n".join(map(",".join, rows)).encode()),
        st.lists(st.integers(-9, 999), min_size=5).map(lambda n: "\n".join(map(str, n)).encode()),
    ),
    st.sampled_from([TextOptions(), TextOptions(sampling_rate_hz=100, unit="mV", columns=("1",))]),
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, text: TextOptions) -> None:
    path = write(tmp_path, content)
    try:
        recording = read_text(path, ReadingOptions(text=text))
    except HolterError:
        return
    assert samples(recording).shape == (recording.n_samples,)


@pytest.mark.parametrize("chunk", [1, 7, 100, 6000])
def test_read_in_pieces_is_the_same(tmp_path: Path, chunk: int) -> None:
    keep = kept(0.05, 3) & kept(0.02, 1)
    text = table(seconds(TIMES[keep]), millivolts(ECG[keep]), header=["time,ECG [mV]"])
    recording = open_recording(write(tmp_path, text))
    pieces = [recording.read(0, at, at + chunk) for at in range(0, recording.n_samples, chunk)]
    np.testing.assert_array_equal(np.concatenate(pieces), samples(recording))
