"""The patient's diary: times of every form, and files that are no diary."""

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, write_edf, write_wfdb
from hypothesis import given
from hypothesis import strategies as st
from unit.small_recordings import recording_of

from deepecg.readers.diary import read_diary
from deepecg.readers.open_recording import open_recording
from deepecg.readers.suffixes_beside import MAX_BYTES_BESIDE
from deepecg.recording import Recording

START = datetime(2024, 3, 1, 9, 30, 5)
DAY_S = 86_400


def recording(duration_s: float = DAY_S, start: datetime | None = START) -> Recording:
    empty = replace(recording_of(np.zeros(1), rate=100), start=start)
    return replace(empty, n_samples=round(duration_s * 100))


def rows_of(content: str | bytes, **options: object) -> list[tuple[float, float, str]]:
    """Return start, duration and text of each mark of a diary without warnings."""
    body = content if isinstance(content, bytes) else content.encode()
    marks, warnings = read_diary(body, recording(**options))  # type: ignore[arg-type]
    assert warnings == ()
    assert {mark.source for mark in marks} <= {"diary"}
    return [(mark.start_s, mark.duration_s, mark.text) for mark in marks]


@pytest.fixture
def edf(tmp_path: Path) -> Path:
    return write_edf(tmp_path / "a.edf", synthetic_ecg(12))


@pytest.fixture
def wfdb_record(tmp_path: Path) -> Path:
    return write_wfdb(tmp_path / "b.hea", synthetic_ecg(12))


@pytest.mark.parametrize(
    ("cell", "start_s", "duration_s"),
    [
        ("09:31:05", 60, 0),
        ("9:31:05", 60, 0),
        ("9:31", 55, 60),
        ("09:31:05.250", 60.25, 0),
        ("09:31:05,25", 60.25, 0),
        ("9:31 am", 55, 60),
        ("1:30:05 p.m.", 4 * 3600, 0),
        ("12:30:05 PM", 3 * 3600, 0),
        ("12:30:05 AM", 15 * 3600, 0),
        ("00:00:00", 14 * 3600 + 1795, 0),
        ("9:30:04", DAY_S - 1, 0),
        ("2024-03-01 09:31:05", 60, 0),
        ("2024-03-01T09:31:05", 60, 0),
        ("2024-03-02T09:30:05", DAY_S, 0),
        ("01.03.2024 09:31:05", 60, 0),
        ("1.3.2024, 9:31", 55, 60),
        ("60", 60, 0),
        ("60.5", 60.5, 0),
        ("0", 0, 0),
    ],
)
def test_every_form_of_time(cell: str, start_s: float, duration_s: float) -> None:
    assert rows_of(f'"{cell}",dizzy') == [(start_s, duration_s, "dizzy")]


def test_the_minute_in_which_the_recording_starts_is_in_it() -> None:
    assert rows_of("9:30,dizzy", duration_s=DAY_S / 2) == [(0, 55, "dizzy")]


@pytest.mark.parametrize(
    "cell",
    [
        *("24:00", "9:60", "13:00 pm", "0:10 am", "soon", "2024-02-30 10:00", "-5", "1e3", "9h30"),
        *("2024-03-01", "2024-03-03 10:00", "2023-03-01 10:00", "86401", "9:31:05 +01:00", "٩:٣١"),
        *("2024-03-01T09:31:05Z", "2024-03-01T09:31:05+99:99", "99999999999999999999"),
        *("0000-03-01 9:31", "2024-00-01 9:31"),
    ],
)
def test_a_time_that_is_none_or_not_in_the_recording_is_counted(cell: str) -> None:
    content = f"60,first\n{cell},Hans\n70,last".encode()
    marks, (warning,) = read_diary(content, recording())
    assert [mark.start_s for mark in marks] == [60, 70]
    assert warning.code == "diary_time_unknown"
    assert "found 1 of 3 rows" in warning.message
    assert "Hans" not in warning.message
    assert cell not in warning.message.replace("ISO 8601", "")


def test_without_a_start_only_seconds_can_be_placed() -> None:
    marks, (warning,) = read_diary(b"9:31,a\n60,b\n2024-03-01 9:31,c", recording(start=None))
    assert [(mark.start_s, mark.text) for mark in marks] == [(60, "b")]
    assert "found 2 of 3 rows" in warning.message
    assert "no time of its start" in warning.message


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        # Clocks in Zurich went from 02:00 to 03:00 on 31 March 2024, those of recorders did not.
        ("2024-03-30T22:30:00+00:00", 1.5),
        ("2024-03-31T00:30:00Z", 3.5),
        ("2024-03-31T03:30:00+02:00", 4.5),
        ("2024-03-30 21:30:00-02:00", 2.5),
    ],
)
def test_a_utc_offset_is_placed_where_the_recorders_zone_is_known(cell: str, at: float) -> None:
    start = datetime(2024, 3, 30, 22, 0)
    (mark,), _ = read_diary(f"{cell},x".encode(), recording(start=start), ZoneInfo("Europe/Zurich"))
    assert mark.start_s == at * 3600


