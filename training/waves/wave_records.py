"""Records with marked waves: LUDB and the QT Database, conditioned as scoring does it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from deepecg.beats.r_peaks import detect_r_peaks
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import condition_leads
from deepecg.signal.lead_survey import survey_leads
from deepecg.waves.relative_leads import qrs_heights
from deepecg.waves.settings import RelativeLeadSettings
from deepecg.waves.wave_card import KINDS
from training.annotation_files import BeatFile
from training.data_roles import DS1, GROUPS
from training.waves.wave_marks import QRS, P, T, WaveMarks, read_wave_marks

WAVE_GROUPS = tuple(GROUPS[name] for name in ("ludb", "qtdb", "qtdb_waves"))
LUDB_RECORDS = GROUPS["ludb"].records
QTDB_RECORDS = tuple(sorted(GROUPS["qtdb"].records + GROUPS["qtdb_waves"].records))
QTDB_MARKS = "q1c"
"""Extension of the QT Database's hand marks by its first annotator."""
HELD_BACK_EVERY, HELD_BACK_FIRST = 5, 2
"""Every fifth record of a database, in the order of its list, is held back for selection."""
LONGEST_RR = 1.7
"""Marked RR interval, in median ones, above which a beat between may be unmarked: nothing is known
about the waves there."""
FIBRILLATION, LEAST_FIBRILLATION_S = "(AFIB", 60.0
"""Rhythm mark of atrial fibrillation, and the least time of it in a record that is used."""
EDGE_S = 0.08
"""Seconds before the first and after the last mark of a stretch in which there is no wave."""


@dataclass(frozen=True)
class MarkedLead:
    """A lead whose waves are marked.

    Attributes
    ----------
    record : str
        Folder and name, such as ``ludb/1``.
    lead : str
        Name of the lead.
    signal : ndarray of float32, shape (n,)
        Conditioned, in mV.
    rate_hz : int
        Sampling rate of ``signal``.
    height_mv : float
        Usual height of the QRS complexes among the marks.
    marks : WaveMarks
        Its waves; in the QT Database those of both leads together.
    stretches_s : ndarray of float64, shape (n_stretches, 2)
        Begin and end of the time in which every wave is marked.
    known : tuple of bool
        For each kind of wave, whether it is marked at all.
    """

    record: str
    lead: str
    signal: NDArray[np.float32]
    rate_hz: int
    height_mv: float
    marks: WaveMarks
    stretches_s: NDArray[np.float64]
    known: tuple[bool, ...] = (True,) * len(KINDS)

    @property
    def without_p(self) -> bool:
        """Whether no P wave is marked, as in atrial fibrillation."""
        return not (self.marks.kind == P).any()


