"""`portal import` brings a folder in by the one way in: once, whatever happens, and says what became of each file."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from console import importing
from console.deployment import Deployment
from console.folder import Folder, FolderError
from console.importing import Imported
from tests.conftest import pumped
from tests.console.conftest import Portal
from tests.console.test_legacy_text import TCVN3_TEXT, TEXT
from tests.console.test_old_page import PAGE
from tests.faults import Crash
from tests.input.uploads import SITE
from tests.newsroom import Newsroom, article

NINJS = {
    "uri": "urn:newsml:agency.example:20190905:1",
    "contentCreated": "2019-09-06T01:00:00Z",
    "by": "Minh Khôi",
    "language": "vi-VN",
    "headlines": [{"role": "main", "value": "Chợ phiên họp lại"}],
    "descriptions": [{"role": "summary", "value": "Sau hai năm, chợ phiên lại đông."}],
    "bodies": [{"contentType": "text/html", "value": "<p>Bà con xuống chợ <img src=x></p><script>1</script>"}],
    "subjects": [{"name": "Kinh tế - Thị trường"}, {"name": "chợ phiên"}],
    "places": [{"name": "Bản Lả"}],
}
SETTINGS = """
name = "bao-cu"
time = "07:30"
[defaults]
section = "tin-tuc"
author = "Ban biên tập"
[sections]
"Kinh tế - Thị trường" = "kinh-te"
"Giáo dục" = "van-hoa-xa-hoi"
"""
MANIFEST = """file;old_urls;section
2019/khai-giang.txt;http://cu.vn/tin-tuc/khai-giang-12345.htm https://cu.vn/Pages/tin.aspx?id=7&utm_source=x;Giáo dục
cho.json;/bai-viet/77;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an article of each kind, one that is wrong, and a picture."""
    root = tmp_path / "articles"
    files: Mapping[str, object] = {
        "2019/khai-giang.txt": PAGE,
        "cho.json": NINJS,
        "xe-buyt.json": article(old_paths=["/tin-tức/xe buýt.htm"]),
        "thieu.json": article(title="Thiếu tác giả", author="", section="Không có"),
        "anh.jpg": "JPEG",
        "import.toml": SETTINGS,
        "import.csv": MANIFEST,
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return root


def report(path: Path) -> dict[str, dict[str, Any]]:
    """Read a report, by file."""
    return {each["file"]: each for each in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def told(newsroom: Newsroom) -> dict[tuple[str, str], dict[str, Any]]:
    """Give what is committed and judged, but for the moments."""
    moments = ("committed_at", "judged_at", "updated_at", "issued_at", "current", "shown")
    return {
        key: {name: value for name, value in item.items() if name not in moments}
        for key, item in newsroom.items().items()
        if key[0] not in ("awaited", "site") and key[1] != "touch"
    }


@pytest.mark.usefixtures("pumping")
def test_a_folder_is_brought_in_and_told_of(newsroom: Newsroom, command: Portal, folder: Path, tmp_path: Path) -> None:
    status, said, wrong = command("import", str(folder), "--report", str(tmp_path / "report"), "--editor", "Hà Thu")
    assert status == 2
    assert said.splitlines() == [
        "3 accepted",
        "1 refused",
        "Not carried over, with the number of files: /body <img> (1), /body <script> (1), /language (1), /places (1)",
    ]
    lines = report(tmp_path / "report")
    assert {file: line["result"] for file, line in lines.items()} == {
        "2019/khai-giang.txt": "accepted",
        "cho.json": "accepted",
        "xe-buyt.json": "accepted",
        "thieu.json": "refused",
        "anh.jpg": "ignored",
    }
    assert [(fault["pointer"], fault["code"]) for fault in lines["thieu.json"]["faults"]] == [
        ("/author", "empty"),
        ("/section", "section"),
    ]
    assert wrong.splitlines() == [
        f"thieu.json: {each['pointer']}: {each['message']}" for each in lines["thieu.json"]["faults"]
    ]
    page = lines["2019/khai-giang.txt"]
    assert page["url"].startswith("http://127.0.0.1")
    assert "/van-hoa-xa-hoi/xa-ban-la-khai-giang-nam-hoc-moi-" in page["url"]
    assert page["encoding"] == "utf-8"
    newsroom.settle()
    text = newsroom.text(newsroom.path(page["id"]))
    assert "qua cầu treo <Na Khâm>" in text
    assert "07:30" in text
    assert newsroom.status(page["id"])["verdict"]["outcome"] == "accepted"
    metadata = newsroom.portal.clients.s3.head_object(
        Bucket=newsroom.name("UploadsBucket"), Key=f"articles/{page['id']}/000001.json"
    )["Metadata"]
    assert metadata["editor"] == "H%C3%A0%20Thu"


@pytest.mark.usefixtures("pumping")
def test_old_addresses_lead_to_the_articles_also_when_these_move(
    newsroom: Newsroom, command: Portal, folder: Path, tmp_path: Path
) -> None:
    command("import", str(folder), "--report", str(tmp_path / "report"))
    newsroom.settle()
    lines = report(tmp_path / "report")
    asked = {
        "/tin-tuc/khai-giang-12345.htm": "2019/khai-giang.txt",
        "/tin-tuc/khai-giang-12345.htm?fbclid=1": "2019/khai-giang.txt",
        "/Pages/tin.aspx?id=7": "2019/khai-giang.txt",
        "/Pages/tin.aspx?utm_source=zalo&id=7": "2019/khai-giang.txt",
        "/bai-viet/77/": "cho.json",
        "/tin-t%E1%BB%A9c/xe%20bu%C3%BDt.htm": "xe-buyt.json",
    }
    for old, file in asked.items():
        answer = newsroom.read(old)
        assert (answer.status_code, answer.headers.get("Location")) == (301, newsroom.path(lines[file]["id"])), old
    assert newsroom.read("/bai-viet/77").headers["Location"] == "/bai-viet/77/"
    assert newsroom.read("/Pages/tin.aspx?id=8").status_code == 404
    moved = lines["2019/khai-giang.txt"]["id"]
    newsroom.submit(article(title="Tên mới, và không còn nhắc địa chỉ cũ"), moved)
    newsroom.portal.edge.replace({})
    for old in ("/tin-tuc/khai-giang-12345.htm", "/Pages/tin.aspx?id=7"):
        assert newsroom.read(old).headers["Location"] == newsroom.path(moved)


@pytest.mark.usefixtures("pumping")
def test_a_second_run_uploads_nothing(newsroom: Newsroom, command: Portal, folder: Path) -> None:
    command("import", str(folder))
    newsroom.settle()
    before, uploads = told(newsroom), list(newsroom.objects("UploadsBucket"))
    status, said, _ = command("import", str(folder))
    assert (status, said.splitlines()[:2]) == (2, ["3 there already", "1 refused"])
    assert list(newsroom.objects("UploadsBucket")) == uploads
    assert told(newsroom) == before


def test_a_dry_run_judges_everything_and_writes_nothing(
    newsroom: Newsroom, command: Portal, folder: Path, tmp_path: Path
) -> None:
    (folder / "lan-nua.json").write_text(json.dumps(article(old_paths=["/tin-tức/xe buýt.htm"])), encoding="utf-8")
    before = newsroom.items()
    status, said, wrong = command(
        "import", str(folder), "--dry-run", "--report", str(tmp_path / "report"), "--language", "vi"
    )
    assert (status, said.splitlines()[:2]) == (2, ["2 refused", "3 would be uploaded"])
    lines = report(tmp_path / "report")
    [first] = [file for file in ("lan-nua.json", "xe-buyt.json") if lines[file]["result"] == "would"]
    [second] = {"lan-nua.json", "xe-buyt.json"} - {first}
    assert lines[second]["faults"][0]["code"] == "old_path_taken"
    assert f"thuộc về bài {lines[first]['id']}" in wrong
    assert newsroom.items() == before
    assert list(newsroom.objects("UploadsBucket")) == []


@pytest.mark.usefixtures("pumping")
def test_what_was_refused_is_mended_in_the_folder_and_comes_in_with_the_next_run(
    newsroom: Newsroom, command: Portal, folder: Path
) -> None:
    taken = newsroom.submit(article(old_paths=["/bai-viet/77"]))
    status, _, wrong = command("import", str(folder))
    assert status == 2
    assert f"cho.json: /old_paths/0: The old path /bai-viet/77/ is that of the article {taken} already." in wrong
    assert command("import", str(folder))[2] == wrong, "told again, and uploaded once"
    (folder / "import.csv").write_text(MANIFEST.replace("/bai-viet/77", "/bai-viet/78"), encoding="utf-8")
    (folder / "thieu.json").unlink()
    status, said, wrong = command("import", str(folder))
    assert (status, wrong) == (0, "")
    assert said.splitlines()[:2] == ["1 accepted", "2 there already"]
    assert len(list(newsroom.objects("UploadsBucket"))) == 5


@pytest.mark.usefixtures("pumping")
def test_what_editors_or_an_earlier_run_have_made_of_an_article_is_left_alone(
    newsroom: Newsroom, command: Portal, folder: Path, tmp_path: Path
) -> None:
    command("import", str(folder), "--report", str(tmp_path / "report"))
    edited = report(tmp_path / "report")["xe-buyt.json"]["id"]
    newsroom.submit(article(title="Biên tập lại"), edited)
    assert command("import", str(folder))[1].splitlines()[0] == "3 there already"
    (folder / "xe-buyt.json").write_text(json.dumps(article(title="Khác")), encoding="utf-8")
    before = told(newsroom)
    status, said, _ = command("import", str(folder))
    assert (status, said.splitlines()[1]) == (2, "1 left alone, since another text is there under its id")
    assert told(newsroom) == before


def test_a_file_that_only_the_manifest_knows_is_named(command: Portal, folder: Path) -> None:
    with (folder / "import.csv").open("a", encoding="utf-8") as manifest:
        manifest.write("khong-co.txt;/x.htm;\n")
    status, _, wrong = command("import", str(folder), "--dry-run")
    assert status == 2
    assert "khong-co.txt: import.csv has a row for it" in wrong


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("import.toml", "name = ", "import.toml is not TOML"),
        ("import.toml", 'encoding = "koi8"\nzeit = 1\ntime = "25:00"', "import.toml: zeit is unknown"),
        ("import.toml", '[defaults]\nautor = "x"', "[defaults]: an article has no autor"),
        ("import.toml", '[sections]\n"a" = 1', "[sections] must be a table"),
        ("import.csv", "datei,section\n", "there must be a column “file”"),
        ("import.csv", "file,autor\n", "there is no column “autor”"),
        ("import.csv", "file,title\na.txt\n", "line 2 has not as many cells"),
        ("import.csv", "file,title\na.txt,x\na.txt,y\n", "a.txt has a row already"),
        ("import.csv", 'file,title\na.txt,"x', "import.csv: line 1: unexpected end"),
    ],
)
def test_settings_that_can_not_be_used_are_named(folder: Path, file: str, content: str, said: str) -> None:
    (folder / file).write_text(content, encoding="utf-8")
    with pytest.raises(FolderError) as caught:
        Folder.open(folder, SITE)
    assert said in str(caught.value)


def test_with_settings_that_can_not_be_used_nothing_is_done(newsroom: Newsroom, command: Portal, folder: Path) -> None:
    (folder / "import.toml").write_text("name = 1", encoding="utf-8")
    assert command("import", str(folder)) == (1, "", "import.toml: name must be text\n")
    assert list(newsroom.objects("UploadsBucket")) == []


def test_a_folder_that_is_none_is_told(command: Portal, tmp_path: Path) -> None:
    assert command("import", str(tmp_path / "none"))[0] == 1


# -- a run that dies


def imported(deployment: Deployment, folder: Path, each: Callable[[Imported], None]) -> None:
    opened = Folder.open(folder, SITE)
    sources = [opened.read(file) for file in opened.files()]
    importing.bring_in(deployment, sources, editor="import", at_once=2, patience=60, tell=each)


class Counting:
    """Counts the command's calls of AWS, and ends the process, or loses the answer, at one of them."""

    def __init__(self, deployment: Deployment) -> None:
        self.calls = 0
        self.dies_before: int | None = None
        self.dies_after: int | None = None
        for client in (deployment.table.client, deployment.s3):
            events = client.meta.events
            events.register("before-call", self._before)
            events.register("after-call", self._after)

    def _before(self, **_: object) -> None:
        self.calls += 1
        if self.calls == self.dies_before:
            raise Crash

    def _after(self, **_: object) -> None:
        if self.calls == self.dies_after:
            raise Crash


