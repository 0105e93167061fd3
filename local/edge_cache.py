"""What an edge location keeps: objects, how long they are fresh, their tags, and what invalidations do to them."""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from moto.cloudfront.models import cloudfront_backends
from werkzeug.datastructures import Headers

from local.edge_config import CachePolicy
from local.template import ACCOUNT

MAXIMUM_TAGS = 50  # of an object; the rest are not stored ("What you need to know when invalidating tags")
_TAG = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,256}")
# Cached for the error caching minimum TTL, or if the origin says max-age or s-maxage ("How CloudFront
# processes HTTP 4xx and 5xx status codes from your origin").
_ERRORS_ALWAYS_CACHED = frozenset({404, 414, 500, 501, 502, 503, 504})
_ERRORS_CACHED_ON_REQUEST = frozenset({400, 403, 405, 412, 415})


@dataclass(frozen=True, slots=True)
class Key:
    """A cache key: the path that goes to the origin, and what else the cache policy makes part of it."""

    method: str
    path: str
    query: str
    encodings: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[tuple[str, str], ...]

    def address(self) -> str:
        """Return what an invalidation path is compared with."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Stored:
    """A response as it is kept. Times are in seconds since 1970."""

    status: int
    headers: Headers
    body: bytes
    etag: str | None  # the origin's own, before compression weakened it
    tags: frozenset[str]
    stored_at: float
    fresh_until: float


@dataclass
class Cache:
    """The objects of one edge location, and the invalidations of its distribution as moto lists them."""

    distribution_id: str
    aws: threading.RLock  # moto is driven by one thread at a time: held for each call
    _objects: dict[Key, Stored] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _applied: int = 0  # the invalidations that took effect: the first so many

    def get(self, key: Key) -> Stored | None:
        """Return the object of this key, fresh or not."""
        with self._mutex:
            return self._objects.get(key)

    def objects(self) -> dict[Key, Stored]:
        """Give a copy of all that is kept."""
        with self._mutex:
            return dict(self._objects)

    def replace(self, objects: Mapping[Key, Stored]) -> None:
        """Keep these objects and no others, untouched by the invalidations made until now."""
        self.propagate()
        with self._mutex:
            self._objects = dict(objects)

    def store(self, key: Key, stored: Stored) -> None:
        """Keep an object.

        Every invalidation made until now is applied first, so that none of them touches this object, even one
        that was made after the object had been read from the origin. AWS promises nothing better: what an
        edge read before an invalidation and stored after it may stay until its time to live ends.
        """
        with self.aws:
            self.propagate()
            with self._mutex:
                self._objects[key] = stored

    def propagate(self) -> None:
        """Apply the invalidations not applied yet, each once, to what is stored now."""
        with self.aws:
            # moto's own list: to ask for it by the API at each request takes longer than all else of an answer.
            made = cloudfront_backends[ACCOUNT]["aws"].invalidations.get(self.distribution_id, [])
            items = [item for each in made[self._applied :] for item in each.paths]
            self._applied = len(made)
        if items:
            with self._mutex:
                for key in [key for key, stored in self._objects.items() if _invalidated(key, stored, items)]:
                    del self._objects[key]


def tags_of(headers: Headers, header_name: str | None) -> frozenset[str]:
    """Return an object's cache tags in lower case, since they are compared without case."""
    if header_name is None:
        return frozenset()
    named = (tag.strip() for value in headers.getlist(header_name) for tag in value.split(","))
    return frozenset([tag.lower() for tag in named if _TAG.fullmatch(tag)][:MAXIMUM_TAGS])


def time_to_live(headers: Headers, policy: CachePolicy, now: float) -> float | None:
    """Return for how many seconds an object is fresh, or None if it is not to be kept at all.

    The rules are the table of "Manage how long content stays in the cache (expiration)".
    """
    if policy.max_ttl == 0:
        return None
    directives = _directives(headers)
    if directives.keys() & {"no-store", "private", "no-cache"}:
        if policy.min_ttl > 0:
            return policy.min_ttl
        return 0 if directives.keys().isdisjoint({"no-store", "private"}) else None
    asked = _seconds(directives)
    if asked is None and "Expires" in headers:
        asked = _until(headers["Expires"], now)
    if asked is None:
        return max(policy.min_ttl, policy.default_ttl)
    return min(max(asked, policy.min_ttl), policy.max_ttl)


def error_time_to_live(status: int, headers: Headers, minimum: int) -> float | None:
    """Return for how many seconds an error is answered from the cache, or None if it is not kept.

    `no-store` changes nothing ("Control how long CloudFront caches errors"), nor does a cache policy that keeps
    no objects: only the error caching minimum TTL does.
    """
    asked = _seconds(_directives(headers))
    if status in _ERRORS_ALWAYS_CACHED or (status in _ERRORS_CACHED_ON_REQUEST and asked is not None):
        return max(minimum, asked or 0)
    return None


def revalidation_time(headers: Headers) -> float:
    """Return for how many seconds an expired object is served while the origin is asked for a new one.

    ("Serve stale (expired) content", under "Manage how long content stays in the cache (expiration)".)
    """
    seconds = _directives(headers).get("stale-while-revalidate", "")
    return float(seconds) if seconds.isdecimal() else 0.0


def _directives(headers: Headers) -> dict[str, str]:
    parts = (part.strip().partition("=") for part in headers.get("Cache-Control", "").split(","))
    return {name.lower(): value.strip('"') for name, _, value in parts if name}


def _seconds(directives: Mapping[str, str]) -> float | None:
    for name in ("s-maxage", "max-age"):
        if directives.get(name, "").isdecimal():
            return float(directives[name])
    return None


def _until(date: str, now: float) -> float:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except ValueError:
        return 0.0  # an unreadable date means already expired (RFC 9111, 5.3)


def _invalidated(key: Key, stored: Stored, items: Iterable[str]) -> bool:
    address = key.address()
    for item in items:
        if item.startswith("#"):
            if item[1:].lower() in stored.tags:
                return True
        elif item == address or (item.endswith("*") and address.startswith(item[:-1])):
            return True
    return False
