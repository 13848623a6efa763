"""A recording through the API: upload request, upload with forms, scoring, results."""

import base64
import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from integration.api_client import EMBEDDED_S3, Api
from integration.aws_with_clock_and_faults import (
    RESULTS,
    UPLOADS,
    Cloud,
    environment_of,
    fail_s3,
    throttled,
)

from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_buckets import Uploads, folder_of
from deepecg.cloud.s3_keys import current_key, upload_request_key
from deepecg.cloud.upload_parts import find_upload
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.recording_id import recording_id

NAME = "Mueller_Johannes_born_19501103"
TRACES = ("mueller", "johannes", "19501103")
"""Parts of the patient's name, too long to appear in a signature or number by chance."""


@pytest.fixture
def api(cloud: Cloud) -> Iterator[Api]:
    with Api(cloud) as api:
        yield api


def send_all(api: Api, files: dict[str, bytes]) -> str:
    announced = api.announce(files)
    for form, (name, body) in zip(announced["uploads"], files.items(), strict=True):
        api.send(form, body, name)
    return announced["recording_id"]


def renamed(files: dict[str, bytes], old: str, new: str) -> dict[str, bytes]:
    """Return a record with another stem in its file names and headers."""
    return {
        name.replace(old, new): (
            body.replace(old.encode(), new.encode()) if name.endswith(".hea") else body
        )
        for name, body in files.items()
    }


def listed(api: Api) -> list[dict[str, Any]]:
    recordings: list[dict[str, Any]] = api.get("/v1/recordings").json()["recordings"]
    return recordings


# --- Upload requests ------------------------------------------------------------------------------


def test_a_form_accepts_only_its_key_type_and_size(api: Api) -> None:
    before = datetime.now(UTC)
    files = {"a.hea": b"12345", "a.dat": b"1", "a.settings.json": b"{}"}
    announced = api.announce(files)
    types = ["text/plain", "application/octet-stream", "application/json"]
    for form, kind, body in zip(announced["uploads"], types, files.values(), strict=True):
        fields = form["fields"]
        policy = json.loads(base64.b64decode(fields["policy"]))
        assert ["content-length-range", len(body), len(body)] in policy["conditions"]
        assert {"bucket": UPLOADS} in policy["conditions"]
        assert {"key": fields["key"]} in policy["conditions"]
        assert {"Content-Type": kind} in policy["conditions"]
        assert fields["Content-Type"] == kind
        # All other fields of the form are bound to their values as well.
        bound = {name for item in policy["conditions"] if isinstance(item, dict) for name in item}
        assert set(fields) - {"policy", "x-amz-signature"} <= bound
        expiry = datetime.fromisoformat(policy["expiration"])
        assert abs(expiry - before - timedelta(hours=1)) < timedelta(seconds=30)
        answered = datetime.fromisoformat(announced["expires_at"])
        assert abs(answered - expiry) <= timedelta(seconds=2)


def test_an_upload_request_has_a_status(api: Api, cloud: Cloud) -> None:
    announced = api.announce({"a.edf": b"1"})
    recording = announced["recording_id"]
    (form,) = announced["uploads"]
    assert recording == recording_id(form["fields"]["key"])
    assert announced["status_url"] == f"/v1/recordings/{recording}"
    assert api.status(recording) == {
        "recording_id": recording,
        "status": "waiting",
        "waiting_for": "upload",
        "until": announced["expires_at"],
    }
    noted = cloud.result(upload_request_key(recording))
    assert set(noted) == {"expires_at"}


def test_two_upload_requests_of_the_same_names_share_nothing(api: Api) -> None:
    one, other = api.announce({"a.edf": b"1"}), api.announce({"a.edf": b"1"})
    assert one["recording_id"] != other["recording_id"]
    keys = [item["uploads"][0]["fields"]["key"] for item in (one, other)]
    folders, names = zip(*(key.rsplit("/", 1) for key in keys), strict=True)
    assert len(set(folders)) == 2
    assert len(set(names)) == 2


