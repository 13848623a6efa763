import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.small_recordings import RATE, ecg, recording_of, scored_of

from deepecg.outputs.graphics.ecg_strips import (
    Strip,
    choose_strips,
    cut_strips,
    event_clarity,
)
from deepecg.outputs.graphics.settings import StripSettings
from deepecg.rhythm.event_kinds import (
    EVENT_KINDS,
    ISOLATED_SUPRAVENTRICULAR,
    ISOLATED_VENTRICULAR,
    EventKind,
)
from deepecg.rhythm.events import Event
from deepecg.scored_recording import ScoredRecording
from deepecg.signal.conditioning import condition_leads
from deepecg.signal.settings import ConditioningSettings

SETTINGS = StripSettings(strip_s=8, lead_in_s=2)

KINDS_OF_EVENTS = {kind.key: kind for kind in EVENT_KINDS}
TIERED = {"pause", "ventricular_tachycardia"}
ALWAYS = [kind for kind in EVENT_KINDS if kind.always_has_strip]


def event(
    kind: EventKind | str, start_s: float = 20, duration_s: float = 1, n_beats: int = 3
) -> Event:
    found = kind if isinstance(kind, EventKind) else KINDS_OF_EVENTS[kind]
    return Event(0, n_beats - 1, start_s, duration_s, 120.0, found)


def scored(classes: str = "N" * 60, duration_s: int = 60) -> ScoredRecording:
    """Return beats at every half second past the second, in a signal that is its own time."""
    times = np.arange(len(classes)) + 0.5
    signal = np.arange(duration_s * RATE) / RATE
    return scored_of(times, classes, duration_s=duration_s, signal_mv=signal)


def strip_of(recording: ScoredRecording, what: Event) -> Strip:
    return cut_strips(recording, [what], {}, SETTINGS)[0]


def test_a_short_event_lies_in_the_middle_with_its_signal_and_beats() -> None:
    recording = scored("N" * 29 + "VV" + "N" * 29)
    strip = strip_of(recording, event("ventricular_couplet", 29.5, 1))
    assert (strip.id, strip.event_number, strip.kind.key) == ("strip-1", 0, "ventricular_couplet")
    assert strip.start_s == 26
    assert (strip.from_s, strip.until_s) == (3.5, 4.5)
    assert strip.rate_hz == RATE
    assert strip.signal_mv[0].tolist() == (26 + np.arange(8 * RATE) / RATE).tolist()
    assert strip.beat_times_s == pytest.approx([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5])
    assert strip.beat_classes == "NNNVVNNN"


@pytest.mark.parametrize(("duration_s", "length_s"), [(4, 8), (6, 8), (6.5, 10.5)])
def test_a_margin_gives_way_where_the_event_then_fits_into_one_row(
    duration_s: float, length_s: float
) -> None:
    strip = strip_of(scored(), event("pause", 20, duration_s))
    assert strip.signal_mv.shape == (1, length_s * RATE)
    margin_s = (length_s - duration_s) / 2
    assert (strip.from_s, strip.until_s) == (margin_s, margin_s + duration_s)


def test_an_event_of_half_a_strip_ends_inside_it_with_a_margin() -> None:
    strip = strip_of(scored(), event("pause", 20.25, 12))
    assert strip.start_s == 18.25
    assert (strip.from_s, strip.until_s) == (2, 14)
    assert strip.signal_mv.shape == (1, 16 * RATE)
    assert strip.cut is None


def test_of_a_long_event_both_ends_are_shown_and_what_is_left_out_is_told() -> None:
    """A minute of signal that is its own time: rows begin at 8.25 s and at 51.25 - 6 s."""
    strip = strip_of(scored(), event("atrial_fibrillation", 10.25, 41))
    gap = round(SETTINGS.cut_s * RATE)
    assert strip.signal_mv.shape == (1, 16 * RATE + gap)
    begins, gone, ends = np.split(strip.signal_mv[0], [8 * RATE, 8 * RATE + gap])
    assert (begins[0], ends[0]) == (8.25, 45.25)
    assert np.isnan(gone).all()
    assert strip.cut is not None
    assert (strip.cut.from_s, strip.cut.until_s) == (8, 8 + gap / RATE)
    assert strip.cut.left_out_s == 45.25 - 16.25
    assert strip.from_s == 2
    assert strip.until_s == 8 + gap / RATE + 6
    # beats at 8.5 to 15.5 s and at 45.5 to 52.5 s; no interval crosses the cut
    places = [*np.arange(0.25, 8), *(8 + gap / RATE + np.arange(0.25, 8))]
    assert strip.beat_times_s == pytest.approx(places)
    assert np.flatnonzero(np.isnan(strip.rr_s)).tolist() == [8]


