"""Nothing is cut and nothing scrolls sideways: on the narrowest screens, in the largest font, with widely set text.

WCAG 2.2: 1.4.4, 1.4.10 and 1.4.12. What is wider than a screen (a table of figures) scrolls in a box of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import ADDRESS, VOICES, Site, go_to_all_of, restyle

NAMES: Final = ["report", "short", "table", "english", "home", "section", "month", "notice", "gone", "missing"]
WIDTHS: Final = [320, 256]
MOST_STEPS: Final = 20
MOST_KEYS: Final = 100
SPACING: Final = """
    * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
    p { margin-block-end: 2em !important }"""

CUT: Final = """() => {
  const faults = [], root = document.documentElement;
  if (root.scrollWidth > innerWidth || document.body.scrollWidth > innerWidth)
    faults.push(`the page is ${Math.max(root.scrollWidth, document.body.scrollWidth)} px wide`);
  const scrolls = (each) => /auto|scroll/.test(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth;
  const unseen = (each) => getComputedStyle(each).clipPath === "inset(50%)" && each.clientWidth <= 1;
  const boxes = new Set();
  const fault = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = [...range.getClientRects()].filter((line) => line.width);
    for (let box = node.parentElement; box !== root; box = box.parentElement) {
      if (unseen(box)) return null;
      if (box === document.body) break;
      if (scrolls(box)) { boxes.add(box); return null; }
      const {left, right, top, bottom} = box.getBoundingClientRect(), {overflowX, overflowY} = getComputedStyle(box);
      // The slope of a glyph and the rounding of a box are no loss.
      const cut = lines.some((line) =>
        overflowX !== "visible" && (line.left < left - 1 || line.right > right + 1) ||
        overflowY !== "visible" && (line.top < top - 1 || line.bottom > bottom + 1));
      if (cut) return "is cut";
    }
    if (lines.some((line) => line.left < 0 || line.right > innerWidth + 0.5)) return "is beside the screen";
    const own = node.parentElement, {display} = getComputedStyle(own), spill = own.scrollHeight - own.clientHeight;
    return !display.startsWith("inline") && spill > 4 ? `spills ${spill} px out of its box` : null;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (!text.data.trim() || !text.parentElement.checkVisibility({visibilityProperty: true})) continue;
    const found = fault(text);
    if (found) faults.push(`“${text.data.trim().slice(0, 40)}” ${found}`);
  }
  for (const box of boxes) {
    const {left, right} = box.getBoundingClientRect();
    if (left < 0 || right > innerWidth + 0.5) faults.push(`the box of a ${box.localName} is wider than the screen`);
    // Not every browser lets the keyboard reach a box only because it scrolls.
    if (box.tabIndex < 0) faults.push(`the keyboard does not reach the box of a ${box.localName}`);
  }
  return faults;
}"""


@pytest.fixture
def page(reader: Page) -> Page:
    """A page that is only looked at."""
    return reader


@pytest.fixture(scope="module")
def enlarged(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A phone's browser whose reader chose the largest text."""
    context = browser.new_context(base_url=ADDRESS, viewport={"width": 320, "height": 640})
    context.add_init_script(VOICES)
    page = context.new_page()
    page.goto(site.short)
    larger = page.locator("button[data-step='1']")
    larger.focus()
    for _ in range(MOST_STEPS):
        page.keyboard.press("Enter")
        if larger.get_attribute("aria-disabled") == "true":
            break
    else:
        raise AssertionError("the text grows without an end")
    yield context
    context.close()


def faults_of_reflow(page: Page, width: int) -> list[str]:
    """Look for what is lost at a width, once the page's own script knows of it."""
    page.set_viewport_size({"width": width, "height": 640})
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    faults: list[str] = page.evaluate(CUT)
    return [f"at {width} px: {fault}" for fault in faults]


def faults_as_it_is_and_widely_set(page: Page) -> list[str]:
    faults = [fault for width in WIDTHS for fault in faults_of_reflow(page, width)]
    restyle(page, SPACING)
    return faults + [f"widely set, {fault}" for width in WIDTHS for fault in faults_of_reflow(page, width)]


