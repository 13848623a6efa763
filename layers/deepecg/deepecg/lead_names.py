"""Names of ECG leads: the vocabulary that labels are compared with and cut down to.

A label is free text and may contain the patient's name. What is shown of it are words of this
vocabulary, and nothing else.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

MAX_LEAD_NAME: Final = 16
"""Longest lead name in characters, the size of EDF's label field; longer names are cut."""

MAX_LABEL: Final = 200
"""Number of characters of a label that are looked at; a longer one has a damaged header in it."""

ECG_WORDS: Final = r"(?:ecg|ekg|экг|екг|ηκγ|心電図?|心电图?|심전도)"
"""What an electrocardiogram is called in labels."""

STRONG_LEAD: Final = (
    r"(?:i{1,3}|avr|avl|avf|v[1-9]r?|vx|vy|vz|ml(?:i{1,3}|[1-9])|mcl[1-9]?|mv[1-9]|cm[1-9]|"
    r"cc[1-9]|di{2,3})"
)
"""Names that only ECG leads have: of the limbs, of the chest, of Frank, of Holter recorders."""

WEAK_LEAD: Final = r"(?:[xyz]|v|c[1-6]|cs[1-9]?|d[1-4]|di|as|es|ai|v[lrf]|nehb)"
"""Names that leads share with axes of movement, electrodes of the brain or coronary sinus."""

ELECTRODE: Final = r"(?:la|ra|ll|rl|lf|rf|[rlfn])"
"""Electrodes of the limbs, in American and international letters."""

_OTHER_LETTERS: Final = "aehims"
"""Electrodes of EASI and Frank: lead ``A-S`` is from electrode A to electrode S."""

_OTHER_WORDS: Final = """
    lead leads channel chan ch signal derivation deriv ableitung abl kanal canal отведение канал
    导联 誘導 mod modified ref raw filt filtered avg diff bipolar unipolar unknown holter ambulatory
    standard limb precordial chest left right arm leg gain pos neg mean mv uv
    resp respiration rsp airflow flow nasal thorax thor abdomen abd effort snore mic abp nbp ibp bp
    cvp pap icp press pressure pleth ppg ppgraw pulse spo2 sao2 etco2 co2 eeg eog emg chin plm plml
    plmr lat rat lleg rleg larm rarm tibialis muscle tremor loc roc pcg phono heart sound scg bcg
    icg impedance imp gsr eda skin temp acc accel accelerometer gyro mag motion movement activity
    position hr rr rate quality event marker trigger trig status battery counter pacer stim
    annotations fetal fecg direct none unused fp af fc ft tp cp po fz cz pz oz fpz
""".split()  # noqa: SIM905
"""Words around a lead's name, and what the other signals of polygraphs and monitors are called."""

WORD: Final = re.compile(
    rf"(?:{ECG_WORDS})+(?:[lr]|{STRONG_LEAD}|\d{{1,2}})?"
    rf"|(?:lead)?{STRONG_LEAD}|{WEAK_LEAD}|{ELECTRODE}"
    rf"|(?:{'|'.join(_OTHER_WORDS)})\d{{0,2}}|[fctpomae]\d{{1,2}}|\d{{1,2}}"
)
"""A word of a label, in lower case, that is no name of a person."""

_ONE_LETTER: Final = re.compile(rf"[xyzvrlfn{_OTHER_LETTERS}]")
_STRONG: Final = re.compile(STRONG_LEAD)
_STARTS_WITH_ECG: Final = re.compile(ECG_WORDS)
_WORDS: Final = re.compile(r"[^\W_]+")
_SEVERAL_NUMBERS: Final = re.compile(r"(?<![^\W_])\d+(?:[\W_]+\d+)+(?![^\W_])")
_TWO_DIGITS: Final = re.compile(r"\d[\W_]+\d")
_KEPT_GAP: Final = re.compile(r" ?[-+./_#] ?")


