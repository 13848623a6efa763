"""Every threshold of rhythm analysis, with its default and where that comes from.

A study may set them otherwise (:mod:`deepecg.settings_file`); the summary holds those that were used.
"""

from dataclasses import dataclass, field

from deepecg.beats.settings import PauseSettings


@dataclass(frozen=True)
class RateSettings:
    """Heart rate."""

    window_s: float = 60.0
    """Minimum and maximum heart rate are means over this window, not single intervals."""
    tachycardia_bpm: float = 100.0
    """Faster than this over the window counts as tachycardia time (usual adult definition)."""
    bradycardia_bpm: float = 50.0
    """Slower than this over the window counts as bradycardia time (ACC/AHA/HRS 2018)."""
    covered_share: float = 0.5
    """A window's rate needs known intervals over this share of it: with less, half a minute, a
    few beats beside a gap would be the minimum or maximum (our choice; no standard says)."""


@dataclass(frozen=True)
class EctopySettings:
    """Couplets, runs, bigeminy and trigeminy, of ventricular and of supraventricular beats."""

    run_beats: int = 3
    """So many ectopic beats one after the other make a run (ISHNE/HRS 2017). Never fewer than 3,
    since 2 are a couplet; with more than 3, shorter rows are neither couplet nor run, and of them
    those of exactly 3 are counted as triplets."""
    tachycardia_bpm: float = 100.0
    """A run faster than this is a tachycardia (ISHNE/HRS 2017); others are named by their origin
    alone, since they may be accelerated or slow."""
    bigeminy_cycles: int = 3
    """So many ectopic beats, with one normal beat between each and the next, make an episode of
    bigeminy (the annotators of the Long-Term AF Database)."""
    trigeminy_cycles: int = 3
    """The same, with two normal beats between, for trigeminy."""


@dataclass(frozen=True)
class FibrillationSettings:
    """Atrial fibrillation, from the irregularity of RR intervals."""

    episode_s: float = 30.0
    """An episode lasts at least this (ESC 2020), the gaps left out that it goes on over."""
    alike_s: float = 0.03
    """Intervals that differ by less than this are alike (Lake & Moorman 2011)."""
    apart_beats: int = 11
    """Only intervals at most so many beats apart are compared: those of their 12-beat windows."""
    window_beats: int = 25
    """Irregularity is measured over so many beats around, as many on either side as they had."""
    threshold: float = -1.2
    """Coefficient of sample entropy above which the rhythm is fibrillation. Lake & Moorman have
    -1.4 for single windows; this is chosen by data (``training/evaluate_fibrillation.py``, which has the
    leave-one-record-out figures)."""
    rmssd_share: float = 0.1
    """Steps from one interval to the next, as a share of the mean interval, that are no more
    than this are no fibrillation, be they irregular (Dash et al. 2009): sinus arrhythmia."""
    evidence_limit: float = 1.0
    """No beat speaks for or against fibrillation by more than this distance from the threshold."""
    patience: float = 15.0
    """Evidence that a change of rhythm must overcome at either end of an episode, so that 30
    beats as irregular as can be, half a minute at 60 a minute, just make one."""
    compared_share: float = 0.1
    """Where ventricular beats leave fewer than this share of the comparisons, there is no
    evidence..."""
    no_evidence: float = -0.2
    """...and fibrillation is believed to go on for a minute or two, not for hours: what each
    beat, or each second of a gap, then says against it."""


@dataclass(frozen=True)
class VariabilitySettings:
    """Heart-rate variability (Task Force of the ESC and NASPE, 1996)."""

    shortest_nn_s: float = 0.3
    """No sinus rhythm is faster than 200 a minute in adults..."""
    longest_nn_s: float = 2.0
    """...and what is longer is a pause or a missed beat."""
    local_intervals: int = 9
    """An interval is set against the median of this many around it, itself included: the length
    of Acar et al. (2000), but looking both ways..."""
    deviation_share: float = 0.2
    """...and is left out if it differs by more than this share of it (20 %: Malik et al. 1989,
    Acar et al. 2000). Their comparison with what came before also drops the true interval after a
    false one, and sinus arrhythmia, whose steps from beat to beat exceed its distance from the
    middle."""
    large_step_ms: float = 50.0
    """pNN50 counts the steps from one NN interval to the next above this (Task Force 1996; Ewing
    et al. 1984)."""
    segment_s: float = 300.0
    """Length of a segment for spectrum and SDANN (Task Force 1996: 5 minutes)."""
    segment_share: float = 0.8
    """NN intervals cover at least this share of a segment, or it is left out. The same amount of
    data is the least for RMSSD and pNN50."""
    filled_s: float = 5.0
    """For the spectrum, a hole of up to this is filled: less than a period of low frequency."""
    lf_from_hz: float = 0.04
    """Low-frequency power from here (Task Force 1996)..."""
    hf_from_hz: float = 0.15
    """...to here, where high-frequency power begins..."""
    hf_until_hz: float = 0.40
    """...and where that ends."""
    day_indices_hours: float = 18.0
    """Indices of a whole day need NN intervals over at least this (Task Force 1996)."""


@dataclass(frozen=True)
class UrgentSettings:
    """What a clinician should see first."""

    ventricular_run_beats: int = 6
    """A ventricular tachycardia of at least this many beats."""
    sustained_s: float = 30.0
    """A ventricular tachycardia of at least this is called sustained (AHA/ACC/HRS 2017)."""
    ventricular_burden_percent: float = 10.0
    """A share of ventricular beats above this: the range in which cardiomyopathy begins."""
    supraventricular_run_s: float = 30.0
    """A supraventricular tachycardia longer than this."""
    fibrillation_bpm: float = 110.0
    """Atrial fibrillation faster than this: lenient rate control (RACE II 2010)."""
    pause_s: float = 3.0
    """A pause of at least this."""
    unconfirmed_pause_s: float = 10.0
    """No beat found for at least this, be it the electrode or the heart. Shorter stretches are
    mostly electrodes; ten seconds without a beat must be looked at whatever they are."""


@dataclass(frozen=True)
class EventSettings:
    """The list of events."""

    max_events_per_kind: int = 100
    """So many of a kind are listed, the most severe: more than a clinician looks up, and bigeminy
    all day long does not swell the documents."""


@dataclass(frozen=True)
class RhythmSettings:
    """All settings of :func:`deepecg.rhythm.rhythm_analysis.analyse_rhythm`."""

    rate: RateSettings = field(default_factory=RateSettings)
    ectopy: EctopySettings = field(default_factory=EctopySettings)
    pauses: PauseSettings = field(default_factory=PauseSettings)
    fibrillation: FibrillationSettings = field(default_factory=FibrillationSettings)
    variability: VariabilitySettings = field(default_factory=VariabilitySettings)
    urgent: UrgentSettings = field(default_factory=UrgentSettings)
    events: EventSettings = field(default_factory=EventSettings)
