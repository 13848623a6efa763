"""Applies a review to the beats of an analysis: which beats there are, and of which class."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from deepecg.applied_review import AppliedReview, ReviewComment
from deepecg.arrays import Bools, Floats, Floats32, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.errors import ReviewError, ReviewOfOtherBeatsError
from deepecg.review.review_file import (
    REVIEWABLE_KINDS,
    Comment,
    Conclude,
    DeleteBeats,
    InsertBeat,
    MarkArtefact,
    RemoveEvent,
    RenameBeats,
    RenameCluster,
    RenameEvent,
    Review,
)
from deepecg.review.stored_beats import StoredBeats
from deepecg.rhythm import event_kinds as kinds
from deepecg.rhythm.reviewed_findings import (
    MATCH_S,
    PATTERNS,
    PAUSES,
    EventEdit,
    class_of_kind,
)
from deepecg.signal.lead_selection import AnalysedLead, recording_flags
from deepecg.signal.quality import QualityFlags
from deepecg.waves.waves import Waves

KINDS = {kind.key: kind for kind in REVIEWABLE_KINDS}
REACH_S = 60.0
"""How far from an event changed beats may have ended it, in seconds: the longest window of a
rhythm's rule. A pattern ends with a beat next to it, a rate episode with one in its window."""
INSERTED = -1
"""Number, among the original beats, of one that a reviewer inserted."""


@dataclass(frozen=True)
class ReviewedBeats:
    """The beats after a review, with what is known of each.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        R peaks in seconds from the recording's start.
    labels, classified : ndarray of int64, shape (n_beats,)
        Final class, and class by which atrial fibrillation, flutter and AV block are found; the
        reviewer's classes are both.
    probability : ndarray of float32, shape (n_beats,)
        Probability of the final class; 1 where a reviewer gave it.
    conducted, with_flutter_waves : ndarray of bool, shape (n_beats,)
        As in :class:`~deepecg.review.stored_beats.StoredBeats`; False for inserted beats.
    waves : Waves
        Unknown for inserted beats.
    used : tuple of AnalysedLead
        The leads, with artefacts among their noisy seconds.
    flags : QualityFlags
        Which seconds cannot be analysed in any of them.
    seen_quiet, seen_unclear : ndarray of bool, shape (n_beats,)
        Whether a reviewer has looked at the interval before the beat, and found no beat in it, or
        could not tell.
    edits : tuple of EventEdit
        Events removed and renamed.
    applied : AppliedReview
        What the review said and changed.
    """

    times_s: Floats
    labels: Ints
    classified: Ints
    probability: Floats32
    conducted: Bools
    with_flutter_waves: Bools
    waves: Waves
    used: tuple[AnalysedLead, ...]
    flags: QualityFlags
    seen_quiet: Bools
    seen_unclear: Bools
    edits: tuple[EventEdit, ...]
    applied: AppliedReview


def apply_review(
    stored: StoredBeats,
    review: Review,
    sha256: str,
    used: Sequence[AnalysedLead],
    *,
    refractory_s: float,
    duration_s: float,
) -> ReviewedBeats:
    """Apply the operations of a review in their order.

    Parameters
    ----------
    stored : StoredBeats
        The beats that were reviewed.
    review : Review
        The review.
    sha256 : str
        Digest of the review file.
    used : sequence of AnalysedLead
        The leads in use, with the original quality flags.
    refractory_s : float
        Shortest interval between two beats.
    duration_s : float
        Length of the recording.

    Raises
    ------
    ReviewOfOtherBeatsError
        If the review is of other beats.
    ReviewError
        If an operation does not fit the beats, such as the name of a beat that is not there. The
        message contains its number and nothing of its text.
    """
    if review.beats != stored.sha256:
        raise ReviewOfOtherBeatsError(
            f"found a review of the beats {review.beats[:8]}, expected {stored.sha256[:8]}: the "
            "recording, its settings or the software changed since; review the new results"
        )
    edited = _Edited.of(stored, recording_flags(used), refractory_s, duration_s)
    for number, operation in enumerate(review.operations):
        edited.apply(number, operation)
    return edited.result(stored, tuple(used), _said(review, sha256))


