"""The layers hold the very versions that the tests run with."""

import re
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from sam.sam_paths import ROOT

FUNCTION = {"python_version": "3.13", "python_full_version": "3.13.0", "extra": ""}


def pins(path: Path) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    found = [re.fullmatch(r"([\w.-]+)==([\w.]+)", line) for line in lines if line]
    assert None not in found, f"{path.name} holds a line that is not NAME==VERSION"
    return {match[1]: match[2] for match in found if match}


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


RUNTIME = pins(ROOT / "layers" / "runtime" / "requirements.txt")
API = pins(ROOT / "layers" / "runtime" / "api.txt")
LAYERS = RUNTIME | API
LOCK = pins(ROOT / "requirements.lock")


@pytest.mark.parametrize("name", LAYERS)
def test_layers_pin_what_is_installed_here(name: str) -> None:
    assert version(name) == LAYERS[name]


def test_lock_agrees_with_the_layers() -> None:
    locked = {normal(name): pin for name, pin in LOCK.items()}
    for name, pin in LAYERS.items():
        assert locked[normal(name)] == pin


def test_no_package_is_in_both_layers() -> None:
    assert RUNTIME.keys().isdisjoint(API)


def test_api_layer_holds_all_that_its_packages_need() -> None:
    """They are installed without dependencies: the two lists together are all there is."""
    held = {normal(name) for name in LAYERS}
    for name in API:
        for requirement in map(Requirement, requires(name) or []):
            if requirement.marker is None or requirement.marker.evaluate(FUNCTION):
                assert normal(requirement.name) in held, f"{name} needs {requirement.name}"
