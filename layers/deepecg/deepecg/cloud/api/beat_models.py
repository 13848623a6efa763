"""Request and response bodies of one beat and of a strip of signal.

The OpenAPI document contains every rule that a request must follow: the range of each field, and
one variant for each mode. A signal that cannot be analysed is no error: it gets the outcome
``not_analysable``.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from deepecg.cloud.api.base_models import ApiResponse, ModelVersion, StrictRequest

MAX_MV = 50.0
"""Largest sample in mV: ten times an electrode's signal; a signal in microvolts exceeds it."""
MIN_RATE_HZ, MAX_RATE_HZ = 50.0, 10_000.0
"""Accepted sampling rates, as for recordings (:mod:`deepecg.recording`)."""
MIN_RR_S, MAX_RR_S = 0.15, 20.0
"""400 beats per minute, and the longest pauses survived; an interval in milliseconds exceeds it."""
MAX_CONTEXT_BEATS = 400
"""Most RR intervals on one side of a beat: the model's longest mean is over 400 intervals."""
MIN_BEAT_SAMPLES, MAX_BEAT_SAMPLES = 32, 20_000
"""0.64 s at 50 Hz, the shortest window with a P wave; and 2 s at 10 kHz, more than is used."""
MIN_STRIP_SAMPLES, MAX_STRIP_SAMPLES = 500, 500_000
"""10 s at 50 Hz; and what fits into a request of 5 MB with the digits that recorders write."""

Millivolts = Annotated[float, Field(ge=-MAX_MV, le=MAX_MV)]
Interval = Annotated[float, Field(ge=MIN_RR_S, le=MAX_RR_S)]
BeatSamples = Annotated[
    list[Millivolts],
    Field(min_length=MIN_BEAT_SAMPLES, max_length=MAX_BEAT_SAMPLES, fail_fast=True),
]
Intervals = Annotated[list[Interval], Field(max_length=MAX_CONTEXT_BEATS)]
SamplingRate = Annotated[
    float, Field(ge=MIN_RATE_HZ, le=MAX_RATE_HZ, description="Samples per second.", examples=[360])
]


class RealtimeContext(StrictRequest):
    """The patient's rhythm before the beat: more context gives a more reliable class."""

    earlier_rr_s: Intervals = Field(
        default=[],
        description="RR intervals before `pre_rr_s` in seconds, oldest first. Without them, the "
        "mean of the given intervals is used as the patient's mean RR interval.",
    )
    usual_beat_mv: BeatSamples | None = Field(
        default=None,
        description="The patient's template beat, for example the median of the beats of the "
        "last minutes. It has the sampling rate and the R peak position of `samples_mv`. "
        "Without it, a second model is used that sees only the beat and the two intervals "
        "around it, and ignores the rest of `context`.",
    )
    previous_beat_mv: BeatSamples | None = Field(
        default=None,
        description="The beat before this one, in the same form as `usual_beat_mv`. Without "
        "it, the previous beat is assumed to be equal to this one.",
    )


class DiagnosticContext(RealtimeContext):
    """The patient's rhythm before and after the beat."""

    later_rr_s: Intervals = Field(
        default=[], description="RR intervals after `post_rr_s` in seconds, oldest first."
    )


class _Beat(StrictRequest):
    samples_mv: BeatSamples = Field(
        description="Signal of one lead around the R peak in mV. Send at least 375 ms before "
        "to 625 ms after the R peak; a shorter signal is extended by repeating its first or "
        "last sample."
    )
    sampling_rate_hz: SamplingRate
    r_peak_position: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Position of the R peak: 0 is the first sample, 1 is the last one.",
    )
    pre_rr_s: Interval = Field(
        description="RR interval from the previous beat to this one in seconds."
    )
    filtered: bool = Field(
        default=False,
        description="`true`: the signals are already band-passed like those of recordings "
        "(0.5 to 50 Hz, zero phase) and are only resampled. `false`: the signals are raw, "
        "with or without a mains filter.",
    )


class DiagnosticBeat(_Beat):
    """A beat whose next beat is known."""

    mode: Literal["diagnostic"] = Field(default="diagnostic", description="The default.")
    post_rr_s: Interval = Field(
        description="RR interval from this beat to the next one in seconds."
    )
    context: DiagnosticContext | None = None


