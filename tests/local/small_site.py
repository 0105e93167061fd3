"""A bucket behind an edge, with a configuration of its own: the smallest site on which CloudFront's rules show."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ConnectTimeoutError
from werkzeug.datastructures import Headers

from local.aws import simulated
from local.edge import Edge
from local.exchange import Request, Response
from local.template import REGION, Json

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client


BUCKET = "small-site"
API = "api.execute-api.ap-southeast-1.amazonaws.com"
POLICY = "cache-policy"
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
PAGE = "public, max-age=0, s-maxage=300"

Config = dict[str, Json]


def cache_policy(**changes: Json) -> Config:
    """A policy that keys by path and encoding; `key` changes what else is in the key."""
    key = {"EnableAcceptEncodingGzip": True, "EnableAcceptEncodingBrotli": True, **changes.pop("key", {})}
    return {
        "MinTTL": 0,
        "DefaultTTL": 60,
        "MaxTTL": 3600,
        "ParametersInCacheKeyAndForwardedToOrigin": key,
        **changes,
    }


def site_behavior(**changes: Json) -> Config:
    return {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "Compress": True,
        "CachePolicyId": POLICY,
        **changes,
    }


def api_behavior(**changes: Json) -> Config:
    return {
        "PathPattern": "/api/*",
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
        "CachePolicyId": CACHING_DISABLED,
        "OriginRequestPolicyId": ALL_BUT_HOST,
        **changes,
    }


def config(**changes: Json) -> Config:
    return {
        "Enabled": True,
        "CacheTagConfig": {"HeaderName": "x-amz-meta-cache-tag"},
        "Origins": [
            {
                "Id": "site",
                "DomainName": f"{BUCKET}.s3.ap-southeast-1.amazonaws.com",
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            },
            {"Id": "api", "DomainName": API, "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}},
        ],
        "DefaultCacheBehavior": site_behavior(),
        **changes,
    }


@dataclass
class Site:
    """The bucket, its distribution in moto, and how often the origin was asked."""

    s3: "S3Client"
    cloudfront: "CloudFrontClient"
    distribution_id: str
    lock: threading.RLock = field(default_factory=threading.RLock)
    asked: list[str] = field(default_factory=list)
    _references: Iterator[int] = field(default_factory=count)

    def edge(self, distribution: Config | None = None, **given: Json) -> Edge:
        return Edge(
            distribution or config(),
            distribution_id=self.distribution_id,
            s3=self.s3,
            lock=self.lock,
            cache_policies={POLICY: cache_policy(), **given.pop("cache_policies", {})},
            custom_origins={API: given.pop("api", _no_api)},
            **given,
        )

    def put(
        self,
        key: str,
        body: str | bytes = "page",
        *,
        cache: str | None = PAGE,
        content_type: str = "text/html; charset=utf-8",
        **metadata: str,
    ) -> None:
        given: dict[str, Any] = {} if cache is None else {"CacheControl": cache}
        self.s3.put_object(
            Bucket=BUCKET,
            Key=key,
            Body=body if isinstance(body, bytes) else body.encode(),
            ContentType=content_type,
            Metadata={name.replace("_", "-"): value for name, value in metadata.items()},
            **given,
        )

    def invalidate(self, *items: str) -> None:
        self.cloudfront.create_invalidation(
            DistributionId=self.distribution_id,
            InvalidationBatch={
                "CallerReference": str(next(self._references)),
                "Paths": {"Quantity": len(items), "Items": list(items)},
            },
        )

    @contextmanager
    def origin_down(self) -> Iterator[None]:
        def fail(**_: object) -> None:
            raise ConnectTimeoutError(endpoint_url="https://s3")

        self.s3.meta.events.register("before-call.s3.GetObject", fail)
        try:
            yield
        finally:
            self.s3.meta.events.unregister("before-call.s3.GetObject", fail)


@contextmanager
def small_site() -> Iterator[Site]:
    """Make the bucket and the distribution on moto, and note each object asked of the bucket."""
    with simulated() as session:
        s3, cloudfront = session.client("s3"), session.client("cloudfront")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        distribution = cloudfront.create_distribution(
            DistributionConfig={
                "CallerReference": "small site",
                "Comment": "",
                "Enabled": True,
                "Origins": {
                    "Quantity": 1,
                    "Items": [{"Id": "site", "DomainName": f"{BUCKET}.s3.amazonaws.com"}],
                },
                "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all"},
            }
        )["Distribution"]
        site = Site(s3, cloudfront, distribution["Id"])

        def note(params: Mapping[str, Any], **_: object) -> None:
            site.asked.append(str(params["url_path"]))

        s3.meta.events.register("before-call.s3.GetObject", note)
        yield site


def get(edge: Edge, path: str, /, **headers: str) -> Response:
    """Ask the edge for a page; the names of headers are given with underscores."""
    return ask(edge, "GET", path, **headers)


def ask(edge: Edge, method: str, path: str, body: bytes = b"", /, **headers: str) -> Response:
    """Send the edge a request; the names of headers are given with underscores."""
    path, _, query = path.partition("?")
    named = Headers([(name.replace("_", "-"), value) for name, value in headers.items()])
    named.setdefault("Host", "127.0.0.1:8000")
    return edge.answer(Request(method, path, query, named, body))


def _no_api(request: Request) -> Response:
    raise AssertionError(f"the API is not asked for {request.path}")
