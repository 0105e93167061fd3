"""Tick: what only the clock asks for, and what an event missed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from portal import paths, put_aside
from portal.article import utc
from portal.desk import UPLOAD_SECONDS
from portal.intake import Intake
from portal.outcomes import grouped, is_transient
from portal.site import Site
from portal.table import AWAITED, DUE, Awaited, Table, moment_key, page_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# In one minute; the rest has its turn in the next.
_DUE_AT_MOST: Final = 200
_AWAITED_AT_MOST: Final = 500
_FAILED_AT_MOST: Final = 100
# What was put aside is tried again after a minute, then each time after twice as long, up to this.
LONGEST_WAIT_SECONDS: Final = 3600
RENDER_SECONDS: Final = 60  # the longest run of render: its timeout in template.yaml
_PEEK_SECONDS: Final = 30  # of a failed page's message: shown again before the next tick, and to the alarm
_SITE: Final = "site"
_DRAWN: Final = "drawn"


@dataclass(frozen=True)
class Ticked:
    """What a tick did.

    Articles whose state changed, by id; uploads whose event was missed, by key; pages touched after a deploy, by path;
    partitions touched since they had failed.
    """

    changed: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    tried_again: list[str] = field(default_factory=list)


class Tick:
    """Tick's routine. `fingerprint` is that of the templates and settings that this deployment draws with."""

    def __init__(
        self,
        *,
        dynamodb: "DynamoDBClient",
        sqs: "SQSClient",
        table_name: str,
        failed_pages_queue_url: str,
        intake: Intake,
        site: Site,
        fingerprint: str,
    ) -> None:
        self._table = Table(dynamodb, table_name)
        self._sqs = sqs
        self._failed_pages_queue_url = failed_pages_queue_url
        self._intake = intake
        self._site = site
        self._fingerprint = fingerprint

    def tick(self) -> Ticked:
        """Publish what is due, withdraw what is over, look for uploads that no event announced, draw again what failed.

        After a deploy, touch the pages that no article owns.

        Raises:
            ExceptionGroup: some of it could not be done; it stays for the next tick, and the rest is done.
        """
        ticked = Ticked()
        failures: list[Exception] = []
        now = datetime.now(UTC)
        # What editors have set to a minute comes first.
        for work in (self._do_what_is_due, self._look_for_uploads, self._try_again, self._touch_after_deploy):
            try:
                failures += work(now, ticked)
            except Exception as error:  # noqa: BLE001 (raised below, once the rest had its turn)
                failures.append(error)
        if failures:
            raise grouped("what tick could not do", failures)
        return ticked

    def _do_what_is_due(self, now: datetime, ticked: Ticked) -> list[Exception]:
        """Let the clock have its way with the articles whose minute has come; give what went wrong."""
        failures: list[Exception] = []
        for item in self._table.between(DUE, *_until(now), most=_DUE_AT_MOST):
            try:
                if "entry" in item:
                    # A commit that still took it for news has made this due again.
                    self._table.delete(page_partition(paths.NEWS_SITEMAP), item["entry"])
                elif self._intake.look_at_clock(item["id"]):
                    ticked.changed.append(item["id"])
            except Exception as error:  # noqa: BLE001 (told by the caller, once the other articles had their turn)
                failures.append(error)
                continue
            # After the commit, never before: what a crash leaves undone must stay due. And only what was looked at:
            # a commit may have asked for the same minute again since.
            self._table.delete_same(item, "revision")
        return failures

    def _look_for_uploads(self, now: datetime, ticked: Ticked) -> list[Exception]:
        """Look whether the uploads that the desk issued have their verdicts; judge those that no event announced."""
        failures: list[Exception] = []
        for item in self._table.between(AWAITED, *_until(now), most=_AWAITED_AT_MOST):
            awaited = Awaited.from_item(item)
            try:
                is_over = self._is_over(awaited, now, ticked)
            except Exception as error:  # noqa: BLE001 (told by the caller, once the other uploads had their turn)
                failures.append(error)
                if is_transient(error):
                    continue  # it is looked at again by the next tick
                is_over = False  # what no time mends gives way to the others
            if not is_over:
                self._table.put(_later(awaited, now).item())
            self._table.delete(item["pk"], item["sk"])
        return failures

    def _is_over(self, awaited: Awaited, now: datetime, ticked: Ticked) -> bool:
        """Tell whether an upload has its verdict, or will never come since its URL has expired."""
        article_id, upload = awaited.article_id, awaited.upload
        if self._table.verdict(article_id, upload):
            # A run that died after its commit may have left us the second purge of a takedown.
            self._intake.purge_takedown_again(article_id, upload)
            return True
        self._intake.look_at_upload(article_id, upload)
        if self._table.verdict(article_id, upload):
            ticked.found.append(paths.upload_key(article_id, upload))
            return True
        # As long again as the URL holds: S3 asks when a PUT begins, not when it ends.
        return now > datetime.fromisoformat(awaited.issued_at) + timedelta(seconds=2 * UPLOAD_SECONDS)

    def _try_again(self, now: datetime, ticked: Ticked) -> list[Exception]:
        """Touch what render has put aside, each time after a longer wait; give what nobody can read.

        A page may be put aside once for each change of it. Its messages become one, of the most attempts.
        """
        failures: list[Exception] = []
        aside: dict[str, list[tuple[int, MessageTypeDef]]] = {}
        for message in self._put_aside():
            try:
                body = json.loads(message["Body"])
                aside.setdefault(put_aside.partition_of(body), []).append((int(body["attempts"]), message))
            except (ValueError, KeyError, TypeError) as error:
                failures.append(error)
        for partition, messages in aside.items():
            if not any(_is_tried_again(message, attempts, now) for attempts, message in messages):
                continue
            self._table.touch(partition, attempts=max(attempts for attempts, _ in messages))
            ticked.tried_again.append(partition)
            # After the touch: a crash in between touches twice.
            for _, message in messages:
                self._sqs.delete_message(QueueUrl=self._failed_pages_queue_url, ReceiptHandle=message["ReceiptHandle"])
        return failures

    def _put_aside(self) -> Iterable["MessageTypeDef"]:
        """Receive what lies in the queue of failed pages, each message once."""
        for _ in range(_FAILED_AT_MOST // 10):
            answer = self._sqs.receive_message(
                QueueUrl=self._failed_pages_queue_url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=_PEEK_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp"],
            )
            if not answer.get("Messages"):
                return
            yield from answer["Messages"]

    def _touch_after_deploy(self, now: datetime, ticked: Ticked) -> list[Exception]:
        """Touch the site's own pages when they were last drawn with other templates or settings.

        Not before every run of render's old code has ended, or one of these may draw last. The mark is written after
        the touches: a crash in between touches twice.
        """
        drawn = self._table.get(_SITE, _DRAWN) or {}
        if drawn.get("fingerprint") == self._fingerprint:
            return []
        if drawn and drawn.get("deployed") != self._fingerprint:
            self._table.put({**drawn, "deployed": self._fingerprint, "deployed_at": utc(now)})
            return []
        if drawn and now < datetime.fromisoformat(drawn["deployed_at"]) + timedelta(seconds=RENDER_SECONDS):
            return []
        for path in own_pages(self._site):
            self._table.touch(page_partition(path))
            ticked.touched.append(path)
        self._table.put({"pk": _SITE, "sk": _DRAWN, "fingerprint": self._fingerprint})
        return []


def own_pages(site: Site) -> Iterable[str]:
    """Give the paths of the pages that stand whether or not there is any article."""
    yield from (paths.NOT_FOUND, paths.ROBOTS, paths.ARTICLE_SCHEMA, paths.LIST_SCHEMA)
    yield from (paths.SECTIONS_SITEMAP, paths.NEWS_SITEMAP, paths.DESK)
    for front in (paths.HOME, *(section.path for section in site.sections)):
        yield from (front, paths.archive_path(front))


def _is_tried_again(message: "MessageTypeDef", attempts: int, now: datetime) -> bool:
    """Tell whether what failed so often has waited for long enough."""
    wait: float = min(60 * 2 ** (min(attempts, 10) - 1), LONGEST_WAIT_SECONDS)
    return now.timestamp() >= int(message["Attributes"]["SentTimestamp"]) / 1000 + wait


def _until(now: datetime) -> tuple[str, str]:
    """Give the first and the last sort key of what is due by now."""
    return "0", moment_key(utc(now), "~")  # "~" comes after every id


def _later(awaited: Awaited, now: datetime) -> Awaited:
    """Wait for an upload as long again as it was waited for already."""
    waited = now - datetime.fromisoformat(awaited.issued_at)
    return replace(awaited, look_at=utc(now + max(waited, timedelta(minutes=1))))
