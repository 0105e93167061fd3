"""Numbered pages: counted from the oldest, closed for good, and together all of a list."""

import re
from typing import Any

import pytest

from tests.faults import Calls
from tests.lists.reading import dated, items_by_data, link, pages_by_links, publish, titles
from tests.newsroom import Newsroom

pytestmark = pytest.mark.usefixtures("pages_of_two")

LISTS = ("/", "/tin-tuc/", "/tag/cho-phien/", "/author/ha-thu/")
SECTION = "/tin-tuc/"


def days(newest: int, oldest: int) -> list[str]:
    """Give the titles of the articles of some days, newest first."""
    return [f"Ngày {day}" for day in range(newest, oldest - 1, -1)]


def november(*numbers: int) -> list[dict[str, Any]]:
    """Give an article of each of some days."""
    return [dated(day) for day in numbers]


def drawn(newsroom: Newsroom, path: str) -> tuple[bytes, bytes]:
    """Give a page and its data as they stand in the bucket, without their version marks."""
    key = f"{path[1:]}index.html", f"{path[1:]}feed.json"
    first, second = (re.sub(rb"version \d+", b"version", newsroom.content("SiteBucket", each)) for each in key)
    return first, second


def ranges(newsroom: Newsroom) -> list[tuple[int, str, str]]:
    """Give what the numbered pages of the section hold, as the table has it."""
    found = [
        item
        for (partition, sort), item in newsroom.items().items()
        if partition == f"page#{SECTION}" and "range#" in sort
    ]
    return sorted((int(item["number"]["N"]), item["after"]["S"], item["last"]["S"]) for item in found)


def reached(newsroom: Newsroom, path: str) -> list[str]:
    """Give the titles that a list's links to older articles lead to, each once; its data must lead to the same."""
    by_links = [title for each in pages_by_links(newsroom, path) for title in titles(newsroom, each)]
    by_data = [item["title"] for item in items_by_data(newsroom, path)]
    assert by_data == by_links
    return list(dict.fromkeys(by_links))


def test_publishing_more_changes_no_closed_page_but_the_newest_ones_link_to_what_is_newer(newsroom: Newsroom) -> None:
    tags = {"tags": ["Chợ phiên"]}
    publish(newsroom, *(dated(day, **tags) for day in range(1, 6)))
    before = {path: [drawn(newsroom, f"{path}page/{number}/") for number in (1, 2)] for path in LISTS}
    version = {path: newsroom.version(f"{path[1:]}page/1/index.html") for path in LISTS}
    for path in LISTS:
        assert link(newsroom, f"{path}page/1/", "prev") == f"{path}page/2/"
        assert link(newsroom, f"{path}page/1/", "next") is None
        assert link(newsroom, f"{path}page/2/", "prev") == path
        assert link(newsroom, f"{path}page/2/", "next") == f"{path}page/1/"
        assert f"{path}page/3/index.html"[1:] not in set(newsroom.objects("SiteBucket"))

    publish(newsroom, dated(6, **tags), dated(7, **tags))

    for path in LISTS:
        assert [titles(newsroom, f"{path}page/{number}/") for number in (3, 2, 1)] == [
            days(6, 5),
            days(4, 3),
            days(2, 1),
        ]
        assert newsroom.version(f"{path[1:]}page/1/index.html") == version[path]  # it is not even drawn again
        assert drawn(newsroom, f"{path}page/1/") == before[path][0]
        page, feed = before[path][1]
        to_list, to_page = (f'<a rel="prev" href="{each}">'.encode() for each in (path, f"{path}page/3/"))
        assert page.count(to_list) == 1
        assert drawn(newsroom, f"{path}page/2/") == (page.replace(to_list, to_page), feed)
        assert reached(newsroom, path) == days(7, 1)
        kept = [key for key in newsroom.objects("ArchiveBucket") if re.fullmatch(rf"lists{path}\d+\.json", key)]
        assert kept == [f"lists{path}00000{number}.json" for number in (1, 2, 3)]


def test_links_to_older_articles_reach_all_of_a_list_however_long_it_is(newsroom: Newsroom) -> None:
    for count, numbered in enumerate(([], [], [1], [1], [2, 1]), start=1):
        publish(newsroom, dated(count))
        for path in ("/", SECTION):
            assert list(pages_by_links(newsroom, path)) == [path, *(f"{path}page/{number}/" for number in numbered)]
            assert reached(newsroom, path) == days(count, 1)


