"""One HTML answer: template, style sheets and scripts in one, behind a policy of hashes."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from markupsafe import Markup

from deepecg.beats.aami_classes import CLASSES
from deepecg.cloud.s3_keys import OWN_STUDY_SUFFIX
from deepecg.cloud.settings import ApiSettings
from deepecg.cloud.upload_page.next_steps import NEXT_STEPS, OUTCOMES
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.html_templates import policy_hash, template_environment
from deepecg.outputs.report import labels as report_words
from deepecg.readers.formats import FORMAT_LIST, SINGLE_FILE_SUFFIXES
from deepecg.readers.wfdb_file_names import ANNOTATION_NAME, HEADER_SUFFIX, SIGNAL_NAME
from deepecg.rhythm.event_kinds import KINDS

SCRIPTS = (
    "words.js", "elements.js", "api.js", "sign_in.js", "selection.js", "sending.js", "summary.js",
    "uploads.js", "lists.js", "views.js",
)  # fmt: skip
"""One module in several files, in the order in which they need each other."""
SAME_ORIGIN = "'self'"
COGNITO_ISSUER = "cognito-idp."
COGNITO_TOKENS = "https://*.amazoncognito.com"
"""Cognito gives its tokens at another host than its issuer's."""


@dataclass(frozen=True)
class Page:
    """The page as it is sent.

    Attributes
    ----------
    html : str
        It loads nothing from anywhere.
    policy : str
        Its content security policy, which allows these scripts and styles and nothing else.
    """

    html: str
    policy: str


def render_page(settings: ApiSettings, uploads_origin: str) -> Page:
    """Return the page.

    Parameters
    ----------
    settings : ApiSettings
        Who lets callers in.
    uploads_origin : str
        Where files are posted to: an origin, or :data:`SAME_ORIGIN`.
    """
    style = Markup(_text("outputs/report", "style.css") + _text("cloud/upload_page", "style.css"))
    script = Markup("\n".join(_text("cloud/upload_page", name) for name in SCRIPTS))
    html = (
        template_environment("deepecg.cloud.upload_page")
        .get_template("page.html.j2")
        .render(
            style=style, script=script, config=_config(settings), advisory=ADVISORY,
            authorisation=settings.authorisation, formats=FORMAT_LIST,
        )
    )  # fmt: skip
    return Page(html, _policy(style, script, _destinations(settings, uploads_origin)))


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _destinations(settings: ApiSettings, uploads_origin: str) -> list[str]:
    """Return whom the page's scripts may talk to."""
    found = [SAME_ORIGIN, uploads_origin]
    if settings.jwt_issuer is not None:
        found.append(origin_of(settings.jwt_issuer))
        if urlsplit(settings.jwt_issuer).netloc.startswith(COGNITO_ISSUER):
            found.append(COGNITO_TOKENS)
    return list(dict.fromkeys(found))


def _policy(style: str, script: str, destinations: list[str]) -> str:
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; "
        f"style-src {policy_hash(style)}; script-src {policy_hash(script)}; "
        f"connect-src {' '.join(destinations)}"
    )


def _config(settings: ApiSettings) -> Markup:
    """Return what the scripts are told, for a script element: no ``<`` can end it."""
    config = {
        "authorisation": settings.authorisation,
        "issuer": settings.jwt_issuer,
        "audience": settings.jwt_audience,
        "class_names": {name: report_words.CLASS_NAMES[name] for name in CLASSES},
        "groups": {key: kind.group for key, kind in KINDS.items()},
        "reviews": report_words.REVIEWS,
        "outcomes": OUTCOMES,
        "next_steps": NEXT_STEPS,
        "files": {
            "formats": FORMAT_LIST,
            "single_file_suffixes": SINGLE_FILE_SUFFIXES,
            "header_suffix": HEADER_SUFFIX,
            "study_suffix": OWN_STUDY_SUFFIX,
            "signal_name": SIGNAL_NAME.pattern,
            "annotation_name": ANNOTATION_NAME.pattern,
        },
    }
    return Markup(json.dumps(config, separators=(",", ":")).replace("<", "\\u003c"))


@cache
def _text(folder: str, name: str) -> str:
    return files("deepecg").joinpath(folder, name).read_text(encoding="utf-8")
