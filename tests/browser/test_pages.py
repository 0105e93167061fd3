"""Pages in a real browser, as the edge serves them: with its headers, its policy and its errors."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import ADDRESS, Site

STATUS = {"gone": 410, "missing": 404}
NAMES = ["report", "short", "table", "english", "notice", "gone", "home", "section", "month", "missing"]


def font_size(page: Page) -> float:
    size: float = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.view-data')).fontSize)")
    return size


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_one_request_and_says_nothing_to_the_console(page: Page, site: Site, name: str) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    path = site.paths()[name]
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == STATUS.get(name, 200)
    assert [url for url in requests if not url.startswith("data:")] == [ADDRESS + path]
    # Chromium itself says that a page's status is an error.
    assert [text for text in complaints if "the server responded with a status of 4" not in text] == []
    assert page.context.cookies() == []
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_a_page_never_scrolls_sideways(page: Page, site: Site, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site.paths()[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_controls_change_the_font_size_and_it_is_remembered(page: Page, site: Site) -> None:
    page.goto(site.report)
    start = font_size(page)
    larger = page.get_by_role("button", name="Tăng cỡ chữ")
    smaller = page.get_by_role("button", name="Giảm cỡ chữ")
    larger.click()
    larger.click()
    enlarged = font_size(page)
    assert enlarged > start
    page.goto(site.short)
    assert font_size(page) == enlarged
    smaller.click()
    assert start < font_size(page) < enlarged


def test_the_font_size_reaches_twice_its_size_and_the_last_step_keeps_the_focus(page: Page, site: Site) -> None:
    page.goto(site.report)
    start = font_size(page)
    larger = page.get_by_role("button", name="Tăng cỡ chữ")
    larger.focus()
    for _ in range(12):
        page.keyboard.press("Enter")
    assert font_size(page) >= 2 * start
    assert larger.evaluate("button => button === document.activeElement")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_javascript_everything_is_readable_and_no_control_is_dead(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=ADDRESS, java_script_enabled=False)
    page = context.new_page()
    page.goto(site.report)
    assert page.get_by_role("button").count() == 0
    assert page.locator(".view-data p").first.is_visible()
    assert page.locator(".signature").is_visible()
    context.close()


def test_the_keyboard_reaches_the_text_first(page: Page, site: Site) -> None:
    page.goto(site.report)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
