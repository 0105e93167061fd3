"""Pages that everyone can use: axe finds no fault with them, at any width and with whatever a reader prefers."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Site, Spoil, installed

NAMES: Final = ["report", "short", "table", "english", "notice", "gone", "home", "section", "month", "missing"]
ARTICLES: Final = ["report", "short", "table", "english"]
WIDTHS: Final = [320, 1280]
NO_PREFERENCE: Final = {
    "color_scheme": "light",
    "contrast": "no-preference",
    "forced_colors": "none",
    "reduced_motion": "no-preference",
}
PREFERENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "more contrast": {"contrast": "more"},
    "forced colours": {"forced_colors": "active"},
    "reduced motion": {"reduced_motion": "reduce"},
}
SCHEMES: Final = ["light", "dark"]
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LEGAL: Final = {"runOnly": {"type": "tag", "values": TAGS}}
# Of level AAA, which no tag above holds: seven to one for text, four and a half for large text.
SEVEN_TO_ONE: Final = {"runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]}}
KINDS: Final = ["violations", "incomplete", "passes"]

# Each with the rule that finds it; at least one for each tag that has rules of its own.
DEFECTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "an empty button": ('<main id="main">', '<main id="main"><button type="button"></button>', "button-name"),
    "a picture without words": ('<main id="main">', '<main id="main"><img src="data:,">', "image-alt"),
    "no language": ('<html lang="vi"', "<html", "html-has-lang"),
    "an unknown language in the text": ('<p class="summary"', '<p class="summary" lang="qq"', "valid-lang"),
    "an unknown purpose of a field": (
        '<main id="main">',
        '<main id="main"><input aria-label="x" autocomplete="who">',
        "autocomplete-valid",
    ),
    "two mains": ("</main>", "</main><main>x</main>", "landmark-no-duplicate-main"),
    "two landmarks of one name": (
        "</main>",
        '</main><nav aria-label="Chuyên mục, cuối trang"><a href="/">x</a></nav>',
        "landmark-unique",
    ),
    "a skipped level of heading": ("</main>", "<h2>x</h2><h4>x</h4></main>", "heading-order"),
    "text outside every landmark": ("</main>", "</main><p>x</p>", "region"),
}
STYLES: Final[Mapping[str, tuple[str, str]]] = {
    "low contrast": (".summary { color: #999; background: #fff }", "color-contrast"),
    "targets too small for a finger": (
        """.trail ol { display: flex; gap: 0 }
        .trail li::before { content: none !important }
        .trail a { display: block; width: 8px; height: 8px; padding: 0; overflow: hidden }""",
        "target-size",
    ),
}
UNSURE: Final = {
    "beneath a veil": "main::before { content: ''; position: absolute; inset: 0; background: #fff8 }",
    "on changing colours": ".summary { background: linear-gradient(#fff, #000) }",
    "on a picture": ".summary { background: url(data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=) }",
}
PALE: Final = "{ .summary { color: #888 !important; background: #999 !important; forced-color-adjust: none } }"
QUERIES: Final = {
    "light": "(prefers-color-scheme: light)",
    "dark": "(prefers-color-scheme: dark)",
    "more contrast": "(prefers-contrast: more) and (forced-colors: none)",
    "forced colours": "(forced-colors: active)",
    "reduced motion": "(prefers-reduced-motion: reduce)",
}


def faults(page: Page, options: Mapping[str, Any]) -> list[str]:
    """Let axe look at the page that is open; give what is wrong."""
    result = axe(page, options)
    return [f"{each['id']}: {node['target']}" for each in result["violations"] for node in each["nodes"]]


def faint(page: Page) -> list[str]:
    """Give the texts of the page that is open that are not surely seven to one."""
    result = axe(page, SEVEN_TO_ONE)
    nodes = {kind: [node for each in result[kind] for node in each["nodes"]] for kind in KINDS}
    # Of text on a picture or on changing colours it says that it is enough, and names no ratio.
    unmeasured = [node for node in nodes["passes"] if node["any"][0]["data"]["contrastRatio"] is None]
    return [
        f"{node['target']} {node['any'][0]['message']}"
        for node in nodes["violations"] + nodes["incomplete"] + unmeasured
    ]


def axe(page: Page, options: Mapping[str, Any]) -> dict[str, Any]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(installed("axe-core/axe.min.js").read_text(encoding="utf-8"))  # past the page's policy
    result: dict[str, Any] = page.evaluate("options => axe.run(options)", options)
    return result


def rules(found: list[str]) -> set[str]:
    return {each.partition(":")[0] for each in found}


def look(page: Page, path: str, *, width: int = 320, preference: str = "light") -> None:
    """Open a page as a reader with a preference does."""
    page.set_viewport_size({"width": width, "height": 900})
    prefer(page, preference)
    page.goto(path)


def prefer(page: Page, preference: str) -> None:
    """Let the reader of a page have one preference and no other."""
    page.emulate_media(**{**NO_PREFERENCE, **PREFERENCES[preference]})


def restyle(page: Page, style: str) -> None:
    """Add a style to the page that is open, past its policy."""
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }",
        style,
    )


def open_all(page: Page) -> None:
    """Open whatever can be opened, such as the ways to share an article."""
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


def make_room(page: Page) -> None:
    """Give wide tables the room that they want: axe can't tell the ground of what is scrolled out of view."""
    restyle(page, "body { min-width: 80rem }")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_no_fault_with_a_page_whatever_a_reader_prefers(
    page: Page, site: Site, name: str, width: int
) -> None:
    look(page, site.paths()[name], width=width)
    found = {}
    for preference in PREFERENCES:
        prefer(page, preference)
        found[preference] = faults(page, LEGAL)
    assert {preference: each for preference, each in found.items() if each} == {}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ARTICLES)
