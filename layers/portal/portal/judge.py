"""The judgement of one upload's bytes: an article, or everything that is wrong with it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from portal import strict_json
from portal.article import MAX_UPLOAD_BYTES, Article, State, utc
from portal.markup import is_seen, sanitise, shown_text
from portal.old_paths import OldPathError, page_path
from portal.old_paths import read as read_old_path
from portal.paths import ARTICLE_ID
from portal.site import Site
from portal.strict_json import Fault, NotJSONError, pointer, shown, unknown_field
from portal.verdicts import MAX_FAULTS, too_large
from portal.vietnamese import composed, folded, is_mojibake

MAX_BODY_BYTES: Final = 3_000_000  # sanitised; less than half of what an article may be when it is read back
MAX_COMPRESSED_BYTES: Final = 300_000  # an item holds 400 KB at most, names and teaser included

_YEARS: Final = range(1900, 3000)  # in UTC, as a moment is stored: what was accepted may be uploaded again
_MOMENT = re.compile(
    r"(1[89]|2[0-9]|30)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
# Invisible characters that reorder or hide text: zero-width spaces, bidirectional overrides, the byte order mark.
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TEXT_FIELDS: Final = ("title", "summary", "author", "source", "change_note", "correction", "decision")

_TYPE_NAMES: Final = {
    "object": ("một đối tượng JSON { … }", "a JSON object { … }"),
    "array": ("một danh sách [ … ]", "a list [ … ]"),
    "string": ("một chuỗi văn bản", "text"),
}


def judge(content: bytes, site: Site) -> Article | list[Fault]:
    """Judge the bytes of an upload; nothing in them can raise.

    Returns:
        The accepted article, or every fault found, in the order of the fields.
    """
    if len(content) > MAX_UPLOAD_BYTES:
        return [too_large(MAX_UPLOAD_BYTES)]
    try:
        value, faults = strict_json.parse(content)
    except NotJSONError as error:
        return [error.fault]
    # A number that isn't one was reported by name already; its place in the tree is None now.
    reported = {fault.pointer for fault in faults if fault.code == "number"}
    faults += [fault for fault in _schema_faults(value) if fault.pointer not in reported]
    if not isinstance(value, dict):
        return list(dict.fromkeys(faults))
    value |= {field: _one_line(value[field]) for field in _TEXT_FIELDS if isinstance(value.get(field), str)}
    faults += _meaning_faults(value, site)
    body = ""
    if isinstance(value.get("body"), str) and value["body"].strip():
        body, fault = sanitise(value["body"])
        faults += [fault] if fault else []
        # Judged as readers would see it: what Word writes around each word, or a character reference, hides it.
        if is_mojibake(shown_text(body) if body else value["body"]):
            faults.append(Fault("/body", "legacy_encoding"))
    if faults:
        return sorted(dict.fromkeys(faults), key=_by_field)
    article = _article(value, body, site)
    for size, most in ((len(body.encode()), MAX_BODY_BYTES), (len(article.compressed()), MAX_COMPRESSED_BYTES)):
        if size > most:
            return [Fault("/body", "too_heavy", (("most", f"{most:,}"),))]
    return article


def _article(value: dict[str, Any], body: str, site: Site) -> Article:
    return Article(
        title=value["title"],
        summary=value["summary"],
        body=body,
        author=value["author"],
        section=value["section"],
        published_at=utc(_moment(value["published_at"])),
        language=value.get("language", site.language),
        source=value.get("source"),
        tags=_distinct(value.get("tags", [])),
        status=value.get("status", State.PUBLISHED),
        related=tuple(dict.fromkeys(value.get("related", []))),
        # One for each page, however it was written.
        old_paths=tuple({page_path(each): each for each in map(read_old_path, value.get("old_paths", []))}.values()),
        expires_at=utc(_moment(value["expires_at"])) if "expires_at" in value else None,
        change_note=value.get("change_note"),
        correction=value.get("correction"),
        decision=value.get("decision"),
        proposes=_proposed(value),
    )


def _proposed(value: dict[str, Any]) -> str | None:
    """Give what a review proposes; None for publication, which need not be said."""
    proposed = value.get("proposes")
    return None if proposed == State.PUBLISHED else proposed


def _distinct(tags: list[str]) -> tuple[str, ...]:
    """Keep the first of tags that differ only in case, tone place or diacritics."""
    kept: dict[str, str] = {}
    for tag in map(_one_line, tags):
        kept.setdefault(folded(tag), tag)
    return tuple(kept.values())


def _one_line(text: str) -> str:
    return composed(" ".join(_INVISIBLE.sub("", text).split()))


def _moment(text: str) -> datetime:
    """Read an ISO 8601 moment with an offset, as RFC 3339 profiles it.

    Raises:
        ValueError: it is no such moment, or outside the years 1900 to 2999.
    """
    moment = datetime.fromisoformat(text).astimezone(UTC) if _MOMENT.fullmatch(text) else None
    if moment is None or moment.year not in _YEARS:
        raise ValueError(text)
    return moment


def _meaning_faults(value: dict[str, Any], site: Site) -> Iterator[Fault]:
    """Find what no schema can know: the newsroom's sections, the order of moments, what texts look like."""
    section = value.get("section")
    if isinstance(section, str) and section.strip() and site.section(section) is None:
        choices = ", ".join(known.slug for known in site.sections)
        yield Fault("/section", "section", (("section", section), ("choices", choices)))
    try:
        if utc(_moment(value["expires_at"])) <= utc(_moment(value["published_at"])):
            yield Fault("/expires_at", "expires_first")
    except (KeyError, TypeError, ValueError):
        pass  # absent, or reported by the schema
    if "proposes" in value and value.get("status") != State.REVIEW:
        yield Fault("/proposes", "proposes")
    yield from _text_faults(value)
    # "$" in a JSON Schema pattern lets a line feed through in Python.
    for index, article_id in _strings("related", value):
        if not ARTICLE_ID.fullmatch(article_id):
            yield Fault(pointer("related", index), "id")
    for index, old_path in _strings("old_paths", value):
        try:
            read_old_path(old_path)
        except OldPathError as error:
            yield replace(error.fault, pointer=pointer("old_paths", index))


