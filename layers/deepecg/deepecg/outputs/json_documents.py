"""How every JSON document of Deep-ECG is written."""

import json
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
