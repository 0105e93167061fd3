"""Render: draw the pages whose partitions changed, copy committed revisions into the archive, ask for the purge."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from portal import paths, put_aside
from portal.composing import Composer
from portal.drawing import Artist, Drawing
from portal.outcomes import ABSENT, TryLaterError, described, error_code, is_transient
from portal.table import (
    CLOSED,
    PAGE,
    RANGE,
    REVISION,
    SELF,
    TOUCH,
    Item,
    Newest,
    Range,
    Revision,
    Table,
    is_entry_key,
    page_partition,
    unpacked,
)
from portal.touching import Touch, touches_of_article, touches_of_first_month, touches_of_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# The promise: no edge shows a page that is older than this, even if its purge was lost. In the last minute of it an
# edge answers with what it has and asks S3 meanwhile, so that no reader waits for that.
EDGE_SECONDS: Final = 300
_REVALIDATION_SECONDS: Final = 60
# While S3 fails, CloudFront goes on with what it has; without a bound it would do so for as long as it keeps it.
EDGE_SECONDS_WHILE_S3_FAILS: Final = 3600
_CACHE_CONTROL: Final = (
    f"public, max-age=0, s-maxage={EDGE_SECONDS - _REVALIDATION_SECONDS}, "
    f"stale-while-revalidate={_REVALIDATION_SECONDS}, stale-if-error={EDGE_SECONDS_WHILE_S3_FAILS}"
)
_DRAW_AGAIN_AT_MOST: Final = 10
_OVERTAKEN: Final = {"PreconditionFailed", "ConditionalRequestConflict", *ABSENT}
_KINDS_OF_ARTICLE: Final = frozenset({"article", "notice", "gone"})


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
    """What the records of a batch ask for of one page, or of one article whose revisions are to be archived."""

    first: str  # sequence number of its first record
    last: str  # of its last one
    attempts: int = 0  # how often it was put aside before
    is_touched: bool = False
    draws: bool = False
    purge: bool = False  # the page's own cache tags, once it is drawn
    tags: set[str] = field(default_factory=set)  # to be purged then, too
    # Sort keys of a list's entries that appeared, changed or left, each with whether it is new.
    entries: dict[str, bool] = field(default_factory=dict)
    article_id: str | None = None  # of the article whose page it is, if that has changed
    records: list[Item] = field(default_factory=list)  # for the archive: revisions, and ranges of numbered pages


@dataclass(frozen=True)
class _Fence:
    """The page as it stands, and what lies beside it: ETags, None and absent where there's none, and the version."""

    etag: str | None
    version: int
    beside: Mapping[str, str]


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
        self._composer = Composer(self._table, artist)

    def render(self, records: Iterable[Mapping[str, Any]]) -> Rendered:
        """Do what a batch of the table's stream asks for.

        Args:
            records: `Records` of a DynamoDB Streams event as Lambda delivers it (keys and new images in the
                client's form, binary values decoded).

        Returns:
            What was done. `failed` holds the sequence numbers of records that time may mend.

        Raises:
            ClientError: a queue refused its message for good, so that the whole batch is delivered again, and bisected.
        """
        rendered = Rendered()
        tags: set[str] = set()
        wrong: dict[str, Exception] = {}
        asked = _asked(records)
        # What is shown elsewhere is drawn first, so that what shows it need not be touched if its turn comes in here.
        waiting = {partition: asked[partition] for partition in sorted(asked, key=_turn)}
        for partition in list(waiting):
            look = waiting.pop(partition)
            try:
                if not partition.startswith(PAGE):
                    rendered.archived.extend(self._archive(partition, look))
                    continue
                rendered.archived.extend(self._archive_ranges(look))
                if look.draws:
                    path = partition.removeprefix(PAGE)
                    own = self._draw(path, look, waiting)
                    tags.update(look.tags, own if look.purge else ())
                    rendered.drawn.append(path)
            except Exception as error:  # noqa: BLE001 (each ends in a named outcome: delivered again, or put aside)
                wrong[partition] = error
        rendered.failed.update(
            (asked[partition].first, described(fault)) for partition, fault in wrong.items() if is_transient(fault)
        )
        # After every PUT and before the batch is acknowledged, whoever did the PUT.
        if tags:
            try:
                self._tell(self._purge_queue_url, {"tags": sorted(tags)})
            except (ClientError, BotoCoreError) as error:
                if not is_transient(error):
                    raise
                # All of it comes again, and in one piece: in halves it would be drawn, and touch, far more often.
                rendered.failed[next(iter(asked.values())).first] = described(error)
        for partition, fault in wrong.items():
            # Lambda delivers again all that follows the first record that failed: it ends here then.
            comes_again = any(int(asked[partition].last) >= int(number) for number in rendered.failed)
            if not is_transient(fault) and not comes_again:
                rendered.put_aside[partition.partition("#")[2]] = described(fault)
                message = put_aside.message(partition, described(fault), asked[partition].attempts + 1)
                self._tell(self._failed_pages_queue_url, message)
        return rendered

    def _archive_ranges(self, asked: _Asked) -> Iterator[str]:
        """Copy into the archive what the numbered pages of a list hold; give the keys of new copies."""
        for held in map(Range.from_item, asked.records):
            key = paths.range_archive_key(held.list_path, held.number)
            if self._put_record(key, asdict(held)):
                yield key

    def _archive(self, partition: str, asked: _Asked) -> list[str]:
        """Copy an article's revisions into the archive, where they stay as they are; give the keys of new copies."""
        every = () if not asked.is_touched else self._table.between(partition, REVISION, f"{REVISION}~")
        keys = (self._copy(Revision.from_item(item)) for item in (*asked.records, *every))
        return [key for key in keys if key]

    def _copy(self, revision: Revision) -> str | None:
        """Copy a revision into the archive and give its key; None when it is there already."""
        key = paths.archive_key(revision.article_id, revision.number)
        return key if self._put_record(key, revision.record()) else None

    def _put_record(self, key: str, record: Mapping[str, Any]) -> bool:
        """Write a record of the archive where there is none; tell whether there was none."""
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
                return False
            raise
        return True

    def _draw(self, path: str, asked: _Asked, waiting: Mapping[str, _Asked]) -> tuple[str, ...]:
        """Draw a page and put it, on the condition that nobody did since; give its cache tag, if an edge may have it.

        The fence is read before what it protects: to query first would let a slower run put an older list over a
        newer one. Each drawing has a version, so that no two are the same bytes and have the same ETag.
        """
        for attempt in range(_DRAW_AGAIN_AT_MOST):
            fence = self._fence(path) if attempt == 0 else self._whole_fence(path)
            newest = self._composer.newest(path)
            if attempt == 0:
                # Before the drawing: a page that can't be drawn must not take along those that show something of it.
                touches = self._touches(path, asked, newest, waiting, is_first=fence.version == 0)
                self._touch(touches, waiting)
            drawings = self._composer.compose(path, fence.version + 1, newest)
            if self._put_all(drawings, fence):
                # What stands at a new article's path can't be at any edge yet.
                is_new_article = fence.version == 0 and paths.is_article_path(path)
                return () if is_new_article else drawings[0].tags[:1]
        raise TryLaterError(f"{path} keeps being drawn by others")

    def _touches(
        self, path: str, asked: _Asked, newest: Newest | None, waiting: Mapping[str, _Asked], *, is_first: bool
    ) -> Iterator[Touch]:
        """Give the pages that show something of this one."""
        if newest:
            home_waits = page_partition(paths.HOME) in waiting
            yield from touches_of_list(self._table, path, newest, asked.entries, home_waits=home_waits)
        if asked.article_id:
            yield from touches_of_article(self._table, asked.article_id)
        if is_first:
            yield from touches_of_first_month(self._table, path)

    def _touch(self, touches: Iterable[Touch], waiting: Mapping[str, _Asked]) -> None:
        """Touch pages, each once, but for those whose turn comes in this batch: these only have more to be purged."""
        merged: dict[str, list[Touch]] = {}
        for touch in touches:
            merged.setdefault(page_partition(touch.path), []).append(touch)
        for partition, asking in merged.items():
            purge = any(touch.tags is None for touch in asking)
            tags = {tag for touch in asking for tag in touch.tags or ()}
            look = waiting.get(partition)
            if look is None or not look.draws:
                self._table.touch(partition, purge=purge, tags=sorted(tags))
            else:
                look.tags.update(tags)
                look.purge |= purge

    def _fence(self, path: str) -> _Fence:
        """Read how a page stands. What lies beside it is as its last drawing has left it, or that drawing is undone."""
        found = self._head(path)
        if found is None:
            return _Fence(None, 0, {})
        etag, version, metadata = found
        beside = dict(each.split("=") for each in metadata.get("beside", "").split(",") if each)
        known = {each: beside.get(each.rpartition("/")[2]) for each in paths.beside(path)}
        return _Fence(etag, version, {each: f'"{etag}"' for each, etag in known.items() if etag})

    def _whole_fence(self, path: str) -> _Fence:
        """Read how a page and all that lies beside it stand, also where a drawing was left undone."""
        page = self._head(path)
        beside = {each: found for each in paths.beside(path) if (found := self._head(each))}
        versions = [version for _, version, _ in (*((page,) if page else ()), *beside.values())]
        etags = {each: etag for each, (etag, _, _) in beside.items()}
        return _Fence(page[0] if page else None, max(versions, default=0), etags)

    def _head(self, path: str) -> tuple[str, int, Mapping[str, str]] | None:
        """Give an object's ETag, version and metadata; None when there's none."""
        try:
            answer = self._s3.head_object(Bucket=self._site_bucket, Key=paths.object_key(path))
        except ClientError as error:
            if error_code(error) in ABSENT:
                return None
            raise
        return answer["ETag"], int(answer["Metadata"].get("version", 0)), answer["Metadata"]

    def _put_all(self, drawings: Sequence[Drawing], fence: _Fence) -> bool:
        """Put a page and what lies beside it, the page last; tell whether all stood as they were fenced."""
        page, *others = drawings
        version = str(fence.version + 1)
        etags = []
        for drawing in others:
            etag = self._put(drawing, fence.beside.get(drawing.path), {"version": version})
            if etag is None:
                return False
            etags.append(f"{drawing.path.rpartition('/')[2]}={etag.strip(chr(34))}")
        metadata = {"version": version} | ({"beside": ",".join(etags)} if etags else {})
        return self._put(page, fence.etag, metadata) is not None

    def _put(self, drawing: Drawing, etag: str | None, metadata: dict[str, str]) -> str | None:
        """Put a drawing in the place of the one that was fenced; give its ETag, None if that one stood no more."""
        metadata = {**metadata, "cache-tag": ",".join(drawing.tags)}
        if drawing.status != HTTPStatus.OK:
            metadata["status"] = str(drawing.status)
        if drawing.location is not None:
            metadata["location"] = drawing.location
        condition: Any = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            answer = self._s3.put_object(
                Bucket=self._site_bucket,
                Key=paths.object_key(drawing.path),
                Body=drawing.body,
                ContentType=drawing.content_type,
                CacheControl=_CACHE_CONTROL,
                Metadata=metadata,
                **condition,
            )
        except ClientError as error:
            if error_code(error) in _OVERTAKEN:
                return None
            raise
        return answer["ETag"]

    def _tell(self, queue_url: str, message: Mapping[str, Any]) -> None:
        self._sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(message, ensure_ascii=False))


