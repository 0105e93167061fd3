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

from portal.strict_json import CONTROL, Fault
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

_VOID: Final = frozenset({"br", "hr"})
_INLINE: Final = frozenset("strong b em i u s sub sup cite q a abbr code".split())
# Blocks that the next one of their kind closes, or that stand only in a table: left open, they don't nest.
_FLAT: Final = frozenset("p caption thead tbody tfoot tr th td".split())
_ITEMS: Final = (frozenset({"li"}), frozenset({"dt", "dd"}))

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
_PRE_BEGINS = re.compile(r"(<pre\b[^>]*>)\n+")
# In a text of these, nh3 looks through all that follows at each of them.
_SLOW = re.compile("[&\u0080-\u00bf]")


def sanitise(html: str) -> tuple[str, Fault | None]:
    """Give the HTML that a page may carry, or the fault that forbids it.

    The result is in NFC, free of control characters, and stable: to sanitise it again changes nothing.
    """
    if sum(1 for _ in _SLOW.finditer(html)) > MAX_ENTITIES:
        return "", Fault("/body", "too_many_entities", (("most", f"{MAX_ENTITIES:,}"),))
    scanned = _Scan(html).result()
    if isinstance(scanned, Fault):
        return "", scanned
    clean = _stable(scanned, _most(html))
    if clean is None:
        return "", _unstable()
    if not has_text(clean):
        return "", Fault("/body", "no_text")
    return clean, None


def has_text(clean: str) -> bool:
    """Tell whether sanitised HTML shows a reader any letter, digit or sign."""
    text = re.sub(r"&nbsp;|&#160;", " ", re.sub(r"<[^>]*>", "", clean))
    return bool(re.sub(r"[\s\u00ad\u034f\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff]", "", text))


def _stable(html: str, most: int) -> str | None:
    """Clean HTML until that changes nothing, since a pass may bring out what a character reference hid before it.

    None when it does not come to rest, or grows beyond so many characters.
    """
    clean = html
    for _ in range(_MAX_PASSES):
        clean = _clean(_tidied(clean))
        if len(clean) > most:
            return None
        if _clean(clean) == clean == _tidied(clean):
            return clean
    return None


def _most(html: str) -> int:
    return MAX_OUTPUT_FACTOR * len(html) + 1000


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
    lines = CONTROL.sub("", clean).replace("\r\n", "\n").replace("\r", "\n")
    first, *rest = re.split(r"(<[^>]*>)", _PRE_BEGINS.sub(r"\1", lines))
    return composed(first) + "".join(
        piece if piece.startswith("<") else _without_leading_marks(composed(piece)) for piece in rest
    )


def _without_leading_marks(text: str) -> str:
    start = next((index for index, letter in enumerate(text) if not combining(letter)), len(text))
    return text[start:]


class _Nesting:
    """What the HTML parser holds open, or more: a tag is closed here only where the parser is certain to close it.

    `depth` is how many elements that is. `repeated` counts the characters that the parser will write once more: the
    edge of a block ends the formatting that is open, and the next text begins it anew.
    """

    def __init__(self) -> None:
        self._open: list[tuple[str, int]] = []
        self._held = 0
        self.repeated = 0

    @property
    def depth(self) -> int:
        return len(self._open)

    def start(self, name: str, length: int) -> None:
        """Take in a start tag, and how many characters the element has without its content."""
        if name in _INLINE:
            if name == "a" and any(name == "a" for name, _ in self._open):
                self.end("a")  # a link ends the link before it
            self._open.append((name, length))
            self._held += length
            return
        if name != "br":
            self.repeated += self._held
        for items in _ITEMS:
            if name in items:
                around = self._innermost_block()
                if around is not None and self._open[around][0] in items:
                    self._remove(around)
        if name not in _FLAT and name not in _VOID:
            self._open.append((name, length))

    def end(self, name: str) -> None:
        """Take in an end tag."""
        if self._open and self._open[-1][0] == name and name in _INLINE:
            self._remove(-1)
            return
        self.repeated += self._held
        walls = {"table", "ul", "ol"} if name == "li" else {"table"}
        for index in range(len(self._open) - 1, -1, -1):
            found = self._open[index][0]
            if found == name:
                break
            if found in walls or (name in _INLINE and found not in _INLINE):
                return
        else:
            return
        if name not in _INLINE:
            for inner in range(len(self._open) - 1, index, -1):
                if self._open[inner][0] not in _INLINE:
                    self._remove(inner)
        self._remove(index)

    def _innermost_block(self) -> int | None:
        blocks = (index for index in range(len(self._open) - 1, -1, -1) if self._open[index][0] not in _INLINE)
        return next(blocks, None)

    def _remove(self, index: int) -> None:
        name, length = self._open.pop(index)
        if name in _INLINE:
            self._held -= length


class _Scan:
    """Writes HTML anew: text, and of the tags and attributes those that a page may carry, each complete.

    Bounded, so that the parser's work is: at most `MAX_TAGS` tags, nested at most `MAX_DEPTH` deep, and formatting
    that is left open may not make the result `MAX_OUTPUT_FACTOR` times as long.
    """

    def __init__(self, html: str) -> None:
        self._html = html
        self._written: list[str] = []
        self._nesting = _Nesting()
        self._tags = 0
        # Where a container was begun that may be a paragraph: since then no block has begun or ended.
        self._paragraph: int | None = None

    def result(self) -> str | Fault:
        """Give the HTML written anew, or the first bound that it breaks."""
        position = 0
        while token := _TOKEN.search(self._html, position):
            self._written.append(self._html[position : token.start()])
            self._written.append((token["text"] or "").replace("<", "&lt;"))
            position = token.end()
            if token["name"]:
                position = self._take(token)
                if fault := self._broken_bound():
                    return fault
        return "".join([*self._written, self._html[position:]])

    def _take(self, token: re.Match[str]) -> int:
        """Take in a tag, and tell where to go on."""
        self._tags += 1
        name, is_end = token["name"].lower(), bool(token["end"])
        name = RENAMED.get(name, name)
        if name in CONTENT_DROPPED and not is_end:
            return _end_of_dropped(name, token)
        if name in CONTAINERS:
            self._take_container(is_end=is_end)
        elif name in TAGS:
            if name not in _INLINE and name != "br":
                self._paragraph = None
            self._write(name, f"</{name}>" if is_end else _start_tag(name, token["attributes"]))
        return token.end()

    def _take_container(self, *, is_end: bool) -> None:
        if is_end and self._paragraph is not None:
            self._written[self._paragraph] = "<p>"
            self._write("p", "</p>")
        else:
            self._written.append("\n")  # so that words on both sides of it stay apart
        self._paragraph = None if is_end else len(self._written) - 1

    def _write(self, name: str, tag: str) -> None:
        self._written.append(tag)
        if tag.startswith("</"):
            self._nesting.end(name)
        else:
            self._nesting.start(name, len(tag) + len(f"</{name}>"))

    def _broken_bound(self) -> Fault | None:
        if self._tags > MAX_TAGS:
            return Fault("/body", "too_many_tags", (("most", f"{MAX_TAGS:,}"),))
        if self._nesting.depth > MAX_DEPTH:
            return Fault("/body", "too_deep", (("most", str(MAX_DEPTH)),))
        if self._nesting.repeated > _most(self._html):
            return _unstable()
        return None


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
