"""Draw a page: a pure function of its partition, the article it points to, the templates and the settings.

No clock, no random value and no unordered set comes in here: the same input gives the same bytes.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jinja2 import Environment
from markupsafe import Markup

from portal import metadata, paths, source
from portal.article import State
from portal.environment import MONTH_NAMES
from portal.public_data import Listing, PublicData, urn, written
from portal.site import LANGUAGES, Section, Site
from portal.vietnamese import slug, sort_key

if TYPE_CHECKING:
    from portal.table import Newest, Range, Revision, Step, Teaser  # brings boto3, which the build has no need of

_HTML: Final = "text/html; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"
_XML: Final = "application/xml; charset=utf-8"
_RSS: Final = "application/rss+xml; charset=utf-8"
_ATOM: Final = "application/atom+xml; charset=utf-8"
_JSON: Final = "application/json; charset=utf-8"
_JSON_FEED: Final = "application/feed+json; charset=utf-8"
_OF_DESK: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

# The newest articles stand on many lists, and on these again at the next change. About 5 KB each.
TEASERS_KEPT: Final = 5_000
NAMES_KEPT: Final = 5_000
REVISIONS_SHOWN: Final = 20  # on an article's page: it has to stay light

_DATA_PIECE: Final = "data"
_FEED_PIECES: Final = frozenset({"rss", "atom", "sitemap", "news"})


@dataclass(frozen=True)
class Drawing:
    """An object as it goes into the site bucket: its path, its body, and what the edge must know of it.

    Of its cache tags the first is the one by which it is purged when it changes; others are of articles that it shows.
    """

    path: str
    body: bytes
    content_type: str
    tags: tuple[str, ...]
    status: int = 200
    location: str | None = None


@dataclass(frozen=True)
class Link:
    """A name that leads to a page; to none when nothing of the name can stand in an address."""

    name: str
    path: str | None


class Related(NamedTuple):
    """An article that another one names, as readers have it."""

    id: str
    title: str
    path: str


@dataclass(frozen=True)
class Shell:
    """What stands around a page, as markup of the templates' own making."""

    head: str
    header: str
    links: str
    foot: str
    footer: str


@dataclass(frozen=True)
class RevisionView:
    """A revision as readers are told of it: what became of the article, when and why."""

    number: int
    state: State
    committed_at: datetime
    note: str | None


@dataclass(frozen=True)
class ArticleView:
    """An article as the templates see it: with its section, its moment in the newsroom's zone, its body as markup."""

    id: str
    title: str
    summary: str
    body: Markup
    author: Link
    source: str | None
    section: Section
    tags: tuple[Link, ...]
    language: str
    published_at: datetime
    updated_at: datetime | None  # when it has changed since readers had it first
    change_note: str | None
    correction: str | None
    decision: str | None
    revisions: tuple[RevisionView, ...]  # the newest first; none while it has not changed


@dataclass(frozen=True)
class TeaserView:
    """A teaser as the templates see it. `urn` names the article for good, whatever becomes of its address."""

    id: str
    urn: str
    title: str
    summary: str
    path: str
    section: Section
    author: str
    language: str
    published_at: datetime
    updated_at: datetime
    tags: tuple[str, ...]
    pieces: "Pieces"


class Pieces(dict[tuple[str, str], str]):
    """What stands of a teaser in lists, feeds and data, by kind and the page's language; each drawn when asked for."""

    def __init__(self, draw: Callable[[str, str], str]) -> None:
        super().__init__()
        self._draw = draw

    def __missing__(self, key: tuple[str, str]) -> str:
        piece = self[key] = self._draw(*key)
        return piece


@dataclass(frozen=True)
class FarewellView:
    """An article that was taken down, as the feeds tell of it."""

    urn: str
    left_at: datetime


