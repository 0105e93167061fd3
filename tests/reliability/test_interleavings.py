"""Two workers on one article, one list or one page, stepped one AWS call at a time."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from local.exchange import Request
from portal import paths
from portal.article import utc
from tests.newsroom import article
from tests.reliability.flows import in_hours
from tests.reliability.interleaving import Choose, Part, Play, Stage, Worker, every_order, some_orders, until_done
from tests.reliability.model import check
from tests.reliability.world import Saved, World, unmarked

# A list with nothing beside it, of which every order can be tried. Home has three things: too many orders for all.
LISTS = (paths.NEWS_SITEMAP, paths.HOME)
NEWS = "2026-11-22T08:05:00+07:00"


def orders(path: str, world: World, before: Saved, play: Play, most: int) -> int:
    """Play in every order where nothing lies beside the page, else in some; count the states, or the orders."""
    return some_orders(world, before, play, 60) if paths.beside(path) else every_order(world, before, play, most=most)


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    made = Stage(world)
    with made.open():
        yield made


def events(world: World, function: str) -> list[dict[str, Any]]:
    """Take what waits for a function, each record as an event of its own."""
    records: list[dict[str, Any]] = []
    while batch := world.portal.pump.take(function):
        records += batch["Records"]
    return [{"Records": [record]} for record in records]


def about(path: str, every: list[dict[str, Any]]) -> dict[str, Any]:
    """Give one event of all the records that are about a page."""
    records = [record for event in every for record in event["Records"]]
    return {"Records": [each for each in records if each["dynamodb"]["Keys"]["pk"]["S"] == f"page#{path}"]}


def test_two_uploads_of_one_article(world: World, stage: Stage, count: Callable[[int], None]) -> None:
    """The later one stands in the end, whoever judged and committed first; each has its one verdict."""
    first, second = Worker(world, "IntakeFunction"), Worker(world, "IntakeFunction")
    article_id = world.send(article())
    world.settle()
    world.send(article(title="Bản hai"), article_id)
    world.send(article(title="Bản ba"), article_id)
    one, two = events(world, "IntakeFunction")
    before = world.save()

    def play(choose: Choose) -> None:
        stage.play([until_done(first, one), until_done(second, two)], choose)
        world.settle()
        check(world)

    count(every_order(world, before, play, most=2000))


def test_the_same_upload_judged_twice_at_once(world: World, stage: Stage, count: Callable[[int], None]) -> None:
    """Also when it takes an article down, which has a purge to be sent."""
    first, second = Worker(world, "IntakeFunction"), Worker(world, "IntakeFunction")
    article_id = world.send(article())
    world.settle()
    world.read_everything()
    world.send(article(status="withdrawn"), article_id)
    [event] = events(world, "IntakeFunction")
    before = world.save()

    def play(choose: Choose) -> None:
        stage.play([until_done(first, event), until_done(second, event)], choose)
        assert world.queued("PurgeQueue") >= 1, "the second purge of a takedown"
        world.settle()
        check(world)

    count(every_order(world, before, play, most=1000))


def test_a_withdrawal_in_the_minute_in_which_the_clock_publishes(
    world: World, stage: Stage, count: Callable[[int], None]
) -> None:
    """Rule 10: whoever is first, it is withdrawn in the end, and readers never get it back."""
    intake, tick = Worker(world, "IntakeFunction"), Worker(world, "TickFunction")
    scheduled = world.send(article(published_at=in_hours(world, 2)))
    world.settle()
    world.read_everything()
    world.wait(hours=2, minutes=1)
    world.send(article(published_at=utc(world.now()), status="withdrawn"), scheduled)
    [event] = events(world, "IntakeFunction")
    before = world.save()

    def play(choose: Choose) -> None:
        stage.play([until_done(intake, event), lambda: tick.answer({})], choose)
        world.settle()
        check(world)
        assert world.status(scheduled)["state"] == "withdrawn"

    count(every_order(world, before, play, most=2000))


def test_an_edit_begins_in_the_minute_in_which_the_clock_takes_down_what_readers_have(
    world: World, stage: Stage, count: Callable[[int], None]
) -> None:
    """Rule 10: the edit waits, and the notice stands, whoever was first."""
    intake, tick = Worker(world, "IntakeFunction"), Worker(world, "TickFunction")
    published = world.send(article(expires_at=in_hours(world, 2)))
    world.settle()
    world.read_everything()
    world.wait(hours=2, minutes=1)
    world.send(article(title="Bản đang sửa", status="draft"), published)
    [event] = events(world, "IntakeFunction")
    before = world.save()

    def play(choose: Choose) -> None:
        stage.play([until_done(intake, event), lambda: tick.answer({})], choose)
        world.settle()
        check(world)
        told = world.status(published)
        assert (told["state"], told["live"]["state"]) == ("draft", "withdrawn")

    count(every_order(world, before, play, most=2000))


@pytest.mark.parametrize("path", LISTS)
def test_two_runs_draw_one_page_while_an_article_leaves_it(
    world: World, stage: Stage, count: Callable[[int], None], path: str
) -> None:
    """Rules 1 and 2: a stalled run with what it read before can not put it over what was drawn since."""
    stalled, other = Worker(world, "RenderFunction"), Worker(world, "RenderFunction")
    article_id = world.send(article(published_at=NEWS))
    world.settle()
    world.send(article(status="withdrawn", published_at=NEWS), article_id)
    [withdrawal] = events(world, "IntakeFunction")
    before = world.save()
    touch = {"Records": [{"eventName": "MODIFY", "dynamodb": touched(path)}]}

    def withdraw_and_draw() -> None:
        judged_in_one_turn(stage, withdrawal)
        until_done(other, about(path, events(world, "RenderFunction")))()

    def play(choose: Choose) -> None:
        stage.play([until_done(stalled, touch), withdraw_and_draw], choose)
        assert article()["title"] not in world.content("SiteBucket", paths.object_key(path)).decode()

    count(orders(path, world, before, play, most=3000))


@pytest.mark.parametrize("path", LISTS)
def test_publish_then_withdraw_while_a_run_stalls(
    world: World, stage: Stage, count: Callable[[int], None], path: str
) -> None:
    """Rule 2: the list before the publish and after the withdrawal is the same text; its version is not."""
    stalled, other = Worker(world, "RenderFunction"), Worker(world, "RenderFunction")
    article_id = world.send(article(published_at=NEWS))
    [publication] = events(world, "IntakeFunction")
    world.send(article(status="withdrawn", published_at=NEWS), article_id)
    [withdrawal] = events(world, "IntakeFunction")
    # S3 has announced both, but intake sees only what is there: the withdrawal is sent after the publication.
    key: Any = {"Bucket": world.name("UploadsBucket"), "Key": paths.upload_key(article_id, 2)}
    late = world.portal.clients.s3.get_object(**key)
    content, metadata = late["Body"].read(), late["Metadata"]
    world.portal.clients.s3.delete_object(**key)
    before = world.save()
    touch = {"Records": [{"eventName": "MODIFY", "dynamodb": touched(path)}]}

    def publish_and_withdraw() -> None:
        for event in (publication, withdrawal):
            with stage.one_turn():
                world.portal.lambdas.invoke("IntakeFunction", event)
                until_done(other, about(path, events(world, "RenderFunction")))()
                world.portal.clients.s3.put_object(**key, Body=content, Metadata=metadata)

    def play(choose: Choose) -> None:
        stage.play([until_done(stalled, touch), publish_and_withdraw], choose)
        assert article()["title"] not in world.content("SiteBucket", paths.object_key(path)).decode()

    count(orders(path, world, before, play, most=3000))


@pytest.mark.parametrize("path", LISTS)
def test_two_articles_of_one_list(world: World, stage: Stage, count: Callable[[int], None], path: str) -> None:
    """Each run draws the list for its own article; the one that puts last must show both."""
    renders = [Worker(world, "RenderFunction") for _ in range(2)]
    world.send(article(title="Bài một", published_at=NEWS))
    world.send(article(title="Bài hai", published_at=NEWS))
    publications = events(world, "IntakeFunction")
    before = world.save()

    def publish_and_draw(render: Worker, event: dict[str, Any]) -> Part:
        def part() -> None:
            judged_in_one_turn(stage, event)
            mine = about(path, events(world, "RenderFunction"))
            until_done(render, mine)()

        return part

    def play(choose: Choose) -> None:
        stage.play([publish_and_draw(*pair) for pair in zip(renders, publications, strict=True)], choose)
        for drawn in (path, *paths.beside(path)):
            shown = world.content("SiteBucket", paths.object_key(drawn)).decode()
            assert "Bài một" in shown
            assert "Bài hai" in shown

    count(orders(path, world, before, play, most=3000))


def test_a_batch_of_the_stream_delivered_twice_at_once(
    world: World, stage: Stage, count: Callable[[int], None]
) -> None:
    """All of an article's pages and its copy in the archive, drawn by two runs of the same batch."""
    first, second = Worker(world, "RenderFunction"), Worker(world, "RenderFunction")
    article_id = world.send(article())
    world.settle()
    world.read_everything()
    world.send(article(title="Tên khác", section="kinh-te"), article_id)
    world.reach("RenderFunction")
    batch = world.portal.pump.take("RenderFunction")
    assert batch
    before = world.save()

    def play(choose: Choose) -> None:
        stage.play([until_done(first, batch), until_done(second, batch)], choose)
        world.settle()
        check(world)

    count(some_orders(world, before, play, 40))


