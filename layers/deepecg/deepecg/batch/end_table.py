"""What is printed when a run has ended: the most urgent recordings first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop

from deepecg.batch.outcome import Outcome, OutcomeName
from deepecg.batch.recording_paths import shown
from deepecg.readers.found_recordings import SkippedFile

MAX_ROWS = 50
"""Recordings of each part of the table; the night's page lists more."""
MAX_FINDINGS = 3
NO_FINDING = "nothing urgent or notable"

Urgency = tuple[int, float]
"""What :func:`deepecg.night.urgency_ranking.urgency_key` returns."""


@dataclass
class EndTable:
    """The outcomes of a run, of which only those that are printed stay in memory.

    Attributes
    ----------
    counts : Counter of str
        Recordings by outcome.
    """

    counts: Counter[OutcomeName] = field(default_factory=Counter)
    _ranked: list[tuple[float, float, str, Outcome]] = field(default_factory=list)
    _not_scored: list[tuple[str, Outcome]] = field(default_factory=list)

    def add(self, name: str, outcome: Outcome, urgency: Urgency | None) -> None:
        """Add a recording; those that were scored have an urgency."""
        self.counts[outcome.outcome] += 1
        if urgency is None:
            if len(self._not_scored) < MAX_ROWS:
                self._not_scored.append((name, outcome))
            return
        row = (-urgency[0], -urgency[1], name, outcome)  # the least urgent is dropped first
        if len(self._ranked) < MAX_ROWS:
            heappush(self._ranked, row)
        else:
            heappushpop(self._ranked, row)

    @property
    def n_done(self) -> int:
        """Number of recordings that have results."""
        return sum(self.counts[outcome] for outcome in ("scored", "reviewed", "skipped"))

    @property
    def has_entries(self) -> bool:
        """Whether a recording was entered for the night."""
        return any(self.counts[outcome] for outcome in ("scored", "rejected", "failed"))

    def lines(self, others: Sequence[SkippedFile]) -> Iterator[str]:
        """Yield the lines of the table.

        Parameters
        ----------
        others : sequence of SkippedFile
            Files that are no recordings, and why.
        """
        ranked = sorted(self._ranked, key=lambda row: (-row[0], -row[1], row[2]))
        for tier, _, name, outcome in ranked:
            label = {0: "URGENT ", -1: "notable"}.get(int(tier), "       ")
            findings = [*outcome.urgent, *outcome.notable]
            more = f"; {len(findings) - MAX_FINDINGS} more" if len(findings) > MAX_FINDINGS else ""
            said = "; ".join(findings[:MAX_FINDINGS]) or NO_FINDING
            yield f"{label}  {shown(name)}: {said}{more}"
            if outcome.warnings:
                yield f"         warnings: {', '.join(outcome.warnings)}"
            yield f"         {shown(outcome.report or '')}"
        yield from _more(self.n_done - len(ranked))
        for name, outcome in self._not_scored:
            yield f"{outcome.outcome}  {shown(name)}: {outcome.code}: {outcome.reason}"
        yield from _more(self.counts.total() - self.n_done - len(self._not_scored))
        for file in others[:MAX_ROWS]:
            yield f"no recording  {shown(file.path)}: {file.reason}"
        yield from _more(len(others) - MAX_ROWS)


def _more(n_left_out: int) -> Iterator[str]:
    if n_left_out > 0:
        yield f"... and {n_left_out:,} more"
