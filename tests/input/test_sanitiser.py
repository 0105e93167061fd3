"""The sanitiser: nothing that runs comes through, all text does, and what came through once stays as it is."""

from typing import TYPE_CHECKING
from unicodedata import normalize

import nh3
import pytest
from hypothesis import given, settings

from portal import markup
from portal.markup import ATTRIBUTES, CONTENT_DROPPED, RENAMED, SCHEMES, TAGS, has_text, sanitise
from portal.strict_json import CONTROL
from tests.input.hostile_html import (
    ADDRESSES,
    FORBIDDEN_ATTRIBUTES,
    FORBIDDEN_SCHEMES,
    FORBIDDEN_TAGS,
    Reading,
    documents,
    scheme,
    shown,
    soup,
)
from tests.input.uploads import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable


def clean(html: str) -> str:
    """Sanitise HTML that has to be accepted."""
    result, fault = sanitise(html)
    assert fault is None, fault
    return result


# What is allowed


def test_the_lists_of_what_is_kept_hold_nothing_that_can_run() -> None:
    assert not TAGS & FORBIDDEN_TAGS
    assert not TAGS & CONTENT_DROPPED
    assert set(RENAMED.values()) <= TAGS
    names = set().union(*ATTRIBUTES.values())
    assert not [name for name in names if FORBIDDEN_ATTRIBUTES.fullmatch(name)]
    assert names & ADDRESSES == {"href"}
    assert not [scheme for scheme in SCHEMES if FORBIDDEN_SCHEMES.fullmatch(scheme)]
    assert ATTRIBUTES.keys() - {"*"} <= TAGS


@pytest.mark.parametrize("name", sorted(TAGS - {"br", "hr"}))
def test_each_tag_that_is_kept_is_kept(name: str) -> None:
    around = {
        "caption": "<table>{}</table>",
        "thead": "<table>{}</table>",
        "tbody": "<table>{}</table>",
        "tfoot": "<table>{}</table>",
        "tr": "<table><tbody>{}</tbody></table>",
        "td": "<table><tbody><tr>{}</tr></tbody></table>",
        "th": "<table><tbody><tr>{}</tr></tbody></table>",
    }.get(name, "{}")
    within = {"table": "<tbody><tr><td>x</td></tr></tbody>", "tr": "<td>x</td>"}.get(name, "x")
    if name in {"thead", "tbody", "tfoot"}:
        within = "<tr><td>x</td></tr>"
    html = around.format(f"<{name}>{within}</{name}>")
    assert clean(html) == html


