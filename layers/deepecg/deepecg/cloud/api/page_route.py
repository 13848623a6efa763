"""``GET /``: the upload page for technicians."""

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from deepecg.cloud.api.api_services import Services, services_of

if TYPE_CHECKING:
    from deepecg.cloud.upload_page.render_page import Page

router = APIRouter(include_in_schema=False)
"""Not a ``StrictRoute``: after a sign-in, the browser returns with query parameters."""


@router.get("/")
async def page(request: Request) -> Response:
    """Return the upload page."""
    rendered = _page(services_of(request))
    headers = {"Content-Security-Policy": rendered.policy, "Cache-Control": "no-cache"}
    return Response(rendered.html, headers=headers, media_type="text/html")


@lru_cache(maxsize=1)
def _page(services: Services) -> "Page":
    # Loads Jinja, which no other route needs: the function starts sooner without it.
    from deepecg.cloud.upload_page.render_page import render_page  # noqa: PLC0415

    return render_page(services.settings, _uploads_origin(services))


def _uploads_origin(services: Services) -> str:
    """Return the origin that files are posted to, taken from a form for a made-up file."""
    from deepecg.cloud.upload_page.render_page import SAME_ORIGIN, url_origin  # noqa: PLC0415

    settings = services.settings
    if (settings.public_s3_endpoint or "").startswith("/"):
        return SAME_ORIGIN
    form = services.presigner.post(
        settings.uploads_bucket,
        "any",
        content_type="any",
        size_bytes=1,
        expires_in=timedelta(minutes=1),
        origin=SAME_ORIGIN,
    )
    return url_origin(form["url"])
