"""Articles as ninjs 3.1: what is written keeps to the standard, and what is read again is the same article."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from console.ninjs import from_ninjs, is_ninjs, to_ninjs
from portal.article import Article
from portal.judge import judge
from portal.table import Revision
from tests.input.uploads import EXAMPLES, ROOT, SITE, accepted, article, as_bytes

SCHEMA = json.loads(Path(__file__).with_name("ninjs_3_1.schema.json").read_text(encoding="utf-8"))
SECTIONS = {section.slug: section.slug for section in SITE.sections}
SAMPLES = sorted((ROOT / "samples").glob("*.json"))

LINES = st.text(st.sampled_from("aăâbcdđeêghiklmnoôơpquưvxy ÁỆỮ<>&\"'/‘’–…½"), min_size=1, max_size=40).filter(
    str.strip
)
MOMENTS = st.datetimes().map(lambda moment: f"{moment.replace(year=1901 + moment.year % 1000):%Y-%m-%dT%H:%M:%SZ}")
UPLOADS = st.fixed_dictionaries(
    {
        "title": LINES,
        "summary": LINES,
        "body": st.lists(LINES, min_size=1, max_size=3).map(lambda lines: "".join(f"<p>{each}</p>" for each in lines)),
        "author": LINES,
        "section": st.sampled_from(sorted(SECTIONS)),
        "published_at": MOMENTS,
    },
    optional={
        "source": LINES,
        "tags": st.lists(LINES, max_size=10),
        "language": st.sampled_from(["vi", "en"]),
        "status": st.sampled_from(["published", "draft", "review", "withdrawn", "gone"]),
        "related": st.lists(st.text("bcd123", min_size=1, max_size=16), max_size=10),
        "old_paths": st.lists(
            st.text("aữ% .+?", min_size=1, max_size=9).map(lambda text: f"/x/{text}.aspx"), max_size=9
        ),
        "change_note": LINES,
        "correction": LINES,
        "decision": LINES,
    },
)


def revision(of: Article) -> Revision:
    return Revision("q85ccnd848", 3, 4, of.state_at("2026-11-27T00:00:00Z"), "ha.thu", "1", "2026-11-27T00:00:00Z", of)


def written(of: Article) -> dict[str, Any]:
    """Give an article's document as another system gets it."""
    document = to_ninjs(revision(of), SITE, "https://portal.example/tin-tuc/b-q85ccnd848.html", {"b1": "Bài khác"})
    value: dict[str, Any] = json.loads(json.dumps(document))
    return value


def wrong(document: dict[str, Any]) -> list[str]:
    """Say where a document does not keep to the standard."""
    formats = FormatChecker(formats=())
    formats.checks("date-time")(lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(value))))
    formats.checks("uri")(lambda value: bool(re.fullmatch("[a-z][a-z0-9+.-]*:[!-~]+", str(value))))
    validator = Draft202012Validator(SCHEMA, format_checker=formats)
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(document)]


def read_again(document: dict[str, Any]) -> Article | list[Any]:
    return judge(as_bytes(dict(from_ninjs(document, SECTIONS).fields)), SITE)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_keeps_to_the_standard_and_comes_back_the_same(path: Path) -> None:
    sample = accepted(path.read_bytes())
    document = written(sample)
    assert wrong(document) == []
    assert read_again(document) == sample


@EXAMPLES
@given(UPLOADS)
def test_any_article_comes_back_the_same(upload: dict[str, Any]) -> None:
    of = judge(as_bytes(upload), SITE)
    if isinstance(of, Article):
        document = written(of)
        assert wrong(document) == []
        assert read_again(document) == of


@pytest.mark.parametrize(
    ("changes", "pub_status"),
    [
        ({}, "usable"),
        ({"published_at": "2999-01-01T00:00:00Z"}, "usable"),
        ({"status": "draft"}, "withheld"),
        ({"status": "review", "proposes": "withdrawn"}, "withheld"),
        ({"status": "withdrawn"}, "canceled"),
        ({"status": "gone", "decision": "12/QĐ-UBND"}, "canceled"),
    ],
)
def test_every_state_is_told_as_the_standard_has_it(changes: dict[str, str], pub_status: str) -> None:
    of = accepted(as_bytes(article(**changes, expires_at="2999-02-01T00:00:00Z")))
    document = written(of)
    assert document["pubStatus"] == pub_status
    assert document.get("embargoedUntil") == (of.published_at if of.published_at > "2026-11-27" else None)
    assert read_again(document) == of


def test_what_is_not_carried_back_of_our_own_document_is_what_the_portal_gives_by_itself() -> None:
    of = accepted(as_bytes(article(tags=["chợ"], related=["b1"], source="Báo Sơn Thanh", change_note="Sửa số liệu")))
    assert from_ninjs(written(of), SECTIONS).lost == (
        "/version",
        "/versionCreated",
        "/copyrightHolder",
        "/renditions",
        "/altIds",
    )


# What others write


