"""Brings uPlot, the plotting library of the report's heart-rate trend, from the npm registry.

    python layers/deepecg/uplot.py

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
from http.client import HTTPException
from pathlib import Path

VERSION = "1.6.32"
INTEGRITY = (
    "sha512-"
    "KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw=="
)
"""Subresource integrity of the tarball, as the registry's own metadata gives it."""
REGISTRY = "https://registry.npmjs.org"
FILES = {
    "package/dist/uPlot.iife.min.js": "uPlot.iife.min.js",
    "package/dist/uPlot.min.css": "uPlot.min.css",
    "package/LICENSE": "LICENSE",
}
"""Name in the tarball, and here."""
FOLDER = Path(__file__).parent / "deepecg" / "report" / "vendor" / "uplot"
ATTEMPTS = 4
TIMEOUT_S = 30


def bring(
    folder: Path = FOLDER, download: Callable[[str], bytes] | None = None, wait_s: float = 1.0
) -> None:
    """Put uPlot's script, style and licence into a folder, unless this version is there already.

    Parameters
    ----------
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
    if _is_there(folder):
        return
    registry = os.environ.get("NPM_CONFIG_REGISTRY", REGISTRY).rstrip("/")
    address = f"{registry}/uplot/-/uplot-{VERSION}.tgz"
    tarball = _persistently(download or _download, address, wait_s)
    found = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    if found != INTEGRITY:
        raise SystemExit(f"{address}: found {found}, expected {INTEGRITY}")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        for member, name in FILES.items():
            content = archive.extractfile(member)
            if content is None:
                raise SystemExit(f"{address}: found no file {member}")
            # Written whole or not at all: a build that is cut off leaves nothing half made.
            partial = folder / f"{name}.part"
            partial.write_bytes(content.read())
            partial.replace(folder / name)


def _is_there(folder: Path) -> bool:
    """Return whether all files are there, the script in this version."""
    if not all((folder / name).is_file() for name in FILES.values()):
        return False
    with (folder / "uPlot.iife.min.js").open("rb") as script:
        return f"(v{VERSION})".encode() in script.read(200)


def _persistently(download: Callable[[str], bytes], address: str, wait_s: float) -> bytes:
    """Download with some patience."""
    failure: Exception | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(wait_s * 2 ** (attempt - 1))
        try:
            return download(address)
        except (OSError, HTTPException) as error:
            failure = error
    raise SystemExit(
        f"could not get uPlot, which the report's trend is drawn with, from {address}: {failure}. "
        "Behind a mirror, set NPM_CONFIG_REGISTRY; without a network, copy "
        f"{', '.join(FILES.values())} of uplot {VERSION} into {FOLDER}"
    ) from failure


def _download(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:
        content: bytes = answer.read()
    return content


if __name__ == "__main__":
    sys.exit(bring())
