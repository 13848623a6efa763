"""The measures of a summary that become FHIR Observations, with their names and codes.

The code of a measure is its path in ``summary.json``, such as ``ventricular.burden_percent``. Codes
are public: other systems store them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs.fhir_codes import LOINC_URI, Json, coding
from deepecg.outputs.summary import Summary
from deepecg.outputs.value_with_path import SummaryValue
from deepecg.time_units import SECONDS_PER_HOUR

UNITS = {
    "per_hour": ("/h", "beats/h"),
    "_bpm": ("/min", "beats/min"),
    "_percent": ("%", "%"),
    "_ratio": ("1", "1"),
    "_index": ("1", "1"),
    "_ms2": ("ms2", "ms²"),
    "_ms": ("ms", "ms"),
    "_s": ("s", "s"),
}
"""UCUM code and printed unit by the ending of a code; every other code is that of a count."""
COUNT = ("1", "1")
TIME = "Time from the start of the recording"
PART_NAMES = {
    "N": "Normal beats and bundle-branch block (AAMI class N)",
    "S": "Supraventricular ectopic beats (AAMI class S)",
    "V": "Ventricular ectopic beats (AAMI class V)",
    "F": "Fusion beats (AAMI class F)",
    "Q": "Beats that cannot be classified (AAMI class Q)",
    "start_s": TIME,
    "duration_s": "Duration",
    "beats_count": "Beats",
    "rate_bpm": "Rate",
    "window_s": "Averaging window",
    "threshold_s": "Shortest interval that counts as a pause",
    "qt_ms": "QT interval",
    "tier": "Tier",
    "lead": "Lead that shows the event best",
}
"""Names of components by the last key of their path."""

PANELS = {
    "signal": "Signal",
    "heart_rate": "Heart rate",
    "ventricular": "Ventricular ectopy",
    "supraventricular": "Supraventricular ectopy",
    "pauses": "Pauses",
    "atrial_fibrillation": "Atrial fibrillation",
    "heart_rate_variability": "Heart-rate variability",
    "qt_interval": "QT interval",
    "st_segment": "ST segment",
}
"""Observations that group others, by the first key of their paths; others are in no group."""

DAY_HOURS = (18.0, 30.0)
"""Length in hours of a recording for which LOINC's 24-hour heart rates are used; at least the first
of it is analysable. It is also the least time of NN intervals for LOINC's SDNN: Task Force 1996."""
DAY_LOINC = {
    "heart_rate.mean_bpm": coding(LOINC_URI, "41924-2", "Heart rate 24 hour mean"),
    "heart_rate.minimum_bpm": coding(LOINC_URI, "8883-1", "Heart rate 24 hour minimum"),
    "heart_rate.maximum_bpm": coding(LOINC_URI, "8873-2", "Heart rate 24 hour maximum"),
}
"""LOINC code by path, for recordings of about a day."""
SDNN_LOINC = {
    "heart_rate_variability.sdnn_ms": coding(
        LOINC_URI, "80404-7", "R-R interval.standard deviation (Heart rate variability)"
    ),
}
"""LOINC code by path, if the SDNN is one of days of at least 18 hours."""


def loinc_codes(summary: Summary) -> dict[str, Json]:
    """Return the LOINC codes that mean exactly the same as a value of a summary, by its path."""
    hours = summary.recording.duration_s / SECONDS_PER_HOUR
    analysable_hours = summary.signal.analysable_s / SECONDS_PER_HOUR
    is_day = DAY_HOURS[0] <= analysable_hours <= hours <= DAY_HOURS[1]
    sdnn_hours = summary.provenance.settings.rhythm.variability.day_indices_hours
    has_sdnn = summary.heart_rate_variability.day_count and sdnn_hours >= DAY_HOURS[0]
    return (DAY_LOINC if is_day else {}) | (SDNN_LOINC if has_sdnn else {})


@dataclass(frozen=True)
class Measure:
    """One Observation.

    Attributes
    ----------
    found : SummaryValue
        Its value and code.
    name : str
        Its name for people.
    parts : tuple of SummaryValue
        Its components.
    of : SummaryValue or None
        A count: if it is 0, the measure does not apply, such as the longest of no pauses.
    accuracy : str
        A sentence on how often such findings were right; empty if it is not known.
    """

    found: SummaryValue
    name: str
    parts: tuple[SummaryValue, ...] = ()
    of: SummaryValue | None = None
    accuracy: str = ""


def part_name(key: str) -> str:
    """Return the name of a component by the last key of its path."""
    return TIME if key.endswith("at_s") else PART_NAMES[key]


def measures(summary: SummaryValue) -> Iterator[Measure]:
    """Yield the measures of a summary, in the order of the report.

    ``SummaryValue(None)`` gives all measures that there can be, without their values.
    """
    signal, beats, rate = summary.signal, summary.beats, summary.heart_rate
    yield Measure(summary.recording.duration_s, "Length of the recording")
    yield Measure(signal.analysable_s, "Time that could be analysed")
    yield Measure(signal.analysable_percent, "Time that could be analysed, share of the recording")
    yield Measure(signal.noisy_s, "Time that could not be analysed because of noise")
    yield Measure(signal.without_beats_s, "Analysable time in which a beat may have been missed")
    yield Measure(beats.total_count, "Beats", tuple(beats.class_count[name] for name in CLASSES))
    yield Measure(rate.mean_bpm, "Heart rate, mean")
    yield Measure(rate.day_mean_bpm, "Heart rate, mean by day")
    yield Measure(rate.night_mean_bpm, "Heart rate, mean by night")
    yield Measure(rate.minimum_bpm, "Heart rate, minimum", (rate.minimum_at_s, rate.window_s))
    yield Measure(rate.maximum_bpm, "Heart rate, maximum", (rate.maximum_at_s, rate.window_s))
    yield Measure(rate.tachycardia_s, "Time in tachycardia")
    yield Measure(rate.bradycardia_s, "Time in bradycardia")
    yield from _ectopy(summary.ventricular, "Ventricular")
    yield from _ectopy(summary.supraventricular, "Supraventricular")
    yield Measure(
        summary.supraventricular.left_out_in_fibrillation_count,
        "Beats in atrial fibrillation, not counted as supraventricular ectopic beats",
    )
    yield from _pauses(summary.pauses)
    yield from _fibrillation(summary.atrial_fibrillation)
    yield from _variability(summary.heart_rate_variability)
    yield from _repolarisation(summary.qt_interval, summary.st_segment)


