"""Review files beside uploads: a new version of the result, and never less than there was."""

import io
import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from integration.aws_with_clock_and_faults import Cloud, environment_of, notification, sqs_event

from deepecg.beats.classifier import BeatClassifier
from deepecg.cloud.upload_pseudonyms import key_in, new_folder
from deepecg.outputs.recording_id import recording_id
from deepecg.review.stored_beats import read_stored_beats

AUTHOR = "Dr. Amanda Muster"
BY = {"author": AUTHOR, "at": "2026-01-02T03:04:05+01:00"}
CONCLUDE = {"op": "conclude", "text": "Sinus rhythm, said Amanda."}
SIGN = {"op": "sign"}


def review_of(summary: dict[str, Any], *operations: dict[str, Any], **changed: str) -> bytes:
    return json.dumps(
        {
            "kind": "review",
            "schema_version": "1.0",
            "beats": summary["provenance"]["beats_sha256"],
            "operations": [BY | operation for operation in operations],
        }
        | changed
    ).encode()


def beat_times(cloud: Cloud, key: str) -> list[float]:
    """Return the R peaks of the unreviewed result, from the file beside it."""
    folder = cloud.current(key)["result"].rsplit("/", 1)[0]
    name = f"{folder}/{recording_id(key)}.beats.npz"
    body = cloud.s3.get_object(Bucket="deepecg-resultsbucket", Key=name)["Body"].read()
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        times: list[float] = arrays["times_s"].tolist()
    return times


