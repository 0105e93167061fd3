"""The answers that AWS gives and moto does not: each is injected at each call, and each has its outcome.

Done: the function made good by itself what the answer was about. Superseded: another run was faster, and nothing is
left to do. Try later: the records are named, or the run fails as a whole, and the same records delivered again are
done. Put aside: a page or a copy in the archive waits for `tick`. Dead letter: what stays wrong lies where operators
find it.

SQS may do one half of a batch that it is sent and refuse the other, with 200 as its answer. No function sends batches.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    FlexibleChecksumError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.retries.standard import ThrottledRetryableChecker

from local.lambdas import FunctionError
from portal.outcomes import is_transient
from tests.faults import Answer, Hook, refusal
from tests.newsroom import article
from tests.reliability.flows import (
    Flow,
    rejection,
    scheduled_minute,
    two_uploads_at_once,
    update,
    upload_whose_event_is_lost,
    withdrawal,
    withdrawal_after_a_bad_upload,
)
from tests.reliability.interleaving import Choose, Stage, Worker, some_orders, until_done
from tests.reliability.model import check
from tests.reliability.world import Outcome, Saved, World

Fault = Answer | BotoCoreError
ROOT = Path(__file__).parents[2]
ENDPOINT = "https://aws"
BEFORE = {"RenderFunction": ("IntakeFunction",), "PurgeFunction": ("IntakeFunction", "RenderFunction")}


@dataclass(frozen=True)
class Call:
    """An AWS call that a function makes while a flow goes on; `about` is in the parameters of no other of its name."""

    flow: Flow
    function: str
    operation: str
    about: str = ""

    @property
    def service(self) -> str:
        return SERVICES[self.operation]

    def once(self, fault: Fault) -> Hook:
        """Give a hook that lets the first such call fail, and no other."""
        left = [fault]
        return lambda name, given: self._fail(left.pop()) if left and self._is(name, given) else None

    def always(self, fault: Fault) -> Hook:
        """Give a hook that lets every such call fail."""
        return lambda name, given: self._fail(fault) if self._is(name, given) else None

    def _is(self, name: str, given: dict[str, Any]) -> bool:
        return name == self.operation and re.search(self.about, str(given)) is not None

    def _fail(self, fault: Fault) -> None:
        raise fault

    def __str__(self) -> str:
        return f"{self.function.removesuffix('Function').lower()} {self.operation} {self.about}".strip()


SERVICES = {
    **dict.fromkeys(("ListObjectsV2", "GetObject", "HeadObject", "PutObject"), "s3"),
    **dict.fromkeys(("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"), "dynamodb"),
    **dict.fromkeys(("SendMessage", "ReceiveMessage", "DeleteMessage"), "sqs"),
    "CreateInvalidation": "cloudfront",
}
SECOND_PURGE, PURGE = "DelaySeconds", "^(?!.*DelaySeconds)"
INTAKE = (
    Call(withdrawal, "IntakeFunction", "GetItem", "'head'"),
    Call(withdrawal_after_a_bad_upload, "IntakeFunction", "ListObjectsV2"),
    Call(withdrawal_after_a_bad_upload, "IntakeFunction", "Query", "verdict#"),
    Call(withdrawal, "IntakeFunction", "GetObject"),
    Call(withdrawal, "IntakeFunction", "TransactWriteItems"),
    Call(withdrawal, "IntakeFunction", "SendMessage", SECOND_PURGE),
    Call(rejection, "IntakeFunction", "PutItem", "verdict#"),
)
DRAWING = (
    Call(withdrawal, "RenderFunction", "PutObject", "archivebucket"),
    Call(withdrawal, "RenderFunction", "HeadObject", "html"),
    Call(withdrawal, "RenderFunction", "GetItem", "'self'"),
    Call(withdrawal, "RenderFunction", "GetItem", "revision#"),
    Call(withdrawal, "RenderFunction", "Query", "page#/'"),
    Call(withdrawal, "RenderFunction", "PutObject", "sitebucket.*'index.html'"),
)
TELLING = Call(withdrawal, "RenderFunction", "SendMessage", PURGE)
PURGING = Call(update, "PurgeFunction", "CreateInvalidation")
TICKING = (
    Call(scheduled_minute, "TickFunction", "Query", "'due'"),
    Call(scheduled_minute, "TickFunction", "TransactWriteItems"),
    Call(scheduled_minute, "TickFunction", "DeleteItem", "'due'"),
    Call(scheduled_minute, "TickFunction", "ReceiveMessage"),
    Call(scheduled_minute, "TickFunction", "GetItem", "'drawn'"),
    Call(upload_whose_event_is_lost, "TickFunction", "Query", "'awaited'"),
    Call(upload_whose_event_is_lost, "TickFunction", "DeleteItem", "'awaited'"),
)
CALLS = (*INTAKE, *DRAWING, TELLING, *TICKING)

LOST: tuple[BotoCoreError, ...] = (
    EndpointConnectionError(endpoint_url=ENDPOINT),
    ConnectTimeoutError(endpoint_url=ENDPOINT),
    ReadTimeoutError(endpoint_url=ENDPOINT),
    ConnectionClosedError(endpoint_url=ENDPOINT),
)
PASSING: dict[str, tuple[Fault, ...]] = {
    "s3": (
        Answer(503, "SlowDown"),
        Answer(500, "InternalError"),
    ),
    "dynamodb": (
        Answer(400, "ThrottlingException"),
        Answer(400, "ProvisionedThroughputExceededException"),
        Answer(400, "RequestLimitExceeded"),
        Answer(500, "InternalServerError"),
    ),
    "sqs": (
        Answer(403, "RequestThrottled"),
        Answer(400, "ThrottlingException"),
        Answer(403, "OverLimit"),
        Answer(503, "ServiceUnavailable"),
    ),
    "cloudfront": (
        Answer(400, "TooManyInvalidationsInProgress"),
        Answer(400, "Throttling"),
        Answer(503, "ServiceUnavailable"),
        Answer(429, "TooManyRequests"),
    ),
}
# What S3 may say of a request whose answer has a body to say it in, and DynamoDB of a write.
PASSING_OF: dict[str, tuple[Fault, ...]] = {
    **dict.fromkeys(
        ("ListObjectsV2", "GetObject", "PutObject"),
        (Answer(400, "RequestTimeout"), Answer(409, "OperationAborted")),
    ),
    **dict.fromkeys(("PutItem", "DeleteItem"), (Answer(400, "TransactionConflictException"),)),
    "TransactWriteItems": (Answer(400, "TransactionInProgressException"),),
}
BUSY = Answer(400, "TooManyInvalidationsInProgress")
DENIED = {
    "s3": Answer(403, "AccessDenied"),
    "dynamodb": Answer(400, "AccessDeniedException"),
    "sqs": Answer(403, "AccessDenied"),
    "cloudfront": Answer(403, "AccessDenied"),
}
LASTING: tuple[BotoCoreError, ...] = (
    NoCredentialsError(),
    ParamValidationError(report="a mistake of our own"),
)


def named(rows: list[tuple[Any, ...]]) -> list[Any]:
    return [pytest.param(*row, id=": ".join(_said(part) for part in row)) for row in rows]


def _said(part: object) -> str:
    return type(part).__name__ if isinstance(part, BotoCoreError) else str(part)


def every_answer(calls: tuple[Call, ...]) -> list[tuple[Call, Fault]]:
    """Give each call a throttle or a lost connection, and the first of a function and a service all that passes."""
    rows: list[tuple[Call, Fault]] = []
    complete: set[tuple[str, str]] = set()
    for call in calls:
        faults: tuple[Fault, ...] = ((*PASSING[call.service], *LOST)[len(rows) % (len(LOST) + 2)],)
        if (call.function, call.service) not in complete:
            faults = (*PASSING[call.service], *LOST)
        complete.add((call.function, call.service))
        rows += [(call, fault) for fault in (*faults, *PASSING_OF.get(call.operation, ()))]
    return rows


Prepare = Callable[[Call], tuple[dict[str, Any], Outcome]]
Known = dict[tuple[Flow, str], tuple[Saved, dict[str, Any], Outcome]]


@pytest.fixture(scope="module")
def known() -> Known:
    """Give what is known of flows by now: the state before a function's turn, its event, and the undisturbed end."""
    return {}


