"""Whole nights: totals worked by hand, the same bytes again, and stores with odd contents."""

import csv
import io
import json
import random
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from published_schemas import schema
from synthetic_nights import fill, made_up_entries, rejection
from unit.night.hand_made_nights import NIGHT, MemoryStore, body, summary, with_values

from deepecg.cloud.s3_keys import entry_key, report_key
from deepecg.errors import SettingsError
from deepecg.night.folder_night_store import LOCAL_SETTINGS, FolderStore
from deepecg.night.make_report import make_night
from deepecg.night.night_entry import NightEntry, night_entry
from deepecg.night.night_report import DeadLettersOfDate
from deepecg.night.night_store import parse_night
from deepecg.night.recordings_csv import COLUMNS
from deepecg.night.settings import NightSettings, Prices
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.next_steps import NEXT_STEPS
from deepecg.outputs.warning_texts import warning_text

VT = ("ventricular_tachycardia", "Ventricular tachycardia of 9 beats at 150/min")
PAUSE = ("pause", "Pause of 3.4 s")
FORMULAS = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH COMMERCIAL AT}")


def small_night() -> list[NightEntry]:
    """Return seven uploads: three scored, two rejected, one waiting, one failed."""
    return [
        night_entry(
            "quiet",
            summary(hours=24, analysable_hours=24, n=99_950, s=50),
            folder="recordings/quiet/v1",
            processing_s=8.0,
            size_bytes=100,
        ),
        night_entry(
            "urgent",
            summary(
                hours=24,
                analysable_hours=18,
                n=40_000,
                v=10_000,
                mean_bpm=80.0,
                ventricular_runs=(3, 9),
                longest_pause_s=3.4,
                urgent=(VT, PAUSE),
                warnings=("wrong_checksum",),
            ),
            folder="recordings/urgent/v1",
            processing_s=10.0,
            size_bytes=200,
        ),
        night_entry(
            "fibrillating",
            summary(hours=48, analysable_hours=48, n=50_000, fibrillation_percent=100.0),
            folder="recordings/fibrillating/v1",
            processing_s=18.0,
            size_bytes=300,
        ),
        night_entry(
            "flat",
            rejection("flat_line"),
            folder="recordings/flat/v1",
            processing_s=0.5,
        ),
        night_entry("cut", rejection("truncated_samples"), processing_s=0.5),
        night_entry("waits", outcome="waiting", code="missing_part"),
        night_entry("failed", outcome="failed", code="timed_out"),
    ]


def report_of(store: Any, **inputs: Any) -> dict[str, Any]:
    """Write the report on a night and return what report.json contains."""
    report: dict[str, Any] = json.loads(to_json(make_night(NIGHT, store, **inputs)))
    return report


def made(entries: list[Any], **inputs: Any) -> tuple[dict[str, Any], MemoryStore]:
    store = MemoryStore(*map(body, entries))
    report = report_of(store, **inputs)
    jsonschema.validate(report, schema("night_report"))
    return report, store


def rows(store: MemoryStore) -> list[dict[str, str]]:
    text = store.files[NIGHT, "recordings.csv"].decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_schema_is_one_and_allows_nothing_it_does_not_name() -> None:
    found = schema("night_report")
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["additionalProperties"] is False
    assert set(found["required"]) == set(found["properties"])


def test_the_document_returned_is_the_one_written() -> None:
    report, store = made(small_night(), dead_letters=DeadLettersOfDate(4))
    assert json.loads(store.files[NIGHT, "report.json"]) == report
    assert report["advisory"] == ADVISORY
    assert store.types == {
        "index.html": "text/html; charset=utf-8",
        "report.json": "application/json",
        "recordings.csv": "text/csv; charset=utf-8",
        "totals.json": "application/json",
    }


def test_every_upload_is_counted_once() -> None:
    report, _ = made(small_night(), dead_letters=DeadLettersOfDate(4))
    assert report["outcomes"] == {
        "uploaded_count": 7,
        "scored_count": 3,
        "rejected_count": 2,
        "waiting_count": 1,
        "failed_count": 1,
        "received_count": 0,
        "dead_letters_of_date_count": 4,
        "dead_letters_of_date_complete": True,
        "unreadable_entries_count": 0,
    }
    assert report["rejections"] == [
        {"code": "flat_line", "count": 1},
        {"code": "truncated_samples", "count": 1},
    ]
    outcomes = made(small_night())[0]["outcomes"]
    assert outcomes["dead_letters_of_date_count"] is None
    assert outcomes["dead_letters_of_date_complete"] is None


