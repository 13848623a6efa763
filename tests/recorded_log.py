"""A log that is kept."""

from typing import Any


class LogLines:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.infos: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []

    def info(self, msg: object, **fields: Any) -> None:
        self.infos.append({"message": msg, **fields})

    def error(self, msg: object, **fields: Any) -> None:
        self.errors.append({"message": msg, **fields})
