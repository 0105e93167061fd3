"""Draw a page: a pure function of its partition, the article it points to, the templates and the settings.

No clock, no random value and no unordered set comes in here: the same input gives the same bytes.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    ModuleLoader,
    StrictUndefined,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context
from markupsafe import Markup

from portal import paths, source
from portal.site import Section, Site

if TYPE_CHECKING:
    from portal.table import Revision  # brings boto3, which the build has no need of

_HTML: Final = "text/html; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"

_WEEKDAYS: Final = {
    "vi": ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS: Final = "January February March April May June July August September October November December".split()


@dataclass(frozen=True)
class Drawing:
    """A page as it goes into the site bucket: its body, and what the edge must know of it."""

    body: bytes
    content_type: str
    tags: tuple[str, ...]
    status: int = 200
    location: str | None = None


@dataclass(frozen=True)
class ArticleView:
    """An article as the templates see it: with its section, its moment in the newsroom's zone, its body as markup."""

    id: str
    title: str
    summary: str
    body: Markup
    author: str
    source: str | None
    section: Section
    tags: tuple[str, ...]
    language: str
    published_at: datetime
    change_note: str | None


@dataclass(frozen=True)
class TeaserView:
    """A teaser as the templates see it."""

    title: str
    summary: str
    path: str
    section: Section
    author: str
    language: str
    published_at: datetime


class Artist:
    """Draws the pages of one site. `site_url` is its public address without a trailing slash, or empty."""

    def __init__(self, site: Site, site_url: str, environment: Environment) -> None:
        self._site = site
        self._site_url = site_url
        self._environment = environment
        self._words: dict[str, dict[str, str]] = tomllib.loads(source.words().read_text(encoding="utf-8"))

    def article(self, path: str, version: int, revision: "Revision") -> Drawing:
        """Draw the page of a published article."""
        view = self._article_view(revision)
        context = {"article": view, "revision": revision.number}
        body = self._html("article", path, version, view.language, context)
        return Drawing(body, _HTML, (paths.article_tag(revision.article_id),))

    def notice(self, path: str, version: int, revision: "Revision") -> Drawing:
        """Draw the notice that stands in the place of a withdrawn article, with the reason if one was given."""
        view = self._article_view(revision)
        context = {"article": view, "reason": view.change_note}
        body = self._html("notice", path, version, view.language, context)
        return Drawing(body, _HTML, (paths.article_tag(revision.article_id),))

    def gone(self, path: str, version: int, revision: "Revision") -> Drawing:
        """Draw the page that says that there was an article here (410)."""
        body = self._html("gone", path, version, revision.article.language, {})
        return Drawing(body, _HTML, (paths.article_tag(revision.article_id),), status=410)

    def redirect(self, path: str, version: int, article_id: str, location: str) -> Drawing:
        """Draw the page that leads from an article's former path to its present one (301)."""
        body = self._html("redirect", path, version, self._site.language, {"location": location})
        return Drawing(body, _HTML, (paths.article_tag(article_id),), status=301, location=location)

    def home(self, version: int, entries: Iterable[Mapping[str, Any]]) -> Drawing:
        """Draw the home page: the newest articles of all sections."""
        return self._list("home", paths.HOME, version, {"entries": self._teasers(entries)})

    def section(self, slug: str, version: int, entries: Iterable[Mapping[str, Any]]) -> Drawing:
        """Draw the list page of a section: its newest articles."""
        context = {"section": self._section(slug), "entries": self._teasers(entries)}
        return self._list("section", paths.section_path(slug), version, context)

    def not_found(self, version: int) -> Drawing:
        """Draw the page that the edge serves where there is none (404)."""
        return self._list("not_found", paths.NOT_FOUND, version, {})

    def robots(self, version: int) -> Drawing:
        """Write `robots.txt` (RFC 9309)."""
        text = self._environment.get_template("robots.txt").render(
            site=self._site, site_url=self._site_url, version=version
        )
        return Drawing(text.encode(), _TEXT, (paths.LISTS_TAG,))

    def _list(self, view: str, path: str, version: int, context: Mapping[str, Any]) -> Drawing:
        body = self._html(view, path, version, self._site.language, context)
        return Drawing(body, _HTML, (paths.LISTS_TAG,))

    def _html(self, view: str, path: str, version: int, language: str, context: Mapping[str, Any]) -> bytes:
        text = self._environment.get_template(f"views/{view}.html").render(
            site=self._site,
            site_url=self._site_url,
            words=self._words[language],
            language=language,
            path=path,
            canonical=self._site_url + path if self._site_url else None,
            version=version,
            **context,
        )
        return text.encode()

    def _article_view(self, revision: "Revision") -> ArticleView:
        article = revision.article
        return ArticleView(
            id=revision.article_id,
            title=article.title,
            summary=article.summary,
            # The one place where text becomes markup: the sanitiser let it through before it was committed.
            body=Markup(article.body),  # noqa: S704
            author=article.author,
            source=article.source,
            section=self._section(article.section),
            tags=article.tags,
            language=article.language,
            published_at=self._moment(article.published_at),
            change_note=article.change_note,
        )

    def _teasers(self, entries: Iterable[Mapping[str, Any]]) -> list[TeaserView]:
        return [
            TeaserView(
                title=entry["title"],
                summary=entry["summary"],
                path=entry["path"],
                section=self._section(entry["section"]),
                author=entry["author"],
                language=entry["language"],
                published_at=self._moment(entry["published_at"]),
            )
            for entry in entries
        ]

    def _section(self, slug: str) -> Section:
        """Give the section; one that the newsroom has dropped goes by its slug until its articles have moved."""
        return self._site.section(slug) or Section(slug, slug)

    def _moment(self, utc: str) -> datetime:
        return datetime.fromisoformat(utc).astimezone(self._site.zone)


def new_environment() -> Environment:
    """Make the templates' environment: escaped by default, and an undefined name is an error."""
    folder = source.templates()
    loader: BaseLoader = ModuleLoader(folder) if source.is_built() else FileSystemLoader(folder)
    environment = Environment(
        loader=loader,
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # Data in a page keeps its Vietnamese letters, and its keys their order.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}
    environment.filters |= {"date": _date, "long_date": _long_date, "iso": datetime.isoformat}
    return environment


@cache
def environment() -> Environment:
    """Give this process's environment, in which each template is loaded once."""
    return new_environment()


def _date(moment: datetime) -> str:
    return f"{moment:%d/%m/%Y}"


@pass_context
def _long_date(context: Context, moment: datetime) -> str:
    language = context["language"]
    weekday = _WEEKDAYS[language][moment.weekday()]
    if language == "vi":
        return f"{weekday}, {moment:%d/%m/%Y, %H:%M}"
    return f"{weekday}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M}"
