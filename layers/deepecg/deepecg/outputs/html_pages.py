"""Template environment, content-security-policy hashes and embedded data of every HTML page."""

import base64
import hashlib
import json
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def template_environment(package: str) -> Environment:
    """Return the templates of a package: text is escaped, and an undefined name is an error.

    Parameters
    ----------
    package : str
        Name of a package with a folder ``templates``.
    """
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def policy_hash(text: str) -> Markup:
    """Return the content-security-policy source of an inline style sheet or script."""
    digest = hashlib.sha256(text.encode()).digest()
    return Markup(f"'sha256-{base64.b64encode(digest).decode()}'")


def page_policy(styles: list[Markup], scripts: list[Markup]) -> str:
    """Return a content security policy that allows these inline texts and nothing else."""
    allowed = (" ".join(map(policy_hash, texts)) for texts in (styles, scripts))
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        "style-src {}; script-src {}".format(*allowed)
    )


def script_json(data: dict[str, Any]) -> Markup:
    """Return data for a script element: no ``<``, so nothing can end the element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))
