"""Requests that come at the same time, answered in one go."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Gathering(Generic[Asked, Answer]):
    """Answers together what is asked before the event loop comes round again.

    Nobody waits for a batch to fill: the loop first reads what has arrived on all connections, then
    runs what this has scheduled. A request that comes alone is answered alone. For calls so short
    that most of their time is spent on calling.

    Parameters
    ----------
    answer : callable
        Returns the answers in the order of what was asked. None of them may depend on the others.
    """

    def __init__(self, answer: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []

    async def __call__(self, asked: Asked) -> Answer:
        """Return the answer; raises what the common call raises."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._answer_all)
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((asked, future))
        return await future

    def _answer_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            answers = self._answer([asked for asked, _ in waiting])
        except Exception as error:  # each request tells it as its own
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(waiting, answers, strict=True):
            if not future.done():  # its caller may have gone
                future.set_result(answer)
