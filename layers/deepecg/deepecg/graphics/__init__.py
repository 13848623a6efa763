"""The numbers behind a report's pictures: no drawing here, arrays only."""

from dataclasses import dataclass

from deepecg.graphics.clusters import Cluster
from deepecg.graphics.rr_plots import Poincare, RrHistogram
from deepecg.graphics.strips import Strip
from deepecg.graphics.trend import Trend


@dataclass(frozen=True)
class Graphics:
    """What a report shows beside the summary's figures.

    Attributes
    ----------
    trend : Trend
        Heart rate, ectopic beats and atrial fibrillation over time.
    rr_histogram : RrHistogram
        Lengths of RR intervals.
    poincare : Poincare
        Every RR interval against the one before.
    strips : tuple of Strip
        Signal of the most severe events and of examples.
    clusters : tuple of Cluster
        Beats by class and shape.
    """

    trend: Trend
    rr_histogram: RrHistogram
    poincare: Poincare
    strips: tuple[Strip, ...]
    clusters: tuple[Cluster, ...]
