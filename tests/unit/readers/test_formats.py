"""The registry of formats: one file and one registration make a format known everywhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from published_schemas import schema

import deepecg
from deepecg.readers.formats import (
    FORMAT_NAMES,
    FORMATS,
    HEAD_BYTES,
    RECORDING_SUFFIXES,
    detect_format,
    is_recording_name,
    recording_stem,
    recording_suffix,
    starts_with,
)

PACKAGE = Path(deepecg.__file__).parent
ROOT = Path(__file__).parents[3]

READER = """
from pathlib import Path
import numpy as np
from deepecg.recording import Recording

def read_stub(path: Path, options: object) -> Recording:
    return Recording(
        format="stub", sampling_rate_hz=250.0, leads=("II",), n_samples=500,
        read_samples=lambda lead, start, stop: np.zeros(stop - start, np.float32),
    )
"""
REGISTRATION = """
    HolterFormat(
        name="stub",
        label="Stub format",
        suffixes=(".stb", ".stub"),
        reader="deepecg.readers.stub:read_stub",
        test_content=lambda head: head[128:132] == b"STUB",
        content_type="application/x-stub",
    ),
)

"""
PROGRAM = """
import json, re, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from deepecg.cli import main
from deepecg.cloud.api.openapi_docs import DESCRIPTION
from deepecg.cloud.api.recording_models import MainFile
from deepecg.cloud.settings import ApiSettings
from deepecg.outputs.next_steps import NEXT_STEPS
from deepecg.cloud.upload_page.render_page import render_page
from deepecg.cloud.upload_pseudonyms import key_in
from deepecg.cloud.presigned_urls import CONTENT_TYPES
from deepecg.errors import UnknownFormatError
from deepecg.readers.formats import FORMAT_NAMES
from deepecg.readers.found_recordings import files_in, sort_paths
from deepecg.readers.open_recording import open_recording

folder = Path(sys.argv[1])
settings = ApiSettings(
    uploads_bucket="u", results_bucket="r", authorisation="none", model_folder=Path("m"),
    time_zone=ZoneInfo("UTC"),
)
html = render_page(settings, "https://s3.test", "https://s3.test").html
try:
    open_recording(folder / "letter.txt")
except UnknownFormatError as error:
    message = str(error)
print(json.dumps({
    "formats": [open_recording(folder / name).format for name in ("a.stb", "a.bin", "a.edf")],
    "names": FORMAT_NAMES,
    "found": [path.name for path in sort_paths(files_in(folder)).recordings],
    "message": message,
    "accepted": [
        bool(re.search(MainFile.model_json_schema()["properties"]["name"]["pattern"], name))
        for name in (
            "x.stb", "X.STUB", "x.sTb", "x.edf", "x.edf+", "x.stb.GZ", "x.zip",
            "x.stbx", "xstb", "x.edff", "x.gz", "x.hea.gz",
        )
    ],
    "main": MainFile(name="Holter.Stub", size_bytes=1).name,
    "documented": MainFile.model_fields["name"].description,
    "openapi": DESCRIPTION,
    "key": key_in("api/6nV1sVJmQ0uVYxkq0C8XQA/", "Holter.STB"),
    "content_type": CONTENT_TYPES[".stub"],
    "next_step": NEXT_STEPS["unknown_format"],
    "hint": re.search('id="files-hint">(.*?)<', html)[1],
    "config": json.loads(re.search('id="config">(.*?)</script>', html)[1])["files"],
}))
main(["score", "--help"])
"""


@pytest.fixture(scope="module")
def with_stub(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the package says with one more reader file and one more registration."""
    folder = tmp_path_factory.mktemp("stub")
    copy = folder / "deepecg"
    (copy / "readers").mkdir(parents=True)
    for original in PACKAGE.iterdir():
        if original.name not in {"readers", "__pycache__"}:
            (copy / original.name).symlink_to(original)
    for original in (PACKAGE / "readers").glob("*.py"):
        (copy / "readers" / original.name).symlink_to(original)
    formats = copy / "readers" / "formats.py"
    text = formats.read_text(encoding="utf-8")
    before, end, after = text.partition("\n)\n\n\ndef _alternatives")
    assert end, "the registrations end before _alternatives()"
    formats.unlink()
    formats.write_text(before + REGISTRATION + end.removeprefix("\n)\n\n") + after, "utf-8")
    (copy / "readers" / "stub.py").write_text(READER, encoding="utf-8")

    files = folder / "files"
    files.mkdir()
    for name in ("a.stb", "a.bin", "a.edf"):
        (files / name).write_bytes(bytes(128) + b"STUB" + bytes(10))
    (files / "letter.txt").write_text("Dear reader,")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(files)],
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts, _, usage = done.stdout.partition("\n")
    return {**json.loads(facts), "help": usage}


def test_content_decides_whatever_the_suffix(with_stub: dict[str, Any]) -> None:
    assert with_stub["formats"] == ["stub"] * 3


def test_a_registration_is_enough_for_the_package(with_stub: dict[str, Any]) -> None:
    assert with_stub["names"] == [*FORMAT_NAMES, "stub"]
    assert with_stub["found"] == ["a.bin", "a.edf", "a.stb"]
    assert "Stub format (.stb, .stub)" in with_stub["message"]
    assert ", .stb or .stub file" in with_stub["help"]


