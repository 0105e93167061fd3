import threading
from collections.abc import Iterator

import brotli  # type: ignore[import-untyped]
import pytest
import time_machine
from werkzeug.datastructures import Headers
from werkzeug.test import Client

from local import edge_config
from local.edge_compression import compressed
from local.edge_config import Distribution, UnknownSettingError
from local.exchange import Request, Response
from local.template import Json
from tests.local.small_site import (
    API,
    BUCKET,
    POLICY,
    Site,
    api_behavior,
    ask,
    cache_policy,
    config,
    get,
    site_behavior,
    small_site,
)

NOON = 1_795_400_000
LONG = "<p>" + "một bài báo " * 400


@pytest.fixture
def site() -> Iterator[Site]:
    with small_site() as made:
        yield made


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def distribution(given: dict[str, Json]) -> Distribution:
    return edge_config.distribution(
        given,
        cache_policies={POLICY: cache_policy()},
        origin_request_policies={},
        response_headers_policies={"cors": {"CorsConfig": {}}},
    )


# What is kept, and for how long


def test_a_page_is_read_from_its_bucket_once_and_then_served_from_the_cache(site: Site) -> None:
    site.put("a.html", "first")
    edge = site.edge()
    first, second = get(edge, "/a.html"), get(edge, "/a.html")
    assert (first.status, first.body, first.headers["X-Cache"]) == (200, b"first", "Miss from cloudfront")
    assert (second.status, second.body, second.headers["X-Cache"]) == (200, b"first", "Hit from cloudfront")
    assert second.headers["Content-Type"] == "text/html; charset=utf-8"
    assert len(site.asked) == 1


def test_a_hit_tells_its_age_and_a_miss_has_none(site: Site, clock: time_machine.Traveller) -> None:
    site.put("a.html")
    edge = site.edge()
    assert "Age" not in get(edge, "/a.html").headers
    clock.shift(17)
    assert get(edge, "/a.html").headers["Age"] == "17"


def test_a_page_changed_in_its_bucket_is_seen_when_its_time_to_live_is_over(
    site: Site, clock: time_machine.Traveller
) -> None:
    site.put("a.html", "old")
    edge = site.edge()
    get(edge, "/a.html")
    site.put("a.html", "new")
    clock.shift(299)
    assert get(edge, "/a.html").body == b"old"
    clock.shift(1)
    changed = get(edge, "/a.html")
    assert (changed.body, changed.headers["X-Cache"]) == (b"new", "Miss from cloudfront")
    assert get(edge, "/a.html").body == b"new"


def test_an_expired_page_that_has_not_changed_is_confirmed_and_fresh_again(
    site: Site, clock: time_machine.Traveller
) -> None:
    site.put("a.html", "same", status="410")
    edge = site.edge()
    get(edge, "/a.html")
    clock.shift(301)
    confirmed = get(edge, "/a.html")
    assert (confirmed.status, confirmed.body) == (200, b"same")
    assert confirmed.headers["X-Cache"] == "RefreshHit from cloudfront"
    assert confirmed.headers["x-amz-meta-status"] == "410"
    clock.shift(299)
    assert get(edge, "/a.html").headers["X-Cache"] == "Hit from cloudfront"
    assert len(site.asked) == 2


@pytest.mark.parametrize("directive", ["no-store", "private"])
def test_what_may_not_be_stored_is_asked_for_each_time(site: Site, directive: str) -> None:
    site.put("a.html", "first", cache=directive)
    edge = site.edge()
    get(edge, "/a.html")
    site.put("a.html", "second", cache=directive)
    assert get(edge, "/a.html").body == b"second"
    assert get(edge, "/a.html").headers["X-Cache"] == "Miss from cloudfront"


def test_no_cache_is_kept_but_confirmed_each_time(site: Site) -> None:
    site.put("a.html", "first", cache="no-cache")
    edge = site.edge()
    get(edge, "/a.html")
    assert get(edge, "/a.html").headers["X-Cache"] == "RefreshHit from cloudfront"


def test_an_expired_page_is_served_while_its_origin_fails(site: Site, clock: time_machine.Traveller) -> None:
    site.put("a.html", "kept")
    edge = site.edge(config(CustomErrorResponses=[{"ErrorCode": 504, "ErrorCachingMinTTL": 5}]))
    get(edge, "/a.html")
    clock.shift(301)
    with site.origin_down():
        assert (get(edge, "/a.html").status, get(edge, "/a.html").body) == (200, b"kept")
    site.put("a.html", "new")
    clock.shift(4)
    assert get(edge, "/a.html").body == b"kept"
    clock.shift(1)
    assert get(edge, "/a.html").body == b"new"


