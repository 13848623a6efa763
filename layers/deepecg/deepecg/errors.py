"""Errors: why a recording is rejected, or settings and model cannot be used.

A :class:`RefusedRecordingError` is permanent: the same bytes are rejected again, so the rejection
is stored with its code and scoring is not retried. Messages say what was found and what was
expected. They never contain a file name, a path, a key, or anything read from a patient field.
"""

from typing import ClassVar


class HolterError(Exception):
    """Base class of all errors that Deep-ECG raises itself."""


class SettingsError(HolterError):
    """A setting, an argument or a study file has a value that is not allowed."""


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


class EmptyFileError(RefusedRecordingError):
    """The file is empty."""

    code = "empty_file"


class UnreadableFileError(RefusedRecordingError):
    """The operating system cannot read the file."""

    code = "unreadable_file"


class UnknownFormatError(RefusedRecordingError):
    """The file has none of the supported Holter formats."""

    code = "unknown_format"


class TruncatedHeaderError(RefusedRecordingError):
    """The file ends inside its header."""

    code = "truncated_header"


class MalformedHeaderError(RefusedRecordingError):
    """A header field contains a value that the file format does not allow."""

    code = "malformed_header"


class TruncatedSamplesError(RefusedRecordingError):
    """The file contains fewer samples than its header declares."""

    code = "truncated_samples"


class MissingPartError(RefusedRecordingError):
    """A file of a recording of several files is missing."""

    code = "missing_part"


class SamplingRateError(RefusedRecordingError):
    """The sampling rate is zero, not a number, or outside the range of ECG recorders."""

    code = "bad_sampling_rate"


class NoLeadsError(RefusedRecordingError):
    """The recording contains no ECG lead."""

    code = "no_leads"


class CalibrationError(RefusedRecordingError):
    """Samples cannot be converted to millivolts: the calibration is missing or not valid."""

    code = "bad_calibration"


class UnknownLeadError(RefusedRecordingError):
    """The recording has no lead with the requested name."""

    code = "unknown_lead"


class TooShortError(RefusedRecordingError):
    """The recording, or the signal of a single beat, is too short to be analysed."""

    code = "too_short"


class TooLongError(RefusedRecordingError):
    """The recording is longer than the limit, or its header declares a false length."""

    code = "too_long"


class NoSignalError(RefusedRecordingError):
    """Nearly all seconds have missing samples."""

    code = "no_signal"


class FlatLineError(RefusedRecordingError):
    """The signal does not move: an electrode was not connected."""

    code = "flat_line"


class SaturatedError(RefusedRecordingError):
    """The signal is at the recorder's limits: it is clipped."""

    code = "saturated"


class NoisyError(RefusedRecordingError):
    """The signal is too noisy for the beats found to be trusted."""

    code = "noisy"


class NoBeatsError(RefusedRecordingError):
    """The signal can be analysed, but (almost) no heartbeat was found in it."""

    code = "no_beats"
