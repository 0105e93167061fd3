"""The CDN on this machine: what CloudFront does for this distribution, at one edge location.

Rules of CloudFront are given by the page of its Developer Guide that states them. Not imitated are range requests
(the whole object is a valid answer to them), caches behind caches, and what `edge_config` refuses by name.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.sansio.http import is_resource_modified

from local import edge_config
from local.edge_cache import Cache, Key, Stored, error_time_to_live, revalidation_time, tags_of, time_to_live
from local.edge_compression import compressed, encodings
from local.edge_config import Behavior
from local.edge_functions import Context, EdgeFunction, ExecutionError, ValidationError, pairs
from local.edge_origins import CustomOrigin, Origins, failure
from local.exchange import Request, Response, received

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from mypy_boto3_s3 import S3Client

# A body longer than any origin here takes is cut: the origin sees that it is too long, and refuses it.
_LONGEST_BODY = 10_485_761
_CACHED_METHODS = frozenset({"GET", "HEAD"})
_OK = 200
_NOT_MODIFIED = 304
_ERRORS = 400
_SERVER_ERRORS = 500
_VIA = "1.1 local.cloudfront.net (CloudFront)"


@dataclass(frozen=True, slots=True)
class OriginRead:
    """What an origin answered to a request that the cache could not answer, before it is stored."""

    key: Key
    behavior: Behavior
    response: Response
    expired: Stored | None


class Edge:
    """A WSGI application that answers as the distribution does. It may be called from any thread."""

    def __init__(
        self,
        distribution_config: Mapping[str, Any],
        *,
        distribution_id: str,
        s3: "S3Client",
        lock: threading.RLock,
        functions: Mapping[str, str] | None = None,
        cache_policies: Mapping[str, Mapping[str, Any]] | None = None,
        origin_request_policies: Mapping[str, Mapping[str, Any]] | None = None,
        response_headers_policies: Mapping[str, Mapping[str, Any]] | None = None,
        custom_origins: Mapping[str, CustomOrigin] | None = None,
        domain: str = "d111111abcdef8.cloudfront.net",
        propagation: float = 0.0,
    ) -> None:
        """Read the configuration, in CloudFormation's form with its intrinsics resolved.

        `functions` gives the code of CloudFront functions by the ARNs that the configuration names; policies
        are given by their ids likewise (AWS's managed ones are known), `custom_origins` by their domain names.
        `lock` is held for each call to moto and each request to an origin. An invalidation takes effect at the
        latest `propagation` seconds after it was made; with 0 every request looks for new ones.

        Raises `UnknownSettingError` for a setting that is not imitated, `KeyError` for an origin or a function
        that is not given.
        """
        self._config = edge_config.distribution(
            distribution_config,
            cache_policies=cache_policies or {},
            origin_request_policies=origin_request_policies or {},
            response_headers_policies=response_headers_policies or {},
        )
        behaviors = self._config.behaviors
        self._functions = {
            arn: EdgeFunction((functions or {})[arn]) for each in behaviors for arn in each.functions.values()
        }
        custom = {each.origin.domain for each in behaviors if each.origin.bucket is None}
        self._origins = Origins(s3, {name: (custom_origins or {})[name] for name in custom}, lock)
        self._cache = Cache(distribution_id, lock)
        self._context = Context(distribution_id, domain)
        self._propagation = propagation
        self._looked_at = -float("inf")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as a WSGI application."""
        request = received(environ, at_most=_LONGEST_BODY)
        return self.answer(request).to(request.method, start_response)

    def answer(self, request: Request) -> Response:
        """Answer one request of a viewer."""
        if self._propagation == 0 or time.monotonic() - self._looked_at >= self._propagation:
            self.propagate()
        behavior = self._config.behavior(request.path)
        try:
            return self._answer(behavior, request)
        except ExecutionError as error:
            return _marked(failure(503, str(error)), "FunctionExecutionError")
        except ValidationError as error:
            return _marked(failure(502, str(error)), "Error")

    def propagate(self) -> None:
        """Let every invalidation made until now take effect."""
        self._looked_at = time.monotonic()
        self._cache.propagate()

    def stored(self) -> dict[Key, Stored]:
        """Give a copy of what is kept, for `replace`."""
        return self._cache.objects()

    def replace(self, stored: Mapping[Key, Stored]) -> None:
        """Keep this and nothing else, as another edge location would."""
        self._cache.replace(stored)

    def read(self, request: Request) -> OriginRead:
        """Ask the origin for what a request wants, as on a miss, and store nothing.

        Together with `store` this is what `answer` does in one go; a test takes the two apart to let something
        happen in between. Raises `ValueError` if the viewer-request function answers the request itself.
        """
        behavior = self._config.behavior(request.path)
        wanted = self._wanted(behavior, request)
        if isinstance(wanted, Response):
            raise ValueError(f"no origin is asked for {request.path}")  # noqa: TRY004, no type is at fault
        return self._read(behavior, wanted, self._key(behavior, wanted))

    def store(self, read: OriginRead) -> Stored:
        """Keep what an origin answered, as far as it may be kept, and return what the viewer gets of it."""
        now = time.time()
        response, expired = read.response, read.expired
        if expired is not None and response.status == _NOT_MODIFIED:
            ttl = time_to_live(expired.headers, read.behavior.cache, now)
            found = replace(expired, stored_at=now, fresh_until=now + (ttl or 0))
        elif expired is not None and response.status >= _SERVER_ERRORS:
            # While its origin fails an expired object is served, and the origin asked again after the error
            # caching minimum TTL, by "How CloudFront processes HTTP 4xx and 5xx status codes from your origin".
            ttl = self._config.error(response.status).caching_ttl
            found = replace(expired, fresh_until=now + ttl)
        else:
            if response.status >= _ERRORS:
                minimum = self._config.error(response.status).caching_ttl
                ttl = error_time_to_live(response.status, response.headers, minimum)
            else:
                ttl = time_to_live(response.headers, read.behavior.cache, now)
            shown = compressed(response, read.behavior, read.key.encodings)
            found = Stored(
                status=response.status,
                headers=shown.headers,
                body=shown.body,
                etag=response.headers.get("ETag"),
                tags=tags_of(response.headers, self._config.tag_header),
                stored_at=now,
                fresh_until=now + (ttl or 0),
            )
        if ttl is not None:
            self._cache.store(read.key, found)
        return found

    def _answer(self, behavior: Behavior, request: Request) -> Response:
        if request.method not in behavior.methods:
            # The guide's page is "HTTP 403 status code (Invalid method)".
            refused = failure(403, "This distribution is not configured to allow this HTTP request method.")
            return self._error(behavior, request, _passing(refused), "Error")
        if request.method == "GET" and request.body:
            refused = failure(403, "A GET request that includes a body is refused.")
            return self._error(behavior, request, _passing(refused), "Error")
        wanted = self._wanted(behavior, request)
        if isinstance(wanted, Response):
            # No headers policy, viewer-response function or custom error page follows a generated response, as
            # the guide says under "CloudFront Functions event structure" and "CloudFront events that can trigger
            # a Lambda@Edge function".
            return _marked(wanted, "FunctionGeneratedResponse")
        if wanted.method in _CACHED_METHODS:
            found, how = self._object(behavior, wanted)
        else:
            found, how = _passing(self._pass_on(behavior, wanted)), "Miss"
        if found.status >= _ERRORS:
            return self._error(behavior, wanted, found, how)
        response = _conditional(wanted, found)
        if how == "Hit":
            response.headers["Age"] = _age(found)
        # The function sees the policy's headers ("Add or remove HTTP headers in CloudFront responses").
        behavior.response_headers.apply(response.headers)
        arn = behavior.functions.get("viewer-response")
        if arn is not None:
            response = self._functions[arn].on_response(request, response, self._context)
        return _marked(response, how)

    def _error(self, behavior: Behavior, wanted: Request, found: Stored, how: str) -> Response:
        """Answer with an error, or with the custom error page for it. No viewer-response function runs."""
        configured = self._config.error(found.status)
        response = Response(found.status, Headers(found.headers), found.body)
        if configured.page is not None:
            page = self._object(
                self._config.behavior(configured.page),
                Request("GET", configured.page, headers=wanted.headers, ip=wanted.ip),
            )[0]
            # A page that can't be had gives its own status code ("Generate custom error responses").
            status = page.status if page.status >= _ERRORS else (configured.status or found.status)
            response = Response(status, Headers(page.headers), page.body)
        if how == "Hit":
            response.headers["Age"] = _age(found)
        behavior.response_headers.apply(response.headers)
        return _marked(response, "Error")

    def _wanted(self, behavior: Behavior, request: Request) -> Request | Response:
        """Return what the viewer-request function makes of a request."""
        arn = behavior.functions.get("viewer-request")
        wanted = request if arn is None else self._functions[arn].on_request(request, self._context)
        if isinstance(wanted, Request) and wanted.path == "/" and self._config.root_object:
            return replace(wanted, path="/" + self._config.root_object)
        return wanted

    def _object(self, behavior: Behavior, wanted: Request) -> tuple[Stored, str]:
        key = self._key(behavior, wanted)
        stored = self._cache.get(key)
        now = time.time()
        if stored is not None and now < stored.fresh_until:
            return stored, "Hit"
        read = self._read(behavior, wanted, key)
        found = self.store(read)
        if stored is not None and now < stored.fresh_until + revalidation_time(stored.headers):
            # CloudFront asks the origin after it has answered; here nobody can tell.
            return stored, "Hit"
        if read.expired is None or read.response.status not in {_NOT_MODIFIED, *range(_SERVER_ERRORS, 600)}:
            return found, "Miss"
        return found, "RefreshHit" if read.response.status == _NOT_MODIFIED else "Hit"

    def _key(self, behavior: Behavior, wanted: Request) -> Key:
        policy = behavior.cache
        headers = ((name.lower(), value) for name, value in wanted.headers)
        cookies = pairs(";".join(wanted.headers.getlist("Cookie")), ";")
        return Key(
            method="GET" if behavior.origin.bucket is not None else wanted.method,
            path=wanted.path,
            query="&".join(each for each in wanted.query.split("&") if policy.query.takes(each.partition("=")[0])),
            encodings=encodings(wanted.headers, behavior),
            headers=tuple(sorted(each for each in headers if policy.headers.takes(each[0]))),
            cookies=tuple(each for each in cookies if policy.cookies.takes(each[0])),
        )

    def _read(self, behavior: Behavior, wanted: Request, key: Key) -> OriginRead:
        kept = self._cache.get(key)
        expired = kept if kept is not None and kept.status < _ERRORS else None
        response = self._origins.fetch(behavior, wanted, None if expired is None else expired.etag)
        return OriginRead(key, behavior, response, expired)

    def _pass_on(self, behavior: Behavior, wanted: Request) -> Response:
        if behavior.origin.bucket is not None:
            return failure(403, "The site bucket takes no writes from the distribution.")
        return self._origins.fetch(behavior, wanted, None)


def _passing(response: Response) -> Stored:
    """Return a response that is not kept in the form of those that are."""
    now = time.time()
    return Stored(response.status, response.headers, response.body, None, frozenset(), now, now)


def _conditional(wanted: Request, found: Stored) -> Response:
    """Return the object, or 304 if the viewer has it already."""
    modified = (
        found.status != _OK
        or wanted.method not in _CACHED_METHODS
        or is_resource_modified(
            http_if_none_match=wanted.headers.get("If-None-Match"),
            http_if_modified_since=wanted.headers.get("If-Modified-Since"),
            etag=found.headers.get("ETag"),
            last_modified=found.headers.get("Last-Modified"),
            ignore_if_range=True,
        )
    )
    if modified:
        return Response(found.status, Headers(found.headers), found.body)
    return Response(_NOT_MODIFIED, Headers(found.headers))


def _age(found: Stored) -> str:
    return str(max(0, int(time.time() - found.stored_at)))


def _marked(response: Response, how: str) -> Response:
    response.headers["X-Cache"] = f"{how} from cloudfront"
    response.headers["Via"] = _VIA
    return response
