"""Text is enlarged by steps: announced, and remembered over pages, visits and tabs. Buttons are named as they look."""

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page

from tests.browser.conftest import Site, Spoil, go_to_all_of

ARTICLES: Final = ["report", "short", "table", "english"]
NAMES: Final = [*ARTICLES, "home", "section", "month", "notice", "gone", "missing"]
LARGER: Final = "button[data-step='1']"
SMALLER: Final = "button[data-step='-1']"
MOST_STEPS: Final = 12
MOST_MILLISECONDS: Final = 1_000

WATCH: Final = """window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => entry.value)))
  .observe({type: "layout-shift", buffered: true});"""
# Storage is asked by its functions or by names of its own: each way meets the same.
STORAGE: Final = """Object.defineProperty(window, "localStorage", {value: new Proxy({}, {
  get: (_, name) => name === "setItem" ? write : name === "getItem" ? read : read(),
  set: () => { write(); return true; },
})})"""
REFUSAL: Final = "() => { throw new DOMException('', 'SecurityError'); }"
REFUSED: Final[Mapping[str, str]] = {
    "all storage": f"Object.defineProperty(window, 'localStorage', {{get: {REFUSAL}}})",
    "to be read": f"const read = {REFUSAL}, write = () => {{}}; {STORAGE}",
    "to be written": f"const read = () => null, write = {REFUSAL}; {STORAGE}",
}
FORGETFUL: Final = f"const read = () => null, write = () => {{}}; {STORAGE}"


def font_size(page: Page) -> float:
    size: float = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.view-data p')).fontSize)")
    return size


def press(page: Page, button: str, times: int = 1) -> None:
    """Press a button by the keyboard, which an end of the steps must not take away."""
    page.locator(button).focus()
    for _ in range(times):
        page.keyboard.press("Enter")


