"""The whole analysis of a rhythm, from a stream of beats to findings."""

from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Bools
from deepecg.rhythm.aberrant_conduction import as_normal, conducted_wide_beats
from deepecg.rhythm.atrial_fibrillation import atrial_fibrillation, without_supraventricular
from deepecg.rhythm.atrial_flutter import atrial_flutter
from deepecg.rhythm.av_block import AvBlock, av_block
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.ectopy import ectopy
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.events import Event, find_events
from deepecg.rhythm.finding import Finding
from deepecg.rhythm.findings import Findings
from deepecg.rhythm.heart_rate import heart_rate
from deepecg.rhythm.heart_rate_variability import Variability, heart_rate_variability
from deepecg.rhythm.hourly_table import Hour, hourly
from deepecg.rhythm.notable_findings import notable_findings
from deepecg.rhythm.p_waves import steady_p_share
from deepecg.rhythm.pauses import pauses, without_unconfirmed
from deepecg.rhythm.rate_episodes import rate_episodes
from deepecg.rhythm.reviewed_findings import ReviewedRhythm, with_event_edits
from deepecg.rhythm.settings import RhythmSettings
from deepecg.rhythm.strip_fibrillation import fibrillation_in_strip
from deepecg.rhythm.timely_beats import with_timely_beats_normal
from deepecg.rhythm.urgent_findings import urgent_findings
from deepecg.rhythm.wide_tachycardia import wide_tachycardia, with_wide_runs_ventricular
from deepecg.waves.waves import Waves


@dataclass(frozen=True)
class RhythmAnalysis(Findings):
    """The rhythm of a recording; a value is None where too little data supports it.

    The findings are those of ``confirmed``; pauses also use the long intervals of ``beats``.

    Attributes
    ----------
    beats : BeatStream
        The beats with their final classes. Unless a reviewer says otherwise, none is
        supraventricular inside atrial fibrillation, flutter and AV block, and wide beats with the
        patient's own PR interval are normal.
    classified : BeatStream
        The same beats before those in atrial fibrillation, flutter and AV block became normal:
        these are found with it.
    conducted : ndarray of bool, shape (n_beats,)
        Beats with a wide QRS complex that are conducted.
    with_flutter_waves : ndarray of bool, shape (n_beats,)
        Beats that lie in flutter waves; none where the waves are not known.
    confirmed : BeatStream
        The same beats with NaN for every long interval in which a beat may have been missed. All
        values but the pauses are computed from it.
    supraventricular_in_fibrillation_count : int
        Number of supraventricular beats that became normal because they lie in atrial
        fibrillation. Beats of other classes that became normal are not counted.
    variability : Variability
        Heart-rate variability.
    hours : tuple of Hour
        The table of hours of the recorder's clock.
    events : tuple of Event
        All events in the order of time; :func:`deepecg.rhythm.events.listed_events` selects those
        that a report lists.
    urgent : tuple of Finding
        At most one of each kind, the most urgent first.
    notable : tuple of Finding
        What is worth mentioning but not urgent: at most one of each kind, the most important first.
    """

    beats: BeatStream
    classified: BeatStream
    conducted: Bools
    with_flutter_waves: Bools
    confirmed: BeatStream
    supraventricular_in_fibrillation_count: int
    variability: Variability
    hours: tuple[Hour, ...]
    events: tuple[Event, ...]
    urgent: tuple[Finding, ...]
    notable: tuple[Finding, ...]

    @property
    def finding_events(self) -> tuple[Event, ...]:
        """The events of urgent findings, then those of notable ones."""
        return tuple(found.event for found in (*self.urgent, *self.notable) if found.event)


