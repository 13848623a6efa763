"""The night in a few lines, for a mail or a chat: numbers only, no recording and no name."""

from typing import Any

from deepecg.night.night_store import PAGE, REPORTS

MAX_SUBJECT = 100
"""SNS takes no longer subject; ASCII, and no line break."""


def night_message(report: dict[str, Any], n_queued: int) -> tuple[str, str]:
    """Return subject and text of the message that says that a report was made.

    Parameters
    ----------
    report : dict
        As :func:`deepecg.night.make_report.make_night` returns it.
    n_queued : int
        Messages, about, of whatever date: of uploads that nobody has worked on, which the report
        lacks, and of those that are to be tried or looked at again.
    """
    outcomes, urgent, totals = report["outcomes"], report["urgent"], report["totals"]
    night, drift = report["date"], report["drift"]
    subject = (
        f"Deep-ECG {night}: {outcomes['uploaded_count']} uploaded, {outcomes['scored_count']} "
        f"scored, {urgent['recordings_count']} with urgent findings"
    )
    lines = [
        f"Night of {night}",
        "",
        f"Uploaded                     {outcomes['uploaded_count']}",
        f"Scored                       {outcomes['scored_count']}",
        f"  urgent findings            {urgent['recordings_count']}",
        f"Rejected                     {outcomes['rejected_count']}",
        f"Waiting for parts            {outcomes['waiting_count']}",
        f"Not yet processed            {outcomes['received_count']}",
        f"Failed                       {outcomes['failed_count']}",
        f"Dead letters of this date    {_dead_letters(outcomes)}",
        f"Still queued, of any date    about {n_queued} messages",
        f"Hours analysable             {totals['analysable_h']:.0f} of {totals['recorded_h']:.0f}",
        f"Beats                        {totals['beats_count']}",
        f"Drift                        {_drift(drift)}",
        "",
        f"The report is {REPORTS}/{night}/{PAGE} in the results bucket.",
        "",
        report["advisory"],
    ]
    return subject[:MAX_SUBJECT], "\n".join(lines) + "\n"


def _dead_letters(outcomes: dict[str, Any]) -> str:
    count = outcomes["dead_letters_of_date_count"]
    if count is None:
        return "not known"
    if outcomes["dead_letters_of_date_complete"]:
        return f"{count}"
    return f"at least {count}: the queue was not seen whole, more uploads may have failed"


def _drift(drift: dict[str, Any]) -> str:
    if drift["verdict"] == "not_enough_nights":
        return f"not judged: {drift['nights_count']} of {drift['least_nights_count']} nights"
    if drift["verdict"] == "not_enough_recordings":
        return "not judged: too few recordings"
    n_shifted = sum(figure["status"] == "shifted" for figure in drift["figures"])
    n_judged = sum(figure["status"] != "not_judged" for figure in drift["figures"])
    return f"{n_shifted} of {n_judged} figures unusual against {drift['nights_count']} nights"
