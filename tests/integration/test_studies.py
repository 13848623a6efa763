"""Study files beside uploads."""

import json
from typing import Any

import pytest
from integration.clouds import Cloud

from deepecg.identity import recording_id

SUBJECT = "Patient/4711"


def study(pause_s: float) -> bytes:
    return json.dumps({"subject": SUBJECT, "rhythm": {"pauses": {"pause_s": pause_s}}}).encode()


def threshold(cloud: Cloud, key: str) -> float:
    summary: dict[str, Any] = cloud.outcome(key)
    found: float = summary["pauses"]["threshold_s"]
    return found


def test_a_study_beside_the_recording_holds_for_it_alone(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("clinic/a.settings.json", study(2.5))
    for key in ("clinic/a.edf", "clinic/b.edf"):
        cloud.upload(key, edf_file)
    cloud.settle()
    assert threshold(cloud, "clinic/a.edf") == 2.5
    assert threshold(cloud, "clinic/b.edf") == 2.0


def test_a_folders_study_holds_where_there_is_no_other(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("clinic/settings.json", study(2.2))
    cloud.upload("clinic/a.settings.json", study(2.5))
    for key in ("clinic/a.edf", "clinic/b.edf", "clinic/ward/c.edf"):
        cloud.upload(key, edf_file)
    cloud.settle()
    thresholds = [threshold(cloud, f"clinic/{name}.edf") for name in ("a", "b", "ward/c")]
    assert thresholds == [2.5, 2.2, 2.0]


def test_a_study_of_a_wfdb_record_lies_beside_its_header(
    cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    cloud.upload("rec.settings.json", study(2.5))
    for name, body in wfdb_files.items():
        cloud.upload(name, body)
    cloud.settle()
    assert threshold(cloud, "rec.hea") == 2.5


def test_a_study_that_comes_later_has_the_recording_scored_anew(
    cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    first = cloud.current("a.edf")["result"]
    cloud.upload("a.settings.json", study(2.5))
    cloud.settle()
    assert threshold(cloud, "a.edf") == 2.5
    assert first in cloud.result_keys()  # what was written stays
    assert not cloud.result_keys(f"recordings/{recording_id('a.settings.json')}/")


@pytest.mark.parametrize("key", ["settings.json", "clinic/settings.json", "a.settings.json"])
def test_a_study_alone_makes_no_result(cloud: Cloud, key: str) -> None:
    cloud.upload(key, study(2.5))
    cloud.settle()
    assert cloud.result_keys("") == []


def test_a_study_that_cannot_be_read_rejects_and_a_mended_one_is_used(
    cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload("a.settings.json", b'{"rhythm": {"pauses": {"pause_s": "Smith"}}}')
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    rejection = cloud.outcome("a.edf")
    assert rejection["code"] == "bad_settings"
    assert "rhythm.pauses.pause_s" in rejection["message"]
    assert "Smith" not in json.dumps(rejection)
    cloud.upload("a.settings.json", study(2.5))
    cloud.settle()
    assert threshold(cloud, "a.edf") == 2.5


def test_the_subject_is_in_the_fhir_document_and_nowhere_else(
    cloud: Cloud, edf_file: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.upload("a.settings.json", study(2.5))
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    holding = [key for key, (body, _) in cloud.bodies().items() if SUBJECT.encode() in body]
    assert [key.rsplit("/", 1)[1] for key in holding] == ["diagnostic_report.json"]
    assert SUBJECT not in "".join(capsys.readouterr())
