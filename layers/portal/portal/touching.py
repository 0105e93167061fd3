"""What else must be drawn when a page has changed: the pages that show something of its partition.

An article's page shows the next older ones of its section and the related ones that it names, the home page the newest
of each section, a numbered page some of its list, a month's page leads to the months beside it. Nothing keeps a list of
all that: whose place it is is asked when it changes. A touch never causes touches.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal import paths
from portal.composing import FRONT_ENTRIES, HOME_ENTRIES, OTHERS, months
from portal.table import MONTH, Newest, Table, Teaser, page_partition


@dataclass(frozen=True)
class Touch:
    """A page to be drawn, and the cache tags to be purged then: its own when they are None."""

    path: str
    tags: tuple[str, ...] | None = None


def touches_of_list(
    table: Table, path: str, newest: Newest, entries: Mapping[str, bool], *, home_waits: bool
) -> Iterator[Touch]:
    """Give the pages that show entries of a list.

    Args:
        table: of the site.
        path: of the list.
        newest: what is newest on it, as it was read just now.
        entries: sort keys of entries that appeared, changed or left, each with whether it is new.
        home_waits: whether the home page is drawn after this anyway.
    """
    is_section = paths.section_of(path) is not None
    for key, is_new in entries.items():
        if newest.closed and key <= newest.closed.last and (held := table.range_of(path, key)):
            yield Touch(paths.numbered_path(path, held.number))
        if not is_section:
            continue
        # Copies at the edges are tagged with the articles that they show: with none that is new.
        tags = () if is_new else (paths.article_tag(key.partition("#")[2]),)
        yield from (Touch(each.path, tags) for each in _next_newer(table, path, newest, key))
        front = newest.teasers[:FRONT_ENTRIES]
        is_in_front = len(front) < FRONT_ENTRIES or key >= front[-1].key
        if is_in_front and (home_waits or _is_beyond_home(table, key)):
            yield Touch(paths.HOME)


def touches_of_article(table: Table, article_id: str) -> Iterator[Touch]:
    """Give the pages of the articles that name this one as related."""
    tag = paths.article_tag(article_id)
    yield from (Touch(path, (tag,)) for path in table.mentions(article_id))


def touches_of_first_month(table: Table, path: str) -> Iterator[Touch]:
    """Enter a month that has no page yet among the months of its list, and give the pages of those beside it.

    The month is entered first, so that of two that come at once at least one finds the other.
    """
    found = paths.read_month_path(path)
    if found is None:
        return
    list_path, year, month = found
    this = f"{year:04}-{month:02}"
    table.put_new({"pk": page_partition(paths.archive_path(list_path)), "sk": f"{MONTH}{this}"})
    known = months(table, list_path)
    for each in ([each for each in known if each < this][-1:], [each for each in known if each > this][:1]):
        yield from (Touch(paths.month_path(list_path, int(name[:4]), int(name[5:]))) for name in each)


def _is_beyond_home(table: Table, key: str) -> bool:
    """Tell whether the home page asks the section for an entry: the newer ones are in its own partition, too."""
    own = table.newest(paths.HOME, HOME_ENTRIES).teasers
    return len(own) == HOME_ENTRIES and key <= own[-1].key


def _next_newer(table: Table, path: str, newest: Newest, key: str) -> list[Teaser]:
    """Give the articles of a section that show the one of that key among the next older ones."""
    if newest.teasers and key >= newest.teasers[-1].key:
        return [each for each in newest.teasers if each.key > key][-OTHERS:]
    return list(table.entries(path, after=key, most=OTHERS))
