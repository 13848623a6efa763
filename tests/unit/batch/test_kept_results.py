"""A run replaces nothing that another one made, unless it is told to."""

import gzip
import json
from pathlib import Path

import pytest
from holter_file_writers import write_edf, write_wfdb
from unit.batch.batch_runs import FLAT, OTHER_SIGNALS, SIGNALS, bytes_of, score

from deepecg.batch.made_by import MADE_BY_FILE
from deepecg.batch.result_folders import publish
from deepecg.cli import main


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))


@pytest.fixture
def out(tmp_path: Path, path: Path) -> Path:
    """Results of the recording."""
    assert score(tmp_path / "out", path) == 0
    return tmp_path / "out"


def results_of(out: Path) -> dict[str, bytes]:
    return bytes_of(out / "r")


def settings_file(folder: Path, **values: object) -> Path:
    path = folder / "settings.json"
    path.write_text(json.dumps(values))
    return path


@pytest.mark.parametrize("fault", ["mistyped lead", "flat now", "damaged now"])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_refusal_leaves_good_results_and_their_entry_alone(
    path: Path, out: Path, fault: str, force: list[str]
) -> None:
    before, entries = results_of(out), bytes_of(out / "nights")
    lead = ["--lead", "V9"] if fault == "mistyped lead" else []
    if fault == "flat now":
        write_wfdb(path, FLAT)
    elif fault == "damaged now":
        path.write_text("r 1 250")
    assert score(out, path, *lead, *force) == 1
    assert results_of(out) == before
    assert bytes_of(out / "nights") == entries


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("content", "another recording"),
        ("diary", "another recording"),
        ("settings", "other settings"),
        ("lead", "other settings"),
        ("version", "another version"),
    ],
)
def test_other_results_are_replaced_only_with_force(
    *,
    tmp_path: Path,
    path: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    said: str,
) -> None:
    before, entries = results_of(out), bytes_of(out / "nights")
    arguments: list[object] = [path]
    if change == "content":
        write_wfdb(path, OTHER_SIGNALS, leads=("II", "V1"))
    elif change == "diary":
        path.with_name("r.diary.csv").write_text("5,dizzy\n")
    elif change == "settings":
        arguments += ["--settings", settings_file(tmp_path, patient_label="Smith")]
    elif change == "lead":
        arguments += ["--lead", "V1"]
    else:
        other = json.loads(before[MADE_BY_FILE]) | {"software_version": "0.3.9"}
        (out / "r" / MADE_BY_FILE).write_text(json.dumps(other))
        before = results_of(out)
    assert score(out, *arguments) == 1
    assert results_of(out) == before
    assert bytes_of(out / "nights") == entries
    printed = capsys.readouterr().err
    assert f"r: conflict (other_results): found results of {said}" in printed
    assert "--force" in printed
    assert score(out, *arguments, "--force") == 0
    assert results_of(out) != before
    assert score(out, *arguments) == 0, "now they are its own"


def test_the_same_again_gives_the_same(path: Path, out: Path) -> None:
    before = results_of(out)
    assert score(out, path) == 0
    assert results_of(out) == before


def test_results_of_a_version_that_wrote_no_maker_are_other_results(path: Path, out: Path) -> None:
    (out / "r" / MADE_BY_FILE).unlink()
    before = results_of(out)
    assert score(out, path) == 1
    assert results_of(out) == before
    assert score(out, path, "--force") == 0


