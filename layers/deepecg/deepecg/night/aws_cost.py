"""What a night cost to process, by AWS's price list."""

from dataclasses import asdict
from typing import Any

from deepecg.night.settings import Prices

MB_PER_GB = 1024
PER_MILLION = 1e-6
PER_THOUSAND = 1e-3


def estimated_cost(processing_s: float, n_calls: int, prices: Prices) -> dict[str, Any]:
    """Return an estimate of the cost, JSON-ready.

    A lower bound: start-up of the function, repeats, storage, logs and transfer are not in it.

    Parameters
    ----------
    processing_s : float
        Seconds that the function ran.
    n_calls : int
        Uploads that it was called for.
    prices : Prices
        Of the function and the storage.
    """
    compute = processing_s * prices.memory_mb / MB_PER_GB * prices.usd_per_gb_s
    requests = n_calls * (
        prices.usd_per_million_calls * PER_MILLION
        + prices.writes_per_recording * prices.usd_per_thousand_writes * PER_THOUSAND
        + prices.reads_per_recording * prices.usd_per_thousand_reads * PER_THOUSAND
    )
    total = compute + requests
    return {
        "compute_usd": round(compute, 4),
        "requests_usd": round(requests, 4),
        "total_usd": round(total, 4),
        "per_upload_usd": round(total / n_calls, 6) if n_calls else None,
        "prices": asdict(prices),
    }
