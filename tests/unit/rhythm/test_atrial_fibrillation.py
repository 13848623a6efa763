"""Atrial fibrillation: made-up rhythms, and the marks of the Long-Term AF Database."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import wfdb
from numpy.typing import NDArray
from unit.rhythm.beat_streams import CLASS_OF, reference, stream_of, without_seconds

from deepecg.rhythm.atrial_fibrillation import Fibrillation, atrial_fibrillation
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.settings import FibrillationSettings

LTAFDB = ("00", "100", "111", "119", "17", "204", "24", "35", "47", "58", "71")


def find(rr_s: NDArray[np.float64], classes: str = "") -> Fibrillation:
    """Look for fibrillation in these intervals; the first beat comes before them."""
    stream = stream_of(classes or "N" * (len(rr_s) + 1), rr_s)
    return atrial_fibrillation(stream, FibrillationSettings())


def irregular(duration_s: float, seed: int = 1) -> NDArray[np.float64]:
    rr = np.random.default_rng(seed).uniform(0.4, 1.0, 1000)
    return rr[: int(np.searchsorted(np.cumsum(rr), duration_s))]


def sinus(n_beats: int, seed: int = 2) -> NDArray[np.float64]:
    return 0.8 + np.random.default_rng(seed).normal(0, 0.01, n_beats)


@pytest.mark.parametrize(
    "rr_s",
    [
        np.full(600, 0.8),
        sinus(600),
        0.9 + 0.1 * np.sin(2 * np.pi * np.arange(600) / 5.3),
        np.tile([0.5, 1.1], 300),
        np.tile([0.8, 0.5, 1.1], 200),
    ],
    ids=["regular", "sinus", "sinus arrhythmia", "bigeminy", "trigeminy"],
)
def test_a_rhythm_that_foretells_itself_is_no_fibrillation(rr_s: NDArray[np.float64]) -> None:
    found = find(rr_s)
    assert found.episodes == ()
    assert not found.beats.any()
    assert found.burden_percent == 0
    assert found.longest_s is None
    assert found.mean_bpm is None


def test_premature_ventricular_beats_are_no_fibrillation() -> None:
    coupling = np.random.default_rng(3).uniform(0.4, 0.7, 120)
    rr = np.stack([*sinus(360).reshape(3, 120), coupling, 1.6 - coupling], axis=1).ravel()
    assert find(rr, "N" + "NNNVN" * 120).episodes == ()


def test_random_intervals_are_fibrillation_all_through() -> None:
    rr = irregular(500)
    found = find(rr)
    (episode,) = found.episodes
    assert (episode.first, episode.last) == (0, len(rr))
    assert found.beats.all()
    assert found.total_s == found.longest_s == pytest.approx(rr.sum())
    assert found.mean_bpm == episode.rate_bpm == pytest.approx(60 / rr.mean())


@pytest.mark.parametrize(("duration_s", "n_episodes"), [(15, 0), (60, 1), (120, 1)])
def test_an_episode_between_sinus_rhythm_is_found_where_it_is(
    duration_s: float, n_episodes: int
) -> None:
    rr = np.concatenate([sinus(200), irregular(duration_s), sinus(200, 4)])
    found = find(rr)
    assert len(found.episodes) == n_episodes
    for episode in found.episodes:
        assert episode.start_s == pytest.approx(0.5 + sinus(200).sum(), abs=8)
        assert episode.duration_s == pytest.approx(duration_s, abs=12)


@pytest.mark.parametrize(("duration_s", "n_episodes"), [(29, 0), (32, 1)])
def test_an_episode_lasts_half_a_minute(duration_s: float, n_episodes: int) -> None:
    rr = irregular(duration_s)
    stream = stream_of("N" * (len(rr) + 1), rr)
    settings = FibrillationSettings(patience=5)
    assert len(atrial_fibrillation(stream, settings).episodes) == n_episodes


def test_no_episode_crosses_a_gap() -> None:
    rr = irregular(300)
    half = len(rr) // 2
    rr[half - 1] = 20.0
    stream = stream_of("N" * half + "|" + "N" * (len(rr) + 1 - half), rr)
    before, after = atrial_fibrillation(stream, FibrillationSettings()).episodes
    assert (before.last, after.first) == (half - 1, half)


def losing(rr_s: NDArray[np.float64], every_s: int, lost_s: int) -> Fibrillation:
    """Look for fibrillation in these intervals with some seconds of every so many lost."""
    stream = stream_of("N" * (len(rr_s) + 1), rr_s)
    lost = np.arange(len(stream.analysable)) % every_s >= every_s - lost_s
    return atrial_fibrillation(without_seconds(stream, lost), FibrillationSettings())


def test_fibrillation_goes_on_over_a_lost_second_here_and_there() -> None:
    rr = irregular(500)
    found = losing(rr, 25, 1)
    assert found.beats.all()
    assert max(episode.duration_s for episode in found.episodes) < 25
    assert len(found.episodes) == 500 // 25
    # of 24 s, an interval of 0.4 to 1 s over the lost second is not known at either end
    assert found.burden_percent == pytest.approx(100 * (24 - 0.7) / 24, abs=2)
    assert found.mean_bpm == pytest.approx(60 / rr.mean(), rel=0.02)


def test_what_is_known_of_a_stretch_over_gaps_lasts_half_a_minute() -> None:
    sinus_before, sinus_after = sinus(200), sinus(200, 4)
    settings = FibrillationSettings(patience=5)
    for duration_s, n_episodes in ((27, 0), (45, 2)):
        rr = np.concatenate([sinus_before, irregular(duration_s), sinus_after])
        stream = stream_of("N" * (len(rr) + 1), rr)
        middle = int(0.5 + sinus_before.sum() + duration_s / 2)
        lost = np.arange(len(stream.analysable)) == middle
        found = atrial_fibrillation(without_seconds(stream, lost), settings)
        assert len(found.episodes) == n_episodes
        assert all(episode.duration_s < 30 for episode in found.episodes)


def test_fibrillation_does_not_go_on_over_hours() -> None:
    # 25 s on either side of a gap make no half minute
    rr = np.concatenate([irregular(25), [7200.0], irregular(25)])
    half = len(irregular(25)) + 1
    stream = stream_of("N" * half + "|" + "N" * half, rr)
    assert atrial_fibrillation(stream, FibrillationSettings(patience=3)).episodes == ()
    rr[half - 1] = 2.0
    stream = stream_of("N" * half + "|" + "N" * half, rr)
    assert len(atrial_fibrillation(stream, FibrillationSettings(patience=3)).episodes) == 2


@pytest.mark.parametrize(("duration_s", "seconds"), [(60.4, 60), (120.49, 120)])
def test_a_burden_is_no_more_than_all_where_the_seconds_are_rounded(
    duration_s: float, seconds: int
) -> None:
    rr = irregular(duration_s)
    rr = np.append(rr, duration_s - rr.sum())
    stream = stream_of("N" * (len(rr) + 1), rr, first_s=0.0)
    stream = replace(stream, analysable=np.ones(seconds, bool))
    found = atrial_fibrillation(stream, FibrillationSettings())
    assert found.total_s == pytest.approx(duration_s)
    assert found.burden_percent == pytest.approx(100)


@pytest.mark.parametrize("n_beats", [0, 1, 2, 3, 12])
def test_too_few_beats_are_no_episode(n_beats: int) -> None:
    times = np.arange(n_beats, dtype=np.float64)
    rr = np.diff(times, prepend=np.nan)
    none = np.zeros(n_beats, bool)
    stream = BeatStream.of_labels(times, rr, np.zeros(n_beats, np.int64), none, np.zeros(0, bool))
    found = atrial_fibrillation(stream, FibrillationSettings())
    assert found.episodes == ()
    assert found.burden_percent is None
    assert len(found.beats) == n_beats


def test_a_later_start_moves_episodes_only() -> None:
    rr = np.concatenate([sinus(200), irregular(90), sinus(200, 4)])
    early, late = (
        atrial_fibrillation(stream_of("N" * (len(rr) + 1), rr, first_s=at), FibrillationSettings())
        for at in (0.5, 1000.5)
    )
    assert early.episodes
    assert [each.start_s + 1000 for each in early.episodes] == pytest.approx(
        [each.start_s for each in late.episodes]
    )
    np.testing.assert_array_equal(early.beats, late.beats)


def test_beats_called_supraventricular_change_nothing() -> None:
    rr = np.concatenate([sinus(200), irregular(90), sinus(200, 4)])
    letters = "".join(np.random.default_rng(5).choice(list("NS"), len(rr) + 1))
    assert find(rr, letters).episodes == find(rr).episodes != ()


def test_burdens_and_episodes_agree_with_the_marks_of_the_database(data_dir: Path) -> None:
    errors = []
    annotated_s = found_s = both_s = 0
    for name in LTAFDB:
        record = data_dir / "rhythm" / name
        reference, stream, start = _reference(record)
        found = np.zeros(len(reference), bool)
        for each in atrial_fibrillation(stream, FibrillationSettings()).episodes:
            found[round(each.start_s) : round(each.start_s + each.duration_s)] = True
        reference, found = reference[start:], found[start:]
        errors.append(100 * abs(found.mean() - reference.mean()))
        annotated_s += int(reference.sum())
        found_s += int(found.sum())
        both_s += int((found & reference).sum())
    assert np.mean(errors) < 0.8
    assert max(errors) < 4.5
    assert both_s / annotated_s > 0.98
    assert both_s / found_s > 0.98


@pytest.mark.parametrize("name", ["204", "58"])
@pytest.mark.parametrize(("every_s", "lost_s"), [(25, 1), (60, 5)])
def test_a_burden_stays_what_it_is_where_seconds_are_lost(
    data_dir: Path, name: str, every_s: int, lost_s: int
) -> None:
    stream = reference(data_dir / "rhythm" / name).stream
    whole = atrial_fibrillation(stream, FibrillationSettings())
    lost = np.arange(len(stream.analysable)) % every_s >= every_s - lost_s
    found = atrial_fibrillation(without_seconds(stream, lost), FibrillationSettings())
    assert found.burden_percent == pytest.approx(whole.burden_percent, abs=3)
    assert found.beats.mean() == pytest.approx(whole.beats.mean(), abs=0.01)


def _reference(record: Path) -> tuple[NDArray[np.bool_], BeatStream, int]:
    """Return fibrillation second by second, the beats, and the second of the first mark."""
    annotation = wfdb.rdann(str(record), "atr")
    rate_hz = wfdb.rdheader(str(record)).fs
    seconds = np.zeros(int(annotation.sample[-1] / rate_hz) + 1, bool)
    fibrillation, since, first_mark = False, 0, None
    times, labels = [], []
    for sample, symbol, note in zip(
        annotation.sample, annotation.symbol, annotation.aux_note, strict=True
    ):
        if symbol in CLASS_OF:
            times.append(sample / rate_hz)
            labels.append(CLASS_OF[symbol])
        if symbol == "+":
            at = round(sample / rate_hz)
            first_mark = at if first_mark is None else first_mark
            seconds[since:at] = fibrillation
            # A run of V interrupts no fibrillation.
            fibrillation = note.startswith("(AFIB") or (fibrillation and note.startswith("(VT"))
            since = at
    seconds[since:] = fibrillation
    times_s = np.array(times)
    stream = BeatStream.of_labels(
        times_s,
        np.diff(times_s, prepend=np.nan),
        np.array(labels),
        np.ones(len(times), bool),
        np.ones(len(seconds), bool),
    )
    assert first_mark is not None
    return seconds, stream, first_mark
