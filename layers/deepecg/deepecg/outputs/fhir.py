"""A summary as HL7 FHIR R4 (4.0.1): one DiagnosticReport and an Observation for every figure.

The Bundle is a *transaction*, so a hospital's integration engineer can POST it to a FHIR server as
it is; whoever only wants to read it ignores the ``request`` of its entries. Every entry is a
conditional create (``ifNoneExist`` with an identifier made from the content): sending a bundle
again adds nothing, and never overwrites a report that somebody has reviewed and amended since,
as an update would.

- A code comes from LOINC where one is known to mean exactly this. Beside it, and for all other
  figures alone, stands a code of our own: the figure's place in ``summary.json``, such as
  ``ventricular.burden_percent``. LOINC's 24-hour heart rates are used of recordings of about a day.
- A figure that is null has a ``dataAbsentReason``: *not-applicable* where there is nothing to
  measure (the longest of no pauses), otherwise *unknown*.
- Recorders know no time zone, and a FHIR dateTime with a time must have one. So the period is given
  in days, the local time as text, and times in a recording as seconds from its start.
- The status is *preliminary*, ``issued`` is left out, and there is no conclusion code: nobody has
  reviewed it.

Observation, DiagnosticReport, Device and Bundle are the same in R4 and R4B.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from deepecg.outputs.advisory import ADVISORY
from deepecg.settings_file import refuse_other_subject
from deepecg.units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE

Json = dict[str, Any]

CODES_URI = "https://deep-ecg.example/fhir/CodeSystem/holter"
"""Of our own codes. The domain .example is reserved (RFC 2606): it can never be somebody else's."""
RECORDINGS_URI = "https://deep-ecg.example/fhir/NamingSystem/recording"
"""Of recording IDs."""
NAMESPACE = uuid5(NAMESPACE_URL, RECORDINGS_URI)
"""Of the UUIDs of what is in a bundle (RFC 9562, version 5)."""
LOINC_URI = "http://loinc.org"
UCUM_URI = "http://unitsofmeasure.org"
URI_OF_URIS = "urn:ietf:rfc:3986"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
HOLTER_STUDY = ("18754-2", "Ambulatory cardiac rhythm monitor (Holter) study")
DAY_HOURS = (18.0, 30.0)
"""A recording of this length, with at least the first of it analysable, is one "of 24 hours", as
LOINC's heart rates ask for."""
UNITS = {
    "per_hour": ("/h", "beats/h"),
    "_bpm": ("/min", "beats/min"),
    "_percent": ("%", "%"),
    "_ratio": ("1", "1"),
    "_index": ("1", "1"),
    "_ms2": ("ms2", "ms²"),
    "_ms": ("ms", "ms"),
    "_s": ("s", "s"),
}
"""Ending of a key to UCUM code and what people read; anything else is a count."""
COUNT = ("1", "1")
PARTS = {
    "N": "Normal beats and bundle-branch block (AAMI class N)",
    "S": "Supraventricular ectopic beats (AAMI class S)",
    "V": "Ventricular ectopic beats (AAMI class V)",
    "F": "Fusion beats (AAMI class F)",
    "Q": "Beats that cannot be classified (AAMI class Q)",
    "minimum_at_s": "Time from the start of the recording",
    "maximum_at_s": "Time from the start of the recording",
    "longest_unconfirmed_at_s": "Time from the start of the recording",
    "longest_at_s": "Time from the start of the recording",
    "start_s": "Time from the start of the recording",
    "at_s": "Time from the start of the recording",
    "duration_s": "Duration",
    "beats_count": "Beats",
    "rate_bpm": "Rate",
    "window_s": "Averaging window",
    "threshold_s": "Shortest interval that counts as a pause",
}
"""What components are called, by the last key of their path."""
PRECISIONS = {
    "ventricular.count": ("beats", "precision_percent"),
    "ventricular.couplet_count": ("couplets", "couplet_precision_percent"),
    "ventricular.run_count": ("runs", "run_precision_percent"),
    "supraventricular.count": ("beats", "precision_percent"),
    "supraventricular.couplet_count": ("couplets", "couplet_precision_percent"),
    "supraventricular.run_count": ("runs", "run_precision_percent"),
    "atrial_fibrillation.burden_percent": ("time", "precision_percent"),
}
"""Figures whose precision is known from evaluation: of what, and where it stands beside them."""
PACED = "paced"
"""Code of the warning that the patient has a pacemaker."""
NOT_COMPUTED = {"st_segment": "ST segment", "qt_interval": "QT interval"}


