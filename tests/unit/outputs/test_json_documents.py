import json
import math
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_schemas import schema

from deepecg import errors
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.rejection_json import rejection_document


def refusals(base: type[RefusedRecordingError] = RefusedRecordingError) -> list[Any]:
    return [kind for sub in base.__subclasses__() for kind in (sub, *refusals(sub))]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=15,
)  # fmt: skip


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), VALUES, max_size=5))
@settings(max_examples=50, deadline=None)
def test_documents_come_back_from_json_as_they_were(document: dict[str, Any]) -> None:
    text = to_json(document)
    assert json.loads(text) == document
    assert to_json(json.loads(text)) == text
    text.encode("utf-8")


def test_keys_are_sorted_so_that_equal_documents_are_equal_bytes() -> None:
    assert to_json({"b": 1, "a": {"d": 1, "c": 2}}) == to_json({"a": {"c": 2, "d": 1}, "b": 1})
    assert to_json({"ß": "東京"}) == '{\n  "ß": "東京"\n}\n'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_know_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json({"a": value})


SCRIPT = Path(__file__).parents[3] / "layers" / "deepecg" / "write_schemas.py"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    spec = spec_from_file_location("write_schemas", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_the_committed_schemas_are_those_of_the_types(script: ModuleType) -> None:
    for document in script.DOCUMENTS:
        committed = script.FOLDER / f"{document.name}.schema.json"
        assert committed.read_text(encoding="utf-8") == script.schema_text(document), (
            f"{committed.name} differs from the types of the document; write it with `make schemas`"
        )


def test_every_key_of_a_document_has_a_description(script: ModuleType) -> None:
    for document in script.DOCUMENTS:
        described = script.document_schema(document)
        for block in (described, *described["$defs"].values()):
            for key, value in block["properties"].items():
                is_settings = block["title"].endswith("Settings")  # names say what they are
                assert (
                    {"description", "$ref"} & set(value) or key in {"kind", "op"} or is_settings
                ), key


@pytest.mark.parametrize("name", ["summary", "rejection"])
def test_schemas_are_schemas_and_allow_nothing_they_do_not_name(name: str) -> None:
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["additionalProperties"] is False
    assert set(found["required"]) == set(found["properties"])


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.code)
def test_every_refusal_makes_a_valid_rejection(kind: type[RefusedRecordingError]) -> None:
    rejection = rejection_document(kind("found 1, expected 2"), "recording 7")
    document = json.loads(to_json(rejection))
    jsonschema.validate(document, schema("rejection"))
    assert document["code"] == kind.code
    assert document["message"] == "found 1, expected 2"
    assert document["recording_id"] == "recording 7"
    assert document["advisory"] == ADVISORY


def test_every_refusal_has_a_code_of_its_own_and_says_in_a_sentence_what_it_is() -> None:
    codes = [kind.code for kind in refusals()]
    assert len(set(codes)) == len(codes) >= 16
    assert RefusedRecordingError.code not in codes
    for kind in vars(errors).values():
        if isinstance(kind, type):
            assert (kind.__doc__ or "").strip().endswith(".")


def test_the_advisory_says_what_the_software_is_not() -> None:
    for words in ("review by a clinician", "Not a diagnosis", "not an alarm"):
        assert words in ADVISORY
