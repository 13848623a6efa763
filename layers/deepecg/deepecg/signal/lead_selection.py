"""Lead selection: the one or two best leads that can be analysed, conditioned."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32
from deepecg.errors import NoLeadsError, RefusedRecordingError
from deepecg.recording import Recording
from deepecg.signal.conditioning import ConditionedLead, condition_leads
from deepecg.signal.lead_survey import rank_leads
from deepecg.signal.noise import noisy_seconds
from deepecg.signal.quality import QualityFlags, flag_seconds, refuse_unusable
from deepecg.signal.settings import ShakingSettings, SignalSettings
from deepecg.signal.shaking import moving_seconds, shaken_seconds
from deepecg.signal.stretches import stretches

FindRPeaks = Callable[[Floats32, int, Bools], Floats]
"""``find(signal, rate_hz, usable)`` returns the R peaks of one lead, in samples, in its usable
seconds. It is a parameter because the detector is in ``deepecg.beats``, which imports this file."""


@dataclass(frozen=True)
class AnalysedLead:
    """A lead that is analysed.

    Attributes
    ----------
    number : int
        Number of the lead in the recording.
    conditioned : ConditionedLead
        Its conditioned signal.
    flags : QualityFlags
        Which of its seconds cannot be analysed.
    """

    number: int
    conditioned: ConditionedLead
    flags: QualityFlags


def select_leads(
    recording: Recording,
    settings: SignalSettings,
    find_r_peaks: FindRPeaks,
    progress: Callable[[float], None],
) -> tuple[AnalysedLead, ...]:
    """Return the best leads that can be analysed, the primary first.

    Parameters
    ----------
    recording : Recording
        Read in chunks, each chunk of all leads before the next chunk.
    settings : SignalSettings
        ``settings.lead`` names the only lead to analyse; if None, ``settings.n_leads()`` is the
        largest number of leads.
    find_r_peaks : callable
        Returns the R peaks of one conditioned lead, around which noise is measured.
    progress : callable
        Receives the share of the work that is done, 0 to 1.

    Returns
    -------
    tuple of AnalysedLead
        At least one.

    Raises
    ------
    RefusedRecordingError
        If no lead can be analysed; the type is the fault of the lead with the best rank.
    """
    selected: list[AnalysedLead] = []
    shaken: list[Bools] = []
    refusal: RefusedRecordingError | None = None
    ranked = rank_leads(recording, settings)
    wanted = settings.n_leads(recording.duration_s)
    while ranked and len(selected) < wanted:
        tried, ranked = ranked[: wanted - len(selected)], ranked[wanted - len(selected) :]
        conditioned = condition_leads(
            recording,
            {lead: survey.baseline_mv for lead, survey in tried},
            settings.conditioning,
            progress,
        )
        for (lead, _), signal in zip(tried, conditioned, strict=True):
            flags = flag_seconds(signal.raw_statistics, settings.quality)
            of_lead = _shaken_recording_seconds(signal, flags, settings)
            flags = flags.with_noise(
                _noisy_recording_seconds(signal, flags, settings, find_r_peaks) | of_lead
            )
            try:
                refuse_unusable(flags, settings.quality)
            except RefusedRecordingError as unusable:
                refusal = refusal or unusable
            else:
                selected.append(AnalysedLead(lead, signal, flags))
                shaken.append(of_lead)
        del conditioned, signal  # before the next is read: one lead can take half of the memory
    if not selected:
        raise refusal or NoLeadsError("found no lead, expected at least one")
    return _shaken_together(selected, np.any(shaken, axis=0), settings.quality.shaking)


def usable_seconds(leads: Iterable[AnalysedLead]) -> Bools:
    """Return which seconds of each lead can be analysed, shape (n_leads, n_seconds).

    Seconds are those of the conditioned signals, ``rate_hz`` samples each; they differ from the
    recording's seconds where ``ConditionedLead.clock_hz`` differs from ``rate_hz``.
    """
    return np.stack([_usable_signal_seconds(lead.conditioned, lead.flags) for lead in leads])


def recording_flags(leads: Sequence[AnalysedLead]) -> QualityFlags:
    """Return the seconds in which no lead can be analysed, with the primary lead's faults."""
    primary = leads[0].flags
    nowhere = ~np.any([lead.flags.analysable for lead in leads], axis=0)
    return primary.only(nowhere)


def _noisy_recording_seconds(
    lead: ConditionedLead, flags: QualityFlags, settings: SignalSettings, find_r_peaks: FindRPeaks
) -> Bools:
    """Return which seconds of the recording are too noisy in one lead."""
    usable = _usable_signal_seconds(lead, flags)
    r_peaks = find_r_peaks(lead.signal, lead.rate_hz, usable)
    noisy = noisy_seconds(lead, r_peaks, len(usable), settings.quality.noise, settings.detector)
    return _recording_seconds(noisy, lead, len(flags.missing))


def _shaken_recording_seconds(
    lead: ConditionedLead, flags: QualityFlags, settings: SignalSettings
) -> Bools:
    """Return which seconds of the recording contain rhythmic shaking of one lead."""
    n_seconds = _n_signal_seconds(lead)
    shaken = shaken_seconds(lead.signal, lead.rate_hz, n_seconds, settings.quality.shaking)
    return _recording_seconds(shaken, lead, len(flags.missing))


def _shaken_together(
    leads: Sequence[AnalysedLead], shaken: Bools, settings: ShakingSettings
) -> tuple[AnalysedLead, ...]:
    """Return leads with the seconds in which they move while one is shaken.

    Moments between or beside stretches of shaking in which all leads move belong to them.
    """
    if not shaken.any():
        return tuple(leads)
    moving = [_moving_seconds(lead.conditioned, settings, len(shaken)) for lead in leads]
    all_move = np.all(moving, axis=0)
    together = shaken.copy()
    for first, stop in stretches(all_move & ~shaken):
        before, after = first > 0 and shaken[first - 1], stop < len(shaken) and shaken[stop]
        longest = settings.joined_s if before and after else settings.beside_s
        if (before or after) and stop - first <= longest:
            together[first:stop] = True
    return tuple(
        replace(lead, flags=lead.flags.with_noise(lead.flags.noisy | (together & moves)))
        for lead, moves in zip(leads, moving, strict=True)
    )


def _moving_seconds(lead: ConditionedLead, settings: ShakingSettings, n_seconds: int) -> Bools:
    """Return in which seconds of the recording a lead is never at rest."""
    moving = moving_seconds(lead.signal, lead.rate_hz, _n_signal_seconds(lead), settings)
    return _recording_seconds(moving, lead, n_seconds)


def _recording_seconds(of_signal: Bools, lead: ConditionedLead, n_seconds: int) -> Bools:
    """Return a property of the signal's seconds for the recording's, shape (n_seconds,)."""
    middles = np.arange(0.5, n_seconds) * lead.clock_hz / lead.rate_hz
    return of_signal[np.minimum(middles.astype(np.int64), len(of_signal) - 1)]


def _usable_signal_seconds(lead: ConditionedLead, flags: QualityFlags) -> Bools:
    """Return which seconds of the signal, ``rate_hz`` samples each, can be analysed."""
    middles = np.arange(0.5, _n_signal_seconds(lead)) * float(lead.rate_hz)
    return flags.beats_analysable(middles / lead.clock_hz)


def _n_signal_seconds(lead: ConditionedLead) -> int:
    """Return the number of seconds of the signal, ``rate_hz`` samples each, at least one."""
    return max(1, round(len(lead.signal) / lead.rate_hz))
