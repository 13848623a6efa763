"""What a review changes, from the stored beats to counts, burdens and findings."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.review.reviews import BY, SIGN, content_of, review_of, reviewed, stored_of
from unit.small_recordings import ecg, every, recording_of

from deepecg.beats.classifier import BeatClassifier
from deepecg.errors import ReviewError, ReviewOfOtherBeatsError, StoredBeatsError
from deepecg.outputs.result_files import output_files, write_outputs
from deepecg.readers.open_recording import open_recording
from deepecg.review.review_file import MAX_BYTES, read_review
from deepecg.review.review_recording import review_recording, unreviewed_recording
from deepecg.review.stored_beats import read_stored_beats
from deepecg.rhythm.events import Event
from deepecg.rhythm.settings import PauseSettings, RhythmSettings
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings

RATE = 250
SLOW_S = 1.2
"""Two such intervals are a pause, one is not."""


@pytest.fixture(scope="session")
def classifier(model_dir: Path) -> BeatClassifier:
    return BeatClassifier.load(model_dir)


def slow_rhythm(without: int | None = None) -> np.ndarray:
    times_s = every(SLOW_S, 90)
    return times_s if without is None else np.delete(times_s, without)


def scored_at(times_s: np.ndarray, classifier: BeatClassifier) -> ScoredRecording:
    noise = np.random.default_rng(0).normal(0, 0.01, 90 * RATE)
    signal = ecg(times_s, 90, RATE) + noise
    return score_recording(recording_of(signal, rate=RATE), classifier)


@pytest.fixture(scope="module")
def slow(classifier: BeatClassifier) -> ScoredRecording:
    return scored_at(slow_rhythm(), classifier)


@pytest.fixture(scope="module")
def paused(classifier: BeatClassifier) -> ScoredRecording:
    """One beat is missing: a pause of 2.4 s."""
    return scored_at(slow_rhythm(without=30), classifier)


@pytest.fixture(scope="module")
def ectopic(data_dir: Path, classifier: BeatClassifier) -> ScoredRecording:
    """Record 207: ventricular tachycardia and flutter, left bundle branch block."""
    return score_recording(open_recording(data_dir / "mitdb/207.hea"), classifier)


@pytest.fixture(scope="module")
def fibrillating(data_dir: Path, classifier: BeatClassifier) -> ScoredRecording:
    """Record 201: atrial fibrillation comes and goes."""
    return score_recording(open_recording(data_dir / "mitdb/201.hea"), classifier)


def time_of(scored: ScoredRecording, beat: int) -> float:
    return round(float(scored.beats.times_s[beat]), 3)


def span_of(event: Event) -> dict[str, Any]:
    return {
        "event_kind": event.kind.key,
        "start_s": round(event.start_s, 3),
        "duration_s": round(event.duration_s, 3),
    }


def events_of(scored: ScoredRecording, kind: str) -> list[Event]:
    return [event for event in scored.rhythm.events if event.kind.key == kind]


def counts(scored: ScoredRecording) -> dict[str, int]:
    return {name: int(scored.beats.is_class(name).sum()) for name in "NSVFQ"}


@pytest.mark.parametrize("record", ["201", "207", "231"])
def test_stored_beats_give_the_same_documents_without_the_model(
    record: str, data_dir: Path, classifier: BeatClassifier, tmp_path: Path
) -> None:
    recording = open_recording(data_dir / f"mitdb/{record}.hea")
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    scored = score_recording(recording, classifier)
    write_outputs(scored, one, "r", "r")
    stored = read_stored_beats((one / "r.beats.npz").read_bytes())
    again = unreviewed_recording(recording, stored, classifier.card, scored.settings)
    write_outputs(again, two, "r", "r")
    for name in output_files("r"):
        assert (two / name).read_bytes() == (one / name).read_bytes()


def test_a_review_of_impossible_amplitudes_has_the_same_documents(
    data_dir: Path, classifier: BeatClassifier, tmp_path: Path
) -> None:
    right = open_recording(data_dir / "mitdb/119.hea")
    wrong = replace(right, read_samples=lambda *part: 1000 * right.read_samples(*part))
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    scored = score_recording(wrong, classifier)
    write_outputs(scored, one, "r", "r")
    stored = read_stored_beats((one / "r.beats.npz").read_bytes())
    again = unreviewed_recording(wrong, stored, classifier.card, scored.settings)
    write_outputs(again, two, "r", "r")
    for name in output_files("r"):
        assert (two / name).read_bytes() == (one / name).read_bytes()


def test_a_deleted_beat_leaves_a_confirmed_pause(slow: ScoredRecording) -> None:
    assert not slow.rhythm.pauses.episodes
    found = reviewed(slow, {"op": "delete_beats", "times_s": [time_of(slow, 30)]})
    (pause,) = found.rhythm.pauses.episodes
    assert pause.duration_s == pytest.approx(2 * SLOW_S, abs=0.02)
    assert pause.start_s == pytest.approx(slow_rhythm()[29], abs=0.02)
    assert [event.kind.key for event in found.rhythm.events if event.kind.key == "pause"]
    assert len(found.beats.times_s) == len(slow.beats.times_s) - 1
    assert found.review is not None
    assert found.review.deleted_beats_count == 1
    assert sum(hour.n_beats for hour in found.rhythm.hours) == len(found.beats.times_s)


def test_an_inserted_beat_ends_a_pause(paused: ScoredRecording) -> None:
    assert len(paused.rhythm.pauses.episodes) == 1
    at_s = float(slow_rhythm()[30])
    found = reviewed(paused, {"op": "insert_beat", "time_s": at_s, "class": "V"})
    assert not found.rhythm.pauses.episodes
    assert not found.rhythm.pauses.unconfirmed
    assert counts(found)["V"] == 1
    assert found.beats.times_s[30] == at_s
    assert np.isnan(found.waves.p_peak_s[30])
    assert np.isnan(found.waves.qrs_onset_s[30])
    assert found.review is not None
    assert found.review.inserted_beats_count == 1


def test_an_inserted_beat_can_be_renamed_and_deleted_again(paused: ScoredRecording) -> None:
    at_s = float(slow_rhythm()[30])
    insert = {"op": "insert_beat", "time_s": at_s, "class": "V"}
    near = [at_s + 0.0099]
    named = reviewed(paused, insert, {"op": "rename_beats", "times_s": near, "class": "S"})
    assert counts(named)["S"] == 1
    gone = reviewed(paused, insert, {"op": "delete_beats", "times_s": near})
    assert counts(gone) == counts(paused)
    assert gone.review is not None
    assert gone.review.inserted_beats_count == gone.review.deleted_beats_count == 0


def test_no_interval_crosses_an_artefact(slow: ScoredRecording) -> None:
    found = reviewed(slow, {"op": "mark_artefact", "start_s": 20.5, "end_s": 24.2})
    assert slow.flags.analysable.sum() - found.flags.analysable.sum() == 5  # 20 to 25 s
    assert found.flags.noisy.sum() - slow.flags.noisy.sum() == 5
    inside = (slow.beats.times_s >= 20) & (slow.beats.times_s < 25)
    np.testing.assert_array_equal(found.beats.times_s, slow.beats.times_s[~inside])
    assert np.nanmax(found.beats.rr_s) < 1.3
    assert not found.rhythm.pauses.episodes
    assert found.review is not None
    assert found.review.artefact_s == 5
    assert found.review.deleted_beats_count == inside.sum()


def test_a_renamed_cluster_changes_class_counts_and_burden(ectopic: ScoredRecording) -> None:
    stored = stored_of(ectopic)
    largest = np.bincount(stored.cluster[stored.labels == 2]).argmax()  # of class V
    n_beats = int((stored.cluster == largest).sum())
    found = reviewed(
        ectopic, {"op": "rename_cluster", "cluster": int(largest), "class": "N"}, stored=stored
    )
    before = counts(ectopic)
    assert counts(found) == before | {"V": before["V"] - n_beats, "N": before["N"] + n_beats}
    assert found.rhythm.ventricular.count == before["V"] - n_beats
    burden = 100 * (before["V"] - n_beats) / sum(before.values())
    assert found.rhythm.ventricular.burden_percent == pytest.approx(burden)
    assert sum(hour.ventricular_count for hour in found.rhythm.hours) == before["V"] - n_beats
    assert found.review is not None
    assert found.review.renamed_beats_count == n_beats


def test_the_softwares_precision_is_not_that_of_a_reviewed_recording(
    ectopic: ScoredRecording, tmp_path: Path
) -> None:
    by_software = write_outputs(ectopic, tmp_path, "r", "r")
    assert by_software.ventricular.precision_percent is not None
    assert "In evaluation, precision" in (tmp_path / "diagnostic_report.json").read_text()
    found = write_outputs(reviewed(ectopic, SIGN), tmp_path, "r", "r")
    for block in (found.ventricular, found.supraventricular, found.atrial_fibrillation):
        assert (block.precision_percent, block.sensitivity_percent) == (None, None)
    assert {row.accuracy for row in (*found.urgent, *found.notable)} == {None}
    assert "In evaluation, precision" not in (tmp_path / "diagnostic_report.json").read_text()


def test_a_later_operation_replaces_an_earlier_one(slow: ScoredRecording) -> None:
    times_s = [time_of(slow, 10)]
    to_v, to_n = ({"op": "rename_beats", "times_s": times_s, "class": name} for name in "VN")
    assert counts(reviewed(slow, to_n, to_v))["V"] == 1
    assert counts(reviewed(slow, to_v, to_n)) == counts(slow)


def test_no_rule_changes_what_a_reviewer_decided(fibrillating: ScoredRecording) -> None:
    """No beat in fibrillation is S, unless the reviewer says so."""
    inside = np.flatnonzero(fibrillating.rhythm.fibrillation.beats)[50]
    times_s = [time_of(fibrillating, int(inside))]
    assert counts(fibrillating)["S"] == counts(reviewed(fibrillating))["S"]
    found = reviewed(fibrillating, {"op": "rename_beats", "times_s": times_s, "class": "S"})
    assert found.beats.is_class("S")[inside]
    assert counts(found)["S"] == counts(fibrillating)["S"] + 1
    left_out = fibrillating.rhythm.supraventricular_in_fibrillation_count
    left_out -= int(fibrillating.rhythm.classified.is_class("S")[inside])
    assert found.rhythm.supraventricular_in_fibrillation_count == left_out


def test_removed_fibrillation_is_in_no_total(fibrillating: ScoredRecording) -> None:
    episodes = events_of(fibrillating, "atrial_fibrillation")
    assert episodes
    removals = [{"op": "remove_event", **span_of(event)} for event in episodes]
    found = reviewed(fibrillating, *removals).rhythm
    assert not found.fibrillation.episodes
    assert found.fibrillation.burden_percent == 0
    assert sum(hour.fibrillation_s for hour in found.hours) == 0
    kinds = {finding.kind.key for finding in (*found.urgent, *found.notable)}
    assert not any("fibrillation" in kind for kind in kinds)
    assert found.variability.nn_count > fibrillating.rhythm.variability.nn_count
    kept = reviewed(fibrillating, *removals[1:]).rhythm.fibrillation
    assert kept.total_s == pytest.approx(episodes[0].duration_s)
    assert kept.longest_s == pytest.approx(episodes[0].duration_s)


def test_renamed_fibrillation_is_flutter(fibrillating: ScoredRecording) -> None:
    first, *others = events_of(fibrillating, "atrial_fibrillation")
    rename = {"op": "rename_event", **span_of(first), "to": "atrial_flutter"}
    found = reviewed(fibrillating, rename)
    assert len(events_of(found, "atrial_fibrillation")) == len(others)
    spans = [(event.start_s, event.duration_s) for event in found.rhythm.flutter]
    assert (first.start_s, first.duration_s) in spans
    assert found.review is not None
    assert found.review.removed_events_count == 1


def test_a_removed_tachycardia_is_gone_and_its_beats_stay(ectopic: ScoredRecording) -> None:
    runs = events_of(ectopic, "ventricular_tachycardia")
    worst = max(runs, key=lambda run: run.n_beats)
    found = reviewed(ectopic, {"op": "remove_event", **span_of(worst)})
    left = events_of(found, "ventricular_tachycardia")
    assert {run.start_s for run in left} == {run.start_s for run in runs} - {worst.start_s}
    assert counts(found) == counts(ectopic)
    run = found.rhythm.ventricular.longest_run
    assert run is not None
    assert run.n_beats < worst.n_beats


def test_beats_of_an_event_renamed_to_another_origin_get_its_class(
    ectopic: ScoredRecording,
) -> None:
    run = max(events_of(ectopic, "ventricular_tachycardia"), key=lambda run: run.n_beats)
    rename = {"op": "rename_event", **span_of(run), "to": "supraventricular_tachycardia"}
    found = reviewed(ectopic, rename)
    before = counts(ectopic)
    moved = {"V": before["V"] - run.n_beats, "S": before["S"] + run.n_beats}
    assert counts(found) == before | moved
    starts = {event.start_s for event in events_of(found, "supraventricular_tachycardia")}
    assert run.start_s in starts


def test_a_pause_that_the_reviewer_cannot_confirm(paused: ScoredRecording) -> None:
    (pause,) = events_of(paused, "pause")
    rename = {"op": "rename_event", **span_of(pause), "to": "unconfirmed_pause"}
    found = reviewed(paused, rename).rhythm
    assert not found.pauses.episodes
    assert [event.start_s for event in found.pauses.unconfirmed] == [pause.start_s]
    assert np.isnan(found.confirmed.rr_s[pause.last])
    back = rename | {"event_kind": "unconfirmed_pause", "to": "pause"}
    assert reviewed(paused, back).rhythm.pauses.episodes == paused.rhythm.pauses.episodes


def test_an_event_that_an_edit_took_away_can_be_removed_as_well(paused: ScoredRecording) -> None:
    (pause,) = events_of(paused, "pause")
    remove = {"op": "remove_event", **span_of(pause)}
    insert = {"op": "insert_beat", "time_s": float(slow_rhythm()[30]), "class": "N"}
    artefact = {"op": "mark_artefact", "start_s": pause.start_s, "end_s": pause.start_s + 2}
    for operations in ([remove], [insert, remove], [remove, insert], [artefact, remove]):
        assert not reviewed(paused, *operations).rhythm.pauses.episodes


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"op": "rename_beats", "times_s": [20.1], "class": "V"}, "no beat at 20.100 s"),
        ({"op": "delete_beats", "times_s": [1e8]}, "no beat at"),
        ({"op": "rename_cluster", "cluster": 999, "class": "V"}, "no morphology cluster 999"),
        ({"op": "insert_beat", "time_s": 20.2, "class": "V"}, "from another"),
        ({"op": "insert_beat", "time_s": 90.0, "class": "V"}, "cannot be analysed"),
        ({"op": "mark_artefact", "start_s": 90, "end_s": 95}, "within the 90.000 s"),
        ({"op": "mark_artefact", "start_s": 0, "end_s": 1e8}, "no beat left"),
        (
            {"op": "remove_event", "event_kind": "pause", "start_s": 5, "duration_s": 2},
            "no event of the kind pause at operations.1.",
        ),
        (
            {
                "op": "rename_event",
                "event_kind": "pause",
                "start_s": 5,
                "duration_s": 2,
                "to": "ventricular_bigeminy",
            },
            "expected its beats to be renamed",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    slow: ScoredRecording, operation: dict[str, Any], message: str
) -> None:
    """Beats are at 0.5, 1.7 ... 19.7, 20.9 s."""
    if operation.get("time_s") == 20.2:
        operation = operation | {"time_s": 20.85}
    with pytest.raises(ReviewError, match=message) as caught:
        reviewed(slow, {"op": "comment", "text": "x", "at_s": None}, operation)
    assert caught.value.code == "bad_review"


def test_nothing_can_be_inserted_into_an_artefact(slow: ScoredRecording) -> None:
    artefact = {"op": "mark_artefact", "start_s": 20, "end_s": 25}
    with pytest.raises(ReviewError, match="cannot be analysed"):
        reviewed(slow, artefact, {"op": "insert_beat", "time_s": 22, "class": "N"})


def test_a_review_of_other_beats_is_refused(slow: ScoredRecording) -> None:
    stored, review = stored_of(slow), read_review(content_of("0" * 64, SIGN))
    with pytest.raises(ReviewOfOtherBeatsError) as caught:
        review_recording(slow.recording, stored, review, slow.card, sha256="1" * 64)
    assert caught.value.code == "review_of_other_beats"


def test_beats_of_another_recording_are_refused(
    slow: ScoredRecording, paused: ScoredRecording
) -> None:
    stored = stored_of(slow)
    review = review_of(stored, SIGN)
    with pytest.raises(StoredBeatsError, match="another signal"):
        review_recording(paused.recording, stored, review, slow.card, sha256="1" * 64)
    shorter = replace(slow.recording, n_samples=80 * RATE)
    with pytest.raises(StoredBeatsError, match="another number of samples"):
        review_recording(shorter, stored, review, slow.card, sha256="1" * 64)


def test_other_thresholds_are_used_and_another_lead_or_model_is_refused(
    slow: ScoredRecording,
) -> None:
    stored = stored_of(slow)
    review = review_of(stored, SIGN)
    rhythm = RhythmSettings(pauses=PauseSettings(pause_s=1.1))
    found = review_recording(
        slow.recording, stored, review, slow.card, ScoringSettings(rhythm=rhythm), sha256="1" * 64
    )
    assert len(found.rhythm.pauses.episodes) > 60
    with pytest.raises(StoredBeatsError, match="another lead or conditioning"):
        review_recording(
            slow.recording, stored, review, slow.card, ScoringSettings(lead="lead 0"),
            sha256="1" * 64,
        )  # fmt: skip
    card = replace(slow.card, sha256="f" * 64)
    with pytest.raises(StoredBeatsError, match="another model"):
        review_recording(slow.recording, stored, review, card, sha256="1" * 64)


def test_what_the_review_says_is_kept_in_its_order(slow: ScoredRecording) -> None:
    def comment(text: str) -> dict[str, Any]:
        return {"op": "comment", "text": text, "at_s": None}

    found = reviewed(
        slow,
        comment("first"),
        {"op": "conclude", "text": "Replaced."},
        {"op": "conclude", "text": "Kept."},
        {"op": "sign"},
        comment("second"),
    ).review
    assert found is not None
    assert [one.text for one in found.comments] == ["first", "second"]
    assert found.conclusion == "Kept."
    assert (found.status, found.signed_by, found.signed_at) == ("preliminary", None, None)
    assert found.reviewers == ("Dr. A. Muster",)
    signed = reviewed(slow, comment("first"), SIGN).review
    assert signed is not None
    assert (signed.status, signed.signed_by, signed.signed_at) == (
        "final", BY["author"], BY["at"],
    )  # fmt: skip


def test_a_review_is_of_the_leads_that_looked_like_an_ecg(classifier: BeatClassifier) -> None:
    noise = np.random.default_rng(0).normal(0, 1, 90 * RATE)
    lead = ecg(slow_rhythm(), 90, RATE) + 0.01 * noise
    unlabelled = replace(recording_of(noise, lead, rate=RATE), says_ecg=False)
    scored = score_recording(unlabelled, classifier)
    again = unreviewed_recording(unlabelled, stored_of(scored), scored.card, scored.settings)
    assert again.recording.leads == scored.recording.leads == ("lead 1",)
    np.testing.assert_array_equal(again.beats.times_s, scored.beats.times_s)


def test_a_review_as_large_as_allowed_is_applied(slow: ScoredRecording) -> None:
    """5,000 operations, each on one beat."""
    times_s = [time_of(slow, beat) for beat in range(len(slow.beats.times_s))]
    operations = [
        {"op": "rename_beats", "times_s": [times_s[number % len(times_s)]], "class": "V"}
        for number in range(5_000)
    ]
    assert len(content_of("0" * 64, *operations)) < MAX_BYTES
    assert counts(reviewed(slow, *operations))["V"] == len(times_s)
