"""The rules of purging: in batches, each tag once, never lost, never twice under one name."""

import json
from typing import Any

import pytest

from tests.faults import Calls, always, once, refusal
from tests.newsroom import Newsroom, article

BUSY = refusal("CreateInvalidation", "TooManyInvalidationsInProgress", 400)


def batch(*messages: tuple[str, object]) -> dict[str, Any]:
    """Make an event of messages, each with its id and the tags that it names."""
    return {
        "Records": [
            {
                "messageId": message_id,
                "receiptHandle": "r",
                "body": tags if isinstance(tags, str) else json.dumps({"tags": tags}),
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSource": "aws:sqs",
            }
            for message_id, tags in messages
        ]
    }


def invalidations(calls: Calls) -> list[dict[str, Any]]:
    return [given["InvalidationBatch"] for name, given in calls.seen if name == "CreateInvalidation"]


def test_a_batch_is_one_invalidation_that_names_each_tag_once(newsroom: Newsroom, calls: Calls) -> None:
    event = batch(("1", ["lists", "article-a"]), ("2", ["lists"]), ("3", ["article-b"]))
    assert newsroom.portal.lambdas.invoke("PurgeFunction", event) == {"batchItemFailures": []}
    [invalidation] = invalidations(calls)
    assert invalidation["Paths"] == {"Quantity": 3, "Items": ["#article-a", "#article-b", "#lists"]}


def test_the_same_batch_has_the_same_reference_and_the_same_tags_later_have_another(
    newsroom: Newsroom, calls: Calls
) -> None:
    """CloudFront does nothing for a reference that it has seen: a rollback purges the tags of the change before it."""
    for event in (
        batch(("1", ["lists"]), ("2", ["article-a"])),
        batch(("2", ["article-a"]), ("1", ["lists"])),
        batch(("3", ["lists"]), ("4", ["article-a"])),
    ):
        newsroom.portal.lambdas.invoke("PurgeFunction", event)
    first, again, later = (invalidation["CallerReference"] for invalidation in invalidations(calls))
    assert first == again
    assert first != later


def test_a_burst_of_publishing_costs_one_item_for_all_lists_and_none_for_new_articles(
    newsroom: Newsroom, calls: Calls
) -> None:
    for number in range(3):
        newsroom.upload(article(title=f"Bài {number}"))
    calls.seen.clear()
    newsroom.settle()
    assert [invalidation["Paths"]["Items"] for invalidation in invalidations(calls)] == [["#lists"]]


def test_when_cloudfront_is_busy_the_purge_waits_and_is_not_lost(newsroom: Newsroom, calls: Calls) -> None:
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    newsroom.read(path)
    with calls.before(once("CreateInvalidation", BUSY)):
        newsroom.submit(article(body="<p>Bản sửa.</p>"), article_id)
    assert "Bản sửa." in newsroom.text(path)
    waits = [given["VisibilityTimeout"] for name, given in calls.seen if name == "ChangeMessageVisibility"]
    assert waits
    assert set(waits) == {5}
    assert newsroom.dead_letters() == {}


def test_each_refusal_doubles_the_wait(newsroom: Newsroom, calls: Calls) -> None:
    newsroom.portal.clients.sqs.send_message(
        QueueUrl=newsroom.name("PurgeQueue"), MessageBody=json.dumps({"tags": ["lists"]})
    )
    with calls.before(always("CreateInvalidation", BUSY)):
        newsroom.settle()
    waits = [given["VisibilityTimeout"] for name, given in calls.seen if name == "ChangeMessageVisibility"]
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 900
    # Given up at last, and told.
    assert newsroom.dead_letters() == {"PurgeDeadLetters": 1}


def test_a_wait_that_can_not_be_asked_for_keeps_no_other_message_from_its_own_and_loses_none(
    newsroom: Newsroom, calls: Calls
) -> None:
    """What was not kept back comes again when the queue shows it, and the purge is made all the same."""
    newsroom.settle()
    calls.seen.clear()
    for tag in ("article-a", "article-b", "article-c"):
        newsroom.portal.clients.sqs.send_message(
            QueueUrl=newsroom.name("PurgeQueue"), MessageBody=json.dumps({"tags": [tag]})
        )
    failing = refusal("ChangeMessageVisibility", "ServiceUnavailable", 503)
    with calls.before(once("CreateInvalidation", BUSY)), calls.before(once("ChangeMessageVisibility", failing)):
        newsroom.portal.pump.step("PurgeFunction")
    assert [name for name, _ in calls.seen] == ["CreateInvalidation", *3 * ["ChangeMessageVisibility"]]
    assert newsroom.queued("PurgeQueue") == 3
    newsroom.settle()
    purged = {item for invalidation in invalidations(calls)[1:] for item in invalidation["Paths"]["Items"]}
    assert purged == {"#article-a", "#article-b", "#article-c"}
    assert newsroom.dead_letters() == {}


UNREADABLE = [
    "no JSON",
    "[]",
    "{}",
    '{"tags": "lists"}',
    '{"tags": [1]}',
    '{"tags": []}',
    # What CloudFront would refuse, and the whole batch with it.
    '{"tags": ["lists", "article a"]}',
    '{"tags": ["lists", ""]}',
    '{"tags": ["lists", "*"]}',
    '{"tags": ["Lists"]}',
    '{"tags": ["lists\\n"]}',
    json.dumps({"tags": ["lists", 257 * "a"]}),
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_a_message_that_nobody_can_read_is_a_dead_letter_and_holds_up_no_other(
    newsroom: Newsroom, calls: Calls, body: str
) -> None:
    answer = newsroom.portal.lambdas.invoke("PurgeFunction", batch(("1", body), ("2", ["lists"])))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert [invalidation["Paths"]["Items"] for invalidation in invalidations(calls)] == [["#lists"]]


def test_more_tags_than_one_invalidation_may_have_are_left_for_the_next(newsroom: Newsroom, calls: Calls) -> None:
    tags = [f"article-{number}" for number in range(1200)]
    answer = newsroom.portal.lambdas.invoke("PurgeFunction", batch(("1", tags[:600]), ("2", tags[600:])))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    [invalidation] = invalidations(calls)
    assert invalidation["Paths"]["Quantity"] == 600
