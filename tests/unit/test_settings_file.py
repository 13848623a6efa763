import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepecg.errors import SettingsError
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.settings import RhythmSettings
from deepecg.settings_file import MAX_BYTES, SettingsFile, read_settings_file
from deepecg.study import Study

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def read(**fields: object) -> SettingsFile:
    return read_settings_file(json.dumps(fields).encode())


def test_an_empty_file_gives_the_defaults() -> None:
    assert read_settings_file(b"{}") == SettingsFile()


def test_given_values_replace_defaults_and_others_stay() -> None:
    found = read(lead="V5", subject="Patient/1", rhythm={"pauses": {"pause_s": 2.5}})
    assert found.lead == "V5"
    assert found.subject == "Patient/1"
    default = RhythmSettings()
    assert found.rhythm == replace(default, pauses=replace(default.pauses, pause_s=2.5))
    assert found.scoring.lead == "V5"
    assert found.scoring.rhythm == found.rhythm


def test_a_whole_number_is_a_valid_measure_but_a_fraction_is_no_count() -> None:
    assert read(rhythm={"pauses": {"pause_s": 3}}).rhythm.pauses.pause_s == 3.0
    assert read(rhythm={"ectopy": {"run_beats": 4.0}}).rhythm.ectopy.run_beats == 4
    with pytest.raises(SettingsError, match=r"a fraction for rhythm\.ectopy\.run_beats"):
        read(rhythm={"ectopy": {"run_beats": 3.5}})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"lead": 5}',
        b'{"lead": " "}',
        b'{"lead": null}',
        b'{"rhythm": 5}',
        b'{"rhythm": {"pauses": {"pause_s": "2"}}}',
        b'{"rhythm": {"pauses": {"pause_s": true}}}',
        b'{"rhythm": {"pauses": {"pause_s": NaN}}}',
        b'{"rhythm": {"pauses": {"pause_s": Infinity}}}',
        b'{"rhythm": {"pauses": {"pause_s": 0}}}',
        b'{"rhythm": {"pauses": {"pause_s": -1}}}',
        b'{"rhythm": {"pauses": {"pause_s": 1' + b"0" * 400 + b"}}}",
        b'{"rhythm": {"pauses": {"pause": 2}}}',
        b'{"conditioning": {"low_hz": 1}}',
        b"[" * 50_000,
        b" " * (MAX_BYTES + 1),
    ],
)
def test_an_invalid_settings_file_is_rejected(content: bytes) -> None:
    with pytest.raises(SettingsError, match=r"found .*, expected "):
        read_settings_file(content)


def test_a_message_contains_the_field_and_no_value() -> None:
    for broken in ({"lead": ["Smith"]}, {"Smith": 1}, {"rhythm": {"pauses": {"pause_s": "Smith"}}}):
        with pytest.raises(SettingsError) as refusal:
            read(**broken)
        assert "Smith" not in str(refusal.value)
    assert "Smith" not in repr(read(subject="Patient/Smith"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"rhythm":\n{"pauses":\n{"pause": 2}}}',
         "unknown setting `rhythm.pauses.pause`: did you mean `pause_s`? .*(line 3)"),
        ('{"rhythm": {},\n"pauses": {"pause_s": 3}}',
         "unknown setting `pauses`: did you mean `rhythm.pauses`? .*(line 2)"),
        ('{"pause_s": 3}', "did you mean `rhythm.pauses.pause_s` or `rhythm.urgent.pause_s`?"),
        ('{"Lead": "V5"}', "unknown setting `Lead`: did you mean `lead`?"),
        ('{"rhythm": {"urgent": {"pause_s": 4},\n"pauses": {"pause_s": 9000}}}',
         "found 9000 for rhythm.pauses.pause_s, expected a number from 0.2 to 20 (line 2)"),
        ('{"lead": "V5",\n "disclosure": tru}', "not JSON (line 2, column 16: Expecting value)"),
    ],
)  # fmt: skip
def test_a_message_says_where_the_fault_is_and_what_was_meant(content: str, said: str) -> None:
    pattern = re.escape(said).replace(re.escape(".*"), ".*")
    with pytest.raises(SettingsError, match=pattern):
        read_settings_file(content.encode())


