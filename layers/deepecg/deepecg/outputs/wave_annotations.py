"""Waves as a WFDB annotation file, in the convention of PhysioNet's ``ecgpuwave``.

Every wave is ``(`` at its onset, ``p``, ``N`` or ``t`` at its peak, and ``)`` at its offset; the
field ``num`` of both boundaries is 0 for a P wave, 1 for a QRS complex, 2 for a T wave. Waves
without boundaries have only the peak. P waves that no beat follows are written like the others.
"""

from pathlib import Path

import numpy as np

from deepecg.outputs.file_names import WAVE_EXTENSION
from deepecg.outputs.wfdb_annotations import write_annotation_file
from deepecg.scored_recording import ScoredRecording

ONSET_SYMBOL, OFFSET_SYMBOL = "(", ")"
PEAK_SYMBOLS = ("p", "N", "t")
"""PhysioNet annotation symbol of the peak of each kind of wave."""


def write_waves(scored: ScoredRecording, folder: Path, name: str) -> Path:
    """Write the waves of a recording as ``name.waves``.

    Parameters
    ----------
    scored : ScoredRecording
        The recording; sample numbers have its own sampling rate.
    folder : Path
        Folder for the file.
    name : str
        Record name.

    Returns
    -------
    Path
        The file written.
    """
    rate_hz = scored.recording.sampling_rate_hz
    times_s, symbols, numbers = _annotations(scored)
    samples = np.rint(times_s * rate_hz).astype(np.int64)
    path = folder / f"{name}.{WAVE_EXTENSION}"
    return write_annotation_file(path, samples, symbols.tolist(), rate_hz, num=numbers)


def _annotations(
    scored: ScoredRecording,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return times in s, symbols and numbers of all annotations, in the order of time."""
    waves = scored.waves
    of_kinds = (
        (
            np.concatenate([waves.p_onset_s, waves.extra_p_onset_s]),
            np.concatenate([waves.p_peak_s, waves.extra_p_peak_s]),
            np.concatenate([waves.p_offset_s, waves.extra_p_offset_s]),
        ),
        (waves.qrs_onset_s, scored.beats.times_s, waves.qrs_offset_s),
        (waves.t_onset_s, waves.t_peak_s, waves.t_offset_s),
    )
    times, symbols, numbers = [], [], []
    for kind, (onset, peak, offset) in enumerate(of_kinds):
        for each, symbol, number in (
            (onset, ONSET_SYMBOL, kind),
            (peak, PEAK_SYMBOLS[kind], 0),
            (offset, OFFSET_SYMBOL, kind),
        ):
            known = np.maximum(each[~np.isnan(each)], 0.0)
            times.append(known)
            symbols.append(np.full(len(known), symbol))
            numbers.append(np.full(len(known), number, np.int64))
    times_s = np.concatenate(times)
    order = np.argsort(times_s, kind="stable")
    return times_s[order], np.concatenate(symbols)[order], np.concatenate(numbers)[order]
