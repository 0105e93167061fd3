"""What an article's page says to programs is what it shows: a page that contradicts itself is never put."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from jinja2 import ChoiceLoader, DictLoader

from portal import metadata
from portal.article import Article, State
from portal.drawing import Artist
from portal.environment import environment
from portal.table import Revision
from tests.input.uploads import SITE
from tests.newsroom import Newsroom, article

PATH: Final = "/tin-tuc/hop-a1.html"
ADDRESS: Final = f"https://portal.example{PATH}"
CONTENT: Final = Article(
    title='Họp "mở" & bàn <1> việc',
    summary="Tóm tắt của bài.",
    body="<h2>Việc</h2><p>Chữ</p>",
    author="Hà & Thu",
    section="tin-tuc",
    published_at="2026-11-20T01:05:00Z",
    language="vi",
    tags=("giao thông", "an toàn"),
    source="Báo <Địa phương>",
)


def drawn(site_url: str = "https://portal.example", *, has_changed: bool = True, **changes: Any) -> str:  # noqa: ANN401
    artist = Artist(SITE, site_url, environment())
    content = replace(CONTENT, **changes)
    revision = Revision("a1", 2, 2, State.PUBLISHED, "editor", "e1", "2026-11-21T03:04:05Z", content)
    page, _ = artist.article(PATH, 1, revision, [], [], public=[revision.step()] * (2 if has_changed else 1))
    return page.body.decode()


def data(html: str) -> dict[str, Any]:
    [text] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    read: dict[str, Any] = json.loads(text)
    return read


def test_the_page_says_what_it_is_to_search_engines_networks_and_archives() -> None:
    html = drawn()
    assert data(html) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": CONTENT.title,
        "description": CONTENT.summary,
        "datePublished": "2026-11-20T08:05:00+07:00",
        "dateModified": "2026-11-21T10:04:05+07:00",
        "inLanguage": "vi",
        "articleSection": "Tin tức",
        "keywords": ["an toàn", "giao thông"],
        "author": [{"@type": "Person", "name": "Hà & Thu", "url": "https://portal.example/author/ha-thu/"}],
        "publisher": {"@type": "Organization", "name": SITE.organisation, "url": "https://portal.example/"},
        "mainEntityOfPage": ADDRESS,
        "url": ADDRESS,
    }
    metas = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', html))
    assert metas["og:locale"] == "vi_VN"
    assert metas["article:author"] == "https://portal.example/author/ha-thu/"
    assert {name for name in metas if name.startswith("DC.")} == {
        f"DC.{name}" for name in "title creator date description publisher identifier language source subject".split()
    }
    assert f'<link rel="alternate" hreflang="vi" href="{ADDRESS}">' in html


@pytest.mark.parametrize("site_url", ["https://portal.example", ""])
@pytest.mark.parametrize("has_changed", [True, False])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_that_these_templates_draw_agrees_with_itself(
    site_url: str,
    has_changed: bool,  # noqa: FBT001 (a case)
    language: str,
) -> None:
    html = drawn(site_url, has_changed=has_changed, language=language, author="!!!", tags=(), source=None)
    metadata.check(html, PATH)
    assert html.partition('<div class="view-data">')[0].count("<time ") == 1 + has_changed


SAYINGS: Final = {
    "the headline of the page": ("<h1>Họp", "<h1>Tiêu đề khác: họp"),
    "a second h1": ('<div class="view-data">', '<div class="view-data"><h1>Hai</h1>'),
    "the summary of the page": ('<p class="summary">', '<p class="summary">Khác. '),
    "the moment of the page": (
        '<time datetime="2026-11-20T08:05:00+07:00">',
        '<time datetime="2026-11-20T08:06:00+07:00">',
    ),
    "a moment in UTC": ("2026-11-20T08:05:00+07:00", "2026-11-20T01:05:00Z"),
    "the author of the page": ('>Hà &amp; Thu</a></p>\n<p class="old"', '>Hà Thu</a></p>\n<p class="old"'),
    "the section of the page": (">Tin tức</a></li>\n</ol>", ">Kinh tế</a></li>\n</ol>"),
    "the language": ('<html lang="vi">', '<html lang="en">'),
    "the canonical address": (f'rel="canonical" href="{ADDRESS}"', f'rel="canonical" href="{ADDRESS}x"'),
    "the address of the language": (f'hreflang="vi" href="{ADDRESS}"', f'hreflang="vi" href="{ADDRESS}x"'),
    "the language of the address": ('hreflang="vi"', 'hreflang="en"'),
    **{
        name: (f'="{name}" content="', f'="{name}" content="x')
        for name in (
            "description og:title og:description og:url article:published_time article:modified_time article:section"
            " DC.title DC.creator DC.date DC.description DC.identifier DC.language"
        ).split()
    },
    **{
        f"{name} of the data": (f'"{name}": "', f'"{name}": "x')
        for name in (
            "headline description datePublished dateModified inLanguage articleSection mainEntityOfPage url"
        ).split()
    },
    "an author of the data": ('"author": [{"@type": "Person", "name": "', '"author": [{"@type": "Person", "name": "x'),
    "data that nobody can read": ('{"@context"', '{"@context'),
}
MISSING: Final = ("og:title", "og:url", "article:published_time", "article:modified_time", "DC.date", "description")


@pytest.mark.parametrize("name", SAYINGS)
def test_a_page_that_says_one_thing_in_two_ways_is_refused(name: str) -> None:
    html = drawn()
    old, new = SAYINGS[name]
    assert old in html
    with pytest.raises(metadata.MetadataError):
        metadata.check(html.replace(old, new), PATH)


@pytest.mark.parametrize("name", MISSING)
def test_a_page_that_does_not_say_what_it_must_is_refused(name: str) -> None:
    html, count = re.subn(rf'<meta (?:name|property)="{name}" content="[^"]*">\n', "", drawn())
    assert count == 1
    with pytest.raises(metadata.MetadataError, match=name):
        metadata.check(html, PATH)


@pytest.fixture
def spoilt_template() -> Iterator[None]:
    """A newsroom's own template of the metadata, which tells another date than the page."""
    templates = environment()
    loader, drawn = templates.loader, templates.cache
    assert loader
    assert drawn is not None
    [text, _, _] = loader.get_source(templates, "blocks/article_metadata.html")
    spoilt = text.replace('"datePublished": article.published_at|iso', '"datePublished": "2020-01-01T00:00:00+07:00"')
    assert spoilt != text
    templates.loader = ChoiceLoader([DictLoader({"blocks/article_metadata.html": spoilt}), loader])
    drawn.clear()
    yield
    templates.loader = loader
    drawn.clear()


