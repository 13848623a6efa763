"""Requests that come at the same time are answered in one go."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from deepecg.cloud.api.request_batching import Gathering

LOOP = asyncio.new_event_loop()
"""Made while sockets may still be opened; it talks to itself through a pair of them."""


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


async def gathered(gathering: Gathering[int, int], *asked: int) -> list[Any]:
    return await asyncio.gather(*map(gathering, asked), return_exceptions=True)


def test_what_is_asked_together_is_answered_together_and_in_order() -> None:
    doubling = Doubling()
    gathering = Gathering(doubling)
    assert LOOP.run_until_complete(gathered(gathering, 3, 1, 2)) == [6, 2, 4]
    assert LOOP.run_until_complete(gathered(gathering, 5)) == [10]
    assert doubling.calls == [[3, 1, 2], [5]]


def test_a_failure_is_everybodys_and_over_with_the_next() -> None:
    gathering = Gathering(Doubling())
    found = LOOP.run_until_complete(gathered(gathering, 1, 13))
    assert [str(error) for error in found] == ["found 13", "found 13"]
    assert LOOP.run_until_complete(gathered(gathering, 1)) == [2]


@pytest.mark.parametrize("fails", [False, True])
def test_a_caller_who_goes_away_takes_nothing_from_the_others(fails: bool) -> None:
    gathering = Gathering(Doubling())

    async def one_goes() -> Any:
        stays = asyncio.ensure_future(gathering(13 if fails else 4))
        goes = asyncio.ensure_future(gathering(5))
        await asyncio.sleep(0)
        goes.cancel()
        return await asyncio.gather(stays, return_exceptions=True)

    (found,) = LOOP.run_until_complete(one_goes())
    assert isinstance(found, ValueError) if fails else found == 8
