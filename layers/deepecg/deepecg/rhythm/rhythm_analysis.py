"""The whole analysis of a rhythm: everything that a report says of a stream of classified beats."""

from dataclasses import dataclass

from deepecg.rhythm.atrial_fibrillation import Fibrillation, atrial_fibrillation
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.ectopy import Ectopy, ectopy
from deepecg.rhythm.events import Event, find_events
from deepecg.rhythm.heart_rate import HeartRate, heart_rate
from deepecg.rhythm.heart_rate_variability import Variability, heart_rate_variability
from deepecg.rhythm.hourly_table import Hour, hourly
from deepecg.rhythm.pauses import Pauses, pauses, without_unconfirmed
from deepecg.rhythm.settings import RhythmSettings
from deepecg.rhythm.urgent_findings import Urgent, urgent_findings


@dataclass(frozen=True)
class Rhythm:
    """The rhythm of a recording.

    Attributes
    ----------
    known : BeatStream
        The beats, with NaN for every interval in which one may have been missed: all but the
        pauses rests on it.
    rate : HeartRate
    fibrillation : Fibrillation
    ventricular : Ectopy
    supraventricular : Ectopy
        Without the S beats inside atrial fibrillation.
    pauses : Pauses
    variability : Variability
    hours : tuple of Hour
        From the recording's start.
    events : tuple of Event
        All, in the order of time; :func:`deepecg.rhythm.events.listed_events` chooses some.
    urgent : tuple of Urgent
        At most one of a kind, the most urgent kind first.
    """

    known: BeatStream
    rate: HeartRate
    fibrillation: Fibrillation
    ventricular: Ectopy
    supraventricular: Ectopy
    pauses: Pauses
    variability: Variability
    hours: tuple[Hour, ...]
    events: tuple[Event, ...]
    urgent: tuple[Urgent, ...]


def analyse_rhythm(stream: BeatStream, settings: RhythmSettings) -> Rhythm:
    """Analyse the rhythm of a stream of beats.

    Parameters
    ----------
    stream : BeatStream
        From a detector or from reference annotations.
    settings : RhythmSettings
        Every threshold.

    Returns
    -------
    Rhythm
        All parts; what cannot be known is None in them.
    """
    long_pauses = pauses(stream, settings.pauses)
    known = without_unconfirmed(stream, settings.pauses)
    rate = heart_rate(known, settings.rate)
    fibrillation = atrial_fibrillation(known, settings.fibrillation)
    ventricular = ectopy(known, "V", settings.ectopy, fibrillation.beats)
    supraventricular = ectopy(known, "S", settings.ectopy, fibrillation.beats)
    events = find_events(
        known,
        settings,
        rate=rate,
        fibrillation=fibrillation,
        ventricular=ventricular,
        supraventricular=supraventricular,
        pauses=long_pauses,
    )
    return Rhythm(
        known=known,
        rate=rate,
        fibrillation=fibrillation,
        ventricular=ventricular,
        supraventricular=supraventricular,
        pauses=long_pauses,
        variability=heart_rate_variability(known, fibrillation.beats, settings.variability),
        hours=hourly(
            known,
            settings.rate,
            fibrillation=fibrillation,
            ventricular=ventricular,
            supraventricular=supraventricular,
            pauses=long_pauses,
        ),
        events=events,
        urgent=urgent_findings(events, ventricular, settings),
    )
