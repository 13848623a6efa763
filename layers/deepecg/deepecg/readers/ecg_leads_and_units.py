"""Which signals of a file are ECG leads, and how many millivolts their units are."""

import re
from collections.abc import Collection, Iterable, Sequence, Sized
from typing import Final

from deepecg.errors import NoLeadsError

_UNIT_CHARACTERS: Final = 8
_MAX_UNITS: Final = 6

_MILLIVOLTS: Final = {
    **dict.fromkeys(("v", "volt", "volts"), 1e3),
    **dict.fromkeys(("mv", "mvolt", "mvolts", "millivolt", "millivolts"), 1.0),
    **dict.fromkeys(("uv", "uvolt", "uvolts", "microvolt", "microvolts"), 1e-3),
    "nv": 1e-6,
}

_ECG: Final = re.compile("ecg|ekg", re.IGNORECASE)
"""A label with ECG or EKG in it is that of an ECG lead, whatever else it says: ``EEG EKG1-REF``."""

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
"""Labels of the other signals of polygraphs and patient monitors, EEG electrodes among them.

C1 to C6 may be EEG electrodes or chest leads. Only C3 and C4, the EEG electrodes of every
polygraph, count as EEG.
"""


def ecg_leads(
    signals: Sequence[tuple[str, str]], warnings: dict[str, str], absent: Collection[int] = ()
) -> list[int]:
    """Return which signals of a file are ECG leads.

    Parameters
    ----------
    signals : sequence of (str, str)
        Label and unit of every signal, as the file writes them.
    warnings : dict of str to str
        Message by code; gets ``not_ecg`` if other signals are excluded.
    absent : collection of int
        Indices of signals without samples, which are never leads.

    Returns
    -------
    list of int
        Indices into ``signals``, at least one.

    Raises
    ------
    NoLeadsError
        If no signal is an ECG lead.
    """
    leads = [n for n, signal in enumerate(signals) if n not in absent and is_ecg(*signal)]
    if not leads:
        raise NoLeadsError(
            f"found {len(signals)} signals but no ECG (units: "
            f"{units_found(unit for _, unit in signals)}), expected one in mV, uV or V"
        )
    warnings |= excluded("not_ecg", leads, signals, "signals", "no ECG by label or unit")
    return leads


def excluded(code: str, kept: Sized, found: Sized, what: str, reason: str) -> dict[str, str]:
    """Return a warning that some signals or leads are excluded; none if all are kept.

    Parameters
    ----------
    code : str
        Code of the warning.
    kept, found : sized
        The signals or leads after and before.
    what : str
        What they are, in the plural.
    reason : str
        Why some are excluded.

    Returns
    -------
    dict of str to str
        The message by its code.
    """
    n_excluded = len(found) - len(kept)
    return {code: f"excluded {n_excluded} of {len(found)} {what}: {reason}"} if n_excluded else {}


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
        True for a label with ECG or EKG in it, if the unit is a voltage or missing. True for a
        label that names no other signal, if the unit is a voltage.
    """
    if _ECG.search(label):
        return not unit.strip() or millivolts_per_unit(unit) is not None
    words = label.replace("_", " ")
    return millivolts_per_unit(unit) is not None and not _OTHER_SIGNAL.search(words)


def units_found(units: Iterable[str]) -> str:
    """Return the distinct units of signals for a message, cut short because they are free text."""
    plain = (re.sub(r"[^\w%/^]", "", unit)[:_UNIT_CHARACTERS] or "none" for unit in units)
    distinct = sorted(set(plain))
    more = ["..."] if len(distinct) > _MAX_UNITS else []
    return ", ".join(distinct[:_MAX_UNITS] + more)
