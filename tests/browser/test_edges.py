"""Reports of recordings that can only just be scored, end to end, in Chromium."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from unit.small_recordings import ecg, every, recording_of

from deepecg.beats.classifier import BeatClassifier
from deepecg.outputs.graphics.report_graphics import draw
from deepecg.outputs.report.report_page import render_report
from deepecg.outputs.summarise import summarise
from deepecg.recording import Recording
from deepecg.rhythm.events import listed_events
from deepecg.scoring import score_recording

RATE = 250


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> BeatClassifier:
    return BeatClassifier.load(model_dir)


def made_up(duration_s: int, lost: tuple[tuple[int, int], ...] = ()) -> Recording:
    """Return a regular ECG with a little noise; ``lost``: start and end of the lost signal in s."""
    noise = np.random.default_rng(0).normal(0, 0.01, duration_s * RATE)
    signal = ecg(every(0.8, duration_s), duration_s, RATE) + noise
    for first, stop in lost:
        signal[first * RATE : stop * RATE] = np.nan
    return recording_of(signal, rate=RATE)


RECORDINGS = {
    "of ten seconds": made_up(10),
    "of which nearly all is lost": made_up(600, ((35, 600),)),
    "with gaps": made_up(120, ((20, 23), (24, 25), (60, 90))),
    "that starts in 9999": replace(made_up(30), start=datetime(9999, 12, 31, 23, 59, 50)),
}


@pytest.mark.parametrize("which", RECORDINGS)
@pytest.mark.parametrize("width", [390, 1440])
def test_the_report_opens_of_a_recording(
    browser: Browser, classifier: BeatClassifier, tmp_path: Path, which: str, width: int
) -> None:
    scored = score_recording(RECORDINGS[which], classifier)
    rhythm = scored.rhythm
    listed = listed_events(rhythm.events, scored.settings.rhythm.events, rhythm.finding_events)
    graphics = draw(scored, listed)
    summary = summarise(scored, listed, graphics, "0123456789abcdef0123")
    path = tmp_path / "report.html"
    path.write_text(render_report(summary, graphics), encoding="utf-8")
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_selector("#trend-plot[data-from]")
        page.locator("#trend-plot").focus()
        for key in "++-0":
            page.keyboard.press(key)
        expect(page.locator(".cards")).to_contain_text(f"{summary.beats.total_count} beats")
        text = page.locator("main").inner_text()
        assert "NaN" not in text
        assert "None" not in text.replace("None.", "")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for strip, shown in zip(graphics.strips, page.locator("figure.strip").all(), strict=True):
            if strip.is_further:
                continue
            assert shown.locator("rect.lost").count() == sum(map(len, strip.lost))
            # one number for every known interval between two beats of the strip
            assert shown.locator("text.rr").count() == np.isfinite(strip.rr_s[1:]).sum()
    assert not complaints
