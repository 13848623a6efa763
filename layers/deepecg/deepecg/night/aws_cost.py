"""Estimate of the cost of processing a night, from AWS's price list."""

from deepecg.night.settings import Prices
from deepecg.outputs.summary import Block, Measure

MB_PER_GB = 1024
PER_MILLION = 1e-6
PER_THOUSAND = 1e-3


class Cost(Block, frozen=True, kw_only=True):
    """Estimated cost of a night: a lower limit.

    Start-up of the function, retries, storage, logs and data transfer are not included.
    """

    compute_usd: Measure
    """Run time of the function, in USD."""
    requests_usd: Measure
    """Calls of the function and requests to S3, in USD."""
    total_usd: Measure
    """Sum of both, in USD."""
    per_upload_usd: Measure | None
    """Sum divided by the number of uploads, in USD. Null without uploads."""
    prices: Prices
    """Prices that the estimate is based on."""


def estimated_cost(processing_s: float, n_calls: int, prices: Prices) -> Cost:
    """Return the estimated cost.

    Parameters
    ----------
    processing_s : float
        Run time of the function in seconds.
    n_calls : int
        Number of uploads that the function was called for.
    prices : Prices
        Prices of the function and of the storage.
    """
    compute = processing_s * prices.memory_mb / MB_PER_GB * prices.usd_per_gb_s
    requests = n_calls * (
        prices.usd_per_million_calls * PER_MILLION
        + prices.writes_per_recording * prices.usd_per_thousand_writes * PER_THOUSAND
        + prices.reads_per_recording * prices.usd_per_thousand_reads * PER_THOUSAND
    )
    total = compute + requests
    return Cost(
        compute_usd=round(compute, 4),
        requests_usd=round(requests, 4),
        total_usd=round(total, 4),
        per_upload_usd=round(total / n_calls, 6) if n_calls else None,
        prices=prices,
    )