def test_an_origin_that_does_not_answer_is_a_504(site: Site) -> None:
    edge = site.edge()
    with site.origin_down():
        answer = get(edge, "/a.html")
    assert (answer.status, answer.headers["X-Cache"]) == (504, "Error from cloudfront")


# What the cache key is made of


def test_the_query_is_no_part_of_the_key_where_the_policy_takes_none(site: Site) -> None:
    site.put("a.html")
    edge = site.edge()
    get(edge, "/a.html?a=1")
    assert get(edge, "/a.html?a=2").headers["X-Cache"] == "Hit from cloudfront"


def test_what_the_policy_names_is_part_of_the_key(site: Site) -> None:
    key = {
        "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": ["p"]},
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["X-Kind"]},
        "CookiesConfig": {"CookieBehavior": "allExcept", "Cookies": ["other"]},
    }
    site.put("a.html")
    edge = site.edge(cache_policies={POLICY: cache_policy(key=key)})
    get(edge, "/a.html?p=1&q=1", x_kind="a", cookie="c=1; other=1")

    def how(path: str, **headers: str) -> str:
        return get(edge, path, **headers).headers["X-Cache"].partition(" ")[0]

    assert how("/a.html?p=1&q=2", x_kind="a", cookie="c=1; other=2") == "Hit"
    assert how("/a.html?p=2&q=1", x_kind="a", cookie="c=1") == "Miss"
    assert how("/a.html?p=1", x_kind="b", cookie="c=1") == "Miss"
    assert how("/a.html?p=1", x_kind="a", cookie="c=2") == "Miss"


# Conditional requests, HEAD, compression


def test_a_viewer_that_has_the_page_gets_a_304_without_a_body(site: Site) -> None:
    site.put("a.html", LONG)
    edge = site.edge()
    etag = get(edge, "/a.html").headers["ETag"]
    same = get(edge, "/a.html", if_none_match=etag)
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", etag)
    assert get(edge, "/a.html", if_none_match=f'"other", W/{etag}').status == 304
    assert get(edge, "/a.html", if_none_match='"other"').status == 200
    modified = get(edge, "/a.html").headers["Last-Modified"]
    assert get(edge, "/a.html", if_modified_since=modified).status == 304


def test_a_compressed_page_is_known_by_its_weak_etag(site: Site) -> None:
    site.put("a.html", LONG)
    edge = site.edge()
    etag = get(edge, "/a.html", accept_encoding="br").headers["ETag"]
    assert etag.startswith('W/"')
    assert get(edge, "/a.html", accept_encoding="br", if_none_match=etag).status == 304


def test_head_has_the_headers_of_get_and_serves_the_next_get(site: Site) -> None:
    site.put("a.html", LONG)
    client = Client(site.edge())
    head, answer = client.head("/a.html"), client.get("/a.html")
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(LONG.encode()))
    assert answer.headers["X-Cache"] == "Hit from cloudfront"
    assert answer.data == LONG.encode()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("deflate", None),
        ("", None),
    ],
)
def test_a_page_is_compressed_as_its_viewer_allows(site: Site, accepted: str, encoding: str | None) -> None:
    site.put("a.html", LONG)
    answer = get(site.edge(), "/a.html", accept_encoding=accepted)
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert (len(answer.body) < 200) == (encoding is not None)
    if encoding == "br":
        assert brotli.decompress(answer.body).decode() == LONG


@pytest.mark.parametrize(
    ("size", "content_type", "is_compressed"),
    [
        (999, "text/html", False),
        (1_000, "text/html", True),
        (10_000_000, "text/html", True),
        (10_000_001, "text/html", False),
        (5_000, "image/png", False),
        (5_000, "application/rss+xml; charset=utf-8", True),
        (5_000, "application/atom+xml", False),
    ],
)
def test_only_some_sizes_and_types_are_compressed(size: int, content_type: str, *, is_compressed: bool) -> None:
    behavior = distribution(config()).behavior("/a")
    response = Response(200, Headers([("Content-Type", content_type)]), b"x" * size)
    assert ("Content-Encoding" in compressed(response, behavior, ("gzip",)).headers) == is_compressed


