"""The full disclosure, unpacked again by other code than the page's."""

import base64
import json
import re
import zlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import RATE, conditioned_lead, ecg, every, recording_of, scored_of

from deepecg.outputs.disclosure.disclosure_page import write_disclosure
from deepecg.outputs.disclosure.settings import DisclosureSettings
from deepecg.outputs.report.recording_clock import Clock
from deepecg.recording import ReadingWarning
from deepecg.scored_recording import ScoredRecording

ID = "0123456789abcdef0123"
DURATION_S = 200
BEATS_S = every(0.8, DURATION_S)
CLASSES = "".join("V" if beat % 50 == 30 else "N" for beat in range(len(BEATS_S)))
START = datetime(2024, 3, 1, 9, 58, 40)


@pytest.fixture(scope="module")
def scored() -> ScoredRecording:
    """Return 200 s of two leads; the first is lost from 100 s to 150 s."""
    signals = [ecg(BEATS_S, DURATION_S, RATE, r_mv=height) for height in (1.0, -1.5)]
    recording = recording_of(*signals, rate=RATE, names=("II", "V1"))
    found = scored_of(
        BEATS_S, CLASSES, rate=RATE, duration_s=DURATION_S, recording=recording,
        signal_mv=signals[0], bad={"missing": range(100, 150)},
    )  # fmt: skip
    no_fault = replace(found.flags, missing=np.zeros(DURATION_S, bool))
    other = replace(
        found.used[0], number=1, conditioned=conditioned_lead(signals[1]), flags=no_fault
    )
    return replace(found, used=(found.used[0], other))


def written(
    scored: ScoredRecording, tmp_path: Path, start: datetime | None = START, **settings: Any
) -> str:
    path = tmp_path / "disclosure.html"
    clock = Clock(start, scored.recording.duration_s)
    write_disclosure(scored, path, ID, clock, DisclosureSettings(**settings))
    return path.read_text(encoding="utf-8")


def index_of(html: str) -> dict[str, Any]:
    found = re.search(r'id="index">(.*?)</script>', html)
    assert found
    index: dict[str, Any] = json.loads(found[1])
    return index


def rows_of(html: str) -> list[tuple[dict[str, Any], NDArray[np.float64]]]:
    """Return document and levels of every row."""
    rows = []
    for text in re.findall(r'class="block">([^<]*)</script>', html):
        data = zlib.decompress(base64.b64decode(text), wbits=-15)
        begin = 4 + int.from_bytes(data[:4], "little")
        low, high = np.split(np.frombuffer(data[begin:], np.uint8).astype(np.int64), 2)
        unsigned = low + 256 * high
        steps = np.where(unsigned % 2, -(unsigned + 1) // 2, unsigned // 2)
        ahead = np.cumsum(steps)
        for row in json.loads(data[4:begin])["rows"]:
            rows.append((row, ahead[: row["samples"]]))
            ahead = ahead[row["samples"] :]
        assert not len(ahead)
    return rows


def test_a_row_is_a_minute_of_the_clock(scored: ScoredRecording, tmp_path: Path) -> None:
    html = written(scored, tmp_path, block_rows=2)
    index = index_of(html)
    assert index["labels"] == ["09:58", "09:59", "10:00", "10:01"]
    assert index["offset_s"] == -40
    assert [row["from_s"] for row, _ in rows_of(html)] == [0, 20, 80, 140]
    assert [row["samples"] for row, _ in rows_of(html)] == [20 * RATE, *3 * [60 * RATE]]


def test_without_a_start_rows_are_minutes_of_the_recording(
    scored: ScoredRecording, tmp_path: Path
) -> None:
    index = index_of(written(scored, tmp_path, start=None))
    assert index["labels"] == ["+0:00", "+0:01", "+0:02", "+0:03"]
    assert index["offset_s"] == 0


def test_samples_are_those_of_the_lead_that_is_usable_in_the_minute(
    scored: ScoredRecording, tmp_path: Path
) -> None:
    """The minute from 80 s lacks 50 s of the first lead, that from 140 s lacks 10 s."""
    html = written(scored, tmp_path)
    rows = rows_of(html)
    assert [row["lead"] for row, _ in rows] == [0, 0, 1, 1]
    assert index_of(html)["leads"] == ["II", "V1"]
    for row, levels in rows:
        first = round(row["from_s"] * RATE)
        signal = scored.used[row["lead"]].conditioned.signal[first : first + len(levels)]
        np.testing.assert_allclose(levels * 0.01, signal, atol=0.00501)


def test_lost_time_and_beats_are_those_of_the_row(scored: ScoredRecording, tmp_path: Path) -> None:
    one = replace(scored, used=scored.used[:1])
    rows = [row for row, _ in rows_of(written(one, tmp_path))]
    assert [row["lost"] for row in rows] == [[], [], [[100, 140]], [[140, 150]]]
    beats_s = [at for row in rows for at in row["beats_s"]]
    assert beats_s == pytest.approx(BEATS_S.tolist(), abs=0.005)
    assert "".join(row["classes"] for row in rows) == CLASSES
    # V beats at 24.5, 64.5, 104.5, 144.5 and 184.5 s
    assert index_of(written(one, tmp_path))["ectopic"] == [[0, 2, 1, 2], [0, 0, 0, 0]]


def test_of_a_long_recording_the_extremes_are_kept(scored: ScoredRecording, tmp_path: Path) -> None:
    html = written(scored, tmp_path, full_rate_s=100, long_rate_hz=32)
    assert "32 samples a second are shown" in html
    assert "samples a second are shown" not in written(scored, tmp_path)
    for row, levels in rows_of(html):
        assert row["rate_hz"] == 32
        first, length = round(row["from_s"] * RATE), 4 * len(levels)
        signal = scored.used[row["lead"]].conditioned.signal[first : first + length]
        pieces, pairs = signal.reshape(-1, 8), 0.01 * levels.reshape(-1, 2)
        np.testing.assert_allclose(pairs.min(axis=1), pieces.min(axis=1), atol=0.00501)
        np.testing.assert_allclose(pairs.max(axis=1), pieces.max(axis=1), atol=0.00501)


def test_names_from_a_file_cannot_become_markup(scored: ScoredRecording, tmp_path: Path) -> None:
    hostile = "<script>alert(1)"
    recording = replace(scored.recording, leads=(hostile, "V1"))
    html = written(replace(scored, recording=recording), tmp_path)
    assert "<script>alert" not in html
    assert index_of(html)["leads"] == [hostile, "V1"]


def test_a_recording_without_beats_has_its_rows(tmp_path: Path) -> None:
    html = written(scored_of([], "", duration_s=70, rate=RATE), tmp_path)
    assert [row["beats_s"] for row, _ in rows_of(html)] == [[], []]


def test_a_lead_that_is_not_calibrated_is_named_so(scored: ScoredRecording, tmp_path: Path) -> None:
    assert "not calibrated" not in written(scored, tmp_path)
    warning = ReadingWarning("impossible_amplitude", "found one")
    recording = replace(scored.recording, warnings=(warning,))
    html = written(replace(scored, recording=recording), tmp_path)
    assert "filtered, amplitude not calibrated." in html
