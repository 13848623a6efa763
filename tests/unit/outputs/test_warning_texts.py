"""Warnings in the words of the clinician who reads the results."""

import re
from pathlib import Path

import pytest

import deepecg
from deepecg.applied_review import REVIEW_NOT_APPLIED
from deepecg.outputs.summary import WarningRow
from deepecg.outputs.warning_texts import (
    TIME_LOST,
    WARNING_TEXTS,
    important_codes,
    important_warnings,
    warning_text,
)
from deepecg.recording import IMPOSSIBLE_AMPLITUDE, UNCALIBRATED

WARNS = re.compile(
    r'warnings\[\s*"(\w+)"\s*\]\s*=|(?:ReadingWarning|excluded)\(\s*"(\w+)"|setdefault\(\s*"(\w+)"'
)
"""How the readers and the scoring warn."""


def codes_in_source() -> set[str]:
    package = Path(deepecg.__file__).parent
    sources = [package / "scoring.py", *(package / "readers").glob("*.py")]
    found = (WARNS.findall(source.read_text()) for source in sources)
    return {code for codes in found for match in codes for code in match if code}


def test_every_warning_that_a_reader_gives_has_a_text() -> None:
    found = codes_in_source()
    assert {"bad_start", "crc_mismatch", "uncalibrated"} <= found
    assert not found - set(WARNING_TEXTS)
    assert {IMPOSSIBLE_AMPLITUDE, UNCALIBRATED, REVIEW_NOT_APPLIED, TIME_LOST} <= set(WARNING_TEXTS)


@pytest.mark.parametrize("code", WARNING_TEXTS)
def test_a_text_is_a_name_and_sentences(code: str) -> None:
    text = WARNING_TEXTS[code]
    assert len(text.name) <= 30
    assert not text.name.endswith(".")
    for sentence in (text.meaning, text.next_step):
        assert re.fullmatch(r"[A-Z][^\n]*\.", sentence)


@pytest.mark.parametrize(
    "code",
    [
        "time_lost",
        "bad_timekeeping",
        "clock_drift",
        "no_sampling_rate",
        "impossible_amplitude",
        "uncalibrated",
        "no_ecg_label",
        "missing_part",
        "gaps_in_continuous",
        "paced",
        "review_not_applied",
    ],
)
def test_what_may_change_the_result_is_important(code: str) -> None:
    assert important_codes([code, "crc_mismatch", "extra_header_lines"]) == (code,)


def test_a_file_cut_short_is_important_unless_the_time_lost_says_so() -> None:
    assert important_codes(["truncated_samples"]) == ("truncated_samples",)
    assert important_codes(["truncated_samples", "time_lost"]) == ("time_lost",)
    both = ["uncalibrated", "resolution_in_microvolts"]  # one name: the one that says more
    assert important_codes(both) == ("resolution_in_microvolts",)


def test_important_warnings_keep_their_messages_and_come_in_the_order_of_their_weight() -> None:
    rows = [WarningRow(code, f"found {code}") for code in ("uncalibrated", "crc_mismatch", "paced")]
    rows.append(WarningRow("time_lost", "found 1 h"))
    assert important_warnings(rows) == [rows[3], rows[0], rows[2]]


def test_a_warning_of_another_version_is_named_by_its_code() -> None:
    text = warning_text("solar_flare")
    assert text.name == "Solar flare"
    assert not text.is_important
    assert important_codes(["solar_flare"]) == ()
