"""Recordings in gzip and zip files; both are written by the standard library."""

import gc
import gzip
import io
import random
import shutil
import stat
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, wfdb, write_edf, write_ishne, write_wfdb
from unit.readers.recording_content import codes, whole

from deepecg.errors import (
    ArchiveError,
    EmptyFileError,
    MissingPartError,
    RefusedRecordingError,
    TooLargeError,
    TruncatedHeaderError,
    UnknownFormatError,
)
from deepecg.readers import compressed
from deepecg.readers.found_recordings import sort_paths
from deepecg.readers.open_recording import open_recording

SIGNALS = synthetic_ecg(8, 200, n_leads=2)
WRITERS: dict[str, Callable[..., Path]] = {
    "r.edf": write_edf,
    "r.bdf": write_edf,
    "r.ecg": write_ishne,
    "r.hea": write_wfdb,
}


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which must be empty when the recordings are gone."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def zipped(path: Path, contents: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def edf_bytes(folder: Path) -> bytes:
    return write_edf(folder / "r.edf", SIGNALS, 200).read_bytes()


def wfdb_files(folder: Path) -> dict[str, bytes]:
    write_wfdb(folder / "r.hea", SIGNALS, 200)
    return {name: (folder / name).read_bytes() for name in ("r.hea", "r.dat")}


@pytest.mark.parametrize("name", ["r.edf", "r.bdf", "r.ecg"])
@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_compressed_recording_is_the_recording(
    tmp_path: Path, temporary: Path, name: str, kind: str
) -> None:
    plain = open_recording(WRITERS[name](tmp_path / name, SIGNALS, 200))
    content = (tmp_path / name).read_bytes()
    path = tmp_path / f"{name}.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(content))
    else:
        zipped(path, {f"export/{name}": content})
    recording = open_recording(path)
    assert (recording.format, recording.leads, recording.start, recording.warnings) == (
        plain.format, plain.leads, plain.start, plain.warnings
    )  # fmt: skip
    np.testing.assert_array_equal(whole(recording), whole(plain))
    del recording
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_the_files_live_as_long_as_a_copy_of_the_recording(tmp_path: Path, temporary: Path) -> None:
    path = zipped(tmp_path / "r.zip", wfdb_files(tmp_path))
    recording = open_recording(path)
    path.unlink()
    copy = replace(recording, marks=())
    del recording
    gc.collect()
    np.testing.assert_allclose(whole(copy, 300), SIGNALS, atol=0.003)
    assert len(list(temporary.iterdir())) == 1
    del copy
    gc.collect()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["HOLTER.ZIP", "holter.bin", "holter"])
def test_content_shows_that_a_file_is_compressed(tmp_path: Path, name: str) -> None:
    zipped(tmp_path / name, {"r.edf": edf_bytes(tmp_path)})
    assert open_recording(tmp_path / name).n_samples == len(SIGNALS)
    (tmp_path / name).write_bytes(gzip.compress(edf_bytes(tmp_path)))
    assert open_recording(tmp_path / name).n_samples == len(SIGNALS)


def test_a_wfdb_record_with_what_lies_beside_it(tmp_path: Path) -> None:
    segments = {
        "day/long.hea": b"long/2 2 200 3200 9:30:00 01/03/2024\nr 1600\nr 1600\n",
        **{f"day/{name}": content for name, content in wfdb_files(tmp_path).items()},
        "day/long.diary.csv": b"9:30:01,palpitations\n",
        "day/r.atr": b"\x01\x04" * 5 + b"\0\0",
        "README.txt": b"About the record\n",
        "__MACOSX/day/._r.hea": b"\x00\x05\x16\x07",
        "day/.DS_Store": b"\0\0\0\1Bud1",
        "day/Thumbs.db": b"\xd0\xcf\x11\xe0",
    }
    recording = open_recording(zipped(tmp_path / "long.zip", segments))
    np.testing.assert_allclose(whole(recording), np.tile(SIGNALS, (2, 1)), atol=0.003)
    assert [mark.start_s for mark in recording.marks] == [1]


def test_the_diary_beside_the_compressed_file(tmp_path: Path) -> None:
    (tmp_path / "r.edf.gz").write_bytes(gzip.compress(edf_bytes(tmp_path)))
    zipped(tmp_path / "r.zip", {"x.edf": edf_bytes(tmp_path)})
    (tmp_path / "r.diary.csv").write_text("9:30:02,dizzy\n")
    for name in ("r.edf.gz", "r.zip"):
        assert [mark.start_s for mark in open_recording(tmp_path / name).marks] == [2]


