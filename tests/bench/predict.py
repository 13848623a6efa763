"""Times ``POST /v1/predict`` on one core: ``python tests/bench/predict.py``.

uvicorn with one worker is pinned to one core. Eight clients on another core keep their connections
open, and each sends its next request when it has received a response. They compete for the
server, so a response takes several times the processor time of a request. A beat is one second of
360 samples, without context.

For comparison, the same clients send their requests to a bare Starlette route that parses the same
body and returns as many bytes: the cost of any such service on this machine. The ratio of both
depends less on the machine than the milliseconds do, and processor time depends less on its load.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ROOT = Path(__file__).parents[2]
CLIENTS = 8
RATE_HZ = 360
LIMIT_P50_MS, LIMIT_P99_MS = 10, 50
"""Limits for the API on one core with eight clients."""
PORT = 18_437


def main() -> None:
    """Measure API and bare route, print a Markdown table; fail if the API is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--serve", choices=["api", "bare route"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if given.serve:
        os.sched_setaffinity(0, {cores[0]})
        serve(given.serve)
        return
    os.sched_setaffinity(0, {cores[-1]})
    print(f"{CLIENTS} clients, {given.requests:,} requests, {len(cores)} cores\n")
    print("| server | p50 ms | p99 ms | requests a second | processor ms a request | ratio |")
    print("|---|---|---|---|---|---|")
    found = {name: measure(name, given.requests) for name in ("bare route", "api")}
    for name, times in found.items():
        p50, p99 = np.percentile(times.ms, (50, 99))
        ratio = p50 / np.median(found["bare route"].ms)
        print(
            f"| {name} | {p50:.2f} | {p99:.2f} | {len(times.ms) / times.elapsed_s:,.0f} "
            f"| {times.processor_ms:.3f} | {ratio:.1f} |"
        )
    p50, p99 = np.percentile(found["api"].ms, (50, 99))
    if p50 > LIMIT_P50_MS or p99 > LIMIT_P99_MS:
        sys.exit(f"more than {LIMIT_P50_MS} or {LIMIT_P99_MS} ms")


@dataclass(frozen=True)
class Times:
    """Measurements of one server."""

    ms: np.ndarray
    elapsed_s: float
    processor_ms: float


def measure(name: str, n_requests: int) -> Times:
    """Start a server, warm it up, and measure it."""
    command = [sys.executable, __file__, "--serve", name]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        uvloop.run(send_all(n_requests // 5))
        before_s = processor_s(server.pid)
        began_s = time.perf_counter()
        ms = uvloop.run(send_all(n_requests))
        elapsed_s = time.perf_counter() - began_s
        spent_s = processor_s(server.pid) - before_s
    finally:
        server.terminate()
        server.wait()
    return Times(np.array(ms), elapsed_s, 1000 * spent_s / len(ms))


def processor_s(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


async def send_all(n_requests: int) -> list[float]:
    """Send this number of requests by all clients; return the duration of each in ms."""
    loop = asyncio.get_running_loop()
    share = n_requests // CLIENTS
    clients = [Client(request(seed), share, loop.create_future()) for seed in range(CLIENTS)]
    for client in clients:
        await connect(client)
    return [ms for client in clients for ms in await client.done]


async def connect(client: "Client") -> None:
    """Open a client's connection when the server has started."""
    loop = asyncio.get_running_loop()
    for _ in range(600):
        try:
            await loop.create_connection(lambda: client, "127.0.0.1", PORT)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")


class Client(asyncio.Protocol):
    """Sends the same request repeatedly over one connection; checks the status only."""

    def __init__(self, content: bytes, n: int, done: "asyncio.Future[list[float]]") -> None:
        self.content, self.n, self.done = content, n, done
        self.ms: list[float] = []
        self.received = b""

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self.transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Receive a part of a response; send the next request after its end."""
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        _, _, rest = head.lower().partition(b"content-length: ")
        if len(body) < int(rest.split(b"\r\n", 1)[0]):
            return
        self.ms.append(1000 * (time.perf_counter() - self.sent_s))
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(head.decode()))
        elif len(self.ms) < self.n:
            self._send()
            return
        else:
            self.done.set_result(self.ms)
        self.transport.close()

    def _send(self) -> None:
        self.received = b""
        self.sent_s = time.perf_counter()
        self.transport.write(self.content)


def request(seed: int) -> bytes:
    """Return a request with a synthetic beat, another one for each seed."""
    t = np.arange(RATE_HZ) / RATE_HZ - 0.375
    beat = np.exp(-0.5 * (t / 0.012) ** 2) + 0.25 * np.exp(-0.5 * ((t - 0.3) / 0.05) ** 2)
    beat += np.random.default_rng(seed).normal(0, 0.01, RATE_HZ)
    body = json.dumps(
        {
            "samples_mv": np.round(beat, 3).tolist(),
            "sampling_rate_hz": RATE_HZ,
            "r_peak_position": 0.376,
            "pre_rr_s": 0.81,
            "post_rr_s": 0.79,
        }
    ).encode()
    head = (
        "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def serve(name: str) -> None:
    """Run one of the servers, as ``deepecg serve`` does."""
    routes = [Route("/v1/predict", bare_route, methods=["POST"])]
    app = api() if name == "api" else Starlette(routes=routes)
    uvicorn.run(
        app, port=PORT, log_level="warning", access_log=False, loop="uvloop", http="httptools"
    )


async def bare_route(request: Request) -> JSONResponse:
    """Respond as the API does, without classifying the beat."""
    beat = json.loads(await request.body())
    assert len(beat["samples_mv"]) == RATE_HZ
    return JSONResponse({"outcome": "classified", "advisory": 400 * "."})


def api() -> Any:
    """Return the API's application without a log."""
    from deepecg.cloud.api.api_services import Services
    from deepecg.cloud.api.app import create_app
    from deepecg.cloud.settings import ApiSettings

    class NoLog:
        def info(self, msg: object, **fields: object) -> None: ...

        error = info

    os.environ |= {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    settings = ApiSettings("uploads", "results", ROOT / "layers/model", ZoneInfo("UTC"), "none")
    return create_app(Services.connect(settings), NoLog())


if __name__ == "__main__":
    main()
