"""Damages small recordings of every format, and scores what is left of them.

    python tests/hostile_files.py [N] [--seed 0] [--jobs 2]

``N`` files are made from sound ones by flipped bits, cuts, extreme numbers, and blocks that are
repeated, removed, swapped, filled or taken from a file of another format. Each is scored, or
refused with a type; any other error is a fault of the readers. So is a file that takes more
processor time or memory than :data:`MAX_CPU_S` or :data:`MAX_MEMORY_BYTES`: what a file costs
follows from what it holds. File number k of a seed is the same in every run, and
``--number k`` makes and scores it alone.
"""

import argparse
import contextlib
import gzip
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from exchange_file_writers import write_dicom, write_hl7_aecg, write_scp_ecg
from holter_file_writers import synthetic_ecg, write_edf, write_ishne, write_wfdb
from numpy.typing import NDArray

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import model_folder
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.result_files import write_outputs
from deepecg.readers.open_recording import open_recording
from deepecg.scoring import score_recording
from deepecg.study import Study

MAX_CPU_S = 10.0
"""Most processor time that one damaged file may take, in seconds."""
MAX_MEMORY_BYTES = 500_000_000
"""Most memory that the process may take with one damaged file; some 200 MB are there before."""
HANGS_S = 60
"""Time after which a file is given up, in seconds."""
HEADER_BYTES = 1024
"""Where damage does most: half of all changes are made in this part of a file."""

Files = dict[str, bytes]
"""The files of one recording by name, the main file first."""
Random = np.random.Generator


