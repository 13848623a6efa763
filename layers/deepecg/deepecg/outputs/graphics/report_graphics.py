"""The plots and strips of a report, as data, computed from a scored recording."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Ints
from deepecg.outputs.graphics.ecg_strips import Strip, cut_strips
from deepecg.outputs.graphics.heart_rate_trend import Trend, heart_rate_trend
from deepecg.outputs.graphics.morphology_clusters import Cluster, beat_clusters, known_clusters
from deepecg.outputs.graphics.rr_plots import Poincare, RrHistogram, poincare, rr_histogram
from deepecg.outputs.graphics.settings import (
    ClusterSettings,
    RrPlotSettings,
    StripSettings,
    TrendSettings,
)
from deepecg.rhythm.event_kinds import ISOLATED_SUPRAVENTRICULAR, ISOLATED_VENTRICULAR
from deepecg.rhythm.events import ListedEvents
from deepecg.scored_recording import ScoredRecording


@dataclass(frozen=True)
class Graphics:
    """The data of the plots and strips of a report.

    Attributes
    ----------
    trend : Trend
        Heart rate, ectopic beats and atrial fibrillation over time.
    rr_histogram : RrHistogram
        Lengths of RR intervals.
    poincare : Poincare
        Every RR interval against the previous one.
    strips : tuple of Strip
        Strips of the most severe events and of examples.
    clusters : tuple of Cluster
        Beats by class and shape.
    """

    trend: Trend
    rr_histogram: RrHistogram
    poincare: Poincare
    strips: tuple[Strip, ...]
    clusters: tuple[Cluster, ...]


def draw(scored: ScoredRecording, listed: ListedEvents) -> Graphics:
    """Compute the plots and strips of a scored recording.

    Parameters
    ----------
    scored : ScoredRecording
        The recording, its beats and its rhythm.
    listed : ListedEvents
        The listed events; strips refer to them by their numbers.

    Returns
    -------
    Graphics
        The same for the same recording.
    """
    stream, rhythm = scored.rhythm.confirmed, scored.rhythm
    isolated = {
        ISOLATED_VENTRICULAR: rhythm.ventricular.isolated,
        ISOLATED_SUPRAVENTRICULAR: rhythm.supraventricular.isolated,
    }
    clusters = _clusters(scored)
    return Graphics(
        heart_rate_trend(stream, rhythm.fibrillation, TrendSettings()),
        rr_histogram(stream, rhythm.fibrillation.beats, RrPlotSettings()),
        poincare(stream, RrPlotSettings()),
        cut_strips(scored, listed.events, isolated, StripSettings()),
        clusters,
    )


def cluster_numbers(scored: ScoredRecording, clusters: Iterable[Cluster] | None = None) -> Ints:
    """Return the number of the morphology cluster of each beat, shape (n_beats,).

    Parameters
    ----------
    scored : ScoredRecording
        The recording.
    clusters : iterable of Cluster, optional
        Its clusters, if they are known already.

    Returns
    -------
    ndarray of int64, shape (n_beats,)
        0 where the primary lead cannot be analysed.
    """
    shown = _shown(scored)
    numbers = np.zeros(len(scored.beats.times_s), np.int64)
    for cluster in _clusters(scored) if clusters is None else clusters:
        numbers[shown[cluster.beats]] = cluster.number
    return numbers


def _clusters(scored: ScoredRecording) -> tuple[Cluster, ...]:
    beats, shown = scored.beats, _shown(scored)
    those_shown = scored.conditioned, beats.times_s[shown], beats.labels[shown]
    if scored.review is None:
        return beat_clusters(*those_shown, ClusterSettings())
    known = scored.review.cluster_of_beat[shown]
    return known_clusters(*those_shown, known, ClusterSettings())


def _shown(scored: ScoredRecording) -> Ints:
    """Return the beats that can be seen on the primary lead."""
    return np.flatnonzero(scored.used[0].flags.beats_analysable(scored.beats.times_s))
