"""S3's side of a presigned PUT, which moto accepts unseen.

moto checks neither signature nor expiry nor length, so a mistake in presigning would show only once deployed.
Here the signature is computed again from the request as it arrived, by botocore's own signer, and what S3 would
refuse is refused in S3's words. Rules are those of "Authenticating Requests: Using Query Parameters (AWS
Signature Version 4)" unless another page is named.
"""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from werkzeug.datastructures import EnvironHeaders, Headers

from local.exchange import Response, body_of, target

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CORSRuleOutputTypeDef

LARGEST = 5 * 1024**3  # bytes of one PUT ("Uploading objects")
LONGEST_EXPIRY = 7 * 24 * 3600  # seconds
CLOCK_SKEW = 15 * 60  # seconds that a signature may be ahead of the clock

_AUTHENTICATION = (
    *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"),
    *("X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"),
)
# What else may stand in the query. S3 reads headers from it too (`x-amz-acl`), which nothing here does.
_HARMLESS = {"X-Amz-Security-Token", "x-id"}
_SYSTEM_METADATA = {
    "Content-Type": "ContentType",
    "Cache-Control": "CacheControl",
    "Content-Disposition": "ContentDisposition",
    "Content-Encoding": "ContentEncoding",
    "Content-Language": "ContentLanguage",
}


