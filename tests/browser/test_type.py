"""Text is easy to read: large, in lines of a good length with room for Vietnamese marks, in one font of the system."""

from collections.abc import Mapping
from itertools import chain, pairwise
from statistics import median
from typing import Any, Final

import pytest
from playwright.sync_api import CDPSession, Page

from tests.browser.conftest import Site, restyle

ARTICLES: Final = ["report", "short", "table", "english"]
NAMES: Final = [*ARTICLES, "home", "section", "month", "notice", "gone", "missing"]
# At each width of the screen, the fewest and most characters of a line, but for a paragraph's last.
MEASURES: Final = {390: (30, 85), 768: (45, 85), 1280: (45, 85)}

# Fonts that come with systems and have all Vietnamese letters, and names of the system's own choice.
SYSTEM: Final = frozenset(
    "-apple-system arial blinkmacsystemfont cambria consolas georgia helvetica-neue menlo monospace noto-sans "
    "noto-sans-mono noto-serif roboto sans-serif segoe-ui serif system-ui tahoma times-new-roman ui-monospace "
    "ui-sans-serif ui-serif verdana".split()
)
EXPECTED: Final = frozenset({"Noto Sans", "Noto Serif", "Noto Sans Mono"})  # of Debian's fonts-noto-core

SETTING: Final = """() => {
  const faults = [], brush = new OffscreenCanvas(1, 1).getContext("2d");
  const BODY = ".view-data :is(p, li, dt, dd, blockquote):not(.source), .summary, .notice p, .lines li";
  const HEADING = "h1, h2, h3, h4, h5, h6, .brand";
  const round = (number) => Math.round(number * 100) / 100;
  for (const each of document.body.querySelectorAll("*")) {
    const own = [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const style = getComputedStyle(each);
    if (!own && !each.matches("h1, .lines li") || !each.checkVisibility() || each.matches("script, style")) continue;
    const name = `${each.localName} “${each.textContent.trim().slice(0, 30)}”`, size = parseFloat(style.fontSize);
    if (each.matches(BODY) && size < 18) faults.push(`${name} is set in ${round(size)} px`);
    // A small letter above or below the line takes no part in the line's height.
    if (style.display === "inline" && !each.matches("h1 *")) continue;
    const heading = each.closest(HEADING), least = heading ? 1.3 : 1.5, height = parseFloat(style.lineHeight) / size;
    if (!(height >= least - 0.001)) faults.push(`${name} has lines of ${round(height)}`);
    // In the size of a poster, since a small letter's ink is told in whole pixels.
    brush.font = `${style.fontStyle} ${style.fontWeight} 1000px ${style.fontFamily}`;
    const ink = brush.measureText("ẪỄỖẰỂỘẬỆỰgyợự");
    const stacked = (ink.actualBoundingBoxAscent + ink.actualBoundingBoxDescent) / 1000;
    if (height < stacked) faults.push(`${name} has marks that touch: ${round(stacked)} in lines of ${round(height)}`);
  }
  return faults;
}"""

# The lines of the text's paragraphs and items, as they are broken.
LINES: Final = """() => [
  ...document.querySelectorAll(".view-data :is(p, li):not(.signature, .source)")].map((block) => {
  const texts = document.createTreeWalker(block, NodeFilter.SHOW_TEXT), range = document.createRange(), lines = [];
  let right = Infinity;
  while (texts.nextNode()) {
    for (const word of texts.currentNode.data.matchAll(/\\S+\\s*/g)) {
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].trimEnd().length);
      const box = range.getBoundingClientRect();
      if (box.left < right - 1) lines.push("");
      right = box.right;
      lines[lines.length - 1] += word[0];
    }
  }
  return lines.map((line) => line.trim());
})"""

NAMED: Final = """() =>
  [...document.querySelectorAll("body, body *")].map((each) => getComputedStyle(each).fontFamily)"""
LOADED: Final = """() => document.fonts.size +
  [...document.styleSheets, ...document.adoptedStyleSheets].flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule instanceof CSSFontFaceRule || rule instanceof CSSImportRule).length"""


@pytest.fixture
def page(reader: Page) -> Page:
    """A page that is only looked at."""
    return reader


def faults_of_setting(page: Page) -> list[str]:
    faults: list[str] = page.evaluate(SETTING)
    return faults


def faults_of_lines(page: Page, width: int) -> list[str]:
    """Count the characters of an article's lines at a width."""
    page.set_viewport_size({"width": width, "height": 844})
    fewest, most = MEASURES[width]
    paragraphs: list[list[str]] = page.evaluate(LINES)
    lines = [line for paragraph in paragraphs for line in paragraph[:-1]]
    usual = median(map(len, lines))
    faults = [] if usual >= fewest else [f"short: {usual} characters are usual"]
    faults += [f"long: {len(line)} characters: {line}" for line in lines if len(line) > most]
    # A line before a long word ends early: what the line has room for is told with the word.
    for line, following in chain.from_iterable(map(pairwise, paragraphs)):
        room = len(f"{line} {following.split()[0]}")
        faults += [f"short: {room} characters with the next word: {line}"] if room < fewest else []
    return faults


def faults_of_fonts(page: Page) -> list[str]:
    """Ask for what is named, for what is loaded, and for the fonts that each piece of text is really drawn with."""
    named = {name.strip(" '\"").lower().replace(" ", "-") for each in page.evaluate(NAMED) for name in each.split(",")}
    faults = [f"{name} is named" for name in sorted(named - SYSTEM)]
    if loaded := page.evaluate(LOADED):
        faults.append(f"{loaded} fonts are loaded")
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": -1})["root"]
    faults += [fault for text in texts_of(root) for fault in faults_of_text(session, text)]
    session.detach()
    return faults


