"""Whether this is the software, and the model, that it should be."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from deepecg import __version__
from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.problem_details import documented
from deepecg.cloud.api.strict_route import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["health"])


class Software(BaseModel):
    """The software that answers."""

    name: str
    version: str


class Model(BaseModel):
    """The model that beats are classified with."""

    version: str = Field(description="Name of the trained model.")
    sha256: str = Field(
        description="Checksum of the model file, verified against the model's card.",
        pattern="^[0-9a-f]{64}$",
    )


class Health(BaseModel):
    """What answers, and that its model is whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ok",
                    "software": {"name": "deepecg", "version": "0.4.0"},
                    "model": {"version": "default-01234567", "sha256": 64 * "0"},
                    "single_beat_model": {
                        "version": "single_beat-89abcdef",
                        "sha256": 64 * "f",
                    },
                }
            ]
        }
    )

    status: str = Field(description="Always `ok`; anything else is a problem document.")
    software: Software
    model: Annotated[Model, Field(description="For recordings, strips, and beats beside others.")]
    single_beat_model: Annotated[Model, Field(description="For a beat asked about alone.")]


@router.get("/health", responses=documented("model_mismatch"))
def health(request: Request) -> Health:
    """Tell versions, after the models' checksums were verified.

    Asks no storage: a load balancer that asks often costs nothing.
    """
    card, single_beat_card = services_of(request).cards
    return Health(
        status="ok",
        software=Software(name="deepecg", version=__version__),
        model=Model(version=card.version, sha256=card.sha256),
        single_beat_model=Model(version=single_beat_card.version, sha256=single_beat_card.sha256),
    )
