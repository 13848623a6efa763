"""How far a run is: a bar on a terminal, a line for each recording elsewhere."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from deepecg.batch.outcome import Outcome
from deepecg.batch.recording_paths import shown
from deepecg.batch.tasks import Task

if TYPE_CHECKING:
    from tqdm import tqdm

LAYOUT = "{desc}: {percentage:3.0f}%|{bar:30}| {elapsed}"


class Progress:
    """Shows how far a run is, on the error output.

    Attributes
    ----------
    n_recordings : int
        Recordings of the run.
    quiet : bool
        Whether only what went wrong is shown.
    """

    def __init__(self, n_recordings: int, *, quiet: bool) -> None:
        self.n_recordings, self.quiet = n_recordings, quiet
        self.n_done = 0
        self._shares: dict[str, float] = {}
        self._bar: tqdm[NoReturn] | None = None

    def __enter__(self) -> "Progress":
        if not self.quiet and sys.stderr.isatty():
            from tqdm import tqdm  # noqa: PLC0415  (slow)

            self._bar = tqdm(total=float(self.n_recordings), bar_format=LAYOUT)
            self._move()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def told(self, task: Task, share: float) -> None:
        """Show the share of a recording's work that is done, 0 to 1."""
        self._shares[task.name] = share
        self._move()

    def done(self, name: str, outcome: Outcome) -> None:
        """Show what became of a recording."""
        self.n_done += 1
        self._shares.pop(name, None)
        if not outcome.is_done:
            next_step = outcome.next_step or ""
            reason = f"{outcome.outcome} ({outcome.code}): {outcome.reason}. {next_step}"
            self._say(f"{shown(name)}: {reason.rstrip()}")
        elif self._bar is None and not self.quiet:
            self._say(f"{self._count}: {shown(name)} {outcome.outcome}")
        self._move()

    @property
    def _count(self) -> str:
        return f"{self.n_done} of {self.n_recordings}"

    def _say(self, text: str) -> None:
        if self._bar is None:
            print(text, file=sys.stderr, flush=True)
        else:
            self._bar.write(text, file=sys.stderr)

    def _move(self) -> None:
        if self._bar is not None:
            self._bar.set_description_str(self._count, refresh=False)
            self._bar.update(self.n_done + sum(self._shares.values()) - self._bar.n)
