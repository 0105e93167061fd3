"""Intake: judge an article's uploads in the order of their numbers, and commit what is accepted."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from botocore.exceptions import ClientError

from portal import paths
from portal.approval import fault_of_approval, needs_approval
from portal.article import MAX_UPLOAD_BYTES, Article, State, utc
from portal.claims import taken
from portal.commit import MAX_FORMER_PATHS, Change, HeadMovedError, commit, moves_too_often
from portal.issuing import APPROVE
from portal.judge import judge
from portal.outcomes import TryLaterError, error_code, grouped, is_transient
from portal.site import Site
from portal.strict_json import Fault
from portal.table import Head, Table, Verdict, article_partition, verdict_key
from portal.verdicts import Outcome, bounded, too_large

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# Longer than any fetch that an edge may have begun before the takedown was drawn (see the attempts and timeouts of the
# distribution's origins in template.yaml), and within the 15 minutes that SQS can delay.
TAKEDOWN_PURGE_DELAY_SECONDS: Final = 300

_JUDGE_AGAIN_AT_MOST: Final = 10
_CLOCK: Final = "clock"


@dataclass(frozen=True)
class Upload:
    """One upload as it lies in the uploads bucket. `content` is None when it is beyond the bounds."""

    number: int
    content: bytes | None
    editor: str
    subject: str
    base: int | None
    may_approve: bool = False


@dataclass
class _Looked:
    """What a look at an article found and did: its head, the verdicts given, the uploads that could not be judged."""

    head: Head | None
    verdicts: list[Verdict] = field(default_factory=list)
    failures: dict[int, Exception] = field(default_factory=dict)


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
        """Judge the upload that an event announced, and those of the article that wait before it.

        Where others may have come before it, those after it that wait are judged as well.

        Returns:
            The verdicts given now; none when all had theirs.

        Raises:
            TryLaterError: others keep committing this article.
            Exception: what stopped the judgement of the announced upload; the others had their turn, and have events
                of their own.
        """
        looked = self._judge_waiting(article_id, announced=number)
        if number in looked.failures:
            raise looked.failures[number]
        # A run that died between its commit and this message has left it to us.
        judged_before = all(verdict.upload != number for verdict in looked.verdicts)
        if judged_before and looked.head and _is_taken_down_by(looked.head, number):
            self._purge_again_later(article_id)
        return looked.verdicts

    def purge_takedown_again(self, article_id: str, number: int) -> None:
        """Ask for the second purge of a takedown, if an upload that has its verdict is what took the article down."""
        head = self._table.head(article_id)
        if head and _is_taken_down_by(head, number):
            self._purge_again_later(article_id)

    def look_at_clock(self, article_id: str) -> Head | None:
        """Do what is due: judge the uploads that wait, then let the clock ask for another state.

        Returns:
            The new head when the clock changed the state.

        Raises:
            TryLaterError: others keep committing this article.
            ExceptionGroup: some uploads could not be judged; the clock had its way all the same.
        """
        for _ in range(_JUDGE_AGAIN_AT_MOST):
            looked = self._judge_waiting(article_id)
            try:
                new = self._change_by_clock(article_id, looked.head) if looked.head else None
            except HeadMovedError:
                continue
            if looked.failures:
                raise grouped(f"uploads of {article_id} that could not be judged", [*looked.failures.values()])
            return new
        raise TryLaterError(f"article {article_id} keeps changing")

    def _change_by_clock(self, article_id: str, head: Head) -> Head | None:
        """Commit the state that the article asks for now, if it is another one than it has."""
        now = utc(datetime.now(UTC))
        change = self._due_change(head, now)
        new = commit(self._table, head, change, verdict=None) if change else None
        # Also when there was nothing to change: a run that died after its commit may not have sent this.
        if (new or head).is_taken_down:
            self._purge_again_later(article_id)
        return new

    def _due_change(self, head: Head, now: str) -> Change | None:
        """Give what the clock asks for: of what editors have set to its minute first, then of what readers have."""
        for step in dict.fromkeys((head.current, head.shown)):
            if step is None or step.state not in (State.SCHEDULED, State.PUBLISHED):
                continue
            article = self._table.revision(head.article_id, step.revision).article
            state = article.state_at(now)
            if state is not step.state:
                return Change(head.article_id, article, state, step.upload, _CLOCK, "", now, self._site.zone)
        return None

    def _judge_waiting(self, article_id: str, *, announced: int | None = None) -> _Looked:
        """Judge, in order, every upload beyond the accepted one that has no verdict, and the announced one.

        An upload older than the accepted one is looked at when it is announced: it is superseded, or was bad.

        Raises:
            Exception: what time may mend; the order of the uploads is kept for the next attempt.
        """
        head, numbers = self._waiting(article_id, announced)
        looked = _Looked(head)
        for number in numbers:
            try:
                verdict, looked.head = self._judge_upload(article_id, number, looked.head)
            except Exception as error:
                if is_transient(error):
                    raise
                looked.failures[number] = error  # it must not hold up those after it
            else:
                looked.verdicts += [verdict] if verdict else []
        return looked

    def _waiting(self, article_id: str, announced: int | None) -> tuple[Head | None, list[int]]:
        """Give the head of an article, and the numbers of the uploads that are to be judged, in order."""
        if announced is not None:
            head = self._table.head(article_id)
            if announced == _accepted(head) + 1:
                return head, [announced]  # no other can come before it, and those after it have events of their own
        listed = self._uploads(article_id)
        # The head is read after the list: what an upload in it started from was accepted before it was signed.
        head = self._table.head(article_id)
        numbers = [number for number in listed if number > _accepted(head) or number == announced]
        if not numbers:
            return head, []
        verdicts = self._table.between(article_partition(article_id), verdict_key(numbers[0]), verdict_key(numbers[-1]))
        judged = {item["sk"] for item in verdicts}
        return head, [number for number in numbers if verdict_key(number) not in judged]

    def _uploads(self, article_id: str) -> list[int]:
        """List the numbers of an article's uploads, in order."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"articles/{article_id}/"
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
            judge(upload.content, self._site) if upload.content is not None else [too_large(MAX_UPLOAD_BYTES)]
        )
        for _ in range(_JUDGE_AGAIN_AT_MOST):
            now = utc(datetime.now(UTC))
            verdict = self._approved(_verdict(article_id, upload, judgement, head, now), upload, judgement, head)
            verdict = self._of_its_own_paths(verdict, judgement, head)
            if verdict.outcome is not Outcome.ACCEPTED or isinstance(judgement, list):
                # What was judged first stays.
                return verdict if self._table.put_new(verdict.item()) else None, head
            state = judgement.state_at(now)
            editor = upload.editor
            change = Change(article_id, judgement, state, number, editor, upload.subject, now, self._site.zone)
            try:
                new = commit(self._table, head, change, verdict)
            except HeadMovedError:
                head = self._table.head(article_id)
                if self._table.verdict(article_id, number):
                    return None, head
                continue
            if _is_taken_down_by(new, number):
                self._purge_again_later(article_id)
            return verdict, new
        raise TryLaterError(f"article {article_id} keeps changing")

    def _approved(
        self, verdict: Verdict, upload: Upload, judgement: Article | list[Fault], head: Head | None
    ) -> Verdict:
        """Reject what two people should have seen and only one has, where the newsroom asks for two."""
        if verdict.outcome is not Outcome.ACCEPTED or isinstance(judgement, list):
            return verdict
        if not (self._site.two_pairs_of_eyes and needs_approval(judgement)):
            return verdict
        current = self._table.revision(verdict.article_id, head.current.revision) if head else None
        fault = fault_of_approval(judgement, upload.subject, current, may_approve=upload.may_approve)
        return replace(verdict, outcome=Outcome.REJECTED, faults=(fault,)) if fault else verdict

    def _of_its_own_paths(self, verdict: Verdict, judgement: Article | list[Fault], head: Head | None) -> Verdict:
        """Reject an article that claims an old path of another one; the commit holds it to that."""
        if verdict.outcome is not Outcome.ACCEPTED or isinstance(judgement, list):
            return verdict
        faults = tuple(taken(self._table, verdict.article_id, judgement, head))
        return replace(verdict, outcome=Outcome.REJECTED, faults=faults) if faults else verdict

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
            subject=unquote(metadata.get("subject", "")),
            base=int(base) if base.isdecimal() else None,
            may_approve=metadata.get("rights") == APPROVE,
        )

    def _purge_again_later(self, article_id: str) -> None:
        """Ask for a purge that comes after every fetch that an edge may have begun before the takedown."""
        tags = [paths.article_tag(article_id), paths.LISTS_TAG]
        self._sqs.send_message(
            QueueUrl=self._purge_queue_url,
            MessageBody=json.dumps({"tags": tags}),
            DelaySeconds=TAKEDOWN_PURGE_DELAY_SECONDS,
        )


def _accepted(head: Head | None) -> int:
    """Give the number of the accepted upload; 0 when there's none yet."""
    return head.upload if head else 0


def _is_taken_down_by(head: Head, number: int) -> bool:
    return head.shown is not None and head.shown.upload == number and head.is_taken_down


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
