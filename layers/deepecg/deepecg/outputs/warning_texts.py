"""What a warning about a recording means, for the clinician who reads its results, and what to do.

Important warnings are those that may change the result: time is lost or shifted, a sampling rate or
a calibration is assumed, a lead was chosen by its look. They are shown wherever results are. This
module loads no NumPy, so that readers of summaries start fast.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from deepecg.outputs.report.labels_and_formats import plain
from deepecg.outputs.summary import PACED, WarningRow

TIME_LOST: Final = "time_lost"
"""Code of the warning that the file contains less time than it declares."""

COPY_AGAIN = "Copy the file from the recorder again and compare the length."
CHECK_LENGTH = "Compare the length with that of the recorder's software."
CHECK_TIMES = "Compare the times of some events with those of the recorder's software."
CHECK_START = "Add the start to all times yourself, or correct it in the recorder's software."
CHECK_LEADS = "Look at the strips before you use the result."
CALIBRATE = "Use no amplitude from this recording. Have the recorder's export settings checked."
UNKNOWN_MEANING = "The file has a fault of this kind, and was read all the same."
READ_DETAILS = "Read the details in the report, under method and limits."
EXPORT_AGAIN = "Nothing, if the result looks right; if not, export the recording again."
CHECK_DIARY = "Look into the diary itself."


@dataclass(frozen=True)
class WarningText:
    """What a warning means and what to do about it.

    Attributes
    ----------
    name : str
        A few words.
    meaning : str
        One sentence for a clinician. How much is in the warning's message.
    next_step : str
        What to do.
    is_important : bool
        Whether the result may be another because of it.
    """

    name: str
    meaning: str
    next_step: str
    is_important: bool = False


def _important(name: str, meaning: str, next_step: str) -> WarningText:
    return WarningText(name, meaning, next_step, is_important=True)


WARNING_TEXTS: Final = {
    # Time
    TIME_LOST: _important(
        "Time lost",
        "The file contains less time than it declares; what was recorded then is not in this "
        "result.",
        COPY_AGAIN,
    ),
    "truncated_samples": _important(
        "File cut short", "The end of the recording, or of a part of it, is missing.", COPY_AGAIN
    ),
    "truncated_archive": _important(
        "File cut short", "The compressed file ends before its content does.", COPY_AGAIN
    ),
    "record_count": _important(
        "Length unclear",
        "The file contains another number of data records than its header declares; all that it "
        "contains were read.",
        CHECK_LENGTH,
    ),
    "sample_count_mismatch": WarningText(
        "Length unclear",
        "The file contains another number of samples than its header declares; all that it "
        "contains were read.",
        CHECK_LENGTH,
    ),
    "surplus_samples": _important(
        "Length unclear",
        "The file contains more samples than its header declares; all of them were read.",
        CHECK_LENGTH,
    ),
    "missing_part": _important(
        "Parts missing",
        "Some of the record's files are missing; their time is a gap, or their leads are left out.",
        "Add the missing files and score the record again.",
    ),
    "gaps_in_continuous": _important(
        "Gaps in the recording",
        "The file says that it is continuous, but its times jump; the time between is a gap.",
        CHECK_TIMES,
    ),
    "gaps": _important(
        "Gaps in the recording",
        "The times of the samples jump; the time between is a gap.",
        CHECK_TIMES,
    ),
    "no_data_records": _important(
        "Records without a time",
        "The last part of the file has no times and was left out.",
        CHECK_LENGTH,
    ),
    "rows_without_time": _important(
        "Rows without a time", "Rows without a time were left out.", CHECK_LENGTH
    ),
    "rows_out_of_order": _important(
        "Rows out of order", "Rows were sorted by their time.", CHECK_TIMES
    ),
    "clock_set_back": _important(
        "Clock set back",
        "The recorder's clock was set back in the recording; times after it are not those of the "
        "clock.",
        CHECK_TIMES,
    ),
    "clock_rate": _important(
        "Sampling rate differs",
        "The times in the file do not fit the sampling rate that was given; the times were used.",
        CHECK_TIMES,
    ),
    "bad_timekeeping": _important(
        "Times uncertain",
        "Some of the file's times contradict each other; from there on times may be wrong.",
        CHECK_TIMES,
    ),
    "clock_drift": _important(
        "Clock drift",
        "The recorder's clock and its sampling rate disagree; times follow the clock.",
        CHECK_TIMES,
    ),
    "no_sampling_rate": _important(
        "Sampling rate assumed",
        "The file does not say how fast it was sampled; if the assumed rate is wrong, all times "
        "and heart rates are wrong.",
        "Find out the recorder's sampling rate and compare it.",
    ),
    "header_layout": _important(
        "Header damaged",
        "The header contradicts itself on where the signal begins; times may be shifted.",
        CHECK_TIMES,
    ),
    "header_length": _important(
        "Header damaged",
        "The header contradicts itself on where the signal begins; times may be shifted.",
        CHECK_TIMES,
    ),
    "signal_count_mismatch": _important(
        "Lead count unclear",
        "The record declares another number of signals than its segments contain.",
        CHECK_LEADS,
    ),
    "missing_header_lines": _important(
        "Header incomplete",
        "The header lacks lines that it announces; what they describe was not read.",
        CHECK_LENGTH,
    ),
    "lead_count_mismatch": _important(
        "Lead count unclear",
        "The header contradicts itself on how many leads there are; the number that fits the "
        "file's size was used.",
        CHECK_LEADS,
    ),
    # Amplitude
    "impossible_amplitude": _important(
        "Impossible amplitude",
        "No ECG has the amplitude that the file gives; beats and rhythm were analysed, but no "
        "figure in millivolts is given and the ST segment is not assessed.",
        CALIBRATE,
    ),
    "resolution_in_microvolts": _important(
        "Amplitude not calibrated",
        "The file's resolution is wrong by a factor of 1,000; beats and rhythm were analysed, but "
        "no figure in millivolts is given and the ST segment is not assessed.",
        CALIBRATE,
    ),
    "unit_assumed": _important(
        "Amplitude not calibrated",
        "The file does not say how large its values are; beats and rhythm were analysed, but no "
        "figure in millivolts is given and the ST segment is not assessed.",
        CALIBRATE,
    ),
    "uncalibrated": _important(
        "Amplitude not calibrated",
        "The file does not say how large its values are; beats and rhythm were analysed, but no "
        "figure in millivolts is given and the ST segment is not assessed.",
        CALIBRATE,
    ),
    "decimal_comma": WarningText(
        "Decimal commas",
        "The header writes numbers with commas; they were read as decimal points.",
        EXPORT_AGAIN,
    ),
    # Leads
    "no_ecg_label": _important(
        "Lead chosen by its look",
        "Nothing in the file says which signal is an ECG; the one that looks like an ECG was "
        "analysed.",
        CHECK_LEADS,
    ),
    "requested_signal": _important(
        "Lead chosen by request",
        "The analysed signal was asked for by name or number; by itself it would have been set "
        "aside.",
        CHECK_LEADS,
    ),
    "other_labels": _important(
        "Leads matched by number",
        "Parts of the record name their leads in another way; a lead may change in between.",
        CHECK_LEADS,
    ),
    "other_units": _important(
        "Parts left out",
        "Parts of the record do not fit the others in unit, gain or rate; they are gaps.",
        "Score these parts by themselves.",
    ),
    "bad_calibration": _important(
        "Leads left out",
        "Some leads cannot be converted to millivolts and were not analysed.",
        "Check whether the leads that were analysed are enough.",
    ),
    "not_ecg": WarningText(
        "Other signals",
        "Signals that are no ECG leads were not analysed.",
        "Nothing, if an ECG lead is not among them.",
    ),
    # Start
    "bad_start": WarningText(
        "No start time",
        "The file's start is not a date and time; all times count from the start of the recording, "
        "and day and night cannot be told apart.",
        CHECK_START,
    ),
    "no_start": WarningText(
        "No start time",
        "The file's start is anonymised or damaged; all times count from the start of the "
        "recording, and day and night cannot be told apart.",
        CHECK_START,
    ),
    "ambiguous_start": WarningText(
        "Start unclear", "The year of the start has two digits.", "Check the date."
    ),
    "unusual_date": WarningText(
        "Start unclear",
        "The start's date is in another order, or its year has two digits.",
        "Check the date.",
    ),
    "start_in_utc": WarningText(
        "No time of day",
        "The file's times are in UTC, and the time zone is not known; all times count from the "
        "start of the recording.",
        "Give the time zone in the settings and score the recording again.",
    ),
    # Header and file
    "crc_mismatch": WarningText(
        "Checksum wrong",
        "The header's checksum is wrong, as in most files of this format.",
        EXPORT_AGAIN,
    ),
    "header_version": WarningText(
        "Unusual version", "The header gives another version than is expected.", EXPORT_AGAIN
    ),
    "record_count_unknown": WarningText(
        "Length not declared",
        "The header does not say how long the recording is; all that the file contains was read.",
        CHECK_LENGTH,
    ),
    "partial_record": WarningText(
        "Last record incomplete",
        "The last data record is cut short and was left out.",
        CHECK_LENGTH,
    ),
    "partial_frame": WarningText(
        "Last sample incomplete", "The last sample of all leads is cut short.", EXPORT_AGAIN
    ),
    "trailing_bytes": WarningText(
        "Surplus bytes", "The file contains bytes after its last sample.", EXPORT_AGAIN
    ),
    "byte_order": WarningText(
        "Unusual byte order", "The file's numbers have the other byte order.", EXPORT_AGAIN
    ),
    "repeated_rows": WarningText(
        "Repeated rows", "Rows that occur more than once were read once.", EXPORT_AGAIN
    ),
    "bad_rows": WarningText(
        "Damaged rows",
        "Some rows contain cells that are no numbers; they count as missing samples.",
        EXPORT_AGAIN,
    ),
    "extra_header_lines": WarningText(
        "Surplus header lines", "The header contains more lines than it announces.", EXPORT_AGAIN
    ),
    # Marks
    "bad_notes": WarningText(
        "Marks not read", "The record's annotation file cannot be read.", CHECK_DIARY
    ),
    "bad_diary": WarningText("Diary not read", "The diary cannot be read.", CHECK_DIARY),
    "diary_time_unknown": WarningText(
        "Diary incomplete",
        "Some rows of the diary have a time that is not understood.",
        CHECK_DIARY,
    ),
    "diary_without_dates": WarningText(
        "Diary without dates",
        "Times of the diary may be of another day.",
        CHECK_DIARY,
    ),
    "marks_left_out": WarningText(
        "Marks left out", "There are more marks than can be shown.", CHECK_DIARY
    ),
    "marks_outside": WarningText(
        "Marks outside", "Some marks lie before or after the recording.", CHECK_DIARY
    ),
    # Result
    PACED: _important(
        "Pacemaker",
        "Beats were classified by a model trained without paced beats; classes, burdens and runs "
        "may all be wrong.",
        "Look at the strips before you use the result.",
    ),
    "review_not_applied": _important(
        "Not the reviewed results",
        "The recording has a review that was not applied.",
        "Review the recording again.",
    ),
}
"""Meaning of each warning by its code; :func:`warning_text` knows what to say about others."""
_ENDS_EARLY: Final = {"truncated_samples", "truncated_archive", "no_data_records"}
"""Codes of the warnings that :data:`TIME_LOST` repeats with the time that is lost."""


def warning_text(code: str) -> WarningText:
    """Return what a warning means; one that this version does not know has its code as a name."""
    return WARNING_TEXTS.get(code) or WarningText(plain(code), UNKNOWN_MEANING, READ_DETAILS)


def important_warnings(warnings: Sequence[WarningRow]) -> list[WarningRow]:
    """Return the important warnings of a summary, in the order of :data:`WARNING_TEXTS`."""
    codes = important_codes(warning.code for warning in warnings)
    return [warning for code in codes for warning in warnings if warning.code == code]


def important_codes(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of important warnings, in the order of :data:`WARNING_TEXTS`.

    A file that is cut short is not mentioned beside the time that is lost by it; of codes with one
    name, the first is mentioned.
    """
    found = set(codes)
    if TIME_LOST in found:
        found -= _ENDS_EARLY
    by_name: dict[str, str] = {}
    for code, text in WARNING_TEXTS.items():
        if code in found and text.is_important:
            by_name.setdefault(text.name, code)
    return tuple(by_name.values())
