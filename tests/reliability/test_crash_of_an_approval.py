"""Where two pairs of eyes are asked for: a process may die at any call of an approval as of anything else."""

from collections.abc import Callable, Iterator

import pytest

from tests.reliability.flows import FLOWS_OF_TWO, Flow
from tests.reliability.test_crash_at_every_call import FAULTS, Fault, faults_at_calls
from tests.reliability.world import World, a_world


@pytest.fixture(scope="module")
def one_world() -> Iterator[World]:
    """A world whose newsroom asks for two pairs of eyes."""
    with a_world(two_pairs_of_eyes=True) as made:
        yield made


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("flow", FLOWS_OF_TWO)
def test_one_fault_at_any_call_of_an_approval_changes_nothing_in_the_end(
    world: World, flow: Flow, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    record_property("crashes and failures", faults_at_calls(world, flow, fault))
