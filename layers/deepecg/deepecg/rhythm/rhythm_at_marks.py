"""The rhythm at the times that the patient marked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.recording import PatientMark
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import RATE_DIGITS
from deepecg.rhythm.event_kinds import EventKind
from deepecg.rhythm.events import Event
from deepecg.rhythm.settings import RhythmSettings
from deepecg.time_units import SECONDS_PER_MINUTE


@dataclass(frozen=True)
class RhythmAtMark:
    """What was found around a mark, which is no finding by itself.

    Attributes
    ----------
    window_s : int
        Seconds that were looked at, those within the recording.
    analysable_s : int
        How many of them can be analysed.
    rate_bpm : float or None
        Number of RR intervals in them divided by the time that these cover; None if they cover less
        than ``RateSettings.covered_share``.
    ventricular_count, supraventricular_count : int
        Beats of class V and S.
    events : tuple of Event
        Events that overlap the window, in the order of time.
    """

    window_s: int
    analysable_s: int
    rate_bpm: float | None
    ventricular_count: int
    supraventricular_count: int
    events: tuple[Event, ...]

    @property
    def event_kinds(self) -> set[EventKind]:
        """Kinds of these events."""
        return {event.kind for event in self.events}


def rhythm_at_marks(
    marks: Sequence[PatientMark],
    stream: BeatStream,
    events: Sequence[Event],
    settings: RhythmSettings,
) -> tuple[RhythmAtMark, ...]:
    """Return the rhythm around each mark.

    Parameters
    ----------
    marks : sequence of PatientMark
        Moments or stretches of time.
    stream : BeatStream
        The beats.
    events : sequence of Event
        All events of the recording, in the order of time.
    settings : RhythmSettings
        Seconds before and after a mark that are looked at, and the rate's.

    Returns
    -------
    tuple of RhythmAtMark
        In the order of the marks. Nothing found where no second can be analysed means nothing.
    """
    ends = stream.times_s
    begins = ends - stream.rr_s  # NaN where the interval is not known
    ventricular, supraventricular = stream.is_class("V"), stream.is_class("S")
    event_begins = np.array([event.start_s for event in events], np.float64)
    event_ends = event_begins + [event.duration_s for event in events]

    def at(mark: PatientMark) -> RhythmAtMark:
        first = int(max(mark.start_s - settings.marks.margin_s, 0.0))
        last = np.ceil(mark.start_s + mark.duration_s + settings.marks.margin_s)
        stop = int(min(last, len(stream.analysable)))
        beats = slice(*np.searchsorted(ends, (first, stop)))
        rr = stream.rr_s[beats][begins[beats] >= first]
        covered_s = float(rr.sum())
        is_known = covered_s >= max(settings.rate.covered_share * (stop - first), 1.0)
        rate = round(SECONDS_PER_MINUTE * len(rr) / covered_s, RATE_DIGITS) if is_known else None
        overlap = (event_begins < stop) & (event_ends >= first)
        return RhythmAtMark(
            max(stop - first, 0),
            int(stream.analysable[first:stop].sum()),
            rate,
            int(ventricular[beats].sum()),
            int(supraventricular[beats].sum()),
            tuple(events[number] for number in np.flatnonzero(overlap).tolist()),
        )

    return tuple(map(at, marks))
