"""``GET /``: the upload page for technicians."""

from datetime import timedelta
from functools import lru_cache

from fastapi import APIRouter, Request, Response

from deepecg.cloud.api.api_services import Services, services_of
from deepecg.cloud.upload_page.render_page import SAME_ORIGIN, Page, render_page, url_origin

router = APIRouter(include_in_schema=False)
"""Not a ``StrictRoute``: after a sign-in, the browser returns with query parameters."""


@router.get("/")
async def page(request: Request) -> Response:
    """Return the upload page."""
    rendered = _page(services_of(request))
    headers = {"Content-Security-Policy": rendered.policy, "Cache-Control": "no-cache"}
    return Response(rendered.html, headers=headers, media_type="text/html")


@lru_cache(maxsize=1)
def _page(services: Services) -> Page:
    return render_page(services.settings, _uploads_origin(services))


def _uploads_origin(services: Services) -> str:
    """Return the origin that files are posted to, taken from a form for a made-up file."""
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
    return url_origin(form.url)
