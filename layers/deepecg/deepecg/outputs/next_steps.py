"""What to do about a rejected recording, for the person who uploaded it."""

from deepecg.readers.formats import FORMAT_LIST
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX

COPY_AGAIN = "Copy the file from the recorder or its software again and choose the copy."
EXPORT_AGAIN = "Export it again from the recorder's software, as EDF if possible."
CHECK_RECORDER = (
    "Check the recorder, its cable and the electrodes. The recording may have to be repeated."
)
NEXT_STEPS = {
    "empty_file": COPY_AGAIN,
    "unknown_format": f"Choose a Holter file: {FORMAT_LIST}.",
    "unreadable_file": COPY_AGAIN,
    "bad_archive": "Unpack the file, and choose the recording in it.",
    "too_large": "Export it in shorter pieces, not compressed.",
    "truncated_header": COPY_AGAIN,
    "malformed_header": EXPORT_AGAIN,
    "unsupported_encoding": EXPORT_AGAIN,
    "truncated_samples": "The file was probably cut off while it was copied. " + COPY_AGAIN,
    "missing_part": f"Choose the header ({HEADER_SUFFIX}) and all its signal files together.",
    "bad_sampling_rate": EXPORT_AGAIN,
    "no_leads": "Choose a file that contains an ECG. " + EXPORT_AGAIN,
    "bad_calibration": EXPORT_AGAIN,
    "too_short": "At least 10 seconds are needed. Check whether this is the right file.",
    "too_long": "At most 16 days can be read. Export it in shorter pieces.",
    "no_signal": CHECK_RECORDER,
    "flat_line": CHECK_RECORDER,
    "saturated": CHECK_RECORDER,
    "noisy": CHECK_RECORDER,
    "no_beats": CHECK_RECORDER,
    "unknown_lead": "The settings name a lead that the recording does not have. "
    "Correct them and send the recording again.",
    "too_many_parts": "Export it as one file, or in longer segments.",
    "bad_settings": "Correct the settings file and upload both again.",
}
"""Next step for each rejection code."""
READ_REJECTION = "Open the rejection and read what was found; then correct the file."
"""Next step for the rejection codes of other versions."""
UNSCORED_NEXT_STEPS = {
    "waiting": "Upload the recording's other files.",
    "received": "Wait for the result. If there is none tomorrow, give the operator the ID.",
    "failed": "Give the operator of this service the ID; the files are stored and can be scored "
    "again.",
}
"""Next step for uploads without a result, by outcome."""
