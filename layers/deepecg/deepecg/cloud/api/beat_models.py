"""What is asked and answered about one beat, or a strip of signal.

All that makes a request wrong stands in the OpenAPI document: ranges field by field, and one
variant for each mode. What is wrong with a signal itself is no error but an answer.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

MAX_MV = 50.0
"""Ten times what an electrode gives, its offset apart; a signal in microvolts is beyond."""
MIN_RATE_HZ, MAX_RATE_HZ = 50.0, 10_000.0
"""As of recordings (:mod:`deepecg.recording`)."""
MIN_RR_S, MAX_RR_S = 0.15, 20.0
"""400 beats a minute, and the longest pauses survived; milliseconds are beyond."""
MAX_CONTEXT_BEATS = 400
"""Intervals farther away than the model's long mean of 400 reaches say nothing."""
MIN_BEAT_SAMPLES, MAX_BEAT_SAMPLES = 32, 20_000
"""0.64 s at 50 Hz, and 2 s at 10 kHz: no shorter window has the P wave, no longer one is needed."""
MIN_STRIP_SAMPLES, MAX_STRIP_SAMPLES = 500, 500_000
"""10 s at 50 Hz; with as many digits as recorders have, what fits into a request of 5 MB."""

Millivolts = Annotated[float, Field(ge=-MAX_MV, le=MAX_MV)]
Interval = Annotated[float, Field(ge=MIN_RR_S, le=MAX_RR_S)]
BeatSamples = Annotated[
    list[Millivolts],
    Field(min_length=MIN_BEAT_SAMPLES, max_length=MAX_BEAT_SAMPLES, fail_fast=True),
]
Intervals = Annotated[list[Interval], Field(max_length=MAX_CONTEXT_BEATS)]
Rate = Annotated[
    float, Field(ge=MIN_RATE_HZ, le=MAX_RATE_HZ, description="Samples a second.", examples=[360])
]


class Asked(BaseModel):
    """Part of a request: nothing unknown, nothing converted, no NaN, no infinity."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class RealtimeContext(Asked):
    """What is known beside the beat itself; the more of it, the nearer to a recording's result."""

    earlier_rr_s: Annotated[
        Intervals,
        Field(
            description="RR intervals before `pre_rr_s`, the oldest first. Without them the "
            "patient's own rhythm is not known: the mean of the intervals given stands for it."
        ),
    ] = []
    usual_beat_mv: Annotated[
        BeatSamples | None,
        Field(
            description="The beat that the patient mostly has, such as the median of the last "
            "minutes' beats; its rate, and the share at which its R peak lies, are those of "
            "`samples_mv`. Without it another model answers, which sees the beat and the two "
            "intervals around it, and nothing else of `context`."
        ),
    ] = None
    previous_beat_mv: Annotated[
        BeatSamples | None,
        Field(
            description="The beat before, given as `usual_beat_mv` is. Without it, it is taken to "
            "be like this one."
        ),
    ] = None


class DiagnosticContext(RealtimeContext):
    """The same, with what came after."""

    later_rr_s: Annotated[
        Intervals, Field(description="RR intervals after `post_rr_s`, in the order of time.")
    ] = []


class _Beat(Asked):
    samples_mv: Annotated[
        BeatSamples,
        Field(
            description="One lead around the R peak. Best is 375 ms before to 625 ms after it, or "
            "more; where there is less, the first or last sample stands for what is missing."
        ),
    ]
    sampling_rate_hz: Rate
    r_peak_position: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Where the R peak lies: 0 at the first sample, 1 at the last one.",
        ),
    ] = 0.5
    pre_rr_s: Annotated[Interval, Field(description="From the R peak before to this one.")]
    filtered: Annotated[
        bool,
        Field(
            description="`true`: all signals are band-passed already as recordings are (0.5 to 50 "
            "Hz, zero phase), and are only resampled. `false`: raw, with or without mains filter."
        ),
    ] = False


class DiagnosticBeat(_Beat):
    """A beat of which the next one is known."""

    mode: Annotated[Literal["diagnostic"], Field(description="May be left out.")] = "diagnostic"
    post_rr_s: Annotated[Interval, Field(description="From this R peak to the next one.")]
    context: DiagnosticContext | None = None


