"""One beat, or a strip of signal, classified while the caller waits."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from fastapi.concurrency import run_in_threadpool

from deepecg.cloud.api.api_services import Services, services_of
from deepecg.cloud.api.beat_examples import BEATS, STRIPS
from deepecg.cloud.api.beat_models import (
    BeatAnswer,
    BeatRequest,
    NotAnalysable,
    StripAnswer,
    StripRequest,
)
from deepecg.cloud.api.problem_details import documented
from deepecg.cloud.api.request_batching import RequestBatcher
from deepecg.cloud.api.strict_route import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["beats"])


@router.post(
    "/v1/predict",
    summary="Classify one beat",
    response_model=BeatAnswer | NotAnalysable,
    responses=documented("model_mismatch"),
)
async def predict(
    request: Request, beat: Annotated[BeatRequest, Body(openapi_examples=BEATS)]
) -> Response:
    """Classify one beat from its samples and the intervals around it.

    The beat is resampled, filtered and compared as a beat of a recording is. Given the recording's
    own rhythm, usual beat and beat before in `context`, its probabilities are what the recordings'
    model says of this beat on this lead, without its neighbours. In a recording the other lead, the
    neighbours and all beats of the same shape bear on it too. Without `usual_beat_mv` a model
    answers that knows the beat and the two intervals alone: it finds somewhat fewer ventricular
    beats, and less than half as many supraventricular ones. Send a strip to `/v1/classify`, or a
    whole recording, where there is one.

    Signal without a QRS complex's length on both sides of the R peak, flat or clipped, is answered
    with the outcome `not_analysable`.
    """
    state = request.app.state
    if not hasattr(state, "beat_batcher"):
        # Loading the models takes a second: in a thread, the event loop can answer others.
        state.beat_batcher = await run_in_threadpool(_beat_batcher, services_of(request))
    batcher: RequestBatcher[BeatRequest, BeatAnswer | NotAnalysable] = state.beat_batcher
    return _json(await batcher(beat))


@router.post(
    "/v1/classify",
    summary="Find and classify the beats of a strip",
    response_model=StripAnswer | NotAnalysable,
    responses=documented("model_mismatch"),
)
def classify(
    request: Request, strip: Annotated[StripRequest, Body(openapi_examples=STRIPS)]
) -> Response:
    """Find the R peaks of a strip of raw signal and classify every beat, as in a recording.

    Takes 10 s to an hour of one lead, up to 500,000 samples and 5 MB. Longer signal, and several
    leads, are a recording: see `/v1/recordings`. The first and the last beats of a strip are the
    least certain, and so is the rhythm of a short one.
    """
    from deepecg.cloud.api.beat_classification import answer_strip  # noqa: PLC0415  (loads SciPy)

    return _json(answer_strip(strip, services_of(request).classifier))


def _beat_batcher(services: Services) -> RequestBatcher[BeatRequest, BeatAnswer | NotAnalysable]:
    """Return what classifies the beats of concurrent requests together, on the event loop.

    A thread pool would not help: handing a beat to a thread takes as long as classifying it.
    """
    from deepecg.cloud.api.beat_classification import answer_beats  # noqa: PLC0415  (loads SciPy)

    models = services.single_beat_models
    return RequestBatcher(lambda beats: answer_beats(beats, models))


def _json(answer: BeatAnswer | StripAnswer | NotAnalysable) -> Response:
    """Return an answer that is known to be as documented: FastAPI would check it once more."""
    return Response(answer.model_dump_json(by_alias=True), media_type="application/json")