def _asked(records: Iterable[Mapping[str, Any]]) -> dict[str, _Asked]:
    """Gather what a batch asks for, by partition, in the order in which each comes first."""
    asked: dict[str, _Asked] = {}
    for record in records:
        change = record["dynamodb"]
        keys, image = unpacked(change["Keys"]), unpacked(change.get("NewImage", {}))
        number = change["SequenceNumber"]
        look = asked.setdefault(keys["pk"], _Asked(number, number))
        look.last = number
        _ask(look, keys["sk"], image, is_new=record["eventName"] == "INSERT")
    return asked


def _ask(look: _Asked, sort: str, image: Item, *, is_new: bool) -> None:
    """Add to what is asked for what one record asks."""
    if sort.startswith((REVISION, RANGE)):
        look.records.append(image)
        return
    if sort == CLOSED:
        return  # the run that closed it goes on to draw the list
    look.draws = True
    if sort == TOUCH:
        look.is_touched = True
        look.attempts = max(look.attempts, int(image.get("attempts", 0)))
        look.tags.update(image.get("tags", ()))
        look.purge |= bool(image.get("purge", True))
        return
    # Whatever is no touch is a change, and readers are to see it at once.
    look.purge = True
    if is_entry_key(sort):
        look.entries[sort] = is_new and look.entries.get(sort, True)
    elif sort == SELF and image.get("kind") in _KINDS_OF_ARTICLE:
        look.article_id = image["id"]


def _turn(partition: str) -> int:
    """Order the pages of a batch: lists, the home page, then the pages of articles and all that only shows others."""
    path = partition.removeprefix(PAGE)
    if path == paths.HOME:
        return 1
    return 0 if paths.is_list_path(path) else 2
