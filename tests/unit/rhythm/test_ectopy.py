from collections.abc import Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.rhythm.beat_streams import Reference, long_records, mitdb_records, reference, stream_of

from deepecg.rhythm.atrial_fibrillation import without_supraventricular
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.ectopy import Ectopy, ectopy
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.settings import EctopySettings

SETTINGS = EctopySettings()
PATTERNS = ("couplets", "triplets", "runs", "bigeminy", "trigeminy")

Spans = list[tuple[int, int]]


def ventricular(stream: BeatStream | str, options: EctopySettings = SETTINGS) -> Ectopy:
    if isinstance(stream, str):
        stream = stream_of(stream)
    return ectopy(stream, "V", options)


def spans(episodes: Sequence[Episode]) -> Spans:
    return [(episode.first, episode.last) for episode in episodes]


def test_isolated_couplet_triplet_and_run_by_hand() -> None:
    #                    0123456789012345678
    found = ventricular("NVNNVVNNVVVNNVVVVVN")
    assert found.count == 11
    assert found.isolated == (1,)
    assert spans(found.couplets) == [(4, 5)]
    assert spans(found.triplets) == [(8, 10)]
    assert spans(found.runs) == [(8, 10), (13, 17)]


def test_patterns_at_the_recordings_start_and_end_count() -> None:
    assert ventricular("VNNNNNV").isolated == (0, 6)
    assert spans(ventricular("VVNNNVV").couplets) == [(0, 1), (5, 6)]
    assert spans(ventricular("VVVNNNVVVV").runs) == [(0, 2), (6, 9)]
    assert spans(ventricular("VVVV").runs) == [(0, 3)]


def test_nothing_crosses_a_gap() -> None:
    assert ventricular("NV|VN").isolated == (1, 2)
    found = ventricular("NVV|VVVN")
    assert spans(found.couplets) == [(1, 2)]
    assert spans(found.runs) == [(3, 5)]
    found = ventricular("NVV|VN")
    assert (spans(found.couplets), found.isolated, found.runs) == ([(1, 2)], (3,), ())
    assert ventricular("NVNV|NVNVN").bigeminy == ()
    assert ventricular("NVN|VNVN").bigeminy == ()
    assert spans(ventricular("NVNVNV|NVNVN").bigeminy) == [(1, 5)]
    assert ventricular("NNVNNV|NNVNNVN").trigeminy == ()


def test_two_cycles_are_no_bigeminy_and_three_are() -> None:
    assert ventricular("NNVNVNN").bigeminy == ()
    assert spans(ventricular("NNVNVNVNN").bigeminy) == [(2, 6)]
    assert ventricular("NNNVNNVNNN").trigeminy == ()
    assert spans(ventricular("NNNVNNVNNVNNN").trigeminy) == [(3, 9)]


def test_bigeminy_may_begin_with_the_ectopic_beat() -> None:
    assert spans(ventricular("VNVNVN").bigeminy) == [(0, 4)]
    assert spans(ventricular("NN|VNVNVNN").bigeminy) == [(2, 6)]
    assert ventricular("VNVN").bigeminy == ()


def test_couplets_and_runs_are_no_part_of_bigeminy() -> None:
    assert spans(ventricular("NVVNVNVNVNN").bigeminy) == [(4, 8)]
    assert spans(ventricular("NVNVNVNVVN").bigeminy) == [(1, 5)]
    assert ventricular("NVNVNVVN").bigeminy == ()
    assert ventricular("NVVNVVNVVN").trigeminy == ()


def test_bigeminy_and_trigeminy_may_meet_in_a_beat() -> None:
    #                    012345678901
    found = ventricular("NVNVNVNNVNNVN")
    assert spans(found.bigeminy) == [(1, 5)]
    assert spans(found.trigeminy) == [(5, 11)]
    assert found.isolated == (1, 3, 5, 8, 11)


def test_a_long_bigeminy_is_one_episode() -> None:
    assert spans(ventricular("N" + "VN" * 1000).bigeminy) == [(1, 1999)]


@pytest.mark.parametrize("other", "SFQ")
def test_other_beats_are_neither_normal_nor_ectopic(other: str) -> None:
    assert ventricular(f"NV{other}VN").isolated == (1, 3)
    assert ventricular(f"NVV{other}VN").runs == ()
    assert ventricular(f"NV{other}VNVN").bigeminy == ()
    assert ventricular(f"NNVN{other}VNNVN").trigeminy == ()


