"""Downloads the JavaScript library of the pages from the npm registry: Swagger UI.

    python layers/deepecg/download_browser_libraries.py

It runs when the package is installed (``download_build_hook.py``) and when the Lambda layer is
built (``Makefile``). Files that exist already are not downloaded again, so a second build needs no
network. It needs the standard library only, because it runs before anything is installed.
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
"""Name of a file with the version, written last: it shows that the download is complete."""
ATTEMPTS = 4
"""Attempts to download a package."""
TIMEOUT_S = 30
"""Time limit of an attempt, in seconds."""


@dataclass(frozen=True)
class NpmPackage:
    """A package of the npm registry.

    Attributes
    ----------
    name, version : str
        Name and version in the registry.
    integrity : str
        Checksum of the tarball from the registry's metadata, as subresource integrity.
    purpose : str
        What the package does here, for error messages.
    files : tuple of str
        Needed files: paths in the tarball, below ``package/``.
    folder : str
        Destination, below the package ``deepecg``.
    """

    name: str
    version: str
    integrity: str
    purpose: str
    files: tuple[str, ...]
    folder: str

    @property
    def address(self) -> str:
        """URL of the tarball; npm's variable ``NPM_CONFIG_REGISTRY`` sets another registry."""
        registry = os.environ.get("NPM_CONFIG_REGISTRY", REGISTRY).rstrip("/")
        return f"{registry}/{self.name}/-/{self.name}-{self.version}.tgz"

    @property
    def names(self) -> dict[str, str]:
        """File names here by their names in the tarball."""
        return {f"package/{path}": path.rpartition("/")[2] for path in self.files}


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
PACKAGES = (SWAGGER_UI,)


def download_all() -> None:
    """Download all packages.

    Raises
    ------
    SystemExit
        If the registry cannot be reached, or a tarball has another checksum.
    """
    for package in PACKAGES:
        install(package, ROOT / package.folder)


def install(
    package: NpmPackage,
    folder: Path,
    download: Callable[[str], bytes] | None = None,
    wait_s: float = 1.0,
) -> None:
    """Download a package's files into a folder, unless it contains this version already.

    Parameters
    ----------
    package : NpmPackage
        The package.
    folder : Path
        Destination; created if missing.
    download : callable
        Returns the content of a URL.
    wait_s : float
        Time before the second attempt in seconds; doubled before each further one.

    Raises
    ------
    SystemExit
        If the registry cannot be reached, or the tarball has another checksum.
    """
    if _is_complete(package, folder):
        return
    tarball = _with_retries(download or _download, package, wait_s)
    found = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    if found != package.integrity:
        raise SystemExit(f"{package.address}: found {found}, expected {package.integrity}")
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / VERSION_FILE
    stamp.unlink(missing_ok=True)
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        for member, name in package.names.items():
            (folder / name).write_bytes(archive.extractfile(member).read())
    stamp.write_text(package.version)


def _is_complete(package: NpmPackage, folder: Path) -> bool:
    """Return whether a folder contains all files in this version."""
    stamp = folder / VERSION_FILE
    return (
        stamp.is_file()
        and stamp.read_text().strip() == package.version
        and all((folder / name).is_file() for name in package.names.values())
    )


def _with_retries(download: Callable[[str], bytes], package: NpmPackage, wait_s: float) -> bytes:
    """Download a package's tarball; try again after a failure."""
    failure: Exception | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(wait_s * 2 ** (attempt - 1))
        try:
            return download(package.address)
        except (OSError, HTTPException) as error:
            failure = error
    raise SystemExit(
        f"could not download {package.name}, {package.purpose}, from {package.address}: {failure}. "
        "Behind a mirror, set NPM_CONFIG_REGISTRY; without a network, copy "
        f"{', '.join(package.names.values())} of {package.name} {package.version} into "
        f"{ROOT / package.folder}, with a file {VERSION_FILE} that holds {package.version}"
    ) from failure


def _download(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as response:
        return response.read()


if __name__ == "__main__":
    sys.exit(download_all())
