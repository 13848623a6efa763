"""The contents of the report on a night, from the entries of its uploads."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import fsum
from typing import cast, get_args
from urllib.parse import quote

import msgspec
import numpy as np

from deepecg.beats.aami_classes import CLASSES
from deepecg.night.aws_cost import estimated_cost
from deepecg.night.drift import drift
from deepecg.night.night_entry import OUTCOMES, NightEntry, RecordingMeasures, SummaryExtract
from deepecg.night.night_report import (
    NIGHT_REPORT_SCHEMA_VERSION,
    CodeCount,
    DeadLettersOfDate,
    Distribution,
    Distributions,
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
    UrgentCounts,
    UrgentKindCount,
)
from deepecg.night.night_store import RECORDINGS
from deepecg.night.night_totals import NightTotals, beats_by_class, percent, processing_times_s
from deepecg.night.settings import NightSettings
from deepecg.night.urgency_ranking import by_urgency, urgency_points, urgent_kinds
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.file_names import REJECTION_FILE, REPORT_FILE
from deepecg.outputs.summary import SOFTWARE
from deepecg.units import SECONDS_PER_HOUR

TO_RESULTS = "../../"
"""Path from ``reports/DATE/`` to the root of all results."""
LINKED_FILES = {"scored": REPORT_FILE, "rejected": REJECTION_FILE}
"""File that the link to a recording leads to, by the recording's outcome."""
NOT_SCORED: tuple[UnscoredOutcome, ...] = get_args(UnscoredOutcome)


def night_report(
    totals: NightTotals,
    entries: Sequence[NightEntry],
    before: Sequence[NightTotals | None],
    settings: NightSettings,
    *,
    n_unreadable: int = 0,
    dead_letters: DeadLettersOfDate | None = None,
) -> NightReport:
    """Return the report on a night.

    The report contains no time of its own making: it depends on the inputs alone, and not on the
    order of the entries.

    Parameters
    ----------
    totals : NightTotals
        The metrics of the night.
    entries : sequence of NightEntry
        The entries of all uploads, one for each recording.
    before : sequence of (NightTotals or None)
        The nights that it is compared with, the oldest first; None for a night without a report.
    settings : NightSettings
        What the report shows, and its thresholds.
    n_unreadable : int
        Number of entries that could not be read.
    dead_letters : DeadLettersOfDate or None
        Dead letters about uploads of this date; None where there is no queue.
    """
    ranked = by_urgency(entries, settings.ranking)
    others = not_scored(entries)
    extracts = [extract for _, extract in ranked]
    outcomes = Counter(entry.outcome for entry in entries)
    return NightReport(
        schema_version=NIGHT_REPORT_SCHEMA_VERSION,
        date=totals.date,
        outcomes=OutcomeCounts(
            uploaded_count=len(entries),
            **{f"{outcome}_count": outcomes[outcome] for outcome in OUTCOMES},
            dead_letters_of_date_count=None if dead_letters is None else dead_letters.count,
            dead_letters_of_date_complete=(
                None if dead_letters is None else dead_letters.is_complete
            ),
            unreadable_entries_count=n_unreadable,
        ),
        rejections=_counted(
            (entry.code or "unknown" for entry in others if entry.outcome == "rejected"), settings
        ),
        urgent=_urgent(extracts, settings),
        ranked=tuple(
            ranked_recording(rank, entry, extract, settings)
            for rank, (entry, extract) in enumerate(ranked[: settings.rows], start=1)
        ),
        ranked_left_out_count=max(len(ranked) - settings.rows, 0),
        not_scored=tuple(
            unscored_upload(entry, settings) for entry in others[: settings.rows_not_scored]
        ),
        not_scored_left_out_count=max(len(others) - settings.rows_not_scored, 0),
        links_hold_folder_names=any(_links_by_folder(entry, settings.page) for entry in entries),
        totals=_sums(entries, extracts),
        distributions=Distributions(
            ventricular_burden=_burdens(
                (extract.ventricular_burden_percent for extract in extracts), settings
            ),
            supraventricular_burden=_burdens(
                (extract.supraventricular_burden_percent for extract in extracts), settings
            ),
            analysable=_qualities(extracts, settings),
        ),
        drift=drift(totals, before, settings.drift),
        processing=_processing(entries, settings),
        models=_counted((extract.model_version or "unknown" for extract in extracts), settings),
        software_versions=_counted(
            (extract.software_version or "unknown" for extract in extracts), settings
        ),
        warnings=_counted(
            (code for extract in extracts for code in extract.warning_codes), settings
        ),
        provenance=NightProvenance(software=SOFTWARE, settings=settings),
        advisory=ADVISORY,
    )


