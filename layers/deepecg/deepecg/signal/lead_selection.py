"""The leads that are scored: one or two of those that can be analysed, conditioned."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.errors import NoLeadsError, RefusedRecordingError
from deepecg.recording import Recording
from deepecg.signal.conditioning import ConditionedLead, condition_leads
from deepecg.signal.lead_survey import rank_leads
from deepecg.signal.noise import noisy_seconds
from deepecg.signal.quality import SecondFlags, flag_seconds, refuse_unusable
from deepecg.signal.settings import SignalSettings

FindRPeaks = Callable[[NDArray[np.float32], int, NDArray[np.bool_]], NDArray[np.float64]]
"""``find(signal, rate_hz, usable)``: the R peaks of a lead in samples, where its seconds count."""


@dataclass(frozen=True)
class UsedLead:
    """A lead that is scored.

    Attributes
    ----------
    number : int
        Of the lead in the recording.
    conditioned : ConditionedLead
        What detector and classifier see of it.
    flags : SecondFlags
        Which of its seconds cannot be used.
    """

    number: int
    conditioned: ConditionedLead
    flags: SecondFlags


def find_usable_leads(
    recording: Recording,
    settings: SignalSettings,
    find_r_peaks: FindRPeaks,
    progress: Callable[[float], None],
) -> tuple[UsedLead, ...]:
    """Return the best leads that can be analysed, the primary first.

    Parameters
    ----------
    recording : Recording
        Read by chunks, all leads of one before the next.
    settings : SignalSettings
        ``settings.lead`` names the only lead to use; otherwise they are at most
        ``settings.n_leads`` of the recording's duration.
    find_r_peaks : callable
        Finds the R peaks of one conditioned lead; noise is judged around them.
    progress : callable
        Told the share of the work that is done, 0 to 1.

    Returns
    -------
    tuple of UsedLead
        At least one.

    Raises
    ------
    RefusedRecordingError
        If no lead can be analysed: what is wrong with the one that stands out most.
    """
    used: list[UsedLead] = []
    refusal: RefusedRecordingError | None = None
    ranked = rank_leads(recording, settings)
    wanted = settings.n_leads(recording.duration_s)
    while ranked and len(used) < wanted:
        tried, ranked = ranked[: wanted - len(used)], ranked[wanted - len(used) :]
        conditioned = condition_leads(
            recording,
            [lead for lead, _ in tried],
            [survey.baseline_mv for _, survey in tried],
            settings.conditioning,
            progress,
        )
        for (lead, _), signal in zip(tried, conditioned, strict=True):
            flags = flag_seconds(signal.seconds, settings.quality)
            flags = flags.with_noise(_noisy(signal, flags, settings, find_r_peaks))
            try:
                refuse_unusable(flags, settings.quality)
            except RefusedRecordingError as unusable:
                refusal = refusal or unusable
            else:
                used.append(UsedLead(lead, signal, flags))
        del conditioned, signal  # before the next is read: a lead may take half of the memory
    if not used:
        raise refusal or NoLeadsError("found no lead, expected at least one")
    return tuple(used)


def usable_seconds(leads: Iterable[UsedLead]) -> NDArray[np.bool_]:
    """Return which seconds of each lead can be used, shape (n_leads, n_seconds).

    Seconds are those of the conditioned signals, ``rate_hz`` samples each, which differ from the
    recording's where the two clocks do.
    """
    return np.stack([_by_samples(lead.conditioned, lead.flags) for lead in leads])


def usable_beats(leads: Iterable[UsedLead], times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for every lead and beat whether its second can be used, shape (n_leads, n_beats)."""
    return np.stack([lead.flags.beats_analysable(times_s) for lead in leads])


def flags_of_all(leads: Sequence[UsedLead]) -> SecondFlags:
    """Return which seconds no lead can be used in, and what is wrong with the primary there."""
    primary = leads[0].flags
    nowhere = ~np.any([lead.flags.analysable for lead in leads], axis=0)
    return primary.only(nowhere)


def _noisy(
    lead: ConditionedLead, flags: SecondFlags, settings: SignalSettings, find_r_peaks: FindRPeaks
) -> NDArray[np.bool_]:
    """Return which seconds of the recording are too noisy in a lead."""
    usable = _by_samples(lead, flags)
    r_peaks = find_r_peaks(lead.signal, lead.rate_hz, usable)
    noisy = noisy_seconds(lead, r_peaks, len(usable), settings.quality.noise, settings.detector)
    middles = np.arange(0.5, len(flags.missing)) * lead.clock_hz / lead.rate_hz
    return noisy[np.minimum(middles.astype(np.int64), len(noisy) - 1)]


def _by_samples(lead: ConditionedLead, flags: SecondFlags) -> NDArray[np.bool_]:
    """Return which seconds of the signal can be used, ``rate_hz`` samples each."""
    n_seconds = max(1, round(len(lead.signal) / lead.rate_hz))
    middles = np.arange(0.5, n_seconds) * float(lead.rate_hz)
    return flags.beats_analysable(middles / lead.clock_hz)
