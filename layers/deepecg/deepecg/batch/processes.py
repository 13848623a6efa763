"""Scores recordings one after the other, or several at a time in processes of their own."""

import os
import signal
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from deepecg.batch.interrupts import interrupts_ignored
from deepecg.batch.tasks import DIED, Done, Order, Task
from deepecg.errors import ModelMismatchError

TASK_BYTES: Final = 1_000_000_000
"""Memory that a recording may need, three times that of a day of three leads: more processes than
fit into the machine's would end each other."""
CGROUP_MEMORY: Final = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much memory a container has."""

Told = Callable[[Task, float], None]
"""``told(task, share)``: receives the share of a recording's work that is done, 0 to 1."""


def default_jobs() -> int:
    """Return how many recordings are scored at a time: one per core, if memory allows."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limits_bytes: list[int] = []
    with suppress(OSError, ValueError, AttributeError):
        limits_bytes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):  # "max" where there is no limit
        limits_bytes.append(int(CGROUP_MEMORY.read_text(encoding="ascii")))
    by_memory = min(limits_bytes, default=TASK_BYTES) // TASK_BYTES
    return max(1, min(cores or 1, by_memory))


def score_all(
    tasks: Iterable[Task], order: Order, n_jobs: int, told: Told
) -> Generator[Done, None, None]:
    """Score recordings; yield each one's answer as soon as it is there.

    Parameters
    ----------
    tasks : iterable of Task
        The recordings.
    order : Order
        What is the same for all.
    n_jobs : int
        How many are scored at a time. One is scored in this process.
    told : callable
        Receives the progress of each recording.

    Raises
    ------
    ModelMismatchError
        If the model does not fit to software or settings.
    """
    if n_jobs > 1:
        yield from _score_in_processes(tasks, order, n_jobs, told)
        return
    from deepecg.batch.score_one import Scorer  # noqa: PLC0415  (loads SciPy and ONNX Runtime)

    scorer = Scorer.load(order)
    for task in tasks:
        yield scorer.score(task, lambda share, task=task: told(task, share))  # type: ignore[misc]


class _Worker:
    """A process that scores one recording at a time.

    Attributes
    ----------
    task : Task
        What it was last told to score.
    connection : Connection
        Its answers: shares of the work, then what became of the recording, or an error.
    """

    def __init__(self, order: Order, task: Task) -> None:
        context = get_context("spawn")  # a fork would share threads and locks of libraries
        self.connection, other = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(other, order), daemon=True)
        with interrupts_ignored():
            self.process.start()
        other.close()
        self.score(task)

    def score(self, task: Task) -> None:
        """Let it score a recording."""
        self.task = task
        with suppress(OSError):  # it has died: receiving will say so
            self.connection.send(task)

    def died(self) -> Done:
        """Return what became of its task when it has ended."""
        self.process.join()
        code = self.process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        reason = f"the process that scored it ended ({how}), most often for want of memory"
        return self.task.failed(DIED, reason)

    def end(self) -> None:
        """End it, whatever it is doing: what it has written so far is nothing yet."""
        self.connection.close()
        self.process.kill()
        self.process.join()


def _score_in_processes(
    tasks: Iterable[Task], order: Order, n_jobs: int, told: Told
) -> Generator[Done, None, None]:
    remaining = iter(tasks)
    workers: dict[Connection, _Worker] = {}

    def start(n: int) -> None:
        for task in islice(remaining, n):
            worker = _Worker(order, task)
            workers[worker.connection] = worker

    try:
        start(n_jobs)
        while workers:
            for connection in wait(list(workers)):
                assert isinstance(connection, Connection)
                worker = workers[connection]
                try:
                    answer = connection.recv()
                except (EOFError, OSError):
                    del workers[connection]
                    connection.close()
                    yield worker.died()
                    start(1)
                    continue
                if isinstance(answer, ModelMismatchError):
                    raise answer
                if not isinstance(answer, Done):
                    told(worker.task, answer)
                    continue
                if (task := next(remaining, None)) is None:
                    del workers[connection]
                    worker.end()
                else:
                    worker.score(task)
                yield answer
    finally:
        for worker in workers.values():
            worker.end()


def _work(connection: Connection, order: Order) -> None:
    """Score what comes through a connection, until it is closed."""
    from deepecg.batch.score_one import Scorer  # noqa: PLC0415  (loads SciPy and ONNX Runtime)

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(EOFError, OSError):
        try:
            scorer = Scorer.load(order)
            while True:
                connection.send(scorer.score(connection.recv(), connection.send))
        except ModelMismatchError as error:
            connection.send(error)
