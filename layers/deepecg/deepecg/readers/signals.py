"""Which signals of a file are ECG leads, and how their units become millivolts."""

import re
from collections.abc import Iterable
from typing import Final

from deepecg.units import SECONDS_PER_DAY

MAX_DURATION_S: Final = 90.0 * SECONDS_PER_DAY
"""Longest recording believed: patch recorders run for some 30 days, damaged headers for years."""

_UNIT_CHARACTERS: Final = 8
_UNITS_NAMED: Final = 6

_MILLIVOLTS: Final = {
    "v": 1e3,
    "volt": 1e3,
    "volts": 1e3,
    "mvolt": 1.0,
    "mvolts": 1.0,
    "uvolt": 1e-3,
    "uvolts": 1e-3,
    "mv": 1.0,
    "millivolt": 1.0,
    "millivolts": 1.0,
    "uv": 1e-3,
    "microvolt": 1e-3,
    "microvolts": 1e-3,
    "nv": 1e-6,
}

_ECG: Final = re.compile("ecg|ekg", re.IGNORECASE)
"""Labels that say ECG are believed, whatever else they say: ``EEG EKG1-REF``."""

_OTHER_SIGNAL: Final = re.compile(
    r"""\b(?:
        resp\w* | rsp | airflow | flow | nasal | thor\w* | abd\w* | snor\w* | mic |
        abp | art | nbp | bp | cvp | pap | icp | lap | rap | uap | uvp | press\w* |
        ple?th\w* | ppg | pulse | spo2\w* | sao2\w* | so2 | et?co2 | co2 |
        eeg\w* | eog\w* | emg\w* | chin\w* | [lr]?leg\d* | loc | roc | e[12] | dc\d* |
        (?:fp|af|fc|ft|tp|cp|po|f|t|p|o)(?:z|\d{1,2}) | c[34z] |
        temp\w* | pos(?:ition)? | body | acc\w* | gyro\w* | imp(?:edance)? | hr | rr | batt\w* |
        event\w* | marker | trig\w* | status | annotations
    )\b | [-:/](?:a1|a2|m1|m2|a1a2|avg|ref|cz|fpz)\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""Labels of what polygraphs and monitors record beside the ECG, EEG electrodes among them.

C1 to C6 are chest leads as well, so only C3 and C4, which every polygraph has, are told as EEG.
"""


def millivolts_per_unit(unit: str) -> float | None:
    """Return how many millivolts one ``unit`` is, or None if it is not a voltage.

    Parameters
    ----------
    unit : str
        As the file writes it: ``mV``, ``uV``, ``µV`` (in any encoding), ``V`` or ``nV``.
    """
    # U+00B5 and U+03BC are both in use; a UTF-8 micro sign read as Latin-1 starts with U+00C2.
    plain = unit.replace("\u00c2", "").replace("\u00b5", "u").replace("\u03bc", "u")
    return _MILLIVOLTS.get(plain.strip().casefold())


def is_ecg(label: str, unit: str) -> bool:
    """Return whether a signal is an ECG lead.

    Parameters
    ----------
    label, unit : str
        As the file writes them.

    Returns
    -------
    bool
        True for a voltage whose label says ECG or EKG, or nothing else; without any unit only
        where the label says it.
    """
    if _ECG.search(label):
        return not unit.strip() or millivolts_per_unit(unit) is not None
    words = label.replace("_", " ")
    return millivolts_per_unit(unit) is not None and not _OTHER_SIGNAL.search(words)


def units_found(units: Iterable[str]) -> str:
    """Return the units of signals for a message: each once, cut short, since they are free text."""
    plain = (re.sub(r"[^\w%/^]", "", unit)[:_UNIT_CHARACTERS] or "none" for unit in units)
    distinct = sorted(set(plain))
    more = ["..."] if len(distinct) > _UNITS_NAMED else []
    return ", ".join(distinct[:_UNITS_NAMED] + more)
