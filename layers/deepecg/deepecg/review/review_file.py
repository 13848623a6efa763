"""Review files (``NAME.review.json``), as types: every key, its unit and its meaning.

A review is a list of operations, applied in their order to the beats of one analysis, which
:attr:`Review.beats` names. The published JSON Schema is generated from these types
(``make schemas``); the texts beneath the fields are its descriptions.
"""

import re
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from deepecg.errors import ReviewError
from deepecg.rhythm.event_kinds import EVENT_KINDS, MAXIMUM_HEART_RATE, MINIMUM_HEART_RATE

REVIEW_SCHEMA_VERSION: Final = "1.0"
MAX_BYTES = 2_000_000
"""Largest size of a review file: 100,000 beat times, which are more than a long day has."""
MAX_OPERATIONS = 5_000
"""Largest number of operations: one every second for an hour and a half of work."""
MAX_BEATS = 100_000
"""Largest number of beats of one operation."""
MAX_AUTHOR = 100
"""Largest number of characters of an author's name."""
MAX_COMMENT = 2_000
"""Largest number of characters of a comment: some 300 words."""
MAX_CONCLUSION = 10_000
"""Largest number of characters of a conclusion: two printed pages."""
MAX_TIME_S = 1e8
"""Largest time, three years: longer than any recording."""
TEXT_PATTERN = r"^[ \t\n]*[^\x00-\x20\x7f-\x9f][^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
"""A text has a visible character, and no control characters but tabs and line feeds."""
PLACE = re.compile(r" - at `\$\.(operations\[\d+\](\.([a-z_]+)(\[\d+\])?)?)`$")
"""Where in a file an error is, at the end of msgspec's messages, whose other words may be the
file's."""

REVIEWABLE_KINDS = tuple(
    kind for kind in EVENT_KINDS if kind not in (MAXIMUM_HEART_RATE, MINIMUM_HEART_RATE)
)
"""Kinds of event that can be removed and renamed. Highest and lowest heart rate are measurements:
they change if their beats are edited or their signal is marked as artefact."""
if TYPE_CHECKING:
    EventKey = str
else:
    EventKey = Literal[tuple(kind.key for kind in REVIEWABLE_KINDS)]
BeatClass = Literal["N", "S", "V", "F", "Q"]
Time = Annotated[float, Meta(ge=0, le=MAX_TIME_S)]
Times = Annotated[tuple[Time, ...], Meta(min_length=1, max_length=MAX_BEATS)]


class Operation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="op"):
    """What every operation has."""

    author: Annotated[str, Meta(min_length=1, max_length=MAX_AUTHOR, pattern=TEXT_PATTERN)]
    """Who did it, as the report is to print it."""
    at: Annotated[datetime, Meta(tz=True)]
    """When: RFC 3339 with a time zone."""

    def __post_init__(self) -> None:
        if not self.author.isprintable():
            raise ValueError("an author with a character that cannot be printed")


class RenameCluster(Operation, frozen=True, kw_only=True, tag="rename_cluster"):
    """All beats of a morphology cluster get a class."""

    cluster: Annotated[int, Meta(ge=1, le=1000)]
    """``number`` of the cluster in ``clusters`` of the unreviewed summary."""
    class_name: BeatClass = msgspec.field(name="class")
    """Their class."""


class RenameBeats(Operation, frozen=True, kw_only=True, tag="rename_beats"):
    """Beats get a class."""

    times_s: Times
    """Their R peaks within 10 ms, in seconds from the recording's start."""
    class_name: BeatClass = msgspec.field(name="class")
    """Their class."""


class DeleteBeats(Operation, frozen=True, kw_only=True, tag="delete_beats"):
    """What was taken for beats is none."""

    times_s: Times
    """Their R peaks within 10 ms, in seconds from the recording's start."""


class InsertBeat(Operation, frozen=True, kw_only=True, tag="insert_beat"):
    """A beat was missed."""

    time_s: Time
    """Its R peak, in seconds from the recording's start."""
    class_name: BeatClass = msgspec.field(name="class")
    """Its class."""


