"""Whatever is uploaded, there's a judgement: an article in one form, or a verdict that an editor can read."""

import json
import math
from typing import Any, Final
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import judge as judgement
from portal.article import Article
from portal.judge import judge
from portal.strict_json import CONTROL, Fault, pointer
from portal.table import Verdict
from portal.verdicts import MAX_DETAIL_CHARACTERS, MAX_FAULTS, Outcome, bounded, catalogue, listed
from tests.input.hostile_uploads import near_articles, texts, uploads
from tests.input.uploads import EXAMPLES, RIGHT, SITE, as_bytes, faults

MOST_BYTES_OF_A_VERDICT: Final = 60_000  # an item holds 400 KB, and the desk gives 25 verdicts in one answer


@settings(EXAMPLES, max_examples=200)
@given(uploads)
def test_whatever_is_uploaded_is_accepted_or_told_what_is_wrong_with_it(content: bytes) -> None:
    found = judge(content, SITE)
    if isinstance(found, Article):
        assert_in_one_form(found)
    else:
        assert_readable(found)


def assert_in_one_form(article: Article) -> None:
    """Hold an accepted article to what is promised of one."""
    written = json.dumps(article.as_json(), ensure_ascii=False)
    assert normalize("NFC", written) == written
    assert not CONTROL.search(written)
    for text in (article.title, article.summary, article.author, *article.tags):
        assert text == " ".join(text.split()) != ""
    assert Article.decompressed(article.compressed()) == article
    assert judge(as_bytes(article.as_json()), SITE) == article


def assert_readable(found: list[Fault]) -> None:
    """Hold a refusal to what is promised of one."""
    assert found
    assert len(found) == len(set(found))
    verdict = Verdict("q85ccnd848", 1, Outcome.REJECTED, "2026-11-22T06:30:00Z", tuple(bounded(found)))
    for language in ("vi", "en"):
        errors = listed(verdict.faults, language)
        assert all(error["message"] and error["code"] in catalogue() for error in errors)
        assert len(json.dumps(errors, ensure_ascii=False).encode()) < MOST_BYTES_OF_A_VERDICT
    assert len(json.dumps(verdict.item(), ensure_ascii=False).encode()) < MOST_BYTES_OF_A_VERDICT
    assert Verdict.from_item(verdict.item()) == verdict


@settings(EXAMPLES, max_examples=40)
@given(near_articles)
def test_the_same_bytes_have_the_same_judgement(value: dict[str, Any]) -> None:
    content = as_bytes(value)
    assert judge(content, SITE) == judge(content, SITE)


LONG: Final = "\U0001f389" * 900


@pytest.mark.parametrize(
    "content",
    [
        as_bytes({f"{number}{LONG}": 1 for number in range(200)}),
        as_bytes({f"titl{number}{LONG}": 1 for number in range(200)}),
        as_bytes([{LONG: math.nan}] * 200),
        as_bytes([{"/" * 900: math.nan}] * 200),
        as_bytes({LONG: {LONG: {LONG: {LONG: [math.nan] * 200}}}}),
        b"{" + b",".join(b'"%s":1' % f"{number % 100}{LONG}".encode() for number in range(200)) + b"}",
        as_bytes({**RIGHT, "section": LONG}),
        as_bytes({**RIGHT, "tags": [LONG] * 200, "related": [LONG] * 200, "language": LONG, LONG: LONG}),
    ],
    ids=["unknown", "misspelt", "numbers", "slashes", "deep", "twice", "section", "everywhere"],
)
def test_a_verdict_is_small_whatever_was_uploaded(content: bytes) -> None:
    assert_readable(faults(content))


def test_what_a_verdict_repeats_of_an_upload_is_cut_and_seen_to_be() -> None:
    (kept,) = bounded([Fault("/" * 900, "unknown_field", (("field", LONG),))])
    (_, field) = kept.details[0]
    assert len(kept.pointer) == len(field) == MAX_DETAIL_CHARACTERS
    assert kept.pointer.endswith("/…")
    assert field.endswith("…")


def test_a_likeness_is_looked_for_only_where_an_editor_reads_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_for: list[str] = []

    def looked(field: str, known: list[str], n: int) -> list[str]:
        looked_for.append(field)
        return known[:n]

    monkeypatch.setattr(judgement, "get_close_matches", looked)
    assert len(faults(as_bytes({**RIGHT, **{f"field{number}": 1 for number in range(500)}}))) == 500
    assert len(looked_for) == MAX_FAULTS


def test_a_verdict_tells_how_many_faults_it_leaves_out() -> None:
    kept = bounded([Fault(f"/{number}", "unknown_field", (("field", "x"),)) for number in range(MAX_FAULTS + 7)])
    assert len(kept) == MAX_FAULTS + 1
    assert kept[-1] == Fault("", "more_errors", (("count", "7"),))
    assert bounded(kept[:MAX_FAULTS]) == kept[:MAX_FAULTS]


@EXAMPLES
@given(st.lists(texts | st.integers(0, 99), max_size=5))
def test_a_pointer_leads_back_to_its_place(steps: list[str | int]) -> None:
    back = [step.replace("~1", "/").replace("~0", "~") for step in pointer(*steps).split("/")[1:]]
    assert back == [str(step) for step in steps]
