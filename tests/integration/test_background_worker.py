"""The queue worker scores uploads, updates the nights' reports and survives failures."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from integration.aws_with_clock_and_faults import Cloud

from deepecg.local_cloud import background_worker as worker_module
from deepecg.local_cloud.background_worker import Worker

TIMEOUT_S = 60


@pytest.fixture
def worker(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setattr(worker_module, "IDLE_S", 0.02)
    monkeypatch.setattr(worker_module, "AFTER_FAILURE_S", 0.02)
    worker = Worker(cloud)
    yield worker
    assert worker.stop(TIMEOUT_S)


def reports(cloud: Cloud) -> list[str]:
    return [key for key in cloud.result_keys("reports/") if key.endswith("report.json")]


def wait_for_report(cloud: Cloud, n_uploads: int) -> None:
    deadline_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline_s:
        for key in reports(cloud):
            if cloud.result(key)["outcomes"]["uploaded_count"] == n_uploads:
                return
        time.sleep(0.05)
    raise TimeoutError(f"no report on {n_uploads} uploads")


def test_a_nights_report_follows_its_uploads(
    cloud: Cloud, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke = cloud.invoke
    n_calls = 0

    def counting(*arguments: Any, **options: Any) -> dict[str, Any]:
        nonlocal n_calls
        n_calls += 1
        return invoke(*arguments, **options)

    monkeypatch.setattr(cloud, "invoke", counting)
    worker.start()
    cloud.upload("a.edf", b"no ECG")
    wait_for_report(cloud, 1)
    cloud.upload("b.edf", b"no ECG")
    wait_for_report(cloud, 2)
    time.sleep(0.5)  # the call that wrote it may not have ended
    n_before = n_calls
    time.sleep(0.5)
    assert n_calls == n_before > 0  # nothing new: no further report


def test_it_survives_a_failure_and_logs_no_file_name(
    cloud: Cloud,
    worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    invoke = cloud.invoke
    n_failures = 0

    def failing_twice(*arguments: Any, **options: Any) -> dict[str, Any]:
        nonlocal n_failures
        if options.get("function") and n_failures < 2:
            n_failures += 1
            raise ValueError("Mustermann.edf")
        return invoke(*arguments, **options)

    monkeypatch.setattr(cloud, "invoke", failing_twice)
    worker.start()
    cloud.upload("Mustermann.edf", b"no ECG")
    wait_for_report(cloud, 1)
    assert n_failures == 2
    assert caplog.text.count("ValueError") == 2
    assert "Mustermann" not in caplog.text


def test_it_stops_before_the_queue_is_empty(cloud: Cloud, worker: Worker) -> None:
    worker.start()
    for number in range(200):
        cloud.upload(f"{number}.edf", b"no ECG")
    assert worker.stop(TIMEOUT_S)
    assert cloud.n_messages("UploadsQueue") > 0