def test_a_withdrawal_leaves_a_gap_and_gives_no_page_another_number(newsroom: Newsroom) -> None:
    ids = publish(newsroom, *november(1, 2, 3, 4, 5))
    before, first = ranges(newsroom), drawn(newsroom, "/tin-tuc/page/1/")

    newsroom.submit(dated(3, status="withdrawn"), ids[2])
    assert titles(newsroom, SECTION) == days(5, 4)
    assert titles(newsroom, "/tin-tuc/page/2/") == ["Ngày 4"]
    assert drawn(newsroom, "/tin-tuc/page/1/") == first
    assert reached(newsroom, SECTION) == [*days(5, 4), *days(2, 1)]

    newsroom.submit(dated(4, status="gone"), ids[3])
    assert titles(newsroom, "/tin-tuc/page/2/") == []  # and still leads on
    assert reached(newsroom, SECTION) == ["Ngày 5", *days(2, 1)]
    assert ranges(newsroom) == before

    newsroom.submit(dated(3), ids[2])
    assert titles(newsroom, "/tin-tuc/page/2/") == ["Ngày 3"]
    assert drawn(newsroom, "/tin-tuc/page/1/") == first


@pytest.mark.parametrize("count", [4, 5])
def test_an_article_with_an_earlier_date_is_put_into_its_page_and_all_stay_within_reach(
    newsroom: Newsroom, count: int
) -> None:
    publish(newsroom, *november(*range(1, count + 1)))
    before = ranges(newsroom)

    newsroom.submit(dated(3, title="Bài đến muộn", published_at="2026-11-03T20:00:00+07:00"))

    for path in ("/", SECTION, "/author/ha-thu/"):
        assert titles(newsroom, f"{path}page/2/") == ["Ngày 4", "Bài đến muộn", "Ngày 3"]
        assert titles(newsroom, f"{path}page/1/") == days(2, 1)
        assert reached(newsroom, path) == [*days(count, 4), "Bài đến muộn", *days(3, 1)]
    assert ranges(newsroom) == before


def test_what_changes_of_an_article_shows_on_its_numbered_page_at_once(newsroom: Newsroom) -> None:
    ids = publish(newsroom, *november(1, 2, 3))
    for path in ("/", SECTION):
        assert titles(newsroom, f"{path}page/1/") == days(2, 1)  # an edge has it now

    newsroom.submit(dated(2, title="Tên đã sửa"), ids[1])
    assert titles(newsroom, "/page/1/") == titles(newsroom, "/tin-tuc/page/1/") == ["Tên đã sửa", "Ngày 1"]

    newsroom.submit(dated(2, section="kinh-te"), ids[1])
    assert titles(newsroom, "/page/1/") == days(2, 1)
    assert titles(newsroom, "/tin-tuc/page/1/") == ["Ngày 1"]


def test_two_runs_that_close_at_once_close_once(newsroom: Newsroom, calls: Calls) -> None:
    """The slower one has read what is to be closed; meanwhile an older article comes, and another run closes."""
    for content in november(2, 3, 4):
        newsroom.upload(content)
    while newsroom.portal.pump.step("IntakeFunction"):
        pass
    stalled: list[str] = []

    def close_meanwhile(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "TransactWriteItems" and "closed" in str(parameters) and not stalled:
            stalled.append(operation)
            newsroom.portal.lambdas.forget("RenderFunction")  # the other run is another process
            newsroom.upload(dated(1))
            while newsroom.portal.pump.step("IntakeFunction"):
                pass
            newsroom.draw(SECTION)

    with calls.before(close_meanwhile):
        newsroom.draw(SECTION)
    newsroom.settle()

    assert stalled
    first, second = ranges(newsroom)
    assert (first[0], first[1], second[0], second[1]) == (1, "0", 2, first[2])
    assert titles(newsroom, "/tin-tuc/page/1/") == days(2, 1)
    assert titles(newsroom, "/tin-tuc/page/2/") == days(4, 3)
    assert newsroom.dead_letters() == {}
