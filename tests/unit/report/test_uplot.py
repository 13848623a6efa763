import base64
import hashlib
import io
import runpy
import tarfile
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "layers" / "deepecg" / "uplot.py"
CONTENTS = {
    "package/dist/uPlot.iife.min.js": b"/*! https://github.com/leeoniya/uPlot (v1.6.32) */",
    "package/dist/uPlot.min.css": b".uplot{}",
    "package/LICENSE": b"MIT",
    "package/../../outside": b"must not be written",
}


@pytest.fixture
def tarball() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in CONTENTS.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def uplot(tarball: bytes) -> dict[str, Any]:
    """The script, made to expect the tarball above."""
    loaded = runpy.run_path(str(SCRIPT))
    digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    loaded["bring"].__globals__["INTEGRITY"] = f"sha512-{digest}"
    return loaded["bring"].__globals__


def test_the_script_the_style_and_the_licence_are_brought(
    uplot: dict[str, Any], tarball: bytes, tmp_path: Path
) -> None:
    asked: list[str] = []

    def download(address: str) -> bytes:
        asked.append(address)
        return tarball

    uplot["bring"](tmp_path / "a" / "b", download)
    assert asked == ["https://registry.npmjs.org/uplot/-/uplot-1.6.32.tgz"]
    brought = {path.name: path.read_bytes() for path in (tmp_path / "a" / "b").iterdir()}
    assert brought == {
        "uPlot.iife.min.js": CONTENTS["package/dist/uPlot.iife.min.js"],
        "uPlot.min.css": b".uplot{}",
        "LICENSE": b"MIT",
    }
    uplot["bring"](tmp_path / "a" / "b", download)
    assert len(asked) == 1, "what is there is not downloaded again"


def test_another_version_is_replaced(uplot: dict[str, Any], tarball: bytes, tmp_path: Path) -> None:
    uplot["bring"](tmp_path, lambda _: tarball)
    (tmp_path / "uPlot.iife.min.js").write_text("/*! uPlot (v1.6.31) */")
    uplot["bring"](tmp_path, lambda _: tarball)
    assert b"v1.6.32" in (tmp_path / "uPlot.iife.min.js").read_bytes()


def test_something_else_than_what_is_pinned_is_refused(
    uplot: dict[str, Any], tarball: bytes, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="expected sha512-"):
        uplot["bring"](tmp_path, lambda _: tarball + b"x")
    assert not list(tmp_path.iterdir())


def test_a_registry_that_stumbles_is_asked_again_and_one_that_is_down_is_named(
    uplot: dict[str, Any], tarball: bytes, tmp_path: Path
) -> None:
    answers: list[Any] = [OSError("reset"), OSError("reset"), tarball]

    def stumbling(_: str) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    uplot["bring"](tmp_path / "here", stumbling, wait_s=0)
    assert (tmp_path / "here" / "LICENSE").is_file()

    def down(_: str) -> bytes:
        raise OSError("no route")

    with pytest.raises(SystemExit, match=r"registry\.npmjs\.org.*no route.*NPM_CONFIG_REGISTRY"):
        uplot["bring"](tmp_path / "there", down, wait_s=0)
