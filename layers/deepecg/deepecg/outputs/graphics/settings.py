"""Settings of the report's plots and strips, each with the reason or source of its default."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrendSettings:
    """Heart rate over time."""

    bin_s: int = 10
    """Length of a bin, in seconds: about ten beats, so that single intervals are averaged and a
    run of a few seconds is still visible. It is multiplied where ``max_bins`` would be
    exceeded."""
    max_bins: int = 10_080
    """Largest number of bins: 28 hours of 10-s bins."""


@dataclass(frozen=True)
class RrPlotSettings:
    """Histogram and Poincare plot of RR intervals."""

    first_ms: float = 200.0
    """Lower edge of the first bin, in milliseconds: no two ventricular depolarisations are closer
    (Pan & Tompkins 1985)."""
    bin_ms: float = 15.625
    """Width of a bin, in milliseconds: two samples of the conditioned signal (128 Hz). R peaks lie
    on samples, so a width that is not a multiple of their distance fills bins unevenly."""
    n_bins: int = 128
    """Number of bins: up to 2.2 s, since an interval is a pause from 2 s (ISHNE/HRS 2017)."""


@dataclass(frozen=True)
class StripSettings:
    """Strips of signal."""

    strip_s: float = 7.0
    """Length of a strip, in seconds: 175 mm at 25 mm/s fit on A4 beside the calibration pulse."""
    further_s: float = 5.0
    """Length of a further strip, and of either end of a long event in it, in seconds: those are not
    printed and need not fill a row, but a thousand of them make up half of the report."""
    lead_in_s: float = 2.0
    """Least signal before and after an event, in seconds: about two beats, so that onset and end
    are seen on paper. Half of it is enough where a printed event then fits into one row."""
    whole_s: float = 20.0
    """Longest strip without a cut, in seconds: three printed rows, which show asystole of 16 s
    whole. Of a longer event, a row at its beginning and a row at its end are shown."""
    cut_s: float = 0.4
    """Width of the mark where a strip is cut, in seconds of paper: 10 mm, as the calibration pulse,
    so that the row after a cut is as long as the one before it."""
    clear: float = 0.9
    """Clarity from which events are clear enough to be chosen by severity alone; of less clear
    ones, the clearest is chosen. It allows one second in ten that one lead lost, or beats whose
    class has a probability of 0.9."""
    max_events: int = 20
    """Largest number of printed strips of events; with the examples 24 strips, about four printed
    pages. All other urgent and notable events have theirs on screen."""
    examples: int = 2
    """Number of example strips of isolated beats, of V and of S each."""
    max_per_kind: int = 4
    """Largest number of printed strips of one kind of event."""
    max_marks: int = 100
    """Largest number of strips of the patient's marks: ten a day for ten days. A file with more
    contains a recorder's own annotations."""


@dataclass(frozen=True)
class ClusterSettings:
    """Clusters of beats."""

    before_s: float = 0.10
    """Start of the compared part, in seconds before the R peak: the QRS complex, as in the model's
    features."""
    after_s: float = 0.30
    """End of the compared part, in seconds after the R peak, within the T wave. The whole T wave
    moves with the heart rate: with it, half as many beats again would be in no cluster."""
    shift_s: float = 0.016
    """Largest shift between two compared beats, in seconds: two samples at 128 Hz, since noise
    moves the R peak of a broad or notched QRS complex."""
    correlation: float = 0.9
    """Smallest correlation (Pearson) of a beat with the shape of its cluster. On 48 records of
    DS1 and the Supraventricular DB, clusters made without regard to the classes were 99.3 % pure,
    four a record, with 1.2 % of the beats in none; 0.8 gave 99.0 %, three and 0.3 %, 0.95 gave
    99.6 %, six and 3.1 %."""
    amplitude_ratio: float = 2.0
    """Largest ratio of amplitudes of a beat and the shape of its cluster. Breathing and posture
    change amplitudes by less; an artefact can be ten times as large as a beat."""
    min_beats: int = 3
    """Smallest number of beats of a cluster: fewer similar beats can be chance."""
    max_per_class: tuple[int, ...] = (3, 3, 4, 1, 1)
    """Largest number of clusters of N, S, V, F and Q: 12 in all fit on a page."""
    sample_beats: int = 600
    """Number of beats of a class, spread over the recording, in which shapes are searched. All
    beats are then compared with the shapes. A shape that is rare in the sample is found in the
    second round, among the beats that are in no cluster yet."""
    rounds: int = 2
    """Number of such searches."""
    chunk_beats: int = 16_384
    """Number of beats compared at a time: limits the memory without changing results."""
    shape_before_s: float = 0.30
    """Start of the printed mean beat, in seconds before the R peak: the P wave."""
    shape_after_s: float = 0.50
    """End of the printed mean beat, in seconds after the R peak: the end of the T wave."""
    shape_beats: int = 400
    """Largest number of beats that the printed mean beat is computed from, spread over the
    recording: more make no visible difference."""
