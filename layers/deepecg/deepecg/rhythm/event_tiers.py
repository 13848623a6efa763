"""How much an event matters: urgent, notable, or neither."""

from deepecg.rhythm.event_kinds import Tier
from deepecg.rhythm.events import Event
from deepecg.rhythm.finding_kinds import EventFindingKind
from deepecg.rhythm.notable_kinds import NOTABLE_KINDS
from deepecg.rhythm.settings import RhythmSettings
from deepecg.rhythm.urgent_kinds import URGENT_KINDS


def event_tier(event: Event, settings: RhythmSettings) -> Tier | None:
    """Return the tier of an event by itself, whether or not a worse one stands for its kind.

    Parameters
    ----------
    event : Event
        Any event of a recording.
    settings : RhythmSettings
        Limits of what is urgent and notable.

    Returns
    -------
    str or None
        None for what is only listed, such as a couplet.
    """
    tiers: tuple[tuple[Tier, tuple[object, ...]], ...] = (
        ("urgent", URGENT_KINDS),
        ("notable", NOTABLE_KINDS),
    )
    for tier, kinds in tiers:
        for kind in kinds:
            if (
                isinstance(kind, EventFindingKind)
                and kind.event is event.kind
                and kind.is_met(event, settings)
            ):
                return tier
    return None
