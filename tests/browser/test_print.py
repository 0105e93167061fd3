"""A page on paper: all that is read, where it is from, and nothing that is pressed.

Chromium puts no letter into a PDF that it does not draw, so that what is cut is missed there.
"""

import tomllib
from collections.abc import Mapping
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from unicodedata import is_normalized

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.browser.conftest import Site, Spoil, go_to_all_of, restyle

ARTICLES: Final = ["report", "short", "table", "english"]
LISTS: Final = ["home", "section", "month"]
WORDS: Final = tomllib.loads((Path(__file__).parents[2] / "templates" / "words.toml").read_text(encoding="utf-8"))
LINK: Final = "https://sonthanh.example/van-ban/123-qd-ubnd"

# Texts of a page by what they are. A link in the body is followed by its address, so that its block comes in pieces.
TEXTS: Final = """() => {
  const texts = (what) => [...document.querySelectorAll(what)].map((each) => each.textContent);
  const BLOCKS = ".view-data :is(p, li, h2, h3, h4, caption, tr, dt, dd, pre)";
  const pieces = (block) => {
    const copy = block.cloneNode(true);
    for (const link of copy.querySelectorAll("a")) { link.prepend("\\n\\n"); link.append("\\n\\n"); }
    return copy.textContent.split("\\n\\n");
  };
  return {
    language: document.documentElement.lang,
    read: [...texts("h1"), ...texts("main .summary"), ...texts(".toolbar time"),
      ...[...document.querySelectorAll(BLOCKS)].filter((each) => !each.querySelector(BLOCKS)).flatMap(pieces),
      // The signature at its place: the author may be named elsewhere too.
      ...[...document.querySelectorAll(".signature")].map((each) =>
        each.previousElementSibling.textContent + each.textContent)],
    source: document.querySelector("link[rel=canonical]")?.href,
    titles: texts(".teaser h2, .lines a"),
    pressed: texts("nav a, .site-footer a, .skip, .jump, .more a, button, summary, label, .data a"),
    words: texts("main :is(h1, h2, .summary, .view-data, a[rel=tag], .teaser, .lines), .brand").join(" "),
  };
}"""

PRESSED: Final = """() => [...document.querySelectorAll(
  "nav, .tools, .sizes, .share, .skip, .jump, form, input, button, summary, [role=group], [role=status]"
)].filter((each) => each.checkVisibility({visibilityProperty: true}) && each.getClientRects().length)
  .map((each) => `${each.localName} “${each.textContent.trim().slice(0, 30)}” is seen`)"""


@pytest.fixture
def page(reader: Page) -> Page:
    """A page that is only looked at."""
    return reader


def unspaced(text: str) -> str:
    """Take out the white space: where a line ends on paper is of no matter."""
    return "".join(text.split())


def sheets(page: Page) -> list[str]:
    """Print a page and read what stands on each sheet."""
    return [sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf(format="A4"))).pages]


def stands(text: str, printed: list[str]) -> bool:
    """Tell whether a text is on a sheet, or begins at the foot of one and goes on at the head of the next."""
    if any(text in sheet for sheet in printed):
        return True
    return any(
        one.endswith(text[:cut]) and other.startswith(text[cut:])
        for one, other in pairwise(printed)
        for cut in range(1, len(text))
    )


def faults_of_print(page: Page, *, article: bool) -> list[str]:
    """Print a page and hold it against what the screen shows."""
    texts: dict[str, Any] = page.evaluate(TEXTS)
    raw = sheets(page)
    printed = [unspaced(sheet) for sheet in raw]
    wanted: list[str] = texts["titles"]
    if article:
        wanted = [*texts["read"], texts["source"], f"{WORDS[texts['language']]['revision']} 1"]
    assert wanted
    faults = [f"missing: {text.strip()}" for text in wanted if not stands(unspaced(text), printed)]
    said = unspaced(texts["words"])
    pressed = {unspaced(text) for text in texts["pressed"]}
    # What the article itself says may stand on paper, even if a link says it too.
    faults += [f"printed: {text}" for text in sorted(pressed) if text and text not in said and text in "".join(printed)]
    faults += ["not in NFC"] if not is_normalized("NFC", "".join(raw)) else []
    page.emulate_media(media="print")
    faults += page.evaluate(PRESSED)
    page.emulate_media(media="null")
    return faults


