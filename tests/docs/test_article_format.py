"""The page on the article format, held to the schema, the sanitiser and the messages."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from portal import markup
from portal.judge import MAX_UPLOAD_BYTES, judge
from portal.site import read_site
from portal.source import site_settings
from portal.verdicts import catalogue

PAGE = (Path(__file__).parents[2] / "docs/article-format.md").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(files("portal").joinpath("article.schema.json").read_text(encoding="utf-8"))
    return value


def test_every_field_is_in_the_table_with_its_limit_and_whether_it_is_required() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|.*\|$", PAGE.split("## HTML")[0], re.MULTILINE))
    assert rows.keys() == schema()["properties"].keys()
    assert {name for name, mark in rows.items() if mark == "✓"} == set(schema()["required"])
    for name, field in schema()["properties"].items():
        if "maxLength" in field:
            assert re.search(rf"^\| `{name}` \|[^|]*\| {field['maxLength']:,} \|", PAGE, re.MULTILINE)


def test_every_code_has_its_messages_and_there_is_no_other() -> None:
    sections = dict(re.findall(r"^### `(\w+)`\n\n(.*?\n.*?)\n", PAGE, re.MULTILINE))
    assert sections == {code: f"- {words['vi']}\n- {words['en']}" for code, words in catalogue().items()}


def test_the_html_that_is_kept_is_the_sanitisers() -> None:
    [kept] = re.findall(r"What is kept: (.*)\.$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", kept)) == markup.TAGS
    for tag, attributes in markup.ATTRIBUTES.items():
        name = "mọi thẻ / any tag" if tag == "*" else f"`{tag}`"
        assert f"| {name} | {' '.join(f'`{each}`' for each in sorted(attributes))} |" in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    for limit in (MAX_UPLOAD_BYTES, markup.MAX_TAGS, markup.MAX_DEPTH, markup.MAX_ENTITIES):
        assert f"{limit:,}" in PAGE


def test_the_example_is_accepted() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert not isinstance(judge(example.encode(), read_site(site_settings())), list)