class RealtimeBeat(_Beat):
    """A beat whose next beat has not come: the mean of the earlier RR intervals replaces it."""

    mode: Literal["realtime"]
    context: RealtimeContext | None = None


def _mode(beat: Any) -> str:
    return "realtime" if isinstance(beat, dict) and beat.get("mode") == "realtime" else "diagnostic"


BeatRequest = Annotated[
    Annotated[DiagnosticBeat, Tag("diagnostic")] | Annotated[RealtimeBeat, Tag("realtime")],
    Discriminator(_mode),
]


class StripRequest(StrictRequest):
    """A strip of one lead."""

    samples_mv: list[Millivolts] = Field(
        min_length=MIN_STRIP_SAMPLES,
        max_length=MAX_STRIP_SAMPLES,
        fail_fast=True,  # half a million errors would take seconds and a gigabyte
        description="Raw signal in mV, 10 seconds to one hour.",
    )
    sampling_rate_hz: SamplingRate


class ClassifierResponse(ApiResponse):
    """What every response of a classifier contains."""

    model: ModelVersion = Field(description="The model that was used.")
    advisory: str = Field(description="Limits of use; show it with the result.")


ClassName = Annotated[
    Literal["N", "S", "V", "F", "Q"],
    Field(
        description="AAMI EC57: N normal, S supraventricular ectopic, V ventricular ectopic, "
        "F fusion, Q unclassifiable."
    ),
]
Probability = Annotated[float, Field(ge=0, le=1)]


class ClassifiedBeat(ApiResponse):
    """The class of a beat."""

    model_config = ConfigDict(populate_by_name=True)

    class_: ClassName = Field(alias="class")
    confidence: Probability = Field(description="Probability of this class.")
    probabilities: dict[ClassName, Probability] = Field(
        description="Probability of each class; their sum is 1."
    )


class BeatResponse(ClassifierResponse, ClassifiedBeat):
    """A classified beat."""

    outcome: Literal["classified"] = "classified"
    mode: Literal["diagnostic", "realtime"]
    compared_with: Literal["usual_beat", "nothing"] = Field(
        description="What the shape of the beat was compared with: it decides the model."
    )


class NotAnalysableResponse(ClassifierResponse):
    """A signal that cannot be analysed, and why."""

    outcome: Literal["not_analysable"] = "not_analysable"
    code: Literal[
        "too_short", "too_long", "no_signal", "flat_line", "saturated", "noisy", "no_beats"
    ] = Field(description="The reason, as in the rejection of a recording.")
    message: str = Field(description="What was found and what was expected.")


class StripBeat(ClassifiedBeat):
    """A beat found in a strip."""

    time_s: float = Field(ge=0, description="Time of the R peak in seconds from the first sample.")


class StripHeartRate(ApiResponse):
    """Heart rate as in a recording's summary; null where too few RR intervals were found."""

    mean_bpm: float | None
    minimum_bpm: float | None = Field(
        description="Lowest mean over a window; null if less than half a window is known."
    )
    minimum_at_s: float | None
    maximum_bpm: float | None
    maximum_at_s: float | None
    window_s: float
    tachycardia_s: float
    bradycardia_s: float


class NotAnalysableInterval(ApiResponse):
    """A part of a strip that cannot be analysed."""

    start_s: float
    end_s: float


class StripQuality(ApiResponse):
    """How much of a strip was analysed; beats outside of it are not reported."""

    analysable_s: int
    analysable_percent: float = Field(ge=0, le=100)
    missing_s: int
    flat_s: int
    saturated_s: int
    noisy_s: int
    without_beats_s: float = Field(
        description="Analysable time outside of RR intervals that surely miss no beat."
    )
    not_analysable: list[NotAnalysableInterval]


class StripResponse(ClassifierResponse):
    """The classified beats of a strip."""

    outcome: Literal["classified"] = "classified"
    duration_s: float
    beats: list[StripBeat]
    class_count: dict[ClassName, int]
    heart_rate: StripHeartRate
    quality: StripQuality
