"""Morphology clusters: the beats of each class by shape."""

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from deepecg.arrays import Floats, Floats32, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs.graphics.settings import ClusterSettings
from deepecg.signal.conditioning import ConditionedLead
from deepecg.signal.windows_around_samples import windows_at

REST = -1
"""Cluster number of beats that are in no cluster."""
TINY_MV = 1e-6
"""Smallest norm, which keeps the correlation with a flat line finite; far below any recorder's
resolution."""


@dataclass(frozen=True)
class Cluster:
    """Beats of one class that look alike, or the rest of a class.

    Attributes
    ----------
    number : int
        Number from 1, in the order of the report.
    class_name : str
        One of :data:`deepecg.beats.aami_classes.CLASSES`.
    count : int
        Number of beats.
    percent : float
        Share of all beats.
    rate_hz : float
        Samples per second of ``shape_mv``.
    shape_mv : ndarray of float32, shape (n,)
        Mean beat.
    is_rest : bool
        Whether these are the beats of a class that are in no other cluster. Their mean may
        resemble none of them.
    beats : ndarray of int64, shape (count,)
        Indices of the beats.
    """

    number: int
    class_name: str
    count: int
    percent: float
    rate_hz: float
    shape_mv: Floats32
    is_rest: bool = False
    beats: Ints = field(default_factory=lambda: np.empty(0, np.int64))


def beat_clusters(
    lead: ConditionedLead,
    times_s: Floats,
    labels: Ints,
    settings: ClusterSettings,
) -> tuple[Cluster, ...]:
    """Return the morphology clusters of the beats of every class.

    The beat of a class that resembles most others forms a cluster with them; then the same is
    repeated with the remaining beats. This is done on a sample of the beats. Every beat then joins
    the cluster of its class that it resembles most.

    Parameters
    ----------
    lead : ConditionedLead
        The signal.
    times_s : ndarray of float64, shape (n_beats,)
        R peaks.
    labels : ndarray of int64, shape (n_beats,)
        Index into :data:`deepecg.beats.aami_classes.CLASSES`.
    settings : ClusterSettings
        Similarity of the beats of a cluster, and the largest number of clusters.

    Returns
    -------
    tuple of Cluster
        Every beat is in one of them. In the order of
        :data:`~deepecg.beats.aami_classes.CLASSES`, the largest of a class first and its rest
        last.

    Notes
    -----
    Quality-threshold clustering (Heyer et al. 1999, Genome Res 9:1106) with Pearson's
    correlation, which Plesinger et al. 2015 (doi:10.5220/0005604200110019) use for QRS complexes.
    """
    peaks = np.rint(times_s * lead.clock_hz).astype(np.int64)
    found: list[Cluster] = []
    for label, (name, most) in enumerate(zip(CLASSES, settings.max_per_class, strict=True)):
        beats = np.flatnonzero(labels == label)
        of_class = peaks[beats]
        member = _members(lead, of_class, most, settings)
        numbers, counts = np.unique(member, return_counts=True)
        for number in numbers[np.lexsort([-counts, numbers == REST])]:
            in_it = of_class[member == number]
            found.append(
                Cluster(
                    number=len(found) + 1,
                    class_name=name,
                    count=len(in_it),
                    percent=100 * len(in_it) / len(labels),
                    rate_hz=lead.clock_hz,
                    shape_mv=_shown(lead, in_it, settings),
                    is_rest=bool(number == REST),
                    beats=beats[member == number],
                )
            )
    return tuple(found)


