"""``deepecg serve`` as a process: page and API, uploads, scoring, shutdown."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer
from running_service import Served

from deepecg.outputs.advisory import ADVISORY

START_S = 60
REPORT_S = 120
END_S = 60
MOMENT_S = 20
"""Time limits in seconds for a busy machine; the tests go on as soon as they can."""
UPLOADS = "deepecg-uploadsbucket"
# moto's credentials, which the service signs with: for forms that the API does not issue.
KEYS = {"aws_access_key_id": "FOOBARKEY", "aws_secret_access_key": "FOOBARSECRET"}


@dataclass
class Service(Served):
    """A service that runs as a process."""

    process: subprocess.Popen[str]
    greeting: str
    client: httpx.Client

    def night_report(self) -> str:
        """Return the report on the only night, once there is one."""
        deadline_s = time.monotonic() + REPORT_S
        while time.monotonic() < deadline_s:
            for night in self.client.get("/v1/nights").json()["nights"]:
                path = f"/v1/nights/{night['date']}/report"
                answer = self.client.get(path, follow_redirects=True)
                if answer.status_code == 200:
                    return answer.text
            time.sleep(0.2)
        raise TimeoutError("no report on the night")

    def sign(self, key: str, *conditions: Any, expires_s: int = 60) -> dict[str, Any]:
        s3 = boto3.client(
            "s3",
            region_name="eu-central-1",
            endpoint_url=str(self.client.base_url.join("/embedded-s3")),
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
            **KEYS,
        )
        form: Any = s3.generate_presigned_post(
            UPLOADS, key, Conditions=[*conditions], ExpiresIn=expires_s
        )
        s3.close()
        return dict(form)


@contextmanager
def running(*arguments: str, **variables: str) -> Iterator[Service]:
    with subprocess.Popen(
        [sys.executable, "-m", "deepecg", "serve", "--port", "0", *arguments],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            greeting = "".join(process.stdout.readline() for _ in range(3))
            address = re.search(r"http://127\.0\.0\.1:\d+", greeting)
            assert address is not None, greeting + (process.stdout.read() or "")
            with httpx.Client(base_url=address[0], timeout=START_S, trust_env=False) as client:
                yield Service(process, greeting, client)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running() as service:
        yield service


pytestmark = pytest.mark.xdist_group("serve")


def test_the_greeting_has_the_address_and_says_that_data_are_deleted(service: Service) -> None:
    assert "deleted when it ends" in service.greeting
    assert ADVISORY in service.greeting
    health = service.client.get("/health")
    assert health.status_code == 200
    assert health.json()["status"] == "ok"


def test_an_upload_is_scored_reported_and_in_its_nights_report(
    service: Service, edf_file: bytes
) -> None:
    announced = service.announce(("Mustermann.edf", len(edf_file)))
    (form,) = announced["uploads"]
    assert service.send(form, edf_file).status_code == 204
    scored = service.outcome(announced["status_url"])
    assert scored["status"] == "scored"
    assert scored["summary"]["beats"]["total_count"] > 50
    redirect = service.client.get(scored["links"]["report"])
    assert redirect.status_code == 307
    report = service.client.get(redirect.headers["location"])
    assert report.status_code == 200
    assert report.headers["content-type"].startswith("text/html")
    assert ADVISORY in report.text
    assert announced["recording_id"] in service.night_report()


def test_a_record_in_parts_is_scored_whatever_their_order(
    service: Service, wfdb_files: dict[str, bytes]
) -> None:
    announced = service.announce(*((name, len(body)) for name, body in wfdb_files.items()))
    for form, body in reversed(list(zip(announced["uploads"], wfdb_files.values(), strict=True))):
        assert service.send(form, body).status_code == 204
    assert service.outcome(announced["status_url"])["status"] == "scored"


def test_a_file_that_is_no_recording_is_rejected(service: Service) -> None:
    announced = service.announce(("x.edf", 7))
    assert service.send(announced["uploads"][0], b"no ECG.").status_code == 204
    rejected = service.outcome(announced["status_url"])
    assert rejected["rejection"]["code"] == "unknown_format"


def test_health_is_answered_while_a_recording_is_scored(service: Service, edf_file: bytes) -> None:
    announced = service.announce(("x.edf", len(edf_file)))
    assert service.send(announced["uploads"][0], edf_file).status_code == 204
    while service.client.get(announced["status_url"]).json()["status"] == "waiting":
        began_s = time.monotonic()
        assert service.client.get("/health").status_code == 200
        assert time.monotonic() - began_s < MOMENT_S


def test_a_form_that_differs_from_its_policy_is_refused(service: Service) -> None:
    (form,) = service.announce(("x.edf", 7))["uploads"]
    too_long = service.send(form, b"no ECG..")
    assert (too_long.status_code, "EntityTooLarge" in too_long.text) == (400, True)
    too_short = service.send(form, b"no ECG")
    assert (too_short.status_code, "EntityTooSmall" in too_short.text) == (400, True)
    key = form["fields"]["key"]
    for fields in ({"key": key + "x"}, {"Content-Type": "text/html"}, {"acl": "public-read"}):
        refused = service.send(form, b"no ECG.", **fields)
        assert (refused.status_code, "AccessDenied" in refused.text) == (403, True)
    tampered = service.send(form, b"no ECG.", policy=form["fields"]["policy"] + "AAAA")
    assert (tampered.status_code, "SignatureDoesNotMatch" in tampered.text) == (403, True)
    assert service.send(form, b"no ECG.").status_code == 204


def test_an_expired_form_is_refused(service: Service) -> None:
    assert service.send(service.sign("a.txt"), b"x").status_code == 204
    late = service.send(service.sign("a.txt", expires_s=-1), b"x")
    assert (late.status_code, "Policy expired" in late.text) == (403, True)


def test_requests_that_are_not_presigned_are_refused(service: Service) -> None:
    key = service.sign("known.txt")
    assert service.send(key, b"x").status_code == 204
    root = "/embedded-s3"
    for method, path in [
        ("GET", f"{root}/{UPLOADS}/known.txt"),
        ("GET", f"{root}/{UPLOADS}"),
        ("GET", f"{root}/"),
        ("GET", root),
        ("HEAD", f"{root}/{UPLOADS}/known.txt"),
        ("PUT", f"{root}/{UPLOADS}/known.txt"),
        ("DELETE", f"{root}/{UPLOADS}/known.txt"),
        ("POST", f"{root}/{UPLOADS}/known.txt"),
        ("POST", f"{root}/{UPLOADS}"),
        ("POST", f"{root}/{UPLOADS}?delete"),
    ]:
        answer = service.client.request(method, path, content=b"")
        assert answer.status_code in (400, 403, 405), (method, path, answer.status_code)
    empty = service.client.post(f"{root}/{UPLOADS}", data={"key": "a"}, files={"file": ("x", b"x")})
    assert empty.status_code == 403


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_an_error(number: signal.Signals, edf_file: bytes) -> None:
    with running() as service:
        announced = service.announce(("x.edf", len(edf_file)))
        service.send(announced["uploads"][0], edf_file)  # the signal arrives during scoring
        service.process.send_signal(number)
        assert service.process.wait(END_S) == 0
        assert service.process.stdout is not None
        assert "Traceback" not in service.process.stdout.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_it_is_still_starting(
    number: signal.Signals, tmp_path: Path
) -> None:
    # The service imports this first, and it does not return.
    (tmp_path / "uvicorn.py").write_text(
        "import time\nprint('starting', flush=True)\ntime.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "deepecg", "serve", "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "starting\n"
            process.send_signal(number)
            assert process.wait(END_S) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()


@pytest.fixture
def aws() -> Iterator[dict[str, str]]:
    """Environment variables for an S3 outside of the service, with two buckets."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    variables = {
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "DEEPECG_UPLOADS_BUCKET": "their-uploads",
        "DEEPECG_RESULTS_BUCKET": "their-results",
        "DEEPECG_TIME_ZONE": "Europe/Berlin",
    }
    with httpx.Client(base_url=variables["AWS_ENDPOINT_URL_S3"], trust_env=False) as client:
        client.put("/their-uploads")
        client.put("/their-results")
    yield variables
    server.stop()


def test_with_aws_it_uses_the_buckets_of_the_environment_only(
    aws: dict[str, str],
) -> None:
    with running("--aws", **aws) as service:
        assert "deleted" not in service.greeting
        assert service.client.get("/health").status_code == 200
        announced = service.announce(("x.edf", 7))
        (form,) = announced["uploads"]
        assert form["url"].startswith(aws["AWS_ENDPOINT_URL_S3"])
        assert service.send(form, b"no ECG.").status_code in (200, 204)
        # No worker scores in this case, so the recording waits.
        assert service.client.get(announced["status_url"]).json()["status"] == "waiting"
        assert service.client.get("/embedded-s3/their-uploads/x").status_code == 404


def test_a_port_in_use_is_a_usage_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "deepecg", "serve", "--port", port],
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )
    assert done.returncode == 2
    assert f"port {port}: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "0 to 65535"),
        (["--aws", "--host", "0.0.0.0"], "expected 127.0.0.1"),
        (["--aws", "--port", "0"], "DEEPECG_UPLOADS_BUCKET"),
    ],
)
def test_wrong_arguments_are_a_usage_error(arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deepecg", "serve", *arguments],
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
