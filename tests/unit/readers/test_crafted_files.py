"""Small files made to cost much: what they declare beyond what they hold is refused.

Each declares, repeats or unfolds to hours or gigabytes; :mod:`hostile_files` has the limits of
time and memory, and damages files at random.
"""

import gzip
import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import hostile_files
import numpy as np
import pytest
from exchange_file_writers import (
    DICOM_SYNTAXES,
    aecg_document,
    aecg_sequence,
    aecg_series,
    aecg_times,
    dicom_group,
    scp_file,
    scp_samples,
    scp_tags,
    scp_time_tags,
    write_dicom_groups,
)
from holter_file_writers import synthetic_ecg, write_edf, write_wfdb
from hostile_files import Files

ECG = synthetic_ecg(20, 250, 1)
DIGITAL = np.round(ECG * 400).astype(np.int64)
DAYS_15_S = 1_296_000


def written(write: Callable[[Path], object], main: str) -> Files:
    with tempfile.TemporaryDirectory() as name:
        write(Path(name, main))
        paths = sorted(Path(name).iterdir(), key=lambda path: path.name != main)
        return {path.name: path.read_bytes() for path in paths}


def edf_with_gaps() -> Files:
    onsets = [0, *range(4000, DAYS_15_S, 100_000)]
    ecg = synthetic_ecg(len(onsets), 250, 1)
    return written(lambda path: write_edf(path, ecg, onsets_s=onsets), "a.edf")


def edf_with_a_gap_at_10_khz() -> Files:
    ecg = synthetic_ecg(20, 10_000, 1)
    onsets = [*range(10), *range(7200, 7210)]
    return written(lambda path: write_edf(path, ecg, 10_000, onsets_s=onsets), "a.edf")


def edf_of_99999999_records() -> Files:
    head = written(lambda path: write_edf(path, ECG), "a.edf")["a.edf"]
    return {"a.edf": head[:236] + b"99999999" + head[244:]}


def edf_of_tiny_records() -> Files:
    head = bytearray(written(lambda path: write_edf(path, ECG), "a.edf")["a.edf"])
    body = 256 * (int(head[252:256]) + 1)
    head[236:252] = f"{len(ECG):<8}{1 / 250:<8g}".encode()
    head[256 + 216 : 256 + 224] = b"1       "
    assert body == 512, "one signal, no annotations"
    return {"a.edf": bytes(head)}


def wfdb_of_one_repeated_segment() -> Files:
    n_times = 60_000

    def write(path: Path) -> None:
        write_wfdb(path.with_name("s.hea"), ECG)
        lines = [f"m/{n_times} 1 250 {n_times * len(ECG)}", *[f"s {len(ECG)}"] * n_times]
        path.write_text("\n".join(lines), encoding="ascii")

    return written(write, "m.hea")


def wfdb_with_a_gap_of_days() -> Files:
    def write(path: Path) -> None:
        write_wfdb(path.with_name("s.hea"), ECG)
        lines = ("m/3 1 250 300010000", "s 5000", "~ 300000000", "s 5000")
        path.write_text("\n".join(lines), encoding="ascii")

    return written(write, "m.hea")


def flac_of_flat_hours() -> Files:
    flat = np.zeros((250 * 3600 * 6, 1))
    return written(lambda path: write_wfdb(path, flat, fmt="516"), "a.hea")


def table(times_s: np.ndarray) -> Files:
    rows = (f"{t:.4f},{v:.3f}" for t, v in zip(times_s, ECG[:, 0], strict=False))
    return {"a.csv": "\n".join(("time [s],ECG [mV]", *rows)).encode()}


def csv_with_a_gap_of_days() -> Files:
    times_s = np.arange(len(ECG)) / 250
    return table(times_s + np.where(times_s > 10, DAYS_15_S, 0))


def csv_of_a_row_an_hour() -> Files:
    return table(np.arange(380) * 3600.0)


def csv_of_one_long_line() -> Files:
    return {"a.csv": b"ECG [mV]\n" + b"1," * 10_000_000}


def csv_at_a_rate_beyond_all_numbers() -> Files:
    return {**table(np.arange(len(ECG)) / 250), "a.csv.json": b'{"sampling_rate_hz": 1e300}'}


def aecg_of_years() -> Files:
    times = aecg_times('value="19900301093000.000"', 250), aecg_times('value="20240301093000"', 250)
    sequence = aecg_sequence("MDC_ECG_LEAD_I", DIGITAL[:, 0].tolist())
    return {"a.xml": aecg_document([aecg_series([time, sequence]) for time in times]).encode()}


