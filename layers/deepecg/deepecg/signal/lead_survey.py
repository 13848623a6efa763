"""Which lead to score: the one whose QRS complexes stand out most, sampled over the recording."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.recording import Recording
from deepecg.signal.filters import band_pass, resample, resampling_ratio
from deepecg.signal.qrs_energy import qrs_energy
from deepecg.signal.settings import SignalSettings

SURVEY_SEGMENTS = 24
"""Stretches looked at: one an hour of a 24-hour recording."""
SEGMENT_S = 10.0
"""Long enough for several beats at 30 a minute."""
PREFERRED = ("mlii", "ii", "ecg ii", "lead ii")
"""Names of limb lead II and its Holter equivalent, where P waves and upright QRS are largest."""
PREFERENCE = 1.5
"""Another lead has to stand out this many times more to be taken instead of limb lead II, or
of the first lead where there is no II."""
HIGH_PERCENTILE = 97.0
"""QRS complexes fill some 10 % of the time, or 5 % at 30 beats a minute."""
MOST_PROMINENT = 60.0
"""The clearest ECG stands out some 60 times; pops on an open lead, hundreds of times."""
SILENCE_S = 0.2
SILENCE_MV = 0.02
"""A lead is silent where it moves by less than this in :data:`SILENCE_S`: between beats the
noise of an electrode is larger, or the T wave and the P wave are."""


@dataclass(frozen=True)
class LeadSurvey:
    """A lead, looked at in samples.

    Attributes
    ----------
    baseline_mv : float
        Its usual level; 0 if it has no samples.
    prominence : float
        How far QRS complexes stand out from what lies between them: energy there over
        energy in between, the median over the stretches; 0 for a flat lead.
    silent_share : float
        Share of the time in which the lead does not move, or has no samples: no electrode.
    """

    baseline_mv: float
    prominence: float
    silent_share: float

    @property
    def merit(self) -> float:
        """What leads are compared by."""
        return min(self.prominence, MOST_PROMINENT) * (1 - self.silent_share) ** 2


def rank_leads(recording: Recording, settings: SignalSettings) -> list[tuple[int, LeadSurvey]]:
    """Return the leads to score, the best first, with their surveys.

    Parameters
    ----------
    recording : Recording
        The recording.
    settings : SignalSettings
        ``settings.lead`` names the only lead to score, or is None.

    Raises
    ------
    UnknownLeadError
        If there is no lead called ``settings.lead``.
    """
    if settings.lead is not None:
        lead = recording.lead_index(settings.lead)
        return [(lead, survey_leads(recording, [lead], settings)[0])]
    surveys = survey_leads(recording, range(len(recording.leads)), settings)
    names = [name.casefold() for name in recording.leads]
    usual = next((lead for lead, name in enumerate(names) if name in PREFERRED), 0)
    merits = np.array([survey.merit for survey in surveys])
    merits[usual] *= PREFERENCE
    return [(int(lead), surveys[lead]) for lead in np.argsort(-merits, kind="stable")]


def survey_leads(
    recording: Recording, leads: Sequence[int], settings: SignalSettings
) -> list[LeadSurvey]:
    """Look at leads in stretches spread evenly over the recording.

    Parameters
    ----------
    recording : Recording
        Read stretch by stretch, all leads of one before the next: some formats decode them
        together.
    leads : sequence of int
        Numbers of the leads.
    settings : SignalSettings
        How they will be conditioned.

    Returns
    -------
    list of LeadSurvey
        In the order of ``leads``.
    """
    length = round(SEGMENT_S * recording.sampling_rate_hz)
    last = max(recording.n_samples - length, 0)
    starts = np.unique(np.linspace(0, last, SURVEY_SEGMENTS).astype(np.int64)).tolist()
    stretches = [[recording.read(lead, at, at + length) for lead in leads] for at in starts]
    rate = recording.sampling_rate_hz
    return [_survey(segments, rate, settings) for segments in zip(*stretches, strict=True)]


def _survey(
    segments: Sequence[NDArray[np.float32]], sampling_rate_hz: float, settings: SignalSettings
) -> LeadSurvey:
    samples = np.concatenate(segments)
    finite = samples[np.isfinite(samples)]
    baseline = float(np.median(finite)) if len(finite) else 0.0
    prominences = [
        _prominence(segment.astype(np.float64) - baseline, sampling_rate_hz, settings)
        for segment in segments
    ]
    return LeadSurvey(
        baseline, float(np.median(prominences)), _silent_share(samples, sampling_rate_hz)
    )


def _prominence(
    level: NDArray[np.float64], sampling_rate_hz: float, settings: SignalSettings
) -> float:
    np.nan_to_num(level, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    rate_hz = settings.conditioning.rate_hz
    resampled = resample(level, resampling_ratio(sampling_rate_hz, rate_hz))
    conditioned = band_pass(resampled, settings.conditioning).astype(np.float32)
    energy = qrs_energy(conditioned, rate_hz, settings.detector)
    between, high = np.percentile(energy, (50, HIGH_PERCENTILE))
    return float(high / between) if between > 0 else 0.0


def _silent_share(samples: NDArray[np.float32], sampling_rate_hz: float) -> float:
    length = max(2, round(SILENCE_S * sampling_rate_hz))
    windows = samples[: len(samples) // length * length].reshape(-1, length)
    moves = windows.max(axis=1) - windows.min(axis=1) >= SILENCE_MV
    return 1 - float(moves.mean())
