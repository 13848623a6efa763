"""A clinical situation that is written at random, with what has to be found in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from deepecg.recording import Recording
from training.findings.artefacts import Artefact
from training.findings.ecg_script import EcgScript, Patient
from training.findings.ecg_writer import Drawing, draw_ecg, recording_of
from training.findings.expectation import Expectation

LEADS_OF_VARIANTS = (("II", "V1", "V5"), ("V5", "II"))
"""Leads of the first and the second variant of every scenario."""
RATES_HZ = (250.0, 200.0, 128.0, 360.0)
"""Sampling rates; a scenario's two variants have two of them."""
GAINS = (1.0, 0.5)
"""Size of the heart's waves in the first and the second variant."""


@dataclass(frozen=True)
class Story:
    """What happens in a recording beside its script.

    Attributes
    ----------
    expected : Expectation
        What is right.
    artefacts : sequence of Artefact
        What disturbs the recording.
    """

    expected: Expectation
    artefacts: Sequence[Artefact] = ()


@dataclass(frozen=True)
class Scenario:
    """A situation.

    Attributes
    ----------
    name : str
        Its name, unique.
    kind : str
        Row of the table that it is counted in.
    write : callable
        Writes the script and returns the rest of the story.
    gains : tuple of float
        Size of the heart's waves in each variant.
    inverted : bool
        Whether all leads are upside down.
    """

    name: str
    kind: str
    write: Callable[[EcgScript], Story]
    gains: tuple[float, ...] = GAINS
    inverted: bool = False

    def recording(self, variant: int) -> tuple[Recording, Expectation]:
        """Return one variant: another patient, other leads, size and sampling rate.

        The same name and variant always give the same recording.
        """
        digest = crc32(self.name.encode())
        random = np.random.default_rng([digest, variant])
        script = EcgScript(Patient.drawn(random), random)
        story = self.write(script)
        drawing = Drawing(
            LEADS_OF_VARIANTS[variant % len(LEADS_OF_VARIANTS)],
            RATES_HZ[(digest + variant) % len(RATES_HZ)],
            self.gains[variant],
            self.inverted,
        )
        signals = draw_ecg(script, drawing, story.artefacts, random)
        return recording_of(signals, drawing.leads, drawing.rate_hz), story.expected
