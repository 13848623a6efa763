"""The application: what answers, in which order, and what surrounds every answer."""

from fastapi import FastAPI

from deepecg import __version__
from deepecg.cloud.api import beat_routes as beats
from deepecg.cloud.api import health_route as health
from deepecg.cloud.api import night_routes as nights
from deepecg.cloud.api import openapi_docs as docs
from deepecg.cloud.api import page_route as page
from deepecg.cloud.api import recording_routes as recordings
from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.exception_handlers import install_handlers
from deepecg.cloud.api.middleware import AnswerHeaders, BodyLimit, RequestLog
from deepecg.cloud.logger import Log

ROUTERS = (
    beats.router, health.router, recordings.router, nights.router, page.router, docs.router,
)  # fmt: skip
"""In the order in which a request is held against their routes."""


def create_app(services: Services, log: Log) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    services : Services
        What the routes work with; they find it by :func:`deepecg.cloud.api.api_services.services_of`.
    log : Log
        Takes one line a request, and says of failures what may be said.
    """
    app = FastAPI(
        title="Deep-ECG",
        version=__version__,
        openapi_url=None,  # docs.py has document and page of its own
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a path is right or wrong
    )
    app.state.services = services
    app.state.log = log
    for router in ROUTERS:
        # `include_router` would hold every request against the routes twice.
        app.router.routes.extend(router.routes)
    install_handlers(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestLog, log=log)
    app.add_middleware(AnswerHeaders)
    return app
