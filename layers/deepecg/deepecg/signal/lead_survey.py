"""Lead survey: leads are ranked by how far QRS complexes stand out, in samples of the recording."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Floats, Floats32
from deepecg.lead_names import words_of
from deepecg.recording import Recording
from deepecg.signal.filters import condition
from deepecg.signal.hum import without_hum
from deepecg.signal.qrs_energy import qrs_energy
from deepecg.signal.settings import SignalSettings

SURVEY_SEGMENTS = 24
"""Number of segments that are read: one per hour of a 24-hour recording."""
SEGMENT_S = 10.0
"""Length of a segment in seconds: several beats at 30 per minute."""
PREFERRED = frozenset({"mlii", "ii", "dii"})
"""Words in the names of limb lead II and its Holter equivalent, which show the largest P waves and
upright QRS complexes."""
PREFERENCE = 1.5
"""Factor by which another lead's merit must exceed that of limb lead II, or of the first lead where
there is no II, to be ranked before it."""
HIGH_PERCENTILE = 97.0
"""Percentile of the energy that is measured as that of QRS complexes, which fill some 10 % of the
time, or 5 % at 30 beats per minute."""
MOST_PROMINENT = 60.0
"""Largest prominence that counts: the clearest ECG has some 60, pops on an open lead hundreds."""
SILENCE_S = 0.2
"""Seconds over which silence is measured."""
SILENCE_MV = 0.02
"""Peak-to-peak amplitude in mV below which a lead is silent: with an electrode connected, noise,
T waves or P waves exceed it between beats too."""


@dataclass(frozen=True)
class LeadSurvey:
    """Baseline, prominence of QRS complexes and silence of a lead, from segments of it.

    Attributes
    ----------
    baseline_mv : float
        Median in mV; 0 if the lead has no samples.
    prominence : float
        Energy of QRS complexes over energy between them, the median over the segments; 0 for a
        flat lead.
    silent_share : float
        Share of the time in which the lead does not move, or has no samples, because no electrode
        is connected.
    """

    baseline_mv: float
    prominence: float
    silent_share: float

    @property
    def merit(self) -> float:
        """Number by which leads are ranked."""
        return min(self.prominence, MOST_PROMINENT) * (1 - self.silent_share) ** 2


def rank_leads(recording: Recording, settings: SignalSettings) -> list[tuple[int, LeadSurvey]]:
    """Return the leads that may be analysed, the best first, with their surveys.

    Parameters
    ----------
    recording : Recording
        The recording.
    settings : SignalSettings
        ``settings.lead`` is the name of the only lead to return, or None.

    Raises
    ------
    UnknownLeadError
        If the recording has no lead named ``settings.lead``.
    """
    if settings.lead is not None:
        lead = recording.lead_index(settings.lead)
        return [(lead, survey_leads(recording, [lead], settings)[0])]
    surveys = survey_leads(recording, range(len(recording.leads)), settings)
    words = [words_of(name) for name in recording.leads]
    preferred = next((lead for lead, of in enumerate(words) if PREFERRED.intersection(of)), 0)
    merits = np.array([survey.merit for survey in surveys])
    merits[preferred] *= PREFERENCE
    return [(int(lead), surveys[lead]) for lead in np.argsort(-merits, kind="stable")]


def survey_leads(
    recording: Recording, leads: Sequence[int], settings: SignalSettings
) -> list[LeadSurvey]:
    """Survey leads in segments that are spread evenly over the recording.

    Parameters
    ----------
    recording : Recording
        Read segment by segment, all leads of a segment before the next, because some formats
        decode all leads together.
    leads : sequence of int
        Numbers of the leads in the recording.
    settings : SignalSettings
        Filter and QRS energy.

    Returns
    -------
    list of LeadSurvey
        In the order of ``leads``.
    """
    rate = recording.sampling_rate_hz
    return [_survey(segments, rate, settings) for segments in survey_segments(recording, leads)]


def survey_segments(recording: Recording, leads: Sequence[int]) -> list[tuple[Floats32, ...]]:
    """Return segments of leads, spread evenly over the recording.

    Parameters
    ----------
    recording : Recording
        Read segment by segment, all leads of a segment before the next.
    leads : sequence of int
        Numbers of the leads in the recording.

    Returns
    -------
    list of tuple of ndarray of float32
        The segments of each lead in millivolts, in the order of ``leads``.
    """
    length = round(SEGMENT_S * recording.sampling_rate_hz)
    last = max(recording.n_samples - length, 0)
    starts = np.unique(np.linspace(0, last, SURVEY_SEGMENTS).astype(np.int64)).tolist()
    by_start = [[recording.read(lead, at, at + length) for lead in leads] for at in starts]
    return list(zip(*by_start, strict=True))


def _survey(
    segments: Sequence[Floats32], sampling_rate_hz: float, settings: SignalSettings
) -> LeadSurvey:
    samples = np.concatenate(segments)
    finite = samples[np.isfinite(samples)]
    baseline = float(np.median(finite)) if len(finite) else 0.0
    prominences = [
        qrs_prominence(segment.astype(np.float64) - baseline, sampling_rate_hz, settings)
        for segment in segments
    ]
    return LeadSurvey(
        baseline, float(np.median(prominences)), _silent_share(samples, sampling_rate_hz)
    )


def qrs_prominence(level: Floats, sampling_rate_hz: float, settings: SignalSettings) -> float:
    """Return the energy of the QRS complexes in a segment over the energy between them.

    Parameters
    ----------
    level : ndarray of float64, shape (n,)
        Millivolts above the lead's baseline. Missing samples are replaced by 0 in place.
    sampling_rate_hz : float
        Samples per second.
    settings : SignalSettings
        Filter and QRS energy.
    """
    filtered = condition(level, sampling_rate_hz, settings.conditioning)
    conditioned = without_hum(filtered, 0, settings.conditioning).astype(np.float32)
    energy = qrs_energy(conditioned, settings.conditioning.rate_hz, settings.detector)
    between, high = np.percentile(energy, (50, HIGH_PERCENTILE))
    return float(high / between) if between > 0 else 0.0


def _silent_share(samples: Floats32, sampling_rate_hz: float) -> float:
    length = max(2, round(SILENCE_S * sampling_rate_hz))
    windows = samples[: len(samples) // length * length].reshape(-1, length)
    moves = windows.max(axis=1) - windows.min(axis=1) >= SILENCE_MV
    return 1 - float(moves.mean())
