"""Wave segmentation: a network gives every sample the probability to lie in a P, QRS or T wave.

The network reads one lead at a time, in windows on a fixed grid. Each window begins and ends with a
margin as long as the network's context; only what lies between is kept, so that the result does
not depend on which part of a recording is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.onnx_without_telemetry import InferenceSession, SessionOptions
from deepecg.errors import ModelMismatchError
from deepecg.signal.lead_selection import AnalysedLead, usable_seconds
from deepecg.waves.relative_leads import compressed, qrs_heights
from deepecg.waves.wave_card import KINDS, WAVE_MODEL_FILE, WaveCard, read_wave_card

LARGEST_LOGIT = np.float32(20.0)
"""Largest absolute value of a logit, whose probability differs from 0 or 1 by less than a float32
resolves near 1. Where no lead can be analysed, the logit is its negative: there is no wave."""


@dataclass(frozen=True)
class WaveSegmentation:
    """The network with its card.

    Attributes
    ----------
    card : WaveCard
        Input and version of the network.
    session : InferenceSession
        ONNX session with one thread, because a function has one processor.
    """

    card: WaveCard
    session: InferenceSession

    @classmethod
    def load(cls, folder: Path) -> "WaveSegmentation":
        """Load the network and the card in ``folder``.

        Raises
        ------
        ModelMismatchError
            If network and card do not belong together.
        """
        card = read_wave_card(folder)
        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = InferenceSession(
            str(folder / WAVE_MODEL_FILE), options, providers=["CPUExecutionProvider"]
        )
        (declared,) = session.get_inputs()
        expected = [1, 1, card.window_samples]
        if declared.shape != expected:
            raise ModelMismatchError(
                f"found a wave segmentation with input {declared.shape}, expected {expected} as in "
                "its card"
            )
        return cls(card, session)

    @property
    def kept_samples(self) -> int:
        """Samples of each window that are kept: the distance of the windows."""
        return self.card.window_samples - 2 * self.card.margin_samples

    def logits(self, lead: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logits of a compressed lead.

        Parameters
        ----------
        lead : ndarray of float32, shape (margin + n + margin,)
            n is a multiple of :attr:`kept_samples`.

        Returns
        -------
        ndarray of float32, shape (3, n)
            Logits of P, QRS and T, as in :data:`~deepecg.waves.wave_card.KINDS`.
        """
        margin, kept = self.card.margin_samples, self.kept_samples
        n_windows = (len(lead) - 2 * margin) // kept
        logits = np.empty((len(KINDS), n_windows * kept), np.float32)
        for start in range(0, n_windows * kept, kept):
            window = lead[start : start + self.card.window_samples]
            (found,) = self.session.run(None, {"lead": window[None, None]})
            logits[:, start : start + kept] = found[0, :, margin : margin + kept]
        return logits


@dataclass(frozen=True)
class SegmentedPiece:
    """Probabilities and leads of a stretch of a recording.

    Attributes
    ----------
    first : int
        Number of the first sample.
    probabilities : ndarray of float32, shape (3, n)
        Probability of P, QRS and T in all usable leads together.
    leads : ndarray of float32, shape (n_leads, n)
        The leads in units of their QRS heights; 0 where a lead cannot be analysed.
    """

    first: int
    probabilities: NDArray[np.float32]
    leads: NDArray[np.float32]


class SegmentedLeads:
    """The leads of a recording, segmented piece by piece.

    Parameters
    ----------
    segmentation : WaveSegmentation
        The network.
    used : sequence of AnalysedLead
        The leads.
    r_peaks : ndarray of float64, shape (n_beats,)
        Beats in samples of the conditioned leads.
    """

    def __init__(
        self,
        segmentation: WaveSegmentation,
        used: Sequence[AnalysedLead],
        r_peaks: NDArray[np.float64],
    ) -> None:
        self.segmentation = segmentation
        self.signals = [lead.conditioned.signal for lead in used]
        self.usable = usable_seconds(used)
        self.rate_hz = used[0].conditioned.rate_hz
        times_s = r_peaks / used[0].conditioned.clock_hz
        at_beats = np.stack([lead.flags.beats_analysable(times_s) for lead in used])
        self.r_peaks, self.heights = [], []
        for signal, usable in zip(self.signals, at_beats, strict=True):
            positions = r_peaks[usable] if usable.any() else r_peaks
            self.r_peaks.append(positions)
            self.heights.append(
                qrs_heights(signal, positions, self.rate_hz, segmentation.card.relative_lead)
            )

    def piece(self, first_window: int, n_windows: int) -> SegmentedPiece:
        """Return a stretch of whole windows, of which the first may lie before the recording."""
        card, kept = self.segmentation.card, self.segmentation.kept_samples
        first, stop = first_window * kept, (first_window + n_windows) * kept
        n_leads, n = len(self.signals), stop - first
        leads = np.zeros((n_leads, n), np.float32)
        total, weight = np.zeros((len(KINDS), n), np.float32), np.zeros(n, np.float32)
        seconds = np.clip(np.arange(first, stop) // self.rate_hz, 0, self.usable.shape[1] - 1)
        for lead in range(n_leads):
            relative = self._relative(lead, first - card.margin_samples, stop + card.margin_samples)
            usable = self.usable[lead][seconds].astype(np.float32)
            total += usable * self.segmentation.logits(compressed(relative, card.relative_lead))
            weight += usable
            leads[lead] = usable * relative[card.margin_samples : card.margin_samples + n]
        logits = np.where(weight > 0, total / np.maximum(weight, 1), -LARGEST_LOGIT)
        np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT, out=logits)
        return SegmentedPiece(first, (1 / (1 + np.exp(-logits))).astype(np.float32), leads)

    def _relative(self, lead: int, first: int, stop: int) -> NDArray[np.float32]:
        """Return a stretch of a lead in units of its QRS heights; 0 beyond the lead's ends."""
        signal = self.signals[lead]
        relative = np.zeros(stop - first, np.float32)
        begin, end = max(first, 0), min(stop, len(signal))
        if begin < end:
            unit = np.interp(np.arange(begin, end), self.r_peaks[lead], self.heights[lead])
            relative[begin - first : end - first] = signal[begin:end] / unit
        return relative
