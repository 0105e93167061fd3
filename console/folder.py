"""A folder of articles to import: what its files are, and the upload that each of them becomes.

A file is an article as editors upload it, a ninjs document, or the text of an old page. `import.toml` says what
holds for all of them, `import.csv` what holds for each.
"""

import csv
import hashlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from console.legacy_text import ENCODINGS, EncodingError, read_text
from console.ninjs import from_ninjs, is_ninjs
from console.old_page import PageError, read_page
from portal import strict_json
from portal.article import Article, shortened
from portal.judge import judge
from portal.markup import CONTAINERS, RENAMED, TAGS, sanitise, shown_text
from portal.old_paths import OldPathError
from portal.old_paths import read as read_old_path
from portal.site import Site
from portal.strict_json import Fault, NotJSONError
from portal.table import TEASER_CHARACTERS
from portal.vietnamese import composed

SETTINGS: Final = "import.toml"
MANIFEST: Final = "import.csv"
MAX_FILE_BYTES: Final = 8_000_000
ID_LENGTH: Final = 16  # the desk's own ids have ten: nobody has to ask whether one of both is there already

_ID_LETTERS: Final = "0123456789bcdfghjkmnpqrstvwxyz"
_SUFFIXES: Final = {".json": "article", ".txt": "page"}
_LIST_FIELDS: Final = frozenset({"tags", "related", "old_paths"})
_OLD_URLS: Final = "old_urls"
_SEPARATOR: Final = "|"
_TAG: Final = re.compile(r"<([a-zA-Z][a-zA-Z0-9:]*)")


class FolderError(Exception):
    """The folder can't be read as it stands; the message names each place and what to do."""


@dataclass(frozen=True)
class Settings:
    """What holds for all files of a folder. `name` tells its articles from those of another folder."""

    name: str = ""
    encoding: str | None = None
    time: time = time()
    summary_from_body: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """One file, and what becomes of it: an upload, or faults for which there is none.

    `lost` names what the file has and an article has no place for; `judged` is the judgement of the upload by itself.
    """

    file: str
    kind: str
    article_id: str
    content: bytes = b""
    encoding: str = ""
    lost: tuple[str, ...] = ()
    judged: Article | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Folder:
    """A folder with its settings and its manifest."""

    root: Path
    settings: Settings
    rows: Mapping[str, Mapping[str, Any]]
    site: Site

    @classmethod
    def open(cls, root: Path, site: Site) -> Self:
        """Read what says how the folder is to be read.

        Raises:
            FolderError: with everything that is wrong with it.
        """
        if not root.is_dir():
            raise FolderError(f"{root} is no folder")
        try:
            return cls(root, _settings(root / SETTINGS), _rows(root / MANIFEST), site)
        except OSError as error:
            raise FolderError(f"{error.filename}: {error.strerror}") from error

    def files(self) -> list[str]:
        """List the files that are articles by their names, in an order that stays."""
        return sorted(name for name in self._every_file() if Path(name).suffix.lower() in _SUFFIXES)

    def ignored(self) -> list[str]:
        """List the other files: pictures, and whatever lies there besides."""
        return sorted(name for name in self._every_file() if Path(name).suffix.lower() not in _SUFFIXES)

    def missing(self) -> list[str]:
        """List the files that the manifest has a row for, and the folder has not."""
        return sorted(self.rows.keys() - {*map(_name, self._every_file())})

    def read(self, file: str) -> Source:
        """Make the upload of a file, and judge it."""
        kind = _SUFFIXES[Path(file).suffix.lower()]
        source = Source(file, kind, self._id(f"file:{_name(file)}"))
        try:
            with (self.root / file).open("rb") as opened:
                content = opened.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            return replace(source, faults=(Fault("", "not_readable", (("reason", str(error.strerror)),)),))
        if len(content) > MAX_FILE_BYTES:
            return replace(source, faults=(Fault("", "file_too_large", (("most", f"{MAX_FILE_BYTES:,}"),)),))
        try:
            source = self._page(source, content) if kind == "page" else self._json(source, content)
        except (PageError, EncodingError, NotJSONError) as error:
            return replace(source, faults=(error.fault,))
        judgement = judge(source.content, self.site)
        if isinstance(judgement, Article):
            return replace(source, judged=judgement)
        return replace(source, faults=tuple(judgement))

    def _every_file(self) -> Iterator[str]:
        for path in self.root.rglob("*"):
            name = path.relative_to(self.root)
            hidden = any(part.startswith(".") for part in name.parts)
            if path.is_file() and not path.is_symlink() and not hidden and str(name) not in (SETTINGS, MANIFEST):
                yield name.as_posix()

    def _id(self, key: str) -> str:
        """Give the id that the article of a source has each time: a hash, in the letters of the desk's ids."""
        number = int.from_bytes(hashlib.sha256(f"{self.settings.name}\n{key}".encode()).digest())
        letters = []
        for _ in range(ID_LENGTH):
            number, letter = divmod(number, len(_ID_LETTERS))
            letters.append(_ID_LETTERS[letter])
        return "".join(letters)

    def _page(self, source: Source, content: bytes) -> Source:
        read = read_text(content, self.settings.encoding)
        fields = read_page(read.text, zone=self.site.zone, at=self.settings.time)
        return self._upload(replace(source, encoding=read.encoding), fields)

    def _json(self, source: Source, content: bytes) -> Source:
        source = replace(source, encoding="utf-8")
        try:
            value = json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            value = None
        if is_ninjs(value):
            read = from_ninjs(
                value, {**{each.slug: each.slug for each in self.site.sections}, **self.settings.sections}
            )
            source = replace(source, kind="ninjs", article_id=self._id(f"uri:{read.uri}"), lost=read.lost)
            return self._upload(source, read.fields)
        value, faults = strict_json.parse(content)
        # What is no article, or says something twice, is judged as it is.
        if faults or not isinstance(value, dict):
            return replace(source, content=content)
        return self._upload(source, value)

    def _upload(self, source: Source, fields: Mapping[str, Any]) -> Source:
        """Write the upload: what the manifest says of the file, then what the file says, then what holds for all."""
        value = {**self.settings.defaults, **fields, **self.rows.get(_name(source.file), {})}
        urls = _texts(value.pop(_OLD_URLS, []))
        if urls:
            known = _texts(value.get("old_paths", []))
            value["old_paths"] = list(dict.fromkeys((*known, *map(_path_of, urls))))
        if isinstance(value.get("section"), str):
            value["section"] = self.settings.sections.get(value["section"], value["section"])
        body = value.get("body")
        lost = list(source.lost)
        if isinstance(body, str):
            lost += _lost_markup(body)
            if self.settings.summary_from_body and not value.get("summary") and (text := shown_text(sanitise(body)[0])):
                value["summary"] = shortened(" ".join(text.split()), TEASER_CHARACTERS)
        return replace(source, content=_written(value), lost=tuple(lost))


