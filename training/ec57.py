"""The judge: found beats against annotated ones, as ANSI/AAMI EC57 (IEC 60601-2-47) asks.

``python -m training.ec57 --reference DIR --found DIR`` compares the annotation files of two
folders, record by record, and prints what PhysioNet's ``bxb``, ``rxr`` and ``sumstats`` would tell:
beat by beat, runs as sequences, gross, average, by record; and 95 % intervals over patients.

- 150 ms; the first five minutes are not judged; nor is ventricular flutter or fibrillation, from
  ``[`` to ``]`` in the reference: beats annotated or found there count on no side.
- Classes are those of AAMI: N (``N L R e j B``), S (``A a J S n``), V (``V E r``), F (``F``), Q
  (``/ f Q ?``). Nodal and atrial escapes, ``j`` and ``e``, are N, as in the literature's tables;
  ``bxb`` has them as S.
- F and Q, and what is called not analysable: see :mod:`training.beat_matching`. The found file marks
  such a stretch with a ``~`` of subtype -1 (in general: bits 4 and 5 set), and its end with a ``~``
  of any other subtype. The reference's own ``~`` leave nothing out: a beat found there is an extra
  one.
- Couplets and runs: see :mod:`training.run_matching`. Intervals: see :mod:`training.bootstrap`.
- *Gross* is the figure of the summed counts, *average* the mean over the records that have one.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import wfdb
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs.json_files import to_json
from training.annotated_records import CLASS_OF_SYMBOL
from training.beat_matching import LEARNING_S, BeatCounts, measures, within
from training.bootstrap import intervals
from training.run_matching import BeatSequence, Kind, RunCounts, compare_runs

NOISE_SYMBOL, SHUTDOWN_BITS = "~", 0x30
"""A mark of signal quality; with both bits of its subtype set, nothing is analysed any more."""
FIGURES = {
    "accuracy": "accuracy",
    "QRS Se": "qrs_sensitivity",
    "QRS +P": "qrs_predictivity",
    **{
        f"{name} {short}": f"{name}_{figure}"
        for name in "VS"
        for short, figure in (("Se", "sensitivity"), ("+P", "predictivity"), ("F1", "f1"))
    },
}
"""The figures that are told, by the name they have in tables."""
RUN_NAMES: dict[Kind, str] = {"V": "ventricular", "S": "supraventricular"}
RUN_GROUPS = {
    "couplets": "couplets",
    "runs": "runs of 3 and more",
    "short_runs": "of 3 to 5",
    "long_runs": "of 6 and more",
}


@dataclass(frozen=True)
class BeatFile:
    """What an annotation file says.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n,)
        Beats, in seconds, ascending.
    labels : ndarray of int64, shape (n,)
        Their classes.
    flutter : ndarray of float64, shape (k, 2)
        First and last second of ventricular flutter and fibrillation; infinite if it never ends.
    given_up : ndarray of float64, shape (l, 2)
        The same of what is called not analysable.
    """

    times_s: NDArray[np.float64]
    labels: NDArray[np.int64]
    flutter: NDArray[np.float64]
    given_up: NDArray[np.float64]

    @classmethod
    def read(cls, path: Path, extension: str, rate_hz: float | None = None) -> "BeatFile":
        """Read the annotations of a record, given without extension.

        Parameters
        ----------
        path : Path
            The record.
        extension : str
            Of the annotation file.
        rate_hz : float, optional
            Of sample numbers, if neither the file nor a header beside it says so.
        """
        annotation = wfdb.rdann(str(path), extension)
        rate_hz = annotation.fs or rate_hz
        if not rate_hz:
            raise SystemExit(f"no sampling rate for {path}.{extension}: no header beside it")
        times_s = np.asarray(annotation.sample, np.int64) / rate_hz
        symbols = np.asarray(annotation.symbol, str)
        is_beat = np.isin(symbols, [*CLASS_OF_SYMBOL])
        is_quality = symbols == NOISE_SYMBOL
        shuts_down = np.asarray(annotation.subtype, np.int64) & SHUTDOWN_BITS == SHUTDOWN_BITS
        return cls(
            times_s[is_beat],
            np.array([CLASS_OF_SYMBOL[symbol] for symbol in symbols[is_beat]], np.int64),
            _stretches(times_s, symbols == "[", symbols == "]"),
            _stretches(times_s, is_quality & shuts_down, is_quality & ~shuts_down),
        )

    def sequence(self, left_out: NDArray[np.float64]) -> BeatSequence:
        """Return the beats outside stretches, shape (k, 2), as a sequence that has runs."""
        beats = BeatSequence(self.times_s, self.labels, self.given_up[:, 0])
        return beats.without(left_out)


@dataclass(frozen=True)
class Judged:
    """What became of one record, or of several together.

    Attributes
    ----------
    beats : BeatCounts
        Beat by beat.
    runs : dict of RunCounts
        Ventricular and supraventricular runs.
    judged_s, given_up_s : float
        Seconds that were judged, and those of them that the software calls not analysable.
    """

    beats: BeatCounts
    runs: dict[Kind, RunCounts]
    judged_s: float
    given_up_s: float

    @classmethod
    def nothing(cls) -> "Judged":
        """Return what no record makes."""
        return cls(BeatCounts.empty(), {kind: RunCounts.empty() for kind in RUN_NAMES}, 0.0, 0.0)

    def __add__(self, other: "Judged") -> "Judged":
        return Judged(
            self.beats + other.beats,
            {kind: self.runs[kind] + other.runs[kind] for kind in RUN_NAMES},
            self.judged_s + other.judged_s,
            self.given_up_s + other.given_up_s,
        )


def main() -> None:
    """Compare two folders of annotation files."""
    parser = argparse.ArgumentParser(prog="python -m training.ec57", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--reference", type=Path, required=True, help="folder of the annotations")
    parser.add_argument("--found", type=Path, required=True, help="folder of what was found")
    parser.add_argument("--reference-extension", default="atr", metavar="EXT")
    parser.add_argument("--found-extension", default="deepecg", metavar="EXT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    given = parser.parse_args()
    records = sorted(path.stem for path in given.found.glob(f"*.{given.found_extension}"))
    if not records:
        raise SystemExit(f"no *.{given.found_extension} in {given.found}")
    by_record = {
        record: judge_files(
            given.reference / record,
            given.found / record,
            given.reference_extension,
            given.found_extension,
        )
        for record in records
    }
    told = document(by_record)
    print(markdown(told))
    if given.json:
        given.json.write_text(to_json(told), encoding="utf-8")


def judge_files(
    reference: Path, found: Path, reference_extension: str = "atr", found_extension: str = "deepecg"
) -> Judged:
    """Compare a record's annotation files, both given without extension.

    The record's header, beside the reference, tells how long it is; without one it ends with its
    last annotated beat.
    """
    annotated = BeatFile.read(reference, reference_extension)
    if Path(f"{reference}.hea").is_file():
        header = wfdb.rdheader(str(reference))
        rate_hz, duration_s = float(header.fs), header.sig_len / header.fs
    else:
        rate_hz, duration_s = None, float(annotated.times_s[-1])
    return judge(annotated, BeatFile.read(found, found_extension, rate_hz), duration_s)


def judge(annotated: BeatFile, found: BeatFile, duration_s: float) -> Judged:
    """Compare what was found in a record of some length with what is annotated."""
    # No beat is looked for in flutter, and of its beats none may pair with one outside.
    outside = ~within(annotated.times_s, annotated.flutter)
    times_s, labels = annotated.times_s[outside], annotated.labels[outside]
    heard = ~within(found.times_s, found.flutter)
    learning = np.array([[-np.inf, np.nextafter(LEARNING_S, 0)]])
    left_out = np.concatenate([learning, annotated.flutter])
    beats = BeatCounts.of(
        times_s, labels, found.times_s[heard], found.labels[heard], left_out, found.given_up
    )
    reference, answer = (each.sequence(annotated.flutter) for each in (annotated, found))
    runs = {kind: compare_runs(reference, answer, kind, found.given_up) for kind in RUN_NAMES}
    nowhere_s = _total_s(left_out, duration_s)
    with_given_up_s = _total_s(np.concatenate([left_out, found.given_up]), duration_s)
    return Judged(beats, runs, duration_s - nowhere_s, with_given_up_s - nowhere_s)


def gross(by_record: Mapping[str, Judged]) -> Judged:
    """Return all records together."""
    return sum(by_record.values(), Judged.nothing())


def document(by_record: Mapping[str, Judged]) -> dict[str, Any]:
    """Return everything that is told of records, JSON-ready."""
    together = gross(by_record)
    return {
        "gross": figures(together.beats, ec57=True),
        "intervals": beat_intervals({name: each.beats for name, each in by_record.items()}),
        "average": average([each.beats for each in by_record.values()]),
        "given_up": _given_up(together),
        "runs": {RUN_NAMES[kind]: _run_figures(kind, by_record) for kind in get_args(Kind)},
        "by_record": {
            name: figures(each.beats, ec57=True) | {"given_up": _given_up(each)}
            for name, each in by_record.items()
        },
    }


def figures(counts: BeatCounts, *, ec57: bool) -> dict[str, Any]:
    """Return the figures of a matrix, JSON-ready.

    Parameters
    ----------
    counts : BeatCounts
        The matrix.
    ec57 : bool
        Whether V and S on annotated F and Q are forgiven, and detection is told.
    """
    by_class = {
        name: {
            "sensitivity": round(counts.sensitivity(name), 4),
            "predictivity": round(counts.predictivity(name, ec57=ec57), 4),
            "f1": round(counts.f1(name, ec57=ec57), 4),
        }
        for name in CLASSES
    }
    told: dict[str, Any] = {
        "accuracy": round(counts.accuracy(), 4),
        "classes": by_class,
        "matrix": counts.matrix.tolist(),
    }
    if ec57:
        sensitivity, predictivity = counts.detection()
        missed, of = counts.missed("V")
        told["qrs_sensitivity"] = round(sensitivity, 5)
        told["qrs_predictivity"] = round(predictivity, 5)
        told["v_missed_by_detector"] = missed
        told["v_annotated"] = of
    return told


def beat_intervals(
    by_record: Mapping[str, BeatCounts], *, ec57: bool = True
) -> dict[str, list[float] | None]:
    """Return the 95 % interval over patients of every gross figure that tables tell."""
    matrices = {record: counts.matrix for record, counts in by_record.items()}
    found = intervals(matrices, partial(measures, ec57=ec57))
    return {key: _rounded(found[key]) for key in FIGURES.values()}


def average(counts: Sequence[BeatCounts], *, ec57: bool = True) -> dict[str, float | None]:
    """Return the mean of every figure over the records that have one; None if none has."""
    found = measures(np.stack([each.matrix for each in counts]), ec57=ec57)
    means = {}
    for key in FIGURES.values():
        known = found[key][np.isfinite(found[key])]
        means[key] = round(float(known.mean()), 5) if len(known) else None
    return means


def markdown(told: Mapping[str, Any], level: str = "##") -> str:
    """Return what :func:`document` tells as Markdown, with headings of a level."""
    parts = [
        figures_table(told),
        f"{level} Matrix\n",
        confusion_table(told["gross"]),
        given_up_sentence(told["given_up"]) + "\n",
        f"{level} Couplets and runs\n",
        run_table(told["runs"]),
        f"{level} By record\n",
        record_table(told["by_record"]),
    ]
    return "\n".join(parts)


def given_up_sentence(given_up: Mapping[str, Any]) -> str:
    """Return how much was called not analysable, and what fell into that."""
    return (
        f"Not analysable by the software's own account: {given_up['seconds']:.0f} s of "
        f"{given_up['judged_seconds']:.0f} ({100 * given_up['share']:.2f} %), with "
        f"{given_up['beats_count']} annotated beats that were not found, {given_up['v_count']} of "
        "them V; they are in no figure. Counted as missed, as `bxb` does, they would make QRS Se "
        f"{100 * given_up['qrs_sensitivity_if_missed']:.2f} and V Se "
        f"{100 * given_up['v_sensitivity_if_missed']:.1f}."
    )


def figures_table(told: Mapping[str, Any]) -> str:
    """Return gross figures with their intervals, and averages, as a Markdown table."""
    lines = ["| % | gross | 95 % interval | average of records |", "|---|---|---|---|"]
    flat = _flat(told["gross"])
    for name, key in FIGURES.items():
        if key not in flat:
            continue
        digits = 2 if name.startswith("QRS") else 1
        mean = told["average"][key]
        cells = (
            name,
            f"{100 * flat[key]:.{digits}f}",
            interval_text(told["intervals"][key], digits),
            "-" if mean is None else f"{100 * mean:.{digits}f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def interval_text(interval: Sequence[float] | None, digits: int = 1) -> str:
    """Return an interval of shares in percent."""
    if interval is None:
        return "-"
    low, high = (f"{100 * value:.{digits}f}" for value in interval)
    return f"{low} to {high}"


def confusion_table(told: Mapping[str, Any]) -> str:
    """Return a matrix as a Markdown table: annotated class in rows."""
    lines = [
        "| annotated \\ found | " + " | ".join(CLASSES) + " | not found |",
        "|---" * (len(CLASSES) + 2) + "|",
    ]
    names = [*CLASSES, "no beat"]
    lines += [
        f"| {name} | " + " | ".join(str(count) for count in row) + " |"
        for name, row in zip(names, told["matrix"], strict=True)
    ]
    return "\n".join(lines) + "\n"


def run_table(runs: Mapping[str, Any]) -> str:
    """Return how many couplets and runs were detected, and how many found are right."""
    lines = [
        "| | annotated | of them detected | Se (95 %) | found | of them right | +P (95 %) |",
        "|---" * 7 + "|",
    ]
    for kind in RUN_NAMES.values():
        for group, name in RUN_GROUPS.items():
            row = runs[kind][group]
            cells = [f"{kind} {name}"]
            for whole, part, share in (
                ("annotated_count", "detected_count", "sensitivity"),
                ("found_count", "right_count", "predictivity"),
            ):
                cells += [str(row[whole]), str(row[part])]
                known = row[share] is not None
                interval = interval_text(row["intervals"][share])
                cells.append(f"{100 * row[share]:.1f} ({interval})" if known else "-")
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def record_table(by_record: Mapping[str, Mapping[str, Any]], *without: str) -> str:
    """Return the figures of every record as a Markdown table.

    Parameters
    ----------
    by_record : mapping
        Figures of :func:`figures`.
    *without : str
        Records whose absence from the sum is told in a row of its own.
    """
    lines = [
        "| record | beats | missed | false | V | V Se / +P (F1) | S | S Se / +P (F1) |",
        "|---" * 8 + "|",
    ]
    counts = {name: BeatCounts(np.array(told["matrix"])) for name, told in by_record.items()}
    lines += [_record_row(name, each) for name, each in counts.items()]
    for record in without:
        others = (each for name, each in counts.items() if name != record)
        name = f"all but {record.rsplit('/', 1)[-1]}"
        lines.append(_record_row(name, sum(others, BeatCounts.empty())))
    return "\n".join(lines) + "\n"


def _record_row(name: str, counts: BeatCounts) -> str:
    matrix = counts.matrix
    cells = [name, *(str(n) for n in (matrix[:-1].sum(), matrix[:-1, -1].sum(), matrix[-1].sum()))]
    for label in "VS":
        annotated = int(matrix[CLASSES.index(label)].sum())
        figure = (
            counts.sensitivity(label),
            counts.predictivity(label, ec57=True),
            counts.f1(label, ec57=True),
        )
        found, right, f1 = (f"{100 * value:.1f}" for value in figure)
        cells += [str(annotated), f"{found} / {right} ({f1})" if annotated else "-"]
    return "| " + " | ".join(cells) + " |"


def _flat(told: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures of :func:`figures` under the names of :func:`measures`."""
    flat = {name: value for name, value in told.items() if name in FIGURES.values()}
    for name, of_class in told["classes"].items():
        flat |= {f"{name}_{figure}": value for figure, value in of_class.items()}
    return flat


