"""The scenarios, one file for each group of kinds."""

from training.findings.scenarios import (
    disturbed,
    ectopy,
    irregular,
    normal,
    silence,
    slow_rates,
    tachycardia,
    ventricular,
)

SCENARIOS = (
    *normal.SCENARIOS,
    *tachycardia.SCENARIOS,
    *ventricular.SCENARIOS,
    *ectopy.SCENARIOS,
    *irregular.SCENARIOS,
    *slow_rates.SCENARIOS,
    *silence.SCENARIOS,
    *disturbed.SCENARIOS,
)
"""Every scenario."""