def folded(text: str) -> str:
    """Return a label or name for comparison: without case, white space and Unicode variants."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def plain_label(label: str) -> str:
    """Return a label in lower case, with single spaces for underscores and white space."""
    text = unicodedata.normalize("NFKC", label[:MAX_LABEL]).casefold().replace("_", " ")
    return " ".join(text.split())


def words_of(label: str) -> list[str]:
    """Return the words of a label in lower case; digits belong to the letters before them."""
    return _WORDS.findall(plain_label(label))


def harmless_name(label: str) -> str:
    """Return what of a label can be shown: ``ECG Meier`` as ``ECG``; empty if nothing can.

    Parameters
    ----------
    label : str
        As the file writes it: free text, which may identify the patient.

    Returns
    -------
    str
        The known words of the label as it writes them, at most :data:`MAX_LEAD_NAME` characters.
        Numbers have at most two digits and are not those of a date. Where a word is unknown, those
        of one or two letters are kept only if they are certain to be leads.
    """
    text = unicodedata.normalize("NFKC", label[:MAX_LABEL])
    text = _SEVERAL_NUMBERS.sub(
        lambda found: found[0] if _TWO_DIGITS.fullmatch(found[0]) else "\ufffd", text
    )
    words = [(found, _known_part(found[0])) for found in _WORDS.finditer(text)]
    all_known = "\ufffd" not in text and all(found[0] == known for found, known in words)
    name, end, follows = "", -1, True
    for found, known in words:
        stays = all_known or _is_no_part_of_a_name(known, follows=follows)
        follows = bool(known) and stays
        if not follows:
            continue
        if not name and text[: found.start()].strip() == "-":
            name = "-"  # a lead turned over, such as -aVR
        elif name:
            gap = " ".join(f"|{text[end : found.start()]}|".split()).strip("|")
            name += gap if _KEPT_GAP.fullmatch(gap) else " "
        name += known
        end = found.start() + len(known)
    return name[:MAX_LEAD_NAME].rstrip(" -+./_#")


def unique_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the harmless names of signals, each once: ``ECG, ECG, ""`` as ``ECG, ECG#2, lead 3``.

    Parameters
    ----------
    labels : sequence of str
        Labels in the order of the signals in the file, as the file writes them.
    """
    seen: dict[str, int] = {}
    unique = []
    for number, label in enumerate(labels, start=1):
        name = harmless_name(label)
        if not any(map(str.isalpha, name)):  # a bare number would be taken for that of a signal
            name = f"lead {number}"
        count = seen[folded(name)] = seen.get(folded(name), 0) + 1
        unique.append(name if count == 1 else f"{name}#{count}")
    return tuple(unique)


def position_of(
    wanted: str, labels: Sequence[str], names: Sequence[str], numbers: Sequence[int]
) -> int | None:
    """Return the position of the signal that a person asks for; None if there is none.

    Parameters
    ----------
    wanted : str
        A label, a harmless name or a number. Labels come first, so that a signal labelled ``1`` is
        found before signal number 1.
    labels, names, numbers : sequences
        Of the signals: as the file writes them, as they are shown, and as the file counts them.
    """
    name = folded(wanted)
    for texts in (labels, names, [str(number) for number in numbers]):
        found = [folded(text) for text in texts]
        if name and name in found:
            return found.index(name)
    return None


def _known_part(word: str) -> str:
    """Return the part of a word that can be shown: all, ECG at its start, or nothing."""
    lower = word.casefold()
    if WORD.fullmatch(lower) or _ONE_LETTER.fullmatch(lower):
        return word
    starts = _STARTS_WITH_ECG.match(lower)
    return word[: starts.end()] if starts else ""


def _is_no_part_of_a_name(word: str, *, follows: bool) -> bool:
    """Return whether a known word is none of a name beside it: an initial, or ``La`` or ``Di``.

    ``follows`` is whether it is the first word or follows a word that stays.
    """
    lower = word.casefold()
    if len(lower) == 1:
        return lower.isdigit() or (follows and lower in "iv")
    return len(lower) > 2 or lower.isdigit() or bool(_STRONG.fullmatch(lower))
