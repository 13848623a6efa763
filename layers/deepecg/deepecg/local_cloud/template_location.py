"""Where the template and the functions' code are: in the repository, or beside this package."""

from pathlib import Path

TEMPLATE = "template.yaml"
STACK_FOLDERS = (
    Path(__file__).parent / "stack",  # installed from a wheel
    Path(__file__).parents[4],  # the repository
)


def stack_folder() -> Path:
    """Return the folder of the template that comes with this software."""
    return next(
        (folder for folder in STACK_FOLDERS if (folder / TEMPLATE).is_file()), STACK_FOLDERS[-1]
    )
