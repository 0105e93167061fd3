"""Old paths through the pipeline: who was first has them, they lead on for good, and the archive brings them back."""

from typing import Any

import pytest

from portal.article import Article, State
from portal.commit import MAX_FORMER_PATHS, Change, actions, moves_too_often
from portal.judge import judge
from portal.table import Head, Revision, Verdict
from portal.verdicts import Outcome
from tests.faults import Calls
from tests.input.uploads import SITE, as_bytes
from tests.newsroom import Newsroom, article


def leads_to(newsroom: Newsroom, old_path: str) -> str | None:
    """Give where an old path leads a reader whose edge has nothing of it yet."""
    newsroom.portal.edge.replace({})
    answer = newsroom.read(old_path)
    return answer.headers.get("Location") if answer.status_code == 301 else None


def codes(newsroom: Newsroom, article_id: str) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in newsroom.status(article_id)["verdict"]["errors"]]


def test_an_old_path_leads_to_the_article_and_stays_when_its_json_names_it_no_more(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article(old_paths=["/cu/bai-1.htm"]))
    assert leads_to(newsroom, "/cu/bai-1.htm") == newsroom.path(article_id)
    newsroom.submit(article(title="Tên khác", section="kinh-te"), article_id)
    assert leads_to(newsroom, "/cu/bai-1.htm") == newsroom.path(article_id)
    assert newsroom.path(article_id).startswith("/kinh-te/")


@pytest.mark.parametrize("status", ["withdrawn", "gone"])
def test_an_old_path_of_what_is_taken_down_leads_to_what_stands_there(newsroom: Newsroom, status: str) -> None:
    article_id = newsroom.submit(article(old_paths=["/cu/bai-1.htm"]))
    newsroom.submit(article(old_paths=["/cu/bai-1.htm"], status=status), article_id)
    assert leads_to(newsroom, "/cu/bai-1.htm") == newsroom.path(article_id)


def test_a_redirect_of_another_system_has_no_data_beside_it(newsroom: Newsroom) -> None:
    newsroom.submit(article(old_paths=["/cu/bai-1.htm", "/cu/bai-2/"]))
    assert {key for key in newsroom.objects("SiteBucket") if key.startswith("cu/")} == {
        "cu/bai-1.htm",
        "cu/bai-2/index.html",
    }


@pytest.mark.parametrize("state", ["published", "draft", "scheduled"])
def test_the_first_article_has_an_old_path_and_the_next_one_is_refused(newsroom: Newsroom, state: str) -> None:
    changes = {"published_at": "2999-01-01T00:00:00Z"} if state == "scheduled" else {"status": state}
    first = newsroom.submit(article(old_paths=["/cu/1.aspx?id=7"], **changes))
    second = newsroom.submit(article(old_paths=["/cu/2.htm", "/cu/1.aspx?id=7"]))
    assert codes(newsroom, second) == [("/old_paths/1", "old_path_taken")]
    assert first in newsroom.status(second)["verdict"]["errors"][0]["message"]
    assert leads_to(newsroom, "/cu/2.htm") is None
    newsroom.submit(article(old_paths=["/cu/2.htm"]), second)
    assert leads_to(newsroom, "/cu/2.htm") == newsroom.path(second)
    newsroom.submit(article(old_paths=["/cu/1.aspx?id=7"]), first)
    assert leads_to(newsroom, "/cu/1.aspx?id=7") == newsroom.path(first)


def test_a_path_that_another_article_stands_at_or_may_come_to_is_taken(newsroom: Newsroom) -> None:
    other = newsroom.submit(article(title="Bài khác"))
    former = newsroom.path(other)
    newsroom.submit(article(title="Bài khác nữa"), other)
    draft = newsroom.submit(article(status="draft"))
    wanted = [newsroom.path(other), former, f"/kinh-te/ten-{draft}.html"]
    mine = newsroom.submit(article(old_paths=wanted))
    assert codes(newsroom, mine) == [(f"/old_paths/{index}", "old_path_taken") for index in range(3)]


