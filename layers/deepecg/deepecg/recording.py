"""A Holter recording: its leads in millivolts, read from disk on request."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import numpy as np

from deepecg.arrays import Floats32
from deepecg.errors import NoLeadsError, SamplingRateError, UnknownLeadError
from deepecg.time_units import SECONDS_PER_DAY

MIN_SAMPLING_RATE_HZ = 50.0
"""Lowest sampling rate: a QRS complex has energy up to some 25 Hz, half this rate."""
MAX_SAMPLING_RATE_HZ = 10_000.0
"""Highest sampling rate: no surface-ECG recorder is faster; the header is damaged."""
MAX_DURATION_S = 90.0 * SECONDS_PER_DAY
"""Longest recording in seconds: patch recorders run for some 30 days; a header that gives more is
damaged.
"""

UNCALIBRATED: Final = "uncalibrated"
"""Code of the warning that the unit or the gain of a lead is assumed."""
IMPOSSIBLE_AMPLITUDE: Final = "impossible_amplitude"
"""Code of the warning that no ECG has the amplitude of a lead."""
_UNKNOWN_AMPLITUDES: Final = frozenset(
    {UNCALIBRATED, IMPOSSIBLE_AMPLITUDE, "unit_assumed", "resolution_in_microvolts"}
)

MAX_LEAD_NAME = 16
"""Longest lead name in characters, the size of EDF's label field; longer names are cut."""
_NOT_IN_NAMES = re.compile(r"[^\w +\-.#/()]")

ReadSamples = Callable[[int, int, int], Floats32]
"""``read(lead, start, stop)``: samples ``start`` to ``stop`` of lead number ``lead``, in mV."""


@dataclass(frozen=True)
class ReadingWarning:
    """A fault of a file that can be read all the same.

    Attributes
    ----------
    code : str
        Stable, machine-readable, such as ``crc_mismatch``.
    message : str
        What was found and what was expected; contains nothing about the patient.
    """

    code: str
    message: str


@dataclass(frozen=True)
class PatientMark:
    """A moment that was marked while the recording was made: by the event button or in the diary.

    Attributes
    ----------
    start_s : float
        Seconds from the first sample.
    duration_s : float
        Length of the marked time in seconds; 0 for a moment. A time of day without seconds is a
        mark of up to a minute.
    text : str
        What was written, which may be anything about the patient; may be empty.
    source : str
        ``file`` for an annotation of the recorder, ``diary`` for a row of the diary.
    """

    start_s: float
    duration_s: float
    text: str = field(repr=False)
    source: Literal["file", "diary"]


@dataclass(frozen=True)
class SetAsideSignal:
    """A signal of the file that is not read as a lead.

    Attributes
    ----------
    number : int
        Number of the signal in the file, from 1.
    name : str
        Its label, made harmless.
    reason : str
        The rule that set it aside, such as "its label says respiration".
    """

    number: int
    name: str
    reason: str


@dataclass(frozen=True)
class Recording:
    """One ECG recording; its samples stay on disk.

    Attributes
    ----------
    format : str
        File format, by its name in ``deepecg.readers.formats``.
    sampling_rate_hz : float
        Samples per second of every lead.
    leads : tuple of str
        Lead names of the file, made short and unique by :func:`unique_leads`.
    n_samples : int
        Samples per lead.
    read_samples : callable
        ``(lead, start, stop)`` to float32 millivolts, shape ``(stop - start,)``; missing
        samples are NaN. :meth:`read` checks bounds first.
    start : datetime or None
        Local time of the first sample. Holter headers carry no time zone, so it is naive.
    paced : bool or None
        Whether the patient has a pacemaker by the header; None if the header does not say.
    warnings : tuple of ReadingWarning
        Faults of the file.
    marks : tuple of PatientMark
        The patient's own marks, in the order of time.
    labels : tuple of str
        Labels of the leads as the file writes them: free text, for :meth:`lead_index` only.
    signal_numbers : tuple of int
        Number of each lead among the file's signals, from 1.
    set_aside : tuple of SetAsideSignal
        The signals of the file that are not leads.
    says_ecg : bool
        Whether a label or the format says that the leads are ECG. If not, only their samples can
        show it.
    lost_s : float
        Seconds that the file declares and does not contain, beyond its last sample.
    """

    format: str
    sampling_rate_hz: float
    leads: tuple[str, ...]
    n_samples: int
    read_samples: ReadSamples = field(repr=False)
    start: datetime | None = None
    paced: bool | None = None
    warnings: tuple[ReadingWarning, ...] = ()
    marks: tuple[PatientMark, ...] = ()
    labels: tuple[str, ...] = field(default=(), repr=False)
    signal_numbers: tuple[int, ...] = ()
    set_aside: tuple[SetAsideSignal, ...] = ()
    says_ecg: bool = True
    lost_s: float = 0.0

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

    @property
    def amplitudes_calibrated(self) -> bool:
        """Whether a figure in millivolts can be trusted: units and gains are known and possible."""
        return _UNKNOWN_AMPLITUDES.isdisjoint(warning.code for warning in self.warnings)

    def lead_index(self, name: str) -> int:
        """Return the number of the lead with this name, in upper or lower case.

        Raises
        ------
        UnknownLeadError
            If there is no such lead. The message omits ``name``, which is free text.
        """
        folded = [lead.casefold() for lead in self.leads]
        try:
            return folded.index(name.strip().casefold())
        except ValueError:
            raise UnknownLeadError(
                f"found the leads {', '.join(self.leads)}, expected the requested lead among them"
            ) from None

    @property
    def midnight_s(self) -> float | None:
        """Seconds from midnight to the start by the recorder's clock; None if it is unknown."""
        if self.start is None:
            return None
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        return (self.start - midnight).total_seconds()

    def read(self, lead: int, start: int, stop: int) -> Floats32:
        """Return samples ``start`` to ``stop`` of one lead, clipped to the recording.

        Parameters
        ----------
        lead : int
            Index into :attr:`leads`.
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


def unique_leads(names: list[str]) -> tuple[str, ...]:
    """Return lead names short and unique: ``ECG, ECG, ""`` as ``ECG, ECG#2, lead 3``.

    Names are free text and may identify the patient. Only letters, digits and `` +-_.#/()`` are
    kept, and at most :data:`MAX_LEAD_NAME` characters.
    """
    seen: dict[str, int] = {}
    unique = []
    for number, name in enumerate(names, start=1):
        plain = " ".join(_NOT_IN_NAMES.sub("", " ".join(name.split())).split())
        label = plain[:MAX_LEAD_NAME].rstrip() or f"lead {number}"
        seen[label] = seen.get(label, 0) + 1
        unique.append(label if seen[label] == 1 else f"{label}#{seen[label]}")
    return tuple(unique)
