"""A plugin for Pelican: the next older articles of a section and a section's months, which it does not know."""

from itertools import groupby
from typing import Any

from pelican import signals


def find(generator: Any) -> None:  # noqa: ANN401 (Pelican has no types)
    """Give each article the next older ones of its section, and those that it names."""
    by_slug = {article.slug: article for article in generator.articles}
    for _, articles in generator.categories:
        for place, article in enumerate(articles):
            article.others = articles[place + 1 : place + 6]
            named = getattr(article, "related", "").split()
            article.related_articles = [by_slug[slug] for slug in named if slug in by_slug]


def write_months(generator: Any, writer: Any) -> None:  # noqa: ANN401 (Pelican has no types)
    """Write a page of each month of each section."""
    template = generator.get_template("period_archives")
    for section, articles in generator.categories:
        for month, some in groupby(articles, key=lambda article: article.date.strftime("%Y/%m")):
            listed = list(some)
            writer.write_file(f"{section.slug}/{month}/index.html", template, generator.context, dates=listed)


def register() -> None:
    """Be called by Pelican."""
    signals.article_generator_finalized.connect(find)
    signals.article_writer_finalized.connect(write_months)
