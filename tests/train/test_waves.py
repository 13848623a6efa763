from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from deepecg.signal.settings import ConditioningSettings
from deepecg.waves.wave_card import KINDS, WAVE_FOLDER, read_wave_card
from deepecg.waves.wave_delineator import WaveDelineator
from deepecg.waves.waves import Waves
from training.data_roles import HeldBackRecordError, patient_of
from training.waves.crops import Crops, CropSettings, draw_targets
from training.waves.crops import Waves as CropWaves
from training.waves.evaluate import judged
from training.waves.export_waves import (
    WINDOW_SAMPLES,
    calibration_windows,
    export_float,
    margin_samples,
    quantise,
)
from training.waves.network import WaveNetwork, by_sample
from training.waves.training_loop import WaveTrainingConfig, train
from training.waves.wave_judge import judge, marks_of, total
from training.waves.wave_marks import QRS, P, T, WaveMarks, read_wave_marks, waves_of
from training.waves.wave_records import (
    LUDB_RECORDS,
    QTDB_RECORDS,
    fibrillating_leads,
    held_back,
    marked_leads,
    marked_stretches,
    trained_on,
)

pytestmark = pytest.mark.xdist_group("training")
NAN = np.nan


@pytest.fixture(scope="module")
def wave_data(data_dir: Path) -> Path:
    if not ((data_dir / "qtdb").is_dir() and (data_dir / "ludb").is_dir()):
        pytest.skip("needs qtdb/ and ludb/ in DEEPECG_DATA (see training/README.md)")
    return data_dir


# --- marks


def marks(*waves: tuple[int, float, float, float]) -> WaveMarks:
    kind, *times = zip(*waves, strict=True)
    return WaveMarks(np.array(kind), *(np.array(one, float) for one in times))


def test_peaks_take_the_boundaries_beside_them():
    symbols = list("(p)(N)t)u)(N)(tt)(V")
    found = waves_of(symbols, np.arange(len(symbols), dtype=float))
    assert found.kind.tolist() == [P, QRS, T, QRS, T, QRS]
    np.testing.assert_array_equal(found.peak_s, [1, 4, 6, 11, 14, 18])
    np.testing.assert_array_equal(found.onset_s, [0, 3, NAN, 10, 13, 17])
    np.testing.assert_array_equal(found.offset_s, [2, 5, 7, 12, 16, NAN])


def test_marks_of_the_qt_database_are_read(wave_data):
    found = read_wave_marks(wave_data / "qtdb" / "sel16265", "q1c", 250.0)
    assert [int((found.kind == kind).sum()) for kind in (P, QRS, T)] == [30, 30, 30]
    beats = found.of_kind(QRS)
    assert np.median(beats.offset_s - beats.onset_s) == pytest.approx(0.09, abs=0.03)
    assert np.isnan(found.of_kind(T).onset_s).all()  # as its notes say


def test_a_stretch_is_interrupted_where_beats_may_be_unmarked():
    beats_s = np.array([1.0, 2.0, 3.0, 9.0, 10.0])
    waves = []
    for beat in beats_s:
        waves.append((P, beat - 0.2, beat - 0.15, beat - 0.1))
        waves.append((QRS, beat - 0.05, beat, beat + 0.05))
        waves.append((T, NAN, beat + 0.3, beat + 0.4))
    np.testing.assert_allclose(
        marked_stretches(marks(*waves)), [(0.72, 3.48), (8.72, 10.48)], atol=1e-9
    )


# --- the judge


def test_the_judge_counts_pairs_and_measures_boundaries():
    reference = marks((P, 0.8, 0.85, 0.9), (QRS, 0.95, 1.0, 1.05), (P, 1.8, 1.85, 1.9))
    found = marks(
        (P, 0.81, 0.86, 0.88),  # found, 10 ms late, ends 20 ms early
        (QRS, NAN, 1.01, 1.06),
        (P, 1.4, 1.5, 1.6),  # false, and the second is missed
        (P, 5.0, 5.1, 5.2),  # outside of what is marked
    )
    scores = judge(reference, found, np.array([(0.7, 2.0)]))
    p = scores["P"]
    assert (p.marked, p.found, p.matched) == (2, 2, 1)
    assert p.onset_ms == pytest.approx([10])
    assert p.offset_ms == pytest.approx([-20])
    assert scores["QRS"].onset_ms == []
    assert scores["QRS"].offset_ms == pytest.approx([10])
    assert scores["T"].marked == 0
    both = total([scores, scores])["P"]
    assert (both.marked, both.sensitivity, both.precision) == (4, 0.5, 0.5)


def test_a_peak_is_the_partner_of_one_peak_only():
    reference = marks((P, NAN, 1.0, NAN), (P, NAN, 1.1, NAN))
    scores = judge(reference, marks((P, NAN, 1.06, NAN)), np.array([(0.0, 2.0)]))
    assert scores["P"].matched == 1


