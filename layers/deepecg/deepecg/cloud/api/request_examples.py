"""Named examples of request bodies for the OpenAPI document. The beats are synthetic."""

from math import exp
from typing import Any

RATE_HZ = 100
PERIOD_S = 0.8
WAVES = (  # of P, Q, R, S, T: amplitude in mV, centre and width in s from the R peak
    (0.12, -0.17, 0.025),
    (-0.10, -0.035, 0.010),
    (1.10, 0.0, 0.012),
    (-0.22, 0.035, 0.012),
    (0.28, 0.26, 0.05),
)
VENTRICULAR_WAVES = ((1.6, 0.0, 0.045), (-0.5, 0.13, 0.04), (-0.45, 0.30, 0.07))
"""A ventricular beat: no P wave, a wide QRS complex and an inverted T wave."""


def _beat(waves: tuple[tuple[float, float, float], ...], length_s: float) -> list[float]:
    """Return the samples of a beat in mV; its R peak lies 0.4 s after the first sample."""
    times_s = (number / RATE_HZ - 0.4 for number in range(round(length_s * RATE_HZ)))
    return [
        round(sum(mv * exp(-0.5 * ((t - at) / width) ** 2) for mv, at, width in waves), 3)
        for t in times_s
    ]


_NORMAL = _beat(WAVES, 1.01)
_SAMPLING = {"sampling_rate_hz": RATE_HZ, "r_peak_position": 0.4}

BEATS: dict[str, Any] = {
    "diagnostic": {
        "summary": "A beat with the RR intervals before and after it",
        "value": {"samples_mv": _NORMAL, **_SAMPLING, "pre_rr_s": 0.8, "post_rr_s": 0.8},
    },
    "with context": {
        "summary": "A premature wide beat with the patient's template beat",
        "value": {
            "samples_mv": _beat(VENTRICULAR_WAVES, 1.01),
            **_SAMPLING,
            "pre_rr_s": 0.52,
            "post_rr_s": 1.08,
            "context": {
                "earlier_rr_s": [0.8, 0.79, 0.81, 0.8],
                "later_rr_s": [0.8, 0.81],
                "usual_beat_mv": _NORMAL,
                "previous_beat_mv": _NORMAL,
            },
        },
    },
    "realtime": {
        "summary": "A beat whose next beat has not come yet",
        "value": {"samples_mv": _NORMAL, **_SAMPLING, "mode": "realtime", "pre_rr_s": 0.8},
    },
}
STRIPS: dict[str, Any] = {
    "strip": {
        "summary": "Twelve seconds at 75 beats per minute",
        "value": {"samples_mv": 15 * _beat(WAVES, PERIOD_S), "sampling_rate_hz": RATE_HZ},
    }
}
UPLOAD_REQUESTS: dict[str, Any] = {
    "WFDB": {
        "summary": "A WFDB record: the header and its signal file",
        "value": {
            "main": {"name": "100.hea", "size_bytes": 143},
            "parts": [{"name": "100.dat", "size_bytes": 1950000}],
        },
    },
    "EDF": {
        "summary": "A recording in one file",
        "value": {"main": {"name": "holter.edf", "size_bytes": 64801024}},
    },
}
