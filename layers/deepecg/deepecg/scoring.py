"""From a recording to its classified beats and their rhythm: the pipeline, step by step."""

from collections.abc import Callable

import numpy as np

from deepecg.classifier import BeatClassifier
from deepecg.errors import NoBeatsError, TooLongError, TooShortError
from deepecg.quiet_gaps import quiet_before
from deepecg.r_peaks import detect_r_peaks
from deepecg.recording import Recording
from deepecg.rhythm import analyse_rhythm
from deepecg.rr_features import rr_intervals
from deepecg.scored import Beats, ScoredRecording
from deepecg.settings import QualitySettings, ScoringSettings
from deepecg.used_leads import find_usable_leads, flags_of_all, usable_beats, usable_seconds

CONDITIONING_SHARE = 0.6
"""Of the time that scoring takes, for the progress bar."""
SECONDS_PER_DAY = 86_400
MIN_BEATS = 3
"""Fewer make no rhythm."""


def score_recording(
    recording: Recording,
    classifier: BeatClassifier,
    settings: ScoringSettings | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> ScoredRecording:
    """Find and classify every beat of a recording, and analyse its rhythm.

    Parameters
    ----------
    recording : Recording
        The recording; the best leads that can be analysed are read by chunks.
    classifier : BeatClassifier
        The model.
    settings : ScoringSettings, optional
        Leads, filter, detector, quality and rhythm; the defaults if None.
    progress : callable
        Told the share of the work that is done, 0 to 1.

    Returns
    -------
    ScoredRecording
        Beats, rhythm, and what could not be analysed.

    Raises
    ------
    RefusedRecordingError
        If the recording cannot be scored; the subclass and its ``code`` say why.
    ModelMismatchError
        If the settings are not those the model was trained with.
    """
    settings = settings or ScoringSettings()
    classifier.card.refuse_other_conditioning(settings.conditioning)
    _refuse_length(recording, settings.quality)
    used = find_usable_leads(
        recording, settings, lambda share: progress(CONDITIONING_SHARE * share)
    )
    signals = [lead.conditioned.signal for lead in used]
    primary, flags = used[0].conditioned, flags_of_all(used)
    r_peaks = detect_r_peaks(signals, primary.rate_hz, settings.detector, usable_seconds(used))
    r_peaks = r_peaks[flags.beats_analysable(r_peaks / primary.clock_hz)]
    _refuse_without_beats(len(r_peaks))
    times_s = r_peaks / primary.clock_hz
    rr_s = rr_intervals(times_s, flags.gap_before(times_s))
    probabilities = classifier.classify(
        signals,
        r_peaks,
        rr_s,
        usable_beats(used, times_s),
        lambda share: progress(CONDITIONING_SHARE + (1 - CONDITIONING_SHARE) * share),
    )
    labels = probabilities.argmax(axis=1).astype(np.int64)
    quiet = quiet_before(recording, used[0].number, primary, times_s, rr_s, settings=settings)
    quiet &= ~used[0].flags.gap_before(times_s)
    beats = Beats(times_s, rr_s, labels, probabilities, quiet)
    rhythm = analyse_rhythm(beats.stream(flags), settings.rhythm)
    beats = beats.conducted(rhythm.fibrillation.beats)
    return ScoredRecording(recording, used, flags, beats, rhythm, classifier.card, settings)


def _refuse_length(recording: Recording, settings: QualitySettings) -> None:
    if recording.duration_s > settings.max_recording_s:
        raise TooLongError(
            f"found {recording.duration_s / SECONDS_PER_DAY:.1f} days of signal, expected at most "
            f"{settings.max_recording_s / SECONDS_PER_DAY:g}"
        )
    if recording.duration_s < settings.min_recording_s:
        raise TooShortError(
            f"found {recording.duration_s:.1f} s of signal, expected at least "
            f"{settings.min_recording_s:g} s"
        )


def _refuse_without_beats(n_beats: int) -> None:
    if n_beats < MIN_BEATS:
        raise NoBeatsError(f"found {n_beats} beats, expected at least {MIN_BEATS}")
