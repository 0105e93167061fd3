import base64
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from edge.embed import embedded
from portal import source
from portal.article import Article, State
from portal.drawing import Artist
from portal.environment import new_environment
from portal.intake import TAKEDOWN_PURGE_DELAY_SECONDS
from portal.render import EDGE_SECONDS
from portal.site import read_site
from portal.table import Newest, Revision

# An edge asks its regional cache, and that asks the origin ("How CloudFront delivers content").
TIERS = 2
INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


def test_the_template_carries_the_present_edge_functions_and_hashes(template_path: Path) -> None:
    text = template_path.read_text(encoding="utf-8")
    assert embedded(text) == text


@pytest.mark.parametrize("name", ["viewer_request", "viewer_response"])
def test_cloudfront_gets_the_edge_function_to_the_letter(name: str, resources: dict[str, Any]) -> None:
    logical_id = "".join(part.capitalize() for part in name.split("_")) + "Function"
    code = resources[logical_id]["Properties"]["FunctionCode"]
    assert code == (Path(__file__).parents[2] / "edge" / f"{name}.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("view", ["article", "notice", "gone", "redirect", "home", "section", "not_found"])
def test_the_policy_allows_the_style_and_the_script_of_every_page(view: str, resources: dict[str, Any]) -> None:
    policy = content_security_policy(resources)
    inline = INLINE.findall(drawn(view))
    assert {element for element, _ in inline} == {"style", "script"}
    for element, content in inline:
        digest = base64.b64encode(sha256(content.encode()).digest()).decode()
        assert policy[f"{element}-src"] == [f"'sha256-{digest}'"]


def test_the_policy_allows_nothing_that_it_does_not_name(resources: dict[str, Any]) -> None:
    policy = content_security_policy(resources)
    assert policy["default-src"] == ["'none'"]
    assert policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]  # the way to a day
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert [value for values in policy.values() for value in values if "unsafe" in value or "*" in value] == []


def test_the_second_purge_of_a_takedown_comes_after_the_longest_fetch(resources: dict[str, Any]) -> None:
    site = next(each for each in distribution(resources)["Origins"] if each["Id"] == "site")
    # CloudFront connects again, and asks again, as often as it may attempt ("Origin settings").
    fetch = site["ConnectionAttempts"] * (site["ConnectionTimeout"] + site["ResponseCompletionTimeout"])
    assert site["ResponseCompletionTimeout"] >= site["S3OriginConfig"]["OriginReadTimeout"]
    assert TIERS * fetch < TAKEDOWN_PURGE_DELAY_SECONDS


def test_the_cache_keeps_a_page_for_as_long_as_the_page_says(resources: dict[str, Any]) -> None:
    config = resources["PagesCachePolicy"]["Properties"]["CachePolicyConfig"]
    assert config["MinTTL"] == 0
    assert config["DefaultTTL"] <= EDGE_SECONDS <= config["MaxTTL"]