def with_a_link(spoil: Spoil, path: str) -> str:
    """Put a link into an article's text, since none of the samples has one that leaves the site."""
    place = '<p class="signature">'
    return spoil(path, place, f'<p>Toàn văn <a href="{LINK}">Quyết định 123</a> của tỉnh.</p>{place}')


def faults_of_links(page: Page) -> list[str]:
    written = f"Quyết định 123 ({LINK})"
    return [] if stands(unspaced(written), [unspaced(sheet) for sheet in sheets(page)]) else [f"missing: {written}"]


@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_on_paper_has_all_its_text_and_its_source_and_no_tools(page: Page, site: Site, name: str) -> None:
    go_to_all_of(page, site.paths()[name])
    assert faults_of_print(page, article=True) == []


@pytest.mark.parametrize("name", LISTS)
def test_a_list_on_paper_has_its_titles_and_no_tools(page: Page, site: Site, name: str) -> None:
    go_to_all_of(page, site.paths()[name])
    assert faults_of_print(page, article=False) == []


def test_a_link_in_the_text_is_written_out_on_paper(page: Page, site: Site, spoil: Spoil) -> None:
    page.goto(with_a_link(spoil, site.short))
    assert faults_of_links(page) == []


def test_a_link_that_is_not_written_out_is_found(page: Page, site: Site, spoil: Spoil) -> None:
    page.goto(with_a_link(spoil, site.short))
    restyle(page, "a::after { content: none !important }")
    assert faults_of_links(page)


# Each with an article or a list, rules for paper, and the fault.
ON_PAPER: Final[Mapping[str, tuple[str, str, str]]] = {
    "no title": ("short", "h1 { display: none }", "missing: Thông xe"),
    "no summary": ("english", ".summary { display: none }", "missing: From 15 June"),
    "no date": ("table", ".toolbar time { display: none }", "02/10/2026"),
    "no source and no revision": ("short", ".about { display: none }", "missing: http://"),
    "no revision": ("english", ".about { display: none }", "missing: Revision 1"),
    "no end": ("report", ".view-data { max-height: 400px; overflow: hidden }", "missing: Ở cấp tỉnh"),
    "no signature": ("short", ".signature { display: none }", "đường núi.Nhật Lam"),
    # Whoever looks for a word, or copies an address with "ff" in it, finds other letters in the file.
    "letters that are drawn as one": (
        "english",
        "* { font-variant-ligatures: normal !important }",
        "missing: Each file gets a named officer",
    ),
    "a table that is cut": (
        "table",
        "table { display: block !important; overflow: auto !important } th, td { min-width: 8em !important }",
        "missing: Kim ngạch xuất khẩu",
    ),
    "a column that is left out": ("table", "td:last-child { display: none }", "missing: Khách du lịch"),
    "the menu": ("short", ".menu { display: block !important }", "printed: Trangchủ"),
    "the sections": ("short", ".site-footer, .site-footer nav { display: block !important }", "nav “Trang chủ"),
    "a button": ("english", ".tools, .sizes, button { display: flex !important }", "printed: Largertext"),
    "a button, seen": (
        "english",
        ".tools, .sizes, button { display: flex !important }",
        "button “Larger text” is seen",
    ),
    "the skip link": ("report", ".skip { all: unset; display: block !important }", "printed: Đếnnộidungchính"),
    "a list without titles": ("section", ".teaser h2 { display: none }", "missing: Thi đua"),
    "a day without titles": ("month", ".lines { display: none }", "missing: Kinh tế"),
    "a list's form": ("home", "main > nav, .by-day { display: block !important }", "form “Xem theo ngày"),
    "a list's topics": ("section", "main > nav { display: block !important }", "printed: Tấtcảcáctháng"),
}


@pytest.mark.parametrize("defect", ON_PAPER)
def test_what_paper_lacks_or_should_not_show_is_found(page: Page, site: Site, defect: str) -> None:
    name, css, fault = ON_PAPER[defect]
    go_to_all_of(page, site.paths()[name])
    restyle(page, f"@media print {{ {css} }}")
    assert [each for each in faults_of_print(page, article=name in ARTICLES) if fault in each]


def test_text_that_is_not_in_nfc_is_found(page: Page, site: Site, spoil: Spoil) -> None:
    # Chromium composes letters and their marks by itself, but leaves the sign of the ohm in the place of an omega.
    page.goto(spoil(site.short, '<p class="signature">', '<p>16 \u2126</p><p class="signature">'))
    assert faults_of_print(page, article=True) == ["not in NFC"]
