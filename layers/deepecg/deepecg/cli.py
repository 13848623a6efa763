"""The command line: ``deepecg score PATH... --out DIR``."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from deepecg import __version__
from deepecg.annotations import EXTENSION, write_annotations
from deepecg.classifier import BeatClassifier
from deepecg.documents import to_json
from deepecg.errors import ModelMismatchError, RefusedRecordingError, UnreadableFileError
from deepecg.identity import recording_id
from deepecg.readers import RECORDING_SUFFIXES, find_recordings, open_recording
from deepecg.rejection import rejection_document
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from deepecg.summary import summarise

MODEL_FOLDERS = (
    Path(__file__).parent / "model",  # installed from a wheel
    Path(__file__).parents[2] / "model",  # the repository's layers/model
)


@dataclass(frozen=True)
class Job:
    """A recording to score, and the name of its folder of results."""

    path: Path
    name: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        jobs = list(_jobs(given.paths))
    except FileNotFoundError as error:
        parser.error(f"no such file or folder: {error}")
    if not jobs:
        parser.error("found no recording (.hea, .edf, .bdf or .ecg) in the folders given")
    settings = replace(ScoringSettings(), lead=given.lead)
    try:
        classifier = BeatClassifier.load(given.model)
        classifier.card.refuse_other_conditioning(settings.conditioning)
    except (ModelMismatchError, FileNotFoundError) as error:
        parser.error(str(error))
    n_scored = sum(_score(job, classifier, settings, given.out, quiet=given.quiet) for job in jobs)
    print(f"{n_scored} of {len(jobs)} recordings scored; results in {given.out}")
    return 0 if n_scored == len(jobs) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deepecg", description="Scores Holter recordings. Advisory; not a medical device."
    )
    parser.add_argument("--version", action="version", version=f"deepecg {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    score = commands.add_parser("score", help="find and classify every beat of recordings")
    score.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a .hea (or its stem), .edf, .bdf or .ecg file, or a folder of them",
    )
    score.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results go")
    score.add_argument("--lead", metavar="NAME", help="the lead to score instead of the best one")
    score.add_argument(
        "--model", type=Path, default=model_folder(), metavar="DIR", help="folder of the model"
    )
    score.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


def model_folder() -> Path:
    """Return the folder of the model that comes with this software."""
    return next((folder for folder in MODEL_FOLDERS if folder.is_dir()), MODEL_FOLDERS[-1])


def _jobs(paths: Sequence[Path]) -> Iterator[Job]:
    """Yield the recordings named or found; two of one name get different folders."""
    taken: set[str] = set()
    for given in paths:
        if given.is_dir():
            found = find_recordings(given)
        elif given.exists() or given.with_name(f"{given.name}.hea").exists():
            found = [given]
        else:
            raise FileNotFoundError(given)
        for path in found:
            stem = path.stem if path.suffix.lower() in RECORDING_SUFFIXES else path.name
            name, number = stem, 1
            while name in taken:
                number += 1
                name = f"{stem}_{number}"
            taken.add(name)
            yield Job(path, name)


def _score(
    job: Job, classifier: BeatClassifier, settings: ScoringSettings, out: Path, *, quiet: bool
) -> bool:
    """Score one recording and write what comes of it; return whether it was scored."""
    folder = out / job.name
    folder.mkdir(parents=True, exist_ok=True)
    summary, rejection = folder / "summary.json", folder / "rejection.json"
    try:
        with _progress(job.name, quiet=quiet) as progress, _readable():
            scored = score_recording(open_recording(job.path), classifier, settings, progress)
        write_annotations(scored, folder, job.name)
    except RefusedRecordingError as error:
        summary.unlink(missing_ok=True)
        (folder / f"{job.name}.{EXTENSION}").unlink(missing_ok=True)
        document = rejection_document(error, recording_id(job.name))
        rejection.write_text(to_json(document), encoding="utf-8")
        print(f"{job.name}: refused ({error.code}): {error}", file=sys.stderr)
        return False
    rejection.unlink(missing_ok=True)
    summary.write_text(to_json(summarise(scored, recording_id(job.name))), encoding="utf-8")
    return True


@contextmanager
def _readable() -> Iterator[None]:
    """Refuse what the file system will not give: it does not stop the other recordings."""
    try:
        yield
    except OSError as error:
        raise UnreadableFileError(
            f"found a file that the system does not let us read ({type(error).__name__}), "
            "expected one that can be opened"
        ) from error


@contextmanager
def _progress(name: str, *, quiet: bool) -> Iterator[Callable[[float], None]]:
    """Show a bar for one recording; the function given moves it to a share of the work."""
    layout = "{desc}: {percentage:3.0f}%|{bar:30}| {elapsed}"
    with tqdm(total=1.0, desc=name, bar_format=layout, disable=quiet) as bar:

        def move(share: float) -> None:
            bar.update(share - bar.n)

        yield move
