"""Nights: what was uploaded on a date, and the report on it."""

from fastapi import APIRouter

from deepecg.cloud.api.routes import StrictRoute

router = APIRouter(route_class=StrictRoute)
