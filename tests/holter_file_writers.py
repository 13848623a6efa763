"""Writers of small synthetic recordings, one per format, for tests of every layer.

Signals are arrays of millivolts of shape (n_samples, n_leads). Nothing here is read from, or
looks like, a recording of a person.
"""

import binascii
import struct
import warnings
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import edfio
import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # wfdb 4.3 calls what pandas 3 deprecates
    import wfdb

ISHNE_CODES = {
    "": -9, "unknown": 0, "bipolar": 1, "X": 2, "Y": 3, "Z": 4, "I": 5, "II": 6, "III": 7,
    "aVR": 8, "aVL": 9, "aVF": 10, "V1": 11, "V2": 12, "V3": 13, "V4": 14, "V5": 15, "V6": 16,
    "ES": 17, "AS": 18, "AI": 19,
}  # fmt: skip


def synthetic_ecg(
    duration_s: float, rate: float = 250.0, n_leads: int = 2, bpm: float = 75.0
) -> NDArray[np.float64]:
    """Narrow R waves on a slow baseline, in mV: shape (n_samples, n_leads), within +-2 mV."""
    t = np.arange(round(duration_s * rate)) / rate
    phase = (t * bpm / 60 + 0.5) % 1 - 0.5
    beat = np.exp(-0.5 * (phase / 0.012) ** 2) + 0.2 * np.exp(-0.5 * ((phase - 0.3) / 0.05) ** 2)
    baseline = 0.1 * np.sin(2 * np.pi * 0.25 * t)
    return np.stack([beat * (1 - 0.15 * lead) + baseline for lead in range(n_leads)], axis=1)


def write_ishne(
    path: Path,
    signals_mv: NDArray[np.float64],
    rate: int = 250,
    leads: Sequence[str] = ("I", "II", "V1", "V5"),
    *,
    resolution_nv: int | Sequence[int] = 2500,
    start: datetime | None = datetime(2024, 3, 1, 9, 30),
    pacemaker: int = 0,
    variable_block: bytes = b"",
    names: tuple[str, str, str] = ("", "", ""),
    sample_count: int | None = None,
    n_leads: int | None = None,
    offset: int | None = None,
    block_size: int | None = None,
    crc: int | None = None,
) -> Path:
    """Write an ISHNE 1.0 file; the last arguments override fields to make them wrong.

    ``names`` are first name, last name and ID; ``sample_count`` is per lead unless given.
    """
    n_samples, width = signals_mv.shape
    resolutions = [resolution_nv] * width if isinstance(resolution_nv, int) else resolution_nv
    first, last, number = (name.encode() for name in names)
    when = (start.day, start.month, start.year) if start else (0, 0, 0)
    clock = (start.hour, start.minute, start.second) if start else (0, 0, 0)
    absent = [-9] * (12 - width)
    header = struct.pack(
        "<iiiih40s40s20s2h3h3h3h3hh12h12h12hh40sh80s80s88s",
        len(variable_block) if block_size is None else block_size,
        n_samples if sample_count is None else sample_count,
        522,
        522 + len(variable_block) if offset is None else offset,
        1, first, last, number, 0, 0, 0, 0, 0, *when, *when, *clock,
        width if n_leads is None else n_leads,
        *[ISHNE_CODES[lead] for lead in leads[:width]], *absent,
        *[0] * width, *absent,
        *resolutions, *absent,
        pacemaker, b"digital", rate, b"", b"", b"",
    )  # fmt: skip
    header += variable_block
    checksum = binascii.crc_hqx(header, 0xFFFF) if crc is None else crc
    steps = [value if value > 0 else 2500 for value in resolutions]
    digital = np.round(signals_mv * 1e6 / steps).astype("<i2")
    path.write_bytes(b"ISHNE1.0" + struct.pack("<H", checksum) + header + digital.tobytes())
    return path


def write_edf(
    path: Path,
    signals_mv: NDArray[np.float64],
    rate: float = 250.0,
    leads: Sequence[str] = ("ECG I", "ECG II", "ECG V1", "ECG V5"),
    *,
    unit: str = "mV",
    physical_max_mv: float = 5.0,
    start: datetime | None = datetime(2024, 3, 1, 9, 30),
    onsets_s: Sequence[float] | None = None,
    extra: Sequence[edfio.EdfSignal] = (),
    name: str = "X",
) -> Path:
    """Write EDF, or BDF if ``path`` ends in ``.bdf``, in data records of 1 s.

    With ``onsets_s``, one per record, the file becomes a discontinuous EDF+D. ``extra`` signals
    come after the ECG.
    """
    is_bdf = path.suffix.casefold() == ".bdf"
    make = edfio.BdfSignal if is_bdf else edfio.EdfSignal
    limit = (1 << 23) - 1 if is_bdf else (1 << 15) - 1
    factor = {"mV": 1.0, "uV": 1e3, "V": 1e-3}[unit]
    signals = [
        make(
            column * factor,
            rate,
            label=lead,
            physical_dimension=unit,
            physical_range=(-physical_max_mv * factor, physical_max_mv * factor),
            digital_range=(-limit, limit),
        )
        for column, lead in zip(signals_mv.T, leads, strict=False)
    ]
    file = (edfio.Bdf if is_bdf else edfio.Edf)(
        [*signals, *extra],
        patient=edfio.Patient(name=name),
        recording=edfio.Recording(startdate=start.date() if start else None),
        starttime=start.time() if start else None,
        data_record_duration=1.0,
        # The text makes room for any timestamp; it is overwritten.
        annotations=None if onsets_s is None else [edfio.EdfAnnotation(0, None, "x" * 24)],
    )
    content = file.to_bytes()
    if onsets_s is not None:
        content = _with_onsets(content, onsets_s)
    path.write_bytes(content)
    return path


