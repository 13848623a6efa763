"""What has to be found in a recording, and what must not be urgent."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from training.findings.ecg_script import EcgScript, Span
from training.findings.finding_keys import VENTRICULAR_BURDEN, Keys

COUNT_SHARE = 0.05
"""Share of the truth by which a count may differ from it."""
COUNT_BEATS = 2
"""Number of beats by which a count may differ from the truth at least."""
FALSE_S_SHARE = 0.005
"""Share of all beats that may be S by mistake: a few a quarter of an hour do not mislead."""
BEATS_FOUND_SHARE = 0.97
"""Share of the beats that have to be found where nothing disturbs the recording."""
BEATS_EXTRA_SHARE = 0.01
"""Share by which beats may exceed the truth."""
BESIDE_S = 4.0
"""Beats this near to a disturbance need not be found either: quality is judged by seconds."""
DISTURBED_BPM = 300.0
"""Beats a minute that may be found where a recording is disturbed."""
BURDEN_SHARE = 0.10
"""A share of V above this is urgent (V burden)."""
BORDERLINE = 0.015
"""Where the share of V is this near to the limit, both are right."""


class Tier(Enum):
    """Where a finding has to be."""

    URGENT = "urgent"
    MENTIONED = "urgent or notable"
    EVENT = "event"


@dataclass(frozen=True)
class Required:
    """A finding that has to be there.

    Attributes
    ----------
    keys : frozenset of str
        Kinds any of which is right.
    tier : Tier
        Where it has to be.
    spans : tuple of Span
        Where in time; an urgent finding has to be in or beside one of them.
    covered_share : float
        Share of ``spans`` that events of these kinds have to cover together.
    counts : tuple of int, optional
        Smallest and largest number of events of these kinds.
    """

    keys: Keys
    tier: Tier
    spans: tuple[Span, ...] = ()
    covered_share: float = 0.0
    counts: tuple[int, int] | None = None


@dataclass(frozen=True)
class Limits:
    """Smallest and largest right count."""

    low: float
    high: float


@dataclass(frozen=True)
class Expectation:
    """What is right for a recording.

    Attributes
    ----------
    required : tuple of Required
        What has to be found.
    tolerated : frozenset of str
        Kinds that may be urgent beside those.
    ventricular, supraventricular, beats : Limits, optional
        Right counts of V, S and all beats; None if they are not judged.
    fibrillation_s : Limits, optional
        Right duration of atrial fibrillation.
    """

    required: tuple[Required, ...] = ()
    tolerated: Keys = frozenset()
    ventricular: Limits | None = None
    supraventricular: Limits | None = None
    beats: Limits | None = None
    fibrillation_s: Limits | None = None


def near(count: float, *, share: float = COUNT_SHARE, extra: float = COUNT_BEATS) -> Limits:
    """Return the limits of a count that may differ a little from the truth."""
    slack = max(share * count, extra)
    return Limits(count - slack, count + slack)


def urgent(keys: Keys, *spans: Span, covered: float = 0.0) -> Required:
    """Return the requirement of an urgent finding."""
    return Required(keys, Tier.URGENT, spans, covered)


def mentioned(keys: Keys, *spans: Span, covered: float = 0.0) -> Required:
    """Return the requirement of an urgent or notable finding."""
    return Required(keys, Tier.MENTIONED, spans, covered)


def event(
    keys: Keys, *spans: Span, covered: float = 0.0, counts: tuple[int, int] | None = None
) -> Required:
    """Return the requirement of events."""
    return Required(keys, Tier.EVENT, spans, covered, counts)


def expect(
    script: EcgScript,
    *required: Required,
    tolerated: Keys = frozenset(),
    disturbed: Sequence[Span] = (),
    judge_classes: bool = True,
    fibrillation_s: Limits | None = Limits(0, 0),
) -> Expectation:
    """Return what is right for a script: its counts, and the given findings.

    Parameters
    ----------
    script : EcgScript
        The finished script.
    *required : Required
        What has to be found.
    tolerated : frozenset of str
        Kinds that may be urgent beside those.
    disturbed : sequence of Span
        Where beats need not be found.
    judge_classes : bool
        Whether the counts of V and S, and an urgent burden of V, are judged.
    fibrillation_s : Limits, optional
        Right duration of atrial fibrillation; none is right by default.
    """
    beats = script.ventricular
    hidden = sum(
        any(span.start_s - BESIDE_S <= beat.time_s < span.stop_s + BESIDE_S for span in disturbed)
        for beat in beats
    )
    n = len(beats)
    low = BEATS_FOUND_SHARE * (n - hidden) - COUNT_BEATS
    high = (1 + BEATS_EXTRA_SHARE) * n + COUNT_BEATS
    high += sum(span.duration_s for span in disturbed) * DISTURBED_BPM / 60
    counts = {letter: sum(beat.label == letter for beat in beats) for letter in "SV"}
    s = near(counts["S"])
    if counts["V"] / n > BURDEN_SHARE + BORDERLINE and judge_classes:
        required = (*required, urgent(VENTRICULAR_BURDEN))
    elif counts["V"] / n > BURDEN_SHARE - BORDERLINE:
        tolerated |= VENTRICULAR_BURDEN
    return Expectation(
        required,
        tolerated,
        near(counts["V"]) if judge_classes else None,
        Limits(s.low, s.high + FALSE_S_SHARE * n) if judge_classes else None,
        Limits(low, high),
        fibrillation_s,
    )
