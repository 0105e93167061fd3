"""The editors' page says, in both languages, what the system says and does."""

import json
import tomllib

import pytest

from portal.article import State
from portal.verdicts import Outcome
from tests.docs import markdown
from tests.newsroom import Newsroom, article

TEXT = markdown.read("docs/editors.md")
LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
WORDS = tomllib.loads(markdown.read("templates/words.toml"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_and_every_state_is_told(language: str) -> None:
    first = [row[0] for row in markdown.rows(_part(language)) if row[0].startswith("`")]
    told = {each.split("`")[1] for each in first if not each.startswith(("`GET ", "`POST "))}
    assert told - {"outcome", "state"} == {*Outcome, *State, "waiting"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_readers_are_said_to_read_are_the_pages_own_words(language: str) -> None:
    assert WORDS[language]["withdrawn"] in _part(language)
    assert WORDS[language]["gone"] in _part(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_article_to_begin_with_is_accepted_as_it_stands(newsroom: Newsroom, language: str) -> None:
    first = markdown.blocks(_part(language), "json")[0]
    article_id = newsroom.submit(first.encode())
    assert newsroom.status(article_id)["state"] == "published"
    assert json.loads(first)["title"] in newsroom.text("/")


def test_the_verdict_that_is_shown_has_the_form_of_a_verdict(newsroom: Newsroom) -> None:
    shown = json.loads(markdown.blocks(_part("vi"), "json")[1])
    given = newsroom.status(newsroom.submit(article()))
    assert list(shown) == list(given)
    assert shown["verdict"] == given["verdict"]


@pytest.mark.parametrize(
    ("changes", "state", "status", "said"),
    [
        ({"status": "withdrawn"}, "withdrawn", 200, "withdrawn"),
        ({"expires_at": "2026-11-21T00:00:00Z"}, "withdrawn", 200, "withdrawn"),
        ({"status": "gone"}, "gone", 410, "gone"),
    ],
)
def test_an_article_that_was_public_shows_what_the_page_says(
    newsroom: Newsroom, changes: dict[str, str], state: str, status: int, said: str
) -> None:
    article_id = newsroom.submit(article())
    newsroom.submit(article(change_note="Vì một lý do.", **changes), article_id)
    path = newsroom.path(article_id)
    assert newsroom.status(article_id)["state"] == state
    assert newsroom.read(path).status_code == status
    text = newsroom.text(path)
    assert WORDS["vi"][said] in text
    assert (article()["title"] in text, "Vì một lý do." in text) == ((said == "withdrawn"),) * 2
    assert article()["title"] not in newsroom.text("/")


def _part(language: str) -> str:
    return markdown.section(TEXT, LANGUAGES[language])
