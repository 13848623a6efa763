"""The JSON Schemas that the package publishes."""

import json
from importlib.resources import files
from typing import Any


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of document, such as ``summary`` or ``night_report``."""
    file = files("deepecg").joinpath("outputs", "schemas", f"{name}.schema.json")
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded
