"""Scores small files with one oddity each, and says which are read right.

    python tests/bench/cases.py --cases DIR --data DIR

DIR of the cases holds the first ten minutes of record 119 of the MIT-BIH Arrhythmia Database in
files that real recorders and converters write (its README says what is odd in each); DIR of the
data holds ``mitdb/119.atr``. A case is right if every beat is found where the annotation has one,
with the right leads, start and amplitude, and with the warnings that the oddity deserves.
"""

import argparse
import io
import json
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from deepecg.arrays import Floats  # noqa: E402
from deepecg.beats.aami_classes import CLASSES  # noqa: E402
from deepecg.cli import main as deepecg  # noqa: E402
from deepecg.readers.open_recording import open_recording  # noqa: E402
from deepecg.readers.reading_options import ReadingOptions  # noqa: E402
from training.annotation_files import BeatFile  # noqa: E402
from training.beat_comparison import match_beats  # noqa: E402

RATE_HZ, LENGTH = 360, 216_000
START = "2024-03-01T09:30:00"
HEIGHT_MV = (2.0, 8.0)
"""Peak to peak of the tallest seconds of record 119 in mV: 4.6 where its V beats are."""

Clock = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Case:
    """What is right about one file.

    Attributes
    ----------
    leads : tuple of str
        Names of the leads.
    start : str or None
        Time of the first sample.
    warnings : tuple of str
        Codes of which one is expected; empty if the file has no fault.
    clock : callable
        Seconds of record 119 to seconds of the file.
    calibrated : bool
        Whether amplitudes are to be in millivolts.
    refusable : bool
        Whether a refusal is right, too.
    repeated : bool
        Whether the second five minutes are the first once more.
    lead : str or None
        The value of ``--lead``.
    """

    leads: tuple[str, ...] = ("ECG I", "ECG II")
    start: str | None = START
    warnings: tuple[str, ...] = ()
    clock: Clock = lambda times_s: times_s
    calibrated: bool = True
    refusable: bool = False
    repeated: bool = False
    lead: str | None = None


def by_onsets(path: Path) -> Clock:
    """Return the clock of an EDF+ file's own time stamps, one in each data record of 1 s."""
    stamps = re.findall(rb"\+([0-9.]+)\x14\x14\0", path.read_bytes())
    onsets_s = np.array([float(stamp) for stamp in stamps])
    spacing = np.diff(onsets_s, append=2 * onsets_s[-1] - onsets_s[-2])
    lengths_s = np.where(spacing < 1.5, spacing, 1.0)

    def clock(times_s: Floats) -> Floats:
        record = np.minimum(times_s.astype(int), len(onsets_s) - 1)
        return onsets_s[record] + (times_s - record) * lengths_s[record]

    return clock


def with_gap(times_s: Floats) -> Floats:
    """Return the clock of the variable-layout records: 10 s of gap after 5 minutes."""
    return times_s + 10.0 * (times_s >= 300.0)


def cases(folder: Path) -> dict[str, Case]:
    """Return what is right, by the path of the file."""
    edf, ishne, mitdb = folder / "edf", ("I", "II"), ("MLII", "V1")
    return {
        "edf/ecg200_tremor500.edf": Case(("ECG",), warnings=("not_ecg",)),
        "edf/ecg256_plm512.edf": Case(("ECG I",), warnings=("not_ecg",)),
        "edf/onebyte.edf": Case(warnings=("truncated_samples", "partial_record")),
        "edf/extra.edf": Case(warnings=("record_count", "trailing_bytes", "surplus_samples")),
        "edf/gap10_saysC.edf": Case(
            clock=by_onsets(edf / "gap10_saysC.edf"), warnings=("gaps_in_continuous",)
        ),
        "edf/onsets_drift.edf": Case(
            clock=by_onsets(edf / "onsets_drift.edf"), warnings=("clock_drift",)
        ),
        "edf/unit_greek_mu.edf": Case(),
        "edf/unit_microV.edf": Case(),
        "edf/unit_mV_means_uV.edf": Case(warnings=("impossible_amplitude",), calibrated=False),
        "edf/label_thorax.edf": Case(("Thorax V1",), lead="Thorax V1"),
        "edf/decimal_comma.edf": Case(warnings=("decimal_comma",)),
        "edf/version_1.edf": Case(warnings=("header_version",)),
        "ishne/leads1.ecg": Case(ishne, warnings=("lead_count_mismatch",), refusable=True),
        "ishne/varmis2.ecg": Case(ishne, warnings=("header_layout",)),
        "ishne/res_in_uV.ecg": Case(
            ishne, warnings=("impossible_amplitude", "resolution_in_microvolts"), calibrated=False
        ),
        "wfdb/mmss.hea": Case(mitdb, start="2024-10-09T00:31:51.982"),
        "wfdb/nofs.hea": Case(
            ("lead 1", "lead 2"),
            start=None,
            warnings=("no_sampling_rate",),
            clock=lambda times_s: times_s * RATE_HZ / 250,
        ),
        "wfdb/floatbase.hea": Case(mitdb, start=None, refusable=True),
        "wfdb/full.hea": Case(mitdb, start=None),
        "wfdb/ok.hea": Case(mitdb, start=None),
        "wfdb/w08_layout/dup.hea": Case(("ECG", "ECG#2"), start=None, clock=with_gap),
        "wfdb/w08_layout/swap.hea": Case(mitdb, start=None, clock=with_gap),
        "wfdb/w08_layout/mixfs.hea": Case(mitdb, start=None, refusable=True),
        "wfdb/w08_layout/mixsegdef.hea": Case(mitdb, start=None, refusable=True, repeated=True),
        "wfdb/upper/UPPER.HEA": Case(mitdb),
    }


