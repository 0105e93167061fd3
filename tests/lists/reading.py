"""What readers and programs find on the site's lists: titles, links, data."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from tests.input.page_reading import Element, read
from tests.newsroom import Newsroom, article

SITE: Final = "http://127.0.0.1:8000"
ATOM: Final = "{http://www.w3.org/2005/Atom}"
_HTML: Final = "{http://www.w3.org/1999/xhtml}"
# The list that a page is of; beneath the newest of the home page stand those of its sections.
_LISTS: Final = ("front", "list", "lines")


def publish(newsroom: Newsroom, *contents: dict[str, Any]) -> list[str]:
    """Upload articles and let everything that follows happen; give their ids."""
    ids = [newsroom.upload(content) for content in contents]
    newsroom.settle()
    return ids


def dated(day: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON value)
    """Give an article of a day in November 2026, with that day for a title."""
    return article(**{"title": f"Ngày {day}", "published_at": f"2026-11-{day:02}T08:00:00+07:00"} | changes)


def page(newsroom: Newsroom, path: str) -> Element:
    """Read a page that is there."""
    answer = newsroom.read(path)
    assert answer.status_code == 200, path
    return read(answer.data)


def data(newsroom: Newsroom, path: str) -> dict[str, Any]:
    """Read a JSON document that is there."""
    answer = newsroom.read(path)
    assert answer.status_code == 200, path
    return dict(answer.json or {})


def xml(newsroom: Newsroom, path: str) -> ET.Element:
    """Read an XML document that is there, as strictly as the standard library does."""
    answer = newsroom.read(path)
    assert answer.status_code == 200, path
    return ET.fromstring(answer.data)  # noqa: S314 (it is our own)


def is_moment(value: object) -> bool:
    """Tell whether it is a moment as RFC 3339 writes one."""
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", str(value)) is not None


def text(element: Element) -> str:
    """Give the text of an element, white space folded."""
    return " ".join("".join(element.itertext()).split())


def titles(newsroom: Newsroom, path: str) -> list[str]:
    """Give the titles of the articles on a list's page; its data must tell of the same ones in the same order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in page(newsroom, path).iter(f"{_HTML}ol"):
        links = [link for link in each.iter(f"{_HTML}a") if str(link.get("href")).endswith(".html")]
        found.setdefault(each.get("class"), []).extend((text(link), str(link.get("href"))) for link in links)
    shown = next((found[kind] for kind in _LISTS if kind in found), [])
    items = data(newsroom, f"{path}feed.json")["items"]
    assert [(item["title"], urlsplit(item["url"]).path) for item in items] == shown, path
    return [title for title, _ in shown]


def link(newsroom: Newsroom, path: str, rel: str) -> str | None:
    """Give where a page's link to what is older (`next`) or newer (`prev`) leads."""
    links = [each.get("href") for each in page(newsroom, path).iter(f"{_HTML}a") if each.get("rel") == rel]
    assert len(links) <= 1, path
    return links[0] if links else None


def pages_by_links(newsroom: Newsroom, path: str) -> Iterator[str]:
    """Give a list's own page and all that its links to older articles lead to."""
    following: str | None = path
    while following:
        yield following
        following = link(newsroom, following, "next")


def items_by_data(newsroom: Newsroom, path: str) -> Iterator[dict[str, Any]]:
    """Give all items of a list, as a program finds them by `next_url`."""
    following: str | None = f"{path}feed.json"
    while following:
        feed = data(newsroom, following)
        yield from feed["items"]
        following = feed["next_url"].removeprefix(SITE) if "next_url" in feed else None


def beneath(newsroom: Newsroom, path: str, heading: str) -> list[str]:
    """Give the titles that stand beneath an article under a heading: `others` or `related`."""
    for each in page(newsroom, path).iter(f"{_HTML}nav"):
        if each.get("aria-labelledby") == heading:
            return [text(found) for found in each.iter(f"{_HTML}a")]
    return []
