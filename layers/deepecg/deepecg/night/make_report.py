"""Makes the report on a night from the entries of its uploads, and writes its files."""

import datetime
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise
from math import fsum
from typing import get_args
from urllib.parse import quote

import msgspec
import numpy as np

from deepecg.beats.aami_classes import CLASSES
from deepecg.night.aws_cost import estimated_cost
from deepecg.night.drift import drift, window
from deepecg.night.night_entry import (
    OUTCOMES,
    KindFinding,
    NightEntry,
    RecordingMeasures,
    SummaryExtract,
    UnreadableEntryError,
    read_entry,
)
from deepecg.night.night_metrics import beats_by_class, night_totals, percent, read_totals
from deepecg.night.night_page import render_night
from deepecg.night.night_report import (
    NIGHT_REPORT_SCHEMA_VERSION,
    CodeCount,
    DeadLettersOfDate,
    Distribution,
    Distributions,
    FindingCounts,
    FindingKindCount,
    HistogramBar,
    NightProvenance,
    NightReport,
    OutcomeCounts,
    PercentOfClass,
    Processing,
    RankedRecording,
    Sums,
    UnscoredOutcome,
    UnscoredUpload,
)
from deepecg.night.night_store import (
    PAGE,
    RECORDINGS,
    RECORDINGS_CSV,
    REPORT,
    TOTALS,
    NightStore,
)
from deepecg.night.recordings_csv import recordings_csv
from deepecg.night.settings import NightSettings, Prices
from deepecg.night.urgency_ranking import by_urgency, urgency_points, urgent_kinds
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.file_names import REJECTION_FILE, REPORT_FILE
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.next_steps import NEXT_STEPS, READ_REJECTION, UNSCORED_NEXT_STEPS
from deepecg.outputs.summary import SOFTWARE
from deepecg.outputs.warning_texts import important_codes
from deepecg.time_units import SECONDS_PER_HOUR

JSON = "application/json"
TO_RESULTS = "../../"
"""Path from ``reports/DATE/`` to the root of all results."""
LINKED_FILES = {"scored": REPORT_FILE, "rejected": REJECTION_FILE}
"""File that the link to a recording leads to, by the recording's outcome."""
NOT_SCORED: tuple[UnscoredOutcome, ...] = get_args(UnscoredOutcome)
SIGNED = ("final", "amended")
"""Values of ``review_status`` of a review that is signed."""


def make_night(
    night: datetime.date,
    store: NightStore,
    settings: NightSettings | None = None,
    *,
    dead_letters: DeadLettersOfDate | None = None,
) -> NightReport:
    """Write the report on a night: page, JSON, CSV, and the totals that later nights read.

    The same entries, earlier totals, settings and dead letters give the same bytes.
    A night without uploads has a report, too, which says so.

    Parameters
    ----------
    night : date
        The date to report on.
    store : NightStore
        Contains the entries and receives the report.
    settings : NightSettings or None
        None: the defaults.
    dead_letters : DeadLettersOfDate or None
        Dead letters about uploads of this night; None where there is no queue.

    Returns
    -------
    NightReport
        The report as written to ``report.json``.
    """
    settings = settings or NightSettings()
    entries, n_unreadable = _read(store.entries(night))
    before = [read_totals(store.totals(past)) for past in window(night, settings.drift)]
    totals = night_totals(night, entries)
    ranked = _ranked_recordings(entries, settings)
    unscored = _unscored_uploads(entries, settings)
    extracts = [entry.digest for entry in entries if entry.digest is not None]
    outcomes = Counter(entry.outcome for entry in entries)
    counted = partial(_counted, n_listed=settings.codes)
    burden_edges = (0.0, 0.0, *settings.burden_edges_percent, 100.0)
    quality_edges = (0.0, *settings.quality_edges_percent, 100.0)
    report = NightReport(
        schema_version=NIGHT_REPORT_SCHEMA_VERSION,
        date=night,
        outcomes=OutcomeCounts(
            uploaded_count=len(entries),
            **{f"{outcome}_count": outcomes[outcome] for outcome in OUTCOMES},
            dead_letters_of_date_count=None if dead_letters is None else dead_letters.count,
            dead_letters_of_date_complete=(
                None if dead_letters is None else dead_letters.is_complete
            ),
            unreadable_entries_count=n_unreadable,
        ),
        rejections=counted(row.code or "unknown" for row in unscored if row.outcome == "rejected"),
        urgent=_findings([extract.urgent for extract in extracts], settings.codes),
        notable=_findings([extract.notable for extract in extracts], settings.codes),
        signed_count=sum(extract.review_status in SIGNED for extract in extracts),
        ranked=tuple(ranked[: settings.rows]),
        ranked_left_out_count=max(len(ranked) - settings.rows, 0),
        not_scored=tuple(unscored[: settings.rows_not_scored]),
        not_scored_left_out_count=max(len(unscored) - settings.rows_not_scored, 0),
        links_hold_folder_names=any(_links_by_folder(entry, settings.page) for entry in entries),
        totals=_sums(entries, extracts),
        distributions=Distributions(
            ventricular_burden=_distribution(
                [extract.ventricular_burden_percent for extract in extracts], burden_edges
            ),
            supraventricular_burden=_distribution(
                [extract.supraventricular_burden_percent for extract in extracts], burden_edges
            ),
            analysable=_distribution(
                [extract.analysable_percent for extract in extracts], quality_edges
            ),
        ),
        drift=drift(totals, before, settings.drift),
        processing=_processing(entries, settings.prices),
        models=counted(extract.model_version or "unknown" for extract in extracts),
        software_versions=counted(extract.software_version or "unknown" for extract in extracts),
        with_important_warnings_count=sum(
            bool(important_codes(extract.warning_codes)) for extract in extracts
        ),
        warnings=counted(code for extract in extracts for code in extract.warning_codes),
        provenance=NightProvenance(software=SOFTWARE, settings=settings),
        advisory=ADVISORY,
    )
    table = recordings_csv(entries, [*ranked, *unscored])
    store.write(night, TOTALS, to_json(totals).encode(), JSON)
    store.write(night, RECORDINGS_CSV, table.encode(), "text/csv; charset=utf-8")
    store.write(night, REPORT, to_json(report).encode(), JSON)
    store.write(night, PAGE, render_night(report).encode(), "text/html; charset=utf-8")
    return report


