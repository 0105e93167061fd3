"""The codes of a verdict: each can come about, is told in both languages, and none is without words."""

import ast
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

import boto3
import pytest
from moto import mock_aws

from portal.api import TRY_LATER
from portal.approval import fault_of_approval
from portal.article import Article, State
from portal.claims import taken_by
from portal.commit import MAX_FORMER_PATHS
from portal.desk import MAX_UPLOADS, Desk, UploadRequest
from portal.identity import Editor
from portal.intake import Upload, _verdict
from portal.outcomes import RefusedError
from portal.overview import Overview
from portal.strict_json import Fault
from portal.table import Head, Revision, Step
from portal.verdicts import bounded, catalogue, listed, message
from tests.input.test_bad_uploads import NO_ARTICLE, WRONG
from tests.input.uploads import RIGHT, ROOT, accepted, as_bytes, faults

SOURCES: Final = sorted([*(ROOT / "layers/portal/portal").glob("*.py"), *(ROOT / "functions").glob("*/*.py")])

# An upload for each code that the judgement of it alone can give.
BY_UPLOAD: Final[Mapping[str, bytes]] = {
    "too_large": NO_ARTICLE["2 MB"][0],
    "encoding": NO_ARTICLE["gzip"][0],
    "json": NO_ARTICLE["HTML"][0],
    "depth": NO_ARTICLE["deep lists"][0],
    "number": WRONG["NaN"][0],
    "duplicate_field": WRONG["a field that comes twice"][0],
    "surrogate": WRONG["a lone high surrogate"][0],
    "type": WRONG["a title that is a list"][0],
    "missing": WRONG["no title"][0],
    "unknown_field": WRONG["an unknown field"][0],
    "misspelt_field": WRONG["a misspelt field"][0],
    "empty": WRONG["an empty title"][0],
    "too_long": WRONG["a long title"][0],
    "too_many": WRONG["many tags"][0],
    "choice": WRONG["an unknown status"][0],
    "id": WRONG["an address where an id should be"][0],
    "section": WRONG["an unknown section"][0],
    "date_time": WRONG["an impossible date"][0],
    "proposes": WRONG["a proposal without a review"][0],
    "expires_first": WRONG["an expiry first"][0],
    "legacy_encoding": WRONG["TCVN3"][0],
    "too_many_tags": WRONG["100,000 nested div"][0],
    "too_many_entities": WRONG["many ampersands"][0],
    "too_deep": WRONG["deep quotations"][0],
    "no_text": WRONG["nothing but script"][0],
    "unstable_markup": WRONG["a link that the parser would repeat"][0],
    "old_path": as_bytes({**RIGHT, "old_paths": ["tin-tuc/bai.htm"]}),
    "old_path_query": as_bytes({**RIGHT, "old_paths": ["/bai.html?id=7"]}),
    "old_path_of_site": as_bytes({**RIGHT, "old_paths": ["/tin-tuc/"]}),
    "too_heavy": WRONG["a body that does not compress"][0],
}


def on_top_of(head: Head, number: int, base: int | None = None) -> list[Fault]:
    """Judge an upload that is right by itself against what was accepted before it."""
    upload = Upload(number=number, content=None, editor="", subject="", base=base)
    return list(_verdict("q85ccnd848", upload, accepted(as_bytes(RIGHT)), head, "2026-11-22T06:30:00Z").faults)


def head(number: int, former_paths: int = 0) -> Head:
    """Give the head of an article that is public elsewhere."""
    former = tuple(f"/tin-tuc/{moves}-q85ccnd848.html" for moves in range(former_paths))
    step = Step(number, number, State.PUBLISHED, "Chợ", "ha.thu", "e1", "2026-11-20T00:00:00Z")
    return Head("q85ccnd848", number, step, step, "/tin-tuc/cho-q85ccnd848.html", former)


