"""Which signals of a file are ECG leads: by label, by unit and by sampling rate.

A label can say that a signal is ECG, that it is something else, or nothing. If any label of a file
says ECG, those signals are the leads and no others. If none does, the signals about which nothing
is said may be ECG, and only their samples can show it
(:mod:`deepecg.signal.convincing_ecg`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from deepecg.lead_names import (
    ECG_WORDS,
    ELECTRODE,
    MAX_LABEL,
    STRONG_LEAD,
    WEAK_LEAD,
    plain_label,
    words_of,
)
from deepecg.readers.voltage_units import is_other_quantity, unit_in_words
from deepecg.recording import MAX_SAMPLING_RATE_HZ, MIN_SAMPLING_RATE_HZ


class LabelledSignal(Protocol):
    """What the choice is made by; :class:`~deepecg.readers.file_signals.FileSignal` has it."""

    @property
    def label(self) -> str:
        """As the file writes it."""

    @property
    def unit(self) -> str:
        """As the file writes it; empty if the file gives none."""

    @property
    def sampling_rate_hz(self) -> float:
        """Samples per second."""

    @property
    def n_samples(self) -> int:
        """Number of samples."""


@dataclass(frozen=True)
class ChosenSignals:
    """The signals of a file that are leads, and why the others are not.

    Attributes
    ----------
    leads : tuple of int
        Indices of the leads; may be empty.
    reasons : dict of int to str
        For every other signal, the rule that set it aside.
    says_ecg : bool
        Whether labels say that the leads are ECG.
    """

    leads: tuple[int, ...]
    reasons: dict[int, str]
    says_ecg: bool

    def without(self, signals: Sequence[int], reason: str) -> "ChosenSignals":
        """Return the choice with some of the leads set aside."""
        away = set(signals)
        return replace(
            self,
            leads=tuple(lead for lead in self.leads if lead not in away),
            reasons=self.reasons | dict.fromkeys(signals, reason),
        )

    def only(self, signal: int, reason: str) -> "ChosenSignals":
        """Return the choice of one signal, the leads set aside."""
        others = [lead for lead in self.leads if lead != signal]
        reasons = self.without(others, reason).reasons
        return ChosenSignals(
            (signal,), {index: why for index, why in reasons.items() if index != signal}, True
        )


_OTHER_BESIDE_ECG: Final = {
    "a figure derived from an ECG": (
        r"derived from|derived ?(?:hr|rr|rate)|edr|hr[vx]?|heart ?rate|pulse ?rate|bpm|rri?|r-r|"
        r"ibi|sqi|quality|lead ?offs?|qrs|beats?|artefacts?|artifacts?|"
        r"st ?(?:level|trend|elev|depr|dev)[a-z]*"
    ),
    "respiration": (r"resp\w*|rsp|rip|breath\w*|snor\w*|air ?flow|atem\w*|atmung|дых\w*|呼吸\w*"),
    "muscle": r"s?emg\w*|эмг\w*|肌电\w*|筋電\w*",
    "eye movement": r"eog\w*",
    "pulse": (
        r"ppg\w*|pleth\w*|photopleth\w*|bvp|spo2\w*|sao2\w*|so2|пульс\w*|脉搏\w*|脈波\w*|血氧\w*"
    ),
    "heart sound": (
        r"pcg\w*|phono\w*|heart ?sounds?|scg\w*|seismo\w*|bcg\w*|ballisto\w*|steth\w*|hs\d?"
    ),
    "impedance": r"icg\w*|imp|impedanz|\w*impedance|z0|dz(?:/?dt)?|bioz\w*|tebc?",
    "skin": r"gsr\w*|eda|edl|galvanic\w*|electroderm\w*|s(?:c|cl|cr)|skin\w*",
    "movement": r"acc[xyz]?|accel\w*|gyr[xyz]?|gyro\w*|imu|actig\w*|motion",
    "a marker": (
        r"markers?|events?|trig\w*|sync\w*|status|stat|annotations?|count|counter|pacer|"
        r"pac(?:e|ing|emaker)[ -]?(?:spikes?|pulses?|marks?|channel)?|stim\w*|button"
    ),
    "a fetus": r"fecg|fetal|foetal|fet|direct ?\d",
}
"""What a label says that contains one of these words, even if it also contains ECG."""

_OTHER: Final = {
    "EEG": (
        r"s?eeg\w*|ээг\w*|脑电\w*|脳波\w*|ecog|ieeg|meg|(?:fp|af|fc|ft|tp|cp|po|f|t|p|o)(?:z|\d{1,2})|c[34z]|"
        r"[am][12]|mastoid|"
        # An electrode against one that only EEG has as its reference.
        r"[^\W_]+[-:/](?:a1|a2|m1|m2|a1a2|avg|cz|fpz)"
    ),
    "eye movement": r"loc|roc|e[12]|augen?",
    "muscle": (
        r"chin\w*|ment\w*|subment\w*|[lr]?legs?|[lr]arm|lat|rat|plm\w*|tib\w*|ta[lr]|muscle\w*|"
        r"masseter\w*|intercost\w*|diaphragm\w*|tremor\w*|kinn|beine?|jambe|menton"
    ),
    "respiration": (
        r"flow\w*|nasal\w*|nose|mouth|therm(?:istor|ocouple)|thor\w*|torax\w*|abd\w*|chest|belt|"
        r"effort\w*|mic|microphone|cannula|brust\w*|bauch\w*|schnarch\w*|sum|paw|etco2|et ?co2|"
        r"co2|o2|pco2|capno\w*|vent|volume|tidal"
    ),
    "pulse": r"pulse?|puls\w*|pr|oxi\w*|oxy\w*|optical|red|ir|infrared|nirs|hbo2?|hhb",
    "pressure": (
        r"n?ibp|n?bp|abpm?|art|cvp|pap|pcwp|icp|lap|rap|uap|uvp|p[1-4]|press\w*|druck\w*|bld"
    ),
    "movement": r"move\w*|activity|step\w*|gait|tilt|mag|magn\w*|seat|bed",
    "position": r"pos|position\w*|body|lage|posture",
    "temperature": r"temp\w*",
    "a rate": r"fhr|toco|uc|rate",
    "an electrode in the heart": r"cs ?\d{2}|hra ?\w*|his ?\w*|rva ?\w*|rvot|abl ?[dp]?|egm|iegm",
    "a marker": r"dc\d*|clock|time\w*|light\w*|batt\w*|digital\w*|sound|audio|video",
    "an ST level": r"st ?(?:i{1,3}|v\d?|av[rlf]|mcl\d?|\d)",
    "no signal": r"no signal|none|unused|empty|not used|off|nc|n/c|reserved|dummy|gnd|ground",
}
"""What a label says that contains one of these words and not ECG."""

_NO_LETTER_BEFORE: Final = r"(?<![^\W\d_])"
_NO_LETTER_AFTER: Final = r"(?![^\W\d_])"


def _patterns(kinds: dict[str, str]) -> list[tuple[str, re.Pattern[str]]]:
    """Return patterns of words; digits and underscores may touch a word, letters may not."""
    return [
        (kind, re.compile(f"{_NO_LETTER_BEFORE}(?:{words}){_NO_LETTER_AFTER}"))
        for kind, words in kinds.items()
    ]


_BESIDE_ECG: Final = _patterns(_OTHER_BESIDE_ECG)
_WITHOUT_ECG: Final = _BESIDE_ECG + _patterns(_OTHER)
_ECG: Final = re.compile(f"{ECG_WORDS}|electrocardio|elektrokardio|électrocardio")
_DERIVED: Final = re.compile(f"{ECG_WORDS}[-_ ]?(?:hr|rr|resp|edr|rate|qual|sqi|imp|stat|trig)")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_STRONG: Final = re.compile(STRONG_LEAD)
_LEAD: Final = re.compile(f"{STRONG_LEAD}|{WEAK_LEAD}")
_CHANNEL: Final = re.compile("ch(?:an(?:nel)?s?)?|kanal|canal|signal")
_ROMAN: Final = re.compile("i{1,3}")
_NEUTRAL: Final = re.compile(
    rf"{_CHANNEL.pattern}|leads?|deriv(?:ation)?|ableitung|abl|mod(?:ified)?|raw|filt(?:ered)?|"
    rf"limb|precordial|standard|holter|{ELECTRODE}|\d{{1,2}}"
)
_LABEL_SAYS: Final = "its label says "
_AXES: Final = frozenset("xyz")
_CHEST: Final = frozenset(("c1", "c2", "c3", "c4", "c5", "c6"))
_LIMBS: Final = frozenset(("i", "ii", "iii", "avr", "avl", "avf"))
_PAIR_OF_LIMBS: Final = re.compile(r"(?:[rl][al]|lf)[-_/ ]+(?:[rl][al]|lf|v[1-6]?|c[1-6]?)")
_EASI: Final = re.compile(r"[eas]-[si]")


def choose_ecg(
    signals: Sequence[LabelledSignal], *, format_says_ecg: bool = False
) -> ChosenSignals:
    """Choose the signals of a file that are ECG leads.

    Parameters
    ----------
    signals : sequence of LabelledSignal
        All signals of the file.
    format_says_ecg : bool
        Whether the file's format holds nothing but ECG; labels then decide nothing.

    Returns
    -------
    ChosenSignals
        Leads, and the rule that set each other signal aside.
    """
    reasons: dict[int, str] = {}
    chest = _names_of_chest_leads(signals)
    for index, signal in enumerate(signals):
        other = None if format_says_ecg else other_signal(signal.label)
        if other and plain_label(signal.label) not in chest:
            reasons[index] = _LABEL_SAYS + other
        elif is_other_quantity(signal.unit):
            reasons[index] = f"its unit is no voltage but {unit_in_words(signal.unit)}"
        elif not signal.n_samples:
            reasons[index] = "it has no samples"
    possible = [index for index in range(len(signals)) if index not in reasons]
    saying = {index for index in possible if format_says_ecg or says_lead(signals[index].label)}
    leads = possible
    if saying:
        named = any(
            _STRONG.fullmatch(word) for index in saying for word in words_of(signals[index].label)
        )
        others = any(reason.startswith(_LABEL_SAYS) for reason in reasons.values())
        leads = [
            index
            for index in possible
            if index in saying or (named and _is_weak(signals[index].label, beside_others=others))
        ]
        for index in set(possible) - set(leads):
            reasons[index] = "its label does not say ECG, and another label does"
    for index in leads:
        rate_hz = signals[index].sampling_rate_hz
        if not MIN_SAMPLING_RATE_HZ <= rate_hz <= MAX_SAMPLING_RATE_HZ:
            reasons[index] = (
                f"its rate of {rate_hz:g} Hz is not from {MIN_SAMPLING_RATE_HZ:g} to "
                f"{MAX_SAMPLING_RATE_HZ:g} Hz"
            )
    kept = tuple(index for index in leads if index not in reasons)
    return ChosenSignals(kept, reasons, bool(saying))


def _names_of_chest_leads(signals: Sequence[LabelledSignal]) -> frozenset[str]:
    """Return C1 to C6 if a file has all of them beside limb leads: C3 and C4 are then no EEG."""
    labels = {plain_label(signal.label) for signal in signals}
    return _CHEST if labels >= _CHEST and not labels.isdisjoint(_LIMBS) else frozenset()


def says_lead(label: str) -> bool:
    """Return whether a label says ECG, or is a name that only ECG leads have.

    ``ECG 2``, ``V5``, ``mod.V1``, ``Lead I (Einthoven)``, ``RA-LL``; not ``Sensor II``, nor
    ``Channel II``, which may be the second of anything.
    """
    text = plain_label(label)
    words = [word.removeprefix("lead") or word for word in words_of(label)]
    if _ECG.search(text) or _PAIR_OF_LIMBS.fullmatch(text) or _EASI.fullmatch(text):
        return True
    place = next((n for n, word in enumerate(words) if not _NEUTRAL.fullmatch(word)), None)
    if place is None or not _STRONG.fullmatch(words[place]):
        return False
    counted = any(map(_CHANNEL.fullmatch, words[:place]))
    return not (counted and _ROMAN.fullmatch(words[place]))


def other_signal(label: str) -> str | None:
    """Return what a label says that a signal is, if that is no ECG lead; else None."""
    text = plain_label(label)
    texts = {text, plain_label(_CAMEL.sub(" ", label[:MAX_LABEL]))}
    if _DERIVED.search(text):
        return "a figure derived from an ECG"
    patterns = _BESIDE_ECG if _ECG.search(text) else _WITHOUT_ECG
    return next((kind for kind, words in patterns if any(map(words.search, texts))), None)


def _is_weak(label: str, *, beside_others: bool) -> bool:
    """Return whether a label is a name that is a lead's beside other leads, such as ``V``.

    Names of axes may be those of an accelerometer where other labels say something else than ECG.
    """
    words = words_of(label)
    names = [word for word in words if _LEAD.fullmatch(word)]
    known = all(_LEAD.fullmatch(word) or _NEUTRAL.fullmatch(word) for word in words)
    return bool(names) and known and not (beside_others and _AXES.issuperset(names))
