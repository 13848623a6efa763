"""A summary as HL7 FHIR R4 (4.0.1): one DiagnosticReport, its Observations, and the Device.

The Bundle is a *transaction*: an integration engineer can POST it to a FHIR server as it is.

- A report is **the same report** as long as recording, beats found, settings, model, software,
  patient, order and performer are the same; its identifiers are made from these. A review changes
  none of them.
- A *preliminary* bundle consists of conditional creates (``ifNoneExist``). Sending it again adds
  nothing, and overwrites neither a signed report nor one that somebody amended on the server.
- A signed bundle (*final* or *amended*) consists of conditional updates (``PUT`` by identifier):
  the status of the same report changes, as R4 describes it, and the server keeps the earlier
  version. A new report for every signature would leave the unsigned one beside it. Only the Device
  is created even then.
- Observations of events that a review removed stay preliminary on the server, and no report refers
  to them. All Observations of a report have the same tag, so that a search by tag and status finds
  these: ``Observation?_tag=SYSTEM|CODE&status=preliminary``.
- Every Observation has a code of our own: the path of its value in ``summary.json``, such as
  ``ventricular.burden_percent``. A code of LOINC or SNOMED CT comes before it where one means
  exactly the same. LOINC's 24-hour heart rates are used only for recordings of about a day, its
  SDNN only for days of 18 hours and more.
- The report refers to groups (``hasMember``): of measures, of findings, of events of a kind.
- A value that is null has a ``dataAbsentReason``: *not-applicable* where there is nothing to
  measure (the longest of no pauses), otherwise *unknown*.
- Periods are instants if the time zone of the recorder is set, otherwise days. Times in a recording
  are also given as seconds from its start.
- The *performer* is responsible for the report. It is that of an Observation only once somebody has
  signed: before, nobody asserts the value but the Device.
- There is no conclusion code. What the patient wrote is not repeated; what reviewers commented is
  only where the whole report is contained.

Observation, DiagnosticReport, Device and Bundle are the same in R4 and R4B.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha1, sha256
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.fhir_codes import (
    CODES_URI,
    HOLTER_STUDY,
    SOFTWARE,
    TERMINOLOGY,
    Json,
    OwnCodes,
    coding,
    concept,
)
from deepecg.outputs.fhir_conclusion import conclusion
from deepecg.outputs.fhir_observations import Node, observations
from deepecg.outputs.fhir_times import effective_period, instant
from deepecg.outputs.summary import Provenance, ReviewBlock, Summary
from deepecg.study import Study, refuse_faulty_study

RECORDINGS_URI = "https://deep-ecg.example/fhir/NamingSystem/recording"
"""Naming system of recording IDs."""
ANALYSES_URI = "https://deep-ecg.example/fhir/NamingSystem/analysis"
"""System of the tag that all Observations of a report have."""
NAMESPACE = uuid5(NAMESPACE_URL, RECORDINGS_URI)
"""Namespace of the UUIDs of a bundle's resources (RFC 9562, version 5)."""
URI_OF_URIS = "urn:ietf:rfc:3986"


def diagnostic_report(
    summary: Summary, study: Study | None = None, forms: Mapping[str, bytes] | None = None
) -> Json:
    """Return a summary as a FHIR R4 transaction Bundle.

    The same arguments give the same Bundle, identifiers included.

    Parameters
    ----------
    summary : Summary
        The results of a recording.
    study : Study, optional
        References to patient, request and performer, and the URL of the CodeSystem. Without a
        subject the resources have none.
    forms : mapping of str to bytes, optional
        The whole report by media type, such as ``application/pdf``, to be contained in the
        DiagnosticReport.

    Returns
    -------
    dict
        JSON-ready Bundle: Device, Observations, DiagnosticReport.

    Raises
    ------
    SettingsError
        If the study contains a reference or URL that cannot be right.
    """
    study = study or Study()
    refuse_faulty_study(study)
    analysis = _analysis(summary, study)
    device = _device(summary.provenance)
    review = summary.review
    about = {
        "status": review.status,
        **_references(study),
        **effective_period(summary.recording, 0, summary.recording.duration_s),
        **_signed(review),
    }
    common = {
        "meta": {"tag": [{"system": ANALYSES_URI, "code": str(uuid5(NAMESPACE, analysis))}]},
        **about,
        **(_performer(study) if review.signed_at else {}),
        "device": {"reference": _urn(device)},
    }
    top = [
        list(_with_members(node, analysis))
        for node in observations(summary, OwnCodes(study.code_system or CODES_URI), common)
    ]
    report = _identified(
        analysis,
        {
            "resourceType": "DiagnosticReport",
            **about,
            **_performer(study),
            **_report(summary, forms or {}),
            "result": [{"reference": _urn(group)} for group, *_ in top],
        },
    )
    report["identifier"].append({"system": RECORDINGS_URI, "value": summary.recording_id})
    contents = [resource for group in top for resource in group] + [report]
    return {
        "resourceType": "Bundle",
        "id": str(uuid5(NAMESPACE, f"bundle {json.dumps(contents, sort_keys=True)}")),
        "type": "transaction",
        "entry": [
            _entry(device, is_signed=False),
            *(_entry(each, is_signed=review.status != "preliminary") for each in contents),
        ],
    }


