"""The sanitiser: what of an editor's HTML a page may carry.

Two steps. The scan, ours, is linear: it writes the HTML anew with nothing but text and the tags and attributes that a
page may carry, and refuses what would make the parser's work, or its result, grow out of bounds. The judgement is
nh3's, and it has the last word: what a page carries is what nh3 itself gave, and would give again.
"""

import re
from functools import cache
from typing import Final
from unicodedata import combining

import nh3

from portal.strict_json import Fault, without_controls
from portal.vietnamese import composed

MAX_TAGS: Final = 10_000
MAX_DEPTH: Final = 60
MAX_ENTITIES: Final = 20_000
MAX_OUTPUT_FACTOR: Final = 4  # the HTML parser repeats unclosed formatting; a page must not grow by it
_MAX_PASSES: Final = 4

TAGS: Final = frozenset(
    "p br hr h2 h3 h4 strong b em i u s sub sup blockquote cite q ul ol li dl dt dd a abbr code pre "
    "table caption thead tbody tfoot tr th td".split()
)
ATTRIBUTES: Final = {
    "*": {"lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
# What a page has under another name. Its h1 is the article's title: a heading in the text is one below it.
RENAMED: Final = {"h1": "h2", "h5": "h4", "h6": "h4", "strike": "s", "del": "s", "ins": "u"}
# Boxes around paragraphs. The innermost, which stand for one, become one.
CONTAINERS: Final = frozenset(
    "div section article main header footer aside nav address center figure figcaption details summary "
    "fieldset form".split()
)
# Their content is no text: it goes with the tag.
CONTENT_DROPPED: Final = frozenset(
    "script style title textarea noscript noembed noframes iframe template svg math".split()
)

_CARRIED: Final = frozenset("strong b em i u s a code".split())
_INLINE: Final = _CARRIED | frozenset("sub sup cite q abbr".split())
_TABLE: Final = frozenset("table caption thead tbody tfoot tr th td".split())
_VOID: Final = frozenset({"br", "hr"})

# Tags as the HTML standard tokenises them, except that a quotation mark which is never closed swallows nothing. What
# begins like a tag and never ends is text to the end, so that no character is looked at again and again.
_ATTRIBUTE = re.compile(
    r"([^\t\n\f\r />][^\t\n\f\r />=]*+)"
    r"(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r >\"'][^\t\n\f\r >]*+))?"
)
_TOKEN = re.compile(
    r"(?P<comment><!--(?:-?>|.*?--!?>)|<(?:!(?!--)|\?|/(?![a-zA-Z]))[^>]*+>)"
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][^\t\n\f\r />]*+)(?P<attributes>(?:[\t\n\f\r /]++|" + _ATTRIBUTE.pattern + r")*+)>"
    r"|(?P<text><(?=[a-zA-Z/!?]).*|<)",
    re.DOTALL,
)
_CLEAN_TAG = re.compile(r"<(/?)([a-z0-9]+)")
_PRE_BEGINS = re.compile(r"(<pre\b[^>]*>)\n+")
# Spaces and joiners, fillers, the signs that steer the direction of text, selectors of variants.
_UNSEEN = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
# All that nh3 writes, in the order in which they can be read.
_REFERENCES: Final = (("&nbsp;", "\u00a0"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))
# In a text of these, nh3 looks through all that follows at each of them.
_SLOW = re.compile("[&\u0080-\u00bf]")


def sanitise(html: str) -> tuple[str, Fault | None]:
    """Give the HTML that a page may carry, or the fault that forbids it.

    The result is in NFC, free of control characters, and stable: to sanitise it again changes nothing.
    """
    if sum(1 for _ in _SLOW.finditer(html)) > MAX_ENTITIES:
        return "", Fault("/body", "too_many_entities", (("most", f"{MAX_ENTITIES:,}"),))
    clean = _stable(html)
    if isinstance(clean, Fault):
        return "", clean
    if not has_text(clean):
        return "", Fault("/body", "no_text")
    return clean, None


