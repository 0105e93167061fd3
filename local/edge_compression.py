"""Which encodings a viewer takes, and compression at the edge, as "Serve compressed files" has it."""

import gzip
import re

import brotli  # type: ignore[import-untyped]
from werkzeug.datastructures import Headers

from local.edge_config import Behavior
from local.exchange import Response

_SIZES = range(1_000, 10_000_001)  # bytes
_STATUSES = frozenset({200, 403, 404})
_TYPES = re.compile(
    r"application/(dash\+xml|eot|font|font-sfnt|javascript|json|opentype|otf|pdf|pkcs7-mime|protobuf|rss\+xml"
    r"|truetype|ttf|vnd\.apple\.mpegurl|vnd\.mapbox-vector-tile|vnd\.ms-fontobject|wasm|xhtml\+xml|xml"
    r"|x-font-opentype|x-font-truetype|x-font-ttf|x-httpd-cgi|x-javascript|x-mpegurl|x-opentype|x-otf|x-perl|x-ttf)"
    r"|font/(eot|opentype|otf|ttf)|image/svg\+xml|vnd\.apple\.mpegurl"
    r"|text/(css|csv|html|javascript|js|plain|richtext|tab-separated-values|xml|x-component|x-java-source|x-script)"
)
_BROTLI_QUALITY = 5


def encodings(headers: Headers, behavior: Behavior) -> tuple[str, ...]:
    """Return what of the viewer's Accept-Encoding goes into the cache key: `br`, `gzip`, both or nothing.

    Everything else that the header may say would only multiply the copies ("Cache compressed objects").
    """
    accepted = set()
    for token in headers.get("Accept-Encoding", "").split(","):
        name, _, weight = token.replace(" ", "").lower().partition(";")
        if not re.fullmatch(r"q=0(\.0*)?", weight):
            accepted.add(name)
    offered = {"br": behavior.cache.brotli, "gzip": behavior.cache.gzip}
    return tuple(name for name, enabled in offered.items() if enabled and name in accepted)


def compressed(response: Response, behavior: Behavior, accepted: tuple[str, ...]) -> Response:
    """Return the response compressed, if the behaviour, the response and the viewer allow it."""
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if (
        not behavior.compress
        or response.status not in _STATUSES
        or len(response.body) not in _SIZES
        or "Content-Encoding" in response.headers
        or not _TYPES.fullmatch(content_type)
    ):
        return response
    headers = Headers(response.headers)
    headers["Vary"] = "Accept-Encoding"
    if not accepted:
        return Response(response.status, headers, response.body)
    headers["Content-Encoding"] = accepted[0]
    etag = headers.pop("ETag", "")
    if etag.startswith(('"', "W/")):
        # The compressed bytes are other bytes, of equal meaning.
        headers["ETag"] = etag if etag.startswith("W/") else f"W/{etag}"
    return Response(response.status, headers, _COMPRESS[accepted[0]](response.body))


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=_BROTLI_QUALITY))


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


_COMPRESS = {"br": _brotli, "gzip": _gzip}
