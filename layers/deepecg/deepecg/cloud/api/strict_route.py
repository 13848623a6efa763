"""What every route does before its function runs: refuse what its document does not allow."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from deepecg.cloud.api.problem_details import Fault, ProblemError, not_json

JSON_TYPES = ("application/json",)
MAX_FIELDS = 1000
"""Of all objects in a body together: the largest documented one, a recording of 101 files, has 204.
Each unknown one would become an error: 400,000 of them took 3 s and 600 MB."""


class JsonRequest(Request):
    """A request whose body is read by Pydantic's parser, three times as fast as Python's.

    It reads NaN and infinities, so that validation can say where they are, and refuses bad UTF-8,
    halves of surrogates, and nesting or numbers too deep or long for it.
    """

    async def json(self) -> Any:
        """Return the body.

        Raises
        ------
        ProblemError
            If it is no JSON, or has more fields than anything that is documented.
        """
        body = await self.body()
        try:
            value = from_json(body)
        except ValueError:
            raise not_json() from None
        # A field's name has two quotation marks: signal, which has none, is not gone through.
        if body.count(b'"') > 2 * MAX_FIELDS and count_fields(value) > MAX_FIELDS:
            fault = Fault("too_many_fields", "There are more fields than are documented.", "#")
            raise ProblemError("invalid_request", "See errors.", [fault])
        return value


class StrictRoute(APIRoute):
    """A route that refuses unknown or repeated query parameters, and bodies other than JSON.

    FastAPI ignores the former, and calls the latter invalid.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what handles a request."""
        handle = super().get_route_handler()
        known = _query_parameters(self)
        takes_body = self.body_field is not None

        async def handle_strictly(request: Request) -> Response:
            if request.scope["query_string"]:
                refuse_unknown_parameters(request, known)
            if takes_body:
                refuse_other_than_json(request)
                request = JsonRequest(request.scope, request.receive)
            return await handle(request)

        return handle_strictly


def count_fields(value: Any) -> int:
    """Return how many fields a JSON value has, those of all objects in it together."""
    if isinstance(value, dict):
        return len(value) + sum(map(count_fields, value.values()))
    if isinstance(value, list):
        return sum(map(count_fields, value))
    return 0


def refuse_unknown_parameters(request: Request, known: frozenset[str]) -> None:
    """Refuse query parameters that are unknown or given twice.

    Raises
    ------
    ProblemError
        If there are any.
    """
    names = [name for name, _ in request.query_params.multi_items()]
    faults = [
        Fault("repeated", "The query parameter is given more than once.", parameter=name)
        for name in sorted(known)
        if names.count(name) > 1
    ]
    if not known.issuperset(names):
        # It is not named: it may be anything.
        faults.append(Fault("extra_forbidden", "There is a query parameter that is not known."))
    if faults:
        raise ProblemError("invalid_request", "A query parameter is not as documented.", faults)


def refuse_other_than_json(request: Request) -> None:
    """Refuse a body that does not say it is JSON.

    Raises
    ------
    ProblemError
        If the content type is another, or there is none.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in JSON_TYPES:
        raise ProblemError(
            "unsupported_media_type", "Expected a body with the content type application/json."
        )


def _query_parameters(route: APIRoute) -> frozenset[str]:
    """Return the names of the query parameters that a route declares, models' fields included."""
    fields = (field for field in route.dependant.query_params)
    names: set[str] = set()
    for field in fields:
        model = field.field_info.annotation
        model_fields = getattr(model, "model_fields", None)
        names |= set(model_fields) if model_fields else {field.alias}
    return frozenset(names)
