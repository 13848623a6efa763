"""What becomes of beats inside atrial fibrillation."""

from pathlib import Path

import numpy as np

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.readers.open_recording import open_recording
from deepecg.scored_recording import Beats
from deepecg.scoring import score_recording

N, S, V = (CLASSES.index(name) for name in "NSV")


def test_beats_called_s_inside_fibrillation_are_n_and_all_others_stay() -> None:
    probabilities = np.full((4, 5), 0.05, np.float32)
    for beat, label in enumerate((S, S, V, N)):
        probabilities[beat, label] = 0.8
    labels = probabilities.argmax(axis=1)
    beats = Beats(np.arange(4.0), np.ones(4), labels, probabilities, np.zeros(4, bool))
    conducted = beats.conducted(np.array([False, True, True, True]))
    assert conducted.labels.tolist() == [S, N, V, N]
    assert conducted.labels.tolist() == conducted.probabilities.argmax(axis=1).tolist()
    np.testing.assert_allclose(conducted.probabilities.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(conducted.probabilities[0], probabilities[0])


def test_no_beat_of_a_record_in_fibrillation_is_s(data_dir: Path, model_dir: Path) -> None:
    """Record 203 is in fibrillation throughout; its annotators called 2 beats of 2,980 S."""
    recording = open_recording(data_dir / "mitdb" / "203.hea")
    scored = score_recording(recording, BeatClassifier.load(model_dir))
    inside = scored.rhythm.fibrillation.beats
    assert inside.mean() > 0.9
    assert np.count_nonzero(scored.beats.labels[inside] == S) == 0
    assert np.count_nonzero(scored.beats.labels == S) < 30
