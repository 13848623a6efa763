from functools import partial
from time import process_time

import numpy as np
import pytest

from training.beat_comparison import metrics
from training.bootstrap import intervals

METRICS = partial(metrics, ec57=True)
RECORD = np.diag([900, 50, 80, 0, 0, 0]) + np.eye(6, k=-1, dtype=np.int64) * 7


def test_identical_records_give_an_interval_of_zero_width():
    for name, found in intervals({f"r{i}": RECORD for i in range(9)}, METRICS).items():
        expected = float(METRICS(RECORD)[name])
        assert found == (None if np.isnan(expected) else pytest.approx((expected, expected)))


def test_two_patients_are_drawn_both_or_one_twice():
    # Accuracy 1, 0.5 or 0: a quarter, a half, a quarter of the draws.
    right, wrong = np.diag([10, 0, 0, 0, 0, 0]), np.eye(6, k=1, dtype=np.int64)
    wrong = np.where((np.arange(6) == 0)[:, None], wrong * 10, 0)
    assert intervals({"a": right, "b": wrong}, METRICS)["accuracy"] == (0.0, 1.0)


def test_records_of_one_patient_are_drawn_together():
    right, wrong = np.diag([10, 0, 0, 0, 0, 0]), np.zeros((6, 6), np.int64)
    wrong[0, 1] = 10
    found = intervals({"mitdb/201": right, "mitdb/202": wrong}, METRICS)
    assert found["accuracy"] == (0.5, 0.5)


def test_a_metric_that_is_defined_in_no_draw_has_no_interval():
    assert intervals({"a": np.zeros((6, 6), np.int64)}, METRICS)["V_f1"] is None


def test_the_interval_of_a_share_is_that_of_the_binomial():
    rng = np.random.default_rng(1)
    records = {}
    for i in range(400):  # each patient one beat, right in 80 %
        records[f"r{i}"] = np.zeros((6, 6), np.int64)
        records[f"r{i}"][0, int(rng.random() > 0.8)] = 1
    share = float(METRICS(np.sum([*records.values()], axis=0))["accuracy"])
    spread = 1.96 * np.sqrt(share * (1 - share) / 400)
    assert intervals(records, METRICS)["accuracy"] == pytest.approx(
        (share - spread, share + spread), abs=0.006
    )


def test_intervals_depend_on_the_seed_and_not_on_the_order_of_records():
    records = {f"r{i}": RECORD * (i + 1) + np.eye(6, k=1, dtype=np.int64) * i for i in range(20)}
    backwards = dict(reversed(records.items()))
    assert intervals(records, METRICS) == intervals(backwards, METRICS)
    assert intervals(records, METRICS) != intervals(records, METRICS, seed=1)


def test_2000_draws_of_a_hundred_records_take_less_than_a_second():
    begin = process_time()
    intervals({f"r{i}": RECORD * (i + 1) for i in range(100)}, METRICS)
    assert process_time() - begin < 1
