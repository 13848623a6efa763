"""The domain stays pure: no AWS, no PyTorch, no environment, and arrows in one direction."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import deepecg

PACKAGE = Path(deepecg.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
FAR = {
    *("boto3", "botocore", "aws_lambda_powertools", "torch", "moto"),
    *("fastapi", "starlette", "pydantic", "mangum", "uvicorn"),
}


def loaded_by(*modules: str) -> set[str]:
    """Return what a fresh interpreter has loaded after importing modules."""
    code = (
        f"import {', '.join(modules)}, sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_the_domain_loads_neither_aws_nor_pytorch() -> None:
    assert not loaded_by("deepecg.scoring", "deepecg.cli", "deepecg.readers") & FAR


def test_scoring_loads_no_reader_and_not_what_only_annotations_need() -> None:
    loaded = loaded_by("deepecg.scoring", "deepecg.summary", "deepecg.rejection")
    assert not loaded & {"wfdb", "pandas", "edfio", "tqdm", *FAR}


def test_loading_the_model_leaves_no_trace_of_the_machine(tmp_path: Path) -> None:
    """ONNX Runtime would write an ID, and events to be sent, into the home folder."""
    variables = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    variables.pop("ORT_DISABLE_TELEMETRY", None)
    code = "import deepecg.classifier, sys; assert 'onnxruntime' in sys.modules"
    subprocess.run([sys.executable, "-c", code], env=variables, check=True, timeout=120)
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_reads_the_environment_but_the_cloud(path: Path) -> None:
    if path.is_relative_to(PACKAGE / "cloud"):
        return
    if path == PACKAGE / "inference.py":
        return  # sets one variable, before it loads what reads it
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        mentioned = (
            node.attr if isinstance(node, ast.Attribute)
            else node.id if isinstance(node, ast.Name)
            else node.name if isinstance(node, ast.alias)
            else None
        )  # fmt: skip
        assert mentioned not in {"environ", "environb", "getenv", "getenvb"}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_arrows_never_point_back(path: Path) -> None:
    roots = {module.split(".")[0] for module in imports(path)}
    assert not roots & {"training", "functions", "tests", "torch"}
    if not path.is_relative_to(PACKAGE / "cloud"):
        assert not roots & FAR
        assert not {module for module in imports(path) if module.startswith("deepecg.cloud")}


def test_there_are_modules_to_walk() -> None:
    assert {"scoring.py", "cloud/store.py", "readers/ishne.py"} <= {name(path) for path in MODULES}
