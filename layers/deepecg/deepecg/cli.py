"""The command line: ``deepecg score PATH... --out DIR`` and ``deepecg report --results DIR``."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path

from tqdm import tqdm

from deepecg import __version__
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import model_folder
from deepecg.errors import (
    ModelMismatchError,
    RefusedRecordingError,
    ReviewError,
    SettingsError,
    UnreadableFileError,
)
from deepecg.night.folder_night_store import LOCAL_SETTINGS, FolderStore
from deepecg.night.make_report import make_night
from deepecg.night.night_entry import night_entry
from deepecg.night.night_store import NIGHTS, PAGE, REPORTS, parse_night
from deepecg.outputs.file_names import PDF_FILE, REJECTION_FILE, REPORT_FILE, SUMMARY_FILE
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.next_steps import NEXT_STEPS
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.rejection_json import Rejection, rejection_document
from deepecg.outputs.report.report_pdf import refuse_missing_weasyprint, report_pdf
from deepecg.outputs.result_files import output_files, write_outputs
from deepecg.outputs.summary import Summary
from deepecg.outputs.wave_annotations import WAVE_EXTENSION, write_waves
from deepecg.readers.formats import SUFFIX_LIST, is_recording_name
from deepecg.readers.open_recording import find_recordings, main_file, open_recording
from deepecg.readers.text_options import text_options_of_pairs
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX
from deepecg.review_command import read_review_file, write_reviewed
from deepecg.scoring import score_recording
from deepecg.settings_file import SettingsFile, read_settings_file
from deepecg.waves.wave_delineator import delineator_beside

COMMANDS = "deepecg.commands"
"""Group of entry points for further subcommands: each is a function that adds one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        status: int = given.run(given)
    except (SettingsError, ModelMismatchError, FileNotFoundError) as error:
        parser.error(str(error))
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deepecg", description="Scores Holter recordings. Advisory; not a medical device."
    )
    parser.add_argument("--version", action="version", version=f"deepecg {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    score = commands.add_parser("score", help="find and classify every beat of recordings")
    score.set_defaults(run=_score)
    score.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help=f"a {SUFFIX_LIST} file, or a folder of them; {HEADER_SUFFIX} may be omitted",
    )
    score.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for results")
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
        "--model", type=Path, default=model_folder(), metavar="DIR", help="folder of the model"
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
    score.add_argument("--quiet", action="store_true", help="no progress bars")
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
    for entry_point in entry_points(group=COMMANDS):
        entry_point.load()(commands)
    return parser


def _jobs(paths: Sequence[Path]) -> dict[str, Path]:
    """Return the recordings given or found in folders, by the name of their folder of results.

    Equal names get different folders.
    """
    jobs: dict[str, Path] = {}
    for given in paths:
        if given.is_dir():
            found = find_recordings(given)
        elif main_file(given).exists():
            found = [given]
        else:
            raise FileNotFoundError(f"no such file or folder: {given}")
        for path in found:
            stem = path.stem if is_recording_name(path.name) else path.name
            name, number = stem, 1
            while name in jobs or name in {NIGHTS, REPORTS}:  # folders that are not recordings
                number += 1
                name = f"{stem}_{number}"
            jobs[name] = path
    return jobs


def _score(given: argparse.Namespace) -> int:
    """Score recordings; return 0 if all were scored, otherwise 1."""
    jobs = _jobs(given.paths)
    if not jobs:
        raise SettingsError(f"found no recording ({SUFFIX_LIST}) in the folders given")
    settings = _settings_file(given.settings) if given.settings else SettingsFile()
    text = text_options_of_pairs(given.text).over(settings.text)
    settings = replace(settings, lead=given.lead or settings.lead, text=text)
    if len(jobs) > 1 and settings.about_one_patient:
        raise SettingsError(
            f"found {len(jobs)} recordings, expected one: the settings file names its patient, "
            "request or start"
        )
    if given.pdf:
        refuse_missing_weasyprint()
    if given.review is not None:
        return _review(given, jobs, settings)
    classifier = BeatClassifier.load(given.model)
    classifier.card.refuse_other_conditioning(settings.scoring.conditioning)
    delineator_beside(given.model)  # so that one that does not fit is reported before scoring
    _refuse_unwritable(given.out)
    n_scored = sum(
        _score_one(
            path,
            given.out / name,
            classifier,
            settings,
            waves=given.waves,
            pdf=given.pdf,
            quiet=given.quiet,
        )
        for name, path in jobs.items()
    )
    print(f"{n_scored} of {len(jobs)} recordings scored; results in {given.out}")
    return 0 if n_scored == len(jobs) else 1


