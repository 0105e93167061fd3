"""The commit: what one transaction writes when an article's state changes."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from portal import paths
from portal.article import Article, State
from portal.outcomes import TryLaterError, error_code
from portal.table import (
    DUE,
    NEW_ITEM,
    SELF,
    Head,
    Item,
    Revision,
    Table,
    Teaser,
    Verdict,
    key,
    moment_key,
    packed,
    page_partition,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

# A commit rewrites every former path's redirect; a transaction holds 100 actions (DynamoDB, TransactWriteItems).
MAX_FORMER_PATHS: Final = 40


class HeadMovedError(Exception):
    """Somebody else committed this article, or judged this upload, since they were read: judge again."""


@dataclass(frozen=True)
class Change:
    """One change of an article, as it is to be committed."""

    article_id: str
    article: Article
    state: State
    upload: int
    editor: str
    committed_at: str

    def revision(self, number: int) -> Revision:
        """Give the revision of that number, which the commit writes."""
        return Revision(
            article_id=self.article_id,
            number=number,
            upload=self.upload,
            state=self.state,
            editor=self.editor,
            committed_at=self.committed_at,
            article=self.article,
        )

    def next_head(self, head: Head | None) -> Head:
        """Give the head that the commit writes.

        Only a publication gives an article a new address: what is taken down is taken down where it stands.
        """
        path = head.path if head else None
        former = list(head.former_paths) if head else []
        if self.state is State.PUBLISHED or (path is None and self.state in (State.WITHDRAWN, State.GONE)):
            new_path = own_path(self.article_id, self.article)
            former = [old for old in (*former, path) if old is not None and old != new_path]
            path = new_path
        return Head(
            article_id=self.article_id,
            revision=head.revision + 1 if head else 1,
            state=self.state,
            upload=self.upload,
            title=self.article.title,
            path=path,
            former_paths=tuple(former),
            entries=self._entries() if self.state is State.PUBLISHED else {},
        )

    def _entries(self) -> dict[str, str]:
        sort = moment_key(self.article.published_at, self.article_id)
        return dict.fromkeys((paths.HOME, paths.section_path(self.article.section)), sort)


def own_path(article_id: str, article: Article) -> str:
    """Give the path at which an article stands once it is published."""
    return paths.article_path(article.section, article.title, article_id)


def moves_too_often(head: Head | None, article_id: str, article: Article) -> bool:
    """Tell whether publishing the article would give it one address more than a commit can redirect."""
    if head is None or head.path is None or article.status != State.PUBLISHED:
        return False
    known = {head.path, *head.former_paths}
    return own_path(article_id, article) not in known and len(known) > MAX_FORMER_PATHS


def commit(table: Table, head: Head | None, change: Change, verdict: Verdict | None) -> Head:
    """Write head, revision, verdict, page and entries in one transaction, on the condition that the head has not moved.

    Args:
        table: where to.
        head: as it was read before the upload was judged; None when nothing of the article was accepted yet.
        change: what to commit.
        verdict: the `accepted` of the upload that the change comes from; None when the clock asked for it.

    Returns:
        The new head.

    Raises:
        HeadMovedError: the head or the verdict is not what it was.
        TryLaterError: another transaction is at work on the same items, or DynamoDB is throttling.
    """
    new = change.next_head(head)
    try:
        table.client.transact_write_items(TransactItems=list(actions(table.name, head, new, change, verdict)))
    except ClientError as error:
        if error_code(error) != "TransactionCanceledException":
            raise
        reasons = {str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])}
        if "ConditionalCheckFailed" in reasons:
            raise HeadMovedError(change.article_id) from error
        if reasons <= {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}:
            raise TryLaterError(f"commit of {change.article_id}: {', '.join(sorted(reasons))}") from error
        raise
    return new


def actions(
    table: str, head: Head | None, new: Head, change: Change, verdict: Verdict | None
) -> "Iterator[TransactWriteItemTypeDef]":
    """Give the actions of the transaction that commits a change, at most 100, none of them twice on one item."""

    def put(item: Item, condition: str | None = None, **values: Any) -> "TransactWriteItemTypeDef":  # noqa: ANN401
        action: Any = {"TableName": table, "Item": packed(item)}
        if condition:
            action["ConditionExpression"] = condition
        if values:
            action["ExpressionAttributeValues"] = packed({f":{name}": value for name, value in values.items()})
        return {"Put": action}

    if head is None:
        yield put(new.item(), NEW_ITEM)
    else:
        yield put(new.item(), "revision = :revision", revision=head.revision)
    yield put(change.revision(new.revision).item(), NEW_ITEM)
    if verdict is not None:
        yield put(verdict.item(), NEW_ITEM)
    yield from (put(item) for item in _own_pages(head, new))
    for path, sort in new.entries.items():
        teaser = asdict(Teaser.of(change.article, str(new.path)))
        yield put({"pk": page_partition(path), "sk": sort, "id": new.article_id, **teaser})
    for path, sort in head.entries.items() if head else ():
        if new.entries.get(path) != sort:
            yield {"Delete": {"TableName": table, "Key": key(page_partition(path), sort)}}
    due = change.article.next_change_after(change.committed_at)
    if due is not None:
        yield put({"pk": DUE, "sk": moment_key(due, new.article_id), "id": new.article_id, "revision": new.revision})


def _own_pages(head: Head | None, new: Head) -> Iterator[Item]:
    """Give the items that say what the article's own paths are from now on.

    Nothing is un-published by deletion: a page that is no article any more becomes a notice, gone, or a redirect.
    """
    if new.path is None:
        return
    kind = {State.PUBLISHED: "article", State.WITHDRAWN: "notice"}.get(new.state, "gone")
    own = {"id": new.article_id, "revision": new.revision}
    yield {"pk": page_partition(new.path), "sk": SELF, "kind": kind, **own}
    # All of them, not only the newest: no redirect may lead to another.
    if head is not None and head.path != new.path:
        for former in new.former_paths:
            yield {"pk": page_partition(former), "sk": SELF, "kind": "redirect", "to": new.path, **own}
