"""The rules of accepting: one transaction is the whole truth, and the clock has the same one way in."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.article import Article, State
from portal.commit import MAX_FORMER_PATHS, Change, actions
from portal.table import Head, Step, Verdict
from portal.verdicts import Outcome
from tests.faults import Calls, Crash, always, once, refusal
from tests.newsroom import Newsroom, article

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SCHEMA = json.loads(files("portal").joinpath("article.schema.json").read_text(encoding="utf-8"))
MOST = {name: SCHEMA["properties"][name]["maxItems"] for name in ("tags", "related")}


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_commit_is_one_transaction_of_everything(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 8: head, revision, verdict, page and entries together, or none of them."""
    article_id = newsroom.upload(article())
    calls.seen.clear()
    newsroom.portal.pump.step("IntakeFunction")
    [parameters] = [given for name, given in calls.seen if name == "TransactWriteItems"]
    written = {
        (action["Put"]["Item"]["pk"]["S"], action["Put"]["Item"]["sk"]["S"]) for action in parameters["TransactItems"]
    }
    entry = f"2026-11-20T01:05:00Z#{article_id}"
    lists = ("/", "/tin-tuc/", "/2026/11/", "/tin-tuc/2026/11/", "/author/ha-thu/")
    assert written == {
        (f"article#{article_id}", "head"),
        (f"article#{article_id}", "revision#000001"),
        (f"article#{article_id}", "verdict#000001"),
        (f"page#/tin-tuc/khai-truong-tuyen-xe-buyt-ve-xa-ban-la-{article_id}.html", "self"),
        *((f"page#{path}", entry) for path in lists),
    }
    assert not [name for name, _ in calls.seen if name in ("PutItem", "UpdateItem", "DeleteItem")]


def test_the_largest_commit_fits_a_transaction() -> None:
    """DynamoDB, TransactWriteItems: up to 100 actions, none of them twice on one item."""
    former = tuple(f"/tin-tuc/ten-{number}-b1.html" for number in range(MAX_FORMER_PATHS))
    texts = ("Tên mới", "Tóm tắt", "<p>Chữ</p>", "Hà Thu", "kinh-te", "2026-11-20T01:05:00Z", "vi")
    accepted = Article(
        *texts,
        tags=tuple(f"mới {number}" for number in range(MOST["tags"])),
        related=tuple(f"m{number}" for number in range(MOST["related"])),
        expires_at="2026-12-01T00:00:00Z",
    )
    change = Change("b1", accepted, State.PUBLISHED, 9, "editor", "e1", "2026-11-21T00:00:00Z", ZONE)
    lists = ("/", "/tin-tuc/", "/2020/01/", "/tin-tuc/2020/01/", "/author/x/", "/news-sitemap.xml")
    tags = tuple(f"/tag/cu-{number}/" for number in range(MOST["tags"]))
    step = Step(8, 8, State.PUBLISHED, "Tên", "editor", "e1", "2026-11-20T00:00:00Z")
    head = Head(
        *("b1", 8, step, step, "/tin-tuc/ten-b1.html", former),
        lists=lists + tags,
        listed_at="2020-01-01T00:00:00Z#b1",
        related=tuple(f"c{number}" for number in range(MOST["related"])),
    )
    verdict = Verdict("b1", 9, Outcome.ACCEPTED, "2026-11-21T00:00:00Z")
    written: list[dict[str, Any]] = [
        dict(action) for action in actions("table", head, change.next_head(head), change, verdict)
    ]
    keys = {
        (item["pk"]["S"], item["sk"]["S"])
        for action in written
        for item in [action["Put"]["Item"] if "Put" in action else action["Delete"]["Key"]]
    }
    assert len(former) < len(written) <= 100
    assert len(keys) == len(written)


