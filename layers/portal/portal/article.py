"""The article as accepted, and the states of its life."""

import json
import zlib
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Final, Self

MAX_UPLOAD_BYTES: Final = 1_048_576  # of the JSON in which an article is submitted
MAX_INFLATED_BYTES: Final = 8_000_000


class State(StrEnum):
    """Where an article is in its life. Readers see it in one of the last three, and nothing of the others."""

    DRAFT = "draft"
    REVIEW = "review"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    GONE = "gone"

    @property
    def is_public(self) -> bool:
        """Whether readers see what becomes of the article: its text, a notice in its place, or that it is gone."""
        return self in (State.PUBLISHED, State.WITHDRAWN, State.GONE)


def utc(moment: datetime) -> str:
    """Write a moment as every item and key does, `2026-11-23T01:05:00Z`, so that text sorts by time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_whole_minutes(moment: datetime) -> datetime:
    """Give the same moment at an offset of whole minutes, the only ones that RFC 3339 and RFC 5322 can write.

    Until 1911 Saigon's clocks were 7 hours, 6 minutes and 30 seconds ahead.
    """
    offset = moment.utcoffset() or timedelta()
    seconds = offset % timedelta(minutes=1)
    return moment.astimezone(timezone(offset - seconds)) if seconds else moment


def iso(moment: datetime) -> str:
    """Write a moment with its offset, as readers' programs take it (RFC 3339): `2026-11-23T08:05:00+07:00`."""
    return with_whole_minutes(moment).isoformat()


@dataclass(frozen=True)
class Article:
    """An accepted article: NFC throughout, `body` sanitised, moments in UTC as `utc` writes them."""

    title: str
    summary: str
    body: str
    author: str
    section: str
    published_at: str
    language: str
    source: str | None = None
    tags: tuple[str, ...] = ()
    status: str = State.PUBLISHED
    related: tuple[str, ...] = ()
    old_paths: tuple[str, ...] = ()
    expires_at: str | None = None
    change_note: str | None = None
    correction: str | None = None
    decision: str | None = None
    proposes: str | None = None

    def state_at(self, now: str) -> State:
        """Tell the state that the article asks for at a moment."""
        if self.status != State.PUBLISHED:
            return State(self.status)
        if self.expires_at is not None and self.expires_at <= now:
            return State.WITHDRAWN
        return State.PUBLISHED if self.published_at <= now else State.SCHEDULED

    def approved(self) -> Self:
        """Give the article that an approval of it is: with the status that it proposes."""
        return replace(self, status=self.proposes or State.PUBLISHED, proposes=None)

    def next_change_after(self, now: str) -> str | None:
        """Give the moment at which the clock alone will ask for another state, if there is one."""
        match self.state_at(now):
            case State.SCHEDULED:
                return self.published_at
            case State.PUBLISHED:
                return self.expires_at
            case _:
                return None

    def as_json(self) -> dict[str, Any]:
        """Give the article as JSON has it, without what is absent; `from_json` reads it back."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read what `as_json` gave."""
        lists: Any = {name: tuple(value.get(name, ())) for name in ("tags", "related", "old_paths")}
        return cls(**{**value, **lists})

    def compressed(self) -> bytes:
        """Give the article as an item holds it: canonical JSON in UTF-8, deflated (RFC 1950)."""
        text = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return zlib.compress(text.encode(), 9)

    @classmethod
    def decompressed(cls, content: bytes) -> Self:
        """Read what `compressed` gave.

        Raises:
            ValueError: it is more than any accepted article, or no article.
        """
        inflater = zlib.decompressobj()
        text = inflater.decompress(content, MAX_INFLATED_BYTES)
        if not inflater.eof:
            raise ValueError(f"an article inflates to more than {MAX_INFLATED_BYTES:,} bytes")
        return cls.from_json(json.loads(text))


def shortened(text: str, most: int) -> str:
    """Cut text between words to at most `most` characters, with an ellipsis where something is left out."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:.") + "…"