def test_supraventricular_patterns_are_the_same_with_s() -> None:
    found = ectopy(stream_of("NSNSNSNNSSNSSSNV"), "S", SETTINGS)
    assert found.count == 8
    assert spans(found.bigeminy) == [(1, 5)]
    assert spans(found.couplets) == [(8, 9)]
    assert spans(found.runs) == [(11, 13)]


def test_s_inside_atrial_fibrillation_is_normal_in_every_pattern() -> None:
    stream = without_supraventricular(stream_of("NSSSNVSVSVNNSN"), np.arange(14) < 11)
    found = ectopy(stream, "S", SETTINGS)
    assert (found.count, found.isolated, found.runs) == (1, (12,), ())
    assert found.burden_percent == pytest.approx(100 / 14)
    # V stay what they are, and alternate with what counts as normal
    found = ectopy(stream, "V", SETTINGS)
    assert found.count == 3
    assert spans(found.bigeminy) == [(5, 9)]


def test_rate_duration_and_start_of_a_run_by_hand() -> None:
    stream = stream_of("NNVVVNN", [0.8, 0.6, 0.4, 0.5, 1.2, 0.8], first_s=10)
    (run,) = ventricular(stream).runs
    assert (run.first, run.last, run.n_beats) == (2, 4, 3)
    assert run.start_s == pytest.approx(11.4)
    assert run.duration_s == pytest.approx(0.9)  # from the first R peak to the last
    assert run.rate_bpm == pytest.approx(60 * 2 / 0.9)


@given(st.integers(1, 9_999_999))
def test_a_run_of_exactly_100_a_minute_has_that_rate_wherever_it_lies(at: int) -> None:
    (run,) = ventricular(stream_of("VVVVV", 0.6, first_s=at / 100)).runs
    assert run.rate_bpm == 100


def test_longest_and_fastest_run() -> None:
    rr = [0.5] * 3 + [1.0] + [0.4] * 3 + [1.0] + [0.5] * 3 + [1.0]
    found = ventricular(stream_of("VVVVNVVVNVVVN", rr))
    assert found.longest_run is not None
    assert found.fastest_run is not None
    assert found.longest_run.first == 0
    assert found.fastest_run.first == 5
    none = ventricular("NVVN")
    assert (none.longest_run, none.fastest_run) == (None, None)


def test_of_two_longest_runs_the_faster_is_named() -> None:
    rr = [0.5, 0.5, 1.0, 1.0, 0.4, 0.4, 1.0]
    longest = ventricular(stream_of("VVVNVVVN", rr)).longest_run
    assert longest is not None
    assert longest.first == 4


def test_burden_is_of_all_beats_and_the_rate_of_analysable_hours() -> None:
    # 2 of 10 beats in 1800 s, of which 1791 can be analysed
    stream = stream_of("NVNNNVN|NNN", gap_s=10, duration_s=1800)
    assert int(stream.analysable.sum()) == 1791
    found = ventricular(stream)
    assert found.burden_percent == 20
    assert found.per_hour == pytest.approx(2 * 3600 / 1791)


def test_without_beats_there_is_no_burden() -> None:
    found = ventricular(stream_of(""))
    assert (found.count, found.burden_percent, found.per_hour) == (0, None, 0)
    assert (found.isolated, found.runs, found.bigeminy) == ((), (), ())


def test_lengths_are_settings() -> None:
    beats = "NVVVNVVVVNNVNVN"
    other = EctopySettings(run_beats=4, bigeminy_cycles=2)
    assert spans(ventricular(beats, other).runs) == [(5, 8)]
    assert spans(ventricular(beats, other).bigeminy) == [(11, 13)]
    assert ventricular(beats).bigeminy == ()


def test_where_runs_are_longer_than_triplets_these_are_counted_beside_them() -> None:
    found = ventricular("NVNVVNVVVNVVVVNVVVVVNVVVN", EctopySettings(run_beats=5))
    assert (len(found.isolated), len(found.couplets)) == (1, 1)
    assert (spans(found.triplets), spans(found.runs)) == ([(6, 8), (21, 23)], [(15, 19)])
    # the four in a row are neither triplet nor run
    assert found.count == 1 + 2 * 1 + 3 * 2 + 4 + 5