def known_clusters(
    lead: ConditionedLead,
    times_s: Floats,
    labels: Ints,
    cluster_of_beat: Ints,
    settings: ClusterSettings,
) -> tuple[Cluster, ...]:
    """Return clusters whose beats are known: after a review, those of the original analysis.

    They keep their numbers, by which a later review names them, and take the class that most of
    their beats have now.

    Parameters
    ----------
    lead : ConditionedLead
        The signal.
    times_s, labels : ndarray, shape (n_beats,)
        As for :func:`beat_clusters`.
    cluster_of_beat : ndarray of int64, shape (n_beats,)
        Number of the cluster of each beat; 0 for none.
    settings : ClusterSettings
        How the mean beat is computed.

    Returns
    -------
    tuple of Cluster
        In the order of their numbers. Beats that a reviewer inserted are in none.
    """
    peaks = np.rint(times_s * lead.clock_hz).astype(np.int64)
    found = []
    for number in np.unique(cluster_of_beat[cluster_of_beat > 0]).tolist():
        beats = np.flatnonzero(cluster_of_beat == number)
        found.append(
            Cluster(
                number=number,
                class_name=CLASSES[int(np.bincount(labels[beats]).argmax())],
                count=len(beats),
                percent=100 * len(beats) / len(labels),
                rate_hz=lead.clock_hz,
                shape_mv=_shown(lead, peaks[beats], settings),
                beats=beats,
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class _Shapes:
    """Shapes to compare beats with, each at several alignments.

    Attributes
    ----------
    aligned : ndarray of float32, shape (n_shapes, n_alignments, length)
        Of mean 0 and norm 1 along the last axis.
    norms : ndarray of float32, shape (n_shapes, 1)
        Of the shapes about their mean.
    """

    aligned: Floats32
    norms: Floats32

    @classmethod
    def of(cls, wide: Floats32, margin: int) -> "_Shapes":
        """Return shapes, which have a margin on both sides, at every alignment within it."""
        length = wide.shape[1] - 2 * margin
        every = sliding_window_view(wide, length, axis=1)
        centred = every - every.mean(axis=2, keepdims=True)
        norms = np.linalg.norm(centred, axis=2, keepdims=True)
        return cls(centred / np.maximum(norms, TINY_MV), norms[:, margin])

    def correlations(self, windows: Floats32, settings: ClusterSettings) -> Floats32:
        """Return the correlation of every shape with every beat, at the best alignment.

        -1 where their amplitudes differ too much. ``windows`` has shape (n_beats, length), the
        result (n_shapes, n_beats).
        """
        energy = np.einsum("ij,ij->i", windows, windows)
        energy -= windows.shape[1] * windows.mean(axis=1) ** 2
        norms = np.sqrt(np.maximum(energy, TINY_MV**2))
        n_shapes, n_alignments, length = self.aligned.shape
        products = self.aligned.reshape(-1, length) @ windows.T
        best = products.reshape(n_shapes, n_alignments, len(windows)).max(axis=1)
        larger = norms > settings.amplitude_ratio * self.norms
        smaller = settings.amplitude_ratio * norms < self.norms
        return np.where(larger | smaller, np.float32(-1), best / norms)


def _members(lead: ConditionedLead, peaks: Ints, most: int, settings: ClusterSettings) -> Ints:
    """Return the number of every beat's cluster, or :data:`REST`."""
    before, after = (round(s * lead.rate_hz) for s in (settings.before_s, settings.after_s))
    margin = round(settings.shift_s * lead.rate_hz)
    member = np.full(len(peaks), REST)
    shapes = np.empty((0, before + after + 2 * margin), np.float32)
    for _ in range(settings.rounds):
        free = np.flatnonzero(member == REST)
        if len(free) < settings.min_beats:
            break
        sample = _spread(peaks[free], settings.sample_beats)
        wide = windows_at(lead.signal, sample - before - margin, shapes.shape[1])
        known = len(shapes)
        shapes = _with_prevailing(shapes, wide, margin, most, settings)
        if len(shapes) == known:
            break
        new = _Shapes.of(shapes[known:], margin)
        for first in range(0, len(free), settings.chunk_beats):
            chunk = free[first : first + settings.chunk_beats]
            windows = windows_at(lead.signal, peaks[chunk] - before, before + after)
            correlations = new.correlations(windows, settings)
            joins = correlations.max(axis=0) >= settings.correlation
            member[chunk[joins]] = known + correlations[:, joins].argmax(axis=0)
    return member


def _with_prevailing(
    shapes: Floats32,
    wide: Floats32,
    margin: int,
    most: int,
    settings: ClusterSettings,
) -> Floats32:
    """Return shapes and those that prevail among further beats, ``most`` at most."""
    beats = wide[:, margin : wide.shape[1] - margin]
    # Two beats share less with each other than either with what is under their noise.
    alike = _Shapes.of(beats, 0).correlations(beats, settings) >= settings.correlation**2
    weights = alike.astype(np.float32)
    left = np.ones(len(beats), bool)
    while len(shapes) < most:
        n_alike = np.where(left, weights @ left.astype(np.float32), 0)
        centre = n_alike.argmax()
        if n_alike[centre] < settings.min_beats:
            break
        shape = np.median(wide[left & alike[centre]], axis=0)[None]
        of_shape = _Shapes.of(shape, margin)
        joins = left & (of_shape.correlations(beats, settings)[0] >= settings.correlation)
        left &= ~joins
        left[centre] = False
        others = of_shape.correlations(shapes[:, margin : wide.shape[1] - margin], settings)
        # What differs from a cluster only by noise makes no cluster of its own.
        if joins.sum() >= settings.min_beats and others.max(initial=-1) < settings.correlation:
            shapes = np.concatenate([shapes, shape])
    return shapes


def _shown(lead: ConditionedLead, peaks: Ints, settings: ClusterSettings) -> Floats32:
    """Return the mean of beats, spread over the recording if they are many."""
    before, after = (
        round(s * lead.rate_hz) for s in (settings.shape_before_s, settings.shape_after_s)
    )
    sample = _spread(peaks, settings.shape_beats)
    return np.asarray(windows_at(lead.signal, sample - before, before + after).mean(axis=0))


def _spread(peaks: Ints, most: int) -> Ints:
    """Return at most so many, evenly from first to last."""
    if len(peaks) <= most:
        return peaks
    return peaks[np.linspace(0, len(peaks) - 1, most).astype(np.int64)]