class RemoveEvent(Operation, frozen=True, kw_only=True, tag="remove_event"):
    """What was taken for an event is none."""

    event_kind: EventKey
    """``kind`` of the event in ``events`` of the summary."""
    start_s: Time
    """Its start, in seconds from the recording's start."""
    duration_s: Time
    """Its duration, in seconds."""


class RenameEvent(Operation, frozen=True, kw_only=True, tag="rename_event"):
    """An event is one of another kind."""

    event_kind: EventKey
    """``kind`` of the event in ``events`` of the summary."""
    start_s: Time
    """Its start, in seconds from the recording's start."""
    duration_s: Time
    """Its duration, in seconds."""
    to: EventKey
    """The kind that it is."""


class MarkArtefact(Operation, frozen=True, kw_only=True, tag="mark_artefact"):
    """A stretch of the signal is an artefact: its whole seconds are not analysable."""

    start_s: Time
    """Its start, in seconds from the recording's start."""
    end_s: Time
    """Its end, in seconds from the recording's start; later than its start."""

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        if self.end_s <= self.start_s:
            raise ValueError("an artefact that ends before it starts")


class Comment(Operation, frozen=True, kw_only=True, tag="comment"):
    """A comment."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_COMMENT, pattern=TEXT_PATTERN)]
    """The comment."""
    at_s: Time | None
    """Time that it is about, in seconds from the recording's start. Null for a comment on the whole
    recording."""


class Conclude(Operation, frozen=True, kw_only=True, tag="conclude"):
    """The conclusion of the report. A later one replaces it."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_CONCLUSION, pattern=TEXT_PATTERN)]
    """The conclusion."""


class Sign(Operation, frozen=True, kw_only=True, tag="sign"):
    """The author signs the report. Any later operation makes it preliminary again."""


class Review(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="review"
):
    """A review of one analysis of a recording."""

    schema_version: Literal["1.0"]
    """Version of this schema."""
    beats: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]
    """The beats that were reviewed: ``provenance.beats_sha256`` of the unreviewed summary. A review
    of other beats is refused."""
    operations: Annotated[
        tuple[
            RenameCluster
            | RenameBeats
            | DeleteBeats
            | InsertBeat
            | RemoveEvent
            | RenameEvent
            | MarkArtefact
            | Comment
            | Conclude
            | Sign,
            ...,
        ],
        Meta(max_length=MAX_OPERATIONS),
    ]
    """What reviewers did, in the order in which it applies."""

    @property
    def status(self) -> Literal["preliminary", "final", "amended"]:
        """Whether the report is signed: a signature counts if nothing follows it.

        ``amended`` if anything was done between an earlier signature and it.
        """
        *before, last = self.operations or (None,)
        if not isinstance(last, Sign):
            return "preliminary"
        signed = [isinstance(operation, Sign) for operation in before]
        return "amended" if any(signed) and not all(signed[signed.index(True) :]) else "final"


DECODER = msgspec.json.Decoder(Review)
KEYS = {
    field.encode_name
    for operation in Operation.__subclasses__()
    for field in msgspec.structs.fields(operation)
}
"""Keys of operations, which a message may contain."""


def read_review(content: bytes) -> Review:
    """Read a review file.

    Parameters
    ----------
    content : bytes
        JSON in UTF-8.

    Raises
    ------
    ReviewError
        If the content is too large, not JSON, or not what the schema describes. The message
        contains nothing of the file.
    """
    if len(content) > MAX_BYTES:
        raise ReviewError(f"found a review of {len(content)} bytes, expected at most {MAX_BYTES}")
    try:
        return DECODER.decode(content)
    except (ValueError, RecursionError) as error:
        place = PLACE.search(str(error))
        where = f" at {place[1]}" if place and place[3] in {None, "op", *KEYS} else ""
        raise ReviewError(
            f"found a review that is damaged{where} ({type(error).__name__}), expected what "
            "review.schema.json describes; make it again in the report's review mode"
        ) from None


def review_digest(content: bytes) -> str:
    """Return the SHA-256 of a review file, hexadecimal."""
    return sha256(content).hexdigest()
