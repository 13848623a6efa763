import math

import pytest
import torch

from training.focal_loss import class_weights, focal_loss, record_weights

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.0], [-3.0, 1.0, 4.0]])
LABELS = torch.tensor([0, 1, 1])


def test_focal_loss_is_the_formula_of_lin_et_al():
    alpha, gamma = [0.2, 0.5, 0.3], 2.0
    expected = 0.0
    for logits, label, weight in zip(LOGITS.tolist(), LABELS.tolist(), alpha, strict=True):
        p = math.exp(logits[label]) / sum(math.exp(logit) for logit in logits)
        expected += -weight * (1 - p) ** gamma * math.log(p)
    found = focal_loss(LOGITS, LABELS, torch.tensor(alpha), gamma)
    assert found.item() == pytest.approx(expected / 3, rel=1e-6)


def test_without_focus_and_weights_it_is_the_cross_entropy():
    found = focal_loss(LOGITS, LABELS, torch.ones(3), gamma=0.0)
    assert found.item() == pytest.approx(torch.nn.CrossEntropyLoss()(LOGITS, LABELS).item())


def test_a_well_classified_beat_counts_less_with_focus():
    sure = torch.tensor([[5.0, 0.0]])
    label = torch.tensor([0])
    plain, focused = (focal_loss(sure, label, torch.ones(1), gamma).item() for gamma in (0.0, 2.0))
    p = 1 / (1 + math.exp(-5))
    assert focused / plain == pytest.approx((1 - p) ** 2, rel=1e-2)


def test_class_weights_balance_the_classes():
    labels = torch.tensor([0] * 90 + [1] * 10)
    weights = class_weights(labels, 2, smoothing=1.0)
    assert weights[1] / weights[0] == pytest.approx(9.0)
    assert weights[labels].mean() == pytest.approx(1.0)
    assert torch.equal(class_weights(labels, 2, smoothing=0.0), torch.ones(2))


def test_record_weights_fall_with_the_root_of_how_many_beats_of_the_class_a_record_has():
    labels = torch.tensor([0] * 1200 + [1] * 300 + [2] * 75)
    weights = record_weights(labels, exponent=0.5)
    assert weights[labels == 0].unique().tolist() == [0.5]  # four times as many as usual
    assert weights[labels == 1].unique().tolist() == [1.0]
    assert weights[labels == 2].unique().tolist() == [2.0]


def test_record_weights_have_limits_and_a_beat_or_two_weigh_as_twenty():
    labels = torch.tensor([0] * 30_000 + [1] + [2] * 20)
    weights = record_weights(labels, exponent=0.5)
    assert weights[0] == pytest.approx(0.2)
    assert weights[-1] == weights[30_000] == pytest.approx(math.sqrt(300 / 20))
    assert record_weights(labels, exponent=1.0).max() == 5.0
    assert torch.equal(record_weights(labels, exponent=0.0), torch.ones(len(labels)))