def _given_up(judged: Judged) -> dict[str, Any]:
    share = judged.given_up_s / judged.judged_s if judged.judged_s else 0.0
    as_missed = judged.beats.with_given_up_missed()
    return {
        "judged_seconds": round(judged.judged_s, 1),
        "seconds": round(judged.given_up_s, 1),
        "share": round(share, 5),
        "beats_count": int(judged.beats.given_up.sum()),
        "v_count": int(judged.beats.given_up[CLASSES.index("V")]),
        "by_class": dict(zip(CLASSES, judged.beats.given_up.tolist(), strict=True)),
        "qrs_sensitivity_if_missed": round(as_missed.detection()[0], 5),
        "v_sensitivity_if_missed": round(as_missed.sensitivity("V"), 4),
    }


def _run_figures(kind: Kind, by_record: Mapping[str, Judged]) -> dict[str, Any]:
    counts = {name: each.runs[kind] for name, each in by_record.items()}
    together = sum(counts.values(), RunCounts.empty())
    told: dict[str, Any] = {group: _group_figures(group, counts, together) for group in RUN_GROUPS}
    return told | {
        "annotated_matrix": together.annotated.tolist(),
        "found_matrix": together.found.tolist(),
        "given_up_by_length": together.given_up.tolist(),
    }