def _review(given: argparse.Namespace, jobs: Mapping[str, Path], settings: SettingsFile) -> int:
    """Apply a review to the results of one recording; return 0 if it was applied, otherwise 1."""
    if len(jobs) > 1:
        raise SettingsError(f"found {len(jobs)} recordings for one review, expected one")
    ((name, path),) = jobs.items()
    folder = given.out / name
    try:
        content = read_review_file(given.review)
        _refuse_unwritable(given.out)
        if not (folder / SUMMARY_FILE).exists():
            classifier = BeatClassifier.load(given.model)
            if not _score_one(
                path,
                folder,
                classifier,
                settings,
                waves=given.waves,
                pdf=given.pdf,
                quiet=given.quiet,
            ):
                return 1
        with _progress(name, quiet=given.quiet) as progress, _readable():
            reviewed = write_reviewed(
                path,
                content,
                folder,
                settings,
                given.model,
                progress=progress,
                waves=given.waves,
            )
        if given.pdf:
            _write_pdf(reviewed)
    except (ReviewError, RefusedRecordingError) as error:
        print(f"{name}: review not applied ({error.code}): {error}", file=sys.stderr)
        return 1
    print(f"Reviewed report in {reviewed / REPORT_FILE}")
    return 0


def _refuse_unwritable(folder: Path) -> None:
    """Create the folder for results; reject one that this user cannot write to."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise SettingsError(
            "found a folder for results that cannot be written to, expected a writable one "
            '(in Docker: --user "$(id -u):$(id -g)")'
        )


def _settings_file(path: Path) -> SettingsFile:
    """Read a settings file."""
    try:
        return read_settings_file(path.read_bytes())
    except OSError as error:
        raise SettingsError(
            f"found a settings file that cannot be read ({type(error).__name__}), expected JSON"
        ) from error


def _score_one(
    path: Path,
    folder: Path,
    classifier: BeatClassifier,
    settings: SettingsFile,
    *,
    waves: bool,
    pdf: bool,
    quiet: bool,
) -> bool:
    """Score one recording and write its results or rejection; return whether it was scored."""
    name, identity = folder.name, recording_id(folder.name)
    folder.mkdir(parents=True, exist_ok=True)
    wave_file = folder / f"{name}.{WAVE_EXTENSION}"
    for stale in (wave_file, folder / PDF_FILE):
        stale.unlink(missing_ok=True)
    now, began_s = datetime.now().astimezone(), time.perf_counter()
    try:
        with _progress(name, quiet=quiet) as progress, _readable():
            recording = open_recording(path, settings.reading)
            scored = score_recording(recording, classifier, settings.scoring, progress)
        document: Summary | Rejection = write_outputs(scored, folder, name, identity, settings)
        if waves:
            write_waves(scored, folder, name)
        if pdf:
            _write_pdf(folder)
    except RefusedRecordingError as error:
        for file_name in output_files(name):
            (folder / file_name).unlink(missing_ok=True)
        document = rejection_document(error, identity)
        (folder / REJECTION_FILE).write_text(to_json(document), encoding="utf-8")
        next_step = NEXT_STEPS.get(error.code, "")
        print(f"{name}: rejected ({error.code}): {error}. {next_step}".rstrip(), file=sys.stderr)
    else:
        (folder / REJECTION_FILE).unlink(missing_ok=True)
    entry = night_entry(
        identity, document, uploaded_at=now, folder=name, processing_s=time.perf_counter() - began_s
    )
    FolderStore(folder.parent).put(entry, now.date())
    return isinstance(document, Summary)


def _write_pdf(folder: Path) -> None:
    """Write the report in a folder as a PDF beside it."""
    html = (folder / REPORT_FILE).read_text(encoding="utf-8")
    (folder / PDF_FILE).write_bytes(report_pdf(html))


def _report(given: argparse.Namespace) -> int:
    """Write the report on a day."""
    today = datetime.now().astimezone().date()
    day = parse_night(given.date, today=today) if given.date else today
    make_night(day, FolderStore(given.results), LOCAL_SETTINGS)
    print(f"Report in {given.results / REPORTS / day.isoformat() / PAGE}")
    return 0


@contextmanager
def _readable() -> Iterator[None]:
    """Reject a file that the system cannot read, so that other recordings are still scored."""
    try:
        yield
    except OSError as error:
        raise UnreadableFileError(
            f"found a file that the system cannot read ({type(error).__name__}), expected one that "
            "can be opened"
        ) from error


@contextmanager
def _progress(name: str, *, quiet: bool) -> Iterator[Callable[[float], None]]:
    """Show a progress bar for one recording; yield a function that sets its share, 0 to 1."""
    layout = "{desc}: {percentage:3.0f}%|{bar:30}| {elapsed}"
    with tqdm(total=1.0, desc=name, bar_format=layout, disable=quiet) as bar:

        def move(share: float) -> None:
            bar.update(share - bar.n)

        yield move
