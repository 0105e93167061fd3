"""Addresses that articles had on another system, before they came here: paths that lead readers on, for good.

An old path is written as links have it, percent-encoded, in one way for each address; so it is text that NFC leaves
alone, and its page stands where the edge looks for it. `edge/viewer_request.js` makes the same of what readers ask for.
"""

import re
from typing import Final
from urllib.parse import quote, unquote, unquote_plus

from portal import paths
from portal.strict_json import CONTROL, Fault

MAX_BYTES: Final = 900  # of the page's path; an object's key holds 1,024 (Amazon S3, Object key naming)

# The query tells one page from another only where the site itself has no pages: anywhere else, what social networks and
# newsletters add to links would make strangers of them.
OWN_EXTENSIONS: Final = frozenset({"html", "xml", "json", "txt"})
TRACKING: Final = re.compile(r"utm_.*|fbclid|gclid|igshid|mibextid|msclkid|zarsrc")

_INDEX: Final = "/index.html"
_FORBIDDEN: Final = re.compile(r"[\t\r\n\\#\ud800-\udfff]")
_PATH_SAFE: Final = "/!$&'()*,:;=@~"
_QUERY_SAFE: Final = "!'()*~"  # what encodeURIComponent of ECMAScript leaves, so that the edge sorts alike


class OldPathError(ValueError):
    """An address can't be an old path; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


def read(address: str) -> str:
    """Give the one way in which an old path is written.

    Args:
        address: a path with its query, as it stands in links or as people read it.

    Raises:
        OldPathError: it is no path, one of the site's own, or its query can't be told from what others add to links.
    """
    path, _, query = address.partition("?")
    try:
        page = unquote(path, errors="strict")
        parameters = _parameters(query)
    except UnicodeDecodeError as error:
        raise OldPathError(Fault("", "old_path")) from error
    if not page.startswith("/") or page.startswith("//") or _is_forbidden(page) or _is_forbidden(unquote(query)):
        raise OldPathError(Fault("", "old_path"))
    name = page.rpartition("/")[2]
    if parameters and ("." not in name or name.rpartition(".")[2] in OWN_EXTENSIONS):
        raise OldPathError(Fault("", "old_path_query"))
    if name and "." not in name:
        page += "/"
    elif page.endswith(_INDEX):
        page = page.removesuffix("index.html")
    if paths.is_reserved(page):
        raise OldPathError(Fault("", "old_path_of_site"))
    written = quote(page, safe=_PATH_SAFE) + (f"?{'&'.join(parameters)}" if parameters else "")
    if len(page_path(written).encode()) > MAX_BYTES:
        raise OldPathError(Fault("", "too_long", (("most", str(MAX_BYTES)),)))
    return written


def page_path(old_path: str) -> str:
    """Give the path of the page that stands at an old path, as `read` gave it: what the site bucket is asked for."""
    return unquote(old_path)


def _is_forbidden(text: str) -> bool:
    if CONTROL.search(text) or _FORBIDDEN.search(text):
        return True
    # Browsers take these out before they ask.
    return any(part in (".", "..") for part in text.split("/"))


def _parameters(query: str) -> list[str]:
    """Give what a query says, `name=value`, in one order and one encoding, without what others add to links."""
    pairs = (each.partition("=") for each in query.split("&") if each)
    read_pairs = ((_again(name), _again(value)) for name, _, value in pairs)
    return sorted(f"{name}={value}" for name, value in read_pairs if not TRACKING.fullmatch(name))


def _again(text: str) -> str:
    return quote(unquote_plus(text, errors="strict"), safe=_QUERY_SAFE)
