"""A made-up summary of schema version 2, and the graphics that go with it."""

import json
from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.graphics.ecg_strips import Strip
from deepecg.outputs.graphics.heart_rate_trend import Trend
from deepecg.outputs.graphics.morphology_clusters import Cluster
from deepecg.outputs.graphics.report_graphics import Graphics
from deepecg.outputs.graphics.rr_plots import Poincare, RrHistogram
from deepecg.outputs.report.labels_and_formats import KINDS
from deepecg.outputs.summary import NO_REVIEW, Summary
from deepecg.settings import ScoringSettings

DAY_S = 86_400
RATE_HZ = 128.0
EVENTS = (
    # kind, start, duration, beats, rate
    ("minimum_heart_rate", 61_235.0, 60.0, 44, 44.1),
    ("ventricular_couplet", 8_012.4, 0.5, 2, 120.0),
    ("ventricular_tachycardia", 20_400.2, 4.1, 11, 150.2),
    ("supraventricular_tachycardia", 31_000.0, 6.2, 16, 145.3),
    ("pause", 52_311.8, 3.2, 2, None),
    ("atrial_fibrillation", 70_000.0, 4_000.0, 6_600, 98.6),
    ("maximum_heart_rate", 33_100.0, 60.0, 141, 141.2),
    ("unconfirmed_pause", 82_400.0, 24.3, 2, None),
)
TIERS = {
    "ventricular_tachycardia": "urgent",
    "pause": "urgent",
    "unconfirmed_pause": "urgent",
    "supraventricular_tachycardia": "notable",
    "atrial_fibrillation": "notable",
}