def _text_faults(value: dict[str, Any]) -> Iterator[Fault]:
    """Find the lines in a legacy encoding, and those in which nothing is seen, which no schema can know either."""
    for field in _TEXT_FIELDS:
        text = value.get(field)
        if not isinstance(text, str):
            continue
        if is_mojibake(text):
            yield Fault(pointer(field), "legacy_encoding")
        if not is_seen(text):
            yield Fault(pointer(field), "empty")
    for index, tag in _strings("tags", value):
        if not is_seen(tag):
            yield Fault(pointer("tags", index), "empty")


def _strings(field: str, value: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Give the texts of a list, with their places, if it is one."""
    items = _beginning(field, value.get(field))
    if isinstance(items, list):
        yield from ((index, item) for index, item in enumerate(items) if isinstance(item, str))


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(files("portal").joinpath("article.schema.json").read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Draft202012Validator:
    formats = FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(lambda value: not isinstance(value, str) or bool(_moment(value)))
    return Draft202012Validator(_schema(), format_checker=formats)


def _by_field(fault: Fault) -> int:
    """Give the place of a fault in a verdict: the whole upload, then the fields as the schema has them, then others."""
    fields = ["", *_schema()["properties"]]
    field = fault.pointer.split("/")[1] if fault.pointer else ""
    return fields.index(field) if field in fields else len(fields)


def _schema_faults(value: object) -> list[Fault]:
    if isinstance(value, dict):
        value = {field: _beginning(field, child) for field, child in value.items()}
    return [fault for error in _validator().iter_errors(value) for fault in _faults_of(error)]


def _beginning(field: str, value: object) -> object:
    """Give a list no longer than it takes to see that it's too long: the validator is slow on each item."""
    most = _schema()["properties"].get(field, {}).get("maxItems")
    return value[: most + 1] if most and isinstance(value, list) else value


def _faults_of(error: ValidationError) -> Iterator[Fault]:
    """Turn one error of the JSON Schema validator into faults with codes of our own."""
    place: tuple[str | int, ...] = tuple(error.absolute_path)
    limit: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    match error.validator:
        case "required":
            # The validator says this once for each missing field; the judgement keeps one fault of each.
            for field in limit:
                if field not in instance:
                    yield Fault(pointer(*place, field), "missing", (("field", field),))
        case "additionalProperties":
            known = list(schema["properties"])
            unknown = [field for field in instance if field not in known]
            # To look for a likeness takes time, and beyond so many no editor reads it.
            yield from (_misspelt_field(field, known) for field in unknown[:MAX_FAULTS])
            yield from (unknown_field(field) for field in unknown[MAX_FAULTS:])
        case "type":
            names = _TYPE_NAMES[limit]
            found = type(instance).__name__
            details = (("expected_vi", names[0]), ("expected_en", names[1]), ("found", _JSON_NAMES[found]))
            yield Fault(pointer(*place), "type", details)
        case "pattern":
            yield Fault(pointer(*place), "empty" if limit == r"\S" else "id")
        case "enum":
            yield Fault(pointer(*place), "choice", (("choices", ", ".join(limit)),))
        case "format":
            yield Fault(pointer(*place), "date_time")
        case "maxLength" | "maxItems":
            code = "too_long" if error.validator == "maxLength" else "too_many"
            yield Fault(pointer(*place), code, (("most", f"{limit:,}"),))
        case keyword:
            raise AssertionError(f"article.schema.json uses {keyword!r}, which has no code")


_JSON_NAMES: Final = {
    "NoneType": "null",
    "bool": "true/false",
    "int": "1, 2, 3…",
    "float": "1.5…",
    "str": "“…”",
    "list": "[ … ]",
    "dict": "{ … }",
}


def _misspelt_field(field: str, known: list[str]) -> Fault:
    nearest = get_close_matches(field[:60].lower(), known, n=1)
    if not nearest:
        return unknown_field(field)
    return Fault(pointer(shown(field)), "misspelt_field", (("field", shown(field)), ("nearest", nearest[0])))
