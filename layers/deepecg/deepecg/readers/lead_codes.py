"""Lead names of ISO/IEEE 11073-10101 and SCP-ECG, which number the leads alike.

SCP-ECG stores the numbers, DICOM writes them as ``2:1`` or ``5.6.3-9-1``, and HL7 aECG writes the
reference identifiers, such as ``MDC_ECG_LEAD_AVR``.

References
----------
ISO 11073-91064:2009, table 5. DICOM PS3.16, CID 3001. ISO/IEEE 11073-10101, ECG lead labels.
"""

import re
from typing import Final

LEAD_NAMES: Final = dict(enumerate((
    "", "I", "II", "V1", "V2", "V3", "V4", "V5", "V6", "V7",
    "V2R", "V3R", "V4R", "V5R", "V6R", "V7R", "X", "Y", "Z", "CC5", "CM5",
))) | {
    61: "III", 62: "aVR", 63: "aVL", 64: "aVF", 65: "-aVR", 66: "V8", 67: "V9", 68: "V8R",
    69: "V9R",
}  # fmt: skip
"""Name of a lead by its number; 0 is a lead that is not specified."""

_NUMBER: Final = re.compile(r"(?:2:|5\.6\.3-9-)(\d{1,3})", re.ASCII)
_IDENTIFIER: Final = re.compile(r"(?:\w+_)?ECG_LEAD_([\w-]+)", re.ASCII | re.IGNORECASE)
_AUGMENTED: Final = re.compile("a?v[rlf]", re.IGNORECASE)


def lead_of_code(code: str) -> str:
    """Return the lead that a code of DICOM or HL7 aECG names.

    Parameters
    ----------
    code : str
        ``2:2``, ``5.6.3-9-2`` and ``MDC_ECG_LEAD_II`` are lead II.

    Returns
    -------
    str
        Empty if it is no code of a lead.
    """
    if number := _NUMBER.fullmatch(code):
        return LEAD_NAMES.get(int(number[1]), "")
    if not (identifier := _IDENTIFIER.fullmatch(code)):
        return ""
    name = identifier[1].upper()
    if name == "AVRNEG":
        return "-aVR"
    return f"aV{name[-1]}" if _AUGMENTED.fullmatch(name) else name
