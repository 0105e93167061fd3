"""Whatever lies in the uploads bucket ends in one verdict, through the queue and the function that ships."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from local.portal import LocalPortal
from portal.article import Article
from portal.judge import judge
from tests.faults import Calls
from tests.input.hostile_uploads import METADATA, uploads
from tests.input.test_judgement import MOST_BYTES_OF_A_VERDICT
from tests.input.uploads import EXAMPLES, RIGHT, SITE, as_bytes
from tests.newsroom import Newsroom

# However an upload is made, to refuse it takes these calls and no more: of the next one after the accepted one, and of
# one before which others may wait.
REFUSALS: Final = (
    ["GetItem", "GetObject", "PutItem"],
    ["GetItem", "ListObjectsV2", "GetItem", "Query", "GetObject", "PutItem"],
)
MOST_BYTES_OF_AN_ANSWER: Final = 6 * 1024**2 // 25  # Lambda's bound, and the desk lists 25 articles at once
MOST_UPLOADS: Final = 30  # of one article in these tests: intake lists them all each time


class Live:
    """A portal with an article that is live, and what hostile uploads of it come to."""

    def __init__(self, portal: LocalPortal) -> None:
        self.newsroom = Newsroom(portal)
        self.calls = Calls(portal.lambdas.session)
        portal.lambdas.forget()
        self.made: list[str] = []  # the functions' calls for the last upload
        self.begin()

    def begin(self) -> None:
        """Publish another article."""
        self.id = self.newsroom.submit(dict(RIGHT))
        self.path = self.newsroom.path(self.id)
        self.page = self.newsroom.read(self.path).text
        self.before = self.items()

    def put(self, content: bytes, beside: Mapping[str, str]) -> int:
        """Put an upload into the bucket, past the desk and its signature, and give its number."""
        number = int(self.newsroom.issue(1, self.id)["upload"]["number"])
        self.calls.seen.clear()
        self.newsroom.portal.clients.s3.put_object(
            Bucket=self.newsroom.name("UploadsBucket"),
            Key=f"articles/{self.id}/{number:06}.json",
            Body=content,
            Metadata=beside,
        )
        self.newsroom.settle()
        self.made = [name for name, _ in self.calls.seen]
        return number

    def items(self) -> dict[str, dict[str, Any]]:
        """Read the article's partition."""
        found = self.newsroom.portal.clients.dynamodb.query(
            TableName=self.newsroom.name("Table"),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"article#{self.id}"}},
        )
        return {item["sk"]["S"]: dict(item) for item in found["Items"]}


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with LocalPortal(site_url="http://127.0.0.1:8000") as portal:
        running = Live(portal)
        yield running
        assert running.newsroom.dead_letters().keys() <= {"IntakeDeadLetters"}


# A failure is told as it was found: to make it smaller would take minutes.
@settings(EXAMPLES, max_examples=60, phases=[Phase.generate])
@given(content=uploads, beside=st.sampled_from(METADATA), language=st.sampled_from(["vi", "en"]))
def test_every_upload_ends_in_one_verdict_and_what_was_live_stays_live(
    live: Live, content: bytes, beside: Mapping[str, str], language: str
) -> None:
    before = live.before
    number = live.put(content, beside)
    live.before = after = live.items()
    new = after.keys() - before.keys()
    verdict = after[f"verdict#{number:06}"]
    event(verdict["outcome"]["S"])

    assert_told(live, number, verdict, language)
    accepted = verdict["outcome"]["S"] == "accepted"
    assert accepted <= isinstance(judge(content, SITE), Article)
    if accepted:
        assert [name for name in new if name.startswith("verdict#")] == [f"verdict#{number:06}"]
        assert_record_can_be_uploaded_again(live)
        live.begin()
    else:
        assert new == {f"verdict#{number:06}"}
        assert live.made in REFUSALS
        assert after["head"] == before["head"]
        assert live.newsroom.read(live.path).text == live.page
        if number >= MOST_UPLOADS:
            live.begin()


@pytest.mark.parametrize("beside", METADATA, ids=lambda beside: str(beside)[:40])
def test_whatever_is_kept_beside_an_upload_it_ends_in_its_verdict(live: Live, beside: Mapping[str, str]) -> None:
    number = live.put(b"{}", beside)
    live.before = live.items()
    assert live.before[f"verdict#{number:06}"]["outcome"] == {"S": "rejected"}
    assert live.made in REFUSALS


def test_a_verdict_is_small_in_the_table_and_at_the_desk_whatever_was_uploaded(live: Live) -> None:
    name = "\U0001f389" * 60
    number = live.put(as_bytes({f"{field}{name}": 1 for field in range(900)}), {})
    live.before = live.items()
    assert_told(live, number, live.before[f"verdict#{number:06}"], "vi")