def settled_size(page: Page, expected: float) -> float:
    """Give the size once it is as expected, or after a while."""
    for _ in range(MOST_MILLISECONDS // 50):
        if font_size(page) == expected:
            break
        page.wait_for_timeout(50)
    return font_size(page)


def faults_of_steps(page: Page) -> list[str]:
    """Go to the largest size and to the smallest, and look at each step."""
    start = font_size(page)
    faults = []
    sizes = {}
    for button, sign in ((LARGER, 1), (SMALLER, -1)):
        place = page.locator(button)
        size = font_size(page)
        for _ in range(MOST_STEPS):
            press(page, button)
            reached = font_size(page)
            if sign * reached <= sign * size:
                break
            size = reached
            faults += faults_of_announcement(page, size / start)
            if not place.evaluate("button => button === document.activeElement"):
                faults.append(f"{button} loses the focus at {size / start:.0%}")
        else:
            faults.append(f"{button} has no end")
        sizes[sign] = size / start
        if place.get_attribute("aria-disabled") != "true":
            faults.append(f"{button} does not say that it is at its end")
        if not place.evaluate("button => button === document.activeElement"):
            faults.append(f"{button} loses the focus at its end")
    faults += [f"the largest size is {sizes[1]:.0%}"] if sizes[1] < 2 else []
    faults += [f"the smallest size is {sizes[-1]:.0%}"] if sizes[-1] >= 1 else []
    return faults


def faults_of_announcement(page: Page, ratio: float) -> list[str]:
    said = " ".join(page.locator("[role=status]").all_text_contents()).strip()
    return [] if re.search(rf"(?<!\d){ratio:.0%}", said) else [f"“{said}” is said of {ratio:.0%}"]


def faults_of_memory(page: Page, paths: list[str]) -> list[str]:
    """Enlarge the text, and open other pages in the same tab and on another visit."""
    start = font_size(page)
    press(page, LARGER, 2)
    chosen = font_size(page)
    faults = [] if chosen > start else ["the text is not larger"]
    for path in paths:
        page.goto(path)
        faults += [f"{path} is in {font_size(page)} px, not in {chosen}"] if font_size(page) != chosen else []
    visit = page.context.new_page()
    visit.goto(paths[0])
    faults += [f"a visit is in {font_size(visit)} px, not in {chosen}"] if font_size(visit) != chosen else []
    press(visit, SMALLER)
    if not start < font_size(visit) < chosen:
        faults.append(f"a step back leads from {chosen} to {font_size(visit)} px")
    return faults


def faults_of_shift(page: Page, path: str) -> list[str]:
    """Open a page whose reader chose a large text, and add up what moves."""
    press(page, LARGER, 3)
    page.add_init_script(WATCH)
    page.goto(path)
    page.wait_for_timeout(300)
    shifts: list[float] = page.evaluate("shifts")
    return [f"the page shifts by {sum(shifts):.3f}"] if sum(shifts) else []


def faults_of_refusal(page: Page, path: str) -> list[str]:
    """Use the buttons where nothing can be stored."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path)
    start = font_size(page)
    press(page, LARGER, 2)
    faults = [] if font_size(page) > start else ["the text is not larger"]
    faults += faults_of_announcement(page, font_size(page) / start)
    press(page, SMALLER)
    return faults + [f"an error: {error}" for error in errors]


def faults_of_other_tabs(page: Page, other: Page) -> list[str]:
    press(page, LARGER, 2)
    chosen = font_size(page)
    found = settled_size(other, chosen)
    return [] if found == chosen else [f"the other tab is in {found} px, not in {chosen}"]


def faults_of_names(page: Page) -> list[str]:
    """Hold what is seen of each button, box and link against the name that speech control knows it by, word by word."""
    session = page.context.new_cdp_session(page)
    every = session.send(
        "Runtime.evaluate", {"expression": "[...document.querySelectorAll('a[href], button, summary, [role=button]')]"}
    )
    listed = session.send("Runtime.getProperties", {"objectId": every["result"]["objectId"], "ownProperties": True})
    ids = [each["value"]["objectId"] for each in listed["result"] if each["name"].isdecimal()]
    assert ids
    faults = [fault for each in ids for fault in faults_of_name(session, each)]
    session.detach()
    return faults


def faults_of_name(session: CDPSession, element: str) -> list[str]:
    node: dict[str, Any] = session.send(
        "Accessibility.getPartialAXTree", {"objectId": element, "fetchRelatives": False}
    )["nodes"][0]
    if node["ignored"]:
        return []
    answer = session.send(
        "Runtime.callFunctionOn",
        {"objectId": element, "functionDeclaration": "function () { return this.innerText }", "returnByValue": True},
    )
    seen = " ".join(str(answer["result"]["value"]).split()).casefold()
    name = " ".join(str(node["name"]["value"]).split()).casefold()
    return [] if re.search(rf"(?<!\w){re.escape(seen)}(?!\w)", name) else [f"“{seen}” is named “{name}”"]


@pytest.mark.parametrize("name", ARTICLES)
def test_the_steps_reach_twice_the_size_are_announced_and_end_with_the_focus_where_it_was(
    page: Page, site: Site, name: str
) -> None:
    page.goto(site.paths()[name])
    assert faults_of_steps(page) == []


def test_the_size_is_remembered_over_pages_and_visits(page: Page, site: Site) -> None:
    page.goto(site.report)
    assert faults_of_memory(page, [site.short, site.table, site.english]) == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["report", "table", "home"])
def test_a_page_in_a_remembered_size_does_not_shift(page: Page, site: Site, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(site.short)
    assert faults_of_shift(page, site.paths()[name]) == []


@pytest.mark.parametrize("refused", REFUSED)
def test_a_browser_that_refuses_storage_does_no_harm(page: Page, site: Site, refused: str) -> None:
    page.add_init_script(REFUSED[refused])
    assert faults_of_refusal(page, site.short) == []


def test_another_tab_follows(phone: BrowserContext, site: Site) -> None:
    page, other = phone.new_page(), phone.new_page()
    page.goto(site.report)
    other.goto(site.short)
    assert faults_of_other_tabs(page, other) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_seen_of_a_button_or_a_link_is_in_its_name(reader: Page, site: Site, name: str) -> None:
    go_to_all_of(reader, site.paths()[name])
    assert faults_of_names(reader) == []


# What is done after the page's own script did its part of a click: listeners are called in their order.
AFTER: Final = "addEventListener('click', (event) => {{ const at = event.target; {} }})"
MISSTEPS: Final[Mapping[str, tuple[str, str]]] = {
    "buttons without effect": (
        "document.querySelector('.view-data p').style.fontSize = '20px'",
        "the largest size is 100%",
    ),
    "steps that end early": (
        "document.querySelector('.view-data p').style.fontSize = 'min(1.2rem, 38px)'",
        "the largest size is 19",
    ),
    "no smaller size": (
        "document.querySelector('.view-data p').style.fontSize = 'max(1.2rem, 19.2px)'",
        "the smallest",
    ),
    "nothing said": ("document.querySelector('[role=status]').removeAttribute('role')", "“” is said of"),
    "no percentage": (
        AFTER.format("document.querySelector('[role=status]').textContent = 'Cỡ chữ lớn'"),
        "“Cỡ chữ lớn” is said",
    ),
    "a focus that is lost": (AFTER.format("at.blur()"), "button[data-step='1'] loses the focus"),
    "a button that is taken away at its end": (
        AFTER.format("at.disabled = at.getAttribute('aria-disabled') === 'true'"),
        "button[data-step='1'] loses the focus",
    ),
    "an end that is not told": (
        AFTER.format("at.removeAttribute('aria-disabled')"),
        "button[data-step='-1'] does not say",
    ),
}


@pytest.mark.parametrize("defect", MISSTEPS)
def test_a_wrong_step_is_found(page: Page, site: Site, defect: str) -> None:
    script, fault = MISSTEPS[defect]
    page.goto(site.short)
    page.evaluate(f"() => {{ {script} }}")
    assert [each for each in faults_of_steps(page) if each.startswith(fault)]


def test_a_size_that_is_forgotten_is_found(page: Page, site: Site) -> None:
    page.context.add_init_script(FORGETFUL)
    page.goto(site.report)
    assert [each.split()[0] for each in faults_of_memory(page, [site.short])] == [site.short, "a", "a"]


def test_a_size_that_comes_late_is_found(page: Page, site: Site) -> None:
    page.goto(site.short)
    page.add_init_script("setTimeout(() => document.documentElement.style.fontSize = '110%', 150)")
    assert faults_of_shift(page, site.report)


def test_the_harm_of_a_storage_that_is_refused_is_found(page: Page, site: Site) -> None:
    page.add_init_script(REFUSED["all storage"])
    page.add_init_script("addEventListener('click', () => localStorage.length)")
    assert [each for each in faults_of_refusal(page, site.short) if each.startswith("an error")]


def test_buttons_that_stop_where_storage_is_refused_are_found(page: Page, site: Site) -> None:
    page.add_init_script("addEventListener('click', (event) => event.stopImmediatePropagation(), true)")
    assert "the text is not larger" in faults_of_refusal(page, site.short)


def test_a_tab_that_does_not_follow_is_found(phone: BrowserContext, site: Site) -> None:
    page, other = phone.new_page(), phone.new_page()
    other.add_init_script("addEventListener('storage', (event) => event.stopImmediatePropagation())")
    page.goto(site.report)
    other.goto(site.short)
    assert faults_of_other_tabs(page, other)


@pytest.mark.parametrize("label", ["Phóng to", "Tăng cỡ", "Nút tăng cỡ chữa cháy"])
def test_a_name_without_what_is_seen_is_found(reader: Page, site: Site, spoil: Spoil, label: str) -> None:
    reader.goto(spoil(site.short, 'data-step="1"', f'data-step="1" aria-label="{label}"'))
    assert faults_of_names(reader) == [f"“tăng cỡ chữ” is named “{label.lower()}”"]
