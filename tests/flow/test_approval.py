"""Two pairs of eyes, where the newsroom asks for them: what readers will see takes two people."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from local.portal import LocalPortal
from tests.faults import Calls
from tests.newsroom import Newsroom, article

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
AHEAD = NOW + timedelta(hours=2)


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    """A portal of a newsroom that asks for two pairs of eyes."""
    with time_machine.travel(NOW, tick=False), LocalPortal(two_pairs_of_eyes=True) as portal:
        yield portal


@pytest.fixture
def newsroom(portal: LocalPortal) -> Newsroom:
    return Newsroom(portal)


def as_thu(newsroom: Newsroom, content: dict[str, Any], article_id: str | None = None, base: int | None = None) -> str:
    """Send as an editor who may not approve."""
    newsroom.sign_in("thu", "editors")
    return newsroom.submit(content, article_id, base)


def as_chau(newsroom: Newsroom, content: dict[str, Any], article_id: str | None = None, base: int | None = None) -> str:
    """Send as somebody who may approve."""
    newsroom.sign_in("chau", "approvers")
    return newsroom.submit(content, article_id, base)


def refusal(newsroom: Newsroom, article_id: str) -> tuple[str, str] | None:
    """Give the place and the code of what was wrong with the newest upload; None when it was accepted."""
    verdict = newsroom.status(article_id)["verdict"]
    assert verdict["outcome"] == ("rejected" if verdict["errors"] else "accepted")
    return next(((error["pointer"], error["code"]) for error in verdict["errors"]), None)


def approved(newsroom: Newsroom, **changes: Any) -> str:  # noqa: ANN401 (any JSON value)
    """Publish an article with two people."""
    article_id = as_thu(newsroom, article(**changes, status="review"))
    as_chau(newsroom, article(**changes), article_id)
    assert newsroom.status(article_id)["state"] == "published"
    return article_id


def test_who_submits_may_not_approve_and_another_may(newsroom: Newsroom) -> None:
    newsroom.sign_in("chau", "approvers")
    article_id = newsroom.submit(article(status="review"))
    newsroom.submit(article(), article_id)
    assert refusal(newsroom, article_id) == ("/status", "own_review")
    newsroom.sign_in("lan", "approvers")
    assert newsroom.status(article_id)["may_approve"]
    newsroom.submit(article(), article_id)
    told = newsroom.status(article_id)
    assert (told["state"], told["live"], told["editor"]) == ("published", {"state": "published", "revision": 2}, "lan")
    assert newsroom.read(newsroom.path(article_id)).status_code == 200


def test_an_account_goes_by_its_subject_whatever_it_calls_itself(newsroom: Newsroom) -> None:
    newsroom.token = newsroom.portal.issuer.token("chau", ["approvers"], email="minh@a.example")
    article_id = newsroom.submit(article(status="review"))
    newsroom.token = newsroom.portal.issuer.token("chau", ["approvers"], email="chau@b.example")
    newsroom.submit(article(), article_id)
    assert refusal(newsroom, article_id) == ("/status", "own_review")


def test_only_who_has_the_right_may_approve(newsroom: Newsroom) -> None:
    article_id = as_chau(newsroom, article(status="review"))
    newsroom.sign_in("thu", "editors")
    assert not newsroom.status(article_id)["may_approve"]
    newsroom.submit(article(), article_id)
    assert refusal(newsroom, article_id) == ("/status", "no_approver")
    assert newsroom.status(article_id)["url"] is None


@pytest.mark.parametrize(
    "change", [{}, {"status": "withdrawn"}, {"status": "gone"}, {"published_at": AHEAD.isoformat()}]
)
@pytest.mark.parametrize("before", [None, {"status": "draft"}], ids=["new", "a draft"])
def test_nothing_reaches_readers_that_was_not_submitted_for_review(
    newsroom: Newsroom, before: dict[str, str] | None, change: dict[str, str]
) -> None:
    article_id = as_thu(newsroom, article(**before)) if before else None
    article_id = as_chau(newsroom, article(**change), article_id)
    assert refusal(newsroom, article_id) == ("/status", "needs_review")
    assert newsroom.status(article_id)["live"] is None


def test_what_is_approved_is_what_was_submitted_and_nothing_else(newsroom: Newsroom) -> None:
    article_id = as_thu(newsroom, article(status="review"))
    for change in (
        {"title": "Tên khác"},
        {"body": "<p>Thân bài khác.</p>"},
        {"change_note": "Sửa."},
        {"tags": ["Thêm"]},
    ):
        as_chau(newsroom, article(**change), article_id)
        assert refusal(newsroom, article_id) == ("/status", "needs_review")
    as_chau(newsroom, article(), article_id)
    assert refusal(newsroom, article_id) is None


def test_an_edit_after_approval_needs_a_new_one(newsroom: Newsroom) -> None:
    article_id = approved(newsroom, title="Bản được duyệt")
    path = newsroom.path(article_id)
    as_chau(newsroom, article(title="Bản sửa"), article_id)
    assert refusal(newsroom, article_id) == ("/status", "needs_review")
    as_thu(newsroom, article(title="Bản sửa", status="review"), article_id)
    assert "Bản được duyệt" in newsroom.text(path)  # readers have what was approved
    as_chau(newsroom, article(title="Bản sửa"), article_id)
    assert "Bản sửa" in newsroom.text(newsroom.path(article_id))


def test_an_edit_after_the_review_began_needs_a_new_one(newsroom: Newsroom) -> None:
    article_id = as_thu(newsroom, article(status="review"))
    as_thu(newsroom, article(title="Sửa lần nữa", status="draft"), article_id)
    as_chau(newsroom, article(), article_id)
    assert refusal(newsroom, article_id) == ("/status", "needs_review")


@pytest.mark.parametrize("way", ["withdrawn", "gone"])
def test_a_takedown_takes_two_people_too(newsroom: Newsroom, way: str) -> None:
    article_id = approved(newsroom)
    path = newsroom.path(article_id)
    as_chau(newsroom, article(status=way), article_id)
    assert refusal(newsroom, article_id) == ("/status", "needs_review")
    reason = {"change_note": "Số liệu sai.", "decision": "12/QĐ-UBND"}
    as_thu(newsroom, article(status="review", proposes=way, **reason), article_id)
    assert newsroom.status(article_id)["proposes"] == way
    as_chau(newsroom, article(**reason), article_id)  # to publish it is not what was proposed
    assert refusal(newsroom, article_id) == ("/status", "needs_review")
    assert newsroom.read(path).status_code == 200
    as_chau(newsroom, article(status=way, **reason), article_id)
    told = newsroom.status(article_id)
    assert told["live"]["state"] == way
    assert ("12/QĐ-UBND" in newsroom.text(path)) is (way == "withdrawn")


def test_what_is_approved_for_a_minute_is_published_by_the_clock_alone(newsroom: Newsroom) -> None:
    content = {"title": "Bài hẹn giờ", "published_at": AHEAD.isoformat()}
    article_id = as_thu(newsroom, article(**content, status="review"))
    as_chau(newsroom, article(**content), article_id)
    assert newsroom.status(article_id)["state"] == "scheduled"
    with time_machine.travel(AHEAD + timedelta(seconds=30), tick=False):
        newsroom.tick()
        assert "Bài hẹn giờ" in newsroom.text("/tin-tuc/")


def test_an_approval_that_an_edit_overtook_is_judged_again(newsroom: Newsroom) -> None:
    """Rule 1: the commit is conditional on the head that the approval was judged against."""
    article_id = as_thu(newsroom, article(status="review"))
    draft = json.dumps(article(title="Bản chen vào", status="draft")).encode()
    late = newsroom.issue(len(draft), article_id)
    newsroom.sign_in("chau", "approvers")
    newsroom.upload(article(), article_id)
    calls = Calls(newsroom.portal.lambdas.session)
    newsroom.portal.lambdas.forget("IntakeFunction")
    done: list[bool] = []

    def edit(operation: str, _parameters: dict[str, Any]) -> None:
        if operation == "TransactWriteItems" and not done:
            done.append(True)
            newsroom.put(late, draft)
            newsroom.announce(article_id, 2)

    with calls.before(edit):
        newsroom.settle()
    assert done
    told = newsroom.status(article_id)
    assert (told["state"], told["live"]) == ("draft", None)
    assert refusal(newsroom, article_id) == ("/status", "needs_review")