def test_a_registration_is_enough_for_the_api(with_stub: dict[str, Any]) -> None:
    assert with_stub["accepted"] == [True] * 7 + [False] * 5
    assert with_stub["main"] == "Holter.Stub"
    assert ".stb or .stub" in with_stub["documented"]
    assert "Stub format (.stb, .stub)" in with_stub["openapi"]
    assert with_stub["key"].endswith(".stb")
    assert with_stub["content_type"] == "application/x-stub"


def test_a_registration_is_enough_for_the_page(with_stub: dict[str, Any]) -> None:
    assert {".stb", ".stub", ".stb.gz", ".zip"} < set(with_stub["config"]["single_file_suffixes"])
    for text in (with_stub["config"]["formats"], with_stub["hint"], with_stub["next_step"]):
        assert "Stub format (.stb, .stub)" in text


@pytest.mark.parametrize("item", FORMATS, ids=lambda item: item.name)
def test_a_registration_is_sound(item: Any) -> None:
    assert callable(resolve_name(item.reader))
    assert item.suffixes
    assert all(re.fullmatch(r"\.[a-z0-9]+\+?", suffix) for suffix in item.suffixes)


def test_the_schema_lists_the_formats() -> None:
    assert json.dumps(FORMAT_NAMES) in json.dumps(schema("summary"))


def test_names_and_suffixes_are_unique() -> None:
    assert len(set(FORMAT_NAMES)) == len(FORMAT_NAMES)
    assert len(set(RECORDING_SUFFIXES)) == len(RECORDING_SUFFIXES)


def test_the_table_in_the_readme() -> None:
    """The row of each format: label, suffixes, other files."""
    rows = {
        f"| {item.label} | {', '.join(f'`{suffix}`' for suffix in item.suffixes)} | "
        f"{item.parts or 'none'} |"
        for item in FORMATS
    }
    readmes = [*ROOT.glob("README.md"), *ROOT.glob("layers/deepecg/**/README.md")]
    lines = {line for readme in readmes for line in readme.read_text("utf-8").splitlines()}
    assert rows <= lines


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b.EDF", True), ("b.hea", True), ("b.edf.txt", False), ("b", False), (".edf", False),
        ("b.REC", True), ("b.BDF+", True), ("b.ISHNE", True), ("b.ish", True),
        ("b.edf.gz", True), ("b.Ecg.Gz", True), ("notes.zip", True),
        ("b.gz", False), (".edf.gz", False), ("b.hea.gz", False), ("b.dat.gz", False),
        ("b.csv", True), ("b.txt", False), ("b.diary.csv", False), ("B.Diary.CSV", False),
        ("b.csv.json", False),
    ],
)  # fmt: skip
def test_is_recording_name(name: str, expected: bool) -> None:
    assert is_recording_name(name) is expected


@pytest.mark.parametrize(
    ("name", "stem", "suffix"),
    [
        ("a/b.c.EDF", "a/b.c", ".EDF"),
        ("b.edf.gz", "b", ".edf.gz"),
        ("b.zip", "b", ".zip"),
        ("b.bdf+", "b", ".bdf+"),
        ("b.1.xyz", "b.1", ""),
        ("a.b/c", "a.b/c", ""),
    ],
)
def test_stem_and_suffix_of_a_recording(name: str, stem: str, suffix: str) -> None:
    assert recording_stem(name) == stem
    assert recording_suffix(name) == suffix


@pytest.mark.parametrize("magic", [b"ISHNE1.0", b"ishne1.0", b"Ishne1.0"])
def test_ishne_whatever_the_case_of_its_magic_number(magic: bytes) -> None:
    found = detect_format(magic + bytes(600), ".bin")
    assert found is not None
    assert found.name == "ishne"


@pytest.mark.parametrize(
    ("head", "expected"),
    [(b"ISHNE1.0", True), (b"ISHNE1.0 and more", True), (b"ISH", True), (b"ISHNE2.0", False)],
)
def test_starts_with(head: bytes, expected: bool) -> None:
    assert starts_with(b"other", b"ISHNE1.0")(head) is expected


def test_only_a_format_without_a_content_test_is_detected_by_suffix() -> None:
    found = [detect_format(b"r 1 250 50\n", suffix) for suffix in (".hea", ".HEA", ".edf", "")]
    assert [item and item.name for item in found] == ["wfdb", "wfdb", None, None]
    assert HEAD_BYTES >= 132  # DICOM's magic number ends there


def test_the_content_of_damaged_headers_is_left_to_the_suffix() -> None:
    """Every header of a format is recognised by content if it is whole."""
    assert [detect_format(head, "") for head in (b"r 0 128 0\n", b"r 2 250\n", b"# r\n")] == [
        None
    ] * 3


def test_the_registry_loads_no_numpy_and_no_reader() -> None:
    script = "import deepecg.readers.formats, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "numpy" not in loaded
    assert [name for name in loaded if name.startswith("deepecg.readers.")] == [
        "deepecg.readers.content_tests",
        "deepecg.readers.suffixes_beside",
        "deepecg.readers.voltage_units",
        "deepecg.readers.text_options",
        "deepecg.readers.text_table",
        "deepecg.readers.wfdb_file_names",
        "deepecg.readers.formats",
    ]
