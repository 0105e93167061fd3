"""Pages in a real browser, as the edge serves them: with its headers, its policy and its errors."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ADDRESS, Site

STATUS = {"gone": 410, "missing": 404}
NAMES = ["report", "short", "table", "english", "notice", "gone", "home", "section", "month", "missing"]


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
