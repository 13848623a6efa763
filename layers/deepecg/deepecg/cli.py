"""The command line: ``deepecg score PATH... --out DIR`` and ``deepecg report --results DIR``.

Only the parser is here. What a command needs is imported when it runs, so that help and refusals
come at once.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deepecg import __version__
from deepecg.batch.exit_codes import ALL_SCORED, EXIT_CODES, INTERRUPTED
from deepecg.batch.one_thread import use_one_thread
from deepecg.errors import ModelMismatchError, SettingsError
from deepecg.outputs.file_names import PDF_FILE, WAVE_EXTENSION
from deepecg.readers.formats import SUFFIX_LIST
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX

COMMANDS = "deepecg.commands"
"""Group of entry points for further subcommands: each is a function that adds one."""
OWN_COMMANDS = ("score", "report")
MAX_JOBS = 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser(with_further=not words or words[0] not in OWN_COMMANDS)
    given = parser.parse_args(words)
    try:
        status: int = given.run(given)
    except (SettingsError, ModelMismatchError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    return status


def _parser(*, with_further: bool) -> argparse.ArgumentParser:
    """Return the parser, with the subcommands of entry points only where one may be meant."""
    parser = argparse.ArgumentParser(
        prog="deepecg", description="Scores Holter recordings. Advisory; not a medical device."
    )
    parser.add_argument("--version", action="version", version=f"deepecg {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_score(commands)
    report = commands.add_parser(
        "report", help="write the report on all recordings scored on one day"
    )
    report.set_defaults(run=_report)
    report.add_argument(
        "--results",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder given as --out of `score`",
    )
    report.add_argument("--date", metavar="YYYY-MM-DD", help="day of scoring (default: today)")
    if with_further:
        from importlib.metadata import entry_points  # noqa: PLC0415  (slow)

        for entry_point in entry_points(group=COMMANDS):
            entry_point.load()(commands)
    return parser


def _add_score(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    codes = "\n".join(f"  {code:3}  {meaning}" for code, meaning in EXIT_CODES.items())
    score = commands.add_parser(
        "score",
        help="find and classify every beat of recordings",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"exit status:\n{codes}",
    )
    score.set_defaults(run=_score)
    score.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help=f"a {SUFFIX_LIST} file, or a folder of them; {HEADER_SUFFIX} may be omitted",
    )
    score.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for results; subfolders of PATH are kept in it",
    )
    score.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="JSON file with your own settings (see README)",
    )
    score.add_argument("--lead", metavar="NAME", help="lead to analyse (default: the best leads)")
    score.add_argument(
        "--text",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="what CSV files do not say: sampling_rate_hz=130, unit=uV, … (see README)",
    )
    score.add_argument(
        "--model",
        type=Path,
        metavar="DIR",
        help="folder of the model (default: the one that is installed)",
    )
    score.add_argument(
        "--waves",
        action="store_true",
        help=f"also write P, QRS and T of every beat as NAME.{WAVE_EXTENSION}, a WFDB annotation "
        "file like that of ecgpuwave",
    )
    score.add_argument(
        "--pdf",
        action="store_true",
        help=f"also write the report as {PDF_FILE} (needs `pip install 'deepecg[pdf]'`)",
    )
    score.add_argument(
        "--review",
        type=Path,
        metavar="FILE",
        help="apply a review (NAME.review.json) to one recording",
    )
    score.add_argument(
        "--jobs",
        type=_jobs,
        metavar="N",
        help="recordings to score at a time (default: one per core, as far as memory allows)",
    )
    score.add_argument(
        "--skip-existing",
        action="store_true",
        help="leave out recordings whose results are there: of the same content, settings, model "
        "and version",
    )
    score.add_argument(
        "--force",
        action="store_true",
        help="replace results of another recording of the same name, or of other settings, model "
        "or version",
    )
    score.add_argument(
        "--json",
        action="store_true",
        help="print JSON instead of text: a line for each recording, and one at the end",
    )
    score.add_argument(
        "--quiet", action="store_true", help="print only what went wrong and the last line"
    )


def _jobs(text: str) -> int:
    """Parse a number of recordings to score at a time."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_JOBS:
        raise argparse.ArgumentTypeError(f"found no number from 1 to {MAX_JOBS}")
    return int(text)


def _score(given: argparse.Namespace) -> int:
    """Score recordings, or apply a review."""
    use_one_thread()
    from deepecg.batch.run_arguments import read_arguments  # noqa: PLC0415  (slow)

    run = read_arguments(given)
    if given.review is not None:
        from deepecg.review_command import review  # noqa: PLC0415  (slow)

        return review(run)
    from deepecg.batch.score_run import score  # noqa: PLC0415  (slow)

    return score(run)


def _report(given: argparse.Namespace) -> int:
    """Write the report on a day."""
    from datetime import datetime  # noqa: PLC0415

    from deepecg.night.folder_night_store import LOCAL_SETTINGS, FolderStore  # noqa: PLC0415
    from deepecg.night.night_store import PAGE, REPORTS, parse_night  # noqa: PLC0415

    today = datetime.now().astimezone().date()
    day = parse_night(given.date, today=today) if given.date else today
    from deepecg.night.make_report import make_night  # noqa: PLC0415  (slow)

    make_night(day, FolderStore(given.results), LOCAL_SETTINGS)
    print(f"Report in {given.results / REPORTS / day.isoformat() / PAGE}")
    return ALL_SCORED
