"""A process may die before or after any AWS call, and any call may fail or lose its answer: the system heals."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.faults import Crash, nth, refusal
from tests.reliability.flows import FLOWS, Flow
from tests.reliability.model import check
from tests.reliability.world import World

Fault = Callable[[World, int], tuple[nth, AbstractContextManager[None]]]


def crash_before(world: World, number: int) -> tuple[nth, AbstractContextManager[None]]:
    hook = nth(number, Crash())
    return hook, world.calls.before(hook)


def crash_after(world: World, number: int) -> tuple[nth, AbstractContextManager[None]]:
    hook = nth(number, Crash())
    return hook, world.calls.after(hook)


def throttled(world: World, number: int) -> tuple[nth, AbstractContextManager[None]]:
    hook = nth(number, refusal("AnyOperation", "ThrottlingException", 400))
    return hook, world.calls.before(hook)


def answer_lost(world: World, number: int) -> tuple[nth, AbstractContextManager[None]]:
    """AWS has done it, and the client never hears of that."""
    hook = nth(number, ReadTimeoutError(endpoint_url="https://aws"))
    return hook, world.calls.after(hook)


@pytest.mark.parametrize("fault", [crash_before, crash_after, throttled, answer_lost])
@pytest.mark.parametrize("flow", FLOWS)
def test_one_fault_at_any_call_changes_nothing_in_the_end(
    world: World, flow: Flow, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    """The table, the site, the archive and what readers get are those of an undisturbed run."""
    flow(world)
    before = world.save()
    world.settle()
    check(world)
    undisturbed = world.outcome()
    number = 0
    while True:
        world.restore(before)
        hook, fails = fault(world, number)
        with fails, suppress(Crash):
            world.deliver()
        # As AWS delivers again: a queue when the message is visible, the stream at once, the clock's call in a minute.
        world.deliver_again()
        if hook.left:
            break
        assert world.dead_letters() == {}
        assert undisturbed.differences(world.outcome()) == [], f"call {number}"
        number += 1
    assert number >= 4
    record_property("crashes and failures", number)
