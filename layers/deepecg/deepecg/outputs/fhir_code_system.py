"""The CodeSystem of our own codes, for an integrator's terminology server.

It is published as ``outputs/schemas/holter_codes.fhir.json`` and not part of the transaction with a
report: a code system is loaded once, by an administrator. Many servers do not take it at all, or
not from whoever sends reports, and would refuse the report with it.
"""

from collections.abc import Iterator

from deepecg.outputs.fhir_codes import CODES_URI, Json
from deepecg.outputs.fhir_measures import PANELS, measures, part_name
from deepecg.outputs.fhir_observations import EVENT, FINDING_NAMES, FINDINGS
from deepecg.outputs.summary import SUMMARY_SCHEMA_VERSION
from deepecg.outputs.value_with_path import SummaryValue
from deepecg.rhythm.event_kinds import EVENT_KINDS

EVENT_PARTS = ("start_s", "duration_s", "beats_count", "rate_bpm", "tier", "lead")


def code_system(url: str = CODES_URI) -> Json:
    """Return all our own codes as a FHIR R4 CodeSystem.

    Parameters
    ----------
    url : str
        URL under which it is published, ``code_system`` in a settings file.
    """
    concepts = dict(_concepts())
    return {
        "resourceType": "CodeSystem",
        "url": url,
        "version": SUMMARY_SCHEMA_VERSION,
        "name": "DeepEcgHolter",
        "title": "Deep-ECG: measures, findings and events of a Holter recording",
        "status": "active",
        "experimental": False,
        "publisher": "The Deep-ECG authors",
        "description": (
            "Codes are keys of summary.json, whose JSON Schema defines them, its version included."
        ),
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "concept": [{"code": code, "display": name} for code, name in concepts.items()],
    }


def _concepts() -> Iterator[tuple[str, str]]:
    """Yield codes and displays; a part that several measures share more than once."""
    yield from PANELS.items()
    for measure in measures(SummaryValue(None)):
        yield measure.found.path, measure.name
        for part in measure.parts:
            yield part.path, part_name(part.key)
    yield from FINDINGS.items()
    yield from FINDING_NAMES.items()
    for tier in FINDINGS:
        yield f"{tier}.at_s", part_name("at_s")
        yield f"events.tier.{tier}", tier.capitalize()
    yield EVENT
    for key in EVENT_PARTS:
        yield f"events.{key}", part_name(key)
    for kind in EVENT_KINDS:
        yield f"events.{kind.key}", kind.name
