"""What a run prints: for people, for scripts, and on a terminal."""

import json
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from holter_file_writers import synthetic_ecg, write_edf, write_wfdb
from unit.batch.batch_runs import FLAT, SIGNALS, bytes_of

from deepecg.batch.end_table import MAX_ROWS, EndTable
from deepecg.batch.exit_codes import EXIT_CODES
from deepecg.batch.outcome import Outcome
from deepecg.cli import main
from deepecg.readers.found_recordings import SkippedFile

SLOW = synthetic_ecg(120, 250, bpm=25)


def outcome(became: str = "scored", **values: Any) -> Outcome:
    usual = {"path": "p", "recording_id": "i", "folder": None, "report": "p/report.html"}
    return Outcome(**usual | {"outcome": became} | values)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    write_edf(folder / "calm.edf", SIGNALS)
    slow = write_edf(folder / "slow.edf", SLOW)
    slow.write_bytes(slow.read_bytes()[:-1])
    write_wfdb(folder / "flat.hea", FLAT)
    (folder / "letter.txt").write_text("Dear Ms Smith")
    return folder


def test_the_table_begins_with_what_is_urgent(
    tmp_path: Path, recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["score", *map(str, sorted(recordings.iterdir())), "--out", str(out), "--jobs", "1"]
    assert main(words) == 1
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    summary = json.loads((out / "slow" / "summary.json").read_text())
    assert summary["urgent"], "30 beats a minute"
    assert lines[0].startswith("URGENT   slow: ")
    assert lines[1].strip() == "warnings: Time lost"
    assert lines[2].strip() == str(out / "slow" / "report.html")
    assert lines[3].strip() == "calm: nothing urgent or notable"
    assert lines[5].startswith("rejected  flat: flat_line: found that")
    assert lines[6].startswith(f"no recording  {recordings / 'letter.txt'}: plain text")
    (page,) = (out / "reports").glob("*/index.html")
    assert lines[7] == f"Report on the night: {page}"
    assert lines[8] == (
        f"2 of 3 recordings scored, 1 rejected, 1 other files left out; results in {out}"
    )
    assert "1 of 3: calm scored" in printed.err
    assert "flat: rejected (flat_line)" in printed.err


def test_json_is_a_line_for_each_recording_and_one_at_the_end(
    tmp_path: Path, recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    paths = [str(path) for path in sorted(recordings.iterdir())]
    assert main(["score", *paths, "--out", str(out), "--jobs", "1", "--json", "--quiet"]) == 1
    *lines, end = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_path = {Path(line["path"]).name: line for line in lines}
    assert set(by_path) == {"calm.edf", "flat.hea", "letter.txt", "slow.edf"}
    assert by_path["calm.edf"]["outcome"] == "scored"
    assert Path(by_path["calm.edf"]["report"]).is_file()
    assert by_path["slow.edf"]["urgent"] != []
    flat = by_path["flat.hea"]
    assert (flat["outcome"], flat["code"], flat["report"]) == ("rejected", "flat_line", None)
    assert (Path(flat["folder"]) / "rejection.json").is_file()
    assert by_path["letter.txt"]["kind"] == "other_file"
    assert end["kind"] == "run"
    assert Path(end["night_page"]).is_file()
    counts = {name: count for name, count in end.items() if name.endswith("_count") and count}
    assert counts == {
        "recordings_count": 3, "scored_count": 2, "rejected_count": 1, "other_files_count": 1,
    }  # fmt: skip


def test_a_table_of_many_is_short_and_has_the_most_urgent(tmp_path: Path) -> None:
    table = EndTable()
    for number in range(10_000):
        table.add(f"calm {number:05}", outcome(), (2, 0.0))
    table.add("urgent", outcome(urgent=["a pause of 9 s"]), (0, -40.0))
    table.add("worse", outcome(urgent=["a pause of 12 s"]), (0, -60.0))
    for number in range(60):
        table.add(f"flat {number:02}", outcome("rejected", code="flat_line"), None)
    lines = list(
        table.lines([SkippedFile(Path(f"{number}.txt"), "no ECG") for number in range(70)])
    )
    assert lines[0] == "URGENT   worse: a pause of 12 s"
    assert lines[2] == "URGENT   urgent: a pause of 9 s"
    assert "... and 9,952 more" in lines
    assert lines[-1] == "... and 20 more"
    assert len(lines) == 4 * MAX_ROWS + 3


def test_a_bar_is_shown_on_a_terminal_only(tmp_path: Path, recordings: Path) -> None:
    terminal, its_end = pty.openpty()
    termios.tcsetwinsize(its_end, (24, 100))
    words = [sys.executable, "-m", "deepecg", "score", str(recordings)]
    words += ["--out", str(tmp_path / "out"), "--jobs", "2"]
    done = subprocess.Popen(words, stderr=its_end, stdout=subprocess.PIPE)
    os.close(its_end)
    shown = b""
    while piece := _read(terminal):
        shown += piece
    os.close(terminal)
    said, _ = done.communicate(timeout=60)
    assert done.returncode == 1
    assert b"3 of 3: 100%" in shown
    assert b"flat: rejected (flat_line)" in shown
    assert b"2 of 3 recordings scored" in said
    assert b"%|" not in said


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # nobody has the other end any more
        return b""


def test_the_settings_file_is_named_with_field_line_and_what_to_do(
    tmp_path: Path, recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ward = tmp_path / "ward.json"
    ward.write_text('{"rhythm":\n {"pauses":\n  {"pause": 2}}}')
    before = bytes_of(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["score", str(recordings), "--out", str(tmp_path / "out"), "--settings", str(ward)])
    printed = capsys.readouterr().err
    assert str(ward) in printed
    assert "unknown setting `rhythm.pauses.pause`: did you mean `pause_s`?" in printed
    assert "(line 3)" in printed
    assert bytes_of(tmp_path) == before


@pytest.mark.parametrize("jobs", ["0", "-1", "x", "9999999"])
def test_no_number_of_jobs_is_a_usage_error(
    recordings: Path, capsys: pytest.CaptureFixture[str], jobs: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["score", str(recordings), "--out", "out", "--jobs", jobs])
    assert "--jobs" in capsys.readouterr().err


def test_the_exit_codes_are_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["score", "--help"])
    printed = capsys.readouterr().out
    for code, meaning in EXIT_CODES.items():
        assert f"{code:3}  {meaning}" in printed


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["score", "--help"],
        ["score"],
        ["serve", "--help"],
        ["score", "nowhere.edf", "--out", "out"],
        ["score", __file__, "--out", "out"],
        ["score", __file__, "--out", "out", "--settings", __file__],
    ],
)
def test_help_and_refusals_load_nothing_slow(words: list[str]) -> None:
    slow = {"numpy", "scipy", "onnxruntime", "tqdm", "jinja2", "wfdb", "boto3", "moto"}
    code = (
        "import sys\n"
        "from deepecg.cli import main\n"
        "try:\n"
        f"    main({words!r})\n"
        "finally:\n"
        f"    print('LOADED', *({slow!r} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode in {0, 2}, done.stderr
    assert done.stdout.endswith("LOADED\n")
