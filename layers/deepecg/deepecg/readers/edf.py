"""EDF, EDF+, BDF and BDF+ files: from the file to a recording.

The header, the start, the annotations and the place of the data records in time have a module each.
The samples are mapped from disk, so that a chunk costs what it holds.

References
----------
Kemp B, Olivan J. European data format 'plus' (EDF+). Clin Neurophysiol 2003; 114:1755-1761.
doi:10.1016/S1388-2457(03)00123-8
"""

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats, Floats32, Ints
from deepecg.readers.declared_length import refuse_long_duration, refuse_long_gaps
from deepecg.readers.edf_annotations import annotations, record_onsets
from deepecg.readers.edf_header import EdfHeader, EdfSignal, read_edf_header
from deepecg.readers.edf_start import edf_start
from deepecg.readers.edf_timeline import Timeline, continuous, timeline
from deepecg.readers.file_signals import FileSignal, recording_of
from deepecg.readers.patient_marks import marks_within
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.voltage_units import millivolts_per_unit
from deepecg.recording import PatientMark, Recording

Ints32 = NDArray[np.int32]
Records = NDArray[np.uint8]
"""The data records of a file, shape (n_records, record_bytes)."""
_MIN_KNOWN: Final = 10
_MIN_OTHERS: Final = 2
"""After so many data records with an onset, so many without one at the end of the file are none:
bytes are missing before them, so that all samples are misplaced, or they are something else."""


def read_edf(path: Path, options: ReadingOptions) -> Recording:
    """Open an EDF, EDF+, BDF or BDF+ file; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadingOptions
        Signals to read, and what the file does not say.

    Returns
    -------
    Recording
        The ECG leads in millivolts, on the clock of the data records' onsets: samples keep their
        numbers, and if the recorder's clocks drift, ``sampling_rate_hz`` is the true rate. Gaps
        are NaN. Every annotation with a text is a mark, since recorders do not distinguish those
        of the patient from their own. Warnings: ``clock_drift``, ``gaps_in_continuous``,
        ``bad_timekeeping``, ``no_data_records``, and those of
        :func:`~deepecg.readers.edf_header.read_edf_header`,
        :func:`~deepecg.readers.edf_start.edf_start`,
        :func:`~deepecg.readers.patient_marks.marks_within` and
        :func:`~deepecg.readers.file_signals.recording_of`.

    Raises
    ------
    MalformedHeaderError
        If the recording is longer than :data:`~deepecg.recording.MAX_DURATION_S`.
    RefusedRecordingError
        As the functions above and :func:`~deepecg.readers.declared_length.refuse_long_gaps` do.
    """
    warnings: dict[str, str] = {}
    header = read_edf_header(path, warnings)
    records: Records = np.memmap(
        path, np.uint8, "r", offset=header.n_bytes, shape=(header.n_records, header.record_bytes)
    )
    onsets, decimals = _onsets(header, records, warnings)
    records = records[: len(onsets)]
    times = _timeline(header, onsets, decimals, warnings)
    start = edf_start(header.fixed, _first_onset(onsets, times), warnings)
    found = _marks(header, records, times)
    lost_records = (header.n_stated or 0) - len(records)
    return recording_of(
        "edf",
        _file_signals(header, records, times),
        options,
        warnings,
        start=start,
        marks=marks_within(found, times.duration_s, warnings),
        lost_s=max(lost_records, 0) * times.record_s,
    )


def _onsets(header: EdfHeader, records: Records, warnings: dict[str, str]) -> tuple[Floats, Ints]:
    """Return onset and decimals of each data record; without any, all are NaN."""
    if (timekeeping := header.timekeeping) is None:
        return np.full(len(records), np.nan), np.zeros(len(records), np.int64)
    onsets, decimals = record_onsets(records, timekeeping.place)
    known = np.isfinite(onsets)
    n_known = len(known) - int(np.argmax(known[::-1])) if known.any() else 0
    n_others = len(known) - n_known
    if n_others < _MIN_OTHERS or n_known < _MIN_KNOWN or not known[:n_known].all():
        return onsets, decimals
    for code in ("record_count", "truncated_samples", "trailing_bytes"):
        warnings.pop(code, None)
    lost_s = max((header.n_stated or 0) - n_known, 0) * header.record_s
    warnings["no_data_records"] = (
        f"found {n_others * header.record_bytes} bytes after data record {n_known} without an "
        "onset, expected one as in all data records before; left them out, and "
        f"{lost_s:g} s that the header announces are missing"
    )
    return onsets[:n_known], decimals[:n_known]


def _timeline(
    header: EdfHeader, onsets: Floats, decimals: Ints, warnings: dict[str, str]
) -> Timeline:
    """Return where the data records lie in time, and warn about what is odd about it."""
    most = max(signal.samples for signal in header.signals if not signal.is_annotations)
    times = timeline(onsets, decimals, header.record_s, header.record_s / most)
    if not header.is_discontinuous and 2 * len(times.gaps_s) > len(onsets):
        warnings["bad_timekeeping"] = (
            f"found onsets {times.duration_s / len(onsets):g} s apart on average, expected "
            f"{header.record_s:g} s by a header that says no gaps; read data records as following "
            "each other without a gap"
        )
        return continuous(len(onsets), header.record_s)
    refuse_long_duration(times.duration_s)
    refuse_long_gaps(times.duration_s, len(onsets) * times.record_s)
    _warn_about_times(header, times, most, warnings)
    return times


