"""One beat, or a strip of signal, classified while the caller waits."""

from fastapi import APIRouter

from deepecg.cloud.api.routes import StrictRoute

router = APIRouter(route_class=StrictRoute)
