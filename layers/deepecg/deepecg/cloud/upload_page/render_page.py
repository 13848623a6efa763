"""Build the upload page: template, style sheets, scripts and labels in one HTML document."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup

from deepecg.beats.aami_classes import CLASSES
from deepecg.cloud.api.recording_models import MAX_BYTES, MAX_PARTS
from deepecg.cloud.settings import ApiSettings
from deepecg.cloud.upload_parts import MAX_HEADER_BYTES
from deepecg.night.night_entry import OUTCOME_LABELS, REVIEW_LABELS
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.html_pages import policy_hash, script_json, template_environment
from deepecg.outputs.next_steps import NEXT_STEPS
from deepecg.outputs.package_files import package_text
from deepecg.outputs.report.labels_and_formats import CLASS_NAMES, NOT_KNOWN, REVIEWS, plain
from deepecg.outputs.report.recording_clock import MONTHS
from deepecg.outputs.warning_texts import WARNING_TEXTS
from deepecg.readers.formats import FORMAT_LIST, FORMAT_TITLES, SINGLE_FILE_SUFFIXES
from deepecg.readers.suffixes_beside import BESIDE_SUFFIXES, OWN_SETTINGS_SUFFIX
from deepecg.readers.wfdb_file_names import ANNOTATION_NAME, HEADER_SUFFIX, SIGNAL_NAME
from deepecg.review.review_file import MAX_AUTHOR
from deepecg.review.review_file import MAX_BYTES as MAX_REVIEW_BYTES

SCRIPTS = (
    "format.js", "elements.js", "sign_in.js", "api_client.js", "selection.js", "send_files.js",
    "result_view.js", "uploads.js", "recording_and_night_lists.js",
    "review.js", "views.js",
)  # fmt: skip
"""Files of the page's one script: each uses only names of those before it, or inside functions."""
SAME_ORIGIN = "'self'"
COGNITO_ISSUER = "cognito-idp."
COGNITO_TOKENS = "https://*.amazoncognito.com"
"""Host of Cognito's token endpoint, which is not that of its issuer."""


@dataclass(frozen=True)
class Page:
    """The page as it is sent.

    Attributes
    ----------
    html : str
        The document, which loads no further files.
    policy : str
        Its content security policy, which allows only the page's own script and style sheet.
    """

    html: str
    policy: str


def render_page(settings: ApiSettings, uploads_origin: str, results_origin: str) -> Page:
    """Return the page.

    Parameters
    ----------
    settings : ApiSettings
        Contain how callers are authorised.
    uploads_origin : str
        Origin that files are posted to, or :data:`SAME_ORIGIN`.
    results_origin : str
        Origin of reports, which are shown in a frame, or :data:`SAME_ORIGIN`.
    """
    style = Markup(
        package_text("outputs/report", "style.css")
        + package_text("cloud/upload_page", "style.css")
        + package_text("cloud/upload_page", "review.css")
    )
    script = Markup("\n".join(package_text("cloud/upload_page", name) for name in SCRIPTS))
    html = (
        template_environment("deepecg.cloud.upload_page")
        .get_template("page.html.j2")
        .render(
            style=style, script=script, config=_config(settings), advisory=ADVISORY,
            authorisation=settings.authorisation, formats=FORMAT_LIST,
        )
    )  # fmt: skip
    destinations = _destinations(settings, uploads_origin)
    return Page(html, _policy(style, script, destinations, results_origin))


def url_origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _destinations(settings: ApiSettings, uploads_origin: str) -> list[str]:
    """Return the origins that the page's script may send requests to."""
    found = [SAME_ORIGIN, uploads_origin]
    if settings.jwt_issuer is not None:
        found.append(url_origin(settings.jwt_issuer))
        if urlsplit(settings.jwt_issuer).netloc.startswith(COGNITO_ISSUER):
            found.append(COGNITO_TOKENS)
    return list(dict.fromkeys(found))


def _policy(style: str, script: str, destinations: list[str], frames: str) -> str:
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; "
        f"style-src {policy_hash(style)}; script-src {policy_hash(script)}; "
        f"connect-src {' '.join(destinations)}; frame-src {frames}"
    )


def _config(settings: ApiSettings) -> Markup:
    """Return settings and labels as JSON without ``<``, which could end its element."""
    config = {
        "authorisation": settings.authorisation,
        "issuer": settings.jwt_issuer,
        "audience": settings.jwt_audience,
        "class_names": {name: CLASS_NAMES[name] for name in CLASSES},
        "reviews": REVIEWS,
        "outcomes": OUTCOME_LABELS,
        "review_labels": REVIEW_LABELS,
        "rejections": {
            code: {"name": plain(code), "next_step": step} for code, step in NEXT_STEPS.items()
        },
        "important_warnings": {
            code: {"name": text.name, "meaning": text.meaning, "next_step": text.next_step}
            for code, text in WARNING_TEXTS.items()
            if text.is_important
        },
        "max_author": MAX_AUTHOR,
        "max_review_bytes": MAX_REVIEW_BYTES,
        "months": MONTHS,
        "not_known": NOT_KNOWN,
        "files": {
            "formats": FORMAT_LIST,
            "format_titles": FORMAT_TITLES,
            "single_file_suffixes": SINGLE_FILE_SUFFIXES,
            "header_suffix": HEADER_SUFFIX,
            "settings_suffix": OWN_SETTINGS_SUFFIX,
            "beside_suffixes": BESIDE_SUFFIXES,
            "max_file_bytes": MAX_BYTES,
            "max_header_bytes": MAX_HEADER_BYTES,
            "max_parts": MAX_PARTS,
            "signal_name": SIGNAL_NAME.pattern,
            "annotation_name": ANNOTATION_NAME.pattern,
        },
    }
    return script_json(config)
