"""Why ST segment and QT interval are not assessed somewhere: the names, once.

This module loads no NumPy, so that readers of summaries start fast.
"""

from typing import Final

OBSTACLES: Final = {
    "paced": "pacemaker",
    "atrial_fibrillation": "atrial fibrillation or flutter",
    "wide_qrs": "wide QRS complexes",
    "pre_excitation": "pre-excitation",
    "ectopic_beats": "ectopic beats",
    "waves_not_found": "waves not found",
    "rate_not_stable": "heart rate not stable",
    "not_analysable": "signal not analysable, or too few beats",
    "not_calibrated": "amplitude not calibrated",
}
"""Keys of what keeps a beat or window from being assessed, and their words."""