def held_back(records: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of a database's records that no network is trained on."""
    return records[HELD_BACK_FIRST::HELD_BACK_EVERY]


def trained_on(records: tuple[str, ...]) -> tuple[str, ...]:
    """Return the other records of a database."""
    return tuple(record for record in records if record not in held_back(records))


def marked_leads(data: Path, records: tuple[str, ...]) -> Iterator[MarkedLead]:
    """Yield every lead of the records with its marks.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    records : tuple of str
        Folder and name, such as ``qtdb/sel223``.
    """
    settings = ScoringSettings()
    for record in records:
        recording = open_recording(data / f"{record}.hea")
        surveys = survey_leads(recording, range(len(recording.leads)), settings)
        baselines_mv = {lead: survey.baseline_mv for lead, survey in enumerate(surveys)}
        conditioned = condition_leads(recording, baselines_mv, settings.conditioning)
        rate_hz = settings.conditioning.rate_hz
        of_one_lead = record in LUDB_RECORDS
        for name, lead in zip(recording.leads, conditioned, strict=True):
            extension = name.lower() if of_one_lead else QTDB_MARKS
            marks = read_wave_marks(data / record, extension, recording.sampling_rate_hz)
            r_peaks = (
                marks.of_kind(QRS).peak_s * rate_hz
                if of_one_lead
                else detect_r_peaks([one.signal for one in conditioned], rate_hz, settings.detector)
            )
            heights = qrs_heights(lead.signal, r_peaks, rate_hz, RelativeLeadSettings())
            middle_s = float(np.median(marks.peak_s))
            height_mv = float(heights[np.abs(r_peaks / rate_hz - middle_s).argmin()])
            yield MarkedLead(
                record, name, lead.signal, rate_hz, height_mv, marks, marked_stretches(marks)
            )


def fibrillating_leads(data: Path) -> Iterator[MarkedLead]:
    """Yield leads in atrial fibrillation, of which only is known that there are no P waves.

    The rhythm marks of the Arrhythmia Database's training records say when; records with less than
    ``LEAST_FIBRILLATION_S`` of it are skipped.
    """
    settings = ScoringSettings()
    for record in DS1.records:
        recording = open_recording(data / f"{record}.hea")
        stretches_s = _fibrillation(data / record, recording.sampling_rate_hz, recording.duration_s)
        if np.diff(stretches_s).sum() < LEAST_FIBRILLATION_S:
            continue
        beats_s = BeatFile.read(data / record).times_s
        inside = (
            (beats_s[:, None] > stretches_s[:, 0]) & (beats_s[:, None] < stretches_s[:, 1])
        ).any(1)
        beats_s = beats_s[inside]
        unmarked = np.full(len(beats_s), np.nan)
        marks = WaveMarks(np.full(len(beats_s), QRS), unmarked, beats_s, unmarked)
        surveys = survey_leads(recording, range(len(recording.leads)), settings)
        baselines_mv = {lead: survey.baseline_mv for lead, survey in enumerate(surveys)}
        for lead, conditioned in enumerate(
            condition_leads(recording, baselines_mv, settings.conditioning)
        ):
            rate_hz = conditioned.rate_hz
            heights = qrs_heights(
                conditioned.signal, beats_s * rate_hz, rate_hz, RelativeLeadSettings()
            )
            yield MarkedLead(
                record,
                recording.leads[lead],
                conditioned.signal,
                rate_hz,
                float(np.median(heights)),
                marks,
                stretches_s,
                known=(True, False, False),
            )


def _fibrillation(record: Path, rate_hz: float, duration_s: float) -> NDArray[np.float64]:
    """Return begin and end of atrial fibrillation by the rhythm marks, shape (n_episodes, 2)."""
    annotation = wfdb.rdann(str(record), "atr")
    changes = [
        (sample / rate_hz, note.rstrip("\0"))
        for sample, note in zip(annotation.sample, annotation.aux_note, strict=True)
        if note.startswith("(")
    ]
    ends = [begin for begin, _ in changes[1:]] + [duration_s]
    episodes = [
        (begin, end)
        for (begin, rhythm), end in zip(changes, ends, strict=True)
        if rhythm == FIBRILLATION
    ]
    return np.array(episodes, np.float64).reshape(-1, 2)


def marked_stretches(marks: WaveMarks) -> NDArray[np.float64]:
    """Return begin and end of the time in which every wave is marked, shape (n_stretches, 2).

    A stretch begins with a P wave or QRS complex and ends with a T wave; it is interrupted where a
    beat between two marked ones may not be marked.
    """
    beats = marks.of_kind(QRS)
    rr_s = np.diff(beats.peak_s)
    breaks = np.flatnonzero(rr_s > LONGEST_RR * np.median(rr_s))
    firsts = np.concatenate([[0], breaks + 1])
    lasts = np.concatenate([breaks, [len(beats) - 1]])
    stretches = []
    for first, last in zip(firsts, lasts, strict=True):
        earlier = beats.peak_s[first - 1] if first else -np.inf
        later = beats.peak_s[last + 1] if last + 1 < len(beats) else np.inf
        inside = marks[(marks.peak_s > earlier) & (marks.peak_s < later)]
        before = inside[(inside.peak_s <= beats.peak_s[first]) & (inside.kind != T)]
        after = inside[(inside.peak_s >= beats.peak_s[last]) & (inside.kind != P)]
        stretches.append((before.first_s.min() - EDGE_S, after.last_s.max() + EDGE_S))
    return np.array(stretches)