def write_wfdb(
    path: Path,
    signals_mv: NDArray[np.float64],
    rate: float = 250.0,
    leads: Sequence[str] = ("I", "II", "V1", "V5"),
    *,
    fmt: str = "16",
    gain: float = 200.0,
    units: str = "mV",
    comments: Sequence[str] = (),
    start: datetime | None = datetime(2024, 3, 1, 9, 30),
) -> Path:
    """Write a WFDB record, header and one signal file; ``path`` is that of the ``.hea``.

    Formats that wfdb does not write (8, 61, 160, 310, 311) are packed here, after signal(5).
    """
    width = signals_mv.shape[1]
    digital = np.round(signals_mv * gain).astype(np.int64)
    if fmt in PACKERS:
        lines = [f"{path.stem} {width} {rate:g} {len(digital)}"]
        lines[0] += start.strftime(" %H:%M:%S %d/%m/%Y") if start else ""
        # Differences of format 8 start at the initial value; here that is the first sample.
        lines += [
            f"{path.stem}.dat {fmt} {gain:g}/{units} 16 0 {first} 0 0 {lead}"
            for lead, first in zip(leads, digital[0], strict=False)
        ]
        lines += [f"# {comment}" for comment in comments]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        path.with_suffix(".dat").write_bytes(PACKERS[fmt](digital))
        return path
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wfdb.wrsamp(
            path.stem,
            fs=rate,
            units=[units] * width,
            sig_name=list(leads[:width]),
            d_signal=digital,
            fmt=[fmt] * width,
            adc_gain=[gain] * width,
            baseline=[0] * width,
            comments=list(comments),
            base_time=start.time() if start else None,
            base_date=start.date() if start else None,
            write_dir=str(path.parent),
        )
    return path


def _pack_8(digital: NDArray[np.int64]) -> bytes:
    return np.diff(digital, axis=0, prepend=digital[:1]).astype(np.int8).tobytes()


def _pack_310(digital: NDArray[np.int64]) -> bytes:
    """Three 10-bit samples in two little-endian words; the third takes the 5 high bits of both."""
    first, second, third = _triplets(digital)
    low = (first & 0x3FF) << 1 | (third & 0x1F) << 11
    high = (second & 0x3FF) << 1 | (third >> 5 & 0x1F) << 11
    return np.stack([low, high], axis=1).astype("<u2").tobytes()


def _pack_311(digital: NDArray[np.int64]) -> bytes:
    """Three 10-bit samples in the low 30 bits of a little-endian word."""
    first, second, third = _triplets(digital)
    return (first & 0x3FF | (second & 0x3FF) << 10 | (third & 0x3FF) << 20).astype("<u4").tobytes()


def _triplets(digital: NDArray[np.int64]) -> NDArray[np.int64]:
    flat = digital.reshape(-1)
    return np.concatenate([flat, np.zeros(-len(flat) % 3, np.int64)]).reshape(-1, 3).T


PACKERS = {
    "8": _pack_8,
    "61": lambda digital: digital.astype(">i2").tobytes(),
    "160": lambda digital: (digital + 0x8000).astype("<u2").tobytes(),
    "310": _pack_310,
    "311": _pack_311,
}


def _with_onsets(content: bytes, onsets_s: Sequence[float]) -> bytes:
    """Turn an EDF+C file into EDF+D whose records start at ``onsets_s``."""
    n_signals = int(content[252:256])
    counts_at = 256 + n_signals * 216
    counts = [int(content[counts_at + 8 * i : counts_at + 8 * i + 8]) for i in range(n_signals)]
    width = 3 if content[:1] == b"\xff" else 2
    data = bytearray(content.replace(b"DF+C", b"DF+D", 1))
    body = 256 * (n_signals + 1)
    length = sum(counts) * width
    for record, onset in enumerate(onsets_s):
        stop = body + (record + 1) * length
        first = stop - counts[-1] * width
        timestamp = f"+{onset:.10g}\x14\x14\0".encode()
        data[first:stop] = timestamp.ljust(stop - first, b"\0")
    return bytes(data)