def test_a_long_pause_and_a_long_tachycardia_begin_and_end_on_paper() -> None:
    """A pause of 15 s is whole; one of 30 s and five minutes of V at 150/min are cut."""
    pieces = {
        "N": [
            np.arange(0.5, 60),
            np.arange(74.5, 90),
            np.arange(119.5, 150),
            np.arange(451.5, 500),
        ],
        "V": [np.arange(150.5, 450.6, 0.4)],
    }
    found = [(at, name) for name in "NV" for piece in pieces[name] for at in piece.tolist()]
    times, classes = zip(*sorted(found), strict=True)
    confirmed = np.ones(len(times), bool)
    recording = scored_of(times, "".join(classes), duration_s=500, pause_confirmed=confirmed)
    events = [e for e in recording.rhythm.events if e.kind.key in TIERED and e.duration_s > 10]
    strips = {
        round(strip.event_at_s): strip
        for strip in cut_strips(recording, events, {}, StripSettings())
    }
    assert sorted(strips) == [60, 90, 150]  # R peaks at 59.5 (ties to even), 89.5 and 150.5 s
    for at_s, length_s, left_out_s in ((60, 15, None), (90, 30, 20), (150, 300, 290)):
        strip = strips[at_s]
        ends_s = strip.signal_mv.shape[1] / RATE
        assert strip.from_s == pytest.approx(2, abs=0.02)
        assert ends_s - strip.until_s == pytest.approx(2, abs=0.02)
        on_paper_s = strip.until_s - strip.from_s
        if left_out_s is None:
            assert strip.cut is None
            assert on_paper_s == pytest.approx(length_s, abs=0.02)
        else:
            assert strip.cut is not None
            assert strip.cut.left_out_s == pytest.approx(left_out_s, abs=0.02)
            gap_s = strip.cut.until_s - strip.cut.from_s
            assert on_paper_s - gap_s + left_out_s == pytest.approx(length_s, abs=0.02)
    assert re.fullmatch("N+V{20,}N+", strips[150].beat_classes)


@pytest.mark.parametrize(
    ("start_s", "begins_s", "from_s", "until_s"),
    [(0.5, 0, 0.5, 1.5), (58.5, 52, 6.5, 7.5)],
)
def test_a_strip_at_either_end_of_the_recording_is_as_long_as_others(
    start_s: float, begins_s: float, from_s: float, until_s: float
) -> None:
    strip = strip_of(scored("V" + "N" * 59), event("ventricular_couplet", start_s, 1))
    assert strip.start_s == begins_s
    assert strip.signal_mv.shape == (1, 8 * RATE)
    assert strip.signal_mv[0, 0] == begins_s
    assert (strip.from_s, strip.until_s) == (from_s, until_s)
    assert strip.beat_times_s == pytest.approx(np.arange(8) + 0.5)
    assert strip.beat_classes == ("V" if begins_s == 0 else "N") + "N" * 7


def test_a_recording_shorter_than_a_strip_is_shown_whole() -> None:
    strip = strip_of(scored("NNVNN", 5), event("ventricular_couplet", 2.5, 0))
    assert strip.start_s == 0
    assert strip.signal_mv.shape == (1, 5 * RATE)
    assert strip.beat_classes == "NNVNN"


def test_times_follow_the_recordings_clock_where_it_differs_from_the_rate() -> None:
    recording = scored()
    lead = replace(recording.used[0].conditioned, clock_hz=RATE * 1.01)
    used = (replace(recording.used[0], conditioned=lead),)
    strip = strip_of(replace(recording, used=used), event("ventricular_couplet", 29.5, 1))
    assert strip.rate_hz == pytest.approx(129.28)
    # The sample that the signal calls 26.26 s lies at 26 s by the clock.
    assert strip.start_s == pytest.approx(26, abs=1 / RATE)
    assert strip.signal_mv[0, 0] == pytest.approx(26.26, abs=1 / RATE)
    assert strip.from_s == pytest.approx(3.5, abs=1 / RATE)


def test_a_strip_can_be_changed_without_harm_to_the_signal() -> None:
    recording = scored()
    strip_of(recording, event("pause")).signal_mv[:] = 7
    assert recording.conditioned.signal[20 * RATE] == 20


def test_examples_are_the_surest_beats_of_both_halves_of_the_list() -> None:
    recording = scored("NNVNNVNNVNNVNN" + "N" * 46)
    recording.beats.probabilities[[2, 5, 8, 11]] = [[0, 0, p, 0, 0] for p in (0.6, 0.9, 0.9, 0.8)]
    strips = cut_strips(recording, [], {ISOLATED_VENTRICULAR: (2, 5, 8, 11)}, SETTINGS)
    assert [strip.id for strip in strips] == ["strip-1", "strip-2"]
    assert [strip.start_s + strip.from_s for strip in strips] == [5.5, 8.5]
    assert all(strip.event_number is None for strip in strips)
    assert all(strip.from_s == strip.until_s for strip in strips)
    assert {strip.kind.key for strip in strips} == {"isolated_ventricular"}


