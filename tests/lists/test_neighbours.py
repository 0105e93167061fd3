"""Beneath an article: the next older ones of its section, and the related ones that it names."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from local.portal import LocalPortal
from tests.faults import Calls
from tests.lists.reading import beneath, data, dated, publish
from tests.newsroom import Newsroom, article

NEWEST = 7


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    """One portal for all tests here, each of which has sections of its own."""
    with LocalPortal() as running:
        yield running


@pytest.fixture(scope="module")
def ids(portal: LocalPortal) -> list[str]:
    """Articles of seven days in one section, by their ids."""
    return publish(Newsroom(portal), *(dated(day) for day in range(1, NEWEST + 1)))


def others(newsroom: Newsroom, ids: list[str], day: int = NEWEST) -> list[str]:
    """Give the older articles beneath that of a day."""
    return beneath(newsroom, newsroom.path(ids[day - 1]), "others")


def related(newsroom: Newsroom, article_id: str) -> list[str]:
    """Give the related articles beneath an article; its data must name the same ones."""
    path = newsroom.path(article_id)
    shown = beneath(newsroom, path, "related")
    assert [each["name"] for each in data(newsroom, path.replace(".html", ".json"))["related"]] == shown
    return shown


def days(*numbers: int) -> list[str]:
    """Give the titles of the articles of some days."""
    return [f"Ngày {day}" for day in numbers]


@pytest.mark.parametrize(
    ("day", "expected"), [(1, ()), (2, (1,)), (5, (4, 3, 2, 1)), (6, (5, 4, 3, 2, 1)), (7, (6, 5, 4, 3, 2))]
)
def test_an_article_shows_the_five_next_older_ones_of_its_section(
    newsroom: Newsroom, ids: list[str], day: int, expected: tuple[int, ...]
) -> None:
    assert others(newsroom, ids, day) == days(*expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "Tên mới"}, ["Ngày 6", "Ngày 5", "Tên mới", "Ngày 3", "Ngày 2"]),
        ({"published_at": "2026-11-06T20:00:00+07:00"}, days(4, 6, 5, 3, 2)),
        ({"section": "kinh-te"}, days(6, 5, 3, 2, 1)),
        ({"status": "withdrawn"}, days(6, 5, 3, 2, 1)),
        ({"status": "gone"}, days(6, 5, 3, 2, 1)),
        ({"status": "draft"}, days(6, 5, 4, 3, 2)),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_the_older_ones_follow_what_becomes_of_them_at_once(
    newsroom: Newsroom, ids: list[str], change: dict[str, Any], expected: list[str]
) -> None:
    newsroom.portal.edge.replace({})
    if others(newsroom, ids) != days(6, 5, 4, 3, 2):
        newsroom.submit(dated(4), ids[3])
        newsroom.portal.edge.replace({})
    assert others(newsroom, ids) == days(6, 5, 4, 3, 2)  # an edge has it now
    newsroom.submit(dated(4, **change), ids[3])
    assert others(newsroom, ids) == expected


def test_an_article_that_comes_in_between_is_drawn_at_once_and_purges_no_page_that_did_not_show_it(
    newsroom: Newsroom,
) -> None:
    """A newcomer's tag is on no copy at any edge: the pages of its neighbours show it when theirs have expired."""
    newest, _ = publish(newsroom, *(dated(day, section="kinh-te") for day in (9, 7)))
    path = newsroom.path(newest)
    assert beneath(newsroom, path, "others") == days(7)
    newsroom.submit(dated(8, section="kinh-te"))
    assert beneath(newsroom, path, "others") == days(7)
    newsroom.portal.edge.replace({})
    assert beneath(newsroom, path, "others") == days(8, 7)


def test_the_related_ones_are_those_that_are_published_in_the_order_in_which_they_are_named(newsroom: Newsroom) -> None:
    section = {"section": "van-hoa-xa-hoi"}
    first, second, draft = publish(newsroom, dated(1, **section), dated(2), dated(3, status="draft"))
    naming = newsroom.submit(dated(9, **section, related=[second, draft, "chuaco", first]))
    assert related(newsroom, naming) == days(2, 1)

    newsroom.submit(dated(2, title="Tên mới"), second)
    assert related(newsroom, naming) == ["Tên mới", "Ngày 1"]

    newsroom.submit(dated(2, status="withdrawn"), second)
    assert related(newsroom, naming) == days(1)

    newsroom.submit(dated(3, section="english"), draft)
    newsroom.portal.edge.replace({})
    assert related(newsroom, naming) == days(3, 1)

    newsroom.submit(dated(9, **section, related=[naming, second]), naming)  # it names itself
    assert related(newsroom, naming) == []
    mentions = [(key, sort) for key, sort in newsroom.items() if key.startswith("mention#") and sort == naming]
    assert mentions == [(f"mention#{second}", naming)]


def test_a_related_one_appears_when_it_is_published_though_the_article_that_names_it_has_moved(
    newsroom: Newsroom,
) -> None:
    later = newsroom.upload(dated(2, section="english", status="draft"))
    naming = newsroom.submit(dated(1, section="van-hoa-xa-hoi", related=[later]))
    newsroom.submit(dated(1, title="Tên khác", section="van-hoa-xa-hoi", related=[later]), naming)
    newsroom.submit(dated(2, section="english"), later)
    assert related(newsroom, naming) == days(2)


def touches(calls: Calls) -> list[tuple[str, list[str]]]:
    """Give the touches so far: the page, and the tags that are to be purged when it is drawn."""
    return sorted(
        (parameters["Key"]["pk"]["S"].removeprefix("page#"), [tag["S"] for tag in values[":tags"]["L"]])
        for operation, parameters in calls.seen
        if operation == "UpdateItem" and ":tags" in (values := parameters.get("ExpressionAttributeValues", {}))
    )


def test_a_touch_purges_by_the_tag_of_the_article_shown_and_causes_no_touches(newsroom: Newsroom, calls: Calls) -> None:
    section = {"section": "chi-dao-dieu-hanh"}
    shown, *newer = publish(newsroom, *(dated(day, **section) for day in range(1, 4)))
    naming = newsroom.submit(dated(1, section="english", related=[shown]))
    calls.seen.clear()

    newsroom.submit(dated(1, title="Tên mới", **section), shown)

    tags = [f"article-{shown}"]
    assert touches(calls) == sorted((newsroom.path(each), tags) for each in (*newer, naming))
    purged = [
        tag
        for operation, parameters in calls.seen
        if operation == "SendMessage" and parameters["QueueUrl"] == newsroom.name("PurgeQueue")
        for tag in json.loads(parameters["MessageBody"])["tags"]
    ]
    assert set(purged) == {*tags, "lists"}


def test_the_end_of_a_farewell_touches_nobody(newsroom: Newsroom, calls: Calls) -> None:
    """What tells of a takedown in a list's partition is shown by the list's own feeds, and by no article's page."""
    content = dated(1, section="thi-dua-khen-thuong")
    article_id = newsroom.submit(content)
    newsroom.submit(content | {"status": "withdrawn"}, article_id)
    soon = datetime.now(UTC) + timedelta(minutes=5)
    with time_machine.travel(soon):
        moment = (soon - timedelta(minutes=1)).isoformat()
        other = newsroom.submit(article(section="thi-dua-khen-thuong", published_at=moment))
        calls.seen.clear()
        newsroom.submit(content, article_id)
    beneath_articles = [(path, tags) for path, tags in touches(calls) if path.endswith(".html")]
    assert beneath_articles == [(newsroom.path(other), [])]  # where it is new again, so that no edge shows it
