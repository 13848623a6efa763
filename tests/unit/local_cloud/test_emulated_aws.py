"""What the emulated AWS changes inside moto still works with the installed version."""

import tomllib
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from packaging.requirements import Requirement

from deepecg.local_cloud.emulated_aws import _one_request_at_a_time
from deepecg.local_cloud.sam_template import REGION

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_requests_from_threads_reach_moto_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    process_request = BotocoreStubber.process_request
    n_running, n_at_once = 0, []

    def observed(*arguments: Any) -> Any:
        nonlocal n_running
        n_running += 1
        n_at_once.append(n_running)
        sleep(0.02)
        try:
            return process_request(*arguments)
        finally:
            n_running -= 1

    monkeypatch.setattr(BotocoreStubber, "process_request", observed)
    with mock_aws(), _one_request_at_a_time():
        s3 = boto3.client("s3", region_name=REGION)
        threads = [Thread(target=s3.list_buckets) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        s3.close()
    assert n_at_once == [1, 1, 1, 1]
    assert BotocoreStubber.process_request is observed


def test_the_installed_moto_is_within_the_limits_of_every_extra() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    requirements = [
        Requirement(text) for texts in project["optional-dependencies"].values() for text in texts
    ]
    limits = [one.specifier for one in requirements if one.name == "moto"]
    assert limits
    for limit in limits:
        assert version("moto") in limit
        assert "<" in str(limit)
