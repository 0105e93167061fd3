"""What a CloudFront distribution's configuration means, read from CloudFormation's properties.

Whatever the local edge does not do is refused by name here: a setting that the template has and the local run
ignores would be a difference that nobody sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from werkzeug.datastructures import Headers

# CloudFront caches an error for so long where no custom error response says otherwise ("Control how long
# CloudFront caches errors"), in seconds.
ERROR_CACHING_DEFAULT = 10

# AWS's own policies, by their ids ("Use managed cache policies", "Use managed origin request policies").
MANAGED_CACHE_POLICIES: dict[str, dict[str, Any]] = {
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": {  # CachingDisabled
        "MinTTL": 0,
        "DefaultTTL": 0,
        "MaxTTL": 0,
        "ParametersInCacheKeyAndForwardedToOrigin": {"EnableAcceptEncodingGzip": False},
    },
    "658327ea-f89d-4fab-a63d-7e88639e58f6": {  # CachingOptimized
        "MinTTL": 1,
        "DefaultTTL": 86_400,
        "MaxTTL": 31_536_000,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": True,
            "EnableAcceptEncodingBrotli": True,
        },
    },
}
MANAGED_ORIGIN_REQUEST_POLICIES: dict[str, dict[str, Any]] = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": {  # AllViewer
        "HeadersConfig": {"HeaderBehavior": "allViewer"},
        "CookiesConfig": {"CookieBehavior": "all"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    },
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": {  # AllViewerExceptHostHeader
        "HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": ["host"]},
        "CookiesConfig": {"CookieBehavior": "all"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    },
}


class UnknownSettingError(ValueError):
    """The distribution has a setting that the local edge does not know; the message names it and its place."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which header, cookie or query string names a policy takes."""

    behavior: str = "none"
    names: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        """Tell whether this name is among them; header names are compared without case."""
        if self.behavior in {"none", "all", "allViewer"}:
            return self.behavior != "none"
        return (name in self.names) == (self.behavior == "whitelist")


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """The bounds of the time to live, in seconds, and what the cache key is made of."""

    min_ttl: int
    default_ttl: int
    max_ttl: int
    gzip: bool
    brotli: bool
    headers: Selection
    cookies: Selection
    query: Selection


@dataclass(frozen=True, slots=True)
class OriginRequestPolicy:
    """What of the viewer's request goes to the origin besides the cache key."""

    headers: Selection = Selection()
    cookies: Selection = Selection()
    query: Selection = Selection()


@dataclass(frozen=True, slots=True)
class ResponseHeadersPolicy:
    """Headers that every response of a behaviour gets or loses."""

    set: tuple[tuple[str, str, bool], ...] = ()  # name, value, whether it replaces the origin's own
    removed: tuple[str, ...] = ()

    def apply(self, headers: Headers) -> None:
        """Change the headers of a response in place."""
        for name in self.removed:
            headers.remove(name)
        for name, value, override in self.set:
            if override or name not in headers:
                headers[name] = value


@dataclass(frozen=True, slots=True)
class Behavior:
    """A cache behaviour: which paths it takes, and how it answers them."""

    pattern: re.Pattern[str]
    origin: Origin
    methods: frozenset[str]
    compress: bool
    cache: CachePolicy
    forward: OriginRequestPolicy
    response_headers: ResponseHeadersPolicy
    functions: Mapping[str, str]  # event type → the function's ARN


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a behaviour's objects come from; `bucket` is set for S3."""

    domain: str
    path: str = ""
    bucket: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """A custom error response: how long an error is kept, in seconds, and which page stands for it."""

    caching_ttl: int = ERROR_CACHING_DEFAULT
    page: str | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution's configuration."""

    behaviors: tuple[Behavior, ...]  # the default one last
    errors: Mapping[int, ErrorResponse]
    tag_header: str | None
    root_object: str
    _no_error: ErrorResponse = field(default=ErrorResponse(), repr=False)

    def behavior(self, path: str) -> Behavior:
        """Return the first behaviour whose pattern the path matches, as the viewer sent it."""
        normal = normalised(path)
        return next(each for each in self.behaviors if each.pattern.fullmatch(normal))

    def error(self, status: int) -> ErrorResponse:
        """Return what is configured for an error's status code, or CloudFront's default."""
        return self.errors.get(status, self._no_error)


