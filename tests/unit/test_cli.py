import hashlib
import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, write_edf, write_ishne, write_wfdb
from published_schemas import schema

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import CARD_FILE
from deepecg.cli import main
from deepecg.outputs.next_steps import NEXT_STEPS

SIGNALS = synthetic_ecg(40, 250, n_leads=2) + np.random.default_rng(0).normal(
    0, 0.01, (40 * 250, 2)
)
FLAT = np.zeros((40 * 250, 2))
OUTPUTS = {
    *("summary.json", "report.html", "disclosure.html", "diagnostic_report.json"),
    *("r.deepecg", "r.beats.npz", "made-by.json"),
}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def score(out: Path, *arguments: object) -> int:
    return main(["score", "--quiet", "--jobs", "1", "--out", str(out), *map(str, arguments)])


def read(path: Path, kind: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(document, schema(kind), cls=jsonschema.Draft202012Validator)
    return document


def test_a_recording_gets_a_summary_and_its_beats(tmp_path: Path, out: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    assert score(out, path) == 0
    assert {found.name for found in (out / "r").iterdir()} == OUTPUTS
    summary = read(out / "r" / "summary.json", "summary")
    assert summary["recording"]["lead_used"] == "II"
    assert summary["beats"]["total_count"] == 50  # 75 a minute for 40 s
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import wfdb

        annotation = wfdb.rdann(str(out / "r" / "r"), "deepecg")
    assert len(annotation.sample) == 50
    assert annotation.fs == 250
    # R peaks every 0.8 s from 0 on; the first is cut in half
    np.testing.assert_allclose(annotation.sample[1:], 200 * np.arange(1, 50), rtol=0, atol=1)
    assert annotation.sample[0] < 20


def test_the_report_is_written_as_pdf_where_it_is_asked_for(
    tmp_path: Path, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("weasyprint", reason="needs WeasyPrint and Pango", exc_type=OSError)
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    assert score(out, path, "--pdf") == 0
    assert {found.name for found in (out / "r").iterdir()} == OUTPUTS | {"report.pdf"}
    assert (out / "r" / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert capfd.readouterr() == (f"1 of 1 recordings scored; results in {out}\n", "")
    assert score(out, path) == 0
    assert (out / "r" / "report.pdf").exists(), "it is of the same results"
    assert score(out, path, "--lead", "V1", "--force") == 0
    assert {found.name for found in (out / "r").iterdir()} == OUTPUTS, "none of an earlier result"


def test_a_pdf_that_cannot_be_made_is_said_before_scoring(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(SystemExit, match="2"):
        score(out, path, "--pdf")
    assert "pip install 'deepecg[pdf]'" in capsys.readouterr().err
    assert not out.exists()


def test_waves_are_written_where_they_are_asked_for(tmp_path: Path, out: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    assert score(out, path, "--waves") == 0
    assert {found.name for found in (out / "r").iterdir()} == OUTPUTS | {"r.waves"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import wfdb

        waves = wfdb.rdann(str(out / "r" / "r"), "waves")
        beats = wfdb.rdann(str(out / "r" / "r"), "deepecg")
    peaks = [sample for sample, symbol in zip(waves.sample, waves.symbol, strict=True)
             if symbol == "N"]  # fmt: skip
    assert peaks == beats.sample.tolist()
    assert waves.fs == 250
    assert score(out, path, "--lead", "V1", "--force") == 0
    assert {found.name for found in (out / "r").iterdir()} == OUTPUTS, "none of an earlier result"


def test_every_format_gives_the_same_results(tmp_path: Path, out: Path) -> None:
    paths = [
        write_wfdb(tmp_path / "w.hea", SIGNALS, leads=("II", "V1")),
        write_edf(tmp_path / "e.edf", SIGNALS, leads=("ECG II", "ECG V1")),
        write_ishne(tmp_path / "i.ecg", SIGNALS, leads=("II", "V1")),
    ]
    assert score(out, *paths) == 0
    counts = [read(out / name / "summary.json", "summary")["beats"] for name in "wei"]
    assert counts[0] == counts[1] == counts[2]


def test_the_stem_of_a_wfdb_record_is_enough(tmp_path: Path, out: Path) -> None:
    write_wfdb(tmp_path / "r.hea", SIGNALS)
    assert score(out, tmp_path / "r") == 0
    assert (out / "r" / "summary.json").exists()


def test_a_folder_is_searched_for_recordings_only(tmp_path: Path, out: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write_wfdb(tmp_path / "in" / "a.hea", SIGNALS)
    write_edf(tmp_path / "in" / "deep" / "b.EDF", SIGNALS)
    (tmp_path / "in" / "notes.txt").write_text("nothing")
    assert score(out, tmp_path / "in") == 0
    found = {str(path.parent.relative_to(out)) for path in out.rglob("summary.json")}
    assert found == {"a", "deep/b"}
    assert sorted(path.name for path in out.iterdir()) == ["a", "deep", "nights", "reports"]


def test_the_requested_lead_is_used(tmp_path: Path, out: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    assert score(out, path, "--lead", "v1") == 0
    recording = read(out / "r" / "summary.json", "summary")["recording"]
    assert (recording["lead_used"], recording["lead_chosen_by"]) == ("V1", "caller")


def test_what_a_table_does_not_say(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("".join(f"{1000 * v:.1f}\n" for v in SIGNALS[:, 0]))
    assert score(out, path) == 1
    assert score(out, path, "--text", "sampling_rate_hz=250", "--text", "unit=uV") == 0
    recording = read(out / "r" / "summary.json", "summary")["recording"]
    assert (recording["format"], recording["sampling_rate_hz"]) == ("text", 250)
    with pytest.raises(SystemExit):
        score(out, path, "--text", "rate=250")


def write_bad(kind: str, folder: Path) -> tuple[Path, list[str]]:
    path = folder / "r.hea"
    if kind == "unknown_format":
        (folder / "r.edf").write_text("this is a letter")
        return folder / "r.edf", []
    if kind == "empty_file":
        (folder / "r.ecg").touch()
        return folder / "r.ecg", []
    if kind == "missing_part":
        write_wfdb(path, SIGNALS).with_suffix(".dat").unlink()
    elif kind == "flat_line":
        write_wfdb(path, FLAT)
    elif kind == "saturated":
        write_wfdb(path, np.clip(20 * np.sin(np.arange(10_000) / 30), -2, 2)[:, None])
    elif kind == "no_signal":
        write_wfdb(path, np.zeros((10_000, 1)))
        path.with_suffix(".dat").write_bytes(np.full(10_000, -32768, "<i2").tobytes())
    elif kind == "too_short":
        write_wfdb(path, SIGNALS[: 3 * 250])
    elif kind == "unknown_lead":
        return write_wfdb(path, SIGNALS), ["--lead", "V9"]
    return path, []


@pytest.mark.parametrize(
    "code",
    [
        *("unknown_format", "empty_file", "missing_part", "flat_line", "saturated", "no_signal"),
        *("too_short", "unknown_lead"),
    ],
)
def test_an_unusable_recording_is_rejected_with_its_code(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    folder = tmp_path / "patient-Mustermann"
    folder.mkdir()
    path, arguments = write_bad(code, folder)
    assert score(out, path, *arguments) == 1
    assert [found.name for found in (out / "r").iterdir()] == ["rejection.json"]
    rejection = read(out / "r" / "rejection.json", "rejection")
    assert rejection["code"] == code
    printed = capsys.readouterr()
    assert f"r: rejected ({code})" in printed.err
    assert NEXT_STEPS[code] in printed.err
    assert "0 of 1" in printed.out
    text = (out / "r" / "rejection.json").read_text()
    assert "Mustermann" not in text
    assert str(tmp_path) not in text


def test_an_unreadable_file_does_not_stop_other_recordings(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = write_edf(tmp_path / "a.edf", SIGNALS)
    good = write_edf(tmp_path / "b.edf", SIGNALS)
    unpatched = Path.open

    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == bad:
            raise PermissionError(13, "Permission denied", str(path))
        return unpatched(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert score(out, bad, good) == 1
    monkeypatch.undo()
    rejection = read(out / "a" / "rejection.json", "rejection")
    assert rejection["code"] == "unreadable_file"
    assert "PermissionError" in rejection["message"]
    assert str(tmp_path) not in rejection["message"]
    assert (out / "b" / "summary.json").exists()


def test_one_bad_recording_among_good_ones_makes_exit_status_1(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wfdb(tmp_path / "a.hea", SIGNALS)
    write_wfdb(tmp_path / "b.hea", FLAT)
    write_wfdb(tmp_path / "c.hea", SIGNALS)
    assert score(out, *(tmp_path / f"{name}.hea" for name in "abc")) == 1
    assert "2 of 3" in capsys.readouterr().out
    assert (out / "c" / "summary.json").exists()


def test_a_later_success_removes_the_rejection(tmp_path: Path, out: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", FLAT)
    assert score(out, path) == 1
    write_wfdb(path, SIGNALS)
    assert score(out, path) == 0
    assert {found.name for found in (out / "r").iterdir()} == OUTPUTS


def test_scoring_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS)
    for out in ("one", "two"):
        assert score(tmp_path / out, path) == 0
    for name in OUTPUTS:
        once, twice = ((tmp_path / out / "r" / name).read_bytes() for out in ("one", "two"))
        assert once == twice


def test_thresholds_of_a_settings_file_are_used_and_reported(tmp_path: Path, out: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    settings = tmp_path / "settings.json"
    rhythm = {"rate": {"window_s": 20}, "pauses": {"pause_s": 1.5}}
    settings.write_text(json.dumps({"lead": "V1", "subject": "Patient/7", "rhythm": rhythm}))
    assert score(out, path, "--settings", settings) == 0
    summary = read(out / "r" / "summary.json", "summary")
    assert summary["recording"]["lead_used"] == "V1"
    assert summary["heart_rate"]["window_s"] == 20
    assert summary["pauses"]["threshold_s"] == 1.5
    assert summary["provenance"]["settings"]["rhythm"]["pauses"]["pause_s"] == 1.5
    holding = {p.name for p in (out / "r").iterdir() if b"Patient/7" in p.read_bytes()}
    assert holding == {"diagnostic_report.json"}


def test_the_diary_beside_a_recording_is_read(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    write_edf(tmp_path / "in" / "a.edf", SIGNALS)
    (tmp_path / "in" / "a.diary.csv").write_text("9:30:10,Hans felt dizzy\nHans,x")
    assert score(out, tmp_path / "in") == 0
    summary = json.loads((out / "a" / "summary.json").read_text())
    assert [(mark["at_s"], mark["text"]) for mark in summary["marks"]] == [(10, None)]
    assert [warning["code"] for warning in summary["warnings"]] == ["diary_time_unknown"]
    written = [path for path in out.rglob("*") if path.is_file() and b"Hans" in path.read_bytes()]
    assert written == []
    assert "Hans" not in "".join(capsys.readouterr())
    settings = tmp_path / "settings.json"
    settings.write_text('{"diary_text": true}')
    assert score(out, tmp_path / "in", "--settings", settings, "--force") == 0
    written = [path for path in out.rglob("*") if path.is_file() and b"Hans" in path.read_bytes()]
    assert sorted(path.name for path in written) == ["report.html", "summary.json"]


@pytest.mark.parametrize(
    "settings", ["{", '{"rhythm": {"pauses": 3}}', '{"subject": "John Smith"}', None]
)
def test_an_invalid_settings_file_is_a_usage_error_before_anything_is_scored(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], settings: str | None
) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS)
    file = tmp_path / "settings.json"
    if settings is None:
        file.mkdir()
    else:
        file.write_text(settings)
    with pytest.raises(SystemExit) as caught:
        score(out, path, "--settings", file)
    assert caught.value.code == 2
    assert "John" not in capsys.readouterr().err
    assert not out.exists()


def test_one_subject_for_two_recordings_is_a_usage_error(tmp_path: Path, out: Path) -> None:
    paths = [write_wfdb(tmp_path / f"{name}.hea", SIGNALS) for name in "ab"]
    settings = tmp_path / "settings.json"
    settings.write_text('{"subject": "Patient/7"}')
    with pytest.raises(SystemExit):
        score(out, *paths, "--settings", settings)


def test_the_report_of_a_day_lists_what_was_scored_and_rejected(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write_wfdb(tmp_path / "good.hea", SIGNALS)
    bad = write_wfdb(tmp_path / "bad.hea", FLAT)
    assert score(out, good, bad) == 1
    (night,) = (out / "nights").iterdir()
    assert main(["report", "--results", str(out), "--date", night.name]) == 0
    folder = out / "reports" / night.name
    assert str(folder / "index.html") in capsys.readouterr().out
    report = read(folder / "report.json", "night_report")
    assert report["outcomes"]["scored_count"] == 1
    assert report["outcomes"]["rejected_count"] == 1
    page = (folder / "index.html").read_text()
    assert 'href="../../good/report.html"' in page
    assert (folder / "../../good/report.html").resolve().exists()


@pytest.mark.parametrize("arguments", [["--date", "yesterday"], ["--results", "nowhere"]])
def test_a_report_on_no_day_or_no_folder_is_a_usage_error(out: Path, arguments: list[str]) -> None:
    out.mkdir()
    with pytest.raises(SystemExit) as caught:
        main(["report", "--results", str(out), *arguments])
    assert caught.value.code == 2
    assert not list(out.iterdir())


def test_a_recording_named_like_the_folder_of_reports_gets_another_name(
    tmp_path: Path, out: Path
) -> None:
    path = write_wfdb(tmp_path / "reports.hea", SIGNALS)
    assert score(out, path) == 0
    assert (out / "reports_2" / "summary.json").exists()


@pytest.mark.parametrize("arguments", [["nowhere.hea"], ["."]])
def test_nothing_to_score_is_a_usage_error(
    tmp_path: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        score(out, *arguments)
    assert caught.value.code == 2
    assert "no " in capsys.readouterr().err
    assert not out.exists()


def test_an_unwritable_results_folder_is_a_usage_error_before_anything_is_scored(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS)
    out.write_text("a file where a folder should be")
    with pytest.raises(SystemExit) as caught:
        score(out, path)
    assert caught.value.code == 2
    assert "cannot be written to" in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["no model", "other conditioning"])
def test_a_model_that_does_not_fit_is_a_usage_error_before_anything_is_scored(
    tmp_path: Path, out: Path, model_dir: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS)
    model = tmp_path / "model"
    if fault == "no model":
        model.mkdir()
    else:
        shutil.copytree(model_dir, model)
        card = json.loads((model / CARD_FILE).read_text())
        card["conditioning"]["high_hz"] = 40.0
        (model / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(SystemExit) as caught:
        score(out, path, "--model", model)
    assert caught.value.code == 2
    assert "error" in capsys.readouterr().err
    assert not out.exists()


def test_it_runs_as_a_module_and_says_how_far_it_is(tmp_path: Path, out: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS)
    command = [sys.executable, "-m", "deepecg", "score", str(path), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "1 of 1: r scored\n", "and no bar, which is for terminals"
    assert "1 of 1 recordings scored" in done.stdout


def write_review(path: Path, beats: str, *operations: dict[str, Any]) -> Path:
    by = {"author": "Dr. Muster", "at": "2026-01-02T03:04:05+01:00"}
    path.write_text(
        json.dumps(
            {
                "kind": "review",
                "schema_version": "1.0",
                "beats": beats,
                "operations": [by | operation for operation in operations],
            }
        )
    )
    return path


def beats_of(out: Path) -> str:
    found: str = read(out / "r" / "summary.json", "summary")["provenance"]["beats_sha256"]
    return found


def bytes_of(folder: Path) -> dict[str, bytes]:
    found = folder.rglob("*")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if path.is_file()}


def refuse_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: Path) -> None:
        raise AssertionError("the model is loaded")

    monkeypatch.setattr(BeatClassifier, "load", load)


RENAME = {"op": "rename_beats", "times_s": [8.0], "class": "V"}
SIGN = {"op": "sign"}


def test_a_review_is_applied_without_the_model_and_changes_nothing_that_is_there(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    assert score(out, path) == 0
    before = bytes_of(out / "r")
    refuse_model(monkeypatch)
    review = write_review(tmp_path / "r.review.json", beats_of(out), RENAME, SIGN)
    assert score(out, path, "--review", review, "--waves") == 0
    after = bytes_of(out / "r")
    assert {name: after[name] for name in before} == before
    folder = out / "r" / f"review-{hashlib.sha256(review.read_bytes()).hexdigest()[:8]}"
    assert {found.name for found in folder.iterdir()} == OUTPUTS - {"r.beats.npz"} | {"r.waves"}
    assert str(folder / "report.html") in capsys.readouterr().out
    summary = read(folder / "summary.json", "summary")
    counts = json.loads(before["summary.json"])["beats"]["class_count"]
    renamed = counts | {"N": counts["N"] - 1, "V": counts["V"] + 1}
    assert summary["beats"]["class_count"] == renamed
    assert summary["review"]["signed_by"] == "Dr. Muster"
    (entry,) = (out / "nights").rglob("*.json")
    found = read(entry, "night_entry")
    assert found["folder"] == f"r/{folder.name}"
    assert found["digest"]["review_status"] == "final"
    assert found["digest"]["class_count"] == renamed
    assert main(["report", "--results", str(out), "--date", entry.parent.name]) == 0
    page = out / "reports" / entry.parent.name / "report.json"
    (ranked,) = read(page, "night_report")["ranked"]
    assert ranked["review_status"] == "final"
    assert (page.parent / ranked["report"]).resolve() == folder / "report.html"
    assert score(out, path, "--review", review) == 0  # once more
    assert bytes_of(out / "r") == after


def test_a_reviewed_recording_keeps_its_marks_and_its_disclosure_follows_the_settings(
    tmp_path: Path, out: Path
) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    (tmp_path / "r.diary.csv").write_text("5,felt dizzy\n")
    assert score(out, path) == 0
    review = write_review(tmp_path / "r.review.json", beats_of(out), RENAME, SIGN)
    given = tmp_path / "given.json"
    for disclosure in (True, False):
        given.write_text(json.dumps({"diary_text": True, "disclosure": disclosure}))
        arguments = (path, "--review", review, "--settings", given)
        if not disclosure:
            before = bytes_of(out)
            assert score(out, *arguments) == 1
            assert bytes_of(out) == before, "other settings replace nothing unasked"
        assert score(out, *arguments, "--force") == 0
        (folder,) = (out / "r").glob("review-*")
        summary = read(folder / "summary.json", "summary")
        assert [(mark["at_s"], mark["text"]) for mark in summary["marks"]] == [(5, "felt dizzy")]
        assert summary["marks"][0]["strip"] is not None
        assert summary["disclosure"] is disclosure
        assert (folder / "disclosure.html").exists() is disclosure
        report = (folder / "report.html").read_text(encoding="utf-8")
        assert ("disclosure.html#" in report) is disclosure


def test_a_review_of_a_recording_without_results_has_it_scored_first(
    tmp_path: Path, out: Path
) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    assert score(tmp_path / "elsewhere", path) == 0
    beats = beats_of(tmp_path / "elsewhere")
    review = write_review(tmp_path / "r.review.json", beats, SIGN)
    assert score(out, path, "--review", review) == 0
    assert {found.name for found in (out / "r").iterdir() if found.is_file()} == OUTPUTS
    assert len(list((out / "r").glob("review-*/summary.json"))) == 1


@pytest.mark.parametrize("damage", [None, b"PK damaged"])
def test_lost_or_damaged_beats_are_found_again(
    tmp_path: Path, out: Path, damage: bytes | None
) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    assert score(out, path) == 0
    file = out / "r" / "r.beats.npz"
    intact = file.read_bytes()
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    review = write_review(tmp_path / "r.review.json", beats_of(out), RENAME)
    assert score(out, path, "--review", review) == 0
    assert file.read_bytes() == intact


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("damaged", "bad_review"),
        ("no file", "bad_review"),
        ("other beats", "review_of_other_beats"),
        ("no such beat", "bad_review"),
    ],
)
def test_a_review_that_does_not_fit_is_refused_and_changes_nothing(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], fault: str, code: str
) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, leads=("II", "V1"))
    assert score(out, path) == 0
    before = bytes_of(out)
    review = tmp_path / "Mustermann.review.json"
    if fault == "damaged":
        review.write_text('{"Mustermann": ')
    elif fault == "other beats":
        write_review(review, "0" * 64, SIGN)
    elif fault == "no such beat":
        write_review(review, beats_of(out), RENAME | {"times_s": [8.2]})
    assert score(out, path, "--review", review) == 1
    assert bytes_of(out) == before
    printed = capsys.readouterr().err
    assert f"r: review not applied ({code}): found" in printed
    assert "Mustermann" not in printed


def test_one_review_for_two_recordings_is_a_usage_error(tmp_path: Path, out: Path) -> None:
    paths = [write_wfdb(tmp_path / f"{name}.hea", SIGNALS) for name in "ab"]
    review = write_review(tmp_path / "r.review.json", "0" * 64, SIGN)
    with pytest.raises(SystemExit):
        score(out, *paths, "--review", review)
