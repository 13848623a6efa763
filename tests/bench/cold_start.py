"""Times the API function's cold start: ``python tests/bench/cold_start.py``.

Every start is that of a fresh container of Lambda's base image with the built function and its
layers, one processor and 1,769 MB, the emulator of Lambda's runtime interface inside. The emulator
starts Python with the first event, so the time from sending that to its answer is a cold start
without the download. Storage is moto's server on this machine. Files are in the page cache.

``processor s`` is what the container used: on a busy machine the time says more about the others.

Needs Docker with the base image (``public.ecr.aws/lambda/python:3.13-x86_64``), the SAM CLI and
Python 3.13. Where the image's standard library comes without byte code, as that of a stand-in may
and Lambda's own does not, an image with byte code is made of it first, and the output says so.
"""

import argparse
import http.client
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
COMPILED_IMAGE = "deepecg-cold-start"
FUNCTION = "ApiFunction"
LAYERS = ("RuntimeLayer", "ApiLayer", "DeepEcgLayer")
MEMORY_MB = 1769
PATH = "/2015-03-31/functions/function/invocations"
REGION = "eu-central-1"
UPLOADS, RESULTS = "deepecg-uploadsbucket", "deepecg-resultsbucket"
FLOOR_S = 3.0
"""A median above this fails."""


def main() -> None:
    """Start containers, print a Markdown table; fail where a start takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, help="what `sam build` made; made anew if not given")
    parser.add_argument("--starts", type=int, default=10, help="containers for each route")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, storage() as port:
        build = given.build or sam_build(Path(folder) / "build")
        layers = merged_layers(build, Path(folder) / "opt")
        image = with_byte_code()
        variables = environment(port)
        print("| first request | median s | max s | processor s | starts |\n|---|---|---|---|---|")
        medians = []
        for name, event in events().items():
            times_s, processor_s = [], []
            for _ in range(given.starts):
                with container(image, build / FUNCTION, layers, variables) as identity:
                    times_s.append(cold_start_s(identity, event))
                    processor_s.append(processor_time_s(identity))
            medians.append(statistics.median(times_s))
            print(
                f"| {name} | {medians[-1]:.2f} | {max(times_s):.2f} "
                f"| {statistics.median(processor_s):.2f} | {given.starts} |",
                flush=True,
            )
    if max(medians) > FLOOR_S:
        sys.exit(f"more than {FLOOR_S:g} s")


def events() -> dict[str, dict[str, Any]]:
    """Return what is asked first: no signal code and no storage, storage alone, signal code."""
    health = json.loads((EVENTS / "api_health.json").read_text())
    recordings = json.loads(json.dumps(health).replace("/health", "/v1/recordings"))
    return {
        "GET /health": health,
        "GET /v1/recordings": recordings,
        "POST /v1/predict": json.loads((EVENTS / "api_predict.json").read_text()),
    }


def sam_build(folder: Path) -> Path:
    """Build functions and layers."""
    path = os.pathsep.join([str(ROOT / ".venv-sam" / "bin"), os.environ["PATH"]])
    command = ["sam", "build", "--build-dir", str(folder)]
    environment = {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"sam build:\n{done.stdout}{done.stderr}")
    return folder


def merged_layers(build: Path, folder: Path) -> Path:
    """Return a folder that holds what all layers bring, as /opt does."""
    for layer in (*(build / name for name in LAYERS), ROOT / "layers" / "model"):
        shutil.copytree(layer, folder, dirs_exist_ok=True)
    return folder


def with_byte_code() -> str:
    """Return the name of an image whose standard library is compiled."""
    look = (
        "import os, importlib.util as util; "
        "print(os.path.exists(util.cache_from_source(os.__file__)))"
    )
    if docker("run", "--rm", "--entrypoint", "python3.13", IMAGE, "-c", look) == "True":
        return IMAGE
    print(f"The standard library of {IMAGE} has no byte code here: compiled for these figures.\n")
    compile_all = (
        "import compileall, os; compileall.compile_dir(os.path.dirname(os.__file__), quiet=2)"
    )
    identity = docker("create", "--entrypoint", "python3.13", IMAGE, "-c", compile_all)
    docker("start", "--attach", identity)
    entrypoint = docker("inspect", "--format", "{{json .Config.Entrypoint}}", IMAGE)
    docker(
        "commit", "--change", f"ENTRYPOINT {entrypoint}", "--change", "CMD []",
        identity, COMPILED_IMAGE,
    )  # fmt: skip
    docker("rm", identity)
    return COMPILED_IMAGE


@contextmanager
def storage() -> Iterator[int]:
    """Run moto's server with the two buckets; give its port."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="0.0.0.0", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    s3 = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=REGION,
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    for bucket in (UPLOADS, RESULTS):
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
    yield port
    server.stop()


def environment(port: int) -> dict[str, str]:
    """Return the variables that the template declares, storage being here."""
    from deepecg.local_cloud.sam_template import Template

    template = Template.read(ROOT / "template.yaml")
    function = template.of_type("AWS::Serverless::Function")[FUNCTION]
    declared = template.resolve(function["Environment"]["Variables"])
    return {
        **{name: str(value) for name, value in declared.items()},
        "DEEPECG_UPLOADS_BUCKET": UPLOADS,
        "DEEPECG_RESULTS_BUCKET": RESULTS,
        "AWS_ENDPOINT_URL_S3": f"http://host.docker.internal:{port}",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }


@contextmanager
def container(image: str, function: Path, layers: Path, variables: dict[str, str]) -> Iterator[str]:
    """Run a fresh container; give its ID."""
    identity = docker(
        "run", "--detach", "--cpus", "1", "--memory", f"{MEMORY_MB}m",
        "--add-host", "host.docker.internal:host-gateway",
        "--volume", f"{function}:/var/task:ro", "--volume", f"{layers}:/opt:ro",
        *(part for item in variables.items() for part in ("--env", "=".join(item))),
        image, "app.handler",
    )  # fmt: skip
    try:
        yield identity
    finally:
        docker("rm", "--force", identity)


def cold_start_s(identity: str, event: dict[str, Any]) -> float:
    """Send the first event; return how long its answer took."""
    address = docker(
        "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", identity
    )
    body = json.dumps(event)
    patience_s = time.perf_counter() + 10
    while True:
        connection = http.client.HTTPConnection(address, 8080, timeout=60)
        begin_s = time.perf_counter()
        try:
            connection.request("POST", PATH, body)
            break
        except ConnectionRefusedError:  # the emulator is not up yet
            if time.perf_counter() > patience_s:
                raise
            time.sleep(0.02)
    answer = json.loads(connection.getresponse().read())
    elapsed_s = time.perf_counter() - begin_s
    connection.close()
    if answer.get("statusCode") != 200:
        sys.exit(f"answered {answer}\n{docker('logs', identity)}")
    return elapsed_s


def processor_time_s(identity: str) -> float:
    """Return the processor time that a container has used, by its cgroup (version 1 or 2)."""
    found = docker(
        "exec", identity, "/bin/sh", "-c",
        "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || cat /sys/fs/cgroup/cpu.stat",
    ).split()  # fmt: skip
    return int(found[0]) / 1e9 if len(found) == 1 else int(found[1]) / 1e6


def docker(*arguments: str) -> str:
    """Run Docker; return what it prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"docker {arguments[0]}: {done.stderr}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
