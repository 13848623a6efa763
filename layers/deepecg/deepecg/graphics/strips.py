"""Strips of signal: the events worth a look, and examples of ectopic beats."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Strip:
    """A few seconds of the lead that was scored, with its beats.

    Attributes
    ----------
    id : str
        ``strip-1`` and so on, in the order of the report.
    event_number : int or None
        Number of the event in the list of events; None of an example.
    kind : str
        The event's kind, or ``isolated_ventricular`` or ``isolated_supraventricular``.
    start_s : float
        Where the strip begins, from the recording's start.
    rate_hz : float
        Samples per second of ``signal_mv``.
    signal_mv : ndarray of float32, shape (n,)
        Conditioned signal.
    beat_times_s : ndarray of float64, shape (n_beats,)
        R peaks of the beats inside, from the strip's start.
    beat_classes : str
        Their classes, one letter each.
    from_s, until_s : float
        The event inside the strip, from the strip's start; an event that is longer than the
        strip ends with it.
    """

    id: str
    event_number: int | None
    kind: str
    start_s: float
    rate_hz: float
    signal_mv: NDArray[np.float32]
    beat_times_s: NDArray[np.float64]
    beat_classes: str
    from_s: float
    until_s: float
