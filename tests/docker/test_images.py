"""The images, as they are built: small, nobody's root, and doing what they are for."""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from docker_cli import docker
from holter_file_writers import synthetic_ecg, write_edf, write_wfdb
from pdf_streams import streams
from running_service import Served

from deepecg import __version__

HEALTHY_S = 180
MAX_API_MB = 400
IMAGES = ("deepecg-api", "deepecg-score", "deepecg-training")
SIGNALS = synthetic_ecg(60)


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """Run the api image on some free port of this machine; give the container's name."""
    name = docker("run", "--detach", "--publish", "127.0.0.1::8000", *options, "deepecg-api")
    try:
        yield name
    finally:
        docker("rm", "--force", name)


def address(name: str) -> str:
    return f"http://{docker('port', name, '8000').splitlines()[0]}"


def wait_until_healthy(name: str) -> None:
    give_up_s = time.monotonic() + HEALTHY_S
    while docker("inspect", "-f", "{{.State.Health.Status}}", name) != "healthy":
        assert time.monotonic() < give_up_s, docker("logs", name)
        time.sleep(0.5)


def test_the_api_image_is_small(images: str) -> None:
    size = re.search(r"^deepecg-api: (\d+) MB without", images, re.MULTILINE)
    assert size is not None, images
    print(images)
    assert 0 < int(size[1]) <= MAX_API_MB


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_says_what_it_is_and_runs_as_nobody_in_particular(images: str, image: str) -> None:
    (found,) = json.loads(docker("image", "inspect", image))
    labels = found["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == __version__
    user, _, group = found["Config"]["User"].partition(":")
    assert int(user) > 0
    assert int(group) > 0


@pytest.mark.parametrize("image", ["deepecg-api", "deepecg-score"])
def test_no_tools_are_left_to_build_or_install_with(images: str, image: str) -> None:
    look = """
import importlib.util, shutil
tools = "gcc", "cc", "make", "pip", "pip3", "git"
print([tool for tool in tools if shutil.which(tool)], importlib.util.find_spec("pip"))
"""
    assert docker("run", "--rm", "--entrypoint", "python3", image, "-c", look) == "[] None"


def test_page_and_api_are_served_under_another_port_from_an_image_that_is_read_only(
    images: str, tmp_path: Path
) -> None:
    recording = write_edf(tmp_path / "r.edf", SIGNALS).read_bytes()
    options = ("--read-only", "--tmpfs", "/tmp", "--health-interval=1s")
    with (
        serving(*options) as name,
        httpx.Client(base_url=address(name), timeout=60, trust_env=False) as client,
    ):
        wait_until_healthy(name)
        assert docker("exec", name, "python3", "-c", "import os; print(os.getuid())") == "1000"
        page = client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert client.get("/docs").status_code == 200
        beat = {
            "samples_mv": SIGNALS[200:400, 0].tolist(),
            "sampling_rate_hz": 250,
            "mode": "realtime",
            "pre_rr_s": 0.8,
        }
        predicted = client.post("/v1/predict", json=beat)
        assert predicted.status_code == 200, predicted.text
        assert predicted.json()["outcome"] == "classified"

        served = Served(client)
        announced = served.announce(("r.edf", len(recording)))
        assert served.send(announced["uploads"][0], recording).status_code == 204
        scored = served.outcome(announced["status_url"])
        assert scored["status"] == "scored", scored
        report = client.get(scored["links"]["report"], follow_redirects=True)
        assert report.status_code == 200

        docker("stop", "--time", "60", name)
        assert docker("inspect", "-f", "{{.State.ExitCode}}", name) == "0"
        assert "Traceback" not in docker("logs", name)


def test_a_folder_is_scored_without_network(images: str, tmp_path: Path) -> None:
    write_wfdb(tmp_path / "good.hea", SIGNALS)
    write_edf(tmp_path / "other.edf", SIGNALS)
    (tmp_path / "broken.edf").write_bytes(b"no ECG")
    user = f"{os.getuid()}:{os.getgid()}"
    options = ("--rm", "--network", "none", "--user", user, "--volume", f"{tmp_path}:/data")
    printed = docker("run", *options, "deepecg-score", status=1)
    assert "2 of 3 recordings scored" in printed
    assert "Traceback" not in printed
    results = tmp_path / "results"
    for name in ("good", "other"):
        summary = json.loads((results / name / "summary.json").read_text())
        assert summary["beats"]["total_count"] == pytest.approx(75, abs=2)
    rejection = json.loads((results / "broken" / "rejection.json").read_text())
    assert rejection["code"] == "unknown_format"


def test_the_score_image_writes_the_report_as_pdf(images: str, tmp_path: Path) -> None:
    write_edf(tmp_path / "r.edf", SIGNALS)
    user = f"{os.getuid()}:{os.getgid()}"
    options = ("--rm", "--network", "none", "--user", user, "--volume", f"{tmp_path}:/data")
    paths = ("/data/r.edf", "--out", "/data/results", "--pdf", "--quiet")
    printed = docker("run", *options, "deepecg-score", *paths)
    assert printed == "1 of 1 recordings scored; results in /data/results"
    pdf = (tmp_path / "results" / "r" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert "DejaVu" in streams(pdf, b"/BaseFont")[0]


def test_a_folder_that_cannot_be_written_is_said_with_what_helps(
    images: str, tmp_path: Path
) -> None:
    write_edf(tmp_path / "r.edf", SIGNALS)
    tmp_path.chmod(0o555)
    try:
        printed = docker("run", "--rm", "--volume", f"{tmp_path}:/data", "deepecg-score", status=2)
    finally:
        tmp_path.chmod(0o755)
    assert '--user "$(id -u):$(id -g)"' in printed
    assert "Traceback" not in printed


def test_training_finds_its_packages_and_no_gpu_code(images: str) -> None:
    assert "--data" in docker("run", "--rm", "--network", "none", "deepecg-training", "--help")
    ask = "import torch; print(torch.__version__.split('+')[0], torch.version.cuda)"
    found = docker("run", "--rm", "--entrypoint", "python3", "deepecg-training", "-c", ask)
    assert found == "2.13.0 None"
