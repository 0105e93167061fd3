"""Uploads for the tests of the judgement: an article that is right, and ways to make it wrong."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hypothesis import settings

from portal.article import Article
from portal.judge import judge
from portal.site import read_site
from portal.strict_json import Fault

ROOT: Final = Path(__file__).parents[2]
SITE: Final = read_site(ROOT / "site.toml")
RIGHT: Final[Mapping[str, Any]] = {
    "title": "Xã Tân Hợp mở lại chợ phiên",
    "summary": "Sau hai năm, chợ phiên họp lại vào sáng Chủ Nhật.",
    "body": "<p>Từ tờ mờ sáng, bà con đã xuống chợ.</p>",
    "author": "Minh Khôi",
    "section": "tin-tuc",
    "published_at": "2026-11-22T06:30:00+07:00",
}

# The same examples in each run: a test that fails now and then tells nobody what broke it.
EXAMPLES: Final = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def article(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON value)
    """Give an article that is right, with some fields changed."""
    return {**RIGHT, **changes}


def without(*fields: str) -> dict[str, Any]:
    """Give an article that is right but for missing fields."""
    return {name: value for name, value in RIGHT.items() if name not in fields}


def as_bytes(value: object) -> bytes:
    """Write JSON as an editor's program would; lone surrogates as escapes."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def with_raw(field: str, raw: str) -> bytes:
    """Give an article one of whose fields has a value that json.dumps would not write."""
    return as_bytes(article(**{field: "PLACE"})).replace(b'"PLACE"', raw.encode())


def faults(content: bytes) -> list[Fault]:
    """Judge an upload that has to be refused."""
    judgement = judge(content, SITE)
    assert isinstance(judgement, list), judgement
    return judgement


def places(content: bytes) -> list[tuple[str, str]]:
    """Judge an upload that has to be refused: where, and why."""
    return [(fault.pointer, fault.code) for fault in faults(content)]


def accepted(content: bytes) -> Article:
    """Judge an upload that has to be accepted."""
    judgement = judge(content, SITE)
    assert isinstance(judgement, Article), judgement
    return judgement
