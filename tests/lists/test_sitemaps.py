"""Sitemaps, by the protocol of sitemaps.org: every article once, and what is news for two days."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
import time_machine
from lxml import etree

from tests.lists.reading import SITE, dated, publish
from tests.newsroom import Newsroom, article

SCHEMA: Final = etree.XMLSchema(etree.parse(Path(__file__).with_name("sitemap.xsd")))
LOC: Final = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
NEWS: Final = "/news-sitemap.xml"


def addresses(newsroom: Newsroom, path: str) -> list[str]:
    """Give the paths that a sitemap, or the index of them, names; it must be as its schema says."""
    answer = newsroom.read(path)
    assert (answer.status_code, answer.content_type) == (200, "application/xml; charset=utf-8")
    assert len(answer.data) < 50_000_000
    root = etree.fromstring(answer.data)
    SCHEMA.assertValid(root)
    found = [str(each.text) for each in root.iter(LOC)]
    assert all(each.startswith(f"{SITE}/") for each in found)
    return [each.removeprefix(SITE) for each in found]


def monthly(newsroom: Newsroom) -> dict[str, list[str]]:
    """Give the articles of each month's sitemap, by the sitemap's path."""
    index = addresses(newsroom, "/sitemap.xml")
    assert index[0] == "/sections-sitemap.xml"
    found = {path: addresses(newsroom, path) for path in index[1:]}
    assert all(pages[0] == path.removesuffix("sitemap.xml") for path, pages in found.items())
    return {path: pages[1:] for path, pages in found.items()}


def test_every_published_article_is_in_the_sitemap_of_its_month_and_in_no_other(newsroom: Newsroom) -> None:
    contents = [
        dated(1, title='<Một> & "hai" \']]>'),
        dated(2),
        dated(3, published_at="2026-10-31T16:59:59Z"),
        dated(4, published_at="2026-10-31T17:00:00Z", section="kinh-te"),
        dated(5, status="draft"),
        dated(6, published_at="1900-02-01T00:00:00Z"),
        dated(7, published_at="2999-01-01T00:00:00Z"),
    ]
    first, second, october, november, _, oldest, _ = ids = publish(newsroom, *contents)
    path = {each: newsroom.path(each) for each in (first, second, october, november, oldest)}
    assert monthly(newsroom) == {
        "/2026/11/sitemap.xml": [path[second], path[first], path[november]],
        "/2026/10/sitemap.xml": [path[october]],
        "/1900/02/sitemap.xml": [path[oldest]],
    }

    newsroom.upload(dated(1, status="withdrawn"), ids[0])
    newsroom.upload(dated(2, status="gone"), ids[1])
    newsroom.upload(dated(3, published_at="2026-11-01T00:00:00+07:00", title="Tên khác"), ids[2])
    newsroom.settle()
    assert monthly(newsroom) == {
        "/2026/11/sitemap.xml": [newsroom.path(each) for each in sorted((november, october), reverse=True)],
        "/2026/10/sitemap.xml": [],
        "/1900/02/sitemap.xml": [path[oldest]],
    }


def test_the_lists_have_a_sitemap_too(newsroom: Newsroom) -> None:
    found = addresses(newsroom, "/sections-sitemap.xml")
    assert found[:4] == ["/", "/archive/", "/tin-tuc/", "/tin-tuc/archive/"]
    assert all(newsroom.read(path).status_code == 200 for path in found)
    assert addresses(newsroom, "/sitemap.xml") == ["/sections-sitemap.xml"]  # and nothing is published yet


def test_what_is_news_is_in_its_sitemap_for_two_days_by_the_clock_alone(newsroom: Newsroom) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    hour = timedelta(hours=1)
    assert addresses(newsroom, NEWS) == []
    moments = (now - hour, now - 2 * hour, now - 48 * hour, now - 47 * hour)
    ids = publish(
        newsroom, *(article(title=f"Tin {each:%H} & <mới>", published_at=each.isoformat()) for each in moments)
    )
    paths = [newsroom.path(each) for each in ids]
    assert addresses(newsroom, NEWS) == [paths[0], paths[1], paths[3]]

    for later, expected in (
        (timedelta(minutes=59), [paths[0], paths[1], paths[3]]),
        (hour, paths[:2]),
        (46 * hour, paths[:1]),
        (47 * hour - timedelta(minutes=1), paths[:1]),
        (47 * hour, []),
    ):
        with time_machine.travel(now + later + timedelta(seconds=1)):
            newsroom.tick()
            assert addresses(newsroom, NEWS) == expected
    assert not [sort for partition, sort in newsroom.items() if partition == "due"]
    assert len(monthly(newsroom)) >= 1


@pytest.mark.parametrize(
    "change", [{"status": "withdrawn"}, {"status": "gone"}, {"published_at": "2026-01-01T08:00:00Z"}]
)
def test_what_is_taken_down_or_dated_back_is_news_no_more(newsroom: Newsroom, change: dict[str, str]) -> None:
    news = article(published_at=(datetime.now(UTC) - timedelta(hours=1)).isoformat())
    article_id = newsroom.submit(news)
    assert addresses(newsroom, NEWS) == [newsroom.path(article_id)]
    newsroom.submit(news | change, article_id)
    assert addresses(newsroom, NEWS) == []


def test_a_change_on_the_second_day_leaves_the_end_of_the_news_where_it_was(newsroom: Newsroom) -> None:
    now = datetime.now(UTC)
    news = article(published_at=(now - timedelta(hours=47)).isoformat())
    article_id = newsroom.submit(news)
    newsroom.submit(news | {"title": "Tên mới"}, article_id)
    assert addresses(newsroom, NEWS) == [newsroom.path(article_id)]
    with time_machine.travel(now + timedelta(hours=1, seconds=1)):
        newsroom.tick()
        newsroom.submit(news | {"title": "Tên mới hơn"}, article_id)
        assert addresses(newsroom, NEWS) == []


def test_the_sitemap_of_news_holds_so_many_at_most(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.composing.NEWS_AT_MOST", 2)
    now = datetime.now(UTC)
    moments = (now - timedelta(hours=hours) for hours in (1, 2, 3))
    ids = publish(newsroom, *(article(published_at=each.isoformat()) for each in moments))
    assert addresses(newsroom, NEWS) == [newsroom.path(each) for each in ids[:2]]


def test_robots_are_told_of_the_sitemaps(newsroom: Newsroom) -> None:
    answer = newsroom.read("/robots.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    named = [line.partition(": ")[2] for line in answer.text.splitlines() if line.startswith("Sitemap: ")]
    assert named == [f"{SITE}/sitemap.xml", f"{SITE}/news-sitemap.xml"]
    assert all(newsroom.read(each.removeprefix(SITE)).status_code == 200 for each in named)
