"""The items of the table: their keys, their contents, and how they are read.

Every page of the site is one partition, `page#<path>`; every article is one, `article#<id>`; what the clock must look
at is one, `due`; the uploads that have no verdict yet are one, `awaited`. Text order of the sort keys is the order of
numbers and of moments.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from portal.article import Article, State, shortened
from portal.outcomes import error_code
from portal.strict_json import Fault
from portal.verdicts import Outcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

AWAITED: Final = "awaited"
DUE: Final = "due"
HEAD: Final = "head"
ISSUED: Final = "issued"
SELF: Final = "self"
TOUCH: Final = "touch"
REVISION: Final = "revision#"
PAGE: Final = "page#"
SHELF: Final = "articles"  # the one partition of the index `newest`, in which the desk lists articles
NEW_ITEM: Final = "attribute_not_exists(pk)"  # the condition under which nothing is written over
TEASER_CHARACTERS: Final = 400

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def article_partition(article_id: str) -> str:
    """Give the partition key of an article."""
    return f"article#{article_id}"


def page_partition(path: str) -> str:
    """Give the partition key of a page."""
    return PAGE + path


def revision_key(revision: int) -> str:
    """Give the sort key of a revision in its article's partition."""
    return f"{REVISION}{revision:06}"


def verdict_key(upload: int) -> str:
    """Give the sort key of the verdict on an upload in its article's partition."""
    return f"verdict#{upload:06}"


def moment_key(moment: str, article_id: str) -> str:
    """Give the sort key of an entry or a due item. It begins with a digit, unlike `self` and `touch`."""
    return f"{moment}#{article_id}"


def key(partition: str, sort: str) -> Item:
    """Give the primary key of an item, as the AWS client takes it."""
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def packed(item: Mapping[str, Any]) -> Item:
    """Give an item's attributes as the AWS client takes them, without those that are None."""
    return {name: _serialize(value) for name, value in item.items() if value is not None}


def unpacked(item: Mapping[str, Any]) -> Item:
    """Read an item's attributes as the AWS client, or a stream's record, gives them."""
    return {name: _deserialize(value) for name, value in item.items()}


@dataclass(frozen=True)
class Teaser:
    """What a list shows of an article."""

    title: str
    summary: str
    path: str
    section: str
    author: str
    language: str
    published_at: str

    @classmethod
    def of(cls, article: Article, path: str) -> Self:
        """Make the teaser of an article that stands at a path."""
        return cls(
            title=article.title,
            summary=shortened(article.summary, TEASER_CHARACTERS),
            path=path,
            section=article.section,
            author=article.author,
            language=article.language,
            published_at=article.published_at,
        )


