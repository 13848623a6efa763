"""The OpenAPI document, and a page that shows it: Swagger UI, served from here, without a CDN."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.problem_details import (
    MEDIA_TYPE,
    PROBLEM_SCHEMA,
    ProblemError,
    documented,
    documented_response,
    not_json,
)
from deepecg.cloud.api.strict_route import StrictRoute
from deepecg.cloud.settings import ApiSettings
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.browser_libraries import vendored
from deepecg.readers.formats import FORMAT_LIST

DESCRIPTION = f"""\
Finds and classifies every heartbeat of an ECG.

- **A recording** is announced with `POST /v1/recordings`, sent to the address that this gives, and
  scored within minutes; `GET /v1/recordings/{{id}}` says what has become of it. Formats:
  {FORMAT_LIST}.
- **A strip** of signal, or **one beat**, is classified while the caller waits.
- **A night** is what was uploaded on one date; a report on it is made the morning after.

Classes are those of ANSI/AAMI EC57: `N` (normal, bundle branch block), `S` (supraventricular
ectopic), `V` (ventricular ectopic), `F` (fusion of both), `Q` (paced or unknown).

Errors are problem documents (RFC 9457): tell them apart by `code`. They repeat names of fields,
never values. Fields and parameters that are not documented are refused; numbers are numbers, not
text.

{ADVISORY}
"""
GATEWAY = """
In front of this application stands API Gateway, whose own answers are no problem documents: who is
not let in gets 401 or 403, who calls too often 429, and where no answer comes within 30 s, 503.
"""
TAGS = [
    {"name": "beats", "description": "Classified while the caller waits. Nothing is kept."},
    {"name": "recordings", "description": "Sent once, scored in the background, kept."},
    {"name": "nights", "description": "What was uploaded on a date."},
    {"name": "health", "description": "Whether all is as it should be."},
]
ANY_OPERATION = ("invalid_request", "internal_error")
"""What any operation may answer: all of them refuse unknown parameters."""
WITH_BODY = ("unsupported_media_type", "too_large")
"""What one that takes a body may answer besides, and that the body is no JSON."""
INVALID = "HTTPValidationError"
INVALID_PARTS = (INVALID, "ValidationError")
"""What FastAPI documents where we answer a problem."""
ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-bundle.js.LICENSE.txt": "text/plain",
    "swagger-ui.css": "text/css",
}
"""What the page loads, and the licences of what is in it."""
START = """\
SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
"""
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Deep-ECG API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
KEEP_A_DAY = {"Cache-Control": "public, max-age=86400"}

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Return the document."""
    body = _document_bytes(request.app, services_of(request).settings)
    return Response(body, media_type="application/json")


@router.get("/docs")
async def page() -> Response:
    """Return the page."""
    headers = {"Content-Security-Policy": POLICY}
    return Response(PAGE, headers=headers, media_type="text/html")


@router.get("/docs/start.js")
async def start() -> Response:
    """Return what starts Swagger UI: a script of the page itself would be against its policy."""
    return Response(START, headers=KEEP_A_DAY, media_type="text/javascript")


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    """Return a file of Swagger UI."""
    if name not in ASSETS:
        raise ProblemError("unknown_path", "See /docs.")
    text = vendored("cloud/api/vendor/swagger_ui", name)
    return Response(text, headers=KEEP_A_DAY, media_type=ASSETS[name])


def document(app: FastAPI, settings: ApiSettings) -> dict[str, Any]:
    """Return the OpenAPI document of an application.

    Parameters
    ----------
    app : FastAPI
        Its routes say of problems only what is theirs.
    settings : ApiSettings
        Say what lets callers in.
    """
    scheme = _security_scheme(settings)
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary="Holter ECG: every heartbeat found, classified and summarised",
        description=DESCRIPTION + GATEWAY if scheme else DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        tags=TAGS,
        routes=app.routes,
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for name in INVALID_PARTS:
        schemas.pop(name, None)
    for schema in schemas.values():
        for example in schema.get("examples", []):
            _put_nulls_back(example, schema, schemas)
    if scheme:
        components["securitySchemes"] = {"caller": scheme}
    for path, operation in _operations(made):
        _add_problems(operation)
        if scheme and (settings.authorisation == "iam" or path.startswith("/v1/")):
            operation["security"] = [{"caller": []}]
    return made


@cache
def _document_bytes(app: FastAPI, settings: ApiSettings) -> bytes:
    return json.dumps(document(app, settings), ensure_ascii=False).encode()


def _put_nulls_back(example: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give an example the fields that FastAPI has left out of it since they are null."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if isinstance(example, list):
        for item in example:
            _put_nulls_back(item, schema.get("items", {}), schemas)
    elif isinstance(example, dict):
        for name in schema.get("required", []):
            example.setdefault(name, None)
        for name, value in example.items():
            _put_nulls_back(value, schema.get("properties", {}).get(name, {}), schemas)


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in made["paths"].items():
        for operation in item.values():
            yield path, operation


def _add_problems(operation: dict[str, Any]) -> None:
    """Add the problems that any such operation has to those it names itself."""
    responses = operation["responses"]
    general = documented(*ANY_OPERATION)
    if "requestBody" in operation:
        general |= documented(*WITH_BODY) | {400: documented_response(not_json())}
    for status, response in general.items():
        known = responses.get(str(status))
        if known is None or INVALID in str(known):
            responses[str(status)] = response
        else:
            known["description"] += "; " + response["description"]
            _problem_examples(known).update(_problem_examples(response))


def _problem_examples(response: dict[str, Any]) -> dict[str, Any]:
    examples: dict[str, Any] = response["content"][MEDIA_TYPE]["examples"]
    return examples


def _security_scheme(settings: ApiSettings) -> dict[str, Any] | None:
    """Return how callers prove who they are, which is checked in front of this application."""
    match settings.authorisation:
        case "iam":
            return {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "description": "AWS Signature Version 4, service `execute-api`.",
            }
        case "jwt":
            return {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": f"Issued by {settings.jwt_issuer} for {settings.jwt_audience}.",
            }
    return None
