"""``GET /``: the upload page for technicians."""

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
    from deepecg.cloud.upload_page.render_page import (  # noqa: PLC0415
        SAME_ORIGIN,
        render_page,
        url_origin,
    )

    settings = services.settings
    uploads_origin = results_origin = SAME_ORIGIN
    if not (settings.public_s3_endpoint or "").startswith("/"):
        # The origins that files are posted to and read from, taken from those of made-up ones.
        form = services.presigner.post(
            settings.uploads_bucket, "any", size_bytes=1, origin=SAME_ORIGIN
        )
        uploads_origin = url_origin(form["url"])
        report = services.presigner.get(
            settings.results_bucket, "any", disposition="inline", origin=SAME_ORIGIN
        )
        results_origin = url_origin(report)
    return render_page(settings, uploads_origin, results_origin)
