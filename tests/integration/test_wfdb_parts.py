"""A WFDB record is several objects: scored once when complete, or else rejected."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations
from typing import Any

import pytest
from integration.aws_with_clock_and_faults import (
    UPLOADS,
    Cloud,
    environment_of,
    notification,
    sqs_event,
)

from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_buckets import Uploads
from deepecg.cloud.upload_parts import MAX_PARTS, find_upload
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.result_files import output_files

MASTER = "long.hea"


def summaries(cloud: Cloud) -> list[str]:
    return [key for key in cloud.result_keys() if key.endswith("summary.json")]


@pytest.mark.parametrize("order", list(permutations(["rec.hea", "rec_a.dat", "rec_b.dat"])))
def test_parts_in_any_order_are_scored_once(
    cloud: Cloud, wfdb_files: dict[str, bytes], order: tuple[str, ...]
) -> None:
    for name in order:
        assert summaries(cloud) == []
        cloud.upload(f"ward 7/{name}", wfdb_files[name])
        cloud.pump()
    assert cloud.current("ward 7/rec.hea")["outcome"] == "scored"
    assert len(summaries(cloud)) == 1

    cloud.settle()  # the re-checks of the parts that waited
    assert len(summaries(cloud)) == 1
    assert not any(key.endswith(("waiting.json", "rejection.json")) for key in cloud.result_keys())
    assert cloud.n_messages("DeadLetterQueue") == 0


def test_all_parts_before_the_first_event(cloud: Cloud, wfdb_files: dict[str, bytes]) -> None:
    for name, body in wfdb_files.items():
        cloud.upload(name, body)
    cloud.settle()
    assert len(summaries(cloud)) == 1
    assert len(cloud.result_keys()) == 1 + len(output_files("one recording"))


def test_waiting_is_visible_and_says_how_much_is_missing(
    cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    cloud.upload("rec.hea", wfdb_files["rec.hea"])
    cloud.pump()
    waiting = cloud.result(f"recordings/{recording_id('rec.hea')}/waiting.json")
    assert (waiting["n_parts_found"], waiting["n_parts_missing"]) == (1, 2)
    until = waiting["waiting_until"]

    cloud.skip(120)
    cloud.upload("rec_a.dat", wfdb_files["rec_a.dat"])
    cloud.pump()
    waiting = cloud.result(f"recordings/{recording_id('rec.hea')}/waiting.json")
    assert (waiting["n_parts_found"], waiting["n_parts_missing"]) == (2, 1)
    assert waiting["waiting_until"] == until
    assert cloud.n_messages("UploadsQueue") == 1  # one re-check, whatever number of parts came


@pytest.mark.parametrize("first", ["rec.hea", "rec_a.dat"])
def test_record_never_completed_is_rejected_then_scored_when_the_rest_comes(
    cloud: Cloud, wfdb_files: dict[str, bytes], first: str
) -> None:
    cloud.upload(first, wfdb_files[first])
    cloud.pump()
    cloud.skip(59 * 60)
    cloud.pump()
    assert cloud.waits(first)

    cloud.settle()
    assert not cloud.waits(first)
    rejection = cloud.outcome(first)
    assert rejection["code"] == "missing_part"
    assert cloud.n_messages("DeadLetterQueue") == 0

    for name, body in wfdb_files.items():
        if name != first:
            cloud.upload(name, body)
    cloud.settle()
    assert cloud.current("rec.hea")["outcome"] == "scored"
    if first != "rec.hea":
        expected = {"outcome": "part", "recording_id": recording_id("rec.hea")}
        assert cloud.current(first) == expected
    assert not any(key.endswith("waiting.json") for key in cloud.result_keys())


def test_event_repeated_after_the_rejection_changes_nothing(
    cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    cloud.upload("rec.hea", wfdb_files["rec.hea"])
    cloud.settle()
    before = cloud.bodies()
    cloud.upload("rec.hea", wfdb_files["rec.hea"])
    cloud.settle()
    assert cloud.bodies() == before


def test_part_deleted_while_its_record_waits_leaves_nothing(
    cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    cloud.upload("rec.hea", wfdb_files["rec.hea"])
    cloud.pump()
    cloud.s3.delete_object(Bucket="deepecg-uploadsbucket", Key="rec.hea")
    cloud.settle()
    assert cloud.result_keys() == []


def test_parts_are_those_of_the_same_folder(cloud: Cloud, wfdb_files: dict[str, bytes]) -> None:
    cloud.upload("a/rec.hea", wfdb_files["rec.hea"])
    for name in ("rec_a.dat", "rec_b.dat"):
        cloud.upload(f"b/{name}", wfdb_files[name])
    cloud.pump()
    assert summaries(cloud) == []


def test_annotations_beside_a_record_change_nothing(
    cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    for name, body in wfdb_files.items():
        cloud.upload(name, body)
    cloud.pump()
    before = cloud.bodies()
    cloud.upload("rec.atr", b"annotations")
    cloud.upload("rec.notes", b"anything")
    cloud.settle()
    assert cloud.bodies() == before


@pytest.mark.parametrize("reverse", [False, True])
def test_segments_with_their_master(
    cloud: Cloud, segmented_files: dict[str, bytes], reverse: bool
) -> None:
    assert len(segmented_files) == 5
    for name in sorted(segmented_files, reverse=reverse):
        cloud.upload(name, segmented_files[name])
        cloud.pump()
    cloud.settle()
    assert cloud.current(MASTER)["outcome"] == "scored"
    if not reverse:
        assert len(summaries(cloud)) == 1
        assert len({key.split("/")[1] for key in cloud.result_keys()}) == 1


def test_repeated_message_reads_no_results_of_the_parts(
    cloud: Cloud, segmented_files: dict[str, bytes]
) -> None:
    for name, body in segmented_files.items():
        cloud.upload(name, body)
    cloud.settle()
    s3 = environment_of(cloud.handler)["ingest"]().s3
    requests: list[tuple[str, str]] = []

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        requests.append((model.name, params["url_path"]))

    s3.meta.events.register("before-call.s3", note)
    cloud.invoke(sqs_event(notification("long_0001.dat")))
    assert requests
    assert not [operation for operation, _ in requests if operation == "DeleteObject"]
    ids = {recording_id(name) for name in segmented_files if name != MASTER}
    # Notes on the object itself are read: it may have waited for its header.
    others = ids - {recording_id("long_0001.dat")}
    assert not [path for _, path in requests if any(part_id in path for part_id in others)]


def test_segments_uploaded_before_their_master_point_to_it(
    cloud: Cloud, segmented_files: dict[str, bytes]
) -> None:
    for name in sorted(segmented_files, reverse=True):  # the master sorts first, so it comes last
        cloud.upload(name, segmented_files[name])
        cloud.pump()
        cloud.settle()
    current = cloud.current("long_0001.hea")
    assert current == {"outcome": "part", "recording_id": recording_id(MASTER)}
    assert cloud.current(MASTER)["outcome"] == "scored"


def test_missing_segment_is_waited_for(cloud: Cloud, segmented_files: dict[str, bytes]) -> None:
    for name, body in segmented_files.items():
        if name != "long_0002.dat":
            cloud.upload(name, body)
    cloud.pump()
    assert cloud.waits(MASTER)
    cloud.upload("long_0002.dat", segmented_files["long_0002.dat"])
    cloud.pump()
    assert cloud.current(MASTER)["outcome"] == "scored"
    assert not cloud.waits(MASTER)


@pytest.fixture
def uploads(cloud: Cloud) -> Uploads:
    """The uploads bucket, with an empty cache of headers."""
    return Uploads(cloud.s3, UPLOADS)


@contextmanager
def counted(s3: Any) -> Iterator[Counter[str]]:
    """Count a client's requests to the uploads bucket, by operation."""
    found: Counter[str] = Counter()

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        if UPLOADS in params["url"]:
            found[model.name] += 1

    s3.meta.events.register("before-call.s3", note)
    yield found
    s3.meta.events.unregister("before-call.s3", note)


