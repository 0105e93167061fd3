"""What tick makes good: uploads whose event was lost, pages and copies that were put aside."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from portal.table import AWAITED
from tests.faults import Answer, Crash, always, once
from tests.newsroom import article
from tests.reliability.flows import in_hours
from tests.reliability.model import check
from tests.reliability.world import World

DENIED = Answer(403, "AccessDenied")
HOME = "index.html"


def looks(world: World) -> list[str]:
    """Give the moments at which tick will look for uploads."""
    return [sort.partition("#")[0][11:16] for partition, sort in world.items() if partition == AWAITED]


def lose_the_event(world: World) -> None:
    assert world.portal.pump.take("IntakeFunction")


def test_an_upload_that_comes_late_without_an_event_is_found(world: World) -> None:
    """Each look is twice as far from the first as the one before; the upload came after some of them."""
    world.issue(9)
    issued = world.issue(9)
    assert looks(world) == ["05:01", "05:01"]
    expected = []
    for _ in range(12):
        world.minute()
        expected.append(sorted(set(looks(world))))
    assert expected[0] == ["05:02"]
    assert expected[1] == expected[2] == ["05:04"]
    assert expected[3] == ["05:08"]
    assert world.put(issued, b"{        ").status_code == 200
    lose_the_event(world)
    for _ in range(4):
        world.minute()
    assert world.status(issued["id"])["verdict"]["outcome"] == "rejected"


def test_an_upload_that_never_comes_is_awaited_for_as_long_as_its_url_could_be_used_and_no_longer(
    world: World,
) -> None:
    world.issue(9)
    for _ in range(30):
        world.minute()
        assert looks(world)
    for _ in range(40):
        world.minute()
    assert looks(world) == []


def test_a_crash_of_tick_never_forgets_what_it_awaits(world: World) -> None:
    """The next look is written before the one that was made is deleted."""
    world.issue(9)
    for crash in (once("PutItem", Crash()), once("DeleteItem", Crash())):
        with world.calls.before(crash), pytest.raises(Crash):
            world.minute()
        assert looks(world)


def test_an_upload_that_can_not_be_judged_gives_way_to_the_others(world: World) -> None:
    """It is looked at ever more rarely; one that only has to wait is looked at in the next minute."""
    bad = world.send(article())
    lose_the_event(world)
    with world.calls.before(always("GetObject", DENIED, Key=f"articles/{bad}/000001.json")):
        world.minute()
        world.minute()
    assert looks(world) == ["05:04"]
    world.send(article(title="Bài khác"))
    lose_the_event(world)
    with world.calls.before(always("GetObject", Answer(503, "SlowDown"))):
        world.minute()
    assert sorted(looks(world)) == ["05:03", "05:04"]
    world.minute()
    check(world)


@pytest.fixture
def touches(world: World) -> Iterator[list[int]]:
    """The minutes, counted from the start, in which tick touches the home page."""
    begun = world.now()
    minutes: list[int] = []

    def watch(operation: str, given: dict[str, Any]) -> None:
        if operation == "UpdateItem" and given["Key"]["pk"]["S"] == "page#/":
            minutes.append(round((world.now() - begun).total_seconds() / 60))

    with world.calls.before(watch):
        yield minutes


def test_a_page_that_was_put_aside_is_tried_after_1_2_4_minutes_and_at_last_each_hour(
    world: World, touches: list[int]
) -> None:
    with world.calls.before(always("PutObject", DENIED, Key=HOME)):
        world.send(article())
        world.settle()
        for _ in range(200):
            world.minute()
    gaps = [later - earlier for earlier, later in pairwise(touches)]
    assert touches[0] == 1
    assert gaps == [2, 4, 8, 16, 32, 60, 60]
    assert world.dead_letters() == {"FailedPagesQueue": 1}
    world.minute(hours=1)
    check(world)


def test_a_page_that_fails_with_each_change_of_it_is_put_aside_as_one(world: World, touches: list[int]) -> None:
    """Operators count pages; and what was tried this minute is not to be tried in the next for another change."""
    with world.calls.before(always("PutObject", DENIED, Key=HOME)):
        for number in range(4):
            world.send(article(title=f"Bài {number}"))
            world.minute()
        begun = len(touches)
        for _ in range(60):
            world.minute()
        assert world.dead_letters() == {"FailedPagesQueue": 1}
        assert len(touches) - begun <= 4
    world.minute(hours=1)
    check(world)


def test_a_crash_of_tick_never_forgets_what_was_put_aside(world: World, touches: list[int]) -> None:
    """The page is touched before its message is deleted; a crash in between touches it twice."""
    with world.calls.before(always("PutObject", DENIED, Key=HOME)):
        world.send(article())
        world.settle()
    for crash in (once("UpdateItem", Crash()), once("DeleteMessage", Crash())):
        with world.calls.before(crash), pytest.raises(Crash):
            world.minute()
    world.minute()
    assert len(touches) == 3
    check(world)


@pytest.mark.parametrize("partition", ["due", "awaited"])
def test_what_fails_in_one_task_of_tick_keeps_it_from_no_other(world: World, partition: str) -> None:
    with world.calls.before(always("PutObject", DENIED, Key=HOME)):
        world.send(article(expires_at=in_hours(world, 1)))
        world.settle()
    late = world.send(article(title="Bài khác"))
    lose_the_event(world)

    def refuse(operation: str, given: dict[str, Any]) -> None:
        if operation == "Query" and given["ExpressionAttributeValues"][":pk"] == {"S": partition}:
            raise Answer(400, "AccessDeniedException")

    with world.calls.before(refuse):
        world.minute(hours=1)
    assert world.dead_letters() == {"TickDeadLetters": 1}, "what was put aside is drawn"
    assert (world.status(late)["state"] == "published") is (partition == "due")
    assert ("due" in {key[0] for key in world.items()}) is (partition == "due")
    world.minute()
    check(world)


def test_two_ticks_at_once_do_no_harm(world: World) -> None:
    """EventBridge calls at least once, and a tick may last longer than its minute."""
    world.send(article(published_at=in_hours(world, 1)))
    world.settle()
    world.send(article(title="Bài khác"))
    lose_the_event(world)
    other: list[int] = []

    def call_another(operation: str, _given: dict[str, Any]) -> None:
        if operation == "TransactWriteItems" and not other:
            other.append(1)
            world.portal.lambdas.forget("TickFunction")  # it is another process
            world.portal.lambdas.invoke("TickFunction", {})

    with world.calls.before(call_another):
        world.minute(hours=1)
    assert other
    check(world)
