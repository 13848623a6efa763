"""Stored beats come back as they were, and a file from anywhere is looked at closely."""

import io
import pickle
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from unit.review.reviews import stored_of
from unit.small_recordings import ecg, every, recording_of, scored_of

from deepecg.errors import StoredBeatsError
from deepecg.review.stored_beats import DTYPES, MAX_BYTES, StoredBeats, read_stored_beats

RATE = 128


@pytest.fixture(scope="module")
def stored() -> StoredBeats:
    times_s = every(0.8, 60)
    signal = ecg(times_s, 60, RATE)
    return stored_of(
        scored_of(
            times_s,
            "NNNNNNNNV" * 8 + "N" * (len(times_s) - 72),
            rate=RATE,
            recording=recording_of(signal, rate=RATE),
            signal_mv=signal,
        )
    )


def rewritten(content: bytes, **members: bytes | None) -> bytes:
    """Return an archive in which members are replaced, or left out."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for entry in old.infolist():
            body = members.get(entry.filename.removesuffix(".npy"), old.read(entry))
            if body is not None:
                new.writestr(entry.filename, body)
    return file.getvalue()


def npy(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def test_they_come_back_as_they_were(stored: StoredBeats) -> None:
    content = stored.to_bytes()
    read = read_stored_beats(content)
    assert read.to_bytes() == content
    assert read.sha256 == stored.sha256
    for name, array in stored.arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array)
        assert read.arrays[name].dtype == DTYPES[name]
    with np.load(io.BytesIO(content), allow_pickle=False) as plain:  # a usual npz file
        np.testing.assert_array_equal(plain["times_s"], stored.times_s)


def test_the_digest_is_of_the_arrays_and_not_of_the_archive(stored: StoredBeats) -> None:
    other = rewritten(stored.to_bytes())  # uncompressed, and of another time
    assert other != stored.to_bytes()
    assert read_stored_beats(other).sha256 == stored.sha256
    labels = stored.labels.copy()
    labels[5] = 1
    assert replace(stored, labels=labels).sha256 != stored.sha256


def test_it_contains_no_lead_name_and_no_patient(stored: StoredBeats) -> None:
    assert set(stored.about) == {
        "format", "number of samples", "model", "lead or conditioning", "signal_sha256",
    }  # fmt: skip


def huge_header() -> bytes:
    """Return an array of no data whose header says that it has 8 TB."""
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


@pytest.mark.parametrize(
    "members",
    [
        {"times_s": None},
        {"times_s": b""},
        {"times_s": npy(np.arange(3.0))},
        {"times_s": npy(np.zeros((2, 37)))},
        {"times_s": npy(np.arange(75, dtype=np.float32))},
        {"times_s": npy(np.array([object()] * 75), allow_pickle=True)},
        {"times_s": huge_header()},
        {"times_s": npy(np.arange(75.0))[:-8]},
        {"times_s": npy(np.arange(75.0)) + b"more"},
        {"times_s": npy(np.arange(75.0)[::-1].copy())},
        {"times_s": npy(np.full(75, np.nan))},
        {"times_s": npy(np.arange(75.0) - 1)},
        {"times_s": npy(np.arange(75.0) * 1e3)},
        {"labels": npy(np.full(75, 5, np.int8))},
        {"classified": npy(np.full(75, -1, np.int8))},
        {"cluster": npy(np.full(75, -1, np.int32))},
        {"probability": npy(np.full(75, np.nan, np.float32))},
        {"leads": npy(np.array([-1], np.int32))},
        {"leads": npy(np.array([], np.int32))},
        {"baselines_mv": npy(np.array([np.inf]))},
        {"faults": npy(np.zeros((1, 3, 60), bool))},
        {"faults": npy(np.zeros((1, 4, 0), bool))},
        {"about": npy(np.frombuffer(b"{", np.uint8))},
        {"about": npy(np.frombuffer(b"[]", np.uint8))},
        {"about": npy(np.frombuffer(b'{"format": 1}', np.uint8))},
        {"about": npy(np.frombuffer(b"[" * 100_000, np.uint8))},
    ],
    ids=lambda members: str(next(iter(members))),
)
def test_a_hostile_file_is_refused(stored: StoredBeats, members: dict[str, bytes | None]) -> None:
    with pytest.raises(StoredBeatsError) as caught:
        read_stored_beats(rewritten(stored.to_bytes(), **members))
    assert caught.value.code == "bad_stored_beats"


def test_what_is_no_archive_or_a_bomb_is_refused(stored: StoredBeats) -> None:
    content = stored.to_bytes()
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in DTYPES:
            archive.writestr(f"{name}.npy", bytes(MAX_BYTES // len(DTYPES) + 1))
    more = io.BytesIO(content)
    with zipfile.ZipFile(more, "a") as archive:
        archive.writestr("more.npy", npy(np.zeros(3)))
    broken = bytearray(content)
    broken[len(broken) // 3] ^= 0xFF
    for bad in (
        b"", b"PK", content[:-1], content[: len(content) // 2], pickle.dumps([1]),
        bomb.getvalue(), more.getvalue(), bytes(broken),
    ):  # fmt: skip
        with pytest.raises(StoredBeatsError, match="damaged"):
            read_stored_beats(bad)
