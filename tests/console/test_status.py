"""`portal status` names the hop at which an article stands, and what to do."""

import json
from datetime import UTC, datetime
from typing import Any

import time_machine

from tests.console.conftest import Portal
from tests.faults import Calls, always, refusal
from tests.newsroom import Newsroom, article


def hops(command: Portal, article_id: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Ask for an article; give the exit status, and the hops by name (of several lists, the last)."""
    status, said, _ = command("status", article_id, "--json")
    return status, {hop["name"]: hop for hop in json.loads(said)}


def test_what_is_live_is_done_at_every_hop(newsroom: Newsroom, command: Portal) -> None:
    article_id = newsroom.submit(article())
    status, found = hops(command, article_id)
    assert status == 0
    assert list(found) == ["upload", "verdict", "index", "archive", "page", "list", "edge", "queues"]
    assert {hop["state"] for hop in found.values()} == {"done"}
    assert "by editor" in found["upload"]["said"]
    assert "revision 1, published" in found["index"]["said"]
    assert ": 200, " in found["edge"]["said"]


def test_an_article_is_found_by_its_path_and_its_address_too(newsroom: Newsroom, command: Portal) -> None:
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    for name in (path, f"https://example.org{path}?utm=1"):
        status, said, _ = command("status", name)
        assert status == 0
        assert f"articles/{article_id}/000001.json" in said


def test_an_upload_that_never_came(newsroom: Newsroom, command: Portal) -> None:
    issued = newsroom.issue(100)
    status, found = hops(command, str(issued["id"]))
    assert status == 2
    assert found["upload"]["state"] == "waits"
    assert "nothing uploaded" in found["upload"]["said"]


def test_an_upload_that_waits_for_its_verdict(newsroom: Newsroom, command: Portal) -> None:
    article_id = newsroom.upload(article())
    status, found = hops(command, article_id)
    assert status == 2
    assert [found[hop]["state"] for hop in ("upload", "verdict", "index")] == ["done", "waits", "waits"]


def test_a_rejected_upload_with_its_faults_in_words(newsroom: Newsroom, command: Portal) -> None:
    article_id = newsroom.submit(article(section="khong-co"))
    _, said, _ = command("status", article_id, "--language", "vi")
    assert "rejected /section: " in said
    assert "khong-co" in said or "Chuyên mục" in said


def test_pages_that_are_not_drawn_yet(newsroom: Newsroom, command: Portal) -> None:
    article_id = newsroom.upload(article())
    newsroom.portal.pump.step("IntakeFunction")
    status, found = hops(command, article_id)
    assert status == 2
    assert [found[hop]["state"] for hop in ("verdict", "index", "archive", "page")] == [
        "done",
        "done",
        "waits",
        "waits",
    ]
    assert "./portal redraw" in found["page"]["then"]


def test_a_list_that_was_put_aside(newsroom: Newsroom, calls: Calls, command: Portal) -> None:
    article_id = newsroom.submit(article())
    with calls.before(always("PutObject", refusal("PutObject", "AccessDenied", 403), Key="tin-tuc/index.html")):
        newsroom.submit(article(title="Tên khác"), article_id)
    _, found = hops(command, article_id)
    _, said, _ = command("status", article_id, "--json")
    waiting = [hop["said"] for hop in json.loads(said) if hop["name"] == "list" and hop["state"] == "waits"]
    assert (found["page"]["state"], waiting) == ("done", ["/tin-tuc/, version 2: does not show it yet"])
    assert "FailedPagesQueue" in found["queues"]["said"]
    assert found["queues"]["then"] == "./portal dead-letters"


def test_an_edge_that_is_behind(newsroom: Newsroom, command: Portal) -> None:
    article_id = newsroom.submit(article())
    command("status", article_id)  # fills the edge's cache
    newsroom.upload(article(body="<p>Bản sửa.</p>"), article_id)
    while any(newsroom.portal.pump.step(function) for function in ("IntakeFunction", "RenderFunction")):
        pass
    _, found = hops(command, article_id)
    assert (found["page"]["state"], found["edge"]["state"]) == ("done", "waits")
    newsroom.settle()
    status, found = hops(command, article_id)
    assert status == 0, [hop for hop in found.values() if hop["state"] != "done"]


def test_an_edge_that_answers_otherwise_than_the_page_says(newsroom: Newsroom, command: Portal) -> None:
    """It may have kept that there was no page, or be forbidden to read the site bucket."""
    article_id = newsroom.upload(article())
    newsroom.portal.pump.step("IntakeFunction")
    command("status", article_id)
    status, found = hops(command, article_id)
    assert (status, found["edge"]["state"]) == (2, "waits"), "nothing is drawn yet"
    newsroom.read(newsroom.path(article_id))  # the edge keeps for seconds that there is none
    newsroom.settle()
    status, found = hops(command, article_id)
    assert (status, found["page"]["state"], found["edge"]["state"]) == (2, "done", "waits")
    assert ": 404, " in found["edge"]["said"]
    newsroom.portal.edge.replace({})
    status, found = hops(command, article_id)
    assert (status, found["edge"]["state"]) == (0, "done")
    newsroom.submit(article(status="gone"), article_id)
    status, found = hops(command, article_id)
    assert (status, found["edge"]["state"]) == (0, "done")
    assert ": 410, " in found["edge"]["said"]


def test_an_edge_that_may_not_read_the_site_is_wrong(newsroom: Newsroom, command: Portal) -> None:
    article_id = newsroom.submit(article())
    newsroom.portal.edge.replace({})
    s3 = newsroom.portal.clients.s3

    def refuse(**_: object) -> None:
        raise refusal("GetObject", "AccessDenied", 403)

    s3.meta.events.register("before-parameter-build.s3.GetObject", refuse)
    status, found = hops(command, article_id)
    assert (status, found["edge"]["state"]) == (2, "wrong"), found["edge"]


def test_every_hop_that_waits_tells_since_when(newsroom: Newsroom, command: Portal) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 5, 0, tzinfo=UTC)) as clock:
        newsroom.token = newsroom.http.get("/local/token").text.strip()
        article_id = newsroom.upload(article())
        sent = "2026-11-23T05:00"
        assert hops(command, article_id)[1]["verdict"]["since"].startswith(sent)
        assert hops(command, article_id)[1]["index"]["since"].startswith(sent)
        clock.shift(60)
        newsroom.portal.pump.step("IntakeFunction")
        found = hops(command, article_id)[1]
        committed = "2026-11-23T05:01"
        assert [found[hop]["since"][:16] for hop in ("index", "archive", "page", "list", "edge")] == [committed] * 5
        clock.shift(60)
        newsroom.settle()
        clock.shift(60)
        newsroom.read(newsroom.path(article_id))
        clock.shift(60)
        found = hops(command, article_id)[1]
        assert (found["page"]["since"][:16], found["edge"]["since"][:16]) == ("2026-11-23T05:02", "2026-11-23T05:03")


def test_a_scheduled_and_a_withdrawn_article_say_so(newsroom: Newsroom, command: Portal) -> None:
    scheduled = newsroom.submit(article(published_at="2998-01-01T00:00:00Z"))
    assert (
        "scheduled, of upload 1, by editor; due at 2998-01-01T00:00:00Z" in hops(command, scheduled)[1]["index"]["said"]
    )
    withdrawn = newsroom.submit(article(status="withdrawn"), newsroom.submit(article()))
    status, found = hops(command, withdrawn)
    assert "withdrawn" in found["index"]["said"]
    assert ": 200, " in found["edge"]["said"]
    assert status == 0, found


def test_what_is_no_article(command: Portal) -> None:
    assert hops(command, "khongco")[1]["upload"]["said"] == "the desk has never issued this id"
    status, _, wrong = command("status", "KHÔNG PHẢI")
    assert status == 1
    assert "no article's id" in wrong
