"""Requests generated from the OpenAPI document get documented responses.

Schemathesis generates valid and invalid requests, and checks the responses with all of its checks.
``make fuzz EXAMPLES=2000`` sends more of them.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
import schemathesis
from asgi_client import Caller
from fastapi import FastAPI
from integration.aws_with_clock_and_faults import MODEL, RESULTS, TEMPLATE, UPLOADS, Cloud
from recorded_log import LogLines

from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.app import create_app
from deepecg.cloud.api.openapi_docs import openapi_document
from deepecg.cloud.settings import ApiSettings
from deepecg.outputs.recording_id import recording_id

FUZZ_EXAMPLES = os.environ.get("DEEPECG_FUZZ_EXAMPLES")
"""Generated requests for each operation, besides those that try every limit of the document."""
FEW_EXAMPLES = 25
"""Default of generated requests for each operation; they are the same in every run."""
NIGHT = "2026-11-21"
KNOWN = {"scored": "scored.edf", "rejected": "rejected.edf", "waiting": "rec.hea"}
"""Uploads by their status."""
SHARE_KNOWN = 0.5
"""Share of the requests for a recording or night that name an existing one."""
SETTINGS = ApiSettings(UPLOADS, RESULTS, MODEL, ZoneInfo("Europe/Berlin"), authorisation="none")
WITHOUT_STORAGE = Services(SETTINGS, cast(Any, None), cast(Any, None))
ACCEPTING = ["2xx", "307", "404", "409", "413"]
REFUSING = ["400", "404", "405", "409", "413", "415", "422"]
"""Fewer than Schemathesis allows, and 413, because a JSON Schema cannot limit a body's bytes."""
# All checks are on. The dictionaries add only values that the schemas allow.
CONFIG = {
    "generation": {
        "mode": "all",
        "max-examples": int(FUZZ_EXAMPLES or FEW_EXAMPLES),
        "deterministic": FUZZ_EXAMPLES is None,
        "database": "none",
    },
    "checks": {
        "negative_data_rejection": {"expected-statuses": REFUSING},
        "positive_data_acceptance": {"expected-statuses": ACCEPTING},
    },
    "phases": {"coverage": {"generate-duplicate-query-parameters": True}},
    "operations": [
        {
            "include-method": "PUT",
            # A review's rules go beyond its schema, and it names the version that it replaces.
            "checks": {
                "positive_data_acceptance": {
                    "expected-statuses": [*ACCEPTING, "412", "422", "428"]
                },
                "negative_data_rejection": {"expected-statuses": [*REFUSING, "412", "428"]},
            },
        }
    ],
    "dictionaries": {
        "recordings": {"values": [recording_id(key) for key in KNOWN.values()]},
        "nights": {"values": [NIGHT]},
    },
    "parameters": {
        "path.recording_id": {"dictionary": "recordings", "probability": SHARE_KNOWN},
        "path.night": {"dictionary": "nights", "probability": SHARE_KNOWN},
    },
}
DOCUMENT = openapi_document(create_app(WITHOUT_STORAGE, LogLines()), SETTINGS)
schema = schemathesis.openapi.from_dict(DOCUMENT, config=schemathesis.Config.from_dict(CONFIG))


def examples() -> Iterator[Any]:
    """Yield the path and value of every example of a request body."""
    for path, item in DOCUMENT["paths"].items():
        if "requestBody" in item.get("post", {}):
            (media,) = item["post"]["requestBody"]["content"].values()
            for name, example in media.get("examples", {}).items():
                yield pytest.param(path, example["value"], id=f"{path} {name}")


@pytest.fixture(scope="module")
def api(edf_file: bytes, wfdb_files: dict[str, bytes]) -> Iterator[FastAPI]:
    """The application, with recordings of every status and a night with a report."""
    start = datetime.fromisoformat(f"{NIGHT}T20:00:00+00:00")
    log = LogLines()
    with Cloud(TEMPLATE, {"DEEPECG_MODEL_FOLDER": str(MODEL)}, start) as cloud:
        cloud.upload(KNOWN["scored"], edf_file)
        cloud.upload(KNOWN["rejected"], b"no recording")
        cloud.upload(KNOWN["waiting"], wfdb_files["rec.hea"])
        cloud.pump()
        beats = cloud.outcome(KNOWN["scored"])["provenance"]["beats_sha256"]
        review = {"kind": "review", "schema_version": "1.0", "beats": beats, "operations": []}
        cloud.upload("scored.review.json", json.dumps(review).encode())
        cloud.pump()
        cloud.run_schedules(datetime(2026, 11, 22, 5, tzinfo=UTC))
        yield create_app(Services.connect(SETTINGS), log)
    assert not log.errors
    statuses: dict[tuple[str, str], set[int]] = defaultdict(set)
    for line in log.infos:
        statuses[line["method"], line["route"]].add(line["status"])
    unsuccessful = {
        operation
        for operation, found in statuses.items()
        # No generated review names the beats of a recording: see test_api_reviews.py.
        if not found <= {405, 413}
        and operation[0] != "PUT"
        and not any(status < 400 for status in found)
    }
    assert not unsuccessful, "no request to these was successful"


@schema.parametrize()
def test_responses_are_as_documented(case: schemathesis.Case, api: FastAPI) -> None:
    case.call_and_validate(app=api)


@pytest.mark.parametrize(("path", "body"), list(examples()))
def test_every_example_works(path: str, body: Any, api: FastAPI) -> None:
    with Caller(api) as call:
        response = call.post(path, body)
    assert response.is_success
    assert response.json().get("outcome") in {None, "classified"}


def test_every_operation_with_a_body_has_an_example() -> None:
    with_body = {path for path, item in DOCUMENT["paths"].items() if "post" in item}
    assert {parameters.values[0] for parameters in examples()} == with_body
