"""The OpenAPI document, and Swagger UI to read it: served from the package, without a CDN."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.base_models import ApiResponse
from deepecg.cloud.api.problem_details import (
    MEDIA_TYPE,
    ProblemError,
    documented,
    documented_response,
    not_json,
    problem_schema,
)
from deepecg.cloud.api.strict_route import StrictRoute
from deepecg.cloud.settings import ApiSettings
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.browser_libraries import vendored
from deepecg.readers.formats import FORMAT_LIST
from deepecg.review.review_file import Review
from deepecg.time_units import SECONDS_PER_DAY

DESCRIPTION = f"""\
Finds and classifies every heartbeat of an ECG.

- **A recording**: send an upload request to `POST /v1/recordings`, post
  the files with the forms in its response, then call `GET /v1/recordings/{{id}}` until the status
  is no longer `waiting`. Scoring takes minutes. Formats: {FORMAT_LIST}.
- **A strip** of signal, or **one beat**: classified while you wait.
- **A night**: all uploads of one date. The nightly report is made the morning after.

Classes are those of ANSI/AAMI EC57: `N` (normal, bundle branch block), `S` (supraventricular
ectopic), `V` (ventricular ectopic), `F` (fusion of both), `Q` (paced or unknown).

Errors are problem documents (RFC 9457): software reads `code`, people read `detail`. They repeat
names of fields, never values. Undocumented fields and parameters are rejected, and so are numbers
in quotation marks.

{ADVISORY}
"""
GATEWAY = """
API Gateway, which runs in front of this application, sends errors of its own that are no problem
documents: 401 or 403 without valid credentials, 429 for too many calls, 503 after 30 s without a
response.
"""
TAGS = [
    {"name": "beats", "description": "Classified while you wait. Nothing is stored."},
    {"name": "recordings", "description": "Uploaded once, scored in the background, stored."},
    {"name": "nights", "description": "All uploads of one date, and the nightly report."},
    {"name": "health", "description": "Versions of software and models."},
]
ANY_OPERATION = ("invalid_request", "internal_error")
"""Problems that every operation can return: all of them reject unknown parameters."""
WITH_BODY = ("unsupported_media_type", "too_large")
"""Problems that operations with a body can return as well, besides a body that is not JSON."""
INVALID = "HTTPValidationError"
INVALID_PARTS = (INVALID, "ValidationError")
"""Schemas that FastAPI adds for validation errors, which are problem documents here."""
REFERENCE = "#/components/schemas/{name}"
ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-bundle.js.LICENSE.txt": "text/plain",
    "swagger-ui.css": "text/css",
}
"""Files of Swagger UI and their content types."""
POLICY = (
    "default-src 'none'; script-src 'self' {}; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Of the page; the hash of its inline script is filled in."""
KEEP_A_DAY = {"Cache-Control": f"public, max-age={SECONDS_PER_DAY}"}

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    body = _document_bytes(request.app, services_of(request).settings)
    return Response(body, media_type="application/json")


@router.get("/docs")
async def page() -> Response:
    """Return the page that shows it."""
    from deepecg.outputs.html_pages import policy_hash  # noqa: PLC0415  (loads Jinja)

    response = get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Deep-ECG API",
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="data:,",
        swagger_ui_parameters={"validatorUrl": None},
    )
    html = bytes(response.body).decode().replace("<html>", '<html lang="en">', 1)
    (script,) = re.findall("<script>(.*?)</script>", html, re.DOTALL)
    headers = {"Content-Security-Policy": POLICY.format(policy_hash(script))}
    return HTMLResponse(html, headers=headers)


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    """Return a file of Swagger UI."""
    if name not in ASSETS:
        raise ProblemError("unknown_path", "See /docs.")
    text = vendored("cloud/api/vendor/swagger_ui", name)
    return Response(text, headers=KEEP_A_DAY, media_type=ASSETS[name])


def openapi_document(app: FastAPI, settings: ApiSettings) -> dict[str, Any]:
    """Return the OpenAPI document of an application.

    Parameters
    ----------
    app : FastAPI
        The application. The problems that every operation can return are added to its routes' own.
    settings : ApiSettings
        Contain how callers are authorised.
    """
    scheme = _security_scheme(settings)
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary="Holter ECG: every heartbeat found, classified and summarised",
        description=DESCRIPTION + GATEWAY if scheme else DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        tags=TAGS,
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = problem_schema()
    schemas |= msgspec.json.schema_components([Review], ref_template=REFERENCE)[1]
    for name in INVALID_PARTS:
        schemas.pop(name, None)
    for model in _all_subclasses(ApiResponse):
        if "examples" in schemas.get(model.__name__, {}):  # FastAPI has removed their nulls
            schemas[model.__name__] |= model.model_config["json_schema_extra"]
    if scheme:
        components["securitySchemes"] = {"caller": scheme}
    for path, item in document["paths"].items():
        for operation in item.values():
            _add_problems(operation)
            if scheme and (settings.authorisation == "iam" or path.startswith("/v1/")):
                operation["security"] = [{"caller": []}]
    return document


@cache
def _document_bytes(app: FastAPI, settings: ApiSettings) -> bytes:
    return json.dumps(openapi_document(app, settings), ensure_ascii=False).encode()


def _all_subclasses(model: type[ApiResponse]) -> Iterator[type[ApiResponse]]:
    for subclass in model.__subclasses__():
        yield subclass
        yield from _all_subclasses(subclass)


def _add_problems(operation: dict[str, Any]) -> None:
    """Add the problems that every such operation can return to its own."""
    responses = operation["responses"]
    general = documented(*ANY_OPERATION)
    if "requestBody" in operation:
        general |= documented(*WITH_BODY) | {400: documented_response(not_json())}
    for status, response in general.items():
        own = responses.get(str(status))
        if own is None or INVALID in str(own):
            responses[str(status)] = response
        else:
            own["description"] += "; " + response["description"]
            own["content"][MEDIA_TYPE]["examples"] |= response["content"][MEDIA_TYPE]["examples"]


def _security_scheme(settings: ApiSettings) -> dict[str, Any] | None:
    """Return the OpenAPI security scheme; API Gateway checks the credentials."""
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
