"""Building the table again out of the archive: what its commits had written, and from that, by its stream, the site."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from botocore.exceptions import ClientError

from console.deployment import Deployment
from portal import paths
from portal.article import State, utc
from portal.claims import claims
from portal.commit import Change, placing, replacing
from portal.composing import months
from portal.lists import news_until
from portal.outcomes import OvertakenError, TryLaterError, error_code
from portal.table import (
    HEAD,
    ISSUED,
    MONTH,
    NEW_ITEM,
    SHELF,
    Awaited,
    Head,
    Range,
    Revision,
    Verdict,
    article_partition,
    key,
    packed,
    page_partition,
)
from portal.verdicts import Outcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef
    from mypy_boto3_s3.type_defs import ObjectTypeDef

AT_ONCE: Final = 8  # articles that are read at the same time
_ATTEMPTS: Final = 10
_RANGES: Final = "lists/"
_ARTICLES: Final = "articles/"

# Is told what goes on, how much of it is done, and how much there is.
Tell = Callable[[str, int, int], None]


class ArticlesThereError(Exception):
    """The table has articles, and nobody said that what they lack is to be added."""


class RecordError(Exception):
    """The archive's record of an article can't be used as it is; the message says why."""


@dataclass
class Rebuilt:
    """What became of it; in a dry run, what would. `wrong` names what could not be done, one line each."""

    articles: int = 0
    revisions: int = 0
    numbered_pages: int = 0
    written: int = 0  # articles that the table did not have, or at an earlier revision
    added: int = 0  # items that were missing of articles that it had
    awaited: int = 0  # uploads without a verdict
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Replayed:
    """An article as its revisions have left it, and every list on which it ever was."""

    head: Head
    ever_in: frozenset[str]
    issued_at: str


@dataclass(frozen=True)
class _Uploads:
    """The numbers of an article's uploads, and when the last one came."""

    numbers: tuple[int, ...] = ()
    last_at: str = ""


def rebuild(
    deployment: Deployment,
    zone: ZoneInfo,
    *,
    add_missing: bool = False,
    dry_run: bool = False,
    at_once: int = AT_ONCE,
    tell: Tell = lambda _what, _done, _all: None,
) -> Rebuilt:
    """Write into the table what the archive says was committed, where it is not there, or is older.

    Nothing that stands is written over by anything older, so that it may be stopped at any moment and run again.

    Args:
        deployment: of which portal.
        zone: the newsroom's.
        add_missing: also when the table has articles.
        dry_run: write nothing.
        at_once: how many articles are read at the same time.
        tell: of how far it is.

    Raises:
        ArticlesThereError: the table has articles, and `add_missing` was not said.
        TryLaterError: DynamoDB can't do it now.
    """
    if not add_missing and _has_articles(deployment):
        raise ArticlesThereError
    return _Rebuild(deployment, zone, dry_run=dry_run, at_once=at_once, tell=tell).run()


