"""The FHIR document, held against the models of fhir.resources and against the specification."""

import copy
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.device import Device
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.observation import Observation
from synthetic_summary import summary_of

from deepecg.errors import SettingsError
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.fhir import diagnostic_report as diagnostic_report_of
from deepecg.outputs.fhir_code_system import code_system
from deepecg.outputs.fhir_codes import SNOMED
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.summary import NO_REVIEW
from deepecg.rhythm.event_kinds import EVENT_KINDS
from deepecg.study import Study

MODELS = {
    "Bundle": Bundle,
    "Device": Device,
    "DiagnosticReport": DiagnosticReport,
    "Observation": Observation,
}
LOCAL = "https://deep-ecg.example/fhir/CodeSystem/holter"
LOINC = "http://loinc.org"
SNOMED_CT = "http://snomed.info/sct"
VALUES = {"valueQuantity", "valueString", "valueCodeableConcept"}


def diagnostic_report(
    summary: dict[str, Any], subject: str | None = None, **study: Any
) -> dict[str, Any]:
    return diagnostic_report_of(summary_of(summary), Study(subject=subject, **study))


def event(number: int, kind: str, start_s: float, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "kind": kind,
        "start_s": start_s,
        "duration_s": 3.2,
        "beats_count": 2,
        "rate_bpm": None,
        "tier": "urgent",
        "lead": "II",
        "strip": None,
        **more,
    }


EVENTS = [
    event(0, "maximum_heart_rate", 50.0, tier=None),
    event(1, "pause", 100.0),
    event(2, "ventricular_tachycardia", 5000.5, duration_s=4.1, beats_count=11, rate_bpm=150.2),
    event(3, "pause", 60000.25, duration_s=2.2, tier="notable"),
    event(4, "atrial_fibrillation", 70000.0, duration_s=4000.0, rate_bpm=98.6, tier="notable"),
]


def ectopy(count: int, **more: Any) -> dict[str, Any]:
    run = {"start_s": 5.0, "duration_s": 4.1, "beats_count": 11, "rate_bpm": 150.2}
    return {
        "count": count,
        "burden_percent": 2.04,
        "per_hour": 83.7,
        "isolated_count": 1700,
        "couplet_count": 90,
        "triplet_count": 5,
        "run_count": 20,
        "longest_run": run,
        "fastest_run": run | {"beats_count": 4, "rate_bpm": 181.0},
        "bigeminy": {"episode_count": 3, "duration_s": 120.0, "longest_s": 60.0},
        "trigeminy": {"episode_count": 1, "duration_s": 12.0, "longest_s": 12.0},
        "precision_percent": 96.2,
        "sensitivity_percent": 94.8,
        "couplet_precision_percent": 80.0,
        "run_precision_percent": 50.0,
        **more,
    }


def summary_with(**changes: dict[str, Any]) -> dict[str, Any]:
    """Return a summary of a whole day, some parts of it changed."""
    summary: dict[str, Any] = {
        "schema_version": "2.4",
        "kind": "summary",
        "recording_id": "9f86d081884c7d659a2f",
        "recording": {
            "format": "edf",
            "sampling_rate_hz": 250.0,
            "leads": ["II", "V1"],
            "lead_used": "II",
            "second_lead_used": None,
            "lead_chosen_by": "software",
            "duration_s": 86400.0,
            "lost_s": 0.0,
            "amplitudes_calibrated": True,
            "start_local": "2024-03-01T09:30:00",
            "time_zone": None,
            "paced": None,
        },
        "signal": {
            "analysable_s": 86000,
            "analysable_percent": 99.54,
            "analysable_of_declared_percent": 99.54,
            "missing_s": 0,
            "flat_s": 400,
            "saturated_s": 0,
            "noisy_s": 0,
            "without_beats_s": 12.5,
        },
        "beats": {
            "total_count": 98000,
            "class_count": {"N": 95000, "S": 1000, "V": 2000, "F": 0, "Q": 0},
        },
        "heart_rate": {
            "mean_bpm": 68.3,
            "day_mean_bpm": 74.9,
            "night_mean_bpm": 58.7,
            "minimum_bpm": 44.1,
            "minimum_at_s": 12345.6,
            "maximum_bpm": 141.0,
            "maximum_at_s": 40000.1,
            "window_s": 60.0,
            "tachycardia_s": 1200.0,
            "bradycardia_s": 3000.0,
        },
        "ventricular": ectopy(2000),
        "supraventricular": ectopy(1000, left_out_in_fibrillation_count=40),
        "pauses": {
            "count": 2,
            "longest_s": 3.2,
            "longest_at_s": 100.0,
            "threshold_s": 2.0,
            "unconfirmed_count": 1,
            "longest_unconfirmed_s": 12.5,
            "longest_unconfirmed_at_s": 700.0,
        },
        "atrial_fibrillation": {
            "episode_count": 2,
            "total_s": 5000.0,
            "burden_percent": 5.81,
            "longest_s": 4000.0,
            "mean_bpm": 98.0,
            "precision_percent": 84.3,
            "sensitivity_percent": 90.2,
        },
        "heart_rate_variability": {
            "nn_count": 90000,
            "nn_s": 79560.0,
            "day_count": 1,
            "sdnn_ms": 130.0,
            "sdann_ms": 110.0,
            "rmssd_ms": 30.1,
            "pnn50_percent": 8.0,
            "triangular_index": 33.0,
            "lf_ms2": 800.0,
            "hf_ms2": 300.0,
            "lf_hf_ratio": 2.67,
            "spectrum_s": 60000.0,
        },
        "st_segment": {
            "not_assessed": "wide_qrs",
            "leads": [],
            "trend_step_s": 300,
            "episode_count": None,
            "episodes": [],
        },
        "qt_interval": {
            "not_assessed": None,
            "assessed_s": 72000.0,
            "not_assessed_s": {"ectopic_beats": 14400.0},
            "formula": "fridericia",
            "window_s": 60.0,
            "median_qt_ms": 391.0,
            "median_qtc_ms": 409.0,
            "mean_qtc_ms": 411.0,
            "longest": {"at_s": 25020.0, "qtc_ms": 447.0, "qt_ms": 461.0, "rate_bpm": 54.7},
            "trend_step_s": 300,
            "trend_qtc_ms": [409.0],
        },
        "urgent": [
            {
                "kind": "pause",
                "at_s": 100.0,
                "message": "Pause of 3.2 s",
                "event_count": 2,
                "beats_count": 2,
                "duration_s": 3.2,
                "event": 17,
                "accuracy": None,
            },
            {
                "kind": "ventricular_burden",
                "at_s": None,
                "message": "<12 % & more than 10 % of the beats are ventricular",
                "event_count": 1,
                "beats_count": 2000,
                "duration_s": None,
                "event": None,
                "accuracy": None,
            },
        ],
        "notable": [
            {
                "kind": "atrial_fibrillation",
                "at_s": 200.0,
                "message": "Atrial fibrillation of 67 min at 99/min",
                "event_count": 1,
                "beats_count": 6600,
                "duration_s": 4000.0,
                "event": 18,
                "accuracy": None,
            },
        ],
        "hours": [],
        "events": [],
        "events_left_out_count": {},
        "marks": [],
        "clusters": [],
        "disclosure": True,
        "not_computed": ["first_degree_av_block"],
        "warnings": [],
        "review": json.loads(msgspec.json.encode(NO_REVIEW)),
        "provenance": {
            "software": {"name": "deepecg", "version": "0.1.0"},
            "model": {"version": "default-1", "sha256": "ab" * 32},
            "settings": {"lead": None},
            "review": "not_reviewed",
            "beats_sha256": "b" * 64,
        },
        "advisory": ADVISORY,
    }
    for part, change in changes.items():
        summary[part] = summary[part] | change if isinstance(change, dict) else change
    return summary


