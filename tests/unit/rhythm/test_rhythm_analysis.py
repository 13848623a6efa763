from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.rhythm.beat_streams import long_records, reference, stream_of

from deepecg.beats.settings import PauseSettings
from deepecg.rhythm.rhythm_analysis import RhythmAnalysis, analyse_rhythm
from deepecg.rhythm.settings import (
    EctopySettings,
    FibrillationSettings,
    NotableSettings,
    RateSettings,
    RhythmSettings,
    UrgentSettings,
    VariabilitySettings,
)

SETTINGS = RhythmSettings()


def test_a_steady_sinus_rhythm_has_nothing_to_report() -> None:
    rhythm = analyse_rhythm(stream_of("N" * 600, 0.8), SETTINGS)
    assert rhythm.rate.mean_bpm == pytest.approx(75)
    assert (rhythm.rate.tachycardia_s, rhythm.rate.bradycardia_s) == (0, 0)
    assert (rhythm.ventricular.count, rhythm.supraventricular.count) == (0, 0)
    assert (rhythm.fibrillation.episodes, rhythm.fibrillation.burden_percent) == ((), 0)
    assert (rhythm.pauses.episodes, rhythm.urgent) == ((), ())
    assert len(rhythm.hours) == 1


@pytest.mark.parametrize("beats", ["N", "V", "NN", "N|N", "V|V|V"])
def test_a_recording_with_hardly_a_beat_has_a_rhythm_of_nothing_known(beats: str) -> None:
    rhythm = analyse_rhythm(stream_of(beats, duration_s=60), SETTINGS)
    assert rhythm.rate.maximum_bpm is None
    assert rhythm.variability.sdnn_ms is None
    assert rhythm.ventricular.runs == ()
    assert len(rhythm.hours) == 1


def test_s_beats_inside_atrial_fibrillation_are_no_ectopy_and_make_no_event() -> None:
    # 20 minutes of a steady rhythm, 20 of intervals of which none foretells the next
    rng = np.random.default_rng(5)
    irregular = rng.uniform(0.4, 1.2, 1500)
    rr = np.concatenate([np.full(1500, 0.8), irregular, np.full(1500, 0.8)])
    letters = np.full(len(rr) + 1, "N")
    letters[2000:2006] = "S"
    letters[500:503] = "S"
    rhythm = analyse_rhythm(stream_of("".join(letters), rr), SETTINGS)
    assert rhythm.fibrillation.beats[2000:2006].all()
    assert not rhythm.fibrillation.beats[500:503].any()
    assert rhythm.supraventricular.count == 3
    assert rhythm.supraventricular_in_fibrillation_count == 6
    assert [run.first for run in rhythm.supraventricular.runs] == [500]
    kinds = {event.kind.key: event.first for event in rhythm.events}
    assert kinds["supraventricular_run"] == 500
    assert "atrial_fibrillation" in kinds


def test_counted_s_beats_and_those_in_fibrillation_are_all_s_beats_of_the_24_hour_records(
    data_dir: Path,
) -> None:
    n_in_fibrillation = 0
    for path in long_records(data_dir):
        record = reference(path)
        rhythm = analyse_rhythm(record.stream, SETTINGS)
        s = rhythm.supraventricular
        assert s.count + rhythm.supraventricular_in_fibrillation_count == record.classes.count("S")
        assert rhythm.ventricular.count == record.classes.count("V")
        n_in_fibrillation += rhythm.supraventricular_in_fibrillation_count
    assert n_in_fibrillation > 0


def test_a_pause_that_is_not_confirmed_ends_runs_couplets_and_bigeminy() -> None:
    #        0         1         2
    #        0123456789012345678901234567
    text = "NNNVVVVNNNNVVNNNNVNVNVNVNNNN"
    rr = np.full(len(text) - 1, 0.5)
    rr[[4, 11, 19]] = 2.5  # between beats 4 and 5, 11 and 12, 19 and 20
    quiet = analyse_rhythm(stream_of(text, rr), SETTINGS).ventricular
    assert ([one.first for one in quiet.runs], len(quiet.couplets)) == ([3], 1)
    assert [one.first for one in quiet.bigeminy] == [17]
    unknown = analyse_rhythm(stream_of(text, rr, quiet=False), SETTINGS).ventricular
    assert (unknown.runs, unknown.bigeminy) == ((), ())
    assert [(one.first, one.last) for one in unknown.couplets] == [(3, 4), (5, 6)]
    assert unknown.isolated == (11, 12, 17, 19, 21, 23)


def test_rates_and_variability_rest_on_no_interval_in_which_a_beat_may_be_missed() -> None:
    rr = np.full(900, 0.8)
    missed = rr.copy()
    missed[[300, 500]] = 2.4
    steady = analyse_rhythm(stream_of("N" * 901, rr, quiet=False), SETTINGS)
    unknown = analyse_rhythm(stream_of("N" * 901, missed, quiet=False), SETTINGS)
    pauses = analyse_rhythm(stream_of("N" * 901, missed), SETTINGS)
    for name in ("mean_bpm", "minimum_bpm", "maximum_bpm"):
        assert getattr(unknown.rate, name) == pytest.approx(getattr(steady.rate, name))
    assert unknown.hours[0].minimum_bpm == pytest.approx(75)
    assert unknown.hours[0].mean_bpm == pytest.approx(75)
    assert unknown.variability.nn_count == 898
    assert len(unknown.pauses.unconfirmed) == len(pauses.pauses.episodes) == 2
    assert pauses.rate.minimum_bpm is not None
    assert pauses.rate.minimum_bpm < 74