@pytest.mark.parametrize("kind", ["file", "folder", "link", "link above"])
def test_what_is_not_ours_is_never_touched(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (tmp_path / "in" / "a").mkdir(parents=True)
    write_edf(tmp_path / "in" / "a" / "r.edf", SIGNALS)
    if kind == "link above":
        (out / "a").symlink_to(elsewhere)
    else:
        (out / "a").mkdir()
        if kind == "file":
            (out / "a" / "r").write_text("a file")
        elif kind == "link":
            (out / "a" / "r").symlink_to(elsewhere)
        else:
            (out / "a" / "r").mkdir()
            (out / "a" / "r" / "thesis.txt").write_text("the only copy")
    before = bytes_of(out)
    assert score(out, tmp_path / "in", "--force") == 1
    assert "conflict (foreign_folder)" in capsys.readouterr().err
    assert bytes_of(out) == before
    assert not list(elsewhere.iterdir())


def test_what_others_put_beside_the_results_stays(path: Path, out: Path) -> None:
    (out / "r" / "notes.txt").write_text("call the patient")
    (out / "r" / "review-0123abcd").mkdir()
    (out / "r" / "review-0123abcd" / "summary.json").write_text("{}")
    assert score(out, path, "--lead", "V1", "--force") == 0
    assert (out / "r" / "notes.txt").read_text() == "call the patient"
    assert (out / "r" / "review-0123abcd" / "summary.json").read_text() == "{}"


def test_no_value_of_the_settings_is_in_what_made_the_results(
    tmp_path: Path, path: Path, out: Path
) -> None:
    settings = settings_file(tmp_path, patient_label="Smith", subject="Patient/7")
    assert score(out, path, "--settings", settings, "--force") == 0
    made = (out / "r" / MADE_BY_FILE).read_text()
    assert "Smith" not in made
    assert "Patient" not in made


def test_results_that_cannot_be_moved_leave_the_old_ones(
    tmp_path: Path, path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, new = results_of(out), tmp_path / "out" / ".new" / "0"
    new.mkdir(parents=True)
    rename = Path.rename

    def refuse(source: Path, target: Path) -> Path:
        if source == new:
            raise OSError(28, "No space left on device")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="No space"):
        publish(new, out / "r", "other", "r")
    assert results_of(out) == before


def test_existing_results_are_skipped_by_content(
    path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    renamed = path.with_name("renamed")
    renamed.mkdir()
    for suffix in (".hea", ".dat"):
        path.with_suffix(suffix).rename(renamed / f"r{suffix}")
    before = bytes_of(out)
    assert score(out, renamed / "r.hea", "--skip-existing") == 0
    assert "0 of 1 recordings scored, 1 skipped" in capsys.readouterr().out
    assert bytes_of(out) == before
    assert score(out, renamed / "r.hea", "--skip-existing", "--waves") == 0
    assert (out / "r" / "r.waves").exists(), "it was missing"
    (out / "r" / "report.html").unlink()
    assert score(out, renamed / "r.hea", "--skip-existing") == 0
    assert results_of(out)["report.html"] == before["r/report.html"]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_results_of_a_table_are_those_of_its_options(tmp_path: Path, name: str) -> None:
    table = "".join(f"{value:.3f}\n" for value in SIGNALS[:, 0]).encode()
    path, options, out = tmp_path / name, tmp_path / "t.csv.json", tmp_path / "out"
    path.write_bytes(gzip.compress(table) if name.endswith(".gz") else table)
    made = []
    for hertz in (250, 240):
        options.write_text(json.dumps({"sampling_rate_hz": hertz, "unit": "mV"}))
        assert score(out, path, "--skip-existing", "--force") == 0
        made.append(json.loads((out / "t" / "summary.json").read_bytes()))
    assert [one["recording"]["sampling_rate_hz"] for one in made] == [250, 240]


def test_a_fault_of_the_software_does_not_stop_other_recordings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [write_edf(tmp_path / f"{name}.edf", SIGNALS) for name in "ab"]
    from deepecg.batch import score_one

    unpatched = score_one.open_recording

    def open_recording(path: Path, options: object) -> object:
        if path == paths[0]:
            raise ZeroDivisionError("Smith")
        return unpatched(path, options)  # type: ignore[arg-type]

    monkeypatch.setattr(score_one, "open_recording", open_recording)
    assert score(tmp_path / "out", *paths) == 1
    printed = capsys.readouterr()
    assert "a: failed (internal_error): found a fault of the software (ZeroDiv" in printed.err
    assert "Smith" not in printed.err
    assert "1 of 2 recordings scored, 1 failed" in printed.out
    entries = [json.loads(body) for body in bytes_of(tmp_path / "out" / "nights").values()]
    assert sorted(entry["outcome"] for entry in entries) == ["failed", "scored"]


def test_the_nights_page_links_to_nested_results(tmp_path: Path) -> None:
    (tmp_path / "in" / "ward 1").mkdir(parents=True)
    write_edf(tmp_path / "in" / "ward 1" / "a b.edf", SIGNALS)
    out = tmp_path / "out"
    assert score(out, tmp_path / "in") == 0
    (report,) = (out / "reports").glob("*/report.json")
    (row,) = json.loads(report.read_text())["ranked"]
    assert row["report"] == "../../ward%201/a%20b/report.html"
    assert (report.parent / "../../ward 1/a b/report.html").exists()
    assert 'href="../../ward%201/a%20b/report.html"' in (report.parent / "index.html").read_text()
    page = (report.parent / "index.html").read_bytes()
    assert main(["report", "--results", str(out), "--date", report.parent.name]) == 0
    assert (report.parent / "index.html").read_bytes() == page
