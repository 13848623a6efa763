from msgspec.structs import replace
from synthetic_nights import fill, rejection
from unit.night.hand_made_nights import NIGHT, MemoryStore, body, summary

from deepecg.night.make_report import make_night
from deepecg.night.night_entry import NightEntry, night_entry
from deepecg.night.night_report import DeadLettersOfDate
from deepecg.night.notification_text import night_message
from deepecg.night.settings import NightSettings
from deepecg.outputs.advisory import ADVISORY


def message(
    *entries: NightEntry, dead_letters: DeadLettersOfDate | None = None, n_queued: int = 0
) -> tuple[str, str]:
    report = make_night(NIGHT, MemoryStore(*map(body, entries)), dead_letters=dead_letters)
    return night_message(report, n_queued)


def test_the_message_contains_counts_and_no_names() -> None:
    subject, text = message(
        night_entry("0f3a", summary(urgent=(("pause", "Pause of 3.4 s"),)), folder="Jane Doe"),
        night_entry("1b2c", summary(notable=(("pause", "Pause of 2.1 s"),), review="final")),
        night_entry("2c3d", rejection("flat_line"), folder="John Roe"),
        night_entry("3d4e", outcome="waiting"),
        dead_letters=DeadLettersOfDate(6),
        n_queued=17,
    )
    assert subject == "Deep-ECG 2026-11-21: 4 uploaded, 2 scored, 1 with urgent findings"
    words = " ".join(text.split())
    for line in ("Uploaded 4", "Scored 2", "with urgent findings 1", "with notable findings 1",
                 "with important warnings 0",
                 "reviewed and signed 1", "Rejected 1",
                 "Waiting for parts 1",
                 "Failed 0", "Not yet processed 0", "Dead letters of this date 6",
                 "In the queue, any date about 17 messages",
                 "Hours analysable 48 of 48", "Beats 180000"):  # fmt: skip
        assert line in words
    assert ADVISORY in text
    for name in ("0f3a", "1b2c", "2c3d", "3d4e", "Jane", "John", "flat_line"):
        assert name not in subject + text


def test_the_message_says_where_the_report_is() -> None:
    assert "Open the report: reports/2026-11-21/index.html in the results bucket." in message()[1]
    settings = NightSettings(page="https://holter.example/")
    _, text = night_message(make_night(NIGHT, MemoryStore(), settings), 0)
    assert "Open the report at https://holter.example/#night/2026-11-21\n" in text


def test_the_message_says_what_is_not_known() -> None:
    subject, text = message()
    assert "0 uploaded" in subject
    assert "not known" in text
    assert "not possible: 0 earlier nights, 14 needed" in text


def test_the_message_says_that_there_may_be_more_dead_letters() -> None:
    _, text = message(dead_letters=DeadLettersOfDate(6, is_complete=False))
    assert (
        "Dead letters of this date at least 6: the queue could not be read completely"
        in " ".join(text.split())
    )


def test_the_message_counts_unusual_measures() -> None:
    store = MemoryStore()
    fill(store, NIGHT, 90, seed=4, n_before=60, noise=4.0)
    report = make_night(NIGHT, store)
    n_shifted = [metric.status for metric in report.drift.metrics].count("shifted")
    assert n_shifted >= 1
    assert f"{n_shifted} of 10 measures unusual, 28 nights compared" in night_message(report, 0)[1]


def test_sns_accepts_the_subject() -> None:
    store = MemoryStore(*(body(night_entry(f"r{i}", summary())) for i in range(3)))
    report = make_night(NIGHT, store)
    outcomes = replace(report.outcomes, uploaded_count=10**40, scored_count=10**40)
    subject, _ = night_message(replace(report, outcomes=outcomes), 0)
    assert len(subject) <= 100
    assert subject.isascii()
    assert subject.isprintable()
