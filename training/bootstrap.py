"""95 % confidence intervals of metrics: a bootstrap over patients.

Patients are drawn with replacement, as many as there are, and their counts are summed; the
interval holds the middle 95 % of the metric over the draws. Single beats are not drawn: those of
one patient resemble each other.
"""

from collections.abc import Callable, Mapping

import numpy as np

from deepecg.arrays import Floats, Ints
from training.data_roles import patient_of

RESAMPLES = 2000
SEED = 0
PERCENTILES = (2.5, 97.5)

Metrics = Callable[[Ints], Mapping[str, Floats]]
"""From counts, shape (n, ...), to metrics by name, shape (n,) each."""
Intervals = dict[str, tuple[float, float] | None]


def intervals(
    counts: Mapping[str, Ints],
    metrics: Metrics,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Intervals:
    """Return the 95 % interval of every metric of the summed counts.

    Parameters
    ----------
    counts : mapping of str to ndarray of int64, shape (...)
        Counts of every record; at least one record.
    metrics : callable
        Computes the metrics of counts.
    resamples, seed : int
        Number of draws, and seed of the random numbers.

    Returns
    -------
    dict
        By metric, the 2.5th and the 97.5th percentile over the draws in which it is defined; None
        if it is defined in none.
    """
    by_patient: dict[str, Ints] = {}
    for record in sorted(counts):
        patient = patient_of(record)
        by_patient[patient] = by_patient.get(patient, np.int64(0)) + counts[record]
    stacked = np.stack([*by_patient.values()])  # (n_patients, ...)
    n = len(stacked)
    times_drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), resamples)
    sums = np.tensordot(times_drawn, stacked, axes=1)  # (resamples, ...)
    return {name: _interval(values) for name, values in metrics(sums).items()}


def _interval(values: Floats) -> tuple[float, float] | None:
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, PERCENTILES)
    return float(low), float(high)
