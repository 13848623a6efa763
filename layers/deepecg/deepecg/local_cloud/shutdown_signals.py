"""How the service is told to end: by SIGINT or SIGTERM, from its first imports on."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """End what is inside in good order, and without an error, when told to by a signal.

    uvicorn has handlers of its own while it runs, and afterwards raises the signal for these.
    """

    def end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        raise _Ending

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _Ending:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Ending(BaseException):
    """A signal told the service to end. No ``except Exception`` is to catch it."""