@pytest.mark.parametrize("packed", ["r.dat", "r.hea", "r.hea r.dat"])
def test_a_record_with_compressed_files(tmp_path: Path, temporary: Path, packed: str) -> None:
    wfdb_files(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wfdb.wrann("r", "not", np.array([400]), ['"'], aux_note=["dizzy"], write_dir=str(tmp_path))
    for name in packed.split():
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        (tmp_path / name).unlink()
    (main,) = sort_paths(sorted(tmp_path.iterdir())).recordings
    recording = open_recording(main)
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.003)
    assert [mark.start_s for mark in recording.marks] == [2]
    del recording
    gc.collect()
    assert list(temporary.iterdir()) == []
    assert (tmp_path / "r.not").exists()  # the links are gone, and not what they point to


def test_names_of_compressed_parts_in_any_case(tmp_path: Path) -> None:
    wfdb_files(tmp_path)
    (tmp_path / "R.DAT.GZ").write_bytes(gzip.compress((tmp_path / "r.dat").read_bytes()))
    (tmp_path / "r.dat").unlink()
    np.testing.assert_allclose(whole(open_recording(tmp_path / "r.hea")), SIGNALS, atol=0.003)


def test_other_gzip_files_beside_a_record_change_nothing(tmp_path: Path, temporary: Path) -> None:
    wfdb_files(tmp_path)
    for name in ("r.dat.gz", "log.gz"):
        (tmp_path / name).write_bytes(gzip.compress(b"older"))
    recording = open_recording(tmp_path / "r.hea")
    assert list(temporary.iterdir()) == []
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.003)


def test_segments_with_compressed_files(tmp_path: Path) -> None:
    wfdb_files(tmp_path)
    (tmp_path / "long.hea").write_text("long/2 2 200 3200\nr 1600\nr 1600\n")
    content = (tmp_path / "r.dat").read_bytes()
    (tmp_path / "r.dat").unlink()
    (tmp_path / "r.dat.gz").write_bytes(gzip.compress(content))
    found = sort_paths(sorted(tmp_path.iterdir()))
    assert (found.recordings, found.skipped) == ((tmp_path / "long.hea",), ())
    np.testing.assert_allclose(
        whole(open_recording(tmp_path / "long.hea")), np.tile(SIGNALS, (2, 1)), atol=0.003
    )


def test_members_and_padding_of_a_gzip_file(tmp_path: Path) -> None:
    """As ``bgzip`` and tapes write them."""
    content = edf_bytes(tmp_path)
    parts = [content[at : at + 777] for at in range(0, len(content), 777)]
    path = tmp_path / "r.edf.gz"
    path.write_bytes(b"".join(map(gzip.compress, parts)) + bytes(512))
    np.testing.assert_allclose(whole(open_recording(path)), SIGNALS, atol=0.001)


def test_a_gzip_file_that_is_cut_off(tmp_path: Path) -> None:
    """What comes before the cut is read as a file that is cut off."""
    noisy = SIGNALS + np.random.default_rng(0).normal(0, 0.1, SIGNALS.shape)
    content = write_ishne(tmp_path / "r.ecg", noisy, 200).read_bytes()
    whole_file = gzip.compress(content)
    path = tmp_path / "r.ecg.gz"
    for share in (0.6, 0.9):
        path.write_bytes(whole_file[: int(share * len(whole_file))])
        with pytest.raises(EOFError):
            gzip.decompress(path.read_bytes())
        recording = open_recording(path)
        assert {"truncated_archive", "truncated_samples"} <= set(codes(recording))
        assert recording.n_samples + 200 * recording.lost_s == len(noisy)
        assert abs(recording.n_samples / len(noisy) - share) < 0.1
        np.testing.assert_allclose(whole(recording), noisy[: recording.n_samples], atol=0.0013)
    path.write_bytes(whole_file[:100])
    with pytest.raises((EmptyFileError, TruncatedHeaderError)):
        open_recording(path)


