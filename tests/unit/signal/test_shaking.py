"""Rhythmic shaking, held to what was put into the signal; tachycardia is none."""

import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import RATE, conditioned_lead, ecg, every, recording_of

from deepecg.beats.detection import detect_beats
from deepecg.settings import ScoringSettings
from deepecg.signal.settings import ShakingSettings
from deepecg.signal.shaking import moving_seconds, shaken_seconds

DURATION_S = 300
DISTURBED = slice(120, 180)
TIME_S = np.arange(DURATION_S * RATE) / RATE
INSIDE = np.zeros(len(TIME_S), bool)
INSIDE[DISTURBED.start * RATE : DISTURBED.stop * RATE] = True
BEATS_S = every(0.83, DURATION_S)
BEATS_OUTSIDE_S = np.delete(
    BEATS_S, slice(*np.searchsorted(BEATS_S, (DISTURBED.start, DISTURBED.stop)))
)


def shaken(signal: NDArray[np.floating]) -> NDArray[np.bool_]:
    noise = np.random.default_rng(0).normal(0, 0.01, len(signal))
    lead = conditioned_lead(signal + noise)
    return shaken_seconds(lead.signal, lead.rate_hz, DURATION_S, ShakingSettings())


def waves(hz: float, mv: float) -> NDArray[np.float64]:
    """Return waves whose frequency and height change a little, only while disturbed."""
    phase = 2 * np.pi * hz * (TIME_S + 0.02 * np.sin(0.9 * TIME_S))
    return np.where(INSIDE, mv * (1 + 0.2 * np.sin(1.3 * TIME_S)) * np.sin(phase), 0.0)


@pytest.mark.parametrize("hz", [3.1, 4.3, 5.2, 6.4])
@pytest.mark.parametrize("mv", [0.5, 1.0])
def test_shaking_over_sinus_rhythm_is_found_while_it_lasts(hz: float, mv: float) -> None:
    found = shaken(ecg(BEATS_S, DURATION_S, RATE) + waves(hz, mv))
    assert found[DISTURBED].mean() > 0.95
    assert not found[: DISTURBED.start - 5].any()
    assert not found[DISTURBED.stop + 5 :].any()


def test_a_clean_lead_and_a_small_tremor_are_not_shaken() -> None:
    assert not shaken(ecg(BEATS_S, DURATION_S, RATE)).any()
    assert not shaken(ecg(BEATS_S, DURATION_S, RATE) + waves(5.2, 0.08)).any()


def test_ventricular_fibrillation_has_no_complexes_of_the_patient() -> None:
    assert not shaken(ecg(BEATS_OUTSIDE_S, DURATION_S, RATE) + waves(5.2, 0.7)).any()


@pytest.mark.parametrize("bpm", [130, 160, 200])
def test_ventricular_tachycardia_is_no_shaking(bpm: int) -> None:
    signal = ecg(BEATS_OUTSIDE_S, DURATION_S, RATE)
    for at in np.arange(DISTURBED.start, DISTURBED.stop, 60 / bpm):
        from_s = TIME_S - at
        signal += 1.8 * np.exp(-0.5 * (from_s / 0.03) ** 2)
        signal -= 0.9 * np.exp(-0.5 * ((from_s - 0.14) / 0.06) ** 2)
    assert not shaken(signal).any()


def test_spikes_of_a_pacemaker_over_fibrillation_are_no_complexes() -> None:
    at_s = every(0.8, DURATION_S)
    signal = waves(5.2, 0.7)
    for at in at_s:
        from_s = TIME_S - at
        signal[(from_s >= 0) & (from_s < 0.004)] += 3.0
        if not DISTURBED.start < at < DISTURBED.stop:
            signal += 1.5 * np.exp(-0.5 * ((from_s - 0.07) / 0.03) ** 2)
    assert not shaken(signal).any()


def test_a_lead_moves_only_while_it_is_never_at_rest() -> None:
    for signal in (ecg(BEATS_S, DURATION_S, RATE) + waves(5.2, 0.5), waves(5.2, 0.5)):
        lead = conditioned_lead(signal)
        moves = moving_seconds(lead.signal, lead.rate_hz, DURATION_S, ShakingSettings())
        assert moves[DISTURBED.start + 1 : DISTURBED.stop - 1].all()
        assert not moves[: DISTURBED.start - 1].any()


def test_a_lead_whose_complexes_shaking_hides_is_judged_with_the_other() -> None:
    clear = ecg(BEATS_S, DURATION_S, RATE) + waves(4.3, 0.6)
    low = 0.08 * ecg(BEATS_S, DURATION_S, RATE) + waves(4.3, 1.0)
    noise = np.random.default_rng(0).normal(0, 0.01, (2, len(TIME_S)))
    found = detect_beats(
        recording_of(clear + noise[0], low + noise[1], rate=RATE), ScoringSettings()
    )
    assert len(found.used) == 2
    inside = (found.times_s > DISTURBED.start) & (found.times_s < DISTURBED.stop)
    assert inside.sum() < 4
    outside = (DISTURBED.start - 5 > BEATS_S) | (DISTURBED.stop + 5 < BEATS_S)
    assert (~inside).sum() >= 0.97 * outside.sum()


def test_fibrillation_on_two_leads_stays_though_both_move() -> None:
    signals = [ecg(BEATS_OUTSIDE_S, DURATION_S, RATE) + waves(5.2, mv) for mv in (0.7, 0.5)]
    found = detect_beats(recording_of(*signals, rate=RATE), ScoringSettings())
    assert not found.flags.noisy[DISTURBED].any()
