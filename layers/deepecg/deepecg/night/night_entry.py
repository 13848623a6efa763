"""Night entries: the few numbers of one upload that the nightly report needs.

Whoever scores an upload writes one of these beside its results (``nights/DATE/ID.json``), so that
a report on ten thousand recordings reads ten thousand small documents and no summary.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar, get_args

from deepecg.beats.aami_classes import CLASSES
from deepecg.errors import HolterError

NIGHT_ENTRY_SCHEMA_VERSION = "1.0"
MAJOR_VERSION = NIGHT_ENTRY_SCHEMA_VERSION.partition(".")[0]
"""Entries of this major version are read; a later minor one only adds to them."""
Outcome = Literal["scored", "rejected", "waiting", "failed", "received"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""``received``: taken from the queue, and nothing came of it yet."""
LARGEST_NUMBER = 1e12
"""No figure of a recording is larger; sums over a night stay exact."""
MAX_TEXT = 200
"""Characters of a code, a version or a message."""
MAX_FOLDER = 1024
"""Characters of a folder: no longer key exists in S3."""
SAFE_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")


class UnreadableEntryError(HolterError):
    """A document is no night entry, or not one of this version."""


@dataclass(frozen=True, slots=True)
class UrgentKind:
    """An urgent kind of finding in a recording.

    Attributes
    ----------
    kind : str
        As in the summary: ``ventricular_tachycardia``, ``pause``...
    message : str
        The worst of them in words; it says how many there are.
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What the night keeps of a summary. None: not known, or not computed.

    Attributes
    ----------
    duration_s, analysable_s : float
        Length of the recording, and of its analysable part.
    class_count : dict of str to int
        Beats of each AAMI class.
    mean_bpm, minimum_bpm, maximum_bpm : float or None
        Heart rates.
    ventricular_burden_percent, supraventricular_burden_percent : float or None
        Share of the analysable beats.
    ventricular_run_count, supraventricular_run_count : int or None
        Runs of three or more.
    ventricular_longest_run_beats_count, supraventricular_longest_run_beats_count : int or None
        Beats of the longest run.
    pause_count : int or None
        Confirmed pauses.
    longest_pause_s : float or None
        The longest of them.
    fibrillation_burden_percent : float or None
        Share of the analysable time in atrial fibrillation.
    urgent : tuple of UrgentKind
        Urgent findings by kind, in the order of the kinds' names.
    warning_codes : tuple of str
        What was wrong with the file and did no harm; sorted, each once.
    model_version, software_version : str or None
        What scored it.
    """

    duration_s: float
    analysable_s: float
    class_count: dict[str, int]
    mean_bpm: float | None
    minimum_bpm: float | None
    maximum_bpm: float | None
    ventricular_burden_percent: float | None
    ventricular_run_count: int | None
    ventricular_longest_run_beats_count: int | None
    supraventricular_burden_percent: float | None
    supraventricular_run_count: int | None
    supraventricular_longest_run_beats_count: int | None
    pause_count: int | None
    longest_pause_s: float | None
    fibrillation_burden_percent: float | None
    urgent: tuple[UrgentKind, ...]
    warning_codes: tuple[str, ...]
    model_version: str | None
    software_version: str | None

    @property
    def beats_count(self) -> int:
        """All analysable beats."""
        return sum(self.class_count.values())

    @property
    def analysable_percent(self) -> float | None:
        """Analysable share of the recording; None for one without duration."""
        if not self.duration_s:
            return None
        return min(100 * self.analysable_s / self.duration_s, 100.0)  # a last second begun counts


@dataclass(frozen=True, slots=True)
class Entry:
    """A night entry that was read and found sound; see :func:`night_entry` for the fields."""

    recording_id: str
    outcome: Outcome
    code: str | None
    uploaded_at: str | None
    folder: str | None
    processing_s: float | None
    size_bytes: int | None
    digest: Digest | None


