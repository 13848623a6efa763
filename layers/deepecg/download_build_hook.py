"""Build hook of hatchling: runs before the package is built or installed, also if editable."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class VendorHook(BuildHookInterface):
    """Downloads Swagger UI into the source tree, where the wheel's artifacts lie."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Download it, unless it is there."""
        script = Path(self.root) / "layers" / "deepecg" / "download_browser_libraries.py"
        runpy.run_path(str(script))["download_all"]()
