"""Each guard can be taken out of the code as it is. Whether its tests fail without it is for `make mutants` to see."""

import ast

import pytest

from tests.mutants.guard import ROOT, Guard, guards, place


@pytest.mark.parametrize("guard", guards(), ids=lambda guard: guard.name)
def test_a_guard_stands_where_its_mutant_looks_for_it(guard: Guard) -> None:
    mutant = guard.taken_out((ROOT / guard.file).read_text(encoding="utf-8"))
    if guard.file.endswith(".py"):
        ast.parse(mutant)
    assert [place(killer) for killer in guard.killers]


def test_every_rule_has_a_guard_that_is_taken_out() -> None:
    assert {guard.rule for guard in guards() if guard.rule} == {*range(1, 11)}