def assert_told(live: Live, number: int, item: dict[str, Any], language: str) -> None:
    """Hold a verdict to what is promised of one: its message is done with, it is small, and an editor can read it."""
    assert [live.newsroom.queued(queue) for queue in ("IntakeQueue", "IntakeDeadLetters")] == [0, 0]
    assert len(json.dumps(item, ensure_ascii=False).encode()) < MOST_BYTES_OF_A_VERDICT
    answer = live.newsroom.desk("GET", f"articles/{live.id}", **{"Accept-Language": language})
    assert len(answer.data) < MOST_BYTES_OF_AN_ANSWER
    verdict = dict(answer.json or {})["verdict"]
    assert (verdict["upload"], verdict["outcome"]) == (number, item["outcome"]["S"])
    assert bool(verdict["errors"]) is (verdict["outcome"] != "accepted")
    assert all(len(error["message"]) > 20 for error in verdict["errors"])


def assert_record_can_be_uploaded_again(live: Live) -> None:
    """Take the article out of the archive, as a roll-back does, and upload it: it comes to the same text."""
    bucket, revision = "ArchiveBucket", int(live.items()["head"]["revision"]["N"])
    keys = [f"articles/{live.id}/{each:06}.json" for each in (revision, revision + 1)]
    record = json.loads(live.newsroom.content(bucket, keys[0]))
    number = live.put(as_bytes(record["article"]), {})
    assert live.items()[f"verdict#{number:06}"]["outcome"] == {"S": "accepted"}
    assert json.loads(live.newsroom.content(bucket, keys[1]))["article"] == record["article"]


# The event that announces it


# What is no key of an upload, made from one that is.
WRONG_KEYS: Final[tuple[Callable[[str], str], ...]] = (
    lambda key: quote(quote(key, safe=""), safe=""),
    lambda key: f"{key}%00",
    lambda key: f"+{key}",
    lambda key: key.replace(".json", "%0a.json"),
    lambda key: f"{key}%0A",
    lambda key: f"/{key}",
    lambda key: f"x/{key}",
    lambda key: key.replace("/", "%5C"),
    lambda key: key.replace("articles", "Articles"),
    lambda key: key.replace("/0", "//0"),
    lambda key: key.replace("/0", "/../0"),
    lambda key: key.replace("/0", "/%D9%A0"),
    lambda key: key.replace("/0", "/"),
    lambda key: key.replace(".json", ".JSON"),
    lambda key: key.replace(".json", ".json/x.json"),
    lambda key: f"{key}%FF",
    lambda _: "",
    lambda _: "x" * 1_024,
)


def announced(live: Live, body: str) -> Counter[str]:
    """Send intake's queue a message; count what comes of it: verdicts and dead letters."""
    before = outcome(live)
    live.newsroom.portal.clients.sqs.send_message(QueueUrl=live.newsroom.name("IntakeQueue"), MessageBody=body)
    live.newsroom.settle()
    assert live.newsroom.queued("IntakeQueue") == 0
    return outcome(live) - before


def outcome(live: Live) -> Counter[str]:
    verdicts = sum(name.startswith("verdict#") for name in live.items())
    return Counter(verdicts=verdicts, dead_letters=live.newsroom.queued("IntakeDeadLetters"))


def event_of(key: str) -> str:
    return json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})


def unannounced(live: Live) -> str:
    """Put an upload of which no event comes, and give its key."""
    number = int(live.newsroom.issue(1, live.id)["upload"]["number"])
    key = f"articles/{live.id}/{number:06}.json"
    bucket, s3 = live.newsroom.name("UploadsBucket"), live.newsroom.portal.clients.s3
    s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
    while live.newsroom.portal.pump.take("IntakeFunction"):
        pass
    return key


@settings(EXAMPLES, max_examples=8, phases=[Phase.generate])
@given(data=st.data())
def test_an_event_names_its_upload_however_its_key_is_encoded(live: Live, data: st.DataObject) -> None:
    ways = st.sampled_from([lambda sign: sign, lambda sign: f"%{ord(sign):02x}", lambda sign: f"%{ord(sign):02X}"])
    key = "".join(data.draw(ways)(sign) for sign in unannounced(live))
    assert announced(live, event_of(key)) == Counter(verdicts=1)


@pytest.mark.parametrize("way", WRONG_KEYS)
def test_an_event_of_what_is_no_upload_is_a_dead_letter_and_no_verdict(live: Live, way: Callable[[str], str]) -> None:
    assert announced(live, event_of(way(f"articles/{live.id}/000001.json"))) == Counter(dead_letters=1)


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "{}",
        "[]",
        "x",
        '{"Records": 1}',
        '{"Records": [{}]}',
        '{"Records": [{"s3": {"object": {"key": 1}}}]}',
        "[" * 9_999,
    ],
    ids=lambda body: body[:40],
)
def test_a_message_that_is_no_event_is_a_dead_letter_and_no_verdict(live: Live, body: str) -> None:
    assert announced(live, body) == Counter(dead_letters=1)


@pytest.mark.parametrize("key", ["articles/{}/000099.json", "articles/nobody/000001.json", "articles/{}/999999.json"])
def test_an_event_of_an_upload_that_is_not_there_comes_to_nothing(live: Live, key: str) -> None:
    assert announced(live, event_of(key.format(live.id))) == Counter()
