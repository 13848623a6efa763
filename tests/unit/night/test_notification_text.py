from typing import Any

from synthetic_nights import fill
from unit.night.hand_made_entries import NIGHT, MemoryStore, body, summary

from deepecg.night.dead_letter_count import DeadLettersOfDate
from deepecg.night.make_report import make_night
from deepecg.night.night_entry import night_entry
from deepecg.night.notification_text import night_message
from deepecg.outputs.advisory import ADVISORY


def message(
    *entries: dict[str, Any], dead_letters: DeadLettersOfDate | None = None, n_queued: int = 0
) -> tuple[str, str]:
    report = make_night(NIGHT, MemoryStore(*map(body, entries)), dead_letters=dead_letters)
    return night_message(report, n_queued)


def test_the_message_counts_and_names_nobody() -> None:
    subject, text = message(
        night_entry("0f3a", summary(urgent=(("pause", "Pause of 3.4 s"),)), folder="Jane Doe"),
        night_entry("1b2c", summary()),
        night_entry("2c3d", {"kind": "rejection", "code": "flat_line"}, folder="John Roe"),
        night_entry("3d4e", outcome="waiting"),
        dead_letters=DeadLettersOfDate(6),
        n_queued=17,
    )
    assert subject == "Deep-ECG 2026-11-21: 4 uploaded, 2 scored, 1 with urgent findings"
    words = " ".join(text.split())
    for line in ("Uploaded 4", "Scored 2", "urgent findings 1", "Rejected 1", "Waiting for parts 1",
                 "Failed 0", "Not yet processed 0", "Dead letters of this date 6",
                 "Still queued, of any date about 17 messages",
                 "Hours analysable 48 of 48", "Beats 180000"):  # fmt: skip
        assert line in words
    assert ADVISORY in text
    for name in ("0f3a", "1b2c", "2c3d", "3d4e", "Jane", "John", "flat_line"):
        assert name not in subject + text


def test_what_is_not_known_is_said() -> None:
    subject, text = message()
    assert "0 uploaded" in subject
    assert "not known" in text
    assert "not judged: 0 of 14 nights" in text


def test_dead_letters_that_are_not_all_are_told_as_the_least() -> None:
    _, text = message(dead_letters=DeadLettersOfDate(6, is_complete=False))
    assert "Dead letters of this date at least 6: the queue was not seen whole" in " ".join(
        text.split()
    )


def test_drift_is_told_as_a_count() -> None:
    store = MemoryStore()
    fill(store, NIGHT, 90, seed=4, n_before=60, noise=4.0)
    report = make_night(NIGHT, store)
    n_shifted = [figure["status"] for figure in report["drift"]["figures"]].count("shifted")
    assert n_shifted >= 1
    assert f"{n_shifted} of 10 figures unusual against 28 nights" in night_message(report, 0)[1]


def test_the_subject_is_one_that_sns_takes() -> None:
    store = MemoryStore(*(body(night_entry(f"r{i}", summary())) for i in range(3)))
    report = make_night(NIGHT, store)
    for count in ("uploaded_count", "scored_count"):
        report["outcomes"][count] = 10**40
    subject, _ = night_message(report, 0)
    assert len(subject) <= 100
    assert subject.isascii()
    assert subject.isprintable()
