"""What hatchling runs before the package is built or installed, editable installs included."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class VendorHook(BuildHookInterface):
    """Brings uPlot and Swagger UI into the source tree; the wheel takes them as artifacts."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Bring both."""
        script = Path(self.root) / "layers" / "deepecg" / "vendor.py"
        runpy.run_path(str(script))["bring_all"]()
