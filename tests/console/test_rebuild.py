"""`portal rebuild` writes what the archive tells of, once and for all, and the portal goes on from there."""

import json
from typing import Any

import pytest

from console.__main__ import main
from console.deployment import Deployment
from local.portal import LocalPortal
from tests.conftest import pumped
from tests.console.conftest import Portal
from tests.faults import Crash
from tests.newsroom import Newsroom, article


@pytest.fixture
def lives(newsroom: Newsroom) -> list[str]:
    """Articles with a life behind them: one moved and changed, one withdrawn, one scheduled."""
    moved = newsroom.submit(article(title="Tên cũ", old_paths=["/cu/bai.htm"]))
    newsroom.submit(article(title="Tên mới", tags=["Bến phà"]), moved)
    newsroom.submit(article(title="Tên mới", section="kinh-te"), moved)
    withdrawn = newsroom.submit(article(title="Bài rút"))
    newsroom.submit(article(title="Bài rút", status="withdrawn", change_note="Sai số liệu"), withdrawn)
    later = newsroom.submit(article(title="Bài hẹn", published_at="2099-01-01T00:00:00Z"))
    return [moved, withdrawn, later]


def lose(newsroom: Newsroom) -> None:
    """Lose the table, and with it what its stream and the queues have not delivered yet."""
    dynamodb, table = newsroom.portal.clients.dynamodb, newsroom.name("Table")
    for partition, sort in newsroom.items():
        dynamodb.delete_item(TableName=table, Key={"pk": {"S": partition}, "sk": {"S": sort}})
    for function in ("RenderFunction", "IntakeFunction"):
        while newsroom.portal.pump.take(function):
            pass


def told(newsroom: Newsroom) -> dict[tuple[str, str], dict[str, Any]]:
    """Give the items that a commit writes and keeps, but for the revision of a redirect, which nothing reads."""
    items = {key: item for key, item in newsroom.items().items() if key[1] not in ("touch", "issued")}
    return {
        key: {name: value for name, value in item.items() if name != "revision" or "to" not in item}
        for key, item in items.items()
        if key[0] not in ("awaited", "site")
    }


def test_a_lost_table_is_as_it_was_and_so_is_the_desk(newsroom: Newsroom, command: Portal, lives: list[str]) -> None:
    before, statuses = told(newsroom), [newsroom.status(each) for each in lives]
    lose(newsroom)
    status, said, wrong = command("rebuild")
    assert (status, wrong) == (0, "")
    assert said.startswith("The archive holds 3 articles in 6 revisions, and 0 numbered pages.\n3 articles written, ")
    newsroom.settle()
    newsroom.tick()
    assert told(newsroom) == before
    now = [newsroom.status(each) for each in lives]
    assert [{**each, "issued_at": ""} for each in now] == [{**each, "issued_at": ""} for each in statuses]
    listed = newsroom.desk("GET", "articles").json
    assert listed
    assert {each["id"] for each in listed["articles"]} == set(lives)
    assert newsroom.dead_letters() == {}


def test_a_dry_run_tells_and_writes_nothing(newsroom: Newsroom, command: Portal, lives: list[str]) -> None:
    newsroom.upload(article())
    lose(newsroom)
    before = newsroom.items()
    status, said, _ = command("rebuild", "--dry-run")
    assert status == 0
    assert said.splitlines()[1] == f"{len(lives)} articles to write; 1 uploads without a verdict. Nothing written."
    assert newsroom.items() == before


def test_a_table_with_articles_is_left_alone_unless_told(newsroom: Newsroom, command: Portal, lives: list[str]) -> None:
    every, before = newsroom.items(), told(newsroom)
    status, said, wrong = command("rebuild")
    assert (status, said) == (1, "")
    assert "--add-missing" in wrong
    assert command("rebuild", "--dry-run")[0] == 1
    assert newsroom.items() == every
    status, said, _ = command("rebuild", "--add-missing")
    assert status == 0
    assert said.splitlines()[1].startswith("0 articles written, 0 items added")
    newsroom.settle()
    assert told(newsroom) == before
    assert len(lives) == 3


def test_what_was_lost_of_an_article_is_added_and_what_is_newer_stays(
    newsroom: Newsroom, command: Portal, lives: list[str]
) -> None:
    before = told(newsroom)
    moved = lives[0]
    path = newsroom.path(moved)
    lost = [("page#/", before_key[1]) for before_key in before if before_key[0] == "page#/kinh-te/"]
    lost += [(f"page#{path}", "self"), (f"article#{moved}", "verdict#000002")]
    dynamodb, table = newsroom.portal.clients.dynamodb, newsroom.name("Table")
    for partition, sort in lost:
        dynamodb.delete_item(TableName=table, Key={"pk": {"S": partition}, "sk": {"S": sort}})
    # A newer revision that the archive does not have yet.
    newsroom.submit(article(title="Bài rút, sửa"), lives[1])
    newest = newsroom.items()[f"article#{lives[1]}", "head"]
    _forget(newsroom, f"articles/{lives[1]}/000003.json")
    assert command("rebuild", "--add-missing")[0] == 0
    newsroom.settle()
    assert {key: told(newsroom)[key] for key in lost} == {key: before[key] for key in lost}
    assert newsroom.items()[f"article#{lives[1]}", "head"] == newest
    assert newsroom.read(path).status_code == 200