def classified_never(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("the classifier runs")

    monkeypatch.setattr(BeatClassifier, "classify", refuse)


@pytest.fixture
def scored(cloud: Cloud, edf_file: bytes) -> dict[str, Any]:
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    return cloud.outcome("a.edf")


def test_a_review_makes_a_new_version_without_the_classifier(
    cloud: Cloud, scored: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, times_s = cloud.bodies(), beat_times(cloud, "a.edf")
    classified_never(monkeypatch)
    rename = {"op": "rename_beats", "times_s": [round(times_s[3], 3)], "class": "V"}
    cloud.upload("a.review.json", review_of(scored, rename, CONCLUDE, SIGN))
    cloud.settle()
    now = cloud.outcome("a.edf")
    counts, counted = (document["beats"]["class_count"] for document in (scored, now))
    assert counted == counts | {"N": counts["N"] - 1, "V": counts["V"] + 1}
    assert now["review"]["status"] == "final"
    assert now["review"]["signed_by"] == AUTHOR
    assert now["review"]["renamed_beats_count"] == 1
    assert now["provenance"]["review"] == "reviewed"
    assert now["provenance"]["beats_sha256"] == scored["provenance"]["beats_sha256"]
    bodies = cloud.bodies()
    assert {key: bodies[key] for key in before if key.endswith((".npz", "summary.json"))} == {
        key: body for key, body in before.items() if key.endswith((".npz", "summary.json"))
    }  # the unreviewed result stays
    holding = {key.rsplit("/", 1)[1] for key, (body, _) in bodies.items() if b"Amanda" in body}
    assert holding <= {"summary.json", "report.html", "diagnostic_report.json"}
    assert not cloud.result_keys(f"recordings/{recording_id('a.review.json')}/")


def test_the_same_message_twice_changes_nothing(cloud: Cloud, scored: dict[str, Any]) -> None:
    cloud.upload("a.review.json", review_of(scored, SIGN))
    cloud.settle()
    before = cloud.bodies()
    cloud.invoke(sqs_event(notification("a.review.json"), notification("a.edf")))
    assert cloud.bodies() == before


def test_the_night_entry_follows_the_review(cloud: Cloud, scored: dict[str, Any]) -> None:
    (entry,) = [cloud.result(key) for key in cloud.result_keys("nights/2")]
    assert entry["digest"]["review_status"] == "not_reviewed"
    cloud.upload("a.review.json", review_of(scored, SIGN, CONCLUDE))
    cloud.settle()
    (entry,) = [cloud.result(key) for key in cloud.result_keys("nights/2")]
    assert entry["digest"]["review_status"] == "preliminary"
    assert cloud.current("a.edf")["result"].startswith(entry["folder"])


def test_a_second_review_replaces_the_first_and_a_late_message_about_it_does_nothing(
    cloud: Cloud, scored: dict[str, Any]
) -> None:
    cloud.upload("a.review.json", review_of(scored, SIGN))
    cloud.settle()
    cloud.upload("a.review.json", review_of(scored, SIGN, CONCLUDE, SIGN))
    cloud.settle()
    assert cloud.outcome("a.edf")["review"]["status"] == "amended"
    before = cloud.bodies()
    cloud.invoke(sqs_event(notification("a.review.json")))  # S3 may deliver the first one late
    assert cloud.bodies() == before


def test_a_review_that_came_before_its_recording_is_applied_to_it(
    cloud: Cloud, scored: dict[str, Any], edf_file: bytes
) -> None:
    cloud.upload("b.review.json", review_of(scored, SIGN))
    cloud.settle()
    cloud.upload("b.edf", edf_file)
    cloud.settle()
    assert cloud.outcome("b.edf")["review"]["status"] == "final"
    beats = f"{recording_id('b.edf')}.beats.npz"
    keys = [key for key in cloud.result_keys() if key.endswith(f"/{beats}")]
    assert len(keys) == 1  # of the unreviewed result, which was written first


@pytest.mark.parametrize("fault", ["damaged", "other beats", "no such beat"])
def test_a_review_that_does_not_fit_leaves_the_result_with_a_warning(
    cloud: Cloud, scored: dict[str, Any], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    classified_never(monkeypatch)
    delete = {"op": "delete_beats", "times_s": [0.001]}
    body = {
        "damaged": b'{"Amanda": ',
        "other beats": review_of(scored, SIGN, beats="0" * 64),
        "no such beat": review_of(scored, delete, SIGN),
    }[fault]
    cloud.upload("a.review.json", body)
    cloud.settle()
    now = cloud.outcome("a.edf")
    (warning,) = now.pop("warnings")
    assert warning["code"] == "review_not_applied"
    assert now == {key: value for key, value in scored.items() if key != "warnings"}
    report = cloud.current("a.edf")["result"].replace("summary.json", "report.html")
    page = cloud.s3.get_object(Bucket="deepecg-resultsbucket", Key=report)["Body"].read()
    assert f"the review {sha256(body).hexdigest()[:8]} was not applied".encode() in page
    (entry,) = [cloud.result(key) for key in cloud.result_keys("nights/2")]
    assert entry["digest"]["warning_codes"] == ["review_not_applied"]
    assert not any(b"Amanda" in body for body, _ in cloud.bodies().values())
    before = cloud.bodies()
    cloud.invoke(sqs_event(notification("a.review.json")))
    assert cloud.bodies() == before
    cloud.upload("a.review.json", review_of(scored, SIGN))
    cloud.settle()
    assert cloud.outcome("a.edf")["review"]["status"] == "final"
    assert not cloud.outcome("a.edf")["warnings"]


def test_after_a_review_is_deleted_the_next_message_restores_the_unreviewed_result(
    cloud: Cloud, scored: dict[str, Any]
) -> None:
    unreviewed = cloud.current("a.edf")
    cloud.upload("a.review.json", review_of(scored, SIGN))
    cloud.settle()
    reviewed = cloud.current("a.edf")
    cloud.s3.delete_object(Bucket="deepecg-uploadsbucket", Key="a.review.json")
    cloud.settle()
    assert cloud.current("a.edf") == reviewed  # S3 sends no message
    cloud.invoke(sqs_event(notification("a.review.json")))
    assert cloud.current("a.edf") == reviewed  # a late message about what is gone
    cloud.invoke(sqs_event(notification("a.edf")))
    assert cloud.current("a.edf") == unreviewed


def test_a_settings_file_that_changes_the_thresholds_keeps_the_review(
    cloud: Cloud, scored: dict[str, Any]
) -> None:
    cloud.upload("a.review.json", review_of(scored, SIGN))
    rate = {"rate": {"bradycardia_bpm": 45}}
    cloud.upload("a.settings.json", json.dumps({"rhythm": rate}).encode())
    cloud.settle()
    now = cloud.outcome("a.edf")
    assert now["provenance"]["settings"]["rhythm"]["rate"]["bradycardia_bpm"] == 45
    assert now["review"]["status"] == "final"


def test_damaged_beats_are_found_again(cloud: Cloud, scored: dict[str, Any]) -> None:
    (key,) = [key for key in cloud.result_keys() if key.endswith(".npz")]
    cloud.s3.put_object(Bucket="deepecg-resultsbucket", Key=key, Body=b"PK damaged")
    cloud.upload("a.review.json", review_of(scored, SIGN))
    cloud.settle()
    assert cloud.outcome("a.edf")["review"]["status"] == "final"


def test_an_unreviewed_result_that_was_not_finished_is_finished(
    cloud: Cloud, scored: dict[str, Any]
) -> None:
    """A function that was killed has written the beats and not the summary, which comes last."""
    unreviewed = cloud.current("a.edf")["result"]
    cloud.s3.delete_object(Bucket="deepecg-resultsbucket", Key=unreviewed)
    cloud.upload("a.review.json", review_of(scored, SIGN))
    cloud.settle()
    assert cloud.outcome("a.edf")["review"]["status"] == "final"
    assert cloud.result(unreviewed) == scored


def test_a_recording_that_is_rejected_stays_rejected(cloud: Cloud, scored: dict[str, Any]) -> None:
    cloud.upload("c.review.json", review_of(scored, SIGN))
    cloud.upload("c.edf", b"this is a letter")
    cloud.settle()
    assert cloud.outcome("c.edf")["code"] == "unknown_format"
    before = cloud.bodies()
    cloud.invoke(sqs_event(notification("c.review.json")))
    assert cloud.bodies() == before


def test_a_review_that_comes_while_its_recording_is_scored_wins(
    cloud: Cloud, scored: dict[str, Any], edf_file: bytes
) -> None:
    """The function that scores sees, at its end, that there is a review now."""
    original = BeatClassifier.classify
    review = review_of(scored, SIGN)

    def classify(*arguments: Any, **named: Any) -> Any:
        cloud.upload("d.review.json", review)
        return original(*arguments, **named)

    environment_of(cloud.handler)["ingest"]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BeatClassifier, "classify", classify)
        cloud.upload("d.edf", edf_file)
        cloud.settle()
    assert cloud.outcome("d.edf")["review"]["status"] == "final"


def test_a_review_in_the_folder_of_an_upload_request(
    cloud: Cloud, scored: dict[str, Any], edf_file: bytes
) -> None:
    folder = new_folder()
    key, review = key_in(folder, "Muster.edf"), key_in(folder, "Muster.review.json")
    assert review == key.removesuffix(".edf") + ".review.json"
    cloud.upload(key, edf_file)
    cloud.upload(review, review_of(scored, SIGN))
    cloud.settle()
    assert cloud.outcome(key)["review"]["status"] == "final"


def test_a_review_alone_has_no_result(cloud: Cloud) -> None:
    cloud.upload("a.review.json", b"{}")
    cloud.settle()
    assert cloud.result_keys("") == []


def test_beats_of_another_signal_are_found_again(
    cloud: Cloud, scored: dict[str, Any], edf_file: bytes
) -> None:
    """A damaged file that can be read all the same must not fail for ever."""
    (key,) = [key for key in cloud.result_keys() if key.endswith(".npz")]
    body = cloud.s3.get_object(Bucket="deepecg-resultsbucket", Key=key)["Body"].read()
    stored = read_stored_beats(body)
    other = replace(stored, about=stored.about | {"signal_sha256": "0" * 64})
    cloud.s3.put_object(Bucket="deepecg-resultsbucket", Key=key, Body=other.to_bytes())
    cloud.upload("a.review.json", review_of(scored, SIGN))
    cloud.settle()
    assert cloud.outcome("a.edf")["review"]["status"] == "final"
