"""The report of a recording as a PDF, from the same HTML."""

import logging
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from deepecg.errors import SettingsError

SVG = "{http://www.w3.org/2000/svg}"
PIXELS_PER_MM = 96 / 25.4
DRAWN = re.compile("fill|stroke|opacity|font-size|font-weight|text-anchor|display")
"""CSS properties that drawings need."""
FONT = "system-ui, sans-serif"


def refuse_missing_weasyprint() -> None:
    """Reject a wish for a PDF where WeasyPrint or Pango, which it draws text with, is missing.

    Raises
    ------
    SettingsError
        If either cannot be loaded; the message says what to install.
    """
    try:
        import weasyprint  # noqa: F401, PLC0415 - optional, and slow to load
    except (ImportError, OSError):
        raise SettingsError(
            "found no WeasyPrint, expected it for --pdf: `pip install 'deepecg[pdf]'`, and on "
            "Debian `apt-get install libpangoft2-1.0-0 libharfbuzz-subset0`"
        ) from None


def report_pdf(html: str) -> bytes:
    """Return a report as a PDF of A4 pages, true to scale.

    The parameter is that of :func:`report_pages`.
    """
    pdf: bytes = report_pages(html).write_pdf()
    return pdf


def report_pages(html: str) -> Any:
    """Lay out a report on A4 pages.

    WeasyPrint 70 runs no scripts, applies no style sheet of the page to drawings, finds nothing
    that a drawing uses outside of itself, and scales the width of lines with the drawing. So style
    sheet and definitions are written into the drawings first. Nothing is loaded, neither from the
    network nor from files.

    Parameters
    ----------
    html : str
        The page that :func:`~deepecg.outputs.report.report_page.render_report` returned.

    Returns
    -------
    weasyprint.Document
        The pages.
    """
    import weasyprint  # noqa: PLC0415 - optional, and slow to load
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    # What it misses in a style sheet for browsers is no news for users.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    page = weasyprint.HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=()))
    _style_drawings(page)
    _complete_drawings(page.etree_element)
    return page.render()


def _style_drawings(page: Any) -> None:
    """Write what the style sheet says about drawings into their elements."""
    import cssselect2  # noqa: PLC0415

    matcher = cssselect2.Matcher()
    for selectors, declarations in _print_rules(page.etree_element.findtext("head/style")):
        try:
            compiled = cssselect2.compile_selector_list(selectors)
        except cssselect2.SelectorError:
            continue  # such as :focus-visible, which is nothing of drawings
        for selector in compiled:
            matcher.add_selector(selector, declarations)
    for wrapper in page.wrapper_element.iter_subtree():
        element = wrapper.etree_element
        if not element.tag.startswith(SVG):
            continue
        for *_, declarations in sorted(matcher.match(wrapper), key=lambda found: found[:2]):
            for name, value in declarations.items():
                element.set(name, value)
        if "vector-effect" in element.attrib or element.get("class", "").startswith("trace"):
            _scale_evenly(element)


def _print_rules(css: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Return selectors and declarations of the rules about drawings, without variables."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    colours = dict(re.findall(r"(--[\w-]+): ([^;]+);", css.partition("}")[0]))
    css = re.sub(r"var\((--[\w-]+)\)", lambda found: colours.get(found[1], "none"), css)
    css = re.sub(r"@(?!media print)[^{]*\{([^{}]*\{[^{}]*\})*[^{}]*\}", "", css)
    css = css.replace("@media print {", "")
    for selectors, block in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        pairs = (pair.partition(":") for pair in block.split(";"))
        found = {name.strip(): value.strip() for name, _, value in pairs}
        drawn = {name: value for name, value in found.items() if DRAWN.match(name)}
        if drawn:
            yield selectors.strip(), drawn


def _scale_evenly(path: Element) -> None:
    """Scale a trace by the same factor in both directions, and its line not at all."""
    found = re.fullmatch(r"(translate\(.*?\)) scale\((\S+) (\S+)\)", path.get("transform", ""))
    if not found:
        return
    place, across, down = found[1], float(found[2]), float(found[3])
    ratio = f"{across / down:.5f}"
    steps = re.sub(r"(?<=[l ])1(?=[+-])", ratio, path.get("d", ""))
    steps = re.sub(r"M(\d+)", lambda start: f"M{int(start[1]) * across / down:.3f}", steps)
    width_px = float(path.get("stroke-width", "1").removesuffix("px"))
    path.set("d", steps)
    path.set("transform", f"{place} scale({down})")
    path.set("stroke-width", f"{width_px / PIXELS_PER_MM / down:.3f}")


def _complete_drawings(page: Element) -> None:
    """Copy into every drawing what it uses of other drawings, and name the font of its text."""
    by_id = {element.get("id"): element for element in page.iter() if element.get("id")}
    drawings = [child for parent in page.iter() if not parent.tag.startswith(SVG)
                for child in parent if child.tag == f"{SVG}svg"]  # fmt: skip
    for drawing in drawings:
        drawing.set("font-family", FONT)
        own = {element.get("id") for element in drawing.iter()}
        used, wanted = [], [drawing]
        while wanted:
            for name in _references(wanted.pop()):
                if name not in own and name in by_id:
                    own.add(name)
                    used.append(by_id[name])
                    wanted.append(by_id[name])
        if used:
            definitions = Element(f"{SVG}defs")
            definitions.extend(used)
            drawing.insert(0, definitions)


def _references(drawing: Element) -> Iterator[str]:
    for element in drawing.iter():
        if element.tag == f"{SVG}use":
            yield element.get("href", "").removeprefix("#")
        if found := re.fullmatch(r"url\(#(.*)\)", element.get("fill", "")):
            yield found[1]
