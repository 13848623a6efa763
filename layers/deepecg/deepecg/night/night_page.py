"""The report on a night as one HTML page, which needs no network and no script."""

from functools import cache

from jinja2 import Template

from deepecg.beats.aami_classes import CLASSES
from deepecg.night.night_charts import histogram, outcome_bar, sparkline
from deepecg.night.night_entry import OUTCOME_LABELS, REVIEW_LABELS
from deepecg.night.night_metrics import METRICS
from deepecg.night.night_report import NightReport
from deepecg.night.night_store import RECORDINGS_CSV, REPORT
from deepecg.outputs.html_pages import policy_hash, template_environment
from deepecg.outputs.package_files import package_text
from deepecg.outputs.report import labels_and_formats as labels
from deepecg.outputs.warning_texts import warning_text

LEAST_DISTRIBUTED = 5
"""Number of scored recordings below which the page draws no distributions: the table shows all."""


def render_night(report: NightReport) -> str:
    """Return the page, which shows only what the report contains."""
    page, style = _page()
    address = report.provenance.settings.page
    # The upload page saves the file that its address names: only it can send the user's token.
    folder = "" if address is None else f"{address}#night/{report.date}/"
    ranked = report.ranked
    counts = [(name, getattr(report.outcomes, f"{name}_count")) for name in OUTCOME_LABELS]
    return page.render(
        report=report,
        # English on every machine: Python does not adopt the machine's locale for dates.
        date_in_words=f"{report.date:%A}, {report.date.day} {report.date:%B %Y}",
        outcome_labels=OUTCOME_LABELS,
        segments=outcome_bar(counts),
        histogram=histogram,
        tiers=[
            ("Urgent", "urgent", [row for row in ranked if row.urgent]),
            ("Notable", "notable", [row for row in ranked if row.notable and not row.urgent]),
            ("Others", "other", [row for row in ranked if not row.urgent and not row.notable]),
        ],
        review_labels=REVIEW_LABELS,
        warning_text=warning_text,
        metrics=[
            (metric, item)
            for metric, item in zip(METRICS, report.drift.metrics, strict=True)
            if item.status != "not_judged"
        ],
        has_distributions=report.outcomes.scored_count >= LEAST_DISTRIBUTED,
        sparkline=sparkline,
        classes=CLASSES,
        class_labels=labels.CLASS_NAMES,
        csv_name=RECORDINGS_CSV,
        csv_link=f"{folder}{RECORDINGS_CSV}",
        json_name=REPORT,
        json_link=f"{folder}{REPORT}",
        style=style,
        style_hash=policy_hash(style),
    )


@cache
def _page() -> tuple[Template, str]:
    """Return the template, and the style sheet of reports with the additions for nights."""
    environment = template_environment("deepecg.night")
    environment.filters |= {"number": _number, "plain": labels.plain, "kind": _kind}
    style = package_text("outputs/report", "style.css") + package_text("night", "style.css")
    return environment.get_template("night.html.j2"), style


def _number(value: float | None, digits: int = 0) -> str:
    """Return a number with commas at the thousands, or a dash if it is not known."""
    return "\N{EN DASH}" if value is None else labels.number(value, digits)


def _kind(code: str | None) -> str:
    """Return the name of a kind of finding; None: all kinds that are not listed."""
    return labels.kind_of(code).name if code else "All others"
