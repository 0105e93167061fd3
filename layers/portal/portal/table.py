"""The items of the table: their keys, their contents, and how they are read.

Every page of the site is one partition, `page#<path>`; every article is one, `article#<id>`; what the clock must look
at is one, `due`; the uploads that have no verdict yet are one, `awaited`. Text order of the sort keys is the order of
numbers and of moments.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from portal import paths
from portal.article import Article, State, shortened
from portal.outcomes import OvertakenError, TryLaterError, error_code
from portal.strict_json import Fault
from portal.verdicts import Outcome
from portal.vietnamese import folded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

Item = dict[str, Any]

AWAITED: Final = "awaited"
DUE: Final = "due"
HEAD: Final = "head"
ISSUED: Final = "issued"
SELF: Final = "self"
TOUCH: Final = "touch"
REVISION: Final = "revision#"
MENTION: Final = "mention#"  # begins the partition of those who name an article
CLOSED: Final = "closed"
RANGE: Final = "range#"
MONTH: Final = "month#"
PAGE: Final = "page#"
# The partitions of the index `shelves`: articles by their newest upload, and what was accepted of them.
SHELF: Final = "articles"
TEXTS: Final = "texts"
NEW_ITEM: Final = "attribute_not_exists(pk)"  # the condition under which nothing is written over
TEASER_CHARACTERS: Final = 300
MAX_REVISIONS: Final = 999_999  # the number's place in a key has six digits

_FAREWELL: Final = "#left"
_LAST_ENTRY: Final = ":"  # the character after "9", with which no entry's sort key begins

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


def is_entry_key(sort: str) -> bool:
    """Tell whether a sort key of a page's partition is that of an article's entry."""
    return sort[0].isdigit() and not sort.endswith(_FAREWELL)


def key(partition: str, sort: str) -> Item:
    """Give the primary key of an item, as the AWS client takes it."""
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def packed(item: Mapping[str, Any]) -> Item:
    """Give an item's attributes as the AWS client takes them, without those that are None."""
    return {name: _serialize(value) for name, value in item.items() if value is not None}


def unpacked(item: Mapping[str, Any]) -> Item:
    """Read an item's attributes as the AWS client, or a stream's record, gives them."""
    # Nearly all that lists are made of is text, which needs no deserializer.
    return {name: value["S"] if "S" in value else _deserialize(value) for name, value in item.items()}


class Teaser(NamedTuple):
    """What a list shows of an article. Moments are in UTC; `updated_at` is that of its last revision."""

    id: str
    title: str
    summary: str
    path: str
    section: str
    author: str
    language: str
    published_at: str
    updated_at: str
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, article_id: str, article: Article, path: str, updated_at: str) -> Self:
        """Make the teaser of an article that stands at a path."""
        return cls(
            id=article_id,
            title=article.title,
            summary=shortened(article.summary, TEASER_CHARACTERS),
            path=path,
            section=article.section,
            author=article.author,
            language=article.language,
            published_at=article.published_at,
            updated_at=updated_at,
            tags=article.tags,
        )

    @property
    def key(self) -> str:
        """The sort key of its entries."""
        return moment_key(self.published_at, self.id)

    def item(self, list_path: str) -> Item:
        """Give the entry that holds it in a list's partition."""
        attributes = {name: getattr(self, name) for name in _TEASER_TEXTS}
        tags = {"tags": list(self.tags)} if self.tags else {}
        return {"pk": page_partition(list_path), "sk": self.key, **attributes, **tags}

    @classmethod
    def from_packed(cls, item: Item) -> Self:
        """Read the entry that holds it, as the AWS client gives it: there are hundreds of them in one publication."""
        tags = tuple([tag["S"] for tag in item["tags"]["L"]]) if "tags" in item else ()
        return cls._make([*[item[name]["S"] for name in _TEASER_TEXTS], tags])


_TEASER_TEXTS: Final = tuple(name for name in Teaser._fields if name != "tags")


