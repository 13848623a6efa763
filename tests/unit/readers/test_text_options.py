"""Options for tables: strict, and the same in a file, in settings and on the command line."""

import json
from datetime import datetime
from typing import Any

import pytest

from deepecg.errors import SettingsError
from deepecg.readers.text_options import (
    TextOptions,
    parse_text_options,
    read_text_options,
    text_options_of_pairs,
)
from deepecg.settings_file import read_settings_file

EXAMPLE: dict[str, Any] = {
    "sampling_rate_hz": 130,
    "unit": "uV",
    "columns": ["ecg", "3"],
    "time_column": "timestamp",
    "time_unit": "ms",
    "start": "2024-03-01T09:30:00",
    "separator": ";",
    "decimal": ",",
}
EXPECTED = TextOptions(
    130.0, "uV", ("ecg", "3"), "timestamp", "ms", datetime(2024, 3, 1, 9, 30), ";", ","
)


def test_the_same_everywhere() -> None:
    pairs = [f"{k}={','.join(v) if k == 'columns' else v}" for k, v in EXAMPLE.items()]
    assert parse_text_options(EXAMPLE, "text") == EXPECTED
    assert read_text_options(json.dumps(EXAMPLE).encode(), "the file") == EXPECTED
    assert text_options_of_pairs(pairs) == EXPECTED
    settings = read_settings_file(json.dumps({"text": EXAMPLE, "lead": "ecg"}).encode())
    assert settings.reading.text == EXPECTED
    assert settings.about_one_patient == ["text.start"]


def test_given_options_are_over_others() -> None:
    stronger = TextOptions(unit="mV")
    assert stronger.over(EXPECTED) == parse_text_options(EXAMPLE | {"unit": "mV"}, "text")
    assert TextOptions().over(EXPECTED) == EXPECTED


@pytest.mark.parametrize(("field", "value"), [
    ("sampling_rate_hz", "130"), ("sampling_rate_hz", 0), ("sampling_rate_hz", True),
    ("sampling_rate_hz", 1e9), ("unit", "mg"), ("unit", 1), ("columns", "ecg"), ("columns", []),
    ("columns", [""]), ("columns", ["a"] * 65), ("time_column", ["t"]), ("time_column", "x" * 101),
    ("time_unit", "min"), ("start", "yesterday"), ("start", 5), ("separator", "x"),
    ("decimal", ";"), ("decimal", None),
])  # fmt: skip
def test_values_that_are_not_allowed(field: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"{field} in text") as caught:
        parse_text_options({field: value}, "text")
    assert not isinstance(value, str) or len(value) < 2 or value not in str(caught.value).split()


def test_unknown_fields_are_named() -> None:
    with pytest.raises(SettingsError, match="did you mean `sampling_rate_hz`"):
        read_settings_file(b'{"text": {"sampling_rate": 130}}')
    with pytest.raises(
        SettingsError, match="unknown field in --text, expected some of sampling_rate_hz"
    ):
        text_options_of_pairs(["jitter=3"])


def test_a_name_in_place_of_a_field_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as refusal:
        read_text_options(b'{"unit": "mV", "Jane Doe": "columns"}', "the file")
    assert "Jane" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff", b"{", b"[" * 100_000])
def test_files_that_are_no_object(content: bytes) -> None:
    with pytest.raises(SettingsError, match="expected"):
        read_text_options(content, "the file")


@pytest.mark.parametrize("pair", ["unit", "sampling_rate_hz=fast", "columns="])
def test_pairs_that_are_not_allowed(pair: str) -> None:
    with pytest.raises(SettingsError):
        text_options_of_pairs([pair])