def not_scored(entries: Iterable[NightEntry]) -> list[NightEntry]:
    """Return the uploads that were not scored, first those that need an engineer."""
    return sorted(
        (entry for entry in entries if entry.outcome in NOT_SCORED),
        key=lambda entry: (
            NOT_SCORED.index(entry.outcome),
            entry.code or "",
            entry.recording_id,
        ),
    )


def ranked_recording(
    rank: int, entry: NightEntry, extract: SummaryExtract, settings: NightSettings
) -> RankedRecording:
    """Return the row of a scored recording."""
    return RankedRecording(
        rank=rank,
        recording_id=entry.recording_id,
        report=_link(entry, settings.page),
        uploaded_at=entry.uploaded_at,
        urgency_points=urgency_points(extract, settings.ranking),
        urgent=tuple(urgent_kinds(extract, settings.ranking)),
        duration_h=_hours(extract.duration_s),
        analysable_percent=_rounded(extract.analysable_percent, 2),
        beats_count=extract.beats_count,
        warning_codes=extract.warning_codes,
        **{name: getattr(extract, name) for name in RecordingMeasures.__struct_fields__},
    )


def unscored_upload(entry: NightEntry, settings: NightSettings) -> UnscoredUpload:
    """Return the row of an upload that was not scored."""
    return UnscoredUpload(
        recording_id=entry.recording_id,
        outcome=cast(UnscoredOutcome, entry.outcome),
        code=entry.code,
        uploaded_at=entry.uploaded_at,
        size_bytes=entry.size_bytes,
        rejection=_link(entry, settings.page),
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


def _urgent(extracts: Sequence[SummaryExtract], settings: NightSettings) -> UrgentCounts:
    kinds = (kind for extract in extracts for kind in {found.kind for found in extract.urgent})
    return UrgentCounts(
        recordings_count=sum(bool(extract.urgent) for extract in extracts),
        kinds=tuple(
            UrgentKindCount(kind=item.code, recordings_count=item.count)
            for item in _counted(kinds, settings)
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


def _burdens(values: Iterable[float | None], settings: NightSettings) -> Distribution:
    """Count recordings by burden; those with a burden of zero have a bar of their own."""
    known, n_unknown = _known(values)
    some = [value for value in known if value > 0]
    none = HistogramBar(
        from_percent=0.0, below_percent=0.0, recordings_count=len(known) - len(some)
    )
    bars = _histogram(some, (0.0, *settings.burden_edges_percent, 100.0))
    return Distribution(bars=(none, *bars), not_known_count=n_unknown)


def _qualities(extracts: Iterable[SummaryExtract], settings: NightSettings) -> Distribution:
    known, n_unknown = _known(extract.analysable_percent for extract in extracts)
    bars = _histogram(known, (0.0, *settings.quality_edges_percent, 100.0))
    return Distribution(bars=bars, not_known_count=n_unknown)


def _known(values: Iterable[float | None]) -> tuple[list[float], int]:
    """Return the values that are known, and the number of the others."""
    found = list(values)
    known = [value for value in found if value is not None]
    return known, len(found) - len(known)


def _histogram(values: Sequence[float], edges: Sequence[float]) -> tuple[HistogramBar, ...]:
    """Count values between edges; a bar includes its lower edge, the last one also its upper."""
    counts = Counter(bisect_right(edges[1:-1], value) for value in values)
    return tuple(
        HistogramBar(from_percent=low, below_percent=high, recordings_count=counts[number])
        for number, (low, high) in enumerate(pairwise(edges))
    )


def _processing(entries: Sequence[NightEntry], settings: NightSettings) -> Processing:
    seconds = processing_times_s(entries)
    total_s = fsum(seconds)
    prices = settings.prices
    return Processing(
        known_count=len(seconds),
        total_s=round(total_s, 3),
        median_s=round(float(np.median(seconds)), 3) if seconds else None,
        p95_s=round(float(np.percentile(seconds, 95)), 3) if seconds else None,
        cost=None if prices is None else estimated_cost(total_s, len(entries), prices),
    )


def _counted(names: Iterable[str], settings: NightSettings) -> tuple[CodeCount, ...]:
    """Count names, the most frequent first; the rarest of many are counted together."""
    counts = sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
    shown, rest = counts[: settings.codes], counts[settings.codes :]
    listed = [CodeCount(code=name, count=count) for name, count in shown]
    if rest:
        listed.append(CodeCount(code=None, count=sum(count for _, count in rest)))
    return tuple(listed)


def _hours(seconds: float) -> float:
    return round(seconds / SECONDS_PER_HOUR, 3)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