def distribution(
    config: Mapping[str, Any],
    *,
    cache_policies: Mapping[str, Mapping[str, Any]],
    origin_request_policies: Mapping[str, Mapping[str, Any]],
    response_headers_policies: Mapping[str, Mapping[str, Any]],
) -> Distribution:
    """Read a `DistributionConfig`; the policies are given by the ids that it names them by.

    Raises `UnknownSettingError` for what the local edge does not imitate.
    """
    _only(config, _DISTRIBUTION_KEYS, "DistributionConfig")
    origins = {each["Id"]: _origin(each) for each in config["Origins"]}
    policies = _Policies(
        {**MANAGED_CACHE_POLICIES, **cache_policies},
        {**MANAGED_ORIGIN_REQUEST_POLICIES, **origin_request_policies},
        response_headers_policies,
    )
    listed = [*config.get("CacheBehaviors", []), {**config["DefaultCacheBehavior"], "PathPattern": "*"}]
    return Distribution(
        behaviors=tuple(_behavior(each, origins, policies) for each in listed),
        errors={int(each["ErrorCode"]): _error(each) for each in config.get("CustomErrorResponses", [])},
        tag_header=config.get("CacheTagConfig", {}).get("HeaderName"),
        root_object=config.get("DefaultRootObject", ""),
    )


def normalised(path: str) -> str:
    """Return a path as CloudFront compares it with path patterns: without dot segments, needless escapes decoded."""
    decoded = _UNRESERVED.sub(lambda match: unquote_to_bytes(match[0]).decode("ascii"), path)
    segments: list[str] = []
    for segment in decoded.split("/")[1:]:
        if segment == "..":
            del segments[-1:]
        elif segment != ".":
            segments.append(segment)
    if decoded.rsplit("/", 1)[-1] in {".", ".."}:
        segments.append("")
    return "/" + "/".join(segments)


@dataclass(frozen=True, slots=True)
class _Policies:
    cache: Mapping[str, Mapping[str, Any]]
    origin_request: Mapping[str, Mapping[str, Any]]
    response_headers: Mapping[str, Mapping[str, Any]]


def _behavior(given: Mapping[str, Any], origins: Mapping[str, Origin], policies: _Policies) -> Behavior:
    where = f"the behaviour {given['PathPattern']}"
    _only(given, _BEHAVIOR_KEYS, where)
    # `redirect-to-https` is not followed: this machine speaks plain HTTP to itself, there is nowhere to redirect to.
    associations = given.get("FunctionAssociations", [])
    return Behavior(
        pattern=_pattern(given["PathPattern"]),
        origin=origins[given["TargetOriginId"]],
        methods=frozenset(given.get("AllowedMethods", ("GET", "HEAD"))),
        compress=bool(given.get("Compress", False)),
        cache=_cache_policy(_policy(policies.cache, given["CachePolicyId"], where)),
        forward=(
            _origin_request_policy(_policy(policies.origin_request, given["OriginRequestPolicyId"], where))
            if "OriginRequestPolicyId" in given
            else OriginRequestPolicy()
        ),
        response_headers=(
            _response_headers_policy(_policy(policies.response_headers, given["ResponseHeadersPolicyId"], where))
            if "ResponseHeadersPolicyId" in given
            else ResponseHeadersPolicy()
        ),
        functions={each["EventType"]: each["FunctionARN"] for each in associations},
    )


def _policy(policies: Mapping[str, Mapping[str, Any]], name: str, where: str) -> Mapping[str, Any]:
    if name not in policies:
        raise UnknownSettingError(f"{where} names the policy {name}, which is unknown here")
    return policies[name]


def _pattern(text: str) -> re.Pattern[str]:
    # A leading slash is optional, `*` stands for any run of characters and `?` for one (cache behavior settings).
    wild = {"*": ".*", "?": "."}
    return re.compile("/?" + "".join(wild.get(each) or re.escape(each) for each in text.lstrip("/")), re.DOTALL)


def _origin(given: Mapping[str, Any]) -> Origin:
    where = f"the origin {given['Id']}"
    _only(given, _ORIGIN_KEYS, where)
    domain = given["DomainName"]
    bucket: str | None = None
    if "S3OriginConfig" in given:
        bucket, found, _ = domain.partition(".s3.")
        if not found:
            raise UnknownSettingError(f"{where} has an S3OriginConfig, but {domain} is no bucket's address")
    return Origin(domain=domain, path=given.get("OriginPath", ""), bucket=bucket)


def _cache_policy(given: Mapping[str, Any]) -> CachePolicy:
    key = given["ParametersInCacheKeyAndForwardedToOrigin"]
    return CachePolicy(
        min_ttl=int(given["MinTTL"]),
        default_ttl=int(given["DefaultTTL"]),
        max_ttl=int(given["MaxTTL"]),
        gzip=bool(key["EnableAcceptEncodingGzip"]),
        brotli=bool(key.get("EnableAcceptEncodingBrotli", False)),
        headers=_headers(key),
        cookies=_cookies(key),
        query=_query(key),
    )


def _origin_request_policy(given: Mapping[str, Any]) -> OriginRequestPolicy:
    return OriginRequestPolicy(headers=_headers(given), cookies=_cookies(given), query=_query(given))


def _headers(given: Mapping[str, Any]) -> Selection:
    config = given.get("HeadersConfig", {"HeaderBehavior": "none"})
    if config["HeaderBehavior"] == "allViewerAndWhitelistCloudFront":
        raise UnknownSettingError("the local edge adds none of CloudFront's own headers to an origin request")
    return _selection(config["HeaderBehavior"], (name.lower() for name in config.get("Headers", ())))


