"""Beats of one shape agree on where they come from; the cases are worked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from unit.small_recordings import RATE, bell

from deepecg.beats import cluster_consensus
from deepecg.beats.cluster_consensus import apply_cluster_consensus
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.model_input import ModelInput
from deepecg.beats.settings import ClusterConsensusSettings, WindowSettings

SPEC = InputSpec(("relative",), (), ("pre_local",), RATE, WindowSettings())
SETTINGS = ClusterConsensusSettings(share=0.75)
AT = np.arange(SPEC.length) / RATE - 0.375
NARROW = bell(AT, 0.0, 0.012) + 0.25 * bell(AT, 0.3, 0.045)
WIDE = -bell(AT, 0.02, 0.05)
NARROW_BESIDE, WIDE_BESIDE = bell(AT, 0.01, 0.02), bell(AT, 0.0, 0.06) - bell(AT, 0.15, 0.03)
"""The same beats on a second lead."""
N = (0.9, 0.03, 0.05, 0.01, 0.01)
V = (0.08, 0.02, 0.85, 0.03, 0.02)


def beats(shapes: list[list[NDArray[np.float64]]], usable: object = True) -> ModelInput:
    """Return beats of these shapes, one list of leads a beat."""
    shape = np.array(shapes, np.float32)[:, :, None]
    n, n_leads = shape.shape[:2]
    return ModelInput(
        shape,
        np.empty((n, n_leads, 0), np.float32),
        np.broadcast_to(np.asarray(usable, bool), (n, n_leads)).copy(),
        np.zeros((n, 1), np.float32),
    )


def agreed(
    probabilities: list[tuple[float, ...]],
    given_beats: ModelInput,
    how: ClusterConsensusSettings = SETTINGS,
) -> NDArray[np.float32]:
    return apply_cluster_consensus(np.array(probabilities, np.float32), given_beats, SPEC, how)


def log_odds(probabilities: NDArray[np.floating] | tuple[float, ...]) -> NDArray[np.float64]:
    """Return the natural log-odds of V or F against all else."""
    share = np.asarray(probabilities, np.float64)[..., [2, 3]].sum(axis=-1)
    return np.asarray(np.log(share / (1 - share)))


def test_a_beat_moves_towards_the_mean_log_odds_of_its_cluster() -> None:
    shapes = [[WIDE]] * 8 + [[NARROW]] * 3
    found = agreed([*[V] * 7, *[N] * 4], beats(shapes))
    wide = log_odds(V) * 7 / 8 + log_odds(N) / 8
    assert log_odds(found)[7] == pytest.approx(0.25 * log_odds(N) + 0.75 * wide, abs=1e-3)
    np.testing.assert_allclose(log_odds(found)[:7], 0.25 * log_odds(V) + 0.75 * wide, atol=1e-3)
    assert found.argmax(axis=1).tolist() == [2] * 8 + [0] * 3


def test_beats_of_another_shape_have_no_effect() -> None:
    found = agreed([V, V, N, N], beats([[WIDE], [WIDE], [NARROW], [NARROW]]))
    np.testing.assert_allclose(found, [V, V, N, N], atol=1e-5)


@pytest.mark.parametrize("probabilities", [N, V, (0.2, 0.2, 0.2, 0.2, 0.2), (1, 0, 0, 0, 0)])
def test_a_beat_of_a_shape_of_its_own_is_not_changed(probabilities: tuple[float, ...]) -> None:
    np.testing.assert_allclose(
        agreed([probabilities], beats([[WIDE]]))[0], probabilities, atol=1e-5
    )


def test_shares_among_n_s_q_and_between_v_and_f_stay() -> None:
    early = (0.3, 0.5, 0.08, 0.02, 0.1)
    found = agreed([V, V, V, early], beats([[WIDE]] * 4))[3]
    assert found[2] > 0.2
    assert found[1] / found[0] == pytest.approx(5 / 3, rel=1e-3)
    assert found[4] / found[0] == pytest.approx(1 / 3, rel=1e-3)
    assert found[2] / found[3] == pytest.approx(4, rel=1e-3)


@given(st.integers(0, 10_000), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_probabilities_stay_probabilities(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    given_ones = random.dirichlet(np.full(5, 0.1), n).astype(np.float32)
    shapes = [[(NARROW, WIDE)[kind]] for kind in random.integers(0, 2, n)]
    found = apply_cluster_consensus(given_ones, beats(shapes), SPEC, ClusterConsensusSettings())
    assert found.dtype == np.float32
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_share_0_changes_nothing_and_share_1_makes_a_cluster_equal() -> None:
    mixed = beats([[WIDE]] * 3)
    np.testing.assert_allclose(
        agreed([V, N, N], mixed, replace(SETTINGS, share=0.0)), [V, N, N], atol=1e-5
    )
    same = log_odds(agreed([V, N, N], mixed, replace(SETTINGS, share=1.0)))
    np.testing.assert_allclose(same, (log_odds(V) + 2 * log_odds(N)) / 3, atol=1e-3)


def test_height_offset_and_signal_outside_the_qrs_do_not_change_the_shape() -> None:
    early_p = WIDE + 0.5 * bell(AT, -0.25, 0.02)
    found = agreed([V, V, V, N], beats([[WIDE], [3 * WIDE + 0.4], [WIDE], [early_p]]))
    assert found[3, 2] > 7 * N[2]


def test_two_leads_are_compared_by_their_mean_correlation() -> None:
    """If only one lead is similar, the mean correlation is half of the required one."""
    by_both = [[WIDE, WIDE_BESIDE], [WIDE, WIDE_BESIDE], [WIDE, NARROW_BESIDE]]
    assert np.corrcoef(WIDE_BESIDE[33:78], NARROW_BESIDE[33:78])[0, 1] < 0.75
    found = agreed([V, V, N], beats(by_both))
    np.testing.assert_allclose(found[2], N, atol=1e-5)


def test_a_single_lead_needs_a_higher_correlation() -> None:
    """A correlation of 0.95 is enough on two leads, but not on one."""
    random = np.random.default_rng(0)
    span = slice(48 - round(0.11 * RATE), 48 + round(0.235 * RATE))
    shape = WIDE[span] - WIDE[span].mean()
    noisy = []
    for _ in range(2):
        other = random.normal(size=len(shape))
        other -= other.mean()
        other -= shape * (other @ shape) / (shape @ shape)
        lead = WIDE.copy()
        lead[span] += other * np.sqrt((1 / 0.95**2 - 1) * (shape @ shape) / (other @ other))
        assert np.corrcoef(lead[span], WIDE[span])[0, 1] == pytest.approx(0.95)
        noisy.append(lead)
    one = agreed([V, V, N], beats([[WIDE], [WIDE], noisy[:1]]))
    np.testing.assert_allclose(one[2], N, atol=1e-5)
    two = agreed([V, V, N], beats([[WIDE, WIDE], [WIDE, WIDE], noisy]))
    assert two[2, 2] > 4 * N[2]


def test_a_lead_that_cannot_be_used_has_no_effect() -> None:
    usable = np.array([[True, False]] * 4)
    probabilities = [V, V, N, N]
    expected = agreed(probabilities, beats([[WIDE], [WIDE], [WIDE], [NARROW]]))
    for garbage in (NARROW, WIDE, 1000 * WIDE_BESIDE, 0 * WIDE):
        shapes = [[WIDE, garbage], [WIDE, WIDE], [WIDE, NARROW], [NARROW, garbage]]
        found = agreed(probabilities, beats(shapes, usable))
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_beats_without_a_lead_in_common_are_not_compared() -> None:
    shapes = [[WIDE, WIDE], [WIDE, WIDE], [WIDE, WIDE]]
    usable = np.array([[True, False], [True, False], [False, True]])
    np.testing.assert_allclose(agreed([V, V, N], beats(shapes, usable))[2], N, atol=1e-5)


def test_a_flat_beat_has_the_shape_of_no_other() -> None:
    flat = [[0 * WIDE], [0 * WIDE], [WIDE]]
    np.testing.assert_allclose(agreed([N, V, V], beats(flat)), [N, V, V], atol=1e-5)


def test_the_order_of_beats_and_the_size_of_blocks_change_nothing_but_rounding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(3)
    kinds = random.integers(0, 2, 70)
    given_beats = beats([[(NARROW, WIDE)[kind]] for kind in kinds])
    probabilities = random.dirichlet(np.full(5, 0.3), 70).astype(np.float32)
    once = apply_cluster_consensus(probabilities, given_beats, SPEC, SETTINGS)
    turned = apply_cluster_consensus(probabilities[::-1], given_beats[::-1], SPEC, SETTINGS)
    np.testing.assert_allclose(turned[::-1], once, atol=1e-5)
    monkeypatch.setattr(cluster_consensus, "BLOCK_BEATS", 16)
    np.testing.assert_allclose(
        apply_cluster_consensus(probabilities, given_beats, SPEC, SETTINGS), once, atol=1e-5
    )