@dataclass(frozen=True)
class Farewell:
    """Says in a list's partition that an article was taken down: what subscribers of its feeds are told of it."""

    id: str
    path: str
    left_at: str

    @property
    def key(self) -> str:
        """Its sort key: among the entries, at the moment of the takedown."""
        return f"{moment_key(self.left_at, self.id)}{_FAREWELL}"

    def item(self, list_path: str) -> Item:
        """Give the item that holds it in a list's partition."""
        return {"pk": page_partition(list_path), "sk": self.key, "id": self.id, "path": self.path}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item that holds it."""
        return cls(item["id"], item["path"], item["sk"].partition("#")[0])


@dataclass(frozen=True)
class Range:
    """What a numbered page of a list holds: the entries after one sort key, up to another one. It never changes.

    Numbers count from the oldest, so that a new article gives no old page another number.
    """

    list_path: str
    number: int
    after: str
    last: str

    def item(self) -> Item:
        """Give the item by which an entry's numbered page is found, in the list's partition."""
        return {"pk": page_partition(self.list_path), "sk": f"{RANGE}{self.last}", **self._attributes()}

    def closed_item(self) -> Item:
        """Give the item that names the newest range of a list, in the list's partition."""
        return {"pk": page_partition(self.list_path), "sk": CLOSED, **self._attributes()}

    def page_item(self) -> Item:
        """Give the item by which the numbered page itself knows what it holds."""
        path = paths.numbered_path(self.list_path, self.number)
        return {"pk": page_partition(path), "sk": SELF, "kind": "numbered", **self._attributes()}

    def _attributes(self) -> Item:
        return {"list": self.list_path, "number": self.number, "after": self.after, "last": self.last}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read any of the items that hold it."""
        return cls(item["list"], int(item["number"]), item["after"], item["last"])


@dataclass(frozen=True)
class Newest:
    """The newest of a list: entries and farewells, newest first, and the newest range that was closed, if any."""

    teasers: list[Teaser]
    farewells: list[Farewell]
    closed: Range | None

    def open_teasers(self) -> list[Teaser]:
        """Give those that are in no numbered page yet."""
        return [each for each in self.teasers if self.closed is None or each.key > self.closed.last]


@dataclass(frozen=True)
class Step:
    """One step in an article's life, a revision in short: what became of it, who did it, when and why.

    `subject` is the token's name for the editor, which stays when people change theirs; the clock has none.
    """

    revision: int
    upload: int
    state: State
    title: str
    editor: str
    subject: str
    committed_at: str
    note: str | None = None
    decision: str | None = None
    proposes: str | None = None
    scheduled_for: str | None = None

    def item(self) -> Item:
        """Give it as an item holds it."""
        return {name: value for name, value in {**asdict(self), "state": self.state.value}.items() if value is not None}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read what `item` gave, whatever else stands beside it."""
        numbers = {name: int(item[name]) for name in ("revision", "upload")}
        texts = {name: item[name] for name in _STEP_NAMES if name in item}
        return cls(**{**texts, **numbers, "state": State(item["state"])})


_STEP_NAMES: Final = tuple(each.name for each in fields(Step))


