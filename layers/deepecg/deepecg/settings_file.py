"""Settings files: a clinic's own settings, for all of its recordings or for one.

A settings file is a JSON object in which each part is optional::

    {
      "lead": "V5",
      "subject": "Patient/123",
      "time_zone": "Europe/Zurich",
      "rhythm": {"pauses": {"pause_s": 2.5}, "urgent": {"pause_s": 4}}
    }

``rhythm`` takes any field of :class:`~deepecg.rhythm.settings.RhythmSettings`, ``text`` those of
:class:`~deepecg.readers.text_options.TextOptions`; the others are those of
:class:`~deepecg.study.Study`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from operator import attrgetter
from types import NoneType
from typing import Any, TypeVar, get_args

from deepecg.errors import SettingsError
from deepecg.mistyped_names import meant_by
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.text_options import TextOptions, parse_text_options
from deepecg.rhythm.settings import QtFormula, RhythmSettings
from deepecg.settings import ScoringSettings
from deepecg.study import Study, refuse_faulty_study
from deepecg.time_units import HOURS_PER_DAY

MAX_BYTES = 100_000
"""Largest size of a settings file, which has some 50 lines; a larger file is something else."""
MAX_TEXT = 300
"""Largest number of characters of a lead's name or of a reference to a patient."""
FACTOR = 10
"""A threshold lies between its default divided by this factor and multiplied by it: other values
are typing errors or in another unit, and could make the analysis endless."""
COUPLET_BEATS = 2
KINDS = {
    NoneType: "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text that is not allowed",
    list: "a list",
    dict: "an object",
}
"""Types of JSON values for messages. Only a number where a number belongs is shown itself: anything
else may be about a patient."""
LONGEST_NUMBER = 20
"""Characters of a number that a message contains."""
FORMULA_NAMES = get_args(QtFormula)
SLOPE_BEFORE = "the slope of the ST segment is that before it"
PAUSES_FROM = "shorter pauses are not found because of rhythm.pauses.pause_s"

Group = TypeVar("Group")


@dataclass(frozen=True)
class SettingsFile(Study):
    """The content of a settings file.

    Attributes
    ----------
    lead : str or None
        Name of the lead to analyse; None selects leads automatically.
    rhythm : RhythmSettings
        Thresholds of rhythm analysis.
    text : TextOptions
        What recordings in CSV, TSV or text do not say about themselves.
    """

    lead: str | None = None
    rhythm: RhythmSettings = field(default_factory=RhythmSettings)
    text: TextOptions = field(default_factory=TextOptions)

    @property
    def about_one_patient(self) -> list[str]:
        """Names of the given fields that are about one patient, and so about one recording."""
        return [*super().about_one_patient, *(["text.start"] if self.text.start else [])]

    @property
    def scoring(self) -> ScoringSettings:
        """The settings for :func:`deepecg.scoring.score_recording`."""
        return ScoringSettings(lead=self.lead, rhythm=self.rhythm)

    @property
    def reading(self) -> ReadingOptions:
        """The options for :func:`deepecg.readers.open_recording.open_recording`."""
        return ReadingOptions(zone=self.zone, lead=self.lead, text=self.text)


def read_settings_file(content: bytes) -> SettingsFile:
    """Read a settings file.

    Parameters
    ----------
    content : bytes
        JSON in UTF-8.

    Raises
    ------
    SettingsError
        If the content is not a JSON object, has an unknown field, or a value that is not allowed by
        itself or together with others. The message contains the field and its line, and of values
        only a number where one belongs: others may be about a patient. For the same reason an
        unknown field is named only where it resembles a known one.
    """
    if len(content) > MAX_BYTES:
        raise SettingsError(f"found {len(content)} bytes of settings, expected at most {MAX_BYTES}")
    try:
        text = content.decode("utf-8-sig")
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(
            f"found settings that are not JSON (line {error.lineno}, column {error.colno}: "
            f"{error.msg}), expected an object"
        ) from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"found settings that are not JSON in UTF-8 ({type(error).__name__}), expected an "
            "object"
        ) from None
    try:
        found = _with_given(SettingsFile(), given)
    except _FieldError as error:
        raise SettingsError(f"{error}{_line_of(error.trail, text)}") from None
    refuse_faulty_study(found)
    _refuse_contradictions(found.scoring)
    return found