def aecg_of_entities() -> Files:
    inside = ['<!ENTITY e0 "aaaaaaaaaa">']
    inside += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    head = f'<?xml version="1.0"?><!DOCTYPE a [{"".join(inside)}]>'
    return {"a.xml": f'{head}<AnnotatedECG xmlns="urn:hl7-org:v3">&e9;</AnnotatedECG>'.encode()}


def scp_of_4294967295_samples() -> Files:
    leads = bytes([1, 4]) + struct.pack("<IIB", 1, 0xFFFFFFFF, 1)
    samples = scp_samples(DIGITAL, 250)
    return {"a.scp": scp_file({1: scp_tags(scp_time_tags()), 3: leads, 6: samples})}


def scp_of_one_bit_a_sample() -> Files:
    leads = bytes([1, 4]) + struct.pack("<IIB", 1, 0xFFFFFFF0, 1)
    samples = struct.pack("<HHBBH", 2500, 4000, 0, 0, 65_534) + bytes(65_534)
    table_2 = struct.pack("<H", 19_999)
    return {"a.scp": scp_file({1: scp_tags(scp_time_tags()), 2: table_2, 3: leads, 6: samples})}


def dicom_of_4000000000_samples() -> Files:
    group = dicom_group(ECG, NumberOfWaveformSamples=4_000_000_000)
    return written(lambda path: write_dicom_groups(path, [group]), "a.dcm")


def dicom_with_a_gap_of_days() -> Files:
    offsets_ms = ("0", str(DAYS_15_S * 1000))
    groups = [dicom_group(ECG, MultiplexGroupTimeOffset=offset) for offset in offsets_ms]
    return written(lambda path: write_dicom_groups(path, groups), "a.dcm")


def dicom_that_inflates() -> Files:
    def write(path: Path) -> None:
        write_dicom_groups(path, [dicom_group(ECG)], syntax=DICOM_SYNTAXES["deflated"])

    content = written(write, "a.dcm")["a.dcm"]
    data_set = 144 + struct.unpack("<I", content[140:144])[0]
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    zeros = (deflate.compress(bytes(1 << 20)) for _ in range(200))
    element = deflate.compress(struct.pack("<HH2sHI", 9, 0x1010, b"OB", 0, 200 << 20))
    return {"a.dcm": content[:data_set] + element + b"".join(zeros) + deflate.flush()}


def gzip_bomb() -> Files:
    return {"a.edf.gz": gzip.compress(bytes(300 << 20))}


def zip_bomb() -> Files:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.edf", "w") as file,
    ):
        for _ in range(300):
            file.write(bytes(1 << 20))
    return {"a.zip": packed.getvalue()}


def zip_in_zip() -> Files:
    content = zip_bomb()["a.zip"]
    for _ in range(5):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.zip", content)
        content = packed.getvalue()
    return {"a.zip": content}


@pytest.mark.parametrize(("make", "result"), [
    (edf_with_gaps, "no_signal"),
    (edf_with_a_gap_at_10_khz, "no_signal"),
    (edf_of_99999999_records, "scored"),
    (edf_of_tiny_records, "scored"),
    (wfdb_of_one_repeated_segment, "no_signal"),
    (wfdb_with_a_gap_of_days, "no_signal"),
    (flac_of_flat_hours, "no_signal"),
    (csv_with_a_gap_of_days, "no_signal"),
    (csv_of_a_row_an_hour, "bad_sampling_rate"),
    (csv_of_one_long_line, "unknown_format"),
    (csv_at_a_rate_beyond_all_numbers, "malformed_header"),
    (aecg_of_years, "malformed_header"),
    (aecg_of_entities, "malformed_header"),
    (scp_of_4294967295_samples, "scored"),
    (scp_of_one_bit_a_sample, "flat_line"),
    (dicom_of_4000000000_samples, "scored"),
    (dicom_with_a_gap_of_days, "no_signal"),
    (dicom_that_inflates, "too_large"),
    (gzip_bomb, "too_large"),
    (zip_bomb, "too_large"),
    (zip_in_zip, "bad_archive"),
])  # fmt: skip
def test_cost_follows_what_a_file_holds(make: Callable[[], Files], result: str) -> None:
    files, before_bytes = make(), _memory_bytes()
    one = hostile_files.outcome(-1, make.__name__, files, hostile_files.scoring_model())
    assert one.result == result, one
    assert one.cpu_s <= hostile_files.MAX_CPU_S, one
    assert one.memory_bytes - before_bytes <= hostile_files.MAX_MEMORY_BYTES, one


def _memory_bytes() -> int:
    """Return the memory that this process has now (Linux only)."""
    status = Path("/proc/self/statm")
    return int(status.read_text(encoding="ascii").split()[1]) * 4096 if status.exists() else 0
