"""The built functions in Lambda's own container, beside moto's server."""

import json
import subprocess
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer
from sam.sam_paths import ROOT, Sam

from deepecg.cloud.s3_keys import current_key
from deepecg.outputs.recording_id import recording_id

IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
UPLOADS, RESULTS = "deepecg-uploadsbucket", "deepecg-resultsbucket"
REGION = "eu-central-1"


class Cloud:
    """Buckets in moto's server, and the built functions in containers beside it.

    Attributes
    ----------
    inside, outside : str
        The server's address on this machine, and as containers know it.
    local : list of str
        What every ``sam local`` command is told.
    """

    def __init__(self, sam: Sam, build: Path, server: ThreadedMotoServer, folder: Path) -> None:
        _, self.port = server.get_host_and_port()
        self.sam = sam
        self.folder = folder
        self.inside = f"http://127.0.0.1:{self.port}"
        self.outside = f"http://host.docker.internal:{self.port}"
        is_here = subprocess.run(
            ["docker", "image", "inspect", IMAGE], capture_output=True, check=False
        )
        self.local = [
            "--template", str(build / "template.yaml"),
            "--add-host", "host.docker.internal:host-gateway",
            *(["--skip-pull-image"] if is_here.returncode == 0 else []),
        ]  # fmt: skip
        access = {
            "endpoint_url": self.inside,
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

    def variables(self, function: str, **others: str) -> Path:
        """Write what a function finds in its environment, as ``--env-vars`` takes it."""
        variables = {
            "DEEPECG_UPLOADS_BUCKET": UPLOADS,
            "DEEPECG_RESULTS_BUCKET": RESULTS,
            "DEEPECG_QUEUE_URL": self.queue_url.replace(self.inside, self.outside),
            "DEEPECG_DEAD_LETTER_QUEUE_URL": self.dead_letters_url.replace(
                self.inside, self.outside
            ),
            "DEEPECG_NIGHTLY_TOPIC_ARN": self.topic_arn,
            "AWS_ENDPOINT_URL_S3": self.outside,
            "AWS_ENDPOINT_URL_SQS": self.outside,
            "AWS_ENDPOINT_URL_SNS": self.outside,
            **others,
        }
        path = self.folder / f"{function}.json"
        path.write_text(json.dumps({function: variables}))
        return path

    def invoke(
        self, event: str | dict[str, Any], function: str = "ScoreRecordingFunction"
    ) -> dict[str, Any]:
        """Call a function with an event, or a canonical one, as `sam local invoke` does."""
        if isinstance(event, str):
            path = ROOT / "events" / event
        else:
            path = self.folder / "event.json"
            path.write_text(json.dumps(event))
        done = self.sam(
            "local", "invoke", function,
            *self.local,
            "--event", path,
            "--env-vars", self.variables(function),
            # Without it, every command looks for the account, and waits for the network.
            AWS_ENDPOINT_URL_STS=self.inside,
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