def faults_of_scrolling(page: Page) -> list[str]:
    """Move the box of a wide table with the keys alone, to its last column."""
    box = page.evaluate_handle(
        """() => {
          let box = document.querySelector(".view-data table");
          while (box && !/auto|scroll/.test(getComputedStyle(box).overflowX)) box = box.parentElement;
          return box;
        }"""
    ).as_element()
    if box is None:
        return ["the table has no box that scrolls"]
    box.focus()
    if not box.evaluate("box => box === document.activeElement"):
        return ["the box takes no focus"]
    for _ in range(MOST_KEYS):
        page.keyboard.press("ArrowRight")
        if box.evaluate("box => Math.ceil(box.scrollLeft) >= box.scrollWidth - box.clientWidth && box.scrollLeft > 0"):
            return []
    return ["the keys do not reach the last column"]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_the_narrowest_screens_with_its_text_set_widely_too(page: Page, site: Site, name: str) -> None:
    go_to_all_of(page, site.paths()[name])
    assert faults_as_it_is_and_widely_set(page) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_the_narrowest_screens_in_the_largest_text(enlarged: BrowserContext, site: Site, name: str) -> None:
    page = enlarged.pages[0]
    go_to_all_of(page, site.paths()[name])
    assert float(page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")) >= 32
    assert faults_as_it_is_and_widely_set(page) == []


def test_the_keyboard_scrolls_a_wide_table_within_its_own_box(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(site.table)
    assert faults_of_scrolling(page) == []


LOST: Final[Mapping[str, tuple[str, str, str]]] = {
    "a fixed width": ("short", ".summary { min-width: 340px !important }", "px wide"),
    "a word that is not broken": ("english", "main * { overflow-wrap: normal !important; font-size: 90px }", "px wide"),
    "text beside the screen that nothing scrolls to": (
        "home",
        "html, body { overflow-x: clip !important } h2 { margin-inline-start: -50px !important }",
        "is beside the screen",
    ),
    "text that is cut at the side": ("home", "h2 { white-space: nowrap; overflow: hidden }", "is cut"),
    "text that is cut after some lines": ("report", ".summary { max-height: 3em; overflow: hidden }", "is cut"),
    "text over its neighbour": ("notice", ".notice p { height: 1.6em }", "out of its box"),
    "a table that widens the page": (
        "table",
        "table, div:has(> table) { display: table !important; overflow: visible !important }",
        "px wide",
    ),
    "a table that is cut": ("table", "table, div:has(> table) { overflow: hidden !important }", "is cut"),
    "a box that is wider than the screen": (
        "table",
        "html, body { overflow-x: clip !important } table { width: 340px; max-width: none !important }",
        "is wider than the screen",
    ),
}


@pytest.mark.parametrize("defect", LOST)
def test_what_is_cut_or_lies_beside_the_screen_is_found(page: Page, site: Site, defect: str) -> None:
    name, css, fault = LOST[defect]
    page.goto(site.paths()[name])
    restyle(page, css)
    assert [each for each in faults_of_reflow(page, WIDTHS[0]) if fault in each]


STUCK: Final[Mapping[str, tuple[str, str]]] = {
    "no box": (
        "document.querySelectorAll('*').forEach((each) => each.style.overflow = 'visible')",
        "the table has no box that scrolls",
    ),
    "a box that takes no focus": ("document.querySelector('main').inert = true", "the box takes no focus"),
    "a box that does not move": (
        "addEventListener('keydown', (event) => event.preventDefault())",
        "the keys do not reach the last column",
    ),
}


@pytest.mark.parametrize("defect", STUCK)
def test_a_table_that_the_keyboard_does_not_scroll_is_found(page: Page, site: Site, defect: str) -> None:
    script, fault = STUCK[defect]
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(site.table)
    page.evaluate(script)
    assert faults_of_scrolling(page) == [fault]


def test_a_box_that_only_a_finger_reaches_is_found(page: Page, site: Site) -> None:
    page.goto(site.table)
    page.evaluate("HTMLElement.prototype.__defineSetter__('tabIndex', () => {})")
    page.evaluate("for (const each of document.querySelectorAll('[tabindex]')) each.removeAttribute('tabindex')")
    assert [each for each in faults_of_reflow(page, WIDTHS[0]) if "the keyboard does not reach" in each]