@pytest.mark.parametrize("page", ["its own page", "a list"])
def test_a_reader_fills_the_edge_at_any_moment_of_a_takedown(
    world: World, stage: Stage, count: Callable[[int], None], page: str
) -> None:
    """Rule 3: what the edge read before and stored after the purge goes with the second purge, before it expires."""
    render, purge = Worker(world, "RenderFunction"), Worker(world, "PurgeFunction")
    article_id = world.send(article())
    world.settle()
    path = world.path(article_id) if page == "its own page" else "/tin-tuc/"
    world.send(article(status="gone"), article_id)
    world.reach("RenderFunction")
    records = about(path, events(world, "RenderFunction"))
    before = world.save()

    def play(choose: Choose) -> None:
        stage.play([drawn_and_purged(world, render, purge, records), read_at_the_edge(stage, path, seconds=5)], choose)
        world.wait(seconds=296)  # with the slow origin, later than the second purge and earlier than the page expires
        world.settle()
        assert world.look(path)[2] == unmarked(world.content("SiteBucket", paths.object_key(path)))
        assert article()["title"] not in world.look(path)[2].decode()

    count(every_order(world, before, play, most=200))


def test_an_update_that_a_reader_missed_is_seen_when_the_ttl_is_over(
    world: World, stage: Stage, count: Callable[[int], None]
) -> None:
    """Rule 7."""
    render, purge = Worker(world, "RenderFunction"), Worker(world, "PurgeFunction")
    article_id = world.send(article())
    world.settle()
    path = world.path(article_id)
    world.send(article(body="<p>Bản sửa.</p>"), article_id)
    world.reach("RenderFunction")
    records = about(path, events(world, "RenderFunction"))
    before = world.save()

    def play(choose: Choose) -> None:
        stage.play([drawn_and_purged(world, render, purge, records), read_at_the_edge(stage, path)], choose)
        world.wait(seconds=300)
        assert "Bản sửa." in world.look(path)[2].decode()

    count(every_order(world, before, play, most=200))


def drawn_and_purged(world: World, render: Worker, purge: Worker, records: dict[str, Any]) -> Part:
    """Let a page be drawn, and then be purged."""

    def part() -> None:
        until_done(render, records)()
        for event in events(world, "PurgeFunction"):
            until_done(purge, event)()

    return part


def read_at_the_edge(stage: Stage, path: str, *, seconds: int = 0) -> Part:
    """Let a reader fill the edge's cache, from an origin that takes so many seconds to answer."""

    def part() -> None:
        stage.pause()
        fetched = stage.world.portal.edge.read(Request("GET", path, headers=Headers()))
        stage.pause(str(fetched.response.body))
        stage.world.clock.shift(seconds)
        stage.world.portal.edge.store(fetched)

    return part


def touched(path: str) -> dict[str, Any]:
    """Give the change of the stream that a touch of a page makes."""
    return {"Keys": {"pk": {"S": f"page#{path}"}, "sk": {"S": "touch"}}, "SequenceNumber": "1"}


def judged_in_one_turn(stage: Stage, event: dict[str, Any]) -> None:
    """Let intake do its whole work in one turn: what others can see of it is its one transaction."""
    with stage.one_turn():
        stage.world.portal.lambdas.invoke("IntakeFunction", event)
