"""What the page says of codes: in plain words, with what to do next."""

from deepecg.readers.formats import FORMAT_LIST
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX

OUTCOMES = {
    "scored": "Scored",
    "rejected": "Rejected",
    "waiting": "Waiting for parts",
    "received": "Not yet processed",
    "failed": "Failed",
}
"""As the nightly report calls them."""

COPY_AGAIN = "Copy the file from the recorder or its software again and choose the copy."
ASK_FOR_EXPORT = "Export it from the recorder's software once more, as EDF if it can."
CHECK_RECORDER = (
    "Look at the recorder, its cable and the electrodes; the recording may have to be repeated."
)
NEXT_STEPS = {
    "empty_file": COPY_AGAIN,
    "unknown_format": f"Choose a Holter file: {FORMAT_LIST}.",
    "unreadable_file": COPY_AGAIN,
    "truncated_header": COPY_AGAIN,
    "malformed_header": ASK_FOR_EXPORT,
    "truncated_samples": "It was probably cut off while it was copied. " + COPY_AGAIN,
    "missing_part": f"Choose the header ({HEADER_SUFFIX}) and all its signal files together.",
    "bad_sampling_rate": ASK_FOR_EXPORT,
    "no_leads": "Choose a file that holds an ECG. " + ASK_FOR_EXPORT,
    "bad_calibration": ASK_FOR_EXPORT,
    "too_short": "At least 10 seconds are needed. See whether this is the right file.",
    "too_long": "At most 16 days can be read. Export it in shorter pieces.",
    "no_signal": CHECK_RECORDER,
    "flat_line": CHECK_RECORDER,
    "saturated": CHECK_RECORDER,
    "noisy": CHECK_RECORDER,
    "no_beats": CHECK_RECORDER,
    "unknown_lead": "The study file names a lead that the recording does not have. "
    "Correct it and upload both again.",
    "too_large": "Export it in shorter pieces.",
    "too_many_parts": "Export it as one file, or in longer segments.",
    "bad_settings": "Correct the study file and upload both again.",
}
"""By the code of a refusal."""
