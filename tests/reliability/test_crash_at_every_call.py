"""A process may die before or after any AWS call, and any call may fail or lose its answer: the system heals."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.faults import Crash, nth, refusal
from tests.reliability.flows import FLOWS, FLOWS_OF_TWO, Flow, first_publish, withdrawal
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


FAULTS = (crash_before, crash_after, throttled, answer_lost)
# In these flows each call is throttled and loses its answer, too; in the others, which end as these do, every seventh.
THROTTLED = (first_publish, withdrawal)


def step(flow: Flow, fault: Fault) -> int:
    """Tell which calls are tried: each, or every so many."""
    return 1 if fault is crash_before or flow in THROTTLED else 7


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("flow", FLOWS)
def test_one_fault_at_any_call_changes_nothing_in_the_end(
    world: World, flow: Flow, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    """The table, the site, the archive and what readers get are those of an undisturbed run."""
    record_property("crashes and failures", faults_at_calls(world, flow, fault))


def faults_at_calls(world: World, flow: Flow, fault: Fault) -> int:
    """Let one fault happen at each call of a flow that is tried, and hold what comes of it to an undisturbed run."""
    flow(world)
    before = world.save()
    calls, last_calls = delivered(world)
    world.settle()
    check(world)
    undisturbed = world.outcome()
    numbers: Sequence[int]
    if fault is crash_after:
        # After any other call is before the next one: what has been done by then is the same.
        numbers = last_calls
    else:
        every = step(flow, fault)
        numbers = range((*FLOWS, *FLOWS_OF_TWO).index(flow) % every, calls, every)
    for number in numbers:
        world.restore(before)
        hook, fails = fault(world, number)
        with fails, suppress(Crash):
            world.deliver()
        assert not hook.left
        # As AWS delivers again: a queue when the message is visible, the stream at once, the clock's call in a minute.
        world.deliver_again()
        assert world.dead_letters() == {}
        assert undisturbed.differences(world.outcome()) == [], f"call {number}"
    assert numbers
    return len(numbers)


def delivered(world: World) -> tuple[int, Sequence[int]]:
    """Deliver all events; tell how many calls that takes, and the numbers of those that end an invocation."""
    lambdas = world.portal.lambdas
    invoke = lambdas.invoke
    world.calls.seen.clear()
    last_calls: dict[int, None] = {}

    def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 (as it is given)
        answer = invoke(*given, **named)
        last_calls[len(world.calls.seen) - 1] = None
        return answer

    with patch.object(lambdas, "invoke", counted):
        world.deliver()
    return len(world.calls.seen), list(last_calls)
