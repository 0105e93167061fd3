"""What it costs to hold the page of an article to its metadata, beside drawing it without."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from gc import collect
from time import process_time_ns
from typing import Final
from unittest.mock import patch

from bench.corpus import Corpus, site
from portal import metadata
from portal.article import State
from portal.commit import own_path
from portal.composing import OTHERS
from portal.drawing import Artist
from portal.environment import environment
from portal.public_data import PublicData
from portal.table import Revision, Teaser

ROUNDS: Final = 15  # of each way, in turn
ARTICLES: Final = 200  # drawn in each round
_SITE_URL: Final = "https://portal.example"
_COMMITTED: Final = "2026-11-20T01:05:00Z"
_MICROSECOND: Final = 1e3  # nanoseconds


def measured() -> dict[str, float]:
    """Draw the same pages with the check and without, in turn, their JSON left out.

    Returns:
        microseconds of CPU a page, of the quickest round of each way.
    """
    artist = Artist(site(), _SITE_URL, environment())
    revisions = [
        Revision(name, 1, 1, State.PUBLISHED, "editor", "editor", _COMMITTED, article)
        for name, article in Corpus(ARTICLES).oldest_first()
    ]
    others = [
        Teaser.of(each.article_id, each.article, own_path(each.article_id, each.article), each.committed_at)
        for each in revisions[:OTHERS]
    ]
    ways: dict[str, AbstractContextManager[object]]
    found: dict[str, list[int]] = {"checked": [], "unchecked": []}
    with patch.object(PublicData, "article"), patch.object(Artist, "_json"):
        for _ in range(ROUNDS):
            ways = {"checked": nullcontext(), "unchecked": patch.object(metadata, "check", lambda _html, _path: None)}
            for name, way in ways.items():
                with way:
                    found[name].append(_drawn(artist, revisions, others))
    return {name: min(spent) / _MICROSECOND / len(revisions) for name, spent in found.items()}


def _drawn(artist: Artist, revisions: Sequence[Revision], others: Sequence[Teaser]) -> int:
    """Draw a page of each revision; give the nanoseconds of CPU that it took."""
    collect()
    since = process_time_ns()
    for each in revisions:
        artist.article(own_path(each.article_id, each.article), 1, each, others, [], public=[each.step()] * 2)
    return process_time_ns() - since