@pytest.mark.parametrize(
    "html",
    [
        '<p lang="en">x</p>',
        '<a href="/tin-tuc/" title="Tin">x</a>',
        '<a href="https://host/?a=1&amp;b=2">x</a>',
        '<a href="mailto:a@b.vn">x</a>',
        '<a href="tel:+842033">x</a>',
        '<ol start="3"><li>x</li></ol>',
        '<table><tbody><tr><th scope="row">x</th><td colspan="2" rowspan="2">y</td></tr></tbody></table>',
        "a<br>b<hr>c",
        "a &lt; b &amp; c",
        "“Chợ phiên” – 12.000 đồng…",
        "<pre>a\n  b</pre>",
    ],
)
def test_what_a_page_may_carry_is_left_as_it_is(html: str) -> None:
    assert clean(html) == html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        # names
        ("<h1>x</h1>", "<h2>x</h2>"),
        ("<h5>x</h5><H6>y</H6>", "<h4>x</h4><h4>y</h4>"),
        ("<strike>x</strike><del>y</del><ins>z</ins>", "<s>x</s><s>y</s><u>z</u>"),
        ("<P>x</P>", "<p>x</p>"),
        ("<p\u00a0>x", "x"),
        # boxes become paragraphs, or part words
        ("<div>a</div><div>b</div>", "<p>a</p><p>b</p>"),
        ("a<div>b</div>c", "a<p>b</p>c"),
        ("<div><p>a</p></div>b", "<p>a</p>\nb"),
        ("<section><div>a</div>b<div>c</div></section>", "<p>a</p>b<p>c</p>"),
        ("<div>a<div>b</div>c</div>d", "a<p>b</p>c\nd"),
        ("<div><b>a</b></div>", "<p><b>a</b></p>"),
        ("<li><div>a</div></li>", "<li><p>a</p></li>"),
        ("<span>a</span><span>b</span>", "ab"),
        # content that is no text
        ("<script>alert(1)</script>x", "x"),
        ("<SCRIPT>alert(1)</ScRiPt >x", "x"),
        ("<script>a</scripty></script>x", "x"),
        ("x<script>alert(1)", "x"),
        ("x<style>p{}</style>y", "xy"),
        ("<svg/>x", "x"),
        ("<svg><p>a</p></svg>x", "x"),
        ("<script/>a</script>x", "x"),
        ("x<!-- a -->y<!--> z <!---> w <!-- --!>v", "xy z  w v"),
        ("x<!doctype html>y<?php a ?>z</>w</ b>v", "xyzwv"),
        ("<xmp>a</xmp>", "a"),
        ("<select><option>a</option></select>", "a"),
        # broken tags
        ("1 < 2 <3 <", "1 &lt; 2 &lt;3 &lt;"),
        ("x <b", "x &lt;b"),
        ("x <!-- y <p>z</p>", "x &lt;!-- y &lt;p&gt;z&lt;/p&gt;"),
        ('<a href="/x>y</a>', "<a>y</a>"),
        ('<a href=\'/x title="y">z</a>', '<a title="y">z</a>'),
        ("<p <b>x", "<p>x</p>"),
        ("<b>x", "<b>x</b>"),
        ("x</b></i></nothing>", "x"),
        ("<td>x</td>", "x"),
        # nesting: as in HTML, formatting goes on in the next block; it ends where it is ended
        ("<b>a<i>b</b>c</i>d", "<b>a<i>b</i></b><i>c</i>d"),
        ("<p><b>a<p>b</b>c", "<p><b>a</b></p><p><b>b</b>c</p>"),
        ("<b><p>a</p><p>b</p></b>", "<p><b>a</b></p><p><b>b</b></p>"),
        ('<a href="/x"><h3>a</h3><p>b</p></a>c', '<h3><a href="/x">a</a></h3><p><a href="/x">b</a></p>c'),
        ("<p><sub>a<p>b", "<p><sub>a</sub></p><p>b</p>"),
        ('<a href="/x">a<a href="/y">b', '<a href="/x">a</a><a href="/y">b</a>'),
        ("<b><table><tr><td>a</table>b", "<table><tbody><tr><td>a</td></tr></tbody></table>b"),
        ("<b></b><p>x</p>", "<p>x</p>"),
        ("<b><i></i>x</b>y", "<b>x</b>y"),
        # attributes
        ("<p LANG=vi lang=en>x", '<p lang="vi">x</p>'),
        ("<a title=a&quot;b>x</a>", '<a title="a&quot;b">x</a>'),
        ("<a title='a\"<b>'>x</a>", '<a title="a&quot;&lt;b&gt;">x</a>'),
        ("<a href = /x >y</a>", '<a href="/x">y</a>'),
        ("<a href>x</a>", "<a>x</a>"),
        ("<p title=x start=3>x</p>", "<p>x</p>"),
        # what character references hide
        ("e&#x301;<p>e&#x301;</p>", "é<p>é</p>"),
        ("a&#1;b&#0;c&#x7f;d&#xfffe;e", "ab\ufffdcde"),
        ("a&#13;b&#13;&#10;c", "a\nb\nc"),
        ("<p>&#x338;x</p>", "<p>x</p>"),
        ("e<span>\u0301</span>", "é"),
        ("<pre>\n\n\nx</pre>", "<pre>x</pre>"),
        ("<pre>" + "&#10;" * 10 + "x</pre>", "<pre>x</pre>"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<<script>alert(1)</script>script>x", "&lt;script&gt;x"),
    ],
)
def test_what_a_page_may_not_carry_is_taken_out_and_the_text_stays(html: str, expected: str) -> None:
    assert clean(html) == expected


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "java&Tab;script:alert(1)",
        "java&#1;script:alert(1)",
        "&#1;javascript:alert(1)",
        "javascript&colon;alert(1)",
        "&#0000106avascript:alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "blob:x",
        "file:///x",
        "ftp://x",
    ],
)
def test_an_address_that_can_run_or_that_no_reader_can_use_is_taken_out(address: str) -> None:
    assert clean(f'<a href="{address}">x</a>') == "<a>x</a>"


