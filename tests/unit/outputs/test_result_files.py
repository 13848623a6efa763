"""What is written of a scored recording, document by document, as those who read it do."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import numpy as np
import pytest
from fhir.resources.R4B.bundle import Bundle
from published_schemas import schema
from unit.small_recordings import ecg, recording_of, scored_of

from deepecg.errors import SettingsError
from deepecg.night.folder_night_store import FolderStore
from deepecg.night.make_report import make_night
from deepecg.night.night_entry import night_entry
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.result_files import output_files, write_outputs
from deepecg.outputs.summary import Summary
from deepecg.scored_recording import ScoredRecording
from deepecg.study import Study

NAME = "0123456789abcdef0123"
RATE = 128


@pytest.fixture(scope="module")
def scored() -> ScoredRecording:
    """Ten minutes with ectopic beats, a run, and a pause of 3.5 s."""
    classes = ("N" * 20 + "V" + "N" * 5 + "VVVV" + "N" * 9 + "SS") * 14
    rr_s = np.where(np.array(list(classes)) == "N", 0.9, 0.5)
    rr_s[300] = 3.5
    times = 0.5 + np.cumsum(rr_s)
    duration_s = float(np.ceil(times[-1] + 1))
    signal = ecg(times, duration_s, RATE)
    recording = recording_of(signal, rate=RATE, names=("II",))
    return scored_of(
        times, classes, rate=RATE, duration_s=duration_s, recording=recording, signal_mv=signal
    )


@pytest.fixture(scope="module")
def folder(scored: ScoredRecording, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("outputs")
    write_outputs(scored, path, NAME, NAME, Study(subject="Patient/7"))
    return path


@pytest.fixture(scope="module")
def summary(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return document


def test_the_files_promised_are_there_and_no_other(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {*output_files(NAME)}


def test_the_summary_is_valid_and_holds_what_was_made(summary: dict[str, Any]) -> None:
    jsonschema.validate(summary, schema("summary"), cls=jsonschema.Draft202012Validator)
    assert summary["ventricular"]["run_count"] == 14
    assert summary["ventricular"]["isolated_count"] == 14
    assert summary["supraventricular"]["couplet_count"] == 14
    assert summary["pauses"]["longest_s"] == 3.5
    assert [finding["kind"] for finding in summary["urgent"]] == ["pause", "ventricular_burden"]


def test_every_strip_that_the_summary_names_is_on_the_page(
    folder: Path, summary: dict[str, Any]
) -> None:
    page = (folder / "report.html").read_text()
    named = {event["strip"] for event in summary["events"]} - {None}
    assert len(named) > 3
    for strip in named:
        assert f'id="{strip}"' in page
    assert summary["recording_id"] in page


def test_every_urgent_and_notable_event_has_its_strip(summary: dict[str, Any]) -> None:
    tiered = [event for event in summary["events"] if event["tier"]]
    assert len(tiered) == 15  # fourteen runs and a pause
    assert all(event["strip"] for event in tiered)


def test_without_full_disclosure_no_file_of_it_is_left_and_no_link(
    scored: ScoredRecording, folder: Path, tmp_path: Path
) -> None:
    assert 'href="disclosure.html#t=' in (folder / "report.html").read_text()
    write_outputs(scored, tmp_path, NAME, NAME)
    again = write_outputs(scored, tmp_path, NAME, NAME, Study(disclosure=False))
    assert not again.disclosure
    assert {path.name for path in tmp_path.iterdir()} == {*output_files(NAME, disclosure=False)}
    assert "disclosure.html" not in (tmp_path / "report.html").read_text()


def test_the_fhir_document_is_one(folder: Path) -> None:
    text = (folder / "diagnostic_report.json").read_text()
    bundle = Bundle.model_validate_json(text)
    kinds = [entry.resource.get_resource_type() for entry in bundle.entry]
    assert kinds.count("DiagnosticReport") == 1
    assert "Patient/7" in text


def test_a_time_zone_gives_the_events_instants_and_the_whole_report_can_be_contained(
    scored: ScoredRecording, tmp_path: Path
) -> None:
    start = datetime.fromisoformat("2024-10-27T01:58:00")
    scored = replace(scored, recording=replace(scored.recording, start=start))
    write_outputs(scored, tmp_path, NAME, NAME, Study(time_zone="Europe/Zurich", embed_report=True))
    bundle = json.loads((tmp_path / "diagnostic_report.json").read_text())
    resources = [entry["resource"] for entry in bundle["entry"]]
    (pause,) = [
        each for each in resources if each.get("valueCodeableConcept", {}).get("text") == "Pause"
    ]
    period = [datetime.fromisoformat(pause["effectivePeriod"][name]) for name in ("start", "end")]
    assert (period[1] - period[0]).total_seconds() == pytest.approx(3.5, abs=0.01)
    assert period[0].utcoffset() == timedelta(hours=2)  # summer time, until 03:00
    (report,) = [each for each in resources if each["resourceType"] == "DiagnosticReport"]
    (form,) = report["presentedForm"]
    assert b64decode(form["data"]) == (tmp_path / "report.html").read_bytes()


def test_the_subject_is_in_the_fhir_document_alone(folder: Path) -> None:
    holding = {path.name for path in folder.iterdir() if b"Patient/7" in path.read_bytes()}
    assert holding == {"diagnostic_report.json"}


def test_the_night_takes_the_summary(tmp_path: Path, summary: dict[str, Any]) -> None:
    night = date(2024, 3, 1)
    now = datetime.fromisoformat("2024-03-01T22:00:00+01:00")
    scored = msgspec.convert(summary, Summary)
    entry = night_entry(NAME, scored, uploaded_at=now, folder=NAME, processing_s=1.5)
    written = json.loads(to_json(entry))
    jsonschema.validate(written, schema("night_entry"), cls=jsonschema.Draft202012Validator)
    store = FolderStore(tmp_path)
    store.put(entry, night)
    report = make_night(night, store)
    assert report.outcomes.scored_count == 1
    (ranked,) = report.ranked
    assert ranked.urgent


def test_a_subject_that_is_no_reference_is_refused_before_anything_is_written(
    scored: ScoredRecording, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError):
        write_outputs(scored, tmp_path, NAME, NAME, Study(subject="Smith, John"))
    assert not list(tmp_path.iterdir())


def test_the_same_recording_gives_the_same_bytes(
    scored: ScoredRecording, folder: Path, tmp_path: Path
) -> None:
    summary = write_outputs(scored, tmp_path, NAME, NAME, Study(subject="Patient/7"))
    assert to_json(summary) == (folder / "summary.json").read_text()
    for name in output_files(NAME):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
