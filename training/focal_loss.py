"""The weighted focal loss, and the weights of beats in it."""

import torch
from torch import Tensor
from torch.nn import functional

FEWEST_BEATS = 20
"""Smallest count of a class in a record for its weight: one beat may be an annotation error."""
USUAL_BEATS = 300.0
"""Number of beats of a class in a record that have weight 1."""
WEIGHT_LIMITS = (0.2, 5.0)
"""Smallest and largest weight of a beat."""


def focal_loss(logits: Tensor, labels: Tensor, weights: Tensor, gamma: float) -> Tensor:
    r"""Return the mean of :math:`-\alpha_t (1 - p_t)^\gamma \log p_t`.

    Lin et al. 2017, Focal Loss for Dense Object Detection (doi:10.1109/ICCV.2017.324),
    equation 5. With gamma = 0 and alpha = 1 it is the cross-entropy.

    Parameters
    ----------
    logits : Tensor of float, shape (B, n_classes)
        Before the softmax.
    labels : Tensor of int64, shape (B,)
        True classes.
    weights : Tensor of float, shape (B,)
        Of the beats: alpha of their class, or of anything else.
    gamma : float
        How much less well-classified beats count.
    """
    log_p = functional.log_softmax(logits, dim=1)
    log_pt = log_p.gather(1, labels[:, None])[:, 0]
    return -(weights * (1 - log_pt.exp()) ** gamma * log_pt).mean()


def class_weights(labels: Tensor, n_classes: int, smoothing: float) -> Tensor:
    """Return weights that fall with a class's frequency, their mean over beats being 1.

    Parameters
    ----------
    labels : Tensor of int64, shape (n_beats,)
        Classes of the training beats.
    n_classes : int
        Number of classes.
    smoothing : float
        Exponent of the inverse frequency: 0 weighs all beats alike, 1 all classes alike.
    """
    counts = torch.bincount(labels, minlength=n_classes).clamp(min=1).double()
    weights = (counts.sum() / counts) ** smoothing
    return (weights / (weights * counts).sum() * counts.sum()).float()


def record_weights(labels: Tensor, exponent: float) -> Tensor:
    """Return weights that fall with the frequency of a beat's class within its record.

    Parameters
    ----------
    labels : Tensor of int64, shape (n_beats,)
        Classes of one record's beats.
    exponent : float
        0 weighs all beats alike; with 1 every class of every record would weigh alike.

    Returns
    -------
    Tensor of float, shape (n_beats,)
        1 for a class of ``USUAL_BEATS`` beats, within ``WEIGHT_LIMITS``.
    """
    counts = torch.bincount(labels).clamp(min=FEWEST_BEATS)[labels]
    return ((counts / USUAL_BEATS) ** -exponent).clamp(*WEIGHT_LIMITS)
