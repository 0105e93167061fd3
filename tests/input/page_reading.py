"""A page as a browser has it, parsed by html5lib, which shares nothing with the sanitiser.

What an article may be made of is written down here a second time, after docs/article-format.md: none of the code's own
lists is read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from unicodedata import normalize

import html5lib

from tests.input.hostile_html import scheme

_HTML: Final = "{http://www.w3.org/1999/xhtml}"
_TABLE_CELL: Final = frozenset({"lang", "colspan", "rowspan"})
_ANY: Final = frozenset({"lang"})
# What an article may be made of: each element with its attributes.
MADE_OF: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        "p br hr h2 h3 h4 strong b em i u s sub sup blockquote cite q ul li dl dt dd code pre".split(), _ANY
    ),
    **dict.fromkeys("table caption thead tbody tfoot tr".split(), _ANY),
    "a": frozenset({"lang", "href", "title"}),
    "abbr": frozenset({"lang", "title"}),
    "ol": frozenset({"lang", "start"}),
    "td": _TABLE_CELL,
    "th": _TABLE_CELL | {"scope"},
}
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel", ""})  # none: an address within the site, or `//host/`
_WITHOUT_TEXT: Final = frozenset("iframe noembed noframes noscript script style template textarea title".split())

# html5lib's elements have no types.
Element = Any


@dataclass(frozen=True)
class Page:
    """A parsed page of an article: the body, in an element of its own, and all the rest."""

    tree: Element
    article: Element


def read_page(html: bytes, *, scripting: bool) -> Page:
    """Parse a page of an article, and take the article's body out of it."""
    tree = read(html, scripting=scripting)
    (view,) = (each for each in tree.iter(_HTML + "div") if each.get("class") == "view-data")
    # The author's signature comes behind the body, whatever is in that.
    children = list(view)
    signature = max(index for index, each in enumerate(children) if each.get("class") == "signature")
    article = view.makeelement("article", {})
    article.text, view.text = view.text, ""
    for child in children[:signature]:
        view.remove(child)
        article.append(child)
    return Page(tree, article)


def read(html: bytes, *, scripting: bool = True) -> Element:
    """Parse a page."""
    return html5lib.parse(html.decode(), treebuilder="etree", scripting=scripting)


def structure(tree: Element) -> list[tuple[str, tuple[str, ...]]]:
    """Give the elements and comments of a page, with the names of their attributes."""
    return [(_name(each), tuple(sorted(each.attrib))) for each in tree.iter()]


def read_fragment(html: str) -> Element:
    """Parse what is to stand within a page."""
    return html5lib.parseFragment(html, container="div", treebuilder="etree", scripting=True)


def elements(tree: Element, name: str, /, **attributes: str) -> list[Element]:
    """Find elements of a page by name and attributes: `class_` is `class`, `http_equiv` is `http-equiv`."""
    wanted = {attribute.rstrip("_").replace("_", "-"): value for attribute, value in attributes.items()}
    return [each for each in tree.iter(_HTML + name) if wanted.items() <= each.attrib.items()]


def offences(article: Element) -> Iterator[str]:
    """Name what is in an article and must not be."""
    for each in list(article.iter())[1:]:
        name = _name(each)
        if name not in MADE_OF:
            yield f"<{name}>"
            continue
        yield from (f"<{name} {attribute}>" for attribute in each.attrib if attribute not in MADE_OF[name])
        if scheme(each.get("href", "")) not in SCHEMES:
            yield f"<a href={each.get('href')!r}>"


def shown(element: Element) -> str:
    """Give the text that an element shows."""
    return "".join(_texts(element))


def _texts(element: Element) -> Iterator[str]:
    name = _name(element)
    if name not in _WITHOUT_TEXT and "}" not in name and name != "comment":
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def _name(element: Element) -> str:
    """Give an element's name; one that is not HTML's keeps its namespace, and a comment is `comment`."""
    if not isinstance(element.tag, str):
        return "comment"
    return element.tag.removeprefix(_HTML)


# As docs/article-format.md has it of a text on one line: no control characters, nothing invisible, single spaces.
_LEFT_OUT: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)


def written(line: str) -> str:
    """Give a text as readers should see it, by what is promised of texts on one line."""
    return normalize("NFC", " ".join(_LEFT_OUT.sub("", line).split()))
