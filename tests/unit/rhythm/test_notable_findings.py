from dataclasses import replace

import numpy as np
import pytest
from unit.rhythm.beat_streams import stream_of

from deepecg.rhythm import event_kinds as kinds
from deepecg.rhythm.ectopy import Ectopy, ectopy
from deepecg.rhythm.event_kinds import EventKind
from deepecg.rhythm.events import Event
from deepecg.rhythm.finding import Finding
from deepecg.rhythm.notable_findings import notable_findings
from deepecg.rhythm.notable_kinds import NOTABLE_KINDS
from deepecg.rhythm.rhythm_analysis import RhythmAnalysis, analyse_rhythm
from deepecg.rhythm.settings import EctopySettings, NotableSettings, RhythmSettings
from deepecg.rhythm.urgent_findings import urgent_findings

SETTINGS = RhythmSettings()
NO_ECTOPY = ectopy(stream_of("N" * 100), "V", EctopySettings())
AN_HOUR = 4500
"""Beats of an hour at 75/min, the rate of :func:`stream_of`."""


def findings(*events: Event, supraventricular: Ectopy = NO_ECTOPY) -> list[Finding]:
    urgent = urgent_findings(events, NO_ECTOPY, SETTINGS)
    return list(notable_findings(events, supraventricular, urgent, SETTINGS))


def episode(kind: EventKind, duration_s: float, rate_bpm: float, at_s: float = 10.0) -> Event:
    n_beats = round(duration_s * rate_bpm / 60) + 1
    return Event(10, 9 + n_beats, at_s, duration_s, rate_bpm, kind)


def run(kind: EventKind, n_beats: int, rate_bpm: float, at_s: float = 10.0) -> Event:
    return episode(kind, 60 * (n_beats - 1) / rate_bpm, rate_bpm, at_s)


def mentioned(rhythm: RhythmAnalysis) -> tuple[list[str], list[str]]:
    """Return the keys of the urgent findings, and those of the notable ones."""
    return [one.kind.key for one in rhythm.urgent], [one.kind.key for one in rhythm.notable]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (episode(kinds.ATRIAL_FIBRILLATION, 720, 80), "Atrial fibrillation of 12 min at 80/min"),
        (
            run(kinds.VENTRICULAR_TACHYCARDIA, 4, 150),
            "Ventricular tachycardia of 4 beats at 150/min",
        ),
        (
            episode(kinds.SECOND_DEGREE_BLOCK, 20, 40),
            "Second-degree AV block suspected for 20 s",
        ),
        (
            episode(kinds.TYPE_1_BLOCK, 600, 60),
            "Second-degree AV block, Mobitz I, suspected for 10 min",
        ),
        (episode(kinds.PAUSE, 2.2, 27.3), "Pause of 2.2 s"),
        (
            run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 12, 150),
            "Supraventricular tachycardia of 12 beats at 150/min",
        ),
        (episode(kinds.BRADYCARDIA, 90, 45), "Bradycardia of 90 s at 45/min"),
        (run(kinds.VENTRICULAR_RHYTHM, 8, 60), "Slow ventricular run of 8 beats at 60/min"),
    ],
)
def test_each_kind_of_event_is_notable_below_the_urgent_limit(event: Event, message: str) -> None:
    (found,) = findings(event)
    assert (found.kind.key, found.message) == (event.kind.key, message)
    assert (found.event, found.count, found.n_beats) == (event, 1, event.n_beats)


@pytest.mark.parametrize(
    ("notable", "urgent"),
    [
        (
            episode(kinds.ATRIAL_FIBRILLATION, 7200, 80),
            episode(kinds.ATRIAL_FIBRILLATION, 60, 140),
        ),
        (
            run(kinds.VENTRICULAR_TACHYCARDIA, 5, 150),
            run(kinds.VENTRICULAR_TACHYCARDIA, 6, 150),
        ),
        (episode(kinds.SECOND_DEGREE_BLOCK, 59, 40), episode(kinds.SECOND_DEGREE_BLOCK, 60, 40)),
        (episode(kinds.PAUSE, 2.9, 20.7), episode(kinds.PAUSE, 3.0, 20)),
        (
            run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 12, 150),
            episode(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 31, 150),
        ),
        (episode(kinds.BRADYCARDIA, 90, 45), episode(kinds.BRADYCARDIA, 90, 39)),
    ],
)
def test_a_kind_that_is_urgent_is_not_repeated_as_notable(notable: Event, urgent: Event) -> None:
    assert [found.event for found in findings(notable)] == [notable]
    assert findings(notable, urgent) == []
    other = episode(kinds.TYPE_1_BLOCK, 60, 50)
    assert [found.event for found in findings(notable, urgent, other)] == [other]


def test_several_events_are_one_finding_that_says_what_was_counted() -> None:
    runs = [run(kinds.VENTRICULAR_TACHYCARDIA, n, 150, at_s=n) for n in (3, 5, 4)]
    (found,) = findings(*runs)
    assert found.message == (
        "3 ventricular tachycardias of 3 or more beats; the longest 5 beats at 150/min"
    )
    assert (found.count, found.event) == (3, runs[1])
    slow = [episode(kinds.BRADYCARDIA, 300, 48), episode(kinds.BRADYCARDIA, 90, 44, at_s=900)]
    (found,) = findings(*slow)
    assert found.message == "2 episodes of bradycardia below 50/min; the slowest 90 s at 44/min"
    assert found.event == slow[1]


def test_a_supraventricular_tachycardia_is_notable_from_five_beats() -> None:
    assert findings(run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 4, 150)) == []
    assert len(findings(run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 5, 150))) == 1
    assert findings(run(kinds.SUPRAVENTRICULAR_RUN, 20, 90)) == []


