"""Scores a recording that has a review: from the beats stored beside its unreviewed result."""

from dataclasses import replace

from deepecg.beats.classifier import BeatClassifier
from deepecg.errors import ReviewError, StoredBeatsError
from deepecg.outputs.graphics.report_graphics import cluster_numbers
from deepecg.recording import ReadingWarning, Recording
from deepecg.review.review_file import read_review, review_digest
from deepecg.review.review_recording import review_recording, unreviewed_recording
from deepecg.review.stored_beats import StoredBeats, read_stored_beats
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings

NOT_APPLIED = "review_not_applied"
"""Code of the warning that the recording has a review which could not be applied."""


def score_reviewed(
    recording: Recording,
    beats: bytes,
    review: bytes,
    classifier: BeatClassifier,
    settings: ScoringSettings,
) -> ScoredRecording:
    """Return a recording with its review applied, or else without it and with a warning.

    Parameters
    ----------
    recording : Recording
        The recording.
    beats : bytes
        Beats that were stored beside its unreviewed result. If they are damaged, the recording is
        scored again.
    review : bytes
        Its review file.
    classifier : BeatClassifier
        The model.
    settings : ScoringSettings
        Settings of the recording.
    """
    try:
        return _with_review(recording, read_stored_beats(beats), review, classifier, settings)
    except StoredBeatsError:
        scored = score_recording(recording, classifier, settings)
        stored = StoredBeats.of(scored, cluster_numbers(scored))
        return _with_review(recording, stored, review, classifier, settings)


def _with_review(
    recording: Recording,
    stored: StoredBeats,
    review: bytes,
    classifier: BeatClassifier,
    settings: ScoringSettings,
) -> ScoredRecording:
    """Return a recording with its review, or a warning; fails if the stored beats do not fit."""
    card, sha256 = classifier.card, review_digest(review)
    try:
        given = read_review(review)
        return review_recording(recording, stored, given, card, settings, sha256=sha256)
    except StoredBeatsError:
        raise
    except ReviewError as error:
        # With the digest, a reviewer can tell which of two versions of a review is meant.
        message = f"the review {sha256[:8]} was not applied: {error}"
        warning = ReadingWarning(NOT_APPLIED, message)
        warned = replace(recording, warnings=(*recording.warnings, warning))
        return unreviewed_recording(warned, stored, card, settings)
