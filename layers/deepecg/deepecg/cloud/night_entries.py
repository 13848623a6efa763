"""Night entries in the results bucket: what became of each upload, under the day it came.

The day is that of the newest part's ``LastModified`` in the clinic's time zone: S3 keeps it, so it
is the same for a repeated event, a retry and a re-check. A recording that is completed after
midnight belongs to the new day, and its entry moves there. So does that of an upload that is
replaced before it has a result: ``nights/unfinished/ID.json`` says which night the entry is in.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from deepecg.cloud.errors import StorageError
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import entry_key, unfinished_key
from deepecg.cloud.upload_parts import Upload
from deepecg.night.night_entry import NightEntry, night_entry
from deepecg.outputs.rejection_json import Rejection
from deepecg.outputs.summary import Summary

STAGES = {"received": 0, "waiting": 1, "failed": 2, "rejected": 3, "scored": 3}
"""How far an upload has come. An event that is late does not take it back."""
ENDS = ("rejected", "scored")
MAX_TRIES = 3
"""Somebody else writes the same entry at the same time; not again and again."""


@dataclass(frozen=True)
class Entries:
    """The entries of all nights.

    Attributes
    ----------
    results : Results
        The bucket.
    zone : ZoneInfo
        Where the days begin and end.
    """

    results: Results
    zone: ZoneInfo

    def night(self, moment: datetime) -> date:
        """Return the date of a moment in the zone."""
        return moment.astimezone(self.zone).date()

    def note(
        self,
        upload: Upload,
        outcome: Literal["received", "waiting", "failed"],
        code: str | None = None,
    ) -> None:
        """Note what becomes of an upload that has no result yet, and of no earlier one."""
        night = self.night(upload.uploaded_at)
        self._forget_unfinished(upload.id, night)
        # Before the entry: there is none that is not found again.
        self.results.write(unfinished_key(upload.id), {"night": night.isoformat()})
        entry = night_entry(
            upload.id,
            outcome=outcome,
            code=code,
            uploaded_at=upload.uploaded_at,
            size_bytes=upload.size_bytes,
        )
        self._write(entry, night)

    def note_result(
        self,
        upload: Upload,
        result: str,
        document: dict[str, Any] | None = None,
        processing_s: float | None = None,
    ) -> None:
        """Note the result of an upload.

        Parameters
        ----------
        upload : Upload
            Whose result it is.
        result : str
            Its key.
        document : dict or None
            What was written there just now. None for a result that was there already: then an
            entry that names it stays as it is.
        processing_s : float or None
            How long it took; None if not known.
        """
        folder = result.rsplit("/", 1)[0]
        night = self.night(upload.uploaded_at)
        if document is None:
            noted = self.results.read(entry_key(night, upload.id))
            if noted is not None and noted["folder"] == folder:
                return
            document = self.results.read(result)
        entry = night_entry(
            upload.id,
            msgspec.convert(document, Summary | Rejection),
            uploaded_at=upload.uploaded_at,
            folder=folder,
            processing_s=processing_s,
            size_bytes=upload.size_bytes,
        )
        self._write(entry, night)

    def forget(self, recording: str, night: date) -> None:
        """Delete the entry of a night: of what came to be part of something else, or is gone."""
        self.results.delete(entry_key(night, recording))

    def finish(self, recording: str, night: date | None = None) -> None:
        """Note that an upload has its result, in the night given; without one, that it is gone."""
        if self._forget_unfinished(recording, night):
            self.results.delete(unfinished_key(recording))

    def _forget_unfinished(self, recording: str, kept: date | None) -> bool:
        """Delete an entry without a result, but in a night to be kept; return if one was noted."""
        noted = self.results.read(unfinished_key(recording))
        if noted is None:
            return False
        night = date.fromisoformat(noted["night"])
        if night != kept:
            entry = self.results.read(entry_key(night, recording))
            if entry is not None and entry["outcome"] not in ENDS:
                self.forget(recording, night)
        return True

    def _write(self, new: NightEntry, night: date) -> None:
        key = entry_key(night, new.recording_id)
        entry = msgspec.json.decode(msgspec.json.encode(new))
        for _ in range(MAX_TRIES):
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
    """Return whether an entry takes the place of the one that is there.

    A later upload does, unless its result is the very same; of one upload, the entry that has
    come further. A result that is noted twice stays as it was noted first, with its time of
    processing.
    """
    if new["outcome"] in ENDS and (old["outcome"], old["folder"]) == (
        new["outcome"],
        new["folder"],
    ):
        return False
    if new["uploaded_at"] != old["uploaded_at"]:
        later: bool = new["uploaded_at"] > old["uploaded_at"]
        return later
    return new != old and STAGES[new["outcome"]] >= STAGES[old["outcome"]]
