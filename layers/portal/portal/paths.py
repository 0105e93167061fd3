"""Addresses: of pages on the site, of objects in the buckets, of items in the table."""

import re
from typing import Final

from portal import source
from portal.vietnamese import slug

HOME: Final = "/"
NOT_FOUND: Final = "/404.html"
ROBOTS: Final = "/robots.txt"
NEWS_SITEMAP: Final = "/news-sitemap.xml"
SECTIONS_SITEMAP: Final = "/sections-sitemap.xml"
SITEMAP_INDEX: Final = "/sitemap.xml"
ARTICLE_SCHEMA: Final = "/schema/article-1.json"
LIST_SCHEMA: Final = "/schema/list-1.json"
DESK: Final = "/desk/"

# What lies beside a list's page, and is drawn with it.
RSS: Final = "feed.xml"
ATOM: Final = "atom.xml"
JSON_FEED: Final = "feed.json"
SITEMAP: Final = "sitemap.xml"

# First parts of addresses that the site itself has; so no section's slug, nor is a year.
RESERVED: Final = frozenset({"archive", "author", "desk", "local", "page", "schema", "tag"})

_UPLOAD_KEY = re.compile(r"articles/([a-z0-9]{1,40})/([0-9]{6})\.json")
_ARTICLE_PATH = re.compile(r"/[a-z0-9-]+/[a-z0-9-]+\.html")
_SLUG: Final = r"(?!(?:archive|author|desk|local|page|schema|tag|[0-9]{4})/)[a-z0-9-]+"
_SECTION_PATH = re.compile(rf"/({_SLUG})/")
_LIST_PATH = re.compile(rf"/(?:{_SLUG}/|tag/([a-z0-9-]+)/|author/([a-z0-9-]+)/)?")
_NUMBERED_PATH = re.compile(rf"(/(?:{_SLUG}/|tag/[a-z0-9-]+/|author/[a-z0-9-]+/)?)page/([1-9][0-9]{{0,6}})/")
_MONTH_PATH = re.compile(rf"(/(?:{_SLUG}/)?)([0-9]{{4}})/(0[1-9]|1[0-2])/")
_ARCHIVE_PATH = re.compile(rf"(/(?:{_SLUG}/)?)archive/")
_BESIDE_A_PAGE = re.compile(
    rf"(.*/)(?:index\.html|{re.escape(RSS)}|{re.escape(ATOM)}|{re.escape(JSON_FEED)}|{SITEMAP})"
)
_FILE_OF_DESK = re.compile(r"/desk/[a-z-]+\.(?:css|js)")
_DATA_OF_ARTICLE = re.compile(r"(/[a-z0-9-]+/[a-z0-9-]+)\.json")
_WELL_KNOWN: Final = ".well-known"  # what others than readers ask a site for (RFC 8615)
_SINGLE_PAGES: Final = frozenset({NOT_FOUND, ROBOTS, NEWS_SITEMAP, SECTIONS_SITEMAP})
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


def id_of(article_page: str) -> str:
    """Give the id of the article whose path it is, present or former."""
    return article_page.removesuffix(".html").rpartition("/")[2].rpartition("-")[2]


def section_path(section: str) -> str:
    """Give the path of a section's list page."""
    return f"/{section}/"


def section_of(path: str) -> str | None:
    """Give the slug of the section whose list page has that path, if it can be one."""
    found = _SECTION_PATH.fullmatch(path)
    return found[1] if found else None


def tag_path(slug_of_tag: str) -> str:
    """Give the path of a tag's list page."""
    return f"/tag/{slug_of_tag}/"


def author_path(slug_of_author: str) -> str:
    """Give the path of an author's list page."""
    return f"/author/{slug_of_author}/"


def is_list_path(path: str) -> bool:
    """Tell whether the path is one of a list that has numbered pages: home, a section, a tag or an author."""
    return _LIST_PATH.fullmatch(path) is not None


def is_feed_path(path: str) -> bool:
    """Tell whether the path is one of a list that has feeds: home or a section."""
    return path == HOME or section_of(path) is not None


def named_of(path: str) -> tuple[str | None, str | None]:
    """Give the slug of the tag, and that of the author, of whose list this is the path; at most one is there."""
    found = _LIST_PATH.fullmatch(path)
    return (found[1], found[2]) if found else (None, None)


