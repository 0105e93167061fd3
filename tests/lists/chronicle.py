"""Histories of few articles on short pages: lists close numbered pages, articles come late, move, and go."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from console import rebuild
from console.deployment import Deployment
from portal import paths, source
from portal.composing import Composer
from portal.drawing import Artist
from portal.environment import environment
from portal.site import read_site
from portal.table import AWAITED, DUE, ISSUED, TOUCH, Table, unpacked
from tests.newsroom import article
from tests.reliability.world import World, a_world, unmarked

SITE = read_site(source.site_settings())
SITE_URL = "http://127.0.0.1:8000"
# So short that a handful of articles fills pages, and that what one no longer shows is soon found.
SHORT = {"PAGE_ENTRIES": 3, "HOME_ENTRIES": 6, "FRONT_ENTRIES": 2, "OTHERS": 2}
SECTIONS = ("tin-tuc", "kinh-te")
AUTHORS = ("Hà Thu", "Lê Minh")
TAGS = ("Bến phà", "Giao thông")
TITLES = ("Phà Cồn Sen", "Bến mới", "Phà cồn sen")  # the first and the last one have the same slug
MOMENTS = (
    "2026-10-31T23:30:00+07:00",  # October in the newsroom, and in UTC
    "2026-11-01T00:10:00+07:00",  # November in the newsroom, October in UTC
    "2026-11-20T08:05:00+07:00",
    "2026-11-22T08:05:00+07:00",  # news, for some hours
    "2026-11-23T11:00:00+07:00",
)
ARTICLES = 7

Pages = Mapping[str, tuple[bytes, Mapping[str, str]]]


@dataclass(frozen=True)
class Send:
    """An editor uploads the next state of an article, or its first."""

    slot: int
    fields: Mapping[str, Any]
    related: tuple[int, ...] = ()
    hours: Mapping[str, int] = field(default_factory=dict)  # from now: `published_at`, `expires_at`


@dataclass(frozen=True)
class Wait:
    """Hours pass, and a minute's tick."""

    hours: int


@dataclass(frozen=True)
class Settle:
    """All events are delivered; without it several changes come in one batch."""


Step = Send | Wait | Settle

# What chance finds late. A farewell is no more when its article is back; a list is drawn though it has emptied; an
# article goes to another month, and back, and what it leaves open is filled by one that comes late.
BACK_AGAIN = [Send(0, {"status": "withdrawn"}), Settle(), Wait(1), Send(0, {"title": "Phà trở lại"})]
EMPTIED = [Send(slot, {"author": "Hà Thu", "title": f"Phà {slot}"}) for slot in (2, 5)]
THERE_AND_BACK = [
    Send(4, {"published_at": "2026-09-30T23:30:00+07:00", "section": "kinh-te"}, related=(0, 5)),
    Settle(),
    Send(4, {"published_at": "2026-11-05T08:05:00+07:00", "tags": ["Giao thông"]}, related=(5,)),
    Send(5, {"status": "gone"}),
    Settle(),
    Send(6, {"published_at": "2026-10-02T09:00:00+07:00"}, hours={"expires_at": 7}),
    Wait(25),
]

_FIELDS = st.fixed_dictionaries(
    {
        "section": st.sampled_from(SECTIONS),
        "author": st.sampled_from(AUTHORS),
        "tags": st.lists(st.sampled_from(TAGS), unique=True),
        "title": st.sampled_from(TITLES),
        "published_at": st.sampled_from(MOMENTS),
        "status": st.sampled_from(("published",) * 6 + ("withdrawn", "gone", "draft", "review")),
    }
)
_HOURS: st.SearchStrategy[dict[str, int]] = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries({"expires_at": st.integers(1, 30)}),
    st.fixed_dictionaries({"published_at": st.integers(1, 30)}),
)
_SENDS = st.builds(
    Send,
    slot=st.integers(0, ARTICLES - 1),
    fields=_FIELDS,
    related=st.lists(st.integers(0, ARTICLES - 1), max_size=2, unique=True).map(tuple),
    hours=_HOURS,
)
STEPS = st.one_of(_SENDS, _SENDS, _SENDS, st.builds(Wait, st.sampled_from((1, 7, 25))), st.just(Settle()))


def seed() -> Iterator[Step]:
    """Publish on every list, so many that pages of each kind are closed, and read on from one another."""
    for slot in range(6):
        yield Send(
            slot,
            {
                "section": SECTIONS[slot % 4 == 3],
                "author": AUTHORS[slot % 3 == 2],
                "tags": [TAGS[0]] if slot % 2 else [*TAGS],
                "title": f"{TITLES[slot % 2]} {slot}",
                "published_at": f"2026-{10 + slot // 3}-0{slot + 1}T08:05:00+07:00",
            },
            related=(slot - 1,) if slot else (),
        )
    yield Settle()


