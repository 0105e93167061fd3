"""What readers have of articles, as other systems take it or as this one takes it in."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from console.deployment import Deployment
from console.ninjs import to_ninjs
from portal import paths
from portal.article import State
from portal.site import Site
from portal.table import Revision

_AT_ONCE: Final = 100  # heads in one call
# What others are told of an article that was taken down: that it was, and no more of it than readers see.
_GONE: Final = frozenset("uri type standard version versionCreated pubStatus altIds".split())
_LEFT_OF: Final[Mapping[State, frozenset[str]]] = {
    State.WITHDRAWN: _GONE | {"headlines", "language", "renditions"},
    State.GONE: _GONE,
}


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
            if head and head.shown:
                revision = deployment.table.revision(article_id, head.shown.revision)
                yield article_id, _document(deployment, site, revision, head.path, written_as)
            else:
                yield article_id, None


def _document(
    deployment: Deployment, site: Site, revision: Revision, path: str | None, written_as: Format
) -> Mapping[str, Any]:
    if written_as is Format.JSON:
        return revision.article.as_json()
    related = deployment.table.heads(revision.article.related)
    # What editors call an article that is at work is not for others yet.
    titles = {article_id: each.shown.title for article_id, each in related.items() if each.shown and each.is_published}
    document = to_ninjs(revision, site, deployment.site_url + path if path else None, titles)
    kept = _LEFT_OF.get(revision.state)
    if kept is None:
        return document
    return {name: value for name, value in document.items() if name in kept} | {"representationType": "partial"}
