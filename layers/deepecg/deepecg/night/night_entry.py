"""Night entries: the values of one upload that the nightly report needs.

Each upload has one entry, ``nights/DATE/ID.json``, whatever its outcome. A report on 10,000
recordings therefore reads 10,000 small documents and no summary.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from deepecg.errors import HolterError
from deepecg.outputs.rejection_json import Rejection
from deepecg.outputs.summary import EctopyBlock, NotableRow, Summary, UrgentRow

NIGHT_ENTRY_SCHEMA_VERSION = "1.2"
UploadOutcome = Literal["scored", "rejected", "waiting", "failed", "received"]
ReviewStatus = Literal["not_reviewed", "preliminary", "final", "amended"]
OUTCOMES: tuple[UploadOutcome, ...] = get_args(UploadOutcome)
OUTCOME_LABELS = {
    "scored": "Scored",
    "rejected": "Rejected",
    "waiting": "Waiting for parts",
    "received": "Not yet processed",
    "failed": "Failed",
}
"""Names of the outcomes, in the order in which pages show them."""
REVIEW_LABELS: dict[ReviewStatus, str] = {
    "not_reviewed": "Not reviewed",
    "preliminary": "Not signed",
    "final": "Signed",
    "amended": "Signed, amended",
}
"""Names of the states of a review in lists of recordings."""

MAX_TEXT = 200
"""Longest code, version or message, in characters."""
MAX_FOLDER = 1024
"""Longest folder name, in characters: the limit of an S3 key."""
ID_PATTERN = r"^[0-9A-Za-z_-]{1,64}(?!\n)$"
"""A recording ID is safe as a file name and in a page."""
PRINTABLE_PATTERN = (
    r"^[^\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ufeff\ud800-\udfff]*(?!\n)$"
)
"""A text has no control character, line break, invisible character or text direction mark. The
pattern names the frequent ones, for the schema; readers check :func:`are_printable`, too."""
FOLDER_PATTERN = r"^(?!/)(?:(?:^|/)(?!\.{1,2}(?:/|$))[^/\\\x00-\x1f\x7f\ud800-\udfff]+)+(?!\n)$"
"""A folder is a path inside the results: no leading slash, ``..``, empty part, backslash, control
character or undecodable file name."""

Count = Annotated[int, Meta(ge=0, le=10**12)]
"""The limit exceeds every count of a recording and keeps sums over a night exact."""
Measure = Annotated[float, Meta(ge=0, le=1e12)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Text = Annotated[str, Meta(max_length=MAX_TEXT, pattern=PRINTABLE_PATTERN)]
RecordingId = Annotated[str, Meta(pattern=ID_PATTERN)]


class UnreadableEntryError(HolterError):
    """A document is not a night entry of this major version."""


class KindFinding(Struct, frozen=True, kw_only=True):
    """The worst urgent or notable finding of a kind in a recording."""

    kind: Text
    """Kind of finding, as in the summary."""
    message: Text
    """The finding in one line, with values and units."""


class BeatsOfClass(Struct, frozen=True, kw_only=True):
    """Analysable beats of each AAMI class."""

    N: Count
    """Normal beats, bundle branch block included."""
    S: Count
    """Supraventricular ectopic beats."""
    V: Count
    """Ventricular ectopic beats."""
    F: Count
    """Fusion beats."""
    Q: Count
    """Unclassifiable beats."""


class RecordingMeasures(Struct, frozen=True, kw_only=True):
    """Measures of a recording that the entry, the report and the CSV file have in common.

    A measure is null where it could not be computed.
    """

    mean_bpm: Measure | None
    """Mean heart rate in beats per minute."""
    minimum_bpm: Measure | None
    """Lowest heart rate in beats per minute."""
    maximum_bpm: Measure | None
    """Highest heart rate in beats per minute."""
    ventricular_burden_percent: Percent | None
    """Ventricular ectopic beats in percent of the analysable beats."""
    ventricular_run_count: Count | None
    """Ventricular runs."""
    ventricular_longest_run_beats_count: Count | None
    """Beats of the longest ventricular run. Null if there is none."""
    supraventricular_burden_percent: Percent | None
    """Supraventricular ectopic beats in percent of the analysable beats."""
    supraventricular_run_count: Count | None
    """Supraventricular runs."""
    supraventricular_longest_run_beats_count: Count | None
    """Beats of the longest supraventricular run. Null if there is none."""
    fibrillation_burden_percent: Percent | None
    """Time in atrial fibrillation in percent of the analysable time."""
    pause_count: Count | None
    """Confirmed pauses."""
    longest_pause_s: Measure | None
    """Seconds of the longest confirmed pause. Null if there is none."""


class SummaryExtract(RecordingMeasures, frozen=True, kw_only=True):
    """The values of a summary that the nightly report needs."""

    duration_s: Measure
    """Length of the recording, in seconds."""
    analysable_s: Measure
    """Length of its analysable part, in seconds."""
    lost_s: Measure = 0
    """Lost time, in seconds: the file declares it, but ends before. Entries before version 1.2 do
    not contain it."""
    class_count: BeatsOfClass
    """Analysable beats of each AAMI class."""
    urgent: tuple[KindFinding, ...]
    """Urgent findings, one of each kind, sorted by kind."""
    notable: tuple[KindFinding, ...] = ()
    """Notable findings, one of each kind, the most important first. Entries before version 1.1 do
    not contain them."""
    review_status: ReviewStatus = "not_reviewed"
    """Whether a clinician has reviewed the recording: ``preliminary`` until the review is signed,
    ``amended`` if it was changed and signed again. Entries before version 1.1 do not contain it."""
    warning_codes: Annotated[tuple[Text, ...], Meta(extra_json_schema={"uniqueItems": True})]
    """Codes of defects that did not prevent scoring, sorted, each once."""
    model_version: Text | None
    """Version of the model that scored the recording."""
    software_version: Text | None
    """Version of the software that scored the recording."""

    @property
    def beats_count(self) -> int:
        """Number of all analysable beats."""
        return sum(msgspec.structs.astuple(self.class_count))

    @property
    def analysable_percent(self) -> float | None:
        """Analysable share of the recording; None for a recording without duration."""
        if not self.duration_s:
            return None
        # The last second counts whole: the analysable part can exceed the duration.
        return min(100 * self.analysable_s / self.duration_s, 100.0)


class NightEntry(Struct, frozen=True, kw_only=True, tag_field="kind", tag="night_entry"):
    """The outcome of one upload, and the main values of a scored recording."""

    schema_version: Annotated[str, Meta(pattern=r"^1\.[0-9]+$")]
    """Version of this schema. Later minor versions only add keys."""
    recording_id: RecordingId
    """The caller's name for the recording; it never contains anything about the patient."""
    outcome: UploadOutcome
    """What became of the upload; ``received``: processing has begun and there is no result yet."""
    code: Text | None
    """Why the upload was rejected, failed or waits."""
    uploaded_at: Text | None
    """When the upload was complete: ISO 8601 in UTC."""
    folder: Annotated[str, Meta(max_length=MAX_FOLDER, pattern=FOLDER_PATTERN)] | None
    """Folder of the results, relative to the root of all results."""
    processing_s: Measure | None
    """Processing time in seconds."""
    size_bytes: Count | None
    """Size of all files of the upload, in bytes."""
    digest: SummaryExtract | None
    """The main values of the summary. Null unless the recording was scored."""

    def __post_init__(self) -> None:
        if (self.outcome == "scored") != (self.digest is not None):
            raise ValueError("expected the values of a summary for a scored recording only")