def test_a_flipped_bit_is_a_refusal(tmp_path: Path) -> None:
    """The checksum is wrong, so any sample may be."""
    content = edf_bytes(tmp_path)
    for name, damaged in (
        ("r.edf.gz", bytearray(gzip.compress(content))),
        ("r.zip", bytearray(zipped(tmp_path / "r.zip", {"r.edf": content}).read_bytes())),
    ):
        damaged[len(damaged) // 2] ^= 4
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(ArchiveError):
            open_recording(tmp_path / name)


def test_several_recordings_in_a_zip_file(tmp_path: Path) -> None:
    content = edf_bytes(tmp_path)
    path = zipped(tmp_path / "r.zip", {"doe/a.edf": content, "roe/a.edf": content, "x.txt": b"x"})
    with pytest.raises(ArchiveError, match=r"found 2 recordings.*unpack") as caught:
        open_recording(path)
    assert "doe" not in str(caught.value)


@pytest.mark.parametrize(
    ("contents", "error"),
    [
        ({}, UnknownFormatError),
        ({"letter.txt": b"Dear reader,"}, UnknownFormatError),
        ({"letter.txt": b"Dear reader,", "x.pdf": b"%PDF-1.7 and more"}, UnknownFormatError),
        ({"r.edf": b""}, EmptyFileError),
        ({"r.hea": b"r 1 200 1600\nr.dat 16 200 16 0 0 0 0 I\n"}, MissingPartError),
        ({"r.edf.gz": gzip.compress(b"0       " + b" " * 999)}, ArchiveError),
        ({"r.edf": gzip.compress(b"0       " + b" " * 999)}, ArchiveError),
    ],
)
def test_a_zip_file_without_a_recording(
    tmp_path: Path, temporary: Path, contents: dict[str, bytes], error: type[Exception]
) -> None:
    with pytest.raises(error):
        open_recording(zipped(tmp_path / "r.zip", contents))
    assert list(temporary.iterdir()) == []


def test_what_a_single_other_file_in_an_archive_is(tmp_path: Path) -> None:
    (tmp_path / "r.edf.gz").write_bytes(gzip.compress(b"%PDF-1.7 and more"))
    for path in (
        zipped(tmp_path / "r.zip", {"x.pdf": b"%PDF-1.7 and more"}),
        tmp_path / "r.edf.gz",
    ):
        with pytest.raises(UnknownFormatError, match="found a PDF document"):
            open_recording(path)


@pytest.mark.parametrize(
    "name", ["../r.edf", "/etc/r.edf", "a/../../r.edf", "..\\..\\r.edf", "C:\\r.edf", "./r.edf"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, temporary: Path, name: str) -> None:
    path = zipped(tmp_path / "r.zip", {name: edf_bytes(tmp_path)})
    folder = temporary / "a" / "b"
    folder.mkdir(parents=True)
    compressed.unfold(path, folder)
    found = [one for one in temporary.rglob("*") if one.is_file()]
    assert len(found) == 1
    assert folder in found[0].parents
    shutil.rmtree(temporary / "a")
    assert open_recording(path).n_samples == len(SIGNALS)


def test_links_are_left_out(tmp_path: Path) -> None:
    """A link could make any file of the machine a part of the recording."""
    secret = tmp_path / "r.dat"
    link = zipfile.ZipInfo("r.dat")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr("r.hea", wfdb_files(tmp_path)["r.hea"])
        archive.writestr(link, str(secret))
    with pytest.raises(MissingPartError):
        open_recording(tmp_path / "r.zip")


@pytest.mark.parametrize(
    "names", [["r.edf", "r.edf"], ["a", "a/r.edf"], ["x" * 300 + ".edf"], ["/".join("d" * 3000)]]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_no_folder_can_have(tmp_path: Path, temporary: Path, names: list[str]) -> None:
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        for name in names:
            archive.writestr(name, edf_bytes(tmp_path))
    with pytest.raises(ArchiveError):
        open_recording(tmp_path / "r.zip")
    assert list(temporary.iterdir()) == []


def test_an_encrypted_zip_file(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "r.zip", {"r.edf": edf_bytes(tmp_path)}).read_bytes())
    content[6] |= 1  # flags of the local header and of the directory
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "r.zip").write_bytes(content)
    with pytest.raises(ArchiveError, match="encrypted"):
        open_recording(tmp_path / "r.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_compression(tmp_path: Path, method: int) -> None:
    path = zipped(tmp_path / "r.zip", {"r.edf": edf_bytes(tmp_path)}, method)
    with pytest.raises(ArchiveError, match="compression method"):
        open_recording(path)


def gzip_bomb(path: Path) -> Path:
    path.write_bytes(gzip.compress(b"0       " + bytes(70 << 20), 9))
    return path


def zip_bomb(path: Path) -> Path:
    """Declares a size of 10 bytes for 70 MiB."""
    content = zipped(path, {"r.edf": b"0       " + bytes(70 << 20)}).read_bytes()
    declared = struct.pack("<I", 8 + (70 << 20))
    path.write_bytes(content.replace(declared, struct.pack("<I", 10)))
    return path


def test_a_file_that_unfolds_to_a_thousand_times_its_size(tmp_path: Path, temporary: Path) -> None:
    path = gzip_bomb(tmp_path / "r.edf.gz")
    assert path.stat().st_size < 200_000
    with pytest.raises(TooLargeError):
        open_recording(path)
    assert list(temporary.iterdir()) == []
    honest = zipped(tmp_path / "r.zip", {"r.edf": b"0       " + bytes(70 << 20)})
    with pytest.raises(TooLargeError):
        open_recording(honest)
    assert list(temporary.iterdir()) == []


def test_declared_sizes_are_not_trusted(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(RefusedRecordingError):
        open_recording(zip_bomb(tmp_path / "r.zip"))
    assert list(temporary.iterdir()) == []


def test_many_entries(tmp_path: Path) -> None:
    names = {f"{number}.txt": b"" for number in range(compressed.MAX_ENTRIES + 1)}
    with pytest.raises(TooLargeError, match="10001 files"):
        open_recording(zipped(tmp_path / "r.zip", names))


def test_a_directory_that_hides_its_length(tmp_path: Path) -> None:
    """A zip64 record overrules the length that the end record gives."""
    content = zipped(tmp_path / "r.zip", {"r.edf": edf_bytes(tmp_path)}).read_bytes()
    end = content.rfind(b"PK\x05\x06")
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    (tmp_path / "r.zip").write_bytes(content[:end] + locator + content[end:])
    with pytest.raises(ArchiveError, match="zip64"):
        open_recording(tmp_path / "r.zip")


def test_storage_is_left_free(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "r.zip", {"r.edf": edf_bytes(tmp_path)})
    usage = shutil.disk_usage(tmp_path)._replace(free=compressed.SPARE_BYTES + 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(TooLargeError):
        open_recording(path)
    assert list(temporary.iterdir()) == []


def test_a_full_disk_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "r.zip", {"r.edf": edf_bytes(tmp_path)})
    whole_file = path.read_bytes()

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    real_open = Path.open

    def full(self: Path, mode: str = "r", *rest: object) -> object:
        return Full() if mode == "xb" else real_open(self, mode, *rest)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(TooLargeError, match="no room"):
        open_recording(path)
    assert len(whole_file) > 100


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_damaged_bytes_are_read_or_refused(tmp_path: Path, temporary: Path, kind: str) -> None:
    content = write_ishne(tmp_path / "r.ecg", SIGNALS, 200).read_bytes()
    right = (
        gzip.compress(content)
        if kind == "gz"
        else zipped(tmp_path / "r.zip", {"r.ecg": content}).read_bytes()
    )
    path = tmp_path / f"r.ecg.{kind}"
    generator = random.Random(14)
    n_read = 0
    for _ in range(200):
        damaged = bytearray(right)
        if generator.random() < 0.25:
            del damaged[generator.randrange(len(damaged)) :]
        for _ in range(generator.randint(0, 4) if len(damaged) == len(right) else 0):
            # Headers are at both ends.
            at = generator.choice([generator.randrange(60), -1 - generator.randrange(120)])
            damaged[at] = generator.randrange(256)
        path.write_bytes(damaged)
        try:
            recording = open_recording(path)
        except RefusedRecordingError:
            continue
        if "truncated_archive" in codes(recording) and len(damaged) == len(right):
            continue  # the damage makes it look like a file that is cut off, which the warning says
        n_read += 1
        np.testing.assert_allclose(whole(recording), SIGNALS[: recording.n_samples], atol=0.0013)
    del recording
    gc.collect()
    assert n_read > 10
    assert list(temporary.iterdir()) == []
