"""From a presigned upload to the edge."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.newsroom import Newsroom, article, sample, visible_text

SEED = os.environ.get("SEED_PAGE")  # the text of a page of the portal that this one replaces, where there is one


def in_order(text: str, *parts: str) -> bool:
    """Tell whether the parts stand in the text one after another."""
    return re.search(".*?".join(re.escape(part) for part in parts), text, re.DOTALL) is not None


def test_an_upload_is_live_on_its_page_the_home_page_and_its_section(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())

    status = newsroom.status(article_id)
    assert status["state"] == "published"
    assert status["revision"] == 1
    assert status["upload"] == 1
    assert status["verdict"] == {"upload": 1, "accepted": True, "outcome": "accepted", "errors": []}
    assert status["url"] == (f"http://127.0.0.1:8000/tin-tuc/khai-truong-tuyen-xe-buyt-ve-xa-ban-la-{article_id}.html")
    page = newsroom.read(newsroom.path(article_id))
    assert page.status_code == 200
    assert page.content_type == "text/html; charset=utf-8"
    for path in (newsroom.path(article_id), "/", "/tin-tuc/"):
        assert "Khai trương tuyến xe buýt về xã Bản Lả" in newsroom.text(path)
    assert "Khai trương tuyến xe buýt" not in newsroom.text("/kinh-te/")
    assert newsroom.dead_letters() == {}


def test_both_blocks_show_every_element_in_order(newsroom: Newsroom) -> None:
    report = sample("thi-dua-sau-thang-dau-nam")
    paragraphs = re.findall(r"<p>(.*?)</p>", report["body"])
    assert len(paragraphs) >= 5

    shown = newsroom.text(newsroom.path(newsroom.submit(report)))

    day, month, year = report["published_at"][8:10], report["published_at"][5:7], report["published_at"][:4]
    assert in_order(
        shown,
        f"{day}/{month}/{year}",
        "Tăng cỡ chữ",
        "Giảm cỡ chữ",
        report["title"],
        report["summary"],
        *(visible_text(paragraph) for paragraph in paragraphs),
        report["author"],
    )


def seed_page() -> list[str]:
    """Read the seed's lines, both blocks; this test exists only where the seed does, and CI says whether it does."""
    return [line.strip() for line in Path(str(SEED)).read_text(encoding="utf-8").splitlines() if line.strip()]


if SEED:

    def test_the_page_of_the_replaced_portal_comes_out_whole(newsroom: Newsroom) -> None:
        _toolbar, day, controls, title, summary, _view_data, *body, author = seed_page()
        shown = newsroom.text(
            newsroom.path(
                newsroom.submit(
                    article(
                        title=title,
                        summary=summary,
                        body="".join(f"<p>{line}</p>" for line in body),
                        author=author,
                        section="thi-dua-khen-thuong",
                        published_at=f"{day[6:]}-{day[3:5]}-{day[:2]}T00:00:00+07:00",
                    )
                )
            )
        )
        increase, decrease = re.findall(r"\w+ cỡ chữ", controls)
        assert in_order(shown, day, increase, decrease, title, summary, *(" ".join(p.split()) for p in body), author)


def test_the_date_is_the_newsrooms_own_day(newsroom: Newsroom) -> None:
    # 23:30 UTC is half past six in the morning of the next day in Vietnam.
    late = newsroom.submit(article(published_at="2026-06-30T23:30:00Z"))
    assert "01/07/2026" in newsroom.text(newsroom.path(late))


