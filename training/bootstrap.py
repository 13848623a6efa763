"""How far figures would move with other patients: the bootstrap.

Patients are drawn with replacement, as many as there are, and their counts added up; the middle
95 % of what comes out is the interval. Beats are not drawn: those of one patient resemble each
other.
"""

import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
SEED = 0
PERCENTILES = (2.5, 97.5)
SAME_PATIENT = {"202": "201"}
"""Records of one patient: 201 and 202 are the same man."""
WITH_NOISE = re.compile(r"(\d{3})e_?\d+")
"""Records of the Noise Stress Test Database: an Arrhythmia Database record and the noise's dB."""

Measures = Callable[[NDArray[np.int64]], Mapping[str, NDArray[np.float64]]]
"""From counts, shape (n, ...), to figures, shape (n,) each."""
Intervals = dict[str, tuple[float, float] | None]


def patient_of(record: str) -> str:
    """Return the name of a record's patient, the same for all records of one."""
    name = record.rsplit("/", 1)[-1]
    noisy = WITH_NOISE.fullmatch(name)
    name = noisy[1] if noisy else name
    return SAME_PATIENT.get(name, name)


def intervals(
    counts: Mapping[str, NDArray[np.int64]],
    measures: Measures,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Intervals:
    """Return the 95 % interval of every figure of the summed counts.

    Parameters
    ----------
    counts : mapping of str to ndarray of int64, shape (...)
        Of every record; at least one.
    measures : callable
        Figures of counts.
    resamples, seed : int
        How often patients are drawn, and the random numbers' seed.

    Returns
    -------
    dict
        By figure, the 2.5th and the 97.5th percentile over the draws in which it exists; None if
        it exists in none.
    """
    by_patient: dict[str, NDArray[np.int64]] = {}
    for record in sorted(counts):
        patient = patient_of(record)
        by_patient[patient] = by_patient.get(patient, np.int64(0)) + counts[record]
    stacked = np.stack([*by_patient.values()])  # (n_patients, ...)
    n = len(stacked)
    times_drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), resamples)
    sums = np.tensordot(times_drawn, stacked, axes=1)  # (resamples, ...)
    return {name: _interval(values) for name, values in measures(sums).items()}


def _interval(values: NDArray[np.float64]) -> tuple[float, float] | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, PERCENTILES)
    return float(low), float(high)
