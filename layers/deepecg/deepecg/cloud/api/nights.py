"""Nights: what was uploaded on a date, and the report on it."""

from datetime import date

from fastapi import APIRouter, Request, Response

from deepecg.cloud.api.addresses import ADDRESS_ANSWERS, Address, answer_with_address
from deepecg.cloud.api.night_models import Night, NightCursor, NightDate, NightRow, Nights, Outcomes
from deepecg.cloud.api.problems import ProblemError, documented
from deepecg.cloud.api.recording_models import DEFAULT_LIMIT, Cursor, Limit
from deepecg.cloud.api.recordings import next_cursor, rows
from deepecg.cloud.api.routes import StrictRoute
from deepecg.cloud.api.services import services_of
from deepecg.cloud.keys import report_key
from deepecg.cloud.listings import Position, find_night, list_nights
from deepecg.errors import SettingsError
from deepecg.night import parse_night
from deepecg.night.store import PAGE

router = APIRouter(route_class=StrictRoute, tags=["nights"])


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
    responses={**ADDRESS_ANSWERS, **documented("unknown_night", "storage_unavailable")},
)
def get_night_report(request: Request, night: NightDate) -> Response:
    """Fetch the report on a night, a page for people.

    Its links to recordings' reports are for those who may read the bucket by themselves.
    """
    key = report_key(_date(night), PAGE)
    if not services_of(request).results.exists(key):
        raise ProblemError("unknown_night", "There is no report on this date.")
    return answer_with_address(request, key, content_type="text/html; charset=utf-8")


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
