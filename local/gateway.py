"""API Gateway's HTTP API on this machine: routes, JWT authorizer, and Lambda proxy events of format 2.0.

The routes are those of the OpenAPI document that the SAM transform makes of a function's `HttpApi` events.
"""

import base64
import binascii
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from werkzeug.datastructures import Headers

from local.edge_functions import pairs
from local.exchange import Request, Response
from local.lambdas import MAXIMUM_PAYLOAD, FunctionError

# "Currently, only RSA-based algorithms are supported" ("Control access to HTTP APIs with JWT authorizers").
_ALGORITHMS = ["RS256", "RS384", "RS512"]
_ANY_METHOD = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_TEXT = re.compile(r"text/.*|application/(json|javascript|xml)|application/.*\+(json|xml)")
_GREEDY = "+"


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A JWT authorizer: whose tokens it takes, and for whom they must have been issued."""

    issuer: str
    audience: frozenset[str]


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its key, as events name it, the function behind it, and who may use it."""

    method: str  # ANY for every method
    path: str
    pattern: re.Pattern[str]
    function_arn: str
    authorizer: Authorizer | None
    scopes: frozenset[str]

    @property
    def key(self) -> str:
        """The route key of events."""
        return f"{self.method} {self.path}"

    @property
    def precision(self) -> tuple[object, ...]:
        """How narrow the route is: a full match beats a parameter, a parameter the greedy one, a method ANY."""
        segments = tuple(
            2 if _GREEDY + "}" in segment else 1 if segment.startswith("{") else 0 for segment in self.path.split("/")
        )
        return (segments, self.method == "ANY")