def of_class_s(n_ectopic: int, n_beats: int) -> Ectopy:
    letters = np.full(n_beats, "N")
    letters[10 : 10 + 10 * n_ectopic : 10] = "S"
    return ectopy(stream_of("".join(letters)), "S", EctopySettings())


def test_many_supraventricular_beats_are_more_than_thirty_an_hour() -> None:
    assert findings(supraventricular=of_class_s(60, 2 * AN_HOUR)) == []
    (found,) = findings(supraventricular=of_class_s(80, 2 * AN_HOUR))
    assert found.kind.key == "supraventricular_burden"
    assert found.message == "Supraventricular ectopic beats are 40 an hour"
    assert (found.n_beats, found.event) == (80, None)


def test_a_short_recording_needs_as_many_supraventricular_beats_as_an_hour() -> None:
    assert findings(supraventricular=of_class_s(30, AN_HOUR // 10)) == []
    assert len(findings(supraventricular=of_class_s(31, AN_HOUR // 10))) == 1


def test_what_is_never_worth_mentioning_is_not_notable() -> None:
    quiet = {
        *(kinds.VENTRICULAR_COUPLET, kinds.SUPRAVENTRICULAR_COUPLET, kinds.TACHYCARDIA),
        *(kinds.MAXIMUM_HEART_RATE, kinds.MINIMUM_HEART_RATE, kinds.UNCONFIRMED_PAUSE),
    }
    assert findings(*(run(kind, 2, 120) for kind in quiet)) == []


def test_a_steady_sinus_rhythm_has_nothing_notable() -> None:
    assert mentioned(analyse_rhythm(stream_of("N" * 600), SETTINGS)) == ([], [])


def test_a_stream_with_short_runs_and_a_short_pause_is_notable_and_not_urgent() -> None:
    letters = "N" * 100 + "VVVV" + "N" * 100 + "SSSSSS" + "N" * 100 + "VVV" + "N" * 100
    rr = np.full(len(letters) - 1, 0.8)
    rr[100:103] = 0.4  # the run of 4, at 150/min
    rr[204:209] = 0.4  # the run of 6, at 150/min
    rr[309:312] = 1.0  # the run of 3, at 60/min
    rr[350] = 2.4
    rhythm = analyse_rhythm(stream_of(letters, rr), SETTINGS)
    assert mentioned(rhythm) == (
        [],
        [
            "ventricular_tachycardia",
            "pause",
            "supraventricular_tachycardia",
            "ventricular_rhythm",
        ],
    )
    assert [found.message for found in rhythm.notable] == [
        "Ventricular tachycardia of 4 beats at 150/min",
        "Pause of 2.4 s",
        "Supraventricular tachycardia of 6 beats at 150/min",
        "Slow ventricular run of 3 beats at 60/min",
    ]
    rr[350] = 3.2
    urgent, notable = mentioned(analyse_rhythm(stream_of(letters, rr), SETTINGS))
    assert urgent == ["pause"]
    assert "pause" not in notable


@pytest.mark.parametrize(
    ("bpm", "expected"),
    [
        (55, ([], [])),
        (45, ([], ["bradycardia"])),
        (35, (["bradycardia"], [])),
    ],
)
def test_a_slow_sinus_rhythm_is_notable_below_fifty_and_urgent_below_forty(
    bpm: float, expected: tuple[list[str], list[str]]
) -> None:
    rr = np.concatenate([np.full(200, 0.8), np.full(round(3 * bpm), 60 / bpm), np.full(200, 0.8)])
    rhythm = analyse_rhythm(stream_of("N" * (len(rr) + 1), rr), SETTINGS)
    assert mentioned(rhythm) == expected


@pytest.mark.parametrize(
    ("mean_s", "expected"),
    [
        (0.8, ([], ["atrial_fibrillation"])),
        (0.45, (["fast_atrial_fibrillation"], [])),
    ],
)
def test_atrial_fibrillation_is_notable_at_any_rate(
    mean_s: float, expected: tuple[list[str], list[str]]
) -> None:
    rr = np.random.default_rng(5).uniform(0.6 * mean_s, 1.4 * mean_s, 1500)
    rhythm = analyse_rhythm(stream_of("N" * 1501, rr), SETTINGS)
    assert mentioned(rhythm) == expected


def test_thresholds_are_settings() -> None:
    short = run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 4, 150)
    lower = replace(
        SETTINGS,
        notable=NotableSettings(supraventricular_run_beats=4, supraventricular_beats_per_hour=20),
    )
    found = notable_findings([short], of_class_s(30, AN_HOUR), (), lower)
    assert [one.kind.key for one in found] == [
        "supraventricular_tachycardia",
        "supraventricular_burden",
    ]


def test_the_most_important_kind_comes_first() -> None:
    events = [
        run(kinds.VENTRICULAR_RHYTHM, 4, 60),
        episode(kinds.TYPE_1_BLOCK, 60, 50),
        episode(kinds.BRADYCARDIA, 90, 45),
        run(kinds.SUPRAVENTRICULAR_TACHYCARDIA, 6, 150),
        episode(kinds.PAUSE, 2.2, 27.3),
        episode(kinds.SECOND_DEGREE_BLOCK, 20, 40),
        run(kinds.VENTRICULAR_TACHYCARDIA, 4, 150),
        episode(kinds.ATRIAL_FLUTTER, 300, 75),
        episode(kinds.ATRIAL_FIBRILLATION, 720, 80),
    ]
    found = findings(*events, supraventricular=of_class_s(80, AN_HOUR))
    assert [one.kind for one in found] == list(NOTABLE_KINDS)
