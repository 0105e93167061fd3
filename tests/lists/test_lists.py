"""Each list shows exactly the articles that belong to it, newest first, whatever changes of them."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from local.portal import LocalPortal
from tests.faults import Calls
from tests.lists.reading import publish, titles
from tests.newsroom import Newsroom, article

BEFORE: Final = {
    "title": "Bài này",
    "section": "kinh-te",
    "tags": ["Chợ phiên", "Đổi mới"],
    "author": "Thu Hà",
    "published_at": "2026-11-10T08:00:00+07:00",
}
MOMENT: Final = "2024-05-01T08:00:00+07:00"
LISTS: Final = {
    "/",
    "/kinh-te/",
    "/2026/11/",
    "/kinh-te/2026/11/",
    "/tag/cho-phien/",
    "/tag/doi-moi/",
    "/author/thu-ha/",
}


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    """A portal with an article on each side of the one that changes."""
    with LocalPortal() as running:
        publish(
            Newsroom(running),
            article(title="Bài trước", published_at="2026-11-09T08:00:00+07:00", tags=["Đổi mới"]),
            article(title="Bài sau", published_at="2026-11-11T08:00:00+07:00", section="kinh-te"),
            *(article(title=each, section="english", author=each, published_at=MOMENT) for each in ("Một", "Hai")),
            article(title="Bản nháp", status="draft", section="kinh-te", tags=["Chợ phiên"]),
            article(title="Chưa đến ngày", published_at="2999-11-11T08:00:00+07:00", section="kinh-te"),
        )
        yield running


@pytest.fixture(scope="module")
def article_id(portal: LocalPortal) -> str:
    """The article that changes."""
    return Newsroom(portal).submit(article(**BEFORE))


def standing_on(newsroom: Newsroom, article_id: str) -> set[str]:
    """Give the lists on which an article has its one entry."""
    keys = [
        (partition, sort)
        for partition, sort in newsroom.items()
        if partition.startswith("page#") and sort[0].isdigit() and sort.endswith(f"#{article_id}")
    ]
    found = {partition.removeprefix("page#") for partition, _ in keys} - {"/news-sitemap.xml"}
    assert len({sort for _, sort in keys}) <= 1
    return found


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ({"section": "english"}, ({"/kinh-te/", "/kinh-te/2026/11/"}, {"/english/", "/english/2026/11/"})),
        ({"tags": ["Chợ phiên", "Du lịch", "DU LICH"]}, ({"/tag/doi-moi/"}, {"/tag/du-lich/"})),
        ({"tags": ["Chợ Phiên", "ĐỔI MỚI", "日本"]}, (set(), set())),
        ({"author": "Hà Thu"}, ({"/author/thu-ha/"}, {"/author/ha-thu/"})),
        ({"author": "日本"}, ({"/author/thu-ha/"}, set())),
        (
            {"published_at": "2026-10-31T23:59:00+07:00"},
            ({"/2026/11/", "/kinh-te/2026/11/"}, {"/2026/10/", "/kinh-te/2026/10/"}),
        ),
        ({"status": "withdrawn"}, (LISTS, set())),
        ({"published_at": "2999-01-01T00:00:00Z"}, (set(), set())),
        ({"status": "review", "section": "english"}, (set(), set())),
        (
            {"section": "tin-tuc", "tags": [], "author": "Hà Thu", "published_at": "2025-01-01T00:00:00+07:00"},
            (LISTS - {"/"}, {"/tin-tuc/", "/tin-tuc/2025/01/", "/2025/01/", "/author/ha-thu/"}),
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_an_article_leaves_and_enters_its_lists_in_one_commit(
    newsroom: Newsroom, calls: Calls, article_id: str, change: dict[str, Any], moves: tuple[set[str], set[str]]
) -> None:
    left, entered = moves
    newsroom.submit(article(**BEFORE), article_id)
    assert standing_on(newsroom, article_id) == LISTS
    assert all("Bài này" in titles(newsroom, path) for path in LISTS)  # an edge has them now
    calls.seen.clear()
    newsroom.upload(article(**BEFORE | change), article_id)
    newsroom.portal.pump.step("IntakeFunction")
    assert [operation for operation, _ in calls.seen].count("TransactWriteItems") == 1
    assert standing_on(newsroom, article_id) == (LISTS - left) | entered
    newsroom.settle()
    for path in LISTS | entered:
        assert titles(newsroom, path).count("Bài này") == (path not in left), path


def test_each_list_shows_its_own_articles_newest_first(newsroom: Newsroom, article_id: str) -> None:
    first, second, third = "Bài sau", "Bài này", "Bài trước"
    newsroom.submit(article(**BEFORE), article_id)
    expected = {
        "/": [first, second, third],
        "/kinh-te/": [first, second],
        "/tin-tuc/": [third],
        "/van-hoa-xa-hoi/": [],
        "/2026/11/": [first, second, third],
        "/kinh-te/2026/11/": [first, second],
        "/tag/cho-phien/": [second],
        "/tag/doi-moi/": [second, third],
        "/author/ha-thu/": [first, third],
        "/author/thu-ha/": [second],
    }
    assert {path: titles(newsroom, path)[:3] for path in expected} == expected


def test_articles_of_one_moment_stand_in_one_order_on_every_list(newsroom: Newsroom) -> None:
    items = newsroom.read("/english/feed.json").json or {}
    ids = [item["_portal"]["id"] for item in items["items"]]
    assert len(ids) == 2
    assert ids == sorted(ids, reverse=True)
    assert titles(newsroom, "/english/") == titles(newsroom, "/2024/05/") == titles(newsroom, "/")[-2:]
