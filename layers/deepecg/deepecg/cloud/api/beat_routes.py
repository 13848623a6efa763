"""Routes that classify one beat or a strip of signal while the caller waits."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from fastapi.concurrency import run_in_threadpool

from deepecg.cloud.api.api_services import Services, services_of
from deepecg.cloud.api.beat_models import (
    BeatRequest,
    BeatResponse,
    NotAnalysableResponse,
    StripRequest,
    StripResponse,
)
from deepecg.cloud.api.problem_details import documented
from deepecg.cloud.api.request_batching import RequestBatcher
from deepecg.cloud.api.request_examples import BEATS, STRIPS
from deepecg.cloud.api.strict_route import StrictRoute

BeatBatcher = RequestBatcher[BeatRequest, BeatResponse | NotAnalysableResponse]

router = APIRouter(route_class=StrictRoute, tags=["beats"])


@router.post(
    "/v1/predict",
    summary="Classify one beat",
    response_model=BeatResponse | NotAnalysableResponse,
    responses=documented("model_mismatch"),
)
async def predict(
    request: Request, beat: Annotated[BeatRequest, Body(openapi_examples=BEATS)]
) -> Response:
    """Classify one beat from its samples and the RR intervals around it.

    Send as much of `context` as you have. With `usual_beat_mv` (the patient's template beat), the
    beat is classified by the model for recordings, from this lead alone. Without it, a second model
    is used that sees only the beat and the two intervals around it: it finds somewhat fewer
    ventricular beats, and less than half as many supraventricular ones.

    If you have a strip of signal, send it to `/v1/classify`; if you have a recording, send it to
    `/v1/recordings`. There the second lead, the neighbouring beats and all beats of the same shape
    improve the result.

    A signal that is flat, clipped, or shorter than a QRS complex on one side of the R peak gets the
    outcome `not_analysable`.
    """
    state = request.app.state
    if not hasattr(state, "beat_batcher"):
        # Loading the models takes a second: in a thread, the event loop can answer others.
        state.beat_batcher = await run_in_threadpool(_beat_batcher, services_of(request))
    batcher: BeatBatcher = state.beat_batcher
    return _json(await batcher(beat))


@router.post(
    "/v1/classify",
    summary="Find and classify the beats of a strip",
    response_model=StripResponse | NotAnalysableResponse,
    responses=documented("model_mismatch"),
)
def classify(
    request: Request, strip: Annotated[StripRequest, Body(openapi_examples=STRIPS)]
) -> Response:
    """Find the R peaks of a strip of raw signal and classify every beat, as in a recording.

    Send 10 seconds to one hour of one lead: at most 500,000 samples and 5 MB. Send longer signals
    and several leads as a recording (`/v1/recordings`). The first and last beats of a strip, and
    the rhythm of a short strip, are the least reliable.
    """
    from deepecg.cloud.api.beat_classification import classify_strip  # noqa: PLC0415  (loads SciPy)

    return _json(classify_strip(strip, services_of(request).classifier))


def _beat_batcher(services: Services) -> BeatBatcher:
    """Return what classifies the beats of concurrent requests together, on the event loop.

    A thread pool would not help: handing a beat to a thread takes as long as classifying it.
    """
    from deepecg.cloud.api.beat_classification import classify_beats  # noqa: PLC0415  (loads SciPy)

    models = services.single_beat_models
    return RequestBatcher(lambda beats: classify_beats(beats, models))


def _json(body: BeatResponse | StripResponse | NotAnalysableResponse) -> Response:
    """Return a response without the second validation that FastAPI would do."""
    return Response(body.model_dump_json(by_alias=True), media_type="application/json")
