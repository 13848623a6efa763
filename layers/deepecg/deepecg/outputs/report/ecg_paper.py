"""Strips on ECG paper: 25 mm/s and 10 mm/mV, true to scale when printed."""

from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Floats
from deepecg.outputs.graphics.ecg_strips import Strip
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
STEP_MV = 0.005
"""Resolution of the trace: a twentieth of a millimetre."""
MOST_MV = 3.0
"""Largest amplitude that fits on the paper. The caption says if the trace exceeds it."""
LEAST_ABOVE_MV, LEAST_BELOW_MV = 1.0, 0.5
"""Smallest amplitudes above and below the baseline that the paper has room for."""
PRINTED_MM = 185
"""Length of a printed row on A4; a longer strip continues in further rows."""
SHORTEST_ROW_MM = 5
LABEL_MM = 8.0
"""Narrowest stretch of lost signal that is labelled."""


@dataclass(frozen=True)
class Letter:
    """Class of a beat above the trace, and the RR interval before it."""

    x: float
    name: str
    rr_x: float
    rr_ms: str


@dataclass(frozen=True)
class Lost:
    """A stretch that cannot be analysed; its signal is not drawn."""

    x: float
    width: float

    @property
    def is_named(self) -> bool:
        """Whether it is wide enough for a label."""
        return self.width >= LABEL_MM


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A trace on paper, in millimetres: the mean beat of a cluster, at the strips' scale."""

    width: float
    height: float
    baseline: float
    path: str
    scale: str


@dataclass(frozen=True, kw_only=True)
class StripPicture(Picture):
    """A strip in millimetres."""

    letters: tuple[Letter, ...]
    lost: tuple[Lost, ...]
    event_x: float
    event_width: float
    more_rows: tuple[int, ...]
    """Positions on the strip at which further printed rows begin."""
    is_cut: bool
    """Whether the trace exceeds the paper."""


def strip_picture(strip: Strip) -> StripPicture:
    """Draw a strip."""
    signal = np.nan_to_num(strip.signal_mv.astype(np.float64))
    at_s = np.arange(len(signal)) / strip.rate_hz
    shown = np.ones(len(signal), bool)
    for begin, end in strip.lost:
        shown &= (at_s < begin) | (at_s >= end)
    baseline, height, is_cut = _paper(signal[shown])
    seconds = len(signal) / strip.rate_hz
    width = BOX_MM * np.ceil((LEAD_IN_MM + seconds * MM_PER_S) / BOX_MM)
    letters = []
    beats = zip(strip.beat_times_s.tolist(), strip.rr_s.tolist(), strip.beat_classes, strict=True)
    for i, (beat_s, rr_s, name) in enumerate(beats):
        x = LEAD_IN_MM + beat_s * MM_PER_S
        # The RR interval of the first beat begins outside the strip.
        is_known = i > 0 and np.isfinite(rr_s)
        rr_ms = f"{1000 * rr_s:.0f}" if is_known else ""
        letters.append(Letter(x, name, x - rr_s * MM_PER_S / 2 if is_known else x, rr_ms))
    return StripPicture(
        width=float(width),
        height=height,
        baseline=baseline,
        path=trace(np.rint(-signal / STEP_MV).astype(np.int64), shown),
        scale=f"{short(MM_PER_S / strip.rate_hz, 6)} {short(MM_PER_MV * STEP_MV, 6)}",
        letters=tuple(letters),
        lost=tuple(
            Lost(LEAD_IN_MM + begin * MM_PER_S, (end - begin) * MM_PER_S)
            for begin, end in strip.lost
        ),
        event_x=LEAD_IN_MM + strip.from_s * MM_PER_S,
        event_width=max((strip.until_s - strip.from_s) * MM_PER_S, 1.0),
        more_rows=tuple(
            range(PRINTED_MM, max(int(width) - SHORTEST_ROW_MM + 1, PRINTED_MM), PRINTED_MM)
        ),
        is_cut=is_cut,
    )


def shape_pictures(clusters: tuple[Cluster, ...]) -> list[Picture]:
    """Draw the mean beats of the clusters, all on paper of the same size."""
    if not clusters:
        return []
    papers = [_paper(cluster.shape_mv.astype(np.float64), letters_mm=0) for cluster in clusters]
    baseline = max(paper[0] for paper in papers)
    height = baseline + max(paper[1] - paper[0] for paper in papers)
    return [
        Picture(
            width=BOX_MM * np.ceil(len(c.shape_mv) / c.rate_hz * MM_PER_S / BOX_MM),
            height=height,
            baseline=baseline,
            path=trace(np.rint(-c.shape_mv / STEP_MV).astype(np.int64)),
            scale=f"{short(MM_PER_S / c.rate_hz, 6)} {short(MM_PER_MV * STEP_MV, 6)}",
        )
        for c in clusters
    ]


def paper_lines(width: float, height: float, step: int) -> str:
    """Return the lines of a sheet of paper."""
    across = "".join(f"M{x} 0v{short(height)}" for x in range(0, int(width) + 1, step))
    down = "".join(f"M0 {y}h{short(width)}" for y in range(0, int(height) + 1, step))
    return across + down


def _paper(signal_mv: Floats, letters_mm: float = LETTERS_MM) -> tuple[float, float, bool]:
    """Return baseline and height of the paper in mm, and whether the trace exceeds it."""
    above = float(signal_mv.max(initial=LEAST_ABOVE_MV))
    below = -float(signal_mv.min(initial=-LEAST_BELOW_MV))
    boxes_above = np.ceil(min(above, MOST_MV) * MM_PER_MV / BOX_MM)
    boxes_below = np.ceil((min(below, MOST_MV) * MM_PER_MV + BAR_MM) / BOX_MM)
    baseline = letters_mm + BOX_MM * boxes_above
    is_cut = above > MOST_MV or below > MOST_MV
    return float(baseline), float(baseline + BOX_MM * boxes_below), is_cut
