"""A script of a heart's rhythm: when atria and ventricles are activated, from where and how.

Atria and ventricles are independent lists. Methods of :class:`EcgScript` append one stretch of a
rhythm after the other; :mod:`training.findings.ecg_writer` draws the result.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from training.faster_rhythm import PR_EXPONENT
from training.findings.ecg_waves import (
    LOW_ATRIAL_P,
    NORMAL,
    OUTFLOW_TRACT,
    SINUS_P,
    PShape,
    QrsShape,
)

INTERVAL_JITTER = 0.008
"""Standard deviation of sinus intervals beside breathing and slow change, as a share."""
BREATH_SWAY, SWAY_S = 0.3, 37.0
"""Breathing runs ahead and behind by this share of a breath, with this period."""
RUN_JITTER = 0.012
"""Standard deviation of the intervals of a regular tachycardia, as a share."""
ESCAPE_JITTER = 0.015
"""Standard deviation of the intervals of an escape rhythm, as a share."""
REFRACTORY_S = 0.28
"""Shortest interval from a QRS complex to a conducted one."""
CONCEALED_S = 0.36
"""A P wave earlier than this after a ventricular beat is not conducted: the beat has entered the
atrioventricular node from below, hence the compensatory pause."""
SHORTEST_FIBRILLATION_RR_S = 0.30
"""Shortest interval in atrial fibrillation: the atrioventricular node is refractory until then."""


@dataclass(frozen=True)
class Patient:
    """What stays the same in one patient.

    Attributes
    ----------
    resting_bpm : float
        Sinus rate at rest.
    pr_s : float
        Time from the middle of the P wave to the R peak at an RR interval of 1 s.
    breath_s : float
        Length of a breath.
    rsa : float
        Amplitude of respiratory sinus arrhythmia as a share of the RR interval.
    axis_degrees : float
        Turn of the heart in the frontal plane.
    p_gain, t_gain : float
        Height of P and T waves against the usual.
    qrs_stretch : float
        Duration of the QRS complex against the usual.
    qt_stretch : float
        Time from R to the T wave's peak against the usual.
    """

    resting_bpm: float
    pr_s: float
    breath_s: float
    rsa: float
    axis_degrees: float
    p_gain: float
    t_gain: float
    qrs_stretch: float
    qt_stretch: float

    @classmethod
    def drawn(cls, random: np.random.Generator) -> "Patient":
        """Return a patient at random."""
        return cls(
            resting_bpm=random.uniform(62, 80),
            pr_s=random.uniform(0.135, 0.170),
            breath_s=random.uniform(3.2, 5.0),
            rsa=random.uniform(0.01, 0.04),
            axis_degrees=random.uniform(-15, 20),
            p_gain=random.uniform(0.75, 1.2),
            t_gain=random.uniform(0.7, 1.2),
            qrs_stretch=random.uniform(0.92, 1.12),
            qt_stretch=random.uniform(0.95, 1.06),
        )


@dataclass(frozen=True)
class Atrial:
    """An atrial activation: the middle of its P wave in seconds, and its shape."""

    time_s: float
    shape: PShape


@dataclass(frozen=True)
class Ventricular:
    """A ventricular activation.

    Attributes
    ----------
    time_s : float
        R peak in seconds.
    shape : QrsShape
        Its shape.
    label : str
        AAMI class: N, S or V.
    """

    time_s: float
    shape: QrsShape
    label: str


@dataclass(frozen=True)
class Span:
    """A stretch of time in seconds."""

    start_s: float
    stop_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.stop_s - self.start_s


@dataclass(frozen=True)
class Waves(Span):
    """Continuous waves of fibrillation or flutter.

    Attributes
    ----------
    kind : str
        ``fibrillation`` or ``flutter`` of the atria, or ``ventricular fibrillation``.
    hz : float
        Waves a second.
    mv : float
        Their amplitude.
    """

    kind: str
    hz: float
    mv: float


@dataclass
class EcgScript:
    """The rhythm of a recording, written stretch by stretch.

    Attributes
    ----------
    patient : Patient
        Whose heart it is.
    random : numpy.random.Generator
        Source of all variation.
    atrial, ventricular : list
        Activations of atria and ventricles.
    waves : list of Waves
        Fibrillation and flutter.
    bpm : float
        The present sinus rate.
    next_p_s : float
        When the sinus node fires next.
    """

    patient: Patient
    random: np.random.Generator
    atrial: list[Atrial] = field(default_factory=list)
    ventricular: list[Ventricular] = field(default_factory=list)
    waves: list[Waves] = field(default_factory=list)
    next_p_s: float = 0.4
    bpm: float = 0.0

    def __post_init__(self) -> None:
        self.bpm = self.bpm or self.patient.resting_bpm

    @property
    def last_r_s(self) -> float:
        """Time of the last R peak; 0 before the first."""
        return self.ventricular[-1].time_s if self.ventricular else 0.0

    @property
    def rr_s(self) -> float:
        """The present sinus interval in seconds."""
        return 60 / self.bpm

    @property
    def duration_s(self) -> float:
        """Length of the recording that holds everything written so far."""
        return self.last_r_s + 1.0

    def pr_s(self) -> float:
        """Return the PR interval at the present rate."""
        return float(self.patient.pr_s * self.rr_s**PR_EXPONENT)

    # Sinus rhythm

    def sinus(
        self,
        duration_s: float,
        bpm: float | None = None,
        bpm_to: float | None = None,
        *,
        rsa: float | None = None,
        breath_s: float | None = None,
        shape: QrsShape = NORMAL,
        p: PShape = SINUS_P,
    ) -> Span:
        """Append sinus rhythm whose rate changes evenly from ``bpm`` to ``bpm_to``."""
        start_s = self.next_p_s
        begin = bpm or self.bpm
        end = bpm_to or begin
        while self.next_p_s < start_s + duration_s:
            share = (self.next_p_s - start_s) / duration_s
            self.bpm = begin + share * (end - begin)
            self._sinus_beat(self._rsa(rsa), breath_s, shape, p)
        self.bpm = end
        return Span(start_s, self.last_r_s)

    def sinus_beats(self, n: int, *, shape: QrsShape = NORMAL) -> None:
        """Append some sinus beats at the present rate."""
        for _ in range(n):
            self._sinus_beat(self._rsa(None), None, shape, SINUS_P)

    def _rsa(self, given: float | None) -> float:
        """Return the depth of sinus arrhythmia: that of the patient falls with the rate."""
        calm = float(np.clip((130 - self.bpm) / 60, 0.05, 1))
        return self.patient.rsa * calm if given is None else given

    def _sinus_beat(self, rsa: float, breath_s: float | None, shape: QrsShape, p: PShape) -> None:
        self.atrial.append(Atrial(self.next_p_s, p))
        self.ventricular.append(Ventricular(self.next_p_s + self.pr_s(), shape, "N"))
        self._fire(rsa, breath_s)

    def _fire(self, rsa: float = 0.01, breath_s: float | None = None) -> None:
        """Let the sinus node fire again one interval later."""
        turns = self.next_p_s / (breath_s or self.patient.breath_s)
        phase = 2 * np.pi * (turns + BREATH_SWAY * np.sin(2 * np.pi * self.next_p_s / SWAY_S))
        slow = 0.4 * rsa * np.sin(2 * np.pi * self.next_p_s / 11.0)
        noise = INTERVAL_JITTER * min(self.rr_s, 1.0) * self.random.normal()
        self.next_p_s += self.rr_s * (1 + rsa * np.sin(phase) + slow + noise)

    # Ectopic beats

    def ventricular_beats(
        self,
        n: int = 1,
        bpm: float = 130.0,
        shape: QrsShape = OUTFLOW_TRACT,
        *,
        coupling: float = 0.58,
        jitter: float = RUN_JITTER,
        label: str = "V",
    ) -> Span:
        """Append premature ventricular beats in a row; the sinus node goes on unconducted.

        Parameters
        ----------
        n : int
            Number of beats.
        bpm : float
            Their rate, if there are several.
        shape : QrsShape
            Their shape.
        coupling : float
            Interval from the last beat to the first of them, as a share of the sinus interval.
        jitter : float
            Standard deviation of their intervals as a share.
        label : str
            Their class.
        """
        at_s = self.last_r_s + max(coupling * self.rr_s * (1 + 0.03 * self.random.normal()), 0.30)
        begin_s = at_s
        for _ in range(n):
            self.ventricular.append(Ventricular(at_s, shape, label))
            at_s += 60 / bpm * (1 + jitter * self.random.normal())
        self._unconducted_until(self.last_r_s + CONCEALED_S)
        return Span(begin_s, self.last_r_s)

    def ventricular_run(
        self, duration_s: float, bpm: float, shape: QrsShape, **options: float
    ) -> Span:
        """Append a ventricular rhythm of a given length."""
        n = round(duration_s * bpm / 60)
        return self.ventricular_beats(n, bpm, shape, **options)  # type: ignore[arg-type]

    def interpolated_beat(self, shape: QrsShape = OUTFLOW_TRACT) -> None:
        """Append a ventricular beat between two sinus beats, the second with a longer PR."""
        at_s = self.last_r_s + 0.46 * self.rr_s
        self.ventricular.append(Ventricular(at_s, shape, "V"))
        self.atrial.append(Atrial(self.next_p_s, SINUS_P))
        late_s = self.next_p_s + self.pr_s() + 0.04
        self.ventricular.append(Ventricular(max(late_s, at_s + 0.36), NORMAL, "N"))
        self._fire()

    def atrial_beat(
        self,
        coupling: float = 0.65,
        *,
        conducted: bool = True,
        shape: QrsShape = NORMAL,
        p: PShape = LOW_ATRIAL_P,
    ) -> None:
        """Append a premature atrial beat, which resets the sinus node.

        Parameters
        ----------
        coupling : float
            Interval from the last P wave as a share of the sinus interval.
        conducted : bool
            Whether a QRS complex follows.
        shape : QrsShape
            Shape of the QRS complex.
        p : PShape
            Shape of the P wave.
        """
        at_s = self.next_p_s - self.rr_s * (1 - coupling * (1 + 0.03 * self.random.normal()))
        self.atrial.append(Atrial(at_s, p))
        if conducted:
            r_s = max(at_s + 1.1 * self.pr_s(), self.last_r_s + REFRACTORY_S)
            self.ventricular.append(Ventricular(r_s, shape, "S"))
        self.next_p_s = at_s + 1.08 * self.rr_s

    def atrial_beats(self, n: int, bpm: float, *, coupling: float = 0.62) -> Span:
        """Append premature atrial beats in a row."""
        begin = len(self.ventricular)
        for number in range(n):
            self.atrial_beat(coupling if number == 0 else (60 / bpm) / self.rr_s / 1.08)
        return Span(self.ventricular[begin].time_s, self.last_r_s)

    # Supraventricular tachycardia

    def supraventricular_tachycardia(
        self,
        duration_s: float,
        bpm: float,
        *,
        p: PShape | None = None,
        p_from_r_s: float = 0.0,
        warm_up: float = 1.0,
        shape: QrsShape = NORMAL,
    ) -> Span:
        """Append a regular tachycardia that begins and ends from one beat to the next.

        Parameters
        ----------
        duration_s : float
            Its length.
        bpm : float
            Its rate.
        p : PShape, optional
            Shape of its P waves; None if they lie in the QRS complex.
        p_from_r_s : float
            Time of the P waves from the R peak; negative before it.
        warm_up : float
            Rate of the first beat as a share of the full rate, reached over six beats.
        shape : QrsShape
            Shape of its QRS complexes.
        """
        interval_s = 60 / bpm
        self.atrial_beat(max(0.55, interval_s / self.rr_s), shape=shape)
        begin_s = self.last_r_s
        for number in count():
            slow = warm_up + (1 - warm_up) * min(number / 6, 1.0)
            r_s = self.last_r_s + interval_s / slow * (1 + RUN_JITTER * self.random.normal())
            if r_s > begin_s + duration_s:
                break
            if p:
                self.atrial.append(Atrial(r_s + p_from_r_s, p))
            self.ventricular.append(Ventricular(r_s, shape, "S"))
        self.next_p_s = self.last_r_s + 1.25 * self.rr_s - self.pr_s()
        return Span(begin_s, self.last_r_s)

    # Silence

    def standstill(self, duration_s: float, *, with_p: bool) -> Span:
        """Append a time without a ventricular beat, with or without P waves."""
        begin_s = self.last_r_s
        if with_p:
            self._unconducted_until(begin_s + duration_s - self.pr_s())
        else:
            self.next_p_s = begin_s + duration_s - self.pr_s()
        return Span(begin_s, self.next_p_s + self.pr_s())

    def _unconducted_until(self, time_s: float) -> None:
        """Let the sinus node go on without conduction."""
        while self.next_p_s < time_s:
            self.atrial.append(Atrial(self.next_p_s, SINUS_P))
            self._fire()

    # Block and escape

    def wenckebach(self, duration_s: float, bpm: float, beats: Sequence[int] = (3, 4)) -> Span:
        """Append Mobitz I block: PR grows, ever less, until a P wave is not conducted."""
        self.bpm = bpm
        begin_s = self.next_p_s
        while self.next_p_s < begin_s + duration_s:
            extra_s = 0.0
            for number in range(int(self.random.choice(list(beats)))):
                self.atrial.append(Atrial(self.next_p_s, SINUS_P))
                r_s = self.next_p_s + self.pr_s() + extra_s
                self.ventricular.append(Ventricular(r_s, NORMAL, "N"))
                extra_s += 0.09 / (number + 1)
                self._fire()
            self.atrial.append(Atrial(self.next_p_s, SINUS_P))
            self._fire()
        return Span(begin_s, self.last_r_s)

    def mobitz_2(
        self,
        duration_s: float,
        bpm: float,
        beats: Sequence[int] = (2, 3, 4),
        shape: QrsShape = NORMAL,
    ) -> Span:
        """Append block without change of PR: after some beats one P wave is not conducted."""
        self.bpm = bpm
        begin_s = self.next_p_s
        while self.next_p_s < begin_s + duration_s:
            self.sinus_beats(int(self.random.choice(list(beats))), shape=shape)
            self.atrial.append(Atrial(self.next_p_s, SINUS_P))
            self._fire()
        return Span(begin_s, self.last_r_s)

    def constant_block(
        self, duration_s: float, bpm: float, ratio: int, shape: QrsShape = NORMAL
    ) -> Span:
        """Append block in which one P wave of ``ratio`` is conducted."""
        self.bpm = bpm
        begin_s = self.next_p_s
        while self.next_p_s < begin_s + duration_s:
            self.sinus_beats(1, shape=shape)
            for _ in range(ratio - 1):
                self.atrial.append(Atrial(self.next_p_s, SINUS_P))
                self._fire()
        return Span(begin_s, self.last_r_s)

    def complete_block(
        self,
        duration_s: float,
        bpm: float,
        escape_bpm: float,
        shape: QrsShape,
        *,
        label: str = "N",
    ) -> Span:
        """Append complete block: sinus rhythm above, an escape rhythm below, independent."""
        self.bpm = bpm
        begin_s = self.last_r_s
        for r_s in self._regular(begin_s + 60 / escape_bpm, begin_s + duration_s, escape_bpm):
            self.ventricular.append(Ventricular(r_s, shape, label))
        self._unconducted_until(self.last_r_s + CONCEALED_S)
        return Span(begin_s, self.last_r_s)

    def escape_rhythm(
        self,
        duration_s: float,
        bpm: float,
        shape: QrsShape = NORMAL,
        *,
        p: PShape | None = None,
        p_from_r_s: float = 0.0,
        label: str = "N",
    ) -> Span:
        """Append an escape rhythm while the sinus node is silent."""
        begin_s = self.last_r_s
        for r_s in self._regular(begin_s + 60 / bpm, begin_s + duration_s, bpm):
            if p:
                self.atrial.append(Atrial(r_s + p_from_r_s, p))
            self.ventricular.append(Ventricular(r_s, shape, label))
        self.next_p_s = self.last_r_s + 60 / bpm - self.pr_s()
        return Span(begin_s, self.last_r_s)

    def _regular(self, start_s: float, stop_s: float, bpm: float) -> Iterator[float]:
        while start_s < stop_s:
            yield start_s
            start_s += 60 / bpm * (1 + ESCAPE_JITTER * self.random.normal())

    # Fibrillation and flutter

    def atrial_fibrillation(
        self, duration_s: float, bpm: float, *, spread: float = 0.22, mv: float = 0.06
    ) -> Span:
        """Append atrial fibrillation with lognormal intervals."""
        begin_s = self.last_r_s
        r_s = begin_s
        while True:
            rr_s = 60 / bpm * np.exp(spread * self.random.normal() - spread**2 / 2)
            r_s += max(rr_s, SHORTEST_FIBRILLATION_RR_S)
            if r_s > begin_s + duration_s:
                break
            self.ventricular.append(Ventricular(r_s, NORMAL, "N"))
        return self._end_waves(begin_s, "fibrillation", self.random.uniform(5.0, 7.0), mv)

    def atrial_flutter(
        self,
        duration_s: float,
        ratios: Sequence[int],
        *,
        atrial_bpm: float = 290.0,
        beats_of_a_ratio: int = 1,
        mv: float = 0.13,
    ) -> Span:
        """Append atrial flutter; every QRS complex follows a flutter wave.

        Parameters
        ----------
        duration_s : float
            Its length.
        ratios : sequence of int
            Flutter waves to a beat, chosen at random from these.
        atrial_bpm : float
            Rate of the flutter waves.
        beats_of_a_ratio : int
            Beats before another ratio is chosen.
        mv : float
            Amplitude of the flutter waves.
        """
        begin_s = self.last_r_s
        cycle_s = 60 / atrial_bpm
        wave = 0
        while (wave + max(ratios)) * cycle_s < duration_s:
            ratio = int(self.random.choice(list(ratios)))
            for _ in range(beats_of_a_ratio):
                wave += ratio
                r_s = begin_s + wave * cycle_s + 0.004 * self.random.normal()
                self.ventricular.append(Ventricular(r_s, NORMAL, "N"))
        return self._end_waves(begin_s, "flutter", 1 / cycle_s, mv)

    def ventricular_fibrillation(self, duration_s: float, mv: float) -> Span:
        """Append ventricular fibrillation, which is followed by a pause."""
        begin_s = self.last_r_s
        self.waves.append(
            Waves(begin_s + 0.3, begin_s + duration_s, "ventricular fibrillation", 5.0, mv)
        )
        self.next_p_s = begin_s + duration_s + 1.5
        return Span(begin_s, begin_s + duration_s)

    def _end_waves(self, begin_s: float, kind: str, hz: float, mv: float) -> Span:
        end_s = self.last_r_s + 0.3
        self.waves.append(Waves(begin_s + 0.2, end_s, kind, hz, mv))
        self.next_p_s = self.last_r_s + 1.2 * self.rr_s - self.pr_s()
        return Span(begin_s, self.last_r_s)
