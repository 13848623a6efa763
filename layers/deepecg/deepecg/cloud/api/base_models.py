"""Base classes of all request and response bodies, and how they get their examples.

Examples of requests are named and stand with the route (``Body(openapi_examples=...)``), so that
the documentation page offers them as a choice. Examples of responses stand in the model
(:func:`with_example`).
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class StrictRequest(BaseModel):
    """A request body or a part of one: no unknown fields, no conversion of types, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class ApiResponse(BaseModel):
    """A response body or a part of one."""

    model_config = ConfigDict(frozen=True)


class ModelVersion(ApiResponse):
    """The beat classification model."""

    version: str = Field(description="Name of the trained model.")
    sha256: str = Field(description="Checksum of the model file.", pattern="^[0-9a-f]{64}$")


def with_example(**fields: Any) -> ConfigDict:
    """Return a ``model_config`` that adds an example to the JSON Schema of a response."""
    return ConfigDict(json_schema_extra={"examples": [fields]})