@pytest.mark.parametrize(
    ("html", "has"),
    [
        ("<p>x</p>", True),
        ("<p>&amp;</p>", True),
        ("<p>…</p>", True),
        ('<p><a title="x">\u200b</a></p>', False),
        ("<p>&nbsp;\u00ad\u2060\u3164</p><hr><br>", False),
        ("", False),
    ],
)
def test_text_is_what_a_reader_can_see(html: str, has: bool) -> None:  # noqa: FBT001 (a column of the table)
    assert has_text(html) is has


# Whatever comes


@EXAMPLES
@given(soup)
def test_nothing_that_can_run_comes_through(html: str) -> None:
    result, _ = sanitise(html)
    reading = Reading(result)
    assert set(reading.tags) <= TAGS
    assert not set(reading.tags) & FORBIDDEN_TAGS
    assert reading.others == []
    for tag, name, value in reading.attributes:
        assert name in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set())
        assert not FORBIDDEN_ATTRIBUTES.fullmatch(name)
        if name in ADDRESSES:
            assert scheme(value) in {*SCHEMES, ""}


@EXAMPLES
@given(soup)
def test_what_came_through_once_stays_as_it_is(html: str) -> None:
    result, fault = sanitise(html)
    if fault is None:
        assert sanitise(result) == (result, None)
        assert nh3.clean(result, tags=set(TAGS), attributes=ATTRIBUTES, link_rel=None) == result


@EXAMPLES
@given(soup)
def test_what_came_through_is_in_nfc_and_free_of_control_characters(html: str) -> None:
    result, _ = sanitise(normalize("NFC", CONTROL.sub("", html)))
    assert normalize("NFC", result) == result
    assert not CONTROL.search(result)


@settings(EXAMPLES, max_examples=50)
@given(documents)
def test_all_text_that_was_written_is_shown(html: str) -> None:
    assert shown(clean(html)) == shown(html)


@EXAMPLES
@given(soup)
def test_a_refusal_has_one_of_the_codes_of_markup(html: str) -> None:
    result, fault = sanitise(html)
    assert (fault is None) == bool(result)
    if fault is not None:
        assert fault.pointer == "/body"
        assert fault.code in {"no_text", "too_deep", "unstable_markup"}


# The bounds


@pytest.fixture
def unparsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forbid the HTML parser to be called at all."""

    def parse(html: str) -> str:
        raise AssertionError(f"{len(html)} characters went to the parser")

    monkeypatch.setattr(markup, "_clean", parse)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what the HTML parser gets."""
    given_to_it: list[str] = []
    clean_in_earnest: Callable[[str], str] = markup._clean  # noqa: SLF001 (the border to nh3)

    def parse(html: str) -> str:
        given_to_it.append(html)
        return clean_in_earnest(html)

    monkeypatch.setattr(markup, "_clean", parse)
    return given_to_it


