import unicodedata
from pathlib import Path

import pytest

from deepecg.readers.files_beside import FilesBeside, names_beside

COMPOSED = unicodedata.normalize("NFC", "rédigé.dat")
DECOMPOSED = unicodedata.normalize("NFD", "rédigé.dat")


@pytest.mark.parametrize(
    ("on_disk", "name"),
    [
        ("UPPER.DAT", "upper.dat"),
        ("upper.dat", "UPPER.DAT"),
        ("UPPER.dat", "UPPER.DAT"),
        (COMPOSED, DECOMPOSED),
        (DECOMPOSED, COMPOSED),
        (DECOMPOSED, COMPOSED.upper()),
    ],
)
def test_names_that_differ_in_case_or_form(tmp_path: Path, on_disk: str, name: str) -> None:
    (tmp_path / on_disk).touch()
    (tmp_path / "other.dat").touch()
    assert FilesBeside(tmp_path).find(name) == tmp_path / on_disk


def test_exact_name_first(tmp_path: Path) -> None:
    for name in ("r.dat", "R.DAT"):
        (tmp_path / name).touch()
    assert FilesBeside(tmp_path).find("R.DAT") == tmp_path / "R.DAT"
    assert FilesBeside(tmp_path).find("r.dat") == tmp_path / "r.dat"


def test_ambiguous_name_is_not_found(tmp_path: Path) -> None:
    for name in ("r.dat", "R.DAT"):
        (tmp_path / name).touch()
    assert FilesBeside(tmp_path).find("R.dat") is None


def test_folders_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "R.DAT").mkdir()
    assert FilesBeside(tmp_path).find("r.dat") is None
    assert FilesBeside(tmp_path / "missing").find("r.dat") is None


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("x.hea", {"x.diary.csv", "x.not", "x.event", "x.events"}),
        ("ward/x.EDF", {"ward/x.diary.csv"}),
        ("x.edf.gz", {"x.diary.csv"}),
        ("x.zip", {"x.diary.csv"}),
        ("x.csv", {"x.diary.csv", "x.csv.json"}),
        ("x.CSV.GZ", {"x.diary.csv", "x.csv.json"}),
        ("x.tsv", {"x.diary.csv", "x.tsv.json"}),
        ("x.txt.gz", {"x.diary.csv", "x.txt.json"}),
    ],
)
def test_names_beside(name: str, beside: set[str]) -> None:
    assert set(names_beside(name)) == beside
