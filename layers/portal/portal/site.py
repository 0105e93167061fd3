"""The newsroom's own settings, from `site.toml`."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from portal.paths import RESERVED, section_path

LANGUAGES = ("vi", "en")
_SLUG: Final = re.compile(r"[a-z0-9-]{1,60}")  # as long as an article's `section` may be
_YEAR: Final = re.compile(r"[0-9]{4}")


class SiteError(Exception):
    """`site.toml` can't be used; the message names each place in it and what to do."""


@dataclass(frozen=True)
class Section:
    """A part of the site that has a list page of its own, in a language of its own or in the site's."""

    slug: str
    title: str
    language: str | None = None

    @property
    def path(self) -> str:
        """Path of the section's list page, such as `/tin-tuc/`."""
        return section_path(self.slug)


@dataclass(frozen=True)
class Names:
    """What the site and its sections are called in one language."""

    name: str
    organisation: str
    description: str
    sections: Mapping[str, str]  # titles by slug


@dataclass(frozen=True)
class Site:
    """Who publishes, in which language and zone, under which sections. `names` is all that again, by language."""

    name: str
    organisation: str
    description: str
    language: str
    zone: ZoneInfo
    sections: tuple[Section, ...]
    names: Mapping[str, Names] = field(default_factory=dict)
    two_pairs_of_eyes: bool = False  # whether who submits may not approve

    def in_language(self, language: str) -> "Site":
        """Give the site as a page of that language names it: as it is when the newsroom has no names in that one."""
        names = self.names.get(language)
        if names is None:
            return self
        return replace(
            self,
            name=names.name,
            organisation=names.organisation,
            description=names.description,
            language=language,
            sections=tuple(replace(each, title=names.sections[each.slug]) for each in self.sections),
        )

    def section(self, slug: str) -> Section | None:
        """Give the section of that slug, or None when the newsroom has none such."""
        return next((section for section in self.sections if section.slug == slug), None)


def read_site(path: Path) -> Site:
    """Read `site.toml`.

    Raises:
        OSError: the file can't be read.
        SiteError: it can't be used.
    """
    try:
        settings: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SiteError(f"{path.name} is not TOML in UTF-8: {error}") from error
    if faults := list(_faults(settings)):
        raise SiteError("\n".join(f"{path.name}: {fault}" for fault in faults))
    return Site(
        name=settings["name"],
        organisation=settings["organisation"],
        description=settings["description"],
        language=settings["language"],
        zone=ZoneInfo(settings["zone"]),
        sections=tuple(Section(entry["slug"], entry["title"], entry.get("language")) for entry in settings["sections"]),
        names={language: Names(**settings[language]) for language in LANGUAGES if language in settings},
        two_pairs_of_eyes=settings.get("two_pairs_of_eyes", False),
    )


def _faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Say what has to be mended, place by place."""
    yield from _faults_of_names(settings)
    if settings.get("language") not in LANGUAGES:
        yield f"language must be one of {', '.join(LANGUAGES)}"
    if not _is_zone(settings.get("zone")):
        yield "zone must be the name of an IANA time zone, such as Asia/Ho_Chi_Minh"
    if not isinstance(settings.get("two_pairs_of_eyes", False), bool):
        yield "two_pairs_of_eyes must be true or false"
    sections = settings.get("sections")
    if isinstance(sections, list) and sections:
        yield from _faults_of_sections(sections)
    else:
        yield "there must be [[sections]], at least one"
        return
    for language in LANGUAGES:
        if language in settings:
            yield from (f"[{language}]: {fault}" for fault in _faults_of_translation(settings[language], sections))


def _faults_of_names(settings: Mapping[str, Any]) -> Iterator[str]:
    for name in ("name", "organisation", "description"):
        if not _is_text(settings.get(name)):
            yield f"{name} must be text, and not empty"


def _faults_of_translation(settings: object, sections: list[Any]) -> Iterator[str]:
    """All names or none: a page in that language has then nothing in another one."""
    if not isinstance(settings, dict):
        yield "it must be a table of names"
        return
    yield from _faults_of_names(settings)
    slugs = {each["slug"] for each in sections if isinstance(each, dict) and isinstance(each.get("slug"), str)}
    titles = settings.get("sections")
    given = titles if isinstance(titles, dict) else {}
    for slug in sorted(slugs - given.keys()):
        yield f"sections has no title for {slug}"
    for slug in sorted(given.keys() - slugs):
        yield f"sections has a title for {slug}, which is no section"
    for slug in sorted(slugs & given.keys()):
        if not _is_text(given[slug]):
            yield f"the title of {slug} must be text, and not empty"
    for name in sorted(settings.keys() - {"name", "organisation", "description", "sections"}):
        yield f"{name} is unknown"


def _faults_of_sections(sections: list[Any]) -> Iterator[str]:
    first: dict[str, int] = {}
    for number, entry in enumerate(sections, start=1):
        section = entry if isinstance(entry, dict) else {}
        slug = section.get("slug")
        if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
            yield f"section {number}: its slug must be 1 to 60 of the characters a-z, 0-9 and -, not {slug!r}"
        elif slug in RESERVED or _YEAR.fullmatch(slug):
            yield f"section {number}: the site has pages of its own below /{slug}/; choose another slug"
        elif first.setdefault(slug, number) != number:
            yield f"section {number}: {slug!r} is the slug of section {first[slug]}; choose another"
        if not _is_text(section.get("title")):
            yield f"section {number}: its title must be text, and not empty"
        if section.get("language", LANGUAGES[0]) not in LANGUAGES:
            yield f"section {number}: its language must be one of {', '.join(LANGUAGES)}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_zone(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, or a folder of zones
        return False