class _UnauthorizedError(Exception):
    """The authorizer's answer to a request that it does not let through."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Gateway:
    """The API behind its domain. It may be called from any thread that may call `invoke`."""

    def __init__(
        self,
        body: Mapping[str, Any],
        *,
        domain: str,
        invoke: Callable[[str, Any], Any],
        keys: Mapping[str, KeySetSerialization],
        account: str = "123456789012",
    ) -> None:
        """Read the OpenAPI document of an `AWS::ApiGatewayV2::Api`, its intrinsics resolved.

        `invoke` calls a function, given by its ARN, with an event; `keys` gives the JSON Web Key Set of each
        issuer, which API Gateway would fetch from the issuer's `jwks_uri`.

        Raises `KeyError` or `ValueError` for what it does not imitate: other integrations, authorizers, `$default`.
        """
        self._domain = domain
        self._invoke = invoke
        self._keys = {issuer: KeySet.import_key_set(each) for issuer, each in keys.items()}
        self._account = account
        self._routes = sorted(_routes(body), key=lambda route: route.precision)

    def __call__(self, request: Request) -> Response:
        """Answer one request that reached the API's domain."""
        if request.headers.get("Host") != self._domain:
            # API Gateway knows its APIs by their hosts; so must not be forwarded the viewer's.
            return _message(403, "Forbidden")
        path = unquote(request.path)
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match is not None and route.method in {request.method, "ANY"}:
                return self._through(route, request, path, match.groupdict())
        return _message(404, "Not Found")

    def _through(self, route: Route, request: Request, path: str, parameters: dict[str, str]) -> Response:
        claims: dict[str, Any] | None = None
        if route.authorizer is not None:
            try:
                claims = self._claims(route.authorizer, request.headers)
            except _UnauthorizedError as error:
                response = _message(401, "Unauthorized")
                response.headers["WWW-Authenticate"] = f"Bearer{error.why}"
                return response
            if route.scopes and route.scopes.isdisjoint(_scopes(claims)):
                return _message(403, "Forbidden")
        names = dict(re.findall(r"\{((\w+)\+?)\}", route.path))
        named = {name.rstrip(_GREEDY): parameters[group] for name, group in names.items()}
        event = self._event(route, request, path, named, claims)
        # Lambda's bound is met before the API's own of 10 MB.
        if len(json.dumps(event).encode()) > MAXIMUM_PAYLOAD:
            return _message(413, "Request Entity Too Large")
        try:
            return _response(self._invoke(route.function_arn, event))
        except FunctionError:
            # The function's log has the error; the caller learns only that there was one.
            return _message(500, "Internal Server Error")

    def _claims(self, authorizer: Authorizer, headers: Headers) -> dict[str, Any]:
        """Return the claims of the request's token once it is verified."""
        text = headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not text:
            raise _UnauthorizedError("")
        try:
            token = jwt.decode(text, self._keys[authorizer.issuer], algorithms=_ALGORITHMS)
        except (JoseError, ValueError, KeyError) as error:
            raise _UnauthorizedError(' scope="" error="invalid_token"') from error
        claims = token.claims
        if "kid" not in token.header or claims.get("iss") != authorizer.issuer:
            raise _UnauthorizedError(
                ' scope="" error="invalid_token" error_description="the token has no valid issuer"'
            )
        # `client_id` counts only where there is no `aud`.
        audience = claims.get("aud", claims.get("client_id"))
        if authorizer.audience.isdisjoint(audience if isinstance(audience, list) else [audience]):
            raise _UnauthorizedError(
                ' scope="" error="invalid_token" error_description="the token does not have a valid audience"'
            )
        now = time.time()
        began = all(_number(claims[name]) <= now for name in ("nbf", "iat") if name in claims)
        if not (began and now < _number(claims.get("exp"))):
            raise _UnauthorizedError(' scope="" error="invalid_token" error_description="the token is not valid now"')
        return claims

    def _event(
        self,
        route: Route,
        request: Request,
        path: str,
        parameters: dict[str, str],
        claims: dict[str, Any] | None,
    ) -> dict[str, Any]:
        """Return the event of "Create AWS Lambda proxy integrations for HTTP APIs", format 2.0."""
        now = time.time()
        headers: dict[str, str] = {}
        for name, value in request.headers:
            key = name.lower()
            if key != "cookie":
                headers[key] = f"{headers[key]},{value}" if key in headers else value
        context: dict[str, Any] = {
            "accountId": self._account,
            "apiId": self._domain.partition(".")[0],
            "domainName": self._domain,
            "domainPrefix": self._domain.partition(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": uuid.uuid4().hex,
            "routeKey": route.key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        }
        if claims is not None:
            context["authorizer"] = {
                "jwt": {
                    "claims": {name: _claim(value) for name, value in claims.items()},
                    "scopes": sorted(_scopes(claims)) or None,
                }
            }
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": path,
            "rawQueryString": request.query,
            "headers": headers,
            "requestContext": context,
            "isBase64Encoded": False,
        }
        cookies = pairs(";".join(request.headers.getlist("Cookie")), ";")
        if cookies:
            event["cookies"] = [f"{name}={value}" for name, value in cookies]
        query: dict[str, str] = {}
        for name, value in parse_qsl(request.query, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        if query:
            event["queryStringParameters"] = query
        if parameters:
            event["pathParameters"] = parameters
        if request.body:
            event["body"], event["isBase64Encoded"] = _body(request)
        return event


def _routes(body: Mapping[str, Any]) -> list[Route]:
    schemes = body.get("components", {}).get("securitySchemes", {})
    authorizers = {name: _authorizer(scheme[_AUTHORIZER]) for name, scheme in schemes.items()}
    routes = []
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            required = [each for each in operation.get("security", []) if "NONE" not in each]
            name, scopes = next(iter(required[0].items())) if required else (None, [])
            integration = operation[_INTEGRATION]
            if integration.get("payloadFormatVersion") != "2.0":
                raise ValueError(f"the local gateway speaks payload format 2.0 only, not as {path} wants it")
            routes.append(
                Route(
                    method="ANY" if method == _ANY_METHOD else method.upper(),
                    path=path,
                    pattern=_pattern(path),
                    function_arn=integration["uri"].partition("/functions/")[2].removesuffix("/invocations"),
                    authorizer=None if name is None else authorizers[name],
                    scopes=frozenset(scopes),
                )
            )
    return routes


def _authorizer(given: Mapping[str, Any]) -> Authorizer:
    if given["type"] != "jwt" or given["identitySource"] != "$request.header.Authorization":
        raise ValueError(f"the local gateway knows JWT authorizers of the Authorization header only: {given}")
    configuration = given["jwtConfiguration"]
    return Authorizer(configuration["issuer"], frozenset(configuration["audience"]))


def _pattern(path: str) -> re.Pattern[str]:
    if not path.startswith("/"):
        raise ValueError(f"the local gateway does not know the route {path}")

    def part(segment: str) -> str:
        name = segment.strip("{}").rstrip(_GREEDY)
        if not segment.startswith("{"):
            return re.escape(segment)
        return f"(?P<{name}>.+)" if _GREEDY in segment else f"(?P<{name}>[^/]+)"

    return re.compile("/".join(part(each) for each in path.split("/")), re.DOTALL)


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    given = claims.get("scope", claims.get("scp", ""))
    return frozenset(given.split() if isinstance(given, str) else given)


def _claim(value: object) -> str:
    """Return a claim as functions get it: as a string, a list in brackets with spaces between its items."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(_claim(each) for each in value)}]"
    return json.dumps(value)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _body(request: Request) -> tuple[str, bool]:
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if _TEXT.fullmatch(content_type) and "Content-Encoding" not in request.headers:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            return base64.b64encode(request.body).decode(), True
    return base64.b64encode(request.body).decode(), True


def _response(answer: object) -> Response:
    """Return what a function's answer means; a function that names no status code answered with JSON."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(200, Headers([("Content-Type", "application/json")]), body.encode())
    text = answer.get("body", "")
    try:
        status = int(answer["statusCode"])
        body_bytes = base64.b64decode(text, validate=True) if answer.get("isBase64Encoded") else text.encode()
        headers = Headers([(name, str(value)) for name, value in answer.get("headers", {}).items()])
    except (AttributeError, TypeError, ValueError, binascii.Error):
        return _message(500, "Internal Server Error")
    for cookie in answer.get("cookies", []):
        headers.add("Set-Cookie", cookie)
    headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    return Response(status, headers, body_bytes)


def _message(status: int, text: str) -> Response:
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    return Response(status, Headers([("Content-Type", "application/json")]), body)
