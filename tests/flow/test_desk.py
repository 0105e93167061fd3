"""The desk's API, behind its authorizer, and what it signs."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.faults import Calls
from tests.newsroom import Newsroom, article

ROUTES = [
    ("POST", "articles"),
    ("POST", "articles/b1/uploads"),
    ("GET", "articles/b1"),
    ("GET", "articles"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("authorization", ["", "Bearer x.y.z", "Basic eDp5"])
def test_no_route_answers_without_a_token_of_the_issuer(
    newsroom: Newsroom, method: str, path: str, authorization: str
) -> None:
    answer = newsroom.desk(method, path, {"size": 10} if method == "POST" else None, Authorization=authorization)
    assert answer.status_code == 401


def test_a_signed_url_covers_all_that_guards_an_upload(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    issued = newsroom.issue(321, article_id, base=1)
    query = parse_qs(urlsplit(issued["upload"]["url"]).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-SignedHeaders"] == [
        "content-length;content-type;host;if-none-match;x-amz-meta-base;x-amz-meta-editor"
    ]
    assert query["X-Amz-Expires"] == ["900"]
    assert issued["upload"]["number"] == 2
    assert issued["upload"]["headers"]["Content-Length"] == "321"
    assert issued["upload"]["headers"]["If-None-Match"] == "*"
    assert issued["upload"]["headers"]["x-amz-meta-base"] == "1"


@pytest.mark.parametrize(
    ("changes", "content"),
    [
        ({}, b"12345678901"),
        ({"Content-Type": "text/html"}, b"1234567890"),
        ({"If-None-Match": ""}, b"1234567890"),
        ({"x-amz-meta-editor": "somebody-else"}, b"1234567890"),
        ({"x-amz-meta-base": "1"}, b"1234567890"),
    ],
    ids=["a longer body", "another type", "no overwrite guard", "another editor", "a base that was not signed"],
)
def test_an_upload_that_is_not_as_signed_is_refused_as_s3_would(
    newsroom: Newsroom, changes: dict[str, str], content: bytes
) -> None:
    issued = newsroom.issue(10)
    upload = issued["upload"]
    headers = {name: value for name, value in upload["headers"].items() if name != "Content-Length"} | changes
    changed = {"upload": upload | {"headers": {name: value for name, value in headers.items() if value}}}
    assert newsroom.put(changed, content).status_code == 403
    assert list(newsroom.objects("UploadsBucket")) == []
    assert newsroom.put(issued, b"1234567890").status_code == 200


def test_a_signed_url_is_good_for_one_upload(newsroom: Newsroom) -> None:
    issued = newsroom.issue(10)
    assert newsroom.put(issued, b"1234567890").status_code == 200
    assert newsroom.put(issued, b"0987654321").status_code == 412
    assert newsroom.content("UploadsBucket", f"articles/{issued['id']}/000001.json") == b"1234567890"


def test_the_editor_is_the_tokens_and_goes_into_the_record(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    revision = newsroom.items()[f"article#{article_id}", "revision#000001"]
    assert revision["editor"] == {"S": "editor"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"size": 0}, ("/size", "type")),
        ({"size": True}, ("/size", "type")),
        ({"size": "10"}, ("/size", "type")),
        ({"size": 2_000_000}, ("/size", "too_large")),
        ({}, ("/size", "missing")),
        ({"size": 10, "sise": 10}, ("/sise", "unknown_field")),
        ({"size": 10, "base": 1}, ("/base", "unknown_field")),
        ([1], ("", "type")),
    ],
)
def test_a_request_that_can_not_be_met_says_where_and_what_to_do(
    newsroom: Newsroom, body: object, expected: tuple[str, str]
) -> None:
    answer = newsroom.desk("POST", "articles", body)
    assert answer.status_code == 400
    errors = (answer.json or {})["errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [expected]
    assert errors[0]["message"]


def test_a_request_that_is_not_json_is_refused(newsroom: Newsroom) -> None:
    headers = {"Authorization": f"Bearer {newsroom.token}", "Content-Type": "application/json"}
    answer = newsroom.http.post("/desk/api/articles", data=b'{"size": NaN', headers=headers)
    assert answer.status_code == 400
    assert (answer.json or {})["errors"][0]["code"] == "json"


def test_a_base_that_was_never_accepted_is_refused(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(b"{}")
    answer = newsroom.desk("POST", f"articles/{article_id}/uploads", {"size": 10, "base": 1})
    assert answer.status_code == 400
    assert (answer.json or {})["errors"][0]["code"] == "base"


@pytest.mark.parametrize(("method", "path"), [("GET", "articles/nosuch"), ("POST", "articles/nosuch/uploads")])
def test_an_article_that_was_never_begun_is_not_found_and_stays_unknown(
    newsroom: Newsroom, method: str, path: str
) -> None:
    before = newsroom.items()
    assert newsroom.desk(method, path, {"size": 10} if method == "POST" else None).status_code == 404
    assert newsroom.items() == before


def test_the_list_gives_every_article_once_newest_uploads_first(newsroom: Newsroom) -> None:
    ids = [str(newsroom.issue(10)["id"]) for _ in range(30)]
    first = newsroom.desk("GET", "articles").json or {}
    assert len(first["articles"]) == 25
    second = newsroom.desk("GET", f"articles?next={first['next']}").json or {}
    assert second["next"] is None
    listed = [each["id"] for each in (*first["articles"], *second["articles"])]
    assert sorted(listed) == sorted(ids)
    issued = [each["issued_at"] for each in (*first["articles"], *second["articles"])]
    assert issued == sorted(issued, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "%00", "bnVsbA", "WzEsMl0", "e30"])
def test_a_forged_place_in_the_list_is_refused_or_leads_nowhere(newsroom: Newsroom, cursor: str) -> None:
    answer = newsroom.desk("GET", f"articles?next={cursor}")
    assert answer.status_code in (200, 400)
    assert answer.status_code == 400 or (answer.json or {})["articles"] == []


def test_no_answer_of_the_desk_is_ever_cached(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    for path in ("articles", f"articles/{article_id}"):
        assert newsroom.desk("GET", path).headers["Cache-Control"] == "no-store"
    newsroom.submit(article(status="gone"), article_id)
    assert newsroom.status(article_id)["state"] == "gone"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_whoever_reads_accepted_finds_the_article_too(newsroom: Newsroom, calls: Calls, number: int) -> None:
    article_id = newsroom.upload(article())
    reads: list[str] = []

    def commit_in_between(operation: str, _parameters: dict[str, object]) -> None:
        if operation == "BatchGetItem":
            reads.append(operation)
            if len(reads) == number:
                newsroom.settle()

    with calls.before(commit_in_between):
        status = newsroom.status(article_id)
    assert len(reads) == 3
    assert status["state"] == "published" if status["verdict"]["accepted"] else status["revision"] in (None, 1)