ENTRY_DECODER = msgspec.json.Decoder(NightEntry)


def night_entry(
    recording_id: str,
    document: Summary | Rejection | None = None,
    *,
    outcome: Literal["received", "waiting", "failed"] = "received",
    code: str | None = None,
    uploaded_at: datetime | None = None,
    folder: str | None = None,
    processing_s: float | None = None,
    size_bytes: int | None = None,
) -> NightEntry:
    """Return the night entry of an upload.

    Parameters
    ----------
    recording_id : str
        ID of the recording: at most 64 letters, digits, ``_`` and ``-``.
    document : Summary, Rejection or None
        Its summary or rejection; None while it has no result.
    outcome : str
        Outcome of an upload without a document: ``received``, ``waiting`` for parts, or
        ``failed`` for good.
    code : str or None
        Why it failed or waits; the code of a rejection replaces it.
    uploaded_at : datetime or None
        When the upload was complete, with its time zone; None if not known.
    folder : str or None
        Folder of its results, relative to the root of all results, such as
        ``recordings/ID/VERSION``. A folder that no page may link to is left out.
    processing_s : float or None
        How long the scoring took.
    size_bytes : int or None
        Size of all files of the upload.

    Raises
    ------
    ValueError
        If the ID contains other characters: it becomes a file name and part of a page.
    """
    if not re.search(ID_PATTERN, recording_id):
        raise ValueError("found a recording ID with other characters than letters, digits, _ and -")
    became: UploadOutcome = outcome
    extract = None
    if isinstance(document, Summary):
        became, code, extract = "scored", None, _extract(document)
    elif document is not None:
        became, code = "rejected", document.code
    can_be_linked = (
        folder is not None and len(folder) <= MAX_FOLDER and re.search(FOLDER_PATTERN, folder)
    )
    return NightEntry(
        schema_version=NIGHT_ENTRY_SCHEMA_VERSION,
        recording_id=recording_id,
        outcome=became,
        code=code,
        uploaded_at=(
            uploaded_at.astimezone(UTC).isoformat(timespec="seconds") if uploaded_at else None
        ),
        folder=folder if can_be_linked else None,
        processing_s=None if processing_s is None else round(processing_s, 3),
        size_bytes=size_bytes,
        digest=extract,
    )


