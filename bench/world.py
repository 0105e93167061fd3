"""A portal that holds a corpus: seeded, drawn, warm, and ready to be measured."""

import gc
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final
from unittest.mock import patch

import time_machine

from bench import emulator
from bench.corpus import NEWEST, SITE, Corpus, site
from bench.measure import Measured, Meter
from local.portal import LocalPortal
from portal import paths, source
from portal.article import State, utc
from portal.commit import Change, actions
from portal.drawing import Artist
from portal.lists import news_until
from portal.numbering import PAGE_ENTRIES, newest_of
from portal.table import DUE, ISSUED, MONTH, SHELF, Table, Teaser, Verdict, article_partition, packed, page_partition
from portal.verdicts import Outcome
from tests.newsroom import Newsroom

# What the clock says when the measuring begins; none of what is news then stops being news while it goes on.
TODAY: Final = NEWEST + timedelta(minutes=30)
BATCH: Final = 100  # records of the stream in one invocation of render, as in template.yaml
SAMPLE: Final = 300  # pages that are drawn of a kind, spread evenly over all of them, when there are more


@dataclass(frozen=True)
class World:
    """A portal, who uses it, its clock and the meter; by kind, the paths of its pages and what their drawing took."""

    newsroom: Newsroom
    clock: time_machine.Traveller
    meter: Meter
    paths: Mapping[str, list[str]]
    drawn: dict[str, Measured] = field(default_factory=dict)

    @property
    def memory(self) -> dict[str, int]:
        """The memory of each function, in MB."""
        functions = self.newsroom.portal.template.resources("AWS::Lambda::Function")
        return {each.logical_id.removesuffix("Function").lower(): each.properties["MemorySize"] for each in functions}


@contextmanager
def world(corpus: Corpus, meter: Meter, *, draws: bool = True) -> Iterator[World]:
    """Make a portal, put a corpus into its table, and draw its pages unless they are to stay undrawn."""
    with ExitStack() as stack:
        clock = stack.enter_context(time_machine.travel(TODAY, tick=True))
        stack.enter_context(patch.object(source, "site_settings", lambda: SITE))
        stack.enter_context(meter.installed())
        stack.enter_context(_known_to(meter))
        portal = stack.enter_context(LocalPortal())
        stack.enter_context(emulator.cheap_transactions())
        stack.enter_context(emulator.quick_queries())
        meter.know(portal.template)
        table = portal.template.ref("Table")
        with _unwatched():
            seed(portal.clients.dynamodb, table, corpus)
        newsroom = Newsroom(portal)
        paths_of = defaultdict(list)
        for path in emulator.pages(table):
            paths_of[kind_of(path)].append(path)
        made = World(newsroom, clock, meter, paths_of)
        with _unwatched(), _kept(), emulator.without_stream(table):
            for kind, some in paths_of.items() if draws else ():
                # What is drawn first loads its template, and a month has itself entered.
                draw(newsroom, sample(some) if kind == "month" else some[:1])
            made.drawn.update(drawn(made) if draws else {})
        with _kept():
            yield made


class _Filled(Table):
    """The table as the closing of numbered pages sees it: its lists at hand, its transactions past the API."""

    lists: Mapping[str, list[Teaser]]  # oldest first

    def entries(self, list_path: str, *, after: str = "0", most: int = 0, **_: Any) -> Iterator[Teaser]:  # noqa: ANN401
        """Give the entries of a list after a sort key."""
        every = self.lists[list_path]
        first = bisect_right(every, after, key=attrgetter("key"))
        yield from every[first : first + most]

    def transact(self, actions: Iterable[Any]) -> None:
        """Do each action by itself."""
        for action in actions:
            emulator.apply(action)