def _read(bodies: Iterable[bytes]) -> tuple[list[NightEntry], int]:
    """Return the valid entries sorted by ID, and the number of the others.

    No store has two entries with one ID. If there are two, the choice does not depend on their
    order.
    """
    found: dict[str, tuple[bytes, NightEntry]] = {}
    n_unreadable = 0
    for body in bodies:
        try:
            entry = read_entry(body)
        except UnreadableEntryError:
            n_unreadable += 1
            continue
        if (former := found.get(entry.recording_id)) is not None:
            n_unreadable += 1
            if former[0] >= body:
                continue
        found[entry.recording_id] = (body, entry)
    return [found[recording][1] for recording in sorted(found)], n_unreadable


def _ranked_recordings(
    entries: Iterable[NightEntry], settings: NightSettings
) -> list[RankedRecording]:
    """Return the rows of the scored recordings, the most urgent first."""
    return [
        RankedRecording(
            rank=rank,
            recording_id=entry.recording_id,
            report=_link(entry, settings.page),
            uploaded_at=entry.uploaded_at,
            urgency_points=urgency_points(extract, settings.ranking),
            urgent=tuple(urgent_kinds(extract, settings.ranking)),
            notable=extract.notable,
            review_status=extract.review_status,
            duration_h=_hours(extract.duration_s),
            lost_h=_hours(extract.lost_s),
            analysable_percent=_rounded(extract.analysable_percent, 2),
            beats_count=extract.beats_count,
            warning_codes=extract.warning_codes,
            important_warning_codes=important_codes(extract.warning_codes),
            **{name: getattr(extract, name) for name in RecordingMeasures.__struct_fields__},
        )
        for rank, (entry, extract) in enumerate(by_urgency(entries, settings.ranking), start=1)
    ]


def _unscored_uploads(
    entries: Iterable[NightEntry], settings: NightSettings
) -> list[UnscoredUpload]:
    """Return the rows of the uploads that were not scored, first those that need an engineer."""
    rows = [
        UnscoredUpload(
            recording_id=entry.recording_id,
            outcome=entry.outcome,
            code=entry.code,
            uploaded_at=entry.uploaded_at,
            size_bytes=entry.size_bytes,
            next_step=_next_step(entry.outcome, entry.code),
            rejection=_link(entry, settings.page),
        )
        for entry in entries
        if entry.outcome != "scored"
    ]
    return sorted(
        rows, key=lambda row: (NOT_SCORED.index(row.outcome), row.code or "", row.recording_id)
    )


