"""The beat classifier: a model card, its ONNX model, and the rules that the card sets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.cluster_consensus import apply_cluster_consensus
from deepecg.beats.model_card import MODEL_FILE, ModelCard, read_card
from deepecg.beats.model_input import ModelInput, model_inputs
from deepecg.beats.onnx_without_telemetry import InferenceSession, SessionOptions
from deepecg.beats.paroxysmal_svt import relabel_paroxysmal_svt
from deepecg.beats.sinus_tachycardia import relabel_sinus_tachycardia
from deepecg.beats.ventricular_runs import relabel_ventricular_runs
from deepecg.errors import ModelMismatchError

BATCH_BEATS = 256
"""Beats per run of the model: enough to hide the cost of a call, few enough for the cache."""


@dataclass(frozen=True)
class BeatClassifier:
    """A model that gives every beat a probability for each class.

    Attributes
    ----------
    card : ModelCard
        Input, rules and version of the model.
    session : InferenceSession
        ONNX session with one thread, because a function has one processor.
    folder : Path
        Where both come from; the network that finds P and T waves is in a folder inside it.
    """

    card: ModelCard
    session: InferenceSession
    folder: Path

    @classmethod
    def load(cls, folder: Path) -> "BeatClassifier":
        """Load the model and the card in ``folder``.

        Raises
        ------
        ModelMismatchError
            If model and card do not belong together, or this software cannot run them.
        """
        card = read_card(folder)
        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = InferenceSession(
            str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
        )
        spec = card.input
        expected = {"waveforms": [len(spec.channels), spec.length], "timing": [len(spec.timing)]}
        if spec.morphology:
            expected["morphology"] = [len(spec.morphology)]
        found = {
            declared.name: [size for size in declared.shape if isinstance(size, int)]
            for declared in session.get_inputs()
            if declared.name != "usable"
        }
        if found != expected:
            raise ModelMismatchError(
                f"found the model inputs {found} per beat, expected {expected} as in its card"
            )
        return cls(card, session, folder)

    @property
    def version(self) -> str:
        """Version of the model, from its card."""
        return self.card.version

    def classify(
        self,
        signals: Sequence[Floats32],
        r_peaks: Floats,
        rr_s: Floats,
        usable: Bools | None = None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> Floats32:
        """Return the probabilities of each beat of conditioned leads.

        Parameters
        ----------
        signals : sequence of ndarray of float32, shape (n,) each
            Leads in mV, the primary first; leads beyond the model's number are not used.
        r_peaks : ndarray of float64, shape (n_beats,)
            Positions in samples.
        rr_s : ndarray of float64, shape (n_beats,)
            RR interval before each beat in seconds, NaN where there is none.
        usable : ndarray of bool, shape (n_leads, n_beats), optional
            Whether each lead can be analysed at each beat; all of them if None.
        progress : callable
            Receives the share of the beats that is done, 0 to 1.

        Returns
        -------
        ndarray of float32, shape (n_beats, 5)
            Probabilities in the order of :data:`deepecg.beats.aami_classes.CLASSES`.
        """
        probabilities = np.empty((len(r_peaks), len(CLASSES)), np.float32)
        signals = signals[: self.card.n_leads]
        usable = None if usable is None else usable[: self.card.n_leads]
        done = 0
        for beats in model_inputs(signals, r_peaks, rr_s, self.card.input, usable):
            stop = done + len(beats)
            found = self.in_context(beats)
            if self.card.cluster_consensus:
                found = apply_cluster_consensus(
                    found, beats, self.card.input, self.card.cluster_consensus
                )
            if self.card.ventricular_runs:
                found = relabel_ventricular_runs(
                    found, beats, rr_s[done:stop], self.card.input, self.card.ventricular_runs
                )
            probabilities[done:stop] = found
            done = stop
            progress(done / len(r_peaks))
        if self.card.paroxysmal_svt:
            probabilities = relabel_paroxysmal_svt(probabilities, rr_s, self.card.paroxysmal_svt)
        if self.card.sinus_tachycardia:
            probabilities = relabel_sinus_tachycardia(
                probabilities, rr_s, self.card.sinus_tachycardia
            )
        return probabilities

    def in_context(self, beats: ModelInput) -> Floats32:
        """Return the probabilities of consecutive beats, each with its neighbours, (n_beats, 5).

        Each run of the model includes the neighbours that its beats depend on, so that the result
        does not depend on where runs begin.
        """
        return self._probabilities(beats, "logits", self.card.context_beats)

    def without_context(self, beats: ModelInput) -> Floats32:
        """Return the probabilities of beats, each without its neighbours, shape (n_beats, 5)."""
        return self._probabilities(beats, "alone" if self.card.context_beats else "logits", 0)

    def _probabilities(self, beats: ModelInput, output: str, reach: int) -> Floats32:
        """Run the model on beats, each with ``reach`` neighbours on either side."""
        logits = [np.empty((0, len(CLASSES)), np.float32)]
        for start in range(0, len(beats), BATCH_BEATS):
            first, stop = max(start - reach, 0), start + BATCH_BEATS
            found = self._run(beats[first : stop + reach], output)
            logits.append(found[start - first :][:BATCH_BEATS])
        return softmax(np.concatenate(logits))

    def _run(self, beats: ModelInput, output: str) -> Floats32:
        """Return logits; in context, only those of beats with all their neighbours are valid."""
        inputs = {
            "waveforms": beats.waveforms,
            "morphology": self.card.morphology.apply(beats.morphology),
            "usable": beats.usable.astype(np.float32),
            "timing": self.card.timing.apply(beats.timing),
        }
        names = [declared.name for declared in self.session.get_inputs()]
        logits: Floats32 = self.session.run([output], {name: inputs[name] for name in names})[0]
        return logits


def softmax(logits: Floats32) -> Floats32:
    """Return probabilities that sum to 1 over the classes, shape (n, n_classes)."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
