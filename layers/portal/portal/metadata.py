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
_DATA: Final = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
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
        toolbar = html[html.index('<header class="toolbar">') : html.index('<div class="view-data">')]
        data = json.loads(_DATA.findall(head)[0])
    except (ValueError, IndexError) as error:
        raise MetadataError("the page has no head, toolbar and JSON-LD as they are expected") from error
    if faults := list(_faults(html, head, toolbar, data, path)):
        raise MetadataError("; ".join(faults))


def _faults(html: str, head: str, toolbar: str, data: Mapping[str, Any], path: str) -> Iterator[str]:
    if html.count("<h1") != 1:
        yield f"there are {html.count('<h1')} h1"
    links = _LINK.findall(head)
    address = next((href for rel, _, href in links if rel == "canonical"), path)
    shown = {name: unescape(found[1]) if (found := at.search(toolbar)) else None for name, at in _SHOWN.items()}
    times = _TIME.findall(toolbar)
    yield from (f"{moment} has no offset" for moment in times if not _OFFSET.search(moment))
    language = head.partition('<html lang="')[2].partition('"')[0]
    shown |= {"published": times[0] if times else None, "changed": times[-1] if times else None}
    shown |= {"language": language, "address": address}

    said: list[tuple[str, str, Any]]
    said = [(name, what, unescape(value)) for name, value in _META.findall(head) if (what := _META_SAYS.get(name))]
    said += [(f"{name} of JSON-LD", what, data.get(name)) for name, what in _DATA_SAYS.items()]
    said += [("author of JSON-LD", "author", "; ".join(str(each.get("name")) for each in data.get("author", ())))]
    said += [("a link with hreflang", "language", of) for _, of, _ in links if of]
    said += [("a link with hreflang", "address", href) for _, of, href in links if of]
    for where, what, value in said:
        if value != shown[what] or not value:
            yield f"{where} says {value!r}, and the page shows {what} {shown[what]!r}"
    optional = {"og:url"} if address == path else set()
    optional |= {"article:modified_time"} if len(times) == 1 else set()
    yield from (f"{name} is missing" for name in _META_SAYS.keys() - optional - {where for where, _, _ in said})
