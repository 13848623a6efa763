from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from unit.small_recordings import RATE, conditioned_lead

from deepecg.outputs.graphics.morphology_clusters import Cluster, beat_clusters, known_clusters
from deepecg.outputs.graphics.settings import ClusterSettings
from deepecg.signal.conditioning import ConditionedLead

SETTINGS = ClusterSettings()
KINDS = "nwidb"
"""Narrow, wide, wide and upside down, narrow and 2.5 times as high, and with a deep S wave."""


def bells(*parts: tuple[float, float, float]) -> NDArray[np.float64]:
    t = np.arange(-0.3, 0.5, 1 / RATE)
    return np.sum([mv * np.exp(-0.5 * ((t - at) / width) ** 2) for at, width, mv in parts], axis=0)


NARROW = bells((0, 0.015, 1.0), (0.25, 0.04, 0.2))
WIDE = bells((0, 0.05, 1.2), (0.27, 0.06, -0.5))
SHAPES = {
    "n": NARROW,
    "w": WIDE,
    "i": -WIDE,
    "d": 2.5 * NARROW,
    "b": bells((-0.03, 0.02, 0.9), (0.05, 0.03, -0.9)),
}


def lead_of(kinds: str, noise_mv: float = 0.01) -> tuple[ConditionedLead, NDArray[np.float64]]:
    """Return a lead with a beat of these kinds every second, from 1 s."""
    signal = np.random.default_rng(3).normal(0, noise_mv, (len(kinds) + 2) * RATE)
    for place, kind in enumerate(kinds, start=1):
        begin = round((place - 0.3) * RATE)
        signal[begin : begin + len(SHAPES[kind])] += SHAPES[kind]
    return conditioned_lead(signal), np.arange(1, len(kinds) + 1).astype(np.float64)


def clusters_of(
    kinds: str, classes: str, options: ClusterSettings = SETTINGS
) -> tuple[Cluster, ...]:
    lead, times = lead_of(kinds)
    labels = np.array(["NSVFQ".index(name) for name in classes], np.int64)
    return beat_clusters(lead, times, labels, options)


def counts(found: tuple[Cluster, ...]) -> list[tuple[str, int, bool]]:
    return [(cluster.class_name, cluster.count, cluster.is_rest) for cluster in found]


def likeness(cluster: Cluster, shape: NDArray[np.float64]) -> float:
    n = min(len(cluster.shape_mv), len(shape))
    return float(np.corrcoef(cluster.shape_mv[:n], shape[:n])[0, 1])


def test_two_shapes_of_a_class_make_two_clusters() -> None:
    found = clusters_of("w" * 30 + "b" * 12 + "w" * 8, "V" * 50)
    assert counts(found) == [("V", 38, False), ("V", 12, False)]
    assert [cluster.percent for cluster in found] == pytest.approx([76, 24])
    assert likeness(found[0], SHAPES["w"]) > 0.99
    assert likeness(found[1], SHAPES["b"]) > 0.99


def test_a_beat_upside_down_is_another_shape() -> None:
    found = clusters_of("wiwwi" * 4, "V" * 20)
    assert counts(found) == [("V", 12, False), ("V", 8, False)]
    assert likeness(found[1], -SHAPES["w"]) > 0.99


def test_a_beat_of_another_height_is_another_shape() -> None:
    assert counts(clusters_of("nnd" * 6, "N" * 18)) == [("N", 12, False), ("N", 6, False)]


def test_classes_do_not_mix_and_come_in_their_order() -> None:
    found = clusters_of("n" * 10 + "w" * 6, "N" * 4 + "V" * 4 + "S" * 2 + "V" * 6)
    assert counts(found) == [
        ("N", 4, False),
        ("S", 2, True),
        ("V", 6, False),
        ("V", 4, False),
    ]
    assert [cluster.number for cluster in found] == [1, 2, 3, 4]


def test_what_resembles_nothing_is_the_rest_of_its_class() -> None:
    found = clusters_of("n" * 12 + "wb", "N" * 14)
    assert counts(found) == [("N", 12, False), ("N", 2, True)]


def test_a_class_has_no_more_clusters_than_are_allowed() -> None:
    found = clusters_of("wiwwbbwid" * 5, "V" * 45, replace(SETTINGS, max_per_class=(0, 0, 2, 0, 0)))
    assert counts(found) == [("V", 20, False), ("V", 10, False), ("V", 15, True)]


def test_a_shape_too_rare_for_the_sample_is_found_in_the_second_round() -> None:
    kinds = "n" * 95 + "www" + "n" * 95
    options = replace(SETTINGS, sample_beats=10)
    assert counts(clusters_of(kinds, "N" * 193, options)) == [("N", 190, False), ("N", 3, False)]
    once = replace(options, rounds=1)
    assert counts(clusters_of(kinds, "N" * 193, once)) == [("N", 190, False), ("N", 3, True)]


