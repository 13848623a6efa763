"""The weighted focal loss."""

import torch
from torch import Tensor
from torch.nn import functional


def focal_loss(logits: Tensor, labels: Tensor, alpha: Tensor, gamma: float) -> Tensor:
    r"""Return the mean of :math:`-\alpha_t (1 - p_t)^\gamma \log p_t`.

    Lin et al. 2017, Focal Loss for Dense Object Detection (doi:10.1109/ICCV.2017.324),
    equation 5. With gamma = 0 and alpha = 1 it is the cross-entropy.

    Parameters
    ----------
    logits : Tensor of float, shape (B, n_classes)
        Before the softmax.
    labels : Tensor of int64, shape (B,)
        True classes.
    alpha : Tensor of float, shape (n_classes,)
        Weight of every class.
    gamma : float
        How much less well-classified beats count.
    """
    log_p = functional.log_softmax(logits, dim=1)
    log_pt = log_p.gather(1, labels[:, None])[:, 0]
    return -(alpha[labels] * (1 - log_pt.exp()) ** gamma * log_pt).mean()


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
