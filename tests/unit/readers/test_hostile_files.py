"""Damaged files of every format are scored or refused with a type, within time and memory.

`make fuzz-files N=20000` tries that many; here it is :data:`N_FILES`.
"""

import os

import hostile_files
import pytest

N_FILES = int(os.environ.get("DEEPECG_FUZZ_FILES", "400"))
PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_files_do_no_harm(part: int) -> None:
    outcomes = hostile_files.outcomes(0, range(part, N_FILES, PARTS), n_jobs=1)
    assert [str(one) for one in outcomes if not one.is_harmless] == []
    assert any(one.result == "scored" for one in outcomes), "all damage was too great to matter"


def test_sound_files_are_scored() -> None:
    for kind, files in hostile_files.sound_files().items():
        one = hostile_files.outcome(-1, kind, files, hostile_files.scoring_model())
        assert one.result == "scored", one
