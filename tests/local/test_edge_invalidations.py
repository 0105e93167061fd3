from collections.abc import Iterator

import pytest
import time_machine
from werkzeug.datastructures import Headers

from local.edge import Edge
from local.edge_cache import tags_of, time_to_live
from local.edge_config import CachePolicy, Selection
from local.exchange import Request
from tests.local.small_site import POLICY, Site, cache_policy, get, small_site

LONG = "<p>" + "một bài báo " * 400


@pytest.fixture
def site() -> Iterator[Site]:
    with small_site() as made:
        yield made


def is_kept(edge: Edge, path: str, **headers: str) -> bool:
    return get(edge, path, **headers).headers["X-Cache"].startswith("Hit")


def warm(site: Site, edge: Edge, *paths: str) -> None:
    for path in paths:
        site.put(path.lstrip("/").partition("?")[0])
        get(edge, path)


# Paths and tags


def test_a_path_takes_away_that_page_and_no_other(site: Site) -> None:
    edge = site.edge()
    warm(site, edge, "/a.html", "/A.html", "/a.html.bak", "/b/a.html")
    site.invalidate("/a.html")
    assert not is_kept(edge, "/a.html")
    assert is_kept(edge, "/A.html")
    assert is_kept(edge, "/a.html.bak")
    assert is_kept(edge, "/b/a.html")


def test_a_star_at_the_end_takes_away_everything_that_begins_so(site: Site) -> None:
    edge = site.edge()
    warm(site, edge, "/a/", "/a/1.html", "/a/b/2.html", "/ab.html", "/b.html")
    site.invalidate("/a/*")
    assert [is_kept(edge, path) for path in ("/a/1.html", "/a/b/2.html", "/ab.html", "/b.html")] == [
        False,
        False,
        True,
        True,
    ]


def test_a_star_elsewhere_is_a_plain_character(site: Site) -> None:
    edge = site.edge()
    warm(site, edge, "/a/1.html")
    site.invalidate("/*/1.html")
    assert is_kept(edge, "/a/1.html")


def test_a_page_kept_for_several_queries_is_named_with_its_query(site: Site) -> None:
    key = {"QueryStringsConfig": {"QueryStringBehavior": "all"}}
    edge = site.edge(cache_policies={POLICY: cache_policy(key=key)})
    warm(site, edge, "/a.html?p=1", "/a.html?p=2", "/a.html?q=1")
    site.invalidate("/a.html", "/a.html?p=1")
    assert not is_kept(edge, "/a.html?p=1")
    assert is_kept(edge, "/a.html?p=2")
    site.invalidate("/a.html*")
    assert not is_kept(edge, "/a.html?p=2")


def test_a_tag_takes_away_every_page_that_carries_it(site: Site) -> None:
    edge = site.edge()
    site.put("a.html", cache_tag="article-a, lists")
    site.put("b.html", cache_tag="lists,article-b")
    site.put("c.html", cache_tag="article-ab")
    site.put("lists", "named like the tag")
    for path in ("/a.html", "/b.html", "/c.html", "/lists"):
        get(edge, path)
    site.invalidate("#article-a")
    assert [is_kept(edge, path) for path in ("/a.html", "/b.html", "/c.html")] == [False, True, True]
    site.invalidate("#lists")
    assert [is_kept(edge, path) for path in ("/a.html", "/b.html", "/c.html", "/lists")] == [
        False,
        False,
        True,
        True,
    ]


def test_tags_are_compared_without_case(site: Site) -> None:
    edge = site.edge()
    site.put("a.html", cache_tag="Lists")
    get(edge, "/a.html")
    site.invalidate("#LISTS")
    assert not is_kept(edge, "/a.html")


def test_a_star_in_a_tag_is_a_plain_character(site: Site) -> None:
    edge = site.edge()
    site.put("a.html", cache_tag="lists")
    get(edge, "/a.html")
    site.invalidate("#li*")
    assert is_kept(edge, "/a.html")


def test_every_encoding_of_a_page_is_taken_away(site: Site) -> None:
    edge = site.edge()
    site.put("a.html", LONG, cache_tag="lists")
    for encoding in ("br", "gzip", ""):
        get(edge, "/a.html", accept_encoding=encoding)
    site.invalidate("#lists")
    assert not any(is_kept(edge, "/a.html", accept_encoding=encoding) for encoding in ("br", "gzip", ""))


def test_a_page_that_was_missing_is_looked_for_again_after_its_path_was_invalidated(site: Site) -> None:
    edge = site.edge()
    assert get(edge, "/new.html").status == 404
    site.put("new.html")
    site.invalidate("/new.html")
    assert get(edge, "/new.html").status == 200


def test_a_page_confirmed_by_its_origin_keeps_its_tags(site: Site) -> None:
    with time_machine.travel(1_795_400_000, tick=False) as clock:
        edge = site.edge()
        site.put("a.html", cache_tag="lists")
        get(edge, "/a.html")
        clock.shift(301)
        assert get(edge, "/a.html").headers["X-Cache"].startswith("RefreshHit")
        site.invalidate("#lists")
        assert not is_kept(edge, "/a.html")


def test_only_the_first_fifty_tags_count() -> None:
    headers = Headers([("x-tags", ",".join(f"t{number}" for number in range(60)))])
    assert tags_of(headers, "X-Tags") == {f"t{number}" for number in range(50)}


