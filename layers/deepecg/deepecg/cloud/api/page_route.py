"""``GET /``: the page that a technician drops Holter files on."""

from datetime import timedelta
from functools import lru_cache

from fastapi import APIRouter, Request, Response

from deepecg.cloud.api.api_services import Services, services_of
from deepecg.cloud.upload_page.render_page import SAME_ORIGIN, Page, origin_of, render_page

router = APIRouter(include_in_schema=False)
"""Without the strictness of the API's own routes: a sign-in comes back with a query."""
ANY_NAME, ANY_TIME = "any", timedelta(minutes=1)


@router.get("/")
async def page(request: Request) -> Response:
    """Return the page."""
    found = _page(services_of(request))
    headers = {"Content-Security-Policy": found.policy, "Cache-Control": "no-cache"}
    return Response(found.html, headers=headers, media_type="text/html")


@lru_cache(maxsize=1)
def _page(services: Services) -> Page:
    return render_page(services.settings, _uploads_origin(services))


def _uploads_origin(services: Services) -> str:
    """Return where files are posted to: what a form for any of them says."""
    settings = services.settings
    if (settings.public_s3_endpoint or "").startswith("/"):
        return SAME_ORIGIN
    form = services.presigner.post(
        settings.uploads_bucket,
        ANY_NAME,
        content_type=ANY_NAME,
        size_bytes=1,
        expires_in=ANY_TIME,
        origin=SAME_ORIGIN,
    )
    return origin_of(form.url)
