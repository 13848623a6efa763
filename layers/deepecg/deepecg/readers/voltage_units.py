"""Units of samples as files write them, and how many millivolts they are."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

MILLIVOLTS_PER_STEP: Final = 1 / 200
"""Millivolts that a step of the converter is taken for where the file gives no other unit: the
default of WFDB, whose databases were digitised so. The lead is then not calibrated."""

_PREFIXES: Final = {
    "": 1e3,
    **dict.fromkeys(("m", "milli"), 1.0),
    **dict.fromkeys(("u", "mu", "mc", "mk", "micro", "mikro"), 1e-3),
    **dict.fromkeys(("n", "nano"), 1e-6),
}
"""Millivolts of a volt with each prefix."""

_VOLTS: Final = re.compile(
    rf"(?P<prefix>{'|'.join(sorted(_PREFIXES, key=len, reverse=True))})-?"
    r"v(?:ol(?:t(?:s|ios|ov)?)?)?(?:/(?P<divisor>1(?:000|e3|e6|000000)))?"
)
"""EDF's field of eight characters ends ``microvolt`` after ``vol``."""
_POWER: Final = re.compile(r"(?:1?[*x]?10\^?|1e|e)(?P<power>-?[369])[*x]?v(?:olts?)?")
_MICRO_IN_ANOTHER_ENCODING: Final = re.compile(r"(?:[^\x00-\x7f]{1,3}|\?{1,2})[Vv](?:olts?)?")
"""Micro is the only prefix of a volt that is not ASCII: whatever else is not ASCII is its sign, in
another encoding than it is read in, and so is the question mark that writers of ASCII put for it,
or two for its two bytes."""
_SWALLOWED: Final = frozenset("礦鎂猩潽킮")
"""The micro sign of Latin-1 or DOS and the V after it, as one character of GBK, Big5 or CP949."""
_CYRILLIC: Final = str.maketrans("мкнв", "mknv")
_CHINESE: Final = {"伏": 1e3, "毫伏": 1.0, "微伏": 1e-3}

_OTHER_QUANTITIES: Final = """
    % %sat percent bpm /min 1/min rpm brpm beats/min breaths/min hz khz s sec ms min
    mmhg torr kpa pa hpa mbar bar cmh2o psi degc degf c f k celsius °c °f deg degree degrees °
    rad rad/s deg/s °/s dps g mg m/s^2 m/s2 m/s m ms-2 ohm ohms kohm mohm ω kω ω/s ohm/s us
    usiemens siemens l l/s l/min lpm ml ml/s ml/min db dba a ma na lux t ut gauss steps bool on/off
""".split()  # noqa: SIM905
_STEPS: Final = """
    adu adc adcu count counts cnt lsb bit bits digit digits raw du nu nd au a.u n.u arb unit units
    none n/a dimensionless - 1
""".split()  # noqa: SIM905


def millivolts_per_unit(unit: str) -> float | None:
    """Return how many millivolts one ``unit`` is, or None if it is not a voltage.

    Parameters
    ----------
    unit : str
        As the file writes it: ``mV``, ``uVolt``, ``microV``, ``V``, ``nV``, ``10^-6 V``, or with a
        micro sign in any encoding.
    """
    raw = unit.strip("\0\t []()")
    if raw in _SWALLOWED or _MICRO_IN_ANOTHER_ENCODING.fullmatch(raw):
        return _PREFIXES["micro"]
    for text in (raw, *_decoded_again(raw)):
        if (millivolts := _millivolts(text)) is not None:
            return millivolts
    return None


def _millivolts(text: str) -> float | None:
    plain = _plain(text)
    if plain in _CHINESE:
        return _CHINESE[plain]
    if found := _VOLTS.fullmatch(plain):
        return _PREFIXES[found["prefix"]] / float(found["divisor"] or 1)
    if found := _POWER.fullmatch(plain):
        return float(1e3 * 10.0 ** int(found["power"]))
    return None


def _decoded_again(text: str) -> Iterator[str]:
    """Yield what a text that is not ASCII says if it was read as Latin-1 by mistake."""
    if not text.isascii():
        for encoding in ("utf-8", "cp1251", "gbk"):
            with suppress(UnicodeError):
                yield text.encode("latin-1").decode(encoding)


def is_other_quantity(unit: str) -> bool:
    """Return whether a unit is that of something else than a voltage, such as mmHg."""
    return unit.strip().casefold() in _OTHER_QUANTITIES or _plain(unit) in _OTHER_QUANTITIES


def is_steps(unit: str) -> bool:
    """Return whether a unit says that samples are steps of the converter, such as ``adu``."""
    return _plain(unit) in _STEPS


def unit_in_words(unit: str) -> str:
    """Return a unit for a message: itself if it is a known one, since units are free text."""
    plain = _plain(unit)
    if plain in _OTHER_QUANTITIES + _STEPS:
        return plain
    return "none" if not plain else "unknown"


def _plain(unit: str) -> str:
    """Return a unit in lower-case Latin letters without spaces, its micro sign as u."""
    text = unicodedata.normalize("NFKC", unit).casefold().replace("\u2212", "-")
    return "".join(text.split()).strip("\0[]().").translate(_CYRILLIC).replace("\u03bc", "u")
