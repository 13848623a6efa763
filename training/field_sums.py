"""Addition of dataclasses field by field, for counts of several records."""

from typing import TypeVar

Counts = TypeVar("Counts")


def add_fields(one: Counts, other: Counts) -> Counts:
    """Return an instance whose fields are the sums of the fields of two; for ``__add__``."""
    pairs = zip(vars(one).values(), vars(other).values(), strict=True)
    return type(one)(*(first + second for first, second in pairs))
