"""One HTTP request and its answer, as the services of this machine pass them to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from http.client import responses as reasons
from typing import TYPE_CHECKING

from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived: path and query are as on the wire, percent-encoded; header names have any case."""

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    ip: str = "127.0.0.1"


@dataclass(slots=True)
class Response:
    """What goes back. An empty `reason` stands for the status code's usual phrase."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    reason: str = ""

    @property
    def phrase(self) -> str:
        """What follows the status code on the wire."""
        return self.reason or reasons.get(self.status, "Unknown")

    def to(self, method: str, start_response: StartResponse) -> Iterable[bytes]:
        """Send this as the WSGI answer to a request of that method; HEAD, 204 and 304 get no body."""
        headers = Headers(self.headers)
        if self.status in BODILESS:
            headers.remove("Content-Length")
        else:
            headers["Content-Length"] = str(len(self.body))
        start_response(f"{self.status} {self.phrase}", headers.to_wsgi_list())
        return [] if method == "HEAD" or self.status in BODILESS else [self.body]


def target(environ: WSGIEnvironment) -> tuple[str, str]:
    """Path and query as they came over the wire.

    PATH_INFO is already decoded, and the difference matters: a signature covers the encoded form, and CloudFront
    hands the encoded form to functions and origins.
    """
    wire = str(environ["REQUEST_URI"])
    if not wire.startswith("/"):
        # The absolute form, which a proxy's client sends: http://host/path.
        wire = "/" + wire.partition("://")[2].partition("/")[2]
    path, _, query = wire.partition("?")
    return path, query


def received(environ: WSGIEnvironment, *, at_most: int) -> Request:
    """Read the request, and of its body at most that many bytes."""
    path, query = target(environ)
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=query,
        headers=Headers(EnvironHeaders(environ)),
        body=body_of(environ, at_most=at_most),
        ip=environ.get("REMOTE_ADDR", "127.0.0.1"),
    )


def body_of(environ: WSGIEnvironment, *, at_most: int) -> bytes:
    """Read the body up to a bound in bytes; a client that goes away before its end gives a shorter one."""
    stream = get_input_stream(environ)
    pieces: list[bytes] = []
    try:
        while at_most > 0 and (piece := stream.read(min(at_most, 65_536))):
            pieces.append(piece)
            at_most -= len(piece)
    except ClientDisconnected:
        return b"".join(pieces)
    return b"".join(pieces)
