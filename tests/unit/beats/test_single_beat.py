"""A single beat has the input and the result of the same beat in a recording."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from unit.small_recordings import RATE, ecg, every

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.beat_windows import cut_windows, template_beat
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.input_spec import TIMING_FEATURES
from deepecg.beats.model_input import beats_of_template, model_inputs, slow_beats
from deepecg.beats.single_beat import (
    SingleBeat,
    SingleBeatModels,
    beats_input,
    classify_beats,
)
from deepecg.errors import FlatLineError, RefusedRecordingError, SaturatedError, TooShortError
from deepecg.readers.open_recording import open_recording
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.signal.filters import band_pass
from deepecg.signal.quality import flag_seconds, per_second_statistics
from deepecg.signal.settings import ConditioningSettings, QualitySettings

BEFORE, AFTER = 48, 80
"""Samples of a window at 128 Hz: 375 and 625 ms."""
AT = BEFORE / (BEFORE + AFTER - 1)
REACH = 400
"""Intervals that the long mean could reach, and then some."""
N_COMPARED = 300
"""Beats of each record, spread over it."""
RECORDS = ("101", "118", "119", "208")
"""Of DS1: normal, supraventricular, bigeminy, half of the beats ventricular or fusion."""


@cache
def loaded() -> SingleBeatModels:
    """Return the committed models, also for property tests, which take no fixtures."""
    return SingleBeatModels.load(Path(__file__).parents[3] / "layers/model")


def classify_beat(beat: SingleBeat, classifier: BeatClassifier) -> NDArray[np.float32]:
    (found,) = classify_beats([beat], classifier)
    if isinstance(found, RefusedRecordingError):
        raise found
    return found


@pytest.fixture(scope="module")
def models() -> SingleBeatModels:
    return loaded()


@pytest.fixture(scope="module")
def classifier() -> BeatClassifier:
    """The recordings' model."""
    return loaded().with_template


