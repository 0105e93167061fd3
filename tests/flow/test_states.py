"""Every step from one state to another: what it does to the page, the lists, the feeds and the sitemaps."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, product
from typing import Any, Final

import pytest
import time_machine

from local.portal import LocalPortal
from portal.article import Article, State
from portal.commit import own_path
from portal.public_data import urn
from tests.newsroom import Newsroom, article

NEVER: Final = "never"
ARTICLE: Final = "article"
NOTICE: Final = "notice"
GONE: Final = "gone"
MONTH: Final = "/2026/11/"
LISTS: Final = ("/", "/kinh-te/", "/kinh-te/2026/11/", MONTH, "/tag/thu/", "/author/ha-thu/")
FEEDS: Final = ("/feed.xml", "/atom.xml", "/feed.json", "/kinh-te/feed.xml", "/kinh-te/atom.xml")
SITEMAPS: Final = (f"{MONTH}sitemap.xml", "/news-sitemap.xml")
NOW: Final = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
AHEAD: Final = NOW + timedelta(hours=2)

# What an editor uploads to bring an article into a state.
CHANGES: Final[dict[State, dict[str, str]]] = {
    State.DRAFT: {"status": "draft"},
    State.REVIEW: {"status": "review"},
    State.SCHEDULED: {"published_at": AHEAD.isoformat()},
    State.PUBLISHED: {},
    State.WITHDRAWN: {"status": "withdrawn"},
    State.GONE: {"status": "gone"},
}
# What readers have of it then.
SHOWN: Final = {State.PUBLISHED: ARTICLE, State.WITHDRAWN: NOTICE, State.GONE: GONE}
NUMBERS: Final = count(1)


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    """One portal for all of them: each has an article of its own."""
    with time_machine.travel(NOW, tick=False), LocalPortal() as portal:
        # An edge keeps a 404 for some seconds, and the clock stands still: all lists are there from the beginning.
        Newsroom(portal).submit(content("Bài đầu tiên", State.PUBLISHED))
        yield portal


@pytest.fixture
def newsroom(portal: LocalPortal) -> Newsroom:
    """Its people, with a token of the time that it is."""
    return Newsroom(portal)


def in_state(newsroom: Newsroom, title: str, *states: State) -> str:
    """Bring a new article through states; give its id."""
    article_id = None
    for state in states:
        article_id = newsroom.submit(content(title, state), article_id)
        assert newsroom.status(article_id)["state"] == state
    assert article_id
    return article_id


def content(title: str, state: State) -> dict[str, Any]:
    body = f"<p>Thân bài của {title}, bản {state}.</p>"
    moment = {"published_at": "2026-11-23T08:00:00+07:00"}
    return article(title=title, body=body, section="kinh-te", tags=["Thử"], **moment | CHANGES[state])


def check(newsroom: Newsroom, article_id: str, title: str, shown: str, state: State, *, tombstone: bool) -> None:
    """Hold everything that readers and their programs get to what they should have of an article."""
    is_article = shown == ARTICLE
    for path in (*LISTS, *FEEDS, *SITEMAPS):
        found = newsroom.read(path)
        needle = f"-{article_id}.html"
        entries = "".join(found.text.split("<entry")[1:]) if path.endswith("atom.xml") else found.text
        assert (needle in entries) is is_article, path
    for path in ("/atom.xml", "/kinh-te/atom.xml"):
        told = re.findall('deleted-entry ref="([^"]+)"', newsroom.read(path).text)
        assert (urn(article_id) in told) is tombstone, path
    url = newsroom.status(article_id)["url"]
    assert (url is None) is (shown == NEVER)
    if url is None:
        assert not [key for key in newsroom.objects("SiteBucket") if article_id in key]
        return
    page = newsroom.read(newsroom.path(article_id))
    assert page.status_code == (410 if shown == GONE else 200)
    assert (title in page.text) is (shown != GONE)
    assert (f"Thân bài của {title}" in page.text) is is_article
    assert (f"bản {state}." in page.text) is (is_article and state.is_public)
    assert ("noindex" in page.text) is not is_article


@pytest.mark.parametrize("after", State)
@pytest.mark.parametrize("before", State)
def test_only_what_is_published_withdrawn_or_gone_changes_what_readers_have(
    newsroom: Newsroom, before: State, after: State
) -> None:
    title = f"Chuyển trạng thái số {next(NUMBERS)}"
    # What is taken down was published before.
    history = (State.PUBLISHED, before) if before in (State.WITHDRAWN, State.GONE) else (before,)
    article_id = in_state(newsroom, title, *history, after)
    shown = SHOWN.get(after) or SHOWN.get(before, NEVER)
    state = after if after.is_public else before
    was_published = State.PUBLISHED in history
    check(newsroom, article_id, title, shown, state, tombstone=was_published and shown in (NOTICE, GONE))


@pytest.mark.parametrize(
    ("between", "after"),
    list(product((State.DRAFT, State.REVIEW, State.SCHEDULED), (State.PUBLISHED, State.WITHDRAWN))),
)
def test_an_edit_of_a_published_article_is_worked_on_while_readers_have_it_as_it_was(
    newsroom: Newsroom, between: State, after: State
) -> None:
    title = f"Sửa bài đang đăng số {next(NUMBERS)}"
    article_id = in_state(newsroom, title, State.PUBLISHED, between)
    check(newsroom, article_id, title, ARTICLE, State.PUBLISHED, tombstone=False)
    newsroom.submit(content(title, after), article_id)
    check(newsroom, article_id, title, SHOWN[after], after, tombstone=after is State.WITHDRAWN)


def test_an_edit_that_is_set_to_a_minute_replaces_what_is_published_in_that_minute(newsroom: Newsroom) -> None:
    title = f"Sửa theo giờ hẹn số {next(NUMBERS)}"
    article_id = in_state(newsroom, title, State.PUBLISHED, State.SCHEDULED)
    path = newsroom.path(article_id)
    with time_machine.travel(AHEAD - timedelta(seconds=1), tick=False):
        newsroom.tick()
        assert "bản published." in newsroom.read(path).text
    with time_machine.travel(AHEAD + timedelta(seconds=59), tick=False):
        newsroom.tick()
        newsroom = Newsroom(newsroom.portal)  # with a token of the time that it is
        assert "bản scheduled." in newsroom.read(path).text
        assert newsroom.status(article_id)["state"] == "published"


def test_a_draft_does_not_keep_the_clock_from_taking_down_what_readers_have(newsroom: Newsroom) -> None:
    title = f"Hết hạn trong khi sửa số {next(NUMBERS)}"
    over = {"expires_at": (NOW + timedelta(hours=3)).isoformat()}
    article_id = newsroom.submit(content(title, State.PUBLISHED) | over)
    newsroom.submit(content(title, State.DRAFT), article_id)
    path = newsroom.path(article_id)
    with time_machine.travel(NOW + timedelta(hours=3, seconds=1), tick=False):
        newsroom.tick()
        newsroom = Newsroom(newsroom.portal)  # with a token of the time that it is
        assert "Bài viết này đã được gỡ" in newsroom.text(path)
        told = newsroom.status(article_id)
        assert (told["state"], told["live"]) == ("draft", {"state": "withdrawn", "revision": 3})
        assert told["revision"] == 2  # what editors go on with
        # And what they had begun can be published from what it was begun from.
        newsroom.submit(content(title, State.PUBLISHED), article_id, base=2)
        assert newsroom.status(article_id)["state"] == "published"


def test_where_one_pair_of_eyes_is_enough_everybody_may_approve(newsroom: Newsroom) -> None:
    title = f"Một người duyệt số {next(NUMBERS)}"
    newsroom.sign_in("thu", "editors")
    article_id = in_state(newsroom, title, State.REVIEW)
    assert newsroom.status(article_id)["may_approve"]
    newsroom.submit(content(title, State.PUBLISHED), article_id)
    assert newsroom.status(article_id)["state"] == "published"


def test_an_embargoed_article_is_nowhere_a_second_before_its_minute_and_at_the_edge_within_one(
    newsroom: Newsroom,
) -> None:
    title = f"Bài dưới lệnh cấm vận số {next(NUMBERS)}"
    article_id = in_state(newsroom, title, State.REVIEW, State.SCHEDULED)
    path = own_path(article_id, Article.from_json(content(title, State.SCHEDULED) | {"language": "vi"}))
    with time_machine.travel(AHEAD - timedelta(seconds=1), tick=False):
        newsroom.tick()
        assert newsroom.read(path).status_code == 404
        for key in newsroom.objects("SiteBucket"):
            assert title.encode() not in newsroom.content("SiteBucket", key), key
            assert article_id not in key
    with time_machine.travel(AHEAD + timedelta(seconds=59), tick=False):
        newsroom.tick()
        assert title in newsroom.text(path)
        assert title in newsroom.text("/")