def numbered_path(list_path: str, number: int) -> str:
    """Give the path of a list's page of that number, counted from the oldest."""
    return f"{list_path}page/{number}/"


def read_numbered_path(path: str) -> tuple[str, int] | None:
    """Give the list's path and the page's number, or None when it isn't a numbered page's path."""
    found = _NUMBERED_PATH.fullmatch(path)
    return (found[1], int(found[2])) if found else None


def month_path(list_path: str, year: int, month: int) -> str:
    """Give the path of a month of the whole site, or of a section, by the path of its list."""
    return f"{list_path}{year:04}/{month:02}/"


def read_month_path(path: str) -> tuple[str, int, int] | None:
    """Give the path of the list (home or a section), the year and the month, or None when it isn't a month's path."""
    found = _MONTH_PATH.fullmatch(path)
    return (found[1], int(found[2]), int(found[3])) if found else None


def archive_path(list_path: str) -> str:
    """Give the path of the page that leads to all months of the site, or of a section, by the path of its list."""
    return f"{list_path}archive/"


def list_of_archive_path(path: str) -> str | None:
    """Give the path of the list whose months this page leads to, or None when it is another page."""
    found = _ARCHIVE_PATH.fullmatch(path)
    return found[1] if found else None


def data_path(path: str) -> str:
    """Give the path of the JSON beside an article's page, or beside a list's."""
    return f"{path}{JSON_FEED}" if path.endswith("/") else f"{path.removesuffix('.html')}.json"


def beside(path: str) -> tuple[str, ...]:
    """Give the paths of what is drawn together with a page: its feeds, its data, its sitemap, the desk's files."""
    if is_article_path(path):
        return (data_path(path),)
    if is_feed_path(path):
        return (path + RSS, path + ATOM, path + JSON_FEED)
    if is_list_path(path) or read_numbered_path(path):
        return (path + JSON_FEED,)
    if month := read_month_path(path):
        return (path + JSON_FEED, path + SITEMAP) if month[0] == HOME else (path + JSON_FEED,)
    if path == DESK:
        return tuple(DESK + name for name in source.desk())
    return (SITEMAP_INDEX,) if path == archive_path(HOME) else ()


def page_of(key: str) -> str:
    """Give the path of the page with which an object of the site bucket is drawn, by the object's key."""
    path = f"/{key}"
    if path == SITEMAP_INDEX:
        return archive_path(HOME)
    if _FILE_OF_DESK.fullmatch(path):
        return DESK
    if found := _BESIDE_A_PAGE.fullmatch(path):
        return found[1]
    if (found := _DATA_OF_ARTICLE.fullmatch(path)) and path not in (ARTICLE_SCHEMA, LIST_SCHEMA):
        return f"{found[1]}.html"
    return path


def is_reserved(path: str) -> bool:
    """Tell whether the site has, or may come to have, a page of its own at a path, or beside one; articles aside."""
    if path.split("/")[1] in RESERVED | {_WELL_KNOWN} or path in _SINGLE_PAGES or page_of(object_key(path)) != path:
        return True
    own_forms = (_LIST_PATH, _NUMBERED_PATH, _MONTH_PATH, _ARCHIVE_PATH)
    return any(form.fullmatch(path) for form in own_forms)


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


def preview_path(article_id: str, secret: str) -> str:
    """Give the path at which who knows the secret sees the preview of an article."""
    return f"/desk/preview/{article_id}/{secret}"


def archive_key(article_id: str, revision: int) -> str:
    """Give the key in the archive bucket of an article's revision."""
    return f"articles/{article_id}/{revision:06}.json"


def read_archive_key(key: str) -> tuple[str, int] | None:
    """Give the article's id and the revision's number, or None when it isn't a revision's key."""
    return read_upload_key(key)


def range_archive_key(list_path: str, number: int) -> str:
    """Give the key in the archive bucket of what a numbered page of a list holds."""
    return f"lists{list_path}{number:06}.json"


def article_tag(article_id: str) -> str:
    """Give the cache tag of everything that stands at an article's own paths."""
    return f"article-{article_id}"


LISTS_TAG: Final = "lists"
