"""The EDF and BDF files that pyedflib ships: generated waves and an EEG, but no ECG."""

from pathlib import Path

import edfio
import numpy as np
import pyedflib
import pytest
from unit.readers.recording_content import whole

from deepecg.beats.classifier import BeatClassifier
from deepecg.errors import NoLeadsError, SamplingRateError
from deepecg.readers.open_recording import open_recording
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.voltage_units import millivolts_per_unit
from deepecg.recording import MIN_SAMPLING_RATE_HZ
from deepecg.scoring import score_recording

FILES = sorted(Path(pyedflib.__file__).parent.glob("tests/data/*.?df"))


def test_there_are_files() -> None:
    assert len(FILES) >= 7


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> BeatClassifier:
    return BeatClassifier.load(model_dir)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_signal_is_read_by_its_number_as_edfio_reads_it(path: Path) -> None:
    file = (edfio.read_bdf if path.suffix == ".bdf" else edfio.read_edf)(path)
    for number, signal in enumerate(file.signals, start=1):
        options = ReadingOptions(lead=str(number))
        if signal.sampling_frequency < MIN_SAMPLING_RATE_HZ:
            with pytest.raises(SamplingRateError):
                open_recording(path, options)
            continue
        recording = open_recording(path, options)
        assert recording.sampling_rate_hz == signal.sampling_frequency
        expected = signal.data * (millivolts_per_unit(signal.physical_dimension) or 1.0)
        found = whole(recording)[:, recording.lead_index(str(number))]
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * np.ptp(expected))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_without_an_ecg_is_scored(path: Path, classifier: BeatClassifier) -> None:
    with pytest.raises(NoLeadsError):
        score_recording(open_recording(path), classifier)
