"""Notable findings: worth mentioning, but not urgent."""

from collections.abc import Iterable, Iterator

from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.events import Event
from deepecg.rhythm.finding import Finding, finding_of_events
from deepecg.rhythm.finding_kinds import EventFindingKind
from deepecg.rhythm.notable_kinds import NOTABLE_KINDS, SUPRAVENTRICULAR_BURDEN
from deepecg.rhythm.number_wording import exact
from deepecg.rhythm.settings import NotableSettings, RhythmSettings


def notable_findings(
    events: Iterable[Event],
    supraventricular: Ectopy,
    urgent: Iterable[Finding],
    settings: RhythmSettings,
) -> tuple[Finding, ...]:
    """Return the notable findings, at most one of each kind.

    Parameters
    ----------
    events : iterable of Event
        All events of the recording.
    supraventricular : Ectopy
        The supraventricular ectopic beats, for their number an hour.
    urgent : iterable of Finding
        The urgent findings: the kinds of event that they are about are not repeated.
    settings : RhythmSettings
        Limits of what is notable.

    Returns
    -------
    tuple of Finding
        In the order of :data:`~deepecg.rhythm.notable_kinds.NOTABLE_KINDS`.
    """
    is_urgent = {finding.event.kind for finding in urgent if finding.event}
    others = [event for event in events if event.kind not in is_urgent]
    found: list[Finding] = []
    for kind in NOTABLE_KINDS:
        if isinstance(kind, EventFindingKind):
            found += finding_of_events(kind, others, settings)
        else:
            found += _burden(supraventricular, settings.notable)
    return tuple(found)


def _burden(supraventricular: Ectopy, settings: NotableSettings) -> Iterator[Finding]:
    """Yield the finding of many beats an hour; a shorter recording needs as many as an hour."""
    count, per_hour = supraventricular.count, supraventricular.per_hour or 0.0
    limit = settings.supraventricular_beats_per_hour
    if count > limit and per_hour > limit:
        message = f"Supraventricular ectopic beats are {exact(per_hour, 0, limit)} an hour"
        yield Finding(SUPRAVENTRICULAR_BURDEN, message, 1, count, None)
