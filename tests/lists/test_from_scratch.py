"""The site drawn step by step and the site drawn from scratch, out of the archive, are the same bytes."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from console import rebuild, redraw
from portal import paths
from portal.table import DUE, page_partition
from tests.lists.chronicle import (
    BACK_AGAIN,
    EMPTIED,
    SITE,
    STEPS,
    THERE_AND_BACK,
    Chronicle,
    Step,
    a_chronicle,
    differences,
)
from tests.newsroom import article


@pytest.fixture(scope="module")
def chronicle() -> Iterator[Chronicle]:
    with a_chronicle() as made:
        yield made


def test_the_beginning_has_pages_of_every_kind(chronicle: Chronicle) -> None:
    chronicle.again(is_empty=False)
    drawn = {paths.page_of(key) for key in chronicle.pages()}
    assert {"/page/1/", "/page/2/", "/tin-tuc/page/1/", "/tag/ben-pha/page/1/", "/author/ha-thu/page/1/"} <= drawn
    assert {"/2026/10/", "/2026/11/", "/tin-tuc/2026/10/", "/kinh-te/2026/11/"} <= drawn
    chronicle.check_every_page_is_what_its_partition_says()


@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    steps=st.lists(STEPS, min_size=3, max_size=8),
    is_empty=st.sampled_from((False, False, True)),
    is_site_lost=st.booleans(),
    is_drawn_meanwhile=st.booleans(),
)
@example(steps=BACK_AGAIN, is_empty=False, is_site_lost=True, is_drawn_meanwhile=False)
@example(steps=EMPTIED, is_empty=False, is_site_lost=True, is_drawn_meanwhile=True)
@example(steps=THERE_AND_BACK, is_empty=False, is_site_lost=False, is_drawn_meanwhile=True)
def test_the_site_from_scratch_is_the_site_step_by_step(
    chronicle: Chronicle,
    steps: list[Step],
    is_empty: bool,  # noqa: FBT001 (Hypothesis names it)
    is_site_lost: bool,  # noqa: FBT001
    is_drawn_meanwhile: bool,  # noqa: FBT001
) -> None:
    chronicle.again(is_empty=is_empty)
    chronicle.play(steps)
    chronicle.check_from_scratch(is_site_lost=is_site_lost, is_drawn_meanwhile=is_drawn_meanwhile)


def test_all_that_is_drawn_again_changes_nothing_but_its_version(
    chronicle: Chronicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    chronicle.again(is_empty=False)
    world, deployment, before = chronicle.world, chronicle.deployment(), chronicle.pages()
    versions = {key: world.version(key) for key in before}
    monkeypatch.setattr("console.redraw.time.sleep", lambda _seconds: world.settle())
    world.calls.seen.clear()
    pages = redraw.every_page(deployment)
    redrawn = redraw.redraw(deployment, pages, at_once=9, patience=60, purge=False, tell=lambda _done: None)
    assert (sorted(redrawn.drawn), redrawn.late) == (pages, [])
    assert {key: world.version(key) for key in chronicle.pages()} == {key: n + 1 for key, n in versions.items()}
    assert differences(before, chronicle.pages()) == []
    assert not [name for name, _ in world.calls.seen if name in ("SendMessage", "CreateInvalidation")]


def test_a_takedown_before_a_newer_article_purges_only_what_can_be_purged(chronicle: Chronicle) -> None:
    """A farewell lies among a list's entries, at a moment that other articles may come after; it is none of them."""
    chronicle.again(is_empty=True)
    world = chronicle.world
    taken_down = world.send(article())
    world.settle()
    world.send(article(status="withdrawn"), taken_down)
    world.portal.pump.step("IntakeFunction")
    world.wait(seconds=10)
    world.send(article(published_at=world.now().isoformat()))
    world.settle()
    assert world.dead_letters() == {}


def test_what_is_news_no_more_is_not_written_again(chronicle: Chronicle) -> None:
    """Years of articles would each be due, and those that the clock has to publish would wait behind them."""
    chronicle.again(is_empty=True)
    world = chronicle.world
    world.send(article(published_at="2026-11-22T08:05:00+07:00"))
    world.settle()
    news = page_partition(paths.NEWS_SITEMAP)
    assert [sort for partition, sort in world.items() if partition == DUE]
    assert [sort for partition, sort in world.items() if partition == news and sort[0].isdigit()]
    world.minute(hours=25)
    chronicle.begin_anew(is_site_lost=False)
    rebuild.rebuild(chronicle.deployment(), SITE.zone, at_once=1)
    assert not [sort for partition, sort in world.items() if partition == DUE]
    assert not [sort for partition, sort in world.items() if partition == news and sort[0].isdigit()]
