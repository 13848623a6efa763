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
from typing import TYPE_CHECKING, Final

from deepecg.batch.existing_results import answer_from_existing
from deepecg.batch.interrupts import interrupts_ignored
from deepecg.batch.tasks import DIED, Done, Order, Task
from deepecg.errors import ModelMismatchError

if TYPE_CHECKING:
    from deepecg.batch.score_one import Scorer

TASK_BYTES: Final = 1_000_000_000
"""Memory that a recording may need, three times that of a day of three leads: more processes than
fit into the machine's would end each other."""
CGROUP_MEMORY: Final = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much memory a container has."""

ENDING_S: Final = 10
"""How long a process that answers no more has for ending by itself."""

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
    answer = _Answerer(order)
    for task in tasks:
        yield answer(task, lambda share, task=task: told(task, share))  # type: ignore[misc]


class _Answerer:
    """Answers tasks; the models are loaded for the first that needs them."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._scorer: Scorer | None = None

    def __call__(self, task: Task, progress: Callable[[float], None]) -> Done:
        """Answer a task.

        Raises
        ------
        ModelMismatchError
            If the model does not fit to software or settings.
        """
        found = answer_from_existing(task, self.order)
        if isinstance(found, Done):
            return found
        if self._scorer is None:
            from deepecg.batch.score_one import Scorer  # noqa: PLC0415  (SciPy, ONNX Runtime)

            self._scorer = Scorer.load(self.order)
        return self._scorer.score(task, found, progress)


class _Worker:
    """A process that scores one recording at a time.

    Attributes
    ----------
    task : Task
        What it was last told to score.
    answers : Connection
        Receives shares of the work, then what became of the recording, or an error.
    """

    def __init__(self, order: Order, task: Task) -> None:
        context = get_context("spawn")  # a fork would share threads and locks of libraries
        self.answers, to_answer = context.Pipe(duplex=False)
        to_score, self._tasks = context.Pipe(duplex=False)
        self.process: BaseProcess = context.Process(
            target=_work, args=(to_score, to_answer, order), daemon=True
        )
        with interrupts_ignored():
            self.process.start()
        to_score.close()
        to_answer.close()
        self.score(task)

    def score(self, task: Task) -> None:
        """Let it score a recording."""
        self.task = task
        with suppress(OSError):  # it has died: receiving will say so
            self._tasks.send(task)

    def died(self) -> Done:
        """Return what became of its task when it has ended."""
        self.process.join(ENDING_S)
        self.end()
        code = self.process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        reason = f"the process that scored it ended ({how}), most often for want of memory"
        return self.task.failed(DIED, reason)

    def end(self) -> None:
        """End it, whatever it is doing: what it has written so far is nothing yet."""
        self.process.kill()
        self.process.join()
        self.answers.close()
        self._tasks.close()


def _score_in_processes(
    tasks: Iterable[Task], order: Order, n_jobs: int, told: Told
) -> Generator[Done, None, None]:
    remaining = iter(tasks)
    workers: dict[Connection, _Worker] = {}

    def start(n: int) -> None:
        for task in islice(remaining, n):
            worker = _Worker(order, task)
            workers[worker.answers] = worker

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


def _work(tasks: Connection, answers: Connection, order: Order) -> None:
    """Score what comes through a connection, until it is closed."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    answer = _Answerer(order)
    with suppress(EOFError, OSError):
        try:
            while True:
                answers.send(answer(tasks.recv(), answers.send))
        except ModelMismatchError as error:
            answers.send(error)