def test_a_run_that_dies_at_any_call_is_made_good_by_the_next(
    newsroom: Newsroom, served: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each death has a folder name of its own, so that one portal does for all of them."""
    # Nobody reads these articles, so that none has to be drawn.
    monkeypatch.setattr("console.importing.time.sleep", lambda _seconds: newsroom.portal.pump.step("IntakeFunction"))

    deployment = Deployment.of_this_machine(served)
    counting = Counting(deployment)

    def run(name: str, *, before: int | None = None, after: int | None = None) -> tuple[int, dict[str, Imported]]:
        (folder / "import.toml").write_text(SETTINGS.replace("bao-cu", name), encoding="utf-8")
        (folder / "import.csv").write_text(MANIFEST.replace("77", name), encoding="utf-8")
        counting.calls, counting.dies_before, counting.dies_after = 0, before, after
        done: dict[str, Imported] = {}
        try:
            imported(deployment, folder, lambda each: done.__setitem__(each.source.file, each))
        except Crash:
            return 0, done
        return counting.calls, done

    (folder / "2019/khai-giang.txt").unlink()
    (folder / "xe-buyt.json").unlink()
    calls, clean = run("sach")
    assert (calls, clean["cho.json"].result.value) == (6, "accepted")
    for number in range(1, calls + 1):
        for when in ("before", "after"):
            name = f"{when}{number}"
            assert run(name, **{when: number})[0] == 0, "it has died"
            run(name)
            _, done = run(name)
            results = {file: each.result.value for file, each in done.items()}
            assert results == {"cho.json": "already", "thieu.json": "refused"}, name
            article_id = done["cho.json"].source.article_id
            status = newsroom.status(article_id)
            assert (status["revision"], status["verdict"]["outcome"]) == (1, "accepted"), name
            keys = [key for key in newsroom.objects("UploadsBucket") if article_id in key]
            assert keys == [f"articles/{article_id}/000001.json"], name
            assert (f"claim#/bai-viet/{name}/", "claim") in newsroom.items()
    assert newsroom.dead_letters() == {}


def test_an_upload_whose_answer_was_lost_is_not_made_twice(newsroom: Newsroom, served: str, folder: Path) -> None:
    """The next attempt of botocore's meets what the one before has put there: 412."""
    deployment, other = Deployment.of_this_machine(served), Deployment.of_this_machine(served)
    done: list[Imported] = []

    def put_before(params: dict[str, Any], **_: object) -> None:
        key = params["url_path"].partition("/articles/")[2]
        opened = Folder.open(folder, SITE)
        [source] = [each for each in map(opened.read, opened.files()) if key.startswith(each.article_id)]
        importing._Run(other, "import")._put(source, 1)  # noqa: SLF001 (the very same call)

    deployment.s3.meta.events.register("before-call.s3.PutObject", put_before)
    with pumped(newsroom):
        imported(deployment, folder, done.append)
    assert sorted(each.result.value in ("accepted", "already") for each in done) == [False, True, True, True]
    assert all(key.endswith("/000001.json") for key in newsroom.objects("UploadsBucket"))


def test_two_runs_at_once_bring_each_article_in_once(newsroom: Newsroom, served: str, folder: Path) -> None:
    """The second one comes in at the very moment at which the first one gives out a number."""
    first, second = Deployment.of_this_machine(served), Deployment.of_this_machine(served)
    done: list[Imported] = []
    entered: list[bool] = []

    def enter(**_: object) -> None:
        if not entered:
            entered.append(True)
            imported(second, folder, done.append)

    first.table.client.meta.events.register("before-call.dynamodb.UpdateItem", enter)
    with pumped(newsroom):
        imported(first, folder, done.append)
    assert entered
    assert sorted({each.result.value for each in done}) == ["accepted", "already", "refused"]
    assert len(list(newsroom.objects("UploadsBucket"))) == 3
    assert all(key.endswith("/000001.json") for key in newsroom.objects("UploadsBucket"))


# -- encodings


@pytest.mark.usefixtures("pumping")
def test_an_old_page_in_tcvn3_comes_in_as_unicode_and_an_uncertain_one_is_refused(
    newsroom: Newsroom, command: Portal, tmp_path: Path
) -> None:
    root = tmp_path / "old"
    root.mkdir()
    (root / "import.toml").write_text(SETTINGS, encoding="utf-8")
    page = "Block_BanTin_Toolbar\n05/09/2019\n{0}\n{0}\nBlock_BanTin_ViewData\n{0}\n{0}\n"
    (root / "bai.txt").write_bytes(page.format(TCVN3_TEXT).encode("cp1252"))
    (root / "la.txt").write_bytes(page.format("Mötley Crüe naïve façade").encode("latin-1"))
    status, _, wrong = command("import", str(root), "--report", str(tmp_path / "report"), "--language", "vi")
    assert status == 2
    assert wrong.startswith("la.txt: /: Không xác định chắc chắn được bảng mã")
    line = report(tmp_path / "report")["bai.txt"]
    assert (line["encoding"], line["title"]) == ("tcvn3", TEXT)
    newsroom.settle()
    assert TEXT in newsroom.text(newsroom.path(line["id"]))


def test_what_is_not_judged_in_time_is_told_and_found_by_the_next_run(
    newsroom: Newsroom, command: Portal, folder: Path
) -> None:
    status, said, _ = command("import", str(folder), "--patience", "1")
    assert (status, said.splitlines()[:2]) == (2, ["1 refused", "3 uploaded, and without a verdict yet"])
    newsroom.settle()
    assert command("import", str(folder))[1].splitlines()[0] == "3 there already"


def test_each_upload_is_awaited_by_the_clock_as_the_desk_has_it(
    newsroom: Newsroom, command: Portal, folder: Path
) -> None:
    command("import", str(folder), "--patience", "1")
    assert len([key for key in newsroom.items() if key[0] == "awaited"]) == 3
    while newsroom.portal.pump.take("IntakeFunction"):
        pass  # the announcements are lost
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        newsroom.tick()
    assert command("import", str(folder))[1].splitlines()[0] == "3 there already"
