"""Old paths: one way to write each, none that is the site's own, and the edge looks where they are stored."""

from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from local.edge_functions import Context, EdgeFunction
from local.exchange import Request
from portal.judge import judge
from portal.old_paths import MAX_BYTES, OldPathError, page_path, read
from portal.paths import object_key, page_of
from tests.input.uploads import EXAMPLES, ROOT, SITE, accepted, article, as_bytes, places

CONTEXT = Context("EDFDVBD6EXAMPLE", "d111111abcdef8.cloudfront.net")
EDGE = EdgeFunction(Path(ROOT / "edge/viewer_request.js").read_text(encoding="utf-8"))


def fetched(address: str) -> str | None:
    """Give the key that the edge fetches for an address, by way of its redirects to directories; None when none."""
    path, _, query = address.partition("?")
    answer = EDGE.on_request(Request("GET", path, query, Headers([("Host", "x")])), CONTEXT)
    if isinstance(answer, Request):
        return unquote(answer.path).removeprefix("/")
    return fetched(answer.headers["location"]) if answer.status == 301 else None


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("/tin-tuc/bai-cu-12345.htm", "/tin-tuc/bai-cu-12345.htm"),
        ("/tin-tuc/bai-cu-12345.html", "/tin-tuc/bai-cu-12345.html"),
        ("/2020/07/bai-cu.html", "/2020/07/bai-cu.html"),
        ("/Pages/Tin.aspx?ID=7", "/Pages/Tin.aspx?ID=7"),
        ("/tin.php?b=2&a=x+y&fbclid=1&utm_source=z", "/tin.php?a=x%20y&b=2"),
        ("/tin.php?", "/tin.php"),
        ("/tin.htm?utm_medium=email", "/tin.htm"),
        ("/bai-viet/12345", "/bai-viet/12345/"),
        ("/bai-viet/12345/index.html", "/bai-viet/12345/"),
        ("/GioiThieu", "/GioiThieu/"),
        ("/tin-tức/bài hay.htm", "/tin-t%E1%BB%A9c/b%C3%A0i%20hay.htm"),
        ("/tin-t%e1%bb%a9c/b%c3%a0i%20hay.htm", "/tin-t%E1%BB%A9c/b%C3%A0i%20hay.htm"),
        ("/a+b.htm", "/a%2Bb.htm"),
        ("/100%.htm", "/100%25.htm"),
    ],
)
def test_an_old_path_is_written_in_one_way(address: str, written: str) -> None:
    assert read(address) == written
    assert accepted(as_bytes(article(old_paths=[address, written]))).old_paths == (written,)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("tin-tuc/bai.htm", "old_path"),
        ("https://cu.example/bai.htm", "old_path"),
        ("//evil.example/bai.htm", "old_path"),
        ("/%2Fevil.example/", "old_path"),
        ("/bai.htm#dau", "old_path"),
        ("/bai\\cu.htm", "old_path"),
        ("/a/../bai.htm", "old_path"),
        ("/a/%2e%2e/bai.htm", "old_path"),
        ("/bai%0D%0ASet-Cookie.htm", "old_path"),
        ("/bai.aspx?x=%00", "old_path"),
        ("/%F0%E1.htm", "old_path"),
        ("/bai.html?id=7", "old_path_query"),
        ("/tin?id=7", "old_path_query"),
        ("/?p=7", "old_path_query"),
        ("/", "old_path_of_site"),
        ("/index.html", "old_path_of_site"),
        ("/tin-tuc", "old_path_of_site"),
        ("/chua-co/", "old_path_of_site"),
        ("/tin-tuc/page/2/", "old_path_of_site"),
        ("/tin-tuc/2020/07", "old_path_of_site"),
        ("/archive/", "old_path_of_site"),
        ("/tin-tuc/feed.xml", "old_path_of_site"),
        ("/a/b.json", "old_path_of_site"),
        ("/tag/cho.htm", "old_path_of_site"),
        ("/desk/", "old_path_of_site"),
        ("/local/x.htm", "old_path_of_site"),
        ("/robots.txt", "old_path_of_site"),
        ("/404.html", "old_path_of_site"),
        ("/sitemap.xml", "old_path_of_site"),
        ("/news-sitemap.xml", "old_path_of_site"),
        ("/.well-known/security.txt", "old_path_of_site"),
        (f"/{'ứ' * (MAX_BYTES // 3)}.htm", "too_long"),
        (f"/{'a' * MAX_BYTES}", "too_long"),
        (" ", "empty"),
    ],
)
def test_what_can_be_no_old_path_is_told_at_its_place(address: str, code: str) -> None:
    found = places(as_bytes(article(old_paths=["/bai.htm", address])))
    assert ("/old_paths/1", code) in found
    assert {place for place, _ in found} == {"/old_paths/1"}


def test_each_of_a_long_list_is_judged_no_further_than_its_bound() -> None:
    assert places(as_bytes(article(old_paths=[f"/{number}.htm" for number in range(11)]))) == [
        ("/old_paths", "too_many")
    ]


PIECES = st.text("abZữ ĐK09.-_~!*'()+%&=;:@,$|^<>\"", min_size=1, max_size=8)
ADDRESSES = st.builds(
    lambda parts, extension, query: "/" + "/".join(parts) + extension + query,
    st.lists(PIECES, min_size=1, max_size=3),
    st.sampled_from(["", "/", ".htm", ".aspx", ".html", "/index.html"]),
    st.lists(st.tuples(PIECES, PIECES), max_size=3).map(
        lambda pairs: "?" + "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs) if pairs else ""
    ),
)


@EXAMPLES
@given(ADDRESSES)
def test_the_edge_looks_where_an_old_path_is_stored(address: str) -> None:
    try:
        written = read(address)
    except OldPathError:
        return
    assert read(written) == written
    key = object_key(page_path(written))
    assert page_of(key) == page_path(written)
    assert fetched(written) == key
    # Browsers send what is typed percent-encoded, but for what URLs can hold.
    assert fetched(quote(address, safe="/?&=%!$'()*+,;:@~")) == key or "%" in address.replace("%20", "")


@pytest.mark.parametrize("query", ["fbclid=1", "utm_source=a&utm_medium=b", "zarsrc=1&gclid=2", ""])
def test_what_others_add_to_links_makes_no_strangers_of_them(query: str) -> None:
    assert fetched(f"/tin.aspx?id=7&{query}") == "tin.aspx?id=7"
    assert fetched(f"/tin.htm?{query}") == "tin.htm"


def test_the_order_and_the_encoding_of_a_query_do_not_matter() -> None:
    key = object_key(page_path(read("/tin.aspx?id=7&muc=Tin tức&id=5")))
    assert key == "tin.aspx?id=5&id=7&muc=Tin tức"
    for query in ("muc=Tin+t%E1%BB%A9c&id=7&id=5", "id=5&muc=Tin%20t%e1%bb%a9c&id=7"):
        assert fetched(f"/tin.aspx?{query}") == key


@pytest.mark.parametrize("address", ["/tin-tuc/b1.html?id=1&x=%F0", "/feed.xml?x=1", "/tin-tuc/?x=1", "/a.json?b=1"])
def test_the_query_of_the_sites_own_pages_is_not_looked_at(address: str) -> None:
    assert fetched(address) == object_key(address.partition("?")[0])


def test_a_query_that_can_not_be_read_is_none() -> None:
    assert fetched("/tin.aspx?id=%F0") == "tin.aspx"
    assert isinstance(judge(as_bytes(article(old_paths=["/tin.aspx?id=%F0"])), SITE), list)
