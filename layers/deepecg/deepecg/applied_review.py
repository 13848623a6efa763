"""What a review did to a recording, for its report."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from deepecg.arrays import Ints

REVIEW_NOT_APPLIED = "review_not_applied"
"""Code of the warning that the recording has a review which could not be applied."""


@dataclass(frozen=True)
class ReviewComment:
    """A reviewer's comment.

    Attributes
    ----------
    text, author : str
        The comment, and who wrote it.
    written_at : str
        When: ISO 8601 with a time zone.
    at_s : float or None
        Time in the recording that it is about, in seconds; None for the whole recording.
    """

    text: str
    author: str
    written_at: str
    at_s: float | None


@dataclass(frozen=True)
class AppliedReview:
    """What reviewers said and changed.

    Attributes
    ----------
    status : str
        ``final`` once signed, ``amended`` if changed and signed again, otherwise ``preliminary``.
    signed_by, signed_at : str or None
        Who signed last, and when; None if nobody has, or something was changed since.
    reviewers : tuple of str
        Everybody who contributed, in the order of the first contribution.
    conclusion : str or None
        The last conclusion.
    comments : tuple of ReviewComment
        In the order of the review.
    operations : tuple of dict
        The review's operations, as in its file: a later review continues from them.
    cluster_of_beat : ndarray of int64, shape (n_beats,)
        Number of the morphology cluster of each beat in the original analysis; 0 for inserted
        beats and those of no cluster.
    sha256 : str
        SHA-256 of the review file, hexadecimal.
    beats_sha256 : str
        SHA-256 of the original beats, hexadecimal.
    renamed_beats_count, deleted_beats_count : int
        Beats of the original analysis that have another class, and that are no more.
    inserted_beats_count : int
        Beats that the original analysis did not have.
    removed_events_count : int
        Events that were removed, or renamed to another kind.
    artefact_s : float
        Whole seconds that were marked as artefact.
    """

    status: Literal["preliminary", "final", "amended"]
    signed_by: str | None
    signed_at: str | None
    reviewers: tuple[str, ...]
    conclusion: str | None
    comments: tuple[ReviewComment, ...]
    operations: tuple[dict[str, Any], ...] = field(repr=False)
    sha256: str
    beats_sha256: str
    renamed_beats_count: int = 0
    deleted_beats_count: int = 0
    inserted_beats_count: int = 0
    removed_events_count: int = 0
    artefact_s: float = 0.0
    cluster_of_beat: Ints = field(
        default_factory=lambda: np.empty(0, np.int64), repr=False, compare=False
    )
