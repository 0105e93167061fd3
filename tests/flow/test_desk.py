"""The desk's API, behind its authorizer, and what it signs."""

import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from botocore.exceptions import ReadTimeoutError
from werkzeug.test import TestResponse

from portal.desk import MAX_UPLOADS
from portal.issuing import FIRST_LOOK_SECONDS, MAX_EDITOR_BYTES, quoted
from tests.faults import Calls, always, once, refusal
from tests.newsroom import Newsroom, article


def test_a_signed_url_covers_all_that_guards_an_upload(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    issued = newsroom.issue(321, article_id, base=1)
    query = parse_qs(urlsplit(issued["upload"]["url"]).query)
    metadata = "x-amz-meta-base;x-amz-meta-editor;x-amz-meta-rights;x-amz-meta-subject"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-SignedHeaders"] == [f"content-length;content-type;host;if-none-match;{metadata}"]
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
        ({"x-amz-meta-subject": "somebody-else"}, b"1234567890"),
        ({"x-amz-meta-rights": "all"}, b"1234567890"),
        ({"x-amz-meta-base": "1"}, b"1234567890"),
    ],
    ids=[
        "a longer body",
        "another type",
        "no overwrite guard",
        "another editor",
        "another account",
        "other rights",
        "a base that was not signed",
    ],
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


@pytest.mark.parametrize(("before", "left"), [("", 75), ("Lê ", 74)])
def test_a_name_too_long_for_the_metadata_of_s3_is_cut_between_characters(
    newsroom: Newsroom, before: str, left: int
) -> None:
    """Amazon S3, User-defined object metadata: at most 2 KB, names and values together."""
    newsroom.token = newsroom.portal.issuer.token("editor", email=before + 200 * "😀")
    body = json.dumps(article()).encode()
    issued = newsroom.issue(len(body))
    prefix = "x-amz-meta-"
    metadata = {name: value for name, value in issued["upload"]["headers"].items() if name.startswith(prefix)}
    assert sum(len(name) - len(prefix) + len(value) for name, value in metadata.items()) <= 2048
    assert newsroom.put(issued, body).status_code == 200
    newsroom.settle()
    archived = json.loads(newsroom.content("ArchiveBucket", f"articles/{issued['id']}/000001.json"))
    assert archived["editor"] == before + left * "😀"


@pytest.mark.parametrize("name", ["ha.thu@son-thanh.vn", "Hà Thu", "%41+%", "Thu\r\nx-amz-meta-base: 1", "\ud83d!"])
def test_a_name_is_carried_so_that_it_can_be_read_again(name: str) -> None:
    carried = quoted(name, MAX_EDITOR_BYTES)
    assert carried.isprintable()
    assert carried.isascii()
    assert unquote(carried, errors="strict") == name.replace("\ud83d", "?")
    assert len(quoted(name * 1000, MAX_EDITOR_BYTES)) <= MAX_EDITOR_BYTES


def test_an_upload_is_awaited_before_anybody_can_send_it(newsroom: Newsroom, calls: Calls) -> None:
    """Its event may be lost: `tick` looks for what was issued."""
    issued = newsroom.issue(10)
    assert [name for name, _ in calls.seen] == ["UpdateItem", "PutItem", "PutObject"]  # the last one is the signing
    [(keys, item)] = [(keys, item) for keys, item in newsroom.items().items() if keys[0] == "awaited"]
    assert (item["id"]["S"], item["upload"]["N"]) == (issued["id"], "1")
    issued_at = newsroom.status(issued["id"])["issued_at"]
    assert item["issued_at"]["S"] == issued_at
    look_at, _, rest = keys[1].partition("#")
    assert datetime.fromisoformat(look_at) == datetime.fromisoformat(issued_at) + timedelta(seconds=FIRST_LOOK_SECONDS)
    assert rest == f"{issued['id']}#000001"


def test_an_article_that_has_had_all_its_uploads_says_so(newsroom: Newsroom) -> None:
    article_id = str(newsroom.issue(10)["id"])
    newsroom.portal.clients.dynamodb.update_item(
        TableName=newsroom.name("Table"),
        Key={"pk": {"S": f"article#{article_id}"}, "sk": {"S": "issued"}},
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": str(MAX_UPLOADS - 1)}},
    )
    assert newsroom.issue(10, article_id)["upload"]["number"] == MAX_UPLOADS
    before = newsroom.items()
    told = {}
    for language in ("vi", "en"):
        answer = newsroom.desk("POST", f"articles/{article_id}/uploads", {"size": 10}, **{"Accept-Language": language})
        assert answer.status_code == 400
        [error] = (answer.json or {})["errors"]
        assert (error["pointer"], error["code"]) == ("", "too_many_uploads")
        told[language] = error["message"]
    assert "999.999" in told["vi"]
    assert "999,999" in told["en"]
    assert newsroom.items() == before


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


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream"])
@pytest.mark.parametrize(
    ("content", "code"),
    [(b'{"size": 10, "\xff": 1}', "encoding"), (b'{"size": 1\xed\xa0\x80}', "encoding"), (b"{", "json")],
)
def test_a_request_whose_bytes_are_no_text_is_refused(
    newsroom: Newsroom, content_type: str, content: bytes, code: str
) -> None:
    headers = {"Authorization": f"Bearer {newsroom.token}", "Content-Type": content_type}
    answer = newsroom.http.post("/desk/api/articles", data=content, headers=headers)
    assert answer.status_code == 400
    assert (answer.json or {})["errors"][0]["code"] == code


