"""A portal that holds a corpus: seeded, drawn, warm, and ready to be measured."""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

import time_machine

from bench import emulator
from bench.corpus import NEWEST, SITE, Corpus
from bench.measure import Measured, Meter
from local.portal import LocalPortal
from portal import paths, source
from portal.article import State
from portal.commit import Change, actions
from portal.table import ISSUED, SHELF, Verdict, article_partition, packed, page_partition
from portal.verdicts import Outcome
from tests.newsroom import Newsroom

TODAY: Final = NEWEST + timedelta(hours=2)  # what the clock says when the measuring begins
BATCH: Final = 100  # records of the stream in one invocation of render, as in template.yaml


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
def world(corpus: Corpus, meter: Meter) -> Iterator[World]:
    """Make a portal, put a corpus into its table, and draw every page of it."""
    with ExitStack() as stack:
        clock = stack.enter_context(time_machine.travel(TODAY, tick=True))
        stack.enter_context(patch.object(source, "site_settings", lambda: SITE))
        stack.enter_context(meter.installed())
        portal = stack.enter_context(LocalPortal())
        stack.enter_context(emulator.cheap_transactions())
        stack.enter_context(emulator.quick_queries())
        meter.know(portal.template)
        table = portal.template.ref("Table")
        with _unwatched():
            seed(table, corpus)
        newsroom = Newsroom(portal)
        paths_of = defaultdict(list)
        for path in emulator.pages(table):
            paths_of[kind_of(path)].append(path)
        for some in paths_of.values():  # what is drawn first loads its template
            draw(newsroom, some[:1])
        made = World(newsroom, clock, meter, paths_of)
        with _unwatched(), _kept():
            made.drawn.update(drawn(made))
        with _kept():
            yield made


def seed(table: str, corpus: Corpus) -> None:
    """Put a corpus into the table, as the commits of its articles would have."""
    with emulator.without_stream(table):
        for article_id, article in corpus.oldest_first():
            now = article.published_at
            change = Change(article_id, article, State.PUBLISHED, 1, "bench", now)
            verdict = Verdict(article_id, 1, Outcome.ACCEPTED, now)
            for action in actions(table, None, change.next_head(None), change, verdict):
                emulator.apply(action)
            issued = {"pk": article_partition(article_id), "sk": ISSUED, "n": 1, "shelf": SHELF, "issued_at": now}
            emulator.apply({"Put": {"TableName": table, "Item": packed(issued)}})


def drawn(made: World) -> dict[str, Measured]:
    """Draw all pages, and tell what that took, by kind."""
    found = {}
    for kind, some in made.paths.items():
        with made.meter.on() as found[kind]:
            draw(made.newsroom, some)
    if made.newsroom.dead_letters():
        raise RuntimeError(f"not drawn: {made.newsroom.portal.lambdas.log.records('RenderFunction')[-1]}")
    return found


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
    return "section" if paths.section_of(path) else "site"


def _touched(path: str) -> dict[str, Any]:
    keys = {"pk": {"S": page_partition(path)}, "sk": {"S": "touch"}}
    return {
        "eventID": "1",
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": keys, "NewImage": {**keys, "purge": {"BOOL": False}}, "SequenceNumber": "1"},
    }


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
