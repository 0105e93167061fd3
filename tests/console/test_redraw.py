"""`portal redraw` draws what it is asked to, at its pace, and nothing that is no page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console import redraw
from console.deployment import Deployment
from portal.paths import object_key, page_of
from tests.conftest import pumped
from tests.console.conftest import Portal
from tests.faults import Calls, always, refusal
from tests.newsroom import Newsroom, article


def versions(newsroom: Newsroom) -> dict[str, int]:
    return {key: newsroom.version(key) for key in newsroom.objects("SiteBucket")}


def pages_of(newsroom: Newsroom) -> dict[str, int]:
    """Give the versions of the pages, without what lies beside them."""
    return {key: version for key, version in versions(newsroom).items() if key == object_key(page_of(key))}


@pytest.mark.usefixtures("pumping")
def test_named_pages_are_drawn_again_and_no_others(newsroom: Newsroom, command: Portal) -> None:
    before = versions(newsroom)
    assert command("redraw", "/", "/tin-tuc/") == (0, "2 pages drawn.\n", "")
    assert versions(newsroom) == before | {key: before[key] + 1 for key in before if page_of(key) in ("/", "/tin-tuc/")}


def test_all_draws_every_page_once_and_purges_once(newsroom: Newsroom, calls: Calls, command: Portal) -> None:
    moved = newsroom.submit(article())
    newsroom.submit(article(section="kinh-te"), moved)
    before = versions(newsroom)
    calls.seen.clear()
    with pumped(newsroom):
        status, said, _ = command("redraw", "--all")
    assert (status, said) == (0, f"{len(pages_of(newsroom))} pages drawn, the edges purged.\n")
    assert versions(newsroom) == {key: version + 1 for key, version in before.items()}
    assert newsroom.queued("PurgeQueue") == 0
    assert not [name for name, _ in calls.seen if name in ("SendMessage", "CreateInvalidation")]
    batches = newsroom.portal.clients.cloudfront.list_invalidations(DistributionId=newsroom.name("Distribution"))
    ids = [each["Id"] for each in batches["InvalidationList"]["Items"]]
    paths = [
        newsroom.portal.clients.cloudfront.get_invalidation(DistributionId=newsroom.name("Distribution"), Id=each)[
            "Invalidation"
        ]["InvalidationBatch"]["Paths"]["Items"]
        for each in ids
    ]
    assert paths.count(["/*"]) == 1


def test_a_dry_run_lists_and_touches_nothing(newsroom: Newsroom, command: Portal) -> None:
    path = newsroom.path(newsroom.submit(article()))
    before = newsroom.items()
    status, said, _ = command("redraw", "--all", "--dry-run")
    assert status == 0
    assert {"/", "/404.html", "/tin-tuc/", path} <= set(said.split())
    assert newsroom.items() == before


@pytest.mark.parametrize("arguments", [("/khong-co/",), ("/", "/tin-tuc/khong-co-b1.html"), (), ("/", "--all")])
def test_what_is_no_page_and_what_is_no_order_touches_nothing(
    newsroom: Newsroom, command: Portal, arguments: tuple[str, ...]
) -> None:
    before = newsroom.items()
    status, said, wrong = command("redraw", *arguments)
    assert (status, said) == (1, "")
    assert wrong
    assert newsroom.items() == before


def test_never_more_pages_wait_to_be_drawn_than_was_said(
    newsroom: Newsroom, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is published meanwhile waits behind those only."""
    before = pages_of(newsroom)
    touched = sum(int(item["n"]["N"]) for key, item in newsroom.items().items() if key[1] == "touch")
    waiting: list[int] = []

    def draw_some(_seconds: float) -> None:
        touches = sum(int(item["n"]["N"]) for key, item in newsroom.items().items() if key[1] == "touch")
        drawn = sum(pages_of(newsroom).values()) - sum(before.values())
        waiting.append(touches - touched - drawn)
        newsroom.portal.pump.step("RenderFunction")

    monkeypatch.setattr("console.redraw.time.sleep", draw_some)
    done: list[int] = []
    pages = redraw.every_page(Deployment.of_this_machine(served))
    redrawn = redraw.redraw(
        Deployment.of_this_machine(served), pages, at_once=2, patience=60, purge=True, tell=done.append
    )
    assert sorted(redrawn.drawn) == pages
    assert max(waiting) == 2
    assert done[-1] == len(pages)


@pytest.mark.usefixtures("pumping")
def test_a_page_that_is_not_drawn_is_named_in_the_end(calls: Calls, command: Portal) -> None:
    with calls.before(always("PutObject", refusal("PutObject", "AccessDenied", 403), Key="index.html")):
        status, said, wrong = command("redraw", "/", "/tin-tuc/", "--patience", "1")
    assert (status, said) == (2, "1 pages drawn.\n")
    assert "Not drawn within 1 s: /\n" in wrong


class Functions:
    """Lambda's answer on a function that was deployed so many seconds ago."""

    def __init__(self, seconds: float) -> None:
        self._deployed = datetime.now(UTC) - timedelta(seconds=seconds)

    def get_function_configuration(self, **_name: str) -> dict[str, Any]:
        return {"LastModified": self._deployed.strftime("%Y-%m-%dT%H:%M:%S.000+0000"), "Timeout": 60}


@pytest.mark.parametrize(("seconds", "waits"), [(10, 50), (59, 1), (61, 0), (100_000, 0)])
def test_everything_is_drawn_again_only_when_the_code_before_has_ended(
    served: str, seconds: float, waits: float
) -> None:
    """A run of render that began before a deploy may go on for as long as its timeout."""
    deployment = Deployment.of_this_machine(served)
    assert redraw.seconds_of_old_code(deployment) == 0
    left = redraw.seconds_of_old_code(replace(deployment, functions=Functions(seconds)))
    assert waits - 2 < left <= waits
