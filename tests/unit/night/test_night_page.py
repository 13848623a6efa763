import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from synthetic_nights import fill, made_up_entries, rejection
from unit.night.hand_made_nights import NIGHT, MemoryStore, body, summary, with_values

from deepecg.night.drift import MetricDrift
from deepecg.night.make_report import make_night
from deepecg.night.night_charts import histogram, outcome_bar, range_label, sparkline
from deepecg.night.night_entry import night_entry
from deepecg.night.night_report import DeadLettersOfDate, HistogramBar
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.next_steps import NEXT_STEPS
from deepecg.outputs.report.labels_and_formats import CLASS_NAMES
from deepecg.outputs.warning_texts import warning_text

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&"
VOID = {"meta", "link", "br", "img", "hr", "rect", "path", "circle"}


class Reader(HTMLParser):
    """Reads a page and holds that every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def links(self) -> list[str]:
        return [found["href"] or "" for tag, found in self.tags if tag == "a"]


def page_of(*bodies: bytes, **inputs: Any) -> str:
    store = MemoryStore(*bodies)
    make_night(NIGHT, store, **inputs)
    return store.files[NIGHT, "index.html"].decode()


def made_up(n: int = 120) -> tuple[str, MemoryStore]:
    store = MemoryStore(*map(body, made_up_entries(NIGHT, n, seed=6)))
    make_night(NIGHT, store, dead_letters=DeadLettersOfDate(3))
    return store.files[NIGHT, "index.html"].decode(), store


def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere() -> None:
    page, _ = made_up()
    reader = Reader(page)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "form"}
    for link in reader.links():
        assert link.startswith(("../../recordings/", "#")) or link in {
            "recordings.csv",
            "report.json",
        }
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page


def test_its_policy_allows_its_own_style_sheet_and_nothing_else() -> None:
    page, _ = made_up()
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in page
    assert 'style="' not in page
    assert not re.search(r"\son\w+=", page)


def test_every_part_has_a_heading_and_every_table_its_caption() -> None:
    tags = Reader(made_up()[0]).tags
    assert [tag for tag, _ in tags].count("h1") == 1
    ids = {found["id"] for _, found in tags if "id" in found}
    assert len(ids) == sum("id" in found for _, found in tags)
    for tag, found in tags:
        if tag == "section":
            assert found["aria-labelledby"] in ids
        if tag == "th":
            assert found["scope"] in {"row", "col", "rowgroup"}
        if tag == "svg":
            assert found["role"] == "img"
            assert found.get("aria-label") or found.get("aria-labelledby")
    names = [tag for tag, _ in tags]
    assert names.count("caption") == names.count("table") >= 4


def test_the_page_shows_the_figures_of_the_document() -> None:
    page, store = made_up()
    report = json.loads(store.files[NIGHT, "report.json"])
    words = Reader(page).words
    outcomes = report["outcomes"]
    assert f"Uploaded {outcomes['uploaded_count']}" in words
    assert f"Scored {outcomes['scored_count']}" in words
    assert "Dead letters of this date 3" in words
    assert f"{report['totals']['beats_count']:,}" in words
    assert f"{report['processing']['cost']['total_usd']:.2f} USD" in words
    assert ADVISORY in words
    for row in report["ranked"]:
        assert row["recording_id"] in words
        assert f"{row['ventricular_burden_percent']:.2f}" in words
        assert all(found["message"] in words for found in row["urgent"])


def test_texts_of_entries_are_never_markup() -> None:
    rejected = night_entry("a", rejection(HOSTILE))
    scored = night_entry("b", summary(), folder=HOSTILE)
    digest = with_values(
        scored.digest,
        urgent=[{"kind": HOSTILE, "message": ""}, {"kind": "other", "message": HOSTILE}],
        notable=[{"kind": "other", "message": HOSTILE}],
        warning_codes=[HOSTILE],
        model_version=HOSTILE,
        software_version=HOSTILE,
    )
    waiting = night_entry("c", outcome="waiting", code=HOSTILE)
    bodies = (
        body(rejected),
        body(with_values(scored, uploaded_at=HOSTILE, digest=digest)),
        body(with_values(waiting, uploaded_at=HOSTILE)),
    )
    reader = Reader(page := page_of(*bodies))
    assert "<script" not in page
    assert "<img" not in page
    # reasons twice, kinds twice, a message, a notable one, a warning, two versions
    assert reader.words.count("<script>") == 9
    assert not {tag for tag, _ in reader.tags} & {"script", "img"}
    assert all(not name.startswith("on") for _, found in reader.tags for name in found)


@pytest.mark.parametrize(
    "folder", ["javascript:alert(1)", 'a" onclick="x', "a'b", "<b>", "a b#c?d"]
)
def test_a_folder_becomes_a_link_and_no_more(folder: str) -> None:
    page = page_of(body(night_entry("a", summary(), folder=folder)))
    links = [link for link in Reader(page).links() if link.endswith("report.html")]
    assert len(links) == 1
    assert links[0].startswith("../../")
    assert not re.search("[\"'<># ?]", links[0])


def test_the_page_names_a_recording_by_its_id_and_its_folder_in_links_alone() -> None:
    page = page_of(body(night_entry("0f3a", summary(), folder="Jane_Doe")))
    assert "0f3a" in Reader(page).words
    assert "Jane" not in Reader(page).words
    assert page.count("Jane") == 1


def test_the_page_does_not_claim_that_links_hold_no_names_where_they_do() -> None:
    claim, warning = "contains no patient data", "contain folder names"
    local = Reader(page_of(body(night_entry("0f3a", summary(), folder="Mueller_Hans_1950")))).words
    assert claim not in local
    assert warning in local
    by_id = body(night_entry("0f3a", summary(), folder="recordings/0f3a/v1"))
    words = Reader(page_of(by_id)).words
    assert claim in words
    assert warning not in words


def test_a_queue_that_was_not_seen_whole_is_told_of_even_without_uploads() -> None:
    words = Reader(page_of(dead_letters=DeadLettersOfDate(2_000, is_complete=False))).words
    assert "No upload of this date has been processed." in words
    assert (
        "Dead letters of this date at least 2,000 : the queue could not be read completely" in words
    )
    assert "read completely" not in Reader(page_of(dead_letters=DeadLettersOfDate(2_000))).words


def test_only_where_there_is_a_queue_does_the_page_speak_of_it() -> None:
    assert "still in the queue" in Reader(page_of(dead_letters=DeadLettersOfDate(0))).words
    assert "queue" not in Reader(page_of()).words


def test_urgent_kinds_are_called_as_in_a_recordings_report_and_new_ones_in_plain_words() -> None:
    kinds = ("fast_atrial_fibrillation", "a_kind_of_tomorrow")
    scored = summary(urgent=tuple((kind, "") for kind in kinds))
    words = Reader(page_of(body(night_entry("a", scored)))).words
    assert words.count("Fast atrial fibrillation") == 2  # above the table and in it
    assert words.count("A kind of tomorrow") == 2
    assert not any(kind in words for kind in kinds)


def test_classes_of_beats_are_called_as_in_a_recordings_report() -> None:
    store = MemoryStore()
    fill(store, NIGHT, 60, seed=6, n_before=60)
    make_night(NIGHT, store)
    words = Reader(store.files[NIGHT, "index.html"].decode()).words
    for name in CLASS_NAMES.values():
        assert words.count(f"{name} ") >= 2  # among the totals and the drift
        assert f"{name} beats" in words


def test_the_table_is_a_worklist_by_tier_with_the_state_of_the_review() -> None:
    words = Reader(
        page_of(
            body(night_entry("calm", summary())),
            body(
                night_entry(
                    "noted", summary(notable=(("pause", "Pause of 2.1 s"),), review="final")
                )
            ),
            body(night_entry("worst", summary(urgent=(("pause", "Pause of 9.1 s"),)))),
        )
    ).words
    parts = ["Urgent 1", "worst", "Pause of 9.1 s", "Not reviewed", "Notable 1", "noted",
             "Pause of 2.1 s", "Signed", "Others 1", "calm", "none", "Not reviewed"]  # fmt: skip
    assert re.search(".*".join(map(re.escape, parts)), words)


def test_a_rejected_upload_says_what_to_do() -> None:
    words = Reader(page_of(body(night_entry("a", rejection("truncated_samples"))))).words
    assert NEXT_STEPS["truncated_samples"] in words


def test_a_comparison_that_is_not_possible_is_one_sentence_without_drawings() -> None:
    few = [body(night_entry(f"r{i}", summary())) for i in range(4)]
    reader = Reader(page_of(*few))
    assert "too few nights to compare with" in reader.words
    assert "14 such nights are needed" in reader.words
    assert [found["class"] for tag, found in reader.tags if tag == "svg"] == ["bar"]
    assert "Usual range" not in reader.words


def test_what_is_left_out_is_said() -> None:
    page, store = made_up(900)
    words = Reader(page).words
    n_scored = json.loads(store.files[NIGHT, "report.json"])["outcomes"]["scored_count"]
    assert f"The 200 most urgent of {n_scored} scored recordings" in words
    assert f"the other {n_scored - 200} are in recordings.csv" in words


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, by WCAG 2.1."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(scheme: str) -> None:
    css = (files("deepecg.night") / "style.css").read_text(encoding="utf-8")
    report = (files("deepecg.outputs.report") / "style.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w{6});", block))
        for block in re.findall(r":root \{\s+color-scheme: \w+;(.*?)\}", report, re.DOTALL)
    )
    tokens = light if scheme == "light" else light | dark
    names = {"ink", "soft", "v", "link", *re.findall(r"(?<![-\w])color: var\(--([\w-]+)\)", css)}
    for name in names:
        for ground in ("ground", "alert"):
            assert contrast(tokens[name], tokens[ground]) >= 4.5, (name, ground)


# --- Drawings -----------------------------------------------------------------------------------


def bars(*counts: int) -> list[HistogramBar]:
    return [
        HistogramBar(from_percent=i, below_percent=i + 1, recordings_count=count)
        for i, count in enumerate(counts)
    ]


def test_bars_are_as_high_as_their_counts() -> None:
    drawn = histogram(bars(10, 5, 0))
    assert drawn[0].height == 2 * drawn[1].height
    assert drawn[2].height == 0
    assert len({bar.y + bar.height for bar in drawn}) == 1, "they stand on one line"
    assert histogram(bars(1_000_000, 1))[1].height >= 1, "one recording can be seen"
    assert all(bar.height == 0 for bar in histogram(bars(0, 0)))


def test_classes_of_percent_are_named_as_people_write_them() -> None:
    dash = "\N{EN DASH}"
    assert [range_label(*edges) for edges in ((0, 0), (0, 0.1), (0.1, 1), (20, 100))] == [
        "none", "< 0.1", f"0.1{dash}1", "≥ 20"
    ]  # fmt: skip


def test_the_bar_of_outcomes_is_shared_out_by_count() -> None:
    segments = outcome_bar([("scored", 75), ("rejected", 0), ("failed", 25)])
    assert [segment.name for segment in segments] == ["scored", "failed"]
    assert segments[0].width == pytest.approx(3 * segments[1].width, abs=0.05)
    assert segments[-1].x + segments[-1].width == pytest.approx(1000)
    assert outcome_bar([("scored", 0)]) == ()


def metric(
    value: float | None,
    *history: float | None,
    median: float | None = None,
    usual: tuple[float | None, float | None] = (None, None),
) -> MetricDrift:
    return MetricDrift(
        name="mean_bpm",
        value=value,
        history=history,
        median=median,
        usual_from=usual[0],
        usual_to=usual[1],
        z=None,
        status="usual",
    )


def test_a_line_is_broken_where_a_night_is_missing() -> None:
    spark = sparkline(metric(3.0, 1.0, 2.0, None, 5.0, None, 1.0, 2.0))
    assert spark.paths.count("M") == 2
    assert len(spark.dots) == 1
    assert spark.band_y is None


def test_higher_values_lie_higher_and_all_lie_inside() -> None:
    spark = sparkline(metric(9.0, 1.0, 2.0, 1.0, median=1.0, usual=(0.5, 2.5)))
    ys = [float(y) for y in re.findall(r" ([\d.]+)", spark.paths)]
    assert ys[1] < ys[0] == ys[2]
    assert spark.y is not None
    assert spark.band_y is not None
    assert spark.band_height is not None
    assert spark.y < spark.band_y < ys[1], "the night is above the band, and nights are in it"
    assert ys[0] <= spark.band_y + spark.band_height
    assert all(0 <= y <= 56 for y in (*ys, spark.y, spark.band_y + spark.band_height))


def test_a_figure_that_never_changes_and_one_that_is_not_known_can_be_drawn() -> None:
    assert sparkline(metric(1.0, 1.0, 1.0)).y == 28.0
    assert sparkline(metric(None, None, None)).y is None


def test_important_warnings_are_marked_in_the_row_and_explained_in_the_list() -> None:
    plain = night_entry("whole", summary(warnings=("crc_mismatch",)))
    warned = night_entry("cut", summary(hours=12, warnings=("time_lost", "impossible_amplitude")))
    digest = with_values(warned.digest, lost_s=12 * 3600)
    page = page_of(body(plain), body(with_values(warned, digest=digest)))

    (row,) = re.findall(r'<tr role="row" class="recording is-warned">.*?</tr>', page, re.S)
    assert "Time lost: 12.0 of 24.0 h" in row
    assert "Impossible amplitude" in row
    assert "12.0 h, 12.0 h lost" in row
    words = Reader(page).words
    assert "Only recordings with important warnings (1)" in words
    for code in ("time_lost", "impossible_amplitude", "crc_mismatch"):
        text = warning_text(code)
        assert text.meaning in words
        assert text.next_step in words


def test_a_night_without_important_warnings_has_nothing_to_choose() -> None:
    page = page_of(body(night_entry("whole", summary(warnings=("crc_mismatch",)))))
    assert 'id="only-warned"' not in page
    assert 'class="recording is-warned"' not in page
