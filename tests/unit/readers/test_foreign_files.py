"""What files are that are no recordings, in words."""

import io
import sqlite3
import tarfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, wfdb, write_ishne, write_wfdb

from deepecg.errors import MissingPartError, UnknownFormatError
from deepecg.readers.foreign_files import foreign_kind
from deepecg.readers.open_recording import open_recording

SIGNALS = synthetic_ecg(60, 200, n_leads=2)


def tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"), io.BytesIO())
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"ANN  1.0" + bytes(600), "an ISHNE annotation file"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "a picture"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "a picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), "an Office document"),
        (tar(), "a tar archive"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(20), "unpacked first"),
        (b"MSH|^~\\&|ECG|", "an HL7 v2 message"),
        (b"<?xml version='1.0'?>\n<restingecgdata xmlns='x'>", "a Philips XML file"),
        (b"<?xml version='1.0'?><!-- x --><RestingECG>", "a GE MUSE XML file"),
        ("\ufeff<?xml version='1.0'?><root/>".encode("utf-16"), "an XML file of another kind"),
        (b"<!DOCTYPE html>\n<html>", "an HTML page"),
        ("Liebe Frau Müller".encode(), "plain text"),
        ("Müller, ".encode("utf-16"), "plain text"),
    ],
)
def test_kinds(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "Doe.ecg"
    path.write_bytes(content)
    with pytest.raises(UnknownFormatError, match=kind) as caught:
        open_recording(path)
    assert not {"Doe", "ller"} & set(str(caught.value).split())


def test_database(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as database:
        database.execute("CREATE TABLE x (y)")
    database.close()
    assert foreign_kind((tmp_path / "x.db").read_bytes(), "x.db") == "a database (SQLite)"


@pytest.mark.parametrize("n_beats", [3, 50, 5000])
@pytest.mark.parametrize("extension", ["atr", "qrs", "ecg"])
def test_wfdb_annotations(tmp_path: Path, n_beats: int, extension: str) -> None:
    """Files by the wfdb package, with texts and long intervals."""
    samples = np.cumsum(np.random.default_rng(0).integers(100, 3000, n_beats))
    symbols = ["N", "V", "+"] * (n_beats // 3) + ["N"] * (n_beats % 3)
    texts = ["", "", "(AFIB"] * (n_beats // 3) + [""] * (n_beats % 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wfdb.wrann("r", extension, samples, symbols, aux_note=texts, write_dir=str(tmp_path))
    with pytest.raises(UnknownFormatError, match="WFDB annotation file"):
        open_recording(tmp_path / f"r.{extension}")


@pytest.mark.parametrize("fmt", ["16", "212", "80", "160"])
def test_samples_are_no_annotations(tmp_path: Path, fmt: str) -> None:
    write_wfdb(tmp_path / "r.hea", SIGNALS, 200, fmt=fmt, gain=40)
    write_ishne(tmp_path / "r.ecg", SIGNALS, 200)
    assert foreign_kind((tmp_path / "r.dat").read_bytes()[:4096], "r.dat") is None
    assert foreign_kind((tmp_path / "r.ecg").read_bytes()[522:4618], "r.ecg") is None


def test_signal_file_without_its_header(tmp_path: Path) -> None:
    header = write_wfdb(tmp_path / "r.hea", SIGNALS, 200)
    assert open_recording(tmp_path / "r.dat").format == "wfdb"
    header.unlink()
    with pytest.raises(MissingPartError, match=r"without its header.*\.hea"):
        open_recording(tmp_path / "r.dat")
