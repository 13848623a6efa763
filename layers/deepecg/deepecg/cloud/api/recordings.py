"""Recordings: announce one, ask what has become of it, fetch its results."""

from fastapi import APIRouter

from deepecg.cloud.api.routes import StrictRoute

router = APIRouter(route_class=StrictRoute)
