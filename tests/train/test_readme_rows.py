"""READMEs contain the results of the last evaluation."""

import json
import re
from pathlib import Path

import pytest

from training.evaluate import DOCUMENT_FILE, RESULTS
from training.readme_rows import our_rows

ROOT = Path(__file__).parents[2]


def document_of(accuracy: float) -> dict:
    by_class = {name: {"sensitivity": 0.9, "predictivity": 0.8, "f1": 0.847} for name in "NSVFQ"}
    intervals = {key: [0.75, 0.9512] for key in ("accuracy", "V_f1", "S_f1")}
    annotated = {"gross": {"accuracy": accuracy, "classes": by_class}, "intervals": intervals}
    found = {"qrs_sensitivity": 0.9995, "qrs_predictivity": 0.9991}
    whole = {"gross": annotated["gross"] | found, "intervals": intervals}
    return {"ds2": {"leads": "2", "annotated": annotated, "end_to_end": whole}}


def test_our_rows_have_intervals():
    lines = our_rows(document_of(0.9612)).splitlines()
    assert len(lines) == 2
    assert lines[0] == (
        "| **Deep-ECG** | DS2 | 2 | N S V F Q | annotated | 96.1 (75.0 to 95.1) "
        "| 90.0 / 80.0 (**84.7**; 75.0 to 95.1) | 90.0 / 80.0 (**84.7**; 75.0 to 95.1) | - |"
    )
    assert lines[1].endswith("| 99.95 / 99.91 |")
    assert our_rows({}) == ""


def test_the_published_rows_have_as_many_cells_as_ours_and_the_f1_of_what_they_report():
    readme = (ROOT / "training/README.md").read_text()
    _, table = readme.split("| system | records |")
    published = table.split("| **Deep-ECG** |")[0].splitlines()[2:]
    assert len(published) == 11
    ours = our_rows(document_of(0.9612)).splitlines()[0]
    assert {row.count("|") for row in published} == {ours.count("|")}
    cells = re.findall(r"\| ([\d.]+) / ([\d.]+) \(([\d.]+)\) ", "\n".join(published))
    assert len(cells) == 14
    for found, right, f1 in cells:
        expected = 2 * float(found) * float(right) / (float(found) + float(right))
        assert f1 == f"{expected:.1f}"


def test_the_readmes_show_the_last_evaluation():
    path = RESULTS / DOCUMENT_FILE
    if not path.is_file():
        pytest.skip(f"needs {path.name}: make evaluate DATA=DIR")
    rows = our_rows(json.loads(path.read_text()))
    assert rows in (ROOT / "training/README.md").read_text()
    short = (ROOT / "README.md").read_text()
    ours = [row.split("|") for row in rows.splitlines()]
    for records in ("DS2", "Supraventricular DB"):
        (cells,) = [row for row in ours if records in row[2] and "end to end" in row[5]]
        v, s, qrs = (re.sub(r"\*|; .*", "", cell).strip() for cell in cells[7:10])
        assert f"| {records}, end to end | {qrs} | {v}) | {s}) |" in short
