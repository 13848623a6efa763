"""The FHIR document, held against the models of fhir.resources and against the specification."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.device import Device
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.observation import Observation
from synthetic_summary import summary_of

from deepecg.errors import SettingsError
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.fhir import diagnostic_report as diagnostic_report_of
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.summary import NO_REVIEW

MODELS = {
    "Bundle": Bundle,
    "Device": Device,
    "DiagnosticReport": DiagnosticReport,
    "Observation": Observation,
}
LOCAL = "https://deep-ecg.example/fhir/CodeSystem/holter"
LOINC = "http://loinc.org"


def diagnostic_report(summary: dict[str, Any], subject: str | None = None) -> dict[str, Any]:
    return diagnostic_report_of(summary_of(summary), subject)


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
        "schema_version": "2.3",
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
            "start_local": "2024-03-01T09:30:00",
            "time_zone": None,
            "paced": None,
        },
        "signal": {
            "analysable_s": 86000,
            "analysable_percent": 99.54,
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
            "episode_count": 0,
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
        "clusters": [],
        "not_computed": ["first_degree_av_block"],
        "warnings": [],
        "review": json.loads(msgspec.json.encode(NO_REVIEW)),
        "provenance": {
            "software": {"name": "deepecg", "version": "0.1.0"},
            "model": {"version": "default-1", "sha256": "ab" * 32},
            "settings": {"lead": None},
            "review": "not_reviewed",
        },
        "advisory": ADVISORY,
    }
    for part, change in changes.items():
        summary[part] = summary[part] | change if isinstance(change, dict) else change
    return summary


def of_type(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    resources = [entry["resource"] for entry in bundle["entry"]]
    return [resource for resource in resources if resource["resourceType"] == kind]


def local_code(element: dict[str, Any]) -> str:
    """Return our own code of an Observation or component, of which there is exactly one."""
    (code,) = [c["code"] for c in element["code"]["coding"] if c["system"] == LOCAL]
    return str(code)


def figures(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return observations and, under ``observation > component``, their components."""
    found: dict[str, dict[str, Any]] = {}
    for observation in of_type(bundle, "Observation"):
        name = local_code(observation)
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


@pytest.mark.parametrize("summary", [summary_with(), sparse()], ids=["a day", "a minute"])
@pytest.mark.parametrize("subject", [None, "Patient/123"])
def test_the_bundle_is_valid_and_comes_back_from_the_models_as_it_was(
    summary: dict[str, Any], subject: str | None
) -> None:
    bundle = diagnostic_report(summary, subject)
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


@pytest.mark.parametrize("summary", [summary_with(), sparse()], ids=["a day", "a minute"])
def test_what_the_models_do_not_check_of_r4(summary: dict[str, Any]) -> None:
    bundle = diagnostic_report(summary)
    (device,) = of_type(bundle, "Device")
    assert {name["type"] for name in device["deviceName"]} <= {"model-name", "other"}
    (report,) = of_type(bundle, "DiagnosticReport")
    assert report["text"]["status"] == "generated"
    observations = of_type(bundle, "Observation")
    for observation in observations:
        parts = observation.get("component", [])
        for element in [observation, *parts]:
            values = {"valueQuantity", "valueString", "dataAbsentReason"} & set(element)
            assert len(values) == 1  # obs-6: a value, or the reason why there is none
        assert local_code(observation) not in {local_code(part) for part in parts}  # obs-7
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
        assert not {"valueQuantity", "valueString"} & set(found[name])
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
        "Not computed: First degree AV block.",
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


def test_all_references_lead_somewhere_and_every_observation_is_in_the_report() -> None:
    bundle = diagnostic_report(summary_with())
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", u) for u in urls)
    (report,) = of_type(bundle, "DiagnosticReport")
    results = [result["reference"] for result in report["result"]]
    kinds = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in bundle["entry"]}
    assert [kinds[url] for url in results] == ["Observation"] * len(of_type(bundle, "Observation"))
    devices = {each["device"]["reference"] for each in of_type(bundle, "Observation")}
    assert [kinds[url] for url in devices] == ["Device"]


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
    bundles = [
        diagnostic_report(summary_with()),
        diagnostic_report(summary_with(), "Patient/1"),
        diagnostic_report(summary_with(), "Patient/2"),
        diagnostic_report(summary_with(pauses={"count": 3})),
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
    (device,) = urls[0] & urls[1] & urls[2] & urls[3] & urls[4]
    assert device not in urls[5]
    assert not urls[0] & urls[5]


def test_recording_software_and_model_are_named() -> None:
    bundle = diagnostic_report(summary_with())
    (report,) = of_type(bundle, "DiagnosticReport")
    assert report["identifier"][1]["value"] == "9f86d081884c7d659a2f"
    (device,) = of_type(bundle, "Device")
    versions = {each["type"]["text"]: each["value"] for each in device["version"]}
    assert versions == {"software": "0.1.0", "model": "default-1", "model SHA-256": "ab" * 32}


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