def has_text(clean: str) -> bool:
    """Tell whether sanitised HTML shows a reader any letter, digit or sign."""
    return is_seen(shown_text(clean))


def is_seen(text: str) -> bool:
    """Tell whether there is a letter, digit or sign in a text that a reader can see."""
    return bool(_UNSEEN.sub("", text))


def shown_text(clean: str) -> str:
    """Give the text that sanitised HTML shows, with a space for each tag."""
    text = re.sub(r"<[^>]*>", " ", clean)
    for reference, character in _REFERENCES:
        text = text.replace(reference, character)
    return text


def _stable(html: str) -> str | Fault:
    """Scan and clean until that changes nothing: a pass may bring out what a character reference hid before it."""
    most = MAX_OUTPUT_FACTOR * len(html) + 1000
    scanned = _Scan(html, most_tags=MAX_TAGS, most_characters=most).result()
    for _ in range(_MAX_PASSES):
        if isinstance(scanned, Fault):
            return scanned
        clean = _clean(_tidied(scanned))
        if _depth(clean) > MAX_DEPTH:
            return _too_deep()
        # The tags that were left open have their end tags now, and no formatting is left to be repeated.
        scanned = _Scan(clean, most_tags=len(clean), most_characters=2 * len(clean)).result()
        if scanned == clean == _tidied(clean) == _clean(clean):
            return clean
    return _unstable()


def _depth(clean: str) -> int:
    """Tell how deep sanitised HTML, in which every tag has its end tag, is nested."""
    depth = deepest = 0
    for tag in _CLEAN_TAG.finditer(clean):
        if tag[2] not in _VOID:
            depth += -1 if tag[1] else 1
            deepest = max(deepest, depth)
    return deepest


def _too_deep() -> Fault:
    return Fault("/body", "too_deep", (("most", str(MAX_DEPTH)),))


def _unstable() -> Fault:
    return Fault("/body", "unstable_markup")


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=set(SCHEMES),
        clean_content_tags=set(CONTENT_DROPPED),
        strip_comments=True,
        link_rel=None,
    ).strip()


def _tidied(clean: str) -> str:
    """Do for character references what the door did for characters: no control characters, one kind of line, NFC.

    Tag by tag and text by text: a mark that begins a text would compose with the `>` before it. The parser takes a
    line feed away at the beginning of each `pre`, so none is left there.
    """
    lines = without_controls(clean).replace("\r\n", "\n").replace("\r", "\n")
    first, *rest = re.split(r"(<[^>]*>)", _PRE_BEGINS.sub(r"\1", lines))
    return composed(first) + "".join(
        piece if piece.startswith("<") else _without_leading_marks(composed(piece)) for piece in rest
    )


def _without_leading_marks(text: str) -> str:
    start = next((index for index, letter in enumerate(text) if not combining(letter)), len(text))
    return text[start:]


