"""`portal export` writes what readers have of articles, and nothing else of them."""

import json
from pathlib import Path

import pytest

from portal.judge import judge
from tests.console.conftest import Portal
from tests.console.test_ninjs import wrong
from tests.input.uploads import SITE, as_bytes
from tests.newsroom import Newsroom, article


def test_an_article_is_written_as_ninjs_by_its_id_path_or_address(newsroom: Newsroom, command: Portal) -> None:
    other = newsroom.submit(article(title="Bài khác"))
    article_id = newsroom.submit(article(related=[other], tags=["xe buýt"]))
    path = newsroom.path(article_id)
    status, said, wrong = command("export", article_id)
    assert (status, wrong) == (0, "")
    document = json.loads(said)
    assert document["standard"] == {
        "name": "ninjs",
        "version": "3.1",
        "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#",
    }
    assert document["headlines"][0]["value"] == article()["title"]
    assert document["associations"][0]["name"] == "Bài khác"
    [web] = document["renditions"]
    assert web["href"].endswith(path)
    assert command("export", path)[1] == said
    assert command("export", web["href"])[1] == said


def test_what_readers_have_is_written_and_not_what_editors_work_on(newsroom: Newsroom, command: Portal) -> None:
    article_id = newsroom.submit(article())
    newsroom.submit(article(title="Bản nháp mới", status="draft"), article_id)
    draft = newsroom.submit(article(status="draft"))
    assert json.loads(command("export", article_id)[1])["headlines"][0]["value"] == article()["title"]
    status, said, wrong = command("export", draft)
    assert (status, said, wrong) == (2, "", f"Readers have nothing of {draft}.\n")


def test_a_related_article_is_called_what_readers_call_it(newsroom: Newsroom, command: Portal) -> None:
    published = newsroom.submit(article(title="Bài đã đăng"))
    newsroom.submit(article(title="Tên chưa công bố", status="draft"), published)
    ahead = newsroom.submit(article(title="Bài hẹn giờ", published_at="2999-01-01T00:00:00Z"))
    article_id = newsroom.submit(article(related=[published, ahead]))
    document = json.loads(command("export", article_id)[1])
    assert [each["name"] for each in document["associations"]] == ["Bài đã đăng", ahead]


@pytest.mark.parametrize(("status", "headline"), [("withdrawn", True), ("gone", False)])
def test_of_what_was_taken_down_others_are_told_that_and_not_its_text(
    newsroom: Newsroom, command: Portal, status: str, *, headline: bool
) -> None:
    article_id = newsroom.submit(article(status=status), newsroom.submit(article()))
    said = command("export", article_id)[1]
    document = json.loads(said)
    assert (document["pubStatus"], document["representationType"]) == ("canceled", "partial")
    assert (article()["title"] in said) is headline
    assert article()["summary"] not in said
    assert "bodies" not in document
    assert wrong(document) == []


def test_all_that_readers_have_goes_into_a_folder_and_comes_in_again(
    newsroom: Newsroom, command: Portal, tmp_path: Path
) -> None:
    ids = {newsroom.submit(article(title=f"Bài {number}", old_paths=[f"/cu/{number}.htm"])) for number in range(2)}
    newsroom.submit(article(status="draft"))
    gone = newsroom.submit(article(status="gone"), newsroom.submit(article()))
    assert command("export", "--all", "--format", "json", "--to", str(tmp_path / "out")) == (0, "", "")
    written = {path.stem: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert written.keys() == ids | {gone}
    for article_id, content in written.items():
        table = newsroom.items()[f"article#{article_id}", "head"]
        accepted = judge(content, SITE)
        assert not isinstance(accepted, list)
        assert accepted.title == table["shown"]["M"]["title"]["S"]
    assert judge(as_bytes(json.loads(written[gone])), SITE) == judge(written[gone], SITE)


def test_what_is_no_order_is_told(command: Portal) -> None:
    assert command("export")[0] == 1
    assert command("export", "b1", "--all")[0] == 1
    assert command("export", "KHÔNG PHẢI")[0] == 1