def _cookies(given: Mapping[str, Any]) -> Selection:
    config = given.get("CookiesConfig", {"CookieBehavior": "none"})
    return _selection(config["CookieBehavior"], config.get("Cookies", ()))


def _query(given: Mapping[str, Any]) -> Selection:
    config = given.get("QueryStringsConfig", {"QueryStringBehavior": "none"})
    return _selection(config["QueryStringBehavior"], config.get("QueryStrings", ()))


def _selection(behavior: str, names: Iterable[str]) -> Selection:
    if behavior not in {"none", "whitelist", "allExcept", "all", "allViewer"}:
        raise UnknownSettingError(f"{behavior} is no choice of headers, cookies or query strings")
    return Selection(behavior, frozenset(names))


def _response_headers_policy(given: Mapping[str, Any]) -> ResponseHeadersPolicy:
    _only(given, _RESPONSE_HEADERS_KEYS, f"the response headers policy {given.get('Name', '')}")
    security = given.get("SecurityHeadersConfig", {})
    _only(security, _SECURITY_HEADERS.keys(), "SecurityHeadersConfig")
    custom: Sequence[Mapping[str, Any]] = given.get("CustomHeadersConfig", {}).get("Items", [])
    removed: Sequence[Mapping[str, Any]] = given.get("RemoveHeadersConfig", {}).get("Items", [])
    return ResponseHeadersPolicy(
        set=(
            *(
                (_SECURITY_HEADERS[name], _security_value(name, config), bool(config["Override"]))
                for name, config in security.items()
            ),
            *((each["Header"], str(each["Value"]), bool(each["Override"])) for each in custom),
        ),
        removed=tuple(each["Header"] for each in removed),
    )


def _security_value(name: str, config: Mapping[str, Any]) -> str:
    if name == "ContentTypeOptions":
        return "nosniff"
    if name == "FrameOptions":
        return str(config["FrameOption"])
    if name == "StrictTransportSecurity":
        parts = [f"max-age={config['AccessControlMaxAgeSec']}"]
        parts += ["includeSubDomains"] if config.get("IncludeSubdomains") else []
        parts += ["preload"] if config.get("Preload") else []
        return "; ".join(parts)
    if name == "XSSProtection":
        if not config["Protection"]:
            return "0"
        mode = ["mode=block"] if config.get("ModeBlock") else []
        report = [f"report={config['ReportUri']}"] if "ReportUri" in config else []
        return "; ".join(["1", *mode, *report])
    return str(config[name])


def _error(given: Mapping[str, Any]) -> ErrorResponse:
    status = given.get("ResponseCode")
    return ErrorResponse(
        caching_ttl=int(given.get("ErrorCachingMinTTL", ERROR_CACHING_DEFAULT)),
        page=given.get("ResponsePagePath"),
        status=None if status is None else int(status),
    )


def _only(given: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UnknownSettingError(f"the local edge does not know {', '.join(unknown)} of {where}")


_UNRESERVED = re.compile(r"%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])")
# Names, certificates, protocols, prices and access to S3: of no effect on what one machine answers to itself.
_DISTRIBUTION_KEYS = frozenset(
    {
        *("Origins", "DefaultCacheBehavior", "CacheBehaviors", "CustomErrorResponses", "CacheTagConfig"),
        *("DefaultRootObject", "Aliases", "Comment", "Enabled", "HttpVersion", "IPV6Enabled", "PriceClass"),
        *("ViewerCertificate", "Logging", "WebACLId"),
    }
)
_BEHAVIOR_KEYS = frozenset(
    {
        *("PathPattern", "TargetOriginId", "ViewerProtocolPolicy", "AllowedMethods", "CachedMethods", "Compress"),
        *("CachePolicyId", "OriginRequestPolicyId", "ResponseHeadersPolicyId", "FunctionAssociations"),
    }
)
_ORIGIN_KEYS = frozenset(
    {
        *("Id", "DomainName", "OriginPath", "S3OriginConfig", "CustomOriginConfig", "OriginAccessControlId"),
        *("ConnectionAttempts", "ConnectionTimeout", "ResponseCompletionTimeout"),
    }
)
_RESPONSE_HEADERS_KEYS = frozenset(
    {"Name", "Comment", "SecurityHeadersConfig", "CustomHeadersConfig", "RemoveHeadersConfig"}
)
_SECURITY_HEADERS = {
    "ContentSecurityPolicy": "Content-Security-Policy",
    "ContentTypeOptions": "X-Content-Type-Options",
    "FrameOptions": "X-Frame-Options",
    "ReferrerPolicy": "Referrer-Policy",
    "StrictTransportSecurity": "Strict-Transport-Security",
    "XSSProtection": "X-XSS-Protection",
}
