"""What every HTML page is made with: templates that escape, and a policy of hashes."""

import base64
import hashlib

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def template_environment(package: str) -> Environment:
    """Return the templates of a package: text is escaped, and nothing undefined is left out.

    Parameters
    ----------
    package : str
        Has a folder ``templates``.
    """
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def policy_hash(text: str) -> Markup:
    """Return what a content security policy calls an inline style sheet or script."""
    digest = hashlib.sha256(text.encode()).digest()
    return Markup(f"'sha256-{base64.b64encode(digest).decode()}'")
