"""How every JSON document of Deep-ECG is written, and the schema that its type defines."""

import json
from importlib.resources import files
from typing import Any

import msgspec

Document = msgspec.Struct | dict[str, Any]


def to_json(document: Document) -> str:
    """Return a document as text: sorted keys, indented, UTF-8, no NaN or infinity.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    text = json.dumps(
        document,
        indent=2,
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
        default=msgspec.to_builtins,
    )
    return f"{text}\n"


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of document, such as ``summary`` or ``night_report``."""
    text = (
        files("deepecg")
        .joinpath("outputs", "schemas", f"{name}.schema.json")
        .read_text(encoding="utf-8")
    )
    loaded: dict[str, Any] = json.loads(text)
    return loaded
