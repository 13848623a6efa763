"""What a reader is told about a file that the file itself does not say."""

from dataclasses import dataclass, field
from datetime import tzinfo

from deepecg.readers.text_options import TextOptions


@dataclass(frozen=True)
class ReadingOptions:
    """How to read a recording; the same for every format.

    Attributes
    ----------
    zone : tzinfo or None
        Time zone of the recorder's clock, for times with a UTC offset.
    lead : str or None
        Label or number, from 1, of a signal that is read as a lead whatever it measures.
    text : TextOptions
        What a table of numbers does not say about itself.
    """

    zone: tzinfo | None = None
    lead: str | None = None
    text: TextOptions = field(default_factory=TextOptions)


DEFAULT_OPTIONS = ReadingOptions()