def _ectopy(found: SummaryValue, kind: str) -> Iterator[Measure]:
    """Yield the measures that ventricular and supraventricular beats have in common."""
    longest, fastest = found.longest_run, found.fastest_run
    yield Measure(
        found.count,
        f"{kind} ectopic beats",
        accuracy=_accuracy("beats", found.precision_percent, found.sensitivity_percent),
    )
    yield Measure(found.burden_percent, f"{kind} ectopic beats, share of all beats")
    yield Measure(found.per_hour, f"{kind} ectopic beats per analysable hour")
    yield Measure(found.isolated_count, f"{kind} ectopic beats, isolated")
    yield Measure(
        found.couplet_count,
        f"{kind} couplets",
        accuracy=_accuracy("couplets", found.couplet_precision_percent),
    )
    yield Measure(found.triplet_count, f"{kind} triplets")
    yield Measure(
        found.run_count,
        f"{kind} runs, triplets included",
        accuracy=_accuracy("runs", found.run_precision_percent),
    )
    yield Measure(
        longest.beats_count,
        f"{kind} ectopic beats in the longest run",
        (longest.start_s, longest.duration_s, longest.rate_bpm),
        of=found.run_count,
    )
    yield Measure(
        fastest.rate_bpm,
        f"{kind} ectopic rate in the fastest run",
        (fastest.start_s, fastest.duration_s, fastest.beats_count),
        of=found.run_count,
    )
    for pattern in (found.bigeminy, found.trigeminy):
        name = f"{kind} {pattern.key}"
        yield Measure(pattern.episode_count, f"{name}, episodes")
        yield Measure(pattern.duration_s, f"{name}, total time")
        yield Measure(pattern.longest_s, f"{name}, longest episode", of=pattern.episode_count)


def _pauses(found: SummaryValue) -> Iterator[Measure]:
    yield Measure(found.count, "Pauses", (found.threshold_s,))
    yield Measure(found.longest_s, "Longest pause", (found.longest_at_s,), of=found.count)
    yield Measure(
        found.unconfirmed_count, "Unconfirmed pauses, in which a beat may have been missed"
    )
    yield Measure(
        found.longest_unconfirmed_s,
        "Longest unconfirmed pause",
        (found.longest_unconfirmed_at_s,),
        of=found.unconfirmed_count,
    )


def _fibrillation(found: SummaryValue) -> Iterator[Measure]:
    yield Measure(found.episode_count, "Atrial fibrillation, episodes")
    yield Measure(found.total_s, "Atrial fibrillation, total time")
    yield Measure(
        found.burden_percent,
        "Atrial fibrillation, share of the time that could be analysed",
        accuracy=_accuracy("time", found.precision_percent, found.sensitivity_percent),
    )
    yield Measure(found.longest_s, "Atrial fibrillation, longest episode", of=found.episode_count)
    yield Measure(found.mean_bpm, "Mean heart rate in atrial fibrillation", of=found.episode_count)


def _variability(found: SummaryValue) -> Iterator[Measure]:
    yield Measure(found.nn_count, "Normal-to-normal (NN) intervals")
    yield Measure(found.nn_s, "Time that NN intervals cover")
    yield Measure(found.sdnn_ms, "SDNN of 24 hours")
    yield Measure(found.sdann_ms, "SDANN of 24 hours")
    yield Measure(found.rmssd_ms, "RMSSD")
    yield Measure(found.pnn50_percent, "pNN50")
    yield Measure(found.triangular_index, "HRV triangular index of 24 hours")
    yield Measure(found.lf_ms2, "Low-frequency power of NN intervals")
    yield Measure(found.hf_ms2, "High-frequency power of NN intervals")
    yield Measure(found.lf_hf_ratio, "Ratio of low- to high-frequency power")
    yield Measure(found.spectrum_s, "Time that the powers are computed from")


def _repolarisation(qt: SummaryValue, st: SummaryValue) -> Iterator[Measure]:
    note = "" if qt.value is None else f"Screening; QTc by {qt.value.formula.capitalize()}."
    longest = qt.longest
    parts = (longest.at_s, longest.qt_ms, longest.rate_bpm)
    yield Measure(qt.median_qt_ms, "QT interval, median", (qt.window_s,))
    yield Measure(qt.median_qtc_ms, "QTc, median", accuracy=note)
    yield Measure(qt.mean_qtc_ms, "QTc, mean", accuracy=note)
    yield Measure(longest.qtc_ms, "QTc, longest", parts, accuracy=note)
    yield Measure(st.episode_count, "ST deviations", accuracy="Screening." if note else "")


def _accuracy(what: str, precision: SummaryValue, sensitivity: SummaryValue | None = None) -> str:
    """Return how often such findings were right in the model's evaluation; empty if not known."""
    if precision.value is None:
        return ""
    is_known = sensitivity is not None and sensitivity.value is not None
    more = f", sensitivity: {sensitivity.value:g} %" if sensitivity and is_known else ""
    return f"In evaluation, precision for {what}: {precision.value:g} %{more}."
