import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import jsonschema
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_schemas import schema
from unit.small_recordings import FAULTS, recording_of, scored_of

from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.graphics.report_graphics import draw
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.summarise import summarise as summarise_listed
from deepecg.outputs.summary import Summary
from deepecg.recording import PatientMark, ReadingWarning
from deepecg.rhythm.events import listed_events
from deepecg.scored_recording import ScoredRecording
from deepecg.settings import ScoringSettings
from deepecg.study import Study

UNITS = (
    *("_s", "_bpm", "_hz", "_percent", "_count", "_mv", "_mv_per_s", "_per_hour", "_ms", "_ms2"),
    "_ratio",
)
WHOLE_KEYS = {"count", "percent", "per_hour", "triangular_index"}
NUMBERS_OF_THINGS = {"hour", "number", "event", "events"}
"""These name something: no unit belongs to them."""
SETTINGS_UNITS = (
    *("_share", "_beats", "_blocks", "_threshold", "_rr", "_floor", "_samples"),
    *("_rise", "_ratio"),
    *("_cycles", "_per_kind", "_hours", "_intervals", "_ms", "_leads", "_weight", "_spread"),
    *("_evenness", "_correlation", "_differences", "_probability", "_deviation", "_percentile"),
)
"""Of settings: shares, ratios and weights, measures of likeness, numbers of beats, blocks, leads or
samples, multiples of an interval."""
SETTINGS_KEYS = {
    *("order", "threshold", "prominence", "evidence_limit", "no_evidence", "patience", "t_waves"),
    *("p_waves", "likeness", "parts", "beats_around", "padding"),
}
"""Of settings: numbers without a unit."""


def summarise(scored: ScoredRecording, recording_id: str) -> dict[str, Any]:
    listed = listed_events(scored.rhythm.events, scored.settings.rhythm.events)
    summary = summarise_listed(scored, listed, draw(scored, listed), recording_id)
    document: dict[str, Any] = json.loads(to_json(summary))
    return document


def steady(classes: str = "N" * 60, **options: Any) -> ScoredRecording:
    """Return beats a second apart, one letter each."""
    return scored_of(np.arange(len(classes)) + 0.5, classes, **options)


def validate(document: dict[str, Any]) -> None:
    jsonschema.validate(document, schema("summary"), cls=jsonschema.Draft202012Validator)