@dataclass(frozen=True)
class _Figure:
    """One Observation: where its value lies in the summary, and what it is called.

    ``parts`` are paths of components. If the count at the path ``of`` is 0, there is nothing to
    measure. ``loinc`` is code and display; ``of_a_day`` says that it means 24 hours.
    """

    path: str
    name: str
    parts: tuple[str, ...] = ()
    of: str | None = None
    loinc: tuple[str, str] | None = None
    of_a_day: bool = False


def _ectopy(key: str, kind: str) -> tuple[_Figure, ...]:
    """Return the figures that ventricular and supraventricular beats share."""
    run_count, bigeminy, trigeminy = f"{key}.run_count", f"{key}.bigeminy", f"{key}.trigeminy"
    longest, fastest = f"{key}.longest_run", f"{key}.fastest_run"
    return (
        _Figure(f"{key}.count", f"{kind} ectopic beats"),
        _Figure(f"{key}.burden_percent", f"{kind} ectopic beats, share of all beats"),
        _Figure(f"{key}.per_hour", f"{kind} ectopic beats per analysable hour"),
        _Figure(f"{key}.isolated_count", f"{kind} ectopic beats, isolated"),
        _Figure(f"{key}.couplet_count", f"{kind} couplets"),
        _Figure(f"{key}.triplet_count", f"{kind} triplets"),
        _Figure(run_count, f"{kind} runs, triplets included"),
        _Figure(
            f"{longest}.beats_count",
            f"{kind} ectopic beats in the longest run",
            (f"{longest}.start_s", f"{longest}.duration_s", f"{longest}.rate_bpm"),
            of=run_count,
        ),
        _Figure(
            f"{fastest}.rate_bpm",
            f"{kind} ectopic rate in the fastest run",
            (f"{fastest}.start_s", f"{fastest}.duration_s", f"{fastest}.beats_count"),
            of=run_count,
        ),
        _Figure(f"{bigeminy}.episode_count", f"{kind} bigeminy, episodes"),
        _Figure(f"{bigeminy}.duration_s", f"{kind} bigeminy, total time"),
        _Figure(
            f"{bigeminy}.longest_s",
            f"{kind} bigeminy, longest episode",
            of=f"{bigeminy}.episode_count",
        ),
        _Figure(f"{trigeminy}.episode_count", f"{kind} trigeminy, episodes"),
        _Figure(f"{trigeminy}.duration_s", f"{kind} trigeminy, total time"),
        _Figure(
            f"{trigeminy}.longest_s",
            f"{kind} trigeminy, longest episode",
            of=f"{trigeminy}.episode_count",
        ),
    )


