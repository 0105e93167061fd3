"""An accepted article: it comes back as it was stored, and its state follows the clock."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.article import MAX_INFLATED_BYTES, Article, State, shortened, utc
from portal.judge import MAX_BODY_BYTES
from tests.input.uploads import EXAMPLES, accepted, article, as_bytes, places

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda moment: utc(moment.replace(tzinfo=UTC)))  # noqa: DTZ001
articles = st.builds(
    Article,
    title=texts,
    summary=texts,
    body=texts,
    author=texts,
    section=texts,
    published_at=moments,
    language=st.sampled_from(["vi", "en"]),
    source=st.none() | texts,
    tags=st.lists(texts, max_size=10).map(tuple),
    status=st.sampled_from(["published", "draft", "withdrawn", "gone"]),
    related=st.lists(texts, max_size=10).map(tuple),
    expires_at=st.none() | moments,
    change_note=st.none() | texts,
)


@EXAMPLES
@given(articles)
def test_an_article_comes_back_as_it_was_stored(stored: Article) -> None:
    assert Article.from_json(stored.as_json()) == stored
    assert Article.decompressed(stored.compressed()) == stored


def test_an_article_of_nothing_but_what_is_required_comes_back_without_the_rest() -> None:
    stored = accepted(as_bytes(article()))
    assert stored.as_json().keys() == {*article(), "language", "status"}
    assert Article.decompressed(stored.compressed()) == stored


@pytest.mark.parametrize(
    "body",
    [
        "<" * 600_000,
        ">" * 600_000,
        "\\" * 500_000,
        "\U0001f389" * 260_000,
        "<p>x" * 10_000,
        '<a title="' + "\U0001f389" * 20_000 + '">' + "<p>x" * 20 + "x" * 200_000,
    ],
    ids=["less", "greater", "backslashes", "emoji", "paragraphs", "a repeated title"],
)
def test_the_largest_articles_come_back_whole(body: str) -> None:
    stored = accepted(as_bytes(article(body=body)))
    assert Article.decompressed(stored.compressed()) == stored


def test_an_article_that_would_not_come_back_whole_is_refused() -> None:
    # Each paragraph repeats the link that was left open before it: a small upload, and small when compressed.
    repeated = '<a title="' + "\U0001f389" * 20_000 + '">' + "<p>x" * 75
    assert places(as_bytes(article(body=repeated + ">" * 500_000))) == [("/body", "too_heavy")]
    assert MAX_INFLATED_BYTES > 2 * MAX_BODY_BYTES  # JSON takes at most two bytes for one


@EXAMPLES
@given(articles)
def test_the_same_article_gives_the_same_bytes(stored: Article) -> None:
    changed: dict[str, Any] = {field.name: getattr(stored, field.name) for field in reversed(fields(stored))}
    assert Article(**changed).compressed() == stored.compressed()


@EXAMPLES
@given(st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 30)), st.integers(-1439, 1439))  # noqa: DTZ001
def test_moments_sort_as_texts_as_they_do_in_time(moment: datetime, minutes: int) -> None:
    here = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    later = here + timedelta(seconds=1)
    assert utc(here) < utc(later)
    assert len(utc(here)) == len("2026-11-23T01:05:00Z")


@EXAMPLES
@given(articles, moments)
def test_the_clock_leads_an_article_from_one_state_to_the_next_and_never_back(stored: Article, now: str) -> None:
    assume(stored.expires_at is None or stored.published_at < stored.expires_at)
    order = [State.SCHEDULED, State.PUBLISHED, State.WITHDRAWN]
    visited = [stored.state_at(now)]
    while (change := stored.next_change_after(now)) is not None:
        assert change > now
        assert stored.state_at(max(now, _second_before(change))) is visited[-1]  # until then nothing changes
        now = change
        visited.append(stored.state_at(now))
        assert len(visited) <= len(order)
    if stored.status == "published":
        assert visited == order[order.index(visited[0]) :][: len(visited)]
        assert visited[-1] is (State.PUBLISHED if stored.expires_at is None else State.WITHDRAWN)
    else:
        assert visited == [State(stored.status)]
    assert stored.state_at("9999") is visited[-1]


def _second_before(moment: str) -> str:
    return utc(datetime.fromisoformat(moment) - timedelta(seconds=1))


@EXAMPLES
@given(st.text(), st.integers(1, 60))
def test_a_shortened_text_is_a_beginning_of_it_and_never_too_long(text: str, most: int) -> None:
    found = shortened(text, most)
    assert len(found) <= most
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))
