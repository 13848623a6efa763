import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from unit.small_recordings import scored_of

from deepecg.outputs.file_names import BEAT_EXTENSION
from deepecg.outputs.wfdb_annotations import write_annotations

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import wfdb


def read_back(path: Path) -> wfdb.Annotation:
    assert path.suffix == f".{BEAT_EXTENSION}"
    return wfdb.rdann(str(path.with_suffix("")), BEAT_EXTENSION)


@pytest.mark.parametrize("rate", [128.0, 250.0, 360.0, 199.8, 257.3, 1000.0])
def test_classes_and_sample_numbers_at_the_recordings_own_rate_come_back(
    tmp_path: Path, rate: float
) -> None:
    times = np.array([0.5, 1.31, 2.0, 2.75, 3.9, 30.004])
    found = read_back(write_annotations(scored_of(times, "NSVFQN", rate=rate), tmp_path, "100"))
    assert found.symbol == ["N", "S", "V", "F", "Q", "N"]
    assert found.sample.tolist() == [round(time * rate) for time in times]
    assert found.fs == pytest.approx(rate)


@pytest.mark.parametrize("name", ["a b", "v1.2", "Å-東京", "x.y.z", "with+plus", "-", "100"])
def test_names_with_spaces_dots_and_letters_of_any_script_are_kept(
    tmp_path: Path, name: str
) -> None:
    written = write_annotations(scored_of([1, 2, 3], "NVN"), tmp_path, name)
    assert written.name == f"{name}.{BEAT_EXTENSION}"
    assert [path.name for path in tmp_path.iterdir()] == [written.name]
    content = written.read_bytes()
    other = write_annotations(scored_of([1, 2, 3], "NVN"), tmp_path, "plain")
    assert other.read_bytes() == content
    assert read_back(other).symbol == ["N", "V", "N"]


def test_intervals_longer_than_their_ten_bits_are_kept(tmp_path: Path) -> None:
    samples = np.array([5000, 5100, 6123, 6124 + 1023, 9000, 9_000_000, 9_000_050])
    scored = scored_of(samples / 1000, "NNNVNSN", rate=1000, duration_s=10)
    found = read_back(write_annotations(scored, tmp_path, "gaps"))
    assert found.sample.tolist() == samples.tolist()
    assert "".join(found.symbol) == "NNNVNSN"


def test_two_weeks_fit(tmp_path: Path) -> None:
    last = 14 * 86_400 * 250
    scored = scored_of(np.array([250, last - 300, last - 50]) / 250, "NNV", duration_s=10)
    assert read_back(write_annotations(scored, tmp_path, "r")).sample[-1] == last - 50


def test_a_hundred_thousand_beats_are_written_within_seconds(tmp_path: Path) -> None:
    times = 0.8 * np.arange(1, 100_001)  # regular: in fibrillation no beat would be S
    classes = "".join(np.random.default_rng(1).choice(list("NNNNNSV"), 100_000))
    scored = scored_of(times, classes, duration_s=60)
    begin = time.process_time()
    written = write_annotations(scored, tmp_path, "day")
    assert time.process_time() - begin < 20
    found = read_back(written)
    np.testing.assert_array_equal(found.sample, np.rint(times * 250))
    assert "".join(found.symbol) == classes


def test_a_second_writing_replaces_the_first(tmp_path: Path) -> None:
    write_annotations(scored_of([1, 2, 3], "NNN"), tmp_path, "r")
    assert read_back(write_annotations(scored_of([1, 2], "VV"), tmp_path, "r")).symbol == ["V", "V"]


def test_stretches_that_cannot_be_analysed_are_told_as_shutdowns(tmp_path: Path) -> None:
    bad = {"noisy": [3, 4], "flat": [5], "missing": [58, 59]}
    scored = scored_of([1.5, 2.5, 6.0, 7.5], "NVNS", rate=360, bad=bad)
    found = read_back(write_annotations(scored, tmp_path, "r"))
    told = list(zip(found.sample, found.symbol, found.subtype, strict=True))
    assert told == [
        (540, "N", 0),
        (900, "V", 0),
        (3 * 360, "~", -1),
        (6 * 360, "~", 0),
        (6 * 360, "N", 0),
        (2700, "S", 0),
        (58 * 360, "~", -1),  # to the end: nothing ends it
    ]
