"""The site's public data: an article's JSON beside its page, and a JSON Feed (version 1.1) beside each list.

Programs find the schemas of both at the site itself, under `/schema/`; their names carry the version.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from portal import paths
from portal.article import iso

if TYPE_CHECKING:
    from portal.drawing import ArticleView, Related, RevisionView, TeaserView
    from portal.table import Revision

_FOLDER: Final = Path(__file__).parent
_SCHEMAS: Final = {
    paths.ARTICLE_SCHEMA: "public_article.schema.json",
    paths.LIST_SCHEMA: "public_list.schema.json",
}
_JSON_FEED_VERSION: Final = "https://jsonfeed.org/version/1.1"
_ARTICLES: Final = UUID("6f0a7f2c-3a58-5d0e-9b0c-7d1d5a6f4f7e")  # our own namespace of names (RFC 9562, version 5)


def written(data: Mapping[str, Any]) -> str:
    """Write a JSON document, its Vietnamese letters as they are."""
    return json.dumps(data, ensure_ascii=False)


def urn(article_id: str) -> str:
    """Give the name by which feeds know an article: the same whatever becomes of its address, and of the site's."""
    return uuid5(_ARTICLES, article_id).urn


@dataclass(frozen=True)
class Listing:
    """A list's page as it is drawn now: where, in which version, and what it says of itself."""

    path: str
    version: int
    title: str
    description: str


class PublicData:
    """Writes the JSON documents of one site. `site_url` is its address without a trailing slash, or empty."""

    def __init__(self, site_url: str) -> None:
        self._site_url = site_url

    def article(
        self,
        path: str,
        version: int,
        view: "ArticleView",
        *,
        revision: "Revision",
        updated_at: datetime,
        related: Sequence["Related"],
    ) -> dict[str, Any]:
        """Give a published article: all that its page shows of it."""
        article = revision.article
        return {
            **self._document("published", version, view.id),
            "url": self._site_url + path,
            "title": view.title,
            "summary": view.summary,
            "body_html": article.body,
            "author": self._linked(view.author.name, view.author.path),
            "section": {"slug": view.section.slug, **self._linked(view.section.title, view.section.path)},
            "tags": [self._linked(tag.name, tag.path) for tag in view.tags],
            "language": view.language,
            "published_at": iso(view.published_at),
            "updated_at": iso(updated_at),
            "revision": revision.number,
            "related": [{"id": each.id, **self._linked(each.title, each.path)} for each in related],
            **{
                name: value
                for name, value in (
                    ("source", view.source),
                    ("change_note", view.change_note),
                    ("correction", view.correction),
                    ("decision", view.decision),
                )
                if value is not None
            },
            **({"revisions": [self._revision(each) for each in view.revisions]} if view.revisions else {}),
        }

    def withdrawn(self, path: str, version: int, view: "ArticleView") -> dict[str, Any]:
        """Give what is left of a withdrawn article."""
        reason = {"reason": view.change_note} if view.change_note else {}
        decision = {"decision": view.decision} if view.decision else {}
        return {
            **self._document("withdrawn", version, view.id),
            "url": self._site_url + path,
            "title": view.title,
            **reason,
            **decision,
        }

    def gone(self, path: str, version: int, article_id: str) -> dict[str, Any]:
        """Give what is left of an article that is gone."""
        return {**self._document("gone", version, article_id), "url": self._site_url + path}

    def moved(self, location: str, version: int, article_id: str) -> dict[str, Any]:
        """Tell where an article has moved to."""
        return {
            **self._document("moved", version, article_id),
            "url": self._site_url + location,
            "data": self._site_url + paths.data_path(location),
        }

    def feed(self, listing: Listing, language: str, items: Iterable[str], *, next_path: str | None = None) -> str:
        """Write a list as a JSON Feed.

        Args:
            listing: the list's page.
            language: of its title and description.
            items: its entries, as `item` writes them.
            next_path: of the page with the next older entries.
        """
        following = {"next_url": self._site_url + next_path + paths.JSON_FEED} if next_path else {}
        feed = {
            "version": _JSON_FEED_VERSION,
            "title": listing.title,
            "home_page_url": self._site_url + listing.path,
            "feed_url": self._site_url + listing.path + paths.JSON_FEED,
            "description": listing.description,
            "language": language,
            **following,
            "_portal": {"schema": self._site_url + paths.LIST_SCHEMA, "drawing": _mark(listing.version)},
        }
        # The items come last, and are written already: most of them stand in other lists, too.
        return f'{written(feed)[:-1]}, "items": [{", ".join(items)}]}}'

    def schema(self, path: str, version: int) -> dict[str, Any]:
        """Give a schema as the site publishes it."""
        return {**_schema(_SCHEMAS[path]), "$id": self._site_url + path, "$comment": _mark(version)}

    def item(self, entry: "TeaserView") -> str:
        """Write an entry of a list's feed."""
        item = {
            "id": entry.urn,
            "url": self._site_url + entry.path,
            "title": entry.title,
            "content_text": entry.summary,
            "date_published": iso(entry.published_at),
            "date_modified": iso(entry.updated_at),
            "authors": [{"name": entry.author}],
            "tags": [*entry.tags],
            "language": entry.language,
            "_portal": {
                "id": entry.id,
                "section": entry.section.slug,
                "data": self._site_url + paths.data_path(entry.path),
            },
        }
        return written(item)

    def _document(self, state: str, version: int, article_id: str) -> dict[str, Any]:
        return {
            "$schema": self._site_url + paths.ARTICLE_SCHEMA,
            "drawing": _mark(version),
            "state": state,
            "id": article_id,
        }

    def _revision(self, revision: "RevisionView") -> dict[str, Any]:
        note = {"change_note": revision.note} if revision.note else {}
        moment = iso(revision.committed_at)
        return {"revision": revision.number, "state": revision.state.value, "committed_at": moment, **note}

    def _linked(self, name: str, path: str | None) -> dict[str, str]:
        return {"name": name, "url": self._site_url + path} if path else {"name": name}


def _mark(version: int) -> str:
    """Mark a drawing, so that no two of one object are the same bytes."""
    return f"version {version}"


@cache
def _schema(name: str) -> Mapping[str, Any]:
    schema: dict[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return schema
