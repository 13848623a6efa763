"""Brings what pages in a browser need from the npm registry: uPlot and Swagger UI.

    python layers/deepecg/vendor.py

It is run when the package is installed (``build_hook.py``) and when the Lambda layer is built
(``Makefile``). Files that are there already are left alone, so a second build needs no network.
Needs the standard library only: it runs before anything is installed.
"""

import base64
import hashlib
import io
import os
import sys
import tarfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

REGISTRY = "https://registry.npmjs.org"
ROOT = Path(__file__).parent / "deepecg"
VERSION_FILE = "VERSION"
"""Written last, beside the files: where it holds the version, they are all there."""
ATTEMPTS = 4
TIMEOUT_S = 30


@dataclass(frozen=True)
class NpmPackage:
    """A package of the npm registry, and what of it is kept where.

    Attributes
    ----------
    name, version : str
        As the registry has them.
    integrity : str
        Subresource integrity of the tarball, as the registry's own metadata gives it.
    purpose : str
        What it is needed for.
    files : tuple of str
        Paths in the tarball, below ``package/``.
    folder : str
        Below the package ``deepecg``.
    """

    name: str
    version: str
    integrity: str
    purpose: str
    files: tuple[str, ...]
    folder: str

    @property
    def address(self) -> str:
        """Where the tarball is, at the registry that npm would ask."""
        registry = os.environ.get("NPM_CONFIG_REGISTRY", REGISTRY).rstrip("/")
        return f"{registry}/{self.name}/-/{self.name}-{self.version}.tgz"

    @property
    def names(self) -> dict[str, str]:
        """Names of the files in the tarball, and here."""
        return {f"package/{path}": path.rpartition("/")[2] for path in self.files}


UPLOT = NpmPackage(
    name="uplot",
    version="1.6.32",
    integrity=(
        "sha512-"
        "KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw=="
    ),
    purpose="which the report's trend is drawn with",
    files=("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"),
    folder="outputs/report/vendor/uplot",
)
SWAGGER_UI = NpmPackage(
    name="swagger-ui-dist",
    version="5.35.0",
    integrity=(
        "sha512-"
        "U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ=="
    ),
    purpose="which shows the API's documentation",
    files=(
        "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui.css",
        "LICENSE",
        "NOTICE",
    ),
    folder="cloud/api/vendor/swagger_ui",
)
PACKAGES = (UPLOT, SWAGGER_UI)


def bring_all() -> None:
    """Put every package's files where the pages look for them.

    Raises
    ------
    SystemExit
        If the registry cannot be reached, or sends something other than the pinned versions.
    """
    for package in PACKAGES:
        bring(package, ROOT / package.folder)


def bring(
    package: NpmPackage,
    folder: Path,
    download: Callable[[str], bytes] | None = None,
    wait_s: float = 1.0,
) -> None:
    """Put a package's files into a folder, unless this version is there already.

    Parameters
    ----------
    package : NpmPackage
        What to bring.
    folder : Path
        Made if it is not there.
    download : callable
        Returns the bytes of an address.
    wait_s : float
        Before the second attempt; doubled before each further one.

    Raises
    ------
    SystemExit
        If the registry cannot be reached, or sends something other than the pinned version.
    """
    if _is_there(package, folder):
        return
    tarball = _persistently(download or _download, package, wait_s)
    found = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    if found != package.integrity:
        raise SystemExit(f"{package.address}: found {found}, expected {package.integrity}")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        for member, name in package.names.items():
            content = archive.extractfile(member)
            if content is None:
                raise SystemExit(f"{package.address}: found no file {member}")
            _write(folder / name, content.read())
    _write(folder / VERSION_FILE, package.version.encode())


def _is_there(package: NpmPackage, folder: Path) -> bool:
    """Return whether all files are there, in this version."""
    stamp = folder / VERSION_FILE
    return (
        stamp.is_file()
        and stamp.read_text().strip() == package.version
        and all((folder / name).is_file() for name in package.names.values())
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a build that is cut off leaves nothing half made."""
    partial = path.with_name(f"{path.name}.part")
    partial.write_bytes(content)
    partial.replace(path)


def _persistently(download: Callable[[str], bytes], package: NpmPackage, wait_s: float) -> bytes:
    """Download with some patience."""
    failure: Exception | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(wait_s * 2 ** (attempt - 1))
        try:
            return download(package.address)
        except (OSError, HTTPException) as error:
            failure = error
    raise SystemExit(
        f"could not get {package.name}, {package.purpose}, from {package.address}: {failure}. "
        "Behind a mirror, set NPM_CONFIG_REGISTRY; without a network, copy "
        f"{', '.join(package.names.values())} of {package.name} {package.version} into "
        f"{ROOT / package.folder}, with a file {VERSION_FILE} that holds {package.version}"
    ) from failure


def _download(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:
        content: bytes = answer.read()
    return content


if __name__ == "__main__":
    sys.exit(bring_all())