FIGURES = (
    _Figure("recording.duration_s", "Length of the recording"),
    _Figure("signal.analysable_s", "Time that could be analysed"),
    _Figure("signal.analysable_percent", "Time that could be analysed, share of the recording"),
    _Figure("signal.noisy_s", "Time that could not be analysed for noise"),
    _Figure("signal.without_beats_s", "Analysable time in which a beat may have been missed"),
    _Figure("beats.total_count", "Beats", tuple(f"beats.class_count.{k}" for k in "NSVFQ")),
    _Figure(
        "heart_rate.mean_bpm",
        "Heart rate, mean",
        loinc=("41924-2", "Heart rate 24 hour mean"),
        of_a_day=True,
    ),
    _Figure(
        "heart_rate.minimum_bpm",
        "Heart rate, minimum",
        ("heart_rate.minimum_at_s", "heart_rate.window_s"),
        loinc=("8883-1", "Heart rate 24 hour minimum"),
        of_a_day=True,
    ),
    _Figure(
        "heart_rate.maximum_bpm",
        "Heart rate, maximum",
        ("heart_rate.maximum_at_s", "heart_rate.window_s"),
        loinc=("8873-2", "Heart rate 24 hour maximum"),
        of_a_day=True,
    ),
    _Figure("heart_rate.tachycardia_s", "Time in tachycardia"),
    _Figure("heart_rate.bradycardia_s", "Time in bradycardia"),
    *_ectopy("ventricular", "Ventricular"),
    *_ectopy("supraventricular", "Supraventricular"),
    _Figure(
        "supraventricular.left_out_in_fibrillation_count",
        "Beats in atrial fibrillation that would otherwise count as supraventricular ectopic",
    ),
    _Figure("pauses.count", "Pauses", ("pauses.threshold_s",)),
    _Figure("pauses.longest_s", "Longest pause", ("pauses.longest_at_s",), of="pauses.count"),
    _Figure("pauses.unconfirmed_count", "Long intervals in which a beat may have been missed"),
    _Figure(
        "pauses.longest_unconfirmed_s",
        "Longest interval in which a beat may have been missed",
        ("pauses.longest_unconfirmed_at_s",),
        of="pauses.unconfirmed_count",
    ),
    _Figure("atrial_fibrillation.episode_count", "Atrial fibrillation, episodes"),
    _Figure("atrial_fibrillation.total_s", "Atrial fibrillation, total time"),
    _Figure(
        "atrial_fibrillation.burden_percent",
        "Atrial fibrillation, share of the time that could be analysed",
    ),
    _Figure(
        "atrial_fibrillation.longest_s",
        "Atrial fibrillation, longest episode",
        of="atrial_fibrillation.episode_count",
    ),
    _Figure(
        "atrial_fibrillation.mean_bpm",
        "Mean heart rate in atrial fibrillation",
        of="atrial_fibrillation.episode_count",
    ),
    _Figure("heart_rate_variability.nn_count", "Normal-to-normal (NN) intervals"),
    _Figure("heart_rate_variability.nn_s", "Time that NN intervals cover"),
    _Figure(
        "heart_rate_variability.sdnn_ms",
        "SDNN of 24 hours",
        loinc=("80404-7", "R-R interval.standard deviation (Heart rate variability)"),
    ),
    _Figure("heart_rate_variability.sdann_ms", "SDANN of 24 hours"),
    _Figure("heart_rate_variability.rmssd_ms", "RMSSD"),
    _Figure("heart_rate_variability.pnn50_percent", "pNN50"),
    _Figure("heart_rate_variability.triangular_index", "HRV triangular index of 24 hours"),
    _Figure("heart_rate_variability.lf_ms2", "Low-frequency power of NN intervals"),
    _Figure("heart_rate_variability.hf_ms2", "High-frequency power of NN intervals"),
    _Figure("heart_rate_variability.lf_hf_ratio", "Ratio of low- to high-frequency power"),
    _Figure("heart_rate_variability.spectrum_s", "Time that the powers come from"),
)


def diagnostic_report(summary: Json, subject: str | None = None) -> Json:
    """Return a summary as a FHIR R4 transaction Bundle.

    The same summary and subject give the same Bundle, identifiers included.

    Parameters
    ----------
    summary : dict
        Of schema 2.1, as :func:`deepecg.outputs.summary.summarise` returns it.
    subject : str, optional
        Reference to the patient, such as ``Patient/123`` or the address of one. Without it the
        resources have no subject: nothing about the patient is made up.

    Returns
    -------
    dict
        JSON-ready Bundle: Device, Observations, DiagnosticReport.

    Raises
    ------
    SettingsError
        If the subject is no such reference.
    """
    refuse_other_subject(subject)
    device = _device(summary["provenance"])
    said = json.dumps({"summary": summary, "subject": subject}, sort_keys=True)
    content = sha256(said.encode()).hexdigest()
    about = {
        "status": "preliminary",
        **({"subject": {"reference": subject}} if subject else {}),
        **_period(summary["recording"]),
    }
    observations = [
        _identified(f"{content} {observation['code']['coding'][-1]['code']} {number}", observation)
        for number, observation in enumerate(_observations(summary, about, _urn(device)))
    ]
    report = _identified(content, _report(summary, about, [_urn(each) for each in observations]))
    report["identifier"].append({"system": RECORDINGS_URI, "value": summary["recording_id"]})
    return {
        "resourceType": "Bundle",
        "id": str(uuid5(NAMESPACE, f"{content} bundle")),
        "type": "transaction",
        "entry": [_entry(resource) for resource in (device, *observations, report)],
    }


