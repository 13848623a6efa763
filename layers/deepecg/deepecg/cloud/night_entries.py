"""Night entries in the results bucket: the outcome of each upload, under the night it came in.

An upload's night is the date, in the clinic's time zone, of its newest part's ``LastModified``. S3
keeps that time, so it is the same for a repeated message, a retry and a re-check. A recording that
is completed after midnight belongs to the new night, and its entry moves there. So does the entry
of an upload that is replaced before it has a result: ``nights/unfinished/ID.json`` says which night
holds it. While a recording waits for its parts, ``recordings/ID/waiting.json`` says until when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from deepecg.cloud.errors import StorageError
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import UNFINISHED_PREFIX, entry_key, unfinished_key, waiting_key
from deepecg.night.night_entry import night_entry
from deepecg.outputs.rejection_json import Rejection
from deepecg.outputs.summary import Summary

if TYPE_CHECKING:
    from deepecg.cloud.upload_parts import Upload

STAGES = {"received": 0, "waiting": 1, "failed": 2, "rejected": 3, "scored": 3}
"""Order of the outcomes: a late message does not replace a later stage by an earlier one."""
FINAL_OUTCOMES = ("rejected", "scored")
"""Outcomes of an upload that has a result."""
MAX_ATTEMPTS = 3
"""Attempts to write an entry that another function writes at the same time."""


@dataclass(frozen=True)
class NightEntries:
    """The entries of all nights.

    Attributes
    ----------
    results : Results
        The results bucket.
    zone : ZoneInfo
        Time zone of the nights.
    """

    results: Results
    zone: ZoneInfo

    def night(self, moment: datetime) -> date:
        """Return the night of a moment."""
        return moment.astimezone(self.zone).date()

    def write_unfinished(
        self,
        upload: "Upload",
        outcome: Literal["received", "waiting", "failed"],
        code: str | None = None,
    ) -> None:
        """Write the entry of an upload without a result; delete that of another night."""
        night = self.night(upload.uploaded_at)
        self._delete_unfinished_entry(upload.id, keep=night)
        # Written before the entry, so that every unfinished entry can be found again.
        self.results.write(unfinished_key(upload.id), {"night": night.isoformat()})
        self._write(upload, outcome=outcome, code=code)

    def write_waiting(self, upload: "Upload", until: datetime) -> None:
        """Write the entry and the note of an upload that waits for its other parts."""
        self.write_unfinished(upload, "waiting")
        self.results.write(
            waiting_key(upload.id),
            {
                "recording_id": upload.id,
                "n_parts_found": len(upload.parts),
                "n_parts_missing": upload.n_missing,
                "uploaded_at": upload.uploaded_at.astimezone(UTC).isoformat(timespec="seconds"),
                "waiting_until": until.astimezone(UTC).isoformat(timespec="seconds"),
            },
        )

    def write_result(
        self,
        upload: "Upload",
        result: str,
        document: Summary | Rejection | None = None,
        processing_s: float | None = None,
    ) -> None:
        """Write the entry of an upload that has a result.

        Parameters
        ----------
        upload : Upload
            The upload.
        result : str
            Key of its result.
        document : Summary, Rejection or None
            Content of the result, if it was written just now. None for a result that was there
            already; then an entry with that result stays as it is.
        processing_s : float or None
            Processing time in seconds; None if not known.
        """
        folder = result.rsplit("/", 1)[0]
        if document is None:
            key = entry_key(self.night(upload.uploaded_at), upload.id)
            found = self.results.read(key)
            if found is not None and found["folder"] == folder:
                return
            document = msgspec.convert(self.results.read(result), Summary | Rejection)
        self._write(upload, document, folder=folder, processing_s=processing_s)

    def delete(self, recording_id: str, night: date) -> None:
        """Delete the entry of an object that is gone, or became part of a recording."""
        self.results.delete(entry_key(night, recording_id))

    def finish(self, recording_id: str, keep: date | None = None) -> None:
        """Delete the notes on an upload without a result.

        Parameters
        ----------
        recording_id : str
            The upload.
        keep : date or None
            The night whose entry stays, where the upload has a result now; None where it is gone or
            became part of a recording.
        """
        if self.results.exists(waiting_key(recording_id)):
            self.results.delete(waiting_key(recording_id))
        if self._delete_unfinished_entry(recording_id, keep):
            self.results.delete(unfinished_key(recording_id))

    def finish_many(self, recording_ids: Sequence[str]) -> None:
        """Delete the notes on objects that became parts of a recording.

        The unfinished uploads are listed, 1,000 a request, as they are few and a record may have
        10,000 parts.
        """
        if not recording_ids:
            return
        keys = set(self.results.keys(UNFINISHED_PREFIX))
        for recording_id in recording_ids:
            if unfinished_key(recording_id) in keys:
                self.finish(recording_id)

    def _delete_unfinished_entry(self, recording_id: str, keep: date | None) -> bool:
        """Delete an entry without a result, except of one night; return whether one was noted."""
        note = self.results.read(unfinished_key(recording_id))
        if note is None:
            return False
        night = date.fromisoformat(note["night"])
        if night != keep:
            entry = self.results.read(entry_key(night, recording_id))
            if entry is not None and entry["outcome"] not in FINAL_OUTCOMES:
                self.delete(recording_id, night)
        return True

    def _write(
        self, upload: "Upload", document: Summary | Rejection | None = None, **fields: Any
    ) -> None:
        """Write the entry of an upload, unless the one that is there is of a later stage."""
        uploaded_at, size_bytes = upload.uploaded_at, upload.size_bytes
        new = night_entry(
            upload.id, document, uploaded_at=uploaded_at, size_bytes=size_bytes, **fields
        )
        key = entry_key(self.night(uploaded_at), upload.id)
        entry = msgspec.to_builtins(new)
        for _ in range(MAX_ATTEMPTS):
            found = self.results.read_version(key)
            if found is None:
                written = self.results.write_once(key, entry)
            elif not supersedes(entry, found[0]):
                return
            else:
                written = self.results.replace(key, entry, found[1])
            if written:
                return
        raise StorageError("PutObject", "PreconditionFailed")


def supersedes(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Return whether an entry replaces the one that is there.

    The entry of a later upload does, unless it has the same result. Of two entries of one upload,
    the one of the later stage does. A result that is entered twice keeps its first entry, which
    contains the processing time.
    """
    if new["outcome"] in FINAL_OUTCOMES and (old["outcome"], old["folder"]) == (
        new["outcome"],
        new["folder"],
    ):
        return False
    if new["uploaded_at"] != old["uploaded_at"]:
        is_later: bool = new["uploaded_at"] > old["uploaded_at"]
        return is_later
    return new != old and STAGES[new["outcome"]] >= STAGES[old["outcome"]]
