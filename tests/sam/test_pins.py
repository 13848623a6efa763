"""The layer holds the very versions that the tests run with."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from sam.places import ROOT


def pins(path: Path) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    found = [re.fullmatch(r"([\w.-]+)==([\w.]+)", line) for line in lines if line]
    assert None not in found, f"{path.name} holds a line that is not NAME==VERSION"
    return {match[1]: match[2] for match in found if match}


LAYER = pins(ROOT / "layers" / "runtime" / "requirements.txt")
LOCK = pins(ROOT / "requirements.lock")


@pytest.mark.parametrize("name", LAYER)
def test_layer_pins_what_is_installed_here(name: str) -> None:
    assert version(name) == LAYER[name]


def test_lock_agrees_with_the_layer() -> None:
    normal = {name.lower().replace("_", "-"): pin for name, pin in LOCK.items()}
    for name, pin in LAYER.items():
        assert normal[name.lower().replace("_", "-")] == pin
