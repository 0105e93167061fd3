"""The page on exchange with other systems, held to what the commands do."""

import re
import tomllib
from pathlib import Path

import pytest

from console import importing
from console.__main__ import _parser
from console.exporting import Format
from console.folder import Folder, Settings
from console.importing import Result
from console.legacy_text import ENCODINGS
from console.ninjs import _SUMMARY_ROLES, to_ninjs
from portal.article import Article
from portal.old_paths import OldPathError, read
from portal.table import Revision
from tests.docs import markdown
from tests.input.uploads import SITE, accepted, article, as_bytes

TEXT = markdown.read("docs/import.md")


def test_every_result_is_told_and_no_other() -> None:
    rows = list(markdown.rows(markdown.section(TEXT, "What becomes of each file")))[1:]
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert told == {*Result, "ignored", "missing"}


def test_the_files_of_the_page_are_read_as_it_says(tmp_path: Path) -> None:
    [settings] = markdown.blocks(TEXT, "toml")
    page, manifest = markdown.blocks(TEXT, "text")
    for name, content in (("import.toml", settings), ("import.csv", manifest), ("2019/khai-giang.txt", page)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content.replace('"tcvn3"', '"utf-8"'), encoding="utf-8")
    folder = Folder.open(tmp_path, SITE)
    assert tomllib.loads(settings).keys() == Settings.__dataclass_fields__.keys()
    read_page = folder.read("2019/khai-giang.txt")
    assert read_page.faults == ()
    assert read_page.judged == Article(
        title="Xã Bản Lả khai giảng năm học mới",
        summary="Sáng 5/9, ba điểm trường của xã cùng đón học sinh lớp một.",
        body="<p>Từ sáng sớm, phụ huynh đã đưa con tới trường.</p>\n<p>Năm nay xã có 212 học sinh./.</p>",
        author="Hà Thu",
        section="van-hoa-xa-hoi",
        published_at="2019-09-05T01:00:00Z",
        language="vi",
        tags=("trường học", "Bản Lả"),
        old_paths=("/tin-tuc/khai-giang-12345.htm",),
    )


def test_every_encoding_is_told() -> None:
    assert f"of the .txt files: {', '.join(ENCODINGS)};" in TEXT


@pytest.mark.parametrize("block", ["import", "export"])
def test_the_commands_are_those_of_the_program(block: str) -> None:
    commands = "\n".join(markdown.blocks(TEXT, "sh")).splitlines()
    used = [line.partition("#")[0].split()[1:] for line in commands if line.startswith(f"./portal {block}")]
    assert used
    for arguments in used:
        _parser().parse_args(arguments)
    assert "`--at-once`" in TEXT
    assert f"never more than {importing.AT_ONCE} wait" in TEXT
    assert f"within {importing.PATIENCE_SECONDS // 60} minutes" in TEXT
    assert {*Format} == {"ninjs", "json"}


def test_the_old_paths_that_can_not_be_kept_are_refused_as_the_page_says() -> None:
    section = markdown.section(TEXT, "Old addresses")
    for path in re.findall(r"`(/[^`…]*)`", section):
        code = ""
        try:
            read(path)
        except OldPathError as error:
            code = error.fault.code
        line = next(line for line in section.splitlines() if f"`{path}`" in line)
        expected = {"/?p=7", "/tin?id=7", "/tin.html?id=7"}
        of_site = {"/gioi-thieu", "/desk/"}
        assert code == ("old_path_query" if path in expected else "old_path_of_site" if path in of_site else ""), line


def test_every_property_that_is_written_is_told() -> None:
    of = accepted(
        as_bytes(
            article(source="x", tags=["a"], related=["b1"], old_paths=["/a.htm"], expires_at="2999-01-01T00:00:00Z")
        )
    )
    revision = Revision("q85ccnd848", 1, 1, of.state_at("2020"), "", "", "2020-01-01T00:00:00Z", of)
    document = to_ninjs(revision, SITE, "https://portal.example/x.html", {})
    section = markdown.section(TEXT, "ninjs")
    assert [
        name for name in document if f"`{name}`" not in section and name not in ("type", "representationType")
    ] == []
    assert [role for role in _SUMMARY_ROLES if f"`{role}`" not in section] == []
