import os
import unicodedata
from pathlib import Path

import pytest
from holter_file_writers import write_wfdb
from unit.batch.batch_runs import SIGNALS

from deepecg.batch.made_by import MADE_BY_FILE, recording_digest, recording_files
from deepecg.batch.recording_paths import (
    files_below,
    refuse_missing,
    result_names,
    shown,
    without_suffix,
)
from deepecg.readers.found_recordings import sort_paths


def touch(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def test_what_lies_below_the_common_folder_is_kept(tmp_path: Path) -> None:
    paths = touch(tmp_path, "wards/a/holter.edf", "wards/b/holter.edf")
    expected = {"a/holter": paths[0], "b/holter": paths[1]}
    assert result_names(paths, paths) == expected
    assert result_names([tmp_path / "wards"], paths) == expected
    assert result_names([tmp_path / "wards" / "a", tmp_path / "wards" / "b"], paths) == expected
    assert list(result_names(paths[:1], paths[:1])) == ["holter"]


def test_a_path_with_dots_leads_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "in/a/x.edf", "in/b/x.edf", "here/y.edf")
    monkeypatch.chdir(tmp_path / "here")
    paths = [Path("../in/a/x.edf"), Path("../in/./b/../b/x.edf")]
    assert list(result_names(paths, paths)) == ["a/x", "b/x"]


def test_names_differ_on_every_disk(tmp_path: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD"))
    paths = touch(
        tmp_path,
        *("A.edf", "a.edf", "b.edf", "b.ecg", f"{composed}.edf", f"{decomposed}.edf"),
        *("c.edf", "c/d.edf", "nights.edf", "Reports/e.edf", "...edf"),
    )
    names = list(result_names([tmp_path], paths))
    assert names == [
        *("A", "a_2", "b", "b_2", composed, f"{composed}_2"),
        *("c_2", "c/d", "nights_2", "Reports_2/e", "...edf"),
    ]
    keys = {unicodedata.normalize("NFC", name).casefold() for name in names}
    assert len(keys) == len(names)


def test_a_name_as_long_as_a_disk_takes_leaves_room_for_suffixes(tmp_path: Path) -> None:
    paths = touch(tmp_path, f"{'ö' * 125}.edf", f"{'ö' * 124}a.edf")
    names = result_names(paths, paths)
    assert len(names) == 2
    assert all(len(name.encode()) <= 200 for name in names)
    assert list(recording_files(paths[0])) == paths[:1], "and its diary would be too long"


def test_one_recording_given_twice_is_one(tmp_path: Path) -> None:
    (path,) = touch(tmp_path, "a/x.edf")
    names = result_names([path, tmp_path / "a"], [path, tmp_path / "a" / ".." / "a" / "x.edf"])
    assert list(names) == ["x"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [("x.edf", "x"), ("x.y.HEA", "x.y"), ("x.edf.gz", "x"), ("x.y", "x.y"), ("..edf", "..edf")],
)
def test_a_name_loses_the_suffixes_of_packing_and_format(name: str, stem: str) -> None:
    assert without_suffix(name) == stem


def test_the_files_of_a_record_are_those_of_its_segments(tmp_path: Path) -> None:
    write_wfdb(tmp_path / "s_1.hea", SIGNALS)
    write_wfdb(tmp_path / "s_2.hea", SIGNALS)
    master = tmp_path / "s.hea"
    master.write_text("s/2 2 250 20000\ns_1 10000\ns_2 10000\n")
    files = {path.name for path in recording_files(master)}
    assert files == {"s.hea", "s_1.hea", "s_2.hea", "s_1.dat", "s_2.dat"}


def test_results_are_not_searched_for_recordings(tmp_path: Path) -> None:
    (path,) = touch(tmp_path, "a/x.edf")
    touch(
        tmp_path, "out/y.edf", f"old/z/{MADE_BY_FILE}", "old/z/deep/z.edf", ".git/g.edf", ".h.edf"
    )
    assert files_below(tmp_path, tmp_path / "out") == [path]
    touch(tmp_path, "$RECYCLE.BIN/deleted.edf", "__MACOSX/x.edf", ".trash/x.edf", "Thumbs.db")
    assert files_below(tmp_path, tmp_path / "out") == [path], "what systems add"
    touch(tmp_path, "nights/n.edf", "reports/n.edf")
    below = files_below(tmp_path, tmp_path)
    assert below == [path, tmp_path / "out" / "y.edf"], "where they are beside the recordings"


def test_what_cannot_be_searched_is_not_left_out_silently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, elsewhere = tmp_path / "in", tmp_path / "elsewhere"
    (path,) = touch(folder, "a/x.edf")
    touch(folder, "secret/y.edf")
    touch(elsewhere, "z.edf")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "nothing.edf").symlink_to(tmp_path / "nowhere")
    (folder / "nothing.txt").symlink_to(tmp_path / "nowhere")
    scandir = os.scandir

    def refusing(place: str) -> object:
        if Path(place).name == "secret":
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refusing)
    below = files_below(folder, tmp_path / "out")
    assert below == [
        path,
        *(folder / name for name in ("linked", "nothing.edf", "nothing.txt", "secret")),
    ]
    found = sort_paths(below)
    assert found.recordings == (path, folder / "nothing.edf"), "which are rejected when opened"
    assert {file.path.name: file.reason for file in found.skipped} == {
        "linked": "a link to a folder",
        "nothing.txt": "a link to nothing",
        "secret": "a folder that cannot be read",
    }
    refuse_missing([folder / "nothing.edf"])


@pytest.mark.parametrize("changed", ["r.hea", "r.dat", "r.diary.csv", "r.not"])
def test_the_digest_is_that_of_all_files(tmp_path: Path, changed: str) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS)
    touch(tmp_path, "r.diary.csv", "r.not")
    before = recording_digest(path)
    assert recording_digest(path) == before
    with (tmp_path / changed).open("ab") as file:
        file.write(b"#")
    assert recording_digest(path) != before


def test_the_digest_finds_parts_whose_names_are_in_another_case(tmp_path: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS)
    (tmp_path / "r.dat").rename(tmp_path / "R.DAT")
    assert tmp_path / "R.DAT" in set(recording_files(path))


def test_a_missing_path_is_named_with_those_like_it(tmp_path: Path) -> None:
    touch(tmp_path, "holter.edf", "letter.txt")
    with pytest.raises(FileNotFoundError, match=r"hotler\.edf: did you mean holter\.edf\?"):
        refuse_missing([tmp_path / "hotler.edf"])
    with pytest.raises(FileNotFoundError, match="no such file"):
        refuse_missing([tmp_path / "nowhere" / "x.edf"])


def test_a_name_cannot_write_to_the_terminal() -> None:
    assert shown("a\x1b[2Jb\udcff") == r"a\x1b[2Jb\udcff"
    assert shown("Zoë 1") == "Zoë 1"
