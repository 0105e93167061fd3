"""What subscribers are told of an article that moves, leaves and comes back."""

from datetime import UTC, datetime, timedelta
from typing import Final

import time_machine

from tests.lists.reading import ATOM, data, dated, is_moment, publish, xml
from tests.newsroom import Newsroom, article

DELETED: Final = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


def names(newsroom: Newsroom) -> list[list[str | None]]:
    """Give by what the three feeds of the home page know its articles."""
    rss = [each.text for each in xml(newsroom, "/feed.xml").iter("guid")]
    atom = [each.findtext(f"{ATOM}id") for each in xml(newsroom, "/atom.xml").iter(f"{ATOM}entry")]
    return [rss, atom, [item["id"] for item in data(newsroom, "/feed.json")["items"]]]


def farewells(newsroom: Newsroom, path: str) -> list[str | None]:
    """Give the articles of which the Atom feed of a list says that they were taken down."""
    found = list(xml(newsroom, f"{path}atom.xml").iter(DELETED))
    assert all(is_moment(each.get("when")) for each in found)
    return [each.get("ref") for each in found]


def test_an_article_keeps_its_name_in_feeds_whatever_becomes_of_its_address(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(dated(1))
    before = names(newsroom)
    path = newsroom.path(article_id)
    newsroom.submit(dated(1, title="Tên mới", section="kinh-te"), article_id)
    assert newsroom.path(article_id) != path
    assert names(newsroom) == before
    assert farewells(newsroom, "/") == farewells(newsroom, "/tin-tuc/") == []  # it has moved, and is not gone


def test_atom_tells_of_every_takedown_until_the_article_comes_back(newsroom: Newsroom) -> None:
    now = datetime.now(UTC)
    over = now + timedelta(minutes=2)
    article_id, expiring = publish(newsroom, dated(1), article(expires_at=over.isoformat()))
    _, [second, first], _ = names(newsroom)
    for status in ("gone", "withdrawn"):
        newsroom.submit(dated(1, status=status), article_id)
        for path in ("/", "/tin-tuc/"):
            assert farewells(newsroom, path) == [first]
        newsroom.submit(dated(1), article_id)
        for path in ("/", "/tin-tuc/"):
            assert farewells(newsroom, path) == []
    newsroom.submit(dated(1, status="withdrawn"), article_id)
    newsroom.submit(dated(1, status="gone"), article_id)  # it says farewell once
    assert farewells(newsroom, "/") == [first]
    with time_machine.travel(over + timedelta(seconds=1)):
        newsroom.tick()
        assert farewells(newsroom, "/tin-tuc/") == [second, first]
        assert farewells(newsroom, "/kinh-te/") == []
        updated = xml(newsroom, "/tin-tuc/atom.xml").findtext(f"{ATOM}updated")
        assert datetime.fromisoformat(str(updated)) >= over.replace(microsecond=0)
    assert names(newsroom) == [[], [], []]
    assert newsroom.status(expiring)["state"] == "withdrawn"