@dataclass
class _Edited:
    """Beats while they are edited; lists are what the operations touched so far."""

    times_s: Floats
    labels: Ints
    origin: Ints
    decided: Bools
    cluster: Ints
    flags: QualityFlags
    artefact: Bools
    refractory_s: float
    duration_s: float
    operation: int = 0
    deleted_s: list[Floats] = field(default_factory=list)
    touched: list[Floats] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)
    quiet: list[tuple[float, float]] = field(default_factory=list)
    unclear: list[tuple[float, float]] = field(default_factory=list)
    events: list[tuple[int, RemoveEvent | RenameEvent]] = field(default_factory=list)

    @classmethod
    def of(
        cls, stored: StoredBeats, flags: QualityFlags, refractory_s: float, duration_s: float
    ) -> "_Edited":
        n_beats = len(stored.times_s)
        return cls(
            times_s=stored.times_s.copy(),
            labels=stored.labels.astype(np.int64),
            origin=np.arange(n_beats),
            decided=np.zeros(n_beats, bool),
            cluster=stored.cluster.astype(np.int64),
            flags=flags,
            artefact=np.zeros(len(flags.missing), bool),
            refractory_s=refractory_s,
            duration_s=duration_s,
        )

    def apply(self, number: int, operation: object) -> None:
        self.operation = number
        match operation:
            case RenameCluster(cluster=cluster, class_name=name):
                self._rename_cluster(cluster, name)
            case RenameBeats(times_s=times_s, class_name=name):
                self._rename(self._find(times_s), name)
            case DeleteBeats(times_s=times_s):
                found = self._find(times_s)
                self.deleted_s.append(self.times_s[found])
                self._keep(np.delete(np.arange(len(self.times_s)), found))
            case InsertBeat(time_s=time_s, class_name=name):
                self._insert(time_s, name)
            case MarkArtefact(start_s=start_s, end_s=end_s):
                self._mark(start_s, end_s)
            case RemoveEvent():
                self.events.append((number, operation))
            case RenameEvent():
                self._rename_event(operation)
                self.events.append((number, operation))

    def _find(self, times_s: Sequence[float]) -> Ints:
        """Return the beats at these times."""
        wanted = np.array(times_s)
        if not len(self.times_s):
            raise self._error("found no beat left, expected one at each time")
        after = np.clip(np.searchsorted(self.times_s, wanted), 1, max(len(self.times_s) - 1, 1))
        sides = np.stack([after - 1, np.minimum(after, len(self.times_s) - 1)])
        apart = np.abs(self.times_s[sides] - wanted)
        nearest = np.take_along_axis(sides, apart.argmin(axis=0)[None], axis=0)[0]
        missed = np.flatnonzero(apart.min(axis=0) > MATCH_S + 1e-9)
        if len(missed):
            at_s, near_s = wanted[missed[0]], self.times_s[nearest[missed[0]]]
            raise self._error(
                f"found no beat at {at_s:.3f} s, expected one within {MATCH_S:g} s; the nearest "
                f"is at {near_s:.3f} s"
            )
        return np.asarray(nearest, np.int64)

    def _rename(self, beats: Ints | Bools, name: str) -> None:
        self.labels[beats] = CLASSES.index(name)
        self.decided[beats] = True
        self.touched.append(self.times_s[beats])

    def _rename_cluster(self, cluster: int, name: str) -> None:
        known = self.cluster == cluster
        if not known.any():
            raise self._error(
                f"found no morphology cluster {cluster}, expected a number from 1 to "
                f"{self.cluster.max()}"
            )
        self._rename(known[self.origin] & (self.origin != INSERTED), name)

    def _insert(self, time_s: float, name: str) -> None:
        if time_s >= self.duration_s or not self.flags.beats_analysable(np.array([time_s]))[0]:
            raise self._error(
                f"found a beat at {time_s:.3f} s, where the signal cannot be analysed, expected "
                "one in analysable time"
            )
        place = int(np.searchsorted(self.times_s, time_s))
        apart_s = np.abs(self.times_s[max(place - 1, 0) : place + 1] - time_s)
        if apart_s.min(initial=np.inf) < self.refractory_s:
            raise self._error(
                f"found a beat to insert {apart_s.min():.3f} s from another, expected at least "
                f"{self.refractory_s:g} s"
            )
        self.times_s = np.insert(self.times_s, place, time_s)
        self.labels = np.insert(self.labels, place, CLASSES.index(name))
        self.origin = np.insert(self.origin, place, INSERTED)
        self.decided = np.insert(self.decided, place, True)
        self.touched.append(np.array([time_s]))

    def _mark(self, start_s: float, end_s: float) -> None:
        first, stop = int(start_s), int(np.ceil(end_s))
        if start_s >= self.duration_s:
            raise self._error(
                f"found an artefact at {start_s:.3f} s, expected one within the "
                f"{self.duration_s:.3f} s of the recording"
            )
        self.artefact[min(first, len(self.artefact) - 1) : stop] = True
        self.flags = self.flags.with_noise(self.flags.noisy | self.artefact)
        self._keep(np.flatnonzero(self.flags.beats_analysable(self.times_s)))
        self.spans.append((first, stop))

    def _keep(self, beats: Ints) -> None:
        self.touched.append(np.delete(self.times_s, beats))
        for name in ("times_s", "labels", "origin", "decided"):
            setattr(self, name, getattr(self, name)[beats])

    def _rename_event(self, operation: RenameEvent) -> None:
        """Give the beats of an event the class that its new name says, where it says one."""
        kind, to = KINDS[operation.event_kind], KINDS[operation.to]
        if to in PATTERNS:
            raise self._error(
                f"found an event renamed to {to.key}, expected its beats to be renamed instead"
            )
        span = _span(operation)
        inside = slice(*np.searchsorted(self.times_s, (span[0] - MATCH_S, span[1] + MATCH_S)))
        beats = np.arange(len(self.times_s))[inside]
        source, target = class_of_kind(kind), class_of_kind(to)
        if target is not None:
            self._rename(beats, target)
        elif source is not None:
            self._rename(beats[self.labels[beats] == CLASSES.index(source)], "N")
        if to is kinds.PAUSE:
            self.quiet.append(span)
        elif to is kinds.UNCONFIRMED_PAUSE:
            self.unclear.append(span)

    def result(
        self,
        stored: StoredBeats,
        used: tuple[AnalysedLead, ...],
        said: AppliedReview,
    ) -> ReviewedBeats:
        """Return the beats as they are now, and what was done."""
        if not len(self.times_s):
            raise ReviewError("found no beat left after the review, expected at least one")
        original, is_inserted = np.maximum(self.origin, 0), self.origin == INSERTED
        classified = np.where(self.decided, self.labels, stored.classified[original])
        used = tuple(
            replace(lead, flags=lead.flags.with_noise(lead.flags.noisy | self.artefact))
            for lead in used
        )
        renamed = ~is_inserted & (self.labels != stored.labels[original])
        return ReviewedBeats(
            times_s=self.times_s,
            labels=self.labels,
            classified=classified.astype(np.int64),
            probability=np.where(self.decided, 1, stored.probability[original]).astype(np.float32),
            conducted=stored.conducted[original] & ~is_inserted & ~self.decided,
            with_flutter_waves=stored.with_flutter_waves[original] & ~is_inserted,
            waves=_waves(stored.waves, original, is_inserted),
            used=used,
            flags=recording_flags(used),
            seen_quiet=self._seen(self.quiet) | self._without_deleted(),
            seen_unclear=self._seen(self.unclear),
            edits=tuple(self._edits()),
            applied=replace(
                said,
                renamed_beats_count=int(renamed.sum()),
                deleted_beats_count=len(stored.times_s) - int((~is_inserted).sum()),
                inserted_beats_count=int(is_inserted.sum()),
                removed_events_count=len({_span(event) for _, event in self.events}),
                artefact_s=float(self.artefact.sum()),
                cluster_of_beat=np.where(is_inserted, 0, stored.cluster[original]),
            ),
        )

    def _seen(self, spans: list[tuple[float, float]]) -> Bools:
        """Return which intervals lie in one of these spans."""
        seen = np.zeros(len(self.times_s), bool)
        for start_s, end_s in spans:
            first, stop = np.searchsorted(self.times_s, (start_s - MATCH_S, end_s + MATCH_S))
            seen[first + 1 : stop] = True
        return seen

    def _without_deleted(self) -> Bools:
        """Return which intervals contain a beat that the reviewer deleted."""
        after = np.searchsorted(self.times_s, np.concatenate([*self.deleted_s, np.empty(0)]))
        seen = np.zeros(len(self.times_s) + 1, bool)
        seen[after] = True
        return seen[:-1]

    def _edits(self) -> Iterator[EventEdit]:
        touched_s = np.sort(np.concatenate([*self.touched, np.empty(0)]))
        spans = self.spans
        for number, event in self.events:
            start_s, end_s = _span(event)
            first, stop = np.searchsorted(touched_s, (start_s - REACH_S, end_s + REACH_S))
            to = KINDS[event.to] if isinstance(event, RenameEvent) else None
            yield EventEdit(
                operation=number,
                kind=KINDS[event.event_kind],
                start_s=start_s,
                end_s=end_s,
                to=to,
                is_touched=bool(stop > first)
                or to in PAUSES
                or any(
                    begin <= end_s + REACH_S and end >= start_s - REACH_S for begin, end in spans
                ),
            )
            spans = [*spans, (start_s, end_s)]

    def _error(self, message: str) -> ReviewError:
        return ReviewError(f"{message} (change {self.operation + 1} of the review)")


