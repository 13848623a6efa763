"""Bounds what a recording costs by what its file holds, not by what its header declares."""

from typing import Final

from deepecg.errors import MalformedHeaderError, NoSignalError
from deepecg.recording import MAX_DURATION_S

MIN_HELD_SHARE: Final = 0.04
"""Smallest share of a recording's time of which its files hold samples.

A lead with samples in less than 5 % of its seconds is rejected when it is scored
(``QualitySettings.max_unusable_share``); this bound is a little lower, so that it never rejects
what would be scored."""
MAX_SAMPLES_PER_BYTE: Final = 4
"""Most samples that a byte of a compressed file counts for.

FLAC stores an ECG in about a byte a sample, and a constant in one for some 280. Together with
:data:`MIN_HELD_SHARE` a byte unfolds to at most 100: less than that has no ECG in 5 % of it."""


def refuse_long_gaps(span_s: float, held_s: float) -> None:
    """Reject a recording that declares far more time than its files hold samples of.

    Readers call it before anything of the declared length is allocated.

    Parameters
    ----------
    span_s : float
        Seconds from the recording's first sample to its last, gaps included.
    held_s : float
        Seconds of it of which the files hold samples. Samples that a file names several times
        count once.

    Raises
    ------
    NoSignalError
        If ``held_s`` is less than :data:`MIN_HELD_SHARE` of ``span_s``, or either is no number.
    """
    if not held_s >= MIN_HELD_SHARE * span_s:
        raise NoSignalError(
            f"found samples for {held_s:.0f} s of the {span_s:.0f} s that the recording declares, "
            f"expected at least {MIN_HELD_SHARE:.0%}; the rest is a gap or a false length: cut the "
            "recording at the gap, or correct its times"
        )


def refuse_long_duration(duration_s: float) -> None:
    """Reject a duration that no recording has.

    Raises
    ------
    MalformedHeaderError
        If ``duration_s`` is more than :data:`~deepecg.recording.MAX_DURATION_S`, or no number.
    """
    if not duration_s <= MAX_DURATION_S:
        raise MalformedHeaderError(
            f"found a duration of {duration_s:.0f} s, expected at most {MAX_DURATION_S:.0f} s"
        )