def analyse_rhythm(
    stream: BeatStream,
    settings: RhythmSettings,
    waves: Waves | None = None,
    with_flutter_waves: Bools | None = None,
    reviewed: ReviewedRhythm | None = None,
) -> RhythmAnalysis:
    """Analyse the rhythm of a stream of beats.

    Parameters
    ----------
    stream : BeatStream
        From the classifier or from reference annotations.
    settings : RhythmSettings
        Every threshold.
    waves : Waves, optional
        Waves of the same beats; if None, nothing that needs P waves is looked for or ruled out.
    with_flutter_waves : ndarray of bool, shape (n_beats,), optional
        Beats that lie in flutter waves; if None, flutter is not looked for.
    reviewed : ReviewedRhythm, optional
        What a reviewer decided. The classes of ``stream`` and of the reviewed beats are then taken
        as they are.

    Returns
    -------
    RhythmAnalysis
        The final class of every beat, and all findings, which are based on these classes.
    """
    has_p_waves, in_strip, block = None, None, AvBlock()
    conducted = np.zeros(len(stream.times_s), bool) if reviewed is None else reviewed.conducted
    wide: tuple[Episode, ...] = ()
    flutter: tuple[Episode, ...] = ()
    if waves is not None:
        if reviewed is None:
            conducted = conducted_wide_beats(stream, waves, settings.aberrant_conduction)
            stream = as_normal(stream, conducted)
            stream = with_timely_beats_normal(stream, waves, settings.timely_beats)
            stream = with_wide_runs_ventricular(stream, waves, settings.wide_tachycardia)
        share = steady_p_share(stream.times_s, waves, settings.p_waves)
        has_p_waves = share >= settings.p_waves.sinus_share
        in_strip = fibrillation_in_strip(stream, waves, settings.strip_fibrillation)
    fibrillation = atrial_fibrillation(
        without_unconfirmed(stream, settings.pauses), settings.fibrillation, has_p_waves, in_strip
    )
    if with_flutter_waves is not None:
        flutter = atrial_flutter(stream, with_flutter_waves, fibrillation.beats, settings.flutter)
    if waves is not None:
        block = av_block(stream, waves, fibrillation.beats, settings.av_block)
        named = fibrillation.beats | conducted
        wide = wide_tachycardia(stream, waves, named, settings.wide_tachycardia)
    if reviewed is None:
        grouped = fibrillation.beats | stream.within(flutter)
        grouped |= stream.within((*block.type_1, *block.second_degree, *block.third_degree))
        beats = without_supraventricular(stream, grouped)
    else:
        beats = reviewed.beats
    confirmed = without_unconfirmed(beats, settings.pauses)
    ectopic = beats.is_class("V") | beats.is_class("S") | fibrillation.beats | beats.within(wide)
    found = Findings(
        rate=heart_rate(confirmed, settings.rate),
        fibrillation=fibrillation,
        flutter=flutter,
        ventricular=ectopy(confirmed, "V", settings.ectopy),
        supraventricular=ectopy(confirmed, "S", settings.ectopy),
        pauses=pauses(beats, settings.pauses),
        av_block=block,
        rate_episodes=rate_episodes(confirmed, ectopic, settings.rate),
        wide_tachycardia=wide,
    )
    if reviewed is not None:
        found = with_event_edits(found, confirmed, reviewed.edits)
    in_fibrillation = found.fibrillation.beats
    events = find_events(confirmed, settings, found)
    urgent = urgent_findings(events, found.ventricular, settings)
    return RhythmAnalysis(
        **vars(found),
        beats=beats,
        classified=stream,
        conducted=conducted,
        with_flutter_waves=(
            np.zeros(len(beats.times_s), bool) if with_flutter_waves is None else with_flutter_waves
        ),
        confirmed=confirmed,
        supraventricular_in_fibrillation_count=int(
            (stream.is_class("S") & ~beats.is_class("S") & in_fibrillation).sum()
        ),
        variability=heart_rate_variability(
            confirmed, in_fibrillation | beats.within(found.flutter), settings.variability
        ),
        hours=hourly(confirmed, settings.rate, found),
        events=events,
        urgent=urgent,
        notable=notable_findings(events, found.supraventricular, urgent, settings),
    )
