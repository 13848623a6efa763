"""Stretches of a mask: first and last-plus-one index of every run of True."""

import numpy as np
import pytest

from deepecg.signal.stretches import stretches


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("", []),
        ("..", []),
        ("##", [[0, 2]]),
        (".##.#", [[1, 3], [4, 5]]),
        ("#..#.", [[0, 1], [3, 4]]),
    ],
)
def test_each_run_of_true_is_a_stretch(mask: str, expected: list[list[int]]) -> None:
    assert stretches(np.array([mark == "#" for mark in mask], bool)).tolist() == expected
