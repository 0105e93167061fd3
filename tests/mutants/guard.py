"""The guards as `guards.toml` lists them, and the code without one."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Guard:
    """A guard, what the code does without it, and the tests that must fail then."""

    name: str
    mutant: str
    file: str
    edits: tuple[tuple[str, str], ...]
    killers: tuple[str, ...]
    rule: int | None = None

    def taken_out(self, text: str) -> str:
        """Give the text of the guard's file without the guard.

        Raises:
            ValueError: what is to be replaced stands there more than once, or not at all.
        """
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"{self.file} has this {text.count(old)} times:\n{old}")
            text = text.replace(old, new)
        return text


@cache
def guards() -> tuple[Guard, ...]:
    """Read the list."""
    listed = tomllib.loads((ROOT / "tests/mutants/guards.toml").read_text(encoding="utf-8"))["guard"]
    return tuple(
        Guard(
            name=each["name"],
            mutant=each["mutant"],
            file=each["file"],
            edits=tuple((edit["old"], edit["new"]) for edit in each["edit"]),
            killers=tuple(each["killers"]),
            rule=each.get("rule"),
        )
        for each in listed
    )


def place(killer: str) -> str:
    """Give the node id of a test.

    Raises:
        KeyError: there's no test of that name.
    """
    return f"{files_of_tests()[killer.partition('[')[0]]}::{killer}"


@cache
def files_of_tests() -> Mapping[str, str]:
    """Give the file of each test, by the test's name."""
    return {
        name: path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def table(listed: Iterable[Guard]) -> str:
    """Give a table of guards in Markdown."""
    rows = (
        f"| {guard.rule or ''} | {guard.name} | {guard.mutant} | {', '.join(f'`{name}`' for name in guard.killers)} |"
        for guard in listed
    )
    return "\n".join(("| rule | guard | without it | tests that fail |", "|---|---|---|---|", *rows))
