"""Records with marked waves: LUDB and the QT Database, conditioned as scoring does it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.r_peaks import detect_r_peaks
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import condition_lead
from deepecg.signal.lead_survey import survey_leads
from deepecg.waves.relative_leads import qrs_heights
from deepecg.waves.settings import RelativeLeadSettings
from training.data_roles import GROUPS, RecordGroup
from training.waves.wave_marks import QRS, T, WaveMarks, read_wave_marks

LUDB, QTDB = GROUPS["ludb"], GROUPS["qtdb"]
QTDB_MARKS = "q1c"
"""Extension of the QT Database's hand marks by its first annotator."""
HELD_BACK_EVERY, HELD_BACK_FIRST = 5, 2
"""Every fifth record of a database, in the order of its list, is held back for selection."""
LONGEST_RR = 1.7
"""Marked RR interval, in median ones, above which a beat between may be unmarked: nothing is known
about the waves there."""
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
    """

    record: str
    lead: str
    signal: NDArray[np.float32]
    rate_hz: int
    height_mv: float
    marks: WaveMarks
    stretches_s: NDArray[np.float64]


def held_back(group: RecordGroup) -> tuple[str, ...]:
    """Return the records of a database that no network is trained on."""
    return group.records[HELD_BACK_FIRST::HELD_BACK_EVERY]


def trained_on(group: RecordGroup) -> tuple[str, ...]:
    """Return the other records of a database."""
    return tuple(record for record in group.records if record not in held_back(group))


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
        conditioned = [
            condition_lead(recording, lead, survey.baseline_mv, settings.conditioning)
            for lead, survey in enumerate(surveys)
        ]
        rate_hz = settings.conditioning.rate_hz
        of_one_lead = record in LUDB.records
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
        after = inside[(inside.peak_s >= beats.peak_s[last]) & (inside.kind != 0)]
        stretches.append((before.first_s.min() - EDGE_S, after.last_s.max() + EDGE_S))
    return np.array(stretches)