def _link(entry: NightEntry, page: str | None) -> str | None:
    """Return the percent-encoded link from the night's page to the result of a recording."""
    if entry.folder is None or entry.outcome not in LINKED_FILES:
        return None
    if page is not None:
        return f"{page}#recording/{entry.recording_id}"
    return f"{TO_RESULTS}{quote(entry.folder)}/{LINKED_FILES[entry.outcome]}"


def _links_by_folder(entry: NightEntry, page: str | None) -> bool:
    """Return whether a link contains a folder name that is not the ID, such as a file name."""
    if entry.folder is None or page is not None or _link(entry, page) is None:
        return False
    return not entry.folder.startswith(f"{RECORDINGS}/{entry.recording_id}/")


def _next_step(outcome: UnscoredOutcome, code: str | None) -> str:
    if outcome == "rejected":
        return NEXT_STEPS.get(code or "", READ_REJECTION)
    return UNSCORED_NEXT_STEPS[outcome]


def _findings(of_recordings: Sequence[Sequence[KindFinding]], n_listed: int) -> FindingCounts:
    kinds = [kind for findings in of_recordings for kind in {found.kind for found in findings}]
    return FindingCounts(
        recordings_count=sum(map(bool, of_recordings)),
        kinds=tuple(
            FindingKindCount(kind=item.code, recordings_count=item.count)
            for item in _counted(kinds, n_listed)
        ),
    )


def _sums(entries: Sequence[NightEntry], extracts: Sequence[SummaryExtract]) -> Sums:
    class_count = beats_by_class(extracts)
    n_beats = sum(msgspec.structs.astuple(class_count))
    recorded_s = fsum(extract.duration_s for extract in extracts)
    analysable_s = fsum(extract.analysable_s for extract in extracts)
    return Sums(
        recorded_h=_hours(recorded_s),
        analysable_h=_hours(analysable_s),
        analysable_percent=_rounded(percent(analysable_s, recorded_s), 2),
        beats_count=n_beats,
        class_count=class_count,
        class_percent=PercentOfClass(
            **{name: _rounded(percent(getattr(class_count, name), n_beats), 3) for name in CLASSES}
        ),
        uploaded_bytes=sum(entry.size_bytes or 0 for entry in entries),
        with_ventricular_runs_count=sum(bool(e.ventricular_run_count) for e in extracts),
        with_supraventricular_runs_count=sum(bool(e.supraventricular_run_count) for e in extracts),
        with_fibrillation_count=sum(bool(e.fibrillation_burden_percent) for e in extracts),
        with_pauses_count=sum(bool(e.pause_count) for e in extracts),
    )


def _distribution(values: Sequence[float | None], edges: Sequence[float]) -> Distribution:
    """Count values between edges; a bar includes its lower edge, the last one also its upper.

    Zeros are in the first bar. If its edges are both zero, it contains nothing else.
    """
    known = [value for value in values if value is not None]
    counts = Counter(bisect_right(edges[1:-1], value) if value else 0 for value in known)
    return Distribution(
        bars=tuple(
            HistogramBar(from_percent=low, below_percent=high, recordings_count=counts[number])
            for number, (low, high) in enumerate(pairwise(edges))
        ),
        not_known_count=len(values) - len(known),
    )


def _processing(entries: Sequence[NightEntry], prices: Prices | None) -> Processing:
    seconds = [entry.processing_s for entry in entries if entry.processing_s is not None]
    total_s = fsum(seconds)
    return Processing(
        known_count=len(seconds),
        total_s=round(total_s, 3),
        median_s=round(float(np.median(seconds)), 3) if seconds else None,
        p95_s=round(float(np.percentile(seconds, 95)), 3) if seconds else None,
        cost=None if prices is None else estimated_cost(total_s, len(entries), prices),
    )


def _counted(names: Iterable[str], n_listed: int) -> tuple[CodeCount, ...]:
    """Count names, the most frequent first; the rarest of many are counted together."""
    counts = sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
    listed = [CodeCount(code=name, count=count) for name, count in counts[:n_listed]]
    if rest := counts[n_listed:]:
        listed.append(CodeCount(code=None, count=sum(count for _, count in rest)))
    return tuple(listed)


def _hours(seconds: float) -> float:
    return round(seconds / SECONDS_PER_HOUR, 3)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
