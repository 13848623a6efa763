"""Measures a review of a made-up day: from the review file to new results on disk.

    python tests/bench/review.py [--hours 24]

The day comes from ``tests/synthetic_day.py`` and is scored with the command line; so is its review,
which renames three clusters, removes two events and signs, in a process of its own. Then the same
is done step by step. What storing the beats adds to scoring is measured as well.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from synthetic_day import make_day  # noqa: E402

from deepecg.beats.model_card import model_folder, read_card  # noqa: E402
from deepecg.outputs.result_files import write_outputs  # noqa: E402
from deepecg.readers.open_recording import open_recording  # noqa: E402
from deepecg.review.review_file import read_review, review_digest  # noqa: E402
from deepecg.review.review_recording import review_recording  # noqa: E402
from deepecg.review.stored_beats import read_stored_beats  # noqa: E402
from deepecg.settings import ScoringSettings  # noqa: E402

BY = {"author": "Dr. Muster", "at": "2026-01-02T03:04:05+01:00"}


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24, help="length of the recording")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        day = make_day(folder, given.hours)
        command = [sys.executable, "-m", "deepecg", "score", day.path, "--out", folder, "--quiet"]
        with _timed("scored by the command line"):
            _run(command)
        beats_file, review = folder / "day" / "day.beats.npz", folder / "day.review.json"
        review.write_bytes(_review(json.loads((folder / "day" / "summary.json").read_text())))
        with _timed("reviewed by the command line"):
            _run([*command, "--review", review])
        content, recording = review.read_bytes(), open_recording(day.path)
        card, settings = read_card(model_folder()), ScoringSettings()
        with _timed("- beats read"):
            stored = read_stored_beats(beats_file.read_bytes())
        with _timed("- leads conditioned, applied, analysed"):
            scored = review_recording(
                recording,
                stored,
                read_review(content),
                card,
                settings,
                sha256=review_digest(content),
            )
        with _timed("- results written"):
            write_outputs(scored, folder, "day", "day")
        stored = read_stored_beats(beats_file.read_bytes())
        with _timed("beats stored at scoring"):
            stored.to_bytes()
        size_mb = beats_file.stat().st_size / 1e6
        print(f"{given.hours:g} h, {len(stored.times_s)} beats, {size_mb:.1f} MB stored")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    """Print the time that a block takes, and its processor time, which others do not lengthen."""
    start_s, start = time.perf_counter(), os.times()
    yield
    used_s = sum(os.times()[:4]) - sum(start[:4])
    print(f"{what}: {time.perf_counter() - start_s:.2f} s, processor {used_s:.2f} s", flush=True)


def _run(command: list[Any]) -> None:
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)


def _review(summary: dict[str, Any]) -> bytes:
    """Return a review that renames three clusters, removes two events and signs."""
    clusters = [row["number"] for row in summary["clusters"] if row["class"] in "SV"][:3]
    events = [row for row in summary["events"] if row["kind"] in {"pause", "atrial_fibrillation"}]
    operations = [
        *({"op": "rename_cluster", "cluster": number, "class": "N"} for number in clusters),
        *(
            {
                "op": "remove_event",
                "event_kind": row["kind"],
                "start_s": row["start_s"],
                "duration_s": row["duration_s"],
            }
            for row in events[:2]
        ),
        {"op": "sign"},
    ]
    return json.dumps(
        {
            "kind": "review",
            "schema_version": "1.0",
            "beats": summary["provenance"]["beats_sha256"],
            "operations": [BY | operation for operation in operations],
        }
    ).encode()


if __name__ == "__main__":
    main()
