"""Concurrent requests are answered by one call."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from deepecg.cloud.api.request_batching import RequestBatcher

LOOP = asyncio.new_event_loop()
"""Made at import, while sockets are still allowed: an event loop opens a pair of them."""


@pytest.fixture(scope="module", autouse=True)
def _loop() -> Iterator[None]:
    yield
    LOOP.close()


class Doubling:
    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def __call__(self, asked: Sequence[int]) -> list[int]:
        self.calls.append(list(asked))
        if 13 in asked:
            raise ValueError("found 13")
        return [2 * number for number in asked]


async def answers(batcher: RequestBatcher[int, int], *asked: int) -> list[Any]:
    return await asyncio.gather(*map(batcher, asked), return_exceptions=True)


def test_concurrent_requests_are_answered_by_one_call_in_order() -> None:
    doubling = Doubling()
    batcher = RequestBatcher(doubling)
    assert LOOP.run_until_complete(answers(batcher, 3, 1, 2)) == [6, 2, 4]
    assert LOOP.run_until_complete(answers(batcher, 5)) == [10]
    assert doubling.calls == [[3, 1, 2], [5]]


def test_a_failure_reaches_every_request_of_its_batch_only() -> None:
    batcher = RequestBatcher(Doubling())
    found = LOOP.run_until_complete(answers(batcher, 1, 13))
    assert [str(error) for error in found] == ["found 13", "found 13"]
    assert LOOP.run_until_complete(answers(batcher, 1)) == [2]


@pytest.mark.parametrize("fails", [False, True])
def test_a_cancelled_request_does_not_disturb_the_others(fails: bool) -> None:
    batcher = RequestBatcher(Doubling())

    async def one_goes() -> Any:
        stays = asyncio.ensure_future(batcher(13 if fails else 4))
        goes = asyncio.ensure_future(batcher(5))
        await asyncio.sleep(0)
        goes.cancel()
        return await asyncio.gather(stays, return_exceptions=True)

    (found,) = LOOP.run_until_complete(one_goes())
    assert isinstance(found, ValueError) if fails else found == 8