FOREIGN: dict[str, Any] = {
    "uri": "http://agency.example/items/7",
    "type": "text",
    "versionCreated": "2013-07-09T10:37:00Z",
    "language": "vi-VN",
    "by": "Phóng viên",
    "urgency": 3,
    "usageTerms": "Chỉ dùng trong tỉnh",
    "title": "Cho moi",
    "headlines": [{"value": "Phụ"}, {"role": "main", "contentType": "text/html", "value": "Chợ <b>mới</b> &amp; cũ"}],
    "descriptions": [{"role": "short", "value": "Tóm tắt"}],
    "bodies": [
        {"role": "main", "contentType": "text/plain", "value": "Đoạn một.\n\nĐoạn <hai>."},
        {"role": "photo", "value": "Ảnh"},
    ],
    "subjects": [
        {"name": "Kinh tế & thị trường", "uri": "http://cv.iptc.org/newscodes/mediatopic/04000000"},
        {"name": "chợ phiên", "relevance": 80},
    ],
    "places": [{"name": "Bản Lả", "rel": "mentions"}],
    "associations": [{"name": "Ảnh", "uri": "http://agency.example/items/8", "type": "picture"}],
}


def test_a_document_of_others_is_read_as_far_as_an_article_goes_and_the_rest_is_named() -> None:
    read = from_ninjs(FOREIGN, {"http://cv.iptc.org/newscodes/mediatopic/04000000": "kinh-te"})
    assert read.uri == "http://agency.example/items/7"
    assert read.fields == {
        "title": "Chợ  mới  & cũ",
        "summary": "Tóm tắt",
        "body": "<p>Đoạn một.</p>\n<p>Đoạn &lt;hai&gt;.</p>",
        "author": "Phóng viên",
        "section": "kinh-te",
        "tags": ["chợ phiên"],
        "published_at": "2013-07-09T10:37:00Z",
        "language": "vi",
    }
    assert set(read.lost) == {
        "/urgency",
        "/usageTerms",
        "/title",
        "/headlines/0",
        "/bodies/1",
        "/language",
        "/subjects/1/relevance",
        "/places",
        "/associations",
    }


def test_plain_text_becomes_paragraphs_and_markup_is_preferred() -> None:
    plain = {"contentType": "text/plain", "value": "Đoạn một.\n\nĐoạn <hai>."}
    marked = {"contentType": "application/xhtml+xml", "value": "<p>Một.</p><h2>Hai</h2>"}
    assert from_ninjs({"bodies": [plain]}, {}).fields["body"] == "<p>Đoạn một.</p>\n<p>Đoạn &lt;hai&gt;.</p>"
    assert from_ninjs({"bodies": [plain, marked]}, {}).fields["body"] == marked["value"]


def test_the_author_may_stand_among_the_people() -> None:
    people = [
        {"name": "Hà Thu", "rel": "author"},
        {"name": "Chủ tịch", "rel": "about"},
        {"name": "Khôi", "rel": "author"},
    ]
    read = from_ninjs({"uri": "x:1", "people": people}, {})
    assert (read.fields, read.lost) == ({"author": "Hà Thu, Khôi"}, ("/people/1",))


def test_a_withheld_document_is_a_draft_and_a_canceled_one_a_withdrawal() -> None:
    assert [from_ninjs({"pubStatus": each}, {}).fields for each in ("usable", "withheld", "canceled")] == [
        {},
        {"status": "draft"},
        {"status": "withdrawn"},
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("aă<>/~", max_size=4),
    lambda child: (
        st.lists(child, max_size=3)
        | st.dictionaries(
            st.sampled_from([*SCHEMA["$defs"]["item"]["properties"], "value", "role", "name", "literal"]),
            child,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@EXAMPLES
@given(st.dictionaries(st.sampled_from(list(SCHEMA["$defs"]["item"]["properties"])), JSON, max_size=6))
def test_nothing_that_stands_in_a_document_can_raise(document: dict[str, Any]) -> None:
    read = from_ninjs(document, SECTIONS)
    judge(as_bytes(dict(read.fields)), SITE)


@EXAMPLES
@given(st.dictionaries(st.sampled_from(list(SCHEMA["$defs"]["item"]["properties"])), JSON, max_size=6))
def test_whatever_is_carried_nowhere_is_named(document: dict[str, Any]) -> None:
    """A top-level property leaves a trace: in the fields, or among what is lost."""
    without_a_trace = {"uri", "type", "representationType", "title", "standard", "pubStatus", "language"}
    read = from_ninjs(document, SECTIONS)
    named = {place.split("/")[1] for place in read.lost}
    for name in document.keys() - without_a_trace - named:
        assert from_ninjs({key: value for key, value in document.items() if key != name}, SECTIONS) != read, name


def test_an_article_as_editors_upload_it_is_none() -> None:
    assert not is_ninjs(article(uri="x:1"))
    assert is_ninjs({"uri": "x:1", "headlines": []})
    assert not any(map(is_ninjs, ([], None, {"uri": 1}, {})))
