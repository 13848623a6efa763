import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.rhythm.beat_streams import long_records, mitdb_records, reference, stream_of

from deepecg.beats.settings import PauseSettings
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.pauses import pauses, without_unconfirmed

SETTINGS = PauseSettings()


def test_a_pause_is_two_seconds_and_more_between_its_beats() -> None:
    found = pauses(stream_of("NNNNN", [0.8, 2.5, 1.99, 2.0], first_s=1), SETTINGS)
    assert [(pause.first, pause.last) for pause in found.episodes] == [(1, 2), (3, 4)]
    assert found.episodes[0].start_s == pytest.approx(1.8)
    assert found.episodes[0].duration_s == pytest.approx(2.5)
    assert found.episodes[0].rate_bpm == pytest.approx(24)
    assert found.longest == found.episodes[0]
    assert len(found.unconfirmed) == 0


def test_an_interval_that_is_not_quiet_is_no_pause_but_is_counted() -> None:
    quiet = [True, False, True, True]
    found = pauses(stream_of("NNNN", [3.0, 2.2, 0.9], quiet=quiet), SETTINGS)
    assert [pause.first for pause in found.episodes] == [1]
    assert len(found.unconfirmed) == 1


def test_a_gap_is_no_pause() -> None:
    found = pauses(stream_of("NN|NN", gap_s=5), SETTINGS)
    assert (found.episodes, len(found.unconfirmed), found.longest) == ((), 0, None)


def test_a_pause_after_an_ectopic_beat_is_one() -> None:
    assert len(pauses(stream_of("NVN", [0.5, 2.1]), SETTINGS).episodes) == 1


def test_without_beats_there_is_no_pause() -> None:
    found = pauses(stream_of(""), SETTINGS)
    assert (found.episodes, found.unconfirmed, found.without_beats_s) == ((), (), 10)


def unconfirmed(stream: BeatStream) -> list[tuple[int, int, float, float]]:
    """Return first and last beat, start and duration."""
    return [
        (one.first, one.last, round(one.start_s, 6), round(one.duration_s, 6))
        for one in pauses(stream, SETTINGS).unconfirmed
    ]


def test_long_stretches_without_a_beat_at_either_end_are_unconfirmed_pauses() -> None:
    stream = stream_of("NNNN", 1.0, first_s=4.5, duration_s=31)
    assert unconfirmed(stream) == [(0, 0, 0, 4.5), (3, 3, 7.5, 23.5)]
    found = pauses(stream, SETTINGS)
    assert found.episodes == ()
    assert found.longest_unconfirmed is found.unconfirmed[1]
    assert found.without_beats_s == pytest.approx(31 - 3)
    assert unconfirmed(stream_of("NNNN", 1.0, first_s=1.9, duration_s=6)) == []


def test_long_stretches_without_a_beat_beside_a_gap_are_unconfirmed_pauses() -> None:
    # beats at 0.5 to 3.5 and 30.5 to 33.5; of what lies between, 10 to 20 and 22 to 25 are lost
    stream = stream_of("NNNN|NNNN", [1, 1, 1, 27, 1, 1, 1])
    stream.analysable[:] = True
    stream.analysable[[*range(10, 20), *range(22, 25)]] = False
    assert unconfirmed(stream) == [(3, 3, 3.5, 6.5), (3, 3, 20, 2), (4, 4, 25, 5.5)]
    assert pauses(stream, SETTINGS).without_beats_s == pytest.approx(34 - 13 - 6)


def test_a_beat_after_the_last_whole_second_ends_the_interval_before_it() -> None:
    stream = stream_of("NNN", [1.0, 5.2], first_s=0.2, duration_s=6)
    quiet = pauses(stream, PauseSettings())
    assert [(found.first, found.last) for found in quiet.episodes] == [(1, 2)]
    assert len(quiet.unconfirmed) == 0


def test_a_stretch_between_gaps_before_the_first_beat_is_known_by_that_beat() -> None:
    stream = stream_of("NN", 1.0, first_s=20.5)
    stream.analysable[[*range(5), *range(15, 20)]] = False
    assert unconfirmed(stream) == [(0, 0, 5, 10)]