def texts_of(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the pieces of text in the part that is read."""
    if node["nodeName"] in {"HEAD", "SCRIPT", "STYLE"}:
        return []
    own = [node] if node["nodeName"] == "#text" and node["nodeValue"].strip() else []
    return own + [each for child in node.get("children", []) for each in texts_of(child)]


def faults_of_text(session: CDPSession, text: Mapping[str, Any]) -> list[str]:
    fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": text["nodeId"]})["fonts"]
    families = {font["familyName"] for font in fonts}
    name = f"“{text['nodeValue'].strip()[:30]}”"
    faults = [f"{name} is drawn with {', '.join(sorted(families))}"] if len(families) > 1 else []
    return faults + [f"{name} has {each}: name a font of fonts-noto-core" for each in sorted(families - EXPECTED)]


@pytest.mark.parametrize("name", NAMES)
def test_text_is_large_and_its_lines_leave_room_for_stacked_marks(page: Page, site: Site, name: str) -> None:
    page.goto(site.paths()[name])
    for width in MEASURES:
        page.set_viewport_size({"width": width, "height": 844})
        assert faults_of_setting(page) == [], f"at {width} px"


@pytest.mark.parametrize("name", ARTICLES)
def test_the_lines_of_an_article_are_neither_short_nor_long(page: Page, site: Site, name: str) -> None:
    page.goto(site.paths()[name])
    for width in MEASURES:
        assert faults_of_lines(page, width) == [], f"at {width} px"


@pytest.mark.parametrize("name", NAMES)
def test_each_piece_of_text_is_drawn_with_one_font_of_the_system(page: Page, site: Site, name: str) -> None:
    page.goto(site.paths()[name])
    assert faults_of_fonts(page) == []


SET_BADLY: Final[Mapping[str, tuple[str, str, str]]] = {
    "a small body": ("report", ".view-data p { font-size: 17.9px !important }", "is set in 17.9 px"),
    "a small item": ("table", ".view-data li { font-size: 16px }", "is set in 16 px"),
    "a small summary on a list": ("section", ".summary { font-size: 1rem }", "is set in 16 px"),
    "close lines": ("short", ".view-data p { line-height: 1.49 !important }", "has lines of 1.49"),
    "close lines on a list": ("home", ".summary { line-height: 1.4 !important }", "has lines of 1.4"),
    "lines as the font has them": ("month", ".lines li { line-height: normal !important }", "has lines of NaN"),
    "a close heading": ("english", "h1 { line-height: 1.29 !important }", "has lines of 1.29"),
    "a close heading on a list": ("home", "h2 { line-height: 1.1 !important }", "has lines of 1.1"),
    "a heading whose marks touch": ("report", "h1 { line-height: 1 !important }", "has marks that touch"),
}


@pytest.mark.parametrize("defect", SET_BADLY)
def test_text_that_is_small_or_close_is_found(page: Page, site: Site, defect: str) -> None:
    name, css, fault = SET_BADLY[defect]
    page.goto(site.paths()[name])
    restyle(page, css)
    assert [each for each in faults_of_setting(page) if fault in each]


BROKEN: Final[Mapping[str, tuple[int, str, str]]] = {
    "lines as wide as the screen": (
        1280,
        ".view-data, .view-data * { max-width: none !important; margin: 0 !important }",
        "long",
    ),
    "lines of a column": (1280, ".view-data > * { max-width: 17rem !important }", "short"),
    "long lines on a tablet": (768, ".view-data { font-size: 12px !important }", "long"),
    "short lines on a tablet": (768, ".view-data { margin-inline-start: 20rem !important }", "short"),
    "long lines on a phone": (390, ".view-data { font-size: 8px !important }", "long"),
    "short lines on a phone": (390, ".view-data { font-size: 26px !important }", "short"),
    "one short paragraph on a phone": (390, ".view-data p:first-child { padding-inline-end: 40% }", "short"),
}


@pytest.mark.parametrize("defect", BROKEN)
def test_lines_that_are_short_or_long_are_found(page: Page, site: Site, defect: str) -> None:
    width, css, fault = BROKEN[defect]
    page.goto(site.report)
    restyle(page, css)
    assert [each for each in faults_of_lines(page, width) if each.startswith(fault)]


FONTS: Final[Mapping[str, tuple[str, str]]] = {
    "a font of the web": ("h1 { font-family: Lora, serif !important }", "lora is named"),
    "a font that is loaded": ("@font-face { font-family: x; src: local('Noto Serif') }", "fonts are loaded"),
    "a font without Vietnamese letters": (
        """@font-face { font-family: x; src: local("NotoSans-Regular"); unicode-range: U+0-7F }
        h1 { font-family: x, "Noto Serif" !important }""",
        "is drawn with Noto Sans, Noto Serif",
    ),
    "a font that is not expected": (".view-data { font-family: 'DejaVu Sans' }", "has DejaVu Sans"),
}


@pytest.mark.parametrize("defect", FONTS)
def test_a_font_that_is_not_the_systems_is_found(page: Page, site: Site, defect: str) -> None:
    css, fault = FONTS[defect]
    page.goto(site.short)
    restyle(page, css)
    page.evaluate("document.fonts.ready.then(() => {})")
    assert [each for each in faults_of_fonts(page) if fault in each]