def test_totals_add_up() -> None:
    totals = made(small_night())[0]["totals"]
    assert totals == {
        "recorded_h": 96.0,
        "analysable_h": 90.0,
        "analysable_percent": 93.75,
        "beats_count": 200_000,
        "class_count": {"N": 189_950, "S": 50, "V": 10_000, "F": 0, "Q": 0},
        "class_percent": {"N": 94.975, "S": 0.025, "V": 5.0, "F": 0.0, "Q": 0.0},
        "uploaded_bytes": 600,
        "with_ventricular_runs_count": 1,
        "with_supraventricular_runs_count": 0,
        "with_fibrillation_count": 1,
        "with_pauses_count": 1,
    }


def test_the_figures_of_a_night_are_worked_by_hand() -> None:
    figures = {f["name"]: f["value"] for f in made(small_night())[0]["drift"]["figures"]}
    assert figures == {
        "n_beats_percent": 94.975,
        "s_beats_percent": 0.025,
        "v_beats_percent": 5.0,
        "f_beats_percent": 0.0,
        "q_beats_percent": 0.0,
        "mean_bpm": pytest.approx((70 + 80 + 70) / 3, abs=1e-4),
        "analysable_percent": 93.75,
        "rejected_percent": 40.0,  # 2 of the 5 that came to an end
        "urgent_percent": pytest.approx(100 / 3, abs=1e-4),
        "processing_s_per_day": 9.0,  # of 8, 10, and 18 for two days
        "uploaded_count": 7.0,
    }


def test_what_is_equally_frequent_is_listed_by_name() -> None:
    entries = [
        night_entry(f"r{i}", summary(warnings=(code,))) for i, code in enumerate(("b", "c", "a"))
    ]
    assert [item["code"] for item in made(entries)[0]["warnings"]] == ["a", "b", "c"]


def test_the_urgent_come_first_with_links_to_their_reports() -> None:
    report, _ = made(small_night())
    assert report["urgent"] == {
        "recordings_count": 1,
        "kinds": [
            {"kind": "pause", "recordings_count": 1},
            {"kind": "ventricular_tachycardia", "recordings_count": 1},
        ],
    }
    assert [(row["rank"], row["recording_id"], row["report"]) for row in report["ranked"]] == [
        (1, "urgent", "../../recordings/urgent/v1/report.html"),
        (2, "fibrillating", "../../recordings/fibrillating/v1/report.html"),
        (3, "quiet", "../../recordings/quiet/v1/report.html"),
    ]
    assert [found["message"] for found in report["ranked"][0]["urgent"]] == [VT[1], PAUSE[1]]
    assert report["ranked"][0]["urgency_points"] == 100 + 80 + 20  # VT, pause, 20 % V


def test_those_without_a_result_are_listed_what_needs_a_hand_first() -> None:
    report, _ = made(small_night())
    assert [(row["recording_id"], row["rejection"]) for row in report["not_scored"]] == [
        ("failed", None),
        ("waits", None),
        ("flat", "../../recordings/flat/v1/rejection.json"),
        ("cut", None),
    ]


def test_every_upload_without_a_result_says_what_to_do() -> None:
    entries = [
        night_entry(outcome, outcome=outcome) for outcome in ("failed", "received", "waiting")
    ]
    entries += [night_entry("cut", rejection("truncated_samples"))]
    entries += [night_entry("new", rejection("a_code_of_tomorrow"))]
    found = {row["recording_id"]: row["next_step"] for row in made(entries)[0]["not_scored"]}
    assert found["cut"] == NEXT_STEPS["truncated_samples"]
    assert "rejection" in found["new"]
    assert all(len(found[name]) > 20 for name in ("failed", "received", "waiting"))