def test_a_single_beat_has_no_rate_where_the_settings_make_it_a_run() -> None:
    (run,) = ventricular("NNVNN", EctopySettings(run_beats=1)).runs
    assert (run.first, run.last, run.duration_s, run.rate_bpm) == (2, 2, 0, None)


def stretches(classes: str, kind: str) -> Spans:
    """Return the stretches of consecutive beats of a class; ``|`` in the classes is a gap."""
    found, number = [], 0
    for letter, group in groupby(classes):
        length = 0 if letter == "|" else len(list(group))
        if letter == kind:
            found.append((number, number + length - 1))
        number += length
    return found


def alternations(classes: str, kind: str, between: str) -> Spans:
    """Return the chains of three or more isolated beats with these beats between."""
    isolated = [first for first, last in stretches(classes, kind) if first == last]
    beats = [position for position, letter in enumerate(classes) if letter != "|"]
    chains = [isolated[:1]]
    for one, following in pairwise(isolated):
        if classes[beats[one] + 1 : beats[following]] == between:
            chains[-1].append(following)
        else:
            chains.append([following])
    return [(chain[0], chain[-1]) for chain in chains if len(chain) >= 3]


def assert_plainly_read(found: Ectopy, classes: str, kind: str) -> None:
    """Hold the patterns against a reading of the letters, without regular expressions."""
    read = stretches(classes, kind)
    of_length = {n: [span for span in read if span[1] - span[0] == n - 1] for n in (1, 2, 3)}
    assert found.count == classes.count(kind)
    assert [(beat, beat) for beat in found.isolated] == of_length[1]
    assert spans(found.couplets) == of_length[2]
    assert spans(found.triplets) == of_length[3]
    assert spans(found.runs) == [span for span in read if span[1] - span[0] >= 2]
    assert spans(found.bigeminy) == alternations(classes, kind, "N")
    assert spans(found.trigeminy) == alternations(classes, kind, "NN")


def assert_timed(found: Ectopy, record: Reference) -> None:
    for name in PATTERNS:
        for episode in getattr(found, name):
            begin, end = int(record.samples[episode.first]), int(record.samples[episode.last])
            assert episode.start_s == begin / record.rate_hz
            assert episode.duration_s == pytest.approx((end - begin) / record.rate_hz)
            assert episode.rate_bpm == pytest.approx(
                60 * record.rate_hz * (episode.last - episode.first) / (end - begin)
            )


def test_patterns_of_the_24_hour_records_are_those_of_their_symbols(data_dir: Path) -> None:
    n_runs = 0
    for path in long_records(data_dir):
        record = reference(path)
        for kind in ("V", "S"):
            found = ectopy(record.stream, kind, SETTINGS)
            assert_plainly_read(found, record.classes, kind)
            assert_timed(found, record)
            n_runs += len(found.runs)
    assert n_runs > 800


def test_patterns_of_the_arrhythmia_database_are_those_of_its_symbols(data_dir: Path) -> None:
    n_bigeminy = 0
    for path in mitdb_records(data_dir):
        record = reference(path)
        for kind in ("V", "S"):
            found = ectopy(record.stream, kind, SETTINGS)
            assert_plainly_read(found, record.classes, kind)
            assert_timed(found, record)
            n_bigeminy += len(found.bigeminy)
    assert n_bigeminy > 50


def marked(record: Reference, mark: str) -> Spans:
    """Return the beats from each rhythm mark of a kind to the mark that follows."""
    found = []
    for (begin, text), (end, _) in pairwise((*record.marks, (int(record.samples[-1]) + 1, ""))):
        if text == mark:
            first, after = np.searchsorted(record.samples, [begin, end])
            found.append((int(first), int(after) - 1))
    return found


def marked_records(data_dir: Path) -> list[Reference]:
    """Return the records of the Long-Term AF Database, which has rhythm marks."""
    records = [reference(path) for path in long_records(data_dir)]
    return [record for record in records if record.marks]


def test_runs_are_those_that_the_af_databases_annotators_mark_as_ventricular_tachycardia(
    data_dir: Path,
) -> None:
    n_marks = 0
    for record in marked_records(data_dir):
        assert spans(ventricular(record.stream).runs) == marked(record, "(VT")
        n_marks += len(marked(record, "(VT"))
    assert n_marks == 420


