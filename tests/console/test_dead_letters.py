"""`portal dead-letters` shows what has failed, and lets it be tried again."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from console import dead_letters
from console.deployment import Deployment
from tests.console.conftest import Portal
from tests.faults import Calls, always, refusal
from tests.newsroom import Newsroom, article


def denied(operation: str) -> Exception:
    return refusal(operation, "AccessDenied", 403)


def test_a_healthy_portal_has_none(command: Portal) -> None:
    assert command("dead-letters") == (0, "All queues that should be empty are empty.\n", "")


def test_an_upload_that_could_not_be_judged_is_judged_after_all(
    newsroom: Newsroom, calls: Calls, command: Portal
) -> None:
    with calls.before(always("TransactWriteItems", denied("TransactWriteItems"))):
        article_id = newsroom.submit(article())
    status, said, _ = command("dead-letters")
    assert status == 2
    assert f"articles/{article_id}/000001.json" in said
    status, said, _ = command("dead-letters", "--redrive")
    assert (status, newsroom.dead_letters()) == (0, {})
    newsroom.settle()
    assert newsroom.status(article_id)["state"] == "published"


def test_a_page_that_was_put_aside_is_drawn(newsroom: Newsroom, calls: Calls, command: Portal) -> None:
    with calls.before(always("PutObject", denied("PutObject"), Key="tin-tuc/index.html")):
        newsroom.submit(article())
    said = json.loads(command("dead-letters", "--json")[1])
    assert [(each["queue"], each["said"].partition(":")[0]) for each in said] == [("FailedPagesQueue", "/tin-tuc/")]
    assert command("dead-letters", "--redrive", "FailedPagesQueue")[0] == 0
    newsroom.settle()
    assert article()["title"] in newsroom.text("/tin-tuc/")
    assert newsroom.dead_letters() == {}


def test_a_revision_that_was_put_aside_is_archived(newsroom: Newsroom, calls: Calls, command: Portal) -> None:
    with calls.before(always("PutObject", denied("PutObject"), Bucket=newsroom.name("ArchiveBucket"))):
        article_id = newsroom.submit(article())
    assert f"article {article_id}: " in command("dead-letters")[1]
    command("dead-letters", "--redrive")
    newsroom.settle()
    assert list(newsroom.objects("ArchiveBucket")) == [f"articles/{article_id}/000001.json"]


def test_changes_that_the_stream_gave_up_are_drawn_and_archived(
    newsroom: Newsroom, calls: Calls, command: Portal
) -> None:
    slow = refusal("PutObject", "SlowDown", 503)
    with calls.before(always("PutObject", slow, Bucket=newsroom.name("SiteBucket"))):
        article_id = newsroom.submit(article())
    assert set(newsroom.dead_letters()) == {"RenderDeadLetters"}
    assert newsroom.read(newsroom.path(article_id)).status_code == 404
    status, said, _ = command("dead-letters", "--redrive")
    assert status == 0
    assert "sent back" in said
    newsroom.settle()
    newsroom.portal.edge.replace({})
    assert newsroom.read(newsroom.path(article_id)).status_code == 200
    assert list(newsroom.objects("ArchiveBucket")) == [f"articles/{article_id}/000001.json"]
    assert newsroom.dead_letters() == {}


def test_changes_that_the_stream_has_forgotten_stay_and_say_what_helps(newsroom: Newsroom, served: str) -> None:
    place = {"streamArn": "arn:of:a:stream", "shardId": "shardId-00000001541626099285-f35f62ef"}
    place |= {"startSequenceNumber": "1", "endSequenceNumber": "2"}
    body = json.dumps({"DDBStreamBatchInfo": place | {"batchSize": 2, "approximateArrivalOfFirstRecord": "2026-11-20"}})
    newsroom.portal.clients.sqs.send_message(QueueUrl=newsroom.name("RenderDeadLetters"), MessageBody=body)
    streams = newsroom.portal.lambdas.session.client("dynamodbstreams")
    streams.meta.events.register("before-parameter-build", _forgotten)
    deployment = replace(Deployment.of_this_machine(served), streams=streams)
    [letter] = dead_letters.letters(deployment, "RenderDeadLetters")
    with pytest.raises(dead_letters.ForgottenError, match="redraw --all"):
        dead_letters.send_back(deployment, letter)
    assert newsroom.dead_letters() == {"RenderDeadLetters": 1}


def _forgotten(**_: object) -> None:
    raise refusal("GetShardIterator", "TrimmedDataAccessException", 400)


@pytest.fixture
def gave_up(newsroom: Newsroom, calls: Calls) -> None:
    """Let the stream give up the changes of an article, which is not the first of its month."""
    newsroom.submit(article(title="Bài trước", published_at="2026-11-01T08:00:00+07:00"))
    slow = refusal("PutObject", "SlowDown", 503)
    with calls.before(always("PutObject", slow, Bucket=newsroom.name("SiteBucket"))):
        newsroom.submit(article())


@pytest.mark.usefixtures("gave_up")
def test_changes_behind_a_part_of_the_stream_that_is_empty_are_found(newsroom: Newsroom, served: str) -> None:
    """GetRecords: an empty answer does not say that the shard has no more."""
    reads = read_by_the_command(newsroom, served, {"Records": []}, times=3)
    assert reads == ["an empty answer"] * 3 + ["the changes"]
    newsroom.settle()
    assert article()["title"] in newsroom.text("/")


@pytest.mark.usefixtures("gave_up")
@pytest.mark.parametrize("answer", [{"Records": []}, {"Records": [], "NextShardIterator": None}])
def test_changes_that_are_not_all_found_stay(newsroom: Newsroom, served: str, answer: Mapping[str, Any]) -> None:
    with pytest.raises(dead_letters.ForgottenError, match="redraw --all"):
        read_by_the_command(newsroom, served, answer, times=10_000)
    assert newsroom.dead_letters() == {"RenderDeadLetters": 1}


def read_by_the_command(newsroom: Newsroom, served: str, answer: Mapping[str, Any], times: int) -> list[str]:
    """Send back what the stream gave up, while its first answers are changed; tell what was read."""
    streams = newsroom.portal.lambdas.session.client("dynamodbstreams")
    asked: list[dict[str, Any]] = []
    reads: list[str] = []

    def ask(params: dict[str, Any], **_: object) -> None:
        asked.append(params)

    def change(parsed: dict[str, Any], **_: object) -> None:
        if len(reads) < times:
            parsed.update({"NextShardIterator": asked[-1]["ShardIterator"], **answer})
        reads.append("the changes" if parsed["Records"] else "an empty answer")

    streams.meta.events.register("before-parameter-build.dynamodb-streams.GetRecords", ask)
    streams.meta.events.register("after-call.dynamodb-streams.GetRecords", change)
    deployment = replace(Deployment.of_this_machine(served), streams=streams)
    [letter] = dead_letters.letters(deployment, "RenderDeadLetters")
    dead_letters.send_back(deployment, letter)
    return reads


@pytest.mark.parametrize(
    ("queue", "body"),
    [
        ("IntakeDeadLetters", '{"Records": [{}]}'),
        ("IntakeDeadLetters", '{"Records": 1}'),
        ("FailedPagesQueue", '{"path": 1}'),
        ("RenderDeadLetters", '{"DDBStreamBatchInfo": {"shardId": "x"}}'),
        ("RenderDeadLetters", '{"DDBStreamBatchInfo": null}'),
        ("TickDeadLetters", '{"responsePayload": null}'),
    ],
)
def test_what_is_half_a_message_is_listed_and_hides_no_other(
    newsroom: Newsroom, command: Portal, queue: str, body: str
) -> None:
    """What nobody can read ends in these queues, of all places."""
    for each in (body, json.dumps({"tags": ["lists"]})):
        newsroom.portal.clients.sqs.send_message(QueueUrl=newsroom.name(queue), MessageBody=each)
    status, said, _ = command("dead-letters")
    assert status == 2
    assert said.count(queue) == 2
    assert "purge lists" in said
    assert "of 2 sent back" in command("dead-letters", "--redrive")[1]


def test_what_somebody_else_looks_at_is_told(newsroom: Newsroom, command: Portal) -> None:
    """`tick` does each minute; an operator must not read that all is well, nor that all was sent back."""
    message = {"path": "/", "error": "x", "attempts": 9}
    sqs, queue = newsroom.portal.clients.sqs, newsroom.name("FailedPagesQueue")
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))
    assert sqs.receive_message(QueueUrl=queue, VisibilityTimeout=30)["Messages"]
    for arguments in ((), ("--redrive",)):
        status, said, wrong = command("dead-letters", *arguments)
        assert status == 2
        assert "All queues" not in said
        assert "FailedPagesQueue: 1 more" in wrong


@pytest.mark.parametrize("code", ["MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"])
def test_a_message_that_others_can_see_again_by_now_is_listed(newsroom: Newsroom, served: str, code: str) -> None:
    """A long list takes longer than the messages are hidden."""
    body = json.dumps({"tags": ["lists"]})
    newsroom.portal.clients.sqs.send_message(QueueUrl=newsroom.name("PurgeDeadLetters"), MessageBody=body)
    deployment = Deployment.of_this_machine(served)

    def gone(**_: object) -> None:
        raise refusal("ChangeMessageVisibility", f"AWS.SimpleQueueService.{code}", 400)

    deployment.sqs.meta.events.register("before-parameter-build.sqs.ChangeMessageVisibility", gone)
    [letter] = dead_letters.letters(deployment, "PurgeDeadLetters")
    dead_letters.show_again(deployment, letter)
    assert newsroom.dead_letters() == {"PurgeDeadLetters": 1}


@pytest.mark.parametrize("queue", ["FailedPagesQueue", "RenderDeadLetters"])
@pytest.mark.parametrize("body", ["no JSON", "[]", "{}"])
def test_what_nobody_can_read_stays(newsroom: Newsroom, command: Portal, queue: str, body: str) -> None:
    newsroom.portal.clients.sqs.send_message(QueueUrl=newsroom.name(queue), MessageBody=body)
    status, said, wrong = command("dead-letters", "--redrive")
    assert (status, said) == (2, "0 of 1 sent back.\n")
    assert "stays" in wrong
    assert newsroom.dead_letters() == {queue: 1}


def test_a_purge_and_a_ticks_failure_go_back_too(newsroom: Newsroom, calls: Calls, command: Portal) -> None:
    sqs = newsroom.portal.clients.sqs
    sqs.send_message(QueueUrl=newsroom.name("PurgeDeadLetters"), MessageBody=json.dumps({"tags": ["lists"]}))
    failure = {"responsePayload": {"errorMessage": "what tick could not do"}}
    sqs.send_message(QueueUrl=newsroom.name("TickDeadLetters"), MessageBody=json.dumps(failure))
    said = command("dead-letters")[1]
    assert "purge lists" in said
    assert "what tick could not do" in said
    assert command("dead-letters", "--redrive")[0] == 0
    newsroom.settle()
    assert newsroom.dead_letters() == {}
    assert "CreateInvalidation" in [name for name, _ in calls.seen]
