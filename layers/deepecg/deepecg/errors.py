"""What can be wrong, as types.

A :class:`RefusedRecordingError` is permanent: the same bytes will be refused
again, so it is recorded with its code and not retried. Messages say what was
found and what was expected. They never hold a file name, a path, a key, or
anything read from a patient field.
"""

from typing import ClassVar


class HolterError(Exception):
    """Anything that Deep-ECG refuses on purpose."""


class SettingsError(HolterError):
    """A setting is outside its range."""


class ModelMismatchError(HolterError):
    """The model file, its card and this software do not belong together."""


class RefusedRecordingError(HolterError):
    """A recording that cannot be scored, now or later."""

    code: ClassVar[str] = "refused"


class EmptyFileError(RefusedRecordingError):
    """The file holds no bytes."""

    code = "empty_file"


class UnreadableFileError(RefusedRecordingError):
    """The operating system does not give the file's bytes."""

    code = "unreadable_file"


class UnknownFormatError(RefusedRecordingError):
    """The content is not that of a Holter format we read."""

    code = "unknown_format"


class TruncatedHeaderError(RefusedRecordingError):
    """The file ends inside its header."""

    code = "truncated_header"


class MalformedHeaderError(RefusedRecordingError):
    """A header field holds something its format does not allow."""

    code = "malformed_header"


class TruncatedSamplesError(RefusedRecordingError):
    """The header promises more samples than the file holds."""

    code = "truncated_samples"


class MissingPartError(RefusedRecordingError):
    """A file that belongs to the recording is not there."""

    code = "missing_part"


class SamplingRateError(RefusedRecordingError):
    """The sampling rate is zero, not a number, or outside what an ECG recorder uses."""

    code = "bad_sampling_rate"


class NoLeadsError(RefusedRecordingError):
    """The recording holds no ECG lead."""

    code = "no_leads"


class CalibrationError(RefusedRecordingError):
    """Samples cannot be turned into millivolts."""

    code = "bad_calibration"


class UnknownLeadError(RefusedRecordingError):
    """The lead that was asked for is not in the recording."""

    code = "unknown_lead"


class TooShortError(RefusedRecordingError):
    """The recording is shorter than a rhythm can be judged on."""

    code = "too_short"


class TooLongError(RefusedRecordingError):
    """The recording is longer than any that is scored in one piece."""

    code = "too_long"


class NoSignalError(RefusedRecordingError):
    """Every sample is missing (not a number)."""

    code = "no_signal"


class FlatLineError(RefusedRecordingError):
    """The signal does not move: no electrode was connected."""

    code = "flat_line"


class SaturatedError(RefusedRecordingError):
    """The signal sits at the recorder's limits."""

    code = "saturated"


class NoisyError(RefusedRecordingError):
    """Noise hides the heart: beats found could not be trusted."""

    code = "noisy"


class NoBeatsError(RefusedRecordingError):
    """Signal is there, but no heartbeat was found in it."""

    code = "no_beats"