def test_waves_without_a_peak_are_not_judged():
    found = marks_of(
        replace(Waves.none(2), t_peak_s=np.array([1.3, NAN]), extra_p_peak_s=np.array([0.2]),
                extra_p_onset_s=np.array([0.1]), extra_p_offset_s=np.array([0.3])),
        np.array([1.0, 2.0]),
    )  # fmt: skip
    assert found.kind.tolist() == [P, QRS, T, QRS]
    assert found.peak_s.tolist() == [0.2, 1.0, 1.3, 2.0]


# --- crops


def test_targets_cross_one_half_at_the_boundaries():
    waves = CropWaves(np.array([P]), np.array([10.25]), np.array([15.0]), np.array([20.5]))
    targets, weights = draw_targets(waves, np.array([(0.0, 30.0)]), 40)
    assert np.interp(10.25, np.arange(40), targets[P]) == pytest.approx(0.5, abs=1e-6)
    assert np.interp(20.5, np.arange(40), targets[P]) == pytest.approx(0.5, abs=1e-6)
    assert targets[P, 12:19].min() == 1
    assert targets[P, [9, 22]].max() == 0
    assert targets[P].sum() == pytest.approx(10.25, abs=0.1)
    assert targets[QRS].max() == 0
    assert (weights[:, :31] == 1).all()
    assert (weights[:, 31:] == 0).all()


def test_where_no_onset_is_marked_nothing_is_learnt_before_the_peak():
    waves = CropWaves(
        np.array([QRS, T]), np.array([5.0, NAN]), np.array([8.0, 20.0]), np.array([11.0, 26.0])
    )
    targets, weights = draw_targets(waves, np.array([(0.0, 39.0)]), 40)
    assert (weights[T, 12:20] == 0).all()
    assert (weights[T, [5, 21, 30]] == 1).all()
    assert (weights[[P, QRS]] == 1).all()
    assert (targets[T, 20:25] == 1).all()


@pytest.fixture(scope="module")
def some_leads(wave_data):
    return list(marked_leads(wave_data, ("ludb/1", "qtdb/sel16265")))


def test_crops_hold_the_marked_waves_and_keep_their_shapes(some_leads):
    plain = CropSettings(
        stretch=(1.0, 1.0), interval_spread=0, fast_share=0, pr_share=0, no_p_share=0,
        dissociated_share=0, further_p_share=0, dropped_share=0, standstill_share=0,
        gain_spread=0, inverted_share=0, noise_median=1e-9, hum_share=0, wander_share=0,
    )  # fmt: skip
    crops = Crops(some_leads, plain, np.random.default_rng(0))
    lead = next(lead for lead in some_leads if lead.record == "qtdb/sel16265")
    signal, targets, weights = crops.crop(lead)
    assert signal.shape == (1024,)
    known = weights[QRS] > 0
    n_beats = (np.diff((targets[QRS] > 0.5).astype(int)) == 1).sum()
    assert n_beats == pytest.approx(known.sum() / 128 / 0.73, abs=1.5)  # 82 beats a minute
    assert np.abs(signal[targets[QRS] > 0.5]).max() > 2 * np.abs(signal[targets[P] > 0.5]).mean()


def test_altered_crops_are_finite_and_stay_within_bounds(some_leads):
    crops = Crops(some_leads, CropSettings(), np.random.default_rng(1))
    signals, targets, weights = crops.batch(np.arange(len(some_leads)).repeat(5))
    assert np.isfinite(signals).all()
    assert np.abs(signals).max() < 1
    assert targets.min() >= 0
    assert targets.max() == 1
    assert set(np.unique(weights)) == {0, 1}


def test_of_fibrillation_only_the_absence_of_p_waves_is_learnt(wave_data):
    leads = list(fibrillating_leads(wave_data))
    assert {lead.record for lead in leads} == {"mitdb/201", "mitdb/203"}
    _, targets, weights = Crops(leads, CropSettings(), np.random.default_rng(0)).batch(
        np.arange(len(leads))
    )
    assert targets[:, P].max() == 0
    assert weights[:, P].mean() > 0.5
    assert weights[:, [QRS, T]].max() == 0


# --- roles


def test_patients_held_back_are_none_of_those_trained_on():
    for records in (LUDB_RECORDS, QTDB_RECORDS):
        apart = {patient_of(record) for record in held_back(records)}
        assert not apart & {patient_of(record) for record in trained_on(records)}
        assert len(apart) == pytest.approx(len(records) / 5, abs=1)


def test_records_that_are_held_back_from_all_training_are_refused(some_leads):
    lead = replace(some_leads[0], record="mitdb/100")
    with pytest.raises(HeldBackRecordError):
        train(replace(WaveTrainingConfig(), steps=1), [lead], seed=0)