def made_up_summary(start_local: str | None = "2024-03-01T09:30:00") -> dict[str, Any]:
    """Return a summary in which no two figures are alike, so that none can stand for another."""
    ectopy: dict[str, Any] = {
        "count": 2_017,
        "burden_percent": 2.05,
        "per_hour": 84.4,
        "isolated_count": 1_713,
        "couplet_count": 91,
        "triplet_count": 5,
        "run_count": 23,
        "longest_run": _run(20_400.2, 4.1, 11, 150.2),
        "fastest_run": _run(21_777.0, 1.2, 4, 171.3),
        "bigeminy": {"episode_count": 3, "duration_s": 121.5, "longest_s": 63.1},
        "trigeminy": {"episode_count": 6, "duration_s": 244.0, "longest_s": 71.4},
        "precision_percent": 96.2,
        "sensitivity_percent": 94.8,
        "couplet_precision_percent": 79.9,
        "run_precision_percent": 51.2,
    }
    supraventricular = ectopy | {
        "count": 1_009,
        "burden_percent": 1.03,
        "per_hour": 42.2,
        "isolated_count": 988,
        "couplet_count": 4,
        "triplet_count": 0,
        "run_count": 1,
        "longest_run": _run(31_000.0, 6.2, 16, 145.3),
        "fastest_run": None,
        "bigeminy": {"episode_count": 0, "duration_s": 0.0, "longest_s": None},
        "precision_percent": 57.4,
        "sensitivity_percent": 61.0,
        "couplet_precision_percent": 31.3,
        "run_precision_percent": 97.6,
        "left_out_in_fibrillation_count": 47,
    }
    events = [
        {
            "number": number,
            "kind": kind,
            "start_s": start_s,
            "duration_s": duration_s,
            "beats_count": n_beats,
            "rate_bpm": rate_bpm,
            "tier": TIERS.get(kind),
            "lead": "II",
            "strip": f"strip-{number + 1}",
        }
        for number, (kind, start_s, duration_s, n_beats, rate_bpm) in enumerate(EVENTS)
    ]
    return {
        "schema_version": "2.4",
        "kind": "summary",
        "recording_id": "9f86d081884c7d659a2f",
        "recording": {
            "format": "edf",
            "sampling_rate_hz": 250.0,
            "leads": ["II", "V1", "V5"],
            "lead_used": "II",
            "second_lead_used": None,
            "lead_chosen_by": "software",
            "duration_s": float(DAY_S),
            "lost_s": 0.0,
            "amplitudes_calibrated": True,
            "start_local": start_local,
            "time_zone": None,
            "paced": None,
        },
        "signal": {
            "analysable_s": 86_007,
            "analysable_percent": 99.55,
            "analysable_of_declared_percent": 99.55,
            "missing_s": 11,
            "flat_s": 307,
            "saturated_s": 30,
            "noisy_s": 45,
            "without_beats_s": 218.4,
        },
        "beats": {
            "total_count": 98_344,
            "class_count": {"N": 95_316, "S": 1_009, "V": 2_017, "F": 0, "Q": 2},
        },
        "heart_rate": {
            "mean_bpm": 68.3,
            "day_mean_bpm": 74.9,
            "night_mean_bpm": 58.7,
            "minimum_bpm": 44.1,
            "minimum_at_s": 61_235.0,
            "maximum_bpm": 141.2,
            "maximum_at_s": 33_100.0,
            "window_s": 60.0,
            "tachycardia_s": 1_260,
            "bradycardia_s": 3_060,
        },
        "ventricular": ectopy,
        "supraventricular": supraventricular,
        "pauses": {
            "count": 2,
            "longest_s": 3.2,
            "longest_at_s": 52_311.8,
            "threshold_s": 2.0,
            "unconfirmed_count": 7,
            "longest_unconfirmed_s": 24.3,
            "longest_unconfirmed_at_s": 82_400.0,
        },
        "atrial_fibrillation": {
            "episode_count": 1,
            "total_s": 4_000.0,
            "burden_percent": 4.65,
            "longest_s": 4_000.0,
            "mean_bpm": 98.6,
            "precision_percent": 84.3,
            "sensitivity_percent": 90.2,
        },
        "heart_rate_variability": {
            "nn_count": 90_123,
            "day_count": 1,
            "nn_s": 79_560.0,
            "sdnn_ms": 131.2,
            "sdann_ms": 112.9,
            "rmssd_ms": 30.1,
            "pnn50_percent": 8.7,
            "triangular_index": 33.4,
            "lf_ms2": 812.0,
            "hf_ms2": 304.0,
            "lf_hf_ratio": 2.67,
            "spectrum_s": 60_300.0,
        },
        "st_segment": {
            "not_assessed": None,
            "leads": [
                {
                    "lead": "II",
                    "assessed_s": 71_230.0,
                    "not_assessed_s": {"atrial_fibrillation": 4_010.0, "ectopic_beats": 11_160.0},
                    "median_level_mv": 0.031,
                    "lowest_level_mv": -0.187,
                    "highest_level_mv": 0.093,
                    "median_slope_mv_per_s": 0.4,
                    "trend_level_mv": [None, *(0.03 - 0.001 * (n % 7) for n in range(287))],
                }
            ],
            "trend_step_s": 300,
            "episode_count": 1,
            "episodes": [
                {
                    "lead": "II",
                    "start_s": 40_010.0,
                    "duration_s": 190.0,
                    "peak_at_s": 40_110.0,
                    "deviation_mv": -0.218,
                    "level_mv": -0.186,
                    "slope_mv_per_s": -0.7,
                    "rate_bpm": 112.4,
                    "abrupt": False,
                }
            ],
        },
        "qt_interval": {
            "not_assessed": None,
            "assessed_s": 70_140.0,
            "not_assessed_s": {"atrial_fibrillation": 4_020.0, "rate_not_stable": 12_240.0},
            "formula": "fridericia",
            "window_s": 60.0,
            "median_qt_ms": 391.0,
            "median_qtc_ms": 409.0,
            "mean_qtc_ms": 411.0,
            "longest": {"at_s": 25_020.0, "qtc_ms": 447.0, "qt_ms": 461.0, "rate_bpm": 54.7},
            "trend_step_s": 300,
            "trend_qtc_ms": [405.0 + n % 9 for n in range(288)],
        },
        "urgent": [
            _finding("ventricular_tachycardia", 20_400.2, 2, "Ventricular tachycardia of 11 beats"),
            _finding("pause", 52_311.8, 4, "Pause of 3.2 s"),
            _finding(
                "no_beat_found", 82_400.0, 7, "No beat found for 24 s: an electrode or asystole"
            ),
        ],
        "notable": [
            _finding("atrial_fibrillation", 70_000.0, 5, "Atrial fibrillation of 67 min at 99/min"),
        ],
        "hours": _hours(start_local),
        "events": events,
        "events_left_out_count": {"ventricular_couplet": 1_203},
        "marks": [_mark(0, 20_430.0, "diary", "dizzy on the stairs"), _mark(1, 50_000.0, "file")],
        "clusters": [
            {"number": 1, "class": "N", "count": 95_316, "percent": 96.9},
            {"number": 2, "class": "V", "count": 2_017, "percent": 2.1},
        ],
        "disclosure": True,
        "not_computed": ["first_degree_av_block"],
        "warnings": [{"code": "crc_mismatch", "message": "found 1, expected 2"}],
        "review": json.loads(msgspec.json.encode(NO_REVIEW)),
        "provenance": {
            "software": {"name": "deepecg", "version": "0.1.0"},
            "model": {"version": "made-up-1", "sha256": "0" * 64},
            "settings": msgspec.json.decode(msgspec.json.encode(ScoringSettings())),
            "review": "not_reviewed",
            "beats_sha256": "b" * 64,
        },
        "advisory": ADVISORY,
    }


