"""Values of a summary together with their place in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SummaryValue:
    """A value of a summary and its path, such as ``ventricular.burden_percent``.

    Attributes of the value are values with longer paths: ``SummaryValue(summary).ventricular``.
    They are None where a block is null. A name that the summary does not have is an error.

    Attributes
    ----------
    value : object
        The value, a block of values, or the whole :class:`~deepecg.outputs.summary.Summary`.
    path : str
        Keys in ``summary.json``, separated by dots; empty for the whole summary.
    """

    value: Any
    path: str = ""

    def __getattr__(self, key: str) -> "SummaryValue":
        return self._at(key, None if self.value is None else getattr(self.value, key))

    def __getitem__(self, key: str) -> "SummaryValue":
        """Return an entry of a mapping, or a field of a block by its name."""
        if isinstance(self.value, Mapping):
            return self._at(key, self.value[key])
        return self.__getattr__(key)

    def _at(self, key: str, value: Any) -> "SummaryValue":
        return SummaryValue(value, f"{self.path}.{key}".lstrip("."))

    @property
    def key(self) -> str:
        """Last key of the path."""
        return self.path.rpartition(".")[2]
