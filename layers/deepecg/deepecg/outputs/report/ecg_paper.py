"""Strips on ECG paper: 25 mm/s and 10 mm/mV, true to scale when printed."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, isfinite
from typing import NamedTuple

import numpy as np

from deepecg.arrays import Bools, Floats32, Ints
from deepecg.outputs.graphics.ecg_strips import Cut, Strip
from deepecg.outputs.graphics.morphology_clusters import Cluster
from deepecg.outputs.report.svg_paths import short, trace

MM_PER_S = 25.0
MM_PER_MV = 10.0
BOX_MM = 5
"""Distance of the thick lines; the thin lines are 1 mm apart."""
LEAD_IN_MM = 10.0
"""Width of the paper before the trace, for the calibration pulse of 1 mV and 0.2 s."""
LETTERS_MM = 10.0
"""Height of the paper above the trace, for the classes of the beats."""
BAR_MM = 1.5
"""Height of the paper below the trace, for the bar that marks the event."""
STEP_MV = 0.01
"""Resolution of the trace: a tenth of a millimetre, a third of the line's width."""
MOST_MV = 3.0
"""Largest amplitude that fits on the paper. The caption says if the trace exceeds it."""
MOST_HEIGHT_MM = 225.0
"""Greatest height of the leads of a strip, so that twelve fit on a page of A4. Where more would be
needed, the baselines are closer together, and traces may overlap."""
LEAST_ABOVE_MV, LEAST_BELOW_MV = 1.0, 0.5
"""Smallest amplitudes above and below the baseline that the paper has room for."""
PRINTED_MM = 185
"""Length of a printed row on A4; a longer strip continues in further rows."""
SHORTEST_ROW_MM = 5
LABEL_MM = 8.0
"""Narrowest stretch of lost signal that is labelled."""


class Letter(NamedTuple):
    """Class of a beat above the trace, and the RR interval before it."""

    x: float
    name: str
    rr_x: float
    rr_ms: str


@dataclass(frozen=True)
class Lost:
    """A stretch of a lead that cannot be analysed; its signal is not drawn."""

    x: float
    width: float
    y: float
    height: float

    @property
    def is_named(self) -> bool:
        """Whether it is wide enough for a label."""
        return self.width >= LABEL_MM


@dataclass(frozen=True)
class LeadPicture:
    """A lead on the paper: its name, the height of its baseline, and its trace.

    ``levels`` are the samples in steps of :data:`STEP_MV`, downwards; those that are not ``shown``
    interrupt the trace.
    """

    name: str
    baseline: float
    levels: Ints
    shown: Bools

    @property
    def path(self) -> str:
        """The trace as an SVG path."""
        return trace(self.levels, self.shown)


@dataclass(frozen=True)
class CutPicture:
    """The place where the middle of an event is left out."""

    x: float
    width: float
    left_out_s: float


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A sheet of paper in millimetres, and the scale of the traces on it."""

    width: float
    height: float
    scale: str


@dataclass(frozen=True, kw_only=True)
class ShapePicture(Paper):
    """The mean beat of a cluster, at the strips' scale."""

    baseline: float
    path: str


@dataclass(frozen=True, kw_only=True)
class StripPicture(Paper):
    """A strip in millimetres."""

    leads: tuple[LeadPicture, ...]
    letters: tuple[Letter, ...]
    lost: tuple[Lost, ...]
    event_x: float
    event_width: float
    cut: CutPicture | None
    more_rows: tuple[int, ...]
    """Positions on the strip at which further printed rows begin."""
    is_beyond: bool
    """Whether a trace exceeds the paper."""


