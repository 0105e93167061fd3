"""Each way in which an upload can be wrong has its place and its code, and one that is right has neither."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from string import ascii_letters
from typing import Final

import pytest

from portal.article import MAX_UPLOAD_BYTES
from portal.strict_json import MAX_DEPTH
from tests.input.uploads import RIGHT, ROOT, accepted, article, as_bytes, faults, places, with_raw, without

FIELDS: Final = (
    "title summary body author section published_at source tags language status related expires_at change_note".split()
)
TCVN3: Final = "Uû ban nh©n d©n tØnh tæ chøc héi nghÞ s¬ kÕt c«ng t¸c thi ®ua, khen th\u00adëng s¸u th¸ng ®Çu n¨m"
# As Word has it on the clipboard: more words in the attributes than in the text.
TCVN3_FROM_WORD: Final = " ".join(
    f'<span lang="VI" style="mso-ansi-language: VI; mso-fareast-font-family: Calibri; color: windowtext">{word}</span>'
    for word in TCVN3.split()
)
VNI: Final = (
    "Uûy ban nhaân daân tænh toå chöùc hoäi nghò sô keát coâng taùc thi ñua, khen thöôûng saùu thaùng ñaàu naêm"
)
ON_EVERYTHING: Final = (
    'onclick="alert(1)" onerror=alert(1) style="x:expression(alert(1))" srcdoc="<script>alert(1)</script>"'
)


# What is no article at all: one fault, of the whole upload.
NO_ARTICLE: Final[Mapping[str, tuple[bytes, list[tuple[str, str]]]]] = {
    "nothing": (b"", [("", "json")]),
    "spaces": (b" \n", [("", "json")]),
    "HTML": (b"<html><body><p>B\xc3\xa0i</p></body></html>", [("", "json")]),
    "a comma too many": (as_bytes(RIGHT)[:-1] + b",}", [("", "json")]),
    "an article that breaks off": (as_bytes(RIGHT)[:-20], [("", "json")]),
    "two articles": (as_bytes(RIGHT) * 2, [("", "json")]),
    "single quotation marks": (str(dict(RIGHT)).encode(), [("", "json")]),
    "a line feed within a text": (with_raw("title", '"hai\ndòng"'), [("", "json")]),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbf" + as_bytes(RIGHT), [("", "json")]),
    "UTF-16": (json.dumps(RIGHT, ensure_ascii=False).encode("utf-16"), [("", "encoding")]),
    "UTF-16 without a mark": (json.dumps(RIGHT).encode("utf-16-le"), [("", "encoding")]),
    "UTF-32": (json.dumps(RIGHT).encode("utf-32"), [("", "encoding")]),
    "Windows-1252": (json.dumps({"title": "Café"}, ensure_ascii=False).encode("cp1252"), [("", "encoding")]),
    "a surrogate in UTF-8": (with_raw("title", '"x"').replace(b'"x"', b'"\xed\xa0\x80"'), [("", "encoding")]),
    "an overlong form": (b'{"title": "\xc0\xaf"}', [("", "encoding")]),
    "gzip": (gzip.compress(as_bytes(RIGHT), mtime=0), [("", "encoding")]),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", [("", "encoding")]),
    "2 MB": (as_bytes(article(body="<p>" + "chữ " * 400_000 + "</p>")), [("", "too_large")]),
    "deep lists": (b"[" * 100_000 + b"]" * 100_000, [("", "depth")]),
    "deep objects": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, [("", "depth")]),
    "lists that never end": (b"[" * 1_000_000, [("", "depth")]),
    "a list": (as_bytes([RIGHT]), [("", "type")]),
    "a text": (b'"b\xc3\xa0i"', [("", "type")]),
    "null": (b"null", [("", "type")]),
    "true": (b"true", [("", "type")]),
    "a number": (b"1.5", [("", "type")]),
    "NaN alone": (b"NaN", [("", "number")]),
    "a list of NaN": (b"[NaN]", [("/0", "number"), ("", "type")]),
    "a list with a surrogate in a name and its text": (
        rb'[{"\ud800": "\ud800"}]',
        [("/0/\ufffd", "surrogate"), ("", "type")],
    ),
}


@pytest.mark.parametrize("name", NO_ARTICLE)
def test_what_is_no_article_is_told_so(name: str) -> None:
    content, expected = NO_ARTICLE[name]
    assert places(content) == expected


# What is an article, but for one thing.
WRONG: Final[Mapping[str, tuple[bytes, list[tuple[str, str]]]]] = {
    # numbers, names and characters that JSON or Unicode don't have
    "NaN": (with_raw("title", "NaN"), [("/title", "number")]),
    "Infinity": (with_raw("title", "Infinity"), [("/title", "number")]),
    "-Infinity": (with_raw("language", "-Infinity"), [("/language", "number")]),
    "1e999": (with_raw("title", "1e999"), [("/title", "number")]),
    "a huge integer": (with_raw("title", "1" * 5_000), [("/title", "number")]),
    "NaN in a list": (with_raw("tags", '["chợ", NaN]'), [("/tags/1", "number")]),
    "NaN in a field that is not known": (
        with_raw("extra", '{"deep": [1e999]}'),
        [("/extra/deep/0", "number"), ("/extra", "unknown_field")],
    ),
    "a field that comes twice": (as_bytes(RIGHT)[:-1] + b', "title": "Hai"}', [("/title", "duplicate_field")]),
    "a field that comes five times": (
        as_bytes(RIGHT)[:-1] + b', "title": "Hai"' * 4 + b"}",
        [("/title", "duplicate_field")],
    ),
    "a field that comes twice but for a control character": (
        as_bytes(RIGHT)[:-1] + b', "ti\\u0001tle": "Hai"}',
        [("/title", "duplicate_field")],
    ),
    "a field that comes twice but for its marks": (
        as_bytes({**RIGHT, "tựa": 1, "tu\u031b\u0323a": 2}),
        [("/tựa", "duplicate_field"), ("/tựa", "unknown_field")],
    ),
    "a lone high surrogate": (as_bytes(article(title="Chợ \ud83d")), [("/title", "surrogate")]),
    "a lone low surrogate": (as_bytes(article(tags=["\ude00"])), [("/tags/0", "surrogate")]),
    "surrogates in the wrong order": (as_bytes(article(body="<p>\ude00\ud83d</p>")), [("/body", "surrogate")]),
    "a surrogate in a name": (
        as_bytes(article(**{"ti\ud83dtle": "x"})),
        [("/ti\ufffdtle", "surrogate"), ("/ti\ufffdtle", "misspelt_field")],
    ),
    # fields
    "an unknown field": (as_bytes(article(picture="x.jpg")), [("/picture", "unknown_field")]),
    "a misspelt field": (as_bytes(article(sumary="x")), [("/sumary", "misspelt_field")]),
    "a field in capitals": (as_bytes(article(Tags=["chợ"])), [("/Tags", "misspelt_field")]),
    "a field with no name": (as_bytes(article(**{"": 1})), [("/", "unknown_field")]),
    "a field with a slash": (as_bytes(article(**{"a/b~c": 1})), [("/a~1b~0c", "unknown_field")]),
    "no title": (as_bytes(without("title")), [("/title", "missing")]),
    "neither title nor body": (as_bytes(without("title", "body")), [("/title", "missing"), ("/body", "missing")]),
    # types
    "a title that is a list": (as_bytes(article(title=["Chợ"])), [("/title", "type")]),
    "a title that is a number": (as_bytes(article(title=1)), [("/title", "type")]),
    "a title that is true": (as_bytes(article(title=True)), [("/title", "type")]),
    "a body that is an object": (as_bytes(article(body={"html": "x"})), [("/body", "type")]),
    "a time that is a number": (as_bytes(article(published_at=1763767800)), [("/published_at", "type")]),
    "tags that are a text": (as_bytes(article(tags="chợ, phiên")), [("/tags", "type")]),
    "a tag that is a number": (as_bytes(article(tags=["chợ", 2026])), [("/tags/1", "type")]),
    "a tag that is wrong beside one that is empty": (
        as_bytes(article(tags=[1, "\u200b"])),
        [("/tags/0", "type"), ("/tags/1", "empty")],
    ),
    # texts
    "an empty title": (as_bytes(article(title="")), [("/title", "empty")]),
    "a title of spaces": (as_bytes(article(title=" \t\u00a0")), [("/title", "empty")]),
    "a title that nobody sees": (as_bytes(article(title="\u200b\u202e\ufeff")), [("/title", "empty")]),
    "a title of control characters": (as_bytes(article(title="\x01\x02\x7f")), [("/title", "empty")]),
    "a source that nobody sees": (as_bytes(article(source="\u2060")), [("/source", "empty")]),
    "a title of soft hyphens and fillers": (as_bytes(article(title="\u00ad\u3164 \u115f")), [("/title", "empty")]),
    "a title of joiners": (as_bytes(article(title="\u200d\u200c\ufe0f")), [("/title", "empty")]),
    "a tag that nobody sees": (as_bytes(article(tags=["chợ", "\u2800\u061c"])), [("/tags/1", "empty")]),
    "an empty body": (as_bytes(article(body="")), [("/body", "empty")]),
    "a body of spaces": (as_bytes(article(body=" \n ")), [("/body", "empty")]),
    "a long title": (as_bytes(article(title="x" * 301)), [("/title", "too_long")]),
    "a long body": (as_bytes(article(body="x" * 600_001)), [("/body", "too_long")]),
    "a long tag": (as_bytes(article(tags=["x" * 61])), [("/tags/0", "too_long")]),
    "many tags": (as_bytes(article(tags=[f"t{n}" for n in range(11)])), [("/tags", "too_many")]),
    "an empty tag": (as_bytes(article(tags=["chợ", " "])), [("/tags/1", "empty")]),
    "a body that does not compress": (
        as_bytes(article(body="".join(Random(1).choices(ascii_letters, k=500_000)))),  # noqa: S311
        [("/body", "too_heavy")],
    ),
    # choices, ids, moments
    "an unknown section": (as_bytes(article(section="the-thao")), [("/section", "section")]),
    "a section by its title": (as_bytes(article(section="Tin tức")), [("/section", "section")]),
    "an empty section": (as_bytes(article(section="")), [("/section", "empty")]),
    "an unknown language": (as_bytes(article(language="fr")), [("/language", "choice")]),
    "an unknown status": (as_bytes(article(status="deleted")), [("/status", "choice")]),
    "a status that only the clock gives": (as_bytes(article(status="scheduled")), [("/status", "choice")]),
    "an address where an id should be": (as_bytes(article(related=["/tin-tuc/x.html"])), [("/related/0", "id")]),
    "an id with a line feed": (as_bytes(article(related=["q85ccnd848\n"])), [("/related/0", "id")]),
    "an id in other digits": (as_bytes(article(related=["\u0661\u0662"])), [("/related/0", "id")]),
    "many related": (as_bytes(article(related=["a"] * 11)), [("/related", "too_many")]),
    "an impossible date": (
        as_bytes(article(published_at="2026-02-30T08:05:00+07:00")),
        [("/published_at", "date_time")],
    ),
    "a time without offset": (as_bytes(article(published_at="2026-11-22T06:30:00")), [("/published_at", "date_time")]),
    "a date without time": (as_bytes(article(published_at="2026-11-22")), [("/published_at", "date_time")]),
    "a Vietnamese date": (as_bytes(article(published_at="22/11/2026 06:30")), [("/published_at", "date_time")]),
    "a time with a line feed": (
        as_bytes(article(published_at="2026-11-22T06:30:00+07:00\n")),
        [("/published_at", "date_time")],
    ),
    "an offset beyond the day": (
        as_bytes(article(published_at="2026-11-22T06:30+24:00")),
        [("/published_at", "date_time")],
    ),
    "a leap second": (as_bytes(article(published_at="2026-11-22T23:59:60Z")), [("/published_at", "date_time")]),
    "a moment before 1900, in UTC": (
        as_bytes(article(published_at="1900-01-01T00:00+23:59")),
        [("/published_at", "date_time")],
    ),
    "a moment after 2999, in UTC": (
        as_bytes(article(published_at="2999-12-31T23:59-12:00")),
        [("/published_at", "date_time")],
    ),
    "the year 0": (as_bytes(article(published_at="0000-01-01T00:00:00Z")), [("/published_at", "date_time")]),
    "the year 9999": (as_bytes(article(published_at="9999-12-31T23:59:59-23:59")), [("/published_at", "date_time")]),
    "a proposal without a review": (as_bytes(article(proposes="withdrawn")), [("/proposes", "proposes")]),
    "an expiry first": (as_bytes(article(expires_at="2026-11-22T06:29:59+07:00")), [("/expires_at", "expires_first")]),
    "an expiry at once": (as_bytes(article(expires_at="2026-11-21T23:30:00Z")), [("/expires_at", "expires_first")]),
    "an expiry within the second": (
        as_bytes(article(expires_at="2026-11-21T23:30:00.9Z")),
        [("/expires_at", "expires_first")],
    ),
    # encodings of old
    "TCVN3": (as_bytes(article(body=f"<p>{TCVN3}</p>")), [("/body", "legacy_encoding")]),
    "TCVN3 in each text": (
        as_bytes(article(**dict.fromkeys(("title", "summary", "author", "source", "change_note"), TCVN3))),
        [(f"/{field}", "legacy_encoding") for field in ("title", "summary", "author", "source", "change_note")],
    ),
    "TCVN3 between Word's attributes": (
        as_bytes(article(body=f"<p>{TCVN3_FROM_WORD}</p>")),
        [("/body", "legacy_encoding")],
    ),
    "TCVN3 in character references": (
        as_bytes(article(body=TCVN3.encode("ascii", "xmlcharrefreplace").decode())),
        [("/body", "legacy_encoding")],
    ),
    "VNI": (as_bytes(article(summary=VNI)), [("/summary", "legacy_encoding")]),
    "UTF-8 read as Windows-1252": (
        as_bytes(article(title="Uá»· ban nhÃ¢n dÃ¢n tá»‰nh")),
        [("/title", "legacy_encoding")],
    ),
    # markup
    "100,000 nested div": (as_bytes(article(body="<div>" * 100_000)), [("/body", "too_many_tags")]),
    "deep quotations": (as_bytes(article(body="<blockquote>" * 61 + "sâu")), [("/body", "too_deep")]),
    "deep formatting": (as_bytes(article(body="<b>" * 61 + "sâu")), [("/body", "too_deep")]),
    "many ampersands": (as_bytes(article(body="&" * 20_001)), [("/body", "too_many_entities")]),
    "many no-break spaces": (as_bytes(article(body="x\u00a0" * 20_001)), [("/body", "too_many_entities")]),
    "a link that the parser would repeat": (
        as_bytes(article(body=f'<p><a href="/{"x" * 1000}">' + "<p>x" * 1000)),
        [("/body", "unstable_markup")],
    ),
    "nothing but script": (
        as_bytes(article(body=f"<script {ON_EVERYTHING}>alert(1)</script><img src=x {ON_EVERYTHING}>")),
        [("/body", "no_text")],
    ),
    "nothing but empty paragraphs": (as_bytes(article(body="<p>&nbsp;</p><p>&#8203;</p><hr>")), [("/body", "no_text")]),
    "nothing but a comment": (as_bytes(article(body="<!-- Bài sẽ gửi sau -->")), [("/body", "no_text")]),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_article_with_one_fault_is_told_its_place_and_code(name: str) -> None:
    content, expected = WRONG[name]
    assert places(content) == expected


@pytest.mark.parametrize("field", FIELDS)
def test_null_is_no_way_to_leave_a_field_out(field: str) -> None:
    code = "choice" if field in {"language", "status"} else "type"
    assert places(as_bytes(article(**{field: None}))) == [(f"/{field}", code)]


def test_an_article_that_is_wrong_everywhere_gets_all_its_faults_at_once_in_the_order_of_the_fields() -> None:
    wrong = {
        "sumary": "Sau hai năm",
        "change_note": TCVN3,
        "expires_at": "mai",
        "related": ["Q8"],
        "status": "x",
        "language": "x",
        "tags": ["x" * 61, ""],
        "source": 1,
        "published_at": "hôm nay",
        "section": "the-thao",
        "author": "",
        "body": "<blockquote>" * 100 + "x",
        "title": "\ud83d",
    }
    content = as_bytes(wrong)[:-1] + b', "section": "the-thao"}'
    assert places(content) == [
        ("/title", "surrogate"),
        ("/summary", "missing"),
        ("/body", "too_deep"),
        ("/author", "empty"),
        ("/section", "duplicate_field"),
        ("/section", "section"),
        ("/published_at", "date_time"),
        ("/source", "type"),
        ("/tags/0", "too_long"),
        ("/tags/1", "empty"),
        ("/language", "choice"),
        ("/status", "choice"),
        ("/related/0", "id"),
        ("/expires_at", "date_time"),
        ("/change_note", "legacy_encoding"),
        ("/sumary", "misspelt_field"),
    ]


def test_a_fault_is_told_once() -> None:
    many = faults(b"{}") + faults(as_bytes(article(title=" ", tags=[" "], related=["\n"])))
    assert len(many) == len(set(many))


@pytest.mark.parametrize(
    ("content", "details"),
    [
        (b'{"title":\n  "x",,}', {"line": "2", "column": "7"}),
        (b'\xef\xbb\xbf{"title":}', {"line": "1", "column": "10"}),
        ("{“title”: 1}".encode(), {"line": "1", "column": "2"}),
        (b"", {"line": "1", "column": "1"}),
        (gzip.compress(b"{}", mtime=0), {"byte": "2"}),
        (b'{"title": "Ch\xee"}', {"byte": "14"}),
        (b'\xef\xbb\xbf{"title": "Ch\xee"}', {"byte": "17"}),
        (b'{\0"\0', {"byte": "2"}),
    ],
    ids=["a comma", "no value", "curly quotes", "nothing", "gzip", "Latin-1", "Latin-1 after a mark", "UTF-16"],
)
def test_what_is_not_json_is_told_where(content: bytes, details: dict[str, str]) -> None:
    (fault,) = faults(content)
    assert dict(fault.details) == details


def test_a_misspelt_field_is_told_the_nearest_one() -> None:
    (fault,) = faults(as_bytes(article(publish_at="2026-11-22T06:30:00+07:00")))
    assert dict(fault.details) == {"field": "publish_at", "nearest": "published_at"}


def test_an_unknown_section_is_told_the_newsrooms_own() -> None:
    (fault,) = faults(as_bytes(article(section="the-thao")))
    assert dict(fault.details)["choices"].startswith("tin-tuc, chi-dao-dieu-hanh, ")


@pytest.mark.parametrize("excess", [0, 1])
def test_an_upload_is_bounded_to_the_byte(excess: int) -> None:
    content = as_bytes(RIGHT).ljust(MAX_UPLOAD_BYTES + excess)
    if excess:
        assert places(content) == [("", "too_large")]
    else:
        assert accepted(content).title == RIGHT["title"]


@pytest.mark.parametrize("excess", [0, 1])
def test_json_is_bounded_to_the_level(excess: int) -> None:
    levels = MAX_DEPTH - 1 + excess
    content = as_bytes(article(extra=0)).replace(b'"extra": 0', b'"extra": ' + b"[" * levels + b"]" * levels)
    assert places(content) == ([("", "depth")] if excess else [("/extra", "unknown_field")])


@pytest.mark.parametrize("brackets", ['"[[[[[[[[[[["', '"{\\"{[[[[[[[[[[["', '"\\\\"'])
def test_brackets_in_a_text_are_no_depth(brackets: str) -> None:
    assert accepted(with_raw("title", brackets)).title == json.loads(brackets)


# What looks wrong and is not: the field that it is about, and what that is once accepted.
RIGHT_TOO: Final[Mapping[str, tuple[bytes, str, object]]] = {
    "a byte order mark": (b"\xef\xbb\xbf" + as_bytes(RIGHT), "title", RIGHT["title"]),
    "nothing but ASCII": (json.dumps(RIGHT).encode(), "title", RIGHT["title"]),
    "Windows' line ends": (json.dumps(RIGHT, indent="\t").replace("\n", "\r\n").encode(), "title", RIGHT["title"]),
    "spaces around": (as_bytes(article(title="  Chợ\n phiên\u200b ")), "title", "Chợ phiên"),
    "a line break as InDesign has it": (as_bytes(article(title="Chợ\u2028phiên")), "title", "Chợ phiên"),
    "line breaks as PowerPoint has them": (
        as_bytes(article(title="Chợ\x0bphiên\x0cở\x85xã")),
        "title",
        "Chợ phiên ở xã",
    ),
    "a line break of PowerPoint's in a body": (
        as_bytes(article(body="Chợ\x0bphiên&#11;ở xã")),
        "body",
        "Chợ\nphiên\nở xã",
    ),
    "marks apart": (as_bytes(article(title="Cho\u031b\u0323")), "title", "Chợ"),
    "marks half apart, as Windows-1258 has them": (as_bytes(article(title="Ch\u01a1\u0323")), "title", "Chợ"),
    "a mark behind what nobody sees": (as_bytes(article(title="a\u200b\u0301")), "title", "á"),
    "an emoji": (as_bytes(article(title="Chợ \U0001f389")), "title", "Chợ \U0001f389"),
    "an emoji in escapes": (with_raw("title", r'"Ch\u1ee3 \ud83c\udf89"'), "title", "Chợ \U0001f389"),
    "a title of just the length": (as_bytes(article(title="x" * 300)), "title", "x" * 300),
    "just the length, once composed": (as_bytes(article(title="e\u0302\u0301" * 300)), "title", "ế" * 300),
    "the Icelandic letter for Đ": (
        as_bytes(article(title="ÐẠI HỘI ÐẢNG BỘ ÐỒNG KHA")),
        "title",
        "ÐẠI HỘI ÐẢNG BỘ ÐỒNG KHA",
    ),
    "foreign names": (as_bytes(article(author="Jürgen Müller, Beyoncé")), "author", "Jürgen Müller, Beyoncé"),
    "tags that are one": (as_bytes(article(tags=["Chợ phiên", "cho  phien", "CHỢ"])), "tags", ("Chợ phiên", "CHỢ")),
    "tags in the old and the new way": (as_bytes(article(tags=["hoà", "hòa", "họa"])), "tags", ("hoà",)),
    "an id twice": (as_bytes(article(related=["q85ccnd848", "q85ccnd848"])), "related", ("q85ccnd848",)),
    "no seconds": (as_bytes(article(published_at="2026-11-22T06:30+07:00")), "published_at", "2026-11-21T23:30:00Z"),
    "nanoseconds": (
        as_bytes(article(published_at="2026-11-22T06:30:00.123456789Z")),
        "published_at",
        "2026-11-22T06:30:00Z",
    ),
    "the first moment": (as_bytes(article(published_at="1900-01-01T00:00Z")), "published_at", "1900-01-01T00:00:00Z"),
    "the last moment": (
        as_bytes(article(published_at="3000-01-01T06:59:59+07:00")),
        "published_at",
        "2999-12-31T23:59:59Z",
    ),
    "an expiry a second later": (
        as_bytes(article(expires_at="2026-11-22T06:30:01+07:00")),
        "expires_at",
        "2026-11-21T23:30:01Z",
    ),
    "no language": (as_bytes(RIGHT), "language", "vi"),
    "another language": (as_bytes(article(language="en")), "language", "en"),
    "no status": (as_bytes(RIGHT), "status", "published"),
    "another status": (as_bytes(article(status="gone")), "status", "gone"),
}


@pytest.mark.parametrize("name", RIGHT_TOO)
def test_what_is_right_is_accepted_and_brought_into_one_form(name: str) -> None:
    content, field, value = RIGHT_TOO[name]
    assert getattr(accepted(content), field) == value


def test_script_in_every_attribute_is_taken_out_and_the_text_stays() -> None:
    body = f'<p {ON_EVERYTHING}>Chữ <a href="javascript:alert(1)" {ON_EVERYTHING}>và liên kết</a></p>'
    assert accepted(as_bytes(article(body=body))).body == "<p>Chữ <a>và liên kết</a></p>"


@pytest.mark.parametrize("path", sorted((ROOT / "samples").glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_is_right(path: Path) -> None:
    accepted(path.read_bytes())