def night_entry(
    recording_id: str,
    document: Mapping[str, Any] | None = None,
    *,
    outcome: Literal["received", "waiting", "failed"] = "received",
    code: str | None = None,
    uploaded_at: datetime | None = None,
    folder: str | None = None,
    processing_s: float | None = None,
    size_bytes: int | None = None,
) -> dict[str, Any]:
    """Return the JSON-ready night entry of an upload.

    Parameters
    ----------
    recording_id : str
        What the caller calls the recording: letters, digits, ``_`` and ``-``.
    document : mapping or None
        Its summary or rejection; None while there is neither.
    outcome : str
        What became of it where there is no document: ``received``, ``waiting`` for parts,
        or ``failed`` for good.
    code : str or None
        Why it failed or waits; a rejection brings its own.
    uploaded_at : datetime or None
        When the upload was complete, with its zone; None where that is not known.
    folder : str or None
        Where its results lie, relative to the root of all results, as ``recordings/ID/VERSION``.
    processing_s : float or None
        How long it took.
    size_bytes : int or None
        Of all files of the upload.

    Returns
    -------
    dict
        Valid against ``deepecg/outputs/schemas/night_entry.schema.json``.

    Raises
    ------
    ValueError
        If the ID has other characters: it becomes a file's name and part of a page.
    """
    if not SAFE_ID.fullmatch(recording_id):
        raise ValueError("found a recording ID with other characters than letters, digits, _ and -")
    became: Outcome = outcome
    digest = None
    if document is not None and document["kind"] == "summary":
        became, code, digest = "scored", None, asdict(_digest(document))
        for key in ("urgent", "warning_codes"):
            digest[key] = list(digest[key])
    elif document is not None:
        became, code = "rejected", document["code"]
    return {
        "schema_version": NIGHT_ENTRY_SCHEMA_VERSION,
        "kind": "night_entry",
        "recording_id": recording_id,
        "outcome": became,
        "code": code,
        "uploaded_at": _utc(uploaded_at),
        "folder": folder if folder is not None and _can_be_linked(folder) else None,
        "processing_s": None if processing_s is None else round(processing_s, 3),
        "size_bytes": size_bytes,
        "digest": digest,
    }


