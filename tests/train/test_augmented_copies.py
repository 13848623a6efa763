"""Augmented copies of training records: noise, kept beats, and labels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepecg.beats.aami_classes import CLASSES
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from training.annotated_records import annotated_records
from training.annotation_files import BeatFile
from training.augmented_copies import (
    ectopic_copy_beats,
    fast_copy,
    make_copies,
    sinus_cycles,
    with_noise,
)
from training.recipes import DEFAULT
from training.synthetic_noise import moved_electrode, muscles, synthetic_noise, wander

RATE_HZ = 360.0
N, S, V, Q = (CLASSES.index(name) for name in "NSVQ")


def power_below(noise: np.ndarray, frequency_hz: float) -> float:
    """Return the share of the power below a frequency."""
    power = np.abs(np.fft.rfft(noise)) ** 2
    below = np.fft.rfftfreq(len(noise), 1 / RATE_HZ) < frequency_hz
    return float(power[below].sum() / power.sum())


@pytest.mark.parametrize("seed", range(5))
def test_each_kind_of_noise_has_its_frequency_band(seed: int) -> None:
    random = np.random.default_rng(seed)
    n_samples = round(120 * RATE_HZ)
    assert power_below(muscles(n_samples, RATE_HZ, random), 5) < 0.1
    assert power_below(wander(n_samples, RATE_HZ, random), 8) > 0.5
    moved = moved_electrode(n_samples, RATE_HZ, random)
    assert power_below(moved, 15) > 0.9
    assert (moved == 0).any(), "it is still at times"


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_unit_power_and_depends_on_the_seed_alone(seed: int) -> None:
    noise, again = (synthetic_noise(30_000, RATE_HZ, np.random.default_rng(seed)) for _ in range(2))
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1)
    np.testing.assert_array_equal(noise, again)


def test_an_ectopic_copy_keeps_s_beats_and_the_beats_before_them() -> None:
    labels = np.full(5000, N)
    labels[100:1600:100] = S
    labels[1000:1004] = S
    labels[2500] = V
    for seed in range(4):
        kept = ectopic_copy_beats(labels, np.random.default_rng(seed))
        assert kept[labels == S].all()
        assert kept[99:1599:100].all()
        assert kept.mean() < 0.2
    assert not ectopic_copy_beats(labels[:1000], np.random.default_rng(0)).any(), "nine are too few"


@pytest.fixture(scope="module")
def clean(data_dir: Path):
    return open_recording(data_dir / "mitdb" / "119.hea"), BeatFile.read(data_dir / "mitdb/119")


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_on_in_segments_on_one_lead_or_both(clean, seed: int) -> None:
    recording, reference = clean
    noisy = with_noise(recording, reference, np.random.default_rng(seed))
    added = np.stack(
        [
            noisy.read(lead, 0, noisy.n_samples) - recording.read(lead, 0, recording.n_samples)
            for lead in range(2)
        ]
    )
    is_noisy = np.abs(added).max(axis=1) > 0
    assert is_noisy.any()
    for noise in added[is_noisy]:
        assert 0.2 < (noise != 0).mean() < 0.95
        assert np.sqrt(np.mean(noise**2)) < 1.0, "QRS complexes of 119 are 2 to 3 mV high"


def test_copies_of_a_record_have_its_name_and_its_annotated_beats(data_dir: Path) -> None:
    settings = ScoringSettings()
    names = ("mitdb/119", "svdb/800")
    config = replace(DEFAULT, noisy_copies=2, ectopic_copies=1, fast_copies=0)
    few, with_s = (
        (record, make_copies(data_dir, record, config, settings, seed=0))
        for record in annotated_records(data_dir, names, settings, n_leads=2)
    )
    for (record, copies), n_copies in ((few, 2), (with_s, 3)):
        assert [copy.record for copy in copies] == [record.record] * n_copies
        annotated = np.bincount(record.labels, minlength=5)
        for noisy in copies[:2]:
            assert noisy.weight == DEFAULT.noisy_weight
            found = np.bincount(noisy.labels, minlength=5)
            assert (found[:Q] <= annotated[:Q]).all()
            assert found[V] > 0.5 * annotated[V], "most seconds are analysable"
            assert found[Q] < 0.2 * annotated.sum()
            assert noisy.beats.waveforms.shape[:2] == (len(noisy.labels), 2)
        assert not np.array_equal(copies[0].beats.waveforms, copies[1].beats.waveforms)
    ectopic = with_s[1][2]
    assert ectopic.weight == DEFAULT.ectopic_weight
    assert (ectopic.labels == S).sum() == (with_s[0].labels == S).sum()
    assert (ectopic.labels == S).mean() > 3 * (with_s[0].labels == S).mean()


def test_a_fast_copy_goes_from_rest_to_a_high_rate_and_back_and_is_normal(data_dir: Path) -> None:
    settings = ScoringSettings()
    (record,) = annotated_records(data_dir, ("mitdb/101",), settings, n_leads=2)
    pre_rr = DEFAULT.input.timing.index("pre_global")
    for seed in range(3):
        copy = fast_copy(record, DEFAULT.input, settings, np.random.default_rng(seed))
        assert copy is not None
        assert set(copy.labels) == {N}
        relative = copy.beats.timing[:, pre_rr]
        fastest = np.percentile(relative, 10)
        for rest in (np.median(relative[1:30]), np.median(relative[-10:])):
            assert fastest < rest - 0.15


def test_only_sinus_rhythm_gives_cycles() -> None:
    random = np.random.default_rng(0)
    labels = np.full(1000, N)
    regular = np.cumsum(100 + random.normal(0, 3, 1000)).astype(np.int64)
    fibrillation = np.cumsum(random.uniform(60, 140, 1000)).astype(np.int64)
    assert len(sinus_cycles(regular, labels)) > 950
    assert len(sinus_cycles(fibrillation, labels)) == 0
    ectopic = labels.copy()
    ectopic[::10] = V
    cycles = sinus_cycles(regular, ectopic)
    assert (ectopic[cycles] == N).all()
    assert (ectopic[cycles + 1] == N).all()
    assert len(sinus_cycles(regular[:80], labels[:80])) == 0, "too few"
