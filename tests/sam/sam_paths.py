"""Where things are, and what they are called."""

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARCHITECTURES = ("x86_64", "arm64")

Sam = Callable[..., subprocess.CompletedProcess[str]]
"""Runs the SAM CLI with arguments, and variables as keywords; fails where it fails."""
