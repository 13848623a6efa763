"""The note that a recording waits for its other parts, and the night entry that says the same."""

from datetime import UTC, date, datetime

from deepecg.cloud.night_entries import Entries
from deepecg.cloud.s3_keys import waiting_key
from deepecg.cloud.upload_parts import Upload


def note_waiting(upload: Upload, until: datetime, entries: Entries) -> None:
    """Note that a recording waits, and until when."""
    entries.note(upload, "waiting")
    entries.results.write(
        waiting_key(upload.id),
        {
            "recording_id": upload.id,
            "n_parts_found": len(upload.parts),
            "n_parts_missing": upload.n_missing,
            "uploaded_at": upload.uploaded_at.astimezone(UTC).isoformat(timespec="seconds"),
            "waiting_until": until.astimezone(UTC).isoformat(timespec="seconds"),
        },
    )


def stop_waiting(recording: str, entries: Entries, night: date | None = None) -> None:
    """End the waiting, for parts or for a result; only the night given, if any, keeps an entry."""
    if entries.results.exists(waiting_key(recording)):
        entries.results.delete(waiting_key(recording))
    entries.finish(recording, night)