def test_notable_findings_and_reviews_are_counted_and_listed() -> None:
    fibrillation = ("atrial_fibrillation", "Atrial fibrillation of 40 min at 80/min")
    entries = [
        night_entry("quiet", summary(review="final")),
        night_entry("notable", summary(notable=(fibrillation,), review="preliminary")),
        night_entry("both", summary(urgent=(VT,), notable=(fibrillation,), review="amended")),
    ]
    report, store = made(entries)
    assert report["notable"] == {
        "recordings_count": 2,
        "kinds": [{"kind": "atrial_fibrillation", "recordings_count": 2}],
    }
    assert report["signed_count"] == 2
    assert [(row["recording_id"], row["review_status"]) for row in report["ranked"]] == [
        ("both", "amended"),
        ("notable", "preliminary"),
        ("quiet", "final"),
    ]
    assert report["ranked"][1]["notable"] == [{"kind": fibrillation[0], "message": fibrillation[1]}]
    assert [(row["notable"], row["review_status"]) for row in rows(store)] == [
        ("atrial_fibrillation", "amended"),
        ("atrial_fibrillation", "preliminary"),
        ("", "final"),
    ]


def test_recordings_are_counted_by_burden_and_quality() -> None:
    burdens = (0.0, 0.05, 0.1, 0.99, 1.0, 9.99, 10.0, 20.0, 100.0)
    entries = [
        night_entry(f"r{i}", summary(n=10_000 - round(100 * b), v=round(100 * b)))
        for i, b in enumerate(burdens)
    ]
    entries.append(night_entry("no_beats", summary(n=0)))
    found = made(entries)[0]["distributions"]["ventricular_burden"]
    assert found["not_known_count"] == 1
    assert [(bar["from_percent"], bar["recordings_count"]) for bar in found["bars"]] == [
        (0.0, 1),  # none at all
        (0.0, 1),  # some, below 0.1
        (0.1, 2),
        (1.0, 1),
        (5.0, 1),
        (10.0, 1),
        (20.0, 2),
    ]
    hours = (0.0, 12.0, 19.2, 23.9, 24.0)
    entries = [
        night_entry(f"r{i}", summary(hours=24, analysable_hours=h)) for i, h in enumerate(hours)
    ]
    bars = made(entries)[0]["distributions"]["analysable"]["bars"]
    assert [bar["recordings_count"] for bar in bars] == [1, 1, 1, 0, 0, 0, 2]


def test_processing_time_and_cost_follow_from_the_entries_and_the_price_list() -> None:
    entries = [
        night_entry(f"r{i}", summary(), processing_s=seconds)
        for i, seconds in enumerate([*range(1, 100), 901])
    ]
    prices = Prices(memory_mb=2048, writes_per_recording=5, reads_per_recording=10)
    processing = made(entries, settings=NightSettings(prices=prices))[0]["processing"]
    seconds = [*range(1, 100), 901]
    assert processing["total_s"] == sum(seconds) == 5851
    assert processing["median_s"] == 50.5
    assert processing["p95_s"] == pytest.approx(np.percentile(seconds, 95), abs=1e-3)
    # 5,851 s x 2 GB; 100 calls; 500 writes; 1,000 reads
    compute = 5851 * 2 * 0.0000166667
    requests = 100 * 0.20 / 1e6 + 500 * 0.005 / 1000 + 1000 * 0.0004 / 1000
    assert processing["cost"]["compute_usd"] == pytest.approx(compute, abs=1e-4)
    assert processing["cost"]["requests_usd"] == pytest.approx(requests, abs=1e-4)
    assert processing["cost"]["total_usd"] == pytest.approx(compute + requests, abs=1e-4)
    arm = NightSettings(prices=Prices(memory_mb=2048, architecture="arm64"))
    cheaper = made(entries, settings=arm)[0]["processing"]["cost"]["compute_usd"]
    assert cheaper == pytest.approx(5851 * 2 * 0.0000133334, abs=1e-4)
    assert made(entries, settings=LOCAL_SETTINGS)[0]["processing"]["cost"] is None


def test_the_order_of_the_entries_changes_no_byte() -> None:
    entries = [*small_night(), *made_up_entries(NIGHT, 200, seed=1)]
    _, first = made(entries, dead_letters=DeadLettersOfDate(1))
    random.Random(5).shuffle(entries)
    _, second = made(entries, dead_letters=DeadLettersOfDate(1))
    assert first.files == second.files


def test_making_a_night_again_gives_the_same_files() -> None:
    store = MemoryStore()
    fill(store, NIGHT, 100, seed=2, n_before=40)
    report_of(store)
    first = dict(store.files)
    report_of(store)
    assert store.files == first


