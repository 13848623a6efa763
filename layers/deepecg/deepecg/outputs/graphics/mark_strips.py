"""Chooses the marks of the patient that get a strip."""

import re
from collections.abc import Sequence
from typing import Final

from deepecg.outputs.graphics.settings import StripSettings
from deepecg.recording import PatientMark

_BY_PATIENT: Final = re.compile(r"event|button|marker|patient|symptom", re.IGNORECASE)
"""What recorders write where the patient pressed the button."""


def marks_with_strip(marks: Sequence[PatientMark], settings: StripSettings) -> list[int]:
    """Return the numbers of the marks that get a strip, in the order of time.

    Where there are more than ``settings.max_marks``, those of the diary come first, then what looks
    like a button, then the recorder's other annotations.
    """

    def rank(number: int) -> tuple[bool, bool, int]:
        mark = marks[number]
        return mark.source != "diary", not _BY_PATIENT.search(mark.text), number

    return sorted(sorted(range(len(marks)), key=rank)[: settings.max_marks])