def test_unconfirmed_pauses_are_in_the_order_of_time() -> None:
    stream = stream_of("NNN|NN", [5, 1, 9, 6], quiet=False, first_s=3.5, duration_s=40)
    starts = [start for _, _, start, _ in unconfirmed(stream)]
    # before the first beat, between two, before the gap's end, between two, after the last
    assert starts == [0, 3.5, 18.5, 24.5]


def test_intervals_that_are_not_confirmed_are_not_known_and_others_stay() -> None:
    quiet = [True, False, True, False]
    known = without_unconfirmed(stream_of("NNNN", [3.0, 2.2, 0.9], quiet=quiet), SETTINGS)
    assert known.rr_s[1:].tolist() == pytest.approx([math.nan, 2.2, 0.9], nan_ok=True)


@given(st.text("NV|", min_size=1, max_size=60), st.lists(st.floats(0.3, 12), min_size=60))
def test_unconfirmed_pauses_are_what_a_walk_over_tenths_of_seconds_finds(
    text: str, rr_s: list[float]
) -> None:
    text = "|".join(part for part in ("N" + text).split("|") if part)
    n_beats = len(text.replace("|", ""))
    tenths = np.rint(10 * np.array(rr_s[: n_beats - 1])) / 10
    gaps = np.array([before == "|" for before, now in pairwise(text) if now != "|"], bool)
    stream = stream_of(text, np.where(gaps, tenths + 4, tenths), quiet=False, first_s=0.5)
    beats = set(np.rint(10 * stream.times_s).astype(int).tolist())
    lengths, since = [], 0
    for tenth in range(10 * len(stream.analysable) + 1):
        lost = tenth == 10 * len(stream.analysable) or not stream.analysable[tenth // 10]
        if lost or tenth in beats:
            lengths.append(tenth - since)
            since = tenth + lost
    expected = sorted(length / 10 for length in lengths if length >= 20)
    found = sorted(one.duration_s for one in pauses(stream, SETTINGS).unconfirmed)
    assert found == pytest.approx(expected)


def test_the_length_is_a_setting() -> None:
    stream = stream_of("NNN", [2.4, 2.6])
    assert [one.first for one in pauses(stream, PauseSettings(pause_s=2.5)).episodes] == [1]


@given(st.integers(0, 60_000_000), st.sampled_from([128, 250, 360]))
def test_two_seconds_to_the_sample_are_a_pause_wherever_they_lie(at: int, rate: int) -> None:
    def is_pause(n_samples: int) -> bool:
        first, last = at / rate, (at + n_samples) / rate
        return len(pauses(stream_of("NN", [last - first], first_s=first), SETTINGS).episodes) == 1

    assert is_pause(2 * rate)
    assert not is_pause(2 * rate - 1)


def test_pauses_are_the_long_intervals_of_the_reference_annotations(data_dir: Path) -> None:
    n_pauses = 0
    for path in (*long_records(data_dir), *mitdb_records(data_dir)):
        record = reference(path)
        samples = record.samples.tolist()
        long = [
            (beat - 1, beat)
            for beat in range(1, len(samples))
            if samples[beat] - samples[beat - 1] >= 2 * record.rate_hz
        ]
        found = pauses(record.stream, SETTINGS)
        assert [(pause.first, pause.last) for pause in found.episodes] == long
        for pause in found.episodes:
            n_samples = samples[pause.last] - samples[pause.first]
            assert pause.duration_s == pytest.approx(n_samples / record.rate_hz)
        n_pauses += len(long)
    assert n_pauses > 100


def test_a_pause_is_where_the_af_databases_annotators_noted_one(data_dir: Path) -> None:
    record = reference(data_dir / "rhythm" / "35")  # the only record with such notes
    noted = [sample for sample, text in record.notes if text == "PSE"]
    found = pauses(record.stream, SETTINGS).episodes
    assert len(noted) == len(found) == 10
    for sample, pause in zip(noted, found, strict=True):
        assert record.samples[pause.first] < sample < record.samples[pause.last]


def test_none_of_them_is_a_pause_if_nothing_is_known_to_be_quiet() -> None:
    found = pauses(stream_of("N" * 5, 2.5, quiet=False), SETTINGS)
    assert (found.episodes, len(found.unconfirmed)) == ((), 4)
