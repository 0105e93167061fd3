"""The newsroom's own settings, from `site.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from portal.paths import section_path

LANGUAGES = ("vi", "en")


@dataclass(frozen=True)
class Section:
    """A part of the site that has a list page of its own."""

    slug: str
    title: str

    @property
    def path(self) -> str:
        """Path of the section's list page, such as `/tin-tuc/`."""
        return section_path(self.slug)


@dataclass(frozen=True)
class Site:
    """Who publishes, in which language and zone, under which sections."""

    name: str
    organisation: str
    description: str
    language: str
    zone: ZoneInfo
    sections: tuple[Section, ...]

    def section(self, slug: str) -> Section | None:
        """Give the section of that slug, or None when the newsroom has none such."""
        return next((section for section in self.sections if section.slug == slug), None)


def read_site(path: Path) -> Site:
    """Read `site.toml`.

    Raises:
        OSError: the file can't be read.
        ValueError: the file isn't TOML, or names a language that the pages have no words for.
        KeyError: a setting is missing (ZoneInfoNotFoundError for an unknown zone is one such).
    """
    settings: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    if settings["language"] not in LANGUAGES:
        raise ValueError(f"{path.name}: language must be one of {', '.join(LANGUAGES)}")
    return Site(
        name=settings["name"],
        organisation=settings["organisation"],
        description=settings["description"],
        language=settings["language"],
        zone=ZoneInfo(settings["zone"]),
        sections=tuple(Section(entry["slug"], entry["title"]) for entry in settings["sections"]),
    )