class Artist:
    """Draws the pages of one site, each with what lies beside it: first the page itself, then its feeds and its data.

    `site_url` is the site's public address without a trailing slash, or empty.
    """

    def __init__(self, site: Site, site_url: str, environment: Environment) -> None:
        self.site = site
        self._site_url = site_url
        self._environment = environment
        self._words: dict[str, dict[str, str]] = tomllib.loads(source.words().read_text(encoding="utf-8"))
        self._data = PublicData(site_url)
        self._sites = {language: site.in_language(language) for language in LANGUAGES}
        # By the path of the list: of the sections that have a language of their own.
        self._languages = {each.path: each.language for each in site.sections if each.language}
        self._shells: dict[tuple[str, str], Shell] = {}
        self.teasers: dict[Teaser, TeaserView] = {}

    # Articles

    def article(
        self,
        path: str,
        version: int,
        revision: "Revision",
        others: Sequence["Teaser"],
        related: Sequence["Related"],
        *,
        public: Sequence["Step"] = (),
    ) -> tuple[Drawing, ...]:
        """Draw the page of a published article.

        Args:
            path: at which it stands.
            version: of the drawing.
            revision: what was committed of it last.
            others: the next older articles of its section.
            related: the published articles that it names.
            public: what readers have seen become of it, newest first.

        Raises:
            MetadataError: what the page says to programs is not what it shows.
        """
        view = self._article_view(revision, public)
        context = {
            "article": view,
            "revision": revision.number,
            "others": self._teasers(others),
            "related": related,
            "earlier": len(public) - REVISIONS_SHOWN,
            "data": paths.data_path(path),
        }
        html = self._text("article", path, version, view.language, context)
        metadata.check(html, path)
        # A purge of an article reaches every page that shows something of it.
        shown = (each.id for each in others), (each.id for each in related)
        tags = tuple(dict.fromkeys(map(paths.article_tag, (revision.article_id, *chain(*shown)))))
        data = self._data.article(
            path,
            version,
            view,
            revision=revision,
            updated_at=self._moment(revision.committed_at),
            related=related,
        )
        return Drawing(path, html.encode(), _HTML, tags), self._json(paths.data_path(path), data, tags)

    def notice(self, path: str, version: int, revision: "Revision") -> tuple[Drawing, ...]:
        """Draw the notice that stands in the place of a withdrawn article, with the reason if one was given."""
        view = self._article_view(revision)
        context = {"article": view, "reason": view.change_note}
        html = self._html("notice", path, version, view.language, context)
        tags = (paths.article_tag(revision.article_id),)
        data = self._data.withdrawn(path, version, view)
        return Drawing(path, html, _HTML, tags), self._json(paths.data_path(path), data, tags)

    def gone(self, path: str, version: int, revision: "Revision") -> tuple[Drawing, ...]:
        """Draw the page that says that there was an article here (410)."""
        html = self._html("gone", path, version, revision.article.language, {})
        tags = (paths.article_tag(revision.article_id),)
        data = self._json(paths.data_path(path), self._data.gone(path, version, revision.article_id), tags)
        return Drawing(path, html, _HTML, tags, status=410), replace(data, status=410)

    def redirect(self, path: str, version: int, article_id: str, location: str) -> tuple[Drawing, ...]:
        """Draw the page that leads from an article's former path to its present one (301)."""
        html = self._html("redirect", path, version, self.site.language, {"location": location})
        tags = (paths.article_tag(article_id),)
        page = Drawing(path, html, _HTML, tags, status=301, location=location)
        if not paths.is_article_path(path):
            return (page,)  # of an older system, which had no data of ours beside it
        data = self._json(paths.data_path(path), self._data.moved(location, version, article_id), tags)
        return page, replace(data, status=301, location=paths.data_path(location))

    # Lists

    def home(
        self, version: int, newest: "Newest", older: int | None, sections: Mapping[str, Sequence["Teaser"]]
    ) -> tuple[Drawing, ...]:
        """Draw the home page: the newest articles of the site, and the newest ones of each section.

        Args:
            version: of the drawing.
            newest: what is newest on the site, as it is shown.
            older: the number of the page that goes on from there.
            sections: the newest of each section, by its slug.
        """
        fronts = [(section, self._teasers(sections[section.slug])) for section in self.site.sections]
        context = {"fronts": [(section, entries) for section, entries in fronts if entries]}
        listing = Listing(paths.HOME, version, self.site.name, self.site.description)
        return self._list("home", listing, newest, older, context)

    def section(self, slug: str, version: int, newest: "Newest", older: int | None) -> tuple[Drawing, ...]:
        """Draw the list page of a section: its newest articles."""
        section = self._section(slug, self._language_of(paths.section_path(slug)))
        listing = self._listing(section.path, version, section.title)
        return self._list("section", listing, newest, older, {"section": section})

    def named(self, path: str, version: int, newest: "Newest", older: int | None) -> tuple[Drawing, ...]:
        """Draw the list page of a tag or an author; its name is written as its newest article has it."""
        tag, author = paths.named_of(path)
        words = self._words[self.site.language]
        label = words["tag"] if tag else words["author"]
        name = _name(newest.teasers, tag, author)
        listing = self._listing(path, version, f"{label}: {name}")
        return self._list("named", listing, newest, older, {"label": label, "name": name})

    def numbered(
        self, path: str, version: int, held: "Range", teasers: Sequence["Teaser"], newest: int
    ) -> tuple[Drawing, ...]:
        """Draw a numbered page of a list.

        Args:
            path: of the page.
            version: of the drawing.
            held: what it holds.
            teasers: its entries, newest first.
            newest: the number of the list's newest numbered page.
        """
        language = self._language_of(path)
        words = self._words[language]
        tag, author = paths.named_of(held.list_path)
        slug = paths.section_of(held.list_path)
        title = self._section(slug, language).title if slug else self.site.name
        of = _name(teasers, tag, author) if tag or author else title
        listing = self._listing(path, version, f"{of}, {words['page_number']} {held.number}")
        newer = held.number + 1
        older = paths.numbered_path(held.list_path, held.number - 1) if held.number > 1 else None
        context = {
            "name": of,
            "number": held.number,
            "list_path": held.list_path,
            "newer": paths.numbered_path(held.list_path, newer) if newer <= newest else held.list_path,
            "older": older,
        }
        views = self._teasers(teasers)
        html = self._page("numbered", listing, {"entries": views, **context})
        data = self._feed(listing, views, next_path=older)
        return html, data

    def month(self, path: str, version: int, teasers: Sequence["Teaser"], months: Sequence[str]) -> tuple[Drawing, ...]:
        """Draw a month of the site or of a section, day by day, and the month's sitemap.

        Args:
            path: of the page.
            version: of the drawing.
            teasers: all articles of the month, newest first.
            months: all months that the site or the section has a page of, `2026-11`, in their order.
        """
        list_path, year, month = paths.read_month_path(path) or (paths.HOME, 1, 1)
        slug = paths.section_of(list_path)
        language = self._language_of(path)
        name = MONTH_NAMES[language](year, month)
        of = self._section(slug, language).title if slug else self._words[language]["all_news"]
        views = self._teasers(teasers)
        days = [(day, list(entries)) for day, entries in groupby(views, lambda each: each.published_at.date())]
        this = f"{year:04}-{month:02}"
        listing = self._listing(path, version, f"{of}, {name}")
        earlier, later = [each for each in months if each < this][-1:], [each for each in months if each > this][:1]
        context = {
            "list_path": list_path,
            "name": of,
            "month": name,
            "days": days,
            "earlier": next((self._month_link(list_path, each) for each in earlier), None),
            "later": next((self._month_link(list_path, each) for each in later), None),
        }
        html = self._page("month", listing, context)
        data = self._feed(listing, views)
        drawings = html, data
        if list_path != paths.HOME:
            return drawings
        sitemap = self._xml("sitemap", path + paths.SITEMAP, version, {"pages": [path], "entries": views})
        return *drawings, sitemap

    def archive(self, path: str, version: int, months: Sequence[str]) -> tuple[Drawing, ...]:
        """Draw the page that leads to all months of the site or of a section, and for the site the index of sitemaps.

        Args:
            path: of the page.
            version: of the drawing.
            months: `2026-11`, in their order.
        """
        list_path = paths.list_of_archive_path(path) or paths.HOME
        slug = paths.section_of(list_path)
        language = self._language_of(path)
        words = self._words[language]
        of = self._section(slug, language).title if slug else words["all_news"]
        links = [self._month_link(list_path, each) for each in reversed(months)]
        years = [(year, list(each)) for year, each in groupby(links, lambda link: str(link.path)[len(list_path) :][:4])]
        listing = self._listing(path, version, f"{of}, {words['archive']}")
        context = {"name": of, "list_path": list_path, "years": years}
        html = self._page("archive", listing, context)
        if list_path != paths.HOME:
            return (html,)
        sitemaps = [paths.SECTIONS_SITEMAP, *(f"{link.path}{paths.SITEMAP}" for link in links)]
        return html, self._xml("sitemap_index", paths.SITEMAP_INDEX, version, {"sitemaps": sitemaps})

    # What the site needs besides

    def news_sitemap(self, version: int, teasers: Sequence["Teaser"]) -> tuple[Drawing, ...]:
        """Write the sitemap of what is news, newest first."""
        return (self._xml("news_sitemap", paths.NEWS_SITEMAP, version, {"entries": self._teasers(teasers)}),)

    def sections_sitemap(self, version: int) -> tuple[Drawing, ...]:
        """Write the sitemap of the site's lists."""
        pages = [each for front in self._fronts() for each in (front, paths.archive_path(front))]
        return (self._xml("sitemap", paths.SECTIONS_SITEMAP, version, {"pages": pages, "entries": []}),)

    def schema(self, path: str, version: int) -> tuple[Drawing, ...]:
        """Write a schema of the public data (JSON Schema 2020-12)."""
        return (self._json(path, self._data.schema(path, version)),)

    def not_found(self, version: int) -> tuple[Drawing, ...]:
        """Draw the page that the edge serves where there is none (404)."""
        html = self._html("not_found", paths.NOT_FOUND, version, self.site.language, {})
        return (Drawing(paths.NOT_FOUND, html, _HTML, (paths.LISTS_TAG,)),)

    def robots(self, version: int) -> tuple[Drawing, ...]:
        """Write `robots.txt` (RFC 9309)."""
        text = self._environment.get_template("robots.txt").render(
            site=self.site,
            site_url=self._site_url,
            sitemaps=(paths.SITEMAP_INDEX, paths.NEWS_SITEMAP),
            version=version,
        )
        return (Drawing(paths.ROBOTS, text.encode(), _TEXT, (paths.LISTS_TAG,)),)

    def desk(self, version: int) -> tuple[Drawing, ...]:
        """Draw the page of the editors' desk, with its style and its scripts beside it."""
        files = source.desk()
        # What is large is loaded when it is needed.
        bundles = {"rich-text.js", "word.js"} & files.keys()
        modules = [name for name in files if name.endswith(".js") and name not in bundles]
        context = {"has_rich_text": "rich-text.js" in bundles, "has_word": "word.js" in bundles, "modules": modules}
        html = self._html("desk", paths.DESK, version, self.site.language, context)
        page = Drawing(paths.DESK, html, _HTML, (paths.LISTS_TAG,))
        mark = f"\n/* version {version} */\n".encode()
        beside = (
            Drawing(paths.DESK + name, path.read_bytes() + mark, _OF_DESK[path.suffix], (paths.LISTS_TAG,))
            for name, path in files.items()
        )
        return page, *beside

    def _list(
        self, view: str, listing: Listing, newest: "Newest", older: int | None, context: Mapping[str, Any]
    ) -> tuple[Drawing, ...]:
        """Draw a list's own page with what lies beside it."""
        path, version = listing.path, listing.version
        entries = self._teasers(newest.teasers)
        older_path = paths.numbered_path(path, older) if older else None
        month = entries[0].published_at if entries and paths.is_feed_path(path) else None
        context = {
            "entries": entries,
            "older": older_path,
            "month": self._month_link(path, f"{month:%Y-%m}") if month else None,
            "topics": _topics(entries),
            "list_path": path,
            **context,
        }
        html = self._page(view, listing, context)
        beside = self._feed(listing, entries, next_path=older_path)
        if not paths.is_feed_path(path):
            return html, beside
        farewells = [FarewellView(urn(each.id), self._moment(each.left_at)) for each in newest.farewells]
        moments = [*(each.updated_at for each in entries), *(each.left_at for each in farewells)]
        feed = {
            "title": listing.title,
            "description": listing.description,
            "entries": entries,
            "farewells": farewells,
            "updated_at": max(moments, default=None),
            "path": path,
        }
        rss = self._xml("rss", path + paths.RSS, version, feed, _RSS)
        atom = self._xml("atom", path + paths.ATOM, version, feed, _ATOM)
        return html, rss, atom, beside

    def _listing(self, path: str, version: int, title: str) -> Listing:
        description = self._sites[self._language_of(path)].description
        return Listing(path, version, title, f"{title}. {description}")

    def _page(self, view: str, listing: Listing, context: Mapping[str, Any]) -> Drawing:
        context = {"title": listing.title, "description": listing.description, **context}
        html = self._html(view, listing.path, listing.version, self._language_of(listing.path), context)
        return Drawing(listing.path, html, _HTML, (paths.LISTS_TAG,))

    def _html(self, view: str, path: str, version: int, language: str, context: Mapping[str, Any]) -> bytes:
        return self._text(view, path, version, language, context).encode()

    def _text(self, view: str, path: str, version: int, language: str, context: Mapping[str, Any]) -> str:
        return self._environment.get_template(f"views/{view}.html").render(
            site=self._sites[language],
            site_url=self._site_url,
            words=self._words[language],
            language=language,
            path=path,
            canonical=self._site_url + path if self._site_url else None,
            version=version,
            shell=self._shell(language, path),
            **context,
        )

    def _shell(self, language: str, path: str) -> Shell:
        """Give what stands around a page: the same for all pages of a section, in one language."""
        section = next((each.path for each in self.site.sections if path.startswith(each.path)), "")
        # A section's own page is told from those below it.
        place = path if path in (paths.HOME, section) else f"{section}*"
        known = self._shells.get((language, place))
        if known is None:
            blocks: Any = self._environment.get_template("blocks/shell.html").module
            given = (self._sites[language], self._words[language], language)
            known = self._shells[language, place] = Shell(
                head=blocks.head(),
                header=blocks.site_header(*given, path),
                links=blocks.section_links(*given, path),
                foot=blocks.foot_sections(*given, path),
                footer=blocks.site_footer(*given),
            )
        return known

    def _xml(self, name: str, path: str, version: int, context: Mapping[str, Any], content_type: str = _XML) -> Drawing:
        language = self._language_of(path)
        own = {"site": self._sites[language], "language": language, "site_url": self._site_url, "own_path": path}
        context = {**own, "version": version, **context}
        text = self._environment.get_template(f"feeds/{name}.xml").render(context)
        return Drawing(path, text.encode(), content_type, (paths.LISTS_TAG,))

    def _feed(self, listing: Listing, entries: Iterable[TeaserView], *, next_path: str | None = None) -> Drawing:
        """Write the JSON Feed of a list's page."""
        language = self._language_of(listing.path)
        items = [entry.pieces[_DATA_PIECE, language] for entry in entries]
        text = self._data.feed(listing, language, items, next_path=next_path)
        return Drawing(listing.path + paths.JSON_FEED, text.encode(), _JSON_FEED, (paths.LISTS_TAG,))

    def _json(self, path: str, data: Mapping[str, Any], tags: tuple[str, ...] = (paths.LISTS_TAG,)) -> Drawing:
        return Drawing(path, written(data).encode(), _JSON, tags)

    def _article_view(self, revision: "Revision", public: Sequence["Step"] = ()) -> ArticleView:
        article = revision.article
        has_changed = len(public) > 1
        tags = sorted(article.tags, key=_sort_key)
        return ArticleView(
            id=revision.article_id,
            title=article.title,
            summary=article.summary,
            # The one place where text becomes markup: the sanitiser let it through before it was committed.
            body=Markup(article.body),  # noqa: S704
            author=_link(article.author, paths.author_path),
            source=article.source,
            section=self._section(article.section, article.language),
            tags=tuple(_link(tag, paths.tag_path) for tag in tags),
            language=article.language,
            published_at=self._moment(article.published_at),
            updated_at=self._moment(revision.committed_at) if has_changed else None,
            change_note=article.change_note,
            correction=article.correction,
            decision=article.decision,
            revisions=tuple(map(self._revision_view, public[:REVISIONS_SHOWN])) if has_changed else (),
        )

    def _revision_view(self, step: "Step") -> RevisionView:
        return RevisionView(step.revision, step.state, self._moment(step.committed_at), step.note)

    def _teasers(self, teasers: Iterable["Teaser"]) -> list[TeaserView]:
        return [self.teasers.get(each) or self._teaser(each) for each in teasers]

    def _teaser(self, teaser: "Teaser") -> TeaserView:
        """Make the view of a teaser, and keep it while there's room: the oldest gives way."""
        view = TeaserView(
            id=teaser.id,
            urn=urn(teaser.id),
            title=teaser.title,
            summary=teaser.summary,
            path=teaser.path,
            section=self._section(teaser.section, self.site.language),
            author=teaser.author,
            language=teaser.language,
            published_at=self._moment(teaser.published_at),
            updated_at=self._moment(teaser.updated_at),
            tags=teaser.tags,
            pieces=Pieces(lambda kind, language: self._piece(view, kind, language)),
        )
        if len(self.teasers) >= TEASERS_KEPT:
            del self.teasers[next(iter(self.teasers))]
        self.teasers[teaser] = view
        return view

    def _piece(self, view: TeaserView, kind: str, language: str) -> str:
        """Draw what stands of a teaser in pages of a language."""
        if kind == _DATA_PIECE:
            return self._data.item(view)
        template = "feeds/entry.xml" if kind in _FEED_PIECES else "blocks/entry.html"
        blocks: Any = self._environment.get_template(template).module
        site = self._sites[language]
        piece: str = getattr(blocks, kind)(
            view, site, self._section(view.section.slug, language), self._site_url, language
        )
        return piece

    def _section(self, slug: str, language: str) -> Section:
        """Give the section; one that the newsroom has dropped goes by its slug until its articles have moved."""
        return self._sites[language].section(slug) or Section(slug, slug)

    def _language_of(self, path: str) -> str:
        """Give the language of a list's page: that of its section, or else the site's."""
        own = (language for front, language in self._languages.items() if path.startswith(front))
        return next(own, self.site.language)

    def _fronts(self) -> Iterator[str]:
        """Give the paths of the lists that have months: home and the sections."""
        yield paths.HOME
        yield from (section.path for section in self.site.sections)

    def _month_link(self, list_path: str, month: str) -> Link:
        year, number = int(month[:4]), int(month[5:])
        name = MONTH_NAMES[self._language_of(list_path)](year, number)
        return Link(name, paths.month_path(list_path, year, number))

    def _moment(self, utc: str) -> datetime:
        return datetime.fromisoformat(utc).astimezone(self.site.zone)


# The same names of tags and authors come again and again.
_slug: Final = lru_cache(maxsize=NAMES_KEPT)(slug)
_sort_key: Final = lru_cache(maxsize=NAMES_KEPT)(sort_key)


def _link(name: str, path_of: Callable[[str], str]) -> Link:
    folded = _slug(name)
    return Link(name, path_of(folded) if folded else None)


def _name(teasers: Sequence["Teaser"], tag: str | None, author: str | None) -> str:
    """Give the name of a tag or an author as the newest article writes it; the slug when no article is left."""
    if tag is None:
        return next((each.author for each in teasers), str(author))
    names = (name for each in teasers for name in each.tags if _slug(name) == tag)
    return next(names, tag)


def _topics(entries: Sequence[TeaserView]) -> list[Link]:
    """Give the tags of a list's articles, each once, sorted by name."""
    links = (_link(tag, paths.tag_path) for entry in entries for tag in entry.tags)
    distinct: dict[str, Link] = {}
    for link in links:
        if link.path:
            distinct.setdefault(link.path, link)
    return sorted(distinct.values(), key=lambda link: _sort_key(link.name))
