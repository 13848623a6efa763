"""The results bucket as the nightly report reads and writes it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from deepecg.cloud.dead_letter_queue import DeadLetter
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import entries_prefix, report_key
from deepecg.night.night_entry import night_entry
from deepecg.night.night_store import TOTALS
from deepecg.outputs.json_documents import to_json

CONNECTIONS = 32
"""Entries that are read at the same time; the S3 client needs as many connections."""
UNFINISHED = ("received", "waiting")
"""Outcomes of an entry that a dead letter turns into a failure."""
DEAD_LETTER = "dead_letter"
"""Failure code of an upload whose message became a dead letter without an entry that says why:
the function was killed."""


@dataclass(frozen=True)
class BucketNightStore:
    """A :class:`deepecg.night.night_store.NightStore` in the results bucket.

    Attributes
    ----------
    results : Results
        The results bucket.
    dead_letters : sequence of DeadLetter
        Dead letters of the reported night. A recording that they name has failed, unless its entry
        has a final outcome; it is reported even where it has no entry.
    """

    results: Results
    dead_letters: Sequence[DeadLetter] = ()

    def entries(self, night: date) -> Iterator[bytes]:
        """Yield the entries of a night, in the order of their recording IDs."""
        dead_ids: set[str] = set()
        dead_recordings: dict[tuple[str, ...], datetime] = {}
        for letter in self.dead_letters:
            for upload in letter.uploads:
                dead_ids.update(upload.ids)
                if upload.is_recording:
                    dead_recordings[upload.ids] = letter.sent
        seen_ids = set()
        prefix = entries_prefix(night)
        for key, body in self.results.read_many(self.results.keys(prefix), CONNECTIONS):
            if body is None:  # it has moved to another night since it was listed
                continue
            recording_id = key.removeprefix(prefix).removesuffix(".json")
            if recording_id in dead_ids:
                seen_ids.add(recording_id)
                yield _with_dead_letter(body)
            else:
                yield body
        for ids, sent in sorted(dead_recordings.items()):
            # A signal file is reported as its header, where that has a dead letter as well.
            if seen_ids.isdisjoint(ids) and ids[1:] not in dead_recordings:
                entry = night_entry(ids[0], outcome="failed", code=DEAD_LETTER, uploaded_at=sent)
                yield to_json(entry).encode()

    def totals(self, night: date) -> bytes | None:
        """Return the totals of an earlier night."""
        return self.results.read_bytes(report_key(night, TOTALS))

    def write(self, night: date, name: str, body: bytes, content_type: str) -> None:
        """Write a file of a report."""
        self.results.write_bytes(report_key(night, name), body, content_type)


def _with_dead_letter(body: bytes) -> bytes:
    """Return the entry of an upload with a dead letter: failed, unless its outcome is final."""
    try:
        entry = json.loads(body)
        is_unfinished = entry["outcome"] in UNFINISHED
    except (ValueError, KeyError, TypeError):
        return body  # the report counts it as unreadable
    if not is_unfinished:
        return body
    return to_json({**entry, "outcome": "failed", "code": DEAD_LETTER}).encode()
