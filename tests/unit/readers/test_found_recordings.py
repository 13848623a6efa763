"""What a folder or a pattern of the shell finds."""

import gzip
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
from holter_file_writers import synthetic_ecg, wfdb, write_edf, write_ishne, write_wfdb

from deepecg.readers.found_recordings import SortedPaths, files_in, sort_paths
from deepecg.readers.open_recording import open_recording

SIGNALS = synthetic_ecg(4, 200, n_leads=2)


def sorted_names(folder: Path) -> tuple[list[str], dict[str, str]]:
    found: SortedPaths = sort_paths(sorted(folder.iterdir()))
    return (
        [path.name for path in found.recordings],
        {one.path.name: one.reason for one in found.skipped},
    )


def annotations(folder: Path, record: str, extension: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wfdb.wrann(record, extension, np.arange(100, 700, 200), ["N"] * 3, write_dir=str(folder))


def test_whatever_the_suffix(tmp_path: Path) -> None:
    for name in ("w.ISHNE", "w.ish", "w.bin", "w"):
        write_ishne(tmp_path / name, SIGNALS, 200)
    for name in ("x.edf", "y.REC", "z.EDF", "z.txt", "z.edf+"):
        write_edf(tmp_path / name, SIGNALS, 200)
    write_wfdb(tmp_path / "r.hea", SIGNALS, 200).rename(tmp_path / "r.hea.txt")
    names = sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".dat")
    found, skipped = sorted_names(tmp_path)
    assert (found, list(skipped)) == (names, ["r.dat"])
    for name in names:
        assert open_recording(tmp_path / name).n_samples == len(SIGNALS)


def test_a_record_is_one_recording(tmp_path: Path) -> None:
    write_wfdb(tmp_path / "r.hea", SIGNALS, 200)
    (tmp_path / "r.hea.bak").write_bytes((tmp_path / "r.hea").read_bytes())
    (tmp_path / "Long.hea").write_text("Long/2 2 200 1600\nR 800\nr 800\n")
    annotations(tmp_path, "r", "atr")
    annotations(tmp_path, "r", "not")
    (tmp_path / "r.xws").write_bytes(b"\x80\x81")
    found, skipped = sorted_names(tmp_path)
    assert found == ["Long.hea"]
    assert set(skipped) == {"r.atr", "r.hea.bak", "r.not", "r.xws"} - {"r.hea.bak"}
    (tmp_path / "Long.hea").unlink()
    found, skipped = sorted_names(tmp_path)
    assert (found, set(skipped)) == (["r.hea"], {"r.atr", "r.xws"})


def test_a_signal_file_leads_to_its_header(tmp_path: Path) -> None:
    header = write_wfdb(tmp_path / "r.hea", SIGNALS, 200)
    assert sort_paths([tmp_path / "r.dat", tmp_path / "r"]) == SortedPaths((header,), ())
    header = header.rename(tmp_path / "R.HEA")
    (tmp_path / "r.dat").rename(tmp_path / "R.DAT")
    assert sort_paths([tmp_path / "R.DAT"]) == SortedPaths((header,), ())


def test_an_annotation_file_with_a_recordings_suffix(tmp_path: Path) -> None:
    (tmp_path / "nsr.hea").write_text("nsr 0 128 0\n")
    annotations(tmp_path, "nsr", "ecg")
    (tmp_path / "x.ecg").write_bytes(b"ANN  1.0" + bytes(600))
    found, skipped = sorted_names(tmp_path)
    assert found == []
    assert skipped == {
        "nsr.ecg": "a WFDB annotation file, which contains beats and no ECG",
        "nsr.hea": "a WFDB header without signals",
        "x.ecg": "an ISHNE annotation file, which contains beats and no ECG",
    }


def test_other_files_are_skipped_with_a_reason(tmp_path: Path) -> None:
    write_edf(tmp_path / "x.edf", SIGNALS, 200)
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7 and more")
    (tmp_path / "list.csv").write_text("name,room\nx,3\n")
    (tmp_path / "table.xlsx").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "table.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
    np.savez(tmp_path / "x.npz", SIGNALS)
    (tmp_path / "noise.bin").write_bytes(b"\x80\x81\x82")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "lost.dat").write_bytes(bytes(100))
    (tmp_path / "y.diary.csv").write_text("1,x\n")
    found, skipped = sorted_names(tmp_path)
    assert found == ["x.edf"]
    assert skipped == {
        "empty.txt": "an empty file",
        "letter.pdf": "a PDF document",
        "list.csv": "plain text",
        "lost.dat": "a signal file of a WFDB record without its header (.hea)",
        "noise.bin": "no Holter file",
        "table.xlsx": "an Office document",
        "x.npz": "a zip file without a recording",
        "y.diary.csv": "a file about a recording that is not among the files",
    }


def test_files_of_a_recording_and_of_systems_are_no_findings(tmp_path: Path) -> None:
    (tmp_path / "x.edf.gz").write_bytes(
        gzip.compress(write_edf(tmp_path / "x.edf", SIGNALS, 200).read_bytes())
    )
    (tmp_path / "x.edf").unlink()
    for suffix in ("diary.csv", "settings.json", "review.json", "csv.json"):
        (tmp_path / f"x.{suffix}").write_text("{}")
    for name in (".DS_Store", "._x.edf", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(b"0       ")
    assert sorted_names(tmp_path) == (["x.edf.gz"], {})


def test_damaged_recordings_are_listed_so_that_their_rejection_is_reported(tmp_path: Path) -> None:
    contents = {
        "a.edf": b"this is a letter",
        "b.ecg": b"\x80\x81\x82",
        "c.hea": b"no header",
        "d.bdf": b"",
        "e.zip": b"PK\3\4 and nothing more",
        "f.edf.gz": b"\x1f\x8b\x08",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert sorted_names(tmp_path) == (sorted(contents), {})
    missing = tmp_path / "missing"
    assert sort_paths([missing]).recordings == (missing,)


def test_hidden_folders(tmp_path: Path) -> None:
    for folder in (".Trash", "__MACOSX", "ward"):
        (tmp_path / folder / "inner").mkdir(parents=True)
        write_edf(tmp_path / folder / "inner" / "x.edf", SIGNALS, 200)
    assert list(sort_paths(files_in(tmp_path)).recordings) == [
        tmp_path / "ward" / "inner" / "x.edf"
    ]


def test_archives(tmp_path: Path) -> None:
    content = write_edf(tmp_path / "x.edf", SIGNALS, 200).read_bytes()
    (tmp_path / "x.edf").unlink()
    (tmp_path / "a.gz").write_bytes(gzip.compress(content))
    (tmp_path / "log.gz").write_bytes(gzip.compress(b"12:00 started\n"))
    for name, inner in (("b.zip", "ward/x.edf"), ("c.zip", "letter.txt")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(inner, content)
    found, skipped = sorted_names(tmp_path)
    assert found == ["a.gz", "b.zip"]
    assert skipped == {"c.zip": "a zip file without a recording", "log.gz": "plain text"}


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.edf")
    assert sorted_names(tmp_path) == ([], {"x.edf": "a pipe or a device"})
