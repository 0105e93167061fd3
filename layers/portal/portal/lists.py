"""The lists on which an article stands."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from portal import paths
from portal.article import Article, utc
from portal.vietnamese import slug

# How long an article is news (Google's news sitemaps hold what was published in the last two days).
NEWS_DAYS: Final = 2


def lists_of(article: Article, zone: ZoneInfo, now: str) -> Iterator[str]:
    """Give the paths of the lists on which a published article stands, none twice.

    Its months are those of the newsroom's zone, not of UTC.
    """
    yield paths.HOME
    section = paths.section_path(article.section)
    yield section
    published = datetime.fromisoformat(article.published_at).astimezone(zone)
    yield paths.month_path(paths.HOME, published.year, published.month)
    yield paths.month_path(section, published.year, published.month)
    yield from dict.fromkeys(paths.tag_path(each) for each in map(slug, article.tags) if each)
    if author := slug(article.author):
        yield paths.author_path(author)
    if now < news_until(article.published_at):
        yield paths.NEWS_SITEMAP


def news_until(published_at: str) -> str:
    """Give the moment at which an article stops being news."""
    return utc(datetime.fromisoformat(published_at).astimezone(UTC) + timedelta(days=NEWS_DAYS))
