"""uPlot as it was brought when the package was built."""

from functools import cache
from importlib.resources import files

REMEDY = (
    "uPlot, which the report's trend is drawn with, is not there: it comes when the package is "
    "built. Run `python layers/deepecg/uplot.py` in the sources, or install the package anew"
)


class MissingUPlotError(RuntimeError):
    """The package was put together without uPlot."""


@cache
def uplot(name: str) -> str:
    """Return the text of ``uPlot.iife.min.js``, ``uPlot.min.css`` or ``LICENSE``.

    Raises
    ------
    MissingUPlotError
        If the file is not there.
    """
    file = files("deepecg").joinpath("report", "vendor", "uplot", name)
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise MissingUPlotError(REMEDY) from error
