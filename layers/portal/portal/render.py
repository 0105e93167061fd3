"""Render: draw the pages whose partitions changed, copy committed revisions into the archive, ask for the purge."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from portal import paths, put_aside
from portal.drawing import Artist, Drawing
from portal.outcomes import ABSENT, TryLaterError, described, error_code, is_transient
from portal.table import PAGE, REVISION, SELF, TOUCH, Item, Revision, Table, page_partition, unpacked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

LIST_ENTRIES: Final = 20
# The promise: no edge shows a page that is older than this, even if its purge was lost.
EDGE_SECONDS: Final = 300
# While S3 fails, CloudFront goes on with what it has; without a bound it would do so for as long as it keeps it.
EDGE_SECONDS_WHILE_S3_FAILS: Final = 3600
_CACHE_CONTROL: Final = f"public, max-age=0, s-maxage={EDGE_SECONDS}, stale-if-error={EDGE_SECONDS_WHILE_S3_FAILS}"
_DRAW_AGAIN_AT_MOST: Final = 10
_OVERTAKEN: Final = {"PreconditionFailed", "ConditionalRequestConflict", *ABSENT}


@dataclass(frozen=True)
class Rendered:
    """What became of a batch.

    Pages drawn are named by path, revisions archived by key. What was put aside, a page by its path or an article by
    its id, and records that are to be delivered again, by sequence number, come with the error that caused it.
    """

    drawn: list[str] = field(default_factory=list)
    put_aside: dict[str, str] = field(default_factory=dict)
    archived: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass
class _Asked:
    """What the records of a batch ask for of one page, or of one article whose revisions are to be archived.

    `revisions` are those that the records carry; a touched article has all of its own looked at.
    """

    number: str  # the first record's sequence number
    attempts: int = 0  # how often it was put aside before
    purge: bool = False
    touched: bool = False
    revisions: list[Item] = field(default_factory=list)


class Render:
    """Render's routine over one table, its site bucket, archive bucket and queues."""

    def __init__(
        self,
        *,
        dynamodb: "DynamoDBClient",
        s3: "S3Client",
        sqs: "SQSClient",
        table_name: str,
        site_bucket: str,
        archive_bucket: str,
        purge_queue_url: str,
        failed_pages_queue_url: str,
        artist: Artist,
    ) -> None:
        self._table = Table(dynamodb, table_name)
        self._s3 = s3
        self._sqs = sqs
        self._site_bucket = site_bucket
        self._archive_bucket = archive_bucket
        self._purge_queue_url = purge_queue_url
        self._failed_pages_queue_url = failed_pages_queue_url
        self._artist = artist

    def render(self, records: Iterable[Mapping[str, Any]]) -> Rendered:
        """Do what a batch of the table's stream asks for.

        Args:
            records: `Records` of a DynamoDB Streams event as Lambda delivers it (keys and new images in the
                client's form, binary values decoded).

        Returns:
            What was done. `failed` holds the sequence numbers of records that time may mend.

        Raises:
            ClientError: a queue refused its message, so that the whole batch is delivered again, and bisected.
        """
        rendered = Rendered()
        tags: set[str] = set()
        aside: list[dict[str, Any]] = []
        for partition, asked in _asked(records).items():
            try:
                if partition.startswith(PAGE):
                    path = partition.removeprefix(PAGE)
                    drawn = self._draw(path)
                    tags.update(drawn if asked.purge else ())
                    rendered.drawn.append(path)
                else:
                    rendered.archived.extend(self._archive(partition, asked))
            except Exception as error:  # noqa: BLE001 (each ends in a named outcome: delivered again, or put aside)
                if is_transient(error):
                    rendered.failed[asked.number] = described(error)
                elif not rendered.failed:  # else it is delivered again with what failed, and ends here then
                    rendered.put_aside[partition.partition("#")[2]] = described(error)
                    aside.append(put_aside.message(partition, described(error), asked.attempts + 1))
        for message in aside:
            self._tell(self._failed_pages_queue_url, message)
        # After every PUT and before the batch is acknowledged, whoever did the PUT.
        if tags:
            self._tell(self._purge_queue_url, {"tags": sorted(tags)})
        return rendered

    def _archive(self, partition: str, asked: _Asked) -> list[str]:
        """Copy an article's revisions into the archive, where they stay as they are; give the keys of new copies."""
        every = self._table.between(partition, REVISION, f"{REVISION}~") if asked.touched else ()
        keys = (self._copy(Revision.from_item(item)) for item in (*asked.revisions, *every))
        return [key for key in keys if key]

    def _copy(self, revision: Revision) -> str | None:
        """Copy a revision into the archive and give its key; None when it is there already."""
        record = {
            "id": revision.article_id,
            "revision": revision.number,
            "upload": revision.upload,
            "state": revision.state,
            "editor": revision.editor,
            "committed_at": revision.committed_at,
            "article": revision.article.as_json(),
        }
        key = paths.archive_key(revision.article_id, revision.number)
        try:
            self._s3.put_object(
                Bucket=self._archive_bucket,
                Key=key,
                Body=json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1).encode(),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error_code(error) == "PreconditionFailed":
                return None
            raise
        return key

    def _draw(self, path: str) -> tuple[str, ...]:
        """Draw a page and put it, on the condition that nobody did since; give the cache tags to purge.

        The fence is read before what it protects: to query first would let a slower run put an older list over a
        newer one. Each drawing has a version, so that no two are the same bytes and have the same ETag.
        """
        for _ in range(_DRAW_AGAIN_AT_MOST):
            etag, version = self._fence(path)
            drawing = self.compose(path, version + 1)
            if self._put(path, drawing, etag, version + 1):
                # What stands at a new article's path can't be at any edge yet.
                is_new_article = version == 0 and paths.is_article_path(path)
                return () if is_new_article else drawing.tags
        raise TryLaterError(f"{path} keeps being drawn by others")

    def _fence(self, path: str) -> tuple[str | None, int]:
        """Give the ETag and the version of the page as it stands; None and 0 when there's none."""
        try:
            answer = self._s3.head_object(Bucket=self._site_bucket, Key=paths.object_key(path))
        except ClientError as error:
            if error_code(error) in ABSENT:
                return None, 0
            raise
        return answer["ETag"], int(answer["Metadata"].get("version", 0))

    def compose(self, path: str, version: int) -> Drawing:
        """Draw a page from the present state of its partition.

        Raises:
            LookupError: the site has no such page.
        """
        if path == paths.HOME:
            return self._artist.home(version, self._table.newest_entries(path, LIST_ENTRIES))
        if path == paths.NOT_FOUND:
            return self._artist.not_found(version)
        if path == paths.ROBOTS:
            return self._artist.robots(version)
        if section := paths.section_of(path):
            return self._artist.section(section, version, self._table.newest_entries(path, LIST_ENTRIES))
        return self._compose_own(path, version)

    def _compose_own(self, path: str, version: int) -> Drawing:
        """Draw what stands at a path of an article, present or former."""
        item = self._table.get(page_partition(path), SELF)
        if item is None:
            raise LookupError(f"nothing of the table stands at {path}")
        if item["kind"] == "redirect":
            return self._artist.redirect(path, version, item["id"], item["to"])
        draw = {"article": self._artist.article, "notice": self._artist.notice, "gone": self._artist.gone}[item["kind"]]
        return draw(path, version, self._table.revision(item["id"], int(item["revision"])))

    def _put(self, path: str, drawing: Drawing, etag: str | None, version: int) -> bool:
        """Put a drawing in the place of the one that was fenced; tell whether that one still stood."""
        metadata = {"version": str(version), "cache-tag": ",".join(drawing.tags)}
        if drawing.status != HTTPStatus.OK:
            metadata["status"] = str(drawing.status)
        if drawing.location is not None:
            metadata["location"] = drawing.location
        condition: Any = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            self._s3.put_object(
                Bucket=self._site_bucket,
                Key=paths.object_key(path),
                Body=drawing.body,
                ContentType=drawing.content_type,
                CacheControl=_CACHE_CONTROL,
                Metadata=metadata,
                **condition,
            )
        except ClientError as error:
            if error_code(error) in _OVERTAKEN:
                return False
            raise
        return True

    def _tell(self, queue_url: str, message: Mapping[str, Any]) -> None:
        self._sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(message, ensure_ascii=False))


def _asked(records: Iterable[Mapping[str, Any]]) -> dict[str, _Asked]:
    """Gather what a batch asks for, by partition, in the order in which each comes first."""
    asked: dict[str, _Asked] = {}
    for record in records:
        change = record["dynamodb"]
        keys, image = unpacked(change["Keys"]), unpacked(change.get("NewImage", {}))
        look = asked.setdefault(keys["pk"], _Asked(change["SequenceNumber"]))
        # Whatever is no touch is a change, and readers are to see it at once.
        look.purge |= bool(image.get("purge", True))
        look.attempts = max(look.attempts, int(image.get("attempts", 0)))
        look.touched |= keys["sk"] == TOUCH
        if keys["sk"].startswith(REVISION):
            look.revisions.append(image)
    return asked