@pytest.fixture
def prepare(world: World, known: Known) -> Prepare:
    """Let a flow come as far as the call's function; give the function's event, and what an undisturbed run leaves."""

    def prepare(call: Call) -> tuple[dict[str, Any], Outcome]:
        if (call.flow, call.function) not in known:
            call.flow(world)
            for function in BEFORE.get(call.function, ()):
                world.portal.pump.step(function)
            event = world.portal.pump.take(call.function)
            assert event is not None
            before = world.save()
            assert delivered(world, call.function, event) == []
            world.settle()
            known[call.flow, call.function] = before, event, world.outcome()
        before, event, undisturbed = known[call.flow, call.function]
        world.restore(before)
        return event, undisturbed

    return prepare


def delivered(world: World, function: str, event: dict[str, Any]) -> list[str]:
    """Hand over an event; name the records that are to be delivered again: all of them when the function fails."""
    try:
        answer = world.portal.lambdas.invoke(function, event)
    except FunctionError:
        return every(event)
    return [each["itemIdentifier"] for each in (answer or {}).get("batchItemFailures", [])]


def every(event: dict[str, Any]) -> list[str]:
    """Name all records of an event; the clock's has none, and is delivered again itself."""
    records = event.get("Records", [])
    return [each.get("messageId") or each["dynamodb"]["SequenceNumber"] for each in records] or ["tick"]


