"""Requests that work, for the documentation: made-up beats, no one's ECG."""

from math import exp
from typing import Any

RATE_HZ = 100
WAVES = (  # mV, centre and width in s from the R peak: P, Q, R, S, T
    (0.12, -0.17, 0.025),
    (-0.10, -0.035, 0.010),
    (1.10, 0.0, 0.012),
    (-0.22, 0.035, 0.012),
    (0.28, 0.26, 0.05),
)
WIDE = ((1.6, 0.0, 0.045), (-0.5, 0.13, 0.04), (-0.45, 0.30, 0.07))
"""A ventricular beat: no P wave, a wide QRS complex, and the T wave the other way."""
PERIOD_S = 0.8


def _beat(waves: tuple[tuple[float, float, float], ...], before_s: float, s: float) -> list[float]:
    """Return a beat whose R peak lies ``before_s`` after the first of ``s`` seconds of samples."""
    times_s = (number / RATE_HZ - before_s for number in range(round(s * RATE_HZ)))
    return [
        round(sum(mv * exp(-0.5 * ((t - at) / width) ** 2) for mv, at, width in waves), 3)
        for t in times_s
    ]


_USUAL = _beat(WAVES, 0.4, 1.01)
_ABOUT = {"sampling_rate_hz": RATE_HZ, "r_peak_position": 0.4}

BEATS: dict[str, Any] = {
    "diagnostic": {
        "summary": "A beat, and the intervals before and after",
        "value": {"samples_mv": _USUAL, **_ABOUT, "pre_rr_s": 0.8, "post_rr_s": 0.8},
    },
    "with context": {
        "summary": "A premature wide beat, beside the usual one",
        "value": {
            "samples_mv": _beat(WIDE, 0.4, 1.01),
            **_ABOUT,
            "pre_rr_s": 0.52,
            "post_rr_s": 1.08,
            "context": {
                "earlier_rr_s": [0.8, 0.79, 0.81, 0.8],
                "later_rr_s": [0.8, 0.81],
                "usual_beat_mv": _USUAL,
                "previous_beat_mv": _USUAL,
            },
        },
    },
    "realtime": {
        "summary": "A beat that has just come",
        "value": {"samples_mv": _USUAL, **_ABOUT, "mode": "realtime", "pre_rr_s": 0.8},
    },
}
STRIPS: dict[str, Any] = {
    "strip": {
        "summary": "Twelve seconds, 75 beats a minute",
        "value": {"samples_mv": 15 * _beat(WAVES, 0.4, PERIOD_S), "sampling_rate_hz": RATE_HZ},
    }
}
