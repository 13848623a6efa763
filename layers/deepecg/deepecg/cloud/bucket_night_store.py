"""The nights in the results bucket, as the nightly report reads and writes them."""

import json
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

from deepecg.cloud.dead_letter_queue import DeadLetter
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import entries_prefix, report_key
from deepecg.night.night_entry import night_entry
from deepecg.night.night_store import TOTALS
from deepecg.outputs.json_files import to_json

READERS = 32
"""Entries read at once; the client needs as many connections."""
AHEAD = 4 * READERS
"""Entries held that were not asked for yet: memory does not grow with the night."""
UNFINISHED = ("received", "waiting")
DEAD_LETTER = "dead_letter"
"""Code of an upload whose message was given up without a word: the function was killed."""


@dataclass(frozen=True)
class NightsInBucket:
    """A :class:`deepecg.night.night_store.NightStore` in the results bucket.

    Attributes
    ----------
    results : Results
        The bucket.
    dead_letters : sequence of DeadLetter
        Those of the night that is reported on. A recording that they name has failed, unless its
        entry tells of an end; it appears even without an entry.
    """

    results: Results
    dead_letters: Sequence[DeadLetter] = ()

    def entries(self, night: date) -> Iterator[bytes]:
        """Yield the entries of a night, read in parallel."""
        uploads = [(upload, one.sent) for one in self.dead_letters for upload in one.uploads]
        named = {recording for upload, _ in uploads for recording in upload.ids}
        given_up = {upload.ids: sent for upload, sent in uploads if upload.is_recording}
        seen = set()
        for recording, body in self._bodies(entries_prefix(night)):
            if recording in named:
                seen.add(recording)
                yield _as_given_up(body)
            else:
                yield body
        for ids, sent in sorted(given_up.items()):
            # A signal file is left to its header, where that was given up as well.
            if seen.isdisjoint(ids) and ids[1:] not in given_up:
                yield _given_up(ids[0], sent)

    def totals(self, night: date) -> bytes | None:
        """Return the totals of an earlier night."""
        return self.results.read_bytes(report_key(night, TOTALS))

    def write(self, night: date, name: str, body: bytes, content_type: str) -> None:
        """Write a file of a report."""
        self.results.write_bytes(report_key(night, name), body, content_type)

    def _bodies(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield ID and content of each entry, in the order of the IDs."""
        pending: deque[tuple[str, Future[bytes | None]]] = deque()
        with ThreadPoolExecutor(READERS) as pool:
            try:
                for key in self.results.keys(prefix):
                    recording = key.removeprefix(prefix).removesuffix(".json")
                    pending.append((recording, pool.submit(self.results.read_bytes, key)))
                    if len(pending) == AHEAD:
                        yield from _read(pending.popleft())
                while pending:
                    yield from _read(pending.popleft())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def _read(pending: tuple[str, Future[bytes | None]]) -> Iterator[tuple[str, bytes]]:
    recording, future = pending
    body = future.result()
    if body is not None:  # None: it has moved to another night since it was listed
        yield recording, body


def _as_given_up(body: bytes) -> bytes:
    """Return the entry of an upload whose message is dead: failed, unless it came to an end."""
    try:
        entry = json.loads(body)
        is_unfinished = entry["outcome"] in UNFINISHED
    except (ValueError, KeyError, TypeError):
        return body  # no entry; whoever reads them all counts that
    if not is_unfinished:
        return body
    return to_json({**entry, "outcome": "failed", "code": DEAD_LETTER}).encode()


def _given_up(recording: str, sent: datetime) -> bytes:
    entry = night_entry(recording, outcome="failed", code=DEAD_LETTER, uploaded_at=sent)
    return to_json(entry).encode()
