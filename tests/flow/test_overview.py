"""How editors find an article: by its title, with diacritics or without, and by its state."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from local.portal import LocalPortal
from tests.newsroom import Newsroom, article
from tests.page_size import shorter_pages

TITLES = {
    "Đổi mới công tác thi đua, khen thưởng": "published",
    "Thi đua trong ngành giáo dục": "draft",
    "Khánh thành cầu Bản Lả": "review",
    "Chợ phiên đầu năm": "withdrawn",
}


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as portal:
        for title, status in TITLES.items():
            Newsroom(portal).submit(article(title=title, status=status))
        Newsroom(portal).submit(b"{}")  # nothing of it was accepted: it has no title
        yield portal


@pytest.fixture
def newsroom(portal: LocalPortal) -> Newsroom:
    return Newsroom(portal)


def found(newsroom: Newsroom, **asked: str) -> list[str]:
    answer = newsroom.desk("GET", f"articles?{urlencode(asked)}")
    assert answer.status_code == 200, answer.text
    return sorted(each["title"] for each in (answer.json or {})["articles"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("thi đua", ["Thi đua trong ngành giáo dục", "Đổi mới công tác thi đua, khen thưởng"]),
        ("thi dua", ["Thi đua trong ngành giáo dục", "Đổi mới công tác thi đua, khen thưởng"]),
        ("DOI MOI", ["Đổi mới công tác thi đua, khen thưởng"]),
        ("đua giáo", ["Thi đua trong ngành giáo dục"]),
        ("khen thi", ["Đổi mới công tác thi đua, khen thưởng"]),
        ("chơ", ["Chợ phiên đầu năm"]),
        ("không có", []),
        ("   ", sorted(TITLES)),
    ],
)
def test_a_title_is_found_by_its_words_with_diacritics_or_without(
    newsroom: Newsroom, query: str, expected: list[str]
) -> None:
    assert found(newsroom, q=query) == expected


def test_articles_are_found_by_their_state(newsroom: Newsroom) -> None:
    for title, status in TITLES.items():
        assert found(newsroom, state=status) == [title]
    assert found(newsroom, state="draft", q="thi dua") == ["Thi đua trong ngành giáo dục"]
    assert found(newsroom, state="gone") == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"q": "x" * 101}, ("/q", "too_long")),
        ({"state": "lost"}, ("/state", "choice")),
        ({"q": "x", "next": "x"}, ("/next", "cursor")),
    ],
)
def test_a_search_that_can_not_be_made_says_why(
    newsroom: Newsroom, asked: dict[str, str], expected: tuple[str, str]
) -> None:
    answer = newsroom.desk("GET", f"articles?{urlencode(asked)}")
    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in (answer.json or {})["errors"]] == [expected]


def test_a_search_gives_each_article_once_page_by_page(newsroom: Newsroom) -> None:
    with shorter_pages("portal.overview", "PAGE_ARTICLES", 1):
        titles: list[str] = []
        cursor = ""
        for _ in range(10):
            told = newsroom.desk("GET", f"articles?q=a&next={cursor}").json or {}
            titles += [each["title"] for each in told["articles"]]
            cursor = told["next"]
            if not cursor:
                break
    assert sorted(titles) == sorted(title for title in TITLES if "a" in title or "đ" in title or "ả" in title)


def test_a_changed_title_is_found_by_the_new_one_only(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(title="Tên thứ nhất xyz", status="draft"))
    newsroom.submit(article(title="Tên thứ hai xyz", status="draft"), article_id)
    assert found(newsroom, q="xyz") == ["Tên thứ hai xyz"]