@pytest.mark.parametrize("other", ["a.dat", "A.DAT", "a.Dat"])
def test_same_name_twice(api: Api, cloud: Cloud, other: str) -> None:
    parts = [{"name": name, "size_bytes": 1} for name in ("a.dat", other)]
    body = {"main": {"name": "a.hea", "size_bytes": 1}, "parts": parts}
    assert api.code("POST", "/v1/recordings", json=body) == (409, "same_name_twice")
    assert cloud.result_keys("announced/") == []


@pytest.mark.parametrize(
    ("main", "parts"),
    [
        ({"name": "a.dat", "size_bytes": 1}, []),
        ({"name": "a.diary.csv", "size_bytes": 1}, []),
        ({"name": "a.edf", "size_bytes": 0}, []),
        ({"name": "a.edf", "size_bytes": 2**32 + 1}, []),
        ({"name": "a.edf", "size_bytes": "1"}, []),
        ({"name": "a.edf", "size_bytes": 1.5}, []),
        ({"name": "a.edf", "size_bytes": True}, []),
        ({"name": "../a.edf", "size_bytes": 1}, []),
        ({"name": "a\\b.edf", "size_bytes": 1}, []),
        ({"name": "a\n.edf", "size_bytes": 1}, []),
        ({"name": "a.edf\n", "size_bytes": 1}, []),
        ({"name": 252 * "a" + ".edf", "size_bytes": 1}, []),
        ({"name": "a.edf", "size_bytes": 1, "patient": "x"}, []),
        ({"name": "a.hea", "size_bytes": 1}, [{"name": "", "size_bytes": 1}]),
        ({"name": "a.hea", "size_bytes": 1}, 101 * [{"name": "b", "size_bytes": 1}]),
    ],
)
def test_an_invalid_upload_request_is_rejected(api: Api, main: Any, parts: Any) -> None:
    answer = api.post("/v1/recordings", {"main": main, "parts": parts})
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_hundred_parts(api: Api) -> None:
    files = {"a.hea": b"1"} | {f"{number}.dat": b"1" for number in range(100)}
    announced = api.announce(files)
    keys = {form["fields"]["key"] for form in announced["uploads"]}
    assert len(keys) == 101
    assert len({key.rsplit("/", 1)[0] for key in keys}) == 1


@pytest.mark.parametrize(
    "host",
    [
        "a b", "", "-a", "a..b", "a/b", "a?b", "user@a", "a:b", "a:99999",
        "[::1", "[]", "[:::]", "[1.2.3.4]", "[::1]/x", "[::1]:99999",
    ],
)  # fmt: skip
def test_invalid_host(api: Api, host: str) -> None:
    body = {"main": {"name": "a.edf", "size_bytes": 1}}
    answer = api.code("POST", "/v1/recordings", json=body, headers={"Host": host})
    assert answer == (400, "invalid_request")


@pytest.mark.parametrize(
    "host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]", "API.example.org"]
)
def test_forms_have_the_host_of_the_request(api: Api, host: str) -> None:
    body = {"main": {"name": "a.edf", "size_bytes": 1}}
    answer = api("POST", "/v1/recordings", json=body, headers={"Host": host})
    assert answer.status_code == 201
    (form,) = answer.json()["uploads"]
    assert form["url"].startswith(f"http://{host}{EMBEDDED_S3}/")


# --- From upload request to result ----------------------------------------------------------------


def test_edf_is_scored(api: Api, cloud: Cloud, edf_file: bytes) -> None:
    recording = send_all(api, {"holter.EDF": edf_file})
    assert api.status(recording)["waiting_for"] == "upload"
    cloud.pump()
    status = api.status(recording)
    assert status["status"] == "scored"
    current = cloud.result(current_key(recording))
    assert status["summary"] == cloud.result(current["result"])
    assert status["summary"]["recording_id"] == recording

    # The same file, uploaded without the API, gets the same beats.
    cloud.upload("holter.edf", edf_file)
    cloud.pump()
    assert cloud.outcome("holter.edf")["beats"] == status["summary"]["beats"]

    (row, _) = sorted(listed(api), key=lambda row: row["recording_id"] != recording)
    assert row["outcome"] == "scored"
    assert row["beats_count"] == sum(status["summary"]["beats"]["class_count"].values())
    assert row["duration_s"] == 90


