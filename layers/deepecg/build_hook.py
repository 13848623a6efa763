"""What hatchling runs before the package is built or installed, editable installs included."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class UPlotHook(BuildHookInterface):
    """Brings uPlot into the source tree, from where the wheel takes it as an artifact."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Bring uPlot."""
        script = Path(self.root) / "layers" / "deepecg" / "uplot.py"
        runpy.run_path(str(script))["bring"]()
