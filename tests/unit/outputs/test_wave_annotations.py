import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from unit.small_recordings import scored_of

from deepecg.outputs.file_names import WAVE_EXTENSION
from deepecg.outputs.wave_annotations import write_waves
from deepecg.waves.waves import Waves

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import wfdb

BEATS_S = np.array([1.0, 2.0, 3.5])
WAVES = replace(
    Waves.none(3),
    p_onset_s=np.array([0.8, np.nan, 3.3]),
    p_peak_s=np.array([0.85, np.nan, 3.35]),
    p_offset_s=np.array([0.9, np.nan, 3.4]),
    qrs_onset_s=np.array([0.95, 1.95, np.nan]),
    qrs_offset_s=np.array([1.05, 2.05, np.nan]),
    t_onset_s=np.array([1.2, np.nan, 3.7]),
    t_peak_s=np.array([1.3, np.nan, 3.8]),
    t_offset_s=np.array([1.4, np.nan, 3.9]),
    extra_p_onset_s=np.array([2.6]),
    extra_p_peak_s=np.array([2.65]),
    extra_p_offset_s=np.array([2.7]),
    extra_p_probability=np.ones(1, np.float32),
)


@pytest.mark.parametrize("rate", [128.0, 250.0, 360.0, 257.3])
def test_waves_come_back_in_the_convention_of_ecgpuwave(tmp_path: Path, rate: float) -> None:
    scored = scored_of(BEATS_S, "NVN", rate=rate, waves=WAVES)
    written = write_waves(scored, tmp_path, "a b")
    assert written == tmp_path / f"a b.{WAVE_EXTENSION}"
    found = wfdb.rdann(str(written.rename(tmp_path / "r.waves").with_suffix("")), WAVE_EXTENSION)
    assert "".join(found.symbol) == "(p)(N)(t)(N)(p)(p)N(t)"
    times = [0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.2, 1.3, 1.4, 1.95, 2.0, 2.05, 2.6, 2.65, 2.7,
             3.3, 3.35, 3.4, 3.5, 3.7, 3.8, 3.9]  # fmt: skip
    assert found.sample.tolist() == np.rint(np.array(times) * rate).astype(int).tolist()
    assert list(found.num) == [0, 0, 0, 1, 0, 1, 2, 0, 2, 1, 0, 1] + [0] * 7 + [2, 0, 2]


def test_a_wave_cut_by_the_recordings_begin_begins_there(tmp_path: Path) -> None:
    waves = replace(WAVES, p_onset_s=np.array([-0.01, np.nan, 3.3]))
    write_waves(scored_of(BEATS_S, "NVN", waves=waves), tmp_path, "r")
    found = wfdb.rdann(str(tmp_path / "r"), WAVE_EXTENSION)
    assert found.sample[0] == 0
    assert found.symbol[0] == "("
