"""The documents as tests read them: headings and their anchors, links, sections, tables, blocks of code."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) +(.+?) *$", re.MULTILINE)


def documents() -> list[Path]:
    """List every document of the project, and none of the packages that it is built with."""
    folders = [ROOT, *(path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))]
    found = {path for folder in folders for path in folder.glob("*.md" if folder == ROOT else "**/*.md")}
    return sorted(path for path in found if "node_modules" not in path.parts)


def read(name: str) -> str:
    """Read a document by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Give a document without its blocks of code."""
    return _FENCED.sub("", text)


def section(text: str, heading: str) -> str:
    """Give what stands under a heading, down to the next one of its level or above."""
    headings = list(_HEADING.finditer(_blanked(text)))
    [index] = [index for index, found in enumerate(headings) if found[2] == heading]
    level = len(headings[index][1])
    end = next((found.start() for found in headings[index + 1 :] if len(found[1]) <= level), len(text))
    return text[headings[index].end() : end]


def blocks(text: str, language: str) -> list[str]:
    """Give the blocks of code in a language."""
    return [found[2] for found in _FENCED.finditer(text) if found[1] == language]


def rows(text: str) -> Iterator[list[str]]:
    """Give the rows of all tables, cell by cell, their heads too."""
    for line in prose(text).splitlines():
        if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def links(text: str) -> Iterator[str]:
    """Give the targets of links and pictures."""
    for found in re.finditer(r"\]\(([^()\s]+)\)|<img src=\"([^\"]+)\"", prose(text)):
        yield found[1] or found[2]


def anchors(text: str) -> set[str]:
    """Give the names by which a document's headings are linked to, as GitHub makes them."""
    given: set[str] = set()
    for found in _HEADING.finditer(_blanked(text)):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"[*`]|\]\([^)]*\)", "", found[2]).lower()).replace(" ", "-")
        number = 0
        while (anchor := f"{words}-{number}" if number else words) in given:
            number += 1
        given.add(anchor)
    return given


def quoted(text: str) -> list[str]:
    """Give what stands between backticks in the prose."""
    return re.findall(r"`([^`\n]+)`", prose(text))


def _blanked(text: str) -> str:
    """Blank the blocks of code, whose comments look like headings, at their length."""
    return _FENCED.sub(lambda found: " " * len(found[0]), text)