def test_of_two_that_claim_a_path_at_once_one_is_refused(newsroom: Newsroom, calls: Calls) -> None:
    """The other commit comes between the look at the claims and the commit."""
    first = newsroom.upload(article(title="Một", old_paths=["/cu/1.htm"]))
    second = newsroom.upload(article(title="Hai", old_paths=["/cu/1.htm"]))
    entered: list[bool] = []

    def enter(name: str, _parameters: object) -> None:
        if name == "TransactWriteItems" and not entered:
            entered.append(True)
            newsroom.announce(second, 1)

    with calls.before(enter):
        newsroom.announce(first, 1)
    newsroom.settle()
    assert entered
    assert newsroom.status(second)["verdict"]["outcome"] == "accepted"
    assert codes(newsroom, first) == [("/old_paths/0", "old_path_taken")]
    assert leads_to(newsroom, "/cu/1.htm") == newsroom.path(second)


def accepted_as(upload: int, head: Head | None, **changes: Any) -> Change | None:  # noqa: ANN401 (any JSON value)
    """Give the change that an upload asks for; None when the article would have too many addresses."""
    given = judge(as_bytes(article(**changes)), SITE)
    assert isinstance(given, Article), given
    if moves_too_often(head, "q85ccnd848", given):
        return None
    now = "2026-11-27T00:00:00Z"
    return Change("q85ccnd848", given, given.state_at(now), upload, "ha.thu", "1", now, SITE.zone)


@pytest.mark.parametrize("old_first", [True, False])
def test_whatever_an_article_has_is_one_transaction(*, old_first: bool) -> None:
    """It holds 100 items: all fields at their bounds, none of them kept by the next upload."""
    head: Head | None = None
    largest = 0
    old_paths = [f"/cu/{number}.htm" for number in range(10)]
    for upload in range(1, 60):
        fields: dict[str, Any] = {
            "title": f"Tên {upload}",
            "section": ("tin-tuc", "kinh-te")[upload % 2],
            "author": f"Tác giả {upload}",
            "published_at": f"20{10 + upload % 15}-11-27T00:00:00Z",
            "expires_at": "2999-01-01T00:00:00Z",
            "tags": [f"thẻ {number} {upload}" for number in range(10)],
            "related": [f"b{number}x{upload}" for number in range(10)],
        }
        wanted = old_paths if (upload == 1) is old_first else []
        change = accepted_as(upload, head, **fields, old_paths=wanted) or accepted_as(upload, head, **fields)
        if change is None:
            break
        new = change.next_head(head)
        verdict = Verdict("q85ccnd848", upload, Outcome.ACCEPTED, change.committed_at)
        written = list(actions("table", head, new, change, verdict))
        keys = [(each["pk"]["S"], each["sk"]["S"]) for each in map(key_of, written)]
        assert len(keys) == len(set(keys))
        largest = max(largest, len(keys))
        head = new
    assert head
    assert len(head.former_paths) in (MAX_FORMER_PATHS, MAX_FORMER_PATHS - 1)
    assert 85 < largest <= 100


def key_of(action: Any) -> dict[str, Any]:  # noqa: ANN401 (an action as the AWS client takes it)
    """Give the attributes, key and all, of the item that an action writes or deletes."""
    item: dict[str, Any] = action["Put"]["Item"] if "Put" in action else action["Delete"]["Key"]
    return item


def test_claims_count_among_the_addresses_that_an_article_can_have() -> None:
    former = tuple(f"/tin-tuc/{number}-q85ccnd848.html" for number in range(MAX_FORMER_PATHS - 12))
    step = Revision("q85ccnd848", 1, 1, State.PUBLISHED, "", "", "", Article("", "", "", "", "", "", "")).step()
    head = Head("q85ccnd848", 1, step, step, path="/tin-tuc/nay-q85ccnd848.html", former_paths=former)
    old_paths = [f"/cu/{number}.htm" for number in range(6)]
    assert accepted_as(2, head, title="Nay", old_paths=old_paths) is not None
    assert accepted_as(2, head, title="Nay", old_paths=[*old_paths, "/cu/6.htm"]) is None
    assert accepted_as(2, head, title="Mới", old_paths=old_paths) is None
