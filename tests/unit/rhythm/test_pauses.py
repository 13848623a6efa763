from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.rhythm.streams import long_records, mitdb_records, reference, stream_of

from deepecg.rhythm.pauses import pauses
from deepecg.rhythm.settings import PauseSettings

SETTINGS = PauseSettings()


def test_a_pause_is_two_seconds_and_more_between_its_beats() -> None:
    found = pauses(stream_of("NNNNN", [0.8, 2.5, 1.99, 2.0], first_s=1), SETTINGS)
    assert [(pause.first, pause.last) for pause in found.episodes] == [(1, 2), (3, 4)]
    assert found.episodes[0].start_s == pytest.approx(1.8)
    assert found.episodes[0].duration_s == pytest.approx(2.5)
    assert found.episodes[0].rate_bpm == pytest.approx(24)
    assert found.longest == found.episodes[0]
    assert found.unconfirmed_count == 0


def test_an_interval_that_is_not_quiet_is_no_pause_but_is_counted() -> None:
    quiet = [True, False, True, True]
    found = pauses(stream_of("NNNN", [3.0, 2.2, 0.9], quiet=quiet), SETTINGS)
    assert [pause.first for pause in found.episodes] == [1]
    assert found.unconfirmed_count == 1


def test_a_gap_is_no_pause() -> None:
    found = pauses(stream_of("NN|NN", gap_s=5), SETTINGS)
    assert (found.episodes, found.unconfirmed_count, found.longest) == ((), 0, None)


def test_a_pause_after_an_ectopic_beat_is_one() -> None:
    assert len(pauses(stream_of("NVN", [0.5, 2.1]), SETTINGS).episodes) == 1


def test_without_beats_there_is_no_pause() -> None:
    assert pauses(stream_of(""), SETTINGS).episodes == ()


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
    assert (found.episodes, found.unconfirmed_count) == ((), 4)
