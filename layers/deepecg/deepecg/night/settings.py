"""Every setting of the nightly report, with its default and where that comes from."""

from dataclasses import dataclass, field
from typing import Literal

from deepecg.rhythm.event_kinds import URGENT_KINDS


@dataclass(frozen=True)
class RankingSettings:
    """Which recordings a clinician should open first.

    There is no standard for this. Any recording with an urgent finding comes before all without;
    among them the points of its kinds of finding decide, each kind once, then the burdens.
    """

    urgent_points: tuple[tuple[str, float], ...] = tuple(
        (kind.key, kind.ranking_points) for kind in URGENT_KINDS
    )
    """Points of each kind of urgent finding: by how soon it can harm."""
    other_urgent_points: float = 40.0
    """For an urgent finding of a kind that is not named above."""
    ventricular_points_per_percent: float = 1.0
    """The urgent burden, 10 %, weighs 10: it orders recordings, and never lifts one..."""
    fibrillation_points_per_percent: float = 0.2
    """...over another kind of finding. Permanent AF (100 %) weighs 20."""
    supraventricular_points_per_percent: float = 0.5
    """Frequent supraventricular beats foretell AF (Binici 2010), and harm less than V."""


@dataclass(frozen=True)
class DriftSettings:
    """When a night differs from those before it."""

    window_nights: int = 28
    """Four whole weeks, so that every weekday counts alike."""
    least_nights: int = 14
    """Of these at least so many with a report: fewer give no steady median absolute deviation."""
    least_recordings: int = 20
    """Nights with fewer scored recordings are left out, and are not judged: one patient with
    bigeminy would be a drift."""
    z: float = 4.5
    """A modified z-score beyond this is a shift. Iglewicz & Hoaglin (1993) take 3.5; the median
    and deviation of so few nights are uncertain themselves, and ten figures are judged: of 28
    ordinary nights 3.5 would flag one night in 17, 4.5 flags one in 100 (simulated, normal)."""
    least_scale: float = 0.02
    """The spread of a figure is never taken for less than this, in the figure's unit (percent,
    beats a minute, seconds)..."""
    least_scale_share: float = 0.01
    """...nor for less than this share of its median, or of what a percentage lacks to 100:
    smaller changes matter to nobody."""


@dataclass(frozen=True)
class Prices:
    """What AWS asks, to estimate the cost of a night.

    List prices of the first tier, without the free one (aws.amazon.com/lambda/pricing,
    aws.amazon.com/s3/pricing). They differ by region.
    """

    region: str = "us-east-1"
    """Where these prices hold."""
    as_of: str = "2026-05"
    """When they were looked up."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """The function's."""
    memory_mb: int = 1769
    """The function's: one whole CPU, the template's default."""
    x86_64_usd_per_gb_s: float = 0.0000166667
    """Lambda duration on x86."""
    arm64_usd_per_gb_s: float = 0.0000133334
    """Lambda duration on Graviton."""
    usd_per_million_calls: float = 0.20
    """Lambda requests."""
    usd_per_thousand_writes: float = 0.005
    """S3 Standard PUT, COPY, POST, LIST."""
    usd_per_thousand_reads: float = 0.0004
    """S3 Standard GET and HEAD."""
    writes_per_recording: float = 8.0
    """The upload's own PUT, four results, the pointer to them, the entry twice."""
    reads_per_recording: float = 10.0
    """Looking for parts and former results, the download, and the nightly report's one."""

    @property
    def usd_per_gb_s(self) -> float:
        """Lambda duration on the function's architecture."""
        arm = self.architecture == "arm64"
        return self.arm64_usd_per_gb_s if arm else self.x86_64_usd_per_gb_s


@dataclass(frozen=True)
class NightSettings:
    """All settings of :func:`deepecg.night.make_report.make_night`."""

    ranking: RankingSettings = field(default_factory=RankingSettings)
    drift: DriftSettings = field(default_factory=DriftSettings)
    prices: Prices | None = field(default_factory=Prices)
    """None where nothing is paid by use: on a laptop."""
    page: str | None = None
    """Address of the page that shows recordings and nights, ending in a slash: links lead there.
    None: to the files beside the report, for whoever may read those."""
    rows: int = 200
    """Recordings on the page and in the JSON, the most urgent; the CSV has all."""
    rows_not_scored: int = 200
    """The same for those that were not scored."""
    codes: int = 40
    """Codes, versions and warnings listed, the most frequent; the others are added up."""
    burden_edges_percent: tuple[float, ...] = (0.1, 1.0, 5.0, 10.0, 20.0)
    """Classes of burden: 10 % is urgent, 20 % where cardiomyopathy is likely (Baman 2010: 24 %)."""
    quality_edges_percent: tuple[float, ...] = (50.0, 80.0, 90.0, 95.0, 98.0, 99.0)
    """Classes of analysable share."""
