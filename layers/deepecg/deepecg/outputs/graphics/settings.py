"""What the report's pictures show, with the reason or source of every default."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TrendSettings:
    """Heart rate over time."""

    bin_s: int = 10
    """Some ten beats: no single interval stands out, a run of a few seconds still does. Longer
    recordings have bins of a multiple of this..."""
    max_bins: int = 10_080
    """...so that there are no more than these: 28 hours of 10 s."""


@dataclass(frozen=True)
class RrPlotSettings:
    """Histogram and Poincare plot of RR intervals."""

    first_ms: float = 200.0
    """No two ventricular depolarisations are closer (Pan & Tompkins 1985)."""
    bin_ms: float = 15.625
    """Two samples of the conditioned signal (128 Hz): R peaks lie on its samples, and any bin
    that is no multiple of their distance makes a comb of the histogram."""
    n_bins: int = 128
    """Up to 2.2 s: from 2 s it is a pause (ISHNE/HRS 2017)."""


@dataclass(frozen=True)
class StripSettings:
    """Strips of signal."""

    strip_s: float = 7.0
    """175 mm at 25 mm/s: what a page of A4 holds beside the calibration pulse."""
    lead_in_s: float = 2.0
    """Of an event that is longer than a strip, what came before it shows too: two beats."""
    max_events: int = 20
    """Strips of events..."""
    examples: int = 2
    """...and of isolated beats, V and S each: 24 in all, some four printed pages."""
    max_per_kind: int = 4
    """Strips of one kind of event."""


@dataclass(frozen=True)
class ClusterSettings:
    """Clusters of beats."""

    before_s: float = 0.10
    """What is compared begins with the QRS complex (from -0.10 s in the model's features too)..."""
    after_s: float = 0.30
    """...and ends within the T wave. All of it would tell beats apart by heart rate, which moves
    it: half as many beats again are in no cluster."""
    shift_s: float = 0.016
    """Shapes are compared at the best alignment within this, two samples at 128 Hz: where the
    R peak of a broad or notched complex lies is a matter of noise."""
    correlation: float = 0.9
    """Beats at least this similar to a cluster's shape belong to it (Pearson). On 48 records of
    DS1 and the Supraventricular DB, clusters made without regard to the classes were 99.3 % pure,
    four a record, with 1.2 % of the beats in none; 0.8 gave 99.0 %, three and 0.3 %, 0.95 gave
    99.6 %, six and 3.1 %."""
    amplitude_ratio: float = 2.0
    """...unless larger or smaller by more than this: breathing and posture change amplitudes by
    less, an artefact can be ten times a beat."""
    min_beats: int = 3
    """Fewer that look alike are chance."""
    max_per_class: tuple[int, ...] = (3, 3, 4, 1, 1)
    """Clusters of N, S, V, F and Q, 12 in all: what fits on a page."""
    sample_beats: int = 600
    """Shapes are found among so many beats of a class, spread over the recording; all beats are
    then compared with the shapes. A shape that is rare among them is found in the second round,
    among the beats that were in no cluster."""
    rounds: int = 2
    """See ``sample_beats``."""
    chunk_beats: int = 16_384
    """Beats compared at a time: bounds the memory, changes no result."""
    shape_before_s: float = 0.30
    """What is shown of a cluster: from the P wave..."""
    shape_after_s: float = 0.50
    """...to the end of the T wave."""
    shape_beats: int = 400
    """The shape shown is the mean of so many beats at most, spread over the recording: more make
    no visible difference."""


@dataclass(frozen=True)
class GraphicsSettings:
    """All settings of :func:`deepecg.outputs.graphics.report_graphics.draw`."""

    trend: TrendSettings = field(default_factory=TrendSettings)
    rr_plots: RrPlotSettings = field(default_factory=RrPlotSettings)
    strips: StripSettings = field(default_factory=StripSettings)
    clusters: ClusterSettings = field(default_factory=ClusterSettings)
