"""A Holter recording as the rest of the package sees it: leads in millivolts, on request."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from deepecg.errors import NoLeadsError, SamplingRateError, UnknownLeadError

MIN_SAMPLING_RATE_HZ = 50.0
"""Below this a QRS complex (energy up to some 25 Hz) is not represented."""
MAX_SAMPLING_RATE_HZ = 10_000.0
"""Above this no surface-ECG recorder samples; such a header is damaged."""

MAX_LEAD_NAME = 16
"""Characters of a lead's name that are kept: as many as EDF has room for."""
_NOT_IN_NAMES = re.compile(r"[^\w +\-.#/()]")

ReadSamples = Callable[[int, int, int], NDArray[np.float32]]
"""``read(lead, start, stop)``: samples ``start`` to ``stop`` of lead number ``lead``, in mV."""


@dataclass(frozen=True)
class ReadingWarning:
    """Something a file gets wrong that does not keep it from being read.

    Attributes
    ----------
    code : str
        Stable, machine-readable, such as ``crc_mismatch``.
    message : str
        What was found and what was expected; never anything about the patient.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Recording:
    """One ECG recording, its samples still on disk.

    Attributes
    ----------
    format : str
        ``wfdb``, ``edf`` or ``ishne``.
    sampling_rate_hz : float
        Samples per second of every lead.
    leads : tuple of str
        Lead names as the file gives them, made unique.
    n_samples : int
        Samples per lead.
    read_samples : callable
        ``(lead, start, stop)`` to float32 millivolts, shape ``(stop - start,)``; missing
        samples are NaN. Use :meth:`read`, which checks its bounds.
    start : datetime or None
        Local time of the first sample. Holter headers carry no time zone, so it is naive.
    paced : bool or None
        Whether the header says that the patient has a pacemaker; None if it says nothing.
    warnings : tuple of ReadingWarning
        What the file got wrong.
    """

    format: str
    sampling_rate_hz: float
    leads: tuple[str, ...]
    n_samples: int
    read_samples: ReadSamples = field(repr=False)
    start: datetime | None = None
    paced: bool | None = None
    warnings: tuple[ReadingWarning, ...] = ()

    def __post_init__(self) -> None:
        if not MIN_SAMPLING_RATE_HZ <= self.sampling_rate_hz <= MAX_SAMPLING_RATE_HZ:
            raise SamplingRateError(
                f"found a sampling rate of {self.sampling_rate_hz:g} Hz, expected "
                f"{MIN_SAMPLING_RATE_HZ:g} to {MAX_SAMPLING_RATE_HZ:g} Hz"
            )
        if not self.leads:
            raise NoLeadsError("found no ECG lead, expected at least one")

    @property
    def duration_s(self) -> float:
        """Length of the recording in seconds."""
        return self.n_samples / self.sampling_rate_hz

    def lead_index(self, name: str) -> int:
        """Return the number of the lead called ``name``, upper and lower case alike.

        Raises
        ------
        UnknownLeadError
            If there is no such lead. The message does not repeat the name, which is free text.
        """
        folded = [lead.casefold() for lead in self.leads]
        try:
            return folded.index(name.strip().casefold())
        except ValueError:
            raise UnknownLeadError(
                f"found the leads {', '.join(self.leads)}, expected the one that was asked for"
            ) from None

    def read(self, lead: int, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples ``start`` to ``stop`` of one lead, cut at the recording's ends.

        Parameters
        ----------
        lead : int
            Number of the lead.
        start, stop : int
            Sample numbers at the recording's own rate.

        Returns
        -------
        ndarray of float32, shape (n,)
            Millivolts; NaN where the recorder has no sample.
        """
        start, stop = max(start, 0), min(stop, self.n_samples)
        if stop <= start:
            return np.empty(0, np.float32)
        return self.read_samples(lead, start, stop)

    def chunks(self, lead: int, length: int) -> Iterator[NDArray[np.float32]]:
        """Yield one lead from its first sample to its last, ``length`` samples at a time."""
        for start in range(0, self.n_samples, length):
            yield self.read(lead, start, start + length)


def unique_leads(names: list[str]) -> tuple[str, ...]:
    """Return lead names short and unique: ``ECG, ECG, ""`` as ``ECG, ECG#2, lead 3``.

    Names are free text, which may say anything about the patient: of each, letters, digits and
    `` +-_.#/()`` are kept, up to :data:`MAX_LEAD_NAME` characters.
    """
    seen: dict[str, int] = {}
    unique = []
    for number, name in enumerate(names, start=1):
        plain = " ".join(_NOT_IN_NAMES.sub("", " ".join(name.split())).split())
        label = plain[:MAX_LEAD_NAME].rstrip() or f"lead {number}"
        seen[label] = seen.get(label, 0) + 1
        unique.append(label if seen[label] == 1 else f"{label}#{seen[label]}")
    return tuple(unique)
