"""``GET /health``: versions of the software and of the models."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from deepecg import __version__
from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.base_models import ApiResponse, ModelVersion, with_example
from deepecg.cloud.api.problem_details import documented
from deepecg.cloud.api.strict_route import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["health"])


class SoftwareVersion(ApiResponse):
    """The software that serves the API."""

    name: str
    version: str


class HealthResponse(ApiResponse):
    """The service runs and its model files are intact."""

    model_config = with_example(
        status="ok",
        software={"name": "deepecg", "version": "0.4.0"},
        model={"version": "default-01234567", "sha256": 64 * "0"},
        single_beat_model={"version": "single_beat-89abcdef", "sha256": 64 * "f"},
    )

    status: str = Field(description="Always `ok`; any failure is a problem document.")
    software: SoftwareVersion
    model: Annotated[
        ModelVersion,
        Field(description="Classifies recordings, strips, and beats sent with a template beat."),
    ]
    single_beat_model: Annotated[
        ModelVersion, Field(description="Classifies beats sent without a template beat.")
    ]


@router.get("/health", responses=documented("model_mismatch"))
def health(request: Request) -> HealthResponse:
    """Verify the checksums of the model files and return all versions.

    Sends no request to the storage, so frequent calls by a load balancer cost nothing.
    """
    card, single_beat_card = services_of(request).cards
    return HealthResponse(
        status="ok",
        software=SoftwareVersion(name="deepecg", version=__version__),
        model=ModelVersion.model_validate(card, from_attributes=True),
        single_beat_model=ModelVersion.model_validate(single_beat_card, from_attributes=True),
    )
