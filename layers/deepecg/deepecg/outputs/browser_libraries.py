"""Third-party scripts and style sheets, downloaded when the package was built."""

from deepecg.outputs.package_files import package_text

REMEDY = (
    "Scripts and style sheets of the pages are missing: they are downloaded when the package is "
    "built. In the sources, run `python layers/deepecg/download_browser_libraries.py`; "
    "otherwise reinstall the package"
)


class MissingVendoredError(RuntimeError):
    """The package was built without the scripts and style sheets that pages need."""


def vendored(folder: str, name: str) -> str:
    """Return the text of a file that was downloaded when the package was built.

    Parameters
    ----------
    folder, name : str
        Folder and name in ``layers/deepecg/download_browser_libraries.py``.

    Raises
    ------
    MissingVendoredError
        If the file is missing.
    """
    try:
        return package_text(folder, name)
    except OSError as error:
        raise MissingVendoredError(REMEDY) from error