def faults_of(path: Path, case: Case, reference: BeatFile) -> list[str]:
    """Return what is wrong about the results of a file; nothing if all is right."""
    with tempfile.TemporaryDirectory() as name:
        arguments = ["score", str(path), "--out", name, "--quiet"]
        arguments += ["--lead", case.lead] if case.lead else []
        said = io.StringIO()
        with redirect_stdout(io.StringIO()), redirect_stderr(said):
            status = deepecg(arguments)
        found = sorted(Path(name).rglob("summary.json"))
        if status or not found:
            return [] if case.refusable else [f"refused: {said.getvalue().strip()[:200]}"]
        summary = json.loads(found[0].read_text(encoding="utf-8"))
        file = next(found[0].parent.glob("*.deepecg")).with_suffix("")
        rate_hz = summary["recording"]["sampling_rate_hz"]
        beats = BeatFile.read(file, "deepecg", rate_hz)
    faults = []
    first = reference.times_s < LENGTH / RATE_HZ
    times_s, labels = reference.times_s[first], reference.labels[first]
    if case.repeated:
        half = times_s < LENGTH / RATE_HZ / 2
        times_s = np.concatenate([times_s[half], times_s[half] + LENGTH / RATE_HZ / 2])
        labels = np.tile(labels[half], 2)
    expected_s = case.clock(times_s)
    inside = expected_s < summary["recording"]["duration_s"]
    expected_s, labels = expected_s[inside], labels[inside]
    partner = match_beats(expected_s, beats.times_s)
    wrong = (partner < 0).sum(), len(beats.times_s) - (partner >= 0).sum()
    if any(wrong):
        faults.append(f"{wrong[0]} beats missed, {wrong[1]} too many")
    ventricular = CLASSES.index("V")
    differ = (beats.labels[partner] == ventricular) != (labels == ventricular)
    if n_wrong := int((differ & (partner >= 0)).sum()):
        faults.append(f"{n_wrong} V beats wrong")
    codes = [warning["code"] for warning in summary["warnings"]]
    if case.warnings and not set(codes) & set(case.warnings):
        faults.append(f"warnings {codes}, expected one of {case.warnings}")
    recording = open_recording(path, ReadingOptions(lead=case.lead))
    if recording.leads != case.leads and case.lead not in recording.leads:
        faults.append(f"leads {recording.leads}, expected {case.leads}")
    start = recording.start.isoformat(timespec="milliseconds") if recording.start else None
    if (start or "")[:19] != (case.start or "")[:19]:
        faults.append(f"start {start}, expected {case.start}")
    if case.calibrated:
        signal = recording.read(0, 0, round(60 * recording.sampling_rate_hz))
        seconds = signal[: len(signal) // 60 * 60].reshape(60, -1)
        height = float(np.nanpercentile(np.ptp(seconds, axis=1), 95))
        if not HEIGHT_MV[0] <= height <= HEIGHT_MV[1]:
            faults.append(f"{height:.3g} mV high")
    return faults


def main() -> int:
    """Print one line for each file and the number of those that are right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    reference = BeatFile.read(given.data / "mitdb" / "119")
    results = {
        name: faults_of(given.cases / name, case, reference)
        for name, case in cases(given.cases).items()
    }
    for name, faults in results.items():
        print(f"{'right' if not faults else 'wrong'}  {name}  {'; '.join(faults)}".rstrip())
    right = sum(not faults for faults in results.values())
    print(f"{right} of {len(results)} right")
    return 0 if right == len(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
