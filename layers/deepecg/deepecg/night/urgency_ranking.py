"""The order in which a clinician should open the recordings of a night."""

from collections.abc import Iterable

from deepecg.night.night_entry import Digest, Entry, UrgentKind
from deepecg.night.settings import RankingSettings


def urgency_points(digest: Digest, settings: RankingSettings) -> float:
    """Return how much a recording's findings weigh.

    Each kind of urgent finding counts once, however often it was found: ten pauses are not more
    urgent than a tachycardia and a pause.
    """
    points = dict(settings.urgent_points)
    of_kinds = sum(
        points.get(kind, settings.other_urgent_points) for kind in {u.kind for u in digest.urgent}
    )
    of_burdens = (
        settings.ventricular_points_per_percent * (digest.ventricular_burden_percent or 0.0)
        + settings.supraventricular_points_per_percent
        * (digest.supraventricular_burden_percent or 0.0)
        + settings.fibrillation_points_per_percent * (digest.fibrillation_burden_percent or 0.0)
    )
    return round(of_kinds + of_burdens, 3)


def urgent_kinds(digest: Digest, settings: RankingSettings) -> list[UrgentKind]:
    """Return the kinds of urgent finding of a recording, the weightiest first."""
    points = dict(settings.urgent_points)
    return sorted(
        digest.urgent,
        key=lambda found: (-points.get(found.kind, settings.other_urgent_points), found.kind),
    )


def by_urgency(entries: Iterable[Entry], settings: RankingSettings) -> list[tuple[Entry, Digest]]:
    """Return the scored recordings, the most urgent first.

    Those with an urgent finding come before all without; then more points come first; then the
    ID decides, so that the order does not depend on that of the entries.
    """
    scored = [(entry, entry.digest) for entry in entries if entry.digest is not None]

    def key(pair: tuple[Entry, Digest]) -> tuple[bool, float, str]:
        entry, digest = pair
        return not digest.urgent, -urgency_points(digest, settings), entry.recording_id

    return sorted(scored, key=key)