class S3Error(Exception):
    """What S3 answers instead of storing: an HTTP status, a code of "Error responses", and a message."""

    def __init__(self, status: int, code: str, message: str, **details: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def response(self) -> Response:
        """Return it as S3 writes it."""
        fields = {"Code": self.code, "Message": self.message, **self.details}
        elements = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{elements}</Error>'
        return Response(self.status, Headers([("Content-Type", "application/xml")]), body.encode())


class Uploads:
    """A WSGI application that takes `PUT /<bucket>/<key>?X-Amz-…` for one bucket, and its preflight requests."""

    def __init__(
        self, bucket: str, *, s3: "S3Client", credentials: Credentials, region: str, lock: threading.RLock
    ) -> None:
        """Store into `bucket` what is signed with these credentials for this region.

        `lock` is held for each call to moto.
        """
        self.bucket = bucket
        self._s3 = s3
        self._credentials = credentials
        self._region = region
        self._lock = lock

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as a WSGI application."""
        method = environ["REQUEST_METHOD"]
        headers = Headers(EnvironHeaders(environ))
        try:
            preflight = method == "OPTIONS"
            response = self._preflight(headers) if preflight else self._upload(environ, method, headers)
        except S3Error as error:
            response = error.response()
        if method != "OPTIONS" and "Origin" in headers:
            rule = self._rule(headers["Origin"], method)
            if rule is not None:
                response.headers.extend(_allowances(rule, headers["Origin"]))
        return response.to(method, start_response)

    def _upload(self, environ: "WSGIEnvironment", method: str, headers: Headers) -> Response:
        path, query = target(environ)
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        bucket, _, key = unquote(path)[1:].partition("/")
        if bucket != self.bucket or not key:
            raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist", BucketName=bucket)
        if "X-Amz-Signature" not in parameters:
            raise S3Error(403, "AccessDenied", "Access Denied")
        self._authenticate(method, path, parameters, headers)
        if method != "PUT":
            raise S3Error(
                405, "MethodNotAllowed", "The specified method is not allowed against this resource.", Method=method
            )
        if extra := sorted(parameters.keys() - _HARMLESS - set(_AUTHENTICATION)):
            raise _not_implemented(extra[0])
        return self._store(key, headers, _body(environ, headers))

    def _authenticate(self, method: str, path: str, parameters: Mapping[str, str], headers: Headers) -> None:
        if missing := [name for name in _AUTHENTICATION if not parameters.get(name)]:
            raise S3Error(
                400,
                "AuthorizationQueryParametersError",
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                f"X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters: {missing[0]}.",
            )
        self._check_scope(parameters)
        _check_time(parameters)
        signed = parameters["X-Amz-SignedHeaders"].split(";")
        _check_coverage(headers, signed)
        if "X-Amz-Security-Token" in parameters and not _same(
            parameters["X-Amz-Security-Token"], self._credentials.token or ""
        ):
            raise S3Error(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
        expected = self._signature(method, path, parameters, headers, signed)
        if not _same(expected, parameters["X-Amz-Signature"]):
            raise S3Error(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your key and signing method.",
                AWSAccessKeyId=self._credentials.access_key,
                SignatureProvided=parameters["X-Amz-Signature"],
            )

    def _check_scope(self, parameters: Mapping[str, str]) -> None:
        if parameters["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256":
            raise S3Error(
                400,
                "AuthorizationQueryParametersError",
                'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
            )
        access_key, *scope = parameters["X-Amz-Credential"].split("/")
        expected = [parameters["X-Amz-Date"][:8], self._region, "s3", "aws4_request"]
        if scope != expected:
            raise S3Error(
                400,
                "AuthorizationQueryParametersError",
                "Error parsing the X-Amz-Credential parameter; "
                f"the scope {'/'.join(scope)!r} is wrong; expecting {'/'.join(expected)!r}",
                Region=self._region,
            )
        if not _same(access_key, self._credentials.access_key):
            raise S3Error(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
                AWSAccessKeyId=access_key,
            )

    def _signature(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        headers: Headers,
        signed: Iterable[str],
    ) -> str:
        # S3 encodes path and query again before it signs, so that what a client escaped needlessly is the same.
        query = urlencode(
            {name: value for name, value in parameters.items() if name != "X-Amz-Signature"},
            quote_via=quote,
            safe="-_.~",
        )
        request = AWSRequest(method, f"https://{headers.get('Host', '')}{quote(unquote(path), safe='/~')}?{query}")
        for name in signed:
            for value in headers.getlist(name) or [""]:
                request.headers[name] = value
        request.context["timestamp"] = parameters["X-Amz-Date"]
        signer = S3SigV4QueryAuth(self._credentials, "s3", self._region)
        text: str = signer.string_to_sign(request, signer.canonical_request(request))
        signature: str = signer.signature(text, request)
        return signature

    def _store(self, key: str, headers: Headers, body: bytes) -> Response:
        given: dict[str, Any] = {
            argument: headers[name] for name, argument in _SYSTEM_METADATA.items() if name in headers
        }
        prefix = "x-amz-meta-"
        named = [(name.lower(), value) for name, value in headers]
        given["Metadata"] = {name.removeprefix(prefix): value for name, value in named if name.startswith(prefix)}
        # "How to prevent object overwrites with conditional writes": a PUT knows `*` only.
        if headers.get("If-None-Match", "*") != "*":
            raise _not_implemented("If-None-Match")
        for name, argument in (("If-None-Match", "IfNoneMatch"), ("If-Match", "IfMatch")):
            if name in headers:
                given[argument] = headers[name]
        try:
            with self._lock:
                stored = self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, **given)
        except ClientError as error:
            answer = error.response
            raise S3Error(
                answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]
            ) from error
        response = Response(200, Headers([("ETag", stored["ETag"])]))
        if "VersionId" in stored:
            response.headers["x-amz-version-id"] = stored["VersionId"]
        return response

    def _preflight(self, headers: Headers) -> Response:
        """Answer as "Using cross-origin resource sharing (CORS)" says, by the bucket's own rules."""
        if "Origin" not in headers or "Access-Control-Request-Method" not in headers:
            raise S3Error(400, "BadRequest", "Insufficient information. Origin request header needed.")
        origin, method = headers["Origin"], headers["Access-Control-Request-Method"]
        asked = [name.strip() for name in headers.get("Access-Control-Request-Headers", "").split(",") if name.strip()]
        rule = self._rule(origin, method, asked)
        if rule is None:
            raise S3Error(
                403,
                "AccessForbidden",
                "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
                "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not "
                "whitelisted by the resource's CORS spec.",
                Method=method,
                ResourceType="OBJECT",
            )
        response = Response(200, Headers(_allowances(rule, origin)))
        if asked:
            response.headers["Access-Control-Allow-Headers"] = ", ".join(name.lower() for name in asked)
        return response

    def _rule(self, origin: str, method: str, asked: Iterable[str] = ()) -> "CORSRuleOutputTypeDef | None":
        try:
            with self._lock:
                rules = self._s3.get_bucket_cors(Bucket=self.bucket)["CORSRules"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchCORSConfiguration":
                raise
            return None
        for rule in rules:
            if (
                method in rule["AllowedMethods"]
                and any(_wild(each, origin) for each in rule["AllowedOrigins"])
                and all(
                    any(_wild(each.lower(), name.lower()) for each in rule.get("AllowedHeaders", [])) for name in asked
                )
            ):
                return rule
        return None


def _check_time(parameters: Mapping[str, str]) -> None:
    try:
        signed_at = datetime.strptime(parameters["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        expires = int(parameters["X-Amz-Expires"])
    except ValueError as error:
        raise S3Error(
            400,
            "AuthorizationQueryParametersError",
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\", X-Amz-Expires a number",
        ) from error
    if not 0 <= expires <= LONGEST_EXPIRY:
        raise S3Error(
            400,
            "AuthorizationQueryParametersError",
            f"X-Amz-Expires must be non-negative and less than a week (in seconds); that is, {LONGEST_EXPIRY}",
        )
    now = time.time()
    if now > signed_at + expires:
        raise S3Error(
            403,
            "AccessDenied",
            "Request has expired",
            Expires=_iso(signed_at + expires),
            ServerTime=_iso(now),
        )
    if signed_at > now + CLOCK_SKEW:
        raise S3Error(403, "AccessDenied", "Request is not yet valid", ServerTime=_iso(now))


def _check_coverage(headers: Headers, signed: Iterable[str]) -> None:
    """Refuse what could change the upload and is not signed: the host, the digest and S3's own headers."""
    must = {"host"} | {
        name.lower()
        for name in headers.keys()  # noqa: SIM118, Headers iterates over pairs
        if name.lower().startswith("x-amz-") or name.lower() == "content-md5"
    }
    if missing := sorted(must - set(signed)):
        raise S3Error(
            403,
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned=", ".join(missing),
        )


def _body(environ: "WSGIEnvironment", headers: Headers) -> bytes:
    unknown = [
        name
        for name in headers.keys()  # noqa: SIM118, Headers iterates over pairs
        if name.lower() == "transfer-encoding"
        or (name.lower().startswith("x-amz-") and not name.lower().startswith("x-amz-meta-"))
    ]
    if unknown:
        raise _not_implemented(unknown[0])
    length = headers.get("Content-Length", "")
    if not length.isdecimal():
        raise S3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    if int(length) > LARGEST:
        raise S3Error(
            400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", ProposedSize=length
        )
    body = body_of(environ, at_most=int(length))
    if len(body) != int(length):
        raise S3Error(
            400,
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        )
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if headers.get("Content-MD5", digest) != digest:
        raise S3Error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
    return body


def _allowances(rule: "CORSRuleOutputTypeDef", origin: str) -> list[tuple[str, str]]:
    anyone = "*" in rule["AllowedOrigins"]
    given = [
        ("Access-Control-Allow-Origin", "*" if anyone else origin),
        ("Access-Control-Allow-Methods", ", ".join(rule["AllowedMethods"])),
        ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"),
    ]
    if rule.get("ExposeHeaders"):
        given.append(("Access-Control-Expose-Headers", ", ".join(rule["ExposeHeaders"])))
    if "MaxAgeSeconds" in rule:
        given.append(("Access-Control-Max-Age", str(rule["MaxAgeSeconds"])))
    if not anyone:
        given.append(("Access-Control-Allow-Credentials", "true"))
    return given


def _wild(pattern: str, text: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)


def _not_implemented(header: str) -> S3Error:
    return S3Error(
        501, "NotImplemented", "A header you provided implies functionality that is not implemented", Header=header
    )


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
