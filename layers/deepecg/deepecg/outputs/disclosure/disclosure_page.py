"""The full disclosure: one HTML file with every minute of a recording, a row each.

The rows are drawn in the browser, from packed samples of one lead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment
from markupsafe import Markup

from deepecg.arrays import Floats32, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs.disclosure.settings import DisclosureSettings
from deepecg.outputs.html_pages import page_policy, script_json, template_environment
from deepecg.outputs.package_files import package_text
from deepecg.outputs.packed_levels import pack_levels
from deepecg.outputs.report.recording_clock import Clock
from deepecg.scored_recording import ScoredRecording
from deepecg.signal.stretches import stretches
from deepecg.time_units import SECONDS_PER_MINUTE

SCRIPTS = ("packed_levels.js", "disclosure/disclosure.js")
R_WAVE_MM = 7.0
"""Height of a tall R wave in its row, below the letters."""


@dataclass(frozen=True)
class _Row:
    """A minute of the clock, as far as the recording lasts, and the lead that shows it best."""

    start_s: float
    stop_s: float
    number: int
    """Place of the lead among those analysed."""
    lost: Ints
    """First and last-plus-one second of each stretch that cannot be analysed in it."""


def write_disclosure(
    scored: ScoredRecording,
    path: Path,
    recording_id: str,
    clock: Clock,
    settings: DisclosureSettings | None = None,
) -> None:
    """Write the full disclosure of a recording; only a few minutes are in memory at a time.

    Parameters
    ----------
    scored : ScoredRecording
        The recording.
    path : Path
        The HTML file.
    recording_id : str
        ID of the recording, in the title.
    clock : Clock
        Times of the recording. A row is a minute of its clock.
    settings : DisclosureSettings, optional
        Resolution and rate; the defaults if None.
    """
    settings = settings or DisclosureSettings()
    rows = list(_rows(scored, clock))
    style = Markup(package_text("outputs", "disclosure/style.css"))
    scripts = [Markup(package_text("outputs", name)) for name in SCRIPTS]
    is_thinned = scored.recording.duration_s > settings.full_rate_s
    page = (
        _environment()
        .get_template("disclosure.html.j2")
        .stream(
            recording_id=recording_id,
            start=clock.start,
            policy=page_policy([style], scripts),
            style=style,
            scripts=scripts,
            leads=[scored.recording.leads[lead.number] for lead in scored.used],
            calibrated=scored.recording.amplitudes_calibrated,
            long_rate_hz=settings.long_rate_hz if is_thinned else None,
            index=script_json(_index(scored, rows, clock, settings)),
            blocks=_blocks(scored, rows, settings, is_thinned=is_thinned),
        )
    )
    page.dump(str(path), encoding="utf-8")


@cache
def _environment() -> Environment:
    return template_environment("deepecg.outputs.disclosure")


def _rows(scored: ScoredRecording, clock: Clock) -> Iterator[_Row]:
    duration_s = scored.recording.duration_s
    edges = np.arange(
        -(clock.since_midnight_s % SECONDS_PER_MINUTE), duration_s, SECONDS_PER_MINUTE
    )
    analysable = [lead.flags.analysable for lead in scored.used]
    for edge in edges.tolist():
        start_s, stop_s = max(edge, 0.0), min(edge + SECONDS_PER_MINUTE, duration_s)
        begin = int(start_s)
        seconds = [flags[begin : ceil(stop_s)] for flags in analysable]
        best = int(np.argmax([flags.sum() for flags in seconds]))
        yield _Row(start_s, stop_s, best, begin + stretches(~seconds[best]))


def _index(
    scored: ScoredRecording, rows: list[_Row], clock: Clock, settings: DisclosureSettings
) -> dict[str, Any]:
    """Return what the page contains of every row before it is drawn."""
    beats = scored.beats
    starts_s = np.array([row.start_s for row in rows])
    row_of_beat = np.searchsorted(starts_s, beats.times_s, side="right") - 1
    lead = scored.conditioned
    at = np.minimum(np.rint(beats.times_s * lead.clock_hz).astype(np.int64), len(lead.signal) - 1)
    heights_mv = np.abs(lead.signal[at])
    tall_mv = np.quantile(heights_mv, settings.tall_share) if len(at) else 1.0
    return {
        # All rows are minutes of the clock: the first may begin before the recording.
        "offset_s": -(clock.since_midnight_s % SECONDS_PER_MINUTE),
        "labels": [clock.minute(max(row.start_s, 0.0)) for row in rows],
        "ectopic": [
            np.bincount(row_of_beat[beats.is_class(name)], minlength=len(rows)).tolist()
            for name in "VS"
        ],
        "mm_per_mv": round(float(R_WAVE_MM / np.clip(tall_mv, 0.3, 5.0)), 2),
        "step_mv": settings.step_mv,
        "block_rows": settings.block_rows,
        "leads": [scored.recording.leads[lead.number] for lead in scored.used],
    }


def _blocks(
    scored: ScoredRecording, rows: list[_Row], settings: DisclosureSettings, *, is_thinned: bool
) -> Iterator[Markup]:
    """Yield the packed signal and beats of some rows after another."""
    beats = scored.beats
    ahead = iter(rows)
    while block := list(islice(ahead, settings.block_rows)):
        signals: list[Floats32] = []
        documents = []
        for row in block:
            lead = scored.used[row.number].conditioned
            clock_hz = lead.clock_hz
            first, stop = round(row.start_s * clock_hz), round(row.stop_s * clock_hz)
            signal, rate_hz = lead.signal[first:stop], clock_hz
            if is_thinned:
                per_pair = 2 * lead.rate_hz // settings.long_rate_hz
                signal, rate_hz = _extremes(signal, per_pair), 2 * clock_hz / per_pair
            inside = slice(*np.searchsorted(beats.times_s, (row.start_s, row.stop_s)))
            signals.append(signal)
            documents.append(
                {
                    "from_s": round(first / clock_hz, 4),
                    "rate_hz": rate_hz,
                    "samples": len(signal),
                    "lead": row.number,
                    "beats_s": np.round(beats.times_s[inside], 2).tolist(),
                    "classes": "".join(CLASSES[label] for label in beats.labels[inside]),
                    "lost": row.lost.tolist(),
                }
            )
        levels = np.rint(np.concatenate(signals) / settings.step_mv).astype(np.int64)
        yield Markup(pack_levels({"rows": documents}, levels))


def _extremes(signal: Floats32, length: int) -> Floats32:
    """Return the lowest and the highest of every ``length`` samples, in the order they come."""
    whole = np.pad(signal, (0, -len(signal) % length), mode="edge").reshape(-1, length)
    at = np.sort(np.stack([whole.argmin(axis=1), whole.argmax(axis=1)], axis=1), axis=1)
    return np.take_along_axis(whole, at, axis=1).reshape(-1)