def test_one_isolated_beat_makes_one_example_and_none_makes_none() -> None:
    isolated = {ISOLATED_VENTRICULAR: (7,), ISOLATED_SUPRAVENTRICULAR: ()}
    strips = cut_strips(scored(), [event("pause")], isolated, SETTINGS)
    assert [(strip.id, strip.kind.key) for strip in strips] == [
        ("strip-1", "pause"),
        ("strip-2", "isolated_ventricular"),
    ]


def test_what_is_urgent_comes_first_then_by_severity_and_heart_rates_last() -> None:
    events = [
        event("maximum_heart_rate"),
        event("ventricular_bigeminy"),
        event("pause", duration_s=2.2),
        event("atrial_fibrillation", duration_s=600),
        event("ventricular_tachycardia"),
        event("pause", duration_s=3.0),
        event("minimum_heart_rate"),
    ]
    chosen = choose_strips(events, SETTINGS, findings=[events[5], events[1]])
    assert chosen == [5, 1, 4, 3, 2, 0, 6]


def test_an_urgent_event_that_is_not_the_worst_of_its_kind_has_a_strip() -> None:
    events = [event("atrial_fibrillation", duration_s=1000.0 - n) for n in range(30)]
    assert 29 not in choose_strips(events, SETTINGS)
    chosen = choose_strips(events, SETTINGS, findings=[events[29]])
    assert chosen[0] == 29
    assert len(chosen) == 1 + SETTINGS.max_per_kind


def test_strips_are_cut_of_the_urgent_event_first() -> None:
    times = np.concatenate([np.arange(0.5, 30), np.arange(33.5, 60)])
    recording = scored_of(times, "N" * len(times), pause_confirmed=np.ones(len(times), bool))
    (finding,) = recording.rhythm.urgent
    assert finding.event is not None
    events = [event("ventricular_tachycardia"), finding.event]
    strips = cut_strips(recording, events, {}, SETTINGS)
    assert [strip.kind.key for strip in strips] == ["pause", "ventricular_tachycardia"]


def test_a_strip_tells_the_intervals_of_its_beats_and_where_signal_is_lost() -> None:
    times = np.concatenate([np.arange(10) + 0.5, np.arange(13, 40) + 0.5])
    rr = np.where(np.arange(37) == 10, np.nan, 1.0)
    recording = scored_of(times, "N" * 37, rr_s=rr, duration_s=40, bad={"missing": [10, 12]})
    strip = strip_of(recording, event("ventricular_couplet", 12.25, 0.5))
    assert strip.start_s == 8.5
    assert strip.beat_times_s == pytest.approx([0, 1, 5, 6, 7])
    np.testing.assert_array_equal(strip.rr_s, [1, 1, np.nan, 1, 1])
    assert strip.lost == (((1.5, 2.5), (3.5, 4.5)),)


def test_lost_seconds_end_where_the_strip_ends() -> None:
    recording = scored_of([15.5], "N", bad={"flat": range(8, 12), "saturated": range(15, 60)})
    strip = strip_of(recording, event("ventricular_couplet", 12.25, 0.5))
    assert strip.lost == (((0.0, 3.5), (6.5, 8.0)),)


def test_of_a_kind_the_worst_come_first_and_only_some() -> None:
    beats = [3, 9, 4, 30, 5, 6]
    events = [event("ventricular_tachycardia", n_beats=n) for n in beats]
    chosen = choose_strips(events, replace(SETTINGS, max_per_kind=3))
    assert [beats[number] for number in chosen] == [30, 9, 6]


def test_strips_are_in_the_order_of_severity_whichever_were_chosen_first() -> None:
    kinds = ["ventricular_couplet", "ventricular_tachycardia", "ventricular_tachycardia"]
    assert choose_strips([event(kind) for kind in kinds], SETTINGS) == [1, 2, 0]


def test_every_kind_is_shown_before_any_is_shown_twice() -> None:
    events = [event(kind) for kind in EVENT_KINDS for _ in range(50)]
    events = [found for found in events if found.kind not in ALWAYS] + [event(k) for k in ALWAYS]
    chosen = choose_strips(events, replace(SETTINGS, max_events=len(EVENT_KINDS)))
    assert len(chosen) == len(EVENT_KINDS)
    assert {events[number].kind for number in chosen} == set(EVENT_KINDS)


