"""Every kind of event has its place among the findings."""

from dataclasses import replace

import numpy as np
import pytest
from unit.small_recordings import scored_of

from deepecg.review.review_file import REVIEWABLE_KINDS
from deepecg.rhythm import event_kinds as kinds
from deepecg.rhythm.event_kinds import EventKind
from deepecg.rhythm.events import find_events
from deepecg.rhythm.findings import Findings
from deepecg.rhythm.reviewed_findings import PLACES, EventEdit, with_event_edits
from deepecg.rhythm.settings import RhythmSettings

STREAM = scored_of(np.arange(0.5, 60, 0.5), "N" * 119).rhythm
SLOW = {kinds.VENTRICULAR_RHYTHM, kinds.SUPRAVENTRICULAR_RUN}
"""Runs that are no tachycardia, which is a question of their rate alone."""
EPISODE = STREAM.confirmed.episodes(np.array([10]), np.array([20]))[0]


def findings() -> Findings:
    return Findings(**{name: getattr(STREAM, name) for name in Findings.__dataclass_fields__})


def kinds_at(found: Findings, start_s: float) -> set[EventKind]:
    events = find_events(STREAM.confirmed, RhythmSettings(), found)
    return {event.kind for event in events if event.start_s == start_s}


def test_every_kind_that_can_be_reviewed_has_a_place() -> None:
    assert set(PLACES) == set(REVIEWABLE_KINDS)


@pytest.mark.parametrize("kind", REVIEWABLE_KINDS, ids=lambda kind: kind.key)
def test_an_episode_at_the_place_of_its_kind_is_such_an_event_until_it_is_removed(
    kind: EventKind,
) -> None:
    found = findings()
    path = PLACES[kind].split(".")
    episode = replace(EPISODE, rate_bpm=60.0) if kind in SLOW else EPISODE
    if len(path) == 1:
        found = replace(found, **{path[0]: (episode,)})
    else:
        owner = replace(getattr(found, path[0]), **{path[1]: (episode,)})
        found = replace(found, **{path[0]: owner})
    assert kinds_at(found, EPISODE.start_s) == {kind}
    end_s = EPISODE.start_s + EPISODE.duration_s
    edit = EventEdit(0, kind, EPISODE.start_s, end_s, None, is_touched=False)
    assert not kinds_at(with_event_edits(found, STREAM.confirmed, [edit]), EPISODE.start_s)


def test_what_only_touches_an_event_is_not_removed_with_it() -> None:
    before, at, after = STREAM.confirmed.episodes(np.array([0, 10, 20]), np.array([10, 20, 30]))
    found = replace(findings(), flutter=(before, at, after))
    end_s = at.start_s + at.duration_s
    edit = EventEdit(0, kinds.ATRIAL_FLUTTER, at.start_s, end_s, None, is_touched=False)
    left = with_event_edits(found, STREAM.confirmed, [edit])
    assert left.flutter == (before, after)
    again = replace(edit, is_touched=True)
    assert with_event_edits(left, STREAM.confirmed, [again]).flutter == (before, after)


def test_an_event_renamed_beside_one_of_its_new_kind_is_counted_once() -> None:
    flutter, fibrillation = (
        STREAM.confirmed.episodes(np.array([first]), np.array([last]))
        for first, last in ((10, 30), (20, 50))
    )
    found = replace(findings(), flutter=flutter)
    found = replace(found, fibrillation=replace(found.fibrillation, episodes=fibrillation))
    start_s = flutter[0].start_s
    edit = EventEdit(
        0, kinds.ATRIAL_FLUTTER, start_s, start_s + 10, kinds.ATRIAL_FIBRILLATION, is_touched=False
    )
    changed = with_event_edits(found, STREAM.confirmed, [edit]).fibrillation
    assert changed.total_s == pytest.approx(20)  # beats 10 to 50, half a second apart
    assert changed.burden_percent == pytest.approx(100 * 20 / 60)
    assert changed.beats.sum() == 41
    assert changed.mean_bpm == pytest.approx(120)
