import numpy as np
import pytest
from unit.small_recordings import RATE, ecg, scored_of

from deepecg.outputs.graphics.ecg_strips import choose_strips
from deepecg.outputs.graphics.report_graphics import Graphics, draw
from deepecg.outputs.graphics.settings import StripSettings
from deepecg.rhythm.events import ListedEvents, listed_events
from deepecg.scored_recording import ScoredRecording


@pytest.fixture(scope="module")
def scored() -> ScoredRecording:
    """Return 3 minutes at 60 a minute: a couplet at 60 s, isolated beats, a flat stretch."""
    classes = list("N" * 170)
    for beat, name in ((20, "V"), (60, "V"), (61, "V"), (80, "S"), (100, "V"), (120, "V")):
        classes[beat] = name
    times = np.concatenate([np.arange(150), 160 + np.arange(20)]) + 0.5
    return scored_of(
        times,
        "".join(classes),
        rr_s=[np.nan if beat in {0, 150} else 1.0 for beat in range(170)],
        duration_s=180,
        bad={"flat": range(150, 160)},
        signal_mv=ecg(times, 180, RATE),
    )


@pytest.fixture(scope="module")
def listed(scored: ScoredRecording) -> ListedEvents:
    return listed_events(scored.rhythm.events, scored.settings.rhythm.events)


@pytest.fixture(scope="module")
def graphics(scored: ScoredRecording, listed: ListedEvents) -> Graphics:
    return draw(scored, listed)


def test_trend_and_clusters_count_the_beats_of_the_recording(graphics: Graphics) -> None:
    assert graphics.trend.ventricular_count.sum() == 5
    assert graphics.trend.supraventricular_count.sum() == 1
    assert np.nanmax(graphics.trend.mean_bpm) == np.nanmin(graphics.trend.mean_bpm) == 60
    assert graphics.trend.analysable_share.tolist() == [1.0] * 15 + [0.0] + [1.0] * 2
    by_class = dict.fromkeys("NSVFQ", 0)
    for cluster in graphics.clusters:
        by_class[cluster.class_name] += cluster.count
    assert by_class == {"N": 164, "S": 1, "V": 5, "F": 0, "Q": 0}


def test_rr_plots_count_the_intervals_of_the_recording(graphics: Graphics) -> None:
    assert graphics.rr_histogram.count.sum() == 168
    # Not NN: before and after 20, 60 to 61 (three), 80, 100 and 120
    assert graphics.rr_histogram.nn_count.sum() == 168 - 2 - 3 - 2 - 2 - 2
    assert graphics.poincare.count.sum() == 166


def test_strips_are_those_of_the_list_and_then_examples(
    graphics: Graphics, listed: ListedEvents
) -> None:
    of_events = [s.event_number for s in graphics.strips if s.event_number is not None]
    n_first = len(choose_strips(listed.events, StripSettings()))
    assert of_events[:n_first] == choose_strips(listed.events, StripSettings())
    assert [s.id for s in graphics.strips] == [
        f"strip-{i + 1}" for i in range(len(graphics.strips))
    ]
    couplet = next(strip for strip in graphics.strips if strip.kind.key == "ventricular_couplet")
    assert couplet.start_s + couplet.from_s == pytest.approx(60.5)
    assert couplet.start_s + couplet.until_s == pytest.approx(61.5)
    assert "NVVN" in couplet.beat_classes
    examples = [strip for strip in graphics.strips if strip.event_number is None]
    at = [(strip.kind.key, strip.start_s + strip.from_s) for strip in examples]
    assert at == [
        ("isolated_ventricular", pytest.approx(20.5)),
        ("isolated_ventricular", pytest.approx(120.5)),
        ("isolated_supraventricular", pytest.approx(80.5)),
    ]
    assert [strip.id for strip in graphics.strips] == [
        f"strip-{place}" for place in range(1, len(graphics.strips) + 1)
    ]


def test_the_same_recording_gives_the_same_graphics(
    scored: ScoredRecording, listed: ListedEvents, graphics: Graphics
) -> None:
    again = draw(scored, listed)
    assert again.trend.mean_bpm.tobytes() == graphics.trend.mean_bpm.tobytes()
    for one, other in zip(again.strips, graphics.strips, strict=True):
        assert (one.id, one.start_s, one.beat_classes) == (
            other.id,
            other.start_s,
            other.beat_classes,
        )
    for one, other in zip(again.clusters, graphics.clusters, strict=True):
        assert one.count == other.count
        assert one.shape_mv.tobytes() == other.shape_mv.tobytes()
