"""The corpus: generated Vietnamese articles, the same at every size but for how far they reach back.

The corpus of 1,000 is the newest 1,000 of the corpus of 20,000, so what is newest in every list is the same whatever
the size. Articles come in series of 20 that share section, author and tags, 50 series to a thousand, so the number of
entries of every list differs by multiples of 20 between sizes that differ by thousands.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import accumulate, product
from pathlib import Path
from random import Random
from typing import Any, Final

from portal.article import Article, utc
from portal.site import Site, read_site

SITE: Final = Path(__file__).parent / "site.toml"
NEWEST: Final = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # when the newest article was published
STEP: Final = timedelta(days=3652) / 20_000  # between two articles: 20,000 of them take ten years
SERIES: Final = 20  # articles that share section, author and tags
BLOCK: Final = 1_000  # articles in which every series that begins also ends
BODY_BYTES: Final = (2_400, 4_700)  # of the body; title, summary and the rest make an article of 3 to 6 KB

_ID_LETTERS: Final = "0123456789bcdfghjkmnpqrstvwxyz"
_SLOT: Final = re.compile(r"\{(\w+)\}")
_RELATED_WITHIN: Final = 200  # articles that an article may be related to, all of them older


@dataclass(frozen=True)
class Place:
    """Where in the lists an article stands."""

    section: str
    author: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Corpus:
    """So many articles. Of the newest, `dense` share the newest month; the others come at their usual step."""

    size: int
    dense: int = 0

    def oldest_first(self) -> Iterator[tuple[str, Article]]:
        """Give each article with its id."""
        for age in reversed(range(self.size)):
            yield article_id(age), self.article(age)

    def article(self, age: int) -> Article:
        """Give the article that has so many newer ones than itself."""
        draw = Random(f"text {age}")  # noqa: S311 (the same at every run, which is what it is for)
        place = place_of(age)
        related = [age + draw.randint(1, _RELATED_WITHIN) for _ in range(draw.choice((0, 0, 0, 1, 2)))]
        moment = self._moment(age)
        return Article(
            title=_text(draw, "title", moment),
            summary=_text(draw, "summary", moment),
            body=_body(draw, moment),
            author=place.author,
            section=place.section,
            published_at=utc(moment),
            language="vi",
            source="Cổng thông tin điện tử tỉnh Sơn Thanh" if draw.random() < 1 / 4 else None,
            tags=place.tags,
            related=tuple(dict.fromkeys(article_id(other) for other in related if other < self.size)),
        )

    def _moment(self, age: int) -> datetime:
        start = NEWEST.replace(day=2, hour=0)
        if 0 <= age < self.dense:
            return NEWEST - age * ((NEWEST - start) / self.dense)
        return (start if self.dense else NEWEST) - (age - self.dense) * STEP


@dataclass(frozen=True)
class Vocabulary:
    """What texts are put together from, and what the lists are named after."""

    words: dict[str, Any]

    @cached_property
    def authors(self) -> list[str]:
        """The 50 authors, those who write most first."""
        return [f"{family} {given}" for given, family in product(self.words["given_names"], self.words["family_names"])]

    @cached_property
    def tags(self) -> list[str]:
        """The 200 tags, the most used first."""
        return [f"{head} {of}" for of, head in product(self.words["tag_objects"], self.words["tag_heads"])]


@cache
def vocabulary() -> Vocabulary:
    """Read the vocabulary."""
    path = Path(__file__).parent / "vocabulary.toml"
    return Vocabulary(tomllib.loads(path.read_text(encoding="utf-8")))


@cache
def site() -> Site:
    """Read the settings of the corpus's newsroom."""
    return read_site(SITE)


def article_id(age: int) -> str:
    """Give the id of the article that has so many newer ones."""
    return "".join(Random(f"id {age}").choices(_ID_LETTERS, k=10))  # noqa: S311 (as above)


def place_of(age: int) -> Place:
    """Give the place of the article that has so many newer ones: that of its series."""
    block, number = divmod(age, BLOCK)
    return _series(block, number % (BLOCK // SERIES))


def popular() -> Place:
    """Give the place of the articles that are published: the lists that have most entries."""
    words = vocabulary()
    return Place(site().sections[0].slug, words.authors[0], tuple(words.tags[:3]))


@cache
def _series(block: int, number: int) -> Place:
    draw = Random(f"series {block} {number}")  # noqa: S311 (as above)
    words = vocabulary()
    [section] = draw.choices(site().sections, words.words["sections_weights"])
    [author] = draw.choices(words.authors, cum_weights=_weights(len(words.authors)))
    tags = draw.choices(words.tags, cum_weights=_weights(len(words.tags)), k=draw.randint(1, 5))
    return Place(section.slug, author, tuple(dict.fromkeys(tags)))


@cache
def _weights(number: int) -> list[float]:
    """Give cumulative weights that fall as those of names and tags do: few are used much, most seldom."""
    return list(accumulate(1 / (rank + 5) for rank in range(number)))


def _body(draw: Random, moment: datetime) -> str:
    """Write a body in HTML as the sanitiser leaves it."""
    wanted = draw.randint(*BODY_BYTES)
    blocks: list[str] = []
    size = 0
    while size < wanted:
        blocks.append(_block(draw, moment, number=len(blocks)))
        size += len(blocks[-1].encode()) + 1
    return "\n".join(blocks)


def _block(draw: Random, moment: datetime, *, number: int) -> str:
    if number % 4 == 2:  # noqa: PLR2004 (every fourth, after two paragraphs)
        return f"<h2>{_text(draw, 'heading', moment)}</h2>"
    if number and draw.random() < 1 / 8:
        items = (f"<li>{_text(draw, 'item', moment)}</li>" for _ in range(draw.randint(3, 5)))
        return "<ul>\n{}\n</ul>".format("\n".join(items))
    sentences = (_text(draw, "sentence", moment) for _ in range(draw.randint(2, 4)))
    return f"<p>{' '.join(sentences)}</p>"


def _text(draw: Random, kind: str, moment: datetime) -> str:
    """Write one text of a kind, its slots filled."""
    text = _SLOT.sub(lambda slot: _filled(draw, slot[1], moment), draw.choice(vocabulary().words[kind]))
    return text[0].upper() + text[1:]


def _filled(draw: Random, slot: str, moment: datetime) -> str:
    match slot:
        case "month":
            return f"{moment:%m/%Y}"
        case "day":
            return f"{moment - timedelta(days=draw.randint(0, 20)):%d/%m}"
        case "event_capital":
            return _text(draw, "event", moment)
    if slot in _NUMBERS:
        return _NUMBERS[slot](draw.randint)
    return str(draw.choice(vocabulary().words[slot]))


# Numbers as texts have them, drawn between two bounds.
_NUMBERS: Final[Mapping[str, Callable[[Callable[[int, int], int]], str]]] = {
    "count": lambda between: str(between(3, 480)),
    "percent": lambda between: str(between(11, 98)),
    "decimal": lambda between: f"{between(2, 30)},{between(1, 9)}",
    "money": lambda between: f"{between(1, 90)}.{between(100, 999)}",
    "phone": lambda between: f"02{between(10, 99)}.{between(100, 999)}.{between(100, 999)}",
}
