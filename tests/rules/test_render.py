"""The rules of drawing: one writer for each page, each drawing a version of its own, and a purge after every write."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.faults import Calls, Crash, always, once, refusal
from tests.newsroom import Newsroom, article

HOME = "index.html"


def test_a_stalled_run_can_not_put_an_older_list_over_a_newer_one(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 1: one run has fenced and read; before it puts, another draws a newer list. The first must start over."""
    article_id = newsroom.submit(article())
    stalled: list[str] = []

    def withdraw_while_it_stalls(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "PutObject" and parameters["Key"] == HOME and not stalled:
            stalled.append(HOME)
            newsroom.portal.lambdas.forget("RenderFunction")  # the other run is another process
            newsroom.upload(article(status="withdrawn"), article_id)
            while newsroom.portal.pump.step("IntakeFunction"):
                pass
            newsroom.draw("/")

    with calls.before(withdraw_while_it_stalls):
        newsroom.draw("/")

    assert stalled
    assert article()["title"] not in newsroom.content("SiteBucket", HOME).decode()


def test_the_fence_is_read_before_the_partition(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 1: an article committed after the query and drawn before the HEAD would be lost from the list."""
    newsroom.settle()
    calls.seen.clear()
    newsroom.draw("/")
    operations = [name for name, _ in calls.seen]
    assert operations[:3] == ["HeadObject", "Query", "PutObject"]
    assert calls.seen[1][1]["ConsistentRead"] is True
    assert "IndexName" not in calls.seen[1][1]


def test_publish_then_withdraw_gives_no_stalled_run_a_matching_etag(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 2: without a mark, the list before and after a publish and its withdrawal is the same bytes."""
    empty = newsroom.content("SiteBucket", HOME)
    article_id = newsroom.submit(article())
    newsroom.submit(article(status="withdrawn"), article_id)
    again = newsroom.content("SiteBucket", HOME)
    assert empty != again
    mark = f"<!-- version {newsroom.version(HOME)} -->"
    assert mark in again.decode()
    assert again.decode().replace(mark, "") == empty.decode().replace("<!-- version 1 -->", "")
    assert calls.seen


def test_a_drawing_always_puts_even_when_nothing_changed(newsroom: Newsroom) -> None:
    """Rule 2: a version is raised by every drawing."""
    before = newsroom.version(HOME)
    for _ in range(3):
        newsroom.draw("/")
    assert newsroom.version(HOME) == before + 3


def test_the_purge_is_asked_for_after_the_put_and_even_when_nothing_changed(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 3."""
    newsroom.draw("/")
    operations = [name for name, _ in calls.seen]
    assert operations.index("SendMessage") > operations.index("PutObject")


def test_a_crash_between_put_and_purge_leaves_no_edge_stale(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 3: the records are delivered again, and the purge is sent although the page is already drawn."""
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    newsroom.read(path)
    newsroom.upload(article(body="<p>Bản sửa.</p>"), article_id)
    crash = once("SendMessage", Crash(), QueueUrl=newsroom.name("PurgeQueue"))
    with calls.before(crash), pytest.raises(Crash):
        newsroom.settle()
    newsroom.settle()
    assert "Bản sửa." in newsroom.text(path)


def test_an_upload_that_is_deleted_changes_nothing_on_the_site(newsroom: Newsroom) -> None:
    """Rule 4."""
    article_id = newsroom.submit(article())
    key = f"articles/{article_id}/000001.json"
    newsroom.portal.clients.s3.delete_object(Bucket=newsroom.name("UploadsBucket"), Key=key)
    newsroom.settle()
    newsroom.tick()
    assert newsroom.read(newsroom.path(article_id)).status_code == 200
    assert article()["title"] in newsroom.text("/")


def test_nothing_is_ever_deleted_from_a_bucket(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 4: a takedown is written by the same path as everything else."""
    article_id = newsroom.submit(article())
    for change in ({"title": "Tên khác"}, {"section": "kinh-te"}, {"status": "withdrawn"}, {"status": "gone"}):
        newsroom.submit(article(**change), article_id)
    operations = {name for name, _ in calls.seen}
    assert "PutObject" in operations
    assert not {name for name in operations if name.startswith("DeleteObject")}


def test_a_page_never_shows_an_older_revision_after_a_newer_one(newsroom: Newsroom) -> None:
    """Rule 4: an event that comes again, late, is a hint to look, not what to write."""
    article_id = newsroom.submit(article(body="<p>Bản một.</p>"))
    path = newsroom.path(article_id)
    newsroom.submit(article(body="<p>Bản hai.</p>"), article_id)
    newsroom.draw(path)
    assert "Bản hai." in newsroom.content("SiteBucket", path[1:]).decode()


def test_a_page_that_can_not_be_drawn_is_put_aside_and_holds_up_no_other(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 5; and a touch heals it."""
    refused = refusal("PutObject", "AccessDenied", 403)
    with calls.before(always("PutObject", refused, Key="tin-tuc/index.html")):
        article_id = newsroom.submit(article())
    assert newsroom.dead_letters() == {"FailedPagesQueue": 1}
    assert newsroom.read(newsroom.path(article_id)).status_code == 200
    assert article()["title"] in newsroom.text("/")
    assert article()["title"] not in newsroom.text("/tin-tuc/")

    newsroom.portal.clients.dynamodb.update_item(
        TableName=newsroom.name("Table"),
        Key={"pk": {"S": "page#/tin-tuc/"}, "sk": {"S": "touch"}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    newsroom.settle()
    assert article()["title"] in newsroom.text("/tin-tuc/")


def test_a_list_that_can_not_be_drawn_takes_no_page_along_that_shows_its_entries(
    newsroom: Newsroom, calls: Calls
) -> None:
    """Rule 9: they are touched first, and only then the list is drawn."""
    older = newsroom.submit(article(title="Bài cũ", published_at="2026-11-19T08:05:00+07:00"))
    newer = newsroom.path(newsroom.submit(article(title="Bài mới")))
    assert "Bài cũ" in newsroom.text(newer)
    with calls.before(always("PutObject", refusal("PutObject", "AccessDenied", 403), Key="tin-tuc/index.html")):
        newsroom.submit(article(title="Bài đổi tên", published_at="2026-11-19T08:05:00+07:00"), older)
    assert newsroom.dead_letters() == {"FailedPagesQueue": 1}
    assert "Bài đổi tên" in newsroom.text(newer)


def test_a_page_that_comes_again_with_what_failed_is_put_aside_once(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 5: operators count pages, not attempts."""
    refused = always("PutObject", refusal("PutObject", "AccessDenied", 403), Key="tin-tuc/index.html")
    with calls.before(refused), calls.before(once("PutObject", refusal("PutObject", "SlowDown", 503), Key=HOME)):
        newsroom.submit(article())
    assert article()["title"] in newsroom.text("/")
    assert newsroom.dead_letters() == {"FailedPagesQueue": 1}


@pytest.mark.parametrize(
    ("code", "status"),
    [("SlowDown", 503), ("InternalError", 500), ("ConditionalRequestConflict", 409), ("RequestTimeout", 400)],
)
def test_a_passing_fault_of_s3_is_tried_again_and_nothing_is_lost(
    newsroom: Newsroom, calls: Calls, code: str, status: int
) -> None:
    """Rule 5."""
    with calls.before(once("PutObject", refusal("PutObject", code, status), Key=HOME)):
        newsroom.submit(article())
    assert article()["title"] in newsroom.text("/")
    assert newsroom.dead_letters() == {}


def test_the_page_drawn_step_by_step_equals_the_page_drawn_from_scratch(newsroom: Newsroom) -> None:
    """Rule 6: the same partition gives the same bytes, version marks apart."""
    first = newsroom.submit(article(title="Bài một"))
    newsroom.submit(article(title="Bài hai"))
    newsroom.submit(article(title="Bài một, sửa"), first)
    keys = sorted(newsroom.objects("SiteBucket"))
    s3, site = newsroom.portal.clients.s3, newsroom.name("SiteBucket")
    stepwise = {key: newsroom.content("SiteBucket", key) for key in keys}
    for key in keys:
        s3.delete_object(Bucket=site, Key=key)
    paths = {partition.removeprefix("page#") for partition, _ in newsroom.items() if partition.startswith("page#")}
    for path in paths:
        newsroom.draw(path)

    def unmarked(page: bytes, version: int) -> bytes:
        return page.replace(f"version {version}".encode(), b"version")

    for key in keys:
        scratch = newsroom.content("SiteBucket", key)
        assert newsroom.version(key) == 1
        [version] = [n for n in range(1, 20) if f"version {n} ".encode() in stepwise[key]] or [0]
        if version:
            assert unmarked(scratch, 1) == unmarked(stepwise[key], version)


def test_a_lost_purge_is_made_good_by_the_ttl(newsroom: Newsroom, calls: Calls) -> None:
    """Rule 7."""
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    newsroom.read(path)
    newsroom.upload(article(body="<p>Bản sửa.</p>"), article_id)
    while any(newsroom.portal.pump.step(function) for function in ("IntakeFunction", "RenderFunction")):
        pass
    newsroom.portal.clients.sqs.purge_queue(QueueUrl=newsroom.name("PurgeQueue"))
    assert "Chuyến đầu tiên" in newsroom.text(path)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=301)):
        assert "Bản sửa." in newsroom.text(path)
    assert calls.seen


def test_an_edge_asks_for_a_page_before_its_time_is_over_and_no_reader_waits(newsroom: Newsroom) -> None:
    """Rule 7: in its last minute a page is fetched anew after it was served."""
    path = newsroom.path(newsroom.submit(article()))
    newsroom.read(path)
    for seconds, answer in ((200, "Hit"), (250, "Hit"), (400, "Hit"), (800, "RefreshHit")):
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds)):
            assert newsroom.read(path).headers["X-Cache"] == f"{answer} from cloudfront", seconds
