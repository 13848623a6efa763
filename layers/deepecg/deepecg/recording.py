"""A Holter recording: its leads in millivolts, read from disk on request."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import numpy as np

from deepecg.arrays import Floats32
from deepecg.errors import NoLeadsError, SamplingRateError, UnknownLeadError
from deepecg.lead_names import position_of
from deepecg.time_units import SECONDS_PER_DAY

MIN_SAMPLING_RATE_HZ = 50.0
"""Lowest sampling rate: a QRS complex has energy up to some 25 Hz, half this rate."""
MAX_SAMPLING_RATE_HZ = 10_000.0
"""Highest sampling rate: no surface-ECG recorder is faster; the header is damaged."""
MAX_DURATION_S = 90.0 * SECONDS_PER_DAY
"""Longest recording in seconds: patch recorders run for some 30 days; a header that gives more is
damaged.
"""

MAX_MILLIVOLTS: Final = 1e12
"""Largest value that is taken as a sample, whatever the unit was mistaken for: an R wave in nV that
is read as V has 1e9. Larger ones are damage, and their squares no numbers."""
NOT_ECG: Final = "not_ecg"
"""Code of the warning that signals of the file are no leads."""
UNCALIBRATED: Final = "uncalibrated"
"""Code of the warning that the unit or the gain of a lead is assumed."""
IMPOSSIBLE_AMPLITUDE: Final = "impossible_amplitude"
"""Code of the warning that no ECG has the amplitude of a lead."""
_UNKNOWN_AMPLITUDES: Final = frozenset(
    {UNCALIBRATED, IMPOSSIBLE_AMPLITUDE, "unit_assumed", "resolution_in_microvolts"}
)
MAX_LISTED: Final = 40
"""Largest number of signals that a message lists."""

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
        Lead names of the file, made harmless and unique by
        :func:`~deepecg.lead_names.unique_names`.
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
        Whether a label, the format or the person who asks for a lead says that the leads are ECG.
        If not, only their samples can show it.
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
        """Return the number of the lead that a person asks for.

        Parameters
        ----------
        name : str
            Its label in the file, its name in :attr:`leads`, or the number of its signal in the
            file; case, white space and Unicode form do not matter.

        Raises
        ------
        UnknownLeadError
            If there is no such lead. The message omits ``name``, which is free text.
        """
        lead = position_of(name, self.labels, self.leads, self.numbers)
        if lead is None:
            raise unknown_lead(zip(self.numbers, self.leads, strict=True), self.set_aside)
        return lead

    @property
    def numbers(self) -> tuple[int, ...]:
        """Number of each lead among the file's signals, from 1."""
        return self.signal_numbers or tuple(range(1, len(self.leads) + 1))

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
        samples = self.read_samples(lead, start, stop)
        damaged = np.abs(samples) > MAX_MILLIVOLTS
        return np.where(damaged, np.float32(np.nan), samples) if damaged.any() else samples


def unknown_lead(
    leads: Iterable[tuple[int, str]], set_aside: Iterable[SetAsideSignal]
) -> UnknownLeadError:
    """Return the error that a recording has no such lead, with the signals that it has.

    Parameters
    ----------
    leads : iterable of (int, str)
        Number and name of each lead.
    set_aside : iterable of SetAsideSignal
        The file's other signals.
    """
    listed = ", ".join(f"{number} {name}" for number, name in list(leads)[:MAX_LISTED])
    others = listed_signals(set_aside)
    return UnknownLeadError(
        f"found the leads {listed or 'none'}{f'; set aside: {others}' if others else ''}; "
        "expected the requested lead among them, by name or number"
    )


def listed_signals(set_aside: Iterable[SetAsideSignal]) -> str:
    """Return signals for a message, each with the rule that set it aside."""
    signals = list(set_aside)
    listed = [f"{signal.number} {signal.name} ({signal.reason})" for signal in signals]
    more = [f"{len(listed) - MAX_LISTED} more"] if len(listed) > MAX_LISTED else []
    return ", ".join(listed[:MAX_LISTED] + more)
