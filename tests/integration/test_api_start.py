"""Packages that the start of the API imports: each adds to the cold start."""

import json
import subprocess
import sys

import pytest
from integration.aws_with_clock_and_faults import EVENTS, MODEL, ROOT, TEMPLATE

from deepecg.local_cloud.sam_template import Template

PROGRAM = """
import json, sys
from types import SimpleNamespace
import app
at_start = {name.split(".")[0] for name in sys.modules}
context = SimpleNamespace(function_name="api", memory_limit_in_mb=1769,
    invoked_function_arn="arn", aws_request_id="0")
answer = app.handler(json.load(open(sys.argv[1])), context)
assert answer["statusCode"] == 200, answer
after = {name.split(".")[0] for name in sys.modules}
print(json.dumps({"at_start": sorted(at_start), "after": sorted(after)}))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """Names of the packages imported at the start and after a request to /health."""
    template = Template.read(TEMPLATE)
    function = template.of_type("AWS::Serverless::Function")["ApiFunction"]
    declared = template.resolve(function["Environment"]["Variables"])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(EVENTS / "api_health.json")],
        cwd=ROOT / "functions" / "api",
        env={
            **{name: str(value) for name, value in declared.items()},
            "DEEPECG_MODEL_FOLDER": str(MODEL),
            "AWS_DEFAULT_REGION": "eu-central-1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return {moment: set(names) for moment, names in found.items()}


def test_the_start_imports_no_signal_code(loaded: dict[str, set[str]]) -> None:
    assert not loaded["at_start"] & {"numpy", "scipy", "onnxruntime", "wfdb", "pandas", "edfio"}


def test_health_imports_neither_scipy_nor_onnx_runtime(loaded: dict[str, set[str]]) -> None:
    """The models' checksums are verified without them."""
    assert not loaded["after"] & {"scipy", "onnxruntime"}
