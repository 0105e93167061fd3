"""How the edge asks its origins: a bucket, or an HTTP service such as an API's domain."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.sax.saxutils import escape

from botocore.exceptions import BotoCoreError, ClientError
from werkzeug.datastructures import Headers

from local.edge_config import Behavior
from local.edge_functions import pairs
from local.exchange import Request, Response

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CustomOrigin = Callable[[Request], Response]

_NOT_MODIFIED = 304
_HOP_BY_HOP = frozenset(
    {"connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
# What S3 says of an object. The rest of moto's headers are moto's own, and ranges are not served here.
_S3_HEADERS = re.compile(
    r"etag|last-modified|expires|cache-control|content-(type|encoding|language|disposition)"
    r"|x-amz-(meta-.+|version-id|server-side-encryption)"
)


@dataclass(frozen=True)
class Origins:
    """The origins of a distribution: buckets by an S3 client, custom ones by their domain names."""

    s3: "S3Client"
    custom: Mapping[str, CustomOrigin]
    aws: threading.RLock  # moto is driven by one thread at a time: held for each request to an origin

    def fetch(self, behavior: Behavior, wanted: Request, etag: str | None) -> Response:
        """Ask the behaviour's origin; with an ETag, for what differs from it, so that 304 may come back.

        A bucket is always asked with GET, so that the answer to a HEAD serves the next GET too.
        """
        with self.aws:
            if behavior.origin.bucket is not None:
                return self._from_bucket(behavior.origin.bucket, behavior.origin.path + wanted.path, etag)
            forwarded = _forwarded(behavior, wanted, etag)
            response = self.custom[behavior.origin.domain](forwarded)
        kept = [(name, value) for name, value in response.headers if name.lower() not in _HOP_BY_HOP]
        return replace(response, headers=Headers(kept))

    def _from_bucket(self, bucket: str, path: str, etag: str | None) -> Response:
        key = unquote(path)[1:]
        if not key:
            # S3 would show the bucket's list to whoever may list it: better an error that is seen.
            return failure(500, f"GET / of the bucket {bucket} lists it: set a root object or a function")
        try:
            if etag is None:
                found = self.s3.get_object(Bucket=bucket, Key=key)
            else:
                found = self.s3.get_object(Bucket=bucket, Key=key, IfNoneMatch=etag)
            body = found["Body"].read()
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return Response(status) if status == _NOT_MODIFIED else _s3_error(status, error)
        except BotoCoreError as error:
            return failure(504, f"the origin did not answer: {error}")
        said = found["ResponseMetadata"]["HTTPHeaders"].items()
        headers = Headers([(name.title(), value) for name, value in said if _S3_HEADERS.fullmatch(name)])
        headers["Server"] = "AmazonS3"
        return Response(200, headers, body)


def failure(status: int, why: str) -> Response:
    """Return the page with which CloudFront itself says that a request failed."""
    page = f"<!DOCTYPE html><title>ERROR</title><h1>{status} ERROR</h1><p>{escape(why)}</p><p>CloudFront</p>"
    return Response(status, Headers([("Content-Type", "text/html")]), page.encode())


def _s3_error(status: int, error: ClientError) -> Response:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    body = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    return Response(status, Headers([("Content-Type", "application/xml")]), body.encode())


def _forwarded(behavior: Behavior, wanted: Request, etag: str | None) -> Request:
    """Return the request as a custom origin gets it.

    What the viewer sent reaches the origin only as far as the cache policy or the origin request policy takes
    it ("Control origin requests with a policy").
    """
    cache, forward = behavior.cache, behavior.forward
    headers = Headers(
        [
            (name, value)
            for name, value in wanted.headers
            if name.lower() not in _HOP_BY_HOP
            and name.lower() != "cookie"
            and (cache.headers.takes(name.lower()) or forward.headers.takes(name.lower()))
        ]
    )
    headers.setdefault("Host", behavior.origin.domain)
    headers.setdefault("User-Agent", "Amazon CloudFront")
    headers["X-Forwarded-For"] = ", ".join([*wanted.headers.getlist("X-Forwarded-For"), wanted.ip])
    if wanted.body:
        headers["Content-Length"] = str(len(wanted.body))
    if etag is not None:
        headers["If-None-Match"] = etag
    cookies = pairs(";".join(wanted.headers.getlist("Cookie")), ";")
    kept = [f"{name}={value}" for name, value in cookies if cache.cookies.takes(name) or forward.cookies.takes(name)]
    if kept:
        headers["Cookie"] = "; ".join(kept)
    query = (
        pair
        for pair in wanted.query.split("&")
        if cache.query.takes(pair.partition("=")[0]) or forward.query.takes(pair.partition("=")[0])
    )
    return replace(wanted, path=behavior.origin.path + wanted.path, query="&".join(query), headers=headers)
