"""A portal that can be set back to an earlier state hundreds of times, its clock stopped and its ids repeatable."""

# ruff: noqa: SLF001 (what moto keeps, it keeps to itself)

import random
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import time_machine
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from console import dead_letters
from console.deployment import Deployment
from local.lambdas import FunctionLog
from local.portal import LocalPortal
from local.pump import Pump
from local.template import ACCOUNT, REGION
from portal.table import Table
from tests.faults import Calls
from tests.newsroom import Newsroom, visible_text

_FUNCTIONS = ("IntakeFunction", "RenderFunction", "PurgeFunction")  # in the order in which events reach them
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
_VERSION = re.compile(rb"version \d+")


@dataclass(frozen=True)
class Sent:
    """One upload as an editor sent it: `content` is an article, or bytes that are none."""

    number: int
    content: Any
    base: int | None = None


@dataclass
class Saved:
    """A state of everything: table, buckets, queues, edge, clock, and what editors have sent."""

    items: Any
    objects: dict[str, dict[str, list[Any]]]
    messages: dict[str, list[Any]]
    edge: Mapping[Any, Any]
    now: datetime
    token: str
    beats: int
    sent: dict[str, list[Sent]]
    ids: Any


@dataclass(frozen=True)
class Outcome:
    """What is left when all events have been delivered: the site, the archive and the table, version marks apart.

    `owed` are the second purges, which wait for their time.
    """

    pages: Mapping[str, tuple[bytes, Mapping[str, str]]]
    archive: Mapping[str, bytes]
    items: Mapping[tuple[str, str], Mapping[str, Any]]
    owed: Mapping[str, bool]
    seen: Mapping[str, tuple[int, str | None, bytes]] = field(default_factory=dict)

    def differences(self, other: "Outcome") -> list[str]:
        """Name what is not the same in another one."""
        pairs: dict[str, tuple[Mapping[Any, Any], Mapping[Any, Any]]] = {
            "page": (self.pages, other.pages),
            "archived": (self.archive, other.archive),
            "item": (self.items, other.items),
            "owed purge": (self.owed, other.owed),
            "seen at the edge": (self.seen, other.seen),
        }
        return [
            f"{kind} {key}: {_short(mine.get(key))} | {_short(theirs.get(key))}"
            for kind, (mine, theirs) in pairs.items()
            for key in sorted({*mine, *theirs}, key=str)
            if mine.get(key) != theirs.get(key)
        ]


