from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from unit.rhythm.beat_streams import long_records, reference, stream_of

from deepecg.rhythm import event_kinds as kinds
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.event_kinds import EventKind
from deepecg.rhythm.events import Event, listed_events
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.settings import EventSettings, RhythmSettings

SETTINGS = RhythmSettings()


def events_of(stream: BeatStream) -> list[tuple[EventKind, int, int]]:
    """Return kind, first and last beat of the events that have to do with single beats."""
    return [
        (event.kind, event.first, event.last)
        for event in analyse_rhythm(stream, SETTINGS).events
        if event.kind not in (kinds.MINIMUM_HEART_RATE, kinds.MAXIMUM_HEART_RATE)
    ]


def test_every_pattern_of_v_has_its_kind_in_the_order_of_time() -> None:
    #                   0         1         2         3
    #                   0123456789012345678901234567890123
    stream = stream_of("NNVVNNVVVNNVNVNVNNNVNNVNNVNNN", 0.5)
    assert events_of(stream) == [
        (kinds.VENTRICULAR_COUPLET, 2, 3),
        (kinds.VENTRICULAR_TACHYCARDIA, 6, 8),
        (kinds.VENTRICULAR_BIGEMINY, 11, 15),
        (kinds.VENTRICULAR_TRIGEMINY, 19, 25),
    ]


def test_every_pattern_of_s_has_its_kind() -> None:
    stream = stream_of("NNSSNNSSSNNSNSNSNNNSNNSNNSNNN", 0.5)
    assert events_of(stream) == [
        (kinds.SUPRAVENTRICULAR_COUPLET, 2, 3),
        (kinds.SUPRAVENTRICULAR_TACHYCARDIA, 6, 8),
        (kinds.SUPRAVENTRICULAR_BIGEMINY, 11, 15),
        (kinds.SUPRAVENTRICULAR_TRIGEMINY, 19, 25),
    ]


@pytest.mark.parametrize(
    ("rr_s", "ventricular", "supraventricular"),
    [
        (0.59, kinds.VENTRICULAR_TACHYCARDIA, kinds.SUPRAVENTRICULAR_TACHYCARDIA),
        # exactly 100 a minute is not faster than 100
        (0.60, kinds.VENTRICULAR_RHYTHM, kinds.SUPRAVENTRICULAR_RUN),
        (0.90, kinds.VENTRICULAR_RHYTHM, kinds.SUPRAVENTRICULAR_RUN),
    ],
)
def test_a_run_is_a_tachycardia_if_it_is_faster_than_100(
    rr_s: float, ventricular: EventKind, supraventricular: EventKind
) -> None:
    stream = stream_of("NNNVVVNNNNSSSSNN", rr_s, first_s=1.3)
    assert events_of(stream) == [(ventricular, 3, 5), (supraventricular, 10, 13)]


def test_a_pause_lies_between_its_beats() -> None:
    (pause,) = (
        event
        for event in analyse_rhythm(stream_of("NNNN", [0.8, 2.4, 0.8]), SETTINGS).events
        if event.kind == kinds.PAUSE
    )
    assert (pause.first, pause.last, pause.n_beats) == (1, 2, 2)
    assert pause.start_s == pytest.approx(1.3)
    assert pause.duration_s == pytest.approx(2.4)
    assert pause.rate_bpm == pytest.approx(25)


def test_a_pause_that_is_not_confirmed_is_an_event_without_a_rate() -> None:
    stream = stream_of("NNNN", [0.8, 2.4, 0.8], quiet=False, duration_s=20)
    between, at_the_end = (
        event
        for event in analyse_rhythm(stream, SETTINGS).events
        if event.kind == kinds.UNCONFIRMED_PAUSE
    )
    assert (between.first, between.last, between.n_beats) == (1, 2, 2)
    assert (at_the_end.first, at_the_end.last, at_the_end.n_beats) == (3, 3, 1)
    assert between.start_s == pytest.approx(1.3)
    assert at_the_end.start_s == pytest.approx(4.5)
    assert at_the_end.duration_s == pytest.approx(15.5)
    assert between.rate_bpm is at_the_end.rate_bpm is None


def rate_windows(rr_s: NDArray[np.float64]) -> dict[EventKind, Event]:
    events = analyse_rhythm(stream_of("N" * (len(rr_s) + 1), rr_s), SETTINGS).events
    return {event.kind: event for event in events if event.kind.key.endswith("heart_rate")}


def test_the_fastest_and_the_slowest_minute_are_events() -> None:
    rr = np.concatenate([np.full(100, 0.8), np.full(150, 0.5), np.full(100, 0.8)])
    rr = np.concatenate([rr, np.full(80, 1.2), np.full(100, 0.8)])
    found = rate_windows(rr)
    fast = found[kinds.MAXIMUM_HEART_RATE]
    assert fast.rate_bpm == pytest.approx(120)
    assert fast.n_beats == 121  # 120 intervals in a minute
    assert fast.duration_s == pytest.approx(60)
    assert fast.first >= 100
    assert fast.last <= 250
    slow = found[kinds.MINIMUM_HEART_RATE]
    assert slow.rate_bpm == pytest.approx(50)
    assert slow.n_beats == 51
    assert slow.first >= 350
    assert slow.last <= 430


def test_a_recording_without_a_minute_has_no_such_events() -> None:
    assert rate_windows(np.full(20, 0.8)) == {}


def event(kind: EventKind, at: int, n_beats: int = 3, rate_bpm: float = 120.0) -> Event:
    duration_s = 60 * (n_beats - 1) / rate_bpm
    return Event(at, at + n_beats - 1, float(at), duration_s, rate_bpm, kind)


