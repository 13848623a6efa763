"""Takes the README's pictures: ``make pictures``.

The report is that of the made-up day of ``tests/synthetic_day.py``, scored end to end; the night is
made up by ``tests/synthetic_nights.py``; the page is that of ``deepecg serve``, where the day and a
broken file were uploaded. No recording of anyone's is in them.
"""

import sys
import tempfile
from datetime import date
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from chromium import launch_chromium  # noqa: E402
from page_servers import served  # noqa: E402
from synthetic_day import make_day  # noqa: E402
from synthetic_nights import fill  # noqa: E402

from deepecg.beats.classifier import BeatClassifier  # noqa: E402
from deepecg.beats.model_card import model_folder  # noqa: E402
from deepecg.night.folder_night_store import FolderStore  # noqa: E402
from deepecg.night.make_report import make_night  # noqa: E402
from deepecg.outputs.file_names import REPORT_FILE  # noqa: E402
from deepecg.outputs.recording_id import recording_id  # noqa: E402
from deepecg.outputs.result_files import write_outputs  # noqa: E402
from deepecg.readers.open_recording import open_recording  # noqa: E402
from deepecg.scoring import score_recording  # noqa: E402

PICTURES = ROOT / ".github" / "pictures"
NIGHT = date(2026, 11, 21)
N_UPLOADS, N_BEFORE = 140, 130
SCREEN: ViewportSize = {"width": 1200, "height": 1180}


SCORED_WITHIN_MS = 120_000
"""A day takes some 15 s on an idle machine."""


def main() -> None:
    """Make the pages and photograph them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = launch_chromium(playwright)
        day = make_day(folder)
        scored = score_recording(open_recording(day.path), BeatClassifier.load(model_folder()))
        write_outputs(scored, folder, "day", recording_id("day"))
        photograph(browser, folder / REPORT_FILE, "report.png")
        store = FolderStore(folder)
        fill(store, NIGHT, N_UPLOADS, seed=1, n_before=N_BEFORE)
        make_night(NIGHT, store)
        page = folder / "reports" / NIGHT.isoformat() / "index.html"
        photograph(browser, page, "night.png")
        photograph_uploads(browser, day.path)
        browser.close()


def photograph(browser: Browser, path: Path, name: str) -> None:
    """Save the first screen of a page."""
    page = browser.new_page(viewport=SCREEN)
    page.goto(path.as_uri())
    page.screenshot(path=PICTURES / name)
    page.close()
    print(PICTURES / name)


def photograph_uploads(browser: Browser, header: Path) -> None:
    """Save the page with a day that was scored and a file that was refused."""
    broken = header.with_name("broken.edf")
    broken.write_bytes(b"0       " + bytes(100))
    with served() as address:
        page = browser.new_page(viewport=SCREEN)
        page.goto(address)
        files = page.get_by_label("Choose Holter files")
        files.set_input_files([header, header.with_suffix(".dat")])
        report = page.get_by_role("button", name="Report of").first
        expect(report).to_be_visible(timeout=SCORED_WITHIN_MS)
        files.set_input_files(broken)
        expect(page.get_by_text("Truncated header")).not_to_have_count(0)
        expect(page.locator("#nights-list")).to_contain_text("nightly report")
        page.screenshot(path=PICTURES / "page.png", full_page=True)
        page.close()
    print(PICTURES / "page.png")


if __name__ == "__main__":
    main()
