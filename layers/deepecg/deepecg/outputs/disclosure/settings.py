"""Settings of the full disclosure, each with the reason or source of its default."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DisclosureSettings:
    """The full disclosure."""

    step_mv: float = 0.01
    """Resolution of the signal, in millivolts: less than half a pixel of a row."""
    block_rows: int = 10
    """Number of rows that are packed together: about 60 kB, which a browser unpacks in 5 ms."""
    full_rate_s: float = 172_800.0
    """Longest recording that is shown with every sample of the conditioned lead, in seconds: two
    days, about 15 MB."""
    long_rate_hz: int = 32
    """Samples a second of longer recordings: of each sixteenth of a second the lowest and the
    highest sample are kept, so that no R wave becomes smaller. A row has some 20 pixels a second;
    14 days take about 45 MB."""
    tall_share: float = 0.95
    """Share of the beats whose R wave fits into its row; taller ones reach into the next."""