def test_few_events_are_listed_in_full_in_the_order_of_time() -> None:
    events = [event(kinds.VENTRICULAR_COUPLET, at) for at in (30, 10, 20)]
    events.append(event(kinds.PAUSE, 15))
    listed = listed_events(events, EventSettings(max_events_per_kind=3))
    assert [one.first for one in listed.events] == [10, 15, 20, 30]
    assert listed.unlisted_count == {}


def test_of_many_runs_the_longest_and_the_fastest_are_listed_and_the_rest_counted() -> None:
    runs = [event(kinds.VENTRICULAR_TACHYCARDIA, 100 * k, n_beats=3 + k) for k in range(10)]
    runs += [event(kinds.VENTRICULAR_TACHYCARDIA, 5000 + k, 3, 150.0 + k) for k in range(10)]
    listed = listed_events(runs, EventSettings(max_events_per_kind=4))
    assert {one.n_beats for one in listed.events[:2]} == {11, 12}
    assert {one.rate_bpm for one in listed.events[2:]} == {158, 159}
    assert listed.unlisted_count == {kinds.VENTRICULAR_TACHYCARDIA: 16}


def test_of_many_pauses_the_longest_are_listed() -> None:
    pauses = [event(kinds.PAUSE, 10 * k, 2, 60 / (2 + k / 10)) for k in range(10)]
    listed = listed_events(pauses, EventSettings(max_events_per_kind=2))
    assert [one.first for one in listed.events] == [80, 90]


def test_of_many_couplets_the_fastest_are_listed() -> None:
    couplets = [event(kinds.VENTRICULAR_COUPLET, 10 * k, 2, 100 + k) for k in range(10)]
    listed = listed_events(couplets, EventSettings(max_events_per_kind=3))
    assert [one.rate_bpm for one in listed.events] == [107, 108, 109]


def test_one_kind_does_not_take_the_places_of_another() -> None:
    events = [event(kinds.VENTRICULAR_COUPLET, k, 2) for k in range(1000)]
    events.append(event(kinds.ATRIAL_FIBRILLATION, 3, 100))
    listed = listed_events(events, EventSettings(max_events_per_kind=5))
    assert Counter(one.kind for one in listed.events) == {
        kinds.VENTRICULAR_COUPLET: 5,
        kinds.ATRIAL_FIBRILLATION: 1,
    }
    assert listed.unlisted_count == {kinds.VENTRICULAR_COUPLET: 995}


def test_what_is_to_be_kept_is_listed_in_any_case() -> None:
    pauses = [event(kinds.PAUSE, 10 * k, 2, 60 / (2 + k / 10)) for k in range(10)]
    listed = listed_events(pauses, EventSettings(max_events_per_kind=2), kept=[pauses[0]])
    assert [one.first for one in listed.events] == [0, 90]
    assert listed.unlisted_count == {kinds.PAUSE: 8}


event_lists = st.lists(
    st.builds(
        event,
        st.sampled_from([kinds.PAUSE, kinds.VENTRICULAR_TACHYCARDIA, kinds.VENTRICULAR_COUPLET]),
        st.integers(0, 1000),
        st.integers(2, 20),
        st.sampled_from([90.0, 120.0, 150.0]),
    ),
    max_size=30,
    unique_by=lambda one: (one.kind, one.first, one.last),
)


@given(event_lists, st.integers(1, 8), st.randoms())
@settings(max_examples=200, deadline=None)
def test_listed_and_left_out_make_up_all_and_do_not_depend_on_the_order_given(
    events: list[Event], most: int, random: np.random.RandomState
) -> None:
    listed = listed_events(events, EventSettings(most))
    counts = Counter(one.kind for one in listed.events)
    assert counts + Counter(listed.unlisted_count) == Counter(one.kind for one in events)
    assert max(counts.values(), default=0) <= most
    starts = [one.start_s for one in listed.events]
    assert starts == sorted(starts)
    shuffled = list(events)
    random.shuffle(shuffled)
    assert listed_events(shuffled, EventSettings(most)) == listed


def test_the_events_of_the_24_hour_records_are_their_patterns(data_dir: Path) -> None:
    for path in long_records(data_dir):
        rhythm = analyse_rhythm(reference(path).stream, SETTINGS)
        counts = Counter(one.kind for one in rhythm.events)
        v, s = rhythm.ventricular, rhythm.supraventricular
        slow_v, slow_s = kinds.VENTRICULAR_RHYTHM, kinds.SUPRAVENTRICULAR_RUN
        assert counts[kinds.VENTRICULAR_TACHYCARDIA] + counts[slow_v] == len(v.runs)
        assert counts[kinds.SUPRAVENTRICULAR_TACHYCARDIA] + counts[slow_s] == len(s.runs)
        assert counts[kinds.VENTRICULAR_COUPLET] == len(v.couplets)
        assert counts[kinds.SUPRAVENTRICULAR_BIGEMINY] == len(s.bigeminy)
        assert counts[kinds.PAUSE] == len(rhythm.pauses.episodes)
        assert counts[kinds.UNCONFIRMED_PAUSE] == len(rhythm.pauses.unconfirmed)
        assert counts[kinds.ATRIAL_FIBRILLATION] == len(rhythm.fibrillation.episodes)
        assert counts[kinds.MAXIMUM_HEART_RATE] == counts[kinds.MINIMUM_HEART_RATE] == 1
        starts = [one.start_s for one in rhythm.events]
        assert starts == sorted(starts)
        for one in rhythm.events:
            if one.kind != kinds.UNCONFIRMED_PAUSE:  # which may begin where no beat is
                assert one.start_s == reference(path).stream.times_s[one.first]
            assert one.n_beats == one.last - one.first + 1
