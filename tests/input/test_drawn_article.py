"""An accepted article as the page shows it: nothing in it can run, and all that was written can be read."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any, Final
from unicodedata import category, normalize

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from portal.article import Article
from portal.commit import own_path
from portal.drawing import Artist, Related
from portal.environment import environment
from portal.judge import judge
from portal.markup import sanitise
from portal.strict_json import CONTROL
from portal.table import Newest, Range, Revision, Teaser
from portal.vietnamese import slug, sort_key
from tests.input.hostile_html import attacks, documents, shown_soup, soup
from tests.input.page_reading import (
    Element,
    Page,
    elements,
    offences,
    read,
    read_fragment,
    read_page,
    shown,
    structure,
    written,
)
from tests.input.uploads import EXAMPLES, RIGHT, SITE, accepted, article, as_bytes

ID: Final = "q85ccnd848"
ARTIST: Final = Artist(SITE, "https://portal.example", environment())


def revision(content: Article) -> Revision:
    return Revision(ID, 1, 1, content.state_at("2999"), "ban.bien.tap", "e1", "2026-11-22T06:30:00Z", content)


def drawn(content: Article, *, scripting: bool = True) -> Page:
    """Draw an article's page as render does, and read it as a browser does."""
    page, _ = ARTIST.article(own_path(ID, content), 1, revision(content), [], [])
    return read_page(page.body, scripting=scripting)


# The body


@settings(EXAMPLES, max_examples=150)
@given(st.one_of(attacks, soup), st.booleans())
def test_the_article_on_a_page_is_made_of_nothing_that_can_run_or_reach_out(html: str, scripting: bool) -> None:  # noqa: FBT001
    content = judge(as_bytes(article(body=html)), SITE)
    event("accepted" if isinstance(content, Article) else content[0].code)
    if isinstance(content, Article):
        assert list(offences(drawn(content, scripting=scripting).article)) == []


@settings(EXAMPLES, max_examples=80)
@given(st.one_of(attacks, soup))
def test_a_body_leaves_the_rest_of_its_page_as_it_is(html: str) -> None:
    content = judge(as_bytes(article(body=html)), SITE)
    assume(isinstance(content, Article))
    assert isinstance(content, Article)
    page, plain = drawn(content), drawn(accepted(as_bytes(RIGHT)))
    assert structure(page.tree) == structure(plain.tree)
    assert texts(page.tree, "p", class_="signature") == [RIGHT["author"]]


@settings(EXAMPLES, max_examples=150)
@given(st.one_of(documents, shown_soup))
def test_a_page_shows_the_text_that_a_browser_shows_of_what_was_written(html: str) -> None:
    body, fault = sanitise(html)
    event("refused" if fault else "shown")
    if fault is None:
        missing = letters(shown(read_fragment(html))) - letters(shown(read_fragment(body)))
        assert missing == Counter()


def letters(text: str) -> Counter[str]:
    """Count the letters of a text, without the spaces, the control characters and the marks that begin an element.

    A mark is on the letter before it, and none is at the beginning; a browser composes nothing, and draws it alone.
    """
    seen = "".join(normalize("NFD", CONTROL.sub("", text)).split())
    return Counter(letter for letter in seen if category(letter)[0] != "M")


@settings(EXAMPLES, max_examples=80)
@given(documents)
def test_a_page_shows_the_text_in_the_order_in_which_it_was_written(html: str) -> None:
    page = drawn(accepted(as_bytes(article(body=html))))
    assert "".join(shown(page.article).split()) == "".join(shown(read_fragment(html)).split())


# The texts


BREAKOUTS: Final = (
    *(
        "</script><script>alert(1)</script>",
        "</SCRIPT >",
        "<!--<script>",
        "-->",
        "<!--",
        "]]>",
        "</title><b>",
        "</style>",
    ),
    *('"', "'", "`", '" onclick="alert(1)', "' x='", '" /><img src=x onerror=alert(1)>', "=", "&", "<", ">", "\\", "/"),
    *("&lt;", "&quot;", "&amp;quot;", "&#39;", "&#60;script&#62;", "&nbsp;", "\\u003c", "\\n", '\\"', "\\u2028", "%3C"),
    *("{{ 7*7 }}", "{% raw %}", "{# x #}", "${x}", "javascript:alert(1)", "http://host/", "0;url=//host", "__proto__"),
    *(
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\u00a0",
        "\t",
        "\n",
        "\r\n",
        "\x00",
        "\x1f",
        "\x7f",
        "\x85",
    ),
    *(
        "Chợ",
        "Cho\u031b\u0323",
        "đ",
        "\U0001f389",
        "\U0001f468\u200d\U0001f469",
        "\U0001fffe",
        "\ufffd",
        "\u0301",
        " ",
        "x",
    ),
)


def line(most: int) -> st.SearchStrategy[str]:
    """Give texts on one line that try to be more than text; they begin and end with what is seen."""
    pieces = st.lists(st.sampled_from(BREAKOUTS) | st.text(st.characters(codec="utf-8"), max_size=4), max_size=8)
    return pieces.map(lambda each: f"a{''.join(each)}"[: most - 1] + "z")


hostile_lines = st.fixed_dictionaries(
    {"title": line(300), "summary": line(390), "author": line(200)},
    optional={"source": line(300), "tags": st.lists(line(60), min_size=1, max_size=3), "change_note": line(500)},
)