def refused(ask: Callable[[Desk], object]) -> list[Fault]:
    """Ask the desk for something that it refuses."""
    region = "ap-southeast-1"
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name=region)
        dynamodb.create_table(
            TableName="table",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        spent = {"pk": {"S": "article#spent"}, "sk": {"S": "issued"}, "n": {"N": str(MAX_UPLOADS)}}
        dynamodb.put_item(TableName="table", Item=spent)
        s3 = boto3.client("s3", region_name=region)
        desk = Desk(dynamodb=dynamodb, s3=s3, table_name="table", uploads_bucket="uploads")
        with pytest.raises(RefusedError) as caught:
            ask(desk)
    return list(caught.value.faults)


EDITOR: Final = Editor("ha.thu", "e1", may_edit=True, may_approve=False)
OVERVIEW: Final = Overview(
    dynamodb=boto3.client("dynamodb", region_name="ap-southeast-1"),
    table_name="table",
    site_url="",
    two_pairs_of_eyes=True,
)


def unapproved(state: State, subject: str, *, may_approve: bool) -> list[Fault]:
    """Publish, where two pairs of eyes are asked for, what `a` has brought into a state."""
    content = accepted(as_bytes(RIGHT))
    submitted = replace(content, status=state.value)
    current = Revision("q85ccnd848", 1, 1, state, "a", "a", "2026-11-22T06:30:00Z", submitted)
    fault = fault_of_approval(content, subject, current, may_approve=may_approve)
    return [fault] if fault else []


# What comes of the uploads before it, of the desk, or of the number of faults.
OTHERWISE: Final[Mapping[str, Callable[[], list[Fault]]]] = {
    "superseded": lambda: on_top_of(head(3), 2),
    "conflict": lambda: on_top_of(head(3), 4, base=2),
    "old_path_taken": lambda: taken_by("q85ccnd848", ["/cu.htm"], ["b1"]),  # tests/flow/test_old_paths.py, too
    "too_many_moves": lambda: on_top_of(head(50, MAX_FORMER_PATHS), 51),
    "more_errors": lambda: bounded(faults(as_bytes({f"field{number}": 1 for number in range(60)}))),
    "base": lambda: refused(lambda desk: desk.issue_next("q85ccnd848", UploadRequest(size=1000, base=7), EDITOR)),
    "too_many_uploads": lambda: refused(lambda desk: desk.issue_next("spent", UploadRequest(size=1000), EDITOR)),
    "try_later": lambda: [TRY_LATER],  # tests/flow/test_desk.py has it come about
    "cursor": lambda: refused(lambda _: OVERVIEW.newest("*", EDITOR, "vi")),
    "forbidden": lambda: [Fault("", "forbidden")],  # tests/flow/test_identity.py has it come about
    "needs_review": lambda: unapproved(State.DRAFT, "b", may_approve=True),
    "no_approver": lambda: unapproved(State.REVIEW, "b", may_approve=False),
    "own_review": lambda: unapproved(State.REVIEW, "a", may_approve=True),
}


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reach an account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def test_every_code_of_the_catalogue_has_an_example() -> None:
    assert BY_UPLOAD.keys() | OTHERWISE.keys() == catalogue().keys()
    assert not BY_UPLOAD.keys() & OTHERWISE.keys()


@pytest.mark.parametrize("code", [*BY_UPLOAD, *OTHERWISE])
def test_every_code_can_come_about_and_is_told_in_both_languages(code: str) -> None:
    found = faults(BY_UPLOAD[code]) if code in BY_UPLOAD else OTHERWISE[code]()
    fault = next(fault for fault in found if fault.code == code)
    vietnamese, english = message(fault, "vi"), message(fault, "en")
    assert vietnamese != english
    for text in (vietnamese, english):
        assert not set("{}") & set(text) or fault.code == "type"  # which shows what an object looks like
        assert text[0] == text[0].upper()
        assert text.endswith((".", "?"))
    for language in ("vi", "en"):
        assert listed([fault], language) == [
            {"pointer": fault.pointer, "code": code, "message": message(fault, language)}
        ]


@pytest.mark.parametrize("code", catalogue())
def test_both_languages_fill_in_the_same(code: str) -> None:
    words = catalogue()[code]
    assert words.keys() == {"vi", "en"}
    expected = {language: _placeholders(words[language]) for language in words}
    if code == "type":
        assert expected == {"vi": {"expected_vi", "found"}, "en": {"expected_en", "found"}}
    else:
        assert expected["vi"] == expected["en"]


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_thousands_are_parted_as_the_language_does() -> None:
    (fault,) = faults(BY_UPLOAD["too_large"])
    assert "1.048.576 byte" in message(fault, "vi")
    assert "1,048,576 bytes" in message(fault, "en")


def test_every_code_that_the_code_gives_has_words_and_there_are_no_others() -> None:
    given = {code for path in SOURCES for code in _codes(ast.parse(path.read_text(encoding="utf-8")))}
    assert given == catalogue().keys()


def _codes(tree: ast.Module) -> Iterator[str]:
    """Find what a module gives for a code: a text, or a choice of texts, or a name for such a choice."""
    names = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    places = {"Fault": 1, "NotJSONError": 0}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in places:
            code = node.args[places[node.func.id]]
            value = names.get(code.id, code) if isinstance(code, ast.Name) else code
            chosen = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            yield from (each.value for each in chosen if isinstance(each, ast.Constant) and isinstance(each.value, str))


def test_an_upload_that_is_right_gets_no_code_from_what_came_before_it() -> None:
    assert on_top_of(head(3), 4) == []
    assert on_top_of(head(3), 4, base=3) == []
    assert isinstance(accepted(as_bytes(RIGHT)), Article)