class RealtimeBeat(_Beat):
    """A beat that has just come: the interval after it counts as the mean of those before."""

    mode: Literal["realtime"]
    context: RealtimeContext | None = None


def _mode(beat: Any) -> str:
    return "realtime" if isinstance(beat, dict) and beat.get("mode") == "realtime" else "diagnostic"


BeatRequest = Annotated[
    Annotated[DiagnosticBeat, Tag("diagnostic")] | Annotated[RealtimeBeat, Tag("realtime")],
    Discriminator(_mode),
]


class StripRequest(Asked):
    """A strip of one lead."""

    samples_mv: Annotated[
        list[Millivolts],
        Field(
            min_length=MIN_STRIP_SAMPLES,
            max_length=MAX_STRIP_SAMPLES,
            fail_fast=True,  # half a million errors would take seconds, and a gigabyte
            description="Raw signal, from 10 s to an hour of it.",
        ),
    ]
    sampling_rate_hz: Rate


class ModelUsed(BaseModel):
    """The model that classified."""

    version: str
    sha256: str


class Answer(BaseModel):
    """What every answer says."""

    model: ModelUsed
    advisory: Annotated[str, Field(description="What this is not: a diagnosis, or an alarm.")]


ClassName = Annotated[
    Literal["N", "S", "V", "F", "Q"],
    Field(
        description="AAMI EC57: N normal, S supraventricular ectopic, V ventricular ectopic, "
        "F fusion, Q unclassifiable."
    ),
]
Probability = Annotated[float, Field(ge=0, le=1)]


class Classified(BaseModel):
    """A beat's class."""

    model_config = ConfigDict(populate_by_name=True)

    class_: Annotated[ClassName, Field(alias="class")]
    confidence: Annotated[Probability, Field(description="The probability of this class.")]
    probabilities: Annotated[
        dict[ClassName, Probability], Field(description="Of every class; their sum is 1.")
    ]


class BeatAnswer(Answer, Classified):
    """A beat that could be classified."""

    outcome: Literal["classified"] = "classified"
    mode: Literal["diagnostic", "realtime"]
    compared_with: Annotated[
        Literal["usual_beat", "nothing"],
        Field(description="What its shape was compared with; `model` says by which model."),
    ]


class NotAnalysable(Answer):
    """A signal that nothing can be said about, and why."""

    outcome: Literal["not_analysable"] = "not_analysable"
    code: Annotated[
        Literal[
            "too_short", "too_long", "no_signal", "flat_line", "saturated", "noisy", "no_beats"
        ],
        Field(description="What is wrong with the signal: the codes of refused recordings."),
    ]
    message: Annotated[str, Field(description="The same for people: what was found and expected.")]


class StripBeat(Classified):
    """A beat that was found in a strip."""

    time_s: Annotated[float, Field(ge=0, description="Its R peak, from the first sample.")]


class HeartRate(BaseModel):
    """Heart rate, as a recording's summary has it; null where too few intervals are known."""

    mean_bpm: float | None
    minimum_bpm: Annotated[
        float | None, Field(description="Lowest mean over a window; null under half a window.")
    ]
    minimum_at_s: float | None
    maximum_bpm: float | None
    maximum_at_s: float | None
    window_s: float
    tachycardia_s: float
    bradycardia_s: float


class Stretch(BaseModel):
    """A part of a strip."""

    start_s: float
    end_s: float


class Quality(BaseModel):
    """How much of a strip was analysed; beats elsewhere are not told."""

    analysable_s: int
    analysable_percent: Annotated[float, Field(ge=0, le=100)]
    missing_s: int
    flat_s: int
    saturated_s: int
    noisy_s: int
    without_beats_s: Annotated[
        float, Field(description="Analysable, but in no interval known to hold no missed beat.")
    ]
    not_analysable: list[Stretch]


class StripAnswer(Answer):
    """A strip that could be scored."""

    outcome: Literal["classified"] = "classified"
    duration_s: float
    beats: list[StripBeat]
    class_count: dict[ClassName, int]
    heart_rate: HeartRate
    quality: Quality
