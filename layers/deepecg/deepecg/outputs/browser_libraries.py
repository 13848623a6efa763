"""Other people's scripts and styles, as they were brought when the package was built."""

from functools import cache
from importlib.resources import files

REMEDY = (
    "Scripts and styles that pages are made with are not there: they come when the package is "
    "built. Run `python layers/deepecg/vendor.py` in the sources, or install the package anew"
)


class MissingVendoredError(RuntimeError):
    """The package was put together without what pages need."""


def uplot(name: str) -> str:
    """Return the text of ``uPlot.iife.min.js``, ``uPlot.min.css`` or ``LICENSE``.

    Raises
    ------
    MissingVendoredError
        If the file is not there.
    """
    return vendored("outputs/report/vendor/uplot", name)


@cache
def vendored(folder: str, name: str) -> str:
    """Return the text of a file that the build has brought.

    Parameters
    ----------
    folder, name : str
        As in ``layers/deepecg/vendor.py``.

    Raises
    ------
    MissingVendoredError
        If the file is not there.
    """
    file = files("deepecg").joinpath(*folder.split("/"), name)
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise MissingVendoredError(REMEDY) from error