def test_a_page_has_one_copy_for_every_reader(resources: dict[str, Any]) -> None:
    parameters = resources["PagesCachePolicy"]["Properties"]["CachePolicyConfig"][
        "ParametersInCacheKeyAndForwardedToOrigin"
    ]
    assert parameters["CookiesConfig"] == {"CookieBehavior": "none"}
    assert parameters["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert parameters["QueryStringsConfig"] == {"QueryStringBehavior": "none"}


def test_the_edge_reads_tags_where_render_writes_them(resources: dict[str, Any]) -> None:
    assert distribution(resources)["CacheTagConfig"] == {"HeaderName": "x-amz-meta-cache-tag"}


def test_a_missing_page_is_missing_for_seconds_only(resources: dict[str, Any]) -> None:
    responses = {each["ErrorCode"]: each for each in distribution(resources)["CustomErrorResponses"]}
    assert responses[404]["ResponseCode"] == 404
    assert responses[404]["ResponsePagePath"] == "/404.html"
    assert max(each["ErrorCachingMinTTL"] for each in responses.values()) <= 5
    # Without a line of its own, each is kept for ten seconds, a desk's answer too.
    assert {500, 502, 503, 504} <= responses.keys()


def test_the_desk_is_never_cached_and_gets_the_token(resources: dict[str, Any]) -> None:
    api, preview, _ = distribution(resources)["CacheBehaviors"]
    assert [api["PathPattern"], preview["PathPattern"]] == ["/desk/api/*", "/desk/preview/*"]
    for behaviour in (api, preview):
        assert behaviour["TargetOriginId"] == "desk"
        assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # Managed-CachingDisabled
        assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"  # …-AllViewerExceptHost…
        assert behaviour["ViewerProtocolPolicy"] != "allow-all"


def test_the_desks_own_files_come_from_the_site_bucket_and_its_page_is_kept_out_of_frames_and_indexes(
    resources: dict[str, Any],
) -> None:
    *_, files = distribution(resources)["CacheBehaviors"]
    assert (files["PathPattern"], files["TargetOriginId"]) == ("/desk/*", "site")
    assert files["ResponseHeadersPolicyId"] == {"Ref": "DeskPageHeadersPolicy"}
    headers = resources["DeskPageHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]
    assert {"Header": "X-Robots-Tag", "Value": "noindex", "Override": True} in headers["CustomHeadersConfig"]["Items"]
    assert headers["SecurityHeadersConfig"]["FrameOptions"]["FrameOption"] == "DENY"


def test_the_policy_of_the_desk_allows_its_own_files_and_what_its_previews_carry(resources: dict[str, Any]) -> None:
    policy = content_security_policy(resources, "DeskPageHeadersPolicy")
    pages = content_security_policy(resources)
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    for directive in ("style-src", "script-src"):
        assert policy[directive] == ["'self'", *pages[directive]]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert [value for values in policy.values() for value in values if "unsafe" in value or "*" in value] == []


def test_readers_may_only_read(resources: dict[str, Any]) -> None:
    assert distribution(resources)["DefaultCacheBehavior"]["AllowedMethods"] == ["GET", "HEAD"]


def distribution(resources: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = resources["Distribution"]["Properties"]["DistributionConfig"]
    return config


def content_security_policy(resources: dict[str, Any], policy: str = "PagesHeadersPolicy") -> dict[str, list[str]]:
    headers = resources[policy]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    text = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    if not isinstance(text, str):
        text, _ = text["Fn::Sub"]
    directives = [directive.split() for directive in text.split(";")]
    return {name: values for name, *values in directives}


def drawn(view: str) -> str:
    artist = Artist(read_site(source.site_settings()), "https://example.org", new_environment())
    article = Article(
        title="Tiêu đề",
        summary="Tóm tắt",
        body="<p>Nội dung</p>",
        author="Người viết",
        section="tin-tuc",
        published_at="2026-11-23T01:05:00Z",
        language="vi",
    )
    revision = Revision("a1", 1, 1, State.PUBLISHED, "editor", "e1", "2026-11-23T01:05:00Z", article)
    nothing = Newest([], [], None)
    drawing = {
        "article": lambda: artist.article("/tin-tuc/tieu-de-a1.html", 1, revision, [], []),
        "notice": lambda: artist.notice("/tin-tuc/tieu-de-a1.html", 1, revision),
        "gone": lambda: artist.gone("/tin-tuc/tieu-de-a1.html", 1, revision),
        "redirect": lambda: artist.redirect("/tin-tuc/cu-a1.html", 1, "a1", "/tin-tuc/tieu-de-a1.html"),
        "home": lambda: artist.home(1, nothing, None, {section.slug: [] for section in artist.site.sections}),
        "section": lambda: artist.section("tin-tuc", 1, nothing, None),
        "not_found": lambda: artist.not_found(1),
    }[view]()
    return drawing[0].body.decode()
