"""Urgent findings: what a clinician should see first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.events import Event
from deepecg.rhythm.number_wording import exact
from deepecg.rhythm.settings import RhythmSettings, UrgentSettings
from deepecg.rhythm.urgent_kinds import (
    URGENT_KINDS,
    VENTRICULAR_BURDEN,
    UrgentEventKind,
    UrgentKind,
)


@dataclass(frozen=True)
class UrgentFinding:
    """One urgent finding; the worst of several events of a kind stands for all of them.

    Attributes
    ----------
    kind : UrgentKind
        What was found.
    message : str
        The finding in a line, with values and units.
    count : int
        Number of urgent events; 1 for a burden.
    n_beats : int
        Beats of the worst event; for a burden, all ectopic beats.
    event : Event or None
        The worst event: the run of most beats, the longest pause or episode. None for a burden.
    """

    kind: UrgentKind
    message: str
    count: int
    n_beats: int
    event: Event | None


def urgent_findings(
    events: Iterable[Event], ventricular: Ectopy, settings: RhythmSettings
) -> tuple[UrgentFinding, ...]:
    """Return the urgent findings, at most one of each kind.

    Parameters
    ----------
    events : iterable of Event
        All events of the recording.
    ventricular : Ectopy
        The ventricular ectopic beats, for their burden.
    settings : RhythmSettings
        Limits of what is urgent, and the rate above which a run is a tachycardia.

    Returns
    -------
    tuple of UrgentFinding
        In the order of :data:`~deepecg.rhythm.urgent_kinds.URGENT_KINDS`.
    """
    events = tuple(events)
    found: list[UrgentFinding] = []
    for kind in URGENT_KINDS:
        if isinstance(kind, UrgentEventKind):
            found += _worst(kind, events, settings)
        else:
            found += _burden(ventricular, settings.urgent)
    return tuple(found)


def _worst(
    kind: UrgentEventKind, events: tuple[Event, ...], settings: RhythmSettings
) -> Iterator[UrgentFinding]:
    urgent = [e for e in events if e.kind is kind.event and kind.is_urgent(e, settings)]
    if not urgent:
        return
    worst = max(urgent, key=kind.severity)
    message = kind.message(worst, settings)
    if len(urgent) > 1:
        what, colon, remark = message.partition(":")
        message = f"{what}, the longest of {len(urgent)}{colon}{remark}"
    yield UrgentFinding(kind, message, len(urgent), worst.n_beats, worst)


def _burden(ventricular: Ectopy, settings: UrgentSettings) -> Iterator[UrgentFinding]:
    percent = ventricular.burden_percent or 0.0
    if percent > settings.ventricular_burden_percent:
        shown = exact(percent, 1, settings.ventricular_burden_percent)
        message = f"Ventricular ectopic beats are {shown} % of all beats"
        yield UrgentFinding(VENTRICULAR_BURDEN, message, 1, ventricular.count, None)
