"""Nights: what was uploaded on a date, and the report on it."""

from datetime import date

from fastapi import APIRouter, Request, Response

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.night_models import Night, NightCursor, NightDate, NightRow, Nights, Outcomes
from deepecg.cloud.api.problem_details import ProblemError, documented
from deepecg.cloud.api.recording_models import DEFAULT_LIMIT, Cursor, Limit
from deepecg.cloud.api.recording_routes import next_cursor, rows
from deepecg.cloud.api.result_redirects import ADDRESS_ANSWERS, Address, answer_with_address
from deepecg.cloud.api.strict_route import StrictRoute
from deepecg.cloud.result_lists import Position, find_night, list_nights
from deepecg.cloud.s3_keys import report_key
from deepecg.errors import SettingsError
from deepecg.night.night_store import PAGE, RECORDINGS_CSV, REPORT, parse_night

router = APIRouter(route_class=StrictRoute, tags=["nights"])
REPORT_ANSWERS = {**ADDRESS_ANSWERS, **documented("unknown_night", "storage_unavailable")}


@router.get("/v1/nights", responses=documented("storage_unavailable"))
def get_nights(
    request: Request, limit: Limit = DEFAULT_LIMIT, cursor: NightCursor = None
) -> Nights:
    """List nights with uploads or a report, the newest first."""
    page = list_nights(services_of(request).results, limit, cursor)
    nights = [NightRow(date=night, has_report=has_report) for night, has_report in page.nights]
    return Nights(nights=nights, next_cursor=page.next)


@router.get("/v1/nights/{night}", responses=documented("unknown_night", "storage_unavailable"))
def get_night(
    request: Request, night: NightDate, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Night:
    """Tell of a night, and list its recordings: what was written last comes first."""
    after = Position.read(cursor) if cursor else None
    found = find_night(services_of(request).results, _date(night), limit, after)
    if found is None:
        raise _unknown()
    page, outcomes = found.page, found.outcomes
    return Night(
        date=night,
        report=f"/v1/nights/{night}/report" if outcomes else None,
        outcomes=Outcomes(**outcomes) if outcomes else None,
        recordings=rows(page),
        unreadable_count=page.n_unreadable,
        next_cursor=next_cursor(page),
    )


@router.get(
    "/v1/nights/{night}/report",
    response_model=Address,
    responses=REPORT_ANSWERS,
)
def get_night_report(request: Request, night: NightDate) -> Response:
    """Fetch the report on a night, a page for people.

    Its links lead to the page, where callers have one: where the API takes tokens. Elsewhere they
    lead to the files in the bucket, for those who may read it.
    """
    return _file_of_report(request, night, PAGE, "text/html; charset=utf-8")


@router.get("/v1/nights/{night}/recordings.csv", response_model=Address, responses=REPORT_ANSWERS)
def get_night_recordings(request: Request, night: NightDate) -> Response:
    """Fetch the table of all recordings of a night that the report on it was made of."""
    return _file_of_report(
        request, night, RECORDINGS_CSV, "text/csv; charset=utf-8", as_attachment=True
    )


@router.get("/v1/nights/{night}/report.json", response_model=Address, responses=REPORT_ANSWERS)
def get_night_figures(request: Request, night: NightDate) -> Response:
    """Fetch the figures of the report on a night."""
    return _file_of_report(request, night, REPORT, "application/json", as_attachment=True)


def _file_of_report(
    request: Request, night: str, name: str, content_type: str, *, as_attachment: bool = False
) -> Response:
    """Return the address of a file of the report on a night.

    Raises
    ------
    ProblemError
        If there is no report.
    """
    key = report_key(_date(night), name)
    if not services_of(request).results.exists(key):
        raise ProblemError("unknown_night", "There is no report on this date.")
    disposition = f'attachment; filename="{night}-{name}"' if as_attachment else "inline"
    return answer_with_address(request, key, content_type=content_type, disposition=disposition)


def _date(night: str) -> date:
    """Return the date that a text of the right form names.

    Raises
    ------
    ProblemError
        If it names none.
    """
    try:
        return parse_night(night)
    except SettingsError:
        raise _unknown() from None


def _unknown() -> ProblemError:
    return ProblemError("unknown_night", "Nothing was uploaded, or reported on, on this date.")
