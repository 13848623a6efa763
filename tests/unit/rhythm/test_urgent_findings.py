from dataclasses import replace

import pytest
from unit.rhythm.beat_streams import stream_of

from deepecg.rhythm import event_kinds as kinds
from deepecg.rhythm.ectopy import Ectopy, ectopy
from deepecg.rhythm.event_kinds import EventKind
from deepecg.rhythm.events import Event
from deepecg.rhythm.finding import Finding
from deepecg.rhythm.settings import EctopySettings, RhythmSettings, UrgentSettings
from deepecg.rhythm.urgent_findings import urgent_findings

SETTINGS = RhythmSettings()


def burden_of(classes: str) -> Ectopy:
    return ectopy(stream_of(classes), "V", EctopySettings())


NO_ECTOPY = burden_of("N" * 100)


def findings(*events: Event, ventricular: Ectopy = NO_ECTOPY) -> list[Finding]:
    return list(urgent_findings(events, ventricular, SETTINGS))


def run(kind: EventKind, n_beats: int, rate_bpm: float, at_s: float = 10.0) -> Event:
    first = round(at_s)
    duration_s = 60 * (n_beats - 1) / rate_bpm
    return Event(first, first + n_beats - 1, at_s, duration_s, rate_bpm, kind)


def test_nothing_is_urgent_in_a_steady_rhythm() -> None:
    assert findings() == []


def test_ventricular_tachycardia_from_six_beats() -> None:
    five = run(kinds.VENTRICULAR_TACHYCARDIA, 5, 180)
    six = run(kinds.VENTRICULAR_TACHYCARDIA, 6, 171.4, at_s=77.5)
    assert findings(five) == []
    assert findings(run(kinds.VENTRICULAR_RHYTHM, 20, 90)) == []
    (found,) = findings(five, six)
    assert found.kind.key == "ventricular_tachycardia"
    assert found.message == "Ventricular tachycardia of 6 beats at 171/min"
    assert (found.n_beats, found.count, found.event) == (6, 1, six)
    assert found.event.duration_s == pytest.approx(1.75, abs=0.001)


def test_ventricular_tachycardia_from_half_a_minute_is_called_sustained() -> None:
    (found,) = findings(run(kinds.VENTRICULAR_TACHYCARDIA, 76, 150))
    assert found.message == "Ventricular tachycardia of 76 beats at 150/min, sustained"
    (found,) = findings(run(kinds.VENTRICULAR_TACHYCARDIA, 75, 150))
    assert found.message == "Ventricular tachycardia of 75 beats at 150/min"


def test_several_events_are_one_finding_that_names_the_worst() -> None:
    runs = [run(kinds.VENTRICULAR_TACHYCARDIA, n, 150, at_s=n) for n in (7, 12, 6, 4)]
    (found,) = findings(*runs)
    assert found.message == (
        "3 ventricular tachycardias of 6 or more beats; the longest 12 beats at 150/min"
    )
    assert (found.count, found.n_beats, found.event) == (3, 12, runs[1])


def test_ventricular_burden_above_ten_percent() -> None:
    assert findings(ventricular=burden_of("V" * 10 + "N" * 90)) == []
    (found,) = findings(ventricular=burden_of("V" * 11 + "N" * 89))
    assert found.kind.key == "ventricular_burden"
    assert found.message == "Ventricular ectopic beats are 11.0 % of all beats"
    assert (found.n_beats, found.event) == (11, None)


def test_supraventricular_tachycardia_longer_than_half_a_minute() -> None:
    half_a_minute = run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 76, 150)
    assert half_a_minute.duration_s == 30
    assert findings(half_a_minute) == []
    (found,) = findings(run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 78, 150))
    assert found.kind.key == "supraventricular_tachycardia"
    assert found.message == "Supraventricular tachycardia of 30.8 s at 150/min"


def test_supraventricular_tachycardia_is_urgent_by_its_seconds_and_not_by_its_beats() -> None:
    fast, slow = (
        run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, n_beats, rate_bpm)
        for n_beats, rate_bpm in ((119, 240.0), (56, 104.0))  # 29.5 s, 31.7 s
    )
    assert findings(fast) == []
    (found,) = findings(fast, slow)
    assert (found.event, found.count) == (slow, 1)


