"""Every setting of the nightly report, with its default and the source of the default."""

from dataclasses import dataclass, field
from typing import Literal

from deepecg.rhythm.urgent_kinds import URGENT_KINDS


@dataclass(frozen=True)
class RankingSettings:
    """The order in which a clinician should open the recordings.

    There is no standard for it. Recordings with an urgent finding come first, then those with a
    notable one, then the others. In each of these tiers the points decide: those of each kind of
    finding, counted once, plus those of the burdens.
    """

    urgent_points: tuple[tuple[str, float], ...] = tuple(
        (kind.key, kind.ranking_points) for kind in URGENT_KINDS
    )
    """Points of each kind of urgent finding: the sooner it can harm, the more."""
    other_urgent_points: float = 40.0
    """Points of an urgent finding of a kind that ``urgent_points`` does not contain."""
    notable_points: float = 4.0
    """Points of each kind of notable finding: all ten kinds together do not outweigh one kind of
    urgent finding."""
    ventricular_points_per_percent: float = 1.0
    """Points per percent of ventricular beats: the urgent burden of 10 % adds 10, too few to
    outweigh a kind of urgent finding."""
    fibrillation_points_per_percent: float = 0.2
    """Points per percent of the time in atrial fibrillation: permanent fibrillation adds 20, too
    few to outweigh a kind of urgent finding."""
    supraventricular_points_per_percent: float = 0.5
    """Points per percent of supraventricular beats: half of the ventricular ones, because frequent
    supraventricular beats predict atrial fibrillation (Binici 2010) but do less harm."""

    def points_of(self, kind: str) -> float:
        """Return the points of a kind of urgent finding."""
        return dict(self.urgent_points).get(kind, self.other_urgent_points)


@dataclass(frozen=True)
class DriftSettings:
    """When a night differs from the nights before it."""

    window_nights: int = 28
    """Number of earlier nights to compare with: four weeks, so that each weekday counts equally."""
    least_nights: int = 14
    """Number of earlier nights with enough recordings below which a night is not judged: the median
    absolute deviation of fewer nights is unsteady."""
    least_recordings: int = 20
    """Number of scored recordings below which a night is neither judged nor compared with: one
    patient with bigeminy would shift it."""
    z: float = 4.5
    """Modified z-score beyond which a metric has shifted. Iglewicz & Hoaglin (1993) use 3.5, which
    would flag one ordinary night in 17, because ten metrics are compared with only 28 nights; 4.5
    flags one in 100 (simulation with normal distributions)."""
    least_scale: float = 0.02
    """Smallest spread of a metric, in its own unit (percent, beats per minute or seconds): smaller
    changes do not matter."""
    least_scale_share: float = 0.01
    """Smallest spread of a metric as a share of its median, or of the distance of a percentage to 0
    or 100: smaller changes do not matter."""


@dataclass(frozen=True)
class Prices:
    """AWS prices, from which the cost of a night is estimated.

    List prices of the first tier, without the free tier (aws.amazon.com/lambda/pricing,
    aws.amazon.com/s3/pricing). They differ by region.
    """

    region: str = "us-east-1"
    """AWS region of the prices."""
    as_of: str = "2026-05"
    """Month in which the prices were looked up."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """Processor architecture of the function."""
    memory_mb: int = 1769
    """Memory of the function in MB: one whole CPU, the default of the template."""
    x86_64_usd_per_gb_s: float = 0.0000166667
    """Price of the function's run time on x86, in USD per GB and second."""
    arm64_usd_per_gb_s: float = 0.0000133334
    """Price of the function's run time on Graviton, in USD per GB and second."""
    usd_per_million_calls: float = 0.20
    """Price of a million calls of the function, in USD."""
    usd_per_thousand_writes: float = 0.005
    """Price of a thousand S3 Standard PUT, COPY, POST or LIST requests, in USD."""
    usd_per_thousand_reads: float = 0.0004
    """Price of a thousand S3 Standard GET or HEAD requests, in USD."""
    writes_per_recording: float = 8.0
    """Number of S3 writes per recording: its upload, four results, the pointer to them, and the
    night entry twice."""
    reads_per_recording: float = 10.0
    """Number of S3 reads per recording: the search for parts and earlier results, the download, and
    one by the nightly report."""

    @property
    def usd_per_gb_s(self) -> float:
        """Price of the function's run time on its architecture, in USD per GB and second."""
        arm = self.architecture == "arm64"
        return self.arm64_usd_per_gb_s if arm else self.x86_64_usd_per_gb_s


@dataclass(frozen=True)
class NightSettings:
    """All settings of :func:`deepecg.night.make_report.make_night`."""

    ranking: RankingSettings = field(default_factory=RankingSettings)
    """The order of the recordings."""
    drift: DriftSettings = field(default_factory=DriftSettings)
    """The comparison with earlier nights."""
    prices: Prices | None = field(default_factory=Prices)
    """AWS prices; None on a laptop, where use is not charged."""
    page: str | None = None
    """Address of the upload page, ending in a slash, to which links lead; None: they lead to the
    files beside the report."""
    rows: int = 200
    """Largest number of recordings on the page and in the JSON, the most urgent ones; the CSV file
    has all."""
    rows_not_scored: int = 200
    """Largest number of uploads that were not scored on the page and in the JSON; the CSV file has
    all."""
    codes: int = 40
    """Largest number of codes, versions and warnings listed, the most frequent ones; the others are
    counted together."""
    burden_edges_percent: tuple[float, ...] = (0.1, 1.0, 5.0, 10.0, 20.0)
    """Limits between the bars of burden, in percent: 10 % is urgent; at 20 % cardiomyopathy is
    likely (Baman 2010: 24 %)."""
    quality_edges_percent: tuple[float, ...] = (50.0, 80.0, 90.0, 95.0, 98.0, 99.0)
    """Limits between the bars of the analysable share, in percent."""
