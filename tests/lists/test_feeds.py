"""RSS, Atom and JSON Feed: what feed readers find beside the home page and the sections."""

import re
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import feedparser
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from local.portal import LocalPortal
from tests.lists.reading import ATOM, SITE, data, dated, is_moment, publish, xml
from tests.newsroom import Newsroom

DC: Final = "{http://purl.org/dc/elements/1.1/}"
LISTS: Final = ("/", "/tin-tuc/", "/kinh-te/")  # the last one is empty
HOSTILE: Final = "<b>\"Một\" & 'hai'</b> ]]> <![CDATA[x]]> <?xml?> <!-- &lt; &#0; {{ 7*7 }} {% raw %} \U0001f33e"
FORMATS: Final = FormatChecker(formats=())


FORMATS.checks("date-time")(is_moment)


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    """A portal with some articles, one of them hostile in every field."""
    with LocalPortal() as running:
        hostile = dict.fromkeys(("title", "summary", "author", "source", "change_note"), HOSTILE)
        tags = [HOSTILE[:60], "]]>", "Chợ phiên"]
        publish(
            Newsroom(running),
            dated(1, language="en", summary="từ " * 300),
            dated(2, tags=["Chợ phiên"]),
            dated(3, **hostile, tags=tags, body=f"<p>{HOSTILE}</p><p>]]></p>"),
            dated(4, title="Năm 1900", published_at="1900-03-01T08:00:00+07:00"),
            dated(5, status="draft"),
        )
        yield running


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("name", "kind", "version"),
    [("feed.xml", "application/rss+xml", "rss20"), ("atom.xml", "application/atom+xml", "atom10")],
)
def test_a_feed_reader_finds_nothing_amiss(newsroom: Newsroom, path: str, name: str, kind: str, version: str) -> None:
    answer = newsroom.read(path + name)
    assert answer.content_type == f"{kind}; charset=utf-8"
    feed: Any = feedparser.parse(answer.data, response_headers={"content-type": answer.content_type})
    assert (feed.bozo, feed.version, feed.encoding) == (False, version, "utf-8")
    items = data(newsroom, f"{path}feed.json")["items"]
    assert [entry.id for entry in feed.entries] == [item["id"] for item in items]
    assert [entry.link for entry in feed.entries] == [item["url"] for item in items]
    moments = [datetime.fromtimestamp(timegm(entry.published_parsed), UTC) for entry in feed.entries]
    assert moments == [datetime.fromisoformat(item["date_published"]) for item in items]
    assert len(items) == (0 if path == "/kinh-te/" else 4)


@pytest.mark.parametrize("path", LISTS)
def test_rss_has_what_it_needs(newsroom: Newsroom, path: str) -> None:
    root = xml(newsroom, f"{path}feed.xml")
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    assert all((channel.findtext(each) or "").strip() for each in ("title", "link", "description", "language"))
    (own,) = channel.iter(f"{ATOM}link")
    assert own.attrib == {"rel": "self", "type": "application/rss+xml", "href": f"{SITE}{path}feed.xml"}
    for item in channel.iter("item"):
        (guid,) = item.iter("guid")
        assert guid.attrib == {"isPermaLink": "false"}
        assert str(guid.text).startswith("urn:uuid:")
        assert str(item.findtext(f"{DC}creator")).strip()
        assert item.find("author") is None  # an e-mail address, in RSS
        moment = str(item.findtext("pubDate"))
        assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+070[06]", moment)
        assert parsedate_to_datetime(moment) <= datetime.now(UTC)


@pytest.mark.parametrize("path", LISTS)
def test_atom_has_what_rfc_4287_requires(newsroom: Newsroom, path: str) -> None:
    root = xml(newsroom, f"{path}atom.xml")
    assert root.tag == f"{ATOM}feed"
    links = {each.get("rel"): each.get("href") for each in root.findall(f"{ATOM}link")}
    assert links == {"self": f"{SITE}{path}atom.xml", "alternate": f"{SITE}{path}"}
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (found,) = element.findall(f"{ATOM}{name}")
            assert str(found.text).strip()
        assert is_moment(element.findtext(f"{ATOM}updated"))
        assert element.findtext(f"{ATOM}author/{ATOM}name")
    for entry in root.iter(f"{ATOM}entry"):
        assert is_moment(entry.findtext(f"{ATOM}published"))
        (link,) = entry.findall(f"{ATOM}link")
        assert link.get("rel") == "alternate"
        assert all(each.get("term") for each in entry.iter(f"{ATOM}category"))
    ids = [each.text for each in root.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", [*LISTS, "/2026/11/", "/tin-tuc/2026/11/", "/tag/cho-phien/", "/author/ha-thu/"])
def test_the_data_beside_a_list_is_a_json_feed_and_as_its_schema_says(newsroom: Newsroom, path: str) -> None:
    answer = newsroom.read(f"{path}feed.json")
    assert answer.content_type == "application/feed+json; charset=utf-8"
    feed = data(newsroom, f"{path}feed.json")
    schema = data(newsroom, feed["_portal"]["schema"].removeprefix(SITE))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FORMATS).validate(feed)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert (feed["home_page_url"], feed["feed_url"]) == (f"{SITE}{path}", f"{SITE}{path}feed.json")
    assert all(isinstance(item["id"], str) and item["content_text"] for item in feed["items"])


def test_hostile_text_is_text_in_every_feed(newsroom: Newsroom) -> None:
    rss, atom = xml(newsroom, "/feed.xml"), xml(newsroom, "/atom.xml")
    for root, places in (
        (rss, ("title", "description", f"{DC}creator")),
        (atom, (f"{ATOM}title", f"{ATOM}summary", f"{ATOM}author/{ATOM}name")),
    ):
        entries = [each for each in root.iter() if each.tag in ("item", f"{ATOM}entry")]
        hostile = entries[0]
        assert [hostile.findtext(place) for place in places] == [HOSTILE] * 3
    terms = [each.get("term") for each in atom.iter(f"{ATOM}category")][1:4]
    assert set(terms) == {HOSTILE[:60], "]]>", "Chợ phiên"}
    item = data(newsroom, "/feed.json")["items"][0]
    assert (item["title"], item["content_text"], item["authors"]) == (HOSTILE, HOSTILE, [{"name": HOSTILE}])


def test_no_character_makes_a_feed_unreadable(newsroom: Newsroom) -> None:
    characters = ["\u0000", "\u0008", "\u001f", "\u007f", "\u0085", "\ufffe", "\uffff", "\U0001fffe"]
    strange = (dict.fromkeys(("title", "summary", "author"), f"Tên {each} lạ") for each in characters)
    publish(newsroom, *(dated(6, **each, tags=[each["title"]], section="english") for each in strange))
    for name in ("feed.xml", "atom.xml", "2026/11/sitemap.xml", "english/feed.xml"):
        xml(newsroom, f"/{name}")
    answer = newsroom.read("/english/atom.xml")
    assert feedparser.parse(answer.data, response_headers={"content-type": answer.content_type}).bozo is False
