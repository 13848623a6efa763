"""What became of one recording of a run, as it is printed and as a line of JSON."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

OutcomeName = Literal["scored", "reviewed", "skipped", "rejected", "failed", "conflict"]


class Outcome(Struct, frozen=True, kw_only=True, tag_field="kind", tag="recording"):
    """What became of one recording. Nothing read from its file is in it."""

    path: str
    """The recording's main file, as it was given or found."""
    recording_id: str
    """ID of the recording in all documents."""
    outcome: OutcomeName
    """``scored``; ``reviewed``: a review was applied; ``skipped``: the same results were there;
    ``rejected``: the recording cannot be scored; ``failed``: software or machine failed;
    ``conflict``: results of another making are in its place."""
    folder: str | None
    """Folder of the results. Null if there are none of this run."""
    report: str | None
    """The report. Null if there is none of this run."""
    code: str | None = None
    """Why it was not scored, for machines. Null if it was."""
    reason: str | None = None
    """The same in words. Null if it was scored."""
    next_step: str | None = None
    """What to do about it. Null if nothing is known."""
    urgent: Sequence[str] = ()
    """Urgent findings in words, the most urgent first."""
    notable: Sequence[str] = ()
    """Notable findings in words."""
    warnings: Sequence[str] = ()
    """Names of the warnings because of which the result may be another, such as lost time."""

    @property
    def is_done(self) -> bool:
        """Whether there are results."""
        return self.outcome in {"scored", "reviewed", "skipped"}


class OtherFile(Struct, frozen=True, kw_only=True, tag_field="kind", tag="other_file"):
    """A file that was given and is no recording."""

    path: str
    """The file, as it was given."""
    reason: str
    """Why it is none."""


class RunEnd(Struct, frozen=True, kw_only=True, tag_field="kind", tag="run"):
    """The last line of a run."""

    results: str
    """Folder of all results."""
    night_page: str | None
    """Page on all recordings of the day. Null if there was nothing to enter."""
    recordings_count: int
    """Recordings that were given or found."""
    scored_count: int
    """Recordings that were scored."""
    skipped_count: int
    """Recordings whose same results were there (``--skip-existing``)."""
    rejected_count: int
    """Recordings that cannot be scored."""
    failed_count: int
    """Recordings at which software or machine failed."""
    conflict_count: int
    """Recordings in whose place results of another making are."""
    other_files_count: int
    """Files that are no recordings."""
    interrupted: bool
    """Whether the run was ended by Ctrl-C or SIGTERM; counts are then of what was done."""