def master_of(n_segments: int) -> bytes:
    lines = [f"{MASTER[:-4]}/{n_segments} 1 360 {100 * n_segments}"]
    lines += [f"long_{number:04} 100" for number in range(1, n_segments + 1)]
    return ("\n".join(lines) + "\n").encode()


def test_record_of_too_many_files_is_rejected_from_its_header_alone(
    cloud: Cloud, uploads: Uploads
) -> None:
    cloud.upload(MASTER, master_of(MAX_PARTS))
    with counted(cloud.s3) as requests:
        upload = find_upload(FolderListing(uploads, ""), MASTER)
    assert upload is not None
    assert len(upload.parts) == 1
    assert requests == {"ListObjectsV2": 1, "GetObject": 1}

    cloud.settle()
    rejection = cloud.outcome(MASTER)
    assert rejection["code"] == "too_many_parts"
    assert "found 10001 files, expected at most 10000" in rejection["message"]


def test_record_of_the_most_files_is_waited_for(cloud: Cloud, uploads: Uploads) -> None:
    cloud.upload(MASTER, master_of(MAX_PARTS - 1))
    upload = find_upload(FolderListing(uploads, ""), MASTER)
    assert upload is not None
    assert upload.refusal is None
    assert upload.n_missing == MAX_PARTS - 1


