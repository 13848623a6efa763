"""Markdown tables, and how numbers are written in them."""

from collections.abc import Iterable, Sequence

from training.beat_comparison import BeatCounts


def table(header: Sequence[str], cells: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table with a line break at its end."""
    return rows([header]) + "|---" * len(header) + "|\n" + rows(cells)


def rows(cells: Iterable[Sequence[object]]) -> str:
    """Return rows of a Markdown table, each with a line break at its end."""
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in cells)


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share in percent, a dash for None."""
    return "-" if share is None else f"{100 * share:.{digits}f}"


def percent_interval(interval: Sequence[float] | None, digits: int = 1) -> str:
    """Return an interval of shares in percent, a dash for None."""
    if interval is None:
        return "-"
    return " to ".join(percent(limit, digits) for limit in interval)


def class_metrics(counts: BeatCounts, name: str, *, ec57: bool) -> str:
    """Return sensitivity, positive predictivity and F1 of a class: ``90.0 / 80.0 (84.7)``."""
    found, right, f1 = (
        percent(counts.metric(f"{name}_{metric}", ec57=ec57))
        for metric in ("sensitivity", "predictivity", "f1")
    )
    return f"{found} / {right} ({f1})"