def test_what_is_no_tag_is_left_out() -> None:
    headers = Headers([("x-tags", f"a b, , é, ok,{'x' * 257}")])
    assert tags_of(headers, "x-tags") == {"ok"}
    assert tags_of(headers, None) == frozenset()


# When they take effect


def test_an_invalidation_takes_effect_once(site: Site) -> None:
    edge = site.edge()
    warm(site, edge, "/a.html")
    site.invalidate("/*")
    assert not is_kept(edge, "/a.html")
    assert is_kept(edge, "/a.html")


def test_an_edge_made_later_knows_the_invalidations_made_before_it_had_anything(site: Site) -> None:
    site.invalidate("/*")
    edge = site.edge()
    warm(site, edge, "/a.html")
    assert is_kept(edge, "/a.html")


def test_many_invalidations_all_take_effect(site: Site) -> None:
    edge = site.edge()
    paths = [f"/{number}.html" for number in range(25)]
    warm(site, edge, *paths)
    for path in paths[:12]:
        site.invalidate(path)
    assert not is_kept(edge, paths[0])
    for path in paths[12:]:
        site.invalidate(path)
    assert not any(is_kept(edge, path) for path in paths[1:])
    site.invalidate(paths[3])
    assert not is_kept(edge, paths[3])


def test_a_page_read_before_an_invalidation_and_stored_after_it_stays(site: Site) -> None:
    # The worst that may happen at a real edge: only the time to live ends this.
    edge = site.edge()
    site.put("a.html", "withdrawn since", cache_tag="lists")
    read = edge.read(Request("GET", "/a.html"))
    site.put("a.html", "now", cache_tag="lists")
    site.invalidate("#lists")
    edge.store(read)
    late = get(edge, "/a.html")
    assert (late.body, late.headers["X-Cache"]) == (b"withdrawn since", "Hit from cloudfront")
    site.invalidate("#lists")
    assert get(edge, "/a.html").body == b"now"


def test_a_page_stored_before_an_invalidation_that_another_page_learns_of_is_taken_away(site: Site) -> None:
    edge = site.edge(propagation=3600)
    site.put("a.html", cache_tag="lists")
    site.put("b.html", cache_tag="lists")
    get(edge, "/a.html")
    site.invalidate("#lists")
    get(edge, "/b.html")
    assert not is_kept(edge, "/a.html")
    assert is_kept(edge, "/b.html")


def test_an_invalidation_may_take_its_time(site: Site) -> None:
    edge = site.edge(propagation=3600)
    warm(site, edge, "/a.html")
    site.invalidate("/a.html")
    assert is_kept(edge, "/a.html")
    edge.propagate()
    assert not is_kept(edge, "/a.html")


# The time to live


@pytest.mark.parametrize(
    ("cache_control", "bounds", "expected"),
    [
        ("max-age=100", (0, 60, 3600), 100),
        ("max-age=100, s-maxage=200", (0, 60, 3600), 200),
        ("s-maxage=200, max-age=100", (0, 60, 3600), 200),
        ("max-age=9000", (0, 60, 3600), 3600),
        ("max-age=10", (30, 60, 3600), 30),
        ("max-age=0", (0, 60, 3600), 0),
        ("public", (0, 60, 3600), 60),
        ("", (90, 60, 3600), 90),
        ("no-cache", (0, 60, 3600), 0),
        ("no-store", (0, 60, 3600), None),
        ("private, max-age=100", (0, 60, 3600), None),
        ("no-store", (30, 60, 3600), 30),
        ("max-age=100", (0, 0, 0), None),
        ("MAX-AGE=100", (0, 60, 3600), 100),
        ("max-age=soon", (0, 60, 3600), 60),
    ],
)
def test_the_time_to_live_is_what_the_origin_says_within_the_policys_bounds(
    cache_control: str, bounds: tuple[int, int, int], expected: int | None
) -> None:
    headers = Headers([("Cache-Control", cache_control)])
    assert time_to_live(headers, policy(*bounds), 0) == expected


def test_expires_counts_where_there_is_no_max_age() -> None:
    headers = Headers([("Expires", "Thu, 01 Jan 1970 00:10:00 GMT")])
    assert time_to_live(headers, policy(0, 60, 3600), 100) == 500
    headers["Cache-Control"] = "max-age=5"
    assert time_to_live(headers, policy(0, 60, 3600), 100) == 5
    assert time_to_live(Headers([("Expires", "0")]), policy(0, 60, 3600), 100) == 0


def test_an_expired_page_is_served_while_it_is_fetched_again_for_as_long_as_it_allows(site: Site) -> None:
    edge = site.edge()
    cached = "s-maxage=100, stale-while-revalidate=50"
    site.put("a.html", "first", cache=cached)
    with time_machine.travel(1_000_000_000, tick=False) as clock:
        assert get(edge, "/a.html").body.decode() == "first"
        site.put("a.html", "second", cache=cached)
        clock.shift(149)
        assert [get(edge, "/a.html").body.decode() for _ in range(2)] == ["first", "second"]
        site.put("a.html", "third", cache=cached)
        clock.shift(150)
        assert get(edge, "/a.html").body.decode() == "third"


def policy(minimum: int, default: int, maximum: int) -> CachePolicy:
    nothing = Selection()
    return CachePolicy(
        minimum, default, maximum, gzip=True, brotli=True, headers=nothing, cookies=nothing, query=nothing
    )
