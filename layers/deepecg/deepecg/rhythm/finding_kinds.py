"""What a kind of urgent or notable finding consists of, and how it is put into words."""

from collections.abc import Callable
from dataclasses import dataclass

from deepecg.rhythm.episode import Episode
from deepecg.rhythm.event_kinds import EventKind, Kind, Measure, by_duration
from deepecg.rhythm.number_wording import rate, span
from deepecg.rhythm.settings import RhythmSettings


@dataclass(frozen=True, eq=False, kw_only=True)
class EventFindingKind(Kind):
    """A kind of finding that consists of events which meet a condition.

    One event reads "Pause of 3.2 s", several read "2 pauses of 3 s or more; the longest 3.4 s".

    Attributes
    ----------
    event : EventKind
        The kind of event.
    is_met : callable
        Whether an event of that kind is part of the finding, by the recording's settings.
    one : str
        Beginning of the message about one event.
    several : callable
        What was counted, in the plural, by the recording's settings.
    figures : callable
        Length and rate of an event in words.
    superlative : str
        What distinguishes the event that is described among several.
    remark : str
        End of both messages.
    severity : callable
        The measure by which one event stands for several.
    """

    event: EventKind
    is_met: Callable[[Episode, RhythmSettings], bool]
    one: str
    several: Callable[[RhythmSettings], str]
    figures: Callable[[Episode, RhythmSettings], str]
    superlative: str = "the longest"
    remark: str = ""
    severity: Measure = by_duration

    def message(self, worst: Episode, count: int, settings: RhythmSettings) -> str:
        """Return the finding in a line, with values and units.

        Parameters
        ----------
        worst : Episode
            The event that stands for all.
        count : int
            Number of events.
        settings : RhythmSettings
            Limits that the finding is judged by.
        """
        figures = f"{self.figures(worst, settings)}{self.remark}"
        if count == 1:
            return f"{self.one} {figures}"
        return f"{count} {self.several(settings)}; {self.superlative} {figures}"


def named(kind: Kind) -> tuple[str, str, str, str]:
    """Return the key, name, mark and group of a kind."""
    return kind.key, kind.name, kind.mark, kind.group


def fibrillation_at_rate(episode: Episode, settings: RhythmSettings) -> str:
    """Return the length and rate of fibrillation or flutter, such as ``12 min at 80/min``."""
    return f"{span(episode.duration_s)} at {rate(episode, settings.urgent.fibrillation_bpm)}"


def beats_at_rate(run: Episode, settings: RhythmSettings) -> str:
    """Return the beats and the rate of a run, such as ``5 beats at 151/min``."""
    return f"{run.n_beats} beats at {rate(run, settings.ectopy.tachycardia_bpm)}"