@dataclass(frozen=True)
class Head:
    """The present state of an article: what was accepted last, where it stands, and on which lists."""

    article_id: str
    revision: int
    state: State
    upload: int
    title: str
    path: str | None = None
    former_paths: tuple[str, ...] = ()
    # The lists on which it has an entry, by path, with the entry's sort key.
    entries: Mapping[str, str] = field(default_factory=dict)

    def item(self) -> Item:
        """Give the item that holds it."""
        return {
            "pk": article_partition(self.article_id),
            "sk": HEAD,
            "revision": self.revision,
            "state": self.state.value,
            "upload": self.upload,
            "title": self.title,
            "path": self.path,
            "former_paths": list(self.former_paths),
            "entries": dict(self.entries),
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item that holds it."""
        return cls(
            article_id=item["pk"].removeprefix("article#"),
            revision=int(item["revision"]),
            state=State(item["state"]),
            upload=int(item["upload"]),
            title=item["title"],
            path=item.get("path"),
            former_paths=tuple(item["former_paths"]),
            entries=item["entries"],
        )


@dataclass(frozen=True)
class Revision:
    """One committed state of an article, immutable: the record that the archive keeps."""

    article_id: str
    number: int
    upload: int
    state: State
    editor: str
    committed_at: str
    article: Article

    def item(self) -> Item:
        """Give the item that holds it."""
        return {
            "pk": article_partition(self.article_id),
            "sk": revision_key(self.number),
            "upload": self.upload,
            "state": self.state.value,
            "editor": self.editor,
            "committed_at": self.committed_at,
            "article": self.article.compressed(),
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item that holds it."""
        return cls(
            article_id=item["pk"].removeprefix("article#"),
            number=int(item["sk"].removeprefix(REVISION)),
            upload=int(item["upload"]),
            state=State(item["state"]),
            editor=item["editor"],
            committed_at=item["committed_at"],
            article=Article.decompressed(bytes(item["article"])),
        )


@dataclass(frozen=True)
class Verdict:
    """What was judged of one upload."""

    article_id: str
    upload: int
    outcome: Outcome
    judged_at: str
    faults: tuple[Fault, ...] = ()

    def item(self) -> Item:
        """Give the item that holds it."""
        return {
            "pk": article_partition(self.article_id),
            "sk": verdict_key(self.upload),
            "outcome": self.outcome.value,
            "judged_at": self.judged_at,
            "faults": [
                {"pointer": fault.pointer, "code": fault.code, "details": dict(fault.details)} for fault in self.faults
            ],
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item that holds it."""
        return cls(
            article_id=item["pk"].removeprefix("article#"),
            upload=int(item["sk"].removeprefix("verdict#")),
            outcome=Outcome(item["outcome"]),
            judged_at=item["judged_at"],
            faults=tuple(
                Fault(fault["pointer"], fault["code"], tuple(fault["details"].items())) for fault in item["faults"]
            ),
        )


@dataclass(frozen=True)
class Awaited:
    """An upload that the desk issued, and the moment at which `tick` looks whether it has its verdict.

    An event that was lost is made good by that look, whatever became of the queue.
    """

    article_id: str
    upload: int
    issued_at: str
    look_at: str

    def item(self) -> Item:
        """Give the item that holds it."""
        return {
            "pk": AWAITED,
            "sk": f"{moment_key(self.look_at, self.article_id)}#{self.upload:06}",
            "id": self.article_id,
            "upload": self.upload,
            "issued_at": self.issued_at,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item that holds it."""
        return cls(item["id"], int(item["upload"]), item["issued_at"], item["sk"].partition("#")[0])


class Table:
    """Reads and writes of single items and partitions. Reads are consistent, and of the base table."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    def get(self, partition: str, sort: str) -> Item | None:
        """Read one item, if it is there."""
        answer = self.client.get_item(TableName=self.name, Key=key(partition, sort), ConsistentRead=True)
        return unpacked(answer["Item"]) if "Item" in answer else None

    def head(self, article_id: str) -> Head | None:
        """Read an article's head; None while nothing of it was accepted."""
        item = self.get(article_partition(article_id), HEAD)
        return Head.from_item(item) if item else None

    def verdict(self, article_id: str, upload: int) -> Verdict | None:
        """Read the verdict on an upload; None while it waits."""
        item = self.get(article_partition(article_id), verdict_key(upload))
        return Verdict.from_item(item) if item else None

    def revision(self, article_id: str, number: int) -> Revision:
        """Read a committed revision.

        Raises:
            LookupError: there's none of that number.
        """
        item = self.get(article_partition(article_id), revision_key(number))
        if item is None:
            raise LookupError(f"article {article_id} has no revision {number}")
        return Revision.from_item(item)

    def between(
        self, partition: str, first: str, last: str, *, newest_first: bool = False, most: int | None = None
    ) -> Iterator[Item]:
        """Read the items of a partition whose sort keys lie between two, both included."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.name,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": partition},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            ScanIndexForward=not newest_first,
            # A page of answers larger than what is wanted would be read, and paid for, in vain.
            PaginationConfig={"PageSize": most, "MaxItems": most} if most else {},
        )
        for page in pages:
            for item in page["Items"]:
                yield unpacked(item)

    def newest_entries(self, path: str, most: int) -> Iterator[Item]:
        """Read the newest entries of a list, newest first."""
        # Sort keys of entries begin with a digit; ":" is the character after "9".
        return self.between(page_partition(path), "0", ":", newest_first=True, most=most)

    def put(self, item: Item) -> None:
        """Write an item, in the place of one of the same key."""
        self.client.put_item(TableName=self.name, Item=packed(item))

    def put_new(self, item: Item) -> bool:
        """Write an item where there is none of its key yet, and tell whether there was none."""
        try:
            self.client.put_item(TableName=self.name, Item=packed(item), ConditionExpression=NEW_ITEM)
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def delete_same(self, item: Item, attribute: str) -> None:
        """Delete an item unless one of its attributes, a number or text, has changed since it was read."""
        try:
            self.client.delete_item(
                TableName=self.name,
                Key=key(item["pk"], item["sk"]),
                ConditionExpression="#attribute = :seen",
                ExpressionAttributeNames={"#attribute": attribute},
                ExpressionAttributeValues=packed({":seen": item[attribute]}),
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise

    def delete(self, partition: str, sort: str) -> None:
        """Delete an item, if it is there."""
        self.client.delete_item(TableName=self.name, Key=key(partition, sort))

    def touch(self, partition: str, *, attempts: int = 0, purge: bool = True) -> None:
        """Ask for a new look at a partition, and nothing else: a page is drawn, an article's revisions are archived.

        Args:
            partition: of a page or of an article.
            attempts: how often it failed before, so that what fails again can be left alone for longer.
            purge: whether the edges are told; without it they learn of the new drawing when theirs has expired, or by
                a purge of everything.
        """
        self.client.update_item(
            TableName=self.name,
            Key=key(partition, TOUCH),
            UpdateExpression="ADD n :one SET attempts = :attempts, purge = :purge",
            ExpressionAttributeValues=packed({":one": 1, ":attempts": attempts, ":purge": purge}),
        )
