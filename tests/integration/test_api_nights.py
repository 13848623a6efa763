"""Lists of recordings and nights, page by page, and the nightly report."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from integration.api_client import Api
from integration.aws_with_clock_and_faults import RESULTS, Cloud
from synthetic_nights import made_up_entries

from deepecg.cloud.api.recording_and_night_lists import Position, list_nights, list_recordings
from deepecg.cloud.api.recording_models import CURSOR_PATTERN, RecordingListResponse
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import entry_key
from deepecg.outputs.json_documents import to_json

TODAY = date(2026, 11, 22)
PAGE = 3


@pytest.fixture
def api(cloud: Cloud) -> Iterator[Api]:
    with Api(cloud) as api:
        yield api


def put(cloud: Cloud, key: str, body: str = "{}") -> None:
    cloud.s3.put_object(Bucket=RESULTS, Key=key, Body=body.encode())


def put_night(cloud: Cloud, night: date, n: int) -> list[dict[str, Any]]:
    """Write made-up entries of a night, one per second, and return them in this order."""
    entries = [json.loads(to_json(entry)) for entry in made_up_entries(night, n, seed=1)]
    for entry in entries:
        cloud.skip(1)
        put(cloud, entry_key(night, entry["recording_id"]), to_json(entry))
    return entries


def walk(api: Api, path: str, rows: str = "recordings", limit: int = PAGE) -> list[dict[str, Any]]:
    """Return all items of a list, read page by page."""
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(100):
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page[rows]) <= limit
        found += page[rows]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("no end of pages")


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["recording_id"] for row in rows]


def test_newest_night_first_and_newest_entry_first(api: Api, cloud: Cloud) -> None:
    nights = [TODAY, TODAY - timedelta(days=1), TODAY - timedelta(days=400)]
    put(cloud, "nights/unfinished/a.json")
    expected = []
    for night, n in zip(nights, (7, 3, 5), strict=True):
        entries = put_night(cloud, night, n)
        expected += [(night.isoformat(), entry["recording_id"]) for entry in reversed(entries)]
    for limit in (1, 3, 4, 100):
        rows = walk(api, "/v1/recordings", limit=limit)
        assert [(row["night"], row["recording_id"]) for row in rows] == expected


def test_items_contain_the_values_of_the_entries(api: Api, cloud: Cloud) -> None:
    entries = {entry["recording_id"]: entry for entry in put_night(cloud, TODAY, 80)}
    rows = walk(api, "/v1/recordings", limit=100)
    assert {row["outcome"] for row in rows} >= {"scored", "rejected"}
    for row in rows:
        entry = entries[row["recording_id"]]
        assert (row["outcome"], row["code"]) == (entry["outcome"], entry["code"])
        uploaded_at = datetime.fromisoformat(row["uploaded_at"])
        assert uploaded_at == datetime.fromisoformat(entry["uploaded_at"])
        digest = entry["digest"]
        if digest is None:
            figures = ("duration_s", "beats_count", "analysable_percent", "urgent_count", "urgent")
            assert {row[name] for name in figures} == {None}
            continue
        assert row["duration_s"] == digest["duration_s"]
        assert row["beats_count"] == sum(digest["class_count"].values())
        percent = 100 * digest["analysable_s"] / digest["duration_s"]
        assert row["analysable_percent"] == pytest.approx(percent)
        assert row["urgent"] == [kind["message"] for kind in digest["urgent"]]
        assert row["urgent_count"] == len(digest["urgent"])
        assert row["notable"] == [kind["message"] for kind in digest["notable"]]
        assert row["review_status"] == digest["review_status"]


def test_entries_added_or_changed_between_two_pages(api: Api, cloud: Cloud) -> None:
    entries = put_night(cloud, TODAY, 9)
    there = [entry["recording_id"] for entry in reversed(entries)]
    first = api.get("/v1/recordings", params={"limit": 4}).json()
    # One of the first page is written again, two are added, and one of the first page is deleted.
    cloud.skip(1)
    put(cloud, entry_key(TODAY, there[1]), to_json(entries[-2]))
    put_night(cloud, TODAY + timedelta(days=1), 2)
    cloud.s3.delete_object(Bucket=RESULTS, Key=entry_key(TODAY, there[3]))
    cursor = first["next_cursor"]
    second = api.get("/v1/recordings", params={"limit": 4, "cursor": cursor}).json()
    third = api.get("/v1/recordings", params={"limit": 4, "cursor": second["next_cursor"]}).json()
    assert ids(first["recordings"] + second["recordings"] + third["recordings"]) == there
    assert third["next_cursor"] is None
    assert there[1] in ids(api.get("/v1/nights/2026-11-22").json()["recordings"])[:1]


def test_entries_of_one_second(api: Api, cloud: Cloud) -> None:
    entries = made_up_entries(TODAY, 20, seed=1)
    for entry in entries:
        put(cloud, entry_key(TODAY, entry.recording_id), to_json(entry))
    rows = walk(api, "/v1/recordings")
    assert sorted(ids(rows)) == sorted(entry.recording_id for entry in entries)


def test_more_entries_than_one_request_lists(api: Api, cloud: Cloud) -> None:
    entries = made_up_entries(TODAY, 1_001, seed=1)
    for entry in entries:
        put(cloud, entry_key(TODAY, entry.recording_id), to_json(entry))
    rows = walk(api, "/v1/recordings", limit=100)
    assert len(rows) == 1_001
    assert set(ids(rows)) == {entry.recording_id for entry in entries}

    # A page of a large night lists all keys, but reads only the entries of the page.
    n_requests = count_requests(cloud.s3)
    assert len(list_recordings(Results(cloud.s3, RESULTS), 10).recordings) == 10
    assert n_requests() == 1 + 2 + 10


def count_requests(s3: Any) -> Callable[[], int]:
    """Return a function that counts the requests of a client since its last call."""
    sent: list[str] = []
    s3.meta.events.register("before-call.s3", lambda model, **_: sent.append(model.name))

    def since() -> int:
        n = len(sent)
        sent.clear()
        return n

    return since


def test_entries_that_cannot_be_read_are_counted(api: Api, cloud: Cloud) -> None:
    entries = put_night(cloud, TODAY, 3)
    put(cloud, f"nights/2026-11-22/{20 * 'a'}.json", '{"kind": "night_entry"')
    put(cloud, f"nights/2026-11-22/{20 * 'b'}.json", "{}")
    put(cloud, entry_key(TODAY, 20 * "c"), to_json(entries[0] | {"recording_id": "no-digits"}))
    put(cloud, entry_key(TODAY, 20 * "d"), to_json(entries[0]))
    put(cloud, "nights/2026-11-22/no ID.json", "{}")
    put(cloud, "nights/no night/x.json", "{}")
    page = api.get("/v1/recordings").json()
    assert len(page["recordings"]) == 3
    assert page["unreadable_count"] == 4
    assert api.get("/v1/nights").json()["nights"] == [{"date": "2026-11-22", "has_report": False}]


# --- Cursors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/recordings", "/v1/nights/2026-11-22"])
@pytest.mark.parametrize(
    ("cursor", "n"),
    [
        (f"9999-99-99.9999999999.{20 * 'f'}", 4),
        (f"0000-00-00.0000000000.{20 * '0'}", 0),
        (f"2026-11-22.9999999999.{20 * '0'}", 4),
    ],
)
def test_a_cursor_works_after_its_entry_is_gone(
    api: Api, cloud: Cloud, path: str, cursor: str, n: int
) -> None:
    put_night(cloud, TODAY, 4)
    page = api.get(path, params={"cursor": cursor}).json()
    assert len(page["recordings"]) == n
    assert page["next_cursor"] is None


@pytest.mark.parametrize("path", ["/v1/recordings", "/v1/nights", "/v1/nights/2026-11-22"])
@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "ten"},
        {"cursor": ""},
        {"cursor": "x"},
        {"cursor": f"2026-11-22.1.{20 * 'a'}"},
        {"page": "2"},
    ],
)
def test_invalid_query(api: Api, path: str, query: dict[str, str]) -> None:
    assert api.code("GET", path, params=query) == (422, "invalid_request")


positions = st.builds(
    Position,
    st.dates(date(2000, 1, 1)).map(date.isoformat),
    st.integers(0, 9_999_999_999),
    st.text("0123456789abcdef", min_size=20, max_size=20),
)


@given(positions)
def test_position_from_its_text(position: Position) -> None:
    assert re.match(CURSOR_PATTERN, str(position))
    assert Position.read(str(position)) == position


@given(positions, positions)
def test_positions_are_ordered_as_their_texts(one: Position, other: Position) -> None:
    assert (one < other) == (str(one) < str(other))


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.text("0123456789abcdef", min_size=20, max_size=20),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        max_size=30,
    ),
    st.integers(1, 7),
)
def test_pages_contain_each_entry_once(entries: dict[str, tuple[int, int]], limit: int) -> None:
    """For any times of writing, the pages contain each entry once, newest first."""
    results: Any = BucketOf(entries)
    found: list[str] = []
    after = None
    while True:
        page = list_recordings(results, limit, after)
        found += [item.recording_id for item in page.recordings]
        if page.next_cursor is None:
            break
        after = Position.read(page.next_cursor)
    expected = sorted(entries, key=lambda one: (*entries[one], one), reverse=True)
    assert found == expected


class BucketOf:
    """Results with these entries: by ID the number of the night and the second of writing."""

    def __init__(self, entries: dict[str, tuple[int, int]]) -> None:
        nights = {number: TODAY + timedelta(days=number) for number in range(4)}
        self._times = {
            entry_key(nights[night], one): datetime.fromtimestamp(1_800_000_000 + second, UTC)
            for one, (night, second) in entries.items()
        }

    def folders(self, prefix: str) -> Iterator[str]:
        yield from sorted({key.rsplit("/", 1)[0] + "/" for key in self._times})

    def times(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        for key in sorted(self._times):
            if key.startswith(prefix):
                yield key, self._times[key]

    def read_bytes(self, key: str) -> bytes:
        from deepecg.night.night_entry import night_entry

        return to_json(night_entry(key.rsplit("/", 1)[1].removesuffix(".json"))).encode()

    def read_many(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for key in keys:
            yield key, self.read_bytes(key)


# --- Nights ---------------------------------------------------------------------------------------


def test_nights_of_ten_years(api: Api, cloud: Cloud) -> None:
    nights = [TODAY - timedelta(days=number) for number in range(3_652)]
    for night in nights:
        put(cloud, f"nights/{night}/{20 * 'a'}.json", "{}")
        if night.day == 1:
            put(cloud, f"reports/{night}/index.html")
    put(cloud, "reports/2026-11-23/index.html")  # a night without uploads

    rows = walk(api, "/v1/nights", "nights", limit=100)
    assert rows[0] == {"date": "2026-11-23", "has_report": True}
    assert [row["date"] for row in rows[1:]] == [night.isoformat() for night in nights]
    assert [row["has_report"] for row in rows[1:]] == [night.day == 1 for night in nights]

    results = Results(cloud.s3, RESULTS)
    n_requests = count_requests(cloud.s3)
    assert len(list_nights(results, 20).nights) == 20
    assert n_requests() == 4 + 1
    assert list_recordings(results, 2).unreadable_count == 2
    assert n_requests() == 4 + 3 + 2  # nights, three of them to see whether there are more, entries


def test_night_and_its_report(
    cloud_at: Callable[..., Cloud], edf_file: bytes, wfdb_files: dict[str, bytes]
) -> None:
    cloud = cloud_at("2026-11-22T12:00:00+01:00")
    with Api(cloud) as api:
        for body in (edf_file, b"no EDF"):
            (form,) = api.announce({"a.edf": body})["uploads"]
            api.send(form, body)
            cloud.pump()
            cloud.skip(60)
        before = api.get("/v1/nights/2026-11-22").json()
        assert (before["report"], before["outcomes"]) == (None, None)
        path = "/v1/nights/2026-11-22/report"
        assert api.code("GET", path) == (404, "unknown_night")

        cloud.invoke({"date": "2026-11-22"}, function="NightlyReportFunction")
        night = api.get("/v1/nights/2026-11-22").json()
        assert [row["outcome"] for row in night["recordings"]] == ["rejected", "scored"]
        outcomes = night["outcomes"]
        counts = ("uploaded_count", "scored_count", "rejected_count")
        assert [outcomes[name] for name in counts] == [2, 1, 1]
        assert night["report"] == path
        answer = api.get(path)
        assert answer.status_code == 307
        fetched = api.fetch(answer.headers["location"])
        stored = cloud.s3.get_object(Bucket=RESULTS, Key="reports/2026-11-22/index.html")
        assert fetched.data == stored["Body"].read()
        assert fetched.headers["Content-Type"] == "text/html; charset=utf-8"
        as_json = api.get(path, headers={"Accept": "application/json"}).json()
        assert set(as_json) == {"url", "expires_at"}
        table = api.fetch(api.get("/v1/nights/2026-11-22/recordings.csv").headers["location"])
        rows = list(csv.DictReader(io.StringIO(table.data.decode())))
        assert [row["outcome"] for row in rows] == ["scored", "rejected"]
        assert "2026-11-22-recordings.csv" in table.headers["Content-Disposition"]
        figures = api.fetch(api.get("/v1/nights/2026-11-22/report.json").headers["location"])
        assert json.loads(figures.data)["outcomes"] == outcomes
        nights = api.get("/v1/nights").json()["nights"]
        assert nights == [{"date": "2026-11-22", "has_report": True}]


def test_report_on_a_night_without_uploads(api: Api, cloud: Cloud) -> None:
    cloud.invoke({"date": "2026-11-20"}, function="NightlyReportFunction")
    night = api.get("/v1/nights/2026-11-20").json()
    assert night["recordings"] == []
    assert night["outcomes"]["uploaded_count"] == 0
    assert api.get(night["report"]).status_code == 307


@pytest.mark.parametrize("last", ["", "/report", "/recordings.csv", "/report.json"])
@pytest.mark.parametrize("night", ["2026-11-22", "2026-02-30", "0000-00-00", "1999-12-31"])
def test_unknown_night(api: Api, night: str, last: str) -> None:
    assert api.code("GET", f"/v1/nights/{night}{last}") == (404, "unknown_night")


@pytest.mark.parametrize("wrong", ["x", "2026-1-1", "20261122", "unfinished"])
def test_date_that_does_not_exist(api: Api, wrong: str) -> None:
    assert api.code("GET", f"/v1/nights/{wrong}") == (422, "invalid_request")


def test_the_example_page_fits_its_model() -> None:
    """The example of a page fits its model."""
    examples: Any = RecordingListResponse.model_config["json_schema_extra"]
    for example in examples["examples"]:
        RecordingListResponse.model_validate(example)
