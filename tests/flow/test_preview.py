"""Previews: the very page that readers will get, for editors, and for who knows an article's secret link."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.portal import LocalPortal
from tests.newsroom import Newsroom, article, sample
from tests.reliability.world import unmarked


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as portal:
        yield portal


@pytest.fixture
def newsroom(portal: LocalPortal) -> Newsroom:
    return Newsroom(portal)


def preview(newsroom: Newsroom, content: object, article_id: str | None = None) -> dict[str, Any]:
    answer = newsroom.desk("POST", f"preview?id={article_id}" if article_id else "preview", content)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def secret_path(newsroom: Newsroom, article_id: str) -> str:
    answer = newsroom.desk("POST", f"articles/{article_id}/preview", {})
    assert answer.status_code == 201, answer.text
    return str((answer.json or {})["url"]).removeprefix(newsroom.address)


@pytest.mark.parametrize("status", ["draft", "review", "published"])
def test_a_preview_is_the_page_that_readers_get_once_it_is_published(newsroom: Newsroom, status: str) -> None:
    day = {"draft": 1, "review": 2, "published": 3}[status]
    content = sample("thi-dua-sau-thang-dau-nam") | {"published_at": f"2026-07-0{day}T08:15:00+07:00"}
    before = newsroom.items()
    told = preview(newsroom, content | {"status": status})
    assert told["errors"] == []
    assert newsroom.items() == before  # and nothing is kept of it
    article_id = newsroom.submit(content)
    page = unmarked(newsroom.read(newsroom.path(article_id)).data).decode()
    # A new article has no id before it is uploaded, nor a moment of its commit.
    assert (
        unmarked(told["html"].encode())
        .decode()
        .replace("-0.html", f"-{article_id}.html")
        .replace("-0.json", f"-{article_id}.json")
        == page
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"status": "withdrawn", "change_note": "Vì số liệu.", "decision": "7/QĐ"},
            ("đã được gỡ", "Vì số liệu.", "7/QĐ"),
        ),
        ({"status": "review", "proposes": "withdrawn"}, ("đã được gỡ",)),
        ({"status": "gone"}, ("Bài viết không còn nữa",)),
        (
            {"correction": "Bản trước ghi sai giá vé.", "decision": "8/QĐ"},
            ("Cải chính", "Bản trước ghi sai giá vé.", "8/QĐ"),
        ),
    ],
)
def test_a_preview_shows_what_becomes_of_a_published_article(
    newsroom: Newsroom, change: dict[str, str], words: tuple[str, ...]
) -> None:
    article_id = newsroom.submit(article())
    html = preview(newsroom, article(**change), article_id)["html"]
    newsroom.submit(article(**change) | ({"status": change["proposes"]} if "proposes" in change else {}), article_id)
    page = newsroom.read(newsroom.path(article_id)).text
    for each in words:
        assert each in html
        if "proposes" not in change:
            assert each in page


def test_what_is_wrong_is_told_as_the_verdict_would(newsroom: Newsroom) -> None:
    wrong = article(title="", section="khong-co", published_at="hôm nay")
    told = preview(newsroom, wrong)
    assert told["html"] is None
    article_id = newsroom.submit(wrong)
    assert told["errors"] == newsroom.status(article_id)["verdict"]["errors"]


def test_a_preview_of_too_much_is_refused_before_it_is_read(newsroom: Newsroom) -> None:
    answer = newsroom.desk("POST", "preview", article(body="x" * 1_100_000))
    assert answer.status_code == 400
    assert [error["code"] for error in (answer.json or {})["errors"]] == ["too_large"]


def test_a_secret_link_shows_the_draft_and_nobody_else_finds_it(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(title="Bài còn kín", status="draft"))
    path = secret_path(newsroom, article_id)
    answer = newsroom.http.get(path)
    assert answer.status_code == 200
    assert "Bài còn kín" in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'sha256-" in answer.headers["Content-Security-Policy"]  # that of the pages
    for wrong in (path[:-1], path + "x", path.rsplit("/", 1)[0] + "/x", path.replace(article_id, "other")):
        assert newsroom.http.get(wrong).status_code in (301, 404), wrong
        assert "Bài còn kín" not in newsroom.http.get(wrong, follow_redirects=True).text
    assert not [key for key in newsroom.objects("SiteBucket") if article_id in key]


def test_a_secret_link_shows_what_editors_work_on_now(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(title="Bản nháp một", status="draft"))
    path = secret_path(newsroom, article_id)
    newsroom.submit(article(title="Bản nháp hai", status="review"), article_id)
    assert "Bản nháp hai" in newsroom.http.get(path).text
    newsroom.submit(article(title="Bản đăng"), article_id)
    assert unmarked(newsroom.http.get(path).data) == unmarked(newsroom.read(newsroom.path(article_id)).data)


def test_a_new_secret_link_ends_the_one_before_it(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(status="draft"))
    first, second = secret_path(newsroom, article_id), secret_path(newsroom, article_id)
    assert first != second
    assert (newsroom.http.get(first).status_code, newsroom.http.get(second).status_code) == (404, 200)
    newsroom.submit(article(status="draft", title="Tên khác"), article_id)  # a new number leaves it as it is
    assert newsroom.http.get(second).status_code == 200


def test_the_table_holds_no_secret(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(status="draft"))
    secret = secret_path(newsroom, article_id).rsplit("/", 1)[1]
    assert secret not in repr(newsroom.items())


@pytest.mark.parametrize("article_id", ["nosuch", "A!"])
def test_there_is_no_link_to_an_article_that_was_never_begun(newsroom: Newsroom, article_id: str) -> None:
    before = newsroom.items()
    assert newsroom.desk("POST", f"articles/{article_id}/preview", {}).status_code == 404
    assert newsroom.items() == before