def reviewed(status: str, **more: Any) -> dict[str, Any]:
    """Return a day whose results were reviewed."""
    is_signed = status != "preliminary"
    review = {
        "status": status,
        "signed_by": "Dr. A. Heart" if is_signed else None,
        "signed_at": "2024-03-04T08:15:00Z" if is_signed else None,
        "reviewers": ["T. Echnician", "Dr. A. Heart"],
        "conclusion": "Sinus rhythm.\n\nPauses < 4 s\x07.",
        "comments": [
            {"text": "ask the ward", "author": "T. Echnician", "written_at": "x", "at_s": None}
        ],
        "sha256": "ef" * 32,
        **more,
    }
    day = summary_with(events=EVENTS)
    return summary_with(
        events=EVENTS,
        review=review,
        provenance=day["provenance"] | {"review": "reviewed"},
    )


def of_type(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    resources = [entry["resource"] for entry in bundle["entry"]]
    return [resource for resource in resources if resource["resourceType"] == kind]


def local_code(element: dict[str, Any]) -> str:
    """Return our own code of an Observation or component, of which there is exactly one."""
    (code,) = [c["code"] for c in element["code"]["coding"] if c["system"] == LOCAL]
    return str(code)


def figures(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return measures, findings and groups and, under ``measure > component``, their components."""
    found: dict[str, dict[str, Any]] = {}
    for observation in of_type(bundle, "Observation"):
        name = local_code(observation)
        if name == "events.kind":
            continue
        assert name not in found, f"{name} is there twice"
        found[name] = observation
        for part in observation.get("component", []):
            found[f"{name} > {local_code(part)}"] = part
    return found


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    else:
        yield path, document


def loinc(observation: dict[str, Any]) -> list[str]:
    return [c["code"] for c in observation["code"]["coding"] if c["system"] == LOINC]


def without_runs(**more: Any) -> dict[str, Any]:
    none = {"episode_count": 0, "duration_s": 0.0, "longest_s": None}
    return ectopy(
        0,
        burden_percent=0.0,
        run_count=0,
        longest_run=None,
        fastest_run=None,
        bigeminy=none,
        trigeminy=none,
        precision_percent=None,
        sensitivity_percent=None,
        **more,
    )


def sparse() -> dict[str, Any]:
    """Return the summary of a minute in which next to nothing can be known."""
    unknown = dict.fromkeys(summary_with()["heart_rate_variability"])
    return summary_with(
        recording={"duration_s": 60.0, "start_local": None},
        heart_rate=dict.fromkeys(summary_with()["heart_rate"])
        | {"window_s": 60.0, "tachycardia_s": 0.0, "bradycardia_s": 0.0},
        ventricular=without_runs(),
        supraventricular=without_runs(left_out_in_fibrillation_count=0),
        pauses={
            "count": 0,
            "longest_s": None,
            "longest_at_s": None,
            "unconfirmed_count": 0,
            "longest_unconfirmed_s": None,
            "longest_unconfirmed_at_s": None,
        },
        atrial_fibrillation={
            "episode_count": 0,
            "total_s": 0.0,
            "burden_percent": None,
            "longest_s": None,
            "mean_bpm": None,
            "precision_percent": None,
            "sensitivity_percent": None,
        },
        heart_rate_variability=unknown
        | {"nn_count": 3, "nn_s": 2.4, "day_count": 0, "spectrum_s": 0.0},
        urgent=[],  # type: ignore[arg-type]
        notable=[],  # type: ignore[arg-type]
    )


REFERENCES = {
    "subject": "Patient/123",
    "based_on": "ServiceRequest/4",
    "performer": "Organization/5",
    "code_system": "https://terms.hospital.example/holter",
}
DAYS = {
    "a day": summary_with(events=EVENTS),
    "a day with a zone": summary_with(events=EVENTS, recording={"time_zone": "Europe/Zurich"}),
    "a minute": sparse(),
    "signed": reviewed("final"),
}


@pytest.mark.parametrize("summary", DAYS.values(), ids=DAYS)
@pytest.mark.parametrize("study", [{}, REFERENCES], ids=["alone", "with references"])
def test_the_bundle_is_valid_and_comes_back_from_the_models_as_it_was(
    summary: dict[str, Any], study: dict[str, str]
) -> None:
    forms = {"application/pdf": b"%PDF", "text/html": b"<p>"} if study else None
    bundle = diagnostic_report_of(summary_of(summary), Study(**study), forms)  # type: ignore[arg-type]
    text = to_json(bundle)
    assert json.loads(Bundle.model_validate_json(text).model_dump_json()) == json.loads(text)
    for entry in bundle["entry"]:
        resource = entry["resource"]
        MODELS[resource["resourceType"]].model_validate(resource)


@pytest.mark.parametrize(
    "broken",
    [
        {"conclusions": "x"},
        {"effectivePeriod": {"start": "2024-03-01T09:30:00"}},
        {"result": [{"ref": "x"}]},
        {"text": {"status": "generated"}},
    ],
)
def test_the_models_do_refuse_what_is_wrong(broken: dict[str, Any]) -> None:
    # or the test above would say nothing
    (report,) = of_type(diagnostic_report(summary_with()), "DiagnosticReport")
    with pytest.raises(ValueError, match="validation error"):
        DiagnosticReport.model_validate(report | broken)


@pytest.mark.parametrize("summary", DAYS.values(), ids=DAYS)
def test_what_the_models_do_not_check_of_r4(summary: dict[str, Any]) -> None:
    bundle = diagnostic_report(summary)
    (device,) = of_type(bundle, "Device")
    assert {name["type"] for name in device["deviceName"]} <= {"model-name", "other"}
    (report,) = of_type(bundle, "DiagnosticReport")
    for entry in bundle["entry"]:  # dom-6: a narrative
        text = entry["resource"]["text"]
        assert text["status"] == "generated"
        assert "".join(ElementTree.fromstring(text["div"]).itertext()).strip()
    observations = of_type(bundle, "Observation")
    for observation in observations:
        parts = observation.get("component", [])
        for element in [observation, *parts]:
            values = (VALUES | {"dataAbsentReason"}) & set(element)
            # obs-6: a value, or the reason why there is none; a group has members instead
            assert len(values) == (0 if "hasMember" in element else 1)
        assert local_code(observation) not in {local_code(part) for part in parts}  # obs-7
    for entry in bundle["entry"]:  # a request without an ID, as none is known
        assert "id" not in entry["resource"]
        assert entry["request"]["url"].partition("?")[0] == entry["resource"]["resourceType"]
    codings = [c for each in [report, *observations] for c in each["code"]["coding"]]
    assert all(re.fullmatch(r"[^\s]+(\s[^\s]+)*", c["code"]) and c["display"] for c in codings)


def test_every_figure_of_the_summary_is_there_with_its_value() -> None:
    summary = summary_with()
    found = figures(diagnostic_report(summary))
    by_path = {name.rpartition(" > ")[2]: element for name, element in found.items()}
    parts = ("beats", "heart_rate", "ventricular", "supraventricular", "pauses")
    parts += ("atrial_fibrillation", "heart_rate_variability")
    elsewhere = ("precision_percent", "sensitivity_percent", "day_count")
    paths = [leaf for part in parts for leaf in leaves(summary[part], part)]
    assert len(paths) > 70
    for path, value in paths:
        if not path.endswith(elsewhere):
            assert by_path[path]["valueQuantity"]["value"] == value, path
    assert by_path["signal.analysable_percent"]["valueQuantity"]["value"] == 99.54
    assert by_path["recording.duration_s"]["valueQuantity"]["value"] == 86400


def test_units_are_ucum_and_follow_the_keys() -> None:
    found = figures(diagnostic_report(summary_with()))
    quantities = {name: e["valueQuantity"] for name, e in found.items() if "valueQuantity" in e}
    assert {quantity["system"] for quantity in quantities.values()} == {"http://unitsofmeasure.org"}
    codes = {name: quantity["code"] for name, quantity in quantities.items()}
    assert set(codes.values()) == {"/min", "/h", "s", "ms", "ms2", "%", "1"}
    assert codes["heart_rate.maximum_bpm"] == "/min"
    assert codes["heart_rate.maximum_bpm > heart_rate.maximum_at_s"] == "s"
    assert codes["ventricular.per_hour"] == "/h"
    assert codes["ventricular.count"] == "1"
    assert codes["ventricular.longest_run.beats_count"] == "1"
    assert codes["atrial_fibrillation.burden_percent"] == "%"
    assert codes["heart_rate_variability.sdnn_ms"] == "ms"
    assert codes["heart_rate_variability.lf_ms2"] == "ms2"
    assert codes["heart_rate_variability.triangular_index"] == "1"
    assert codes["beats.total_count > beats.class_count.S"] == "1"


def test_loinc_is_used_where_it_means_the_same_and_nowhere_else() -> None:
    bundle = diagnostic_report(summary_with())
    coded = {name: e for name, e in figures(bundle).items() if loinc(e)}
    assert {name: loinc(e) for name, e in coded.items()} == {
        "heart_rate.mean_bpm": ["41924-2"],
        "heart_rate.maximum_bpm": ["8873-2"],
        "heart_rate.minimum_bpm": ["8883-1"],
        "heart_rate_variability.sdnn_ms": ["80404-7"],
    }
    (report,) = of_type(bundle, "DiagnosticReport")
    assert loinc(report) == ["18754-2"]


@pytest.mark.parametrize(("hours", "is_day"), [(0.5, False), (17, False), (24, True), (336, False)])
def test_24_hour_codes_are_for_recordings_of_about_a_day(hours: float, is_day: bool) -> None:
    seconds = round(hours * 3600)
    summary = summary_with(recording={"duration_s": seconds}, signal={"analysable_s": seconds})
    assert bool(loinc(figures(diagnostic_report(summary))["heart_rate.mean_bpm"])) == is_day


def test_the_code_of_sdnn_is_not_for_less_than_18_hours() -> None:
    def codes(**changes: Any) -> list[str]:
        found = figures(diagnostic_report(summary_with(**changes)))
        return loinc(found["heart_rate_variability.sdnn_ms"])

    assert codes() == ["80404-7"]
    short = {"day_count": 0, "sdnn_ms": None, "nn_s": 64_000.0}
    assert codes(heart_rate_variability=short) == []
    settings = {"rhythm": {"variability": {"day_indices_hours": 17.9}}}
    assert codes(provenance={"settings": settings}) == []


def test_24_hour_codes_are_not_for_a_day_of_which_next_to_nothing_is_analysable() -> None:
    summary = summary_with(signal={"analysable_s": 600})
    assert not loinc(figures(diagnostic_report(summary))["heart_rate.mean_bpm"])


def test_a_pacemaker_is_told_in_the_conclusion_and_beside_ectopic_beats() -> None:
    warning = {"code": "paced", "message": "the header says that the patient has a pacemaker"}
    bundle = diagnostic_report(summary_with(warnings=[warning]))
    (report,) = of_type(bundle, "DiagnosticReport")
    assert f"Warning: {warning['message']}." in report["conclusion"]
    found = figures(bundle)
    assert any("pacemaker" in note["text"] for note in found["ventricular.run_count"]["note"])
    assert "note" not in found["heart_rate.mean_bpm"]


def test_a_figure_that_is_not_known_says_why() -> None:
    found = figures(diagnostic_report(sparse()))

    def reason(name: str) -> str:
        assert not VALUES & set(found[name])
        return str(found[name]["dataAbsentReason"]["coding"][0]["code"])

    assert reason("heart_rate.mean_bpm") == "unknown"
    assert reason("heart_rate.minimum_bpm > heart_rate.minimum_at_s") == "unknown"
    assert reason("heart_rate_variability.sdnn_ms") == "unknown"
    assert reason("atrial_fibrillation.burden_percent") == "unknown"
    for nothing in (
        "pauses.longest_s",
        "pauses.longest_s > pauses.longest_at_s",
        "ventricular.longest_run.beats_count",
        "ventricular.longest_run.beats_count > ventricular.longest_run.rate_bpm",
        "supraventricular.trigeminy.longest_s",
        "atrial_fibrillation.mean_bpm",
    ):
        assert reason(nothing) == "not-applicable", nothing
    assert found["pauses.count"]["valueQuantity"]["value"] == 0
    both = [e for e in found.values() if "dataAbsentReason" in e and "valueQuantity" in e]
    assert not both


def test_nobody_has_reviewed_it_and_it_says_so() -> None:
    bundle = diagnostic_report(summary_with())
    (report,) = of_type(bundle, "DiagnosticReport")
    observations = of_type(bundle, "Observation")
    assert {each["status"] for each in [report, *observations]} == {"preliminary"}
    assert "Not reviewed" in report["conclusion"]
    assert ADVISORY in report["conclusion"]
    assert "conclusionCode" not in report
    assert not any("interpretation" in each or "performer" in each for each in observations)


def test_the_conclusion_in_words() -> None:
    (report,) = of_type(diagnostic_report(summary_with()), "DiagnosticReport")
    for sentence in (
        "Recorded from 2024-03-01 09:30:00, local time of the recorder, time zone not known.",
        "Recorded 24.0 h, of which 23.9 h (99.54 %) could be analysed. Lead II.",
        "Heart rate: mean 68.3, minimum 44.1, maximum 141 /min.",
        "Ventricular ectopic beats: 2000 (2.04 %), couplets: 90, runs: 20.",
        "Supraventricular ectopic beats: 1000 (2.04 %)",
        "Pauses of at least 2 s: 2, longest 3.2 s.",
        "Unconfirmed pauses, in which a beat may have been missed: 1.",
        "Supraventricular ectopic beats in atrial fibrillation, not counted: 40.",
        "Atrial fibrillation: episodes 2, burden 5.81 %.",
        "Urgent findings: Pause of 3.2 s; <12 % & more than 10 %",
        "Notable: Atrial fibrillation of 67 min at 99/min.",
        "Not computed: First-degree AV block.",
    ):
        assert sentence in report["conclusion"]
    assert "&lt;12 % &amp; more" in report["text"]["div"]
    short = summary_with(recording={"duration_s": 60.0}, signal={"analysable_s": 45})
    (report,) = of_type(diagnostic_report(short), "DiagnosticReport")
    assert "Recorded 60 s, of which 45 s (99.54 %)" in report["conclusion"]
    (report,) = of_type(diagnostic_report(sparse()), "DiagnosticReport")
    assert "mean unknown" in report["conclusion"]
    assert "Urgent findings: none." in report["conclusion"]
    assert "Notable: nothing." in report["conclusion"]
    assert "Pauses of at least 2 s: 0." in report["conclusion"]
    assert "None" not in report["conclusion"]


def test_urgent_findings_are_observations_with_their_time() -> None:
    found = figures(diagnostic_report(summary_with()))
    assert found["urgent.pause"]["valueString"] == "Pause of 3.2 s"
    assert found["urgent.pause > urgent.at_s"]["valueQuantity"]["value"] == 100
    assert "component" not in found["urgent.ventricular_burden"]


def test_what_evaluation_tells_stands_beside_the_count() -> None:
    found = figures(diagnostic_report(summary_with()))
    (note,) = found["ventricular.count"]["note"]
    assert "96.2 %" in note["text"]
    assert "94.8 %" in note["text"]
    assert "couplets: 80 %" in found["ventricular.couplet_count"]["note"][0]["text"]
    assert "runs: 50 %" in found["ventricular.run_count"]["note"][0]["text"]
    (note,) = found["atrial_fibrillation.burden_percent"]["note"]
    assert "precision for time: 84.3 %" in note["text"]
    unknown = summary_with(ventricular={"sensitivity_percent": None})
    (note,) = figures(diagnostic_report(unknown))["ventricular.count"]["note"]
    assert "None" not in note["text"]
    assert "note" not in figures(diagnostic_report(sparse()))["ventricular.count"]


@pytest.mark.parametrize(
    ("start", "duration_s", "period"),
    [
        ("2024-03-01T09:30:00", 86400, {"start": "2024-03-01", "end": "2024-03-02"}),
        ("2024-02-28T23:59:30.250000", 86400, {"start": "2024-02-28", "end": "2024-02-29"}),
        ("2023-12-31T20:00:00", 14399, {"start": "2023-12-31", "end": "2023-12-31"}),
        ("9999-12-31T20:00:00", 86400, {"start": "9999-12-31"}),
        (None, 86400, None),
    ],
)
def test_a_local_time_without_zone_gives_days_only(
    start: str | None, duration_s: float, period: dict[str, str] | None
) -> None:
    summary = summary_with(recording={"start_local": start, "duration_s": duration_s})
    bundle = diagnostic_report(summary)
    for resource in of_type(bundle, "DiagnosticReport") + of_type(bundle, "Observation"):
        assert resource.get("effectivePeriod") == period
        assert "effectiveDateTime" not in resource
        assert "issued" not in resource
    assert "timestamp" not in bundle


def test_all_references_lead_somewhere_and_the_report_is_a_tree_of_all_observations() -> None:
    bundle = diagnostic_report(summary_with(events=EVENTS))
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    assert len(by_url) == len(bundle["entry"])
    uuid = r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert all(re.fullmatch(uuid, url) for url in by_url)
    (report,) = of_type(bundle, "DiagnosticReport")

    def below(references: list[dict[str, str]]) -> list[str]:
        urls = [each["reference"] for each in references]
        assert all(by_url[url]["resourceType"] == "Observation" for url in urls)
        return urls + [lower for url in urls for lower in below(by_url[url].get("hasMember", []))]

    found = below(report["result"])
    assert len(found) == len(set(found)) == len(of_type(bundle, "Observation"))
    devices = {each["device"]["reference"] for each in of_type(bundle, "Observation")}
    assert [by_url[url]["resourceType"] for url in devices] == ["Device"]


def test_groups_hold_what_their_names_say() -> None:
    bundle = diagnostic_report(summary_with(events=EVENTS))
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    found = figures(bundle)

    def members(name: str) -> list[str]:
        return [local_code(by_url[each["reference"]]) for each in found[name]["hasMember"]]

    assert members("heart_rate") == [
        f"heart_rate.{name}"
        for name in (
            *("mean_bpm", "day_mean_bpm", "night_mean_bpm", "minimum_bpm", "maximum_bpm"),
            *("tachycardia_s", "bradycardia_s"),
        )
    ]
    assert all(name.startswith("supraventricular.") for name in members("supraventricular"))
    assert members("urgent") == ["urgent.pause", "urgent.ventricular_burden"]
    assert members("notable") == ["notable.atrial_fibrillation"]
    assert members("events.pause") == ["events.kind"] * 2
    assert "hasMember" not in found["recording.duration_s"]
    assert not {"urgent", "notable"} & set(figures(diagnostic_report(sparse())))


def events_of(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in of_type(bundle, "Observation") if local_code(each) == "events.kind"]


def parts_of(observation: dict[str, Any]) -> dict[str, Any]:
    """Return the values of an Observation's components, of their own code."""
    found = {}
    for part in observation["component"]:
        value = part.get("valueQuantity", {}).get("value", part.get("valueString"))
        if "valueCodeableConcept" in part:
            value = part["valueCodeableConcept"]["coding"][-1]["code"]
        found[local_code(part)] = value
    return found


def test_urgent_and_notable_events_are_observations_with_their_figures() -> None:
    found = {
        parts_of(each)["events.start_s"]: each
        for each in events_of(diagnostic_report(summary_with(events=EVENTS)))
    }
    assert set(found) == {100.0, 5000.5, 60000.25, 70000.0}
    run = found[5000.5]
    assert parts_of(run) == {
        "events.start_s": 5000.5,
        "events.duration_s": 4.1,
        "events.beats_count": 11,
        "events.rate_bpm": 150.2,
        "events.tier": "events.tier.urgent",
        "events.lead": "II",
    }
    units = [part["valueQuantity"]["code"] for part in run["component"][:4]]
    assert units == ["s", "s", "1", "/min"]
    assert parts_of(found[60000.25])["events.tier"] == "events.tier.notable"
    (rate,) = [e for e in found[100.0]["component"] if local_code(e) == "events.rate_bpm"]
    assert rate["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_events_are_coded_as_a_rhythm_and_its_name() -> None:
    found = {
        parts_of(each)["events.start_s"]: each
        for each in events_of(diagnostic_report(summary_with(events=EVENTS)))
    }
    assert all(loinc(each) == ["8884-9"] for each in found.values())
    rates = [part for part in found[100.0]["component"] if loinc(part)]
    assert [(local_code(part), loinc(part)) for part in rates] == [("events.rate_bpm", ["8867-4"])]

    def codes(start_s: float) -> list[tuple[str, str]]:
        codings = found[start_s]["valueCodeableConcept"]["coding"]
        return [(each["system"], each["code"]) for each in codings]

    assert codes(70000.0) == [(SNOMED_CT, "49436004"), (LOCAL, "events.atrial_fibrillation")]
    assert codes(100.0) == [(LOCAL, "events.pause")]  # its cause is not known
    assert found[100.0]["valueCodeableConcept"]["text"] == "Pause"


def test_snomed_codes_are_those_of_published_value_sets() -> None:
    assert {kind: each["code"] for kind, each in SNOMED.items()} == {
        # DICOM PS3.16, CID 3230 "ECG Finding"
        "atrial_fibrillation": "49436004",
        "supraventricular_tachycardia": "6456007",
        "ventricular_tachycardia": "25569003",
        "av_block_second_degree": "195042002",
        "av_block_third_degree": "27885002",
        # HL7 Belgium, patient monitoring
        "bradycardia": "48867003",
        # PhysioNet/CinC Challenge 2021, and the CTCAE map to SNOMED CT
        "atrial_flutter": "5370000",
        "av_block_second_degree_1": "54016002",
    }
    assert set(SNOMED) <= {kind.key for kind in EVENT_KINDS}


VERHOEFF_D = [
    [(a + b) % 5 + 5 * (b > 4) if a < 5 else (a - b) % 5 + 5 * (b < 5) for b in range(10)]
    for a in range(10)
]
"""Multiplication of the dihedral group D5: rotations 0 to 4, reflections 5 to 9."""
VERHOEFF_P = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def has_verhoeff_digit(code: str) -> bool:
    """Return whether the last digit is that of SNOMED CT's identifiers (Verhoeff 1969)."""
    check = 0
    for position, character in enumerate(reversed(code)):
        digit = int(character)
        for _ in range(position % 8):
            digit = VERHOEFF_P[digit]
        check = VERHOEFF_D[check][digit]
    return check == 0


def has_luhn_digit(code: str) -> bool:
    """Return whether the last digit is that of LOINC's codes (modulus 10)."""
    number, last = code.split("-")
    doubled = "".join(str(2 * int(d) if i % 2 == 0 else d) for i, d in enumerate(reversed(number)))
    return (sum(map(int, doubled)) + int(last)) % 10 == 0


def test_check_digits_of_standard_codes_are_right() -> None:
    assert has_verhoeff_digit("236")  # a known example
    assert not has_verhoeff_digit("237")
    document = to_json(diagnostic_report(summary_with(events=EVENTS)))
    codings: list[dict[str, str]] = list(SNOMED.values())

    def collect(found: dict[str, Any]) -> dict[str, Any]:
        if "system" in found and "code" in found:
            codings.append(found)
        return found

    json.loads(document, object_hook=collect)
    snomed = {each["code"] for each in codings if each["system"] == SNOMED_CT}
    loincs = {each["code"] for each in codings if each["system"] == LOINC}
    assert len(snomed) == len(SNOMED) + 1
    assert len(loincs) == 7
    assert all(map(has_verhoeff_digit, snomed))
    assert all(map(has_luhn_digit, loincs))


def test_the_code_system_has_every_code_of_ours_under_the_same_name() -> None:
    url = "https://terms.hospital.example/CodeSystem/holter"
    document = code_system(url)
    CodeSystem.model_validate(document)
    assert document["url"] == url
    assert document["content"] == "complete"
    assert re.fullmatch(r"[A-Z]([A-Za-z0-9_]){0,254}", document["name"])  # csd-0
    names = {each["code"]: each["display"] for each in document["concept"]}
    assert len(names) == len(document["concept"]) == document["count"]  # csd-1
    used: dict[str, str] = {}

    def collect(found: dict[str, Any]) -> dict[str, Any]:
        if found.get("system") == url:
            used[found["code"]] = found["display"]
        return found

    for summary in DAYS.values():
        bundle = diagnostic_report(summary, code_system=url)
        assert LOCAL not in to_json(bundle)
        json.loads(to_json(bundle), object_hook=collect)
    assert used.items() <= names.items()
    # the others are kinds of finding and event that these days do not have
    assert {name.split(".")[0] for name in set(names) - set(used)} <= {
        *("urgent", "notable", "events"),
    }


def test_there_are_never_more_entries_than_servers_take() -> None:
    kinds = [kind.key for kind in EVENT_KINDS]
    events = [
        event(number, kinds[number % 12], 20.0 * number, tier="notable", duration_s=number % 50 + 1)
        for number in range(2000)
    ]
    for number in range(0, 400, 2):
        events[number]["tier"] = "urgent"
    bundle = diagnostic_report(summary_with(events=events))
    assert len(bundle["entry"]) <= 500
    found = [parts_of(each) for each in events_of(bundle)]
    assert len(found) == 300
    starts = {each["events.start_s"] for each in found}
    assert all(20.0 * number in starts for number in range(0, 400, 2))
    longest = [each["events.duration_s"] for each in found if "notable" in each["events.tier"]]
    assert min(longest) > 40
    panel = figures(bundle)[f"events.{kinds[1]}"]
    n_left_out = len(range(1, 2000, 12)) - len(panel["hasMember"])
    assert panel["note"] == [
        {"text": f"Urgent or notable events in summary.json only: {n_left_out}."}
    ]


def test_what_is_counted_but_not_listed_is_noted() -> None:
    summary = summary_with(events=EVENTS, events_left_out_count={"pause": 5})
    (note,) = figures(diagnostic_report(summary))["events.pause"]["note"]
    assert "not listed: 5" in note["text"]


@pytest.mark.parametrize(
    ("zone", "start", "at_s", "instant"),
    [
        ("Europe/Zurich", "2024-03-01T09:30:00", 100.0, "2024-03-01T09:31:40+01:00"),
        ("Europe/Zurich", "2024-07-01T09:30:00", 5000.5, "2024-07-01T10:53:20.500000+02:00"),
        ("Asia/Kolkata", "2024-07-01T23:59:59", 1.0, "2024-07-02T00:00:00+05:30"),
        # the recorder's clock runs on when summer time begins at 02:00 and ends at 03:00
        ("Europe/Zurich", "2024-03-31T01:30:00", 3600.0, "2024-03-31T03:30:00+02:00"),
        ("Europe/Zurich", "2024-10-27T01:30:00", 7200.0, "2024-10-27T02:30:00+01:00"),
        # 02:30 did not exist: a clock that was not changed
        ("Europe/Zurich", "2024-03-31T02:30:00", 0.0, "2024-03-31T03:30:00+02:00"),
    ],
)
def test_where_the_zone_is_set_an_event_has_its_instant(
    zone: str, start: str, at_s: float, instant: str
) -> None:
    summary = summary_with(
        recording={"start_local": start, "time_zone": zone}, events=[event(0, "pause", at_s)]
    )
    bundle = diagnostic_report(summary)
    (pause,) = events_of(bundle)
    begin, end = pause["effectivePeriod"]["start"], pause["effectivePeriod"]["end"]
    assert datetime.fromisoformat(begin) == datetime.fromisoformat(instant)
    if start != "2024-03-31T02:30:00":  # there the offset is still that of the unchanged clock
        assert begin == instant
    lasts = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    assert lasts == timedelta(seconds=3.2)
    (report,) = of_type(bundle, "DiagnosticReport")
    whole = [datetime.fromisoformat(report["effectivePeriod"][name]) for name in ("start", "end")]
    assert whole[1] - whole[0] == timedelta(days=1)
    assert f"local time of the recorder, time zone {zone}." in report["conclusion"]


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Zurich", "2024-10-27T02:30:00"),  # in summer time or an hour later?
        ("Europe/Zurich", "1850-01-01T10:00:00"),  # offset of 34 minutes and 8 seconds
        (None, "2024-03-01T10:00:00"),
    ],
)
def test_where_the_instant_is_not_certain_an_event_has_its_day(
    zone: str | None, start: str
) -> None:
    events = [event(0, "pause", 100.0), event(1, "pause", 86_000.0)]
    summary = summary_with(recording={"start_local": start, "time_zone": zone}, events=events)
    days = [each["effectivePeriod"] for each in events_of(diagnostic_report(summary))]
    first = datetime.fromisoformat(start).date()
    second = first + timedelta(days=1)
    assert [day["start"] for day in days] == [str(first), str(second)]
    assert [day["end"] for day in days] == [str(first), str(second)]


def test_without_a_start_an_event_has_no_time_but_its_seconds() -> None:
    summary = summary_with(recording={"start_local": None}, events=EVENTS)
    assert not any("effectivePeriod" in each for each in events_of(diagnostic_report(summary)))


@pytest.mark.parametrize("status", ["final", "amended"])
def test_a_signed_report_has_status_signature_and_conclusion(status: str) -> None:
    bundle = diagnostic_report(reviewed(status), performer="Organization/5")
    (report,) = of_type(bundle, "DiagnosticReport")
    for each in [report, *of_type(bundle, "Observation")]:
        assert each["status"] == status
        assert datetime.fromisoformat(each["issued"]) == datetime.fromisoformat(
            "2024-03-04T08:15:00+00:00"
        )
        assert each["performer"] == [{"reference": "Organization/5"}]
    assert report["resultsInterpreter"] == [{"display": "Dr. A. Heart"}]
    first, second, third, *_ = report["conclusion"].split("\n")
    assert first == "Sinus rhythm."
    assert second == "Pauses < 4 s."  # FHIR's strings have no control characters
    assert "Signed by Dr. A. Heart, 2024-03-04T08:15:00Z." in third
    assert third.startswith("Amended report") == (status == "amended")
    assert "Not reviewed" not in report["conclusion"]
    assert "Pauses &lt; 4 s" in report["text"]["div"]


def test_a_review_that_nobody_has_signed_is_preliminary() -> None:
    bundle = diagnostic_report(reviewed("preliminary"), performer="Organization/5")
    (report,) = of_type(bundle, "DiagnosticReport")
    assert report["conclusion"].startswith("Reviewer's conclusion, not signed: Sinus rhythm.\n")
    assert "Under review, not signed." in report["conclusion"]
    assert not {"issued", "resultsInterpreter"} & set(report)
    assert report["performer"]
    assert not any("performer" in each for each in of_type(bundle, "Observation"))
    assert {entry["request"]["method"] for entry in bundle["entry"]} == {"POST"}


def store(server: dict[str, dict[str, Any]], bundle: dict[str, Any]) -> None:
    """Do what R4 says of a transaction (3.1.0.8, 3.1.0.4.3) on a server with one version each."""
    for entry in bundle["entry"]:
        request = entry["request"]
        search = request.get("ifNoneExist") or request["url"].partition("?")[2]
        system, value = search.removeprefix("identifier=").split("|")
        matches = [
            url
            for url, resource in server.items()
            if resource["resourceType"] == entry["resource"]["resourceType"]
            and {"system": system, "value": value} in resource["identifier"]
        ]
        assert len(matches) <= 1  # or the server answers 412
        if request["method"] == "PUT" or not matches:
            server[matches[0] if matches else entry["fullUrl"]] = entry["resource"]


def test_a_signature_makes_the_same_report_final_and_nothing_takes_that_back() -> None:
    unreviewed = diagnostic_report(summary_with(events=EVENTS))
    signed = reviewed("final", removed_events_count=1)
    signed["events"] = [each for each in EVENTS if each["number"] != 3]
    final = diagnostic_report(signed)
    server: dict[str, dict[str, Any]] = {}
    store(server, unreviewed)
    n_before = len(server)
    store(server, final)
    assert len(server) == n_before  # the same report, the same measures
    reports = [each for each in server.values() if each["resourceType"] == "DiagnosticReport"]
    assert [each["status"] for each in reports] == ["final"]

    store(server, unreviewed)  # sent again
    store(server, diagnostic_report(reviewed("preliminary")))  # a reviewer goes on
    observations = {
        url: each for url, each in server.items() if each["resourceType"] == "Observation"
    }
    (report,) = [each for each in server.values() if each["resourceType"] == "DiagnosticReport"]
    assert report["status"] == "final"

    # what the review removed is found by its tag and status, and by nothing else
    (tag,) = report_tags = {json.dumps(each["meta"]["tag"]) for each in observations.values()}
    assert len(report_tags) == 1
    assert json.loads(tag)[0]["system"].startswith("https://deep-ecg.example/")
    left = [each for each in observations.values() if each["status"] == "preliminary"]
    assert [parts_of(each)["events.start_s"] for each in left] == [60000.25]

    store(server, diagnostic_report(reviewed("amended", conclusion="Changed.")))
    (report,) = [each for each in server.values() if each["resourceType"] == "DiagnosticReport"]
    assert report["status"] == "amended"
    assert report["conclusion"].startswith("Changed.")


def test_every_observation_says_in_words_what_it_is() -> None:
    bundle = diagnostic_report(summary_with(events=EVENTS))
    words = [
        "".join(ElementTree.fromstring(each["text"]["div"]).itertext())
        for each in of_type(bundle, "Observation")
    ]
    for expected in (
        "Heart rate",
        "Heart rate, mean: 68.3 beats/min",
        "Beats: 98000",
        "Urgent finding: Pause: Pause of 3.2 s",
        "Urgent finding: Ventricular burden: <12 % & more than 10 % of the beats are ventricular",
        "Rhythm event: Ventricular tachycardia",
    ):
        assert expected in words


def test_request_and_performer_are_the_references_that_the_caller_gives() -> None:
    bundle = diagnostic_report(summary_with(events=EVENTS), **REFERENCES)
    (report,) = of_type(bundle, "DiagnosticReport")
    assert report["performer"] == [{"reference": "Organization/5"}]
    for each in [report, *of_type(bundle, "Observation")]:
        assert each["basedOn"] == [{"reference": "ServiceRequest/4"}]
        assert each["subject"] == {"reference": "Patient/123"}
    assert not {"performer", "basedOn"} & set(of_type(diagnostic_report(sparse()), "Device")[0])


def test_the_whole_report_is_contained_with_size_and_hash() -> None:
    bundle = diagnostic_report_of(summary_of(summary_with()), None, {"application/pdf": b"abc"})
    (report,) = of_type(bundle, "DiagnosticReport")
    (form,) = report["presentedForm"]
    assert form["contentType"] == "application/pdf"
    assert form["data"] == "YWJj"
    assert form["size"] == 3
    # FIPS 180-4's example: a9993e36 4706816a ba3e2571 7850c26c 9cd0d89d
    assert form["hash"] == "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="
    assert "url" not in form
    (report,) = of_type(diagnostic_report(summary_with()), "DiagnosticReport")
    assert "presentedForm" not in report


def test_labels_and_comments_are_not_repeated() -> None:
    bundle = diagnostic_report(reviewed("final"), patient_label="Anna Muster", diary_text=True)
    assert "Muster" not in to_json(bundle)
    assert "ask the ward" not in to_json(bundle)


def test_sending_it_twice_creates_nothing_twice() -> None:
    bundle = diagnostic_report(summary_with())
    assert bundle["type"] == "transaction"
    for entry in bundle["entry"]:
        identifier = entry["resource"]["identifier"][0]
        assert entry["request"] == {
            "method": "POST",
            "url": entry["resource"]["resourceType"],
            "ifNoneExist": f"identifier={identifier['system']}|{identifier['value']}",
        }
        assert identifier == {"system": "urn:ietf:rfc:3986", "value": entry["fullUrl"]}


def test_the_same_summary_gives_the_same_bytes_and_is_left_as_it_was() -> None:
    summary = summary_with()
    before = copy.deepcopy(summary)
    text = to_json(diagnostic_report(summary, "Patient/1"))
    assert summary == before
    again = json.loads(json.dumps(summary, sort_keys=True))  # keys in another order
    assert to_json(diagnostic_report(again, "Patient/1")) == text


def test_another_result_subject_or_model_is_another_report() -> None:
    settings = {"lead": None, "rhythm": {"pauses": {"pause_s": 2.5}}}
    provenance = summary_with()["provenance"]
    bundles = [
        diagnostic_report(summary_with()),
        diagnostic_report(summary_with(), "Patient/1"),
        diagnostic_report(summary_with(), "Patient/2"),
        diagnostic_report(summary_with(), "Patient/2", based_on="ServiceRequest/1"),
        diagnostic_report(summary_with(provenance=provenance | {"settings": settings})),
        diagnostic_report(summary_with(recording={"start_local": "2024-03-08T09:30:00"})),
        diagnostic_report(summary_with(recording_id="another")),  # type: ignore[arg-type]
        diagnostic_report(
            summary_with(provenance={"model": {"version": "default-1", "sha256": "cd" * 32}})
        ),
    ]
    urls = [{entry["fullUrl"] for entry in bundle["entry"]} for bundle in bundles]
    reports = [
        of_type(bundle, "DiagnosticReport")[0]["identifier"][0]["value"] for bundle in bundles
    ]
    assert len(set(reports)) == len(bundles)
    # the device is the same thing in all but the last
    *same, last = urls
    (device,) = set.intersection(*same)
    assert device not in last
    assert not urls[0] & last


def test_recording_software_and_model_are_named() -> None:
    bundle = diagnostic_report(summary_with())
    (report,) = of_type(bundle, "DiagnosticReport")
    assert report["identifier"][1]["value"] == "9f86d081884c7d659a2f"
    (device,) = of_type(bundle, "Device")
    versions = {each["type"]["text"]: each["value"] for each in device["version"]}
    assert versions == {"software": "0.1.0", "model": "default-1", "model SHA-256": "ab" * 32}
    assert device["manufacturer"]
    assert device["status"] == "active"
    assert device["type"]["coding"][0]["code"] == "706687001"
    assert "Not a medical device" in device["note"][0]["text"]


@pytest.mark.parametrize(
    "subject",
    [
        "Patient/123",
        "Patient/a-b.C4",
        "Patient/123/_history/2",
        "https://fhir.hospital.example/r4/Patient/123",
        "http://localhost:8080/fhir/Patient/1",
    ],
)
def test_the_subject_is_the_reference_that_the_caller_gives(subject: str) -> None:
    bundle = diagnostic_report(summary_with(), subject)
    for resource in of_type(bundle, "DiagnosticReport") + of_type(bundle, "Observation"):
        assert resource["subject"] == {"reference": subject}
    Bundle.model_validate(bundle)


def test_without_a_subject_nothing_is_said_about_the_patient() -> None:
    bundle = diagnostic_report(summary_with())
    assert not any("subject" in entry["resource"] for entry in bundle["entry"])
    assert "Patient" not in to_json(bundle)


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "123",
        "John Smith",
        "Patient/",
        "Patient/John Smith",
        "Patient/" + "1" * 65,
        "Patient/1\n",
        "Patient?identifier=mrn|1",
        "Practitioner/1",
        "ftp://hospital.example/Patient/1",
        "https:///Patient/1",
        "https://hospital.example/Patient/1?x=y",
    ],
)
def test_what_is_no_reference_to_a_patient_is_refused_and_not_repeated(subject: str) -> None:
    with pytest.raises(SettingsError) as refused:
        diagnostic_report(summary_with(), subject)
    assert "Smith" not in str(refused.value)
    assert "hospital" not in str(refused.value)


def test_lost_time_and_important_warnings_are_in_the_conclusion_in_plain_words() -> None:
    warnings = [
        {"code": "crc_mismatch", "message": "found one checksum"},
        {"code": "time_lost", "message": "found 24 h, expected 48 h by the header"},
    ]
    whole = summary_with(warnings=warnings)
    recording = {"lost_s": 86_400.0}
    bundle = diagnostic_report(
        summary_with(
            warnings=warnings,
            recording=recording,
            signal={"analysable_of_declared_percent": 49.8},
        )
    )
    (report,) = of_type(bundle, "DiagnosticReport")
    lines = report["conclusion"].splitlines()
    assert (
        "Of the 48.0 h that the file declares, 24.0 h are not in it; 49.8 % of the declared time "
        "could be analysed." in lines
    )
    important, other = [line for line in lines if line.startswith("Warning")]
    assert important.startswith("Warning: found 24 h, expected 48 h by the header. The file")
    assert other == "Warning: found one checksum."
    (note,) = figures(bundle)["recording.duration_s"]["note"]
    assert note["text"] == "Time that the file declares and does not contain: 24 h."
    assert "note" not in figures(diagnostic_report(whole))["recording.duration_s"]
