import numpy as np
import pytest

from deepecg.signal.windows_around_samples import windows_at

SIGNAL = np.arange(10, dtype=np.float32)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (0, [0, 1, 2, 3]),
        (6, [6, 7, 8, 9]),
        (-2, [0, 0, 0, 1]),
        (8, [8, 9, 9, 9]),
        (-9, [0, 0, 0, 0]),
        (50, [9, 9, 9, 9]),
    ],
)
def test_beyond_the_ends_the_first_or_last_sample_is_repeated(
    start: int, expected: list[int]
) -> None:
    np.testing.assert_array_equal(windows_at(SIGNAL, np.array([start, 3]), 4)[0], expected)


def test_windows_may_be_longer_than_the_signal() -> None:
    np.testing.assert_array_equal(
        windows_at(SIGNAL[:3], np.array([-1, 0]), 5), [[0, 0, 1, 2, 2], [0, 1, 2, 2, 2]]
    )


def test_several_signals_are_cut_along_the_first_axis() -> None:
    both = np.stack([SIGNAL, -SIGNAL], axis=1)
    found = windows_at(both, np.array([2, 8]), 3)
    assert found.shape == (2, 3, 2)
    np.testing.assert_array_equal(found[:, :, 0], [[2, 3, 4], [8, 9, 9]])
    np.testing.assert_array_equal(found[:, :, 1], [[-2, -3, -4], [-8, -9, -9]])


def test_windows_are_copies() -> None:
    windows_at(SIGNAL, np.array([0]), 4)[:] = 7
    assert SIGNAL[0] == 0
