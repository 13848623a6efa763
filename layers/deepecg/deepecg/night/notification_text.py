"""The e-mail or chat message about a night: numbers only, without IDs and names."""

from deepecg.night.drift import Drift
from deepecg.night.night_report import NightReport, OutcomeCounts
from deepecg.night.night_store import PAGE, REPORTS

MAX_SUBJECT = 100
"""Longest subject that SNS accepts; it must be ASCII without line breaks."""


def night_message(report: NightReport, n_queued: int) -> tuple[str, str]:
    """Return subject and text of the message about a new report.

    Parameters
    ----------
    report : NightReport
        The report.
    n_queued : int
        Approximate number of queued messages of any date: uploads that are not yet processed and
        therefore not in the report, and those that will be retried.
    """
    outcomes, urgent, totals = report.outcomes, report.urgent, report.totals
    subject = (
        f"Deep-ECG {report.date}: {outcomes.uploaded_count} uploaded, {outcomes.scored_count} "
        f"scored, {urgent.recordings_count} with urgent findings"
    )
    lines = [
        f"Night of {report.date}",
        "",
        f"Uploaded                     {outcomes.uploaded_count}",
        f"Scored                       {outcomes.scored_count}",
        f"  with urgent findings       {urgent.recordings_count}",
        f"  with notable findings      {report.notable.recordings_count}",
        f"  with important warnings    {report.with_important_warnings_count}",
        f"  reviewed and signed        {report.signed_count}",
        f"Rejected                     {outcomes.rejected_count}",
        f"Waiting for parts            {outcomes.waiting_count}",
        f"Not yet processed            {outcomes.received_count}",
        f"Failed                       {outcomes.failed_count}",
        f"Dead letters of this date    {_dead_letters(outcomes)}",
        f"In the queue, any date       about {n_queued} messages",
        f"Hours analysable             {totals.analysable_h:.0f} of {totals.recorded_h:.0f}",
        f"Beats                        {totals.beats_count}",
        f"Compared with earlier nights {_drift(report.drift)}",
        "",
        _place(report),
        "",
        report.advisory,
    ]
    return subject[:MAX_SUBJECT], "\n".join(lines) + "\n"


def _place(report: NightReport) -> str:
    if (page := report.provenance.settings.page) is not None:
        return f"Open the report at {page}#night/{report.date}"
    return f"Open the report: {REPORTS}/{report.date}/{PAGE} in the results bucket."


def _dead_letters(outcomes: OutcomeCounts) -> str:
    count = outcomes.dead_letters_of_date_count
    if count is None:
        return "not known"
    if outcomes.dead_letters_of_date_complete:
        return f"{count}"
    return f"at least {count}: the queue could not be read completely; more uploads may have failed"


def _drift(drift: Drift) -> str:
    if drift.verdict == "not_enough_nights":
        return (
            f"not possible: {drift.nights_count} earlier nights, {drift.least_nights_count} needed"
        )
    if drift.verdict == "not_enough_recordings":
        return "not possible: too few recordings"
    n_shifted = sum(metric.status == "shifted" for metric in drift.metrics)
    n_judged = sum(metric.status != "not_judged" for metric in drift.metrics)
    return f"{n_shifted} of {n_judged} measures unusual, {drift.nights_count} nights compared"
