"""The promises are those that tests hold."""

from tests.docs import markdown
from tests.mutants.guard import files_of_tests, guards, table

TEXT = markdown.read("docs/reliability.md")


def test_every_test_that_is_named_is_there() -> None:
    named = {word.partition("[")[0] for word in markdown.quoted(TEXT) if word.startswith("test_")}
    assert len(named) > 50
    assert named - files_of_tests().keys() == set()


def test_every_promise_and_every_staleness_names_a_test() -> None:
    for heading in ("What is promised", "How stale a page can be"):
        rows = list(markdown.rows(markdown.section(TEXT, heading)))[1:]
        assert rows
        assert [row[0] for row in rows if "`test_" not in row[2]] == []


def test_the_guards_are_those_that_are_taken_out() -> None:
    assert markdown.section(TEXT, "The guards, and the tests that miss them").strip().endswith(table(guards()))
