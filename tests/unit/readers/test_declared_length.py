import math

import pytest

from deepecg.errors import NoSignalError
from deepecg.readers.declared_length import MIN_HELD_SHARE, refuse_long_gaps
from deepecg.signal.settings import QualitySettings


@pytest.mark.parametrize(
    ("span_s", "held_s"), [(6 * 3600, 20), (1e15, 86_400), (1, 0), (math.inf, 9), (9, math.nan)]
)
def test_far_more_declared_than_held_is_rejected(span_s: float, held_s: float) -> None:
    with pytest.raises(NoSignalError, match=r"samples for .* s of the .* s"):
        refuse_long_gaps(span_s, held_s)


@pytest.mark.parametrize(
    ("span_s", "held_s"),
    [(86_400, 86_400), (86_400, 43_200), (14 * 86_400, 20 * 3600), (0, 0), (10, 1)],
)
def test_recordings_with_gaps_are_read(span_s: float, held_s: float) -> None:
    refuse_long_gaps(span_s, held_s)


def test_nothing_is_rejected_that_would_be_scored() -> None:
    assert 1 - QualitySettings().max_unusable_share > MIN_HELD_SHARE
