"""Worlds for the tests of reliability."""

from collections.abc import Callable, Iterator

import pytest

from tests.reliability.world import World, a_world


@pytest.fixture(scope="module")
def one_world() -> Iterator[World]:
    """A world that a module's tests share, since making it takes longer than most of them."""
    with a_world() as made:
        yield made


@pytest.fixture
def world(one_world: World) -> World:
    """The world as it was when it began."""
    one_world.restore(one_world.start)
    return one_world


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Callable[[int], None]:
    """Count the states that a test has visited, for the summary."""
    return lambda orders: record_property("states of two workers", orders)