def strip_picture(strip: Strip) -> StripPicture:
    """Draw a strip."""
    shown = [_shown(strip, lead) for lead in range(len(strip.leads))]
    papers = [_paper(signal[mask]) for signal, mask in zip(strip.signal_mv, shown, strict=True)]
    crowded = min(MOST_HEIGHT_MM / sum(above + below for above, below, _ in papers), 1.0)
    leads, lost, bottom = [], [], LETTERS_MM
    for name, levels, mask, gaps, (above, below, _) in zip(
        strip.leads, _levels(strip.signal_mv), shown, strip.lost, papers, strict=True
    ):
        top, bottom = bottom, bottom + round(crowded * (above + below))
        leads.append(LeadPicture(name, top + round(crowded * above), levels, mask))
        lost += [
            Lost(_x(begin), (end - begin) * MM_PER_S, top, bottom - top) for begin, end in gaps
        ]
    height = BOX_MM * ceil((bottom + BAR_MM) / BOX_MM)
    width = BOX_MM * ceil(_x(strip.signal_mv.shape[1] / strip.rate_hz) / BOX_MM)
    return StripPicture(
        width=width,
        height=height,
        scale=_scale(strip.rate_hz),
        leads=tuple(leads),
        letters=tuple(_letters(strip)),
        lost=tuple(lost),
        event_x=_x(strip.from_s),
        event_width=max((strip.until_s - strip.from_s) * MM_PER_S, 1.0),
        cut=_cut(strip.cut) if strip.cut else None,
        more_rows=tuple(
            range(PRINTED_MM, max(width - SHORTEST_ROW_MM + 1, PRINTED_MM), PRINTED_MM)
        ),
        is_beyond=any(is_beyond for *_, is_beyond in papers),
    )


def _shown(strip: Strip, lead: int) -> Bools:
    """Return which samples of a lead are drawn."""
    shown: Bools = np.isfinite(strip.signal_mv[lead])
    if strip.lost[lead]:
        at_s = np.arange(len(shown)) / strip.rate_hz
        for begin, end in strip.lost[lead]:
            shown &= (at_s < begin) | (at_s >= end)
    return shown


def _levels(signal_mv: Floats32) -> Ints:
    levels: Ints = np.rint(np.nan_to_num(signal_mv / -STEP_MV)).astype(np.int64)
    return levels


def _cut(cut: Cut) -> CutPicture:
    return CutPicture(_x(cut.from_s), (cut.until_s - cut.from_s) * MM_PER_S, cut.left_out_s)


def _x(seconds: float) -> float:
    return LEAD_IN_MM + seconds * MM_PER_S


def _scale(rate_hz: float) -> str:
    return f"{short(MM_PER_S / rate_hz, 6)} {short(MM_PER_MV * STEP_MV, 6)}"


def _letters(strip: Strip) -> Iterator[Letter]:
    beats = zip(strip.beat_times_s.tolist(), strip.rr_s.tolist(), strip.beat_classes, strict=True)
    for i, (beat_s, rr_s, name) in enumerate(beats):
        # The RR interval of the first beat begins outside the strip.
        is_known = i > 0 and isfinite(rr_s)
        rr_x = _x(beat_s - rr_s / 2) if is_known else _x(beat_s)
        yield Letter(_x(beat_s), name, rr_x, f"{1000 * rr_s:.0f}" if is_known else "")


def shape_pictures(clusters: tuple[Cluster, ...]) -> list[ShapePicture]:
    """Draw the mean beats of the clusters, all on paper of the same size."""
    if not clusters:
        return []
    papers = [_paper(cluster.shape_mv) for cluster in clusters]
    baseline = max(above for above, *_ in papers)
    height = baseline + max(below for _, below, _ in papers)
    return [
        ShapePicture(
            width=BOX_MM * np.ceil(len(c.shape_mv) / c.rate_hz * MM_PER_S / BOX_MM),
            height=height,
            baseline=baseline,
            path=trace(_levels(c.shape_mv)),
            scale=_scale(c.rate_hz),
        )
        for c in clusters
    ]


def paper_lines(width: float, height: float, step: int) -> str:
    """Return the lines of a sheet of paper."""
    across = "".join(f"M{x} 0v{short(height)}" for x in range(0, int(width) + 1, step))
    down = "".join(f"M0 {y}h{short(width)}" for y in range(0, int(height) + 1, step))
    return across + down


def _paper(signal_mv: Floats32) -> tuple[float, float, bool]:
    """Return the paper above and below a baseline in mm, and whether the trace exceeds it."""
    above = float(signal_mv.max(initial=LEAST_ABOVE_MV))
    below = -float(signal_mv.min(initial=-LEAST_BELOW_MV))
    boxes = [ceil(min(most, MOST_MV) * MM_PER_MV / BOX_MM) for most in (above, below)]
    return BOX_MM * boxes[0], BOX_MM * boxes[1], max(above, below) > MOST_MV
