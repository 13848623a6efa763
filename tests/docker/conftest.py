"""What these tests need beside Python: a Docker engine, and Python's own images."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASES = ("python:3.13-slim", "python:3.11-slim")
BUILD_S = 1500


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("docker"))  # they share one build


@pytest.fixture(scope="session")
def images() -> str:
    """What `make images` prints, after it has built all of them."""
    if shutil.which("docker") is None or not _succeeds("docker", "info"):
        pytest.skip("needs a Docker engine that answers to `docker info`")
    for base in BASES:
        if not _succeeds("docker", "image", "inspect", base) and not _succeeds(
            "docker", "pull", base
        ):
            pytest.skip(f"needs the image {base}, which cannot be pulled")
    done = subprocess.run(
        ["make", "images"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