def test_a_commit_that_another_one_overtook_is_judged_again(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 1: the commit is conditional on the head's revision."""
    article_id = newsroom.submit(article())
    newsroom.upload(article(title="Bản hai"), article_id)
    overtaken: list[int] = []

    def publish_meanwhile(operation: str, _parameters: dict[str, Any]) -> None:
        if operation == "TransactWriteItems" and not overtaken:
            overtaken.append(1)
            newsroom.upload(article(title="Bản ba"), article_id)
            newsroom.portal.lambdas.forget("IntakeFunction")
            newsroom.announce(article_id, 3)
            newsroom.portal.clients.sqs.purge_queue(QueueUrl=newsroom.name("IntakeQueue"))  # the third comes once only

    with calls.before(publish_meanwhile):
        newsroom.settle()

    assert overtaken
    assert newsroom.status(article_id)["revision"] == 3
    assert "Bản ba" in newsroom.text(newsroom.path(article_id))


def test_an_event_that_comes_ten_times_changes_nothing_after_the_first(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    before = newsroom.items()
    for _ in range(10):
        newsroom.announce(article_id, 1)
    newsroom.settle()
    assert newsroom.items() == before


def test_a_throttled_table_is_tried_again_and_nothing_is_lost(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 5: a transient error is retried by the queue; it is no verdict."""
    throttled = refusal("TransactWriteItems", "ThrottlingException", 400)
    with calls.before(once("TransactWriteItems", throttled)):
        article_id = newsroom.submit(article())
    assert newsroom.status(article_id)["state"] == "published"
    assert newsroom.dead_letters() == {}


def test_what_stays_wrong_ends_in_the_dead_letter_queue_and_not_in_a_verdict(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 5: only the unexpected goes there."""
    with calls.before(always("TransactWriteItems", refusal("TransactWriteItems", "AccessDeniedException", 400))):
        article_id = newsroom.submit(article())
        assert newsroom.status(article_id)["verdict"]["outcome"] == "waiting"
    assert newsroom.dead_letters() == {"IntakeDeadLetters": 1}


def test_a_bad_upload_before_or_after_a_good_one_hides_nothing(newsroom: Newsroom) -> None:
    """Rule 5: each upload is judged by itself and has a verdict of its own."""
    article_id = newsroom.upload(article())
    newsroom.upload(article(status="withdrawn"), article_id)
    newsroom.upload(b"{", article_id)
    newsroom.settle()
    assert newsroom.status(article_id)["state"] == "withdrawn"
    assert newsroom.status(article_id)["verdict"]["outcome"] == "rejected"
    assert article()["title"] not in newsroom.text("/")


@pytest.mark.parametrize("status", ["withdrawn", "gone"])
def test_a_takedown_is_purged_again_later_than_any_fetch_can_last(
    newsroom: Newsroom, calls: Calls, status: str
) -> None:
    """Rule 3: an edge may store what it read before the first purge."""
    article_id = newsroom.submit(article())
    newsroom.submit(article(status=status), article_id)
    delayed = [given for name, given in calls.seen if name == "SendMessage" and "DelaySeconds" in given]
    assert [given["DelaySeconds"] for given in delayed] == [300]
    assert json.loads(delayed[0]["MessageBody"]) == {"tags": [f"article-{article_id}", "lists"]}
    assert newsroom.queued("PurgeQueue") == 1


def test_a_crash_between_takedown_and_its_delayed_purge_sends_it_after_all(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 3: also when intake finds its commit already made."""
    article_id = newsroom.submit(article())
    newsroom.upload(article(status="gone"), article_id)
    with calls.after(once("TransactWriteItems", Crash())), pytest.raises(Crash):
        newsroom.settle()
    assert newsroom.status(article_id)["state"] == "gone"
    assert newsroom.queued("PurgeQueue") == 0
    newsroom.settle()
    assert newsroom.queued("PurgeQueue") == 1


def test_a_scheduled_article_is_nowhere_until_its_minute_and_then_everywhere(newsroom: Newsroom) -> None:
    """Rule 10."""
    before = set(newsroom.objects("SiteBucket"))
    article_id = newsroom.submit(article(published_at=in_hours(2)))
    assert newsroom.status(article_id)["state"] == "scheduled"
    newsroom.tick()
    assert set(newsroom.objects("SiteBucket")) == before
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2, minutes=1)):
        newsroom.token = newsroom.http.get("/local/token").text.strip()
        newsroom.tick()
        status = newsroom.status(article_id)
        assert (status["state"], status["revision"], status["upload"]) == ("published", 2, 1)
        assert article()["title"] in newsroom.text("/")
        assert newsroom.read(newsroom.path(article_id)).status_code == 200


def test_an_article_whose_time_is_over_becomes_a_notice_by_itself(newsroom: Newsroom) -> None:
    """Rule 10."""
    article_id = newsroom.submit(article(expires_at=in_hours(2)))
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3)):
        newsroom.token = newsroom.http.get("/local/token").text.strip()
        newsroom.tick()
        assert newsroom.status(article_id)["state"] == "withdrawn"
        assert article()["title"] not in newsroom.text("/")
        assert not [key for key in newsroom.items() if key[0] == "due"]


def test_the_clock_judges_a_waiting_upload_before_it_publishes(newsroom: Newsroom) -> None:
    """Rule 10: an upload that holds an article back must not lose to the minute it was due."""
    article_id = newsroom.submit(article(published_at=in_hours(2)))
    newsroom.upload(article(published_at=in_hours(2), status="withdrawn"), article_id)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3)):
        newsroom.token = newsroom.http.get("/local/token").text.strip()
        newsroom.portal.clients.sqs.purge_queue(QueueUrl=newsroom.name("IntakeQueue"))  # its event is lost
        newsroom.tick()
        status = newsroom.status(article_id)
        # Two revisions, the scheduled and the withdrawn one: it was never published in between.
        assert (status["state"], status["upload"], status["revision"]) == ("withdrawn", 2, 2)


def test_a_crash_of_tick_leaves_what_is_due_due(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 10: the due item goes after the commit, never before."""
    article_id = newsroom.submit(article(published_at=in_hours(2)))
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3)):
        newsroom.token = newsroom.http.get("/local/token").text.strip()
        newsroom.portal.pump.beat()
        with calls.before(once("TransactWriteItems", Crash())), pytest.raises(Crash):
            newsroom.settle()
        assert [key for key in newsroom.items() if key[0] == "due"]
        newsroom.tick()
        assert newsroom.status(article_id)["state"] == "published"


def test_one_article_that_fails_does_not_keep_the_clock_from_the_others(newsroom: Newsroom, calls: Calls) -> None:
    bad = newsroom.submit(article(published_at=in_hours(1)))
    good = newsroom.submit(article(published_at=in_hours(2)))
    denied = refusal("ListObjectsV2", "AccessDenied", 403)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3)):
        newsroom.token = newsroom.http.get("/local/token").text.strip()
        with calls.before(always("ListObjectsV2", denied, Prefix=f"articles/{bad}/")):
            newsroom.tick()
        assert newsroom.status(good)["state"] == "published"
        assert newsroom.status(bad)["state"] == "scheduled"
        newsroom.tick()
        assert newsroom.status(bad)["state"] == "published"


