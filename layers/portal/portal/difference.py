"""What has changed between two revisions of an article, as people read it: field by field, then word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from portal.article import Article

# To match words takes time quadratic in their number: what is longer is shown as one text in the place of another.
MAX_WORDS: Final = 2_000
MAX_BLOCKS: Final = 2_000
_BLOCK_ENDS = re.compile(r"(?:</(?:p|h[2-4]|li|blockquote|pre|tr|caption|dt|dd)>|<hr>|<br>)\n?")
_TAG = re.compile(r"<[^>]*>")
_WORDS = re.compile(r"\s+|[^\s]+")
_REFERENCES: Final = (("&nbsp;", "\u00a0"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))


class Kind(StrEnum):
    """Whether a piece of text stands in both revisions, or in one of them."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Piece:
    """A piece of text, and in which of the two revisions it stands."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class FieldDifference:
    """What has changed in one field of an article; together the pieces are its text in both revisions."""

    field: str
    pieces: tuple[Piece, ...]


def differences(old: Article, new: Article) -> list[FieldDifference]:
    """Compare two revisions: give the fields that differ, in the order in which an article has them.

    A body is compared as the text that readers see, one line for each of its blocks; where only the markup differs,
    as HTML.
    """
    before, after = old.as_json(), new.as_json()
    found = []
    for field in dict.fromkeys((*before, *after)):
        if before.get(field) == after.get(field):
            continue
        texts = _lines(before.get(field)), _lines(after.get(field))
        if field == "body" and "<" in old.body + new.body:
            texts = _shown_lines(old.body), _shown_lines(new.body)
            if texts[0] == texts[1]:
                texts = _html_lines(old.body), _html_lines(new.body)
        found.append(FieldDifference(field, tuple(_joined(_compared(*texts)))))
    return found


def _lines(value: object) -> list[str]:
    """Give a field's value as lines of text: of a list, each item is one."""
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, (list, tuple)) else [str(value)]


def _html_lines(body: str) -> list[str]:
    return [line for line in re.split(rf"(?<=>)(?={_BLOCK_ENDS.pattern})|\n", body) if line]


def _shown_lines(body: str) -> list[str]:
    """Give the text that a sanitised body shows, a line for each of its blocks."""
    lines = (_TAG.sub("", block) for block in _BLOCK_ENDS.split(body))
    return [" ".join(_unescaped(line).split()) for line in lines if line.strip()]


def _unescaped(text: str) -> str:
    for reference, character in _REFERENCES:
        text = text.replace(reference, character)
    return text


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    """Compare lines, then the words of those that stand in each other's place; each line ends with a line feed."""
    if max(len(old), len(new)) > MAX_BLOCKS:
        yield from _replaced("\n".join(old), "\n".join(new))
        return
    for operation, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(f"{each}\n" for each in old[i1:i2]), "".join(f"{each}\n" for each in new[j1:j2])
        if operation == "equal":
            yield Piece(Kind.SAME, before)
        else:
            yield from _compared_words(before, after)


def _compared_words(old: str, new: str) -> Iterator[Piece]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > MAX_WORDS:
        yield from _replaced(old, new)
        return
    for operation, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if operation == "equal":
            yield Piece(Kind.SAME, "".join(before[i1:i2]))
        else:
            yield from _replaced("".join(before[i1:i2]), "".join(after[j1:j2]))


def _replaced(old: str, new: str) -> Iterator[Piece]:
    yield from (Piece(kind, text) for kind, text in ((Kind.REMOVED, old), (Kind.ADDED, new)) if text)


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Make one piece of neighbours of a kind."""
    last: Piece | None = None
    for piece in pieces:
        if last and last.kind is piece.kind:
            last = Piece(last.kind, last.text + piece.text)
            continue
        if last:
            yield last
        last = piece
    if last:
        yield last
