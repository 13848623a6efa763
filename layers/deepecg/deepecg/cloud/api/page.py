"""The page for people: drop a recording, see what comes of it."""

from fastapi import APIRouter

from deepecg.cloud.api.routes import StrictRoute

router = APIRouter(route_class=StrictRoute)
