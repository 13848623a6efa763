"""Codes of FHIR documents: our own, and codes of SNOMED CT and LOINC that mean exactly the same.

A wrong code is worse than none. What has no exact counterpart, such as a pause whose cause is not
known, has a code of our own only. Each code was compared with published value sets: DICOM's CID
3230 (ECG findings: ventricular and supraventricular tachycardia, atrial fibrillation, second- and
third-degree AV block), HL7 Belgium's patient monitoring (bradycardia; LOINC's heart rhythm and
Holter study), and NAPKON cardiology (AV block).
"""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

CODES_URI = "https://deep-ecg.example/fhir/CodeSystem/holter"
"""Default URL of the CodeSystem of our own codes. Nobody else can own the domain .example (RFC
2606)."""
LOINC_URI = "http://loinc.org"
SNOMED_URI = "http://snomed.info/sct"
UCUM_URI = "http://unitsofmeasure.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def coding(system: str, code: str, display: str) -> Json:
    """Return a FHIR Coding."""
    return {"system": system, "code": code, "display": display}


def concept(*codings: Json, text: str | None = None) -> Json:
    """Return a FHIR CodeableConcept; its text is the display of the last code by default."""
    return {"coding": list(codings), "text": text or codings[-1]["display"]}


@dataclass(frozen=True)
class OwnCodes:
    """Our own codes.

    Attributes
    ----------
    system : str
        URL of their CodeSystem.
    """

    system: str

    def concept(self, code: str, display: str, *standard: Json) -> Json:
        """Return a CodeableConcept: codings of standard systems, if any, then our own."""
        return concept(*standard, coding(self.system, code, display))


HOLTER_STUDY = coding(LOINC_URI, "18754-2", "Ambulatory cardiac rhythm monitor (Holter) study")
HEART_RHYTHM = coding(LOINC_URI, "8884-9", "Heart rate rhythm")
HEART_RATE = coding(LOINC_URI, "8867-4", "Heart rate")
SOFTWARE = coding(SNOMED_URI, "706687001", "Software")

SNOMED = {
    kind: coding(SNOMED_URI, code, display)
    for kind, code, display in (
        ("ventricular_tachycardia", "25569003", "Ventricular tachycardia"),
        ("atrial_fibrillation", "49436004", "Atrial fibrillation"),
        ("atrial_flutter", "5370000", "Atrial flutter"),
        ("supraventricular_tachycardia", "6456007", "Supraventricular tachycardia"),
        ("av_block_third_degree", "27885002", "Complete atrioventricular block"),
        ("av_block_second_degree", "195042002", "Second degree atrioventricular block"),
        (
            "av_block_second_degree_1",
            "54016002",
            "Mobitz type I incomplete atrioventricular block",
        ),
        ("bradycardia", "48867003", "Bradycardia"),
    )
}
"""SNOMED CT's code by kind of event."""
