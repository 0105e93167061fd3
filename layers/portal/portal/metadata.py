"""What an article's page says to programs is what it shows to readers: each drawing is held to that.

Templates are a newsroom's to change, and who finds two headlines or two dates on a page believes neither.
"""

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any, Final

_META: Final = re.compile(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">')
_LINK: Final = re.compile(r'<link rel="(canonical|alternate)"(?: hreflang="([^"]*)")? href="([^"]*)">')
_DATA: Final = '<script type="application/ld+json">'
_SHOWN: Final = {
    "headline": re.compile(r"<h1>(.*?)</h1>", re.DOTALL),
    "summary": re.compile(r'<p class="summary">(.*?)</p>', re.DOTALL),
    "author": re.compile(r'<p class="by">[^<]*?: (?:<a [^>]*>)?([^<]*)'),
    "section": re.compile(r"<li><a [^>]*>([^<]*)</a></li>\n</ol>"),
}
_TIME: Final = re.compile(r'<time datetime="([^"]*)"')
_OFFSET: Final = re.compile(r"T.*[+-][0-9]{2}:[0-9]{2}")

# What each says, by the names above; `published` and `changed` are the moments of the toolbar.
_META_SAYS: Final[Mapping[str, str]] = {
    "description": "summary",
    "og:title": "headline",
    "og:description": "summary",
    "og:url": "address",
    "article:published_time": "published",
    "article:modified_time": "changed",
    "article:section": "section",
    "DC.title": "headline",
    "DC.creator": "author",
    "DC.date": "published",
    "DC.description": "summary",
    "DC.identifier": "address",
    "DC.language": "language",
}
_DATA_SAYS: Final[Mapping[str, str]] = {
    "headline": "headline",
    "description": "summary",
    "datePublished": "published",
    "dateModified": "changed",
    "inLanguage": "language",
    "articleSection": "section",
    "mainEntityOfPage": "address",
    "url": "address",
}


class MetadataError(ValueError):
    """A page would contradict itself, or lacks what it must say; the message names each place."""


def check(html: str, path: str) -> None:
    """Hold the page of an article to what it shows.

    Args:
        html: the page as it is drawn.
        path: at which it will stand.

    Raises:
        MetadataError: headline, summary, author, section, dates, language or address are not the same everywhere.
    """
    try:
        head = html[: html.index("<style>")]
        # Style and script lie between, which are the same on all pages.
        begun = html.index("<body", len(head))
        toolbar = html[html.index('<header class="toolbar">', begun) : html.index('<div class="view-data">', begun)]
        data = json.loads(head.partition(_DATA)[2].partition("</script>")[0])
    except ValueError as error:
        raise MetadataError("the page has no head, toolbar and JSON-LD as they are expected") from error
    faults = list(_faults(head, toolbar, data, path))
    if (headings := html.count("<h1", begun)) != 1:
        faults.append(f"there are {headings} h1")
    if faults:
        raise MetadataError("; ".join(faults))


def _faults(head: str, toolbar: str, data: Mapping[str, Any], path: str) -> Iterator[str]:
    links = _LINK.findall(head)
    address = next((href for rel, _, href in links if rel == "canonical"), path)
    shown = {name: found[1] if (found := at.search(toolbar)) else "" for name, at in _SHOWN.items()}
    times = _TIME.findall(toolbar)
    yield from (f"{moment} has no offset" for moment in times if not _OFFSET.search(moment))
    language = head.partition('<html lang="')[2].partition('"')[0]
    shown |= {"published": times[0] if times else "", "changed": times[-1] if times else ""}
    shown |= {"language": language, "address": address}

    names = set()
    for name, value in _META.findall(head):
        if what := _META_SAYS.get(name):
            names.add(name)
            # Escaped alike they are equal already.
            if not value or (value != shown[what] and unescape(value) != unescape(shown[what])):
                yield _contradiction(name, value, what, shown)
    for name, what in _DATA_SAYS.items():
        if not data.get(name) or data[name] != unescape(shown[what]):
            yield _contradiction(f"{name} of JSON-LD", data.get(name), what, shown)
    authors = "; ".join(str(each.get("name")) for each in data.get("author", ()))
    if not authors or authors != unescape(shown["author"]):
        yield _contradiction("author of JSON-LD", authors, "author", shown)
    for _, of, href in links:
        if of and (of, href) != (language, address):
            yield _contradiction("a link with hreflang", (of, href), "address", shown)
    optional = {"og:url"} if address == path else set()
    optional |= {"article:modified_time"} if len(times) == 1 else set()
    yield from (f"{name} is missing" for name in _META_SAYS.keys() - optional - names)


def _contradiction(where: str, said: object, what: str, shown: Mapping[str, str]) -> str:
    return f"{where} says {said!r}, and the page shows {what} {shown[what]!r}"
