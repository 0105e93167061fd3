"""A page whose script does not run: all of it is readable, and whatever is shown to be pressed works."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import ADDRESS, Site, Spoil, restyle

ARTICLES: Final = ["report", "short", "table", "english"]
NAMES: Final = [*ARTICLES, "home", "section", "month", "notice", "gone", "missing"]

# The pieces of text that are seen, or all that are not kept for a script to show; but for those of controls.
READ: Final = """(which) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), read = [];
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), at = texts.currentNode.parentElement;
    if (!text || at.closest("button, details, [role=group], [role=status], script, .skip")) continue;
    const box = at.getBoundingClientRect(), how = {visibilityProperty: true, opacityProperty: true};
    const seen = at.checkVisibility(how) && box.width > 1 && box.height > 1;
    if (which === "drawn" ? !at.closest("[hidden]") : seen) read.push(text);
  }
  return read;
}"""
# What must be read in any case.
WRITTEN: Final = """() => [...document.querySelectorAll(
  "h1, h1 *, .toolbar time, .toolbar .summary, .view-data *, .about a[rel=tag]")]
  .flatMap((each) => [...each.childNodes])
  .filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data.trim()).filter(Boolean)"""

DEAD: Final = """() => [...document.querySelectorAll("button, input, select, textarea, summary, [role=button]")]
  .filter((each) => each.checkVisibility({visibilityProperty: true, opacityProperty: true}) && each.offsetWidth > 1)
  .filter((each) => {
    if (each.localName === "summary") return each.parentElement.localName !== "details";
    return !each.form || !each.form.getAttribute("action") || !each.form.querySelector("button:not([type=button])");
  })
  .map((each) => `${each.localName} “${each.textContent.trim()}” is dead`)"""


@pytest.fixture(scope="module")
def still(browser: Browser) -> Iterator[Page]:
    """A page on a phone whose scripts do not run."""
    context = browser.new_context(base_url=ADDRESS, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def faults_of_reading(still: Page, read_with_script: list[str]) -> list[str]:
    """Find what a page does not show, of all that it shows with its script and of what it must show."""
    read: list[str] = still.evaluate(READ, "seen")
    drawn: list[str] = still.evaluate(READ, "drawn")
    written: list[str] = still.evaluate(WRITTEN)
    assert written
    # What a script works out (how old an article is, by the reader's clock) is its own.
    wanted = Counter(read_with_script) & Counter(drawn) | Counter(written)
    return [f"not seen: {text}" for text in wanted - Counter(read)]


def faults_of_controls(still: Page) -> list[str]:
    """Press each box that opens, and find what can't do what it says."""
    faults: list[str] = still.evaluate(DEAD)
    for box in still.locator("details:visible").all():
        summary = box.locator("summary").first
        name = summary.inner_text()
        inside: Any = box.locator("> :not(summary)").first
        for state in ("open", "closed"):
            summary.click()
            if inside.is_visible() != (state == "open"):
                faults.append(f"summary “{name}” leaves its box as it is when it should be {state}")
    return faults


def faults_of_the_way_to_a_day(still: Page, expected: str) -> list[str]:
    """Ask a list for a day with articles, and see where that leads."""
    still.locator("input[type=date]").fill("2026-07-10")
    still.locator("form").filter(has=still.locator("input[type=date]")).locator("button").click()
    if still.url != f"{ADDRESS}{expected}2026/07/#d10":
        return [f"it leads to {still.url}"]
    return [] if still.locator("#d10").is_visible() else ["the day is not there"]


@pytest.mark.parametrize("name", NAMES)
def test_all_that_is_read_with_the_script_is_read_without_it(still: Page, reader: Page, site: Site, name: str) -> None:
    reader.goto(site.paths()[name])
    still.goto(site.paths()[name])
    assert faults_of_reading(still, reader.evaluate(READ, "seen")) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_control_is_dead_without_the_script(still: Page, site: Site, name: str) -> None:
    still.goto(site.paths()[name])
    assert faults_of_controls(still) == []


