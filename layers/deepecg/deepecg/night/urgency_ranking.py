"""The order in which a clinician should open the recordings of a night."""

from collections.abc import Iterable

from deepecg.night.night_entry import KindFinding, NightEntry, SummaryExtract
from deepecg.night.settings import RankingSettings


def urgency_points(extract: SummaryExtract, settings: RankingSettings) -> float:
    """Return the points of a recording's findings.

    Each kind of finding counts once, however many there are: ten pauses are not more urgent than a
    tachycardia and a pause.
    """
    of_kinds = sum(settings.points_of(kind) for kind in {found.kind for found in extract.urgent})
    of_notable = settings.notable_points * len({found.kind for found in extract.notable})
    of_burdens = (
        settings.ventricular_points_per_percent * (extract.ventricular_burden_percent or 0.0)
        + settings.supraventricular_points_per_percent
        * (extract.supraventricular_burden_percent or 0.0)
        + settings.fibrillation_points_per_percent * (extract.fibrillation_burden_percent or 0.0)
    )
    return round(of_kinds + of_notable + of_burdens, 3)


def urgent_kinds(extract: SummaryExtract, settings: RankingSettings) -> list[KindFinding]:
    """Return the kinds of urgent finding of a recording, the kind with most points first."""
    return sorted(extract.urgent, key=lambda found: (-settings.points_of(found.kind), found.kind))


def urgency_key(extract: SummaryExtract, settings: RankingSettings) -> tuple[int, float]:
    """Return what recordings are sorted by: tier, and points from the largest to the smallest."""
    tier = 0 if extract.urgent else 1 if extract.notable else 2
    return tier, -urgency_points(extract, settings)


def by_urgency(
    entries: Iterable[NightEntry], settings: RankingSettings
) -> list[tuple[NightEntry, SummaryExtract]]:
    """Return the scored recordings, the most urgent first.

    Recordings with an urgent finding come first, then those with a notable one, then the others;
    in each tier those with more points come first. Equal ones are sorted by ID, so that the order
    does not depend on that of the entries.
    """
    scored = [(entry, entry.digest) for entry in entries if entry.digest is not None]
    return sorted(scored, key=lambda pair: (*urgency_key(pair[1], settings), pair[0].recording_id))