def test_a_page_that_contradicts_itself_is_put_aside_and_what_was_live_stays(
    newsroom: Newsroom, request: pytest.FixtureRequest
) -> None:
    """Rule 5: its lists are drawn, and the operator is told which statement is wrong."""
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    request.getfixturevalue("spoilt_template")
    newsroom.submit(article(body="<p>Bản hai.</p>", summary="Tóm tắt mới."), article_id)
    assert "Bản hai" not in newsroom.text(path)
    assert "Tóm tắt mới" in newsroom.text("/tin-tuc/")
    assert newsroom.dead_letters() == {"FailedPagesQueue": 1}
    told = str(newsroom.portal.lambdas.log.records("RenderFunction"))
    assert "datePublished of JSON-LD says" in told


@pytest.mark.parametrize("before", [{"status": "draft"}, {"published_at": "2999-01-01T08:00:00+07:00"}])
def test_an_article_has_changed_when_readers_had_another_revision_before(
    newsroom: Newsroom, before: dict[str, str]
) -> None:
    """Not when it was a draft, or waited for its hour."""
    article_id = newsroom.submit(article(**before))
    newsroom.submit(article(), article_id)
    path = newsroom.path(article_id)
    assert "article:modified_time" not in newsroom.read(path).text
    newsroom.submit(article(body="<p>Bản sửa.</p>"), article_id)
    assert "article:modified_time" in newsroom.read(path).text
    newsroom.submit(article(status="withdrawn"), article_id)
    newsroom.submit(article(), article_id)
    assert "article:modified_time" in newsroom.read(path).text