@pytest.mark.parametrize("number", [3, 13, 20])
def test_a_run_that_dies_is_made_good_by_the_next(
    newsroom: Newsroom, served: str, lives: list[str], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(newsroom)
    lose(newsroom)
    deployment = Deployment.of_this_machine(served)
    writes = ("PutItem", "UpdateItem", "TransactWriteItems")
    calls = iter(range(number))

    def dies(**_: object) -> None:
        if next(calls, None) is None:
            raise Crash

    monkeypatch.setattr("console.__main__._deployment", lambda _options: deployment)
    for name in writes:
        deployment.table.client.meta.events.register(f"before-call.dynamodb.{name}", dies)
    with pytest.raises(Crash):
        main(["rebuild"])
    for name in writes:
        deployment.table.client.meta.events.unregister(f"before-call.dynamodb.{name}", dies)
    for _ in range(2):  # once to go on, and once more
        assert main(["rebuild", "--add-missing"]) == 0
        newsroom.settle()
        newsroom.tick()
        assert told(newsroom) == before
    assert {newsroom.status(each)["verdict"]["upload"] for each in lives} == {1, 2, 3}


def test_the_portal_goes_on_a_next_upload_has_the_next_number(
    newsroom: Newsroom, command: Portal, lives: list[str]
) -> None:
    bad = article(title="")
    newsroom.submit(bad, lives[0])  # lies in the uploads bucket, and was never accepted
    lose(newsroom)
    assert command("rebuild")[0] == 0
    newsroom.settle()
    newsroom.tick()
    assert newsroom.status(lives[0])["verdict"]["outcome"] == "rejected", "judged again"
    issued = newsroom.issue(2, lives[0])
    assert issued["upload"]["number"] == 5
    newsroom.submit(article(title="Tên thứ tư"), lives[0], base=3)
    status = newsroom.status(lives[0])
    assert (status["upload"], status["revision"], status["verdict"]["outcome"]) == (6, 4, "accepted")
    assert "Tên thứ tư" in newsroom.text("/")
    former = [key[0].removeprefix("page#") for key, item in told(newsroom).items() if "to" in item]
    assert len(former) == 4
    assert {newsroom.read(path).headers["Location"] for path in former} == {newsroom.path(lives[0])}


def test_an_article_of_which_nothing_was_accepted_has_its_verdict_again(newsroom: Newsroom, command: Portal) -> None:
    bad = newsroom.submit(article(title=""))
    lose(newsroom)
    assert command("rebuild")[0] == 0
    newsroom.tick()
    assert newsroom.status(bad)["verdict"]["outcome"] == "rejected"
    assert newsroom.issue(2, bad)["upload"]["number"] == 2


def test_from_the_archive_alone_without_table_site_and_uploads(
    newsroom: Newsroom, command: Portal, lives: list[str]
) -> None:
    page = newsroom.text(newsroom.path(lives[0]))
    kept = {key: newsroom.content("ArchiveBucket", key) for key in newsroom.objects("ArchiveBucket")}
    path = newsroom.path(lives[0])
    lose(newsroom)
    for bucket in ("SiteBucket", "UploadsBucket"):
        for key in list(newsroom.objects(bucket)):
            _forget(newsroom, key, bucket)
    with pumped(newsroom):
        assert command("rebuild")[0] == 0
    newsroom.settle()
    newsroom.tick()
    newsroom.portal.edge.replace({})
    assert newsroom.text(path) == page
    assert "Bài rút" not in newsroom.text("/")
    assert {key: newsroom.content("ArchiveBucket", key) for key in newsroom.objects("ArchiveBucket")} == kept
    assert newsroom.issue(2, lives[0])["upload"]["number"] == 4


def test_a_record_that_can_not_be_used_is_named_and_the_rest_is_rebuilt(
    newsroom: Newsroom, command: Portal, lives: list[str]
) -> None:
    moved, withdrawn, later = lives
    s3, bucket = newsroom.portal.clients.s3, newsroom.name("ArchiveBucket")
    _forget(newsroom, f"articles/{moved}/000002.json")
    s3.put_object(Bucket=bucket, Key=f"articles/{withdrawn}/000002.json", Body=b"{")
    record = json.loads(newsroom.content("ArchiveBucket", f"articles/{later}/000001.json"))
    s3.put_object(
        Bucket=bucket, Key=f"articles/{later}/000001.json", Body=json.dumps(record | {"revision": 2}).encode()
    )
    s3.put_object(Bucket=bucket, Key="lists/tin-tuc/000001.json", Body=b"{}")
    lose(newsroom)
    status, _, wrong = command("rebuild")
    assert status == 2
    assert sorted(line.partition(":")[0] for line in wrong.splitlines()) == sorted(
        [moved, f"{withdrawn} is left out", f"{later} is left out", "lists/tin-tuc/000001.json is not read"]
    )
    newsroom.settle()
    assert newsroom.status(moved)["revision"] == 3
    assert newsroom.desk("GET", f"articles/{withdrawn}").status_code == 404, "else its next upload would be its first"


def test_an_article_that_began_anew_in_the_table_is_named_and_left_alone(
    newsroom: Newsroom, command: Portal, lives: list[str]
) -> None:
    lose(newsroom)
    newsroom.announce(lives[0], 3)  # an event that came late: to the table this is the first of the article
    began = {key: item for key, item in newsroom.items().items() if key[0] == f"article#{lives[0]}"}
    status, _, wrong = command("rebuild", "--add-missing")
    assert status == 2
    assert wrong == f"{lives[0]} is left out: its revision 1 is another one in the table\n"
    assert {key: item for key, item in newsroom.items().items() if key[0] == f"article#{lives[0]}"} == began


def _forget(newsroom: Newsroom, key: str, bucket: str = "ArchiveBucket") -> None:
    newsroom.portal.clients.s3.delete_object(Bucket=newsroom.name(bucket), Key=key)


def test_it_is_the_same_command_for_a_portal_that_was_never_used(portal: LocalPortal, command: Portal) -> None:
    assert portal
    status, said, wrong = command("rebuild")
    assert (status, wrong) == (0, "")
    assert "0 articles written" in said