def _said(review: Review, sha256: str) -> AppliedReview:
    """Return what a review says, without what it changes."""
    conclusion, comments = None, []
    for operation in review.operations:
        if isinstance(operation, Conclude):
            conclusion = operation.text
        elif isinstance(operation, Comment):
            at = operation.at.isoformat()
            comments.append(ReviewComment(operation.text, operation.author, at, operation.at_s))
    signature = None if review.status == "preliminary" else review.operations[-1]
    return AppliedReview(
        status=review.status,
        signed_by=signature.author if signature else None,
        signed_at=signature.at.isoformat() if signature else None,
        reviewers=tuple(dict.fromkeys(operation.author for operation in review.operations)),
        conclusion=conclusion,
        comments=tuple(comments),
        operations=tuple(msgspec.to_builtins(review.operations)),
        sha256=sha256,
        beats_sha256=review.beats,
    )


def _span(event: RemoveEvent | RenameEvent) -> tuple[float, float]:
    return event.start_s, event.start_s + event.duration_s


def _waves(waves: Waves, original: Ints, is_inserted: Bools) -> Waves:
    """Return the waves of beats; those of inserted beats are unknown."""
    own = {}
    for name, values in vars(waves).items():
        if not name.startswith("extra_"):
            own[name] = values[original]
            own[name][is_inserted] = 0 if name == "p_probability" else np.nan
    return replace(waves, **own)
