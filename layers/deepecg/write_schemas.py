"""Writes the JSON Schema of every document, and the FHIR CodeSystem: ``make schemas``.

    python layers/deepecg/write_schemas.py

They are committed, since people and other programs read them. A test compares them with the types
and tables that they are made from.
"""

import ast
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from deepecg.night.night_entry import NIGHT_ENTRY_SCHEMA_VERSION, NightEntry
from deepecg.night.night_report import NIGHT_REPORT_SCHEMA_VERSION, NightReport
from deepecg.outputs.fhir_code_system import code_system
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.rejection_json import REJECTION_SCHEMA_VERSION, Rejection
from deepecg.outputs.summary import SUMMARY_SCHEMA_VERSION, Summary
from deepecg.review.review_file import REVIEW_SCHEMA_VERSION, Review

FOLDER = Path(__file__).parent / "deepecg" / "outputs" / "schemas"
CODE_SYSTEM_FILE = FOLDER / "holter_codes.fhir.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
ADDRESS = "https://deep-ecg.invalid/schemas"
RST_ROLE = re.compile(r":\w+:`~?([^`]+)`")


@dataclass(frozen=True)
class DocumentType:
    """A kind of document that has a published schema.

    Attributes
    ----------
    type : type
        Type of the whole document.
    version : str
        Version of the schema, part of its ID.
    title : str
        Title of the schema.
    """

    type: type[msgspec.Struct]
    version: str
    title: str

    @property
    def name(self) -> str:
        """Kind of the document; the schema is ``NAME.schema.json``."""
        return str(self.type.__struct_config__.tag)


DOCUMENTS = (
    DocumentType(Summary, SUMMARY_SCHEMA_VERSION, "Deep-ECG summary of a recording"),
    DocumentType(Rejection, REJECTION_SCHEMA_VERSION, "Deep-ECG rejection of a recording"),
    DocumentType(Review, REVIEW_SCHEMA_VERSION, "Deep-ECG review of a recording"),
    DocumentType(
        NightEntry, NIGHT_ENTRY_SCHEMA_VERSION, "Deep-ECG night entry: what became of one upload"
    ),
    DocumentType(
        NightReport, NIGHT_REPORT_SCHEMA_VERSION, "Deep-ECG report on the uploads of a date"
    ),
)


def document_schema(document: DocumentType) -> dict[str, Any]:
    """Return the JSON Schema of a kind of document.

    Documents contain every key of their type and no other, so all keys are required. The text
    beneath a field in the source is the description of its key.
    """
    _, components = msgspec.json.schema_components([document.type], ref_template="#/$defs/{name}")
    for cls in set(_classes(document.type)):
        component = components[cls.__name__]
        component["required"] = list(component["properties"])
        component["additionalProperties"] = False
        component["description"] = _plain(inspect.getdoc(cls) or "")
        for key, text in _field_texts(cls).items():
            component["properties"][key]["description"] = text
    root = components.pop(document.type.__name__)
    return {
        "$schema": DIALECT,
        "$id": f"{ADDRESS}/{document.name.replace('_', '-')}-{document.version}.json",
        **root,
        "title": document.title,
        "$defs": components,
    }


def schema_text(document: DocumentType) -> str:
    """Return the schema file of a kind of document; keys have the order of the fields."""
    return json.dumps(document_schema(document), indent=2, ensure_ascii=False) + "\n"


def _classes(found: Any) -> Iterator[type]:
    """Yield the classes with fields that a type is made of, itself included."""
    if isinstance(found, type) and (issubclass(found, msgspec.Struct) or is_dataclass(found)):
        yield found
        for hint in get_type_hints(found).values():
            yield from _classes(hint)
    for argument in get_args(found):
        yield from _classes(argument)


def _field_texts(cls: type) -> dict[str, str]:
    """Return the text beneath each field of a class and of its parents, by the key in documents."""
    texts: dict[str, str] = {}
    for owner in reversed(cls.__mro__):
        if not owner.__module__.startswith("deepecg"):
            continue
        (body,) = ast.parse(inspect.getsource(owner)).body
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(words))),
                ):
                    texts[name] = _plain(words)
    keys = {
        field.name: field.encode_name
        for field in (msgspec.structs.fields(cls) if issubclass(cls, msgspec.Struct) else ())
    }
    return {keys.get(name, name): text for name, text in texts.items()}


def _plain(docstring: str) -> str:
    """Return a docstring as one line, without reStructuredText markup."""
    return RST_ROLE.sub(r"`\1`", " ".join(docstring.split())).replace("``", "`")


def main() -> None:
    """Write all schemas and the CodeSystem."""
    for document in DOCUMENTS:
        (FOLDER / f"{document.name}.schema.json").write_text(schema_text(document), "utf-8")
    CODE_SYSTEM_FILE.write_text(to_json(code_system()), "utf-8")


if __name__ == "__main__":
    main()
