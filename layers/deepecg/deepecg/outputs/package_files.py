"""Texts of files that lie in the package."""

from functools import cache
from importlib.resources import files


@cache
def package_text(folder: str, name: str) -> str:
    """Return a file of the package, such as ``style.css`` in ``outputs/report``."""
    return files("deepecg").joinpath(folder, name).read_text(encoding="utf-8")
