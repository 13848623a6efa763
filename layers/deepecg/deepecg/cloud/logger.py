"""What this package logs with: Powertools' logger in a function, whose name it does not know."""

from typing import Any, Protocol


class Log(Protocol):
    """Writes lines of a message and fields. Neither may name a patient, a file or a key."""

    def info(self, msg: object, **fields: Any) -> None:
        """Write what is as it should be."""

    def error(self, msg: object, **fields: Any) -> None:
        """Write what is not."""