@dataclass(frozen=True)
class ScoredRecord:
    """A scored record of the database, beat by beat."""

    scored: ScoredRecording

    @property
    def r_peaks(self) -> NDArray[np.float64]:
        return self.scored.beats.times_s * self.scored.conditioned.clock_hz

    def windows(self) -> NDArray[np.float32]:
        windows = self.scored.card.input.windows
        return cut_windows(self.scored.conditioned.signal, self.r_peaks, RATE, windows)

    def compared(self) -> list[int]:
        """Return beats with whole windows, and no gap as far as the means reach."""
        rr, n = self.scored.beats.rr_s, len(self.r_peaks)
        return [
            beat
            for beat in range(2, n - 2, max(1, n // N_COMPARED))
            if np.isfinite(rr[max(beat - REACH, 1) : beat + REACH + 1]).all()
        ]

    def rhythm(self, beat: int) -> dict[str, list[float]]:
        rr = self.scored.beats.rr_s
        return {
            "rr_before_s": rr[max(beat - REACH, 1) : beat + 1].tolist(),
            "rr_after_s": rr[beat + 1 : beat + 1 + REACH].tolist(),
        }


@pytest.fixture(scope="module", params=RECORDS)
def record(
    request: pytest.FixtureRequest, data_dir: Path, classifier: BeatClassifier
) -> ScoredRecord:
    recording = open_recording(data_dir / "mitdb" / f"{request.param}.hea")
    return ScoredRecord(score_recording(recording, classifier))


# The same beat inside a scored recording


def test_with_all_of_a_recordings_data_input_and_result_are_bit_equal(
    record: ScoredRecord, classifier: BeatClassifier
) -> None:
    """Except for the beat after, which is not known and counts as equal."""
    windows, compared = record.windows(), record.compared()
    spec = classifier.card.input
    every = np.arange(len(windows))
    slow = slow_beats(record.scored.beats.rr_s, spec.windows)
    typical = beats_of_template(every, slow, spec.windows)
    usual = template_beat(windows[typical]).astype(np.float64)
    beats = [
        SingleBeat(
            windows[beat].astype(np.float64),
            RATE,
            **record.rhythm(beat),
            r_peak_position=AT,
            filtered=True,
            template_beat_mv=usual,
            previous_beat_mv=windows[beat - 1].astype(np.float64),
        )
        for beat in compared
    ]
    assert len(record.r_peaks) < 1.5 * spec.windows.template_beats  # one group
    assert len(compared) > N_COMPARED / 2
    primary = record.scored.conditioned.signal
    (whole,) = model_inputs([primary], record.r_peaks, record.scored.beats.rr_s, spec)
    whole.morphology[:, :, spec.morphology.index("next_similarity")] = 1
    given_beats = beats_input(beats, spec)
    np.testing.assert_array_equal(given_beats.waveforms, whole.waveforms[compared])
    np.testing.assert_array_equal(given_beats.morphology, whole.morphology[compared])
    np.testing.assert_array_equal(given_beats.timing, whole.timing[compared])
    found = np.stack([classify_beat(beat, classifier) for beat in beats])
    np.testing.assert_array_equal(found, classifier.without_context(whole)[compared])
    np.testing.assert_array_equal(np.stack(classify_beats(beats, classifier)), found)


def test_from_41_raw_seconds_the_result_differs_by_less_than_a_thousandth(
    record: ScoredRecord, classifier: BeatClassifier
) -> None:
    spec, recording = classifier.card.input, record.scored.recording
    rate, down = recording.sampling_rate_hz, 45
    assert (rate, RATE) == (360, 360 * 16 / down)
    worst = []
    for beat in record.compared()[::10]:
        time_s = record.scored.beats.times_s[beat]
        # Samples of both rates fall together every 45 samples.
        first = max(round((time_s - 20.5) * rate), 0) // down * down
        raw = recording.read(record.scored.lead, first, first + round(41 * rate))
        at = (time_s * rate - first) / (len(raw) - 1)
        alone = SingleBeat(raw.astype(np.float64), rate, [0.8], [0.8], at)
        signal = record.scored.conditioned.signal
        whole = SingleBeat(
            signal.astype(np.float64),
            RATE,
            [0.8],
            [0.8],
            record.r_peaks[beat] / (len(signal) - 1),
            filtered=True,
        )
        found, expected = beats_input([alone, whole], spec).waveforms
        assert np.ptp(expected[0]) > 1
        worst.append(np.abs(found - expected).max())
        np.testing.assert_allclose(
            classify_beat(alone, classifier), classify_beat(whole, classifier), rtol=0, atol=1e-3
        )
    assert len(worst) > N_COMPARED / 20
    assert max(worst) < 1e-3  # standard deviations of the window


# Missing intervals and beats


def three_beats(pre_s: float, post_s: float) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    times_s = np.array([2.0, 2.0 + pre_s, 2.0 + pre_s + post_s])
    signal = ecg(times_s, times_s[-1] + 2)
    return signal + np.float32(0.01) * np.sin(np.arange(len(signal))).astype(np.float32), times_s


@given(st.floats(0.3, 4), st.floats(0.3, 4))
@settings(max_examples=25, deadline=None)
def test_two_intervals_have_the_features_of_a_recording_of_three_beats(
    pre_s: float, post_s: float
) -> None:
    # All the rhythm there is, and of the shape what is compared with nothing.
    spec = replace(
        loaded().with_template.card.input,
        channels=("beat", "beat_slope"),
        morphology=(),
        timing=TIMING_FEATURES,
    )
    signal, times_s = three_beats(pre_s, post_s)
    (whole,) = model_inputs([signal], times_s * RATE, np.diff(times_s, prepend=np.nan), spec)
    beat = SingleBeat(signal.astype(np.float64), RATE, [times_s[1] - 2], [times_s[2] - times_s[1]])
    beat = replace(beat, r_peak_position=times_s[1] * RATE / (len(signal) - 1), filtered=True)
    alone = beats_input([beat], spec)
    np.testing.assert_array_equal(alone.timing[0], whole.timing[1])
    np.testing.assert_array_equal(alone.waveforms[0], whole.waveforms[1])


BEATS_S = every(0.8, 20)
SIGNAL = ecg(BEATS_S, 20).astype(np.float64)
WINDOW = SIGNAL[round(8.5 * RATE) - BEFORE :][: BEFORE + AFTER]
BEAT = SingleBeat(WINDOW, RATE, [0.8], [0.8], AT, filtered=True)


def feature(beat: SingleBeat, name: str, classifier: BeatClassifier) -> float:
    spec = classifier.card.input
    found = beats_input([beat], spec)
    if name in spec.timing:
        return float(found.timing[0, spec.timing.index(name)])
    return float(found.morphology[0, 0, spec.morphology.index(name)])


def test_a_missing_interval_counts_as_the_mean_of_those_before(
    classifier: BeatClassifier,
) -> None:
    realtime = replace(BEAT, rr_before_s=[0.9, 0.7, 0.8, 0.6], rr_after_s=[])
    assert feature(realtime, "post_local", classifier) == 0
    assert feature(realtime, "pre_local", classifier) == pytest.approx(np.log(0.6 / 0.75))
    assert feature(realtime, "earlier_local", classifier) == pytest.approx(np.log(0.8 / 0.75))


def test_a_beat_given_alone_equals_its_template_beat_and_the_beat_before(
    classifier: BeatClassifier,
) -> None:
    for name in ("similarity", "qrs_similarity", "previous_similarity", "next_similarity"):
        assert feature(BEAT, name, classifier) == pytest.approx(1, abs=1e-5)
    wide = ecg(np.array([0.375]), 1, r_mv=-2, qrs_s=0.05, p_mv=0).astype(np.float64)
    beside = replace(BEAT, template_beat_mv=wide)
    assert feature(beside, "similarity", classifier) < 0
    assert feature(beside, "previous_similarity", classifier) > 0.99
    after = replace(BEAT, previous_beat_mv=wide)
    assert feature(after, "similarity", classifier) > 0.99
    assert feature(after, "previous_similarity", classifier) < 0.3


def test_a_wide_premature_beat_with_a_template_beat_is_ventricular(
    classifier: BeatClassifier,
) -> None:
    wide = ecg(np.array([0.375]), 1, r_mv=-2, qrs_s=0.05, p_mv=0, t_mv=0.5).astype(np.float64)
    beat = SingleBeat(wide, RATE, [0.8, 0.8, 0.5], [1.1, 0.8], AT, template_beat_mv=WINDOW)
    assert CLASSES[classify_beat(beat, classifier).argmax()] == "V"
    assert CLASSES[classify_beat(BEAT, classifier).argmax()] == "N"


def test_a_beat_without_template_beat_has_a_model_of_its_own(models: SingleBeatModels) -> None:
    wide = ecg(np.array([0.375]), 1, r_mv=-2, qrs_s=0.05, p_mv=0, t_mv=0.5).astype(np.float64)
    alone = SingleBeat(wide, RATE, [0.5], [1.1], AT)
    beside = replace(alone, template_beat_mv=WINDOW)
    normal = SingleBeat(WINDOW, RATE, [0.8], [0.8], AT)
    found = np.stack(models.classify([alone, beside, normal]))
    assert [CLASSES[number] for number in found.argmax(axis=1)] == ["V", "V", "N"]
    np.testing.assert_array_equal(found[0], classify_beat(alone, models.without_template))
    np.testing.assert_array_equal(found[1], classify_beat(beside, models.with_template))
    assert {*models.without_template.card.input.channels} <= {"beat", "beat_slope"}
    assert models.without_template.card.input.morphology == ()


def test_raw_signals_are_band_passed_and_filtered_ones_are_not(classifier: BeatClassifier) -> None:
    spec = classifier.card.input
    raw = beats_input([replace(BEAT, filtered=False)], spec).waveforms[0, 0, 0]
    filtered = band_pass(WINDOW - np.median(WINDOW), ConditioningSettings())
    np.testing.assert_allclose(raw, (filtered - filtered.mean()) / filtered.std(), atol=1e-4)
    same = beats_input([BEAT], spec).waveforms[0, 0, 0]
    np.testing.assert_allclose(same, (WINDOW - WINDOW.mean()) / WINDOW.std(), atol=1e-4)


@pytest.mark.parametrize("rate", [50, 100, 250, 359.7, 1000, 10_000])
def test_a_beat_may_have_any_rate_and_any_length(classifier: BeatClassifier, rate: float) -> None:
    once = ecg(np.array([0.375]), 1).astype(np.float64)
    wanted = beats_input([replace(BEAT, samples_mv=once)], classifier.card.input).waveforms[0, 0, 0]
    for before_s, after_s in ((0.375, 0.625), (0.5, 1.5), (1.7, 0.7)):
        signal = ecg(np.array([10.0]), 20, rate).astype(np.float64)
        cut = signal[round((10 - before_s) * rate) : round((10 + after_s) * rate)]
        at = round(before_s * rate) / (len(cut) - 1)
        beat = SingleBeat(cut, rate, [0.8], [0.8], at, filtered=True)
        found = beats_input([beat], classifier.card.input).waveforms[0, 0, 0]
        assert np.corrcoef(found, wanted)[0, 1] > 0.95  # 50 Hz cuts half of the R wave's energy


# Independent beats classified together


def mixture() -> list[SingleBeat]:
    wide = ecg(np.array([0.375]), 1, r_mv=-2, qrs_s=0.05, p_mv=0).astype(np.float64)
    fast = ecg(np.array([0.6]), 1.4, 360, t_mv=0.4).astype(np.float64)
    return [
        BEAT,
        SingleBeat(fast, 360, [0.7, 0.9, 0.8], (), 0.6 / 1.4),
        replace(BEAT, filtered=False),
        SingleBeat(wide, RATE, [0.5], [1.1], AT, previous_beat_mv=WINDOW),
        replace(BEAT, rr_before_s=[0.6] * 300, rr_after_s=[0.7] * 20, template_beat_mv=wide),
        SingleBeat(0 * fast, 360, [0.7], [0.7]),
        SingleBeat(2 * fast, 360, [0.7], [0.7], 0.6 / 1.4),
    ]


@given(st.permutations(range(7)), st.integers(1, 7))
@settings(max_examples=25, deadline=None)
def test_a_beats_result_does_not_depend_on_beats_classified_with_it(
    order: list[int], n: int
) -> None:
    classifier, beats = loaded().with_template, mixture()
    for number, found in zip(order, classify_beats([beats[k] for k in order[:n]], classifier)):  # noqa: B905
        if isinstance(found, RefusedRecordingError):
            assert number == 5
        else:
            np.testing.assert_array_equal(found, classify_beat(beats[number], classifier))


def test_no_beats_have_no_results(classifier: BeatClassifier) -> None:
    assert classify_beats([], classifier) == []


# Beats that are not analysable


@pytest.mark.parametrize("part", ["samples_mv", "template_beat_mv", "previous_beat_mv"])
@pytest.mark.parametrize(
    ("samples", "error"),
    [
        (np.full(128, 1.3), FlatLineError),
        (1e-3 * WINDOW, FlatLineError),
        (np.clip(WINDOW, -0.05, 0.05), SaturatedError),
        (-np.clip(WINDOW, -0.05, 0.05), SaturatedError),
        (WINDOW[:30], TooShortError),
    ],
    ids=["level", "microvolts", "clipped above", "clipped below", "short"],
)
def test_a_beat_that_is_not_analysable_is_rejected_with_its_reason(
    classifier: BeatClassifier,
    part: str,
    samples: NDArray[np.float64],
    error: type[RefusedRecordingError],
) -> None:
    with pytest.raises(error, match=r"^found .*expected"):
        classify_beat(replace(BEAT, **{part: samples}), classifier)


@pytest.mark.parametrize("at", [0, 0.1, 0.89, 1])
def test_an_r_peak_at_the_edge_has_no_qrs_complex(classifier: BeatClassifier, at: float) -> None:
    with pytest.raises(TooShortError, match="QRS complex"):
        classify_beat(replace(BEAT, r_peak_position=at), classifier)


def test_the_qrs_complex_is_enough(classifier: BeatClassifier) -> None:
    from_, to = BEFORE - 13, BEFORE + 17
    short = replace(BEAT, samples_mv=WINDOW[from_:to], r_peak_position=13 / (to - from_ - 1))
    assert CLASSES[classify_beat(short, classifier).argmax()] == "N"


@given(
    st.lists(st.sampled_from([-512, -256, -1, 0, 1, 256, 512]), min_size=60, max_size=60),
    st.integers(-768, 768),
)
@settings(max_examples=150, deadline=None)
def test_flat_and_clipped_have_the_limits_of_a_recording(values: list[int], offset: int) -> None:
    """A beat that is a whole second, judged by the code that judges a recording's seconds.

    In 256ths of a millivolt, which both compute exactly: what lies on a limit lies on it for both.
    """
    samples = (np.array(values) + offset).astype(np.float32) / 256
    level = samples - np.median(samples)
    flags = flag_seconds(per_second_statistics(level, 60, 0, 1), QualitySettings())
    beat = SingleBeat(samples.astype(np.float64), 60, [0.8], [0.8], 0.375 * 60 / 59)
    (found,) = classify_beats([beat], loaded().with_template)
    assert isinstance(found, FlatLineError) == bool(flags.flat[0])
    assert isinstance(found, SaturatedError) == bool(flags.saturated[0])
