from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from unit.made_up_st import RATE_HZ, StEcg, st_ecg
from unit.rhythm.beat_streams import stream_of
from unit.small_recordings import conditioned_lead

from deepecg.rhythm.repolarisation import Repolarisation, analyse_repolarisation
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.settings import RhythmSettings
from deepecg.signal.lead_selection import AnalysedLead
from deepecg.signal.quality import QualityFlags

GROUPS = ("repolarisation", "st_level", "st_segment", "qt_interval")
SETTINGS = RhythmSettings()
ECG = st_ecg(75, 700.0, lambda times_s: np.where(times_s > 400, 0.2, 0.0))


def analysed(settings: RhythmSettings = SETTINGS, letters: str | None = None) -> Repolarisation:
    ecg: StEcg = ECG
    stream = stream_of(
        letters or "N" * len(ecg.r_s), np.diff(ecg.r_s), first_s=float(ecg.r_s[0]), duration_s=700
    )
    good = np.zeros(700, bool)
    lead = conditioned_lead(ecg.signal_mv)
    lead = replace(lead, rate_hz=RATE_HZ, clock_hz=float(RATE_HZ))
    used = [AnalysedLead(2, lead, QualityFlags(good, good, good, good))]
    rhythm = analyse_rhythm(stream, settings)
    return analyse_repolarisation(rhythm, ecg.waves, used, settings, paced=False)


def test_st_and_qt_of_one_rhythm() -> None:
    found = analysed()
    (lead,), (episode,) = found.st_segment.leads, found.st_segment.episodes
    assert lead.number == 2
    assert episode.start_s == 400
    assert episode.deviation_mv == pytest.approx(0.2, abs=0.02)
    drawn_ms = 1000 * (ECG.waves.t_offset_s - ECG.waves.qrs_onset_s)[0]
    assert np.nanmedian(found.qt_interval.qt_ms) == pytest.approx(drawn_ms, abs=1)
    assert np.nanmedian(found.qt_interval.rate_bpm) == pytest.approx(75, abs=1)


def test_called_again_with_other_classes_it_leaves_these_beats_out() -> None:
    """A review that renames all beats of 100 s."""
    n_beats = len(ECG.r_s)
    letters = "".join("V" if 200 < r_s < 300 else "N" for r_s in ECG.r_s)
    assert len(letters) == n_beats
    found = analysed(letters=letters)
    (lead,) = found.st_segment.leads
    assert np.isnan(lead.level_mv[20:30]).all()
    assert np.isfinite(lead.level_mv[31:]).all()
    assert lead.time.not_assessed_s == {"ectopic_beats": 100.0}
    assert np.isnan(found.qt_interval.qtc_ms[4])


def thresholds() -> list[tuple[str, str, Any]]:
    return [
        (group, item.name, default)
        for group in GROUPS
        for item in fields(getattr(SETTINGS, group))
        if not isinstance(default := getattr(getattr(SETTINGS, group), item.name), str)
    ]


@pytest.mark.parametrize(("group", "name", "default"), thresholds())
@pytest.mark.parametrize("factor", [0.1, 10])
def test_any_threshold_at_the_ends_of_its_range_can_be_used(
    group: str, name: str, default: Any, factor: float
) -> None:
    value = max(1, round(factor * default)) if isinstance(default, int) else factor * default
    changed = replace(getattr(SETTINGS, group), **{name: value})
    found = analysed(replace(SETTINGS, **{group: changed}))
    total_s = sum(found.qt_interval.time.not_assessed_s.values())
    assert total_s + found.qt_interval.time.assessed_s == pytest.approx(700)
