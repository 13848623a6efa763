"""Damaged DICOM, SCP-ECG and HL7 aECG files are read or rejected, and cost little."""

import random
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from exchange_file_writers import (
    DICOM_SYNTAXES,
    dicom_group,
    scp_file,
    scp_leads,
    scp_samples,
    scp_tags,
    scp_time_tags,
    write_dicom,
    write_dicom_groups,
    write_hl7_aecg,
    write_scp_ecg,
)
from holter_file_writers import synthetic_ecg

from deepecg.errors import RefusedRecordingError
from deepecg.readers.open_recording import open_recording

SIGNALS = synthetic_ecg(4, 200, n_leads=2)
NUMBERS = (
    b"\xff" * 4,
    b"\xff\xff\xff\x7f",
    bytes(4),
    b"\0\0\0\x80",
    b"\x7f",
    b"0",
    b"9",
    b"-",
    b"e",
)
"""What a damaged field may contain."""


def with_reference_beat(path: Path) -> Path:
    digital = np.round(SIGNALS * 400).astype(np.int64)
    beat = np.round(np.hanning(60)[:, np.newaxis] * [400, 300]).astype(np.int64)
    sections = {
        1: scp_tags(scp_time_tags()),
        2: struct.pack("<H", 19999),
        3: scp_leads(800, ("I", "II"), flags=5),
        4: struct.pack("<HHHHIII", 300, 31, 1, 0, 1, 21, 40),
        5: scp_samples(beat, 200, order=1, huffman=True),
        6: scp_samples(digital, 200, order=2, huffman=True),
    }
    path.write_bytes(scp_file(sections))
    return path


def of_two_groups(path: Path) -> Path:
    later = dicom_group(SIGNALS, 200, MultiplexGroupTimeOffset="4000")
    return write_dicom_groups(path, [dicom_group(SIGNALS, 200), later])


WRITERS = {
    **{
        f"{name}.dcm": lambda path, syntax=syntax: write_dicom(path, SIGNALS, 200, syntax=syntax)
        for name, syntax in DICOM_SYNTAXES.items()
    },
    "groups.dcm": of_two_groups,
    "plain.scp": lambda path: write_scp_ecg(path, SIGNALS, 200),
    "beats.scp": with_reference_beat,
    "a.xml": lambda path: write_hl7_aecg(path, SIGNALS, 200),
}


def damage(content: bytes, chance: random.Random) -> bytes:
    """Flip bits, overwrite fields, cut, and repeat or remove pieces: mostly in the header."""
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        in_header = chance.random() < 0.8
        at = chance.randrange(min(len(damaged), 1500) if in_header else len(damaged))
        length = chance.randrange(1, 300)
        match chance.randrange(5):
            case 0:
                damaged[at] ^= 1 << chance.randrange(8)
            case 1:
                field = chance.choice(NUMBERS)
                damaged[at : at + len(field)] = field
            case 2:
                del damaged[at + 1 :]
            case 3:
                damaged[at:at] = damaged[at : at + length]
            case 4:
                del damaged[at + 1 : at + length]
    return bytes(damaged)


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_files_are_read_or_rejected(tmp_path: Path, name: str) -> None:
    path = WRITERS[name](tmp_path / name)
    content = path.read_bytes()
    chance = random.Random(name)
    n_read = 0
    for _ in range(100):
        path.write_bytes(damage(content, chance))
        tracemalloc.start()
        try:
            recording = open_recording(path)
            n_read += 1
            for lead in range(len(recording.leads)):
                for end in (500, recording.n_samples):
                    read = recording.read(lead, end - 500, end)
                    assert len(read) == min(500, recording.n_samples, end)
        except RefusedRecordingError:
            pass
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 20e6
    assert n_read > 10
