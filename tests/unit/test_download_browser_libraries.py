import base64
import hashlib
import io
import sys
import tarfile
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "layers" / "deepecg" / "download_browser_libraries.py"
CONTENTS = {
    "package/swagger-ui-bundle.js": b"/*! For license information please see */",
    "package/swagger-ui-bundle.js.LICENSE.txt": b"MIT",
    "package/swagger-ui.css": b".swagger-ui{}",
    "package/LICENSE": b"Apache-2.0",
    "package/NOTICE": b"swagger-ui",
    "package/../../outside": b"must not be written",
}
VERSION = "5.35.0"


@pytest.fixture(scope="module")
def vendor() -> Iterator[ModuleType]:
    spec = spec_from_file_location("vendor_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


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
def package(vendor: ModuleType, tarball: bytes) -> Any:
    """Swagger UI, made to be the tarball above."""
    digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    fields = {
        name: getattr(vendor.SWAGGER_UI, name) for name in vendor.SWAGGER_UI.__dataclass_fields__
    }
    return vendor.NpmPackage(**{**fields, "integrity": f"sha512-{digest}"})


def test_script_style_and_licence_are_downloaded_once(
    vendor: ModuleType, package: Any, tarball: bytes, tmp_path: Path
) -> None:
    requested: list[str] = []

    def download(address: str) -> bytes:
        requested.append(address)
        return tarball

    vendor.install(package, tmp_path / "a" / "b", download)
    assert requested == ["https://registry.npmjs.org/swagger-ui-dist/-/swagger-ui-dist-5.35.0.tgz"]
    installed = {path.name: path.read_bytes() for path in (tmp_path / "a" / "b").iterdir()}
    assert installed == {
        "VERSION": VERSION.encode(),
        **{
            path.removeprefix("package/"): content
            for path, content in CONTENTS.items()
            if ".." not in path
        },
    }
    vendor.install(package, tmp_path / "a" / "b", download)
    assert len(requested) == 1, "existing files are not downloaded again"


@pytest.mark.parametrize("missing", ["VERSION", "LICENSE"])
def test_another_version_and_an_incomplete_one_are_replaced(
    vendor: ModuleType, package: Any, tarball: bytes, tmp_path: Path, missing: str
) -> None:
    vendor.install(package, tmp_path, lambda _: tarball)
    (tmp_path / "swagger-ui.css").write_text("older")
    (tmp_path / "VERSION").write_text("5.34.0")
    vendor.install(package, tmp_path, lambda _: tarball)
    assert (tmp_path / "swagger-ui.css").read_bytes() == b".swagger-ui{}"
    (tmp_path / missing).unlink()
    vendor.install(package, tmp_path, lambda _: tarball)
    assert (tmp_path / missing).is_file()


def test_a_tarball_with_another_checksum_is_refused(
    vendor: ModuleType, package: Any, tarball: bytes, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="expected sha512-"):
        vendor.install(package, tmp_path, lambda _: tarball + b"x")
    assert not list(tmp_path.iterdir())


def test_a_failed_download_is_repeated_and_then_reported(
    vendor: ModuleType, package: Any, tarball: bytes, tmp_path: Path
) -> None:
    responses: list[Any] = [OSError("reset"), OSError("reset"), tarball]

    def failing_twice(_: str) -> bytes:
        response = responses.pop(0)
        if isinstance(response, OSError):
            raise response
        return response

    vendor.install(package, tmp_path / "here", failing_twice, wait_s=0)
    assert (tmp_path / "here" / "LICENSE").is_file()

    def down(_: str) -> bytes:
        raise OSError("no route")

    with pytest.raises(SystemExit, match=r"registry\.npmjs\.org.*no route.*NPM_CONFIG_REGISTRY"):
        vendor.install(package, tmp_path / "there", down, wait_s=0)


def test_the_wheel_contains_every_package(vendor: ModuleType) -> None:
    pyproject = (SCRIPT.parents[2] / "pyproject.toml").read_text()
    for package in vendor.PACKAGES:
        assert f'"layers/deepecg/deepecg/{package.folder}"' in pyproject
        assert vendor.ROOT.joinpath(package.folder, "VERSION").read_text() == package.version