def test_time_without_beats_and_known_intervals_make_up_the_analysable_time() -> None:
    stream = stream_of("NNNN|NNN|NN", [0.8, 3, 0.8, 20, 2, 1, 30, 0.9], quiet=False, duration_s=90)
    rhythm = analyse_rhythm(stream, SETTINGS)
    known_s = 0.8 + 0.8 + 1 + 0.9
    assert rhythm.pauses.without_beats_s == pytest.approx(stream.analysable.sum() - known_s)


def test_every_group_of_settings_is_used() -> None:
    rr = [0.8] * 100 + [2.2] + [0.8] * 100
    stream = stream_of("N" * 202, rr)
    changed = replace(
        SETTINGS, pauses=PauseSettings(pause_s=2.5), rate=RateSettings(bradycardia_bpm=80)
    )
    assert len(analyse_rhythm(stream, SETTINGS).pauses.episodes) == 1
    assert analyse_rhythm(stream, SETTINGS).rate.bradycardia_s == 0
    assert analyse_rhythm(stream, changed).pauses.episodes == ()
    assert analyse_rhythm(stream, changed).rate.bradycardia_s == pytest.approx(sum(rr))


def figures(rhythm: RhythmAnalysis) -> dict[str, object]:
    """Return a figure that rests on each group of settings."""
    return {
        "rate": rhythm.rate.tachycardia_s,
        "ectopy": len(rhythm.ventricular.runs),
        "pauses": len(rhythm.pauses.episodes),
        "fibrillation": len(rhythm.fibrillation.episodes),
        "variability": rhythm.variability.nn_count,
        "urgent": [finding.kind for finding in rhythm.urgent],
        "notable": [finding.kind for finding in rhythm.notable],
    }


@pytest.mark.parametrize(
    ("group", "settings"),
    [
        ("rate", RateSettings(tachycardia_bpm=70)),
        ("ectopy", EctopySettings(run_beats=5)),
        ("pauses", PauseSettings(pause_s=2.5)),
        ("fibrillation", FibrillationSettings(episode_s=120)),
        ("variability", VariabilitySettings(longest_nn_s=0.79)),
        ("urgent", UrgentSettings(pause_s=2.2)),
        ("notable", NotableSettings(supraventricular_run_beats=6)),
    ],
)
def test_a_group_of_settings_changes_what_rests_on_it(group: str, settings: object) -> None:
    irregular = np.random.default_rng(5).uniform(0.4, 1.0, 120)
    rr = np.concatenate([np.full(300, 0.8), [2.3], np.full(300, 0.8), irregular])
    rr[200:205] = 0.5
    text = "N" * 100 + "VVVV" + "N" * 96 + "SSSSS" + "N" * (len(rr) - 204)
    stream = stream_of(text, rr)
    before = figures(analyse_rhythm(stream, SETTINGS))
    after = figures(analyse_rhythm(stream, replace(SETTINGS, **{group: settings})))
    assert after[group] != before[group]


def test_each_group_of_settings_is_looked_at_but_those_of_events_and_marks() -> None:
    groups = {item.name for item in fields(RhythmSettings)}
    looked_at = figures(analyse_rhythm(stream_of("NNN"), SETTINGS)).keys()
    need_waves = {
        *("p_waves", "aberrant_conduction", "av_block"),
        *("strip_fibrillation", "flutter", "timely_beats", "wide_tachycardia"),
        *("repolarisation", "st_level", "st_segment", "qt_interval"),
    }
    # analyse_rhythm() leaves "events" to listed_events() and "marks" to rhythm_at_marks()
    assert groups - looked_at - need_waves == {"events", "marks"}


def outline(rhythm: RhythmAnalysis) -> list[object]:
    """Return what a delay of the whole recording leaves as it is."""
    v, s = rhythm.ventricular, rhythm.supraventricular
    return [
        (
            v.count,
            v.isolated,
            len(v.runs),
            s.count,
            s.isolated,
            rhythm.supraventricular_in_fibrillation_count,
        ),
        [(event.kind, event.first, event.last) for event in rhythm.events],
        [(one.kind, one.message, one.count) for one in rhythm.urgent],
        rhythm.fibrillation.beats.tolist(),
        len(rhythm.pauses.unconfirmed),
    ]


@given(st.text("NNNNVVSF|", max_size=120), st.sampled_from([0.4, 0.8, 2.4]), st.integers(1, 90_000))
@settings(max_examples=60, deadline=None)
def test_a_delay_moves_times_and_nothing_else(text: str, rr_s: float, delay_s: int) -> None:
    text = "|".join(part for part in ("N" + text).split("|") if part)
    once = analyse_rhythm(stream_of(text, rr_s, first_s=0.5), SETTINGS)
    delayed = stream_of(text, rr_s, first_s=0.5 + delay_s)
    delayed.analysable[:delay_s] = False  # no beat is sought there
    later = analyse_rhythm(delayed, SETTINGS)
    assert outline(later) == outline(once)
    for before, after in zip(once.events, later.events, strict=True):
        assert after.start_s == pytest.approx(before.start_s + delay_s)
        assert after.duration_s == pytest.approx(before.duration_s)
    for one, other in zip(once.urgent, later.urgent, strict=True):
        assert (other.event is None) == (one.event is None)
        if one.event is not None and other.event is not None:
            assert other.event.start_s == pytest.approx(one.event.start_s + delay_s)


@given(st.text("NVS|", max_size=120))
@settings(max_examples=60, deadline=None)
def test_what_is_urgent_is_among_the_events(text: str) -> None:
    text = "|".join(part for part in ("N" + text).split("|") if part)
    rhythm = analyse_rhythm(stream_of(text, 0.4), SETTINGS)
    for finding in rhythm.urgent:
        assert finding.event is None or finding.event in rhythm.events
