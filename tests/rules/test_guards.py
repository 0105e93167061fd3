"""Guards that only show when two runs meet, or when something is done twice: each test fails without its guard."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.article import MAX_UPLOAD_BYTES, Article, State
from portal.commit import Change, HeadMovedError, commit
from portal.table import Head, Table, Verdict
from portal.verdicts import Outcome
from tests.faults import Calls
from tests.newsroom import Newsroom, article


def test_a_second_judgement_never_writes_over_the_first_verdict(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 8: two runs judge a bad upload; the slower one's verdict comes an hour after the other's, and is dropped."""
    article_id = newsroom.upload(b"{}")
    verdict = f"article#{article_id}", "verdict#000001"
    first: list[dict[str, Any]] = []

    def judge_meanwhile(operation: str, _parameters: dict[str, Any]) -> None:
        if operation == "PutItem" and not first:
            first.append({})
            newsroom.portal.lambdas.forget("IntakeFunction")  # the other run is another process
            with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):
                newsroom.announce(article_id, 1)
            first.append(newsroom.items()[verdict])

    with calls.before(judge_meanwhile):
        newsroom.announce(article_id, 1)
    assert newsroom.items()[verdict] == first[1]


def test_a_stalled_run_can_not_put_an_older_first_drawing_over_a_newer_one(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 1: no ETag guards a page that does not stand yet; `If-None-Match: *` does."""
    article_id = newsroom.upload(article(body="<p>Bản một.</p>"))
    newsroom.portal.pump.step("IntakeFunction")
    path = newsroom.path(article_id)
    stalled: list[str] = []

    def draw_a_newer_one(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "PutObject" and parameters["Key"] == path[1:] and not stalled:
            stalled.append(path)
            newsroom.portal.lambdas.forget("RenderFunction")  # the other run is another process
            newsroom.upload(article(body="<p>Bản hai.</p>"), article_id)
            newsroom.portal.pump.step("IntakeFunction")
            newsroom.draw(path)

    with calls.before(draw_a_newer_one):
        newsroom.draw(path)
    assert stalled
    assert "Bản hai." in newsroom.content("SiteBucket", path[1:]).decode()
    assert newsroom.version(path[1:]) == 3  # the stalled run had put the first data, and then starts over


class Unread:
    """A body that no one may read."""

    def read(self) -> bytes:
        raise AssertionError("it is beyond its bound")


def test_what_is_beyond_its_bound_is_not_even_read(newsroom: Newsroom) -> None:
    """Rule 5: an upload is bounded before it is parsed, also one that came by another way than the desk's URL."""
    article_id = newsroom.submit(article())
    newsroom.portal.clients.s3.put_object(
        Bucket=newsroom.name("UploadsBucket"),
        Key=f"articles/{article_id}/000002.json",
        Body=b" " * (MAX_UPLOAD_BYTES + 1),
    )

    def not_to_be_read(parsed: dict[str, Any], **_: object) -> None:
        parsed["Body"] = Unread()

    newsroom.portal.lambdas.session.events.register("after-call.s3.GetObject", not_to_be_read)
    newsroom.portal.lambdas.forget()
    newsroom.announce(article_id, 2)
    verdict = newsroom.items()[f"article#{article_id}", "verdict#000002"]
    assert verdict["outcome"] == {"S": "rejected"}
    assert newsroom.dead_letters() == {}


def test_an_archived_revision_never_changes(newsroom: Newsroom) -> None:
    """Rule 8: whatever a record says later, the archive keeps what it was told first."""
    article_id = newsroom.submit(article())
    key = f"articles/{article_id}/000001.json"
    archived = newsroom.content("ArchiveBucket", key)
    item = newsroom.items()[f"article#{article_id}", "revision#000001"]
    image = {
        **item,
        "editor": {"S": "somebody-else"},
        "article": {"B": base64.b64encode(item["article"]["B"]).decode()},
    }
    record = {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {name: item[name] for name in ("pk", "sk")},
            "NewImage": image,
            "SequenceNumber": "1",
        },
    }
    answer = newsroom.portal.lambdas.invoke("RenderFunction", {"Records": [record]})
    assert answer == {"batchItemFailures": []}
    assert json.loads(archived)["editor"] == "editor"
    assert newsroom.content("ArchiveBucket", key) == archived
    newsroom.settle()
    assert newsroom.dead_letters() == {}


def test_the_sites_own_pages_are_drawn_once_for_each_deploy_and_not_each_minute(newsroom: Newsroom) -> None:
    keys = ("404.html", "robots.txt", "index.html", "tin-tuc/index.html")
    drawn = {key: newsroom.version(key) for key in keys}
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        for deploy in range(2):
            # A run of the old code may go on for a minute, and must not draw last.
            for seconds in (0, 59, 1, 0, 60):
                before_its_end = {key: newsroom.version(key) for key in keys}
                clock.shift(seconds)
                newsroom.tick()
                if seconds in (0, 59):
                    assert {key: newsroom.version(key) for key in keys} == before_its_end
            assert {key: newsroom.version(key) for key in keys} == {key: drawn[key] + deploy for key in keys}
            mark = newsroom.items()["site", "drawn"]
            newsroom.portal.clients.dynamodb.put_item(
                TableName=newsroom.name("Table"), Item=mark | {"fingerprint": {"S": f"deploy {deploy}"}}
            )


def a_change(upload: int) -> tuple[Change, Verdict]:
    """Give the change and the verdict of an upload of the article `b1`."""
    accepted = Article("Tên", "Tóm tắt", "<p>Chữ</p>", "Hà Thu", "tin-tuc", "2026-11-20T01:05:00Z", "vi")
    change = Change(
        "b1", accepted, State.PUBLISHED, upload, "editor", "e1", "2026-11-21T00:00:00Z", ZoneInfo("Asia/Ho_Chi_Minh")
    )
    return change, Verdict("b1", upload, Outcome.ACCEPTED, "2026-11-21T00:00:00Z")


@pytest.mark.parametrize("known", [0, 1], ids=["the first commit", "a later one"])
@pytest.mark.parametrize("standing", ["head", "revision", "verdict"])
def test_each_condition_of_a_commit_holds_by_itself(newsroom: Newsroom, known: int, standing: str) -> None:
    """Rules 1 and 8: another commit has been made since the head was read, and of its items only one is there.

    As after a restore of the table that some items missed: what stands must not be written over.
    """
    dynamodb, name = newsroom.portal.clients.dynamodb, newsroom.name("Table")
    table = Table(dynamodb, name)
    heads: list[Head | None] = [None]
    for upload in range(1, known + 2):
        heads.append(commit(table, heads[-1], *a_change(upload)))
    made = known + 1
    sorts = {"head": "head", "revision": f"revision#{made:06}", "verdict": f"verdict#{made:06}"}
    before = newsroom.items()
    for item, sort in sorts.items():
        key = {"pk": {"S": "article#b1"}, "sk": {"S": sort}}
        if item == "head" and known and standing != "head":
            read = heads[known]
            assert read
            table.put(read.item())
        elif item != standing:
            dynamodb.delete_item(TableName=name, Key=key)
    left = newsroom.items()
    change, verdict = a_change(made)
    with pytest.raises(HeadMovedError):
        commit(table, heads[known], change, verdict)
    assert newsroom.items() == left
    assert left["article#b1", sorts[standing]] == before["article#b1", sorts[standing]]
