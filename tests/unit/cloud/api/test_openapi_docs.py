"""Content of the OpenAPI document: problems, examples, security; and the page that shows it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from api_operations import OPERATIONS
from asgi_client import Caller
from fastapi import FastAPI

from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.openapi_docs import openapi_document


@pytest.fixture
def made(app: FastAPI, services: Services) -> dict[str, Any]:
    return openapi_document(app, services.settings)


def operations(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in made["paths"].items()
        for method, operation in item.items()
    }


def examples(made: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield the schema and value of every example of a request or response body."""
    for operation in operations(made).values():
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media in part.get("content", {}).values():
                for example in media.get("examples", {}).values():
                    yield media["schema"], example["value"]
    for schema in made["components"]["schemas"].values():
        for example in schema.get("examples", []):
            yield schema, example


def test_the_operations_are_the_listed_ones(made: dict[str, Any]) -> None:
    assert set(operations(made)) == OPERATIONS
    assert all(operation["tags"] for operation in operations(made).values())


def test_every_operation_lists_its_problems(made: dict[str, Any]) -> None:
    for name, operation in operations(made).items():
        responses = operation["responses"]
        expected = {"422", "500"}
        if name.startswith("POST"):
            expected |= {"400", "413", "415"}
        if name != "GET /health" and "beats" not in operation["tags"]:
            expected |= {"503"}
        assert expected <= set(responses), name
        for status, response in responses.items():
            if int(status) >= 400:
                (media_type,) = response["content"]
                assert media_type == "application/problem+json"
                schema = response["content"][media_type]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in str(made)


def test_every_example_fits_its_schema(made: dict[str, Any]) -> None:
    n_examples = 0
    for schema, example in examples(made):
        whole = {**schema, "components": made["components"]}  # which its references point into
        jsonschema.Draft202012Validator(whole).validate(example)
        n_examples += 1
    assert n_examples > len(OPERATIONS)


def test_every_schema_is_valid(made: dict[str, Any]) -> None:
    for schema in made["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_security_scheme_follows_the_settings(app: FastAPI, services: Services) -> None:
    def secured(authorisation: Any) -> tuple[set[str], dict[str, Any]]:
        settings = replace(
            services.settings,
            authorisation=authorisation,
            jwt_issuer="https://issuer.example",
            jwt_audience="holter",
        )
        made = openapi_document(app, settings)
        names = {name for name, item in operations(made).items() if "security" in item}
        # API Gateway checks credentials and returns errors of its own.
        assert ("401" in made["info"]["description"]) == (authorisation != "none")
        return names, made["components"].get("securitySchemes", {})

    assert secured("none") == (set(), {})
    names, schemes = secured("iam")
    assert names == OPERATIONS
    assert schemes["caller"]["type"] == "apiKey"
    names, schemes = secured("jwt")
    assert names == OPERATIONS - {"GET /health"}
    assert schemes["caller"]["scheme"] == "bearer"


def test_the_document_is_served(api: Caller, made: dict[str, Any]) -> None:
    response = api.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    assert response.json() == made


def test_the_page_loads_only_files_of_the_package(api: Caller) -> None:
    page = api.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {place for place in loaded if place != "data:,"} == {
        "docs/swagger-ui.css", "docs/swagger-ui-bundle.js",
    }  # fmt: skip
    for place in loaded:
        if place != "data:,":
            answer = api.get(f"/{place}")
            assert answer.status_code == 200
            assert answer.headers["content-type"].split(";")[0] in {"text/css", "text/javascript"}
    assert "MIT" in api.get("/docs/swagger-ui-bundle.js.LICENSE.txt").text
