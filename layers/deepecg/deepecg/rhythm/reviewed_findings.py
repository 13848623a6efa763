"""What a reviewer says of the events of a recording, applied to the findings in its beats.

Counts, burdens, hours and events are made from findings afterwards, so that they all follow.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Final, TypeVar

import numpy as np

from deepecg.arrays import Bools
from deepecg.errors import ReviewError
from deepecg.rhythm import event_kinds as kinds
from deepecg.rhythm.atrial_fibrillation import of_episodes
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.event_kinds import EventKind
from deepecg.rhythm.findings import Findings

Changed = TypeVar("Changed")

PLACES: Final = {
    kinds.ATRIAL_FIBRILLATION: "fibrillation.episodes",
    kinds.ATRIAL_FLUTTER: "flutter",
    kinds.PAUSE: "pauses.episodes",
    kinds.UNCONFIRMED_PAUSE: "pauses.unconfirmed",
    kinds.WIDE_QRS_TACHYCARDIA: "wide_tachycardia",
    kinds.THIRD_DEGREE_BLOCK: "av_block.third_degree",
    kinds.SECOND_DEGREE_BLOCK: "av_block.second_degree",
    kinds.TYPE_1_BLOCK: "av_block.type_1",
    kinds.BRADYCARDIA: "rate_episodes.bradycardia",
    kinds.TACHYCARDIA: "rate_episodes.tachycardia",
    kinds.VENTRICULAR_TACHYCARDIA: "ventricular.runs",
    kinds.VENTRICULAR_RHYTHM: "ventricular.runs",
    kinds.VENTRICULAR_COUPLET: "ventricular.couplets",
    kinds.VENTRICULAR_BIGEMINY: "ventricular.bigeminy",
    kinds.VENTRICULAR_TRIGEMINY: "ventricular.trigeminy",
    kinds.SUPRAVENTRICULAR_TACHYCARDIA: "supraventricular.runs",
    kinds.SUPRAVENTRICULAR_RUN: "supraventricular.runs",
    kinds.SUPRAVENTRICULAR_COUPLET: "supraventricular.couplets",
    kinds.SUPRAVENTRICULAR_BIGEMINY: "supraventricular.bigeminy",
    kinds.SUPRAVENTRICULAR_TRIGEMINY: "supraventricular.trigeminy",
}
"""Where the episodes of each kind of event are in :class:`Findings`."""
CLASSES_OF: Final = {"ventricular": "V", "supraventricular": "S"}
"""The class of which ectopic patterns consist, by their first attribute in :class:`Findings`."""
PATTERNS: Final = {
    kinds.VENTRICULAR_BIGEMINY,
    kinds.VENTRICULAR_TRIGEMINY,
    kinds.SUPRAVENTRICULAR_BIGEMINY,
    kinds.SUPRAVENTRICULAR_TRIGEMINY,
}
"""Patterns of several classes: no event can be renamed to them, its beats have to be."""
PAUSES: Final = (kinds.PAUSE, kinds.UNCONFIRMED_PAUSE)
"""What a reviewer says of a long interval decides which of them it is."""
MATCH_S = 0.01
"""Beats and events of a review are found within 10 ms: documents are rounded to 1 ms, and no two
beats are that near."""


@dataclass(frozen=True)
class EventEdit:
    """An event that a reviewer removed or renamed.

    Attributes
    ----------
    operation : int
        Number of the operation in the review, for messages.
    kind : EventKind
        Its kind.
    start_s, end_s : float
        Where it begins and ends, in seconds from the recording's start.
    to : EventKind or None
        The kind that it is; None if it is no event.
    is_touched : bool
        Whether other operations changed the beats there, so that it may be gone already.
    """

    operation: int
    kind: EventKind
    start_s: float
    end_s: float
    to: EventKind | None
    is_touched: bool


@dataclass(frozen=True)
class ReviewedRhythm:
    """What a reviewer decided, which no rule changes.

    Attributes
    ----------
    beats : BeatStream
        The beats with their final classes.
    conducted : ndarray of bool, shape (n_beats,)
        Beats with a wide QRS complex that were found to be conducted.
    edits : tuple of EventEdit
        Events removed and renamed.
    """

    beats: BeatStream
    conducted: Bools
    edits: tuple[EventEdit, ...] = ()


def class_of_kind(kind: EventKind) -> str | None:
    """Return the class of which events of a kind consist; None for rhythms of any class."""
    return CLASSES_OF.get(PLACES[kind].partition(".")[0])


def with_event_edits(found: Findings, stream: BeatStream, edits: Iterable[EventEdit]) -> Findings:
    """Return findings in which events are removed and renamed.

    Of the episodes of the kind, the one that shares most time with the event is meant. Runs and
    couplets that an event is renamed to follow from the classes of its beats, pauses from what the
    stream says of its intervals.

    Parameters
    ----------
    found : Findings
        Findings in the reviewed beats.
    stream : BeatStream
        These beats.
    edits : iterable of EventEdit
        In the order in which they apply.

    Raises
    ------
    ReviewError
        If there is no such event, and nothing else was changed where it should be.
    """
    for edit in edits:
        episodes = _episodes(found, edit.kind)
        meant = max(episodes, key=lambda episode: _shared_s(episode, edit), default=None)
        if meant is not None and _is_meant(meant, edit):
            found = _with_episodes(found, stream, edit.kind, (e for e in episodes if e != meant))
        elif not edit.is_touched:
            raise ReviewError(
                f"found no event of the kind {edit.kind.key} at operations[{edit.operation}], "
                "expected one that the summary lists"
            )
        if edit.to in PAUSES:
            if not any(_is_meant(episode, edit) for episode in _episodes(found, edit.to)):
                raise ReviewError(
                    f"found no interval of a pause's length at operations[{edit.operation}], "
                    "expected one between two beats"
                )
        elif edit.to is not None and class_of_kind(edit.to) is None:
            others = _episodes(found, edit.to)
            named = _merged(stream, [*others, *_pieces(stream, edit)])
            found = _with_episodes(found, stream, edit.to, named)
    return found


def _episodes(found: Findings, kind: EventKind) -> tuple[Episode, ...]:
    episodes: tuple[Episode, ...] = attrgetter(PLACES[kind])(found)
    return episodes


def _with_episodes(
    found: Findings, stream: BeatStream, kind: EventKind, episodes: Iterable[Episode]
) -> Findings:
    """Return findings with other episodes of a kind."""
    if kind is kinds.ATRIAL_FIBRILLATION:
        return replace(found, fibrillation=of_episodes(stream, episodes))
    path, now = PLACES[kind].split("."), tuple(episodes)
    changed = _with_value(found, path, now)
    if path[-1] == "runs":  # triplets are runs, too
        removed = set(_episodes(found, kind)).difference(now)
        ectopy: Ectopy = getattr(found, path[0])
        kept = tuple(triplet for triplet in ectopy.triplets if triplet not in removed)
        changed = _with_value(changed, [path[0], "triplets"], kept)
    return changed


def _with_value(owner: Changed, path: list[str], value: object) -> Changed:
    name, *rest = path
    new: Any = _with_value(getattr(owner, name), rest, value) if rest else value
    return replace(owner, **{name: new})  # type: ignore[type-var]


def _shared_s(episode: Episode, edit: EventEdit) -> float:
    """Return the time that an episode shares with an event; negative if they are apart."""
    end_s = episode.start_s + episode.duration_s
    return min(end_s, edit.end_s) - max(episode.start_s, edit.start_s)


def _is_meant(episode: Episode, edit: EventEdit) -> bool:
    """Return whether they share time; what follows an event shares its last beat only."""
    same = abs(episode.start_s - edit.start_s) <= MATCH_S
    return _shared_s(episode, edit) > MATCH_S or (same and edit.end_s - edit.start_s <= MATCH_S)


def _pieces(stream: BeatStream, edit: EventEdit) -> list[Episode]:
    """Return what lies in the time of an event, in pieces without gaps."""
    first, stop = np.searchsorted(
        stream.times_s, (edit.start_s - MATCH_S, edit.end_s + MATCH_S)
    ).tolist()
    known = np.isfinite(stream.rr_s[first:stop])
    known[:1] = False
    starts = first + np.flatnonzero(~known)
    lasts = np.append(starts[1:], stop) - 1
    pieces = stream.episodes(starts[lasts > starts], lasts[lasts > starts])
    if not pieces:
        raise ReviewError(
            f"found fewer than two beats in the event at operations[{edit.operation}], expected "
            "one between two beats"
        )
    return list(pieces)


def _merged(stream: BeatStream, episodes: list[Episode]) -> list[Episode]:
    """Return episodes in the order of time; those that share intervals become one."""
    merged: list[Episode] = []
    for episode in sorted(episodes, key=attrgetter("first", "last")):
        if merged and episode.first < merged[-1].last:
            first, last = merged[-1].first, max(merged.pop().last, episode.last)
            merged += stream.episodes(np.array([first]), np.array([last]))
        else:
            merged.append(episode)
    return merged
