"""Articles as ninjs, the IPTC's News in JSON, version 3.1: out of the portal, and in.

Names and meanings are those of `ninjs-schema_3.1.json` (https://iptc.org/std/ninjs/ninjs-schema_3.1.json). What an
article has and ninjs has no property for stands where the standard leaves the choice of a role to the provider, under
roles that begin with `portal:`. What ninjs has and an article has not is named by `Read.lost`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

from console.old_page import paragraphs_of
from portal.article import Article, State
from portal.markup import shown_text
from portal.public_data import urn
from portal.site import Site
from portal.strict_json import pointer
from portal.table import Revision

VERSION: Final = "3.1"
SCHEMA: Final = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"
MAX_TAGS: Final = 10

_OURS: Final = "portal:"
_ID: Final = "portal:id"
_OLD_PATH: Final = "portal:old_path"
_STATUS: Final = "portal:status"
# Fields of plain text that ninjs has no property for.
_TEXTS: Final = ("change_note", "correction", "decision", "proposes")
_SUMMARY_ROLES: Final = ("summary", "abstract", "lead", "ingress", "short")
_AUTHOR_RELATIONS: Final = ("author", "creator", "writer")
_UPLOADED: Final = frozenset({"summary", "body", "author", "section", "published_at"})  # of which ninjs has none
_PLAIN: Final = "text/plain"
_HTML: Final = "text/html"
_MARKUP: Final = (_HTML, "application/xhtml+xml", "body_xhtml")
_TAG: Final = re.compile("<[a-zA-Z]")
_PUB_STATUS: Final[Mapping[str, str]] = {State.PUBLISHED: "usable", State.WITHDRAWN: "canceled", State.GONE: "canceled"}
_WITHHELD: Final = "withheld"
# What the status of a publication comes to when no more is said.
_STATUS_OF: Final[Mapping[str, str]] = {"withheld": State.DRAFT, "canceled": State.WITHDRAWN}


def to_ninjs(revision: Revision, site: Site, url: str | None, titles: Mapping[str, str]) -> dict[str, Any]:
    """Give a revision of an article as a ninjs document.

    Args:
        revision: what was accepted.
        site: the newsroom's.
        url: at which readers find it; None when they don't.
        titles: those of the articles that it names as related, by id, as far as they are known.
    """
    article = revision.article
    section = site.section(article.section)
    is_ahead = article.published_at > revision.committed_at
    return {
        "uri": urn(revision.article_id),
        "type": "text",
        "representationType": "full",
        "standard": {"name": "ninjs", "version": VERSION, "schema": SCHEMA},
        "version": str(revision.number),
        "versionCreated": revision.committed_at,
        "contentCreated": article.published_at,
        **({"embargoedUntil": article.published_at} if is_ahead else {}),
        **({"expires": article.expires_at} if article.expires_at else {}),
        "pubStatus": _PUB_STATUS.get(article.status, _WITHHELD),
        "copyrightHolder": site.organisation,
        "language": article.language,
        "headlines": [{"role": "main", "contentType": _PLAIN, "value": article.title}],
        "descriptions": [{"role": role, "contentType": _PLAIN, "value": text} for role, text in _descriptions(article)],
        "bodies": [{"role": "main", "contentType": _HTML, **_counts(article.body), "value": article.body}],
        "by": article.author,
        **({"infoSources": [{"name": article.source}]} if article.source else {}),
        "subjects": [
            {"name": section.title if section else article.section, "rel": "section", "literal": article.section},
            *({"name": tag, "rel": "about"} for tag in article.tags),
        ],
        **({"renditions": [{"name": "web", "href": url, "contentType": _HTML}]} if url else {}),
        **({"associations": [_association(each, titles) for each in article.related]} if article.related else {}),
        "altIds": [
            {"role": _ID, "value": revision.article_id},
            *({"role": _OLD_PATH, "value": path} for path in article.old_paths),
        ],
    }


def _descriptions(article: Article) -> Iterator[tuple[str, str]]:
    """Give the texts that say something of the article, by their roles."""
    yield "summary", article.summary
    if _STATUS_OF.get(_PUB_STATUS.get(article.status, _WITHHELD), State.PUBLISHED) != article.status:
        yield _STATUS, article.status
    for name in _TEXTS:
        if text := getattr(article, name):
            yield _OURS + name, text


def _counts(body: str) -> dict[str, int]:
    text = shown_text(body)
    words = text.split()
    return {"charCount": len(" ".join(words)), "wordCount": len(words)}


def _association(article_id: str, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": titles.get(article_id, article_id),
        "uri": urn(article_id),
        "rel": "related",
        "altIds": [{"role": _ID, "value": article_id}],
    }


@dataclass(frozen=True)
class Read:
    """What a ninjs document says: the fields of an upload, its own name, and what of it no field has a place for.

    `lost` holds JSON pointers into the document.
    """

    fields: Mapping[str, Any]
    uri: str
    lost: tuple[str, ...] = ()


def is_ninjs(value: object) -> bool:
    """Tell a ninjs document, in which `uri` is all that must be there, from an article as editors upload it."""
    return isinstance(value, dict) and isinstance(value.get("uri"), str) and not _UPLOADED & value.keys()


def from_ninjs(document: Mapping[str, Any], sections: Mapping[str, str]) -> Read:
    """Read a ninjs document; nothing in it can raise.

    What it lacks is left out, so that the judgement of the upload names it.

    Args:
        document: any JSON object.
        sections: the slugs of sections, by the names, literals or URIs that subjects may have.
    """
    return _Reading(document, sections).read()


def _is_markup(body: Mapping[str, Any]) -> bool:
    """Tell whether a body is HTML. Without a type "their interpretation is up to the provider": its tags tell."""
    content_type = body.get("contentType")
    return content_type in _MARKUP if content_type else bool(_TAG.search(body["value"]))


@dataclass
class _Reading:
    """One reading of a document: which places of it were taken."""

    document: Mapping[str, Any]
    sections: Mapping[str, str]
    taken: set[str] = field(default_factory=set)

    def read(self) -> Read:
        self._take_what_says_nothing()
        fields = {
            "title": self._chosen("headlines", "main"),
            "summary": self._summary(),
            "body": self._body(),
            "author": self._text("by") or self._authors(),
            "published_at": self._published_at(),
            "expires_at": self._text("expires"),
            "language": self._language(),
            "source": self._source(),
            "status": self._status(),
            **{name: self._described(_OURS + name) for name in _TEXTS},
            **self._subjects(),
            "related": self._related(),
            "old_paths": self._alternatives("altIds", _OLD_PATH),
        }
        return Read(
            fields={name: value for name, value in fields.items() if value not in (None, [], "")},
            uri=self._text("uri") or "",
            lost=tuple(self._lost(self.document, ())),
        )

    # What is there

    def _at(self, *place: str | int) -> Any:  # noqa: ANN401 (any JSON value)
        value: Any = self.document
        for step in place:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _text(self, *place: str | int) -> str | None:
        """Take a text that stands at a place."""
        value = self._at(*place)
        if not isinstance(value, str):
            return None
        self.taken.add(pointer(*place))
        return value

    def _objects(self, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        values = self._at(name)
        if isinstance(values, list):
            yield from ((index, value) for index, value in enumerate(values) if isinstance(value, dict))

    def _lost(self, value: object, place: tuple[str | int, ...]) -> Iterator[str]:
        """Name what was not taken: a whole where nothing of it was, else the parts."""
        here = pointer(*place)
        if here in self.taken:
            return
        children: list[tuple[str | int, object]] = []
        if isinstance(value, dict):
            children = list(value.items())
        elif isinstance(value, list):
            children = list(enumerate(value))
        if not place or (children and any(each.startswith(f"{here}/") for each in self.taken)):
            for name, child in children:
                yield from self._lost(child, (*place, name))
        else:
            yield here

    # What it means

    def _take_what_says_nothing(self) -> None:
        """Take what every document says, or says twice: its standard, that it is a text, and whole."""
        self.taken.add("/standard")
        for name, usual in (("type", "text"), ("representationType", "full")):
            if self._at(name) == usual:
                self.taken.add(pointer(name))
        if self._at("title") in [each.get("value") for _, each in self._objects("headlines")]:
            self.taken.add("/title")

    def _value(self, name: str, index: int) -> str | None:
        """Take what an item of headlines, descriptions or bodies says, as plain text."""
        text = self._text(name, index, "value")
        if text is None:
            return None
        self.taken |= {pointer(name, index, part) for part in ("role", "contentType")}
        return unescape(shown_text(text)) if self._at(name, index, "contentType") in _MARKUP else text

    def _chosen(self, name: str, *roles: str) -> str | None:
        """Take the item that has one of the roles, else the first one."""
        items = [index for index, item in self._objects(name) if not str(item.get("role")).startswith(_OURS)]
        by_role = [index for role in roles for index in items if self._at(name, index, "role") == role]
        for index in [*by_role, *items]:
            if isinstance(self._at(name, index, "value"), str):
                return self._value(name, index)
        return None

    def _summary(self) -> str | None:
        return self._chosen("descriptions", *_SUMMARY_ROLES)

    def _described(self, role: str) -> str | None:
        found = [index for index, item in self._objects("descriptions") if item.get("role") == role]
        return self._value("descriptions", found[0]) if found else None

    def _body(self) -> str | None:
        """Take the body with markup, else the one of plain text, the main one first."""
        bodies = [
            (not _is_markup(item), item.get("role") != "main", index)
            for index, item in self._objects("bodies")
            if isinstance(item.get("value"), str)
        ]
        if not bodies:
            return None
        is_plain, _, index = min(bodies)
        text = self._text("bodies", index, "value") or ""
        self.taken |= {pointer("bodies", index, part) for part in ("role", "contentType", "charCount", "wordCount")}
        return paragraphs_of(line.strip() for line in text.splitlines() if line.strip()) if is_plain else text

    def _authors(self) -> str | None:
        named = []
        for index, person in self._objects("people"):
            if person.get("rel") in _AUTHOR_RELATIONS and (name := self._text("people", index, "name")):
                self.taken.add(pointer("people", index, "rel"))
                named.append(name)
        return ", ".join(named)

    def _published_at(self) -> str | None:
        """Take when readers may have it: the end of its embargo, else the best of what tells of its age."""
        for name in ("embargoedUntil", "contentCreated", "firstCreated", "versionCreated"):
            if moment := self._text(name):
                if moment == self._at("contentCreated"):
                    self.taken.add("/contentCreated")
                return moment
        return None

    def _language(self) -> str | None:
        language = self._at("language")
        if not isinstance(language, str):
            return None
        primary = language.split("-")[0].lower()
        if primary == language:
            self.taken.add("/language")
        return primary

    def _source(self) -> str | None:
        named = [index for index, item in self._objects("infoSources") if isinstance(item.get("name"), str)]
        return self._text("infoSources", named[0], "name") if named else None

    def _status(self) -> str | None:
        told = self._described(_STATUS)
        pub_status = self._text("pubStatus")
        return told or _STATUS_OF.get(pub_status or "")

    def _subjects(self) -> dict[str, Any]:
        """Take the section, and as tags the names of what else it is about."""
        section: str | None = None
        tags: list[str] = []
        for index, subject in self._objects("subjects"):
            if section is None and (section := self._section(subject)):
                self.taken.add(pointer("subjects", index))
            elif len(tags) < MAX_TAGS and (name := self._text("subjects", index, "name")):
                tags.append(name)
                if subject.get("rel") == "about":
                    self.taken.add(pointer("subjects", index, "rel"))
        return {"section": section, "tags": tags}

    def _section(self, subject: Mapping[str, Any]) -> str | None:
        """Give the slug of the section that a subject is, if it is one."""
        names = [name for each in ("literal", "name", "uri") if isinstance(name := subject.get(each), str)]
        known = [self.sections[name] for name in names if name in self.sections]
        return known[0] if known else names[0] if names and subject.get("rel") == "section" else None

    def _related(self) -> list[str]:
        """Take the articles of this portal that it names; others have no id here."""
        related = []
        for index, association in self._objects("associations"):
            alternatives = association.get("altIds")
            for each in alternatives if isinstance(alternatives, list) else []:
                if isinstance(each, dict) and each.get("role") == _ID and isinstance(each.get("value"), str):
                    related.append(each["value"])
                    self.taken.add(pointer("associations", index))
        return related

    def _alternatives(self, name: str, role: str) -> list[str]:
        found = []
        for index, item in self._objects(name):
            if item.get("role") == role and (value := self._text(name, index, "value")):
                self.taken.add(pointer(name, index, "role"))
                found.append(value)
        return found
