"""Shapes of P, QRS and T as sums of Gaussian bells of a heart vector, and its projection on leads.

A bell has a height in each of the three directions of Frank's orthogonal leads: x to the left, y to
the feet, z to the back. The leads follow from it by Dower's matrix (Dower et al. 1980, J
Electrocardiol 13:91), so that one beat has the shape that belongs to it on every lead. Bells follow
McSharry et al. (2003, IEEE Trans Biomed Eng 50:289); heights and times are chosen by hand.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Direction = tuple[float, float, float]

LEAD_VECTORS: Final[dict[str, Direction]] = {
    "I": (0.632, -0.235, 0.059),
    "II": (0.235, 1.066, -0.132),
    "V1": (-0.515, 0.157, -0.917),
    "V5": (1.125, 0.127, -0.086),
}
"""Projection of the heart vector on leads, by Dower's matrix."""


@dataclass(frozen=True)
class Bell:
    """A Gaussian bell of the heart vector.

    Attributes
    ----------
    at_s : float
        Time of its peak in seconds from the wave's reference: the R peak of QRS bells, the peak of
        the T wave of its bells, the middle of the P wave of its bells.
    width_s : float
        Standard deviation in seconds.
    mv : tuple of float
        Height in mV to the left, to the feet and to the back.
    """

    at_s: float
    width_s: float
    mv: Direction


@dataclass(frozen=True)
class QrsShape:
    """A QRS complex and the T wave that follows it.

    Attributes
    ----------
    name : str
        Name of the shape.
    bells : tuple of Bell
        Depolarisation; times from the R peak.
    t_mv : tuple of float
        Height of the T wave in the three directions.
    t_delay_s : float
        Time by which the T wave is later than that of a narrow beat.
    """

    name: str
    bells: tuple[Bell, ...]
    t_mv: Direction
    t_delay_s: float = 0.0


@dataclass(frozen=True)
class PShape:
    """A P wave; times from its middle."""

    name: str
    bells: tuple[Bell, ...]


T_BELLS: Final = ((-0.030, 0.050, 0.60), (0.010, 0.032, 0.60))
"""Bells of a T wave at an RR interval of 1 s: time from its peak, width, share of its height. It
rises more slowly than it falls."""

SINUS_P = PShape(
    "sinus",
    (Bell(-0.018, 0.016, (0.05, 0.10, -0.05)), Bell(0.018, 0.018, (0.07, 0.06, 0.05))),
)
LOW_ATRIAL_P = PShape(
    "low atrial",
    (Bell(-0.012, 0.014, (-0.05, 0.03, 0.06)), Bell(0.014, 0.016, (-0.06, -0.09, 0.05))),
)
LEFT_ATRIAL_P = PShape(
    "left atrial",
    (Bell(-0.014, 0.014, (-0.09, 0.09, -0.06)), Bell(0.014, 0.018, (-0.05, 0.04, -0.07))),
)
RETROGRADE_P = PShape("retrograde", (Bell(0.0, 0.018, (0.01, -0.13, 0.01)),))

_NARROW = (
    Bell(-0.022, 0.008, (-0.12, -0.06, -0.30)),
    Bell(0.000, 0.011, (0.90, 0.75, 0.25)),
    Bell(0.022, 0.010, (0.10, -0.15, 0.55)),
)
NORMAL = QrsShape("normal", _NARROW, (0.30, 0.20, -0.10))
TALL_T = QrsShape("tall T", _NARROW, (0.85, 0.75, -0.35))
PREEXCITED = QrsShape(
    "pre-excited", (Bell(-0.048, 0.018, (0.28, 0.24, 0.08)), *_NARROW), (0.02, -0.04, -0.06)
)
LEFT_BUNDLE_BRANCH_BLOCK = QrsShape(
    "left bundle branch block",
    (
        Bell(-0.036, 0.014, (0.50, 0.40, 0.35)),
        Bell(0.000, 0.015, (0.55, 0.40, 0.55)),
        Bell(0.034, 0.014, (0.80, 0.45, 0.65)),
    ),
    (-0.30, -0.15, -0.25),
    0.03,
)
RIGHT_BUNDLE_BRANCH_BLOCK = QrsShape(
    "right bundle branch block",
    (*_NARROW, Bell(0.060, 0.020, (-0.45, -0.05, -0.65))),
    (0.30, 0.20, 0.20),
    0.02,
)
PACED = QrsShape(
    "paced",
    (
        Bell(-0.070, 0.0015, (0.8, 1.6, 0.5)),
        Bell(-0.025, 0.022, (0.45, -0.55, 0.30)),
        Bell(0.025, 0.028, (0.55, -0.90, 0.60)),
    ),
    (-0.25, 0.40, -0.30),
    0.04,
)
OUTFLOW_TRACT = QrsShape(
    "right ventricular outflow tract",
    (
        Bell(-0.040, 0.018, (0.36, 0.54, 0.18)),
        Bell(0.000, 0.017, (0.90, 1.40, 0.75)),
        Bell(0.038, 0.020, (0.30, 0.36, 0.72)),
    ),
    (-0.25, -0.45, -0.25),
    0.03,
)
INFERIOR_WALL = QrsShape(
    "inferior wall",
    (
        Bell(-0.040, 0.016, (0.25, 0.15, -0.35)),
        Bell(0.000, 0.017, (-0.60, -1.20, -1.00)),
        Bell(0.040, 0.020, (-0.30, -0.45, -0.35)),
    ),
    (0.20, 0.40, 0.35),
    0.03,
)
APEX = QrsShape(
    "apex",
    (
        Bell(-0.038, 0.017, (-0.30, -0.35, -0.25)),
        Bell(0.000, 0.017, (-1.05, -0.95, 0.35)),
        Bell(0.036, 0.018, (-0.35, -0.20, 0.70)),
    ),
    (0.40, 0.35, -0.20),
    0.03,
)
LATERAL_WALL = QrsShape(
    "lateral wall",
    (
        Bell(-0.036, 0.016, (0.20, 0.20, -0.45)),
        Bell(0.000, 0.017, (-1.00, 0.90, -0.75)),
        Bell(0.040, 0.018, (-0.45, 0.35, -0.20)),
    ),
    (0.35, -0.30, 0.30),
    0.03,
)
VENTRICULAR: Final = (OUTFLOW_TRACT, INFERIOR_WALL, APEX, LATERAL_WALL)
"""Shapes of ventricular beats by their origin."""


def lead_matrix(leads: tuple[str, ...], axis_degrees: float) -> NDArray[np.float64]:
    """Return the projection of the heart vector on leads, shape (n_leads, 3).

    Parameters
    ----------
    leads : tuple of str
        Keys of :data:`LEAD_VECTORS`.
    axis_degrees : float
        Angle by which the patient's heart is turned in the frontal plane.
    """
    angle = np.deg2rad(axis_degrees)
    turned = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    return np.asarray(np.array([LEAD_VECTORS[lead] for lead in leads]) @ turned)
