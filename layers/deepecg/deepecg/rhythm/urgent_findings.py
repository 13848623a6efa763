"""Urgent findings: what a clinician should see first."""

from collections.abc import Iterable, Iterator

from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.events import Event
from deepecg.rhythm.finding import Finding, finding_of_events
from deepecg.rhythm.number_wording import exact
from deepecg.rhythm.settings import RhythmSettings, UrgentSettings
from deepecg.rhythm.urgent_kinds import URGENT_KINDS, VENTRICULAR_BURDEN, UrgentEventKind


def urgent_findings(
    events: Iterable[Event], ventricular: Ectopy, settings: RhythmSettings
) -> tuple[Finding, ...]:
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
    tuple of Finding
        In the order of :data:`~deepecg.rhythm.urgent_kinds.URGENT_KINDS`.
    """
    events = tuple(events)
    found: list[Finding] = []
    for kind in URGENT_KINDS:
        if isinstance(kind, UrgentEventKind):
            found += finding_of_events(kind, events, settings)
        else:
            found += _burden(ventricular, settings.urgent)
    return tuple(found)


def _burden(ventricular: Ectopy, settings: UrgentSettings) -> Iterator[Finding]:
    percent = ventricular.burden_percent or 0.0
    if percent > settings.ventricular_burden_percent:
        shown = exact(percent, 1, settings.ventricular_burden_percent)
        message = f"Ventricular ectopic beats are {shown} % of all beats"
        yield Finding(VENTRICULAR_BURDEN, message, 1, ventricular.count, None)