def test_atrial_fibrillation_faster_than_110() -> None:
    assert findings(run(kinds.ATRIAL_FIBRILLATION, 1000, 110)) == []
    (found,) = findings(run(kinds.ATRIAL_FIBRILLATION, 1500, 125))
    assert found.kind.key == "fast_atrial_fibrillation"
    assert found.message == "Atrial fibrillation of 12 min at 125/min"
    (found,) = findings(run(kinds.ATRIAL_FIBRILLATION, 30001, 125))
    assert found.message == "Atrial fibrillation of 4.0 h at 125/min"


def test_a_pause_of_three_seconds() -> None:
    pause = run(kinds.PAUSE, 2, 20)
    assert findings(replace(pause, duration_s=2.99)) == []
    (found,) = findings(replace(pause, duration_s=3.0 - 1e-12))  # three seconds, but for rounding
    assert found.kind.key == "pause"
    assert found.message == "Pause of 3.00 s"
    (found,) = findings(replace(pause, duration_s=3.24))
    assert (found.message, found.event.duration_s) == ("Pause of 3.2 s", 3.24)


def unconfirmed(duration_s: float, at_s: float = 10.0) -> Event:
    return Event(7, 7, at_s, duration_s, None, kinds.UNCONFIRMED_PAUSE)


def test_ten_seconds_without_a_beat_are_urgent_whatever_they_are() -> None:
    assert findings(unconfirmed(9.99)) == []
    (found,) = findings(unconfirmed(9.0), unconfirmed(24.3, at_s=77.5))
    assert found.kind.key == "no_beat_found"
    assert found.message == "No beat found for 24 s: an electrode or asystole"
    assert (found.event.start_s, found.event.duration_s, found.n_beats) == (77.5, 24.3, 1)
    (found,) = findings(unconfirmed(12), unconfirmed(24.3))
    assert found.message == (
        "2 stretches of 10 s or more without a beat; the longest 24 s: an electrode or asystole"
    )
    (found,) = findings(unconfirmed(10.0 - 1e-12))
    assert found.message.startswith("No beat found for 10.0 s:")
    (found,) = findings(unconfirmed(1800))
    assert found.message.startswith("No beat found for 30 min:")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            run(kinds.VENTRICULAR_TACHYCARDIA, 7, 100.4),
            "Ventricular tachycardia of 7 beats at 100.4/min",
        ),
        (
            run(kinds.VENTRICULAR_TACHYCARDIA, 7, 101.4),
            "Ventricular tachycardia of 7 beats at 101/min",
        ),
        (
            run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 52, 100.4),
            "Supraventricular tachycardia of 30.5 s at 100.4/min",
        ),
        (run(kinds.ATRIAL_FIBRILLATION, 1000, 110.3), "Atrial fibrillation of 9 min at 110.3/min"),
        (replace(run(kinds.PAUSE, 2, 20), duration_s=3.04), "Pause of 3.04 s"),
        (replace(run(kinds.PAUSE, 2, 20), duration_s=3.14), "Pause of 3.1 s"),
    ],
)
def test_what_is_just_beyond_its_limit_does_not_read_as_the_limit(
    event: Event, message: str
) -> None:
    (found,) = findings(event)
    assert found.message == message


def test_a_burden_just_beyond_its_limit_does_not_read_as_the_limit() -> None:
    (found,) = findings(ventricular=burden_of("V" * 251 + "N" * 2249))
    assert found.message == "Ventricular ectopic beats are 10.04 % of all beats"


def test_the_most_urgent_kind_comes_first() -> None:
    found = findings(
        run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 100, 150, at_s=1),
        run(kinds.ATRIAL_FIBRILLATION, 1000, 130, at_s=2),
        unconfirmed(20),
        run(kinds.PAUSE, 2, 15, at_s=3),
        run(kinds.VENTRICULAR_TACHYCARDIA, 10, 150, at_s=4),
        ventricular=burden_of("V" * 30 + "N" * 70),
    )
    assert [one.kind.key for one in found] == [
        "ventricular_tachycardia",
        "pause",
        "no_beat_found",
        "fast_atrial_fibrillation",
        "supraventricular_tachycardia",
        "ventricular_burden",
    ]


def test_thresholds_are_settings() -> None:
    strict = RhythmSettings(urgent=UrgentSettings(ventricular_run_beats=3, pause_s=2.5))
    events = [run(kinds.VENTRICULAR_TACHYCARDIA, 3, 150), run(kinds.PAUSE, 2, 60 / 2.6)]
    assert len(urgent_findings(events, NO_ECTOPY, strict)) == 2
    assert findings(*events) == []
