from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import ecg, every, recording_of

from deepecg.errors import UnknownLeadError
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.lead_survey import rank_leads, survey_leads

RATE = 250
LENGTH_S = 300
SETTINGS = ScoringSettings()


def clean(noise_mv: float = 0.01, seed: int = 0) -> NDArray[np.float64]:
    noise = np.random.default_rng(seed).normal(0, noise_mv, LENGTH_S * RATE)
    return ecg(every(0.8, LENGTH_S), LENGTH_S, RATE) + noise


def chosen(*leads: NDArray[np.float64], names: tuple[str, ...] = ()) -> int:
    return rank_leads(recording_of(*leads, rate=RATE, names=names), SETTINGS)[0][0]


@pytest.mark.parametrize("bad", [np.full(LENGTH_S * RATE, np.nan), np.zeros(LENGTH_S * RATE)])
def test_a_dead_lead_is_never_chosen_over_a_living_one(bad: NDArray[np.float64]) -> None:
    assert chosen(bad, clean()) == 1
    assert chosen(bad, clean(), names=("II", "V1")) == 1
    assert chosen(clean(), bad) == 0


def test_noise_is_not_chosen_over_an_ecg() -> None:
    noise = np.random.default_rng(1).normal(0, 1.0, LENGTH_S * RATE)
    assert chosen(noise, clean(), names=("MLII", "V1")) == 1


@pytest.mark.parametrize("name", ["II", "ii", "MLII", "ECG II", "Lead II", "ECG_II-REF"])
def test_lead_ii_is_preferred_among_equal_leads(name: str) -> None:
    assert chosen(clean(seed=1), clean(seed=2), clean(seed=3), names=("I", name, "V5")) == 1


def test_the_first_lead_is_preferred_where_there_is_no_lead_ii() -> None:
    assert chosen(clean(seed=1), clean(seed=2), names=("ECG1", "ECG2")) == 0


def test_the_choice_does_not_depend_on_the_gain_of_a_lead() -> None:
    leads = [clean(0.01, 1), clean(0.2, 2)]
    assert chosen(0.1 * leads[0], 10 * leads[1]) == chosen(*leads) == 0
    assert chosen(10 * leads[1], 0.1 * leads[0]) == 1


def test_the_requested_lead_is_taken_however_bad() -> None:
    recording = recording_of(np.zeros(LENGTH_S * RATE), clean(), rate=RATE, names=("V1", "II"))
    ((lead, survey),) = rank_leads(recording, replace(SETTINGS, lead=" v1 "))
    assert lead == 0
    assert survey.prominence == 0


def test_an_unknown_lead_is_rejected_with_the_names_of_the_leads() -> None:
    recording = recording_of(clean(), rate=RATE, names=("MLII",))
    with pytest.raises(UnknownLeadError, match="MLII") as caught:
        rank_leads(recording, replace(SETTINGS, lead="V9"))
    assert "V9" not in str(caught.value)  # a requested name may contain anything


def test_the_baseline_does_not_depend_on_peaks_and_gaps() -> None:
    lead = clean() - 2.75
    lead[: 30 * RATE] = np.nan
    lead[40 * RATE : 41 * RATE] = 50
    survey = survey_leads(recording_of(lead, rate=RATE), [0], SETTINGS)[0]
    assert survey.baseline_mv == pytest.approx(-2.75, abs=0.02)


def test_a_lead_without_samples_has_baseline_and_prominence_zero() -> None:
    survey = survey_leads(recording_of(np.full(20 * RATE, np.nan), rate=RATE), [0], SETTINGS)[0]
    assert (survey.baseline_mv, survey.prominence) == (0, 0)


def test_a_day_is_surveyed_from_a_fraction_of_its_samples() -> None:
    n_read = 0

    def read(lead: int, start: int, stop: int) -> NDArray[np.float32]:
        nonlocal n_read
        n_read += stop - start
        return np.sin(np.arange(start, stop) / 40).astype(np.float32)

    day = replace(recording_of(np.zeros(1), rate=RATE), n_samples=86_400 * RATE, read_samples=read)
    survey_leads(day, [0], SETTINGS)
    assert n_read <= 240 * RATE


def test_in_record_114_the_leads_are_swapped_and_mlii_is_chosen(data_dir: Path) -> None:
    recording = open_recording(data_dir / "mitdb" / "114.hea")
    assert recording.leads == ("V5", "MLII")
    assert rank_leads(recording, SETTINGS)[0][0] == 1


def pops(period_s: float) -> NDArray[np.float32]:
    """An open lead: next to no noise, and a pop of 3 mV now and then."""
    signal = np.random.default_rng(5).normal(0, 0.002, LENGTH_S * RATE).astype(np.float32)
    signal[:: round(period_s * RATE)] += 3.0
    return signal


@pytest.mark.parametrize("period_s", [0.8, 1.0, 3.0])
def test_an_open_lead_with_pops_ranks_below_an_ecg(period_s: float) -> None:
    assert chosen(pops(period_s), clean()) == 1


def test_a_lead_that_jumps_between_two_levels_ranks_below_an_ecg() -> None:
    jumps = 5.0 * (np.arange(LENGTH_S * RATE) // RATE % 2) + pops(LENGTH_S)
    assert chosen(jumps, clean()) == 1
