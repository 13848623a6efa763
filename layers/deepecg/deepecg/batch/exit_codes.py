"""Exit statuses of the command line."""

from typing import Final

ALL_SCORED: Final = 0
NOT_ALL_SCORED: Final = 1
USAGE_ERROR: Final = 2
"""The same as argparse's."""
INTERRUPTED: Final = 130
"""The same as a shell's for Ctrl-C."""
EXIT_CODES: Final = {
    ALL_SCORED: "every recording was scored, or skipped because its results are there",
    NOT_ALL_SCORED: "a recording was rejected or failed, or results of another making are there",
    USAGE_ERROR: "the arguments or the settings file are wrong; nothing was done",
    INTERRUPTED: "interrupted by Ctrl-C or SIGTERM; what was done is kept",
}
