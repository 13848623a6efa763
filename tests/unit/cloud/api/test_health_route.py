"""``GET /health``: versions, and a checksum that was verified."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from asgi_client import Caller
from fastapi import FastAPI
from recorded_log import LogLines

import deepecg
from deepecg.beats.model_card import model_version
from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.app import create_app


def test_versions_and_checksum_are_told(api: Caller, model_dir: Path) -> None:
    def model(folder: Path) -> dict[str, str]:
        return {
            "version": model_version(json.loads((folder / "model_card.json").read_text())),
            "sha256": sha256((folder / "beat_classifier.onnx").read_bytes()).hexdigest(),
        }

    response = api.get("/health")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "software": {"name": "deepecg", "version": deepecg.__version__},
        "model": model(model_dir),
        "single_beat_model": model(model_dir / "single_beat"),
    }


@pytest.mark.parametrize("name", [".", "single_beat"])
@pytest.mark.parametrize("broken", ["another model", "no model"])
def test_a_model_that_is_another_is_a_problem(
    services: Services, call: Callable[[FastAPI], Caller], tmp_path: Path, broken: str, name: str
) -> None:
    folder = shutil.copytree(services.settings.model_folder, tmp_path / "model")
    model = folder / name / "beat_classifier.onnx"
    if broken == "another model":
        model.write_bytes(model.read_bytes() + b"\0")
    else:
        model.unlink()
    settings = replace(services.settings, model_folder=folder)
    response = call(create_app(replace(services, settings=settings), LogLines())).get("/health")
    assert response.status_code == 503
    assert response.json()["code"] == "model_mismatch"
    assert str(tmp_path) not in response.text
