"""What `sam build` makes: laid out as Lambda expects, for the architecture asked for, small."""

import json
import struct
import subprocess
from pathlib import Path

import pytest
from sam.sam_paths import ARCHITECTURES, ROOT, Sam

LIMIT_MIB = 250
"""Lambda's limit for a function with its layers, unzipped."""
GOALS_MIB = {"ScoreRecordingFunction": 200, "ApiFunction": LIMIT_MIB}
ELF_MACHINES = {"x86_64": 62, "arm64": 183}


def size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def contents(build: Path, function: str) -> dict[str, Path]:
    """Return the folders of a function and its layers; the nightly one has fewer."""
    layers = {
        "runtime layer": build / "RuntimeLayer",
        "deepecg layer": build / "DeepEcgLayer",
        "model layer": ROOT / "layers" / "model",
    }
    if function == "ApiFunction":
        layers["api layer"] = build / "ApiLayer"
    return {"function": build / function, **layers}


def test_template_is_valid(sam: Sam) -> None:
    sam("validate", "--lint")


@pytest.mark.parametrize("function", GOALS_MIB)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_function_with_its_layers_fits(
    builds: dict[str, Path], architecture: str, function: str
) -> None:
    folders = contents(builds[architecture], function)
    mib = {part: size_bytes(folder) / 2**20 for part, folder in folders.items()}
    total = sum(mib.values())
    parts = ", ".join(f"{name} {size:.1f}" for name, size in mib.items())
    print(f"\n{function} for {architecture}: {total:.1f} MiB unzipped ({parts})")
    assert total <= LIMIT_MIB
    assert total <= GOALS_MIB[function]


@pytest.mark.parametrize(("layer", "n_at_least"), [("RuntimeLayer", 100), ("ApiLayer", 1)])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_shared_objects_are_of_the_architecture(
    builds: dict[str, Path], architecture: str, layer: str, n_at_least: int
) -> None:
    libraries = list((builds[architecture] / layer).rglob("*.so*"))
    assert len(libraries) >= n_at_least
    for library in libraries:
        (machine,) = struct.unpack("<H", library.read_bytes()[18:20])
        assert machine == ELF_MACHINES[architecture], library.name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_layers_are_laid_out_as_lambda_expects(builds: dict[str, Path], architecture: str) -> None:
    build = builds[architecture]
    assert [path.name for path in (build / "RuntimeLayer").iterdir()] == ["python"]
    runtime = build / "RuntimeLayer" / "python"
    packages = "numpy scipy onnxruntime wfdb pydicom jinja2 markupsafe tzdata aws_lambda_powertools"
    for package in packages.split():
        assert (runtime / package / "__init__.pyc").is_file()
    assert not list(runtime.rglob("*.py"))

    assert [path.name for path in (build / "ApiLayer").iterdir()] == ["python"]
    api = build / "ApiLayer" / "python"
    for package in ("fastapi", "mangum", "pydantic", "pydantic_core", "starlette"):
        assert (api / package / "__init__.pyc").is_file()
    assert not list(api.rglob("*.py"))
    for layer in (runtime, api):
        for package in ("boto3", "botocore"):  # the runtime brings them
            assert not (layer / package).exists()
    names = {path.name for path in runtime.iterdir()} & {path.name for path in api.iterdir()}
    assert not names, "/opt holds both"

    package = build / "DeepEcgLayer" / "python" / "deepecg"
    assert (package / "cloud" / "upload_messages.py").is_file()
    for unused in ("local_cloud", "batch", "cli.py", "review_command.py", "__main__.py"):
        assert not (package / unused).exists()
    assert {path.suffixes[0] for path in package.rglob("*.pyc")} == {".cpython-313"}

    for function in ("ScoreRecordingFunction", "NightlyReportFunction", "ApiFunction"):
        assert [path.name for path in (build / function).iterdir()] == ["app.py"]
    assert (ROOT / "layers" / "model" / "beat_classifier.onnx").is_file()
    assert (ROOT / "layers" / "model" / "model_card.json").is_file()
    assert (ROOT / "layers" / "model" / "waves" / "wave_segmentation.onnx").is_file()


def run(program: str, build: Path, *names: str) -> str:
    """Run a program in Python 3.13 with the packages of these layers and no others."""
    layers = [str(build / name / "python") for name in names]
    done = subprocess.run(
        ["python3.13", "-I", "-c", f"import sys\nsys.path[:0] = {layers}\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_trimmed_packages_still_import(builds: dict[str, Path]) -> None:
    """No dependency of ours was trimmed away."""
    program = """
import soundfile, wfdb
from wfdb.io import _signal
import importlib, pkgutil
import deepecg
for module in pkgutil.walk_packages(deepecg.__path__, "deepecg."):
    if not module.name.startswith("deepecg.cloud"):  # needs boto3
        importlib.import_module(module.name)
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor
import zoneinfo
zoneinfo.reset_tzpath([])  # as where the system has no time zones
print(zoneinfo.ZoneInfo("Europe/Berlin"))
print(soundfile.available_formats()["FLAC"])
"""
    printed = run(program, builds["x86_64"], "RuntimeLayer", "DeepEcgLayer")
    assert "Europe/Berlin" in printed
    assert "FLAC" in printed


def test_trimmed_packages_of_the_api_still_answer(builds: dict[str, Path]) -> None:
    """FastAPI, Pydantic and Mangum without what was trimmed away: a document, and an answer."""
    event = json.loads((ROOT / "events" / "api_predict.json").read_text())
    event["requestContext"]["http"]["path"] = "/beats"
    program = f"""
from aws_lambda_powertools import Logger
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel
class Beat(BaseModel):
    pre_rr_s: float
app = FastAPI()
@app.post("/beats")
async def post(beat: Beat) -> Beat:
    return beat
print(*app.openapi()["paths"])
print(Mangum(app, lifespan="off")({event!r}, None)["body"])
"""
    printed = run(program, builds["x86_64"], "RuntimeLayer", "ApiLayer")
    assert printed.splitlines() == ["/beats", '{"pre_rr_s":0.8}']
