import random
from dataclasses import replace
from typing import Any

import pytest
from unit.night.hand_made_nights import read_back, summary

from deepecg.night.night_entry import NightEntry
from deepecg.night.settings import RankingSettings
from deepecg.night.urgency_ranking import by_urgency, urgency_points, urgent_kinds
from deepecg.rhythm.notable_kinds import NOTABLE_KINDS
from deepecg.rhythm.urgent_kinds import URGENT_KINDS

SETTINGS = RankingSettings()
VT = ("ventricular_tachycardia", "VT of 8 beats")
PAUSE = ("pause", "Pause of 3.1 s")
BURDEN = ("ventricular_burden", "12 % V")


def recording(name: str, **findings: Any) -> NightEntry:
    return read_back(name, summary(**findings))


def order(*entries: NightEntry) -> list[str]:
    orders = set()
    for seed in range(5):
        shuffled = list(entries)
        random.Random(seed).shuffle(shuffled)
        orders.add(tuple(entry.recording_id for entry, _ in by_urgency(shuffled, SETTINGS)))
    assert len(orders) == 1, "the order depends on that of the entries"
    return list(orders.pop())


def test_any_urgent_finding_comes_before_the_heaviest_burden_without() -> None:
    assert order(
        recording("burden", n=60_000, v=30_000, s=10_000, fibrillation_percent=100.0),
        recording("urgent", urgent=(("a_new_kind", "something"),)),
    ) == ["urgent", "burden"]


def test_notable_findings_come_after_urgent_ones_and_before_the_heaviest_burden() -> None:
    fibrillation, flutter = ("atrial_fibrillation", "AF"), ("atrial_flutter", "flutter")
    assert order(
        recording("burden", n=60_000, v=30_000, s=10_000, fibrillation_percent=100.0),
        recording("notable", notable=(flutter,)),
        recording("two_notable", notable=(fibrillation, flutter)),
        recording("urgent", urgent=(("a_new_kind", "something"),)),
        recording("urgent_and_notable", urgent=(BURDEN,), notable=(fibrillation,)),
    ) == ["urgent_and_notable", "urgent", "two_notable", "notable", "burden"]


def test_all_notable_kinds_together_weigh_less_than_one_urgent_kind() -> None:
    least = min(points for _, points in SETTINGS.urgent_points)
    assert SETTINGS.notable_points * len(NOTABLE_KINDS) <= least


def test_urgent_findings_come_by_weight_and_more_kinds_before_fewer() -> None:
    assert order(
        recording("burden", urgent=(BURDEN,)),
        recording("pause", urgent=(PAUSE,)),
        recording("vt", urgent=(VT,)),
        recording("pause_and_vt", urgent=(PAUSE, VT)),
        recording("pause_and_burden", urgent=(PAUSE, BURDEN)),
    ) == ["pause_and_vt", "pause_and_burden", "vt", "pause", "burden"]


def test_a_stretch_without_beats_comes_below_what_was_confirmed_and_above_a_burden() -> None:
    assert order(
        recording("burden", urgent=(BURDEN,)),
        recording("no_beat", urgent=(("no_beat_found", "No beat found for 12 s"),)),
        recording("pause", urgent=(PAUSE,)),
        recording("vt", urgent=(VT,)),
    ) == ["vt", "pause", "no_beat", "burden"]


def test_every_urgent_kind_that_there_is_has_a_weight() -> None:
    kinds = {kind.key for kind in URGENT_KINDS}
    assert kinds >= {"pause", "ventricular_tachycardia"}
    assert kinds == set(dict(SETTINGS.urgent_points))


def test_without_urgent_findings_the_burdens_decide() -> None:
    assert order(
        recording("quiet"),
        recording("v_4_percent", n=96_000, v=4_000),
        recording("af_30_percent", fibrillation_percent=30.0),
        recording("s_4_percent", n=96_000, s=4_000),
    ) == ["af_30_percent", "v_4_percent", "s_4_percent", "quiet"]  # 6, 4, 2 and 0 points


def test_ties_go_by_id() -> None:
    assert order(*(recording(name) for name in ("c", "a", "b"))) == ["a", "b", "c"]


def test_points_are_the_sum_of_kinds_and_burdens() -> None:
    digest = recording(
        "x", n=80_000, v=10_000, s=10_000, fibrillation_percent=20.0, urgent=(VT, BURDEN)
    ).digest
    assert digest is not None
    # VT 100 + burden 40 + 10 % V * 1 + 10 % S * 0.5 + 20 % AF * 0.2
    assert urgency_points(digest, SETTINGS) == pytest.approx(100 + 40 + 10 + 5 + 4)
    light = replace(SETTINGS, urgent_points=(("ventricular_tachycardia", 1.0),))
    assert urgency_points(digest, light) == pytest.approx(1 + 40 + 10 + 5 + 4)


def test_what_is_not_known_weighs_nothing() -> None:
    digest = recording("x", n=0, fibrillation_percent=None).digest
    assert digest is not None
    assert digest.ventricular_burden_percent is None
    assert urgency_points(digest, SETTINGS) == 0.0


def test_within_a_recording_the_weightiest_finding_is_told_first() -> None:
    digest = recording("x", urgent=(BURDEN, PAUSE, VT, ("a_new_kind", "something"))).digest
    assert digest is not None
    assert [found.kind for found in urgent_kinds(digest, SETTINGS)] == [
        "ventricular_tachycardia",
        "pause",
        "a_new_kind",
        "ventricular_burden",
    ]


def test_what_was_not_scored_is_not_ranked() -> None:
    assert by_urgency([read_back("a", outcome="waiting")], SETTINGS) == []
