"""The signals of a file, and the recording that those of them make that are ECG leads.

A reader lists every signal of its file as a :class:`FileSignal`. Which of them are leads is decided
here for all formats alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import starmap

import numpy as np

from deepecg.arrays import Floats32
from deepecg.errors import CalibrationError, NoLeadsError, SamplingRateError
from deepecg.lead_names import position_of, unique_names
from deepecg.readers.ecg_signals import ChosenSignals, choose_ecg
from deepecg.readers.one_rate import InterpolatedSignal
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.voltage_units import MILLIVOLTS_PER_STEP, is_steps, millivolts_per_unit
from deepecg.recording import (
    PatientMark,
    ReadingWarning,
    Recording,
    SetAsideSignal,
    listed_signals,
    unknown_lead,
)


@dataclass(frozen=True)
class FileSignal:
    """One signal of a file, whatever it measures; its samples stay on disk.

    Attributes
    ----------
    label : str
        As the file writes it: free text, which may identify the patient.
    unit : str
        As the file writes it; empty if the file gives none.
    sampling_rate_hz : float
        Samples per second.
    n_samples : int
        Number of samples from the first sample of the recording to its last, gaps included.
    read : callable
        ``(start, stop)`` to float32 of shape ``(stop - start,)``: millivolts, or the file's own
        unit if that is no voltage. Missing samples are NaN.
    calibration_fault : str
        Why samples cannot be converted to ``unit``, such as "digital minimum equals the maximum";
        empty if they can.
    calibrated : bool
        False if the unit or the gain is assumed.
    """

    label: str = field(repr=False)
    unit: str = field(repr=False)
    sampling_rate_hz: float
    n_samples: int
    read: Callable[[int, int], Floats32] = field(repr=False)
    calibration_fault: str = ""
    calibrated: bool = True


def recording_of(
    file_format: str,
    signals: Sequence[FileSignal],
    options: ReadingOptions,
    warnings: dict[str, str],
    *,
    start: datetime | None = None,
    paced: bool | None = None,
    marks: tuple[PatientMark, ...] = (),
    lost_s: float = 0.0,
    format_says_ecg: bool = False,
) -> Recording:
    """Return the recording of the signals that are ECG leads.

    Parameters
    ----------
    file_format : str
        Name of the file's format in :data:`~deepecg.readers.formats.FORMATS`.
    signals : sequence of FileSignal
        All signals of the file in its order, apart from annotations.
    options : ReadingOptions
        ``options.lead`` makes any signal a lead.
    warnings : dict of str to str
        Message by code; those of the choice of leads are added: ``not_ecg``, ``bad_calibration``,
        ``uncalibrated``, ``no_ecg_label``, ``requested_signal``.
    start, paced, marks, lost_s
        As in :class:`~deepecg.recording.Recording`.
    format_says_ecg : bool
        Whether every signal of a file of this format is an ECG lead, whatever its label.

    Returns
    -------
    Recording
        Leads at the rate of the fastest, the slower ones interpolated. If a lead is requested, at
        the rate of that one, without faster ones; with no others if it is no ECG lead by itself.

    Raises
    ------
    UnknownLeadError
        If no signal has the label, name or number ``options.lead``.
    NoLeadsError
        If no signal is an ECG lead; the message has the rule that set each aside.
    CalibrationError
        If no ECG lead is calibrated.
    SamplingRateError
        If the sampling rate is not one of an ECG recorder.
    """
    names = unique_names([signal.label for signal in signals])
    chosen = choose_ecg(signals, format_says_ecg=format_says_ecg)
    faulty = [index for index in chosen.leads if signals[index].calibration_fault]
    faults = "; ".join(sorted({signals[index].calibration_fault for index in faulty}))
    chosen = chosen.without(faulty, f"its calibration is missing: {faults}")
    if options.lead is not None:
        chosen = _with_requested(options.lead, chosen, signals, names, warnings)
    set_aside = _set_aside(chosen, names)
    if not chosen.leads:
        if faulty:
            raise CalibrationError(f"found no calibrated ECG lead: {faults}")
        error = SamplingRateError if chosen.says_ecg else NoLeadsError
        raise error(
            f"found no ECG lead among {len(signals)} signals: {listed_signals(set_aside)}; "
            "expected one by label, unit and sampling rate; to score one all the same, request it "
            "by name or number (--lead, or lead in the settings file)"
        )
    if faulty:
        warnings["bad_calibration"] = f"set aside {len(faulty)} ECG leads: {faults}"
    others = [signal for signal in set_aside if signal.number - 1 not in faulty]
    if others:
        warnings["not_ecg"] = (
            f"set aside {len(others)} of {len(signals)} signals: {listed_signals(others)}"
        )
    if not chosen.says_ecg:
        warnings["no_ecg_label"] = (
            "found no label that says ECG; leads are signals in which QRS complexes were found"
        )
    leads = [_in_millivolts(signals[index]) for index in chosen.leads]
    uncalibrated = sum(not lead.calibrated for lead in leads)
    if uncalibrated:
        warnings["uncalibrated"] = (
            f"found {uncalibrated} of {len(leads)} leads without a unit of voltage or a gain; "
            "their amplitudes are not known"
        )
    fastest = max(leads, key=lambda lead: lead.sampling_rate_hz)
    readers = [_reader_at(fastest.sampling_rate_hz, lead) for lead in leads]
    return Recording(
        format=file_format,
        sampling_rate_hz=fastest.sampling_rate_hz,
        leads=tuple(names[index] for index in chosen.leads),
        n_samples=fastest.n_samples,
        read_samples=lambda lead, begin, end: readers[lead](begin, end),
        start=start,
        paced=paced,
        warnings=tuple(starmap(ReadingWarning, warnings.items())),
        marks=marks,
        labels=tuple(lead.label for lead in leads),
        signal_numbers=tuple(index + 1 for index in chosen.leads),
        set_aside=set_aside,
        says_ecg=chosen.says_ecg,
        lost_s=lost_s,
    )


def _with_requested(
    wanted: str,
    chosen: ChosenSignals,
    signals: Sequence[FileSignal],
    names: Sequence[str],
    warnings: dict[str, str],
) -> ChosenSignals:
    """Return the choice with the requested lead in it, and the ECG leads that are no faster."""
    labels = [signal.label for signal in signals]
    index = position_of(wanted, labels, names, range(1, len(signals) + 1))
    if index is None:
        leads = [(lead + 1, names[lead]) for lead in chosen.leads]
        raise unknown_lead(leads, _set_aside(chosen, names))
    requested = signals[index]
    if requested.calibration_fault:
        raise CalibrationError(f"the requested lead has no scale: {requested.calibration_fault}")
    if chosen.says_ecg and index in chosen.leads:
        faster = [
            lead
            for lead in chosen.leads
            if signals[lead].sampling_rate_hz > requested.sampling_rate_hz
        ]
        return chosen.without(faster, "it is sampled faster than the requested lead")
    reason = chosen.reasons.get(index, "no label of the file says ECG")
    warnings["requested_signal"] = (
        f"signal {index + 1} is scored because it was requested; it may be no ECG: {reason}"
    )
    return chosen.only(index, "another signal is requested")


def _set_aside(chosen: ChosenSignals, names: Sequence[str]) -> tuple[SetAsideSignal, ...]:
    reasons = sorted(chosen.reasons.items())
    return tuple(SetAsideSignal(index + 1, names[index], reason) for index, reason in reasons)


def _in_millivolts(signal: FileSignal) -> FileSignal:
    """Return a lead with its samples in millivolts, or in what is taken for them."""
    if not is_steps(signal.unit):
        known = millivolts_per_unit(signal.unit) is not None
        return replace(signal, calibrated=signal.calibrated and known)

    def read(start: int, stop: int) -> Floats32:
        return signal.read(start, stop) * np.float32(MILLIVOLTS_PER_STEP)

    return replace(signal, read=read, calibrated=False)


def _reader_at(rate_hz: float, lead: FileSignal) -> Callable[[int, int], Floats32]:
    """Return a function that reads a lead at a rate that is its own or a higher one."""
    if lead.sampling_rate_hz == rate_hz:
        return lead.read
    return InterpolatedSignal(lead.read, lead.n_samples, lead.sampling_rate_hz, rate_hz).read
