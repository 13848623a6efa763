"""Several processes give what one gives, and whatever ends them leaves nothing half-written."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing import active_children
from pathlib import Path

import pytest
from holter_file_writers import write_edf, write_wfdb
from unit.batch.batch_runs import FLAT, SIGNALS, bytes_of

from deepecg.batch.outcome import Outcome
from deepecg.batch.processes import default_jobs, score_all
from deepecg.batch.result_folders import own_files
from deepecg.batch.tasks import DIED, Order, Task
from deepecg.beats.model_card import model_folder
from deepecg.settings_file import SettingsFile

OPTIONAL = {"rejection.json", "report.pdf"}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "deepecg", "score", *map(str, arguments)]


def write_recordings(folder: Path, n_recordings: int) -> None:
    for number in range(n_recordings):
        ward = folder / f"ward {number % 2}"
        ward.mkdir(parents=True, exist_ok=True)
        write_edf(ward / f"{number}.edf", SIGNALS * (1 + number / 1000))


def test_two_processes_give_the_same_results_as_one(tmp_path: Path) -> None:
    write_recordings(tmp_path / "in", 3)
    write_wfdb(tmp_path / "in" / "flat.hea", FLAT)
    said, results = [], []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        words = command(tmp_path / "in", "--out", out, "--jobs", jobs, "--waves")
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 1
        said.append(done.stdout.replace(str(out), "OUT"))
        results.append(bytes_of(out))
    assert said[0] == said[1]
    assert results[0].keys() == results[1].keys()
    differing = {name for name, body in results[0].items() if body != results[1][name]}
    assert {name.split("/")[0] for name in differing} <= {"nights", "reports"}, "times of scoring"
    assert len(list((tmp_path / "2").rglob("summary.json"))) == 3


def test_two_runs_into_one_folder_do_not_disturb_each_other(tmp_path: Path) -> None:
    write_recordings(tmp_path / "in", 4)
    alone, out = tmp_path / "alone", tmp_path / "out"
    for folder, n_runs in ((alone, 1), (out, 2)):
        words = command(tmp_path / "in", "--out", folder, "--jobs", 1, "--quiet")
        runs = [subprocess.Popen(words, stdout=subprocess.DEVNULL) for _ in range(n_runs)]
        assert [run.wait(timeout=120) for run in runs] == [0] * n_runs
    for ward in ("ward 0", "ward 1"):
        assert bytes_of(out / ward) == bytes_of(alone / ward)
    assert bytes_of(out).keys() == bytes_of(alone).keys()


def test_a_process_that_dies_fails_its_recording_and_no_other(tmp_path: Path) -> None:
    write_recordings(tmp_path / "in", 3)
    (tmp_path / "out").mkdir()
    paths = sorted((tmp_path / "in").rglob("*.edf"))
    tasks = [Task(path, path.stem, tmp_path / path.stem) for path in paths]
    order = Order(tmp_path / "out", model_folder(), "m", "w", SettingsFile())
    killed: list[str] = []

    def told(task: Task, share: float) -> None:
        if not killed:
            killed.append(task.name)
            for process in active_children():
                process.kill()

    outcomes: dict[str, Outcome] = {
        done.task.name: done.outcome for done in score_all(tasks, order, 2, told)
    }
    assert set(outcomes) == {path.stem for path in paths}
    assert outcomes[killed[0]].code == DIED
    assert "SIGKILL" in (outcomes[killed[0]].reason or "")
    last = outcomes[paths[-1].stem]
    assert last.outcome == "scored", "by a process in place of one that died"
    assert not active_children()


def wait_until_none_is_left(group: int) -> None:
    """Wait for the end of all processes of a group; fail if one goes on."""
    for _ in range(100):
        alive = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it has ended meanwhile
                state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
                alive += [path.parent.name] if its_group == str(group) and state != "Z" else []
        if not alive:
            return
        time.sleep(0.1)
    pytest.fail(f"{len(alive)} processes are left")


@pytest.mark.parametrize(
    ("jobs", "number"), [(1, signal.SIGINT), (2, signal.SIGINT), (2, signal.SIGTERM)]
)
def test_an_interrupt_keeps_what_is_done_and_leaves_nothing_half_written(
    tmp_path: Path, jobs: int, number: signal.Signals
) -> None:
    write_recordings(tmp_path / "in", 30)
    out = tmp_path / "out"
    process = subprocess.Popen(
        # What a shell runs in the background ignores Ctrl-C, and so would this if the tests do.
        ["env", "--default-signal=INT", *command(tmp_path / "in", "--out", out, "--jobs", jobs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    assert first.startswith("1 of 30: "), first
    os.killpg(process.pid, number) if number == signal.SIGINT else process.terminate()
    said, faults = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in faults
    assert "Interrupted: " in said
    wait_until_none_is_left(process.pid)
    folders = {path.parent for path in out.rglob("summary.json")}
    assert 0 < len(folders) < 30
    for folder in folders:
        expected = own_files(folder.name) - OPTIONAL - {f"{folder.name}.waves"}
        assert {path.name for path in folder.iterdir()} == expected
    left = {path.name for path in out.iterdir()}
    assert left <= {"nights", "reports", "ward 0", "ward 1"}, "and no temporary folder"
    assert len(list((out / "nights").rglob("*.json"))) == len(folders)


def test_every_core_gets_a_recording_where_memory_allows() -> None:
    assert 1 <= default_jobs() <= (os.cpu_count() or 1)