class Chronicle:
    """A world in which histories happen, each from the same beginning."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.articles: dict[int, str] = {}
        self.play(seed())
        self.begun = world.save()
        self._begun_with = dict(self.articles)

    def again(self, *, is_empty: bool) -> None:
        """Go back to the beginning: an empty site, or the seeded one."""
        self.world.restore(self.world.start if is_empty else self.begun)
        self.articles = {} if is_empty else dict(self._begun_with)

    def play(self, steps: Iterable[Step], after_each: Callable[[], None] = lambda: None) -> None:
        """Let a history happen, and come to rest."""
        for step in (*steps, Settle()):
            match step:
                case Send():
                    self._send(step)
                case Wait():
                    self.world.wait(hours=step.hours)
                    self.world.beat()
                case Settle():
                    self.world.settle()
                    after_each()

    def _send(self, step: Send) -> None:
        known = [self.articles[slot] for slot in step.related if slot in self.articles]
        times = {name: (self.world.now() + timedelta(hours=hours)).isoformat() for name, hours in step.hours.items()}
        content = article(**{**step.fields, "related": known, **times})
        self.articles[step.slot] = self.world.send(content, self.articles.get(step.slot))

    # What has become of it

    def pages(self) -> Pages:
        """Give every object of the site bucket, but for what tells the version."""
        return {
            key: (body, {name: value for name, value in metadata.items() if not name.endswith(("version", "beside"))})
            for key, (body, metadata) in self.world.drawn().items()
        }

    def items(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Give the items of the table that the archive can tell of."""
        items = {key: unpacked(item) for key, item in self.world.items().items()}
        live = {
            partition: {item[name]["revision"] for name in ("current", "shown") if name in item}
            for (partition, sort), item in items.items()
            if sort == "head"
        }
        found = {}
        for (partition, sort), item in items.items():
            is_other_verdict = sort.startswith("verdict#") and item["outcome"] != "accepted"
            # A commit leaves behind what was due before it, at which tick finds nothing to do.
            is_due_no_more = partition == DUE and item["revision"] not in live[f"article#{item['id']}"]
            if sort in (TOUCH, ISSUED) or partition == AWAITED or is_other_verdict or is_due_no_more:
                continue
            # Of the revision with which it became a redirect; nothing reads it.
            dropped = "revision" if item.get("kind") == "redirect" else None
            found[partition, sort] = {name: value for name, value in item.items() if name != dropped}
        return found

    def check_every_page_is_what_its_partition_says(self) -> None:
        """Draw every page from the table as it is, and find it in the site bucket."""
        table = Table(self.world.portal.clients.dynamodb, self.world.name("Table"))
        composer = Composer(table, Artist(SITE, SITE_URL, environment()))
        drawn = self.pages()
        for page in sorted({paths.page_of(key) for key in drawn}):
            for drawing in composer.compose(page, 1):
                key = paths.object_key(drawing.path)
                assert drawn[key][0] == unmarked(drawing.body), f"{key} is not what its partition says"
                assert drawn[key][1]["x-amz-meta-cache-tag"] == ",".join(drawing.tags), f"{key} has other tags"

    # From scratch

    def begin_anew(self, *, is_site_lost: bool) -> None:
        """Lose the table, and perhaps the site bucket: what is left is the archive, the uploads and the code."""
        kept, start = self.world.save(), self.world.start
        if is_site_lost:
            lost = {self.world.name("SiteBucket"): start.objects[self.world.name("SiteBucket")]}
            anew = replace(kept, items=start.items, objects={**kept.objects, **lost})
        else:
            items = deepcopy(kept.items)
            items.clear()
            anew = replace(kept, items=items)
        self.world.restore(anew)

    def rebuild(self, *, is_drawn_meanwhile: bool = False) -> rebuild.Rebuilt:
        """Do as `./portal rebuild` does, and let a minute pass."""

        def tell(_what: str, _done: int, _every: int) -> None:
            if is_drawn_meanwhile:
                self.world.settle()

        rebuilt = rebuild.rebuild(self.deployment(), SITE.zone, at_once=1, tell=tell)
        self.world.settle()
        self.world.beat()
        self.world.settle()
        return rebuilt

    def check_from_scratch(self, *, is_site_lost: bool, is_drawn_meanwhile: bool) -> None:
        """Lose what can be lost, rebuild it, and find each object and each item as it was."""
        pages, items = self.pages(), self.items()
        self.begin_anew(is_site_lost=is_site_lost)
        rebuilt = self.rebuild(is_drawn_meanwhile=is_drawn_meanwhile)
        found = [*differences(items, self.items()), *differences(pages, self.pages())]
        assert not found, "\n".join(found)
        assert (rebuilt.wrong, self.world.dead_letters()) == ([], {}), f"{rebuilt.wrong} {self.world.dead_letters()}"

    def deployment(self) -> Deployment:
        """Give what the operators' command works on."""
        clients, template = self.world.portal.clients, self.world.portal.template
        return Deployment(
            names={each.logical_id: self.world.name(each.logical_id) for each in template.resources()},
            site_url=SITE_URL,
            table=Table(clients.dynamodb, self.world.name("Table")),
            s3=clients.s3,
            sqs=clients.sqs,
            streams=clients.streams,
            cloudfront=clients.cloudfront,
        )


def differences(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> list[str]:
    return [
        f"{key}:\n  {one.get(key)!r}\n  {other.get(key)!r}"
        for key in sorted({*one, *other})
        if one.get(key) != other.get(key)
    ]


@contextmanager
def a_chronicle() -> Iterator[Chronicle]:
    """Make a portal of its own whose pages are short and whose clock stands still."""
    with pytest.MonkeyPatch.context() as patching:
        for module in [module for name, module in sys.modules.items() if name.startswith("portal.")]:
            for name, value in SHORT.items():
                if hasattr(module, name):
                    patching.setattr(module, name, value)
        with a_world() as world:
            yield Chronicle(world)