@pytest.mark.parametrize(
    "broken",
    [
        {"smith_lead": "V5"},
        {"Smith, pauses": {}},
        {"Smith.lead": 1},
        {"patient_label": 19500101},
        {"subject": 19500101},
        {"rhythm": {"Smith": 1}},
    ],
)
def test_what_may_be_about_a_patient_is_not_repeated(broken: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(**broken)
    assert not re.search("smith|1950", str(refusal.value).casefold())


STUDY = {
    "subject": ("Patient/123", "https://fhir.hospital.example/r4/Patient/a-b.C4/_history/2"),
    "based_on": ("ServiceRequest/4", "http://localhost:8080/fhir/ServiceRequest/4"),
    "performer": ("Organization/5", "Practitioner/6", "https://h.example/PractitionerRole/7"),
    "code_system": ("https://terms.hospital.example/CodeSystem/holter", "http://localhost:8080/c"),
    "time_zone": ("Europe/Zurich", "America/Argentina/Buenos_Aires", "UTC"),
    "patient_label": ("Smith, Anna, 1950-01-01, ward 7", "x" * 200),
    "diary_text": (True, False),
    "disclosure": (True, False),
    "embed_report": (True, False),
}
"""Values of what a caller says about a recording."""


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in STUDY.items() for value in values]
)
def test_what_a_caller_says_of_a_recording_is_taken(name: str, value: object) -> None:
    assert getattr(read(**{name: value}), name) == value
    assert {item.name for item in fields(Study)} == set(STUDY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", "Smith, John"),
        ("subject", "ServiceRequest/Smith"),
        ("subject", "Patient/Smith?x=y"),
        ("subject", "Patient/Smith\n"),
        ("subject", 7),
        ("based_on", "Patient/Smith"),
        ("based_on", "https:///ServiceRequest/Smith"),
        ("performer", "Patient/Smith"),
        ("performer", "Device/Smith"),
        ("code_system", "Smith"),
        ("code_system", "ftp://smith.example/codes"),
        ("code_system", "https://smith.example/Smith codes"),
        ("time_zone", "Smith"),
        ("time_zone", "Europe"),
        ("time_zone", "../Smith"),
        ("time_zone", "/etc/Smith"),
        ("time_zone", "+01:00"),
        ("patient_label", ""),
        ("patient_label", "Smith " * 40),
        ("patient_label", ["Smith"]),
        ("diary_text", "Smith"),
        ("diary_text", 1),
        ("disclosure", "no"),
        ("disclosure", None),
        ("embed_report", "Smith"),
    ],
)
def test_what_cannot_be_right_of_a_recording_is_refused_and_not_repeated(
    name: str, value: object
) -> None:
    with pytest.raises(SettingsError, match=rf"found .*{name}.*, expected ") as refusal:
        read(**{name: value})
    assert "smith" not in str(refusal.value).casefold()


def test_what_the_patient_wrote_is_not_sent_to_a_fhir_server() -> None:
    with pytest.raises(SettingsError, match=r"embed_report .*diary_text"):
        read(embed_report=True, diary_text=True)


def test_who_the_patient_is_does_not_reach_a_log() -> None:
    found = read(
        subject="Patient/Smith",
        based_on="ServiceRequest/Smith",
        performer="Practitioner/Smith",
        patient_label="Smith",
    )
    assert "Smith" not in repr(found)


def with_thresholds(**groups: dict[str, float]) -> RhythmSettings:
    return read(rhythm=groups).rhythm


def test_a_run_has_three_beats_at_least_since_two_are_a_couplet() -> None:
    assert with_thresholds(ectopy={"run_beats": 3}).ectopy.run_beats == 3
    assert with_thresholds(ectopy={"run_beats": 5}).ectopy.run_beats == 5
    with pytest.raises(SettingsError, match=r"rhythm\.ectopy\.run_beats .* at least 3"):
        with_thresholds(ectopy={"run_beats": 2})


def test_a_pause_is_long_enough_to_be_confirmed() -> None:
    # 0.6 s of a T wave, 0.3 s over which the signal is looked at, 0.2 s before the next beat
    assert with_thresholds(pauses={"pause_s": 1.11}).pauses.pause_s == 1.11
    with pytest.raises(SettingsError, match=r"rhythm\.pauses\.pause_s .* at least 1\.1"):
        with_thresholds(pauses={"pause_s": 1.09})
    with pytest.raises(SettingsError, match=r"rhythm\.pauses\.pause_s"):
        with_thresholds(pauses={"t_wave_s": 1.6})


@pytest.mark.parametrize("name", ["pause_s", "unconfirmed_pause_s"])
def test_an_urgent_pause_is_long_enough_to_be_found(name: str) -> None:
    with_thresholds(pauses={"pause_s": 2.5}, urgent={name: 2.5})
    with pytest.raises(SettingsError, match=rf"rhythm\.urgent\.{name} .* at least 2\.5"):
        with_thresholds(pauses={"pause_s": 2.5}, urgent={name: 2.4})
    with pytest.raises(SettingsError, match=rf"rhythm\.urgent\.{name} "):
        with_thresholds(pauses={"pause_s": 20}, urgent={"pause_s": 20, name: 19})


@given(json_values)
@settings(max_examples=200)
def test_any_json_is_read_or_rejected(value: object) -> None:
    with contextlib.suppress(SettingsError):
        read_settings_file(json.dumps(value).encode())


