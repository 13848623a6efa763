"""What a reader is told about a file that the file itself does not say."""

from dataclasses import dataclass
from datetime import tzinfo


@dataclass(frozen=True)
class ReadingOptions:
    """How to read a recording; the same for every format.

    Attributes
    ----------
    zone : tzinfo or None
        Time zone of the recorder's clock, for times with a UTC offset.
    lead : str or None
        Label or number, from 1, of a signal that is read as a lead whatever it measures.
    """

    zone: tzinfo | None = None
    lead: str | None = None


DEFAULT_OPTIONS = ReadingOptions()
