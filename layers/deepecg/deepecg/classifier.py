"""The beat classifier: a model card and an ONNX session."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepecg.classes import CLASSES
from deepecg.errors import ModelMismatchError
from deepecg.inference import InferenceSession, SessionOptions
from deepecg.model_card import MODEL_FILE, ModelCard, read_card
from deepecg.model_input import ModelInput, model_inputs

BATCH_BEATS = 256
"""Beats a run: large enough to hide the call, small enough to stay in the cache."""


@dataclass(frozen=True)
class BeatClassifier:
    """A model that gives every beat a probability for each class.

    Attributes
    ----------
    card : ModelCard
        What the model expects.
    session : InferenceSession
        One thread: functions have one processor, and many recordings run beside each other.
    """

    card: ModelCard
    session: InferenceSession

    @classmethod
    def load(cls, folder: Path) -> "BeatClassifier":
        """Load the model and the card in ``folder``.

        Raises
        ------
        ModelMismatchError
            If the two do not belong together or to this software.
        """
        card = read_card(folder)
        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = InferenceSession(
            str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
        )
        expected = {"shape": [*card.input.shape], "rhythm": [len(card.input.features)]}
        found = {given.name: given.shape[1:] for given in session.get_inputs()}
        if found != expected:
            raise ModelMismatchError(
                f"found a model with inputs of {found} a beat, expected {expected} as in its card"
            )
        return cls(card, session)

    @property
    def version(self) -> str:
        """Name of the trained model."""
        return self.card.version

    def classify(
        self,
        signals: Sequence[NDArray[np.float32]],
        r_peaks: NDArray[np.float64],
        rr_s: NDArray[np.float64],
        usable: NDArray[np.bool_],  # noqa: ARG002 - of the leads that the model does not see
        progress: Callable[[float], None] = lambda _: None,
    ) -> NDArray[np.float32]:
        """Classify every beat of conditioned leads.

        Parameters
        ----------
        signals : sequence of ndarray of float32, shape (n,) each
            The leads in mV, the primary first.
        r_peaks : ndarray of float64, shape (n_beats,)
            Positions in samples.
        rr_s : ndarray of float64, shape (n_beats,)
            Interval before every beat in seconds, NaN where there is none.
        usable : ndarray of bool, shape (n_leads, n_beats)
            Whether each lead can be used at each beat.
        progress : callable
            Told the share of the beats that is done, 0 to 1.

        Returns
        -------
        ndarray of float32, shape (n_beats, 5)
            Probabilities in the order of :data:`deepecg.classes.CLASSES`.
        """
        probabilities = np.empty((len(r_peaks), len(CLASSES)), np.float32)
        done = 0
        for beats in model_inputs(signals[0], r_peaks, rr_s, self.card.input):
            stop = done + len(beats.shape)
            probabilities[done:stop] = self.probabilities(beats)
            done = stop
            progress(done / len(r_peaks))
        return probabilities

    def probabilities(self, beats: ModelInput) -> NDArray[np.float32]:
        """Return the probabilities of beats whose input is at hand, shape (n_beats, 5)."""
        rhythm = self._standardise(beats.rhythm)
        logits = [
            self.session.run(
                None,
                {
                    "shape": beats.shape[start : start + BATCH_BEATS],
                    "rhythm": rhythm[start : start + BATCH_BEATS],
                },
            )[0]
            for start in range(0, len(rhythm), BATCH_BEATS)
        ]
        if not logits:
            return np.empty((0, len(CLASSES)), np.float32)
        return softmax(np.concatenate(logits))

    def _standardise(self, rhythm: NDArray[np.float32]) -> NDArray[np.float32]:
        return standardise(
            rhythm, self.card.feature_mean, self.card.feature_scale, self.card.feature_limit
        )


def standardise(
    rhythm: NDArray[np.float32],
    mean: tuple[float, ...],
    scale: tuple[float, ...],
    limit: float,
) -> NDArray[np.float32]:
    """Return features with the training data's mean and spread taken out, cut at ``limit``."""
    scaled = (rhythm - np.asarray(mean, np.float32)) / np.asarray(scale, np.float32)
    return np.asarray(np.clip(scaled, -limit, limit), np.float32)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities, shape (n, n_classes), that sum to 1 over the classes."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
