"""CloudFront Functions on this machine: the project's own code, in a JavaScript engine from PyPI.

The event is that of "CloudFront Functions event structure". The engine (QuickJS) accepts newer syntax than
CloudFront's runtime does, and has no limit on running time.
"""

from __future__ import annotations

import base64
import binascii
import threading
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import dukpy  # type: ignore[import-untyped]
from werkzeug.datastructures import Headers

from local.exchange import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Fields: TypeAlias = dict[str, dict[str, Any]]  # headers, cookies or query strings, as events carry them

MAXIMUM_SIZE = 10 * 1024  # bytes of code (quotas on CloudFront Functions)

# "Restrictions on all edge functions": neither shown to functions nor accepted from them, whole or by prefix.
_DISALLOWED = frozenset(
    {
        *("connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
        *("trailer", "upgrade", "x-accel-buffering", "x-accel-charset", "x-accel-limit-rate", "x-accel-redirect"),
        *("x-amzn-auth", "x-amzn-cf-billing", "x-amzn-cf-id", "x-amzn-cf-xff", "x-amzn-errortype"),
        *("x-amzn-fle-profile", "x-amzn-header-count", "x-amzn-header-order", "x-amzn-lambda-integration-tag"),
        *("x-amzn-requestid", "x-cache", "x-forwarded-proto", "x-real-ip"),
    }
)
_DISALLOWED_PREFIXES = ("x-amz-cf-", "x-edge-")
_READ_ONLY = {
    "viewer-request": ("content-length", "host", "transfer-encoding", "via"),
    "viewer-response": ("warning", "via"),
}


class ExecutionError(Exception):
    """The function threw; CloudFront answers the viewer with 503."""


class ValidationError(Exception):
    """The function returned what CloudFront does not accept; it answers the viewer with 502."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every event says of the distribution."""

    distribution_id: str
    domain: str


class EdgeFunction:
    """One function, loaded once. It may be called from any thread, and runs one call at a time."""

    def __init__(self, code: str) -> None:
        """Load the code; raises `ValueError` if CloudFront would not run it."""
        if len(code.encode()) > MAXIMUM_SIZE:
            raise ValueError(f"the function has {len(code.encode())} bytes, more than CloudFront's {MAXIMUM_SIZE}")
        self._lock = threading.Lock()
        self._engine = dukpy.JSInterpreter()
        self._engine.evaljs("delete globalThis.process; delete globalThis.require;")  # CloudFront has neither
        self._engine.evaljs(code)
        if self._engine.evaljs("handler.constructor.name") != "Function":
            raise ValueError("the local edge runs no asynchronous functions")

    def on_request(self, request: Request, context: Context) -> Request | Response:
        """Run as a viewer-request function: the request to go on with, or the response to end with.

        Raises `ExecutionError` or `ValidationError`.
        """
        event = _event("viewer-request", request, context)
        returned = self._call(event)
        if "statusCode" in returned:
            return _response(returned, Response(status=0), {"headers": {}, "cookies": {}}, "viewer-request")
        given = event["request"]
        uri = returned.get("uri")
        if returned.get("method") != request.method:
            raise ValidationError("the method is read-only")
        if not isinstance(uri, str) or not uri.startswith("/"):
            raise ValidationError(f"the uri must begin with a slash: {uri!r}")
        headers = _headers(returned, given, "viewer-request")
        cookies = _pairs(returned.get("cookies", {}), given["cookies"])
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies)
        query = _pairs(returned.get("querystring", {}), given["querystring"])
        return replace(
            request,
            path=uri,
            query="&".join(f"{name}={value}" if value else name for name, value in query),
            headers=headers,
        )

    def on_response(self, request: Request, response: Response, context: Context) -> Response:
        """Run as a viewer-response function: the response to send instead.

        Raises `ExecutionError` or `ValidationError`.
        """
        event = _event("viewer-response", request, context)
        event["response"] = {
            "statusCode": response.status,
            "statusDescription": response.phrase,
            "headers": _fields(_shown(response.headers)),
            "cookies": _set_cookies(response.headers),
        }
        return _response(self._call(event), response, event["response"], "viewer-response")

    def _call(self, event: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            try:
                returned = self._engine.evaljs("handler(dukpy.event)", event=event)
            except dukpy.JSRuntimeError as error:
                raise ExecutionError(str(error)) from error
        if not isinstance(returned, dict):
            raise ValidationError(f"the function returned no object but {returned!r}")
        return returned


def pairs(text: str, separator: str) -> list[tuple[str, str]]:
    """Take a query string or a cookie header apart, decoding nothing."""
    parts = (part.strip() for part in text.split(separator))
    return [(name, value) for name, _, value in (part.partition("=") for part in parts if part)]


def _event(event_type: str, request: Request, context: Context) -> dict[str, Any]:
    cookies = (pair for value in request.headers.getlist("Cookie") for pair in pairs(value, ";"))
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": context.domain,
            "distributionId": context.distribution_id,
            "eventType": event_type,
            "requestId": uuid.uuid4().hex,
        },
        "viewer": {"ip": request.ip},
        "request": {
            "method": request.method,
            "uri": request.path,
            "querystring": _fields(pairs(request.query, "&")),
            "headers": _fields(_shown(request.headers)),
            "cookies": _fields(cookies),
        },
    }