def test_segments_are_not_read_while_one_is_missing(
    cloud: Cloud, uploads: Uploads, segmented_files: dict[str, bytes]
) -> None:
    for name in (MASTER, "long_0001.hea"):
        cloud.upload(name, segmented_files[name])
    with counted(cloud.s3) as requests:
        upload = find_upload(FolderListing(uploads, ""), MASTER)
    assert upload is not None
    assert upload.n_missing == 1
    assert requests == {"ListObjectsV2": 1, "GetObject": 1}


N_SEGMENTS = 14 * 24
SEGMENTS = [f"long_{number:04}" for number in range(1, N_SEGMENTS + 1)]
TWO_WEEKS = {
    MASTER: master_of(N_SEGMENTS),
    **{f"{name}.hea": f"{name} 1 360 100\n{name}.dat 16\n".encode() for name in SEGMENTS},
    **{f"{name}.dat": bytes(200) for name in SEGMENTS},
}
"""A 14-day record in hourly segments: all headers first, then the signals."""
HALF = f"long_{N_SEGMENTS // 2:04}"


@pytest.mark.parametrize(
    ("present", "key", "n_headers"),
    [
        (sorted(TWO_WEEKS)[: 1 + 2 * N_SEGMENTS // 2 - 1], f"{HALF}.dat", 1),
        (sorted(TWO_WEEKS)[: 1 + 2 * N_SEGMENTS // 2], f"{HALF}.hea", 1),
        (list(TWO_WEEKS)[: 1 + N_SEGMENTS + N_SEGMENTS // 2], f"{HALF}.dat", 3),
        (list(TWO_WEEKS)[:-1], f"{HALF}.dat", 3),
    ],
    ids=["signal before header", "header after signal", "headers first", "one left"],
)
def test_message_about_a_part_of_an_incomplete_record_takes_a_few_requests(
    cloud: Cloud, present: list[str], key: str, n_headers: int
) -> None:
    ingest = environment_of(cloud.handler)["ingest"]()
    for name in present:
        cloud.upload(name, TWO_WEEKS[name])
    with counted(ingest.s3) as requests:
        cloud.invoke(sqs_event(notification(key)))
    assert requests == {"ListObjectsV2": 1, "GetObject": n_headers}
    with counted(ingest.s3) as requests:
        cloud.invoke(sqs_event(notification(key)))
    assert requests == {"ListObjectsV2": 1}


def test_headers_of_a_complete_record_are_read_once(cloud: Cloud) -> None:
    ingest = environment_of(cloud.handler)["ingest"]()
    for name, body in TWO_WEEKS.items():
        cloud.upload(name, body)
    with counted(ingest.s3) as requests:
        cloud.invoke(sqs_event(notification(f"{HALF}.dat")))
    assert cloud.current(MASTER)["outcome"] == "rejected"  # a flat line
    n_read_and_downloaded = 1 + N_SEGMENTS + len(TWO_WEEKS)
    assert requests == {"ListObjectsV2": 2, "GetObject": n_read_and_downloaded}
    with counted(ingest.s3) as requests:
        cloud.invoke(sqs_event(notification(f"{SEGMENTS[0]}.hea")))
    assert requests == {"ListObjectsV2": 2}


def test_header_replaced_in_a_cached_record_is_read_again(
    cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    for name, body in wfdb_files.items():
        cloud.upload(name, body)
    cloud.settle()
    cloud.upload("rec.hea", wfdb_files["rec.hea"].replace(b"rec_b.dat", b"rec_c.dat"))
    cloud.pump()
    assert cloud.waits("rec.hea")
    cloud.upload("rec_c.dat", wfdb_files["rec_b.dat"])
    cloud.settle()
    assert cloud.current("rec.hea")["outcome"] == "scored"


@pytest.mark.parametrize("others", ["a{:04}.edf", "rec{:04}.dat", "z{:04}.atr"])
def test_record_among_thousands_of_files_is_found_from_each_of_its_files(
    cloud: Cloud, uploads: Uploads, wfdb_files: dict[str, bytes], others: str
) -> None:
    for number in range(1_100):
        cloud.upload(f"ward/{others.format(number)}", b"")
    renamed = {
        "ward/rec.hea": wfdb_files["rec.hea"].replace(b"rec_b", b"other"),
        "ward/rec_a.dat": b"",
        "ward/other.dat": b"",
        "ward/rec.settings.json": b"{}",
        "ward/settings.json": b"{}",
    }
    for key, body in renamed.items():
        cloud.upload(key, body)
    for key in list(renamed)[:3]:
        with counted(cloud.s3) as requests:
            upload = find_upload(FolderListing(uploads, "ward/"), key)
        assert upload is not None
        assert {part.key for part in upload.parts} == set(list(renamed)[:3])
        assert upload.settings_file is not None
        assert upload.settings_file.key == "ward/rec.settings.json"
        assert requests["ListObjectsV2"] <= 12
