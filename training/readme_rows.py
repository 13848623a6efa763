"""Our rows of the README's table of results: ``python -m training.readme_rows``.

They come from ``evaluation.json``, which :mod:`training.evaluate` writes; a test compares the
README with what this prints. The results that others published are in the README alone.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.command_line import argument_parser
from training.evaluate import DOCUMENT_FILE, RESULTS
from training.markdown import percent, percent_interval, rows

OURS = {
    "ds2": "DS2",
    "ds1": "DS1, cross-validated",
    "svdb": "Supraventricular DB, cross-validated",
}
"""Groups of ``evaluation.json`` in the table, and their names there."""


def main() -> None:
    """Print the rows."""
    parser = argument_parser("readme_rows", __doc__)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the results")
    path: Path = parser.parse_args().results / DOCUMENT_FILE
    print(our_rows(json.loads(path.read_text(encoding="utf-8"))), end="")


def our_rows(document: Mapping[str, Any]) -> str:
    """Return our results as rows of a Markdown table.

    Parameters
    ----------
    document : mapping
        By group, what :func:`training.evaluate.group_document` returns.
    """
    return rows(
        _row(records, document[group]["leads"], document[group][key], r_peaks)
        for group, records in OURS.items()
        if group in document
        for key, r_peaks in (("annotated", "annotated"), ("end_to_end", "end to end"))
    )


def _row(records: str, leads: str, results: Mapping[str, Any], r_peaks: str) -> tuple[str, ...]:
    gross, limits = results["gross"], results["intervals"]
    cells = [f"{percent(gross['accuracy'])} ({percent_interval(limits['accuracy'])})"]
    for name in "VS":
        metrics = gross["classes"][name]
        found, right, f1 = (percent(metrics[key]) for key in ("sensitivity", "predictivity", "f1"))
        cells.append(f"{found} / {right} (**{f1}**; {percent_interval(limits[f'{name}_f1'])})")
    detection = [gross.get(f"qrs_{key}") for key in ("sensitivity", "predictivity")]
    cells.append(" / ".join(percent(each, 2) for each in detection) if all(detection) else "-")
    return ("**Deep-ECG**", records, leads, "N S V F Q", r_peaks, *cells)


if __name__ == "__main__":
    main()