def test_an_update_is_what_every_reader_sees_next(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    for warmed in (path, path, "/", "/tin-tuc/"):
        newsroom.read(warmed)
    assert newsroom.read(path).headers["X-Cache"] == "Hit from cloudfront"

    newsroom.submit(article(body="<p>Giờ chạy đã thay đổi.</p>", summary="Tóm tắt mới."), article_id)

    assert "Giờ chạy đã thay đổi." in newsroom.text(path)
    assert "Chuyến đầu tiên" not in newsroom.text(path)
    assert "Tóm tắt mới." in newsroom.text("/")
    assert "Tóm tắt mới." in newsroom.text("/tin-tuc/")


def test_a_changed_title_leaves_a_redirect_and_redirects_never_chain(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(title="Tên thứ nhất"))
    first = newsroom.path(article_id)
    newsroom.read(first)
    newsroom.submit(article(title="Tên thứ hai"), article_id)
    second = newsroom.path(article_id)
    newsroom.submit(article(title="Tên thứ ba"), article_id)
    third = newsroom.path(article_id)

    for former in (first, second):
        answer = newsroom.read(former)
        assert answer.status_code == 301
        assert answer.headers["Location"] == third
    assert newsroom.read(third).status_code == 200

    newsroom.submit(article(title="Tên thứ nhất"), article_id)

    assert newsroom.read(first).status_code == 200
    assert {newsroom.read(former).headers["Location"] for former in (second, third)} == {first}


def test_an_article_that_moves_leaves_the_list_of_its_old_section(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    old = newsroom.path(article_id)
    newsroom.submit(article(section="kinh-te"), article_id)

    assert newsroom.path(article_id).startswith("/kinh-te/")
    assert "Khai trương" in newsroom.text("/kinh-te/")
    assert "Khai trương" not in newsroom.text("/tin-tuc/")
    assert newsroom.text("/").count("Khai trương tuyến xe buýt") == 2  # among the newest, and of its section
    assert newsroom.read(old).headers["Location"] == newsroom.path(article_id)


def test_a_new_date_moves_an_article_in_its_lists(newsroom: Newsroom) -> None:
    first = newsroom.submit(article(title="Bài sớm hơn", published_at="2026-11-01T08:00:00+07:00"))
    newsroom.submit(article(title="Bài muộn hơn", published_at="2026-11-02T08:00:00+07:00"))
    assert in_order(newsroom.text("/tin-tuc/"), "Bài muộn hơn", "Bài sớm hơn")

    newsroom.submit(article(title="Bài sớm hơn", published_at="2026-11-03T08:00:00+07:00"), first)

    assert in_order(newsroom.text("/tin-tuc/"), "Bài sớm hơn", "Bài muộn hơn")
    assert newsroom.text("/tin-tuc/").count("Bài sớm hơn") == 1


def test_a_withdrawn_article_leaves_a_readable_notice_and_its_lists(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    for warmed in (path, "/", "/tin-tuc/"):
        newsroom.read(warmed)
    newsroom.submit(article(status="withdrawn", change_note="Số liệu chưa được kiểm chứng."), article_id)

    notice = newsroom.read(path)
    assert notice.status_code == 200
    assert "Số liệu chưa được kiểm chứng." in notice.text
    assert "Chuyến đầu tiên" not in notice.text
    for page in ("/", "/tin-tuc/"):
        assert "Khai trương" not in newsroom.text(page)

    newsroom.submit(article(), article_id)

    assert "Chuyến đầu tiên" in newsroom.text(path)
    assert "Khai trương" in newsroom.text("/")


def test_an_article_that_is_gone_answers_410_with_a_way_on(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    newsroom.submit(article(status="gone"), article_id)

    answer = newsroom.read(path)
    assert answer.status_code == 410
    assert 'href="/"' in answer.text
    assert "Khai trương" not in answer.text
    assert "Khai trương" not in newsroom.text("/")


def test_a_takedown_stands_where_the_article_stood_even_under_a_new_title(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    newsroom.submit(article(title="Tên khác hẳn", status="gone"), article_id)
    assert newsroom.read(path).status_code == 410


@pytest.mark.parametrize("status", ["draft", "review"])
def test_what_is_worked_on_is_nowhere_on_the_site_and_leaves_what_is_published(newsroom: Newsroom, status: str) -> None:
    before = set(newsroom.objects("SiteBucket"))
    article_id = newsroom.submit(article(status=status))
    told = newsroom.status(article_id)
    assert (told["state"], told["live"], told["url"]) == (status, None, None)
    assert set(newsroom.objects("SiteBucket")) == before

    newsroom.submit(article(), article_id)
    path = newsroom.path(article_id)
    assert newsroom.read(path).status_code == 200

    drawn = newsroom.version(path[1:])
    newsroom.submit(article(title="Một tên khác", section="kinh-te", status=status), article_id)
    told = newsroom.status(article_id)
    assert (told["state"], told["live"]) == (status, {"state": "published", "revision": 2})
    assert article()["title"] in newsroom.text(path)
    assert newsroom.version(path[1:]) == drawn
    assert "Một tên khác" not in newsroom.text("/") + newsroom.text("/kinh-te/")


def test_a_page_that_is_not_there_is_the_404_page_and_is_soon_forgotten(newsroom: Newsroom) -> None:
    answer = newsroom.read("/tin-tuc/khong-co.html")
    assert answer.status_code == 404
    assert 'href="/"' in answer.text


def test_every_committed_revision_is_in_the_archive_as_it_was_committed(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    newsroom.submit(article(status="withdrawn"), article_id)
    kept = [json.loads(newsroom.content("ArchiveBucket", key)) for key in newsroom.objects("ArchiveBucket")]
    assert [(record["revision"], record["state"]) for record in kept] == [(1, "published"), (2, "withdrawn")]
    assert kept[0]["article"]["body"] == article()["body"]
    assert kept[0]["id"] == article_id
    assert kept[0]["editor"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_article_has_its_page_in_its_own_language(newsroom: Newsroom, language: str) -> None:
    page = newsroom.read(newsroom.path(newsroom.submit(article(language=language)))).text
    assert f'<html lang="{language}">' in page
    assert ("Tăng cỡ chữ" in page) == (language == "vi")
