"""Values of a summary as HTML: each is marked with its path, for tests and for other programs."""

from dataclasses import dataclass

from markupsafe import Markup

from deepecg.outputs.report import labels_and_formats as labels
from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.value_with_path import SummaryValue

SHARE_DIGITS = 2


@dataclass(frozen=True)
class ValueMarkup:
    """Formats values of a summary; an unknown one becomes "not known".

    Attributes
    ----------
    clock : Clock
        Time of day of the recording.
    """

    clock: Clock

    def number(self, found: SummaryValue, digits: int | None = None, unit: str = "") -> Markup:
        """Return a number and its unit."""
        shown = _marked(found, labels.number(found.value, digits))
        return shown if found.value is None or not unit else shown + Markup(" ") + _unit(unit)

    def share(self, found: SummaryValue, *, some: bool = False, whole: bool = True) -> Markup:
        """Return a percentage that is not rounded to 0 where there is some, nor to 100.

        Parameters
        ----------
        found : SummaryValue
            The percentage.
        some, whole : bool
            Whether there is any at all, and whether 100 would be true.
        """
        least, most = 10.0**-SHARE_DIGITS, 100 - 10.0**-SHARE_DIGITS
        if found.value is not None and some and found.value < least / 2:
            sign, shown = "< ", least
        elif found.value is not None and not whole and found.value > most + least / 2:
            sign, shown = "> ", most
        else:
            return self.number(found, SHARE_DIGITS, "%")
        number = _marked(found, labels.number(shown, SHARE_DIGITS))
        return Markup("{}{} {}").format(sign, number, _unit("%"))

    def count(self, found: SummaryValue, what: str) -> Markup:
        """Return a number of things: "1 run", "2 runs"."""
        return self.number(found) + f" {what}{'' if found.value == 1 else 's'}"

    def duration(self, found: SummaryValue) -> Markup:
        """Return a duration."""
        if found.value is None:
            return self.number(found)
        return Markup('<time data-figure="{}" datetime="PT{}S">{}</time>').format(
            found.path, found.value, labels.duration(found.value)
        )

    def moment(self, found: SummaryValue) -> Markup:
        """Return the time of day."""
        if found.value is None:
            return self.number(found)
        return Markup('<time data-figure="{}" datetime="{}">{}</time>').format(
            found.path, self.clock.iso(found.value), self.clock.at(found.value)
        )


def _marked(found: SummaryValue, text: str) -> Markup:
    return Markup('<span data-figure="{}">{}</span>').format(found.path, text)


def _unit(unit: str) -> Markup:
    return Markup('<span class="unit">{}</span>').format(unit)