def told(world: World, function: str) -> str:
    """Give what the function's log says at the level of errors, the newest last."""
    return "\n".join(str(each) for each in world.portal.lambdas.log.records(function) if each.get("level") == "ERROR")


def word(call: Call, fault: Fault) -> str:
    """Give the word by which operators find a fault in the log."""
    if isinstance(fault, BotoCoreError):
        return type(fault).__name__
    return str(fault.status) if call.operation == "HeadObject" else fault.code


@pytest.mark.parametrize(("call", "fault"), named(every_answer(CALLS)))
def test_what_passes_is_tried_again_and_then_done(world: World, prepare: Prepare, call: Call, fault: Fault) -> None:
    """Try later: it is told in the log, it is no verdict and nothing is put aside; delivered again, all is done."""
    event, undisturbed = prepare(call)
    with world.calls.before(call.once(fault)):
        again = delivered(world, call.function, event)
    assert again
    assert set(again) <= set(every(event))
    assert word(call, fault) in told(world, call.function)
    assert world.dead_letters() == {}
    assert delivered(world, call.function, event) == []
    world.settle()
    assert undisturbed.differences(world.outcome()) == []


@pytest.mark.parametrize("fault", [*PASSING["cloudfront"], *LOST], ids=_said)
def test_a_purge_that_cloudfront_can_not_take_now_waits_and_is_made(
    world: World, prepare_to_purge: Outcome, fault: Fault
) -> None:
    """Try later: after 5 seconds, then after twice as long each time."""
    world.calls.seen.clear()
    with world.calls.before(PURGING.once(fault)):
        world.portal.pump.step("PurgeFunction")
    assert world.queued("PurgeQueue") == 1
    assert word(PURGING, fault) in told(world, "PurgeFunction").splitlines()[-1]
    assert [given["VisibilityTimeout"] for name, given in world.calls.seen if name == "ChangeMessageVisibility"] == [5]
    world.settle()
    assert prepare_to_purge.differences(world.outcome()) == []


@pytest.mark.parametrize("fault", [*PASSING["sqs"], *LOST], ids=_said)
def test_a_wait_that_can_not_be_asked_for_is_the_queues_own(
    world: World, prepare_to_purge: Outcome, fault: Fault
) -> None:
    """Try later: the message is named as failed all the same, and seen again after the queue's 185 seconds."""
    asked = Call(update, "PurgeFunction", "ChangeMessageVisibility")
    with world.calls.before(PURGING.once(BUSY)), world.calls.before(asked.once(fault)):
        world.portal.pump.step("PurgeFunction")
    assert world.queued("PurgeQueue") == 1
    assert BUSY.code in told(world, "PurgeFunction").splitlines()[-1]
    world.settle()
    assert prepare_to_purge.differences(world.outcome()) == []


