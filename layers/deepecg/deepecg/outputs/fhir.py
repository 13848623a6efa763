"""A summary as HL7 FHIR R4 (4.0.1): one DiagnosticReport, and one Observation for each measure.

The Bundle is a *transaction*: an integration engineer can POST it to a FHIR server as it is. Every
entry is a conditional create (``ifNoneExist`` with an identifier made from the content). Sending a
bundle again therefore adds nothing, and does not overwrite a report that somebody has reviewed and
amended in the meantime, as an update would.

- Every Observation has a code of our own: the path of its value in ``summary.json``, such as
  ``ventricular.burden_percent``. A LOINC code comes before it where one means exactly the same.
  LOINC's 24-hour heart rates are used only for recordings of about a day.
- A value that is null has a ``dataAbsentReason``: *not-applicable* where there is nothing to
  measure (the longest of no pauses), otherwise *unknown*.
- Recorders store no time zone, but a FHIR dateTime with a time must have one. The period is
  therefore given in days, the local time as text, and times in a recording as seconds from its
  start.
- The status is *preliminary*, and there is neither ``issued`` nor a conclusion code, because nobody
  has reviewed the results.

Observation, DiagnosticReport, Device and Bundle are the same in R4 and R4B.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from deepecg.outputs.fhir_conclusion import conclusion
from deepecg.outputs.fhir_measures import COUNT, DAY_LOINC, LOINC, UNITS, measures, part_name
from deepecg.outputs.summary import PACED, Provenance, RecordingBlock, Summary
from deepecg.outputs.value_with_path import SummaryValue
from deepecg.study import Study, refuse_faulty_study
from deepecg.time_units import SECONDS_PER_HOUR

Json = dict[str, Any]

CODES_URI = "https://deep-ecg.example/fhir/CodeSystem/holter"
"""Code system of our own codes. Nobody else can own the domain .example (RFC 2606)."""
RECORDINGS_URI = "https://deep-ecg.example/fhir/NamingSystem/recording"
"""Naming system of recording IDs."""
NAMESPACE = uuid5(NAMESPACE_URL, RECORDINGS_URI)
"""Namespace of the UUIDs of a bundle's resources (RFC 9562, version 5)."""
LOINC_URI = "http://loinc.org"
UCUM_URI = "http://unitsofmeasure.org"
URI_OF_URIS = "urn:ietf:rfc:3986"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
HOLTER_STUDY = ("18754-2", "Ambulatory cardiac rhythm monitor (Holter) study")
DAY_HOURS = (18.0, 30.0)
"""Length of a recording for which LOINC's 24-hour heart rates are used; at least the first of it is
analysable."""


def diagnostic_report(summary: Summary, subject: str | None = None) -> Json:
    """Return a summary as a FHIR R4 transaction Bundle.

    The same summary and subject give the same Bundle, identifiers included.

    Parameters
    ----------
    summary : Summary
        The results of a recording.
    subject : str, optional
        Reference to the patient, such as ``Patient/123`` or its URL. Without it the resources have
        no subject.

    Returns
    -------
    dict
        JSON-ready Bundle: Device, Observations, DiagnosticReport.

    Raises
    ------
    SettingsError
        If the subject is not such a reference.
    """
    refuse_faulty_study(Study(subject=subject))
    device = _device(summary.provenance)
    source = json.dumps(
        {"summary": summary, "subject": subject}, sort_keys=True, default=msgspec.to_builtins
    )
    content = sha256(source.encode()).hexdigest()
    about = {
        "status": "preliminary",
        **({"subject": {"reference": subject}} if subject else {}),
        **_period(summary.recording),
    }
    observations = [
        _identified(f"{content} {observation['code']['coding'][-1]['code']} {number}", observation)
        for number, observation in enumerate(_observations(summary, about, _urn(device)))
    ]
    report = _identified(content, _report(summary, about, [_urn(each) for each in observations]))
    report["identifier"].append({"system": RECORDINGS_URI, "value": summary.recording_id})
    return {
        "resourceType": "Bundle",
        "id": str(uuid5(NAMESPACE, f"{content} bundle")),
        "type": "transaction",
        "entry": [_entry(resource) for resource in (device, *observations, report)],
    }


def _identified(name: str, resource: Json) -> Json:
    """Return a resource with an identifier computed from a name as its first element."""
    urn = uuid5(NAMESPACE, name).urn
    return {
        "resourceType": resource.pop("resourceType"),
        "identifier": [{"system": URI_OF_URIS, "value": urn}],
        **resource,
    }


def _urn(resource: Json) -> str:
    urn: str = resource["identifier"][0]["value"]
    return urn


