"""From a recording to its classified beats and their rhythm: the pipeline, step by step."""

from collections.abc import Callable

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.detection import detect_beats
from deepecg.beats.pause_confirmation import confirm_pauses
from deepecg.errors import TooLongError, TooShortError
from deepecg.recording import Recording
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.repolarisation import analyse_repolarisation
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.scored_recording import ScoredRecording
from deepecg.settings import ScoringSettings
from deepecg.signal.calibration_check import with_possible_amplitudes
from deepecg.signal.convincing_ecg import keep_convincing
from deepecg.signal.settings import QualitySettings
from deepecg.time_units import SECONDS_PER_DAY
from deepecg.waves.flutter_waves import beats_with_flutter_waves
from deepecg.waves.low_activity import beats_of_low_activity
from deepecg.waves.spurious_beats import spurious_beats
from deepecg.waves.wave_delineator import WaveDelineator, delineator_beside

DETECTION_SHARE, WAVES_SHARE = 0.5, 0.2
"""Of the time that scoring takes, for the progress bar."""


def score_recording(
    recording: Recording,
    classifier: BeatClassifier,
    settings: ScoringSettings | None = None,
    progress: Callable[[float], None] = lambda _: None,
    delineator: WaveDelineator | None = None,
) -> ScoredRecording:
    """Find and classify every beat of a recording, find its waves, and analyse its rhythm.

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
    delineator : WaveDelineator, optional
        The network that finds P and T waves; if None, the one in the model's folder, or else the
        one that is installed with this software.

    Returns
    -------
    ScoredRecording
        Beats, waves, rhythm, and what could not be analysed.

    Raises
    ------
    RefusedRecordingError
        If the recording cannot be scored; the subclass and its ``code`` say why.
    ModelMismatchError
        If the settings are not those the model was trained with.
    """
    settings = settings or ScoringSettings()
    classifier.card.refuse_other_conditioning(settings.conditioning)
    delineator = delineator or delineator_beside(classifier.folder)
    delineator.segmentation.card.refuse_other_conditioning(settings.conditioning)
    _refuse_length(recording, settings.quality)
    recording = keep_convincing(recording, settings)
    recording = with_possible_amplitudes(recording, settings)
    found = detect_beats(recording, settings, lambda share: progress(DETECTION_SHARE * share))
    waves = delineator.find(
        found.used, found.r_peaks, lambda share: progress(DETECTION_SHARE + WAVES_SHARE * share)
    )
    real = ~(
        spurious_beats(found.times_s, found.rr_s, waves, settings.spurious_beats)
        | beats_of_low_activity(found.used, found.r_peaks, waves, settings.low_activity)
    )
    found, waves = found.only(real), waves.of_beats(real)
    probabilities = classifier.classify(
        found.signals,
        found.r_peaks,
        found.rr_s,
        found.usable,
        lambda share: progress(
            DETECTION_SHARE + WAVES_SHARE + (1 - DETECTION_SHARE - WAVES_SHARE) * share
        ),
    )
    primary = found.used[0]
    pause_confirmed = confirm_pauses(
        recording,
        primary.number,
        primary.conditioned,
        found.times_s,
        found.rr_s,
        settings=settings,
        pauses=settings.rhythm.pauses,
    )
    pause_confirmed &= ~primary.flags.gap_before(found.times_s)
    beats = BeatStream(
        found.times_s,
        found.rr_s,
        probabilities,
        pause_confirmed,
        found.flags.analysable,
        recording.midnight_s,
    )
    flutter = beats_with_flutter_waves(found.used, found.r_peaks, waves, settings.flutter_waves)
    rhythm = analyse_rhythm(beats, settings.rhythm, waves, flutter)
    repolarisation = analyse_repolarisation(
        rhythm,
        waves,
        found.used,
        settings.rhythm,
        paced=recording.paced is True,
        calibrated=recording.amplitudes_calibrated,
    )
    return ScoredRecording(
        recording,
        found.used,
        found.flags,
        waves,
        rhythm,
        repolarisation,
        classifier.card,
        settings.as_shown(recording),
    )


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
