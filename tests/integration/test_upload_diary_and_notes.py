"""The patient's diary and notes beside uploads."""

import gzip
import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from holter_file_writers import wfdb
from integration.aws_with_clock_and_faults import Cloud

from deepecg.outputs.recording_id import recording_id

DIARY = "time;text\n09:30:40;dizzy\n9:31;Hans came\n"
OPT_IN = b'{"diary_text": true}'


def marks_of(cloud: Cloud, key: str) -> list[tuple[float, str | None]]:
    summary: dict[str, Any] = cloud.outcome(key)
    assert all(mark["strip"] and mark["analysable_s"] for mark in summary["marks"])
    return [(mark["at_s"], mark["text"]) for mark in summary["marks"]]


def codes(cloud: Cloud, key: str) -> list[str]:
    return [warning["code"] for warning in cloud.outcome(key)["warnings"]]


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder: Path = tmp_path_factory.mktemp("notes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples, texts = np.array([3_600, 7_200]), ["event", "event"]
        wfdb.wrann("rec", "not", samples, ['"', '"'], aux_note=texts, write_dir=str(folder))
    return (folder / "rec.not").read_bytes()


def test_a_diary_is_that_of_its_recording_alone(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("clinic/a.diary.csv", DIARY.encode())
    cloud.upload("clinic/a.settings.json", OPT_IN)
    for key in ("clinic/a.edf", "clinic/b.edf"):
        cloud.upload(key, edf_file)
    cloud.settle()
    assert marks_of(cloud, "clinic/a.edf") == [(40, "dizzy"), (60, "Hans came")]
    assert marks_of(cloud, "clinic/b.edf") == []


@pytest.mark.parametrize("key", ["clinic/a.edf.gz", "clinic/a.EDF.GZ", "clinic/a.zip"])
def test_files_beside_a_compressed_recording(cloud: Cloud, edf_file: bytes, key: str) -> None:
    """They have its name without the double suffix."""
    unfolded = io.BytesIO()
    with zipfile.ZipFile(unfolded, "w") as archive:
        archive.writestr("export/holter.edf", edf_file)
    is_zip = key.endswith("zip")
    cloud.upload(key, unfolded.getvalue() if is_zip else gzip.compress(edf_file))
    cloud.settle()
    assert marks_of(cloud, key) == []
    cloud.upload("clinic/a.settings.json", OPT_IN)
    cloud.upload("clinic/a.diary.csv", DIARY.encode())
    cloud.settle()
    assert marks_of(cloud, key) == [(40, "dizzy"), (60, "Hans came")]
    assert cloud.outcome(key)["recording"]["format"] == "edf"


def test_a_diary_that_comes_later_or_changes_has_the_recording_scored_anew(
    cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    results = [cloud.current("a.edf")["result"]]
    for diary in (DIARY, "30,earlier\n"):
        cloud.upload("a.diary.csv", diary.encode())
        cloud.settle()
        results.append(cloud.current("a.edf")["result"])
    assert len(set(results)) == 3
    assert set(results) <= set(cloud.result_keys())  # what was written stays
    assert marks_of(cloud, "a.edf") == [(30, None)]
    assert not cloud.result_keys(f"recordings/{recording_id('a.diary.csv')}/")


def test_a_repeated_message_changes_nothing(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.upload("a.diary.csv", DIARY.encode())
    cloud.settle()
    before = cloud.bodies()
    cloud.upload("a.diary.csv", DIARY.encode())
    cloud.settle()
    assert {key: body for key, (body, _) in cloud.bodies().items()} == {
        key: body for key, (body, _) in before.items()
    }


def test_notes_and_diary_of_a_wfdb_record(
    cloud: Cloud, wfdb_files: dict[str, bytes], notes: bytes
) -> None:
    cloud.upload("rec.not", notes)
    cloud.upload("rec.diary.csv", b"5,early")
    for name, body in wfdb_files.items():
        cloud.upload(name, body)
    cloud.settle()
    assert marks_of(cloud, "rec.hea") == [(5, None), (10, None), (20, None)]


def test_notes_that_come_later(cloud: Cloud, wfdb_files: dict[str, bytes], notes: bytes) -> None:
    for name, body in wfdb_files.items():
        cloud.upload(name, body)
    cloud.settle()
    assert marks_of(cloud, "rec.hea") == []
    cloud.upload("rec.not", notes)
    cloud.settle()
    assert marks_of(cloud, "rec.hea") == [(10, None), (20, None)]


@pytest.mark.parametrize("key", ["a.diary.csv", "clinic/a.diary.csv", "rec.not"])
def test_a_diary_alone_has_no_result(cloud: Cloud, key: str) -> None:
    cloud.upload(key, DIARY.encode())
    cloud.settle()
    assert cloud.result_keys("") == []


@pytest.mark.parametrize("content", [b"60,x\n" * 400_000, bytes(range(256))])
def test_a_bad_diary_is_a_warning(cloud: Cloud, edf_file: bytes, content: bytes) -> None:
    cloud.upload("a.diary.csv", content)
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    assert cloud.current("a.edf")["outcome"] == "scored"
    assert codes(cloud, "a.edf") == ["bad_diary"]
    assert marks_of(cloud, "a.edf") == []


def test_an_offset_is_placed_by_the_zone_of_the_settings_file(
    cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload("a.settings.json", json.dumps({"time_zone": "Europe/Zurich"}).encode())
    cloud.upload("a.diary.csv", b"2024-03-01T08:30:30Z,x")
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    assert marks_of(cloud, "a.edf") == [(30, None)]