def test_a_compressed_recording_with_its_diary(api: Api, cloud: Cloud, edf_file: bytes) -> None:
    """Their keys have one stem, although the recording's name has two suffixes."""
    files = {"Doe.EDF.gz": gzip.compress(edf_file), "Doe.diary.csv": b"30,dizzy\n"}
    recording = send_all(api, files)
    cloud.pump()
    status = api.status(recording)
    assert status["status"] == "scored"
    assert [mark["at_s"] for mark in status["summary"]["marks"]] == [30]


def test_results_are_fetched(api: Api, cloud: Cloud, edf_file: bytes) -> None:
    recording = send_all(api, {"a.edf": edf_file})
    cloud.pump()
    links = api.status(recording)["links"]
    folder = cloud.result(current_key(recording))["result"].rsplit("/", 1)[0]
    files = {
        "report": ("report.html", "text/html; charset=utf-8", "inline"),
        "disclosure": ("disclosure.html", "text/html; charset=utf-8", "inline"),
        "annotations": (
            f"{recording}.deepecg",
            "application/octet-stream",
            f'attachment; filename="{recording}.deepecg"',
        ),
        "fhir": ("diagnostic_report.json", "application/fhir+json", "inline"),
    }
    for name, (file, media_type, disposition) in files.items():
        answer = api.get(links[name])
        assert answer.status_code == 307
        assert answer.headers["cache-control"] == "no-store"
        fetched = api.fetch(answer.headers["location"])
        stored = cloud.s3.get_object(Bucket=RESULTS, Key=f"{folder}/{file}")["Body"].read()
        assert fetched.data == stored
        assert fetched.headers["Content-Type"] == media_type
        assert fetched.headers["Content-Disposition"] == disposition

        as_json = api.get(links[name], headers={"Accept": "application/json"})
        assert as_json.status_code == 200
        assert as_json.headers["cache-control"] == "no-store"
        assert api.fetch(as_json.json()["url"]).data == stored
        expires_at = datetime.fromisoformat(as_json.json()["expires_at"])
        assert timedelta(minutes=4) < expires_at - datetime.now(UTC) <= timedelta(minutes=5)


def test_a_recording_scored_without_full_disclosure_has_no_link_to_one(
    api: Api, cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload("night/a.edf", edf_file)
    cloud.upload("night/a.settings.json", b'{"disclosure": false}')
    cloud.pump()
    recording = recording_id("night/a.edf")
    assert api.status(recording)["links"]["disclosure"] is None
    path = f"/v1/recordings/{recording}/disclosure"
    assert api.code("GET", path) == (404, "no_result")
    assert not [key for key in cloud.result_keys() if key.endswith("disclosure.html")]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 307),
        ("text/html,application/xhtml+xml,*/*;q=0.8", 307),
        ("application/json", 200),
        ("application/problem+json, application/json;q=0.9", 200),
    ],
)
def test_accept(api: Api, cloud: Cloud, accept: str, status: int) -> None:
    recording = recording_id("x")
    result = f"recordings/{recording}/v/summary.json"
    put(cloud, current_key(recording), {"outcome": "scored", "result": result})
    answer = api.get(f"/v1/recordings/{recording}/report", headers={"Accept": accept})
    assert answer.status_code == status


def put(cloud: Cloud, key: str, document: dict[str, Any]) -> None:
    cloud.s3.put_object(Bucket=RESULTS, Key=key, Body=to_json(document).encode())


def test_broken_file_is_rejected(api: Api, cloud: Cloud) -> None:
    recording = send_all(api, {"a.edf": b"no EDF at all"})
    cloud.pump()
    status = api.status(recording)
    assert status["status"] == "rejected"
    assert status["rejection"]["code"] == "unknown_format"
    assert set(status["rejection"]) == {"code", "message"}
    path = f"/v1/recordings/{recording}/report"
    assert api.code("GET", path) == (404, "no_result")
    (row,) = listed(api)
    assert (row["outcome"], row["code"], row["duration_s"]) == ("rejected", "unknown_format", None)