def _written(value: Mapping[str, Any]) -> bytes:
    """Write an upload: the same bytes each time, by which a later run knows it again."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _path_of(url: str) -> str:
    """Give the path of an address, in the way that is written; what is none stays as it is, for its verdict."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        return read_old_path(path)
    except OldPathError:
        return path


def _lost_markup(body: str) -> Iterator[str]:
    """Name the tags of a body that no page carries, with their number; the text within most of them stays."""
    names = Counter(found.lower() for found in _TAG.findall(body))
    for name, count in sorted(names.items()):
        if name not in TAGS | RENAMED.keys() | CONTAINERS and name not in _WRAPPERS:
            yield f"/body <{name}> × {count}"


_WRAPPERS: Final = frozenset("html head body span font tt big small label".split())


@cache
def _fields() -> frozenset[str]:
    schema = json.loads(files("portal").joinpath("article.schema.json").read_text(encoding="utf-8"))
    return frozenset(schema["properties"])


# -- the folder's own settings


def _settings(path: Path) -> Settings:
    if not path.exists():
        return Settings()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise FolderError(f"{SETTINGS} is not TOML in UTF-8: {error}") from error
    if faults := list(_faults_of_settings(given)):
        raise FolderError("\n".join(f"{SETTINGS}: {fault}" for fault in faults))
    if "time" in given:
        given["time"] = datetime.strptime(given["time"], "%H:%M").time()  # noqa: DTZ007 (a time of day)
    return Settings(**given)


def _faults_of_settings(given: Mapping[str, Any]) -> Iterator[str]:
    known = ("name", "encoding", "time", "summary_from_body", "defaults", "sections")
    yield from (f"{name} is unknown; there are {', '.join(known)}" for name in sorted(given.keys() - {*known}))
    if not isinstance(given.get("name", ""), str):
        yield "name must be text"
    if given.get("encoding", ENCODINGS[0]) not in ENCODINGS:
        yield f"encoding must be one of {', '.join(ENCODINGS)}"
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", str(given.get("time", "00:00"))):
        yield 'time must be a time of day, such as "08:00"'
    if not isinstance(given.get("summary_from_body", False), bool):
        yield "summary_from_body must be true or false"
    defaults = given.get("defaults", {})
    if not isinstance(defaults, dict):
        yield "[defaults] must be a table of an article's fields"
    else:
        yield from (f"[defaults]: an article has no {name}" for name in sorted(defaults.keys() - _fields()))
    sections = given.get("sections", {})
    if not isinstance(sections, dict) or not all(isinstance(each, str) for each in sections.values()):
        yield "[sections] must be a table of slugs, by the names that the files have for them"


def _rows(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Read the manifest: a row for a file, a column for a field."""
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except ValueError as error:
        raise FolderError(f"{MANIFEST} is not UTF-8: save it as “CSV UTF-8”") from error
    first = text.partition("\n")[0]
    # Where a comma parts the decimals, spreadsheets part the columns with something else.
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [str(each).strip() for each in reader.fieldnames or ()]
        reader.fieldnames = columns
        if faults := list(_faults_of_columns(columns)):
            raise FolderError("\n".join(f"{MANIFEST}: {fault}" for fault in faults))
        rows: dict[str, Mapping[str, Any]] = {}
        for row in reader:
            if None in row or None in row.values():
                raise FolderError(f"{MANIFEST}: line {reader.line_num} has not as many cells as there are columns")
            if (file := _name(row["file"])) in rows:
                raise FolderError(f"{MANIFEST}: line {reader.line_num}: {file} has a row already")
            rows[file] = dict(_cells(row))
    except csv.Error as error:
        raise FolderError(f"{MANIFEST}: line {reader.line_num}: {error}") from error
    return rows


def _name(file: str) -> str:
    """Give a file's name as the manifest and the folder both have it, whichever system each was written on."""
    return composed(file.strip().replace("\\", "/"))


def _faults_of_columns(columns: list[str]) -> Iterator[str]:
    if "file" not in columns:
        yield "there must be a column “file”"
    known = _fields() | {"file", _OLD_URLS}
    yield from (f"there is no column “{name}”" for name in columns if name not in known)
    yield from (f"the column “{name}” is there twice" for name, number in Counter(columns).items() if number > 1)


def _cells(row: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Give what a row says; an empty cell says nothing."""
    for name, cell in row.items():
        text = cell.strip()
        if not text or name == "file":
            continue
        if name in _LIST_FIELDS:
            yield name, [each.strip() for each in text.split(_SEPARATOR) if each.strip()]
        else:
            yield name, text
