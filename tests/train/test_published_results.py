"""READMEs contain the results of the last evaluation."""

import json
import re
from pathlib import Path

import pytest

from training.evaluate import DOCUMENT_FILE, RESULTS
from training.published_results import PUBLISHED, readme_table

ROOT = Path(__file__).parents[2]


def document_of(accuracy: float) -> dict:
    by_class = {name: {"sensitivity": 0.9, "predictivity": 0.8, "f1": 0.847} for name in "NSVFQ"}
    intervals = {key: [0.75, 0.9512] for key in ("accuracy", "V_f1", "S_f1")}
    annotated = {"gross": {"accuracy": accuracy, "classes": by_class}, "intervals": intervals}
    found = {"qrs_sensitivity": 0.9995, "qrs_predictivity": 0.9991}
    whole = {"gross": annotated["gross"] | found, "intervals": intervals}
    return {"ds2": {"leads": "2", "annotated": annotated, "end_to_end": whole}}


def test_our_rows_come_last_and_have_intervals():
    lines = readme_table(document_of(0.9612)).splitlines()
    assert len(lines) == 2 + len(PUBLISHED) + 2
    assert lines[-2] == (
        "| **Deep-ECG** | DS2 | 2 | N S V F Q | annotated | 96.1 (75.0 to 95.1) "
        "| 90.0 / 80.0 (**84.7**; 75.0 to 95.1) | 90.0 / 80.0 (**84.7**; 75.0 to 95.1) | - |"
    )
    assert lines[-1].endswith("| 99.95 / 99.91 |")
    assert len({line.count("|") for line in lines}) == 1


def test_f1_is_computed_where_sensitivity_and_predictivity_are_published():
    table = readme_table({})
    assert "| 90 / 95 (92.4) | 16 / 60 (25.3) |" in table
    assert "| 95.8 / 96.7 (96.2) | - | 99.85 / 99.83 |" in table
    assert "| F1 91 | F1 73 |" in table


def test_the_readmes_show_the_last_evaluation():
    path = RESULTS / DOCUMENT_FILE
    if not path.is_file():
        pytest.skip(f"needs {path.name}: make evaluate DATA=DIR")
    rows = readme_table(json.loads(path.read_text()))
    assert rows in (ROOT / "training/README.md").read_text()
    short = (ROOT / "README.md").read_text()
    ours = [row.split("|") for row in rows.splitlines() if "Deep-ECG" in row]
    for records in ("DS2", "Supraventricular DB"):
        (cells,) = [row for row in ours if records in row[2] and "end to end" in row[5]]
        v, s, qrs = (re.sub(r"\*|; .*", "", cell).strip() for cell in cells[7:10])
        assert f"| {records}, end to end | {qrs} | {v}) | {s}) |" in short
