"""What readers have of articles, out of the archive, as other systems take it or as this one takes it in."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from console.deployment import Deployment
from console.ninjs import to_ninjs
from portal import paths
from portal.site import Site
from portal.table import Head, Revision

_AT_ONCE: Final = 100  # heads in one call


class Format(StrEnum):
    """How an article is written: as ninjs 3.1, or as editors upload it."""

    NINJS = "ninjs"
    JSON = "json"


def every_article(deployment: Deployment) -> Iterator[str]:
    """List the articles that the archive has, by their ids."""
    pages = deployment.s3.get_paginator("list_objects_v2").paginate(
        Bucket=deployment.names["ArchiveBucket"], Prefix="articles/"
    )
    keys = (paths.read_archive_key(entry["Key"]) for page in pages for entry in page.get("Contents", []))
    # Keys come in order, so that an article's revisions stand together.
    last = ""
    for article_id, _ in filter(None, keys):
        if article_id != last:
            yield article_id
        last = article_id


def exported(
    deployment: Deployment, site: Site, article_ids: Iterable[str], written_as: Format
) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Give articles as readers have them, by id; None for one of which they have nothing."""
    ids = iter(article_ids)
    while some := list(islice(ids, _AT_ONCE)):
        heads = deployment.table.heads(some)
        for article_id in some:
            head = heads.get(article_id)
            yield article_id, _document(deployment, site, head, written_as) if head and head.shown else None


def _document(deployment: Deployment, site: Site, head: Head, written_as: Format) -> Mapping[str, Any]:
    revision = _archived(deployment, head)
    if written_as is Format.JSON:
        return revision.article.as_json()
    related = deployment.table.heads(revision.article.related)
    titles = {article_id: each.current.title for article_id, each in related.items()}
    url = deployment.site_url + head.path if head.path else None
    return to_ninjs(revision, site, url, titles)


def _archived(deployment: Deployment, head: Head) -> Revision:
    """Read the revision that readers have; from the table, as long as its copy is on its way into the archive."""
    assert head.shown  # noqa: S101 (the caller has asked)
    return deployment.table.revision(head.article_id, head.shown.revision)