def _group_figures(
    group: str, counts: Mapping[str, RunCounts], together: RunCounts
) -> dict[str, Any]:
    def shares(pairs: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        part, whole = pairs[..., 0], np.where(pairs[..., 1], pairs[..., 1], -1)
        share = np.where(whole > 0, part / whole, np.nan)
        return {"sensitivity": share[..., 0], "predictivity": share[..., 1]}

    pairs = {
        name: np.array([each.detected(group), each.right(group)]) for name, each in counts.items()
    }
    whole = shares(np.array([together.detected(group), together.right(group)]))
    (detected, annotated), (right, found) = together.detected(group), together.right(group)
    told: dict[str, Any] = {
        "annotated_count": annotated,
        "detected_count": detected,
        "found_count": found,
        "right_count": right,
        "patients_count": int(sum(each.right(group)[1] > 0 for each in counts.values())),
    }
    told |= {
        name: round(float(value), 4) if np.isfinite(value) else None
        for name, value in whole.items()
    }
    between = intervals(pairs, shares)
    return told | {"intervals": {name: _rounded(each) for name, each in between.items()}}


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(value, 5) for value in interval]


def _stretches(
    times_s: NDArray[np.float64], begins: NDArray[np.bool_], ends: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return first and last second from every first mark of a begin to the next of an end."""
    stretches: list[tuple[float, float]] = []
    since: float | None = None
    for at in np.flatnonzero(begins | ends):
        if begins[at] and since is None:
            since = float(times_s[at])
        elif ends[at] and since is not None:
            stretches.append((since, float(times_s[at])))
            since = None
    if since is not None:
        stretches.append((since, np.inf))
    return np.array(stretches, np.float64).reshape(-1, 2)


def _total_s(stretches: NDArray[np.float64], duration_s: float) -> float:
    """Return how much of a record lies in stretches, which may overlap."""
    total = until = 0.0
    for begin, end in sorted(np.clip(stretches, 0, duration_s).tolist()):
        total += max(end - max(begin, until), 0)
        until = max(until, end)
    return total


if __name__ == "__main__":
    main()