@pytest.mark.parametrize("fault", [DENIED["cloudfront"], Answer(404, "NoSuchDistribution"), LASTING[0]], ids=_said)
def test_a_purge_that_cloudfront_refuses_for_good_is_not_kept_back_longer_each_time(
    world: World, prepare_to_purge: Outcome, fault: Fault
) -> None:
    """Dead letter: after 50 times the queue's visibility, instead of eleven hours."""
    world.calls.seen.clear()
    with world.calls.before(PURGING.always(fault)):
        world.settle()
    assert "ChangeMessageVisibility" not in [name for name, _ in world.calls.seen]
    assert world.dead_letters() == {"PurgeDeadLetters": 1}
    world.redrive()
    world.settle()
    assert world.dead_letters() == {}
    assert prepare_to_purge.differences(world.outcome()) == []


@pytest.fixture
def prepare_to_purge(world: World, known: Known) -> Outcome:
    """Let a change come as far as its purge; give what an undisturbed run leaves."""
    key = update, "waiting"
    if key not in known:
        update(world)
        for function in BEFORE["PurgeFunction"]:
            world.portal.pump.step(function)
        before = world.save()
        world.settle()
        known[key] = before, {}, world.outcome()
    before, _, undisturbed = known[key]
    world.restore(before)
    return undisturbed


# What is wrong for good

ENDS: dict[str, tuple[str, str]] = {  # where a fault that passes ends when it never does, and one that lasts
    "IntakeFunction": ("IntakeDeadLetters", "IntakeDeadLetters"),
    "RenderFunction": ("RenderDeadLetters", "FailedPagesQueue"),
    "TickFunction": ("TickDeadLetters", "TickDeadLetters"),
}
STAYING = [
    (call, fault, end)
    for call in CALLS
    for fault, end in zip((PASSING[call.service][0], DENIED[call.service]), ENDS[call.function], strict=True)
]
# The purge is owed for all that the batch has drawn, so without it none of the batch is done.
ENDING = [(call, fault, "RenderDeadLetters" if call is TELLING else end) for call, fault, end in STAYING]


@pytest.mark.parametrize(("call", "fault", "end"), named(ENDING))
def test_what_stays_wrong_ends_where_operators_find_it_and_is_done_from_there(
    world: World, known: Known, call: Call, fault: Fault, end: str
) -> None:
    """Dead letter, or put aside: `./portal dead-letters --redrive` is enough when the cause is gone."""
    undisturbed = delivered_whole(world, known, call.flow)
    with world.calls.before(call.always(fault)):
        world.settle()
    assert set(world.dead_letters()) == {end}
    world.redrive()
    world.beat()
    world.settle()
    assert world.dead_letters() == {}
    assert undisturbed.differences(world.outcome()) == []


def delivered_whole(world: World, known: Known, flow: Flow) -> Outcome:
    """Let a flow begin, and give what an undisturbed run of it leaves."""
    key = flow, ""
    if key not in known:
        flow(world)
        before = world.save()
        world.settle()
        known[key] = before, {}, world.outcome()
    before, _, undisturbed = known[key]
    world.restore(before)
    return undisturbed


@pytest.mark.parametrize(
    ("call", "fault"), named([(call, fault) for call in DRAWING for fault in (DENIED[call.service], *LASTING)])
)
def test_what_can_not_be_drawn_or_archived_is_put_aside_and_the_rest_of_its_batch_is_done(
    world: World, prepare: Prepare, call: Call, fault: Fault
) -> None:
    """Put aside at once: time does not mend it, and it must not hold up the shard. `tick` tries again in a minute."""
    event, undisturbed = prepare(call)
    with world.calls.before(call.once(fault)):
        assert delivered(world, call.function, event) == []
    assert word(call, fault) in told(world, call.function).splitlines()[-1]
    assert world.dead_letters() == {"FailedPagesQueue": 1}
    world.settle()
    assert {each.split()[0] for each in undisturbed.differences(world.outcome())} <= {"page", "seen", "archived"}
    world.wait(minutes=1)
    world.beat()
    world.settle()
    assert world.dead_letters() == {}
    assert [each for each in undisturbed.differences(world.outcome()) if not each.startswith("item ('awaited'")] == []