def lines_of(content: Article) -> dict[str, list[str]]:
    """Gather the texts of an article from all the places of its page where each stands."""
    page = drawn(content)
    about = dict(each.split(": ", 1) for each in texts(page.tree, "p") if each.startswith(("Cập nhật: ", "Từ khóa: ")))
    (data,) = (json.loads(each) for each in texts(page.tree, "script", type="application/ld+json"))
    return {
        "titles": [*texts(page.tree, "h1"), *texts(page.tree, "title"), *metadata(page, "og:title"), data["headline"]],
        "summaries": [
            *texts(page.tree, "p", class_="summary"),
            *metadata(page, "og:description"),
            *(each.get("content") for each in elements(page.tree, "meta", name="description")),
            data["description"],
        ],
        "authors": [*texts(page.tree, "p", class_="signature"), *(each["name"] for each in data["author"])],
        "sources": texts(page.tree, "p", class_="source"),
        "tags": [*metadata(page, "article:tag"), about.get("Từ khóa", "")],
        "notes": [about.get("Cập nhật", "")],
    }


def texts(tree: Element, element: str, **attributes: str) -> list[str]:
    return ["".join(each.itertext()) for each in elements(tree, element, **attributes)]


def metadata(page: Page, name: str) -> list[str]:
    return [each.get("content") for each in elements(page.tree, "meta", property=name)]


@settings(EXAMPLES, max_examples=80)
@given(hostile_lines)
def test_a_line_is_shown_as_it_was_written_wherever_it_stands_on_its_page(hostile: dict[str, Any]) -> None:
    content = judge(as_bytes(article(**hostile)), SITE)
    assume(isinstance(content, Article))  # a heap of odd letters may look like a legacy encoding
    assert isinstance(content, Article)
    title, summary, author = (written(hostile[field]) for field in ("title", "summary", "author"))
    # Of tags that are the same but for their case or their marks, the first is left.
    kept = (tag for tag in dict.fromkeys(map(written, hostile.get("tags", ()))) if tag in content.tags)
    tags = sorted(kept, key=sort_key)
    assert lines_of(content) == {
        "titles": [title, f"{title} | {SITE.name}", title, title],
        "summaries": [summary] * 4,
        "authors": [author] * 2,
        "sources": [f"Nguồn: {written(hostile['source'])}"] if "source" in hostile else [],
        "tags": [*tags, "; ".join(tags)],
        "notes": [written(hostile.get("change_note", ""))],
    }


def every_page(content: Article) -> dict[str, Element]:
    """Draw every kind of page on which something of an article stands, and parse it."""
    path = own_path(ID, content)
    teaser = Teaser.of(ID, content, path, "2026-11-22T06:30:00Z")
    newest = Newest([teaser], [], None)
    sections = {section.slug: [teaser] for section in SITE.sections}
    related = [Related(ID, content.title, path)]
    public = [revision(content).step()] * 2
    drawings = {
        "article": ARTIST.article(path, 1, revision(content), [teaser], related, public=public),
        "notice": ARTIST.notice(path, 1, revision(content)),
        "gone": ARTIST.gone(path, 1, revision(content)),
        "redirect": ARTIST.redirect("/tin-tuc/x.html", 1, ID, path),
        "home": ARTIST.home(1, newest, None, sections),
        "section": ARTIST.section(content.section, 1, newest, None),
        "tag": ARTIST.named("/tag/x/", 1, newest, None),
        "author": ARTIST.named("/author/x/", 1, newest, None),
        "numbered": ARTIST.numbered("/page/1/", 1, Range("/", 1, "0", ":"), [teaser], 1),
        "month": ARTIST.month("/2026/11/", 1, [teaser], ["2026-11"]),
    }
    return {view: read(page.body) for view, (page, *_) in drawings.items()}


@settings(EXAMPLES, max_examples=60)
@given(hostile_lines)
def test_a_line_is_nothing_but_text_on_any_page(hostile: dict[str, Any]) -> None:
    content = judge(as_bytes(article(**hostile)), SITE)
    assume(isinstance(content, Article))
    assert isinstance(content, Article)
    fields: dict[str, Any] = {
        field: "x" for field in ("title", "summary", "author", "source", "change_note") if field in hostile
    }
    # What folds to nothing has no link, and what folds to the same leads to one page: that is another structure.
    assume(all(map(slug, (content.author, *content.tags))))
    assume(len(set(map(slug, content.tags))) == len(content.tags))
    plain = replace(content, **fields, tags=tuple(f"x{number}" for number in range(len(content.tags))))
    pages = every_page(content)
    assert {view: structure(page) for view, page in pages.items()} == {
        view: structure(page) for view, page in every_page(plain).items()
    }
    title, summary, path = written(hostile["title"]), written(hostile["summary"]), own_path(ID, content)
    for view, times in (("home", 1 + len(SITE.sections)), ("section", 1)):
        assert texts(pages[view], "h2")[0] == title
        assert texts(pages[view], "p", class_="summary") == [summary]
        assert [each.get("href") for each in elements(pages[view], "a") if shown(each) == title] == [path] * times
    assert texts(pages["notice"], "h1") == [title]
    assert texts(pages["notice"], "title") == [f"Bài viết này đã được gỡ: {title} | {SITE.name}"]
    (refresh,) = elements(pages["redirect"], "meta", http_equiv="refresh")
    assert refresh.get("content") == f"0; url={path}"
    assert path.isascii()
    assert not set(path) & set("\"'<>&:;?#\\ ")