def test_a_night_writes_what_later_nights_compare_with() -> None:
    store = MemoryStore()
    fill(store, NIGHT, 90, seed=4, n_before=60)
    report = report_of(store)
    assert report["drift"]["verdict"] == "usual"
    assert report["drift"]["nights_count"] == 28
    assert report["drift"]["dates"][0] == "2026-10-24"
    assert report["drift"]["dates"][-1] == "2026-11-20"
    totals = json.loads(store.files[NIGHT, "totals.json"])
    assert totals["date"] == "2026-11-21"
    by_name = {figure["name"]: figure["value"] for figure in report["drift"]["figures"]}
    assert totals["figures"] == by_name
    assert by_name["uploaded_count"] == 90


@pytest.mark.parametrize(
    ("patients", "figure"),
    [({"noise": 4.0}, "analysable_percent"), ({"ventricular": 20.0}, "v_beats_percent")],
)
def test_a_night_of_other_patients_or_recorders_is_told_from_those_before(
    patients: dict[str, float], figure: str
) -> None:
    store = MemoryStore()
    fill(store, NIGHT, 90, seed=4, n_before=60, **patients)
    found = {item["name"]: item["status"] for item in report_of(store)["drift"]["figures"]}
    assert found[figure] == "shifted"
    assert found["mean_bpm"] == "usual"


def test_hostile_and_half_written_entries_are_counted_and_stop_nothing() -> None:
    entry = body(small_night()[0])
    store = MemoryStore(b"", b"{", entry[:100], b"\xff", b"[]", entry)
    report = report_of(store)
    assert report["outcomes"]["unreadable_entries_count"] == 5
    assert report["outcomes"]["uploaded_count"] == 1
    assert "could not be read" in store.files[NIGHT, "index.html"].decode()


def test_of_two_entries_with_one_id_the_same_counts_whatever_their_order() -> None:
    one, two = night_entry("a", outcome="waiting"), night_entry("a", summary())
    reports = [made(entries)[0] for entries in ([one, two], [two, one])]
    assert reports[0] == reports[1]
    assert reports[0]["outcomes"]["uploaded_count"] == 1
    assert reports[0]["outcomes"]["unreadable_entries_count"] == 1


def test_a_night_of_which_nothing_was_worked_on_gets_a_report_that_says_so() -> None:
    report, store = made([])
    assert report["outcomes"]["uploaded_count"] == 0
    assert "No upload of this date has been processed" in store.files[NIGHT, "index.html"].decode()
    assert rows(store) == []


def test_a_night_where_nothing_was_scored_is_told_without_figures() -> None:
    report, _ = made(small_night()[3:])
    assert report["totals"]["analysable_percent"] is None
    assert report["totals"]["class_percent"]["N"] is None
    assert report["ranked"] == []


def test_figures_at_the_edge_of_what_an_entry_may_hold_still_make_a_report() -> None:
    most = body(small_night()[0]).replace(b"99950", b"1000000000000")
    report = report_of(MemoryStore(most))
    assert report["totals"]["beats_count"] == 10**12 + 50


def test_the_table_holds_every_upload_with_units_in_its_header() -> None:
    _, store = made(small_night())
    found = rows(store)
    assert [row["recording_id"] for row in found] == [
        "urgent", "fibrillating", "quiet", "failed", "waits", "flat", "cut"
    ]  # fmt: skip
    assert found[0]["rank"] == "1"
    assert found[0]["urgent"] == "ventricular_tachycardia pause"
    assert found[0]["ventricular_burden_percent"] == "20.0"
    assert found[0]["longest_pause_s"] == "3.4"
    assert found[0]["processing_s"] == "10.0"
    assert found[0]["document"] == "../../recordings/urgent/v1/report.html"
    assert (found[5]["outcome"], found[5]["code"]) == ("rejected", "flat_line")
    assert found[5]["next_step"] == NEXT_STEPS["flat_line"]
    assert found[5]["rank"] == found[5]["mean_bpm"] == ""
    plain = {"rank", "recording_id", "outcome", "code", "uploaded_at", "urgent", "urgency_points",
             "notable", "review_status", "next_step", "model_version", "warning_codes",
             "important_warning_codes", "document"}  # fmt: skip
    units = ("_h", "_s", "_bpm", "_percent", "_count", "_bytes")
    assert all(column in plain or column.endswith(units) for column in COLUMNS)


