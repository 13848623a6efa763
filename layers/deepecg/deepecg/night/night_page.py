"""The report on a night as one HTML page, which needs no network and no script."""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Template

from deepecg.beats.aami_classes import CLASSES
from deepecg.night import formatting as words
from deepecg.night.night_charts import histogram, outcome_bar, sparkline
from deepecg.night.night_store import LISTING, REPORT
from deepecg.night.night_totals import FIGURES
from deepecg.outputs.html_templates import policy_hash, template_environment
from deepecg.outputs.report.labels import CLASS_NAMES

OUTCOME_LABELS = {
    "scored": "Scored",
    "rejected": "Rejected",
    "waiting": "Waiting for parts",
    "received": "Not yet processed",
    "failed": "Failed",
}
"""In the order of the bar."""


def render_night(report: dict[str, Any]) -> str:
    """Return the page of a night's report.

    Parameters
    ----------
    report : dict
        As :func:`deepecg.night.report_json.night_report` returns it. All the page shows is in it.
    """
    page, style = _page()
    drift = report["drift"]
    address = report["provenance"]["settings"]["page"]
    night = f"{address}#night/{report['date']}" if address is not None else None
    counts = [(name, report["outcomes"][f"{name}_count"]) for name in OUTCOME_LABELS]
    distributions = report["distributions"]
    return page.render(
        report=report,
        date_in_words=words.date_in_words(date.fromisoformat(report["date"])),
        outcomes=report["outcomes"],
        outcome_labels=OUTCOME_LABELS,
        segments=outcome_bar(counts),
        histograms={name: histogram(found["bars"]) for name, found in distributions.items()},
        drift=drift,
        figures=[
            (figure, item, sparkline(item), words.usual_range(item, figure.digits))
            for figure, item in zip(FIGURES, drift["figures"], strict=True)
        ],
        classes=CLASSES,
        class_labels=CLASS_NAMES,
        listing=LISTING,
        document=REPORT,
        listing_link=night or LISTING,
        document_link=night or REPORT,
        style=style,
        style_hash=policy_hash(style),
    )


@cache
def _page() -> tuple[Template, str]:
    """Return the template and the style sheet, which the page's policy names by its hash."""
    environment = template_environment("deepecg.night")
    environment.filters |= {"number": words.number, "plain": words.plain, "kind": words.kind}
    style = (files("deepecg.night") / "style.css").read_text(encoding="utf-8")
    return environment.get_template("night.html.j2"), style