def _identified(name: str, resource: Json) -> Json:
    """Return a resource with an identifier that follows from a name, in front."""
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


def _device(provenance: Json) -> Json:
    software, model = provenance["software"], provenance["model"]
    versions = {
        "software": software["version"],
        "model": model["version"],
        "model SHA-256": model["sha256"],
    }
    return _identified(
        f"device {software['name']} {' '.join(versions.values())}",
        {
            "resourceType": "Device",
            "deviceName": [{"name": software["name"], "type": "model-name"}],
            "type": {"text": "Software for the analysis of Holter recordings"},
            "version": [{"type": {"text": k}, "value": value} for k, value in versions.items()],
        },
    )


def _period(recording: Json) -> Json:
    """Return the days of the recording, if they are known."""
    if recording["start_local"] is None:
        return {}
    start = datetime.fromisoformat(recording["start_local"])
    period = {"start": start.date().isoformat()}
    with suppress(OverflowError):  # a damaged header may say that it ends after the year 9999
        end = start + timedelta(seconds=recording["duration_s"])
        period["end"] = end.date().isoformat()
    return {"effectivePeriod": period}


def _report(summary: Json, about: Json, results: list[str]) -> Json:
    lines = list(_conclusion(summary))
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


def _observations(summary: Json, about: Json, device: str) -> Iterator[Json]:
    common = {
        **about,
        "category": [_concept(f"{TERMINOLOGY}/observation-category", "procedure", "Procedure")],
        "device": {"reference": device},
    }
    hours = summary["recording"]["duration_s"] / SECONDS_PER_HOUR
    analysable_hours = summary["signal"]["analysable_s"] / SECONDS_PER_HOUR
    is_day = DAY_HOURS[0] <= analysable_hours <= hours <= DAY_HOURS[1]
    for figure in FIGURES:
        nothing = figure.of is not None and _at(summary, figure.of) == 0
        code = _concept(CODES_URI, figure.path, figure.name)
        if figure.loinc and (is_day or not figure.of_a_day):
            code["coding"].insert(0, _coding(LOINC_URI, *figure.loinc))
        observation = {
            "resourceType": "Observation",
            **common,
            "code": code,
            **_value(figure.path, _at(summary, figure.path), nothing),
        }
        notes = [_known_precision(summary, figure.path), _pacemaker(summary, figure.path)]
        if any(notes):
            observation["note"] = [{"text": note} for note in notes if note]
        if figure.parts:
            observation["component"] = [
                {"code": _part(path), **_value(path, _at(summary, path), nothing)}
                for path in figure.parts
            ]
        yield observation
    for finding in summary["urgent"]:
        name = "Finding that a clinician should see first"
        observation = {
            "resourceType": "Observation",
            **common,
            "code": _concept(CODES_URI, f"urgent.{finding['kind']}", name),
            "valueString": finding["message"],
        }
        if finding["at_s"] is not None:
            observation["component"] = [
                {"code": _part("urgent.at_s"), **_value("urgent.at_s", finding["at_s"], False)}
            ]
        yield observation


def _at(summary: Json, path: str) -> Any:
    """Return what lies at a path; None as soon as a part of it is null."""
    found: Any = summary
    for key in path.split("."):
        if found is None:
            return None
        found = found[key]
    return found


def _value(path: str, value: float | None, nothing: bool) -> Json:
    """Return a quantity with its unit, or the reason why there is none."""
    if value is None:
        reason = ("not-applicable", "Not Applicable") if nothing else ("unknown", "Unknown")
        return {"dataAbsentReason": _concept(f"{TERMINOLOGY}/data-absent-reason", *reason)}
    code, unit = next((found for end, found in UNITS.items() if path.endswith(end)), COUNT)
    return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM_URI, "code": code}}


def _part(path: str) -> Json:
    return _concept(CODES_URI, path, PARTS[path.rpartition(".")[2]])