@pytest.mark.parametrize("start", [*FORMULAS, "  ="])
def test_no_cell_of_the_table_is_a_formula(start: str) -> None:
    hostile = f"{start}HYPERLINK('x')"
    rejected = night_entry("a", rejection(hostile))
    scored = night_entry("b", summary(warnings=(hostile,), model=hostile))
    urgent = [{"kind": hostile, "message": hostile}]
    digest = with_values(scored.digest, urgent=urgent)
    report, store = made([rejected, with_values(scored, uploaded_at=hostile, digest=digest)])
    assert report["outcomes"]["unreadable_entries_count"] == 0
    cells = [cell for row in rows(store) for cell in row.values()]
    assert sum(hostile in cell for cell in cells) == 5
    assert not [cell for cell in cells if cell.strip().startswith(FORMULAS)]


def test_ten_thousand_uploads_fit_their_bounds() -> None:
    entries = made_up_entries(NIGHT, 10_000, seed=3)
    report, store = made(entries)
    sizes = {name: len(content) for (_, name), content in store.files.items()}
    assert sizes["index.html"] < 1_000_000
    assert sizes["report.json"] < 1_000_000
    assert sizes["totals.json"] < 4_000
    assert len(rows(store)) == 10_000
    assert len(report["ranked"]) == len(report["not_scored"]) == 200
    n_scored = report["outcomes"]["scored_count"]
    assert report["ranked_left_out_count"] == n_scored - 200
    assert report["not_scored_left_out_count"] == 10_000 - n_scored - 200


def test_ten_thousand_codes_do_not_swell_the_report() -> None:
    entries = [night_entry(f"r{i}", rejection(f"code_{i}")) for i in range(2_000)]
    report, _ = made(entries)
    assert len(report["rejections"]) == 41
    assert report["rejections"][-1] == {"code": None, "count": 2_000 - 40}


# --- A folder of results ----------------------------------------------------------------------