def _analysis(summary: Summary, study: Study) -> str:
    """Return a digest of what makes two reports the same report, whatever a review changed."""
    provenance: dict[str, Any] = msgspec.to_builtins(summary.provenance)
    del provenance["review"]
    recording = msgspec.to_builtins(summary.recording)
    source = [summary.recording_id, recording, provenance, _references(study), _performer(study)]
    return sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()


def _references(study: Study) -> Json:
    return {
        **({"subject": {"reference": study.subject}} if study.subject else {}),
        **({"basedOn": [{"reference": study.based_on}]} if study.based_on else {}),
    }


def _performer(study: Study) -> Json:
    return {"performer": [{"reference": study.performer}]} if study.performer else {}


def _signed(review: ReviewBlock) -> Json:
    """Return when the results were signed; nothing if they are not."""
    if review.signed_at is None:
        return {}
    return {"issued": instant(datetime.fromisoformat(review.signed_at))}


def _with_members(node: Node, analysis: str) -> Iterator[Json]:
    """Yield an Observation, then its members and theirs."""
    below = [list(_with_members(member, analysis)) for member in node.members]
    members = [{"reference": _urn(member)} for member, *_ in below]
    elements = (
        _narrative(_in_words(node.resource))
        | node.resource
        | ({"hasMember": members} if members else {})
    )
    yield _identified(f"{analysis} {node.name}", elements)
    for resources in below:
        yield from resources


def _identified(name: str, resource: Json) -> Json:
    """Return a resource with an identifier computed from a name as its first element."""
    urn = uuid5(NAMESPACE, name).urn
    return {
        "resourceType": resource["resourceType"],
        "identifier": [{"system": URI_OF_URIS, "value": urn}],
        **resource,
    }


def _urn(resource: Json) -> str:
    urn: str = resource["identifier"][0]["value"]
    return urn


def _entry(resource: Json, *, is_signed: bool) -> Json:
    """Return a conditional create; of a signed resource a conditional update."""
    kind, search = resource["resourceType"], f"identifier={URI_OF_URIS}|{_urn(resource)}"
    create = {"method": "POST", "url": kind, "ifNoneExist": search}
    update = {"method": "PUT", "url": f"{kind}?{search}"}
    return {
        "fullUrl": _urn(resource),
        "resource": resource,
        "request": update if is_signed else create,
    }


def _device(provenance: Provenance) -> Json:
    software, model = provenance.software, provenance.model
    versions = {"software": software.version, "model": model.version, "model SHA-256": model.sha256}
    return _identified(
        f"device {software.name} {' '.join(versions.values())}",
        {
            "resourceType": "Device",
            "status": "active",
            "manufacturer": "The Deep-ECG authors",
            "deviceName": [{"name": software.name, "type": "model-name"}],
            "type": concept(SOFTWARE, text="Software for the analysis of Holter recordings"),
            "version": [{"type": {"text": k}, "value": value} for k, value in versions.items()],
            "note": [{"text": f"Not a medical device. {ADVISORY}"}],
            **_narrative(f"{software.name} {software.version}, model {model.version}"),
        },
    )


def _report(summary: Summary, forms: Mapping[str, bytes]) -> Json:
    """Return what a report has that Observations do not: conclusion, signature, whole report."""
    lines = list(conclusion(summary))
    signed_by = summary.review.signed_by
    return {
        **_narrative(*lines),
        "category": [
            concept(
                coding(f"{TERMINOLOGY}/v2-0074", "EC", "Electrocardiac (e.g., EKG, EEC, Holter)")
            )
        ],
        "code": concept(HOLTER_STUDY, text="Holter monitor study"),
        **({"resultsInterpreter": [{"display": signed_by}]} if signed_by else {}),
        "conclusion": "\n".join(lines),
        **({"presentedForm": [_attachment(*form) for form in forms.items()]} if forms else {}),
    }


def _narrative(*lines: str) -> Json:
    """Return the text of a resource for people, without which validators warn (R4's dom-6)."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>'
    return {"text": {"status": "generated", "div": div}}


def _in_words(observation: Json) -> str:
    """Return the name of an Observation and its value, if it has one."""
    name, value = observation["code"]["text"], observation.get("valueString")
    if "valueCodeableConcept" in observation:
        value = observation["valueCodeableConcept"]["text"]
    if "valueQuantity" in observation:
        quantity = observation["valueQuantity"]
        value = f"{quantity['value']} {quantity['unit']}".removesuffix(" 1")
    return f"{name}: {value}" if value else name


def _attachment(media_type: str, content: bytes) -> Json:
    """Return a file with its content: R4 resolves no URL relative to the bundle's own file."""
    digest = sha1(content, usedforsecurity=False).digest()  # the algorithm is R4's
    return {
        "contentType": media_type,
        "language": "en",
        "data": b64encode(content).decode(),
        "size": len(content),
        "hash": b64encode(digest).decode(),
        "title": "Holter report",
    }
