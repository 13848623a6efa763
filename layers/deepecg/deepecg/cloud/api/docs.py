"""The OpenAPI document of the API."""

from typing import Any

from fastapi import APIRouter, Request

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> dict[str, Any]:
    """Return the document."""
    document: dict[str, Any] = request.app.openapi()
    return document