class World(Newsroom):
    """The newsroom's people, and the powers of a test over time, chance and what has happened."""

    def __init__(self, portal: LocalPortal, clock: time_machine.Traveller) -> None:
        super().__init__(portal)
        self.clock = clock
        self.calls = Calls(portal.lambdas.session)
        portal.lambdas.forget()
        self.beats = 0
        self.sent: dict[str, list[Sent]] = {}
        self.ids = random.Random(7)  # noqa: S311 (repeatable is the point)
        self.settle()
        self.start = self.save()

    # The editor

    def send(self, content: object, article_id: str | None = None, base: int | None = None) -> str:
        """Upload an article, or bytes that are none, and remember it; no event is delivered yet."""
        with patch.object(secrets, "choice", self.ids.choice):
            given = self.upload(content, article_id, base)
        uploads = self.sent.setdefault(given, [])
        uploads.append(Sent(len(uploads) + 1, content, base))
        return given

    # Time

    def now(self) -> datetime:
        """Tell the moment at which the clock stands."""
        return datetime.now(UTC)

    def wait(self, **duration: float) -> None:
        """Let time pass, and take a new token, since the old one may have expired."""
        self.clock.shift(timedelta(**duration))
        self.token = self.http.get("/local/token").text.strip()

    def beat(self) -> None:
        """Let the schedule call tick, which waits for `settle`."""
        self.beats += 1
        self.portal.pump.beat()

    def minute(self, **duration: float) -> None:
        """Let a minute pass, or longer, and its tick."""
        self.wait(**(duration or {"minutes": 1}))
        self.beat()
        self.settle()

    def reach(self, function: str) -> None:
        """Let events go as far as a function, whose turn it is then."""
        for before in _FUNCTIONS[: _FUNCTIONS.index(function)]:
            while self.portal.pump.step(before):
                pass

    def settle(self) -> None:
        """Let all events happen, failed ones at once again, until nothing is left to do."""
        super().settle()
        self.beats = 0

    def deliver(self) -> None:
        """Let all events happen; what fails in a queue, or in a call of tick, waits for its next attempt."""
        self.portal.pump.drain()

    def deliver_again(self) -> None:
        """Let one visibility timeout pass: what was not done is delivered once more, and what follows from it once."""
        for function in (*_FUNCTIONS, "TickFunction"):
            self.portal.pump.step(function, retry_at_once=True)
        self.deliver()
        self.beats = 0

    # The operator

    def redrive(self) -> None:
        """Do as `./portal dead-letters --redrive` does, with all that lies in the queues that should be empty."""
        clients = self.portal.clients
        deployment = Deployment(
            names={name: self.name(name) for name in (*dead_letters.QUEUES, "IntakeQueue", "PurgeQueue")},
            site_url="",
            table=Table(clients.dynamodb, self.name("Table")),
            s3=clients.s3,
            sqs=clients.sqs,
            streams=clients.streams,
            cloudfront=clients.cloudfront,
        )
        for queue in dead_letters.QUEUES:
            for letter in dead_letters.letters(deployment, queue):
                dead_letters.send_back(deployment, letter)

    def queued(self, logical_id: str) -> int:
        """Count the messages of a queue, without asking SQS: visible, in flight or delayed."""
        return len(self._queue(logical_id)._messages)

    # What has happened

    def save(self) -> Saved:
        """Remember the present state; what is in the stream must have been delivered."""
        assert self.portal.pump.take("RenderFunction") is None
        self._forget_what_was_delivered()
        return Saved(
            items=deepcopy(self._table().items),
            objects={
                name: {key: list(bucket.keys.getlist(key)) for key in bucket.keys}
                for name, bucket in self._buckets().items()
            },
            messages={name: deepcopy(queue._messages) for name, queue in self._queues().items()},
            edge=self.portal.edge.stored(),
            now=self.now(),
            token=self.token,
            beats=self.beats,
            sent=deepcopy(self.sent),
            ids=self.ids.getstate(),
        )

    def restore(self, saved: Saved) -> None:
        """Go back to a state."""
        self._table().items = deepcopy(saved.items)
        self.beats = saved.beats
        self._forget_what_was_delivered()
        self.portal.lambdas.log = FunctionLog()
        for name, bucket in self._buckets().items():
            dict.clear(bucket.keys)
            for key, versions in saved.objects[name].items():
                dict.__setitem__(bucket.keys, key, list(versions))
        for name, queue in self._queues().items():
            queue._messages = deepcopy(saved.messages[name])
            queue._pending_messages.clear()
            queue.deleted_messages.clear()
        self.clock.move_to(saved.now)
        self.portal.edge.replace(saved.edge)
        self.token = saved.token
        self.sent = deepcopy(saved.sent)
        self.ids.setstate(saved.ids)

    def outcome(self, *, seen: bool = True) -> Outcome:
        """Give what is left of all that has happened, and by default what a reader is shown of it."""
        drawn = self._drawn_since_the_start()
        return Outcome(
            pages={
                key: (
                    unmarked(page.value),
                    {
                        name: page.metadata[name]
                        for name in page.metadata
                        # ETags of what lies beside it are those of other versions.
                        if not name.endswith(("version", "beside"))
                    },
                )
                for key, page in drawn.items()
            },
            archive={key: copy.value for key, copy in self._bucket("ArchiveBucket").items()},
            items={
                (item.hash_key.value, item.range_key.value): item.to_json()
                for item in self._table().all_items()
                if item.range_key.value != "touch"
            },
            owed={message.body: True for message in self._queue("PurgeQueue")._messages},
            seen={path: self.look(path) for path in map(path_of, drawn)} if seen else {},
        )

    def drawn(self) -> dict[str, tuple[bytes, Mapping[str, str]]]:
        """Give every object of the site bucket, its version mark apart, and its headers."""
        return {key: (unmarked(page.value), dict(page.metadata)) for key, page in self._bucket("SiteBucket").items()}

    def fingerprint(self) -> str:
        """Name the present state of table, stream, buckets, queues and edge."""
        table = self._table()
        items = [item.to_json() for partition in table.items.values() for item in partition.values()]
        objects = [
            (name, key, [getattr(version, "etag", None) for version in bucket.keys.getlist(key)])
            for name, bucket in self._buckets().items()
            for key in bucket.keys
        ]
        messages = [
            (name, sorted((message.body, message.delayed_until) for message in queue._messages))
            for name, queue in self._queues().items()
        ]
        edge = [(key.path, stored.body, stored.fresh_until) for key, stored in self.portal.edge.stored().items()]
        return repr((items, len(table.stream_shard.items), objects, messages, edge))

    def look(self, path: str) -> tuple[int, str | None, bytes]:
        """Read a page at the edge: status, where it leads, and its body without the version mark."""
        answer = self.read(path)
        return answer.status_code, answer.headers.get("Location"), unmarked(answer.data)

    def read_everything(self) -> None:
        """Be the reader who has just filled the edge's cache with every page."""
        for key in list(self.objects("SiteBucket")):
            self.read(path_of(key))

    # moto's own

    def _forget_what_was_delivered(self) -> None:
        """Empty the stream, and let a new pump begin at its start, with the beats that wait."""
        self._table().stream_shard.items.clear()
        self.portal.pump = Pump(self.portal.template, self.portal.clients, self.portal.lambdas)
        for _ in range(self.beats):
            self.portal.pump.beat()

    def _drawn_since_the_start(self) -> dict[str, Any]:
        """Give the pages that have changed, by key; the other ones cost time and tell nothing."""
        before = self.start.objects[self.name("SiteBucket")]
        now = self._bucket("SiteBucket")
        return {key: now[key] for key in now if len(now.getlist(key)) != len(before.get(key, []))}

    def _bucket(self, logical_id: str) -> Any:  # noqa: ANN401
        return self._buckets()[self.name(logical_id)].keys

    def _table(self) -> Any:  # noqa: ANN401
        return dynamodb_backends[ACCOUNT][REGION].tables[self.name("Table")]

    def _buckets(self) -> dict[str, Any]:
        return dict(s3_backends[ACCOUNT]["aws"].buckets)

    def _queue(self, logical_id: str) -> Any:  # noqa: ANN401
        return self._queues()[self.name(logical_id).rpartition("/")[2]]

    def _queues(self) -> dict[str, Any]:
        return dict(sqs_backends[ACCOUNT][REGION].queues)


def path_of(key: str) -> str:
    """Give the path at which the edge serves an object of the site bucket."""
    return "/" + key.removesuffix("index.html")


@contextmanager
def a_world(*, two_pairs_of_eyes: bool = False) -> Iterator[World]:
    """Make a portal of its own whose clock stands still."""
    with (
        time_machine.travel(NOON, tick=False) as clock,
        LocalPortal(site_url="http://127.0.0.1:8000", two_pairs_of_eyes=two_pairs_of_eyes) as portal,
    ):
        yield World(portal, clock)


def _short(value: object) -> str:
    parts = value if isinstance(value, tuple) else (value,)
    text = " ".join(visible_text(part.decode())[-300:] if isinstance(part, bytes) else str(part) for part in parts)
    return text[-600:]


def unmarked(body: bytes) -> bytes:
    """Take the version mark out of a page."""
    return _VERSION.sub(b"version", body)
