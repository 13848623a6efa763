import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.pieces import recording_of, scored_of

from deepecg.documents import ADVISORY, schema, to_json
from deepecg.recording import ReadingWarning
from deepecg.scored import ScoredRecording
from deepecg.settings import ScoringSettings
from deepecg.summary import summarise

UNITS = ("_s", "_bpm", "_hz", "_percent", "_count", "_mv", "_per_hour")
WHOLE_KEYS = {"count", "per_hour"}
SETTINGS_UNITS = (
    *("_share", "_beats", "_blocks", "_threshold", "_rr", "_floor"),
    *("_cycles", "_per_kind", "_hours", "_intervals", "_ms"),
)
"""Of settings: shares of something, numbers of beats or blocks, multiples of an interval."""
SETTINGS_KEYS = {
    *("order", "threshold", "prominence", "evidence_limit", "no_evidence", "patience"),
}
"""Of settings: numbers without a unit."""


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


def test_the_schema_refuses_what_it_does_not_know() -> None:
    document = summarise(steady(), "r")
    for broken in (
        document | {"patient": "X"},
        {key: value for key, value in document.items() if key != "beats"},
        document | {"schema_version": "2.0"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            validate(broken)


def test_every_number_carries_its_unit_in_its_key() -> None:
    document = summarise(steady("NSVFQ" * 12), "r")
    found = numbers(document)
    assert len(found) > 30
    for *parents, key in found:
        in_settings = "settings" in parents
        named = key in WHOLE_KEYS or key.endswith(UNITS) or "class_count" in parents
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
    assert sum(signal[f"{name}_s"] for name in ("analysable", "missing", "flat", "saturated")) == 60


def test_burden_and_rate_per_hour_by_hand() -> None:
    # 6 V and 3 S among 60 beats, in 45 analysable seconds of 120
    classes = "V" * 6 + "S" * 3 + "N" * 51
    document = summarise(steady(classes, duration_s=120, bad={"flat": range(75)}), "r")
    assert document["ventricular"] == {"count": 6, "burden_percent": 10.0, "per_hour": 480.0}
    assert document["supraventricular"] == {"count": 3, "burden_percent": 5.0, "per_hour": 240.0}
    assert document["signal"]["analysable_percent"] == 37.5


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
    assert json.loads(to_json(document)) == document


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
    provenance = document["provenance"]
    assert provenance["model"] == {"version": "made-up-1", "sha256": "0" * 64}
    assert provenance["settings"]["conditioning"]["low_hz"] == 0.5


def test_what_is_not_computed_is_named_and_not_there() -> None:
    document = summarise(steady(), "r")
    assert {"pauses", "atrial_fibrillation", "st_segment"} <= set(document["not_computed"])
    assert not set(document["not_computed"]) & set(document)
