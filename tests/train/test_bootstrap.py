from functools import partial
from time import process_time

import numpy as np
import pytest

from training.beat_matching import measures
from training.bootstrap import intervals, patient_of

FIGURES = partial(measures, ec57=True)
RECORD = np.diag([900, 50, 80, 0, 0, 0]) + np.eye(6, k=-1, dtype=np.int64) * 7


def test_identical_records_leave_no_doubt():
    for name, found in intervals({f"r{i}": RECORD for i in range(9)}, FIGURES).items():
        exact = float(FIGURES(RECORD)[name])
        assert found == (None if np.isnan(exact) else pytest.approx((exact, exact)))


def test_two_patients_are_drawn_both_or_one_twice():
    # Accuracy 1, 0.5 or 0: a quarter, a half, a quarter of the draws.
    right, wrong = np.diag([10, 0, 0, 0, 0, 0]), np.eye(6, k=1, dtype=np.int64)
    wrong = np.where((np.arange(6) == 0)[:, None], wrong * 10, 0)
    assert intervals({"a": right, "b": wrong}, FIGURES)["accuracy"] == (0.0, 1.0)


def test_records_of_one_patient_are_drawn_together():
    right, wrong = np.diag([10, 0, 0, 0, 0, 0]), np.zeros((6, 6), np.int64)
    wrong[0, 1] = 10
    found = intervals({"mitdb/201": right, "mitdb/202": wrong}, FIGURES)
    assert found["accuracy"] == (0.5, 0.5)


def test_a_figure_that_no_draw_has_is_none():
    assert intervals({"a": np.zeros((6, 6), np.int64)}, FIGURES)["V_f1"] is None


def test_the_interval_of_a_share_is_that_of_the_binomial():
    rng = np.random.default_rng(1)
    records = {}
    for i in range(400):  # each patient one beat, right in 80 %
        records[f"r{i}"] = np.zeros((6, 6), np.int64)
        records[f"r{i}"][0, int(rng.random() > 0.8)] = 1
    share = float(FIGURES(np.sum([*records.values()], axis=0))["accuracy"])
    spread = 1.96 * np.sqrt(share * (1 - share) / 400)
    assert intervals(records, FIGURES)["accuracy"] == pytest.approx(
        (share - spread, share + spread), abs=0.006
    )


def test_it_depends_on_the_seed_alone_and_not_on_the_order_of_records():
    records = {f"r{i}": RECORD * (i + 1) + np.eye(6, k=1, dtype=np.int64) * i for i in range(20)}
    backwards = dict(reversed(records.items()))
    assert intervals(records, FIGURES) == intervals(backwards, FIGURES)
    assert intervals(records, FIGURES) != intervals(records, FIGURES, seed=1)


def test_2000_draws_of_a_hundred_records_take_no_time():
    begin = process_time()
    intervals({f"r{i}": RECORD * (i + 1) for i in range(100)}, FIGURES)
    assert process_time() - begin < 1


@pytest.mark.parametrize(
    ("record", "patient"),
    [
        ("mitdb/100", "100"),
        ("mitdb/202", "201"),
        ("202", "201"),
        ("nstdb/118e06", "118"),
        ("nstdb/118e_6", "118"),
        ("svdb/800", "800"),
        ("recording", "recording"),
    ],
)
def test_patients(record, patient):
    assert patient_of(record) == patient