# --- network and export


def small_config() -> WaveTrainingConfig:
    config = WaveTrainingConfig()
    return replace(config, steps=3, batch_crops=4, average_decay=0.0)


def test_the_same_seed_gives_the_same_network(some_leads):
    torch.set_num_threads(1)
    first, second = (train(small_config(), some_leads, seed=3).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_samples_are_in_the_order_of_time():
    logits = torch.arange(12.0).reshape(1, 6, 2)  # P, QRS, T of even samples, then of odd ones
    np.testing.assert_array_equal(by_sample(logits)[0, P], [0, 6, 1, 7])
    np.testing.assert_array_equal(by_sample(logits)[0, T], [4, 10, 5, 11])


def test_the_margin_is_as_long_as_what_a_result_depends_on():
    torch.manual_seed(0)
    config = WaveTrainingConfig()
    network = WaveNetwork(config.network).eval()
    for parameter in network.parameters():
        parameter.data.abs_()  # no unit is off, so that the whole reach shows
    margin = margin_samples(config)
    signal = torch.rand(1, 1, 4096)
    reached = []
    for part in (slice(0, 2048), slice(2048, None)):
        changed = signal.clone()
        changed[..., part] += 1
        with torch.no_grad():
            differs = (by_sample(network(signal)) - by_sample(network(changed))).abs()
        differs[..., part] = 0
        samples = differs[0].amax(dim=0).nonzero().flatten()
        reached.append(int((samples - 2047.5).abs().max() + 0.5))
    assert margin - 2 * config.network.step < max(reached) <= margin


def test_float32_onnx_equals_pytorch_within_rounding_and_int8_is_close(some_leads, tmp_path):
    torch.set_num_threads(1)
    network = train(replace(small_config(), steps=60), some_leads, seed=0)
    crops = Crops(some_leads, CropSettings(), np.random.default_rng(0))
    windows = calibration_windows(
        [crops.batch(np.arange(len(some_leads)).repeat(4))[0] for _ in range(2)]
    )
    assert windows.shape[1:] == (1, WINDOW_SAMPLES)
    export_float(network, tmp_path / "float.onnx")
    quantise(tmp_path / "float.onnx", windows, tmp_path / "int8.onnx")
    with torch.no_grad():
        expected = torch.sigmoid(by_sample(network.eval()(torch.from_numpy(windows[:1])))).numpy()
    found = {}
    for name in ("float", "int8"):
        session = onnxruntime.InferenceSession(str(tmp_path / f"{name}.onnx"))
        (logits,) = session.run(None, {"lead": windows[:1]})
        found[name] = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(found["float"], expected, atol=1e-4)
    assert np.abs(found["int8"] - expected).mean() < 0.02


def test_the_card_names_what_the_network_was_trained_on(model_dir):
    document = read_wave_card(model_dir / WAVE_FOLDER).document
    assert document["kinds"] == list(KINDS)
    assert document["conditioning"]["rate_hz"] == ConditioningSettings().rate_hz
    assert set(document["training"]["held_back"]) == {
        *held_back(QTDB_RECORDS),
        *held_back(LUDB_RECORDS),
    }


# --- accuracy of the committed network, on patients that it was not trained on


@pytest.fixture(scope="module")
def delineator(model_dir):
    return WaveDelineator.load(model_dir / WAVE_FOLDER)


def assert_boundaries(scores, limits):
    """Compare mean and SD of P onset, QRS onset, QRS end and T end in ms with the limits."""
    errors = (scores["P"].onset_ms, scores["QRS"].onset_ms, scores["QRS"].offset_ms,
              scores["T"].offset_ms)  # fmt: skip
    for errors_ms, (largest_mean, largest_sd) in zip(errors, limits, strict=True):
        assert abs(np.mean(errors_ms)) <= largest_mean
        assert np.std(errors_ms) <= largest_sd


def test_waves_of_held_back_records_of_the_qt_database(wave_data, delineator):
    scores = total(score for _, score in judged(wave_data, held_back(QTDB_RECORDS), delineator))
    assert scores["P"].sensitivity >= 0.92  # sel40, one of twelve, has no visible P waves
    assert scores["P"].precision >= 0.99
    assert scores["QRS"].sensitivity >= 0.999
    assert scores["T"].sensitivity >= 0.99
    assert_boundaries(scores, [(8, 18), (8, 12), (8, 15), (8, 28)])


def test_waves_of_held_back_records_of_the_lobachevsky_database(wave_data, delineator):
    scores = total(score for _, score in judged(wave_data, held_back(LUDB_RECORDS), delineator))
    assert scores["P"].sensitivity >= 0.985
    assert scores["P"].precision >= 0.98
    assert scores["T"].sensitivity >= 0.98
    assert_boundaries(scores, [(8, 11), (8, 10), (8, 12), (8, 26)])
