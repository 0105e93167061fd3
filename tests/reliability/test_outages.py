"""A whole service is down while articles arrive: shorter than queues and stream have patience, and longer."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.faults import Answer
from tests.newsroom import article, give_up_early
from tests.reliability.flows import in_hours
from tests.reliability.model import check
from tests.reliability.world import Outcome, Saved, World

Fault = Answer | EndpointConnectionError
UNAVAILABLE = Answer(503, "ServiceUnavailable")
REFUSED = EndpointConnectionError(endpoint_url="https://aws")
FAULTS = pytest.mark.parametrize("fault", [UNAVAILABLE, REFUSED], ids=["503", "no connection"])
SERVICES = ("s3", "dynamodb", "sqs", "cloudfront")
# What is down, and the first function that meets it, since those before it were done when the outage began.
OUTAGES = (
    ("s3", "IntakeFunction"),
    ("s3", "RenderFunction"),
    ("dynamodb", "IntakeFunction"),
    ("dynamodb", "RenderFunction"),
    ("sqs", "IntakeFunction"),
    ("sqs", "RenderFunction"),
    ("cloudfront", "PurgeFunction"),
)
# Where what a function could not do ends. Without SQS, intake has only the second purge of a takedown to send.
GIVEN_UP = {
    outage: {{"I": "IntakeDeadLetters", "R": "RenderDeadLetters", "P": "PurgeDeadLetters"}[outage[1][0]]}
    for outage in OUTAGES
} | {("sqs", "IntakeFunction"): {"IntakeDeadLetters", "RenderDeadLetters"}}


def patience(world: World, function: str) -> int:
    """Give how often a function's batch is tried before it is given up, by the template."""
    template = world.portal.template
    [mapping] = [
        each.properties
        for each in template.resources("AWS::Lambda::EventSourceMapping")
        if template.logical_id(template.resolve(each.properties["FunctionName"])) == function
    ]
    if "MaximumRetryAttempts" in mapping:
        return int(mapping["MaximumRetryAttempts"]) + 1
    queue = {"IntakeFunction": "IntakeQueue", "PurgeFunction": "PurgeQueue"}[function]
    return int(template.properties(queue)["RedrivePolicy"]["maxReceiveCount"])


@contextmanager
def down(world: World, service: str, fault: Fault) -> Iterator[None]:
    """Let a service fail for everybody: for the functions, for editors' uploads and for the edge.

    Messages and changes that wait are handed over all the same, so that the functions meet the fault.
    """
    client: Any = world.portal.lambdas.session.client(service)  # type: ignore[call-overload]
    operations = client.meta.service_model.operation_names

    uploads = world.name("UploadsBucket")

    def refuse(operation: str, given: dict[str, Any]) -> None:
        is_signing = operation == "PutObject" and given["Bucket"] == uploads  # no call, though it looks like one
        if operation in operations and not is_signing:
            raise fault.with_traceback(None) from None  # else it would drag all its earlier tracebacks into the log

    def refuse_others(model: Any, **_: object) -> Any:  # noqa: ANN401
        if isinstance(fault, Answer):
            return fault.read(model)
        raise fault.with_traceback(None) from None

    events: Any = world.portal.clients.s3.meta.events
    with ExitStack() as stack:
        stack.enter_context(world.calls.before(refuse))
        if service == "s3":
            events.register("before-call", refuse_others)
            stack.callback(events.unregister, "before-call", refuse_others)
        yield


def a_busy_minute(world: World) -> dict[str, str]:
    """Publish, let it be read, and then upload an article, an update, a withdrawal and what is none."""
    names = ("changed", "withdrawn", "spoilt")
    ids = {name: world.send(article(title=f"Bài {number}")) for number, name in enumerate(names)}
    world.settle()
    world.read_everything()
    ids["new"] = world.send(article(title="Bài mới"))
    world.send(article(title="Bài sửa"), ids["changed"])
    world.send(article(title="Bài rút", status="withdrawn"), ids["withdrawn"])
    world.send(article(title=""), ids["spoilt"])
    return ids


@dataclass(frozen=True)
class Busy:
    """A busy minute of which no event was delivered yet, and what is left of it when all are."""

    ids: dict[str, str]
    before: Saved
    undisturbed: Outcome


@pytest.fixture(scope="module")
def once_busy(one_world: World) -> Busy:
    one_world.restore(one_world.start)
    ids = a_busy_minute(one_world)
    before = one_world.save()
    one_world.settle()
    check(one_world)
    return Busy(ids, before, one_world.outcome())


@pytest.fixture
def busy(world: World, once_busy: Busy) -> Busy:
    world.restore(once_busy.before)
    return once_busy


@FAULTS
@pytest.mark.parametrize(("service", "function"), OUTAGES)
def test_a_short_outage_heals_by_itself(world: World, busy: Busy, service: str, function: str, fault: Fault) -> None:
    """Queue and stream try again, up to the last attempt but one, and nobody has to do anything."""
    world.reach(function)
    with down(world, service, fault):
        for _ in range(patience(world, function) - 1):
            assert world.portal.pump.step(function, retry_at_once=True)
    assert world.dead_letters() == {}
    world.settle()
    assert world.dead_letters() == {}
    assert busy.undisturbed.differences(world.outcome()) == []


