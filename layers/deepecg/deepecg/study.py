"""What a caller says about a recording besides thresholds: whose it is, and who asked for it."""

import re
from dataclasses import dataclass, field
from datetime import tzinfo
from zoneinfo import ZoneInfo

from deepecg.errors import SettingsError

_ID = r"[A-Za-z0-9\-.]{1,64}(/_history/[A-Za-z0-9\-.]{1,64})?"
_SERVER = r"(https?://([A-Za-z0-9\-.:%$]+/)+)?"
REFERENCES = {
    "subject": re.compile(f"{_SERVER}Patient/{_ID}"),
    "based_on": re.compile(f"{_SERVER}ServiceRequest/{_ID}"),
    "performer": re.compile(f"{_SERVER}(Organization|Practitioner|PractitionerRole)/{_ID}"),
}
"""Which FHIR references each field may be, relative or absolute (FHIR R4, section 2.3)."""
TYPES = {
    "subject": "Patient",
    "based_on": "ServiceRequest",
    "performer": "Organization, Practitioner or PractitionerRole",
}
URL = re.compile(r"https?://[A-Za-z0-9\-.:%$_~/]+")
MAX_LABEL = 200
"""Largest number of characters of a patient label: two printed lines."""


@dataclass(frozen=True)
class Study:
    """What the caller says about a recording; every field is optional.

    Attributes
    ----------
    subject : str or None
        FHIR reference to the patient, which is written to ``diagnostic_report.json`` only, and
        never to a log.
    based_on : str or None
        FHIR reference to the request for the examination.
    performer : str or None
        FHIR reference to who is responsible for the report.
    code_system : str or None
        URL of the FHIR CodeSystem of our own codes in the caller's terminology server; None for the
        default, which nobody serves.
    time_zone : str or None
        IANA time zone that the recorder's clock was set to, such as ``Europe/Zurich``. Holter files
        contain none.
    patient_label : str or None
        Text that identifies the patient, for the report only: page 1 and the top of printed pages;
        None for an empty line.
    diary_text : bool
        Whether what the patient wrote may be repeated in report and summary. Without it, only the
        times of the patient's marks are.
    disclosure : bool
        Whether the full disclosure, ``disclosure.html``, is written.
    embed_report : bool
        Whether ``diagnostic_report.json`` contains the whole report, its patient label included.
        Not by default: a report is larger than some FHIR servers take.
    """

    subject: str | None = field(default=None, repr=False)
    based_on: str | None = field(default=None, repr=False)
    performer: str | None = field(default=None, repr=False)
    code_system: str | None = None
    time_zone: str | None = None
    patient_label: str | None = field(default=None, repr=False)
    diary_text: bool = False
    disclosure: bool = True
    embed_report: bool = False

    @property
    def about_one_patient(self) -> list[str]:
        """Names of the given fields that are about one patient, and so about one recording."""
        names = ("subject", "based_on", "patient_label")
        return [name for name in names if getattr(self, name) is not None]

    @property
    def zone(self) -> tzinfo | None:
        """The recorder's time zone; None if it is not given."""
        return None if self.time_zone is None else ZoneInfo(self.time_zone)


def refuse_faulty_study(study: Study) -> None:
    """Reject references, URLs, time zones and labels that cannot be right.

    Raises
    ------
    SettingsError
        If a field is neither None nor what it has to be, or what the patient wrote would be sent
        to a FHIR server; the message does not contain it.
    """
    for name, pattern in REFERENCES.items():
        given = getattr(study, name)
        if given is not None and not pattern.fullmatch(given):
            kind = TYPES[name]
            raise SettingsError(
                f"found a {name} that is no FHIR reference to a {kind}, expected "
                f"{kind.split(',')[0]}/ID or https://SERVER/{kind.split(',')[0]}/ID"
            )
    if study.code_system is not None and not URL.fullmatch(study.code_system):
        raise SettingsError("found a code_system that is no URL, expected https://...")
    if study.patient_label is not None and len(study.patient_label) > MAX_LABEL:
        raise SettingsError(
            f"found a patient_label of {len(study.patient_label)} characters, expected at most "
            f"{MAX_LABEL}"
        )
    if study.embed_report and study.diary_text:
        raise SettingsError(
            "found embed_report together with diary_text, expected one of them: what the patient "
            "wrote is not sent to a FHIR server"
        )
    try:
        _ = study.zone
    except (KeyError, ValueError, OSError):  # an unknown zone, a path, a folder
        raise SettingsError(
            "found a time_zone that is not in the IANA time zone database, expected one such as "
            "Europe/Zurich"
        ) from None
