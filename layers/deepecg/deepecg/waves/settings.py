"""Settings of wave segmentation and delineation, each with its source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RelativeLeadSettings:
    """Leads as the segmentation network reads them; the network's card contains these values."""

    qrs_s: float = 0.1
    """Seconds before and after the R peak within which the height of a QRS complex is measured."""
    height_beats: int = 61
    """Number of beats around a beat whose median QRS height is the unit of the signal: about a
    minute, so that ectopic beats do not change it and a change of posture does."""
    min_height_mv: float = 0.1
    """Smallest QRS height in mV that is taken as the unit: below it the lead shows no QRS
    complexes."""
    knee: float = 0.2
    """Deflection, in QRS heights, that the network receives as one half: larger ones are compressed
    towards 1, so that a P wave of a tenth of the QRS complex keeps a third of its size."""


@dataclass(frozen=True)
class DelineationSettings:
    """From probabilities to the waves of every beat; see :mod:`deepecg.waves.delineation`.

    Chosen on the training and selection records of LUDB and the QT Database
    (``training/waves/evaluate.py``).
    """

    least_probability: float = 0.15
    """Probability above which samples that follow each other may be one wave."""
    p_probability: float = 0.9
    """Highest probability within a P wave from which it is one by itself: nine in ten P waves of
    sinus rhythm exceed 0.98, most fibrillatory waves that resemble one stay below."""
    t_probability: float = 0.5
    """Highest probability within a T wave from which it is one."""
    onset_share: float = 0.5
    """Share of a wave's highest probability at which it begins; the network learns to return one
    half at a boundary of a wave that is certain."""
    offset_share: tuple[float, float, float] = (0.4, 0.4, 0.45)
    """Shares of the highest probability at which P waves, QRS complexes and T waves end: at one
    half they ended some 3 to 5 ms before the marks, as the later of two plausible ends is marked
    more often."""
    min_p_s: float = 0.03
    """Shortest P wave in seconds: a shorter one is a third of a normal one (80 to 110 ms)."""
    min_t_s: float = 0.05
    """Shortest T wave in seconds: a shorter one is a third of a normal one."""
    qrs_reach_s: float = 0.08
    """Largest distance in seconds of the R peak from the QRS complex found by the network."""
    qrs_before_s: float = 0.2
    """Longest time in seconds from QRS onset to R peak: the widest ventricular complexes have some
    200 ms in all."""
    qrs_after_s: float = 0.25
    """Longest time in seconds from R peak to the end of the QRS complex."""
    max_rt_s: float = 0.7
    """Longest time in seconds from R peak to T peak: a QT interval of some 800 ms."""
    max_pr_s: float = 0.6
    """Longest time in seconds from P onset to QRS onset of a conducted beat: longer PR intervals
    are rare even in first-degree block."""
    neighbour_beats: int = 10
    """Number of beats on either side whose P waves support an uncertain one at the same distance
    from the R peak."""
    neighbour_distance_s: float = 0.03
    """Largest difference in seconds of the distances from P peak to R peak that count as equal."""
    neighbour_share: float = 0.7
    """Share of the neighbours with a P wave, certain or not, at the same distance from which an
    uncertain P wave is one."""
    train_probability: float = 0.35
    """Highest probability within a P wave from which it may be one of a regular train."""
    train_ratio: float = 1.15
    """Largest ratio of the longest to the shortest of four intervals between P waves that are
    regular: ventriculophasic sinus arrhythmia in complete block changes them by some 10 %."""


@dataclass(frozen=True)
class SpuriousBeatSettings:
    """Beats that are none; see :mod:`deepecg.waves.spurious_beats`.

    On the training records 8 beats found where none is annotated meet these limits, and none of
    190,000 annotated ones.
    """

    rr_beats: int = 41
    """Number of beats around a beat whose median RR interval is the usual one."""
    rr_share: float = 0.1
    """Largest difference of the interval without the beat from the usual one, as a share of it: an
    interpolated beat lengthens it by 5 % or more."""
    after_share: float = 0.2
    """Largest difference of the interval after the next beat: in a couplet, which splits an
    interval too, this is a compensatory pause."""
    pr_s: float = 0.03
    """Largest difference of the next beat's distance from P peak to R peak from the usual one."""
    least_qrs_s: float = 0.07
    """Length in seconds from which a QRS complex is one: normal ones have 80 ms or more."""