@pytest.mark.parametrize("last", ["", "/report", "/disclosure", "/annotations", "/fhir"])
def test_unknown_recording(api: Api, last: str) -> None:
    path = f"/v1/recordings/{20 * 'a'}{last}"
    assert api.code("GET", path) == (404, "unknown_recording")


@pytest.mark.parametrize("wrong", ["x", 20 * "A", 21 * "a", 19 * "a" + "g", 20 * "a" + "%0A"])
def test_invalid_id(api: Api, wrong: str) -> None:
    assert api.code("GET", f"/v1/recordings/{wrong}") == (422, "invalid_request")


def test_failed_recording(api: Api, cloud: Cloud, edf_file: bytes) -> None:
    recording = send_all(api, {"a.edf": edf_file})
    cloud.pump()
    again = send_all(api, {"a.edf": edf_file})

    def fails_on_parts(params: dict[str, Any], **_: Any) -> None:
        if ".deepecg" in params["url_path"]:
            raise throttled()

    s3 = environment_of(cloud.handler)["ingest"]().s3
    s3.meta.events.register("before-call.s3.PutObject", fails_on_parts)
    cloud.pump()
    assert api.status(again)["waiting_for"] == "scoring"
    cloud.settle()
    assert api.status(again) == {"recording_id": again, "status": "failed", "code": "SlowDown"}
    assert api.status(recording)["status"] == "scored"


def test_storage_that_fails(api: Api) -> None:
    s3 = api.services.s3

    def failing(**_: Any) -> None:
        raise throttled()

    s3.meta.events.register("before-call.s3", failing)
    path = f"/v1/recordings/{20 * 'a'}"
    for asked in (path, f"{path}/report", "/v1/recordings", "/v1/nights"):
        answer = api.get(asked)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert int(answer.headers["retry-after"]) > 0
    assert len(api.log.errors) == 4
    assert "ller" not in repr(api.log.errors)


@pytest.mark.parametrize("state", ["unknown", "announced", "waiting", "scored", "rejected"])
def test_status_takes_few_requests(
    api: Api, cloud: Cloud, wfdb_files: dict[str, bytes], edf_file: bytes, state: str
) -> None:
    recording = {
        "unknown": lambda: 20 * "a",
        "announced": lambda: api.announce({"a.edf": b"1"})["recording_id"],
        "waiting": lambda: send_all(api, {"rec.hea": wfdb_files["rec.hea"]}),
        "scored": lambda: send_all(api, {"a.edf": edf_file}),
        "rejected": lambda: send_all(api, {"a.edf": b"no EDF"}),
    }[state]()
    cloud.pump()
    asked = []
    api.services.s3.meta.events.register(
        "before-call.s3", lambda params, **_: asked.append(params["url_path"])
    )
    api.get(f"/v1/recordings/{recording}")
    assert len(asked) == 3
    asked.clear()
    api.get(f"/v1/recordings/{recording}/report")
    assert len(asked) == (1 if state == "scored" else 4)


# --- Status over time -----------------------------------------------------------------------------


def statuses_while_scored(api: Api, cloud: Cloud, recording: str) -> list[tuple[str, str | None]]:
    """Return the status before each request that writes or deletes an object."""
    found = []

    def look(**_: Any) -> None:
        status = api.status(recording)
        found.append((status["status"], status.get("waiting_for")))

    events = environment_of(cloud.handler)["ingest"]().s3.meta.events
    operations = ("before-call.s3.PutObject", "before-call.s3.DeleteObject")
    for operation in operations:
        events.register(operation, look)
    cloud.settle()
    for operation in operations:
        events.unregister(operation, look)
    return found


def test_status_never_goes_back(api: Api, cloud: Cloud, wfdb_files: dict[str, bytes]) -> None:
    recording = send_all(api, wfdb_files)
    found = statuses_while_scored(api, cloud, recording)
    order = [("waiting", "upload"), ("waiting", "scoring"), ("scored", None)]
    assert list(dict.fromkeys(found)) == order
    assert found == sorted(found, key=order.index)