class _Rebuild:
    """One run. The order of its steps is that in which nothing is drawn before what it needs is there."""

    def __init__(self, deployment: Deployment, zone: ZoneInfo, *, dry_run: bool, at_once: int, tell: Tell) -> None:
        self._deployment = deployment
        self._table = deployment.table
        self._zone = zone
        self._dry_run = dry_run
        self._at_once = at_once
        self._tell = tell
        self._now = utc(datetime.now(UTC))
        self._rebuilt = Rebuilt()
        self._archived: set[str] = set()  # articles of which there are revisions

    def run(self) -> Rebuilt:
        # What the numbered pages hold comes first: a list that is drawn without it would close others.
        self._write_ranges()
        replayed = self._replay_all()
        uploads = self._uploads()
        ever = {path for each in replayed for path in each.ever_in}
        self._enter_months(ever)
        # The oldest first: where the archive tells of no numbered pages, the lists close them as if it were all new.
        replayed.sort(key=lambda each: (each.head.listed_at or "", each.head.article_id))
        for number, each in enumerate(replayed, start=1):
            self._place(each)
            self._issue(each.head.article_id, uploads.get(each.head.article_id, _Uploads()), each)
            self._tell("writing", number, len(replayed))
        # Of these nothing was accepted yet. The desk is to know of none that was left out: the next upload of it would
        # be taken for its first.
        for article_id in sorted(uploads.keys() - self._archived):
            self._issue(article_id, uploads[article_id], None)
        self._touch_what_has_emptied(ever, replayed)
        return self._rebuilt

    # What the archive holds

    def _objects(self, bucket: str, prefix: str) -> "Iterator[ObjectTypeDef]":
        """List what a bucket, by its logical id, holds, in the order of the keys."""
        listing = self._deployment.s3.get_paginator("list_objects_v2")
        for page in listing.paginate(Bucket=self._deployment.names[bucket], Prefix=prefix):
            yield from page.get("Contents", [])

    def _record(self, key: str) -> Mapping[str, Any]:
        """Read a record of the archive.

        Raises:
            RecordError: it is none.
        """
        answer = self._deployment.s3.get_object(Bucket=self._deployment.names["ArchiveBucket"], Key=key)
        try:
            record: Mapping[str, Any] = json.loads(answer["Body"].read())
        except ValueError as error:
            raise RecordError(f"{key} is no JSON: {error}") from error
        return record

    def _revision(self, article_id: str, number: int) -> Revision:
        name = paths.archive_key(article_id, number)
        try:
            revision = Revision.from_record(self._record(name))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RecordError(f"{name} is no revision: {type(error).__name__}: {error}") from error
        if (revision.article_id, revision.number) != (article_id, number):
            raise RecordError(f"{name} is a record of another revision")
        return revision

    # Numbered pages

    def _write_ranges(self) -> None:
        """Write what each numbered page holds, and which is the newest of its list."""
        ranges: dict[str, list[Range]] = {}
        for each in self._objects("ArchiveBucket", _RANGES):
            try:
                held = Range(**self._record(each["Key"]))
            except (RecordError, TypeError) as error:
                self._rebuilt.wrong.append(f"{each['Key']} is not read: {error}")
                continue
            ranges.setdefault(held.list_path, []).append(held)
            self._rebuilt.numbered_pages += 1
        if self._dry_run:
            return
        for several in ranges.values():
            several.sort(key=lambda held: held.number)
            self._close(several[-1])
            self._write_pages(several)

    def _close(self, newest: Range) -> None:
        """Say which range is the newest of a list, unless there is a newer one."""
        self._put_if(
            newest.closed_item(), "attribute_not_exists(pk) OR #number < :number", "number", {":number": newest.number}
        )

    def _write_pages(self, ranges: Iterable[Range]) -> None:
        """Write a list's ranges and their pages. A page that stood leads to a newer one from now on."""
        stood: Range | None = None
        for held in ranges:
            self._table.put_new(held.item())
            if not self._table.put_new(held.page_item()):
                stood = held
            elif stood:
                self._table.touch(page_partition(paths.numbered_path(stood.list_path, stood.number)))
                stood = None

    # Articles

    def _replay_all(self) -> list[_Replayed]:
        """Replay every article; write its revisions, and the verdicts on the uploads from which they came."""
        keys = (paths.read_archive_key(each["Key"]) for each in self._objects("ArchiveBucket", _ARTICLES))
        known = [found for found in keys if found]
        articles = {each: [number for _, number in several] for each, several in groupby(known, lambda key: key[0])}
        replayed: list[_Replayed] = []
        with (
            ThreadPoolExecutor(self._at_once) as pool,
            closing(pool.map(self._replay, articles, articles.values())) as results,  # type: ignore[type-var]
        ):
            for number, (result, faults) in enumerate(results, start=1):
                self._tell("reading", number, len(articles))
                self._rebuilt.wrong += faults
                replayed += [result] if result else []
        self._rebuilt.articles, self._rebuilt.revisions = len(articles), len(known)
        self._archived = set(articles)
        return replayed

    def _replay(self, article_id: str, numbers: list[int]) -> tuple[_Replayed | None, list[str]]:
        """Replay an article's revisions; give what they come to, None if they can't be used, and what is wrong."""
        faults = []
        if gaps := sorted({*range(1, numbers[-1])} - {*numbers}):
            # What stands at the end is known all the same; an address that it had only in between is not.
            faults.append(f"{article_id}: the archive lacks its revision {', '.join(map(str, gaps))}")
        head: Head | None = None
        ever_in: set[str] = set()
        issued_at = ""
        try:
            for number in numbers:
                revision = self._revision(article_id, number)
                is_upload = head is None or revision.upload > head.upload
                head = Change.of(revision, self._zone).next_head(head, number)
                ever_in.update(head.lists)
                issued_at = revision.committed_at if is_upload else issued_at
                if not self._dry_run:
                    self._write_revision(revision, is_upload=is_upload)
        except RecordError as error:
            return None, [*faults, f"{article_id} is left out: {error}"]
        return _Replayed(head, frozenset(ever_in), issued_at) if head else None, faults

    def _write_revision(self, revision: Revision, *, is_upload: bool) -> None:
        """Write a revision where there's none, and the verdict on the upload from which it came.

        Raises:
            RecordError: another one stands in its place.
        """
        is_new = self._table.put_new(revision.item())
        if not is_new and self._table.revision(revision.article_id, revision.number) != revision:
            raise RecordError(f"its revision {revision.number} is another one in the table")
        for claim in claims(revision.article_id, revision.article, None):
            self._table.put_new(claim)
        if is_upload:
            verdict = Verdict(revision.article_id, revision.upload, Outcome.ACCEPTED, revision.committed_at)
            self._table.put_new(verdict.item())

    def _place(self, replayed: _Replayed) -> None:
        """Write an article's head with all that it says to pages and to the clock, unless a newer one stands."""
        new = replayed.head
        for _ in range(_ATTEMPTS):
            standing = self._table.head(new.article_id)
            if standing and standing.revision > new.revision:
                return
            if standing and standing.revision == new.revision:
                self._add_missing(new)
                return
            if self._dry_run:
                self._rebuilt.written += 1
                return
            try:
                placed = self._placing(standing, new)
                self._table.transact([replacing(self._table.name, standing, new), *placed])
            except OvertakenError:
                continue
            except TryLaterError:
                time.sleep(1)
                continue
            self._rebuilt.written += 1
            return
        raise TryLaterError(f"article {new.article_id} keeps changing")

    def _placing(self, standing: Head | None, head: Head) -> "Iterator[TransactWriteItemTypeDef]":
        """Give the actions that tell pages and the clock what readers have, and the clock what editors have set."""
        for step in dict.fromkeys((head.shown, head.current)):
            if step and (step.state.is_public or step.state is State.SCHEDULED):
                change = Change.of(self._table.revision(head.article_id, step.revision), self._zone)
                yield from self._still_due(placing(self._table.name, standing, head, change), change)

    def _still_due(
        self, actions: "Iterable[TransactWriteItemTypeDef]", change: Change
    ) -> "Iterator[TransactWriteItemTypeDef]":
        """Leave out what the clock has done since: news that is none any more."""
        is_news = self._now < news_until(change.article.published_at)
        news = page_partition(paths.NEWS_SITEMAP)
        for action in actions:
            item = action.get("Put", {}).get("Item", {})
            if is_news or not (item.get("pk") == {"S": news} or "entry" in item):
                yield action

    def _add_missing(self, head: Head) -> None:
        """Write what is missing of an article that stands as it should."""
        if self._dry_run:
            return
        items: list[Any] = [action["Put"]["Item"] for action in self._placing(None, head)]
        found = self._table.batch([{"pk": item["pk"], "sk": item["sk"]} for item in items])
        there = {(item["pk"], item["sk"]) for item in found}
        for item in items:
            if (item["pk"]["S"], item["sk"]["S"]) not in there:
                self._rebuilt.added += self._add(head, item)

    def _add(self, head: Head, item: Any) -> bool:  # noqa: ANN401 (an item as the AWS client takes it)
        """Write an item where there's none, on the condition that its article has not changed."""
        stands: Any = {
            "TableName": self._table.name,
            "Key": key(article_partition(head.article_id), HEAD),
            "ConditionExpression": "revision = :revision",
            "ExpressionAttributeValues": packed({":revision": head.revision}),
        }
        put: Any = {"TableName": self._table.name, "Item": item, "ConditionExpression": NEW_ITEM}
        try:
            self._table.transact([{"ConditionCheck": stands}, {"Put": put}])
        except OvertakenError:
            return False  # somebody else has written it, or has changed the article
        return True

    # Uploads

    def _uploads(self) -> dict[str, _Uploads]:
        """Find the numbers that uploads have, by article."""
        found: dict[str, _Uploads] = {}
        for each in self._objects("UploadsBucket", _ARTICLES):
            if read := paths.read_upload_key(each["Key"]):
                article_id, number = read
                numbers = found.get(article_id, _Uploads()).numbers
                found[article_id] = _Uploads((*numbers, number), utc(each["LastModified"]))
        return found

    def _issue(self, article_id: str, uploads: _Uploads, replayed: _Replayed | None) -> None:
        """Say which number was given out last, and have `tick` look for the verdicts on uploads that have none."""
        accepted = replayed.head.upload if replayed else 0
        later = [number for number in uploads.numbers if number > accepted]
        last = max([accepted, *later])
        for number in later:
            if self._table.verdict(article_id, number) is None:
                self._rebuilt.awaited += 1
                if not self._dry_run:
                    self._table.put(Awaited(article_id, number, uploads.last_at, look_at=self._now).item())
        if self._dry_run:
            return
        issued_at = replayed.issued_at if replayed and not later else uploads.last_at
        item = {"pk": article_partition(article_id), "sk": ISSUED, "n": last, "shelf": SHELF, "shelved_at": issued_at}
        self._put_if(item, "attribute_not_exists(pk) OR #n < :n", "n", {":n": last})

    # Pages

    def _enter_months(self, ever: Iterable[str]) -> None:
        """Enter each month that ever was a page among the months of its list; have those drawn that stood beside it.

        Render does so only where there is no page of it yet, and of a site that still stands there is one.
        """
        if self._dry_run:
            return
        entered: dict[str, set[str]] = {}
        for list_path, year, month in filter(None, map(paths.read_month_path, sorted(ever))):
            name = f"{year:04}-{month:02}"
            item = {"pk": page_partition(paths.archive_path(list_path)), "sk": MONTH + name}
            if self._table.put_new(item):
                entered.setdefault(list_path, set()).add(name)
        for list_path, new in entered.items():
            for one, next_one in pairwise(months(self._table, list_path)):
                for each in {one, next_one} - new if {one, next_one} & new else ():
                    path = paths.month_path(list_path, int(each[:4]), int(each[5:]))
                    self._table.touch(page_partition(path))

    def _touch_what_has_emptied(self, ever: set[str], replayed: Iterable[_Replayed]) -> None:
        """Have the lists drawn that no entry's change asks for: those that have none any more."""
        held = {path for each in replayed for path in each.head.lists} - {paths.NEWS_SITEMAP}
        for path in sorted(ever - held):
            if not self._dry_run:
                self._table.touch(page_partition(path))

    def _put_if(self, item: Mapping[str, Any], condition: str, name: str, values: Mapping[str, int]) -> None:
        """Write an item on a condition, and leave what stands where it does not hold."""
        try:
            self._table.client.put_item(
                TableName=self._table.name,
                Item=packed(item),
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name},
                ExpressionAttributeValues=packed(values),
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise


def _has_articles(deployment: Deployment) -> bool:
    pages = deployment.table.client.get_paginator("scan").paginate(
        TableName=deployment.table.name,
        ProjectionExpression="pk",
        FilterExpression="begins_with(pk, :article)",
        ExpressionAttributeValues={":article": {"S": article_partition("")}},
    )
    return any(page["Items"] for page in pages)