ASKED = [
    ("POST", "articles", {"size": 10}, "UpdateItem"),
    ("POST", "articles", {"size": 10}, "PutItem"),
    ("POST", "articles/{}/uploads", {"size": 10}, "UpdateItem"),
    ("POST", "articles/{}/uploads", {"size": 10, "base": 1}, "GetItem"),
    ("GET", "articles/{}", None, "BatchGetItem"),
    ("GET", "articles", None, "Query"),
]


@pytest.mark.parametrize(
    "error",
    [
        refusal("AnyOperation", "ThrottlingException", 400),
        refusal("AnyOperation", "InternalServerError", 500),
        ReadTimeoutError(endpoint_url="https://aws"),
    ],
    ids=["a throttle", "a fault of AWS", "no answer"],
)
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked[1]} {asked[3]}")
def test_what_aws_can_not_do_now_is_to_be_asked_for_again(
    newsroom: Newsroom, calls: Calls, asked: tuple[str, str, object, str], error: Exception
) -> None:
    method, path, body, operation = asked
    article_id = newsroom.submit(article())
    with calls.before(once(operation, error)):
        answer = newsroom.desk(method, path.format(article_id), body, **{"Accept-Language": "en"})
    _is_told_to_try_later(newsroom, answer)
    assert newsroom.desk(method, path.format(article_id), body).status_code in (200, 201)


@pytest.mark.parametrize("path", ["articles/{}", "articles"])
def test_a_batch_that_dynamodb_left_unread_is_to_be_asked_for_again(newsroom: Newsroom, path: str) -> None:
    """BatchGetItem: beyond its bounds, and when throttled, it answers with a part, and with the keys of the rest."""
    article_id = newsroom.submit(article())
    busy = [True]

    def leave_unread(parsed: dict[str, Any], **_: object) -> None:
        if busy:
            busy.clear()
            table = newsroom.name("Table")
            parsed.update(Responses={table: []}, UnprocessedKeys={table: {"Keys": [{"pk": {"S": "article#b1"}}]}})

    newsroom.portal.lambdas.session.events.register("after-call.dynamodb.BatchGetItem", leave_unread)
    newsroom.portal.lambdas.forget("DeskFunction")
    answer = newsroom.desk("GET", path.format(article_id), **{"Accept-Language": "en"})
    _is_told_to_try_later(newsroom, answer)
    assert newsroom.desk("GET", path.format(article_id)).status_code == 200


def test_what_no_time_mends_is_an_error_of_the_desks_own(newsroom: Newsroom, calls: Calls) -> None:
    with calls.before(always("Query", refusal("Query", "AccessDeniedException", 400))):
        assert newsroom.desk("GET", "articles").status_code == 500
    logged = newsroom.portal.lambdas.log.records("DeskFunction")
    assert [each for each in logged if each.get("level") == "ERROR" and "AccessDenied" in str(each.get("error"))]
    assert not [each for each in logged if "Unavailable" in each]


def _is_told_to_try_later(newsroom: Newsroom, answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "errors": [
            {
                "pointer": "",
                "code": "try_later",
                "message": "The system is busy and could not do this now. Try again in a few seconds.",
            }
        ]
    }
    logged = newsroom.portal.lambdas.log.records("DeskFunction")
    assert [each for each in logged if each.get("level") == "ERROR" and each["message"] == "not done"]
    assert [each["Unavailable"] for each in logged if "Unavailable" in each] == [[1.0]]


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


def _as_cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "%00", "bnVsbA", "WzEsMl0", "e30"),
        # What DynamoDB refuses for a key, and what no reader of JSON should follow to its end.
        _as_cursor('["",""]'),
        _as_cursor(f'["article#{"b" * 3_000}", "2026-11-20T01:05:00Z"]'),
        _as_cursor('["article#b1", ""]'),
        _as_cursor("[" * 5_000),
        _as_cursor('["article#b1",' + "9" * 5_000 + "]"),
    ],
    ids=lambda cursor: cursor[:20],
)
def test_a_forged_place_in_the_list_is_refused(newsroom: Newsroom, calls: Calls, cursor: str) -> None:
    answer = newsroom.desk("GET", f"articles?next={cursor}")
    assert answer.status_code == 400
    assert (answer.json or {})["errors"][0]["code"] == "cursor"
    assert calls.seen == []


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