# The conditions of S3

FENCED = Call(withdrawal, "RenderFunction", "HeadObject", "'index.html'")
PUT = Call(withdrawal, "RenderFunction", "PutObject", "sitebucket.*'index.html'")
COPY = Call(withdrawal, "RenderFunction", "PutObject", "archivebucket")
OVERTAKEN = (
    (PUT, Answer(412, "PreconditionFailed")),
    (PUT, Answer(409, "ConditionalRequestConflict")),
    (PUT, Answer(404, "NoSuchKey")),  # `If-Match` of what is not there any more
    (FENCED, Answer(404, "NoSuchKey")),  # nothing stood there yet, and by the PUT something does
)


@pytest.mark.parametrize(("call", "answer"), named(list(OVERTAKEN)))
def test_a_drawing_that_was_overtaken_starts_over_and_is_done(
    world: World, prepare: Prepare, call: Call, answer: Answer
) -> None:
    """Done, in the same run: the page is fenced again, and read again."""
    event, undisturbed = prepare(call)
    world.calls.seen.clear()
    with world.calls.before(call.once(answer)):
        assert delivered(world, call.function, event) == []
    assert [given["Key"] for name, given in world.calls.seen if name == "HeadObject"].count("index.html") == 2
    world.settle()
    assert undisturbed.differences(world.outcome()) == []


@pytest.mark.parametrize(("call", "answer"), named(list(OVERTAKEN[:3])))
def test_a_page_that_keeps_being_overtaken_is_tried_later(
    world: World, prepare: Prepare, call: Call, answer: Answer
) -> None:
    """Try later, after ten drawings: a run must end before its time does."""
    event, undisturbed = prepare(call)
    world.calls.seen.clear()
    with world.calls.before(call.always(answer)):
        assert len(delivered(world, call.function, event)) == 1
    assert [given["Key"] for name, given in world.calls.seen if name == "HeadObject"].count("index.html") == 10
    assert delivered(world, call.function, event) == []
    world.settle()
    assert undisturbed.differences(world.outcome()) == []


def test_a_copy_that_another_run_makes_at_this_moment_is_looked_at_again(world: World, prepare: Prepare) -> None:
    """Try later: 409 says that somebody is at it, not that it is done; 412 does."""
    event, undisturbed = prepare(COPY)
    with world.calls.before(COPY.once(Answer(409, "ConditionalRequestConflict"))):
        assert len(delivered(world, COPY.function, event)) == 1
    assert delivered(world, COPY.function, event) == []
    world.settle()
    assert undisturbed.differences(world.outcome()) == []


def test_a_copy_that_another_run_has_made_is_superseded(world: World, prepare: Prepare) -> None:
    event, undisturbed = prepare(COPY)
    assert delivered(world, COPY.function, event) == []
    copied = world.outcome(seen=False).archive
    assert delivered(world, COPY.function, event) == []
    assert world.outcome(seen=False).archive == copied == undisturbed.archive


def test_an_upload_that_is_not_there_any_more_needs_no_verdict(world: World, prepare: Prepare) -> None:
    """Done: there is nothing to judge, and nothing to wait for."""
    fetch = Call(withdrawal, "IntakeFunction", "GetObject")
    event, _ = prepare(fetch)
    before = world.items()
    with world.calls.before(fetch.once(Answer(404, "NoSuchKey"))):
        assert delivered(world, fetch.function, event) == []
    assert world.items() == before


# The reasons of a cancelled transaction, and the order of an article's uploads


def cancelled(*reasons: str) -> Answer:
    return Answer(400, "TransactionCanceledException", {"CancellationReasons": [{"Code": each} for each in reasons]})