def read_entry(body: bytes) -> Entry:
    """Return a night entry from its JSON, checked: it may be half-written, or by somebody else.

    Raises
    ------
    UnreadableEntryError
        If it is not JSON, not an entry of this version, or has a field that cannot be.
    """
    try:
        document = json.loads(body)
        if document["kind"] != "night_entry":
            raise ValueError("another kind of document")
        if document["schema_version"].partition(".")[0] != MAJOR_VERSION:
            raise ValueError("another version")
        if not SAFE_ID.fullmatch(document["recording_id"]):
            raise ValueError("an ID with other characters")
        if document["outcome"] not in OUTCOMES:
            raise ValueError("an unknown outcome")
        folder = document["folder"]
        if folder is not None and not _can_be_linked(folder):
            raise ValueError("a folder outside the results")
        scored = document["outcome"] == "scored"
        return Entry(
            recording_id=document["recording_id"],
            outcome=document["outcome"],
            code=_or_none(_text, document["code"]),
            uploaded_at=_or_none(_text, document["uploaded_at"]),
            folder=folder,
            processing_s=_or_none(number, document["processing_s"]),
            size_bytes=_or_none(_count, document["size_bytes"]),
            digest=_read_digest(document["digest"]) if scored else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableEntryError(
            f"found a document that is no sound night entry ({type(error).__name__})"
        ) from None


def _digest(summary: Mapping[str, Any]) -> Digest:
    ventricular = summary["ventricular"]
    supraventricular = summary["supraventricular"]
    messages = {finding["kind"]: finding["message"] for finding in summary["urgent"]}
    return Digest(
        duration_s=summary["recording"]["duration_s"],
        analysable_s=summary["signal"]["analysable_s"],
        class_count=dict(summary["beats"]["class_count"]),
        mean_bpm=summary["heart_rate"]["mean_bpm"],
        minimum_bpm=summary["heart_rate"]["minimum_bpm"],
        maximum_bpm=summary["heart_rate"]["maximum_bpm"],
        ventricular_burden_percent=ventricular["burden_percent"],
        ventricular_run_count=ventricular["run_count"],
        ventricular_longest_run_beats_count=_longest_run_beats(ventricular),
        supraventricular_burden_percent=supraventricular["burden_percent"],
        supraventricular_run_count=supraventricular["run_count"],
        supraventricular_longest_run_beats_count=_longest_run_beats(supraventricular),
        pause_count=summary["pauses"]["count"],
        longest_pause_s=summary["pauses"]["longest_s"],
        fibrillation_burden_percent=summary["atrial_fibrillation"]["burden_percent"],
        urgent=tuple(
            UrgentKind(kind, message[:MAX_TEXT]) for kind, message in sorted(messages.items())
        ),
        warning_codes=tuple(sorted({warning["code"] for warning in summary["warnings"]})),
        model_version=summary["provenance"]["model"]["version"],
        software_version=summary["provenance"]["software"]["version"],
    )


def _longest_run_beats(ectopy: Mapping[str, Any]) -> int | None:
    run = ectopy["longest_run"]
    return None if run is None else run["beats_count"]


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _can_be_linked(folder: str) -> bool:
    """Tell whether a folder lies inside the results and can be written into a page."""
    return (
        0 < len(folder) <= MAX_FOLDER
        and not folder.startswith("/")
        and "\\" not in folder
        and not CONTROL_CHARACTERS.search(folder)
        and not {"", ".", ".."} & set(folder.split("/"))
        and folder.encode(errors="replace").decode() == folder  # no undecodable file name
    )


def _read_digest(found: Mapping[str, Any]) -> Digest:
    return Digest(
        duration_s=number(found["duration_s"]),
        analysable_s=number(found["analysable_s"]),
        class_count={name: _count(found["class_count"][name]) for name in CLASSES},
        mean_bpm=_or_none(number, found["mean_bpm"]),
        minimum_bpm=_or_none(number, found["minimum_bpm"]),
        maximum_bpm=_or_none(number, found["maximum_bpm"]),
        ventricular_burden_percent=_or_none(number, found["ventricular_burden_percent"]),
        ventricular_run_count=_or_none(_count, found["ventricular_run_count"]),
        ventricular_longest_run_beats_count=_or_none(
            _count, found["ventricular_longest_run_beats_count"]
        ),
        supraventricular_burden_percent=_or_none(number, found["supraventricular_burden_percent"]),
        supraventricular_run_count=_or_none(_count, found["supraventricular_run_count"]),
        supraventricular_longest_run_beats_count=_or_none(
            _count, found["supraventricular_longest_run_beats_count"]
        ),
        pause_count=_or_none(_count, found["pause_count"]),
        longest_pause_s=_or_none(number, found["longest_pause_s"]),
        fibrillation_burden_percent=_or_none(number, found["fibrillation_burden_percent"]),
        urgent=tuple(
            UrgentKind(_text(item["kind"]), _text(item["message"])) for item in found["urgent"]
        ),
        warning_codes=tuple(_text(code) for code in found["warning_codes"]),
        model_version=_or_none(_text, found["model_version"]),
        software_version=_or_none(_text, found["software_version"]),
    )


T = TypeVar("T")


def _or_none(read: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else read(value)


def number(value: Any) -> float:
    """Return a number read from JSON, if it can be a figure of a recording: not NaN, not huge.

    Raises
    ------
    TypeError, ValueError
        If it cannot.
    """
    # The comparison is false for NaN, too.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    if not 0 <= value <= LARGEST_NUMBER:
        raise ValueError("a number that no recording has")
    return float(value)


def _count(value: Any) -> int:
    whole = int(number(value))
    if whole != value:
        raise ValueError("not a whole number")
    return whole


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    if len(value) > MAX_TEXT or not value.isprintable():
        raise ValueError("a text with control characters, or too long")
    return value
