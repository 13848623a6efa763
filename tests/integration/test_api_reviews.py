"""Reviews through the API: read, written on a condition, refused."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from integration.api_client import Api
from integration.aws_with_clock_and_faults import RESULTS, UPLOADS, Cloud
from integration.test_api_recordings import NAME, TRACES, send_all

from deepecg.cloud.errors import StorageError
from deepecg.cloud.s3_buckets import Uploads
from deepecg.cloud.s3_keys import current_key, upload_key_note
from deepecg.outputs.recording_id import recording_id
from deepecg.review.review_file import MAX_BYTES

FIRST, JSON = {"if-none-match": "*"}, {"content-type": "application/json"}
BEATS = "b" * 64
AUTHOR = {"author": "Dr A. Meier", "at": "2026-11-30T14:52:22.159Z"}


@pytest.fixture
def api(cloud: Cloud) -> Iterator[Api]:
    with Api(cloud) as api:
        yield api


@pytest.fixture
def recording(cloud: Cloud) -> str:
    """A recording with what scoring writes about it as far as reviews are concerned."""
    key = f"ward/{NAME}.edf"
    recording = recording_id(key)
    result = f"recordings/{recording}/v/summary.json"
    summary = {"provenance": {"beats_sha256": BEATS}}
    for bucket, name, document in (
        (RESULTS, result, summary),
        (RESULTS, current_key(recording), {"outcome": "scored", "result": result}),
        (UPLOADS, upload_key_note(recording), {"key": key}),
    ):
        cloud.s3.put_object(Bucket=bucket, Key=name, Body=json.dumps(document).encode())
    return recording


def beats_of(api: Api, recording: str) -> str:
    found: str = api.status(recording)["summary"]["provenance"]["beats_sha256"]
    return found


def review(beats: str, *operations: dict[str, Any]) -> bytes:
    document = {"kind": "review", "schema_version": "1.0", "beats": beats}
    return json.dumps(document | {"operations": [AUTHOR | one for one in operations]}).encode()


def put(api: Api, recording: str, body: bytes, **headers: str) -> Any:
    path = f"/v1/recordings/{recording}/review"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api("PUT", path, content=body, headers=JSON | named)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_review_is_stored_beside_the_recording_as_it_was_sent(
    api: Api, cloud: Cloud, edf_file: bytes
) -> None:
    recording = send_all(api, {f"{NAME}.edf": edf_file})
    cloud.settle()
    path = f"/v1/recordings/{recording}/review"
    assert api.code("GET", path) == (404, "no_review")
    body = review(beats_of(api, recording), {"op": "comment", "text": "Ä", "at_s": None})
    answer = put(api, recording, body, if_none_match="*")
    assert answer.status_code == 200, answer.text
    assert answer.json()["sha256"] == hashlib.sha256(body).hexdigest()
    read = api.get(path)
    assert read.content == body
    assert read.headers["etag"] == answer.headers["etag"]
    assert read.headers["content-type"] == "application/json"
    assert read.headers["cache-control"] == "no-store"
    keys = [item["Key"] for item in cloud.s3.list_objects_v2(Bucket=UPLOADS)["Contents"]]
    (main,) = (key for key in keys if key.endswith(".edf"))
    assert recording_id(main) == recording
    stored = cloud.s3.get_object(Bucket=UPLOADS, Key=main.replace(".edf", ".review.json"))
    assert stored["Body"].read() == body


def test_a_recording_that_was_put_into_the_bucket_can_be_reviewed(
    api: Api, cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload(f"ward 3/{NAME}.EDF", edf_file)
    cloud.settle()
    recording = recording_id(f"ward 3/{NAME}.EDF")
    body = review(beats_of(api, recording), {"op": "sign"})
    assert put(api, recording, body, if_none_match="*").status_code == 200
    stored = cloud.s3.get_object(Bucket=UPLOADS, Key=f"ward 3/{NAME}.review.json")
    assert stored["Body"].read() == body


def test_a_record_of_several_files_with_pseudonyms_is_scored_anew_with_its_review(
    api: Api, cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    recording = send_all(api, wfdb_files)
    cloud.settle()
    body = review(beats_of(api, recording), {"op": "sign"})
    answer = put(api, recording, body, if_none_match="*")
    cloud.settle()
    status = api.status(recording)
    assert status["summary"]["review"]["sha256"] == answer.json()["sha256"]
    assert status["summary"]["review"]["status"] == "final"
    for item in cloud.s3.list_objects_v2(Bucket=UPLOADS)["Contents"]:
        if item["Key"].endswith(".dat"):
            cloud.upload(item["Key"], bytes(1000) + wfdb_files["rec_b.dat"][1000:])
    cloud.settle()
    summary = api.status(recording)["summary"]
    assert summary["provenance"]["review"] == "not_reviewed"  # it is of the former recording
    assert "review_not_applied" in [warning["code"] for warning in summary["warnings"]]
    assert api.get(f"/v1/recordings/{recording}/review").content == body


def test_of_two_reviewers_one_is_refused_and_nothing_is_lost(api: Api, recording: str) -> None:
    beats = BEATS
    one, other, both = (
        review(beats, *({"op": "comment", "text": text, "at_s": None} for text in texts))
        for texts in (["one"], ["other"], ["one", "other"])
    )
    first = put(api, recording, one, if_none_match="*")
    assert code_of(put(api, recording, other, if_none_match="*")) == (412, "review_changed")
    second = put(api, recording, both, if_match=first.headers["etag"])
    assert second.status_code == 200
    assert second.headers["etag"] != first.headers["etag"]
    late = put(api, recording, other, if_match=first.headers["etag"])
    assert code_of(late) == (412, "review_changed")
    assert api.get(f"/v1/recordings/{recording}/review").content == both


def test_a_version_that_is_gone_is_not_replaced(api: Api, recording: str) -> None:
    body = review(BEATS)
    assert code_of(put(api, recording, body, if_match='"5f"')) == (412, "review_changed")
    assert api.code("GET", f"/v1/recordings/{recording}/review") == (404, "no_review")


def test_s3_may_answer_403_for_a_version_that_is_gone() -> None:
    """To those who may not list the bucket, as for a missing object that is read."""
    s3 = boto3.client("s3", region_name="eu-central-1")
    with Stubber(s3) as stubber:
        for _ in range(2):
            stubber.add_client_error("put_object", "AccessDenied", http_status_code=403)
        uploads = Uploads(s3, UPLOADS)
        assert uploads.write_if("a.review.json", b"{}", '"5f"') is None
        with pytest.raises(StorageError, match="AccessDenied"):
            uploads.write_if("a.review.json", b"{}", None)


@pytest.mark.parametrize("headers", [{}, {"if_match": '"5f"', "if_none_match": "*"}])
def test_a_review_names_the_version_that_it_replaces(
    api: Api, recording: str, headers: dict[str, str]
) -> None:
    body = review(BEATS)
    assert code_of(put(api, recording, body, **headers)) == (428, "condition_required")


@pytest.mark.parametrize(
    "headers",
    [{"if_match": "*"}, {"if_match": 'W/"5f"'}, {"if_match": "5f"}, {"if_none_match": '"5f"'}],
)
def test_other_conditions_are_refused(api: Api, recording: str, headers: dict[str, str]) -> None:
    body = review(BEATS)
    assert code_of(put(api, recording, body, **headers)) == (422, "invalid_request")


def test_a_review_of_other_beats_is_refused(api: Api, recording: str) -> None:
    answer = put(api, recording, review("5f" * 32), if_none_match="*")
    assert code_of(answer) == (409, "review_of_other_beats")
    assert api.code("GET", f"/v1/recordings/{recording}/review") == (404, "no_review")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"\xff", b"{}", review("5F" * 32), review("5f"),
        review("5f" * 32, {"op": "comment", "text": NAME}),
        review("5f" * 32, {"op": NAME}),
        review("5f" * 32, {"op": "sign", "author": ""}),
        review("5f" * 32, {"op": "sign", "at": "2026-11-30T14:52:22"}),
        review("5f" * 32, {"op": "delete_beats", "times_s": []}),
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_review_is_refused_without_repeating_it(
    api: Api, recording: str, body: bytes
) -> None:
    answer = put(api, recording, body, if_none_match="*")
    assert code_of(answer) == (422, "invalid_request")
    assert NAME not in answer.text


def test_a_large_review_is_taken_and_a_larger_one_refused(api: Api, recording: str) -> None:
    beats = BEATS
    comment = {"op": "comment", "text": "x" * 1000, "at_s": None}
    assert put(api, recording, review(beats, *1700 * [comment]), **FIRST).status_code == 200
    padded = review(beats) + b" " * MAX_BYTES
    assert code_of(put(api, recording, padded, **FIRST)) == (413, "too_large")


def test_other_content_types_are_refused(api: Api, recording: str) -> None:
    path = f"/v1/recordings/{recording}/review"
    answer = api("PUT", path, content=b"{}", headers=FIRST | {"content-type": "text/plain"})
    assert code_of(answer) == (415, "unsupported_media_type")


def test_unknown_and_unscored_recordings_have_no_review(api: Api, cloud: Cloud) -> None:
    assert api.code("GET", f"/v1/recordings/{20 * 'a'}/review") == (404, "unknown_recording")
    answer = put(api, 20 * "a", review("5f" * 32), **FIRST)
    assert code_of(answer) == (404, "unknown_recording")
    rejected = send_all(api, {"a.edf": b"no EDF at all"})
    cloud.settle()
    assert api.code("GET", f"/v1/recordings/{rejected}/review") == (404, "no_result")


def test_without_a_note_of_its_key_a_recording_cannot_be_reviewed_here(
    api: Api, cloud: Cloud, recording: str
) -> None:
    cloud.s3.delete_object(Bucket=UPLOADS, Key=upload_key_note(recording))
    path = f"/v1/recordings/{recording}/review"
    assert api.code("GET", path) == (409, "not_reviewable")
    body = review(BEATS)
    assert code_of(put(api, recording, body, **FIRST)) == (409, "not_reviewable")


def test_a_recording_that_was_deleted_and_uploaded_again_can_be_reviewed(
    api: Api, cloud: Cloud, edf_file: bytes
) -> None:
    """Its note was deleted with it, as the README asks, and its result is there already."""
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    recording = recording_id("a.edf")
    for key in ("a.edf", upload_key_note(recording)):
        cloud.s3.delete_object(Bucket=UPLOADS, Key=key)
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    assert api.code("GET", f"/v1/recordings/{recording}/review") == (404, "no_review")


@pytest.mark.parametrize("content", [b'{"Meier": ', b" " * (MAX_BYTES + 1)])
def test_a_damaged_review_that_was_put_into_the_bucket_is_not_sent(
    api: Api, cloud: Cloud, recording: str, content: bytes
) -> None:
    key = f"ward/{NAME}.review.json"
    cloud.s3.put_object(Bucket=UPLOADS, Key=key, Body=content)
    path = f"/v1/recordings/{recording}/review"
    assert api.code("GET", path) == (409, "not_reviewable")
    assert code_of(put(api, recording, review(BEATS), **FIRST)) == (412, "review_changed")
    assert cloud.s3.get_object(Bucket=UPLOADS, Key=key)["Body"].read() == content


def test_names_and_texts_appear_nowhere_but_in_the_review(
    api: Api, cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload(f"{NAME}.edf", edf_file)
    cloud.settle()
    recording = recording_id(f"{NAME}.edf")
    body = review(beats_of(api, recording), {"op": "comment", "text": "secret", "at_s": None})
    answer = put(api, recording, body, **FIRST)
    seen = (answer.text + repr(answer.headers) + repr(api.log.infos + api.log.errors)).casefold()
    results = repr([key for key, _ in cloud.bodies().items()]).casefold()
    for trace in (*TRACES, "secret", "meier"):
        assert trace not in seen + results
