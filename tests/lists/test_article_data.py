"""The JSON beside an article's page, in every state of the article, as the published schema has it."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.lists.reading import SITE, dated
from tests.newsroom import Newsroom

HOSTILE = "<b>\"A\" & 'b'</b> ]]> \U0001f33e"


def read(newsroom: Newsroom, page: str, status: int = 200) -> dict[str, Any]:
    """Read the data beside a page, which must be as its schema says."""
    path = page.replace(".html", ".json")
    answer = newsroom.read(path)
    assert (answer.status_code, answer.content_type) == (status, "application/json; charset=utf-8")
    value = dict(answer.json or {})
    schema = newsroom.read("/schema/article-1.json")
    assert value["$schema"] == (schema.json or {})["$id"] == f"{SITE}/schema/article-1.json"
    Draft202012Validator.check_schema(schema.json or {})
    Draft202012Validator(schema.json or {}).validate(value)
    return value


def test_a_published_article_is_told_whole(newsroom: Newsroom) -> None:
    named = newsroom.submit(dated(1))
    content = dated(
        2,
        **dict.fromkeys(("title", "summary", "source", "change_note"), HOSTILE),
        author="\U0001f33e",
        tags=["Chợ phiên", "日本", "Ăn uống"],
        related=[named, "chuaco"],
    )
    article_id = newsroom.submit(content)
    path = newsroom.path(article_id)
    value = read(newsroom, path)
    del value["drawing"], value["updated_at"], value["body_html"]
    assert value == {
        "$schema": f"{SITE}/schema/article-1.json",
        "state": "published",
        "id": article_id,
        "url": SITE + path,
        **dict.fromkeys(("title", "summary", "source", "change_note"), HOSTILE),
        "author": {"name": "\U0001f33e"},
        "section": {"slug": "tin-tuc", "name": "Tin tức", "url": f"{SITE}/tin-tuc/"},
        "tags": [
            {"name": "Ăn uống", "url": f"{SITE}/tag/an-uong/"},
            {"name": "Chợ phiên", "url": f"{SITE}/tag/cho-phien/"},
            {"name": "日本"},
        ],
        "language": "vi",
        "published_at": "2026-11-02T08:00:00+07:00",
        "revision": 1,
        "related": [{"id": named, "name": "Ngày 1", "url": SITE + newsroom.path(named)}],
    }


@pytest.mark.parametrize("note", [{}, {"change_note": HOSTILE}])
def test_a_withdrawn_article_leaves_its_title_and_the_reason(newsroom: Newsroom, note: dict[str, str]) -> None:
    article_id = newsroom.submit(dated(1))
    newsroom.submit(dated(1, status="withdrawn", **note), article_id)
    value = read(newsroom, newsroom.path(article_id))
    assert (value["state"], value["title"], value.get("reason")) == ("withdrawn", "Ngày 1", note.get("change_note"))
    assert not {"summary", "body_html", "author"} & set(value)


def test_an_article_that_has_moved_or_is_gone_says_so_at_each_of_its_addresses(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(dated(1))
    first = newsroom.path(article_id)
    newsroom.submit(dated(1, section="kinh-te"), article_id)
    newsroom.submit(dated(1, title="Tên mới"), article_id)
    path = newsroom.path(article_id)
    data_path = path.replace(".html", ".json")

    value = read(newsroom, first, 301)
    assert (value["state"], value["url"], value["data"]) == ("moved", SITE + path, SITE + data_path)
    for extension, target in ((".html", path), (".json", data_path)):
        assert newsroom.read(first.replace(".html", extension)).headers["Location"] == target

    newsroom.submit(dated(1, status="gone"), article_id)
    value = read(newsroom, path, 410)
    assert set(value) == {"$schema", "drawing", "state", "id", "url"}
    assert value["state"] == "gone"
    assert read(newsroom, first, 301)["data"] == SITE + data_path