def _refuse_contradictions(settings: ScoringSettings) -> None:
    """Reject thresholds that contradict each other."""
    rhythm, nn = settings.rhythm, settings.rhythm.variability
    least_pause_s = rhythm.pauses.least_s(settings.detector.refractory_s)
    slope_ends_s = rhythm.st_level.slope_from_s + rhythm.st_level.averaged_s
    for path, least, why in (
        ("ectopy.run_beats", COUPLET_BEATS + 1, "2 beats are a couplet"),
        ("pauses.pause_s", least_pause_s, "the T wave fills shorter ones"),
        ("urgent.pause_s", rhythm.pauses.pause_s, PAUSES_FROM),
        ("urgent.unconfirmed_pause_s", rhythm.pauses.pause_s, PAUSES_FROM),
        ("variability.hf_from_hz", nn.lf_from_hz, "the LF band begins there"),
        ("variability.hf_until_hz", nn.hf_from_hz, "the HF band begins there"),
        ("variability.longest_nn_s", nn.shortest_nn_s, "the shortest NN interval"),
        ("rate.night_start_hours", rhythm.rate.day_start_hours, "the day begins then"),
        ("st_level.after_j_s", slope_ends_s, SLOPE_BEFORE),
        ("st_level.after_j_fast_s", slope_ends_s, SLOPE_BEFORE),
    ):
        if attrgetter(path)(rhythm) < least:
            raise SettingsError(
                f"found a value for rhythm.{path} that is too low, expected at least {least:g}: "
                f"{why}"
            )
    if rhythm.rate.night_start_hours > HOURS_PER_DAY:
        raise SettingsError(
            "found a value for rhythm.rate.night_start_hours that is too high, expected at most "
            f"{HOURS_PER_DAY}: an hour of the day"
        )
    if rhythm.qt_interval.formula not in FORMULA_NAMES:
        raise SettingsError(
            "found another text for rhythm.qt_interval.formula, expected one of "
            f"{', '.join(FORMULA_NAMES)}"
        )


class _FieldError(SettingsError):
    """A field is unknown or has a value that is not allowed by itself.

    Attributes
    ----------
    trail : sequence of str
        Names of the groups that the field is in, and its own.
    """

    def __init__(self, trail: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.trail = trail


def _line_of(trail: Sequence[str], text: str) -> str:
    """Return in which line a field is, for the end of a message; nothing if it is not found."""
    at = 0
    for name in trail:
        found = re.compile(rf"{re.escape(json.dumps(name))}\s*:").search(text, at)
        if found is None:
            return ""
        at = found.end()
    line = text.count("\n", 0, at) + 1
    return f" (line {line})"


def _with_given(default: Group, given: object, *trail: str) -> Group:
    """Return a settings dataclass in which given values replace the defaults."""
    if not isinstance(given, dict):
        where = ".".join(trail) or "the settings"
        raise _FieldError(trail, f"found {KINDS[type(given)]} for {where}, expected an object")
    names = [item.name for item in fields(default)]  # type: ignore[arg-type]
    for name in given:
        if name not in names:
            raise _FieldError((*trail, name), _unknown(name, names, trail))
    values = {
        name: _value(getattr(default, name), value, *trail, name) for name, value in given.items()
    }
    return replace(default, **values)  # type: ignore[type-var]


def _unknown(name: str, names: Sequence[str], trail: Sequence[str]) -> str:
    """Return the message on an unknown field, with the known one that is probably meant."""
    where, expected = ".".join(trail) or "the settings", f"expected some of {', '.join(names)}"
    paths = {path: path.rpartition(".")[2] for path in _paths(SettingsFile())}
    elsewhere = meant_by(name, paths.values())
    meant = meant_by(name, names) or [path for path, own in paths.items() if own in elsewhere]
    if not meant:
        return f"found an unknown setting in {where}, {expected}"
    path, close = ".".join((*trail, name)), " or ".join(f"`{other}`" for other in meant)
    return f"found the unknown setting `{path}`: did you mean {close}? In {where}, {expected}"


def _paths(group: object, path: str = "") -> Iterator[str]:
    """Yield every setting with the groups that it is in, as ``rhythm.pauses.pause_s``."""
    for item in fields(group):  # type: ignore[arg-type]
        own = f"{path}.{item.name}".lstrip(".")
        yield own
        if is_dataclass(value := getattr(group, item.name)):
            yield from _paths(value, own)


def _value(default: object, given: object, *trail: str) -> Any:
    path = ".".join(trail)
    if isinstance(default, TextOptions):
        return parse_text_options(given, path)
    if is_dataclass(default):
        return _with_given(default, given, *trail)
    if isinstance(default, bool):
        if not isinstance(given, bool):
            raise _FieldError(
                trail, f"found {KINDS[type(given)]} for {path}, expected true or false"
            )
        return given
    if isinstance(default, int | float):
        return _number(default, given, *trail)
    if not isinstance(given, str) or not 0 < len(given.strip()) <= MAX_TEXT:
        raise _FieldError(
            trail,
            f"found {KINDS[type(given)]} for {path}, expected a text of 1 to {MAX_TEXT} characters",
        )
    return given


def _number(default: float, given: object, *trail: str) -> float:
    """Return a threshold within its range; counts are whole numbers."""
    low, high = sorted((default / FACTOR, default * FACTOR))
    kind = "whole number" if isinstance(default, int) else "number"
    wanted = f"a {kind} from {low:g} to {high:g}"
    path = ".".join(trail)
    if not isinstance(given, int | float) or isinstance(given, bool):
        raise _FieldError(trail, f"found {KINDS[type(given)]} for {path}, expected {wanted}")
    if not low <= given <= high:
        found = json.dumps(given)[:LONGEST_NUMBER]
        raise _FieldError(trail, f"found {found} for {path}, expected {wanted}")
    if isinstance(default, int) and given != int(given):
        raise _FieldError(trail, f"found a fraction for {path}, expected {wanted}")
    return type(default)(given)