def _shown(headers: Headers) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        lower = name.lower()
        if not _disallowed(lower) and lower not in {"cookie", "set-cookie"}:
            yield lower, value


def _disallowed(lower: str) -> bool:
    return lower in _DISALLOWED or lower.startswith(_DISALLOWED_PREFIXES)


def _fields(named: Iterable[tuple[str, str]]) -> Fields:
    """Give each name as CloudFront does: its first value, and all of them under `multiValue` if there are more."""
    values: dict[str, list[str]] = {}
    for name, value in named:
        values.setdefault(name, []).append(value)
    return {
        name: {"value": all_[0]} | ({"multiValue": [{"value": each} for each in all_]} if len(all_) > 1 else {})
        for name, all_ in values.items()
    }


def _set_cookies(headers: Headers) -> Fields:
    cookies: Fields = {}
    for text in headers.getlist("Set-Cookie"):
        pair, _, attributes = text.partition(";")
        name, _, value = pair.partition("=")
        cookie = {"value": value} | ({"attributes": attributes.strip()} if attributes else {})
        if name not in cookies:
            cookies[name] = cookie
        else:
            cookies[name].setdefault("multiValue", [dict(cookies[name])]).append(cookie)
    return cookies


def _pairs(returned: Fields, given: Fields) -> list[tuple[str, str]]:
    """Turn fields that a function returned back into names and values."""
    return [
        (name, _text(each, "value"))
        for name, field in _objects(returned).items()
        for each in _each(field, given.get(name, {}))
    ]


def _each(field: dict[str, Any], given: dict[str, Any]) -> list[dict[str, Any]]:
    # A changed `multiValue` counts; else a changed `value` stands in the first one's place.
    if "multiValue" not in field:
        return [field]
    several = list(_objects(dict(enumerate(field["multiValue"]))).values())
    if field["multiValue"] == given.get("multiValue") and field.get("value") != given.get("value"):
        return [{**several[0], "value": field.get("value")}, *several[1:]]
    return several


def _headers(returned: dict[str, Any], given: dict[str, Any], event_type: str) -> Headers:
    headers = _objects(returned.get("headers", {}))
    before: Fields = given["headers"]
    for name in headers:
        if name != name.lower():
            raise ValidationError(f"header names are lower case: {name}")
        if _disallowed(name) and name not in before:
            raise ValidationError(f"functions may not add the header {name}")
    for name in _READ_ONLY[event_type]:
        if headers.get(name) != before.get(name):
            raise ValidationError(f"the header {name} is read-only")
    return Headers([(name.title(), value) for name, value in _pairs(headers, before)])


def _response(returned: dict[str, Any], original: Response, given: dict[str, Any], event_type: str) -> Response:
    status = returned.get("statusCode")
    if not isinstance(status, int) or not 100 <= status <= 599:  # noqa: PLR2004, the range of HTTP itself
        raise ValidationError(f"the statusCode must be an HTTP status: {status!r}")
    headers = _headers(returned, given, event_type)
    for name, field in _objects(returned.get("cookies", {})).items():
        for each in _each(field, given["cookies"].get(name, {})):
            attributes = f"; {each['attributes']}" if each.get("attributes") else ""
            headers.add("Set-Cookie", f"{name}={_text(each, 'value')}{attributes}")
    return Response(
        status=status,
        reason=str(returned.get("statusDescription") or ""),
        headers=headers,
        body=_body(returned["body"]) if "body" in returned else original.body,
    )


def _body(body: object) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, dict) and isinstance(body.get("data"), str):
        if body.get("encoding") == "text":
            return str(body["data"]).encode()
        if body.get("encoding") == "base64":
            try:
                return base64.b64decode(body["data"], validate=True)
            except binascii.Error as error:
                raise ValidationError("the body is not valid base64") from error
    raise ValidationError("the body must be text, or an object of data and encoding")


def _objects(fields: object) -> dict[Any, dict[str, Any]]:
    if not isinstance(fields, dict) or not all(isinstance(each, dict) for each in fields.values()):
        raise ValidationError(f"each header, cookie and query string must be an object: {fields!r}")
    return fields


def _text(field: Mapping[str, Any], name: str) -> str:
    value = field.get(name)
    if not isinstance(value, str):
        raise ValidationError(f"a {name} must be a string: {value!r}")
    return value
