"""The page on the article format, held to the schema, the sanitiser and the messages."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from portal import judge, markup, strict_json, verdicts
from portal.article import MAX_UPLOAD_BYTES
from portal.site import read_site
from portal.source import site_settings

PAGE = (Path(__file__).parents[2] / "docs/article-format.md").read_text(encoding="utf-8")
FIELDS = PAGE.split("## HTML")[0]


def schema() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(files("portal").joinpath("article.schema.json").read_text(encoding="utf-8"))
    return value


def test_every_field_is_in_the_table_with_its_limit_and_whether_it_is_required() -> None:
    fields = schema()["properties"]
    rows = {
        name: (mark, limit)
        for name, mark, limit in re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", FIELDS, re.MULTILINE)
    }
    assert rows.keys() == fields.keys()
    assert {name for name, (mark, _) in rows.items() if mark == "✓"} == set(schema()["required"])
    assert {name: limit for name, (_, limit) in rows.items()} == {
        name: limit_of(field) for name, field in fields.items()
    }


def limit_of(field: dict[str, Any]) -> str:
    """Write the limit of a field as the table does."""
    if "maxItems" in field:
        longest = field["items"].get("maxLength") or re.search(r"(\d+)}", field["items"]["pattern"])[1]  # type: ignore[index]
        return f"{field['maxItems']} × {longest}"
    return str(field.get("maxLength", ""))


def test_every_choice_of_a_field_is_told_in_both_languages() -> None:
    for name, field in schema()["properties"].items():
        for choice in field.get("enum", []):
            [row] = re.findall(rf"^\| `{name}` \|.*$", FIELDS, re.MULTILINE)
            assert row.count(f"`{choice}`") == 2


def listed(beginning: str) -> set[str]:
    """Read the names in the line that begins so."""
    [line] = re.findall(rf"^(?:- )?{re.escape(beginning)}(.*)$", PAGE, re.MULTILINE)
    return set(re.findall(r"`([\w:]+)`", line.rsplit(": ", 1)[1] if ": " in line else line))


def test_the_html_that_is_kept_is_the_sanitisers() -> None:
    assert listed("Được giữ lại · What is kept: ") == markup.TAGS
    assert listed("Thành đoạn văn `p`") == markup.CONTAINERS
    assert listed("Bỏ cả nội dung · ") == markup.CONTENT_DROPPED
    assert listed("Liên kết · Links: ") == {f"{scheme}:" for scheme in markup.SCHEMES}
    assert dict(re.findall(r"`(\w+)` → `(\w+)`", PAGE)) == markup.RENAMED
    for tag, attributes in markup.ATTRIBUTES.items():
        name = "mọi thẻ / any tag" if tag == "*" else f"`{tag}`"
        assert f"| {name} | {' '.join(f'`{each}`' for each in sorted(attributes))} |" in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    rows = re.findall(r"^\|.*\| (\d+) \|$", PAGE.split("## Giới hạn")[1], re.MULTILINE)
    assert list(map(int, rows)) == [
        MAX_UPLOAD_BYTES,
        strict_json.MAX_DEPTH,
        markup.MAX_TAGS,
        markup.MAX_DEPTH,
        markup.MAX_ENTITIES,
        judge.MAX_BODY_BYTES,
        judge.MAX_COMPRESSED_BYTES,
        verdicts.MAX_FAULTS,
    ]


def test_the_example_is_accepted() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert not isinstance(judge.judge(example.encode(), read_site(site_settings())), list)
