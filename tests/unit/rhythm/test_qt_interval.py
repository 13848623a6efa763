from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from deepecg.rhythm.qt_interval import FORMULAS, QtInterval, qt_interval, usual_qt_ms
from deepecg.rhythm.settings import QtFormula, QtIntervalSettings, RepolarisationSettings
from deepecg.waves.waves import Waves

ASSESSABLE = RepolarisationSettings()


def waves_of(r_s: np.ndarray, qt_ms: float | np.ndarray) -> Waves:
    onset_s = r_s - 0.04
    return replace(
        Waves.none(len(r_s)), qrs_onset_s=onset_s, t_offset_s=onset_s + np.asarray(qt_ms) / 1000
    )


def found(
    rr_s: np.ndarray,
    qt_ms: float | np.ndarray,
    formula: QtFormula = "fridericia",
    known: float = 1.0,
) -> QtInterval:
    """Return QT of beats with these intervals, all of which are known or, with NaN, none is."""
    r_s = np.cumsum(rr_s)
    return qt_interval(
        waves_of(r_s, qt_ms),
        np.zeros(len(r_s), np.int64),
        r_s,
        known * rr_s,
        float(np.ceil(r_s[-1])),
        assessable=ASSESSABLE,
        settings=QtIntervalSettings(formula=formula),
    )


@pytest.mark.parametrize(
    ("formula", "qtc_ms"),
    # By hand, for QT 400 ms at 93.75/min: 400 / 0.64^(1/3), 400 / 0.8, 400 + 154 x 0.36 and
    # 400 + 1.75 x 33.75
    [("fridericia", 464.159), ("bazett", 500.0), ("framingham", 455.44), ("hodges", 459.0625)],
)
def test_each_formula_by_hand(formula: QtFormula, qtc_ms: float) -> None:
    qt = found(np.full(300, 0.64), 400.0, formula)
    np.testing.assert_allclose(qt.qtc_ms[:3], qtc_ms, rtol=1e-5)
    np.testing.assert_allclose(qt.qt_ms[:3], 400)
    np.testing.assert_allclose(qt.rate_bpm[:3], 93.75)
    unchanged = FORMULAS[formula](np.array([412.0]), np.array([1.0]))
    np.testing.assert_allclose(unchanged, 412)


def test_every_formula_of_the_settings_exists() -> None:
    assert set(FORMULAS) == set(get_args(QtFormula))


def test_qt_of_a_beat_is_the_median_of_those_around() -> None:
    qt_ms = np.full(60, 400.0)
    qt_ms[[20, 30]] = 520.0, np.nan
    obstacle = np.zeros(60, np.int64)
    obstacle[40] = 5
    usual = usual_qt_ms(waves_of(np.arange(60.0), qt_ms), obstacle, ASSESSABLE)
    unknown = np.isnan(usual)
    assert np.flatnonzero(unknown).tolist() == [30, 40]
    np.testing.assert_allclose(usual[~unknown], 400)


def test_the_longest_is_that_of_a_window_and_not_of_one_beat() -> None:
    qt_ms = np.full(600, 400.0)
    qt_ms[100] = 700.0
    qt_ms[300:360] = 430.0
    qt = found(np.ones(600), qt_ms)
    assert qt.longest == 5
    assert qt.qtc_ms[5] == pytest.approx(430)


def test_qtc_waits_until_the_rate_is_stable() -> None:
    rr_s = np.concatenate([np.ones(180), np.full(240, 0.75)])
    qt = found(rr_s, 400.0)
    assert np.isnan(qt.qtc_ms).tolist() == [False, False, False, True, False, False]
    assert qt.time.not_assessed_s == {"rate_not_stable": 60.0}
    assert found(np.concatenate([np.ones(180), np.full(240, 0.92)]), 400.0).time.assessed_s == 401


def test_a_recording_without_t_waves_has_no_qt() -> None:
    qt = found(np.ones(120), np.nan)
    assert qt.longest is None
    assert qt.time.not_assessed_s == {"waves_not_found": 120.0}


def test_without_any_known_interval_there_is_nothing_to_correct_for() -> None:
    qt = found(np.ones(120), 400.0, known=np.nan)
    assert qt.longest is None
    assert qt.time.not_assessed_s == {"rate_not_stable": 120.0}
