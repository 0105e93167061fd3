"""A folder of articles: which files are read, what their uploads say, and that they say the same each time."""

import json
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from console.folder import MAX_FILE_BYTES, Folder, Source
from portal.paths import ARTICLE_ID
from tests.input.uploads import SITE, article


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def write(root: Path, **files: object) -> Folder:
    """Write files by their names (`bai_json` is bai.json), and open the folder."""
    for name, content in files.items():
        stem, _, suffix = name.rpartition("_")
        text = content if isinstance(content, str) else json.dumps(content)
        (root / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return Folder.open(root, SITE)


def uploaded(source: Source) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(source.content)
    return value


def test_what_the_manifest_says_goes_before_the_file_and_both_before_what_holds_for_all(root: Path) -> None:
    without_author = {name: value for name, value in article().items() if name != "author"}
    folder = write(
        root,
        import_toml='[defaults]\nauthor = "Chung"\nsource = "Báo cũ"\ntitle = "Không tiêu đề"',
        import_csv="file,title,tags\nbai.json,Tên trong bảng,a | b\n",
        bai_json=without_author,
    )
    value = uploaded(folder.read("bai.json"))
    expected = {"title": "Tên trong bảng", "tags": ["a", "b"], "author": "Chung", "source": "Báo cũ"}
    assert {name: value[name] for name in expected} == expected
    assert value["summary"] == article()["summary"]


@pytest.mark.parametrize("written", ["file;title\n{};Mới\n", "\ufefffile,title\n{},Mới\n", 'file\ttitle\n"{}"\tMới\n'])
def test_a_manifest_is_read_as_spreadsheets_write_it(root: Path, written: str) -> None:
    (root / "2019").mkdir()
    name = "2019/Bài viết.json"
    (root / normalize("NFD", name)).write_text(json.dumps(article()), encoding="utf-8")
    folder = write(root, import_csv=written.format(name.replace("/", "\\")))
    [file] = folder.files()
    assert uploaded(folder.read(file))["title"] == "Mới"
    assert folder.missing() == []


def test_what_is_no_article_is_told_and_what_hides_is_passed_over(root: Path) -> None:
    folder = write(root, bai_json=article(), anh_JPG="x", TIN_TXT="x", _DS="x")
    (root / ".git").mkdir()
    (root / ".git/x.json").write_text("{}")
    (root / "link.json").symlink_to(root / "bai.json")
    (root / ".an.json").write_text("{}")
    assert folder.files() == ["TIN.TXT", "bai.json"]
    assert folder.ignored() == ["anh.JPG"]


def test_an_id_stays_and_is_another_one_for_another_folder(root: Path) -> None:
    folder = write(root, bai_json=article(), tin_json={"uri": "urn:x:1"})
    first = folder.read("bai.json").article_id
    assert folder.read("bai.json").article_id == first
    assert ARTICLE_ID.fullmatch(first)
    ninjs = folder.read("tin.json").article_id
    (root / "tin.json").rename(root / "khac.json")
    assert folder.read("khac.json").article_id == ninjs
    write(root, import_toml='name = "khác"')
    assert Folder.open(root, SITE).read("bai.json").article_id not in (first, ninjs)


def test_the_same_file_gives_the_same_bytes(root: Path) -> None:
    folder = write(root, bai_json=article(), import_toml='[defaults]\nsource = "x"')
    one = folder.read("bai.json").content
    write(root, bai_json=dict(reversed(article().items())))
    assert folder.read("bai.json").content == one


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b'{"title": "a", "title": "b"}', "duplicate_field"),
        (b"[1]", "type"),
        (b"{", "json"),
        (b'{"title": "\xe1"}', "encoding"),
        (b"[" * 100_000, "depth"),
        (b"x" * (MAX_FILE_BYTES + 1), "file_too_large"),
        (json.dumps(article(body="x" * 1_100_000)).encode(), "too_large"),
    ],
    ids=["a field that comes twice", "a list", "no JSON", "no UTF-8", "deep", "a large file", "a large article"],
)
def test_what_is_wrong_with_a_file_is_told_as_of_an_upload(root: Path, content: bytes, codes: str) -> None:
    (root / "bai.json").write_bytes(content)
    source = Folder.open(root, SITE).read("bai.json")
    assert source.judged is None
    assert codes in {fault.code for fault in source.faults}


def test_a_ninjs_document_may_be_nested_deeper_than_an_article(root: Path) -> None:
    geo = {"type": "MultiPolygon", "coordinates": [[[[105.0, 22.0]]]]}
    folder = write(root, tin_json={"uri": "urn:x:1", "places": [{"name": "x", "geoJSON": {"features": [geo]}}]})
    source = folder.read("tin.json")
    assert (source.kind, source.lost) == ("ninjs", ("/places",))
    assert {fault.code for fault in source.faults} == {"missing"}


def test_the_summary_is_the_beginning_of_the_text_only_when_that_was_said(root: Path) -> None:
    bare = {name: value for name, value in article(body="<p>Một&nbsp;hai</p><p>ba</p>").items() if name != "summary"}
    folder = write(root, bai_json=bare)
    assert [fault.code for fault in folder.read("bai.json").faults] == ["missing"]
    folder = write(root, import_toml="summary_from_body = true")
    judged = folder.read("bai.json").judged
    assert judged
    assert judged.summary == "Một hai ba"


def test_old_urls_become_old_paths_once_each(root: Path) -> None:
    urls = "http://cu.example/a.htm?fbclid=1 https://www.cu.example/a.htm /cu/b https://cu.example/"
    folder = write(root, import_csv=f"file,old_urls\nbai.json,{urls}\n", bai_json=article(old_paths=["/c.htm"]))
    source = folder.read("bai.json")
    assert uploaded(source)["old_paths"] == ["/c.htm", "/a.htm", "/cu/b/", "/"]
    assert [(fault.pointer, fault.code) for fault in source.faults] == [("/old_paths/3", "old_path_of_site")]
