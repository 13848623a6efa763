"""Ctrl-C, and what ends a service, at the right time."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers


@contextmanager
def termination_interrupts() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, by a KeyboardInterrupt."""
    with _handled_by(signal.default_int_handler, signal.SIGTERM):
        yield


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Let an interrupt wait until the block is done."""
    arrived: list[int] = []
    try:
        with _handled_by(lambda number, _: arrived.append(number), *INTERRUPTS):
            yield
    finally:
        for number in arrived:
            signal.raise_signal(number)


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C; processes that the block starts ignore it as long as they run."""
    with _handled_by(signal.SIG_IGN, signal.SIGINT):
        yield


@contextmanager
def _handled_by(handler: Handler, *numbers: signal.Signals) -> Iterator[None]:
    """Handle the signals otherwise in the block; only a main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
