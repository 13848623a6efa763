"""Times ``deepecg score --jobs``: many half-hour records with one process and with several.

The records are those of the MIT-BIH Arrhythmia Database under new names, until there are enough.
Results have to be the same; the times of processing in the night's files are not compared.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

MADE_EACH_TIME = ("nights", "reports")


def main() -> None:
    """Print the times as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that contains mitdb/")
    parser.add_argument("--records", type=int, default=100, help="number of records")
    parser.add_argument("--jobs", type=int, default=2, help="processes to compare with one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_records(given.data / "mitdb", folder / "in", given.records)
        times_s = {jobs: score(folder, jobs) for jobs in (1, given.jobs)}
        same = results(folder / "1") == results(folder / str(given.jobs))
    print(f"{given.records} records, {os.cpu_count()} cores\n\n| processes | s | times as fast |")
    print("|---|---|---|")
    for jobs, taken_s in times_s.items():
        print(f"| {jobs} | {taken_s:.1f} | {times_s[1] / taken_s:.2f} |")
    if not same:
        sys.exit("The results differ.")


def write_records(database: Path, folder: Path, n_records: int) -> None:
    """Copy records to new names until there are enough."""
    folder.mkdir()
    headers = sorted(database.glob("*.hea"))
    for number, header in enumerate(islice(cycle(headers), n_records)):
        name = f"r{number:03}"
        text = header.read_text(encoding="ascii")
        text = re.sub(rf"^{header.stem}(?=[ .])", name, text, flags=re.MULTILINE)
        (folder / f"{name}.hea").write_text(text, encoding="ascii")
        shutil.copyfile(header.with_suffix(".dat"), folder / f"{name}.dat")


def score(folder: Path, jobs: int) -> float:
    """Score all records; return how many seconds that took."""
    out, began_s = folder / str(jobs), time.perf_counter()
    command = [sys.executable, "-m", "deepecg", "score", folder / "in", "--out", out, "--quiet"]
    subprocess.run([*command, "--jobs", str(jobs)], check=True)
    return time.perf_counter() - began_s


def results(out: Path) -> dict[str, bytes]:
    """Return the content of all results by their paths."""
    found = (path for path in out.rglob("*") if path.is_file())
    names = {path.relative_to(out): path for path in found}
    return {
        str(name): path.read_bytes()
        for name, path in names.items()
        if name.parts[0] not in MADE_EACH_TIME
    }


if __name__ == "__main__":
    main()