@dataclass(frozen=True)
class LowActivitySettings:
    """Stretches without QRS complexes; see :mod:`deepecg.waves.low_activity`.

    No stretch of 105 training records meets these limits.
    """

    least_qrs_s: float = 0.07
    """Length in seconds from which a QRS complex is one: normal ones have 80 ms or more."""
    height_share: float = 0.8
    """Height of a wave, as a share of the median QRS complex, below which it is small."""
    window_beats: int = 5
    """Number of beats among which those without QRS complex are counted."""
    least_share: float = 0.5
    """Share of small ones without QRS complex above which there is no rhythm."""
    shortest_s: float = 5.0
    """Shortest stretch in seconds, from the last beat before it to the first one after."""
    known_share: float = 0.5
    """Share of beats with a QRS complex below which nothing is looked for."""


@dataclass(frozen=True)
class FlutterWaveSettings:
    """Flutter waves; see :mod:`deepecg.waves.flutter_waves`."""

    window_s: float = 10.0
    """Seconds of a window: some fifty flutter waves."""
    least_beats: int = 4
    """Fewest beats of a window."""
    p_share: float = 0.3
    """Share of beats with a P wave up to which flutter waves are looked for."""
    from_hz: float = 3.7
    """Lowest frequency: 220 per minute, slowed by drugs."""
    until_hz: float = 6.2
    """Highest frequency: 370 per minute; fibrillation is faster and has no single line."""
    least_ratio: float = 2.5
    """Smallest number of flutter waves a beat: 2:1 conduction looks like a P and a T wave."""
    before_s: float = 0.07
    """Seconds before the R peak at which the QRS complex begins, at the latest."""
    after_s: float = 0.08
    """Seconds after the R peak at which it has ended."""
    line_hz: float = 0.15
    """Half the width of a line, from the length of a window."""
    wide_from_hz: float = 2.5
    """Lower end of the band in which the line is the largest part."""
    wide_until_hz: float = 9.0
    """Its upper end."""
    line_share: float = 0.4
    """Share of the band's power in the line."""
    line_rise: float = 5.0
    """Power of the line over that at frequencies a heart rate away."""
    main_share: float = 0.6
    """Share of the band's power in a line that is nearly all there is: with constant conduction the
    QRS complexes hide the same part of each wave, so that frequencies a heart rate away rise."""
    main_rise: float = 2.0
    """Power of such a line over that at frequencies a heart rate away."""
    least_mv: float = 0.02
    """Smallest standard deviation in mV of what is between the QRS complexes: waves of 0.06 mV."""
    padding: int = 4
    """Factor by which the window is padded, so that lines are not missed between frequencies."""


@dataclass(frozen=True)
class StLevelSettings:
    """Where the level of the ST segment is measured; see :mod:`deepecg.waves.st_levels`."""

    after_j_s: float = 0.08
    """Seconds from the end of the QRS complex (J point) to where the ST level is measured (European
    ST-T Database, Taddei et al. 1992)."""
    after_j_fast_s: float = 0.06
    """Seconds from the J point to where the ST level is measured at rates above ``fast_bpm``, since
    the T wave begins earlier (Taddei et al. 1992)."""
    fast_bpm: float = 120.0
    """Heart rate in beats per minute above which ``after_j_fast_s`` applies (Taddei et al.
    1992)."""
    pr_before_s: float = 0.018
    """Seconds before QRS onset at which the middle of the isoelectric PR level lies: just before
    the complex, and a sample away from it, as filters smear it."""
    averaged_s: float = 0.02
    """Seconds of signal that PR level and ST level are means of: they average noise and are shorter
    than the PR segment."""
    slope_from_s: float = 0.02
    """Seconds from the J point to where the slope of the ST segment begins: the end of the QRS
    complex is not part of it."""
    boundary_beats: int = 31
    """Number of beats around a beat whose median QRS onset and end it takes: the boundaries of one
    beat err by 10 ms."""
