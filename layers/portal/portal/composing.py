"""Compose a page: read what its partition holds now, and have it drawn."""

from typing import Final

from portal import paths
from portal.article import State
from portal.drawing import Artist, Drawing, Related
from portal.numbering import PAGE_ENTRIES, newest_of
from portal.table import (
    MONTH,
    SELF,
    Item,
    Newest,
    Range,
    Revision,
    Step,
    Table,
    Teaser,
    moment_key,
    page_partition,
)

# Of each section on the home page.
FRONT_ENTRIES: Final = 3
# Of the home page's own entries, in which nearly every section has its newest: one query in the place of many.
HOME_ENTRIES: Final = 100
OTHERS: Final = 5  # older articles of its section beneath an article
# A numbered page holds twenty, but for those that come late: a page has to stay one that can be read.
NUMBERED_ENTRIES_AT_MOST: Final = 200
NEWS_AT_MOST: Final = 1000  # in Google's news sitemaps


class Composer:
    """Composes the pages of one site over its table."""

    def __init__(self, table: Table, artist: Artist) -> None:
        self._table = table
        self._artist = artist

    def newest(self, path: str) -> Newest | None:
        """Read what is newest on the list at a path, after closing what is full; None when it is no such list.

        Raises:
            TryLaterError: DynamoDB can't close it now.
        """
        if not paths.is_list_path(path):
            return None
        # One more than is shown: it tells where the rest begins.
        return newest_of(self._table, path, HOME_ENTRIES if path == paths.HOME else PAGE_ENTRIES + 1)

    def compose(self, path: str, version: int, newest: Newest | None = None) -> tuple[Drawing, ...]:
        """Draw a page with what lies beside it, from the present state of its partition.

        Args:
            path: of the page.
            version: of the drawing.
            newest: what `newest` gave just now; it is read when absent.

        Raises:
            LookupError: the site has no such page.
        """
        if paths.is_list_path(path):
            return self._list(path, version, newest or self._table.newest(path, HOME_ENTRIES))
        if numbered := paths.read_numbered_path(path):
            return self._numbered(path, version, numbered[0])
        if month := paths.read_month_path(path):
            teasers = list(self._table.entries(path, newest_first=True))
            return self._artist.month(path, version, teasers, months(self._table, month[0]))
        if list_path := paths.list_of_archive_path(path):
            return self._artist.archive(path, version, months(self._table, list_path))
        if path == paths.DESK:
            return self._artist.desk(version)
        return self._site_page(path, version) or self._own(path, version)

    def _site_page(self, path: str, version: int) -> tuple[Drawing, ...] | None:
        """Draw a page that the site has whatever is published; None when it is another one."""
        match path:
            case paths.NEWS_SITEMAP:
                teasers = list(self._table.entries(path, newest_first=True, most=NEWS_AT_MOST))
                return self._artist.news_sitemap(version, teasers)
            case paths.SECTIONS_SITEMAP:
                return self._artist.sections_sitemap(version)
            case paths.ARTICLE_SCHEMA | paths.LIST_SCHEMA:
                return self._artist.schema(path, version)
            case paths.NOT_FOUND:
                return self._artist.not_found(version)
            case paths.ROBOTS:
                return self._artist.robots(version)
            case _:
                return None

    def _list(self, path: str, version: int, read: Newest) -> tuple[Drawing, ...]:
        """Draw the newest of a list. What the numbered pages hold begins where it ends, or before."""
        newest = Newest(read.teasers[:PAGE_ENTRIES], read.farewells, read.closed)
        older = None
        if read.closed and len(read.teasers) > PAGE_ENTRIES:
            # The first that is not shown stands in the newest numbered page, or on one that this leads to.
            following = read.teasers[PAGE_ENTRIES]
            older = read.closed.number if following.key > read.closed.after else read.closed.number - 1
        if path == paths.HOME:
            return self._artist.home(version, newest, older, self._fronts(read))
        if slug := paths.section_of(path):
            return self._artist.section(slug, version, newest, older)
        return self._artist.named(path, version, newest, older)

    def _fronts(self, read: Newest) -> dict[str, list[Teaser]]:
        """Give the newest articles of each section: from the section itself those that are older than what is read."""
        fronts = {}
        for section in self._artist.site.sections:
            front = [each for each in read.teasers if each.section == section.slug][:FRONT_ENTRIES]
            if len(front) < FRONT_ENTRIES and len(read.teasers) == HOME_ENTRIES:
                known = {each.id for each in front}
                last = read.teasers[-1].key
                older = self._table.entries(section.path, last=last, newest_first=True, most=FRONT_ENTRIES)
                front += [each for each in older if each.id not in known]
            fronts[section.slug] = front[:FRONT_ENTRIES]
        return fronts

    def _numbered(self, path: str, version: int, list_path: str) -> tuple[Drawing, ...]:
        held = Range.from_item(self._item(path))
        newest = self._table.newest(list_path, 1).closed
        teasers = self._table.entries(
            list_path, after=held.after, last=held.last, newest_first=True, most=NUMBERED_ENTRIES_AT_MOST
        )
        return self._artist.numbered(path, version, held, list(teasers), newest.number if newest else held.number)

    def _own(self, path: str, version: int) -> tuple[Drawing, ...]:
        """Draw what stands at a path of an article, present or former."""
        item = self._item(path)
        if item["kind"] == "redirect":
            return self._artist.redirect(path, version, item["id"], item["to"])
        revision = self._table.revision(item["id"], int(item["revision"]))
        # An article that was only ever withdrawn has never been public.
        first_public = item.get("first_public")
        return self._article(path, version, revision, None if first_public is None else int(first_public))

    def preview(self, path: str, revision: Revision, first_public: int | None) -> str:
        """Draw the page at an article's path as it would be with a revision that may not be committed.

        Args:
            path: of the page.
            revision: what it would show; its state is one that readers see.
            first_public: the revision with which readers had the article first, if they had.
        """
        return self._article(path, 0, revision, first_public)[0].body.decode()

    def _article(self, path: str, version: int, revision: Revision, first_public: int | None) -> tuple[Drawing, ...]:
        """Draw an article's page by what has become of it: the article, a notice in its place, or that it is gone."""
        if revision.state is State.WITHDRAWN:
            return self._artist.notice(path, version, revision)
        if revision.state is State.GONE:
            return self._artist.gone(path, version, revision)
        article = revision.article
        own = moment_key(article.published_at, revision.article_id)
        section = paths.section_path(article.section)
        older = self._table.entries(section, last=own, newest_first=True, most=OTHERS + 1)
        others = [each for each in older if each.id != revision.article_id][:OTHERS]
        heads = self._table.heads(each for each in dict.fromkeys(article.related) if each != revision.article_id)
        related = [
            Related(each.article_id, each.shown.title, str(each.path))
            for each in heads.values()
            if each.shown and each.is_published
        ]
        public = self._public_steps(revision, first_public or revision.number)
        return self._artist.article(path, version, revision, others, related, public=public)

    def _public_steps(self, revision: Revision, first: int) -> list[Step]:
        """Give what readers have seen become of an article, newest first; one step is all while it has not changed."""
        if revision.number == first:
            return [revision.step()]
        steps = self._table.steps(revision.article_id, first=first, last=revision.number - 1, newest_first=True)
        return [revision.step(), *(step for step in steps if step.state.is_public)]

    def _item(self, path: str) -> Item:
        item = self._table.get(page_partition(path), SELF)
        if item is None:
            raise LookupError(f"nothing of the table stands at {path}")
        return item


def months(table: Table, list_path: str) -> list[str]:
    """Give the months that the site, or a section, has a page of: `2026-11`, in their order."""
    partition = page_partition(paths.archive_path(list_path))
    return [item["sk"].removeprefix(MONTH) for item in table.between(partition, MONTH, f"{MONTH}~")]