@given(
    st.integers(0, DAY_S - 1),
    st.lists(st.integers(1, DAY_S - 1), min_size=1, max_size=8),
    st.sampled_from(["%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
)
def test_marks_less_than_a_day_apart_are_found_again(
    begin_s: int, steps_s: list[int], form: str, delimiter: str, encoding: str
) -> None:
    """Across midnights, in recordings of any length, whatever a spreadsheet makes of the table."""
    start = datetime(2024, 2, 28) + timedelta(seconds=begin_s)
    times_s = np.cumsum(steps_s).tolist()
    table = io.StringIO()
    writer = csv.writer(table, delimiter=delimiter)
    writer.writerow(["Zeit", "Text"])
    texts = [f'Übel; "{number}", müde' for number in range(len(times_s))]
    for at_s, text in zip(times_s, texts, strict=True):
        writer.writerow([(start + timedelta(seconds=at_s)).strftime(form), text])
    marks, warnings = read_diary(
        table.getvalue().encode(encoding), recording(times_s[-1] + 1, start)
    )
    assert [(mark.start_s, mark.text) for mark in marks] == list(zip(times_s, texts, strict=True))
    assert {warning.code for warning in warnings} <= {"diary_without_dates"}
    assert "%Y" not in form or not warnings


def test_times_of_day_in_a_recording_of_days_follow_the_rows() -> None:
    content = b"10:00:05,a\n23:00:05,b\n10:00:05,c\n10:00:30,d\n10:00,e\n09:00:05,f\n"
    marks, (warning,) = read_diary(content, recording(3 * DAY_S))
    hours = [(mark.start_s / 3600, mark.text) for mark in marks if mark.text not in "de"]
    assert hours == [(0.5, "a"), (13.5, "b"), (24.5, "c"), (47.5, "f")]
    assert [mark.start_s // 3600 for mark in marks if mark.text in "de"] == [24, 24]
    assert warning.code == "diary_without_dates"
    assert "found 6 times of day" in warning.message


def test_rows_out_of_order_are_placed_in_a_recording_of_a_day() -> None:
    assert [row[2] for row in rows_of("20:00:00,b\n3:00:00,c\n19:00:00,a\n")] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("60,felt dizzy; sat down\n70,tired", ["felt dizzy; sat down", "tired"]),
        ("60;2,5 mg; twice\n70;x", ["2,5 mg; twice", "x"]),
        ("60,5;a\n70,25;b", ["a", "b"]),
        ("60\n70\n", ["", ""]),
        ("60,a,b\n70,c,\n", ["a,b", "c"]),
        ('60,"a\nb"\n70,c', ["a b", "c"]),
        ('60,"never closed\n70,c', ['"never closed', "c"]),
        ('60,"half" open\n70,c', ['"half" open', "c"]),
        ("time,text\n60,a\n\n\n  \n70,b\n", ["a", "b"]),
        ("\ufefftime;text\r\n60;a\r\n70;b\r\n", ["a", "b"]),
        ("60,\x1b[31ma\u202eb\n70,b", []),
        ("60,a\u202eb\n70,b", ["ab", "b"]),
        ("time,text", []),
        ("", []),
    ],
)
def test_texts_of_tables_as_they_come(content: str, texts: list[str]) -> None:
    marks, warnings = read_diary(content.encode(), recording())
    assert [mark.text for mark in marks] == texts
    assert [one.code for one in warnings] == (["bad_diary"] if "\x1b" in content else [])


HOSTILE = {
    "too large": b"60,x\n" * (MAX_BYTES_BESIDE // 5 + 1),
    "zero bytes": bytes(1000),
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "random bytes": np.random.default_rng(1).bytes(5000),
    "half a UTF-16 letter": b"\xff\xfe6\x000\0,",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_diary_is_ignored_with_a_warning(case: str) -> None:
    marks, (warning,) = read_diary(HOSTILE[case], recording())
    assert marks == ()
    assert warning.code == "bad_diary"


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_content_stops_scoring(content: bytes) -> None:
    marks, warnings = read_diary(content, recording())
    assert all(0 <= mark.start_s <= DAY_S for mark in marks)
    assert {warning.code for warning in warnings} <= {
        "bad_diary", "diary_time_unknown", "diary_without_dates"
    }  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"\n" * 999_999, b'"' * 999_999, b'"\n' * 499_999, b"60," * 333_333, b" " * 999_999]
)
def test_no_content_takes_long(content: bytes) -> None:
    """Ends at all: a search that goes back at each character would take hours."""
    marks, _ = read_diary(content, recording())
    assert len(marks) <= 1


def test_only_the_first_thousand_rows_are_read() -> None:
    content = "\n".join(f"{at_s},x" for at_s in range(2000)).encode()
    marks, (warning,) = read_diary(content, recording())
    assert [mark.start_s for mark in marks] == list(range(1000))
    assert warning.code == "marks_left_out"


def test_a_long_text_is_cut() -> None:
    ((_, _, text),) = rows_of(f"60,{'x' * 5000}")
    assert text == "x" * 300


def test_a_diary_beside_the_recording_is_found(edf: Path, wfdb_record: Path) -> None:
    for main in (edf, wfdb_record):
        main.with_suffix(".diary.csv").write_text("5,x", encoding="utf-8")
        (mark,) = open_recording(main).marks
        assert (mark.start_s, mark.text, mark.source) == (5, "x", "diary")
        assert "text" not in repr(open_recording(main).marks)
    (mark,) = open_recording(wfdb_record.with_suffix("")).marks
    assert mark.start_s == 5


def test_a_diary_that_cannot_be_read_is_a_warning(edf: Path) -> None:
    edf.with_suffix(".diary.csv").mkdir()
    recording = open_recording(edf)
    assert [warning.code for warning in recording.warnings] == ["bad_diary"]
    assert recording.marks == ()


def test_of_a_huge_diary_little_is_read(edf: Path) -> None:
    with edf.with_suffix(".diary.csv").open("wb") as file:
        file.truncate(1 << 30)
    assert [warning.code for warning in open_recording(edf).warnings] == ["bad_diary"]
