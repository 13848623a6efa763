"""Messages that were given up, as far as the report on a date tells of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DeadLettersOfDate:
    """Dead letters about uploads of one date.

    Attributes
    ----------
    count : int
        Those that were found, of this date alone.
    is_complete : bool
        Whether the whole queue was seen. Otherwise there may be more, and uploads may have failed
        that the report does not list.
    """

    count: int
    is_complete: bool = True
