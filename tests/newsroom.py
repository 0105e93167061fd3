"""An editor, a reader and an operator of a portal on this machine, for the tests."""

import json
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from werkzeug.test import Client, TestResponse

from local.portal import ADDRESS, LocalPortal
from local.pump import Pump, _Stream

ATTEMPTS = 4  # of a stream's batch, where a test waits for it to be given up
SAMPLES = Path(__file__).parents[1] / "samples"
ARTICLE: Mapping[str, Any] = {
    "title": "Khai trương tuyến xe buýt về xã Bản Lả",
    "summary": "Từ hôm nay, người dân xã Bản Lả đi làm bằng xe buýt.",
    "body": "<p>Chuyến đầu tiên rời bến lúc 5 giờ 30 phút.</p><p>Giá vé là 12.000 đồng./.</p>",
    "author": "Hà Thu",
    "section": "tin-tuc",
    "published_at": "2026-11-20T08:05:00+07:00",
}


def article(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON value)
    """Give an article that is right, with some fields changed."""
    return {**ARTICLE, **changes}


def sample(name: str) -> dict[str, Any]:
    """Read one of the sample articles."""
    value: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return value


class Newsroom:
    """Speaks to a portal as people do: over HTTP, through its front; and lets its events flow."""

    def __init__(self, portal: LocalPortal, address: str = ADDRESS) -> None:
        self.portal = portal
        self.address = address
        self.http = Client(portal.front)
        self.token = self.http.get("/local/token").text.strip()

    # The editor

    def sign_in(self, editor: str, *groups: str) -> None:
        """Be another editor from now on, a member of groups."""
        self.token = self.portal.issuer.token(editor, groups)

    def desk(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """Ask the desk's API."""
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        return self.http.open(f"/desk/api/{path}", method=method, json=body, headers=headers)

    def issue(self, size: int, article_id: str | None = None, base: int | None = None) -> dict[str, Any]:
        """Get a signed URL."""
        body = {"size": size} | ({"base": base} if base else {})
        answer = self.desk("POST", f"articles/{article_id}/uploads" if article_id else "articles", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json or {})

    def put(self, issued: Mapping[str, Any], content: bytes) -> TestResponse:
        """Upload to a signed URL as the desk says."""
        upload = issued["upload"]
        target = str(upload["url"]).removeprefix(self.address)
        return self.http.open(
            target, base_url=self.address, method=upload["method"], headers=upload["headers"], data=content
        )

    def upload(self, content: object, article_id: str | None = None, base: int | None = None) -> str:
        """Upload an article (a value for JSON, or bytes as they are) and give its id; no event is delivered yet."""
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        issued = self.issue(len(body), article_id, base)
        answer = self.put(issued, body)
        assert answer.status_code == 200, answer.text
        return str(issued["id"])

    def submit(self, content: object, article_id: str | None = None, base: int | None = None) -> str:
        """Upload an article and let everything that follows happen."""
        submitted = self.upload(content, article_id, base)
        self.settle()
        return submitted

    def status(self, article_id: str, language: str = "vi") -> dict[str, Any]:
        """Ask the desk where an article is."""
        answer = self.desk("GET", f"articles/{article_id}", **{"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return dict(answer.json or {})

    def path(self, article_id: str) -> str:
        """Give the path at which an article stands."""
        return "/" + str(self.status(article_id)["url"]).split("/", 3)[3]

    # The reader

    def read(self, path: str, **headers: str) -> TestResponse:
        """Get a page from the edge."""
        return self.http.get(path, headers=headers)

    def text(self, path: str) -> str:
        """Get what a reader sees of a page, white space folded."""
        return visible_text(self.read(path).text)

    # The operator

    def settle(self) -> None:
        """Let all events happen, failed ones at once again, until nothing is left to do."""
        self.portal.pump.drain(retry_at_once=True)

    def tick(self) -> None:
        """Let a minute's tick happen, and what follows."""
        self.portal.pump.beat()
        self.settle()

    def announce(self, article_id: str, number: int) -> None:
        """Hand intake the event by which S3 announces an upload, past the queue."""
        body = json.dumps({"Records": [{"s3": {"object": {"key": f"articles/{article_id}/{number:06}.json"}}}]})
        message = {"messageId": "1", "receiptHandle": "1", "eventSource": "aws:sqs", "body": body}
        self.portal.lambdas.invoke("IntakeFunction", {"Records": [message]})

    def draw(self, path: str) -> None:
        """Hand render a record of the stream that says that a page's partition changed."""
        record = {
            "eventID": "1",
            "eventName": "MODIFY",
            "eventSource": "aws:dynamodb",
            "dynamodb": {"Keys": {"pk": {"S": f"page#{path}"}, "sk": {"S": "touch"}}, "SequenceNumber": "1"},
        }
        self.portal.lambdas.invoke("RenderFunction", {"Records": [record]})

    def name(self, logical_id: str) -> str:
        """Give what `Ref` gives for a resource of the template: a bucket's name, a queue's URL."""
        return self.portal.template.ref(logical_id)

    def queued(self, logical_id: str) -> int:
        """Count the messages of a queue: visible, in flight or delayed."""
        answer = self.portal.clients.sqs.get_queue_attributes(QueueUrl=self.name(logical_id), AttributeNames=["All"])
        counts = {name: count for name, count in answer["Attributes"].items() if name.startswith("Approx")}
        return sum(map(int, counts.values()))

    def dead_letters(self) -> dict[str, int]:
        """Count what lies in the queues that should be empty."""
        queues = ("IntakeDeadLetters", "PurgeDeadLetters", "RenderDeadLetters", "TickDeadLetters", "FailedPagesQueue")
        return {queue: count for queue in queues if (count := self.queued(queue))}

    def items(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Read the whole table, by key."""
        pages = self.portal.clients.dynamodb.get_paginator("scan").paginate(TableName=self.name("Table"))
        found = [item for page in pages for item in page["Items"]]
        return {(item["pk"]["S"], item["sk"]["S"]): dict(item) for item in found}

    def objects(self, bucket: str) -> Iterator[str]:
        """List the keys of a bucket, by its logical id."""
        pages = self.portal.clients.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name(bucket))
        yield from (entry["Key"] for page in pages for entry in page.get("Contents", []))

    def content(self, bucket: str, key: str) -> bytes:
        """Read an object."""
        return self.portal.clients.s3.get_object(Bucket=self.name(bucket), Key=key)["Body"].read()

    def version(self, key: str) -> int:
        """Give the version of a drawing in the site bucket."""
        head = self.portal.clients.s3.head_object(Bucket=self.name("SiteBucket"), Key=key)
        return int(head["Metadata"]["version"])


def give_up_early(pump: Pump) -> None:
    """Let a stream give a batch up after few attempts in the place of thirty: each draws all its pages."""
    for source in pump._sources:  # noqa: SLF001 (the number is the template's)
        if isinstance(source, _Stream):
            source._retries = ATTEMPTS  # noqa: SLF001


def visible_text(html: str) -> str:
    """Give the text of a page without its head, styles and scripts, white space folded."""
    parser = _Text()
    parser.feed(html)
    return " ".join("".join(parser.parts).split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in ("script", "style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "title")
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)
