"""The wave delineator: from the leads and beats of a recording to the waves of every beat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepecg.signal.lead_selection import AnalysedLead
from deepecg.waves.delineation import delineate
from deepecg.waves.settings import DelineationSettings
from deepecg.waves.wave_card import KINDS, wave_folder_beside
from deepecg.waves.wave_intervals import WaveIntervals, find_intervals
from deepecg.waves.wave_segmentation import SegmentedLeads, WaveSegmentation
from deepecg.waves.waves import Waves

PIECE_WINDOWS = 64
"""Windows of the network whose waves are found together: about an hour, which bounds the memory."""
OVERLAP_WINDOWS = 1
"""Windows before and after a piece that are segmented with it, so that waves at its ends are
whole."""
LOADED = 4
"""Delineators that stay loaded: a process has one, a test a few."""


@dataclass(frozen=True)
class WaveDelineator:
    """The segmentation network with the rules that assign waves to beats.

    Attributes
    ----------
    segmentation : WaveSegmentation
        The network and its card.
    settings : DelineationSettings
        The rules.
    """

    segmentation: WaveSegmentation
    settings: DelineationSettings = field(default_factory=DelineationSettings)

    @classmethod
    def load(cls, folder: Path) -> "WaveDelineator":
        """Load the network and the card in ``folder``.

        Raises
        ------
        ModelMismatchError
            If network and card do not belong together, or this software cannot run them.
        """
        return cls(WaveSegmentation.load(folder))

    @property
    def version(self) -> str:
        """Version of the network, from its card."""
        return self.segmentation.card.version

    def find(
        self,
        used: Sequence[AnalysedLead],
        r_peaks: NDArray[np.float64],
        progress: Callable[[float], None] = lambda _: None,
        piece_windows: int = PIECE_WINDOWS,
    ) -> Waves:
        """Return the waves of a recording.

        Parameters
        ----------
        used : sequence of AnalysedLead
            The leads, the primary first; the network's results are averaged over those that can be
            analysed at a time.
        r_peaks : ndarray of float64, shape (n_beats,)
            Positions in samples of the conditioned leads, in the order of time.
        progress : callable
            Receives the share of the recording that is done, 0 to 1.
        piece_windows : int
            Windows that are segmented together; changes no result.
        """
        conditioned = used[0].conditioned
        leads = SegmentedLeads(self.segmentation, used, r_peaks)
        kept = self.segmentation.kept_samples
        n_windows = -(-len(conditioned.signal) // kept)
        parts: list[list[WaveIntervals]] = [[] for _ in KINDS]
        for window in range(0, n_windows, piece_windows):
            stop = min(window + piece_windows, n_windows)
            piece = leads.piece(window - OVERLAP_WINDOWS, stop - window + 2 * OVERLAP_WINDOWS)
            for kind, of_kind in enumerate(parts):
                found = find_intervals(
                    piece.probabilities[kind], piece.leads, piece.first, self.settings, kind
                )
                middle = (found.onset + found.offset) / 2
                of_kind.append(found[(middle >= window * kept) & (middle < stop * kept)])
            progress(stop / n_windows)
        p, qrs, t = (WaveIntervals.join(of_kind) for of_kind in parts)
        rate_hz, clock_hz = conditioned.rate_hz, conditioned.clock_hz
        return delineate(r_peaks, p, qrs, t, self.settings, rate_hz=rate_hz, clock_hz=clock_hz)


@lru_cache(LOADED)
def delineator_beside(folder: Path) -> WaveDelineator:
    """Return the delineator inside a beat classifier's folder, loaded once per process.

    Raises
    ------
    ModelMismatchError
        If there is none, or network and card do not belong together.
    """
    return WaveDelineator.load(wave_folder_beside(folder))
