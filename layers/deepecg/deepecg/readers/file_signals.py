"""The signals of a file, and the recording that those of them make that are ECG leads.

A reader lists every signal of its file as a :class:`FileSignal`. Which of them are leads is decided
here for all formats alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import starmap

from deepecg.arrays import Floats32
from deepecg.errors import CalibrationError
from deepecg.readers.ecg_leads_and_units import ecg_leads, excluded
from deepecg.readers.reading_options import ReadingOptions
from deepecg.recording import PatientMark, ReadingWarning, Recording, unique_leads


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
        Message by code; those of the choice of leads are added.
    start, paced, marks, lost_s
        As in :class:`~deepecg.recording.Recording`.
    format_says_ecg : bool, optional
        Whether every signal of a file of this format is an ECG lead, whatever its label.

    Raises
    ------
    NoLeadsError
        If no signal is an ECG lead.
    CalibrationError
        If no ECG lead is calibrated.
    SamplingRateError
        If the sampling rate is not one of an ECG recorder.
    """
    labels_and_units = [(signal.label, signal.unit) for signal in signals]
    numbers = (
        list(range(len(signals))) if format_says_ecg else ecg_leads(labels_and_units, warnings)
    )
    ecg = [number for number in numbers if not signals[number].calibration_fault]
    if not ecg:
        reason = signals[numbers[0]].calibration_fault
        raise CalibrationError(f"found no calibrated ECG lead: {reason}")
    faults = sorted({signals[number].calibration_fault for number in numbers} - {""})
    warnings |= excluded("bad_calibration", ecg, numbers, "leads", "; ".join(faults))
    rate = max(signals[number].sampling_rate_hz for number in ecg)
    fastest = [number for number in ecg if signals[number].sampling_rate_hz == rate]
    warnings |= excluded("other_rate", fastest, ecg, "leads", f"sampled at less than {rate:g} Hz")
    leads = [signals[number] for number in fastest]
    without_unit = sum(not lead.calibrated for lead in leads)
    if without_unit:
        warnings["uncalibrated"] = (
            f"found {without_unit} of {len(leads)} ECG leads without a unit or a gain, read as mV"
        )
    return Recording(
        format=file_format,
        sampling_rate_hz=rate,
        leads=unique_leads([lead.label for lead in leads]),
        n_samples=leads[0].n_samples,
        read_samples=lambda lead, begin, end: leads[lead].read(begin, end),
        start=start,
        paced=paced,
        warnings=tuple(starmap(ReadingWarning, warnings.items())),
        marks=marks,
        labels=tuple(lead.label for lead in leads),
        signal_numbers=tuple(number + 1 for number in fastest),
        lost_s=lost_s,
    )
