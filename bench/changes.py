"""One publish, one update, one move and one withdrawal, each through desk, upload, queues, stream and clock."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bench import emulator
from bench.corpus import NEWEST, Corpus, Place, popular, site, vocabulary
from bench.measure import Measured
from bench.world import World
from portal.article import Article
from portal.table import Table, key, page_partition

CHANGES: Final = ("publish", "update", "move", "withdrawal")
_MINUTE: Final = 61  # seconds after which `tick` looks whether an upload has its verdict
_TAKEDOWN: Final = 300  # seconds after which the second purge of a takedown comes


def measured(world: World, repeats: int) -> dict[str, list[Measured]]:
    """Measure each change so many times, after each was made once in the same lists and once in others.

    Each round publishes a new article, the newest of all, in the lists that have most entries, changes it, moves it to
    another section under another title, and withdraws it; so every round finds the same lists.
    """
    words = vocabulary()
    rare = Place(site().sections[-1].slug, words.authors[-1], (words.tags[-1],))
    for number, place in ((-1, rare), (0, popular())):
        for _ in _round(world, place, number=number):
            pass
    found: dict[str, list[Measured]] = {change: [] for change in CHANGES}
    for number in range(1, repeats + 1):
        for change, work in _round(world, popular(), number=number):
            found[change].append(work)
    return found


def _round(world: World, place: Place, *, number: int) -> Iterator[tuple[str, Measured]]:
    """Make each change of one article once, and tell what it took."""
    text = Corpus(0).article(-number - 2)
    moment = NEWEST + timedelta(minutes=number)
    new = replace(text, section=place.section, author=place.author, tags=place.tags, related=())
    submission = _submission(new, published_at=moment.isoformat())
    idle = idle_tick(world)
    article_id, work = submitted(world, submission)
    yield "publish", work.without(idle)
    submission |= {
        "summary": f"{new.summary} Số liệu đã được rà soát lại.",
        "body": f"{new.body}\n<p>Bổ sung: số liệu đã được rà soát lại./.</p>",
        "change_note": "Bổ sung số liệu",
    }
    yield "update", submitted(world, submission, article_id)[1].without(idle)
    elsewhere = next(each.slug for each in site().sections if each.slug != place.section)
    submission |= {"title": f"{new.title}, nhìn từ cơ sở", "section": elsewhere}
    yield "move", submitted(world, submission, article_id)[1].without(idle)
    submission |= {"status": "withdrawn", "change_note": "Rút để kiểm tra lại nguồn tin"}
    yield "withdrawal", submitted(world, submission, article_id)[1].without(idle)
    _forget_farewells(world, article_id)


def _forget_farewells(world: World, article_id: str) -> None:
    """Take what tells of a withdrawal out of the lists, where one every few minutes would make them longer."""
    table = world.newsroom.name("Table")
    head = Table(world.newsroom.portal.clients.dynamodb, table).head(article_id)
    with emulator.without_stream(table):
        for path, sort in head.in_lists() if head else ():
            emulator.apply({"Delete": {"TableName": table, "Key": key(page_partition(path), sort)}})


def submitted(world: World, submission: Mapping[str, Any], article_id: str | None = None) -> tuple[str, Measured]:
    """Upload an article and let all happen: at once, a minute later, and when a takedown is purged again."""
    with world.meter.on() as work:
        article_id = world.newsroom.submit(submission, article_id)
        world.clock.shift(_MINUTE)
        world.newsroom.tick()
        world.clock.shift(_TAKEDOWN)
        world.newsroom.settle()
    verdict = world.newsroom.status(article_id)["verdict"]
    if not verdict["accepted"] or world.newsroom.dead_letters():
        raise RuntimeError(f"not done: {verdict}, {world.newsroom.dead_letters()}")
    return article_id, work


def idle_tick(world: World) -> Measured:
    """Give what a tick takes when there's nothing to do, as in every minute of the year."""
    world.newsroom.tick()
    with world.meter.on() as work:
        world.newsroom.tick()
    return work


def _submission(article: Article, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON value)
    return article.as_json() | changes
