"""Every link of the site leads somewhere, and everything of the site can be come by."""

import json
from collections import deque
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import pytest

from local.portal import LocalPortal
from tests.input.page_reading import read
from tests.lists.reading import SITE, publish
from tests.newsroom import SAMPLES, Newsroom, sample

# What nothing has to lead to: it is served where there is no page.
UNLINKED: Final = {"/404.html"}


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    """A portal with all sample articles, one of which has moved, one is withdrawn and one is gone."""
    with pytest.MonkeyPatch.context() as patch, LocalPortal() as running:
        for module in ("numbering", "composing"):
            patch.setattr(f"portal.{module}.PAGE_ENTRIES", 10)
        newsroom = Newsroom(running)
        names = sorted(path.stem for path in SAMPLES.glob("*.json"))
        contents = [sample(name) for name in names]
        ids = publish(newsroom, *contents)
        changes = ({"title": "Tên mới"}, {"status": "withdrawn"}, {"status": "gone"})
        for change, content, article_id in zip(changes, contents, ids, strict=False):
            newsroom.upload(content | change, article_id)
        newsroom.settle()
        yield running


def links(path: str, kind: str, content: bytes) -> Iterator[str]:
    """Give the paths within the site that a page, a feed or a document leads to."""
    for address in _addresses(kind, content):
        target = urlsplit(urljoin(SITE + path, address))
        if f"{target.scheme}://{target.netloc}" == SITE:
            yield target.path


def _addresses(kind: str, content: bytes) -> Iterator[str]:
    match kind:
        case "text/html":
            for element in read(content).iter():
                yield from (value for name in ("href", "src", "action") if (value := element.get(name)))
        case "text/plain":
            yield from (word for word in content.decode().split() if word.startswith("http"))
        case _ if kind.endswith("json"):
            yield from _texts(json.loads(content))
        case _ if kind.endswith("xml"):
            for node in ET.fromstring(content).iter():  # noqa: S314 (it is our own)
                yield from (each for each in (node.text or "", node.get("href", "")) if each.startswith(SITE))
        case _:
            raise AssertionError(f"what is {kind}?")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(SITE):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def test_every_link_leads_somewhere_and_everything_can_be_come_by(newsroom: Newsroom) -> None:
    found: dict[str, int] = {}
    waiting = deque(["/", "/robots.txt"])
    while waiting:
        path = waiting.popleft()
        if path in found:
            continue
        answer = newsroom.read(path)
        found[path] = answer.status_code
        if answer.status_code == 301:
            target = str(answer.headers["Location"])
            assert newsroom.read(target).status_code == 200, f"{path} leads to {target}"
            waiting.append(target)
        else:
            waiting.extend(links(path, str(answer.mimetype), answer.data))
    assert {path: status for path, status in found.items() if status not in (200, 301)} == {}

    # To what is withdrawn, gone or moved, and to the tags and authors of nothing else, only others' links lead.
    # And the desk is for editors, who know where it is.
    keys = (key for key in newsroom.objects("SiteBucket") if not key.startswith("desk/"))
    standing = {f"/{key.removesuffix('index.html')}" for key in keys}
    items = newsroom.items()
    listed = {partition.removeprefix("page#") for partition, sort in items if sort[0].isdigit()}
    emptied = {
        path
        for path in standing
        if path.startswith(("/tag/", "/author/")) and f"{path.rpartition('/')[0]}/" not in listed
    }
    taken_down = {
        partition.removeprefix("page#").removesuffix(".html")
        for (partition, sort), item in items.items()
        if sort == "self" and item["kind"]["S"] in ("redirect", "notice", "gone")
    }
    unreached = {path for path in standing - emptied - set(found) if path.rpartition(".")[0] not in taken_down}
    assert unreached == UNLINKED