@FAULTS
@pytest.mark.parametrize(("service", "function"), OUTAGES)
def test_a_long_outage_loses_nothing(world: World, busy: Busy, service: str, function: str, fault: Fault) -> None:
    """What was given up lies in its queue for 14 days; `./portal dead-letters --redrive` brings it home."""
    world.reach(function)
    give_up_early(world.portal.pump)
    with down(world, service, fault):
        world.settle()
    assert set(world.dead_letters()) == GIVEN_UP[service, function]
    world.redrive()
    world.settle()
    assert world.dead_letters() == {}
    assert busy.undisturbed.differences(world.outcome()) == []


@pytest.mark.parametrize("service", ["s3", "dynamodb"])
def test_uploads_come_home_by_themselves_also_after_a_long_outage(world: World, busy: Busy, service: str) -> None:
    """`tick` looks at what was uploaded, ever more rarely, until it has its verdict; the dead letters only tell."""
    with down(world, service, UNAVAILABLE):
        world.settle()
        for _ in range(20):
            world.minute()
    assert {world.status(each)["verdict"]["outcome"] for each in busy.ids.values()} == {"waiting"}
    for _ in range(20):
        world.minute()
    outcomes = {name: world.status(each)["verdict"]["outcome"] for name, each in busy.ids.items()}
    assert outcomes == dict.fromkeys(("new", "changed", "withdrawn"), "accepted") | {"spoilt": "rejected"}
    assert "Bài mới" in world.text("/")
    world.redrive()
    world.settle()
    check(world)


def test_uploads_that_s3_could_not_announce_are_found(world: World, busy: Busy) -> None:
    """While SQS is down S3's events may be lost; a minute after the URL was given out `tick` looks."""
    assert world.portal.pump.take("IntakeFunction")
    world.minute()
    check(world)
    assert {world.status(each)["verdict"]["outcome"] for each in busy.ids.values()} == {"accepted", "rejected"}


def test_what_was_due_during_an_outage_is_published_by_the_next_tick(world: World) -> None:
    scheduled = world.send(article(title="Bài hẹn giờ", published_at=in_hours(world, 1)))
    world.settle()
    with down(world, "dynamodb", UNAVAILABLE):
        world.minute(hours=1)
    assert set(world.dead_letters()) == {"TickDeadLetters"}
    world.minute()
    assert world.status(scheduled)["state"] == "published"
    check(world)


# What people meet meanwhile


@FAULTS
def test_while_s3_is_down_readers_get_what_the_edge_has(world: World, busy: Busy, fault: Fault) -> None:
    """Also after it has expired; what the edge never had is an error, and the change is seen as soon as S3 is back."""
    path = world.path(busy.ids["changed"])
    pages = ["/", "/tin-tuc/", path]
    had = {page: world.look(page) for page in pages}
    world.portal.edge.replace(
        {key: page for key, page in world.portal.edge.stored().items() if "kinh-te" not in str(key)}
    )
    with down(world, "s3", fault):
        world.wait(seconds=301)
        world.settle()
        assert {page: world.look(page) for page in pages} == had
        assert world.look("/kinh-te/")[0] in (503, 504)
    world.redrive()
    world.settle()
    assert "Bài sửa" in world.text("/")
    assert world.look("/kinh-te/")[0] == 200


@FAULTS
@pytest.mark.parametrize("service", ["dynamodb", "sqs", "cloudfront"])
def test_while_another_service_is_down_readers_notice_nothing(
    world: World, busy: Busy, service: str, fault: Fault
) -> None:
    with down(world, service, fault):
        world.portal.edge.replace({})
        for page in ("/", "/tin-tuc/", "/kinh-te/", "/robots.txt"):
            assert world.look(page)[0] == 200
    assert busy.ids


ASKED: tuple[tuple[str, str, object], ...] = (
    ("POST", "articles", {"size": 9}),
    ("POST", "articles/{}/uploads", {"size": 9}),
    ("GET", "articles/{}", None),
    ("GET", "articles", None),
)


@FAULTS
@pytest.mark.parametrize("service", SERVICES)
def test_the_desk_needs_nothing_but_the_table(world: World, busy: Busy, service: str, fault: Fault) -> None:
    """While DynamoDB is down it says so, and when to ask again; the others it does not even call."""
    with down(world, service, fault):
        answers = [world.desk(method, path.format(busy.ids["new"]), body) for method, path, body in ASKED]
    expected = [503] * 4 if service == "dynamodb" else [201, 201, 200, 200]
    assert [answer.status_code for answer in answers] == expected
    if service == "dynamodb":
        assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
        assert {(answer.json or {})["errors"][0]["code"] for answer in answers} == {"try_later"}


def test_an_upload_that_s3_could_not_take_is_sent_again_to_the_same_address(world: World) -> None:
    """Within the 15 minutes of the URL, and it is judged as if nothing had happened."""
    content = json.dumps(article()).encode()
    issued = world.issue(len(content))
    with down(world, "s3", UNAVAILABLE):
        assert world.put(issued, content).status_code == 503
    world.wait(minutes=14)
    assert world.put(issued, content).status_code == 200
    world.settle()
    assert world.status(issued["id"])["state"] == "published"
