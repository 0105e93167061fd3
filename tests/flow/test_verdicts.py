"""What an editor reads of an upload, and that a bad one costs nobody else anything."""

import json
from typing import Any

import pytest

from tests.newsroom import Newsroom, article

ON_EVERYTHING = " ".join(
    f'{name}="alert(1)"' for name in ("onclick", "onerror", "onload", "style", "srcdoc", "formaction")
)
BAD: dict[str, tuple[bytes, set[tuple[str, str]]]] = {
    "not JSON": (b"<html></html>", {("", "json")}),
    "the wrong type": (json.dumps(article(title=["x"])).encode(), {("/title", "type")}),
    "an unknown field": (json.dumps(article(sumary="x")).encode(), {("/sumary", "misspelt_field")}),
    "no title": (json.dumps({k: v for k, v in article().items() if k != "title"}).encode(), {("/title", "missing")}),
    "2 MB": (json.dumps(article(body="<p>x</p>" * 250_000)).encode(), {("", "too_large")}),
    "100,000 nested div": (json.dumps(article(body="<div>" * 100_000)).encode(), {("/body", "too_many_tags")}),
    "NaN": (json.dumps(article(tags=[float("nan")])).encode(), {("/tags/0", "number")}),
    "a lone surrogate": (json.dumps(article(title="\ud83d")).encode(), {("/title", "surrogate")}),
    "TCVN3": (
        json.dumps(article(summary="Céng hoµ x· héi chñ nghÜa ViÖt Nam")).encode(),
        {("/summary", "legacy_encoding")},
    ),
    "nothing but script": (
        json.dumps(article(body=f"<script {ON_EVERYTHING}>alert(1)</script><img {ON_EVERYTHING}>")).encode(),
        {("/body", "no_text")},
    ),
    "everything at once": (
        json.dumps(article(title=" ", section="thieu", published_at="hôm nay", extra=1)).encode(),
        {("/title", "empty"), ("/section", "section"), ("/published_at", "date_time"), ("/extra", "unknown_field")},
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_upload_gets_a_verdict_and_what_was_live_stays_live(newsroom: Newsroom, name: str) -> None:
    content, expected = BAD[name]
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    before = newsroom.read(path).text

    # Past the desk, which signs no such size, and past its signature: the bucket alone is no guard.
    newsroom.issue(1000, article_id)
    newsroom.portal.clients.s3.put_object(
        Bucket=newsroom.name("UploadsBucket"), Key=f"articles/{article_id}/000002.json", Body=content
    )
    newsroom.settle()

    status = newsroom.status(article_id)
    verdict = status["verdict"]
    assert (verdict["upload"], verdict["accepted"], verdict["outcome"]) == (2, False, "rejected")
    assert {(error["pointer"], error["code"]) for error in verdict["errors"]} == expected
    assert all(len(error["message"]) > 20 for error in verdict["errors"])
    assert (status["state"], status["revision"], status["upload"]) == ("published", 1, 1)
    assert newsroom.read(path).text == before
    assert newsroom.queued("IntakeQueue") == 0
    assert newsroom.dead_letters() == {}


def test_script_in_every_attribute_of_a_text_is_taken_out_and_the_text_stays(newsroom: Newsroom) -> None:
    body = f'<p {ON_EVERYTHING}>Chữ còn lại <a href="javascript:alert(1)" {ON_EVERYTHING}>và liên kết</a></p>'
    page = newsroom.read(newsroom.path(newsroom.submit(article(body=body)))).text
    assert "<p>Chữ còn lại <a>và liên kết</a></p>" in page
    assert "alert(1)" not in page


@pytest.mark.parametrize("field", ["title", "summary", "author", "source", "tags"])
def test_markup_in_a_text_field_is_shown_as_it_was_written(newsroom: Newsroom, field: str) -> None:
    hostile = '"><script>alert(1)</script>{{ 7*7 }}'
    value: Any = [hostile] if field == "tags" else hostile
    article_id = newsroom.submit(article(**{field: value}))
    assert hostile in newsroom.text(newsroom.path(article_id))
    for path in (newsroom.path(article_id), "/", "/tin-tuc/"):
        assert "<script>alert(1)" not in newsroom.read(path).text


def test_messages_come_in_the_editors_language(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(b"{}")
    vietnamese, english = (newsroom.status(article_id, language)["verdict"]["errors"] for language in ("vi", "en-GB"))
    assert vietnamese[0]["message"] == "Thiếu trường bắt buộc “title”. Hãy thêm trường này."
    assert english[0]["message"] == "The required field “title” is missing. Add it."


def test_an_upload_that_is_not_judged_yet_is_waiting(newsroom: Newsroom) -> None:
    article_id = newsroom.upload(article())
    status = newsroom.status(article_id)
    assert status["state"] is None
    assert status["verdict"] == {"upload": 1, "accepted": None, "outcome": "waiting", "errors": []}


def test_an_older_upload_that_comes_after_a_newer_one_is_superseded(newsroom: Newsroom) -> None:
    article_id = str(newsroom.issue(1000)["id"])
    newsroom.submit(article(title="Bản hai"), article_id)
    newsroom.portal.clients.s3.put_object(
        Bucket=newsroom.name("UploadsBucket"),
        Key=f"articles/{article_id}/000001.json",
        Body=json.dumps(article(title="Bản một")).encode(),
    )
    newsroom.settle()

    assert newsroom.items()[f"article#{article_id}", "verdict#000001"]["outcome"] == {"S": "superseded"}
    assert "Bản hai" in newsroom.text(newsroom.path(article_id))


def test_an_upload_from_an_older_text_is_a_conflict_and_both_texts_are_kept(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    newsroom.submit(article(title="Của đồng nghiệp"), article_id, base=1)
    newsroom.submit(article(title="Của tôi"), article_id, base=1)

    verdict = newsroom.status(article_id, "en")["verdict"]
    assert (verdict["upload"], verdict["outcome"]) == (3, "conflict")
    assert "upload 2 has been accepted since" in verdict["errors"][0]["message"]
    assert "Của đồng nghiệp" in newsroom.text(newsroom.path(article_id))
    assert "Của tôi" in newsroom.content("UploadsBucket", f"articles/{article_id}/000003.json").decode()

    newsroom.submit(article(title="Của cả hai"), article_id, base=2)
    assert "Của cả hai" in newsroom.text(newsroom.path(article_id))


def test_uploads_that_arrive_together_are_judged_in_the_order_of_their_numbers(newsroom: Newsroom) -> None:
    article_id = newsroom.upload(article(title="Bản một"))
    newsroom.upload(b"not an article", article_id)
    newsroom.upload(article(title="Bản ba"), article_id)
    newsroom.announce(article_id, 3)
    newsroom.settle()

    outcomes = [newsroom.items()[f"article#{article_id}", f"verdict#00000{n}"]["outcome"]["S"] for n in (1, 2, 3)]
    assert outcomes == ["accepted", "rejected", "accepted"]
    assert newsroom.status(article_id)["revision"] == 2


def test_a_title_that_changes_without_end_is_refused_before_redirects_outgrow_a_commit(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.commit.MAX_FORMER_PATHS", 2)
    article_id = newsroom.submit(article(title="Tên 0"))
    for number in range(1, 4):
        newsroom.submit(article(title=f"Tên {number}"), article_id)
    verdict = newsroom.status(article_id)["verdict"]
    assert verdict["outcome"] == "rejected"
    assert [error["code"] for error in verdict["errors"]] == ["too_many_moves"]
    assert newsroom.path(article_id).startswith("/tin-tuc/ten-2-")

    # Back to a name that it had, or down, it may go.
    newsroom.submit(article(title="Tên 0"), article_id)
    assert newsroom.path(article_id).startswith("/tin-tuc/ten-0-")
    newsroom.submit(article(title="Tên 4", status="gone"), article_id)
    assert newsroom.read(newsroom.path(article_id)).status_code == 410
