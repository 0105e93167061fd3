"""The operators' page: its commands run, its numbers are the code's, and no alarm or parameter is missing from it."""

import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import time_machine
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from portal import commit, desk, intake, issuing, judge, markup, numbering, paths, purge, render, tick
from portal.article import MAX_UPLOAD_BYTES
from portal.verdicts import MAX_FAULTS, Outcome, catalogue
from tests.conftest import pumped
from tests.docs import aws_cli, markdown
from tests.faults import Calls, always, once, refusal
from tests.newsroom import Newsroom, article, give_up_early, sample

TEXT = markdown.read("docs/operations.md")
TEMPLATE = yaml_parse(markdown.read("template.yaml"))
COMMANDS = [*markdown.blocks(TEXT, "sh"), *markdown.quoted(TEXT)]
BASH = shutil.which("bash")

Run = Callable[..., str]


@pytest.fixture
def run(newsroom: Newsroom, served: str, tmp_path: Path) -> Any:  # noqa: ANN401 (a generator of a function)
    """Run a script in the shell of the page: its names are defined, `aws` and `./portal` speak to the newsroom's."""
    if BASH is None:
        pytest.skip("needs bash")
    prepared = markdown.blocks(markdown.section(TEXT, "Names in this page's commands"), "sh")
    console = tmp_path / "portal"
    path = f"{markdown.ROOT}:{markdown.ROOT / 'layers/portal'}"
    console.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {sys.executable} -m console "$@" --address {served}\n')
    console.chmod(0o755)

    def run(script: str, **variables: str) -> str:
        done = subprocess.run(  # noqa: S603 (our own document)
            [BASH, "-c", "\n".join([*prepared, script])],
            cwd=tmp_path,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "LANG": "C.UTF-8", **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    with aws_cli.installed(newsroom.portal, tmp_path):
        yield run


def commands(heading: str) -> list[str]:
    return markdown.blocks(markdown.section(TEXT, heading), "sh")


def versions(newsroom: Newsroom) -> dict[str, int]:
    return {key: newsroom.version(key) for key in newsroom.objects("SiteBucket")}


def table_of(heading: str) -> dict[str, list[str]]:
    """Give the rows of a section's table by their first cells, each without its backticks."""
    return {row[0].strip("`"): row[1:] for row in markdown.rows(markdown.section(TEXT, heading))}


# -- nothing is missing


def test_every_alarm_has_its_runbook() -> None:
    alarms = {name for name, each in TEMPLATE["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"}
    assert alarms
    assert alarms == set(re.findall(r"^### (\w+Alarm)$", TEXT, re.MULTILINE))
    for alarm in alarms:
        runbook = markdown.section(TEXT, alarm)
        assert all(f"**{word}**" in runbook for word in ("Means", "Look", "Do")), alarm
        assert f"[{alarm}](#{alarm.lower()})" in TEXT.partition("\n## ")[0]


def test_every_parameter_is_told_with_its_default() -> None:
    told = table_of("Parameters")
    assert set(told) - {"parameter"} == set(TEMPLATE["Parameters"])
    for name, parameter in TEMPLATE["Parameters"].items():
        default = str(parameter.get("Default", "must be given")) or "empty"
        assert told[name][0] == default, name


def test_every_output_is_told() -> None:
    deploy = markdown.section(TEXT, "Deploy")
    assert [name for name in TEMPLATE["Outputs"] if f"`{name}`" not in deploy] == []


def test_every_metric_is_told_and_no_other() -> None:
    handlers = {path.parent.name: path.read_text("utf-8") for path in markdown.ROOT.glob("functions/*/handler.py")}
    of_the_api = (markdown.ROOT / "layers/portal/portal/api.py").read_text("utf-8")
    written = {
        name: set(re.findall(r'add_metric\(name="(\w+)"', text + of_the_api * ("portal.api" in text)))
        for name, text in handlers.items()
    }
    written["intake"] |= {outcome.capitalize() for outcome in Outcome}
    told = {name: set(re.findall(r"`(\w+)`", cells[0])) for name, cells in table_of("Metrics").items()}
    assert {name: told.get(name) for name in written} == written
    assert f"up to {sum(map(len, written.values()))} when busy" in TEXT


def test_every_log_group_is_told() -> None:
    groups = {name for name, each in TEMPLATE["Resources"].items() if each["Type"] == "AWS::Logs::LogGroup"}
    assert [name for name in groups if f"`{name}`" not in markdown.section(TEXT, "Names in this page's commands")] == []


# -- the commands


def test_every_resource_that_a_command_names_is_in_the_template() -> None:
    text = "\n".join(COMMANDS)
    named = set(re.findall(r"\b(?:the|arn|waiting|errors) ([A-Z]\w+)", text))
    assert len(named) > 10
    assert named - set(TEMPLATE["Resources"]) == set()


def test_every_aws_command_and_option_is_one_of_awss() -> None:
    joined = "\n".join(COMMANDS).replace("\\\n", " ")
    found = re.findall(r"\baws ([a-z0-9]+) ([a-z0-9-]+)([^\n]*)", joined)
    assert len(found) > 10
    unknown = [
        (service, name, option)
        for service, name, rest in found
        for option in set(re.findall(r"(?<= )--([a-z-]+)", rest)) - aws_cli.options(service, name)
    ]
    assert unknown == []


@pytest.mark.usefixtures("pumping")
def test_pages_are_redrawn(newsroom: Newsroom, run: Run) -> None:
    before = versions(newsroom)
    [redraw] = commands("Redraw a page")
    run(redraw)
    changed = {paths.page_of(key) for key, version in versions(newsroom).items() if version > before[key]}
    assert changed == {"/", "/tin-tuc/"}


def test_redraw_everything_draws_every_page_once(newsroom: Newsroom, run: Run) -> None:
    moved = newsroom.submit(article())
    newsroom.submit(article(title="Tên khác"), moved)
    newsroom.submit(article(status="withdrawn"))
    before = versions(newsroom)
    [redraw] = commands("Redraw everything")
    with pumped(newsroom):
        assert f"{len(set(map(paths.page_of, before)))} pages drawn" in run(redraw)
    assert versions(newsroom) == {key: version + 1 for key, version in before.items()}
    assert newsroom.dead_letters() == {}


def test_a_lost_announcement_can_be_made_by_hand(newsroom: Newsroom, run: Run) -> None:
    lost = newsroom.upload(article())
    newsroom.portal.clients.sqs.purge_queue(QueueUrl=newsroom.name("IntakeQueue"))
    newsroom.settle()
    assert newsroom.status(lost)["verdict"]["outcome"] == "waiting"
    [announce] = [each for each in commands("Restoring") if "send-message" in each]
    run(announce, ID=lost)
    newsroom.settle()
    assert newsroom.status(lost)["state"] == "published"


def test_the_way_to_the_edge_is_told_hop_by_hop(newsroom: Newsroom, run: Run) -> None:
    live = newsroom.submit(article(title="Bài đầu tiên của tôi"))
    said = run(commands('"My article is not live"')[0], ID=live)
    hops = {line.split()[0] for line in said.splitlines() if line.strip()} - {"hop"}
    told = {name.strip() for row in table_of('"My article is not live"') for name in row.split(",")}
    assert {hop for hop in hops if hop.isalpha()} == told & hops
    assert {"upload", "verdict", "index", "archive", "page", "list", "edge", "queues"} <= told
    assert '"ApproximateNumberOfMessages": "0"' in run("waiting PurgeQueue")


def test_a_batch_that_the_stream_gave_up_is_tried_again(newsroom: Newsroom, calls: Calls, run: Run) -> None:
    give_up_early(newsroom.portal.pump)
    with calls.before(always("SendMessage", refusal("SendMessage", "AccessDenied", 403))):
        article_id = newsroom.submit(article())
    assert set(newsroom.dead_letters()) == {"RenderDeadLetters"}
    run(commands("RenderDeadLettersAlarm")[0])
    newsroom.settle()
    assert newsroom.dead_letters() == {}
    assert newsroom.read(newsroom.path(article_id)).status_code == 200


def test_a_revision_that_the_archive_lacks_is_handed_over_from_the_table(newsroom: Newsroom, run: Run) -> None:
    article_id = newsroom.submit(sample("thi-dua-sau-thang-dau-nam"))
    archived = newsroom.content("ArchiveBucket", f"articles/{article_id}/000001.json")
    newsroom.portal.clients.s3.delete_object(
        Bucket=newsroom.name("ArchiveBucket"), Key=f"articles/{article_id}/000001.json"
    )
    handing_over = commands("RenderDeadLettersAlarm")[-1]
    run(handing_over.replace("q85ccnd848", article_id).replace("000003", "000001"))
    assert newsroom.content("ArchiveBucket", f"articles/{article_id}/000001.json") == archived


def test_a_page_that_was_put_aside_is_named_and_healed(newsroom: Newsroom, calls: Calls, run: Run) -> None:
    with calls.before(once("HeadObject", refusal("HeadObject", "Forbidden", 403), Key="tin-tuc/index.html")):
        newsroom.submit(article())
    with pytest.raises(AssertionError):  # exit status 2: there is something
        run("./portal dead-letters")
    [again] = commands("FailedPagesQueueAlarm")
    assert "FailedPagesQueue: /tin-tuc/" in run(again)
    newsroom.settle()
    assert article()["title"] in newsroom.text("/tin-tuc/")
    assert newsroom.dead_letters() == {}


def test_a_purge_by_hand_takes_an_article_and_the_lists_off_the_edge(newsroom: Newsroom, run: Run) -> None:
    article_id = newsroom.submit(article())
    path = newsroom.path(article_id)
    reads = [newsroom.read(path).headers["X-Cache"], newsroom.read(path).headers["X-Cache"]]
    assert "Hit" in reads[1]
    [purging] = commands("Purge")
    run(purging, ID=article_id)
    assert "Miss" in newsroom.read(path).headers["X-Cache"]


def test_an_earlier_revision_comes_back_as_an_upload(newsroom: Newsroom, run: Run, tmp_path: Path) -> None:
    original = sample("thi-dua-sau-thang-dau-nam")
    article_id = newsroom.submit(original | {"title": "Tên cũ"})
    newsroom.submit(original, article_id)
    newsroom.submit(original | {"body": "<p>Một sự nhầm lẫn.</p>"}, article_id)
    [bring_back] = commands("Bring back an earlier revision")
    run(bring_back, ID=article_id)
    newsroom.submit((tmp_path / "article.json").read_bytes(), article_id)
    status = newsroom.status(article_id)
    assert (status["revision"], status["verdict"]["outcome"]) == (4, "accepted")
    revisions = [json.loads(newsroom.content("ArchiveBucket", f"articles/{article_id}/00000{n}.json")) for n in (2, 4)]
    assert revisions[0]["article"] == revisions[1]["article"]
    assert "nhầm lẫn" not in newsroom.text(newsroom.path(article_id))


def test_a_table_that_lost_its_items_is_restored_and_its_pages_with_it(
    newsroom: Newsroom, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    article_id = newsroom.submit(article())
    newsroom.submit(article(title="Bài hai", status="withdrawn"))
    items = newsroom.items()
    [restore] = [each for each in commands("Restoring") if "restore.py" in each]
    copying = "python3 restore.py"
    run(restore.partition(copying)[0])
    dynamodb, table = newsroom.portal.clients.dynamodb, newsroom.name("Table")
    for partition, sort in items:
        dynamodb.delete_item(TableName=table, Key={"pk": {"S": partition}, "sk": {"S": sort}})
    newsroom.settle()
    for message in _messages(newsroom, "FailedPagesQueue"):
        assert json.loads(message)["path"].endswith(".html")
    newsroom.portal.clients.sqs.purge_queue(QueueUrl=newsroom.name("FailedPagesQueue"))
    [script] = markdown.blocks(markdown.section(TEXT, "Restoring"), "python")
    (tmp_path / "restore.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["restore.py", "portal-restored", table])
    runpy.run_path(str(tmp_path / "restore.py"))
    newsroom.settle()
    assert newsroom.items() == items
    assert newsroom.status(article_id)["state"] == "published"
    assert article()["title"] in newsroom.text("/")
    assert newsroom.dead_letters() == {}


@pytest.mark.parametrize(
    ("function", "operation", "queue"),
    [
        ("IntakeFunction", "GetObject", "IntakeDeadLetters"),
        ("RenderFunction", "HeadObject", "RenderDeadLetters"),
        ("PurgeFunction", "CreateInvalidation", "PurgeDeadLetters"),
    ],
)
def test_what_failed_for_too_long_has_left_its_cause_in_the_log(
    newsroom: Newsroom, calls: Calls, function: str, operation: str, queue: str
) -> None:
    """The runbook of each alarm begins with the errors of a log group."""
    newsroom.settle()
    with calls.before(always(operation, refusal(operation, "ServiceUnavailable", 503))):
        newsroom.submit(article())
    assert queue in newsroom.dead_letters()
    errors = [record for record in newsroom.portal.lambdas.log.records(function) if record.get("level") == "ERROR"]
    assert any("ServiceUnavailable" in json.dumps(record) for record in errors)


def _messages(newsroom: Newsroom, queue: str) -> list[str]:
    received = newsroom.portal.clients.sqs.receive_message(QueueUrl=newsroom.name(queue), MaxNumberOfMessages=10)
    return [message["Body"] for message in received.get("Messages", [])]


# -- the numbers


def test_the_limits_are_those_of_the_code() -> None:
    limits = {name: cells[0] for name, cells in table_of("Limits").items()}
    schema = json.loads((markdown.ROOT / "layers/portal/portal/article.schema.json").read_text(encoding="utf-8"))
    throttling = TEMPLATE["Resources"]["DeskApi"]["Properties"]["DefaultRouteSettings"]
    uploads = TEMPLATE["Resources"]["IntakeFunction"]["Properties"]["Events"]["Uploads"]["Properties"]
    assert limits == {
        "what": "limit",
        "an upload": f"{MAX_UPLOAD_BYTES:,} bytes",
        "the article's body": f"{schema['properties']['body']['maxLength']:,} characters, {markup.MAX_TAGS:,} tags, "
        f"nested {markup.MAX_DEPTH} deep",
        "an article, compressed": f"{judge.MAX_COMPRESSED_BYTES:,} bytes",
        "faults in a verdict": f"{MAX_FAULTS}, then their number",
        "addresses of an article": f"{commit.MAX_FORMER_PATHS} former ones",
        "uploads of an article": f"{desk.MAX_UPLOADS:,}",
        "a signed URL": f"{desk.UPLOAD_SECONDS // 60} minutes, one upload",
        "the desk's API": f"{throttling['ThrottlingRateLimit']} requests a second, "
        f"{throttling['ThrottlingBurstLimit']} at once",
        "uploads judged at once": f"{uploads['ScalingConfig']['MaximumConcurrency']} batches of {uploads['BatchSize']}",
        "due articles a minute": f"{tick._DUE_AT_MOST}",  # noqa: SLF001 (the page's number is this one)
        "invalidations": f"{purge.MAX_ITEMS:,} tags each, one batch about every two seconds",
        "entries on a list page": f"{numbering.PAGE_ENTRIES}",
    }


def test_every_code_that_the_limits_name_is_one_of_a_verdicts() -> None:
    named = {code for cells in table_of("Limits").values() for code in re.findall(r"`(\w+)`", cells[1])}
    assert named <= set(catalogue())


def test_the_promises_are_those_of_the_code() -> None:
    promises = markdown.section(TEXT, "What readers are promised")
    assert f"within {render.EDGE_SECONDS} seconds" in promises
    assert render.EDGE_SECONDS_WHILE_S3_FAILS == 3600
    assert "for up to an hour" in promises
    assert intake.TAKEDOWN_PURGE_DELAY_SECONDS == 300
    assert "at once and five minutes later" in promises


def test_the_times_of_the_runbooks_are_those_of_the_template() -> None:
    resources = TEMPLATE["Resources"]
    queue = resources["IntakeQueue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 10
    assert queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] == 30 * 60
    assert "in ten attempts, over half an hour" in markdown.section(TEXT, "IntakeDeadLettersAlarm")
    changes = resources["RenderFunction"]["Properties"]["Events"]["Changes"]["Properties"]
    attempts, hours = changes["MaximumRetryAttempts"], changes["MaximumRecordAgeInSeconds"] // 3600
    assert f"after {attempts} attempts or {hours} hours" in markdown.section(TEXT, "RenderDeadLettersAlarm")
    receives = resources["PurgeQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
    waits = sum(min(purge._FIRST_WAIT_SECONDS * 2**n, purge._LONGEST_WAIT_SECONDS) for n in range(receives))  # noqa: SLF001
    assert round(waits / 3600) == 11
    assert "about eleven hours" in markdown.section(TEXT, "PurgeDeadLettersAlarm")


def test_the_costs_count_the_calls_of_a_publish(newsroom: Newsroom, calls: Calls) -> None:
    def published(minutes: int, title: str) -> dict[str, Any]:
        moment = (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return sample("thi-dua-sau-thang-dau-nam") | {"title": title, "tags": ["a", "b", "c"], "published_at": moment}

    newsroom.submit(published(2, "Bài trước"))  # the first of a month, a tag or an author draws more
    newsroom.tick()
    calls.seen.clear()
    newsroom.submit(published(1, "Bài này"))
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=issuing.FIRST_LOOK_SECONDS + 1)):
        newsroom.tick()  # which looks whether the upload was judged
    made = [name for name, _ in calls.seen]  # the signing of the upload stands for the editor's own PUT
    costs = table_of("Costs")
    puts = made.count("PutObject")
    row = "S3: upload, archive, 24 pages, feeds and data of an article with three tags"
    assert costs[row][0].startswith(f"{puts} ")
    gets = made.count("HeadObject") + made.count("GetObject")
    assert costs["S3: reads"][0].startswith(f"{gets} ")
    [transaction] = [given["TransactItems"] for name, given in calls.seen if name == "TransactWriteItems"]
    assert len(transaction) == 14
    # Two units for each KB begun of an item in a transaction; one for the number, one for its place in the index, and
    # one each for the upload that is awaited, and when it is no more.
    units = 4 + sum(2 * ceil(_size(action["Put"]["Item"]) / 1024) for action in transaction)
    [told] = re.findall(r"about (\d+) write units", TEXT)
    assert abs(units - int(told)) <= 4


def _size(item: dict[str, dict[str, Any]]) -> int:
    """Measure an item as DynamoDB does, nearly: names and values in UTF-8."""
    [values] = [[next(iter(value.values())) for value in item.values()]]
    return sum(
        len(name.encode()) + len(value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode())
        for name, value in zip(item, values, strict=True)
    )