class _Scan:
    """Writes HTML anew: text, and of the tags and attributes those that a page may carry, each complete.

    Formatting ends before each tag of a block and begins again with the next text, as the parser would have it. So
    the parser never has to repair the nesting, which is where its time and its memory would go.
    """

    def __init__(self, html: str, *, most_tags: int, most_characters: int) -> None:
        self._html = html
        self._most_tags = most_tags
        self._most_characters = most_characters
        self._written: list[str] = []
        self._written_characters = 0
        self._tags = 0
        # The formatting that the next text has, by name and start tag, and how much of it has been written.
        self._formatting: list[tuple[str, str]] = []
        self._begun = 0
        # Where a container was begun that may be a paragraph: since then no block has begun or ended.
        self._paragraph: int | None = None

    def result(self) -> str | Fault:
        """Give the HTML written anew, or the first bound that it breaks."""
        position = 0
        while token := _TOKEN.search(self._html, position):
            self._text(self._html[position : token.start()])
            self._text((token["text"] or "").replace("<", "&lt;"))
            position = self._tag(token) if token["name"] else token.end()
            if fault := self._broken_bound():
                return fault
        self._text(self._html[position:])
        self._end_formatting()
        return self._broken_bound() or "".join(self._written)

    def _broken_bound(self) -> Fault | None:
        if self._tags > self._most_tags:
            return Fault("/body", "too_many_tags", (("most", f"{MAX_TAGS:,}"),))
        if len(self._formatting) > MAX_DEPTH:
            return _too_deep()
        if self._written_characters > self._most_characters:
            return _unstable()
        return None

    def _write(self, piece: str) -> None:
        self._written.append(piece)
        self._written_characters += len(piece)

    def _text(self, text: str) -> None:
        if text.strip("\t\n\f\r "):
            self._begin_formatting()
        self._write(text)

    def _tag(self, token: re.Match[str]) -> int:
        """Take in a tag, and tell where to go on."""
        self._tags += 1
        name, is_end = token["name"].lower(), bool(token["end"])
        name = RENAMED.get(name, name)
        if name in CONTENT_DROPPED and not is_end:
            return _end_of_dropped(name, token)
        if name in CONTAINERS:
            self._container(is_end=is_end)
        elif name in _INLINE:
            self._inline(name, token["attributes"], is_end=is_end)
        elif name == "br":
            self._begin_formatting()
            self._write("<br>")
        elif name in TAGS:
            self._block(name, f"</{name}>" if is_end else _start_tag(name, token["attributes"]))
        return token.end()

    def _inline(self, name: str, attributes: str, *, is_end: bool) -> None:
        names = [open_name for open_name, _ in self._formatting]
        if name in names and (is_end or name == "a"):  # a link ends the link before it
            index = len(names) - 1 - names[::-1].index(name)
            self._end_formatting(index)
            del self._formatting[index]
        if not is_end:
            self._formatting.append((name, _start_tag(name, attributes)))

    def _block(self, name: str, tag: str) -> None:
        self._end_formatting()
        # Nothing crosses the borders of a table. Elsewhere, formatting goes on, as in HTML, and the rest doesn't.
        carried = [] if name in _TABLE else [pair for pair in self._formatting if pair[0] in _CARRIED]
        self._formatting = list(dict.fromkeys(carried))
        self._paragraph = None
        self._write(tag)

    def _container(self, *, is_end: bool) -> None:
        if is_end and self._paragraph is not None:
            self._written[self._paragraph] = "<p>"
            self._block("p", "</p>")
        else:
            self._block("", "\n")  # so that words on both sides of it stay apart
            self._paragraph = None if is_end else len(self._written) - 1

    def _begin_formatting(self) -> None:
        for _, tag in self._formatting[self._begun :]:
            self._write(tag)
        self._begun = len(self._formatting)

    def _end_formatting(self, kept: int = 0) -> None:
        """End what of the formatting has been written, but for the first so many."""
        for name, _ in reversed(self._formatting[kept : self._begun]):
            self._write(f"</{name}>")
        self._begun = min(self._begun, kept)


def _start_tag(name: str, attributes: str) -> str:
    """Write a start tag with those of its attributes that a page may carry, the first of each name."""
    allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(name, set())
    kept: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(attributes):
        if found[2] and found[1].lower() in allowed:
            value = found[2][1:-1] if found[2][0] in "\"'" else found[2]
            kept.setdefault(found[1].lower(), value.translate(_QUOTED))
    written = "".join(f' {attribute}="{value}"' for attribute, value in kept.items())
    return f"<{name}{written}>"


_QUOTED: Final = str.maketrans({'"': "&quot;", "<": "&lt;", ">": "&gt;"})


def _end_of_dropped(name: str, token: re.Match[str]) -> int:
    """Tell where an element ends whose content is no text: after its end tag, or with the text."""
    if name in {"svg", "math"} and token["attributes"].endswith("/"):
        return token.end()
    found = _end_tag(name).search(token.string, token.end())
    return found.end() if found else len(token.string)


@cache
def _end_tag(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[\t\n\f\r />])[^>]*+>?", re.IGNORECASE)
