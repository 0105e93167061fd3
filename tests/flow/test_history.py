"""The history of an article: who did what, when and why; what changed; and the way back."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.article import Article
from portal.difference import MAX_BLOCKS, MAX_WORDS, Kind, differences
from tests.input.uploads import EXAMPLES
from tests.newsroom import Newsroom, article
from tests.page_size import shorter_pages

TEXT: Article = Article("Tên", "Tóm tắt", "<p>Một</p>", "Hà Thu", "tin-tuc", "2026-11-20T01:05:00Z", "vi")


def ask(newsroom: Newsroom, path: str) -> dict[str, Any]:
    answer = newsroom.desk("GET", f"articles/{path}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def test_every_step_tells_who_when_and_why(newsroom: Newsroom) -> None:
    newsroom.sign_in("ha.thu", "editors")
    article_id = newsroom.submit(article(status="draft"))
    newsroom.submit(article(change_note="Đăng."), article_id)
    newsroom.sign_in("minh.chau", "approvers")
    reason = {"change_note": "Số liệu sai.", "decision": "12/QĐ-UBND"}
    newsroom.submit(article(status="withdrawn", **reason), article_id)
    told = ask(newsroom, f"{article_id}/revisions")
    assert told["next"] is None
    shown = [
        (each["revision"], each["state"], each["editor"], each["change_note"], each["decision"], each["is_live"])
        for each in told["revisions"]
    ]
    assert shown == [
        (3, "withdrawn", "minh.chau", "Số liệu sai.", "12/QĐ-UBND", True),
        (2, "published", "ha.thu", "Đăng.", None, False),
        (1, "draft", "ha.thu", None, None, False),
    ]
    assert all(each["committed_at"] for each in told["revisions"])


def test_a_long_history_is_told_a_page_at_a_time(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(status="draft"))
    for number in range(2, 6):
        newsroom.submit(article(status="draft", title=f"Bản {number}"), article_id)
    with shorter_pages("portal.history", "PAGE_REVISIONS", 2):
        numbers, path = [], f"{article_id}/revisions"
        while path:
            told = ask(newsroom, path)
            numbers.append([each["revision"] for each in told["revisions"]])
            path = f"{article_id}/revisions?next={told['next']}" if told["next"] else ""
    assert numbers == [[5, 4], [3, 2], [1]]


def test_any_revision_comes_back_by_uploading_it_again(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(title="Bản đầu", tags=["Cầu"]))
    newsroom.submit(article(title="Bản hai"), article_id)
    old = ask(newsroom, f"{article_id}/revisions/1")
    newsroom.submit(old["article"] | {"change_note": "Khôi phục bản 1."}, article_id, base=2)
    assert newsroom.status(article_id)["verdict"]["outcome"] == "accepted"
    path = newsroom.path(article_id)
    assert path.startswith("/tin-tuc/ban-dau-")
    page = newsroom.text(path)
    assert "Bản đầu" in page
    assert "Khôi phục bản 1." in page
    new = ask(newsroom, f"{article_id}/revisions/3")["article"]
    assert new == old["article"] | {"change_note": "Khôi phục bản 1."}


def test_what_was_uploaded_can_be_read_again_whatever_was_judged_of_it(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(title="Của người thứ nhất"))
    newsroom.submit(article(title="Của người thứ hai"), article_id, base=1)
    mine = article(title="Của người thứ ba")
    newsroom.submit(mine, article_id, base=1)
    newsroom.submit(b"{ no JSON \xff", article_id)
    verdicts = [ask(newsroom, f"{article_id}/uploads/{number}") for number in (1, 2, 3, 4)]
    assert [each["outcome"] for each in verdicts] == ["accepted", "accepted", "conflict", "rejected"]
    assert json.loads(ask(newsroom, f"{article_id}/uploads/3/content")["content"]) == mine
    assert ask(newsroom, f"{article_id}/uploads/4/content")["content"] == "{ no JSON \ufffd"
    assert ask(newsroom, f"{article_id}/uploads/5")["outcome"] == "waiting"


@pytest.mark.parametrize(
    "path",
    [
        "articles/nosuch/revisions",
        "articles/{}/revisions/2",
        "articles/{}/revisions/0",
        "articles/{}/revisions/x",
        "articles/{}/revisions/1/difference",
        "articles/{}/revisions/1/difference?from=9",
        "articles/{}/revisions?next=-1",
        "articles/{}/uploads/2/content",
        "articles/{}/uploads/1234567",
        "articles/A!/revisions",
    ],
)
def test_what_is_not_there_is_not_found(newsroom: Newsroom, path: str) -> None:
    article_id = newsroom.submit(article())
    assert newsroom.desk("GET", path.format(article_id)).status_code == 404


def test_the_difference_between_two_revisions_is_told_field_by_field(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    body = "<p>Chuyến đầu tiên rời bến lúc 6 giờ.</p><p>Giá vé là 12.000 đồng./.</p>"
    newsroom.submit(article(body=body, tags=["Xe buýt"]), article_id)
    told = ask(newsroom, f"{article_id}/revisions/2/difference?from=1")
    assert [each["field"] for each in told["fields"]] == ["body", "tags"]
    pieces = [(piece["kind"], piece["text"].strip()) for piece in told["fields"][0]["pieces"] if piece["text"].strip()]
    assert pieces[:3] == [("same", "Chuyến đầu tiên rời bến lúc"), ("removed", "5"), ("added", "6")]
    assert pieces[-1] == ("same", "Giá vé là 12.000 đồng./.")
    assert told["fields"][1]["pieces"] == [{"kind": "added", "text": "Xe buýt\n"}]


WORDS = st.lists(st.sampled_from(["một", "hai", "ba", "bốn", "&amp;", "\u00a0"]), min_size=1, max_size=6).map(" ".join)
BODIES = st.lists(WORDS.map(lambda text: f"<p>{text} <b>x</b></p>"), min_size=1, max_size=5).map("".join)


@settings(EXAMPLES)
@given(BODIES, BODIES)
def test_the_pieces_of_a_difference_are_both_texts(one: str, other: str) -> None:
    """For every two bodies: without what was added they are the old text, without what was removed the new one."""
    (old, new) = (
        Article("Tên", "Tóm tắt", body, "Hà Thu", "tin-tuc", "2026-11-20T01:05:00Z", "vi") for body in (one, other)
    )
    back = {piece.field: piece.pieces for piece in differences(new, old)}
    for found in differences(old, new):
        kept = "".join(piece.text for piece in found.pieces if piece.kind is not Kind.ADDED)
        told = "".join(piece.text for piece in found.pieces if piece.kind is not Kind.REMOVED)
        returned = "".join(piece.text for piece in back[found.field] if piece.kind is not Kind.ADDED)
        assert returned == told
        assert kept != told
        assert all(piece.text for piece in found.pieces)
    assert (differences(old, new) == []) is (one == other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<p>" + "a b " * MAX_WORDS + "</p>", "<p>" + "b a " * MAX_WORDS + "</p>"),
        ("<p>a</p>" * (MAX_BLOCKS + 1), "<p>b</p>" * (MAX_BLOCKS + 1)),
    ],
    ids=["words", "blocks"],
)
def test_what_is_too_long_to_be_compared_is_shown_whole(old: str, new: str) -> None:
    (one, other) = (Article("T", "S", body, "A", "tin-tuc", "2026-11-20T01:05:00Z", "vi") for body in (old, new))
    [found] = differences(one, other)
    assert [piece.kind for piece in found.pieces] == [Kind.REMOVED, Kind.ADDED]


def test_where_only_the_markup_differs_it_is_the_markup_that_is_shown() -> None:
    (one, other) = (
        Article("T", "S", body, "A", "tin-tuc", "2026-11-20T01:05:00Z", "vi")
        for body in ("<p>Chữ</p>", "<p><b>Chữ</b></p>")
    )
    [found] = differences(one, other)
    assert "<b>" in "".join(piece.text for piece in found.pieces if piece.kind is Kind.ADDED)
