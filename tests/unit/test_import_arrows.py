"""The domain stays pure: no AWS, no PyTorch, no environment, and arrows in one direction."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
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


LEVELS = (
    {"__init__", "arrays", "errors", "time_units", "lead_names", "mistyped_names", "recording"},
    {"readers"},
    {"signal"},
    {"beats"},
    {"waves"},
    {"rhythm"},
    {"applied_review", "settings", "study", "settings_file", "scored_recording", "scoring"},
    {"review"},
    {"outputs"},
    {"night"},
    {"batch", "review_command", "cli", "__main__"},
    {"cloud"},
    {"local_cloud"},
)
"""The package from the bottom to the top: each level imports only what stands below it, and of its
own level what makes no circle."""


def level(module: str) -> int:
    """Return the level of a folder or of a file at the package's top."""
    (found,) = (number for number, names in enumerate(LEVELS) if module in names)
    return found


def part_of(path: Path) -> str:
    """Return the folder that a file lies in, or its own name at the package's top."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def test_the_domain_loads_neither_aws_nor_pytorch() -> None:
    assert not loaded_by("deepecg.scoring", "deepecg.cli", "deepecg.readers") & FAR


def test_scoring_loads_no_reader_and_not_what_only_annotations_need() -> None:
    loaded = loaded_by(
        "deepecg.scoring", "deepecg.outputs.summarise", "deepecg.outputs.rejection_json"
    )
    assert not loaded & {"wfdb", "pandas", "edfio", "tqdm", *FAR}


def test_loading_the_model_leaves_no_trace_of_the_machine(tmp_path: Path) -> None:
    """ONNX Runtime would write an ID, and events to be sent, into the home folder."""
    variables = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    variables.pop("ORT_DISABLE_TELEMETRY", None)
    code = "import deepecg.beats.classifier, sys; assert 'onnxruntime' in sys.modules"
    subprocess.run([sys.executable, "-c", code], env=variables, check=True, timeout=120)
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_reads_the_environment_but_the_cloud(path: Path) -> None:
    if part_of(path) in {"cloud", "local_cloud"}:
        return
    if name(path) in {"beats/onnx_without_telemetry.py", "batch/one_thread.py"}:
        return  # set variables, before what reads them is loaded
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        mentioned = (
            node.attr if isinstance(node, ast.Attribute)
            else node.id if isinstance(node, ast.Name)
            else node.name if isinstance(node, ast.alias)
            else None
        )  # fmt: skip
        assert mentioned not in {"environ", "environb", "getenv", "getenvb"}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_arrows_run_downwards(path: Path) -> None:
    own = part_of(path)
    for module in imports(path):
        root, _, rest = module.partition(".")
        assert root not in {"training", "functions", "tests", "torch"}
        if own not in {"cloud", "local_cloud"}:
            assert root not in FAR
        if root == "deepecg" and rest:
            other = rest.partition(".")[0]
            assert other == own or level(other) <= level(own), f"{own} imports {module}"


def test_folders_of_one_level_make_no_circle() -> None:
    arrows = {
        (part_of(path), module.split(".")[1])
        for path in MODULES
        for module in imports(path)
        if module.startswith("deepecg.")
    }
    order = TopologicalSorter[str]()
    for source, target in arrows:
        if source != target:
            order.add(source, target)
    order.prepare()  # raises CycleError where there is one


def test_files_inside_a_folder_make_no_circle() -> None:
    order = TopologicalSorter[str]()
    modules = {
        "deepecg." + name(path).removesuffix(".py").replace("/", "."): path for path in MODULES
    }
    for module, path in modules.items():
        order.add(module, *(found for found in imports(path) if found in modules))
    order.prepare()


def test_settings_load_no_scipy() -> None:
    assert "scipy" not in loaded_by("deepecg.settings", "deepecg.settings_file")


def test_types_of_documents_load_no_numpy() -> None:
    documents = (
        "deepecg.outputs.summary", "deepecg.outputs.rejection_json", "deepecg.review.review_file",
    )  # fmt: skip
    assert not loaded_by(*documents) & {"numpy", "scipy", "onnxruntime"}


def test_every_part_of_the_package_has_a_level() -> None:
    assert {part_of(path) for path in MODULES} == set().union(*LEVELS)
