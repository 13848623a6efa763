"""What the commands of this package share in their arguments."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

Settings = TypeVar("Settings")


def argument_parser(
    module: str, description: str | None, databases: str | None = None
) -> argparse.ArgumentParser:
    """Return the parser of a command.

    Parameters
    ----------
    module : str
        Name of the module below ``training``.
    description : str
        Text of ``--help``: the module's docstring.
    databases : str, optional
        Folders that ``--data DIR`` has to contain; None for a command without that argument.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m training.{module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if databases:
        contents = f"folder that contains {databases}"
        parser.add_argument("--data", type=Path, required=True, metavar="DIR", help=contents)
    return parser


def add_changes(parser: argparse.ArgumentParser) -> None:
    """Add ``--set NAME=VALUE ...``, whose values :func:`changed` takes."""
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=VALUE", dest="changes", help="settings"
    )


def changed(settings: Settings, changes: Sequence[str]) -> Settings:
    """Return settings with other values, each given as ``NAME=VALUE``."""
    pairs = (change.split("=", 1) for change in changes)
    typed = {name: type(getattr(settings, name))(value) for name, value in pairs}
    return replace(settings, **typed)  # type: ignore[type-var]