@pytest.mark.usefixtures("unparsed")
@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("<div>" * 100_000, "too_many_tags"),
        ("<p>x</p>" * 5_001, "too_many_tags"),
        ("<x>" * 10_001, "too_many_tags"),
        ("</p>" * 10_001, "too_many_tags"),
        ("&" * 20_001, "too_many_entities"),
        ("\u00a0" * 20_001, "too_many_entities"),
        ("&nbsp;" * 10_001 + "«»" * 5_000, "too_many_entities"),
        ("<b>" * 61, "too_deep"),
        ('<b title="</b>">' * 61, "too_deep"),
        ("<b><!--</b>-->" * 61, "too_deep"),
        ("<b><script></b></script>" * 61, "too_deep"),
        # Formatting that is left open, which the parser would begin anew in each of the blocks that follow.
        ("".join(f"<b lang=l{n}>" for n in range(59)) + "<p>x" * 1_000, "unstable_markup"),
        (f'<a href="/{"x" * 100_000}">' + "<p>x" * 1_000, "unstable_markup"),
        (f"<b lang={'x' * 100_000}>" + "<p>x" * 1_000, "unstable_markup"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_what_would_take_the_parser_long_is_refused_before_it_is_parsed(html: str, code: str) -> None:
    result, fault = sanitise(html)
    assert fault is not None
    assert (result, fault.code) == ("", code)


@pytest.mark.parametrize("name", ["blockquote", "ul", "table", "pre", "dl"])
def test_blocks_that_nest_too_deep_are_refused(name: str) -> None:
    opened = f"<{name}><tr><td>" if name == "table" else f"<{name}>"
    most = markup.MAX_DEPTH // (4 if name == "table" else 1)
    assert sanitise(opened * most + "x")[1] is None
    fault = sanitise(opened * (most + 1) + "x")[1]
    assert fault is not None
    assert fault.code == "too_deep"


def test_formatting_that_is_begun_again_and_again_and_never_ended_is_one() -> None:
    assert clean("<p><b>x" * 1_000) == "<p><b>x</b></p>" + "<p><b><b>x</b></b></p>" * 999


@pytest.mark.parametrize("html", ["<p>x</p>" * 5_000, "<p>x" * 10_000, "&" * 20_000 + "x"])
def test_just_as_much_as_is_allowed_is_accepted(html: str) -> None:
    assert shown(clean(html)) == shown(html)


def test_the_parser_sees_no_attribute_but_those_that_a_page_may_carry(parsed: list[str]) -> None:
    flood = " ".join(f"a{n}=1 lang=x{n}" for n in range(20_000))
    assert clean(f"<p {flood}>x</p>") == '<p lang="x0">x</p>'
    assert parsed[0] == '<p lang="x0">x</p>'


@EXAMPLES
@given(soup)
def test_the_parser_sees_no_formatting_open_across_the_edge_of_a_block(html: str) -> None:
    scanned = markup._Scan(html, most_tags=10_000, most_characters=100_000).result()  # noqa: SLF001
    if isinstance(scanned, str):
        inline = set("strong b em i u s sub sup cite q a abbr code".split())
        opened: list[str] = []
        for end, name in markup._CLEAN_TAG.findall(scanned):  # noqa: SLF001
            if name not in inline:
                assert name == "br" or not opened
            elif end:
                assert opened.pop() == name
            else:
                assert name != "a" or name not in opened
                opened.append(name)
        assert not opened


def test_the_parser_sees_no_link_within_a_link() -> None:
    scanned = markup._Scan('<a href="/x">x<b>y<a href="/y">z', most_tags=9, most_characters=99).result()  # noqa: SLF001
    assert scanned == '<a href="/x">x<b>y</b></a><b><a href="/y">z</a></b>'


@pytest.mark.parametrize(
    "html", ["<", "< ", "<!", "</", "<p", "<p <", '<p a="', "<p a='", "<!--", "<!-- -", "<p a b ", "<a ="]
)
def test_the_scan_looks_at_each_character_but_a_few_times(html: str) -> None:
    # What begins many times and never ends is where a scan goes quadratic: then this would run for minutes.
    many = "x" + html * (300_000 // len(html))
    scanned = markup._Scan(many, most_tags=10_000, most_characters=2_000_000).result()  # noqa: SLF001
    assert scanned == "x" + many[1:].replace("<", "&lt;")
