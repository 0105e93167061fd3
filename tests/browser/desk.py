"""An editor at the desk, in a browser."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.test_accessibility import LEGAL, faults
from tests.newsroom import Newsroom, article

MOST_TABS: Final = 80
SAIGON: Final = timezone(timedelta(hours=7))
RICH: Final = ".ProseMirror"
ALL_TYPED: Final = "Object.keys(localStorage).filter((key) => key.startsWith('desk:kept:')).length"


def open_article(page: Page, article_id: str, tab: str = "") -> None:
    """Open an article."""
    page.goto("/desk/#/")
    page.locator("main > .articles").wait_for()
    page.goto(f"/desk/#/article/{article_id}{tab}")
    page.locator(".revisions li, .bar .primary").first.wait_for()


def new_article(page: Page) -> None:
    """Open the form of a new article."""
    page.goto("/desk/#/new")
    page.locator(".bar .primary").wait_for()


def write(page: Page, **fields: str) -> None:
    """Type into fields of the form; `body` goes into the text."""
    for name, value in fields.items():
        if name == "body":
            page.locator(RICH).click()
            page.keyboard.press("Control+a")
            page.keyboard.type(value)
        elif name == "section":
            page.select_option("#field-section", value)
        else:
            page.fill(f"#field-{name}", value)


def write_new(page: Page, title: str, body: str = "Xin chào bạn đọc.") -> None:
    """Write a whole new article."""
    new_article(page)
    write(page, title=title, summary="Tóm tắt của bài.", body=body, author="Hà Thu", section="tin-tuc")


def press(page: Page, name: str) -> None:
    """Press a button of the bar, or of its menu."""
    wanted = page.get_by_role("group", name="Việc có thể làm").get_by_role("button", name=name, exact=True)
    if not wanted.is_visible():
        page.locator(".more-actions summary").click()
    wanted.click()


def told(page: Page, words: str) -> None:
    """Wait until the desk says something."""
    expect(page.locator(".steps")).to_contain_text(words, timeout=PATIENCE)


def published(page: Page) -> str:
    """Wait until the article is live; give its id."""
    told(page, "Bài đã lên trang.")
    return article_id(page)


def article_id(page: Page) -> str:
    """Give the id of the article that is open."""
    return str(page.url).rpartition("/")[2]


def tab_to(page: Page, selector: str) -> None:
    """Press the tab key until something has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no tab leads to {selector}")


def seen_faults(page: Page) -> list[str]:
    """Give what axe finds wrong, at the end of the page: before it the bar covers what one has to scroll to."""
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    return faults(page, LEGAL)


def submitted(room: Newsroom, **changes: Any) -> str:  # noqa: ANN401 (any JSON value)
    """Have an article that was judged."""
    found = room.upload(article(**changes))
    while room.status(found)["verdict"]["outcome"] == "waiting":
        pass
    return found


def kept(page: Page) -> int:
    """Count what is kept on this machine."""
    return int(page.evaluate(ALL_TYPED))


def wait_until_kept(page: Page) -> None:
    """Wait until what was typed is kept."""
    expect(page.locator(".kept-state")).to_have_text("Đã giữ trên máy này")


def field_time(moment: datetime) -> str:
    """Write a moment as a field for date and time has it, in the newsroom's zone."""
    return moment.astimezone(SAIGON).strftime("%Y-%m-%dT%H:%M")


def tomorrow() -> datetime:
    """Give a moment ahead."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=1)


def article_of(page: Page) -> dict[str, Any]:
    """Give what is kept of the one article that is kept."""
    found = page.evaluate(
        "Object.entries(localStorage).filter(([key]) => key.startsWith('desk:kept:')).map(([, value]) => value)"
    )
    assert len(found) == 1
    article: dict[str, Any] = json.loads(found[0])["article"]
    return article
