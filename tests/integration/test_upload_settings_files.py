"""Settings files beside uploads."""

import json
from typing import Any
from urllib.parse import unquote

import pytest
from integration.aws_with_clock_and_faults import Cloud, environment_of, notification, sqs_event

from deepecg.outputs.recording_id import recording_id

SUBJECT = "Patient/4711"


def settings(pause_s: float, **fields: str) -> bytes:
    return json.dumps({**fields, "rhythm": {"pauses": {"pause_s": pause_s}}}).encode()


def threshold(cloud: Cloud, key: str) -> float:
    summary: dict[str, Any] = cloud.outcome(key)
    found: float = summary["pauses"]["threshold_s"]
    return found


def test_own_settings_file_applies_to_its_recording_alone(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("clinic/a.settings.json", settings(2.5))
    for key in ("clinic/a.edf", "clinic/b.edf"):
        cloud.upload(key, edf_file)
    cloud.settle()
    assert threshold(cloud, "clinic/a.edf") == 2.5
    assert threshold(cloud, "clinic/b.edf") == 2.0


def test_folder_settings_apply_where_there_is_no_own_file(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("clinic/settings.json", settings(2.2))
    cloud.upload("clinic/a.settings.json", settings(2.5))
    for key in ("clinic/a.edf", "clinic/b.edf", "clinic/ward/c.edf"):
        cloud.upload(key, edf_file)
    cloud.settle()
    thresholds = [threshold(cloud, f"clinic/{name}.edf") for name in ("a", "b", "ward/c")]
    assert thresholds == [2.5, 2.2, 2.0]


def test_settings_file_of_a_wfdb_record_has_the_name_of_its_header(
    cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    cloud.upload("rec.settings.json", settings(2.5))
    for name, body in wfdb_files.items():
        cloud.upload(name, body)
    cloud.settle()
    assert threshold(cloud, "rec.hea") == 2.5


def test_settings_file_uploaded_later_has_the_recording_scored_anew(
    cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    first = cloud.current("a.edf")["result"]
    cloud.upload("a.settings.json", settings(2.5))
    cloud.settle()
    assert threshold(cloud, "a.edf") == 2.5
    assert first in cloud.result_keys()  # what was written stays
    assert not cloud.result_keys(f"recordings/{recording_id('a.settings.json')}/")


@pytest.mark.parametrize("key", ["settings.json", "clinic/settings.json", "a.settings.json"])
def test_settings_file_alone_has_no_result(cloud: Cloud, key: str) -> None:
    cloud.upload(key, settings(2.5))
    cloud.settle()
    assert cloud.result_keys("") == []


def test_invalid_settings_file_rejects_and_a_corrected_one_is_used(
    cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload("a.settings.json", b'{"rhythm": {"pauses": {"pause_s": "Smith"}}}')
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    rejection = cloud.outcome("a.edf")
    assert rejection["code"] == "bad_settings"
    assert "rhythm.pauses.pause_s" in rejection["message"]
    assert "Smith" not in json.dumps(rejection)
    cloud.upload("a.settings.json", settings(2.5))
    cloud.settle()
    assert threshold(cloud, "a.edf") == 2.5


def test_the_subject_is_in_the_fhir_document_and_nowhere_else(
    cloud: Cloud, edf_file: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.upload("a.settings.json", settings(2.5, subject=SUBJECT))
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    holding = [key for key, (body, _) in cloud.bodies().items() if SUBJECT.encode() in body]
    assert [key.rsplit("/", 1)[1] for key in holding] == ["diagnostic_report.json"]
    assert SUBJECT not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("name", "value"),
    [("subject", SUBJECT), ("based_on", "ServiceRequest/4711"), ("patient_label", SUBJECT)],
)
def test_folder_settings_about_one_patient_are_rejected(
    cloud: Cloud, edf_file: bytes, name: str, value: str
) -> None:
    cloud.upload("clinic/settings.json", settings(2.2, **{name: value}))
    cloud.upload("clinic/a.settings.json", settings(2.5, subject="Patient/4712"))
    for key in ("clinic/a.edf", "clinic/b.edf"):
        cloud.upload(key, edf_file)
    cloud.settle()
    rejection = cloud.outcome("clinic/b.edf")
    assert rejection["code"] == "bad_settings"
    assert f"found a {name} in the settings of a folder" in rejection["message"]
    assert threshold(cloud, "clinic/a.edf") == 2.5  # it has its own
    assert not any(b"4711" in body for body, _ in cloud.bodies().values())


def test_folder_settings_apply_only_to_later_recordings(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("clinic/a.edf", edf_file)
    cloud.settle()
    before = cloud.bodies()
    cloud.skip(60)
    cloud.upload("clinic/settings.json", settings(2.2))
    cloud.invoke(sqs_event(notification("clinic/a.edf")))
    assert cloud.bodies() == before
    cloud.skip(60)
    cloud.upload("clinic/b.edf", edf_file)
    cloud.settle()
    assert threshold(cloud, "clinic/a.edf") == 2.0
    assert threshold(cloud, "clinic/b.edf") == 2.2


def test_later_settings_file_applies_to_all_recordings_of_its_name(
    cloud: Cloud, edf_file: bytes, wfdb_files: dict[str, bytes]
) -> None:
    keys = ("rec.edf", "rec.Edf", "rec.hea")
    others = ("rec.b.edf", "rec2.edf")
    for key in ("rec.edf", "rec.Edf", *others):
        cloud.upload(key, edf_file)
    for name, body in wfdb_files.items():
        cloud.upload(name, body)
    cloud.settle()
    cloud.upload("rec.settings.json", settings(2.5))
    cloud.settle()
    assert [threshold(cloud, key) for key in keys] == [2.5, 2.5, 2.5]
    assert [threshold(cloud, key) for key in others] == [2.0, 2.0]


def test_name_of_an_unknown_lead_is_not_repeated(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("a.settings.json", settings(2.5, lead="Smith"))
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    assert cloud.outcome("a.edf")["code"] == "unknown_lead"
    assert not any(b"Smith" in body for body, _ in cloud.bodies().values())


def test_key_too_long_for_a_settings_file_beside_it_is_scored(
    cloud: Cloud, edf_file: bytes
) -> None:
    """No request has a key or a prefix of more than 1,024 bytes, which S3 refuses."""
    longest = 0

    def note(params: dict[str, Any], **_: Any) -> None:
        nonlocal longest
        key = unquote(params["url_path"].split("/", 2)[-1])
        prefix = params["query_string"].get("prefix", "")
        longest = max(longest, len(key.encode()), len(prefix.encode()))

    s3 = environment_of(cloud.handler)["ingest"]().s3
    s3.meta.events.register("before-call.s3", note)
    keys = ["ü" * 510 + ".edf", "f" * 1017 + "/a.edf"]
    for key in keys:
        assert 1023 <= len(key.encode()) <= 1024
        cloud.upload(key, edf_file)
    cloud.settle()
    assert [cloud.current(key)["outcome"] for key in keys] == ["scored", "scored"]
    assert 1 < longest <= 1024