def test_noise_of_a_tenth_of_the_r_wave_makes_no_clusters_of_its_own() -> None:
    lead, times = lead_of("n" * 270 + "w" * 30, noise_mv=0.1)
    found = beat_clusters(lead, times, np.zeros(300, np.int64), SETTINGS)
    assert [cluster.is_rest for cluster in found] == [False, False, True]
    assert likeness(found[0], SHAPES["n"]) > 0.99
    assert likeness(found[1], SHAPES["w"]) > 0.99
    assert found[0].count > 230
    assert found[1].count == 30


def test_a_shape_that_few_beats_have_makes_no_cluster_however_noisy_they_are() -> None:
    lead, times = lead_of("n" * 270 + "w" * 30, noise_mv=0.15)
    found = beat_clusters(lead, times, np.zeros(300, np.int64), SETTINGS)
    assert min(cluster.count for cluster in found if not cluster.is_rest) >= 3


def test_shapes_are_in_millivolts_with_the_r_peak_after_the_p_wave() -> None:
    (cluster,) = clusters_of("n" * 20, "N" * 20)
    peak = int(cluster.shape_mv.argmax())
    assert cluster.rate_hz == RATE
    assert peak / cluster.rate_hz == pytest.approx(SETTINGS.shape_before_s, abs=0.5 / RATE)
    assert cluster.shape_mv[peak] == pytest.approx(1.0, abs=0.02)


def test_r_peaks_that_are_a_sample_off_make_no_cluster_of_their_own() -> None:
    lead, times = lead_of("n" * 30)
    off = times + np.resize([0, 1, -1, 2, -2], 30) / RATE
    assert counts(beat_clusters(lead, off, np.zeros(30, np.int64), SETTINGS)) == [("N", 30, False)]


def test_beats_at_the_very_ends_of_the_signal_are_counted() -> None:
    lead, times = lead_of("n" * 20)
    times = np.concatenate([[0.0], times, [(len(lead.signal) - 1) / RATE]])
    found = beat_clusters(lead, times, np.zeros(22, np.int64), SETTINGS)
    assert counts(found) == [("N", 20, False), ("N", 2, True)]


def test_chunks_change_nothing() -> None:
    kinds = "nwnib" * 20
    whole = clusters_of(kinds, "N" * 100)
    parts = clusters_of(kinds, "N" * 100, replace(SETTINGS, chunk_beats=7))
    assert counts(whole) == counts(parts)
    assert len(whole) == 4


def test_a_level_line_is_no_shape() -> None:
    lead = conditioned_lead(np.zeros(30 * RATE))
    times = np.arange(1, 21).astype(np.float64)
    assert counts(beat_clusters(lead, times, np.zeros(20, np.int64), SETTINGS)) == [("N", 20, True)]


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("NSVFQ")), min_size=3, max_size=80)
)
@settings(max_examples=30, deadline=None)
def test_clusters_and_rest_add_up_to_the_class(beats: list[tuple[str, str]]) -> None:
    classes = "".join(name for _, name in beats)
    found = clusters_of("".join(kind for kind, _ in beats), classes)
    for place, name in enumerate("NSVFQ"):
        of_class = [cluster for cluster in found if cluster.class_name == name]
        assert sum(cluster.count for cluster in of_class) == classes.count(name)
        alike = [cluster.count for cluster in of_class if not cluster.is_rest]
        assert alike == sorted(alike, reverse=True)
        assert len(alike) <= SETTINGS.max_per_class[place]
        assert [cluster.is_rest for cluster in of_class[:-1]] == [False] * len(of_class[:-1])
    assert sum(cluster.percent for cluster in found) == pytest.approx(100)
    assert len([cluster for cluster in found if not cluster.is_rest]) <= 12


def test_known_clusters_keep_their_numbers_and_take_the_class_of_most_beats() -> None:
    lead, times = lead_of("nnnnwwwwnw")
    labels = np.array(["NSVFQ".index(name) for name in "NNNNVNNNNV"], np.int64)
    of_beat = np.array([4, 4, 4, 4, 7, 7, 7, 7, 4, 0])  # the last beat was inserted
    found = known_clusters(lead, times, labels, of_beat, SETTINGS)
    assert [(one.number, one.class_name, one.count) for one in found] == [(4, "N", 5), (7, "N", 4)]
    assert [one.percent for one in found] == [50.0, 40.0]
    assert [one.beats.tolist() for one in found] == [[0, 1, 2, 3, 8], [4, 5, 6, 7]]
    assert likeness(found[0], NARROW) > 0.98
    assert likeness(found[1], WIDE) > 0.98
