"""From stored beats and a review to a recording that is scored anew, step by step."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from deepecg.arrays import Floats32, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.model_card import ModelCard
from deepecg.beats.pause_confirmation import confirm_pauses
from deepecg.beats.rr_intervals import is_at_least, rr_intervals
from deepecg.recording import Recording
from deepecg.review.apply_review import apply_review
from deepecg.review.review_file import REVIEW_SCHEMA_VERSION, Review
from deepecg.review.stored_beats import StoredBeats
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.repolarisation import analyse_repolarisation
from deepecg.rhythm.reviewed_findings import ReviewedRhythm
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.scored_recording import ScoredRecording
from deepecg.settings import ScoringSettings
from deepecg.signal.calibration_check import with_possible_amplitudes
from deepecg.signal.conditioning import condition_leads
from deepecg.signal.convincing_ecg import keep_convincing
from deepecg.signal.lead_selection import AnalysedLead


def review_recording(
    recording: Recording,
    stored: StoredBeats,
    review: Review,
    card: ModelCard,
    settings: ScoringSettings | None = None,
    *,
    sha256: str,
    progress: Callable[[float], None] = lambda _: None,
) -> ScoredRecording:
    """Apply a review to a recording and analyse its rhythm anew; no model runs.

    Parameters
    ----------
    recording : Recording
        The recording; the leads that were scored are read by chunks.
    stored : StoredBeats
        The beats that the review is of.
    review : Review
        The review.
    card : ModelCard
        Card of the model that classified the stored beats.
    settings : ScoringSettings, optional
        Rhythm thresholds may be others than at scoring, all else may not; the defaults if None.
    sha256 : str
        Digest of the review file.
    progress : callable
        Told the share of the work that is done, 0 to 1.

    Returns
    -------
    ScoredRecording
        With the reviewer's beats and events, and what the review says.

    Raises
    ------
    ReviewError
        If review, stored beats and recording do not belong together, or an operation does not fit
        the beats; the subclass and its ``code`` say which.
    RefusedRecordingError
        If the recording cannot be read.
    """
    settings = settings or ScoringSettings()
    recording = keep_convincing(recording, settings)
    shown = settings.as_shown(recording)
    stored.refuse_other(recording, card, shown)
    recording = with_possible_amplitudes(recording, settings)
    baselines_mv = dict(zip(stored.leads.tolist(), stored.baselines_mv.tolist(), strict=True))
    conditioned = condition_leads(recording, baselines_mv, settings.conditioning, progress)
    stored.refuse_other_signal(conditioned)
    used = tuple(map(AnalysedLead, stored.leads.tolist(), conditioned, stored.flags))
    beats = apply_review(
        stored,
        review,
        sha256,
        used,
        refractory_s=settings.detector.refractory_s,
        duration_s=recording.duration_s,
    )
    rr_s = rr_intervals(beats.times_s, beats.flags.gap_before(beats.times_s))
    primary = beats.used[0]
    quiet = confirm_pauses(
        recording,
        primary.number,
        primary.conditioned,
        beats.times_s,
        rr_s,
        settings=settings,
        pauses=settings.rhythm.pauses,
    )
    quiet &= ~primary.flags.gap_before(beats.times_s)
    long = is_at_least(rr_s, settings.rhythm.pauses.pause_s)
    stream = BeatStream(
        beats.times_s,
        rr_s,
        _probabilities(beats.labels, beats.probability),
        (quiet | (long & beats.seen_quiet)) & ~beats.seen_unclear,
        beats.flags.analysable,
        recording.midnight_s,
    )
    classified = BeatStream.of_labels(
        stream.times_s,
        rr_s,
        beats.classified,
        stream.pause_confirmed,
        stream.analysable,
        midnight_s=recording.midnight_s,
    )
    rhythm = analyse_rhythm(
        classified,
        settings.rhythm,
        beats.waves,
        beats.with_flutter_waves,
        ReviewedRhythm(stream, beats.conducted, beats.edits),
    )
    repolarisation = analyse_repolarisation(
        rhythm,
        beats.waves,
        beats.used,
        settings.rhythm,
        paced=recording.paced is True,
        calibrated=recording.amplitudes_calibrated,
    )
    return ScoredRecording(
        recording,
        beats.used,
        beats.flags,
        beats.waves,
        rhythm,
        repolarisation,
        card,
        shown,
        review=beats.applied,
    )


def unreviewed_recording(
    recording: Recording, stored: StoredBeats, card: ModelCard, settings: ScoringSettings
) -> ScoredRecording:
    """Return a recording as the software scored it, from its stored beats.

    The parameters and errors are those of :func:`review_recording`.
    """
    nothing = Review(schema_version=REVIEW_SCHEMA_VERSION, beats=stored.sha256, operations=())
    scored = review_recording(recording, stored, nothing, card, settings, sha256="")
    return replace(scored, review=None)


def _probabilities(labels: Ints, probability: Floats32) -> Floats32:
    """Return the probability of the class of each beat, 0 for the others, shape (n_beats, 5)."""
    return np.eye(len(CLASSES), dtype=np.float32)[labels] * probability[:, None]