def test_a_folder_of_results_is_reported_on(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for entry in small_night():
        store.put(entry, NIGHT)
    store.put(night_entry("other_night", outcome="waiting"), NIGHT + timedelta(days=1))
    report = report_of(store, settings=LOCAL_SETTINGS)
    folder = tmp_path / "reports" / "2026-11-21"
    assert sorted(path.name for path in folder.iterdir()) == [
        "index.html", "recordings.csv", "report.json", "totals.json"
    ]  # fmt: skip
    assert report["outcomes"]["uploaded_count"] == 7
    _, in_memory = made(small_night(), settings=LOCAL_SETTINGS)
    for path in folder.iterdir():
        assert path.read_bytes() == in_memory.files[NIGHT, path.name]


def test_a_recording_scored_again_takes_the_place_of_its_entry(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put(night_entry("a", rejection("flat_line")), NIGHT)
    store.put(night_entry("a", summary()), NIGHT)
    assert report_of(store)["outcomes"]["scored_count"] == 1


def test_links_lead_from_the_night_to_the_folder_of_the_recording(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put(night_entry("a", summary(), folder="record #1 100%?"), NIGHT)
    link = report_of(store)["ranked"][0]["report"]
    assert link == "../../record%20%231%20100%25%3F/report.html"


def test_links_lead_to_the_page_where_there_is_one(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put(night_entry("a", summary(), folder="Mueller"), NIGHT)
    refused = rejection("flat_line")
    store.put(night_entry("b", refused, folder="Meier"), NIGHT)
    report = report_of(store, settings=replace(LOCAL_SETTINGS, page="https://holter.example/"))
    assert report["ranked"][0]["report"] == "https://holter.example/#recording/a"
    assert report["not_scored"][0]["rejection"] == "https://holter.example/#recording/b"
    assert not report["links_hold_folder_names"]
    folder = tmp_path / "reports" / NIGHT.isoformat()
    page = (folder / "index.html").read_text()
    for name in ("recordings.csv", "report.json"):  # files that the upload page saves
        assert f'href="https://holter.example/#night/{NIGHT}/{name}"' in page
    assert 'href="recordings.csv"' not in page
    assert not any(name in page for name in ("Mueller", "Meier"))
    assert "https://holter.example/#recording/b" in (folder / "recordings.csv").read_text()


def test_it_is_said_whether_links_hold_more_than_ids() -> None:
    assert not made(small_night())[0]["links_hold_folder_names"]
    hidden = night_entry("zz", summary(), folder="recordings/Mueller_Hans_1950/v1")
    few = NightSettings(rows=1)
    assert made([*small_night(), hidden], settings=few)[0]["links_hold_folder_names"]
    rejected = night_entry("r", rejection("flat_line"), folder="Mueller")
    assert made([rejected])[0]["links_hold_folder_names"]
    waiting = night_entry("w", outcome="waiting", folder="Mueller")  # no link leads there
    assert not made([waiting])[0]["links_hold_folder_names"]


def test_both_stores_have_the_same_folders(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put(small_night()[0], NIGHT)
    report_of(store)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    assert found == {
        entry_key(NIGHT, "quiet"),
        report_key(NIGHT, "report.json"),
        report_key(NIGHT, "totals.json"),
    }


def test_what_else_lies_among_the_entries_is_left_alone(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put(small_night()[0], NIGHT)
    folder = tmp_path / "nights" / "2026-11-21"
    (folder / "notes.txt").write_text("not an entry")
    (folder / "folder.json").mkdir()
    (folder / "broken.json").write_bytes(b"{")
    outcomes = report_of(store)["outcomes"]
    assert (outcomes["uploaded_count"], outcomes["unreadable_entries_count"]) == (1, 1)


def test_a_folder_that_holds_nothing_of_a_date_still_gives_a_report(tmp_path: Path) -> None:
    assert report_of(FolderStore(tmp_path))["outcomes"]["uploaded_count"] == 0
    assert (tmp_path / "reports" / "2026-11-21" / "index.html").is_file()


def test_a_folder_that_is_not_there_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no folder of results"):
        report_of(FolderStore(tmp_path / "mistyped"))
    assert not (tmp_path / "mistyped").exists()


def test_a_date_is_read_as_iso_and_nothing_else() -> None:
    assert parse_night("2026-11-21") == date(2026, 11, 21)


def test_a_night_is_not_before_2000_and_not_after_tomorrow_where_today_is_known() -> None:
    assert parse_night("2000-01-01") == date(2000, 1, 1)
    assert parse_night("2300-01-01") == date(2300, 1, 1)
    assert parse_night("2026-11-22", today=NIGHT) == date(2026, 11, 22)
    assert parse_night("2000-01-01", today=NIGHT) == date(2000, 1, 1)
    with pytest.raises(SettingsError, match="after tomorrow"):
        parse_night("2026-11-23", today=NIGHT)
    for text in ("0001-01-05", "1999-12-31"):
        with pytest.raises(SettingsError, match="before 2000-01-01"):
            parse_night(text)


def test_the_earliest_night_has_nights_before_it(tmp_path: Path) -> None:
    report = make_night(parse_night("2000-01-01"), FolderStore(tmp_path))
    assert report.drift.dates[0] == date(1999, 12, 4)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "21.11.2026", "20261121", "2026-W47-6", "2026-02-30", "2026-11-21T00"]
)
def test_what_is_no_date_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SettingsError, match="expected one such as 2026-11-21") as refused:
        parse_night(text)
    assert not text or text not in str(refused.value)


def test_the_report_needs_no_cloud_and_no_model() -> None:
    import subprocess

    code = "import deepecg.night, sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"boto3", "onnxruntime", "torch", "wfdb", "scipy"}


def test_json_is_written_as_every_document_is() -> None:
    report, store = made(small_night())
    assert store.files[NIGHT, "report.json"] == to_json(report).encode()


def test_lost_time_and_important_warnings_are_in_the_table_with_what_to_do() -> None:
    night = [
        night_entry("whole", summary(warnings=("crc_mismatch",))),
        night_entry("cut", summary(hours=12, warnings=("time_lost", "crc_mismatch"))),
    ]
    digest = with_values(night[1].digest, lost_s=43_200.0)
    report, store = made([night[0], with_values(night[1], digest=digest)])

    assert report["with_important_warnings_count"] == 1
    ranked = {row["recording_id"]: row for row in report["ranked"]}
    assert ranked["cut"]["lost_h"] == 12
    assert ranked["cut"]["important_warning_codes"] == ["time_lost"]
    assert ranked["whole"]["lost_h"] == 0
    assert ranked["whole"]["important_warning_codes"] == []
    cells = {row["recording_id"]: row for row in rows(store)}
    assert cells["cut"]["lost_h"] == "12.0"
    assert cells["cut"]["important_warning_codes"] == "time_lost"
    assert cells["cut"]["next_step"] == warning_text("time_lost").next_step
    assert cells["whole"]["next_step"] == ""