@pytest.mark.parametrize("formula", ["fridericia", "bazett", "framingham", "hodges"])
def test_each_formula_for_qtc_is_read(formula: str) -> None:
    document = {"rhythm": {"qt_interval": {"formula": formula}}}
    read = read_settings_file(json.dumps(document).encode())
    assert read.rhythm.qt_interval.formula == formula


def test_another_formula_for_qtc_is_rejected_without_its_text() -> None:
    document = {"rhythm": {"qt_interval": {"formula": "Smith"}}}
    with pytest.raises(SettingsError, match="expected one of fridericia, bazett") as refusal:
        read_settings_file(json.dumps(document).encode())
    assert "Smith" not in str(refusal.value)


def leaves(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield the path and the default of every threshold."""
    for item in fields(group):
        value = getattr(group, item.name)
        if is_dataclass(value):
            yield from leaves(value, (*path, item.name))
        elif not isinstance(value, str):
            yield (*path, item.name), value


THRESHOLDS = dict(leaves(RhythmSettings()))
BETWEEN_OTHERS = {
    ("pauses", "pause_s"),
    ("variability", "hf_from_hz"),
    ("rate", "night_start_hours"),
}
"""Thresholds between two others, which alone cannot be changed by a factor of ten."""


def with_threshold(path: tuple[str, ...], value: float) -> bytes:
    document: Any = value
    for name in reversed(path):
        document = {name: document}
    return json.dumps({"rhythm": document}).encode()


@pytest.fixture(scope="module")
def stream() -> BeatStream:
    """Two hours of everything: regular, irregular, ectopic, with gaps and pauses."""
    random = np.random.default_rng(0)
    rr_s = np.concatenate([np.full(4000, 0.8), random.uniform(0.4, 1.1, 3000)])
    rr_s += random.normal(0, 0.02, len(rr_s))
    rr_s[::500] = 4.0
    labels = random.choice(5, len(rr_s), p=(0.8, 0.08, 0.1, 0.01, 0.01))
    times_s = np.cumsum(rr_s)
    rr_s = rr_s.copy()
    rr_s[[0, *range(700, len(rr_s), 700)]] = np.nan
    quiet = random.random(len(rr_s)) < 0.8
    return BeatStream.of_labels(times_s, rr_s, labels, quiet, np.ones(int(times_s[-1]) + 1, bool))


@pytest.mark.parametrize("path", THRESHOLDS, ids=".".join)
def test_any_threshold_at_the_ends_of_its_range_is_used_or_rejected(
    stream: BeatStream, path: tuple[str, ...]
) -> None:
    default = THRESHOLDS[path]
    n_read = 0
    for value in (default / 10, default * 10):
        whole = round(value) if isinstance(default, int) else value
        with contextlib.suppress(SettingsError):
            settings = read_settings_file(
                with_threshold(path, max(whole, 1) if whole == 0 else whole)
            )
            analyse_rhythm(stream, settings.rhythm)
            n_read += 1
    assert n_read or path in BETWEEN_OTHERS


@pytest.mark.parametrize("factor", [0.09, 12])
def test_a_threshold_beyond_its_range_is_rejected(factor: float) -> None:
    for path, default in THRESHOLDS.items():
        value = round(default * factor) if isinstance(default, int) else default * factor
        with pytest.raises(SettingsError, match=r"\.".join(path)):
            read_settings_file(
                with_threshold(path, value if factor > 1 else min(value, 0.09 * default))
            )


@given(
    st.dictionaries(
        st.sampled_from(sorted(THRESHOLDS)), st.floats(0.1, 10) | st.integers(), max_size=6
    )
)
@settings(max_examples=60, deadline=None)
def test_thresholds_set_together_are_used_or_rejected(
    stream: BeatStream, factors: dict[tuple[str, ...], float]
) -> None:
    document: dict[str, Any] = {}
    for (*groups, name), factor in factors.items():
        place = document
        for group in groups:
            place = place.setdefault(group, {})
        default = THRESHOLDS[(*groups, name)]
        place[name] = type(default)(default * factor)
    with contextlib.suppress(SettingsError):
        analyse_rhythm(stream, read_settings_file(json.dumps({"rhythm": document}).encode()).rhythm)


def test_bands_and_limits_that_cross_are_rejected() -> None:
    for broken in (
        {"variability": {"hf_from_hz": 0.03}},
        {"variability": {"hf_until_hz": 0.1}},
        {"variability": {"longest_nn_s": 0.25}},
        {"rate": {"night_start_hours": 7}},
        {"rate": {"day_start_hours": 23}},
        {"st_level": {"slope_from_s": 0.05}},
        {"st_level": {"after_j_s": 0.03}},
    ):
        with pytest.raises(SettingsError, match="expected at least"):
            read(rhythm=broken)


def test_a_night_that_begins_after_midnight_is_rejected() -> None:
    with pytest.raises(SettingsError, match="night_start_hours that is too high, expected at most"):
        read(rhythm={"rate": {"night_start_hours": 24.5}})