@dataclass(frozen=True)
class Head:
    """The present state of an article: what editors work on, what readers have, where it stands, and on which lists.

    `current` is the step that came last by an upload, or by the clock after it. `shown` is the last one that changed
    what readers see; a draft of an article that is published leaves it as it is. `revision` counts all steps.
    """

    article_id: str
    revision: int
    current: Step
    shown: Step | None = None
    path: str | None = None
    former_paths: tuple[str, ...] = ()
    # The lists on which it has an entry, and the sort key of all these entries.
    lists: tuple[str, ...] = ()
    listed_at: str | None = None
    # The lists that say that it was taken down, and the sort key under which they do.
    farewells: tuple[str, ...] = ()
    left_at: str | None = None
    related: tuple[str, ...] = ()
    first_public: int | None = None  # the revision with which readers had it first

    @property
    def state(self) -> State:
        """The state of what editors work on."""
        return self.current.state

    @property
    def upload(self) -> int:
        """The number of the last accepted upload."""
        return self.current.upload

    @property
    def is_published(self) -> bool:
        """Whether readers can read the article."""
        return self.shown is not None and self.shown.state is State.PUBLISHED

    @property
    def is_taken_down(self) -> bool:
        """Whether a notice stands in the article's place, or that it is gone."""
        return self.shown is not None and self.shown.state is not State.PUBLISHED

    @property
    def entries(self) -> Mapping[str, str]:
        """The sort keys of its entries, by the path of the list."""
        return dict.fromkeys(self.lists, str(self.listed_at))

    def in_lists(self) -> Iterator[tuple[str, str]]:
        """Give the keys, path of the list and sort key, of all that lists hold of it."""
        yield from self.entries.items()
        yield from dict.fromkeys(self.farewells, str(self.left_at)).items()

    def item(self) -> Item:
        """Give the item that holds it."""
        return {
            "pk": article_partition(self.article_id),
            "sk": HEAD,
            "revision": self.revision,
            "state": self.state.value,
            "shelf": TEXTS,
            "shelved_at": self.current.committed_at,
            "folded": folded(self.current.title),
            "current": self.current.item(),
            "shown": self.shown.item() if self.shown else None,
            "path": self.path,
            "former_paths": list(self.former_paths),
            "lists": list(self.lists),
            "listed_at": self.listed_at,
            "farewells": list(self.farewells),
            "left_at": self.left_at,
            "related": list(self.related),
            "first_public": self.first_public,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item that holds it."""
        return cls(
            article_id=item["pk"].removeprefix("article#"),
            revision=int(item["revision"]),
            current=Step.from_item(item["current"]),
            shown=Step.from_item(item["shown"]) if "shown" in item else None,
            path=item.get("path"),
            former_paths=tuple(item["former_paths"]),
            lists=tuple(item["lists"]),
            listed_at=item.get("listed_at"),
            farewells=tuple(item["farewells"]),
            left_at=item.get("left_at"),
            related=tuple(item["related"]),
            first_public=None if item.get("first_public") is None else int(item["first_public"]),
        )


@dataclass(frozen=True)
class Revision:
    """One committed state of an article, immutable: the record that the archive keeps."""

    article_id: str
    number: int
    upload: int
    state: State
    editor: str
    subject: str
    committed_at: str
    article: Article

    def step(self) -> Step:
        """Give it in short."""
        return Step(
            revision=self.number,
            upload=self.upload,
            state=self.state,
            title=self.article.title,
            editor=self.editor,
            subject=self.subject,
            committed_at=self.committed_at,
            note=self.article.change_note,
            decision=self.article.decision,
            proposes=self.article.approved().status if self.state is State.REVIEW else None,
            scheduled_for=self.article.published_at if self.state is State.SCHEDULED else None,
        )

    def item(self) -> Item:
        """Give the item that holds it."""
        return {
            "pk": article_partition(self.article_id),
            "sk": revision_key(self.number),
            **self.step().item(),
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
            subject=item["subject"],
            committed_at=item["committed_at"],
            article=Article.decompressed(bytes(item["article"])),
        )

    def record(self) -> dict[str, Any]:
        """Give the record of it that the archive keeps, as JSON has it."""
        return {
            "id": self.article_id,
            "revision": self.number,
            "upload": self.upload,
            "state": self.state.value,
            "editor": self.editor,
            "subject": self.subject,
            "committed_at": self.committed_at,
            "article": self.article.as_json(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read the record that the archive keeps of it."""
        return cls(
            article_id=record["id"],
            number=record["revision"],
            upload=record["upload"],
            state=State(record["state"]),
            editor=record["editor"],
            subject=record["subject"],
            committed_at=record["committed_at"],
            article=Article.from_json(record["article"]),
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

    def steps(
        self, article_id: str, *, first: int = 1, last: int = MAX_REVISIONS, newest_first: bool = False, most: int = 0
    ) -> Iterator[Step]:
        """Read the steps of an article's life from one revision to another, both included: at most so many, or all."""
        names = {f"#{name}": name for name in ("pk", "sk", *_STEP_NAMES)}
        items = self._between(
            article_partition(article_id),
            revision_key(first),
            revision_key(last),
            newest_first=newest_first,
            page_size=most or None,
            # Without the articles: a life may be long, and each of them large.
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
        )
        yield from (Step.from_item(unpacked(item)) for item in islice(items, most or None))

    def between(
        self,
        partition: str,
        first: str,
        last: str,
        *,
        newest_first: bool = False,
        most: int | None = None,
        page_size: int | None = None,
    ) -> Iterator[Item]:
        """Read the items of a partition whose sort keys lie between two, both included.

        Args:
            partition: its key.
            first: sort key.
            last: sort key.
            newest_first: from the last one to the first one.
            most: how many; all when absent.
            page_size: how many a call reads, so that who stops early has not paid for more.
        """
        items = self._between(partition, first, last, newest_first=newest_first, page_size=page_size or most)
        yield from map(unpacked, islice(items, most))

    def _between(
        self,
        partition: str,
        first: str,
        last: str,
        *,
        newest_first: bool,
        page_size: int | None,
        **more: Any,  # noqa: ANN401 (what else the client takes)
    ) -> Iterator[Item]:
        """Read items as `between` does, and give them as the AWS client does."""
        asked: Any = {
            "TableName": self.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":pk": {"S": partition}, ":first": {"S": first}, ":last": {"S": last}},
            "ScanIndexForward": not newest_first,
            **more,
        }
        if page_size:
            # A page of answers larger than what is wanted would be read, and paid for, in vain.
            asked["Limit"] = page_size
        while True:
            # The client's own paginator takes longer than all else that is done here.
            answer = self.client.query(**asked)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def newest(self, list_path: str, most: int) -> Newest:
        """Read the newest entries of a list, at most so many, with the farewells among them and the newest range."""
        teasers: list[Teaser] = []
        farewells: list[Farewell] = []
        closed = None
        # Entries' sort keys begin with a digit, and so before `closed`: newest first, it is what comes first.
        for item in self._between(page_partition(list_path), "0", CLOSED, newest_first=True, page_size=most + 1):
            sort = item["sk"]["S"]
            if sort == CLOSED:
                closed = Range.from_item(unpacked(item))
            elif sort.endswith(_FAREWELL):
                farewells.append(Farewell.from_item(unpacked(item)))
            else:
                teasers.append(Teaser.from_packed(item))
                if len(teasers) == most:
                    break
        return Newest(teasers, farewells, closed)

    def entries(
        self, list_path: str, *, after: str = "0", last: str = _LAST_ENTRY, newest_first: bool = False, most: int = 0
    ) -> Iterator[Teaser]:
        """Read the entries of a list after one sort key and up to another one: at most so many, or all."""
        found = 0
        items = self._between(
            page_partition(list_path), after, last, newest_first=newest_first, page_size=most + 1 if most else None
        )
        for item in items:
            sort = item["sk"]["S"]
            if sort != after and not sort.endswith(_FAREWELL):
                yield Teaser.from_packed(item)
                found += 1
                if found == most:
                    return

    def range_of(self, list_path: str, key: str) -> Range | None:
        """Give the range of a list in which an entry of that sort key is, or would be; None when it is in none yet."""
        found = self.between(page_partition(list_path), f"{RANGE}{key}", f"{RANGE}{_LAST_ENTRY}", most=1)
        return next(map(Range.from_item, found), None)

    def mentions(self, article_id: str) -> list[str]:
        """Give the paths of the articles that name this one as related."""
        return [item["path"] for item in self.between(MENTION + article_id, "0", "~")]

    def heads(self, article_ids: Iterable[str]) -> dict[str, Head]:
        """Read the heads of at most 100 articles, by id, in the order of the ids, without those that are not there.

        Raises:
            TryLaterError: DynamoDB left some of them unread.
        """
        ids = list(article_ids)
        found = {item["pk"]: item for item in self.batch([key(article_partition(each), HEAD) for each in ids])}
        items = {each: found.get(article_partition(each)) for each in ids}
        return {each: Head.from_item(item) for each, item in items.items() if item}

    def batch(self, keys: list[Item]) -> list[Item]:
        """Read items by key, at most 100, consistently, in no order.

        Raises:
            TryLaterError: DynamoDB left some of them unread.
        """
        if not keys:
            return []
        request: Any = {self.name: {"Keys": keys, "ConsistentRead": True}}
        answer = self.client.batch_get_item(RequestItems=request)
        if answer.get("UnprocessedKeys"):
            raise TryLaterError("DynamoDB left keys of a batch unread")
        return [unpacked(item) for item in answer["Responses"][self.name]]

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

    def transact(self, actions: "Iterable[TransactWriteItemTypeDef]") -> None:
        """Write items in one transaction, all of them or none.

        Raises:
            OvertakenError: a condition does not hold.
            TryLaterError: another transaction is at work on the same items, or DynamoDB is throttling.
        """
        try:
            self.client.transact_write_items(TransactItems=list(actions))
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            reasons = {str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])}
            if "ConditionalCheckFailed" in reasons:
                raise OvertakenError(", ".join(sorted(reasons))) from error
            if reasons <= {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}:
                raise TryLaterError(f"a transaction: {', '.join(sorted(reasons))}") from error
            raise

    def touch(self, partition: str, *, attempts: int = 0, purge: bool = True, tags: Iterable[str] = ()) -> None:
        """Ask for a new look at a partition, and nothing else: a page is drawn, an article's revisions are archived.

        Args:
            partition: of a page or of an article.
            attempts: how often it failed before, so that what fails again can be left alone for longer.
            purge: whether the page's own cache tags are purged once it is drawn; else the edges learn of it when theirs
                has expired, or by a purge of everything.
            tags: more cache tags to be purged then.
        """
        self.client.update_item(
            TableName=self.name,
            Key=key(partition, TOUCH),
            UpdateExpression=TOUCH_EXPRESSION,
            ExpressionAttributeValues=touch_values(attempts=attempts, purge=purge, tags=tags),
        )


TOUCH_EXPRESSION: Final = "ADD n :one SET attempts = :attempts, purge = :purge, tags = :tags"


def touch_values(*, attempts: int = 0, purge: bool = True, tags: Iterable[str] = ()) -> Item:
    """Give the values of `TOUCH_EXPRESSION`, as the AWS client takes them."""
    return packed({":one": 1, ":attempts": attempts, ":purge": purge, ":tags": list(tags)})