def sound_files() -> dict[str, Files]:
    """Return one sound recording of each kind that is read, by the kind's name."""
    ecg = synthetic_ecg(30.0, 250.0, n_leads=2)
    short = synthetic_ecg(12.0, 128.0, n_leads=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def made(write: Callable[[Path], object], main: str) -> Files:
            inside = folder / main.replace(".", "_")
            inside.mkdir()
            write(inside / main)
            paths = sorted(inside.iterdir(), key=lambda path: path.name != main)
            return {path.name: path.read_bytes() for path in paths}

        return {
            "edf": made(lambda path: write_edf(path, ecg), "a.edf"),
            "edf+d": made(
                lambda path: write_edf(path, ecg, onsets_s=[*range(20), *range(25, 35)]), "d.edf"
            ),
            "bdf": made(lambda path: write_edf(path, short, 128.0), "a.bdf"),
            "ishne": made(lambda path: write_ishne(path, ecg, variable_block=b"x" * 50), "a.ecg"),
            "wfdb 16": made(lambda path: write_wfdb(path, ecg), "a.hea"),
            "wfdb 212": made(lambda path: write_wfdb(path, ecg, fmt="212"), "b.hea"),
            "wfdb 310": made(lambda path: write_wfdb(path, short, 128.0, fmt="310"), "c.hea"),
            "wfdb 8": made(lambda path: write_wfdb(path, short, 128.0, fmt="8"), "e.hea"),
            "wfdb flac": made(lambda path: write_wfdb(path, ecg, fmt="516"), "f.hea"),
            "wfdb segments": made(_write_segments, "multi.hea"),
            "dicom": made(lambda path: write_dicom(path, ecg), "a.dcm"),
            "scp-ecg": made(lambda path: write_scp_ecg(path, short, 128.0), "a.scp"),
            "hl7 aecg": made(lambda path: write_hl7_aecg(path, short, 128.0), "a.xml"),
            "csv": made(lambda path: _write_table(path, short[:, 0], 128.0), "a.csv"),
            "gzip": made(_write_gzip, "a.edf.gz"),
            "zip": made(_write_zip, "a.zip"),
        }


def _write_segments(master: Path) -> None:
    """Write a multi-segment record with a gap and a segment that occurs twice."""
    ecg = synthetic_ecg(15.0, 250.0, n_leads=2)
    for part in ("s1", "s2"):
        write_wfdb(master.with_name(f"{part}.hea"), ecg)
    lines = ("multi/4 2 250 12250", "s1 3750", "~ 1000", "s2 3750", "s1 3750")
    master.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_table(path: Path, lead_mv: NDArray[np.float64], rate: float) -> None:
    rows = (f"{at / rate:.4f};{level:.4f}" for at, level in enumerate(lead_mv))
    path.write_text("\n".join(("time [s];ECG [mV]", *rows)), encoding="utf-8")


def _write_gzip(path: Path) -> None:
    plain = write_edf(path.with_suffix(""), synthetic_ecg(30.0, 250.0, n_leads=2))
    path.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()


def _write_zip(path: Path) -> None:
    write_wfdb(path.with_suffix(".hea"), synthetic_ecg(30.0, 250.0, n_leads=2))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in (path.with_suffix(".hea"), path.with_suffix(".dat")):
            archive.write(part, part.name)
            part.unlink()


def _place(rng: Random, content: bytes) -> int:
    end = min(len(content), HEADER_BYTES) if rng.random() < 0.5 else len(content)
    return int(rng.integers(max(end, 1)))


def _block(rng: Random, content: bytes) -> slice:
    at = _place(rng, content)
    return slice(at, at + int(2 ** rng.uniform(0, 14)))


def flip_bits(rng: Random, content: bytes) -> bytes:
    """Flip 1 to 64 bits."""
    damaged = bytearray(content)
    for _ in range(int(2 ** rng.uniform(0, 6))):
        if damaged:
            damaged[_place(rng, content)] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


def cut(rng: Random, content: bytes) -> bytes:
    """Remove the end."""
    return content[: _place(rng, content)]


def extreme_number(rng: Random, content: bytes) -> bytes:
    """Overwrite 1, 2, 4 or 8 bytes with the largest, smallest or an odd value."""
    width = int(rng.choice([1, 2, 4, 8]))
    value = rng.choice(
        np.array([0, 1, 2 ** (8 * width) - 1, 2 ** (8 * width - 1), 2 ** (8 * width - 1) - 1], "O")
    )
    at = _place(rng, content)
    return content[:at] + int(value).to_bytes(width, "little") + content[at + width :]


def extreme_digits(rng: Random, content: bytes) -> bytes:
    """Replace a number that is written in digits, in as many characters or in more."""
    numbers = list(re.finditer(rb"[+-]?[0-9.]+", content[: 4 * HEADER_BYTES]))
    if not numbers:
        return flip_bits(rng, content)
    found = numbers[int(rng.integers(len(numbers)))]
    values = (b"0", b"-1", b"1e9", b"nan", b"inf", b"-", b"0.5", b"1e-9", b"99999999", b"9" * 30)
    value = values[int(rng.integers(len(values)))]
    if rng.random() < 0.7:
        value = value[: len(found[0])].ljust(len(found[0]))
    return content[: found.start()] + value + content[found.end() :]


def repeat_block(rng: Random, content: bytes) -> bytes:
    """Insert a block a second time, or some hundred times."""
    block = content[_block(rng, content)]
    times = int(rng.choice([1, 1, 1, 100]))
    at = _place(rng, content)
    return content[:at] + block * min(times, 1 + 200_000 // max(len(block), 1)) + content[at:]


def remove_block(rng: Random, content: bytes) -> bytes:
    """Remove a block from the middle."""
    block = _block(rng, content)
    return content[: block.start] + content[block.stop :]


def swap_blocks(rng: Random, content: bytes) -> bytes:
    """Exchange what comes before and after a place."""
    first, second = sorted((_place(rng, content), _place(rng, content)))
    return content[:first] + content[second:] + content[first:second]


def fill_block(rng: Random, content: bytes) -> bytes:
    """Fill a block with one value, or with noise."""
    block = _block(rng, content)
    length = len(content[block])
    filled = (b"\0", b"\xff", b" ", b"9", b"\n")[int(rng.integers(5))] * length
    noise = rng.bytes(length)
    return (
        content[: block.start] + (filled if rng.random() < 0.7 else noise) + content[block.stop :]
    )


CHANGES = (
    flip_bits,
    cut,
    extreme_number,
    extreme_digits,
    repeat_block,
    remove_block,
    swap_blocks,
    fill_block,
)


def hostile_files(seed: int, number: int) -> tuple[str, Files]:
    """Return the name of the sound recording, and the damaged files number ``number``."""
    rng = np.random.default_rng([seed, number])
    sound = _sound_files()
    kinds = list(sound)
    kind = kinds[number % len(kinds)]
    files = dict(sound[kind])
    for _ in range(int(rng.choice([1, 1, 2, 4]))):
        name = list(files)[0 if rng.random() < 0.6 else int(rng.integers(len(files)))]
        if rng.random() < 0.05:  # the rest of a file of another kind
            other = next(iter(sound[kinds[int(rng.integers(len(kinds)))]].values()))
            files[name] = files[name][: _place(rng, files[name])] + other[_place(rng, other) :]
        elif rng.random() < 0.03 and len(files) > 1:
            files[name] = b""
        else:
            change = CHANGES[int(rng.integers(len(CHANGES)))]
            files[name] = change(rng, files[name])
    return kind, files


@cache
def _sound_files() -> dict[str, Files]:
    return sound_files()


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    number : int
        Number of the file; -1 for one that was given by name.
    kind : str
        Name of the sound recording it was made from.
    result : str
        ``scored``, the code of a refusal, or the name of an untyped error.
    typed : bool
        Whether the file was scored or refused with a type.
    cpu_s : float
        Processor time in seconds.
    memory_bytes : int
        Most memory that the process took.
    """

    number: int
    kind: str
    result: str
    typed: bool
    cpu_s: float
    memory_bytes: int

    @property
    def is_harmless(self) -> bool:
        """Whether it was scored or refused within the limits."""
        return self.typed and self.cpu_s <= MAX_CPU_S and self.memory_bytes <= MAX_MEMORY_BYTES

    def __str__(self) -> str:
        """Return one line."""
        memory_mb = self.memory_bytes / 1e6
        return f"{self.number}: {self.kind}: {self.result}, {self.cpu_s:.1f} s, {memory_mb:.0f} MB"


def outcome(number: int, kind: str, files: Files, classifier: BeatClassifier) -> Outcome:
    """Score the files of one recording and return what became of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        _forget_peak()
        began_s = time.process_time()
        result, typed = _result(folder / next(iter(files)), folder, classifier)
        return Outcome(
            number, kind, result, typed, time.process_time() - began_s, _peak_memory_bytes()
        )


def _result(path: Path, folder: Path, classifier: BeatClassifier) -> tuple[str, bool]:
    try:
        with _time_limit():
            recording = open_recording(path)
            scored = score_recording(recording, classifier)
            outputs = folder / "outputs"
            outputs.mkdir()
            write_outputs(scored, outputs, "a", "a", Study())
    except RefusedRecordingError as refusal:
        return refusal.code, True
    except Exception as error:  # every other error is what this program looks for
        return f"{type(error).__name__}: {str(error)[:100]}", False
    return "scored", True


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise TimeoutError(f"not done after {HANGS_S} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANGS_S)
    try:
        yield
    finally:
        signal.alarm(0)


def _forget_peak() -> None:
    """Start to measure the peak of memory anew (Linux only)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_memory_bytes() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))[1]) * 1024


@cache
def scoring_model() -> BeatClassifier:
    """Return the model that is installed, loaded once."""
    return BeatClassifier.load(model_folder())


def numbered(job: tuple[int, int]) -> Outcome:
    """Make and score the hostile file of a seed and a number."""
    seed, number = job
    kind, files = hostile_files(seed, number)
    return outcome(number, kind, files, scoring_model())


def outcomes(seed: int, numbers: Iterable[int], n_jobs: int) -> list[Outcome]:
    """Score hostile files in processes of their own, whose memory is theirs alone."""
    jobs = [(seed, number) for number in numbers]
    with multiprocessing.get_context("spawn").Pool(n_jobs, maxtasksperchild=50) as pool:
        return list(pool.imap_unordered(numbered, jobs, chunksize=10))


def main(arguments: Sequence[str] | None = None) -> int:
    """Score hostile files, print what became of them, and return 1 if one did harm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_files", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--number", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args(arguments)
    if given.number is not None:
        found = [numbered((given.seed, given.number))]
    else:
        found = outcomes(given.seed, range(given.n_files), given.jobs)
    kinds = sorted({one.kind for one in found})
    print("| kind | files | scored | refused | did harm |")
    print("|---|---|---|---|---|")
    for kind in kinds:
        of_kind = [one for one in found if one.kind == kind]
        scored = sum(one.result == "scored" for one in of_kind)
        refused = sum(one.typed for one in of_kind) - scored
        harmful = sum(not one.is_harmless for one in of_kind)
        print(f"| {kind} | {len(of_kind)} | {scored} | {refused} | {harmful} |")
    print("\nrefusals:", dict(Counter(one.result for one in found if one.typed).most_common()))
    print("slowest: ", max(found, key=lambda one: one.cpu_s))
    print("largest: ", max(found, key=lambda one: one.memory_bytes))
    harmful_ones = [one for one in found if not one.is_harmless]
    for one in harmful_ones[:50]:
        print("HARM", one)
    return 1 if harmful_ones else 0


if __name__ == "__main__":
    sys.exit(main())