def seed(client: Any, table: str, corpus: Corpus) -> None:  # noqa: ANN401 (boto3's, of DynamoDB)
    """Put a corpus into the table, as the commits of its articles and the drawing of its lists would have."""
    lists: dict[str, list[Teaser]] = defaultdict(list)
    with emulator.without_stream(table):
        for article_id, article in corpus.oldest_first():
            now = article.published_at
            change = Change(article_id, article, State.PUBLISHED, 1, "bench", "bench", now, site().zone)
            verdict = Verdict(article_id, 1, Outcome.ACCEPTED, now)
            head = change.next_head(None)
            is_news = news_until(now) > utc(TODAY)
            action: Any
            for action in actions(table, None, head, change, verdict):
                if is_news or action["Put"]["Item"]["pk"]["S"] not in _OF_NEWS:
                    emulator.apply(action)
            issued = {"pk": article_partition(article_id), "sk": ISSUED, "n": 1, "shelf": SHELF, "shelved_at": now}
            emulator.apply({"Put": {"TableName": table, "Item": packed(issued)}})
            for path in head.lists:
                lists[path].append(Teaser.of(article_id, article, str(head.path), now))
        filled = _Filled(client, table)
        filled.lists = lists
        for path in lists:
            if paths.is_list_path(path):
                newest_of(filled, path, PAGE_ENTRIES)
            elif month := paths.read_month_path(path):
                archive, this = paths.archive_path(month[0]), f"{month[1]:04}-{month[2]:02}"
                entered = {"pk": page_partition(archive), "sk": f"{MONTH}{this}"}
                emulator.apply({"Put": {"TableName": table, "Item": packed(entered)}})


# What a tick has deleted of an article that is news no more.
_OF_NEWS: Final = (DUE, page_partition(paths.NEWS_SITEMAP))


def drawn(made: World) -> dict[str, Measured]:
    """Draw all pages again, or a sample of each kind, and tell what that took, by kind."""
    found = {}
    for kind, some in made.paths.items():
        with made.meter.on() as found[kind]:
            draw(made.newsroom, sample(some))
    if made.newsroom.dead_letters():
        raise RuntimeError(f"not drawn: {made.newsroom.portal.lambdas.log.records('RenderFunction')[-1]}")
    return found


def sample(pages: list[str]) -> list[str]:
    """Give the pages that are drawn of a kind that has these."""
    return pages[:: -(-len(pages) // SAMPLE)] if pages else []


def draw(newsroom: Newsroom, pages: Iterable[str]) -> None:
    """Have render draw pages, in batches as the stream hands them over."""
    listed = list(pages)
    for start in range(0, len(listed), BATCH):
        records = [_touched(path) for path in listed[start : start + BATCH]]
        answer = newsroom.portal.lambdas.invoke("RenderFunction", {"Records": records})
        if answer["batchItemFailures"]:
            raise RuntimeError(f"not drawn: {newsroom.portal.lambdas.log.records('RenderFunction')[-1]}")


def kind_of(path: str) -> str:
    """Give the kind of a page."""
    if paths.is_article_path(path):
        return "article"
    if path == paths.HOME:
        return "home"
    if paths.is_list_path(path):
        return "section" if paths.section_of(path) else "tag or author"
    if paths.read_numbered_path(path):
        return "numbered"
    if paths.read_month_path(path):
        return "month"
    return "archive" if paths.list_of_archive_path(path) else "site"


def _touched(path: str) -> dict[str, Any]:
    keys = {"pk": {"S": page_partition(path)}, "sk": {"S": "touch"}}
    return {
        "eventID": "1",
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": keys, "NewImage": {**keys, "purge": {"BOOL": False}}, "SequenceNumber": "1"},
    }


@contextmanager
def _known_to(meter: Meter) -> Iterator[None]:
    """Let the meter know what the artists keep that are made meanwhile, each in its function's process."""
    make = Artist.__init__

    def making(artist: Artist, *args: Any) -> None:  # noqa: ANN401 (as Artist has it)
        make(artist, *args)
        meter.caches.append(artist.teasers)

    with patch.object(Artist, "__init__", making):
        yield


@contextmanager
def _unwatched() -> Iterator[None]:
    """Keep the garbage collector from going through all that is made meanwhile, again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _kept() -> Iterator[None]:
    """Keep what there is now from the garbage collector; what is made meanwhile it may collect, in our time."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
