"""Addresses: of pages on the site, of objects in the buckets, of items in the table."""

import re
from typing import Final

from portal.vietnamese import slug

HOME: Final = "/"
NOT_FOUND: Final = "/404.html"
ROBOTS: Final = "/robots.txt"

_UPLOAD_KEY = re.compile(r"articles/([a-z0-9]{1,40})/([0-9]{6})\.json")
_ARTICLE_PATH = re.compile(r"/[a-z0-9-]+/[a-z0-9-]+\.html")
_SECTION_PATH = re.compile(r"/([a-z0-9-]+)/")
ARTICLE_ID: Final = re.compile(r"[a-z0-9]{1,40}")


def article_path(section: str, title: str, article_id: str) -> str:
    """Give the path of an article's page, `/<section>/<slug of the title>-<id>.html`.

    A title that folds to nothing leaves the id alone. Ids have no hyphen, so that no two articles can share a path.
    """
    words = slug(title)
    return f"/{section}/{words}-{article_id}.html" if words else f"/{section}/{article_id}.html"


def is_article_path(path: str) -> bool:
    """Tell whether the path is one of an article, present or former."""
    return _ARTICLE_PATH.fullmatch(path) is not None


def section_path(section: str) -> str:
    """Give the path of a section's list page."""
    return f"/{section}/"


def section_of(path: str) -> str | None:
    """Give the slug of the section whose list page has that path, if it can be one."""
    found = _SECTION_PATH.fullmatch(path)
    return found[1] if found else None


def object_key(path: str) -> str:
    """Give the key in the site bucket under which the edge finds a path."""
    return (path + "index.html" if path.endswith("/") else path).removeprefix("/")


def upload_key(article_id: str, number: int) -> str:
    """Give the key in the uploads bucket of an article's upload of that number."""
    return f"articles/{article_id}/{number:06}.json"


def read_upload_key(key: str) -> tuple[str, int] | None:
    """Give the article's id and the upload's number, or None when it isn't an upload's key."""
    found = _UPLOAD_KEY.fullmatch(key)
    return (found[1], int(found[2])) if found else None


def archive_key(article_id: str, revision: int) -> str:
    """Give the key in the archive bucket of an article's revision."""
    return f"articles/{article_id}/{revision:06}.json"


def article_tag(article_id: str) -> str:
    """Give the cache tag of everything that stands at an article's own paths."""
    return f"article-{article_id}"


LISTS_TAG: Final = "lists"
