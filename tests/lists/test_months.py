"""Months, their days, and the pages that lead to them."""

import pytest

from tests.lists.reading import beneath, link, page, publish, text, titles
from tests.newsroom import Newsroom, article

HTML = "{http://www.w3.org/1999/xhtml}"


def at(moment: str, title: str = "", section: str = "tin-tuc") -> dict[str, object]:
    """Give an article of a moment."""
    return article(published_at=moment, title=title or moment, section=section)


def days(newsroom: Newsroom, path: str) -> dict[str, list[str]]:
    """Give the articles of a month's page, by the days that they stand under."""
    sections = list(page(newsroom, path).iter(f"{HTML}section"))
    return {text(each[0]): [text(link) for link in each.iter(f"{HTML}a")] for each in sections}


def months(newsroom: Newsroom, path: str) -> dict[str, list[str]]:
    """Give the links of a page to months, by the years that they stand under."""
    years = [each for each in page(newsroom, path).iter(f"{HTML}nav") if each.get("class") == "year"]
    return {text(each[0]): [str(link.get("href")) for link in each.iter(f"{HTML}a")] for each in years}


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2026-10-31T16:59:59Z", "2026/10"),
        ("2026-10-31T17:00:00Z", "2026/11"),
        ("2025-12-31T16:59:59Z", "2025/12"),
        ("2025-12-31T17:00:00Z", "2026/01"),
        ("2025-12-31T23:30:00-05:00", "2026/01"),
        ("1960-01-31T16:00:00Z", "1960/02"),  # Saigon was an hour further then
    ],
)
def test_an_article_lands_in_the_month_of_the_newsrooms_zone(newsroom: Newsroom, moment: str, month: str) -> None:
    newsroom.submit(at(moment, "Giao thời"))
    found = {key.removesuffix("/index.html") for key in newsroom.objects("SiteBucket") if key.endswith("index.html")}
    assert {each for each in found if each[:1].isdigit() or each[8:9].isdigit()} == {month, f"tin-tuc/{month}"}
    assert titles(newsroom, f"/{month}/") == titles(newsroom, f"/tin-tuc/{month}/") == ["Giao thời"]


def test_a_month_shows_its_articles_day_by_day_and_leads_to_the_months_beside_it(newsroom: Newsroom) -> None:
    first, *_ = publish(
        newsroom,
        at("2026-11-21T06:00:00+07:00", "Sáng"),
        at("2026-11-21T18:00:00+07:00", "Chiều"),
        at("2026-11-22T00:00:00+07:00", "Nửa đêm", "kinh-te"),
        at("2026-09-01T08:00:00+07:00", "Tháng Chín"),
    )
    assert days(newsroom, "/2026/11/") == {
        "Chủ Nhật, 22/11/2026": ["Nửa đêm"],
        "Thứ Bảy, 21/11/2026": ["Chiều", "Sáng"],
    }
    assert days(newsroom, "/tin-tuc/2026/11/") == {"Thứ Bảy, 21/11/2026": ["Chiều", "Sáng"]}
    anchors = [
        each.get("href") for each in page(newsroom, "/2026/11/").iter() if str(each.get("href")).startswith("#d")
    ]
    assert anchors == ["#d21", "#d22"]
    assert (link(newsroom, "/2026/11/", "prev"), link(newsroom, "/2026/11/", "next")) == (None, "/2026/09/")
    assert (link(newsroom, "/2026/09/", "prev"), link(newsroom, "/2026/09/", "next")) == ("/2026/11/", None)
    assert months(newsroom, "/archive/") == {"2026": ["/2026/11/", "/2026/09/"]}
    assert months(newsroom, "/kinh-te/archive/") == {"2026": ["/kinh-te/2026/11/"]}
    assert months(newsroom, "/english/archive/") == {}

    # The first article of a month, between them and before them.
    publish(
        newsroom, at("2026-10-01T08:00:00+07:00", "Tháng Mười"), at("2025-12-31T23:59:59+07:00", "Năm cũ", "kinh-te")
    )
    assert link(newsroom, "/2026/11/", "next") == link(newsroom, "/2026/09/", "prev") == "/2026/10/"
    assert (link(newsroom, "/2026/10/", "prev"), link(newsroom, "/2026/10/", "next")) == ("/2026/11/", "/2026/09/")
    assert link(newsroom, "/2026/09/", "next") == "/2025/12/"
    assert link(newsroom, "/tin-tuc/2026/09/", "next") is None
    assert link(newsroom, "/kinh-te/2026/11/", "next") == "/kinh-te/2025/12/"
    assert months(newsroom, "/archive/") == {"2026": ["/2026/11/", "/2026/10/", "/2026/09/"], "2025": ["/2025/12/"]}
    assert months(newsroom, "/tin-tuc/archive/") == {"2026": [f"/tin-tuc/2026/{month}/" for month in (11, 10, "09")]}

    # A month keeps its page when its last article has left.
    newsroom.submit(at("2026-11-21T06:00:00+07:00", "Sáng") | {"status": "withdrawn"}, first)
    assert days(newsroom, "/tin-tuc/2026/11/") == {"Thứ Bảy, 21/11/2026": ["Chiều"]}
    assert beneath(newsroom, "/tin-tuc/", "archives") == ["Tháng 11/2026", "Tất cả các tháng"]
