"""The note that a recording waits for its other parts, and the night entry that says the same."""

from datetime import UTC, date, datetime

from deepecg.cloud.entries import Entries
from deepecg.cloud.keys import waiting_key
from deepecg.cloud.records import Upload


def note_waiting(upload: Upload, until: datetime, entries: Entries) -> None:
    """Note that a recording waits, and until when."""
    _forget_former_night(upload.id, entries, entries.night(upload.uploaded_at))
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
    """End the waiting; only the night given, if any, keeps an entry."""
    if _forget_former_night(recording, entries, night):
        entries.results.delete(waiting_key(recording))


def _forget_former_night(recording: str, entries: Entries, night: date | None) -> bool:
    """Delete the entry of the night that the waiting began in; return whether there was a note."""
    waiting = entries.results.read(waiting_key(recording))
    if waiting is None:
        return False
    former = entries.night(datetime.fromisoformat(waiting["uploaded_at"]))
    if former != night:
        entries.forget(recording, former)
    return True