@pytest.mark.parametrize("status", [201, 404, 500])
def test_only_answers_of_some_statuses_are_compressed(status: int) -> None:
    behavior = distribution(config()).behavior("/a")
    response = Response(status, Headers([("Content-Type", "text/html")]), b"x" * 5_000)
    assert ("Content-Encoding" in compressed(response, behavior, ("br",)).headers) == (status == 404)


def test_what_is_encoded_already_is_not_compressed_again() -> None:
    behavior = distribution(config()).behavior("/a")
    headers = Headers([("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("ETag", '"a"')])
    assert compressed(Response(200, headers, b"x" * 5_000), behavior, ("br",)).headers == headers


@pytest.mark.parametrize(("given", "sent"), [('"a"', 'W/"a"'), ('W/"a"', 'W/"a"'), ("a", None)])
def test_compression_weakens_the_etag(given: str, sent: str | None) -> None:
    behavior = distribution(config()).behavior("/a")
    headers = Headers([("Content-Type", "text/html"), ("ETag", given)])
    assert compressed(Response(200, headers, b"x" * 5_000), behavior, ("br",)).headers.get("ETag") == sent


def test_a_behaviour_without_compress_does_not_compress(site: Site) -> None:
    site.put("a.html", LONG)
    edge = site.edge(config(DefaultCacheBehavior=site_behavior(Compress=False)))
    assert "Content-Encoding" not in get(edge, "/a.html", accept_encoding="br").headers


def test_viewers_that_accept_different_encodings_have_copies_of_their_own(site: Site) -> None:
    site.put("a.html", LONG)
    edge = site.edge()
    get(edge, "/a.html", accept_encoding="br")
    assert get(edge, "/a.html", accept_encoding="gzip").headers["X-Cache"] == "Miss from cloudfront"
    assert get(edge, "/a.html", accept_encoding="zstd, br").headers["X-Cache"] == "Hit from cloudfront"


# Errors


def error_page(**given: Json) -> list[dict[str, Json]]:
    return [{"ErrorCode": 404, "ResponseCode": 404, "ResponsePagePath": "/404.html", **given}]


def test_a_missing_page_is_answered_with_the_error_page_and_its_status(site: Site) -> None:
    site.put("404.html", "nothing here")
    edge = site.edge(config(CustomErrorResponses=error_page()))
    missing = get(edge, "/none.html")
    assert (missing.status, missing.body) == (404, b"nothing here")
    assert missing.headers["Content-Type"] == "text/html; charset=utf-8"
    assert missing.headers["X-Cache"] == "Error from cloudfront"


def test_an_error_page_is_compressed_as_its_viewer_allows(site: Site) -> None:
    site.put("404.html", LONG)
    edge = site.edge(config(CustomErrorResponses=error_page()))
    assert get(edge, "/none.html", accept_encoding="gzip").headers["Content-Encoding"] == "gzip"
    assert get(edge, "/none.html").body.decode() == LONG


def test_an_expired_page_that_its_origin_no_longer_has_is_an_error(site: Site, clock: time_machine.Traveller) -> None:
    site.put("a.html", "old")
    edge = site.edge()
    get(edge, "/a.html")
    site.s3.delete_object(Bucket=BUCKET, Key="a.html")
    clock.shift(301)
    assert get(edge, "/a.html").status == 404


def test_an_error_page_that_is_missing_gives_its_own_error(site: Site) -> None:
    errors = [{"ErrorCode": 504, "ResponseCode": 504, "ResponsePagePath": "/504.html"}]
    edge = site.edge(config(CustomErrorResponses=errors, CacheBehaviors=[api_behavior()]), api=_failing)
    assert get(edge, "/api/x").status == 404


def test_a_missing_page_is_looked_for_again_when_the_error_caching_time_is_over(
    site: Site, clock: time_machine.Traveller
) -> None:
    edge = site.edge(config(CustomErrorResponses=[{"ErrorCode": 404, "ErrorCachingMinTTL": 5}]))
    assert get(edge, "/new.html").status == 404
    site.put("new.html")
    clock.shift(4)
    early = get(edge, "/new.html")
    assert (early.status, early.headers["Age"]) == (404, "4")
    clock.shift(1)
    assert get(edge, "/new.html").status == 200


def test_an_error_is_kept_for_ten_seconds_where_nothing_is_configured(
    site: Site, clock: time_machine.Traveller
) -> None:
    edge = site.edge()
    get(edge, "/new.html")
    site.put("new.html")
    clock.shift(9)
    assert get(edge, "/new.html").status == 404
    clock.shift(1)
    assert get(edge, "/new.html").status == 200


def test_an_error_caching_time_of_zero_keeps_nothing(site: Site) -> None:
    edge = site.edge(config(CustomErrorResponses=[{"ErrorCode": 404, "ErrorCachingMinTTL": 0}]))
    get(edge, "/new.html")
    site.put("new.html")
    assert get(edge, "/new.html").status == 200


def test_a_method_that_the_behaviour_does_not_allow_never_reaches_its_origin(site: Site) -> None:
    api = Api()
    edge = site.edge(config(CacheBehaviors=[api_behavior(AllowedMethods=["GET", "HEAD"])]), api=api)
    answer = ask(edge, "POST", "/api/x", b"x")
    assert (answer.status, answer.headers["X-Cache"]) == (403, "Error from cloudfront")
    assert api.requests == []
    assert ask(edge, "POST", "/a.html").status == 403


def test_a_get_with_a_body_is_refused(site: Site) -> None:
    site.put("a.html")
    assert ask(site.edge(), "GET", "/a.html", b"x").status == 403


def test_the_list_of_the_bucket_is_never_shown(site: Site) -> None:
    site.put("secret.html")
    answer = get(site.edge(), "/")
    assert answer.status == 500
    assert b"secret" not in answer.body


def test_the_root_object_stands_for_the_root(site: Site) -> None:
    site.put("home.html", "home")
    assert get(site.edge(config(DefaultRootObject="home.html")), "/").body == b"home"


# Behaviours and policies


def test_the_first_behaviour_that_matches_the_viewers_own_path_answers(site: Site) -> None:
    behaviors = [site_behavior(PathPattern="/a/*.txt", AllowedMethods=["GET", "HEAD", "OPTIONS"]), api_behavior()]
    edge = site.edge(config(CacheBehaviors=behaviors), api=lambda _: Response(200, body=b"api"))
    site.put("a/b.txt", "text")
    assert get(edge, "/a/b.txt").body == b"text"
    assert get(edge, "/a/x/../../api/x").body == b"api"
    assert get(edge, "/%61pi/x").body == b"api"
    assert get(edge, "/API/x").status == 404


def test_the_response_headers_policy_sets_and_removes_headers_on_pages_and_errors(site: Site) -> None:
    policy = {
        "Name": "headers",
        "SecurityHeadersConfig": {
            "ContentSecurityPolicy": {"ContentSecurityPolicy": "default-src 'none'", "Override": True},
            "ContentTypeOptions": {"Override": True},
            "FrameOptions": {"FrameOption": "DENY", "Override": True},
            "ReferrerPolicy": {"ReferrerPolicy": "no-referrer", "Override": True},
            "StrictTransportSecurity": {
                "AccessControlMaxAgeSec": 600,
                "IncludeSubdomains": True,
                "Preload": True,
                "Override": True,
            },
            "XSSProtection": {"Protection": False, "Override": True},
        },
        "CustomHeadersConfig": {
            "Items": [
                {"Header": "Cache-Control", "Value": "no-store", "Override": False},
                {"Header": "Content-Type", "Value": "text/plain", "Override": True},
            ]
        },
        "RemoveHeadersConfig": {"Items": [{"Header": "x-amz-meta-version"}]},
    }
    edge = site.edge(
        config(DefaultCacheBehavior=site_behavior(ResponseHeadersPolicyId="headers")),
        response_headers_policies={"headers": policy},
    )
    site.put("a.html", version="3", other="kept")
    page = get(edge, "/a.html").headers
    assert page["Content-Security-Policy"] == "default-src 'none'"
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["X-Frame-Options"] == "DENY"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Strict-Transport-Security"] == "max-age=600; includeSubDomains; preload"
    assert page["X-XSS-Protection"] == "0"
    assert page["Cache-Control"] == "public, max-age=0, s-maxage=300"
    assert page["Content-Type"] == "text/plain"
    assert "x-amz-meta-version" not in page
    assert page["x-amz-meta-other"] == "kept"
    assert get(edge, "/none.html").headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"OriginGroups": {}}, "OriginGroups"),
        ({"DefaultCacheBehavior": site_behavior(TrustedKeyGroups=["x"])}, "TrustedKeyGroups"),
        ({"DefaultCacheBehavior": site_behavior(CachePolicyId="unheard-of")}, "unheard-of"),
        ({"DefaultCacheBehavior": site_behavior(OriginRequestPolicyId="unheard-of")}, "unheard-of"),
        ({"DefaultCacheBehavior": site_behavior(ResponseHeadersPolicyId="cors")}, "CorsConfig"),
        ({"Origins": [{"Id": "site", "DomainName": "x", "OriginShield": {}}]}, "OriginShield"),
        ({"Origins": [{"Id": "site", "DomainName": "example.org", "S3OriginConfig": {}}]}, "example.org"),
    ],
)
def test_a_setting_that_is_not_imitated_is_refused_by_name(changes: dict[str, Json], named: str) -> None:
    with pytest.raises(UnknownSettingError, match=named):
        distribution(config(**changes))


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/a/*", "/a/b/c", True),
        ("a/*", "/a/b", True),
        ("/a/*", "/a", False),
        ("/?.html", "/a.html", True),
        ("/?.html", "/ab.html", False),
        ("/[a].html", "/a.html", False),
        ("/a/*", "/b/../a/x", True),
        ("/a/*", "/a/../b", False),
        ("/a/*", "/%61/x", True),
        ("/a/*", "/a%2Fx", False),
        ("/a/", "/a/b/..", True),
    ],
)
def test_a_path_pattern_knows_star_and_question_mark(pattern: str, path: str, *, matches: bool) -> None:
    read = distribution(config(CacheBehaviors=[api_behavior(PathPattern=pattern)]))
    assert (read.behavior(path).origin.domain == API) == matches


# A custom origin


def _failing(_: Request) -> Response:
    return Response(504)


class Api:
    """An origin that notes what reaches it."""

    def __init__(self, status: int = 200, *headers: tuple[str, str]) -> None:
        self.status = status
        self.headers = headers
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        headers = Headers([("Content-Type", "application/json"), ("Connection", "close"), *self.headers])
        return Response(self.status, headers, b"{}")


def test_the_api_is_asked_each_time_with_what_its_policy_forwards(site: Site) -> None:
    api = Api()
    edge = site.edge(config(CacheBehaviors=[api_behavior()]), api=api)
    sent = {
        "authorization": "Bearer t",
        "cookie": "a=1",
        "user_agent": "curl",
        "expect": "100-continue",
        "x_forwarded_for": "10.0.0.1",
    }
    for _ in range(2):
        answer = get(edge, "/api/x?b=2&a=%201", **sent)
    assert (answer.status, answer.headers["X-Cache"]) == (200, "Miss from cloudfront")
    assert "Connection" not in answer.headers
    assert len(api.requests) == 2
    seen = api.requests[0]
    assert (seen.path, seen.query) == ("/api/x", "b=2&a=%201")
    assert seen.headers["Host"] == API
    assert seen.headers["Authorization"] == "Bearer t"
    assert seen.headers["Cookie"] == "a=1"
    assert seen.headers["User-Agent"] == "curl"
    assert seen.headers["X-Forwarded-For"] == "10.0.0.1, 127.0.0.1"
    assert "Expect" not in seen.headers


def test_without_an_origin_request_policy_nothing_of_the_viewers_reaches_the_api(site: Site) -> None:
    api = Api()
    behavior = api_behavior()
    del behavior["OriginRequestPolicyId"]
    edge = site.edge(config(CacheBehaviors=[behavior]), api=api)
    get(edge, "/api/x?a=1", authorization="Bearer t", cookie="a=1", user_agent="curl")
    seen = api.requests[0]
    assert seen.query == ""
    assert "Authorization" not in seen.headers
    assert "Cookie" not in seen.headers
    assert seen.headers["User-Agent"] == "Amazon CloudFront"


def test_cookies_reach_the_api_by_the_policys_word_on_cookies_only(site: Site) -> None:
    api = Api()
    policy = {
        "HeadersConfig": {"HeaderBehavior": "allViewer"},
        "CookiesConfig": {"CookieBehavior": "whitelist", "Cookies": ["a"]},
    }
    edge = site.edge(
        config(CacheBehaviors=[api_behavior(OriginRequestPolicyId="one cookie")]),
        api=api,
        origin_request_policies={"one cookie": policy},
    )
    get(edge, "/api/x", cookie="a=1; b=2")
    get(edge, "/api/x", cookie="b=2")
    assert [request.headers.get("Cookie") for request in api.requests] == ["a=1", None]


def test_a_policy_of_all_headers_forwards_the_viewers_host(site: Site) -> None:
    api = Api()
    behavior = api_behavior(OriginRequestPolicyId="216adef6-5c7f-47e4-b989-5492eafa07d3")
    get(site.edge(config(CacheBehaviors=[behavior]), api=api), "/api/x", host="portal.example")
    assert api.requests[0].headers["Host"] == "portal.example"


def test_a_body_reaches_the_api(site: Site) -> None:
    api = Api(201)
    edge = site.edge(config(CacheBehaviors=[api_behavior()]), api=api)
    answer = ask(edge, "POST", "/api/x", b"{}", content_type="application/json", content_length="9")
    assert answer.status == 201
    assert (api.requests[0].method, api.requests[0].body) == ("POST", b"{}")
    assert api.requests[0].headers["Content-Length"] == "2"


def test_errors_of_the_api_are_cached_and_replaced_like_all_others(site: Site, clock: time_machine.Traveller) -> None:
    # A distribution has one list of custom error responses, and CachingDisabled does not keep errors out.
    api = Api(404)
    site.put("404.html", "nothing here")
    edge = site.edge(config(CacheBehaviors=[api_behavior()], CustomErrorResponses=error_page()), api=api)
    assert get(edge, "/api/x").body == b"nothing here"
    get(edge, "/api/x")
    assert len(api.requests) == 1
    clock.shift(10)
    get(edge, "/api/x")
    assert len(api.requests) == 2


@pytest.mark.parametrize(("status", "kept"), [(404, True), (403, True), (410, False)])
def test_an_error_with_a_max_age_is_kept_so_long(
    site: Site, clock: time_machine.Traveller, status: int, *, kept: bool
) -> None:
    api = Api(status, ("Cache-Control", "max-age=60"))
    edge = site.edge(config(CacheBehaviors=[api_behavior()]), api=api)
    for wait in (59, 1):
        get(edge, "/api/x")
        clock.shift(wait)
    assert len(api.requests) == (1 if kept else 2)
    get(edge, "/api/x")
    assert len(api.requests) == (2 if kept else 3)


@pytest.mark.parametrize("status", [400, 401, 403, 409, 410])
def test_other_errors_of_the_api_are_not_cached(site: Site, status: int) -> None:
    api = Api(status)
    edge = site.edge(config(CacheBehaviors=[api_behavior()]), api=api)
    assert get(edge, "/api/x").body == b"{}"
    assert get(edge, "/api/x").status == status
    assert len(api.requests) == 2


def test_what_answers_a_post_is_never_cached(site: Site) -> None:
    api = Api(500)
    edge = site.edge(config(CacheBehaviors=[api_behavior()]), api=api)
    ask(edge, "POST", "/api/x")
    ask(edge, "POST", "/api/x")
    assert len(api.requests) == 2


# As a WSGI application


def test_the_path_reaches_the_bucket_as_it_was_sent_and_is_decoded_there_once(site: Site) -> None:
    site.put("a+b c%2B.html", "found")
    client = Client(site.edge())
    assert client.get("/a+b%20c%252B.html").data == b"found"
    site.put("à.html", "accented")
    assert client.get("/%C3%A0.html").data == b"accented"


def test_a_304_has_no_length(site: Site) -> None:
    site.put("a.html")
    client = Client(site.edge())
    etag = client.get("/a.html").headers["ETag"]
    answer = client.get("/a.html", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert "Content-Length" not in answer.headers


def test_an_answer_without_a_body_has_no_length_either(site: Site) -> None:
    deleted = Response(204, Headers([("Content-Length", "0")]))
    client = Client(site.edge(config(CacheBehaviors=[api_behavior()]), api=lambda _: deleted))
    answer = client.delete("/api/x")
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Length" not in answer.headers


def test_threads_can_ask_at_the_same_time(site: Site) -> None:
    code = "function handler(event) { event.request.uri += 'index.html'; return event.request; }"
    behavior = site_behavior(FunctionAssociations=[{"EventType": "viewer-request", "FunctionARN": "arn:request"}])
    edge = site.edge(config(DefaultCacheBehavior=behavior), functions={"arn:request": code})
    for number in range(10):
        site.put(f"{number}/index.html", f"page {number}")
    wrong: list[bytes] = []

    def ask() -> None:
        for number in list(range(10)) * 10:
            body = get(edge, f"/{number}/").body
            if body != f"page {number}".encode():
                wrong.append(body)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