def reasons_of(answer: Fault) -> str:
    more = answer.more.get("CancellationReasons", []) if isinstance(answer, Answer) else []
    return " ".join(reason["Code"] for reason in more) or _said(answer)


COMMIT = Call(two_uploads_at_once, "IntakeFunction", "TransactWriteItems", "verdict#000002")
FETCH = Call(two_uploads_at_once, "IntakeFunction", "GetObject", "000002.json")
CUT: tuple[BotoCoreError, ...] = (
    ResponseStreamingError(error="the connection was cut"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
    FlexibleChecksumError(error_msg="the bytes are not those that were stored"),
    CredentialRetrievalError(provider="container-role", error_msg="its source did not answer"),
)


@pytest.mark.parametrize(
    "answer",
    [
        cancelled("None", "TransactionConflict"),
        cancelled("ThrottlingError"),
        cancelled("ProvisionedThroughputExceeded", "None"),
        cancelled("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "None"),
        cancelled(),
        *PASSING["dynamodb"],
        *PASSING_OF["TransactWriteItems"],
    ],
    ids=reasons_of,
)
def test_a_commit_that_could_not_be_made_now_keeps_the_order_of_the_uploads(
    world: World, prepare: Prepare, answer: Answer
) -> None:
    _is_kept_in_order(world, prepare, COMMIT, answer)


@pytest.mark.parametrize("fault", [*PASSING["s3"], *PASSING_OF["GetObject"], *LOST, *CUT], ids=_said)
def test_an_upload_that_could_not_be_read_now_keeps_the_order_of_the_uploads(
    world: World, prepare: Prepare, fault: Fault
) -> None:
    _is_kept_in_order(world, prepare, FETCH, fault)


def _is_kept_in_order(world: World, prepare: Prepare, call: Call, fault: Fault) -> None:
    """Try later: the upload before it may be accepted yet, so a later one has to wait with it."""
    event, undisturbed = prepare(call)
    before = world.items()
    with world.calls.before(call.always(fault)):
        assert delivered(world, call.function, event) == every(event)
    assert world.items() == before
    assert delivered(world, call.function, event) == []
    world.settle()
    assert undisturbed.differences(world.outcome()) == []


@pytest.mark.parametrize(
    ("call", "fault"),
    named(
        [
            (COMMIT, cancelled("ValidationError", "None")),
            (COMMIT, cancelled("ItemCollectionSizeLimitExceeded")),
            (COMMIT, cancelled("TransactionConflict", "ValidationError")),
            (COMMIT, Answer(400, "ValidationException")),
            (COMMIT, DENIED["dynamodb"]),
            *((FETCH, fault) for fault in (DENIED["s3"], *LASTING)),
        ]
    ),
)
def test_what_no_time_mends_in_one_upload_holds_up_no_later_one(
    world: World, prepare: Prepare, call: Call, fault: Fault
) -> None:
    """Dead letter: only its own message comes again, and the upload after it is accepted meanwhile."""
    event, _ = prepare(call)
    [article_id] = world.sent
    with world.calls.before(call.always(fault)):
        assert delivered(world, call.function, event) == every(event)[:1]
    assert word(call, fault) in told(world, call.function)
    assert world.status(article_id)["upload"] == 3
    assert delivered(world, call.function, {"Records": event["Records"][:1]}) == []
    world.settle()
    check(world)


@pytest.mark.parametrize(
    "answer",
    [
        cancelled("ConditionalCheckFailed", "None"),
        cancelled("None", "ConditionalCheckFailed", "TransactionConflict"),
    ],
    ids=reasons_of,
)
def test_a_commit_whose_head_has_moved_is_judged_again_at_once(world: World, prepare: Prepare, answer: Answer) -> None:
    """Done in the same run, or after ten judgements tried later: a run must end before its time does."""
    event, undisturbed = prepare(COMMIT)
    before = world.items()
    world.calls.seen.clear()
    with world.calls.before(COMMIT.always(answer)):
        assert delivered(world, COMMIT.function, event) == every(event)
    assert [name for name, _ in world.calls.seen].count("TransactWriteItems") == 10 * len(event["Records"])
    assert world.items() == before
    with world.calls.before(COMMIT.once(answer)):
        assert delivered(world, COMMIT.function, event) == []
    world.settle()
    assert undisturbed.differences(world.outcome()) == []


# Batches, of which a part fails


def test_of_a_batch_of_uploads_only_those_that_failed_come_again(world: World) -> None:
    ids = [world.send(article(title=f"Bài {number}")) for number in range(4)]
    event = world.portal.pump.take("IntakeFunction")
    assert event
    failing = (ids[1], Answer(503, "SlowDown")), (ids[2], DENIED["s3"])
    hooks = [Call(update, "IntakeFunction", "GetObject", each).always(fault) for each, fault in failing]
    with world.calls.before(hooks[0]), world.calls.before(hooks[1]):
        assert delivered(world, "IntakeFunction", event) == every(event)[1:3]
    assert [world.status(each)["revision"] for each in ids] == [1, None, None, 1]
    assert delivered(world, "IntakeFunction", {"Records": event["Records"][1:3]}) == []
    world.settle()
    check(world)


def test_of_a_batch_of_changes_only_the_pages_that_failed_are_drawn_again(world: World, prepare: Prepare) -> None:
    """The stream goes on from the first of them, so what was drawn after it is drawn once more, and does no harm."""
    event, undisturbed = prepare(PUT)
    with world.calls.before(PUT.always(Answer(503, "SlowDown"))):
        [failed] = delivered(world, PUT.function, event)
    drawn = {key: world.version(key) for key in world.objects("SiteBucket")}
    again = event["Records"][every(event).index(failed) :]
    assert "page#/" in str(again[0])
    assert delivered(world, PUT.function, {"Records": again}) == []
    # What lies beside the page was put by the first run, whose version stays its own.
    assert drawn["feed.xml"] == drawn["index.html"] + 1
    assert {world.version("index.html"), world.version("feed.xml")} == {drawn["feed.xml"] + 1}
    own = [key for key in drawn if "khai-truong" in key]
    assert len(own) == 2, "the page, and its JSON"
    assert [world.version(key) for key in own] == [drawn[key] for key in own]
    world.settle()
    assert undisturbed.differences(world.outcome()) == []


def test_a_batch_of_the_stream_delivered_twice_at_once_where_s3_tells_of_a_conflict(
    world: World, count: Callable[[int], None]
) -> None:
    """Of two PUTs at once S3 may refuse one with 409, where moto, which does one after the other, says 412."""
    stage = Stage(world)
    first, second = Worker(world, "RenderFunction"), Worker(world, "RenderFunction")
    withdrawal(world)
    world.portal.pump.step("IntakeFunction")
    event = world.portal.pump.take("RenderFunction")
    assert event
    before = world.save()
    conflicts: list[str] = []

    def conflict(operation: str, given: dict[str, Any]) -> None:
        if operation == "PutObject" and "IfMatch" in given and given["IfMatch"] != etag(given):
            conflicts.append(given["Key"])
            raise Answer(409, "ConditionalRequestConflict")

    def etag(given: dict[str, Any]) -> str:
        return world.portal.clients.s3.head_object(Bucket=given["Bucket"], Key=given["Key"])["ETag"]

    def play(choose: Choose) -> None:
        stage.play([until_done(first, event), until_done(second, event)], choose)
        world.settle()
        check(world)

    with stage.open(), world.calls.before(conflict):
        count(some_orders(world, before, play, 12))
    assert conflicts


# What is taken for passing


def test_whatever_botocore_takes_for_a_throttle_passes() -> None:
    """As the version that Lambda brings may do; the list is our own, since theirs may be renamed under us."""
    codes = vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"]
    assert [code for code in codes if not is_transient(refusal("AnyOperation", code, 400))] == []


def test_no_function_sends_messages_in_batches() -> None:
    """Else a half of them might be refused, with 200 as the answer."""
    sources = [path for folder in ("layers/portal", "functions") for path in (ROOT / folder).rglob("*.py")]
    assert sources
    assert [path.name for path in sources if re.search(r"send_message_batch|batch_write_item", path.read_text())] == []
