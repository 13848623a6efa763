"""Compares found beats with annotated ones as ANSI/AAMI EC57 (IEC 60601-2-47) requires.

``python -m training.ec57 --reference DIR --found DIR`` compares the annotation files of two
folders, record by record, and prints the metrics that PhysioNet's ``bxb``, ``rxr`` and
``sumstats`` report: beat by beat, runs as sequences, gross, average, by record; and 95 % intervals
over patients.

- Beats match within 150 ms. The first five minutes are not compared, nor is ventricular flutter or
  fibrillation, from ``[`` to ``]`` in the reference: beats annotated or found there do not count.
- Classes are those of AAMI: N (``N L R e j B``), S (``A a J S n``), V (``V E r``), F (``F``), Q
  (``/ f Q ?``). Nodal and atrial escapes, ``j`` and ``e``, are N, as in the literature's tables;
  ``bxb`` counts them as S.
- F and Q, and not analysable segments: see :mod:`training.beat_comparison`. The found file marks
  the begin of such a segment with a ``~`` of subtype -1 (in general: bits 4 and 5 set), and its
  end with a ``~`` of any other subtype. The reference's own ``~`` exclude nothing: a beat found
  there is an extra one.
- Couplets and runs: see :mod:`training.run_matching`. Intervals: see :mod:`training.bootstrap`.
- *Gross* is the metric of the summed counts, *average* its mean over the records that have one.
"""

from pathlib import Path

from deepecg.outputs.json_documents import to_json
from training.command_line import argument_parser
from training.record_comparison import compare_files
from training.record_metrics import accuracy_document
from training.record_metrics_tables import markdown


def main() -> None:
    """Compare two folders of annotation files."""
    parser = argument_parser("ec57", __doc__)
    parser.add_argument("--reference", type=Path, required=True, help="folder of the annotations")
    parser.add_argument("--found", type=Path, required=True, help="folder of what was found")
    parser.add_argument("--reference-extension", default="atr", metavar="EXT")
    parser.add_argument("--found-extension", default="deepecg", metavar="EXT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the metrics as JSON")
    given = parser.parse_args()
    extensions = given.reference_extension, given.found_extension
    records = sorted(path.stem for path in given.found.glob(f"*.{given.found_extension}"))
    if not records:
        raise SystemExit(
            f"found no *.{given.found_extension} in {given.found}, expected one a record"
        )
    document = accuracy_document(
        {
            record: compare_files(given.reference / record, given.found / record, *extensions)
            for record in records
        }
    )
    print(markdown(document))
    if given.json:
        given.json.write_text(to_json(document), encoding="utf-8")


if __name__ == "__main__":
    main()
