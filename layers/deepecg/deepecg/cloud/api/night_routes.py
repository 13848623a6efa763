"""Routes of nights: the uploads of a date and the nightly report."""

from datetime import date

from fastapi import APIRouter, Request, Response

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.night_models import NightCursor, NightDate, NightListResponse, NightResponse
from deepecg.cloud.api.problem_details import ProblemError, documented
from deepecg.cloud.api.recording_and_night_lists import Position, find_night, list_nights
from deepecg.cloud.api.recording_models import DEFAULT_LIMIT, Cursor, Limit
from deepecg.cloud.api.result_redirects import result_route, result_url_response
from deepecg.cloud.api.strict_route import StrictRoute
from deepecg.cloud.s3_keys import report_key
from deepecg.errors import SettingsError
from deepecg.night.night_store import PAGE, RECORDINGS_CSV, REPORT, parse_night

router = APIRouter(route_class=StrictRoute, tags=["nights"])
get_report_file = result_route(router, "unknown_night")
"""Decorator of routes that fetch a file of the nightly report."""


@router.get("/v1/nights", responses=documented("storage_unavailable"))
def get_nights(
    request: Request, limit: Limit = DEFAULT_LIMIT, cursor: NightCursor = None
) -> NightListResponse:
    """List the nights with uploads or a nightly report, newest first."""
    return list_nights(services_of(request).results, limit, cursor)


@router.get("/v1/nights/{night}", responses=documented("unknown_night", "storage_unavailable"))
def get_night(
    request: Request, night: NightDate, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> NightResponse:
    """Return a night's counts by outcome and its recordings, the last written entry first."""
    after = Position.read(cursor) if cursor else None
    found = find_night(services_of(request).results, _date(night), limit, after)
    if found is None:
        raise _unknown()
    return found


@get_report_file("/v1/nights/{night}/report")
def get_night_report(request: Request, night: NightDate) -> Response:
    """Fetch the nightly report, an HTML page for people.

    Where the API accepts tokens, its links lead to the upload page. Elsewhere they lead to the
    files in the results bucket, for people who may read the bucket.
    """
    return _report_file(request, night, PAGE)


@get_report_file("/v1/nights/{night}/recordings.csv")
def get_night_recordings(request: Request, night: NightDate) -> Response:
    """Fetch the table of all recordings in the nightly report (CSV)."""
    return _report_file(request, night, RECORDINGS_CSV)


@get_report_file("/v1/nights/{night}/report.json")
def get_night_report_json(request: Request, night: NightDate) -> Response:
    """Fetch the nightly report as JSON."""
    return _report_file(request, night, REPORT)


def _report_file(request: Request, night: str, name: str) -> Response:
    """Return the URL of a file of the nightly report; browsers show the page and save the others.

    Raises
    ------
    ProblemError
        If there is no report on this night.
    """
    key = report_key(_date(night), name)
    if not services_of(request).results.exists(key):
        raise ProblemError(
            "unknown_night",
            "There is no nightly report for this date. It is made the morning after.",
        )
    return result_url_response(request, key, saved_as=None if name == PAGE else f"{night}-{name}")


def _date(night: str) -> date:
    """Convert a text of the form 2026-11-22 to a date.

    Raises
    ------
    ProblemError
        If there is no such date.
    """
    try:
        return parse_night(night)
    except SettingsError:
        raise _unknown() from None


def _unknown() -> ProblemError:
    return ProblemError(
        "unknown_night", "Nothing was uploaded on this date. See /v1/nights for all dates."
    )
