"""Intake: judge an article's uploads in the order of their numbers, and commit what is accepted."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from botocore.exceptions import ClientError

from portal import paths
from portal.article import Article, State, utc
from portal.commit import MAX_FORMER_PATHS, Change, HeadMovedError, commit, moves_too_often
from portal.judge import MAX_UPLOAD_BYTES, judge, too_large
from portal.outcomes import TryLaterError, error_code
from portal.site import Site
from portal.strict_json import Fault
from portal.table import Head, Table, Verdict, article_partition, verdict_key
from portal.verdicts import Outcome, bounded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# Longer than any fetch that an edge may have begun before the takedown was drawn (three attempts to connect and three
# answers awaited, see the distribution's origin in template.yaml), and within the 15 minutes that SQS can delay.
TAKEDOWN_PURGE_DELAY_SECONDS: Final = 300

_JUDGE_AGAIN_AT_MOST: Final = 10
_CLOCK: Final = "clock"


@dataclass(frozen=True)
class Upload:
    """One upload as it lies in the uploads bucket. `content` is None when it is beyond the bounds."""

    number: int
    content: bytes | None
    editor: str
    base: int | None


class Intake:
    """Intake's routine over one table, one uploads bucket and one purge queue."""

    def __init__(
        self,
        *,
        dynamodb: "DynamoDBClient",
        s3: "S3Client",
        sqs: "SQSClient",
        table_name: str,
        uploads_bucket: str,
        purge_queue_url: str,
        site: Site,
    ) -> None:
        self._table = Table(dynamodb, table_name)
        self._s3 = s3
        self._sqs = sqs
        self._bucket = uploads_bucket
        self._purge_queue_url = purge_queue_url
        self._site = site

    def look_at_upload(self, article_id: str, number: int) -> list[Verdict]:
        """Judge the upload that an event announced, and those of the article that wait before or after it.

        Returns:
            The verdicts given now; none when all had theirs.

        Raises:
            TryLaterError: others keep committing this article.
            ClientError: what AWS refused, to be retried by the queue.
        """
        head = self._table.head(article_id)
        accepted = head.upload if head else 0
        # An upload older than the accepted one is looked at for its own sake: it is superseded, or was bad.
        verdicts, head = self._judge_waiting(article_id, head, after=min(accepted, number - 1))
        # A run that died between its commit and this message has left it to us.
        judged_before = all(verdict.upload != number for verdict in verdicts)
        if judged_before and head and head.upload == number and _is_taken_down(head):
            self._purge_again_later(article_id)
        return verdicts

    def look_at_clock(self, article_id: str) -> Head | None:
        """Do what is due: judge the uploads that wait, then let the clock ask for another state.

        Returns:
            The new head when the clock changed the state.
        """
        for _ in range(_JUDGE_AGAIN_AT_MOST):
            head = self._table.head(article_id)
            if head is None:
                return None
            _, head = self._judge_waiting(article_id, head, after=head.upload)
            if head is None:
                return None
            now = utc(datetime.now(UTC))
            article = self._table.revision(article_id, head.revision).article
            state = article.state_at(now)
            if state is head.state:
                # A run that died after its commit may not have sent this; the due item brought us back.
                if _is_taken_down(head):
                    self._purge_again_later(article_id)
                return None
            change = Change(article_id, article, state, head.upload, _CLOCK, now)
            try:
                new = commit(self._table, head, change, verdict=None)
            except HeadMovedError:
                continue
            if _is_taken_down(new):
                self._purge_again_later(article_id)
            return new
        raise TryLaterError(f"article {article_id} keeps changing")

    def _judge_waiting(self, article_id: str, head: Head | None, *, after: int) -> tuple[list[Verdict], Head | None]:
        """Judge, in order, every upload beyond a number that has no verdict yet."""
        numbers = self._uploads(article_id, after=after)
        if not numbers:
            return [], head
        judged = {
            item["sk"]
            for item in self._table.between(
                article_partition(article_id), verdict_key(numbers[0]), verdict_key(numbers[-1])
            )
        }
        verdicts = []
        for number in numbers:
            if verdict_key(number) not in judged:
                verdict, head = self._judge_upload(article_id, number, head)
                verdicts += [verdict] if verdict else []
        return verdicts, head

    def _uploads(self, article_id: str, *, after: int) -> list[int]:
        """List the numbers of an article's uploads beyond one, in order."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket,
            Prefix=f"articles/{article_id}/",
            StartAfter=paths.upload_key(article_id, after),
        )
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return [found[1] for found in map(paths.read_upload_key, keys) if found]

    def _judge_upload(self, article_id: str, number: int, head: Head | None) -> tuple[Verdict | None, Head | None]:
        """Judge one upload and write its verdict, with the commit when it is accepted.

        The verdict is None when somebody else gave it in the meantime.
        """
        upload = self._fetch(article_id, number)
        if upload is None:
            return None, head
        judgement: Article | list[Fault] = (
            judge(upload.content, self._site) if upload.content is not None else [too_large()]
        )
        for _ in range(_JUDGE_AGAIN_AT_MOST):
            now = utc(datetime.now(UTC))
            verdict = _verdict(article_id, upload, judgement, head, now)
            if verdict.outcome is not Outcome.ACCEPTED or isinstance(judgement, list):
                # What was judged first stays.
                return verdict if self._table.put_new(verdict.item()) else None, head
            state = judgement.state_at(now)
            change = Change(article_id, judgement, state, number, upload.editor, now)
            try:
                new = commit(self._table, head, change, verdict)
            except HeadMovedError:
                head = self._table.head(article_id)
                if self._table.verdict(article_id, number):
                    return None, head
                continue
            if _is_taken_down(new):
                self._purge_again_later(article_id)
            return verdict, new
        raise TryLaterError(f"article {article_id} keeps changing")

    def _fetch(self, article_id: str, number: int) -> Upload | None:
        """Read an upload, no more of it than its bound; None when it isn't there any more."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=paths.upload_key(article_id, number))
        except ClientError as error:
            if error_code(error) == "NoSuchKey":
                return None
            raise
        metadata = answer["Metadata"]
        fits = answer["ContentLength"] <= MAX_UPLOAD_BYTES
        base = metadata.get("base", "")
        return Upload(
            number=number,
            content=answer["Body"].read() if fits else None,
            editor=unquote(metadata.get("editor", "")),
            base=int(base) if base.isdecimal() else None,
        )

    def _purge_again_later(self, article_id: str) -> None:
        """Ask for a purge that comes after every fetch that an edge may have begun before the takedown."""
        tags = [paths.article_tag(article_id), paths.LISTS_TAG]
        self._sqs.send_message(
            QueueUrl=self._purge_queue_url,
            MessageBody=json.dumps({"tags": tags}),
            DelaySeconds=TAKEDOWN_PURGE_DELAY_SECONDS,
        )


def _is_taken_down(head: Head) -> bool:
    return head.path is not None and head.state is not State.PUBLISHED


def _verdict(article_id: str, upload: Upload, judgement: Article | list[Fault], head: Head | None, now: str) -> Verdict:
    """Judge an upload against what is accepted already."""
    verdict = Verdict(article_id, upload.number, Outcome.ACCEPTED, now)
    if isinstance(judgement, list):
        return replace(verdict, outcome=Outcome.REJECTED, faults=tuple(bounded(judgement)))
    if head is None:
        return verdict
    accepted = (("upload", str(head.upload)),)
    if upload.number < head.upload:
        return replace(verdict, outcome=Outcome.SUPERSEDED, faults=(Fault("", "superseded", accepted),))
    if upload.base is not None and upload.base != head.upload:
        details = (*accepted, ("base", str(upload.base)))
        return replace(verdict, outcome=Outcome.CONFLICT, faults=(Fault("", "conflict", details),))
    if moves_too_often(head, article_id, judgement):
        details = (("most", str(MAX_FORMER_PATHS)), ("path", str(head.path)))
        return replace(verdict, outcome=Outcome.REJECTED, faults=(Fault("/title", "too_many_moves", details),))
    return verdict
