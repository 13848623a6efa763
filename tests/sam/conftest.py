"""What these tests need beside Python: the SAM CLI, Python 3.13 to build with, a Docker engine."""

import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from sam.sam_functions import Cloud
from sam.sam_paths import ARCHITECTURES, ROOT, Sam


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("sam"))  # they share one build


@pytest.fixture(scope="session")
def sam_environment() -> dict[str, str]:
    """What the SAM CLI runs with: found in PATH or .venv-sam, offline."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(ROOT / ".venv-sam" / "bin"), os.environ["PATH"]]),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }


@pytest.fixture(scope="session")
def sam_command(sam_environment: dict[str, str]) -> str:
    """Where the SAM CLI is."""
    command = shutil.which("sam", path=sam_environment["PATH"])
    if command is None:
        pytest.skip("needs the SAM CLI: `make sam-tools` installs it")
    return command


@pytest.fixture(scope="session")
def sam(sam_command: str, sam_environment: dict[str, str]) -> Sam:
    """Run the SAM CLI in the repository's root."""

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sam_command, *map(str, arguments)],
            cwd=ROOT,
            env={**sam_environment, **variables},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"sam {arguments[0]}:\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def builds(sam: Sam, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder that `sam build` makes, for each architecture."""
    if not _runs("python3.13"):
        pytest.skip("needs python3.13, the function's runtime, on PATH: `sam build` asks for it")
    folders = {}
    for architecture in ARCHITECTURES:
        folder = tmp_path_factory.mktemp("build") / architecture
        overrides = f"Architecture={architecture}"
        sam("build", "--build-dir", folder, "--parameter-overrides", overrides)
        folders[architecture] = folder
    return folders


@pytest.fixture(scope="session")
def docker() -> None:
    """Skip where no Docker engine answers."""
    command = shutil.which("docker")
    if (
        command is None
        or subprocess.run([command, "info"], capture_output=True, check=False).returncode
    ):
        pytest.skip("needs a Docker engine that answers to `docker info`")


@pytest.fixture(scope="module")
def server(docker: None) -> Iterator[ThreadedMotoServer]:
    """moto's server, on every interface: containers come from outside this machine's loopback."""
    server = ThreadedMotoServer(ip_address="0.0.0.0", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    # What servers of one process hold is shared: another module's buckets are still there.
    reset = urllib.request.Request(f"http://127.0.0.1:{port}/moto-api/reset", method="POST")
    with urllib.request.urlopen(reset, timeout=10):
        pass
    yield server
    server.stop()


@pytest.fixture(scope="module")
def cloud(
    sam: Sam,
    builds: dict[str, Path],
    server: ThreadedMotoServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Cloud:
    """The built functions beside moto's server; empty for every module."""
    return Cloud(sam, builds["x86_64"], server, tmp_path_factory.mktemp("cloud"))


def _runs(interpreter: str) -> bool:
    """Return whether an interpreter starts: a version manager's shim may be there and refuse."""
    found = shutil.which(interpreter)
    return found is not None and subprocess.run([found, "-c", ""], check=False).returncode == 0
