"""``POST /v1/predict`` and ``/v1/classify``: requests and responses."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from asgi_client import Caller
from fastapi import FastAPI
from unit.small_recordings import RATE, ecg, every

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.single_beat import SingleBeat, SingleBeatModels, classify_beats
from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.request_examples import BEATS, STRIPS
from deepecg.cloud.api.strip_scoring import score_strip, strip_document

SAMPLES = ecg(np.array([0.375]), 1).astype(np.float64).round(4).tolist()
BEAT = {
    "samples_mv": SAMPLES,
    "sampling_rate_hz": RATE,
    "r_peak_position": 0.378,
    "pre_rr_s": 0.82,
    "post_rr_s": 0.79,
}
REALTIME = {name: value for name, value in BEAT.items() if name != "post_rr_s"} | {
    "mode": "realtime"
}
STRIP = {"samples_mv": ecg(every(0.8, 12), 12, 100).round(4).tolist(), "sampling_rate_hz": 100}
DROP = object()
"""As the value of a change: removes the field."""


@pytest.fixture(scope="module")
def models(model_dir: Path) -> SingleBeatModels:
    return SingleBeatModels.load(model_dir)


@pytest.fixture(scope="module")
def classifier(models: SingleBeatModels) -> BeatClassifier:
    """The model for recordings."""
    return models.with_template


def changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (body | changes).items() if value is not DROP}


# One beat


def test_a_beat_is_classified_by_the_code_of_recordings(
    api: Caller, models: SingleBeatModels
) -> None:
    response = api.post("/v1/predict", BEAT)
    assert response.status_code == 200
    found = response.json()
    beat = SingleBeat(np.array(SAMPLES), RATE, [0.82], [0.79], 0.378)
    (expected,) = classify_beats([beat], models.without_template)
    np.testing.assert_allclose(list(found["probabilities"].values()), expected, atol=5e-7)
    assert found.pop("advisory").startswith("Automatic analysis")
    assert found == {
        "outcome": "classified",
        "class": "N",
        "confidence": found["probabilities"]["N"],
        "probabilities": found["probabilities"],
        "mode": "diagnostic",
        "compared_with": "nothing",
        "model": {
            "version": models.without_template.version,
            "sha256": models.without_template.card.sha256,
        },
    }


def test_context_reaches_the_model(api: Caller, classifier: BeatClassifier) -> None:
    usual = ecg(np.array([0.375]), 1, r_mv=2, t_mv=-0.3).astype(np.float64)
    before = ecg(np.array([0.375]), 1, r_mv=-2, qrs_s=0.05, p_mv=0).astype(np.float64)
    context = {
        "earlier_rr_s": [0.7, 0.9],
        "later_rr_s": [0.6, 1.1, 0.8],
        "usual_beat_mv": usual.tolist(),
        "previous_beat_mv": before.tolist(),
    }
    found = api.post("/v1/predict", BEAT | {"context": context, "filtered": True}).json()
    expected = SingleBeat(
        np.array(SAMPLES), RATE, [0.7, 0.9, 0.82], [0.79, 0.6, 1.1, 0.8], 0.378, True, usual, before
    )
    probabilities = list(found["probabilities"].values())
    np.testing.assert_allclose([probabilities], classify_beats([expected], classifier), atol=5e-7)
    assert found["compared_with"] == "usual_beat"


def test_realtime_takes_the_mean_as_the_next_interval(
    api: Caller, models: SingleBeatModels
) -> None:
    body = REALTIME | {"context": {"earlier_rr_s": [0.6, 0.9]}}
    found = api.post("/v1/predict", body).json()
    beat = SingleBeat(np.array(SAMPLES), RATE, [0.6, 0.9, 0.82], (), 0.378)
    probabilities = list(found["probabilities"].values())
    np.testing.assert_allclose(
        [probabilities], classify_beats([beat], models.without_template), atol=5e-7
    )
    assert found["mode"] == "realtime"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"samples_mv": [0.5] * 128}, "flat_line"),
        ({"samples_mv": np.clip(SAMPLES, 0, 0.05).tolist()}, "saturated"),
        ({"r_peak_position": 0}, "too_short"),
        ({"samples_mv": SAMPLES[:32], "sampling_rate_hz": 10_000}, "too_short"),
        ({"samples_mv": [0] * 20_000, "sampling_rate_hz": 50}, "flat_line"),
        ({"context": {"usual_beat_mv": [0.5] * 128}}, "flat_line"),
        ({"context": {"previous_beat_mv": [0.5] * 128}}, "flat_line"),
    ],
)
def test_a_signal_that_cannot_be_analysed_is_no_error(
    api: Caller, changes: dict[str, Any], code: str
) -> None:
    response = api.post("/v1/predict", BEAT | changes)
    assert response.status_code == 200
    found = response.json()
    assert (found["outcome"], found["code"]) == ("not_analysable", code)
    assert found["message"].startswith("found")
    assert {*found} == {"outcome", "code", "message", "model", "advisory"}


CONTEXT = {"usual_beat_mv": SAMPLES, "previous_beat_mv": SAMPLES, "earlier_rr_s": [0.8] * 400}
REFUSED = {
    "a string for a number": ({"samples_mv": [*SAMPLES[:3], "0.1", *SAMPLES]}, "samples_mv/3"),
    "true for a number": ({"samples_mv": [*SAMPLES, True]}, "samples_mv/128"),
    "null for a number": ({"samples_mv": [*SAMPLES, None]}, "samples_mv/128"),
    "microvolts": ({"samples_mv": [1000 * value for value in SAMPLES]}, "samples_mv/25"),
    "too few samples": ({"samples_mv": [0.1] * 31}, "samples_mv"),
    "too many samples": ({"samples_mv": [0] * 20_001}, "samples_mv"),
    "no samples": ({"samples_mv": DROP}, "samples_mv"),
    "a text of samples": ({"samples_mv": "0.1 0.2"}, "samples_mv"),
    "milliseconds before": ({"pre_rr_s": 820}, "pre_rr_s"),
    "milliseconds after": ({"post_rr_s": 790}, "post_rr_s"),
    "an interval as a string": ({"pre_rr_s": "0.8"}, "pre_rr_s"),
    "an interval of 0.1 s": ({"post_rr_s": 0.1}, "post_rr_s"),
    "no interval before": ({"pre_rr_s": DROP}, "pre_rr_s"),
    "no interval after": ({"post_rr_s": DROP}, "post_rr_s"),
    "kilohertz": ({"sampling_rate_hz": 0.36}, "sampling_rate_hz"),
    "too fast": ({"sampling_rate_hz": 10_001}, "sampling_rate_hz"),
    "percent": ({"r_peak_position": 37.8}, "r_peak_position"),
    "another mode": ({"mode": "fast"}, "mode"),
    "no text for a mode": ({"mode": [1]}, "mode"),
    "a word for a truth": ({"filtered": "yes"}, "filtered"),
    "1 for a truth": ({"filtered": 1}, "filtered"),
    "an unknown field": ({"patient": "x"}, "patient"),
    "context that is a list": ({"context": []}, "context"),
    "an unknown field of context": ({"context": {"age": 70}}, "context/age"),
    "milliseconds of context": (
        {"context": CONTEXT | {"later_rr_s": [0.8, 790]}}, "context/later_rr_s/1",
    ),
    "too much context": ({"context": {"earlier_rr_s": [0.8] * 401}}, "context/earlier_rr_s"),
    "microvolts of context": (
        {"context": CONTEXT | {"usual_beat_mv": [*SAMPLES, 1000]}}, "context/usual_beat_mv/128",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "pointer"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_beat_is_rejected_with_a_pointer(
    api: Caller, changes: dict[str, Any], pointer: str
) -> None:
    response = api.post("/v1/predict", changed(BEAT, changes))
    assert response.status_code == 422
    problem = response.json()
    assert problem["code"] == "invalid_request"
    assert problem["errors"][0]["pointer"] == f"#/{pointer}"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"post_rr_s": 0.8}, "post_rr_s"),
        ({"context": {"later_rr_s": [0.8]}}, "context/later_rr_s"),
        ({"pre_rr_s": DROP}, "pre_rr_s"),
    ],
)
def test_realtime_rejects_later_intervals(
    api: Caller, changes: dict[str, Any], pointer: str
) -> None:
    response = api.post("/v1/predict", changed(REALTIME, changes))
    assert response.status_code == 422
    (fault,) = response.json()["errors"]
    assert fault["pointer"] == f"#/{pointer}"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["samples_mv", "pre_rr_s", "sampling_rate_hz"])
def test_nan_and_infinity_are_rejected_with_a_pointer(api: Caller, number: str, field: str) -> None:
    value: Any = [*SAMPLES[:5], "HERE", *SAMPLES[5:]] if field == "samples_mv" else "HERE"
    body = json.dumps(BEAT | {field: value}).replace('"HERE"', number)
    response = post_text(api, "/v1/predict", body)
    assert response.status_code == 422
    (fault,) = response.json()["errors"]
    assert fault["pointer"] == ("#/samples_mv/5" if field == "samples_mv" else f"#/{field}")


def post_text(api: Caller, path: str, text: str) -> httpx.Response:
    return api("POST", path, content=text, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/classify"])
@pytest.mark.parametrize("text", ["", "{", '{"samples_mv": [0.1,]}', "[1, 2"])
def test_a_body_that_is_not_json_is_rejected(api: Caller, path: str, text: str) -> None:
    response = post_text(api, path, text)
    assert response.status_code in {400, 422}
    assert response.json()["code"] == "invalid_request"


@pytest.mark.parametrize("samples", ["shortest", "longest"])
@pytest.mark.parametrize("rate", [50, 128, 359.9731, 10_000])
@pytest.mark.parametrize("position", [0, 0.5, 1])
def test_every_beat_within_the_limits_gets_a_response(
    api: Caller, samples: str, rate: float, position: float
) -> None:
    n = 32 if samples == "shortest" else 20_000
    noise = np.random.default_rng(0).uniform(-50, 50, n).tolist()
    context = {"usual_beat_mv": noise[:32], "later_rr_s": [20] * 400, "earlier_rr_s": [0.15] * 400}
    beat = BEAT | {"samples_mv": noise, "sampling_rate_hz": rate, "r_peak_position": position}
    for body in (beat, beat | {"context": context}):
        assert api.post("/v1/predict", body).status_code == 200


def test_concurrent_requests_get_their_own_answers(
    app: FastAPI, call: Callable[[FastAPI], Caller]
) -> None:
    api = call(app)
    wide = ecg(np.array([0.375]), 1, r_mv=-2, qrs_s=0.05, p_mv=0, t_mv=0.5)
    bodies = [
        BEAT,
        BEAT | {"samples_mv": [0] * 40},
        REALTIME,
        BEAT | {"pre_rr_s": "x"},
        BEAT | {"samples_mv": wide.tolist(), "context": {"usual_beat_mv": SAMPLES}},
    ]
    alone = [api.post("/v1/predict", body) for body in bodies]
    transport = httpx.ASGITransport(app)

    async def together() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=transport, base_url="http://api.example") as client:
            return await asyncio.gather(*(client.post("/v1/predict", json=body) for body in bodies))

    found = api._loop.run_until_complete(together())
    assert [answer.content for answer in found] == [answer.content for answer in alone]
    assert [answer.status_code for answer in found] == [200, 200, 200, 422, 200]
    assert [answer.json().get("class") for answer in found] == ["N", None, "N", None, "V"]


def test_other_requests_are_served_while_the_models_load(
    app: FastAPI, api: Caller, models: SingleBeatModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_is_answered = threading.Event()

    def load(_: Services) -> SingleBeatModels:
        assert other_is_answered.wait(5)
        return models

    monkeypatch.setattr(Services, "single_beat_models", property(load))

    async def meanwhile() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.example") as client:
            first = asyncio.create_task(client.post("/v1/predict", json=BEAT))
            await asyncio.sleep(0.1)  # it has begun to load
            await client.get("/docs/swagger-ui.css")
            other_is_answered.set()
            return await first

    assert api._loop.run_until_complete(meanwhile()).status_code == 200


# A strip


def test_a_strips_beats_are_found_and_classified(api: Caller, classifier: BeatClassifier) -> None:
    response = api.post("/v1/classify", STRIP)
    assert response.status_code == 200
    found = response.json()
    strip = np.array(STRIP["samples_mv"], np.float32)
    expected = strip_document(score_strip(strip, 100, classifier))
    assert found["class_count"] == {"N": 14, "S": 0, "V": 0, "F": 0, "Q": 0}
    assert {key: found[key] for key in expected} == expected
    assert found["outcome"] == "classified"
    assert found["model"]["sha256"] == classifier.card.sha256
    assert {*found} == {*expected, "outcome", "model", "advisory"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"samples_mv": [0.1] * 1200}, "flat_line"),
        ({"sampling_rate_hz": 10_000}, "too_short"),
        ({"samples_mv": 150 * STRIP["samples_mv"], "sampling_rate_hz": 50}, None),
        ({"samples_mv": [0] * 500_000, "sampling_rate_hz": 50}, "too_long"),
    ],
)
def test_a_strip_of_any_length_and_rate_gets_a_response(
    api: Caller, changes: dict[str, Any], code: str | None
) -> None:
    response = api.post("/v1/classify", STRIP | changes)
    assert response.status_code == 200
    assert response.json().get("code") == code


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"samples_mv": [0.1] * 499}, "samples_mv"),
        ({"samples_mv": [0] * 500_001}, "samples_mv"),
        ({"samples_mv": [0.1] * 500 + ["0.1"]}, "samples_mv/500"),
        ({"samples_mv": [0.1] * 500 + [51]}, "samples_mv/500"),
        ({"sampling_rate_hz": "250"}, "sampling_rate_hz"),
        ({"sampling_rate_hz": DROP}, "sampling_rate_hz"),
        ({"lead": "II"}, "lead"),
    ],
)
def test_an_invalid_strip_is_rejected_with_a_pointer(
    api: Caller, changes: dict[str, Any], pointer: str
) -> None:
    response = api.post("/v1/classify", changed(STRIP, changes))
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"#/{pointer}"


# The OpenAPI document


@pytest.mark.parametrize("name", BEATS)
def test_examples_of_beats_work(api: Caller, name: str) -> None:
    found = api.post("/v1/predict", BEATS[name]["value"]).json()
    assert found["class"] == ("V" if name == "with context" else "N")


def test_the_example_of_a_strip_works(api: Caller) -> None:
    assert api.post("/v1/classify", STRIPS["strip"]["value"]).json()["class_count"]["N"] == 15


def test_the_openapi_document_contains_examples_and_limits(api: Caller) -> None:
    document = api.get("/openapi.json").json()
    content = document["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    assert content["application/json"]["examples"].keys() == BEATS.keys()
    schemas = document["components"]["schemas"]
    for variant in ("DiagnosticBeat", "RealtimeBeat"):
        assert schemas[variant]["additionalProperties"] is False
        samples = schemas[variant]["properties"]["samples_mv"]
        assert (samples["minItems"], samples["maxItems"]) == (32, 20_000)
        assert (samples["items"]["minimum"], samples["items"]["maximum"]) == (-50, 50)
    assert "post_rr_s" in schemas["DiagnosticBeat"]["required"]
    assert "post_rr_s" not in schemas["RealtimeBeat"]["properties"]
    assert "mode" not in schemas["DiagnosticBeat"]["required"]
    assert "mode" in schemas["RealtimeBeat"]["required"]