def _entry(resource: Json) -> Json:
    return {
        "fullUrl": _urn(resource),
        "resource": resource,
        "request": {
            "method": "POST",
            "url": resource["resourceType"],
            "ifNoneExist": f"identifier={URI_OF_URIS}|{_urn(resource)}",
        },
    }


def _device(provenance: Provenance) -> Json:
    software, model = provenance.software, provenance.model
    versions = {"software": software.version, "model": model.version, "model SHA-256": model.sha256}
    return _identified(
        f"device {software.name} {' '.join(versions.values())}",
        {
            "resourceType": "Device",
            "deviceName": [{"name": software.name, "type": "model-name"}],
            "type": {"text": "Software for the analysis of Holter recordings"},
            "version": [{"type": {"text": k}, "value": value} for k, value in versions.items()],
        },
    )


def _period(recording: RecordingBlock) -> Json:
    """Return the days of the recording; nothing if its start is unknown."""
    if recording.start_local is None:
        return {}
    start = datetime.fromisoformat(recording.start_local)
    period = {"start": start.date().isoformat()}
    with suppress(OverflowError):  # a damaged header may say that it ends after the year 9999
        end = start + timedelta(seconds=recording.duration_s)
        period["end"] = end.date().isoformat()
    return {"effectivePeriod": period}


def _report(summary: Summary, about: Json, results: list[str]) -> Json:
    lines = list(conclusion(summary))
    code, display = HOLTER_STUDY
    narrative = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return {
        "resourceType": "DiagnosticReport",
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{narrative}</div>',
        },
        **about,
        "category": [
            _concept(f"{TERMINOLOGY}/v2-0074", "EC", "Electrocardiac (e.g., EKG, EEC, Holter)")
        ],
        "code": _concept(LOINC_URI, code, display, text="Holter monitor study"),
        "result": [{"reference": result} for result in results],
        "conclusion": "\n".join(lines),
    }


def _observations(summary: Summary, about: Json, device: str) -> Iterator[Json]:
    common = {
        "resourceType": "Observation",
        **about,
        "category": [_concept(f"{TERMINOLOGY}/observation-category", "procedure", "Procedure")],
        "device": {"reference": device},
    }
    hours = summary.recording.duration_s / SECONDS_PER_HOUR
    analysable_hours = summary.signal.analysable_s / SECONDS_PER_HOUR
    is_day = DAY_HOURS[0] <= analysable_hours <= hours <= DAY_HOURS[1]
    loinc = LOINC | DAY_LOINC if is_day else LOINC
    paced = [warning for warning in summary.warnings if warning.code == PACED]
    for measure in measures(SummaryValue(summary)):
        path = measure.found.path
        code = _concept(CODES_URI, path, measure.name)
        if path in loinc:
            code["coding"].insert(0, _coding(LOINC_URI, *loinc[path]))
        applies = measure.of is None or measure.of.value != 0
        observation = {**common, "code": code, **_value(measure.found, applies)}
        notes = [measure.accuracy] if measure.accuracy else []
        if paced and path.startswith(("ventricular.", "supraventricular.")):
            notes.append(f"Pacemaker: {paced[0].message}.")
        if notes:
            observation["note"] = [{"text": note} for note in notes]
        if measure.parts:
            observation["component"] = [_component(part, applies) for part in measure.parts]
        yield observation
    for finding in summary.urgent:
        name = "Urgent finding"
        observation = {
            **common,
            "code": _concept(CODES_URI, f"urgent.{finding.kind}", name),
            "valueString": finding.message,
        }
        if finding.at_s is not None:
            at_s = SummaryValue(finding.at_s, "urgent.at_s")
            observation["component"] = [_component(at_s, applies=True)]
        yield observation


def _component(part: SummaryValue, applies: bool) -> Json:
    return {"code": _concept(CODES_URI, part.path, part_name(part.key)), **_value(part, applies)}


def _value(found: SummaryValue, applies: bool) -> Json:
    """Return a quantity with its unit, or the reason why there is none."""
    if found.value is None:
        reason = ("unknown", "Unknown") if applies else ("not-applicable", "Not Applicable")
        return {"dataAbsentReason": _concept(f"{TERMINOLOGY}/data-absent-reason", *reason)}
    code, unit = next((unit for end, unit in UNITS.items() if found.key.endswith(end)), COUNT)
    quantity = {"value": found.value, "unit": unit, "system": UCUM_URI, "code": code}
    return {"valueQuantity": quantity}


def _coding(system: str, code: str, display: str) -> Json:
    return {"system": system, "code": code, "display": display}


def _concept(system: str, code: str, display: str, text: str | None = None) -> Json:
    return {"coding": [_coding(system, code, display)], "text": text or display}
