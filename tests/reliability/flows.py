"""The flows of the system: each makes what stands before, then what an editor or the clock does, not yet delivered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from portal.article import utc
from tests.newsroom import article
from tests.reliability.world import World

Flow = Callable[[World], None]


def _published(world: World, **changes: Any) -> str:  # noqa: ANN401
    """Publish an article, and let readers fill the edge's cache with all pages."""
    given = world.send(article(**changes))
    _let_it_be_read(world)
    return given


def _let_it_be_read(world: World) -> None:
    world.settle()
    world.read_everything()


def in_hours(world: World, hours: float) -> str:
    return utc(world.now() + timedelta(hours=hours))


def first_publish(world: World) -> None:
    world.read_everything()
    world.send(article())


def update(world: World) -> None:
    published = _published(world)
    world.send(article(body="<p>Bản sửa.</p>"), published)


def new_title(world: World) -> None:
    published = _published(world)
    world.send(article(title="Tên thứ hai"), published)
    _let_it_be_read(world)
    world.send(article(title="Tên thứ ba"), published)


def another_section(world: World) -> None:
    published = _published(world)
    world.send(article(section="kinh-te"), published)


def withdrawal(world: World) -> None:
    published = _published(world)
    world.send(article(status="withdrawn"), published)


def removal(world: World) -> None:
    published = _published(world)
    world.send(article(status="gone"), published)


def return_of_a_withdrawn_article(world: World) -> None:
    published = _published(world)
    world.send(article(status="withdrawn"), published)
    _let_it_be_read(world)
    world.send(article(), published)


def rejection(world: World) -> None:
    published = _published(world)
    world.send(article(title=""), published)


def bad_upload_after_a_withdrawal(world: World) -> None:
    published = _published(world)
    world.send(article(status="withdrawn"), published)
    world.send(b"{", published)


def withdrawal_after_a_bad_upload(world: World) -> None:
    published = _published(world)
    world.send(b"{", published)
    world.settle()
    world.send(article(status="withdrawn"), published)


def conflict(world: World) -> None:
    published = _published(world)
    world.send(article(title="Của người thứ nhất"), published, base=1)
    world.send(article(title="Của người thứ hai"), published, base=1)


def two_articles_at_once(world: World) -> None:
    world.read_everything()
    world.send(article(title="Bài một"))
    world.send(article(title="Bài hai", published_at="2026-11-20T09:00:00+07:00"))


def two_uploads_at_once(world: World) -> None:
    published = _published(world)
    world.send(article(title="Bản hai"), published)
    world.send(article(title="Bản ba"), published)


def scheduled_minute(world: World) -> None:
    _published(world, published_at=in_hours(world, 2))
    _tick(world, hours=2, minutes=1)


def expiry(world: World) -> None:
    _published(world, expires_at=in_hours(world, 2))
    _tick(world, hours=3)


def withdrawal_in_the_scheduled_minute(world: World) -> None:
    scheduled = _published(world, published_at=in_hours(world, 2))
    world.send(article(published_at=in_hours(world, 2), status="withdrawn"), scheduled)
    _tick(world, hours=3)


def upload_whose_event_is_lost(world: World) -> None:
    world.send(article())
    world.portal.pump.take("IntakeFunction")
    _tick(world, minutes=2)


def withdrawal_whose_event_is_lost(world: World) -> None:
    published = _published(world)
    world.send(article(status="withdrawn"), published)
    world.portal.pump.take("IntakeFunction")
    _tick(world, minutes=2)


def edit_beside_what_is_published(world: World) -> None:
    published = _published(world)
    world.send(article(title="Bản đang sửa", section="kinh-te", status="draft"), published)
    _let_it_be_read(world)
    world.send(article(title="Bản đang sửa", section="kinh-te"), published)


def edit_set_to_a_minute(world: World) -> None:
    published = _published(world)
    world.send(article(title="Bản hẹn giờ", published_at=in_hours(world, 2)), published)
    world.settle()
    _tick(world, hours=2, minutes=1)


def expiry_while_an_edit_waits(world: World) -> None:
    published = _published(world, expires_at=in_hours(world, 2))
    world.send(article(title="Bản đang sửa", status="review"), published)
    world.settle()
    _tick(world, hours=3)


def approval(world: World) -> None:
    submitted = _submitted(world, article())
    _approve(world, article(), submitted)


def approved_takedown(world: World) -> None:
    reason = {"change_note": "Số liệu sai.", "decision": "12/QĐ-UBND"}
    published = _submitted(world, article())
    _approve(world, article(), published)
    _let_it_be_read(world)
    _submitted(world, article(**reason, proposes="withdrawn"), published)
    _approve(world, article(**reason, status="withdrawn"), published)


def _submitted(world: World, content: dict[str, Any], article_id: str | None = None) -> str:
    """Send an article for review as an editor who may not approve."""
    world.sign_in("thu", "editors")
    submitted = world.send({**content, "status": "review"}, article_id)
    _let_it_be_read(world)
    return submitted


def _approve(world: World, content: dict[str, Any], article_id: str) -> None:
    world.sign_in("chau", "approvers")
    world.send(content, article_id)


def _tick(world: World, **later: float) -> None:
    world.wait(**later)
    world.beat()


FLOWS: tuple[Flow, ...] = (
    first_publish,
    update,
    new_title,
    another_section,
    withdrawal,
    removal,
    return_of_a_withdrawn_article,
    rejection,
    bad_upload_after_a_withdrawal,
    withdrawal_after_a_bad_upload,
    conflict,
    two_articles_at_once,
    two_uploads_at_once,
    scheduled_minute,
    expiry,
    withdrawal_in_the_scheduled_minute,
    upload_whose_event_is_lost,
    withdrawal_whose_event_is_lost,
    edit_beside_what_is_published,
    edit_set_to_a_minute,
    expiry_while_an_edit_waits,
)
# Where the newsroom asks for two pairs of eyes.
FLOWS_OF_TWO: tuple[Flow, ...] = (approval, approved_takedown)
