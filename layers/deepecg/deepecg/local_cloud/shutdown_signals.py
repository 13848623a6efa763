"""Ends the service in good order on SIGINT or SIGTERM, from its first imports on."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def shutdown_on_signals() -> Iterator[None]:
    """Leave the block without an error on SIGINT or SIGTERM; cleanup code in it runs.

    uvicorn replaces the handlers while it runs, and raises the signal again when it has ended.
    """

    def end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        raise _Shutdown

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _Shutdown:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Shutdown(BaseException):
    """A signal ends the service. A BaseException, so that no ``except Exception`` catches it."""