def test_axe_finds_no_fault_with_an_article_that_has_all_its_boxes_open(
    page: Page, site: Site, name: str, width: int
) -> None:
    look(page, site.paths()[name], width=width)
    open_all(page)
    assert faults(page, LEGAL) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_all_text_stands_out_from_its_ground_seven_to_one(page: Page, site: Site, name: str, width: int) -> None:
    look(page, site.paths()[name], width=width)
    open_all(page)
    make_room(page)
    found = {}
    for scheme in SCHEMES:
        prefer(page, scheme)
        found[scheme] = faint(page)
    assert {scheme: each for scheme, each in found.items() if each} == {}


@pytest.mark.parametrize("defect", DEFECTS)
def test_axe_finds_fault_with_a_page_that_has(page: Page, site: Site, spoil: Spoil, defect: str) -> None:
    old, new, rule = DEFECTS[defect]
    look(page, spoil(site.report, old, new))
    assert rule in rules(faults(page, LEGAL))


@pytest.mark.parametrize("defect", STYLES)
def test_axe_finds_fault_with_a_page_whose_style_makes(page: Page, site: Site, defect: str) -> None:
    style, rule = STYLES[defect]
    look(page, site.report)
    restyle(page, style)
    assert rule in rules(faults(page, LEGAL))


@pytest.mark.parametrize("preference", PREFERENCES)
def test_axe_finds_what_only_readers_of_one_preference_see(page: Page, site: Site, preference: str) -> None:
    look(page, site.report, preference=preference)
    restyle(page, f"@media {QUERIES[preference]} {PALE}")
    assert "color-contrast" in rules(faults(page, LEGAL))
    prefer(page, "dark" if preference == "light" else "light")
    assert "color-contrast" not in rules(faults(page, LEGAL))


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_what_only_readers_at_one_width_see(page: Page, site: Site, width: int) -> None:
    other = sum(WIDTHS) - width
    for looked_at, seen in ((width, True), (other, False)):
        look(page, site.report, width=looked_at)
        restyle(page, f"@media (width: {width}px) {PALE}")
        assert ("color-contrast" in rules(faults(page, LEGAL))) == seen


def test_axe_finds_a_fault_within_a_box_that_is_opened(page: Page, site: Site, spoil: Spoil) -> None:
    box = '<details><summary>x</summary><button type="button"></button></details>'
    look(page, spoil(site.report, '<main id="main">', f'<main id="main">{box}'))
    assert "button-name" not in rules(faults(page, LEGAL))
    open_all(page)
    assert "button-name" in rules(faults(page, LEGAL))


@pytest.mark.parametrize("defect", UNSURE)
def test_text_is_not_taken_for_seven_to_one_that_is(page: Page, site: Site, defect: str) -> None:
    look(page, site.report)
    restyle(page, UNSURE[defect])
    assert faint(page) != []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_of_five_to_one_is_enough_for_the_law_and_not_for_us(page: Page, site: Site, scheme: str) -> None:
    ink = {"light": "color: #6f6f6f; background: #fff", "dark": "color: #888; background: #111"}[scheme]
    look(page, site.report, preference=scheme)
    restyle(page, f".summary {{ {ink} }}")
    assert "color-contrast" not in rules(faults(page, LEGAL))
    assert faint(page) != []
