"""Events come at least once, late and in any order: the end is that of a clean run."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.newsroom import article
from tests.reliability.model import check
from tests.reliability.world import World


def a_busy_morning(world: World, settle: Callable[[], None]) -> None:
    """Do everything that editors do, letting the events be delivered after each step or not."""
    first = world.send(article(title="Bài một"))
    settle()
    second = world.send(article(title="Bài hai", section="kinh-te"))
    settle()
    for change in ({"title": "Bài một, sửa"}, {"section": "van-hoa-xa-hoi"}, {"title": ""}, {"status": "withdrawn"}):
        world.send(article(**{"title": "Bài một", **change}), first)
        settle()
    world.send(article(status="gone", title="Bài hai"), second)
    settle()
    world.send(article(title="Bài hai, trở lại"), second)
    settle()
    world.send(b"\xff", second)
    settle()
    third = world.send(article(title="Bài ba"))
    settle()
    world.send(article(title="Bài ba, của người khác"), third)
    settle()


@pytest.mark.parametrize("seed", range(4))
def test_every_event_ten_times_in_random_order_ends_like_a_clean_run(world: World, seed: int) -> None:
    a_busy_morning(world, settle=world.settle)
    check(world)
    clean = world.outcome()
    world.restore(world.start)

    # Each source's own batches are taken apart, so that any record may come at any moment.
    lot = random.Random(seed)  # noqa: S311 (repeatable is the point)
    pending: list[tuple[str, dict[str, Any]]] = []
    delivered = 0

    def gather() -> None:
        for function in ("IntakeFunction", "RenderFunction", "PurgeFunction"):
            while batch := world.portal.pump.take(function):
                pending.extend((function, record) for record in batch["Records"] for _ in range(10))

    # The uploads of one morning lie there together, as if nothing had been delivered all the while.
    a_busy_morning(world, settle=lambda: None)
    gather()
    while pending:
        function, record = pending.pop(lot.randrange(len(pending)))
        answer = world.portal.lambdas.invoke(function, {"Records": [record]})
        assert not answer.get("batchItemFailures")
        delivered += 1
        if function != "PurgeFunction":  # which tells nobody anything: to look after it was half of this test's time
            gather()
    gather()
    assert pending == []
    world.read_everything()
    assert delivered > 500
    check(world)
    assert clean.differences(world.outcome()) == []
