"""The plain text of a page of the old portal: two blocks, of which the first is the toolbar, the second the article.

The toolbar has the date, the labels of its two controls, the title and the summary; the article has its paragraphs,
and the name of who signs it as the last one.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from portal.article import iso
from portal.strict_json import Fault

# Of a signature. What is longer, or ends as a sentence does, is the last paragraph of the text.
MAX_SIGNATURE_CHARACTERS: Final = 60

_TOOLBAR: Final = re.compile(r"^.*\bBlock_BanTin_Toolbar[ \t]*$", re.MULTILINE)
_VIEW_DATA: Final = re.compile(r"^.*\bBlock_BanTin_ViewData[ \t]*$", re.MULTILINE)
_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\s+(?:-\s+)?(\d{1,2})[:h](\d{2}))?")
_LABELS: Final = re.compile(r"(?:tăng cỡ chữ|giảm cỡ chữ|\s)+", re.IGNORECASE)
_SENTENCE_ENDS: Final = (".", "…", "?", "!", ":", ";", ",", "./")


class PageError(Exception):
    """The text is not that of such a page; `fault` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.fault = Fault("", code)


def read_page(text: str, *, zone: ZoneInfo, at: time) -> Mapping[str, str]:
    """Read the text of an old page as the fields of an upload. What it does not tell is left out.

    Args:
        text: of the whole page, in Unicode.
        zone: the newsroom's, in which its date is.
        at: the time of day where the page tells only the date.

    Raises:
        PageError: it has not exactly one block of each kind.
    """
    toolbar, paragraphs = _blocks(text)
    date, headings = _toolbar(toolbar, at)
    signature = paragraphs.pop() if len(paragraphs) > 1 and _is_signature(paragraphs[-1]) else ""
    fields = {
        "title": headings[0] if headings else "",
        "summary": " ".join(headings[1:]),
        "body": paragraphs_of(paragraphs),
        "author": signature,
        "published_at": iso(date.replace(tzinfo=zone)) if date else "",
    }
    return {name: value for name, value in fields.items() if value}


def paragraphs_of(lines: Iterable[str]) -> str:
    """Write lines of plain text as paragraphs of HTML."""
    return "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)


def _blocks(text: str) -> tuple[list[str], list[str]]:
    """Part a page into the lines of its toolbar and those of its article.

    Raises:
        PageError: it has not exactly one of each, in this order.
    """
    text = "\n".join(text.splitlines())
    toolbars, views = list(_TOOLBAR.finditer(text)), list(_VIEW_DATA.finditer(text))
    if len(toolbars) != 1 or len(views) != 1 or views[0].start() < toolbars[0].end():
        raise PageError("page_blocks")
    return _lines(text[toolbars[0].end() : views[0].start()]), _lines(text[views[0].end() :])


def _lines(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line]


def _toolbar(lines: Iterable[str], at: time) -> tuple[datetime | None, list[str]]:
    """Find the date, and what is neither that nor the label of a control."""
    date: datetime | None = None
    rest: list[str] = []
    for line in lines:
        if date is None and not rest and (found := _DATE.fullmatch(line)):
            date = _moment(found, at)
        elif not _LABELS.fullmatch(line):
            rest.append(line)
    return date, rest


def _moment(found: re.Match[str], at: time) -> datetime | None:
    day, month, year = map(int, found.groups()[:3])
    hour, minute = map(int, found.groups()[3:]) if found[4] else (at.hour, at.minute)
    try:
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001 (the newsroom's own time)
    except ValueError:
        return None


def _is_signature(line: str) -> bool:
    return 0 < len(line) <= MAX_SIGNATURE_CHARACTERS and not line.endswith(_SENTENCE_ENDS)
