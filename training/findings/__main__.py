"""Scores the bench of findings: ``python -m training.findings --data DIR``.

Scenarios and altered records are scored with default settings, and judged by what is urgent; the
table has one row for each kind, and one line for each recording that was judged wrongly.
"""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import CARD_FILE, model_folder
from deepecg.outputs.json_documents import to_json
from training.command_line import argument_parser
from training.data_roles import MissingRecordError
from training.evaluate import FINDINGS_KEY, FOLDS, fold_classifiers
from training.findings.cases import Case, altered_cases, scenario_cases
from training.findings.judge import judge
from training.findings.real_records import real_report
from training.findings.scored_summary import scored_summary
from training.findings.streams import streams_report
from training.findings.strips import strips_report
from training.markdown import table


@dataclass(frozen=True)
class Row:
    """One judged recording.

    Attributes
    ----------
    name, kind : str
        Those of its case.
    problems : tuple of str
        What is wrong; empty if nothing is.
    urgent : tuple of str
        Messages of its urgent findings.
    seconds : float
        Time that it took to write, score and judge it.
    """

    name: str
    kind: str
    problems: tuple[str, ...]
    urgent: tuple[str, ...]
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def score_case(case: Case, model: Path) -> Row:
    """Score and judge a case."""
    began_s = time.perf_counter()
    recording, expected = case.make()
    document = scored_summary(recording, BeatClassifier.load(model)).document
    problems = judge(document, expected)
    return Row(
        case.name,
        case.kind,
        tuple(f"{problem.fault.value}: {problem.detail}" for problem in problems),
        tuple(row["message"] for row in document.get("urgent", ())),
        round(time.perf_counter() - began_s, 2),
    )


def kinds_table(rows: Sequence[Row]) -> str:
    """Return a table of how many recordings of each kind are right."""
    cells: list[tuple[object, ...]] = []
    for kind in dict.fromkeys(row.kind for row in rows):
        of_kind = [row for row in rows if row.kind == kind]
        right = sum(row.is_right for row in of_kind)
        cells.append((kind, right, len(of_kind), f"{100 * right / len(of_kind):.0f}"))
    right = sum(row.is_right for row in rows)
    cells.append(("all", right, len(rows), f"{100 * right / len(rows):.0f}"))
    return table(("kind", "right", "of", "%"), cells)


def main() -> None:
    """Print the tables, and write the rows as JSON if asked to."""
    parser = argument_parser("findings", __doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the databases")
    parser.add_argument("--only", default="*", metavar="GLOB", help="names or kinds to score")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for the rows")
    parser.add_argument(
        "--real",
        action="store_true",
        help="also score real records and the committee's strips, and analyse beat streams",
    )
    parser.add_argument("--ds2", action="store_true", help="with --real: DS2 too")
    parser.add_argument("--model", type=Path, default=model_folder(), metavar="DIR")
    parser.add_argument("--folds", type=Path, default=FOLDS, help="the folds' models")
    parser.add_argument("--write", action="store_true", help="copy accuracies into the card")
    given = parser.parse_args()
    altered = altered_cases(given.data) if given.data else ()
    cases = [
        case
        for case in (*scenario_cases(), *altered)
        if fnmatch(case.name, given.only) or fnmatch(case.kind, given.only)
    ]
    with ProcessPoolExecutor(given.jobs) as pool:
        rows = list(pool.map(score_case, cases, [given.model] * len(cases)))
    for row in rows:
        if not row.is_right:
            print(f"{row.kind} | {row.name}: {'; '.join(row.problems)}")
    print(kinds_table(rows))
    document: dict[str, Any] = {"cases": [asdict(row) for row in rows]}
    if given.real and given.data:
        classifier = BeatClassifier.load(given.model)
        folds = fold_classifiers(given.folds)
        document["records"] = real_report(given.data, classifier, folds, ds2=given.ds2)
        document["strips"] = strips_report(given.data, classifier)
        try:
            document["streams"] = streams_report(given.data)
        except MissingRecordError as missing:
            print(f"beat streams left out: {missing}")
        if given.write:
            path = given.model / CARD_FILE
            card = json.loads(path.read_text(encoding="utf-8"))
            card["evaluation"][FINDINGS_KEY] = document["records"]["accuracy"]
            path.write_text(to_json(card), encoding="utf-8")
    if given.json:
        given.json.write_text(json.dumps(document, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