def read_entry(body: bytes) -> NightEntry:
    """Return a night entry from its JSON, which may be incomplete or not ours.

    Keys that a later minor version adds are ignored.

    Raises
    ------
    UnreadableEntryError
        If it is not JSON, not an entry of this major version, or has an impossible value.
    """
    try:
        entry = ENTRY_DECODER.decode(body)
        if not are_printable(_texts(entry)):
            raise ValueError("a text with a character that cannot be printed")
    except (ValueError, RecursionError) as error:
        raise UnreadableEntryError(
            f"found a document that is not a valid night entry ({type(error).__name__})"
        ) from None
    return entry


def are_printable(texts: Iterable[str | None]) -> bool:
    """Return whether all texts consist of characters that can be seen, and of plain spaces."""
    return all(text is None or text.isprintable() for text in texts)


def _texts(entry: NightEntry) -> Iterator[str | None]:
    yield from (entry.code, entry.uploaded_at)
    if (extract := entry.digest) is not None:
        yield from (extract.model_version, extract.software_version, *extract.warning_codes)
        for found in (*extract.urgent, *extract.notable):
            yield from (found.kind, found.message)


def _extract(summary: Summary) -> SummaryExtract:
    heart_rate, pauses = summary.heart_rate, summary.pauses
    ventricular, supraventricular = summary.ventricular, summary.supraventricular
    return SummaryExtract(
        duration_s=summary.recording.duration_s,
        analysable_s=summary.signal.analysable_s,
        lost_s=summary.recording.lost_s,
        class_count=BeatsOfClass(**summary.beats.class_count),
        mean_bpm=heart_rate.mean_bpm,
        minimum_bpm=heart_rate.minimum_bpm,
        maximum_bpm=heart_rate.maximum_bpm,
        ventricular_burden_percent=ventricular.burden_percent,
        ventricular_run_count=ventricular.run_count,
        ventricular_longest_run_beats_count=_longest_run_beats(ventricular),
        supraventricular_burden_percent=supraventricular.burden_percent,
        supraventricular_run_count=supraventricular.run_count,
        supraventricular_longest_run_beats_count=_longest_run_beats(supraventricular),
        pause_count=pauses.count,
        longest_pause_s=pauses.longest_s,
        fibrillation_burden_percent=summary.atrial_fibrillation.burden_percent,
        urgent=_findings(sorted(summary.urgent, key=lambda found: found.kind)),
        notable=_findings(summary.notable),
        review_status=_review_status(summary),
        warning_codes=tuple(sorted({warning.code for warning in summary.warnings})),
        model_version=summary.provenance.model.version,
        software_version=summary.provenance.software.version,
    )


def _findings(rows: Iterable[UrgentRow | NotableRow]) -> tuple[KindFinding, ...]:
    return tuple(KindFinding(kind=row.kind, message=row.message[:MAX_TEXT]) for row in rows)


def _review_status(summary: Summary) -> ReviewStatus:
    is_reviewed = summary.provenance.review == "reviewed"
    return summary.review.status if is_reviewed else "not_reviewed"


def _longest_run_beats(ectopy: EctopyBlock) -> int | None:
    return None if ectopy.longest_run is None else ectopy.longest_run.beats_count