def summary_of(document: dict[str, Any]) -> Summary:
    """Return a document as a summary."""
    return msgspec.convert(document, Summary)


def made_up_graphics() -> Graphics:
    """Return graphics of a day whose strips are those of :data:`EVENTS`."""
    random = np.random.default_rng(0)
    n_bins = DAY_S // 10
    clock = np.arange(n_bins) / n_bins
    bpm = 70 + 20 * np.sin(2 * np.pi * clock) + random.normal(0, 4, n_bins)
    share = np.ones(n_bins)
    share[3000:3035] = 0
    bpm[3000:3035] = np.nan
    fibrillation = np.zeros(n_bins)
    fibrillation[7000:7400] = 1
    trend = Trend(
        10.0,
        bpm,
        random.poisson(0.23, n_bins),
        random.poisson(0.12, n_bins),
        share,
        fibrillation,
    )
    rr_ms = np.clip(random.normal(850, 110, 90_000), 320, 1600)
    bins = np.arange(200, 2020, 20)
    pairs, _, _ = np.histogram2d(rr_ms[1:], 0.7 * rr_ms[:-1] + 0.3 * rr_ms[1:], bins=(bins, bins))
    counts, _ = np.histogram(rr_ms, bins)
    nn_counts, _ = np.histogram(rr_ms[: len(rr_ms) // 2], bins)
    return Graphics(
        trend,
        RrHistogram(20.0, 200.0, counts, nn_counts),
        Poincare(20.0, 200.0, pairs.astype(np.int64)),
        tuple(_strip(number, kind, start) for number, (kind, start, *_) in enumerate(EVENTS)),
        (
            Cluster(1, "N", 95_316, 96.9, RATE_HZ, _beat(0.012, 1.1)),
            Cluster(2, "V", 2_017, 2.1, RATE_HZ, _beat(0.05, -1.4), is_rest=True),
        ),
    )


def _run(start_s: float, duration_s: float, n_beats: int, rate_bpm: float) -> dict[str, Any]:
    return {
        "start_s": start_s,
        "duration_s": duration_s,
        "beats_count": n_beats,
        "rate_bpm": rate_bpm,
    }


ACCURACY = {"ventricular_tachycardia": {"right_count": 19, "found_count": 20, "patients_count": 6}}
"""Of the kinds of finding that were evaluated."""


def _finding(kind: str, at_s: float, event: int, message: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "at_s": at_s,
        "message": message,
        "event_count": 1,
        "beats_count": EVENTS[event][3],
        "duration_s": EVENTS[event][2],
        "event": event,
        "accuracy": ACCURACY.get(kind),
    }


def _hours(start_local: str | None) -> list[dict[str, Any]]:
    """Return the hours of the clock, or from the start if it is unknown."""
    start = None if start_local is None else datetime.fromisoformat(start_local)
    past_s = 0 if start is None else 60 * start.minute + start.second
    starts_s = [0, *range(3600 - past_s, DAY_S, 3600)]
    lengths_s = np.diff([*starts_s, DAY_S]).tolist()
    rows = zip(starts_s, lengths_s, strict=True)
    return [_hour(number, start_local, *row) for number, row in enumerate(rows)]


def _mark(number: int, at_s: float, source: str, text: str | None = None) -> dict[str, Any]:
    return {
        "number": number,
        "at_s": at_s,
        "duration_s": 0.0,
        "source": source,
        "text": text,
        "window_s": 60,
        "analysable_s": 53 - 53 * number,
        "rate_bpm": None if number else 91.4,
        "ventricular_count": 11 - 11 * number,
        "supraventricular_count": 0,
        "event_kinds": [] if number else ["ventricular_tachycardia"],
        "events": [] if number else [2],
        "strip": None,
    }


def _hour(number: int, start_local: str | None, start_s: int, length_s: int) -> dict[str, Any]:
    return {
        "hour": number,
        "start_s": start_s,
        "start_local": start_local,
        "analysable_s": length_s - number,
        "beats_count": 4000 + number,
        "mean_bpm": None if number == 8 else 60.5 + number,
        "minimum_bpm": None if number == 8 else 50.5 + number,
        "maximum_bpm": None if number == 8 else 90.5 + number,
        "ventricular_count": 7 * number,
        "supraventricular_count": 3 * number,
        "ventricular_run_count": number // 8,
        "supraventricular_run_count": 0,
        "pause_count": number // 20,
        "fibrillation_s": 600.0 if number == 19 else 0.0,
        "qt_ms": None if number == 8 else 380.0 + number,
        "qtc_ms": None if number == 8 else 402.0 + number,
        "st_level_mv": [None if number == 8 else 0.02],
    }


def _beat(width_s: float, height_mv: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    t = np.arange(round(RATE_HZ)) / RATE_HZ - 0.375
    shape = height_mv * np.exp(-0.5 * (t / width_s) ** 2)
    return (shape + 0.25 * np.exp(-0.5 * ((t - 0.3) / 0.045) ** 2)).astype(np.float32)


def _strip(number: int, kind: str, start_s: float) -> Strip:
    seconds = 10.0 if number == 5 else 6.0
    times = np.arange(0.5, seconds - 0.5, 0.8)
    classes = "".join("V" if 2 < i < 5 else "N" for i in range(len(times)))
    signal = np.zeros(round(seconds * RATE_HZ), np.float32)
    for at_s, name in zip(times, classes, strict=True):
        shape = _beat(0.05, -1.4) if name == "V" else _beat(0.012, 1.1)
        first = round((at_s - 0.375) * RATE_HZ)
        piece = signal[max(first, 0) : first + len(shape)]
        piece += shape[max(-first, 0) :][: len(piece)]
    return Strip(
        id=f"strip-{number + 1}",
        event_number=number,
        kind=KINDS[kind],
        start_s=start_s - 2.0,
        rate_hz=RATE_HZ,
        leads=("II",),
        signal_mv=signal[None],
        lost=((),),
        beat_times_s=times,
        beat_classes=classes,
        rr_s=np.diff(times, prepend=np.nan),
        from_s=2.0,
        until_s=4.5,
    )
