"""The FastAPI application: routes, error handlers and middleware."""

from fastapi import FastAPI

from deepecg import __version__
from deepecg.cloud.api import (
    beat_routes,
    health_route,
    night_routes,
    openapi_docs,
    page_route,
    recording_routes,
    review_routes,
)
from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.exception_handlers import install_handlers
from deepecg.cloud.api.middleware import BodyLimit, RequestLog, ResponseHeaders
from deepecg.cloud.logger_protocol import Log

ROUTERS = (
    beat_routes.router, health_route.router, recording_routes.router, review_routes.router,
    night_routes.router, page_route.router, openapi_docs.router,
)  # fmt: skip
"""A request goes to the first route that matches, in this order."""


def create_app(services: Services, log: Log) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    services : Services
        Settings, storage and models; routes get them from
        :func:`deepecg.cloud.api.api_services.services_of`.
    log : Log
        Receives one line for each request, and one for each failure.
    """
    app = FastAPI(
        title="Deep-ECG",
        version=__version__,
        openapi_url=None,  # openapi_docs.py serves the OpenAPI document and its page
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a path with a slash too many is a 404
    )
    app.state.services = services
    app.state.log = log
    for router in ROUTERS:
        # `include_router` would match every request against the routes twice.
        app.router.routes.extend(router.routes)
    install_handlers(app)
    # The middleware added last runs first.
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestLog, log=log)
    app.add_middleware(ResponseHeaders)
    return app