@given(
    st.lists(
        st.builds(event, st.sampled_from(EVENT_KINDS), st.just(1.0), st.floats(0, 9)),
        max_size=60,
    )
)
def test_strips_are_few_and_always_the_same(events: list[Event]) -> None:
    chosen = choose_strips(events, SETTINGS)
    assert len(set(chosen)) == len(chosen) <= 20
    assert all(0 <= number < len(events) for number in chosen)
    shown = {events[number].kind for number in chosen}
    for kind in ALWAYS:
        assert (kind in shown) == any(found.kind == kind for found in events)
    assert choose_strips(list(events), SETTINGS) == chosen
    if events and len(events) <= 4:
        assert set(chosen) | {n for n, e in enumerate(events) if e.kind in ALWAYS} == set(
            range(len(events))
        )


def test_a_strip_shows_both_analysed_leads_and_where_either_is_lost() -> None:
    recording = scored()
    first, other = recording.used[0], replace(recording.used[0], number=2)
    noise = np.zeros(len(first.flags.noisy), bool)
    noise[28:30] = True
    first = replace(first, flags=first.flags.with_noise(noise))
    names = replace(recording.recording, leads=("II", "V1", "V5"))
    both = replace(recording, recording=names, used=(other, first))
    strip = strip_of(both, event("ventricular_couplet", 29.5, 1))
    assert strip.leads == ("II", "V5")
    assert strip.lost == (((2.0, 4.0),), ())


def test_the_event_of_a_finding_shows_every_lead() -> None:
    """The third lead was not analysed: it is read and conditioned like the others."""
    times = np.concatenate([np.arange(0.5, 30), np.arange(33.5, 60)])
    leads = [ecg(times, 60, 250.0, r_mv=height) for height in (1.0, -0.7, 1.6)]
    leads[2][31 * 250 : 32 * 250] = np.nan
    recording = recording_of(*leads, names=("II", "V1", "V5"))
    first, second, third = condition_leads(recording, {0: 0, 1: 0, 2: 0}, ConditioningSettings())
    found = scored_of(
        times,
        "N" * len(times),
        recording=recording,
        signal_mv=first.signal,
        pause_confirmed=np.ones(len(times), bool),
    )
    analysed = (found.used[0], replace(found.used[0], number=1, conditioned=second))
    found = replace(found, used=analysed)
    (pause,) = found.rhythm.finding_events
    strip = cut_strips(found, [pause], {}, SETTINGS)[0]
    assert strip.leads == ("II", "V1", "V5")
    inside = slice(round(strip.start_s * RATE), round(strip.start_s * RATE) + 8 * RATE)
    np.testing.assert_array_equal(strip.signal_mv[0], first.signal[inside])
    np.testing.assert_array_equal(strip.signal_mv[1], second.signal[inside])
    # The baseline of a whole chunk and of 48 s differ a little, before they are filtered.
    np.testing.assert_allclose(strip.signal_mv[2], third.signal[inside], atol=0.005)
    begin_s = 31 - strip.start_s
    assert strip.lost == ((), (), ((begin_s, begin_s + 1),))


def test_every_urgent_and_notable_event_has_a_strip() -> None:
    events = [event("pause", 10 + 3 * n, 2.1 + n / 100) for n in range(12)] + [
        event("ventricular_couplet", 50, 0.5, 2) for _ in range(9)
    ]
    strips = cut_strips(scored(), events, {}, SETTINGS)
    shown = [strip.event_number for strip in strips]
    assert set(range(12)) <= set(shown)
    assert len(shown) == 12 + SETTINGS.max_per_kind
    further = [strip.event_number for strip in strips if strip.is_further]
    assert further == [0, 1, 2, 3, 4, 5, 6, 7]
    assert [strip.id for strip in strips] == [f"strip-{n + 1}" for n in range(len(strips))]


def test_an_example_is_a_clear_one_and_not_the_fastest_in_noise() -> None:
    recording = scored("N" * 10 + "VV" + "N" * 18 + "VV" + "N" * 28)
    noise = np.zeros(60, bool)
    noise[9:13] = True
    quiet = recording.used[0]
    noisy = replace(quiet, flags=quiet.flags.with_noise(noise), number=1)
    recording = replace(recording, used=(quiet, noisy))
    fast = Event(10, 11, 10.5, 0.3, 200.0, KINDS_OF_EVENTS["ventricular_couplet"])
    clear = Event(30, 31, 30.5, 0.5, 120.0, KINDS_OF_EVENTS["ventricular_couplet"])
    of_fast, of_clear = event_clarity(recording, [fast, clear], SETTINGS)
    # 8.5 to 13 s: four of the five seconds of one of two leads are noise
    assert of_fast == pytest.approx((1 + 1 / 5) / 2)
    assert of_clear == 1
    assert choose_strips([fast, clear], SETTINGS, (), [of_fast, of_clear]) == [1, 0]
    assert choose_strips([fast, clear], SETTINGS, (), [0.95, 1]) == [0, 1]
