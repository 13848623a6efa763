"""The interface of the logger that functions pass in: Powertools' own logger has it."""

from typing import Any, Protocol


class Log(Protocol):
    """Writes log lines of a message and fields, which must not name a patient, a file or a key."""

    def info(self, msg: object, **fields: Any) -> None:
        """Log a normal event."""

    def error(self, msg: object, **fields: Any) -> None:
        """Log a failure."""