@pytest.mark.parametrize(
    ("definition", "n_marks", "least_shares"),
    [
        (("(SVTA", "S", "runs"), 227, (0.98, 0.97)),
        (("(AB", "S", "bigeminy"), 1340, (0.97, 0.98)),
        (("(B", "V", "bigeminy"), 106, (0.99, 0.86)),
        (("(T", "V", "trigeminy"), 41, (0.75, 0.60)),
    ],
)
def test_what_the_af_databases_annotators_mark_is_found(
    data_dir: Path,
    definition: tuple[str, Literal["V", "S"], str],
    n_marks: int,
    least_shares: tuple[float, float],
) -> None:
    mark, kind, pattern = definition
    begin_share, marked_share = least_shares
    # Every mark is met. Some are cut short by another mark; in atrial fibrillation the annotators
    # mark none of these patterns, and outside it not all.
    n_wanted = n_met = n_begin = n_outside = n_outside_met = 0
    for record in marked_records(data_dir):
        found = spans(getattr(ectopy(record.stream, kind, SETTINGS), pattern))
        wanted = marked(record, mark)
        fibrillation = marked(record, "(AFIB")
        outside = [one for one in found if not any(meet(one, af) for af in fibrillation)]
        n_wanted += len(wanted)
        n_met += sum(any(meet(one, other) for other in found) for one in wanted)
        n_begin += len({first for first, _ in found} & {first for first, _ in wanted})
        n_outside += len(outside)
        n_outside_met += sum(any(meet(one, other) for other in wanted) for one in outside)
    assert n_met == n_wanted == n_marks
    assert n_begin >= begin_share * n_wanted
    assert n_outside_met >= marked_share * n_outside


@pytest.mark.parametrize(
    ("mark", "pattern", "n_marks"),
    [("(VT", "runs", 61), ("(IVR", "runs", 4), ("(B", "bigeminy", 221), ("(T", "trigeminy", 83)],
)
def test_what_the_arrhythmia_databases_annotators_mark_is_found_if_it_holds_no_f_or_q(
    data_dir: Path, mark: str, pattern: str, n_marks: int
) -> None:
    n_wanted = 0
    for path in mitdb_records(data_dir):
        record = reference(path)
        found = spans(getattr(ventricular(record.stream), pattern))
        for first, last in marked(record, mark):
            beats = record.classes[first : last + 1]
            assert any(meet((first, last), one) for one in found) or set(beats) & set("FQ")
            n_wanted += 1
    assert n_wanted == n_marks


def meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


classes = st.text("NNNVVSF|", max_size=80).map(lambda text: text.strip("|").replace("||", "|"))


@given(classes, st.sampled_from("VS"))
@settings(max_examples=300, deadline=None)
def test_patterns_of_any_letters_are_a_plain_reading_of_them(text: str, kind: str) -> None:
    while "||" in text:
        text = text.replace("||", "|")
    stream = stream_of(text)
    found = ectopy(stream, kind, SETTINGS)
    assert_plainly_read(found, text, kind)


@given(classes)
@settings(max_examples=200, deadline=None)
def test_isolated_beats_couplets_and_runs_make_up_the_count(text: str) -> None:
    stream = stream_of(text)
    found = ventricular(stream)
    in_runs = sum(run.n_beats for run in found.runs)
    assert len(found.isolated) + 2 * len(found.couplets) + in_runs == found.count
    assert found.count == text.count("V")


@given(classes, st.integers(1, 100_000))
@settings(max_examples=100, deadline=None)
def test_a_delay_moves_times_and_nothing_else(text: str, delay_s: int) -> None:
    once, later = ventricular(stream_of(text)), ventricular(stream_of(text, first_s=delay_s + 0.5))
    assert (later.count, later.isolated) == (once.count, once.isolated)
    for name in PATTERNS:
        for before, after in zip(getattr(once, name), getattr(later, name), strict=True):
            assert (after.first, after.last, after.rate_bpm) == (
                before.first,
                before.last,
                before.rate_bpm,
            )
            assert after.start_s == pytest.approx(before.start_s + delay_s)
            assert after.duration_s == pytest.approx(before.duration_s)