def test_uploaded_again_while_an_old_result_is_there(
    api: Api, cloud: Cloud, edf_file: bytes
) -> None:
    announced = api.announce({"a.edf": edf_file})
    recording = announced["recording_id"]
    (form,) = announced["uploads"]
    api.send(form, b"no EDF")
    cloud.pump()
    assert api.status(recording)["status"] == "rejected"

    cloud.skip(60)
    api.send(form, edf_file)
    assert api.status(recording)["status"] == "rejected"  # nobody has looked at it

    mend = fail_s3(cloud, "PutObject", throttled)
    cloud.pump()
    mend()
    assert api.status(recording)["status"] == "rejected"  # nor could anything be noted
    found = statuses_while_scored(api, cloud, recording)
    order = [("rejected", None), ("waiting", "scoring"), ("scored", None)]
    assert list(dict.fromkeys(found)) == order
    assert found == sorted(found, key=order.index)

    before = cloud.bodies()
    api.send(form, edf_file)  # a duplicate
    cloud.settle()
    assert cloud.bodies() == before


def test_record_waits_for_its_parts_then_is_scored(
    api: Api, cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    announced = api.announce(wfdb_files)
    recording = announced["recording_id"]
    header, *parts = zip(announced["uploads"], wfdb_files.values(), strict=True)
    api.send(*header)
    cloud.pump()
    status = api.status(recording)
    assert (status["status"], status["waiting_for"]) == ("waiting", "parts")
    until = datetime.fromisoformat(status["until"])
    assert timedelta(minutes=58) < until - datetime.now(UTC) < timedelta(minutes=61)
    (row,) = listed(api)
    assert row["outcome"] == "waiting"

    for part in parts:
        api.send(*part)
    cloud.settle()
    assert api.status(recording)["status"] == "scored"
    assert [row["recording_id"] for row in listed(api)] == [recording]


def test_part_that_is_never_uploaded(api: Api, cloud: Cloud, wfdb_files: dict[str, bytes]) -> None:
    announced = api.announce(wfdb_files)
    forms = zip(announced["uploads"], wfdb_files.values(), strict=True)
    for form, body in list(forms)[:-1]:
        api.send(form, body)
    cloud.settle()
    rejection = api.status(announced["recording_id"])["rejection"]
    assert rejection["code"] == "missing_part"
    assert "found 2 of 3 files" in rejection["message"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_parts_in_any_order(
    api: Api, cloud: Cloud, wfdb_files: dict[str, bytes], order: tuple[int, ...]
) -> None:
    announced = api.announce(wfdb_files)
    forms = list(zip(announced["uploads"], wfdb_files.values(), strict=True))
    for number in order:
        api.send(*forms[number])
        cloud.pump()
    assert api.status(announced["recording_id"])["status"] == "scored"
    cloud.settle()
    assert [row["outcome"] for row in listed(api)] == ["scored"]


@pytest.mark.parametrize("seed", range(4))
def test_multi_segment_record_in_any_order(
    api: Api, cloud: Cloud, segmented_files: dict[str, bytes], seed: int
) -> None:
    # With file names that do not show which header belongs to which record.
    files = renamed(renamed(segmented_files, "long_0001", "x"), "long_0002", "aaa")
    assert sorted(files) == ["aaa.dat", "aaa.hea", "long.hea", "x.dat", "x.hea"]
    announced = api.announce(files)
    forms = list(zip(announced["uploads"], files.values(), strict=True))
    for number in ORDERS[seed]:
        api.send(*forms[number])
        cloud.pump()
    cloud.settle()
    status = api.status(announced["recording_id"])
    assert status["status"] == "scored"
    assert status["summary"]["recording"]["duration_s"] == 90
    parts = [recording_id(form["fields"]["key"]) for form, _ in forms[1:]]
    found = [api.get(f"/v1/recordings/{part}") for part in parts]
    joined = [answer.json() for answer in found if answer.status_code == 200]
    assert len(joined) == N_JOINED[seed]
    for part in joined:
        assert (part["status"], part["part_of"]) == ("part", announced["recording_id"])
    assert [row["outcome"] for row in listed(api)] == ["scored"]


ORDERS = [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (1, 2, 0, 3, 4), (3, 1, 4, 2, 0)]
"""Master first; last, after whole segments; after one; last, headers before their signals."""
N_JOINED = [0, 2, 1, 2]
"""Segments that were scored by themselves before their master came."""


def test_the_largest_upload_request_is_found_from_each_of_its_files(api: Api, cloud: Cloud) -> None:
    n = 50
    lines = [f"m/{n} 1 360 {100 * n}", *(f"s{number} 100" for number in range(n))]
    files = {"m.hea": "\n".join(lines).encode()}
    for number in range(n):  # no signal file is called as its header is
        files[f"s{number}.hea"] = f"s{number} 1 360 100\nd{number}.dat 16\n".encode()
        files[f"d{number}.dat"] = b"1"
    announced = api.announce(files)
    keys = [form["fields"]["key"] for form in announced["uploads"]]
    for key, body in zip(keys, files.values(), strict=True):
        cloud.upload(key, body)
    uploads = Uploads(cloud.s3, UPLOADS)
    for key in (keys[0], keys[1], keys[2], keys[-2], keys[-1]):
        upload = find_upload(FolderListing(uploads, folder_of(key)), key)
        assert upload is not None
        assert upload.id == announced["recording_id"]
        assert {part.key: part.name for part in upload.parts[1:]} == dict(
            zip(keys[1:], list(files)[1:], strict=True)
        )
        assert upload.n_missing == 0


def test_variable_layout_record(api: Api, cloud: Cloud, segmented_files: dict[str, bytes]) -> None:
    half = 90 * 360 // 2
    header = segmented_files["long_0001.hea"].decode().splitlines()
    lead = header[1].split(" ", 8)[-1]
    layout = f"layout 1 360 0\n~ 0 200(0)/mV 16 0 0 0 0 {lead}\n"
    master = f"v/4 1 360 {3 * half}\nlayout 0\nlong_0001 {half}\n~ {half}\nlong_0002 {half}\n"
    segments = {name: body for name, body in segmented_files.items() if name != "long.hea"}
    files = {"v.hea": master.encode(), **segments, "layout.hea": layout.encode()}
    announced = api.announce(files)
    for form, body in sorted(
        zip(announced["uploads"], files.values(), strict=True), key=lambda pair: pair[1]
    ):
        api.send(form, body)
        cloud.pump()
    cloud.settle()
    status = api.status(announced["recording_id"])
    assert status["status"] == "scored"
    assert status["summary"]["recording"]["duration_s"] == 135


@pytest.mark.parametrize("sent", ["REC_A.DAT", "rec_a.dat"])
def test_header_that_names_files_in_upper_case(
    api: Api, cloud: Cloud, wfdb_files: dict[str, bytes], sent: str
) -> None:
    header = wfdb_files["rec.hea"].replace(b"rec_a.dat", b"REC_A.DAT")
    files = {
        "Rec of 12 May.HEA": header,
        sent: wfdb_files["rec_a.dat"],
        "rec_b.dat": wfdb_files["rec_b.dat"],
    }
    recording = send_all(api, files)
    cloud.settle()
    assert api.status(recording)["status"] == "scored"


def test_files_that_the_header_does_not_name(
    api: Api, cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    others = {"rec.atr": b"annotations", "notes.txt": b"notes", "other.dat": b"1"}
    files = {**wfdb_files, **others}
    announced = api.announce(files)
    forms = list(zip(announced["uploads"], files.values(), strict=True))
    for form, body in reversed(forms):  # the header comes last
        api.send(form, body)
        cloud.pump()
    assert api.status(announced["recording_id"])["status"] == "scored"
    cloud.settle()
    assert [row["outcome"] for row in listed(api)] == ["scored"]
    assert cloud.n_messages("DeadLetterQueue") == 0


def test_part_without_its_header_is_reported(api: Api, cloud: Cloud) -> None:
    announced = api.announce({"a.hea": b"1", "notes.txt": b"1"})
    api.send(announced["uploads"][1], b"1")
    cloud.settle()
    assert api.status(announced["recording_id"])["waiting_for"] == "upload"
    (row,) = listed(api)
    assert (row["outcome"], row["code"]) == ("rejected", "missing_part")


def test_headers_that_name_each_other(api: Api, cloud: Cloud) -> None:
    files = {"a.hea": b"a/1 1 360 1000\nb 1000\n", "b.hea": b"b/1 1 360 1000\na 1000\n"}
    recording = send_all(api, files)
    cloud.settle()
    status = api.status(recording)
    if status["status"] == "part":
        status = api.status(status["part_of"])
    assert status["rejection"]["code"] == "malformed_header"


def test_settings_file(api: Api, cloud: Cloud, edf_file: bytes) -> None:
    settings = {"rhythm": {"pauses": {"pause_s": 2.5}}}
    files = {"a.edf": edf_file, "A.settings.json": json.dumps(settings).encode()}
    recording = send_all(api, files)
    cloud.settle()
    settings = api.status(recording)["summary"]["provenance"]["settings"]
    assert settings["rhythm"]["pauses"]["pause_s"] == 2.5


def test_diary(api: Api, cloud: Cloud, edf_file: bytes) -> None:
    recording = send_all(api, {"a.edf": edf_file, "A.diary.csv": b"9:30:30,dizzy\n"})
    cloud.settle()
    (mark,) = api.status(recording)["summary"]["marks"]
    assert (mark["at_s"], mark["text"]) == (30, None)


def test_a_folders_settings_file_names_no_subject(api: Api, cloud: Cloud, edf_file: bytes) -> None:
    announced = api.announce({"a.edf": edf_file, "settings.json": b'{"subject": "Patient/1"}'})
    recording, settings = announced["uploads"]
    api.send(settings, b'{"subject": "Patient/1"}')
    api.send(recording, edf_file)
    cloud.settle()
    status = api.status(announced["recording_id"])
    assert status["rejection"]["code"] == "bad_settings"


# --- Privacy --------------------------------------------------------------------------------------


def everything(api: Api, cloud: Cloud) -> str:
    keys = [item["Key"] for item in cloud.s3.list_objects_v2(Bucket=UPLOADS)["Contents"]]
    results = [repr((key, body)) for key, (body, _) in cloud.bodies().items()]
    return "\n".join([*keys, *results, repr(api.log.infos + api.log.errors)]).casefold()


@pytest.fixture
def logged(
    log: io.StringIO, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Callable[[], str]:
    """All text that was logged or printed by any library."""
    caplog.set_level("INFO")

    def read() -> str:
        printed = capfd.readouterr()
        return "\n".join([log.getvalue(), printed.out, printed.err, *caplog.messages])

    return read


def test_names_of_files_appear_nowhere(
    api: Api, cloud: Cloud, wfdb_files: dict[str, bytes], logged: Callable[[], str]
) -> None:
    files = {
        **renamed(wfdb_files, "rec", NAME),
        f"{NAME}.settings.json": b'{"lead": "lead a"}',
        f"{NAME}.diary.csv": f"30,{NAME}\n{NAME},x\n".encode(),
        f"x.{NAME}": b"1",
    }
    announced = api.announce(files)
    answers = [json.dumps(announced)]
    for form, (name, body) in zip(announced["uploads"], files.items(), strict=True):
        api.send(form, body, name)
        cloud.pump()
        answers.append(json.dumps(api.status(announced["recording_id"])))
    cloud.settle()
    assert api.status(announced["recording_id"])["status"] == "scored"
    broken = {f"{NAME}.hea": f"{NAME} 1 360 1000\n{NAME}.dat 99 200\n".encode()}
    answers.append(json.dumps(api.status(send_all(api, broken))))
    cloud.settle()
    answers += [api.get(path).text for path in ("/v1/recordings", "/v1/nights")]
    twice = {"main": {"name": f"{NAME}.hea", "size_bytes": 1}}
    twice["parts"] = [twice["main"]]
    answers.append(api.post("/v1/recordings", twice).text)
    wrong = {"main": {"name": f"{NAME}.xyz", "size_bytes": 1}}
    answers.append(api.post("/v1/recordings", wrong).text)

    texts = {
        "stored or logged by the API": everything(api, cloud),
        "answered": "\n".join(answers).casefold(),
        "logged": logged().casefold(),
    }
    for where, text in texts.items():
        for trace in TRACES:
            assert trace not in text, f"{trace} {where}"
