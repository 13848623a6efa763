from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.rhythm.streams import long_records, reference, stream_of

from deepecg.rhythm import Rhythm, analyse_rhythm
from deepecg.rhythm.settings import PauseSettings, RateSettings, RhythmSettings

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
    assert rhythm.supraventricular.left_out_count == 6
    assert [run.first for run in rhythm.supraventricular.runs] == [500]
    kinds = {event.kind: event.first for event in rhythm.events}
    assert kinds["supraventricular_run"] == 500
    assert "atrial_fibrillation" in kinds


def test_counted_and_left_out_s_beats_are_all_s_beats_of_the_24_hour_records(
    data_dir: Path,
) -> None:
    n_left_out = 0
    for path in long_records(data_dir):
        record = reference(path)
        rhythm = analyse_rhythm(record.stream, SETTINGS)
        s = rhythm.supraventricular
        assert s.count + s.left_out_count == record.classes.count("S")
        assert rhythm.ventricular.count == record.classes.count("V")
        n_left_out += s.left_out_count
    assert n_left_out > 0


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


def outline(rhythm: Rhythm) -> list[object]:
    """Return what a delay of the whole recording leaves as it is."""
    v, s = rhythm.ventricular, rhythm.supraventricular
    return [
        (v.count, v.isolated, len(v.runs), s.count, s.isolated, s.left_out_count),
        [(event.kind, event.first, event.last) for event in rhythm.events],
        [(one.kind, one.message, one.count) for one in rhythm.urgent],
        rhythm.fibrillation.beats.tolist(),
        rhythm.pauses.unconfirmed_count,
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
        assert (other.at_s is None) == (one.at_s is None)
        assert (other.at_s or 0) == pytest.approx((one.at_s or -delay_s) + delay_s)


@given(st.text("NVS|", max_size=120))
@settings(max_examples=60, deadline=None)
def test_what_is_urgent_is_among_the_events(text: str) -> None:
    text = "|".join(part for part in ("N" + text).split("|") if part)
    rhythm = analyse_rhythm(stream_of(text, 0.4), SETTINGS)
    for finding in rhythm.urgent:
        assert finding.event is None or finding.event in rhythm.events
