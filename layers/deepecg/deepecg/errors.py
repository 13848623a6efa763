"""Errors: why a recording is rejected, or settings and model cannot be used.

A :class:`RefusedRecordingError` is permanent: the same bytes are rejected again, so the rejection
is stored with its code and scoring is not retried. Messages say what was found and what was
expected. They never contain a file name, a path, a key, or anything read from a patient field.
"""

from typing import ClassVar


class HolterError(Exception):
    """Base class of all errors that Deep-ECG raises itself."""


class SettingsError(HolterError):
    """A setting, an argument or a settings file has a value that is not allowed."""


class ModelMismatchError(HolterError):
    """The model file, its card and this software or its settings do not fit together."""


class RefusedRecordingError(HolterError):
    """The recording cannot be scored, and scoring it again will not help.

    Attributes
    ----------
    code : str
        Rejection code, which is stored with the rejection.
    """

    code: ClassVar[str] = "refused"

    def __init_subclass__(cls, code: str) -> None:
        super().__init_subclass__()
        cls.code = code


class EmptyFileError(RefusedRecordingError, code="empty_file"):
    """The file is empty."""


class UnreadableFileError(RefusedRecordingError, code="unreadable_file"):
    """The operating system cannot read the file."""


class UnknownFormatError(RefusedRecordingError, code="unknown_format"):
    """The file has none of the supported Holter formats."""


class ArchiveError(RefusedRecordingError, code="bad_archive"):
    """The zip or gzip file is damaged, encrypted, or contains more than one recording."""


class TooLargeError(RefusedRecordingError, code="too_large"):
    """The recording is larger than the temporary storage, or unfolds to more than is allowed."""


class TruncatedHeaderError(RefusedRecordingError, code="truncated_header"):
    """The file ends inside its header."""


class MalformedHeaderError(RefusedRecordingError, code="malformed_header"):
    """A header field contains a value that the file format does not allow."""


class UnsupportedEncodingError(RefusedRecordingError, code="unsupported_encoding"):
    """The file's format is supported, but not the way in which its samples are stored."""


class TruncatedSamplesError(RefusedRecordingError, code="truncated_samples"):
    """The file contains fewer samples than its header declares."""


class MissingPartError(RefusedRecordingError, code="missing_part"):
    """A file of a recording of several files is missing."""


class SamplingRateError(RefusedRecordingError, code="bad_sampling_rate"):
    """The sampling rate is zero, not a number, or outside the range of ECG recorders."""


class NoLeadsError(RefusedRecordingError, code="no_leads"):
    """The recording contains no ECG lead."""


class CalibrationError(RefusedRecordingError, code="bad_calibration"):
    """Samples cannot be converted to millivolts: the calibration is missing or not valid."""


class UnknownLeadError(RefusedRecordingError, code="unknown_lead"):
    """The recording has no lead with the requested name."""


class TooShortError(RefusedRecordingError, code="too_short"):
    """The recording, or the signal of a single beat, is too short to be analysed."""


class TooLongError(RefusedRecordingError, code="too_long"):
    """The recording is longer than the limit, or its header declares a false length."""


class NoSignalError(RefusedRecordingError, code="no_signal"):
    """Nearly all seconds have missing samples."""


class FlatLineError(RefusedRecordingError, code="flat_line"):
    """The signal does not move: an electrode was not connected."""


class SaturatedError(RefusedRecordingError, code="saturated"):
    """The signal is at the recorder's limits: it is clipped."""


class NoisyError(RefusedRecordingError, code="noisy"):
    """The signal is too noisy for the beats found to be trusted."""


class NoBeatsError(RefusedRecordingError, code="no_beats"):
    """The signal can be analysed, but (almost) no heartbeat was found in it."""


class ReviewError(HolterError):
    """A review cannot be applied. The unreviewed results stay as they are.

    Attributes
    ----------
    code : str
        Why not, for machines.
    """

    code: ClassVar[str] = "bad_review"


class ReviewOfOtherBeatsError(ReviewError):
    """The review was made on other beats than those of this analysis."""

    code = "review_of_other_beats"


class StoredBeatsError(ReviewError):
    """The stored beats are damaged, or of another recording, software or model."""

    code = "bad_stored_beats"