def numbers(document: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the keys that lead to every number."""
    if isinstance(document, dict):
        return [found for key in document for found in numbers(document[key], (*path, key))]
    if isinstance(document, list):
        return [found for value in document for found in numbers(value, path)]
    is_number = isinstance(document, int | float) and not isinstance(document, bool)
    return [path] if is_number else []


def test_a_summary_is_valid_against_its_schema() -> None:
    recording = replace(
        recording_of(np.zeros(15_000), np.zeros(15_000), names=("II", "V1")),
        start=datetime(2024, 3, 1, 9, 30),
        paced=True,
        warnings=(ReadingWarning("crc_mismatch", "found 1, expected 2"),),
    )
    scored = steady("NSVFQ" * 12, recording=recording, bad={"flat": [3], "missing": [7]})
    document = summarise(scored, "r")
    validate(document)
    assert document["recording"]["start_local"] == "2024-03-01T09:30:00"
    assert [warning["code"] for warning in document["warnings"]] == ["crc_mismatch", "paced"]
    assert document["advisory"] == ADVISORY


def test_marks_have_the_rhythm_there_and_their_text_only_if_asked_for() -> None:
    marks = (
        PatientMark(30.0, 0.0, "Hans felt dizzy", "diary"),
        PatientMark(200.25, 60.0, "", "file"),
    )
    classes = "N" * 28 + "VVVV" + "N" * 268
    recording = replace(recording_of(np.zeros(75_000)), marks=marks)
    rr_s = np.where([letter == "V" for letter in classes], 0.4, 1.0)
    scored = scored_of(np.cumsum(rr_s), classes, recording=recording, duration_s=300)
    document = summarise(scored, "r")
    validate(document)
    first, second = document["marks"]
    assert (first["at_s"], first["source"], first["text"]) == (30, "diary", None)
    assert (first["window_s"], first["analysable_s"]) == (60, 60)
    assert first["ventricular_count"] == 4
    assert first["event_kinds"][0] == "ventricular_tachycardia"
    kinds = {document["events"][number]["kind"] for number in first["events"]}
    assert kinds == set(first["event_kinds"])
    assert (second["window_s"], second["ventricular_count"]) == (121, 0)
    assert second["rate_bpm"] == 60
    listed = listed_events(scored.rhythm.events, scored.settings.rhythm.events)
    asked = summarise_listed(scored, listed, draw(scored, listed), "r", Study(diary_text=True))
    assert [mark.text for mark in asked.marks] == ["Hans felt dizzy", ""]
    strips = {strip.id: strip for strip in draw(scored, listed).strips}
    assert [strips[mark.strip or ""].event_at_s for mark in asked.marks] == [
        pytest.approx(mark.start_s, abs=0.01) for mark in marks
    ]


def test_of_very_many_marks_those_of_the_patient_have_strips() -> None:
    """150 stages of sleep by the recorder, 30 button presses, a diary: 100 strips in all."""
    texts = ["Sleep stage W"] * 4 + ["Event"]
    recorded = [PatientMark(float(n), 0.0, texts[n % 5], "file") for n in range(150)]
    marks = (*recorded, PatientMark(200.0, 0.0, "x", "diary"))
    recording = replace(recording_of(np.zeros(75_000)), marks=marks)
    document = summarise(steady("N" * 290, duration_s=300, recording=recording), "r")
    rows = document["marks"]
    assert sum(row["strip"] is not None for row in rows) == 100
    assert all(row["strip"] for row in [*rows[4:150:5], rows[-1]])
    assert [row["strip"] is not None for row in rows[:6]] == [True] * 6


def test_the_schema_refuses_what_it_does_not_know() -> None:
    document = summarise(steady(), "r")
    for broken in (
        document | {"patient": "X"},
        {key: value for key, value in document.items() if key != "beats"},
        document | {"schema_version": "1.0"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            validate(broken)


def test_every_number_carries_its_unit_in_its_key() -> None:
    document = summarise(steady("NSVFQ" * 12), "r")
    found = numbers(document)
    assert len(found) > 30
    for *parents, key in found:
        in_settings = "settings" in parents
        named = key in WHOLE_KEYS | NUMBERS_OF_THINGS or key.endswith(UNITS)
        named |= bool({"class_count", "not_assessed_s"} & set(parents))
        named |= in_settings and (key in SETTINGS_KEYS or key.endswith(SETTINGS_UNITS))
        assert named, f"{'.'.join(parents)}.{key} has no unit"


@given(st.text("NSVFQ", min_size=3, max_size=60), st.sets(st.integers(0, 59), max_size=30))
@settings(max_examples=40, deadline=None)
def test_counts_and_seconds_add_up(classes: str, flat: set[int]) -> None:
    document = summarise(steady(classes, bad={"flat": sorted(flat)}), "r")
    validate(document)
    counts = document["beats"]["class_count"]
    assert document["beats"]["total_count"] == sum(counts.values()) == len(classes)
    assert counts == {name: classes.count(name) for name in "NSVFQ"}
    assert document["ventricular"]["count"] == counts["V"]
    assert document["supraventricular"]["count"] == counts["S"]
    signal = document["signal"]
    assert signal["flat_s"] == len(flat)
    assert sum(signal[f"{name}_s"] for name in ("analysable", *FAULTS)) == 60


@given(
    st.integers(0, 2**32 - 1),
    st.integers(3, 400),
    st.sampled_from([(0.79, 0.81), (0.3, 0.5), (0.4, 1.1), (0.05, 9.0)]),
    st.tuples(st.floats(0, 20), st.floats(0, 0.999) | st.floats(1, 40)),
    st.sampled_from([0.0, 0.02, 0.3]),
)
@settings(max_examples=60, deadline=None)
def test_any_stream_gives_a_summary_valid_against_its_schema(
    seed: int,
    n_beats: int,
    rr_range_s: tuple[float, float],
    ends_s: tuple[float, float],
    lost_share: float,
) -> None:
    random = np.random.default_rng(seed)
    times = ends_s[0] + np.cumsum(random.uniform(*rr_range_s, n_beats))
    duration_s = float(times[-1] + ends_s[1])
    lost = np.flatnonzero(random.random(round(duration_s)) < lost_share).tolist()
    second = np.minimum(times.astype(np.int64), round(duration_s) - 1)
    kept = ~np.isin(second, lost)
    times = times[kept]
    rr = np.diff(times, prepend=np.nan)
    rr[1:][np.diff(np.searchsorted(lost, second[kept])) > 0] = np.nan
    scored = scored_of(
        times,
        "".join(random.choice(list("NSVFQ"), len(times), p=[0.6, 0.1, 0.2, 0.05, 0.05])),
        rr_s=rr,
        duration_s=duration_s,
        bad={"flat": lost},
        pause_confirmed=random.random(len(times)) < 0.5,
    )
    document = summarise(scored, "r")
    validate(json.loads(to_json(document)))
    signal = document["signal"]
    assert 0 <= signal["without_beats_s"] <= signal["analysable_s"]
    longest = document["pauses"]["longest_unconfirmed_s"]
    assert longest is None or longest <= signal["without_beats_s"] + 0.1
    assert len(document["events"]) + sum(document["events_left_out_count"].values()) == len(
        scored.rhythm.events
    )


def test_a_short_recording_of_nothing_but_fibrillation_has_a_burden_of_all() -> None:
    rr = np.random.default_rng(1).uniform(0.4, 1.0, 120)
    times = 0.02 + np.concatenate([[0.0], np.cumsum(rr)])
    times = np.append(times[times < 60], 60.47)  # of which 60 s are told
    document = summarise(scored_of(times, "N" * len(times), duration_s=60.49), "r")
    validate(document)
    assert document["atrial_fibrillation"]["total_s"] > document["signal"]["analysable_s"]
    assert document["atrial_fibrillation"]["burden_percent"] == 100


def test_burden_and_rate_per_hour_by_hand() -> None:
    # 6 V and 3 S among 60 beats, in 45 analysable seconds of 120
    classes = "V" * 6 + "S" * 3 + "N" * 51
    document = summarise(steady(classes, duration_s=120, bad={"flat": range(75)}), "r")
    for block, count, burden, per_hour in (
        ("ventricular", 6, 10.0, 480.0),
        ("supraventricular", 3, 5.0, 240.0),
    ):
        assert document[block]["count"] == count
        assert document[block]["burden_percent"] == burden
        assert document[block]["per_hour"] == per_hour
    assert document["signal"]["analysable_percent"] == 37.5


def test_patterns_events_and_hours_by_hand() -> None:
    classes = "NNNN" + "V" + "NNN" + "VV" + "NNN" + "VVVV" + "NNN" + "NVNVNV" + "NNN" + "SS" + "NN"
    recording = replace(recording_of(np.zeros(15_000)), start=datetime(2024, 3, 1, 9, 30))
    document = summarise(steady(classes, recording=recording), "r")
    validate(document)
    ventricular = document["ventricular"]
    assert ventricular["count"] == 1 + 2 + 4 + 3
    assert ventricular["isolated_count"] == 1 + 3
    assert (ventricular["couplet_count"], ventricular["triplet_count"]) == (1, 0)
    assert ventricular["run_count"] == 1
    run = {"start_s": 13.5, "duration_s": 3.0, "beats_count": 4, "rate_bpm": 60.0}
    assert ventricular["longest_run"] == ventricular["fastest_run"] == run
    # From the first of its ectopic beats to the last.
    assert ventricular["bigeminy"] == {"episode_count": 1, "duration_s": 4.0, "longest_s": 4.0}
    assert ventricular["trigeminy"]["longest_s"] is None
    assert document["supraventricular"]["couplet_count"] == 1
    assert document["supraventricular"]["longest_run"] is None
    hour, *others = document["hours"]
    assert not others
    assert hour["ventricular_count"] == 10
    assert hour["start_local"] == "2024-03-01T09:30:00"
    kinds = [event["kind"] for event in document["events"]]
    assert kinds.count("ventricular_rhythm") == 1
    assert [event["number"] for event in document["events"]] == list(range(len(kinds)))
    assert {event["lead"] for event in document["events"]} == {"lead 0"}


def test_a_pause_is_urgent_from_three_seconds_and_points_to_its_event_and_strip() -> None:
    times = np.cumsum([0.5, *[1.0] * 20, 3.4, *[1.0] * 20])
    document = summarise(scored_of(times, "N" * len(times), duration_s=45), "r")
    validate(document)
    assert document["pauses"]["count"] == 1
    assert document["pauses"]["longest_s"] == 3.4
    assert document["pauses"]["longest_at_s"] == pytest.approx(20.5)
    (finding,) = document["urgent"]
    assert (finding["kind"], finding["duration_s"]) == ("pause", 3.4)
    event = document["events"][finding["event"]]
    assert event["kind"] == "pause"
    assert event["strip"]
    unconfirmed = np.arange(len(times)) != 21
    document = summarise(
        scored_of(times, "N" * len(times), pause_confirmed=unconfirmed, duration_s=45), "r"
    )
    validate(document)
    assert document["pauses"]["count"] == 0
    assert document["pauses"]["unconfirmed_count"] == 1
    assert document["pauses"]["longest_unconfirmed_s"] == 3.4
    assert document["pauses"]["longest_unconfirmed_at_s"] == pytest.approx(20.5)
    assert not document["urgent"]
    # the half second before the first beat, 3.4 s, and 45 s - 43.9 s at the end
    assert document["signal"]["without_beats_s"] == pytest.approx(0.5 + 3.4 + 1.1)


def test_an_asystole_at_the_end_is_urgent_though_no_beat_follows_it() -> None:
    document = summarise(scored_of(np.arange(0.5, 30), "N" * 30, duration_s=60), "r")
    validate(document)
    assert document["pauses"]["count"] == 0
    assert document["pauses"]["unconfirmed_count"] == 1
    assert document["pauses"]["longest_unconfirmed_s"] == 30.5
    (finding,) = document["urgent"]
    assert finding["kind"] == "no_beat_found"
    assert (finding["at_s"], finding["duration_s"]) == (29.5, 30.5)
    event = document["events"][finding["event"]]
    assert (event["kind"], event["beats_count"], event["rate_bpm"]) == (
        "unconfirmed_pause",
        1,
        None,
    )
    assert event["strip"]
    assert document["heart_rate"]["mean_bpm"] == 60


def test_an_electrode_that_comes_off_slows_no_rate_and_is_in_no_picture() -> None:
    times = np.append(np.arange(0.5, 120), np.arange(135.5, 240))
    quiet = np.diff(times, prepend=0) < 2
    lost = scored_of(times, "N" * len(times), duration_s=240, pause_confirmed=quiet)
    document = summarise(lost, "r")
    rate = document["heart_rate"]
    assert rate["minimum_bpm"] == rate["maximum_bpm"] == rate["mean_bpm"] == 60
    assert (rate["bradycardia_s"], document["hours"][0]["mean_bpm"]) == (0, 60)
    graphics = draw(lost, listed_events(lost.rhythm.events, lost.settings.rhythm.events))
    assert set(graphics.trend.mean_bpm[~np.isnan(graphics.trend.mean_bpm)]) == {60}
    assert graphics.rr_histogram.count[-1] == 0
    assert graphics.poincare.count.sum() == len(times) - 4
    asystole = scored_of(times, "N" * len(times), duration_s=240)  # the same, but quiet
    assert summarise(asystole, "r")["heart_rate"]["minimum_bpm"] < 50


def test_the_known_accuracy_of_the_model_stands_beside_the_counts() -> None:
    scored = steady("NNV" * 20)
    assert summarise(scored, "r")["ventricular"]["precision_percent"] is None
    classes = {"V": {"predictivity": 0.9617, "sensitivity": 0.9482}}
    events = {"ventricular_run": {"predictivity": 0.5}}
    events["atrial_fibrillation"] = {"predictivity": 0.8432, "sensitivity": 0.9019}
    evaluation = {"end_to_end": {"classes": classes}, "events": events}
    card = replace(scored.card, evaluation=evaluation)
    document = summarise(replace(scored, card=card), "r")
    validate(document)
    assert document["ventricular"]["precision_percent"] == 96.2
    assert document["ventricular"]["sensitivity_percent"] == 94.8
    assert document["ventricular"]["run_precision_percent"] == 50
    assert document["ventricular"]["couplet_precision_percent"] is None
    assert document["atrial_fibrillation"]["precision_percent"] == 84.3
    assert document["atrial_fibrillation"]["sensitivity_percent"] == 90.2
    assert document["supraventricular"]["precision_percent"] is None


def test_a_recording_at_the_end_of_time_has_hours_without_a_clock() -> None:
    recording = replace(recording_of(np.zeros(15_000)), start=datetime.max)
    scored = scored_of(np.arange(0.5, 7200), "N" * 7200, duration_s=7200, recording=recording)
    document = summarise(scored, "r")
    validate(document)
    assert [hour["start_local"] is None for hour in document["hours"]] == [False, True]


def test_heart_rate_by_hand_and_one_wrong_short_interval_makes_no_absurd_maximum() -> None:
    times = np.sort(np.append(np.arange(301), 150.07))  # 60 a minute, and one false beat
    document = summarise(scored_of(times, "N" * 302, duration_s=301), "r")
    rate = document["heart_rate"]
    assert rate["mean_bpm"] == pytest.approx(60.2)  # 301 intervals in 300 s
    assert rate["maximum_bpm"] == pytest.approx(61.0)
    assert rate["minimum_bpm"] == pytest.approx(60.0)
    assert rate["window_s"] == 60
    assert 90 <= rate["maximum_at_s"] <= 150.1


def test_a_rate_that_is_not_known_is_null() -> None:
    document = summarise(scored_of([1, 2, 3], "NNN", duration_s=12), "r")
    validate(document)
    assert document["heart_rate"]["mean_bpm"] == 60
    assert document["heart_rate"]["minimum_bpm"] is None
    assert document["recording"]["start_local"] is None


def test_the_same_beats_give_the_same_bytes() -> None:
    assert to_json(summarise(steady(), "r")) == to_json(summarise(steady(), "r"))


def test_a_summary_comes_back_from_json_as_it_was() -> None:
    document = summarise(steady("NSVFQ" * 12), "r")
    read = msgspec.json.decode(to_json(document), type=Summary)
    assert to_json(read) == to_json(document)
    assert read.provenance.settings == ScoringSettings()


def test_the_only_name_in_it_is_the_one_the_caller_gives() -> None:
    text = to_json(summarise(steady(), "given-by-caller"))
    assert text.count("given-by-caller") == 1
    assert "/" not in text
    assert "\\" not in text


def test_it_says_who_chose_the_lead_and_with_which_settings_and_model() -> None:
    document = summarise(steady(), "r")
    assert document["recording"]["lead_chosen_by"] == "software"
    asked = summarise(steady(settings=ScoringSettings(lead="lead 0")), "r")
    assert asked["recording"]["lead_chosen_by"] == "caller"
    assert asked["provenance"]["settings"]["lead"] == "lead 0"
    provenance = document["provenance"]
    assert provenance["model"] == {"version": "made-up-1", "sha256": "0" * 64}
    assert provenance["settings"]["conditioning"]["low_hz"] == 0.5


def test_what_is_not_computed_is_named_and_not_there() -> None:
    document = summarise(steady(), "r")
    assert document["not_computed"] == ["first_degree_av_block"]
    assert not set(document["not_computed"]) & set(document)


def test_lost_time_is_in_the_summary_and_lowers_the_share_of_the_declared_time() -> None:
    whole = recording_of(np.zeros(60 * 250))
    # A minute is in the file, of which ten seconds are flat; two were declared.
    scored = steady(bad={"flat": range(10)}, recording=replace(whole, lost_s=60.0))
    document = summarise(scored, "r")
    validate(document)
    assert document["recording"]["duration_s"] == 60
    assert document["recording"]["lost_s"] == 60
    assert document["signal"]["analysable_percent"] == 83.33
    assert document["signal"]["analysable_of_declared_percent"] == 41.67
    (warning,) = document["warnings"]
    assert warning == {
        "code": "time_lost",
        "message": "found 1 min, expected 2 min by the header; lost: 1 min",
    }


def test_without_lost_time_both_shares_are_the_same() -> None:
    document = summarise(steady(bad={"flat": range(10)}), "r")
    assert document["recording"]["lost_s"] == 0
    assert document["signal"]["analysable_of_declared_percent"] == 83.33
    assert document["warnings"] == []


@pytest.mark.parametrize("code", ["uncalibrated", "impossible_amplitude"])
def test_where_amplitudes_are_not_known_none_is_given(code: str) -> None:
    warned = replace(
        recording_of(np.zeros(60 * 250)), warnings=(ReadingWarning(code, "found one"),)
    )
    document = summarise(steady(recording=warned), "r")
    assert document["recording"]["amplitudes_calibrated"] is False
    assert summarise(steady(), "r")["recording"]["amplitudes_calibrated"] is True