@pytest.mark.parametrize(("name", "expected"), [("home", "/"), ("section", "/thi-dua-khen-thuong/"), ("month", "/")])
def test_the_form_of_a_list_leads_to_the_day_without_the_script(
    still: Page, site: Site, name: str, expected: str
) -> None:
    still.goto(site.paths()[name])
    assert faults_of_the_way_to_a_day(still, expected) == []


UNREAD: Final[Mapping[str, tuple[str, str, str]]] = {
    "a paragraph": ("report", ".view-data p:nth-of-type(2) { display: none }", "Phong trào “Sơn Thanh chung sức"),
    "the signature": ("short", ".signature { visibility: hidden }", "Nhật Lam"),
    "the source": ("table", ".source { opacity: 0 }", "Nguồn: Sở Tài chính"),
    "the tags": ("english", "a[rel=tag] { display: none }", "investment"),
    "the date": ("short", ".date { display: none }", "19/08/2026"),
    "a cell": ("table", "tr:nth-child(4) td { display: none }", "triệu USD"),
    "a title on a list": ("section", ".teaser h2 { display: none }", "Thi đua, khen thưởng sáu"),
    "a summary on a list": ("section", ".summary { display: none }", "Nửa đầu năm 2026"),
    "the sections": ("gone", ".way-on { display: none }", "Trang chủ"),
}


@pytest.mark.parametrize("defect", UNREAD)
def test_what_is_not_read_without_the_script_is_found(still: Page, reader: Page, site: Site, defect: str) -> None:
    name, css, text = UNREAD[defect]
    reader.goto(site.paths()[name])
    still.goto(site.paths()[name])
    restyle(still, css)
    faults = faults_of_reading(still, reader.evaluate(READ, "seen"))
    assert [each for each in faults if text in each]


BOX: Final = "<details><summary>Chia sẻ</summary><p>Địa chỉ</p></details>"
DYING: Final[Mapping[str, tuple[str, str, str]]] = {
    "a button": ("<button type='button'>Bản in</button>", "", "button “Bản in” is dead"),
    "a button of no form": ("<button>Bản in</button>", "", "button “Bản in” is dead"),
    "a form that leads nowhere": ("<form><button>Xem</button></form>", "", "button “Xem” is dead"),
    "a form without a button": ("<form action='/'><input></form>", "", "input “” is dead"),
    "what only looks like a button": ("<a role='button'>Bản in</a>", "", "a “Bản in” is dead"),
    "a box without a box": ("<summary>Chia sẻ</summary>", "", "summary “Chia sẻ” is dead"),
    "a box that stays shut": (BOX, "details p { display: none }", "summary “Chia sẻ” leaves its box"),
    "a box that stays open": (
        BOX,
        "details::details-content { content-visibility: visible }",
        "summary “Chia sẻ” leaves",
    ),
}


@pytest.mark.parametrize("defect", DYING)
def test_a_dead_control_is_found(still: Page, site: Site, spoil: Spoil, defect: str) -> None:
    markup, css, fault = DYING[defect]
    still.goto(spoil(site.short, "</h1>", f"</h1>{markup}"))
    restyle(still, css)
    assert [each for each in faults_of_controls(still) if each.startswith(fault)]


def test_a_box_that_opens_by_itself_is_no_fault(still: Page, site: Site, spoil: Spoil) -> None:
    still.goto(spoil(site.short, "</h1>", f"</h1>{BOX}"))
    assert faults_of_controls(still) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name="day"', 'name="date"'),
        ('action="/thi-dua-khen-thuong/"', 'action="/tin-tuc/"'),
        ('type="submit"', 'type="button"'),
    ],
)
def test_a_form_that_does_not_lead_to_the_day_is_found(
    still: Page, site: Site, spoil: Spoil, old: str, new: str
) -> None:
    still.goto(spoil(site.section, old, new))
    assert faults_of_the_way_to_a_day(still, site.section)