def test_a_run_that_stalls_never_judges_by_an_older_head_than_its_upload_started_from(
    newsroom: Newsroom, calls: Calls
) -> None:
    """Rule 1: no commit guards a verdict of conflict, so the head is read after the uploads are listed."""
    article_id = newsroom.submit(article())
    newsroom.submit(b"{", article_id)  # a number that will never be accepted: from now on the uploads are listed
    newsroom.upload(article(title="Bản ba"), article_id)
    stalled: list[int] = []

    def accept_meanwhile(operation: str, _parameters: dict[str, Any]) -> None:
        if operation == "ListObjectsV2" and not stalled:
            stalled.append(1)
            newsroom.portal.lambdas.forget("IntakeFunction")
            newsroom.announce(article_id, 3)
            newsroom.upload(article(title="Bản bốn"), article_id, base=3)

    with calls.before(accept_meanwhile):
        newsroom.announce(article_id, 3)
    newsroom.settle()
    assert stalled
    assert newsroom.status(article_id)["verdict"]["outcome"] == "accepted"


def test_an_upload_that_can_not_be_judged_holds_up_no_later_one(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 5: a takedown after it still takes down."""
    article_id = newsroom.submit(article())
    denied = refusal("GetObject", "AccessDenied", 403)
    with calls.before(always("GetObject", denied, Key=f"articles/{article_id}/000002.json")):
        newsroom.upload(article(title="Bản hai"), article_id)
        newsroom.submit(article(status="withdrawn"), article_id)
    assert newsroom.status(article_id)["state"] == "withdrawn"
    assert newsroom.dead_letters() == {"IntakeDeadLetters": 1}


def test_what_waits_before_an_upload_is_judged_before_it_whichever_event_comes_first(newsroom: Newsroom) -> None:
    article_id = newsroom.submit(article())
    newsroom.upload(article(title="Bản hai"), article_id)
    newsroom.upload(article(title="Bản ba"), article_id)
    newsroom.announce(article_id, 3)
    newsroom.settle()
    verdicts = [newsroom.items()[f"article#{article_id}", f"verdict#{number:06}"] for number in (2, 3)]
    assert [item["outcome"]["S"] for item in verdicts] == ["accepted", "accepted"]


def test_an_upload_that_has_only_to_wait_is_judged_before_those_after_it(newsroom: Newsroom, calls: Calls) -> None:
    """What time mends keeps its place: judged after a later one it would be superseded, which its editor never did."""
    article_id = newsroom.submit(article())
    newsroom.upload(article(title="Bản hai"), article_id)
    newsroom.upload(article(title="Bản ba"), article_id)
    throttled = refusal("GetObject", "SlowDown", 503)
    with calls.before(once("GetObject", throttled, Key=f"articles/{article_id}/000002.json")):
        newsroom.announce(article_id, 3)
    newsroom.settle()
    verdicts = [newsroom.items()[f"article#{article_id}", f"verdict#{number:06}"] for number in (2, 3)]
    assert [item["outcome"]["S"] for item in verdicts] == ["accepted", "accepted"]


def test_an_upload_that_can_not_be_judged_does_not_stop_the_clock(newsroom: Newsroom, calls: Calls) -> None:
    """Rules 5 and 10."""
    article_id = newsroom.submit(article(expires_at=in_hours(2)))
    newsroom.upload(article(title="Bản hai"), article_id)
    denied = refusal("GetObject", "AccessDenied", 403)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3)):
        newsroom.token = newsroom.http.get("/local/token").text.strip()
        with calls.before(always("GetObject", denied, Key=f"articles/{article_id}/000002.json")):
            newsroom.tick()
        assert newsroom.status(article_id)["state"] == "withdrawn"
        assert newsroom.dead_letters() == {"IntakeDeadLetters": 1, "TickDeadLetters": 1}


def test_tick_never_deletes_what_a_commit_has_made_due_since(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 10: the same minute may have been asked for again after tick looked."""
    article_id = newsroom.submit(article(published_at=in_hours(2)))
    newsroom.submit(article(status="draft"), article_id)
    [due] = [item for (partition, _), item in newsroom.items().items() if partition == "due"]

    def ask_again(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "DeleteItem" and parameters["Key"]["pk"] == {"S": "due"}:
            newsroom.portal.clients.dynamodb.put_item(
                TableName=newsroom.name("Table"), Item=due | {"revision": {"N": "3"}}
            )

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3)):
        with calls.before(ask_again):
            newsroom.tick()
        assert (due["pk"]["S"], due["sk"]["S"]) in newsroom.items()
        newsroom.tick()
        assert (due["pk"]["S"], due["sk"]["S"]) not in newsroom.items()


def test_the_clocks_takedown_is_purged_again_later_also_after_a_crash(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 3: what the clock takes down, an edge may have stored before its purge as well."""
    newsroom.submit(article(expires_at=in_hours(2)))
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        newsroom.tick()  # finds the upload's verdict: from now on only what is due leads to the article
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3)):
        newsroom.portal.pump.beat()
        with calls.after(once("TransactWriteItems", Crash())), pytest.raises(Crash):
            newsroom.settle()
        assert newsroom.queued("PurgeQueue") == 0
        newsroom.tick()
        delayed = [given for name, given in calls.seen if name == "SendMessage" and "DelaySeconds" in given]
        assert {given["DelaySeconds"] for given in delayed} == {300}
