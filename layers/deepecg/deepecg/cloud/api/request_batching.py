"""Computes the answers of concurrent requests together, in one call."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class RequestBatcher(Generic[Request, Answer]):
    """Answers in one call all requests that arrive within one turn of the event loop.

    No request waits for a batch to fill: the event loop first reads what has arrived on all
    connections, then runs the call that the first request has scheduled. A request that arrives
    alone is answered alone. This pays for computations whose overhead per call exceeds the work:
    with eight clients, ``POST /v1/predict`` answers 2.5 times as fast (``tests/bench/predict.py``).

    Parameters
    ----------
    answer_all : callable
        Returns the answers in the order of the requests. No answer may depend on another request.
    """

    def __init__(self, answer_all: Callable[[Sequence[Request]], Sequence[Answer]]) -> None:
        self._answer_all = answer_all
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []

    async def __call__(self, request: Request) -> Answer:
        """Return the answer to a request; raise what the common call raises."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._run)
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((request, future))
        return await future

    def _run(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            answers = self._answer_all([request for request, _ in waiting])
        except Exception as error:  # every request of the batch raises it
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(waiting, answers, strict=True):
            if not future.done():  # a request that was cancelled is done
                future.set_result(answer)