def _known_precision(summary: Json, path: str) -> str | None:
    """Return what evaluation tells of how often such a figure is right, if it does."""
    if path not in PRECISIONS:
        return None
    what, precision = PRECISIONS[path]
    block = summary[path.partition(".")[0]]
    percent, sensitivity = block[precision], block["sensitivity_percent"]
    if percent is None:
        return None
    was = "was" if what == "time" else "were"
    text = f"In evaluation, {percent:g} % of the {what} so called {was} so."
    if precision == "precision_percent" and sensitivity is not None:
        text += f" {sensitivity:g} % of what was so was called so."
    return text


def _pacemaker(summary: Json, path: str) -> str | None:
    """Return what to bear in mind of ectopic beats in a paced recording."""
    is_ectopy = path.startswith(("ventricular.", "supraventricular."))
    warned = [warning for warning in summary["warnings"] if warning["code"] == PACED]
    return f"Of this recording {warned[0]['message']}." if is_ectopy and warned else None


def _coding(system: str, code: str, display: str) -> Json:
    return {"system": system, "code": code, "display": display}


def _concept(system: str, code: str, display: str, text: str | None = None) -> Json:
    return {"coding": [_coding(system, code, display)], "text": text or display}


def _conclusion(summary: Json) -> Iterator[str]:
    """Yield the report in a few sentences."""
    recording, signal, rate = summary["recording"], summary["signal"], summary["heart_rate"]
    yield "Automatic analysis of a Holter recording. Not reviewed."
    if recording["start_local"]:
        yield (
            f"Recorded from {recording['start_local'].replace('T', ' ')}, "
            "local time of the recorder, time zone not known."
        )
    yield (
        f"Recorded {_span(recording['duration_s'])}, of which {_span(signal['analysable_s'])} "
        f"({_number(signal['analysable_percent'])} %) could be analysed. "
        f"{_leads(recording)}."
    )
    yield (
        f"Beats: {summary['beats']['total_count']}. Heart rate: mean {_number(rate['mean_bpm'])}, "
        f"minimum {_number(rate['minimum_bpm'])}, maximum {_number(rate['maximum_bpm'])} /min."
    )
    for key in ("ventricular", "supraventricular"):
        found = summary[key]
        yield (
            f"{key.capitalize()} ectopic beats: {found['count']} "
            f"({_number(found['burden_percent'])} %), couplets: {found['couplet_count']}, "
            f"runs: {found['run_count']}."
        )
    left_out = summary["supraventricular"]["left_out_in_fibrillation_count"]
    if left_out:
        yield f"Supraventricular ectopic beats in atrial fibrillation, not counted: {left_out}."
    pauses, fibrillation = summary["pauses"], summary["atrial_fibrillation"]
    longest = f", longest {_number(pauses['longest_s'])} s" if pauses["count"] else ""
    yield f"Pauses of at least {pauses['threshold_s']:g} s: {pauses['count']}{longest}."
    if pauses["unconfirmed_count"]:
        yield (
            "Further intervals as long, in which a beat may have been missed: "
            f"{pauses['unconfirmed_count']}."
        )
    yield (
        f"Atrial fibrillation: episodes {fibrillation['episode_count']}, "
        f"burden {_number(fibrillation['burden_percent'])} %."
    )
    urgent = "; ".join(finding["message"] for finding in summary["urgent"])
    yield f"To be seen first: {urgent or 'nothing found'}."
    not_computed = [NOT_COMPUTED.get(key, key.replace("_", " ")) for key in summary["not_computed"]]
    if not_computed:
        yield f"Not computed: {', '.join(not_computed)}."
    for warning in summary["warnings"]:
        yield f"Warning: {warning['message']}."
    yield ADVISORY


def _leads(recording: dict[str, Any]) -> str:
    """Return which leads were scored."""
    second = recording["second_lead_used"]
    return (
        f"Lead {recording['lead_used']}"
        if second is None
        else (f"Leads {recording['lead_used']} and {second}")
    )


def _span(seconds: float) -> str:
    """Return a time in hours, of less than one in minutes, of less than two in seconds."""
    if seconds >= SECONDS_PER_HOUR:
        return f"{seconds / SECONDS_PER_HOUR:.1f} h"
    return f"{seconds / SECONDS_PER_MINUTE:.1f} min" if seconds >= 120 else f"{seconds:.0f} s"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"