def _first_onset(onsets: Floats, times: Timeline) -> float:
    """Return the first onset as it is written, unless it is wrong; its place is within rounding."""
    place_s, written_s = times.stretches[0].onset_s, float(onsets[0])
    return written_s if abs(written_s - place_s) <= times.deviation_s else place_s


def _warn_about_times(
    header: EdfHeader, times: Timeline, most: int, warnings: dict[str, str]
) -> None:
    drift = times.record_s / header.record_s - 1
    if drift:
        warnings["clock_drift"] = (
            f"found a sampling rate of {most / times.record_s:.7g} Hz by the onsets of the data "
            f"records, expected {most / header.record_s:.7g} Hz by the header: the recorder's "
            f"clock is off by {drift:+.4%}; used the onsets, from which no data record is further "
            f"away than {times.deviation_s:.3f} s"
        )
    if times.gaps_s and not header.is_discontinuous:
        warnings["gaps_in_continuous"] = (
            f"found {len(times.gaps_s)} gaps of {sum(times.gaps_s):.3f} s in all between onsets of "
            "data records, expected none in a file that is continuous by its header; read as gaps"
        )
    faults = []
    if times.n_backward:
        faults.append(
            f"{times.n_backward} onsets that lie before the end of the data record before them, by "
            f"{times.backward_s:.3f} s in all"
        )
    if times.n_missing and header.is_plus and header.timekeeping is not None:
        faults.append(f"{times.n_missing} data records without an onset")
    if faults:
        warnings["bad_timekeeping"] = (
            f"found {' and '.join(faults)}, expected each onset at the end of the data record "
            "before it or later; read those data records as following without a gap"
        )


def _marks(header: EdfHeader, records: Records, times: Timeline) -> Iterator[PatientMark]:
    places = [signal.place for signal in header.signals if signal.is_annotations]
    for onset, duration, text in annotations(records, places):
        yield PatientMark(times.seconds_at(onset), duration, text, "file")


def _file_signals(header: EdfHeader, records: Records, times: Timeline) -> list[FileSignal]:
    ordinary = [signal for signal in header.signals if not signal.is_annotations]
    # Signals of one rate share the places of their stretches.
    firsts = {
        samples: _first_samples(times, samples)
        for samples in {signal.samples for signal in ordinary}
    }
    return [_file_signal(signal, records, times, firsts[signal.samples]) for signal in ordinary]


def _first_samples(times: Timeline, samples: int) -> list[int]:
    """Return the first sample of each stretch, and the end of the last one."""
    firsts = []
    end = 0  # of the stretch before; rounding must not make two overlap
    for stretch in times.stretches:
        firsts.append(max(round(stretch.start_s * samples / times.record_s), end))
        end = firsts[-1] + stretch.n_records * samples
    return [*firsts, end]


def _file_signal(
    signal: EdfSignal, records: Records, times: Timeline, firsts: list[int]
) -> FileSignal:
    factor = millivolts_per_unit(signal.unit) or 1.0
    gain, shift = signal.gain * factor, signal.shift * factor

    def read(start: int, stop: int) -> Floats32:
        out = np.full(stop - start, np.nan, np.float32)
        for number in range(bisect_right(firsts, start) - 1, len(times.stretches)):
            first, stretch = firsts[number], times.stretches[number]
            if first >= stop:
                break
            begin = max(start - first, 0)
            end = min(stop - first, stretch.n_records * signal.samples)
            if begin < end:
                offset = stretch.first_record * signal.samples
                digital = _digital(records, signal, offset + begin, offset + end)
                out[first + begin - start : first + end - start] = digital * gain + shift
        return out

    return FileSignal(
        label=signal.label,
        unit=signal.unit,
        sampling_rate_hz=signal.samples / times.record_s,
        n_samples=firsts[-1],
        read=read,
        calibration_fault=signal.calibration_fault,
        calibrated=bool(signal.unit),
    )


def _digital(records: Records, signal: EdfSignal, start: int, stop: int) -> Ints32:
    """Return stored samples of one signal, of which only their own bytes are copied."""
    width = (signal.place.stop - signal.place.start) // signal.samples
    pieces = []
    while start < stop:
        record, skip = divmod(start, signal.samples)
        whole = (stop - start) // signal.samples if not skip else 0
        if whole:
            piece = records[record : record + whole, signal.place]
            start += whole * signal.samples
        else:
            n_samples = min(signal.samples - skip, stop - start)
            first = signal.place.start + skip * width
            piece = records[record : record + 1, first : first + n_samples * width]
            start += n_samples
        pieces.append(piece.reshape(-1))
    raw = np.concatenate(pieces)
    if width == 2:  # EDF
        return raw.view("<u2" if signal.is_unsigned else "<i2").astype(np.int32)
    low, middle, high = raw.reshape(-1, 3).T.astype(np.int32)  # BDF
    digital: Ints32 = low | middle << 8 | high.astype(np.int8).astype(np.int32) << 16
    return digital
