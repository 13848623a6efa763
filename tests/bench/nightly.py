"""Times the report on a night of 10,000 recordings: ``python tests/bench/nightly.py``.

The entries are made up. The function's own code reads and writes them through boto3 and real
connections; S3 is a stand-in in a process of its own that waits before each answer: 30 ms, usual
within a region, or 200 ms, the most that its performance guide speaks of (``--latency-ms 200``).
The report is made in one process on one core.

Lambda gives 1,024 MB the time of 0.58 cores (1,769 MB are one), so the time that it would take
there is at least the processor time divided by that; the table has it beside the measured one.

Left out is what comes before and after the report itself: the count of the queue, the look at the
dead letters (one request for ten of them and one to show them again; it ends after 45 s at most)
and the message to SNS.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from deepecg.night.night_entry import NightEntry

ROOT = Path(__file__).parents[2]
NIGHT = date(2026, 11, 21)
BUCKET = "results"
N_BEFORE = 200
"""Recordings of each night before: only their totals are read."""
PAGE = 1000
"""Keys that S3 lists at once."""
LAMBDA_CORES = 1024 / 1769
LIMIT_S, LIMIT_MB = 300, 1000


def main() -> None:
    """Make the night up, report on it, print a Markdown table; fail where it takes too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=10_000, help="of the night")
    parser.add_argument("--latency-ms", type=float, default=30.0, help="of each answer of S3")
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.port:
        print(json.dumps(report(given.port)))
        return
    objects = made_up(given.recordings)
    port, answering = multiprocessing.Value("i", 0), multiprocessing.Event()
    server = multiprocessing.Process(
        target=serve, args=(objects, given.latency_ms / 1000, port, answering), daemon=True
    )
    server.start()
    answering.wait()
    command = [sys.executable, __file__, "--port", str(port.value)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    server.terminate()
    found = json.loads(done.stdout.splitlines()[-1])
    in_lambda_s = max(found["elapsed_s"], found["processor_s"] / LAMBDA_CORES)
    print(
        f"| recordings | ms an answer | s | processor s | s in 1,024 MB | peak MB | page kB |\n"
        f"|---|---|---|---|---|---|---|\n"
        f"| {found['recordings']:,} | {given.latency_ms:g} | {found['elapsed_s']:.1f} "
        f"| {found['processor_s']:.1f} | {in_lambda_s:.0f} | {found['peak_mb']:.0f} "
        f"| {found['page_bytes'] / 1000:.0f} |"
    )
    if found["recordings"] != given.recordings:
        sys.exit(f"reported on {found['recordings']} of {given.recordings}")
    if in_lambda_s > LIMIT_S or found["peak_mb"] > LIMIT_MB:
        sys.exit(f"more than {LIMIT_S} s or {LIMIT_MB} MB")


def made_up(n: int) -> dict[str, bytes]:
    """Return the bucket's objects: the night's entries, the totals of the nights before."""
    sys.path.insert(0, str(ROOT / "tests"))
    from synthetic_nights import fill

    store = InMemory()
    fill(store, NIGHT, n, seed=1, n_before=N_BEFORE)
    return store.objects


class InMemory:
    """Takes what a night begins with, by key."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, entry: "NightEntry", night: date) -> None:
        """Take an entry."""
        from deepecg.cloud.s3_keys import entry_key
        from deepecg.outputs.json_documents import to_json

        self.objects[entry_key(night, entry.recording_id)] = to_json(entry).encode()

    def write(self, night: date, name: str, body: bytes, content_type: str) -> None:
        """Take a file of a report."""
        from deepecg.cloud.s3_keys import report_key

        self.objects[report_key(night, name)] = body


def report(port: int) -> dict[str, Any]:
    """Make the report, in this process, on one core; return what it took."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    begin_s = time.perf_counter()
    import boto3

    from deepecg.cloud.aws_clients import s3_client
    from deepecg.cloud.bucket_night_store import CONNECTIONS, BucketNightStore
    from deepecg.cloud.s3_buckets import Results
    from deepecg.night.make_report import make_night
    from deepecg.night.night_report import DeadLettersOfDate

    os.environ["AWS_ENDPOINT_URL_S3"] = f"http://127.0.0.1:{port}"
    session = boto3.Session("none", "none", region_name="eu-central-1")
    results = Results(s3_client(session, connections=CONNECTIONS), BUCKET)
    made = make_night(NIGHT, BucketNightStore(results), dead_letters=DeadLettersOfDate(0))
    elapsed_s = time.perf_counter() - begin_s
    used = resource.getrusage(resource.RUSAGE_SELF)
    page = results.read_bytes(f"reports/{NIGHT}/index.html")
    return {
        "recordings": made.outcomes.uploaded_count,
        "elapsed_s": elapsed_s,
        "processor_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024 * (1 if sys.platform == "linux" else 1 / 1024),
        "page_bytes": len(page or b""),
    }


def serve(objects: dict[str, bytes], latency_s: float, port: Any, answering: Any) -> None:
    """Answer as S3 does, as far as the report asks: list, get and put."""

    async def run() -> None:
        bucket = Bucket(objects, latency_s)
        server = await asyncio.start_server(bucket.converse, "127.0.0.1", 0)
        port.value = server.sockets[0].getsockname()[1]
        answering.set()
        await server.serve_forever()

    asyncio.run(run())


class Bucket:
    """A bucket in memory that takes its time."""

    def __init__(self, objects: dict[str, bytes], latency_s: float) -> None:
        self.objects = objects
        self.latency_s = latency_s

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other on a connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split()
                fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                if fields.get("expect"):
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                await asyncio.sleep(self.latency_s)
                status, answer = self.answer(method, target, body)
                writer.write(
                    f'HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\nETag: "0"\r\n'
                    "Last-Modified: Sat, 21 Nov 2026 12:00:00 GMT\r\n\r\n".encode()
                    + answer
                )
                await writer.drain()

    def answer(self, method: str, target: str, body: bytes) -> tuple[str, bytes]:
        """Return status and body for a request."""
        address = urlsplit(target)
        key = unquote(address.path).removeprefix(f"/{BUCKET}").removeprefix("/")
        if method == "PUT":
            self.objects[key] = body
            return "200 OK", b""
        if not key:
            return "200 OK", self.listing(parse_qs(address.query))
        if key not in self.objects:
            return "404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>"
        return "200 OK", self.objects[key]

    def listing(self, query: dict[str, list[str]]) -> bytes:
        """Return a page of keys as ListObjectsV2 does."""
        prefix, after = query["prefix"][0], query.get("continuation-token", [""])[0]
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page = keys[:PAGE]
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key>"
            "<LastModified>2026-11-21T12:00:00.000Z</LastModified></Contents>"
            for key in page
        )
        more = (
            f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>"
            if len(keys) > PAGE
            else ""
        )
        return (
            f"<ListBucketResult><IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}"
            f"{items}</ListBucketResult>"
        ).encode()


if __name__ == "__main__":
    main()
