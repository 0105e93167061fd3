"""The commit: what one transaction writes when an article's state changes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self
from zoneinfo import ZoneInfo

from portal import paths
from portal.article import Article, State
from portal.claims import HOLDABLE, claims, new_claims
from portal.lists import lists_of, news_until
from portal.old_paths import page_path
from portal.outcomes import OvertakenError
from portal.table import (
    DUE,
    MENTION,
    NEW_ITEM,
    SELF,
    Farewell,
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
    subject: str
    committed_at: str
    zone: ZoneInfo  # the newsroom's, in which its months are

    @classmethod
    def of(cls, revision: Revision, zone: ZoneInfo) -> Self:
        """Give the change that a revision has recorded."""
        return cls(
            article_id=revision.article_id,
            article=revision.article,
            state=revision.state,
            upload=revision.upload,
            editor=revision.editor,
            subject=revision.subject,
            committed_at=revision.committed_at,
            zone=zone,
        )

    def revision(self, number: int) -> Revision:
        """Give the revision of that number, which the commit writes."""
        return Revision(
            article_id=self.article_id,
            number=number,
            upload=self.upload,
            state=self.state,
            editor=self.editor,
            subject=self.subject,
            committed_at=self.committed_at,
            article=self.article,
        )

    def next_head(self, head: Head | None, number: int | None = None) -> Head:
        """Give the head that the commit writes, with the next revision or that of a number.

        Only a publication gives an article a new address: what is taken down is taken down where it stands. And what
        readers do not see leaves all that they see as it is.
        """
        number = number or (head.revision + 1 if head else 1)
        step = self.revision(number).step()
        # The clock may take down what readers have while editors are at work on what follows it.
        current = step if head is None or self.upload >= head.upload else head.current
        old = replace(head, revision=number, current=current) if head else Head(self.article_id, number, current)
        if not self.state.is_public:
            return old
        path, former = old.path, old.former_paths
        if self.state is State.PUBLISHED or path is None:
            new_path = own_path(self.article_id, self.article)
            old_pages = map(page_path, self.article.old_paths)
            known = dict.fromkeys((*former, *old_pages, path))
            former = tuple(each for each in known if each is not None and each != new_path)
            path = new_path
        first_public = old.first_public or (number if self.state is State.PUBLISHED else None)
        new = Head(
            self.article_id,
            number,
            current,
            shown=step,
            path=path,
            former_paths=former,
            first_public=first_public,
        )
        return self._listed(new) if self.state is State.PUBLISHED else self._unlisted(new, head)

    def _listed(self, new: Head) -> Head:
        """Say on which lists the article stands, and which articles it names."""
        return replace(
            new,
            lists=tuple(lists_of(self.article, self.zone, self.committed_at)),
            listed_at=moment_key(self.article.published_at, self.article_id),
            related=tuple(each for each in dict.fromkeys(self.article.related) if each != self.article_id),
        )

    def _unlisted(self, new: Head, head: Head | None) -> Head:
        """Say which lists tell that the article was taken down: those with feeds, of the moment when it left them."""
        if head is None:
            return new
        if not head.lists:
            return replace(new, farewells=head.farewells, left_at=head.left_at)
        left = Farewell(self.article_id, str(new.path), self.committed_at)
        return replace(new, farewells=tuple(filter(paths.is_feed_path, head.lists)), left_at=left.key)


def own_path(article_id: str, article: Article) -> str:
    """Give the path at which an article stands once it is published."""
    return paths.article_path(article.section, article.title, article_id)


def moves_too_often(head: Head | None, article_id: str, article: Article) -> bool:
    """Tell whether the article would have more addresses than a commit can claim, and redirect."""
    known = {head.path, *head.former_paths} - {None} if head else set()
    after = known | {page_path(each) for each in article.old_paths}
    if article.status == State.PUBLISHED or not known:
        after.add(own_path(article_id, article))
    claimed = len(list(new_claims(article, head)))
    return after > known and len(after) - 1 + claimed > MAX_FORMER_PATHS


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
        table.transact(actions(table.name, head, new, change, verdict))
    except OvertakenError as error:
        raise HeadMovedError(change.article_id) from error
    return new


def actions(
    table: str, head: Head | None, new: Head, change: Change, verdict: Verdict | None
) -> "Iterator[TransactWriteItemTypeDef]":
    """Give the actions of the transaction that commits a change, at most 100, none of them twice on one item."""
    yield replacing(table, head, new)
    yield _put(table, change.revision(new.revision).item(), NEW_ITEM)
    if verdict is not None:
        yield _put(table, verdict.item(), NEW_ITEM)
    for claim in claims(change.article_id, change.article, head):
        yield _put(table, claim, HOLDABLE, id=change.article_id)
    yield from placing(table, head, new, change)


def replacing(table: str, head: Head | None, new: Head) -> "TransactWriteItemTypeDef":
    """Give the action that puts a head in the place of the one that was read, on the condition that it still stands."""
    if head is None:
        return _put(table, new.item(), NEW_ITEM)
    return _put(table, new.item(), "revision = :revision", revision=head.revision)


def placing(table: str, head: Head | None, new: Head, change: Change) -> "Iterator[TransactWriteItemTypeDef]":
    """Give the actions that tell the clock of a new head, and pages and related articles if readers see the change.

    Args:
        table: its name.
        head: the one in whose place it comes, however many changes before; None when there was none.
        new: what the change makes of it.
        change: the last one.
    """
    yield from (_put(table, item) for item in _due(new, change))
    if not change.state.is_public:
        return
    yield from (_put(table, item) for item in _own_pages(head, new))
    yield from (_put(table, item) for item in _in_lists(head, new, change))
    yield from (_put(table, {"pk": MENTION + named, "sk": new.article_id, "path": new.path}) for named in new.related)
    for partition, sort in _left(head, new) if head else ():
        yield {"Delete": {"TableName": table, "Key": key(partition, sort)}}


def _put(table: str, item: Item, condition: str | None = None, **values: int | str) -> "TransactWriteItemTypeDef":
    action: Any = {"TableName": table, "Item": packed(item)}
    if condition:
        action["ConditionExpression"] = condition
    if values:
        action["ExpressionAttributeValues"] = packed({f":{name}": value for name, value in values.items()})
    return {"Put": action}


def _left(head: Head, new: Head) -> Iterator[tuple[str, str]]:
    """Give the keys of what there was of the article in lists, and with those that it named, and is no more."""
    kept = set(new.in_lists())
    yield from ((page_partition(path), sort) for path, sort in head.in_lists() if (path, sort) not in kept)
    yield from ((MENTION + named, new.article_id) for named in head.related if named not in new.related)


def _in_lists(head: Head | None, new: Head, change: Change) -> Iterator[Item]:
    """Give the entries of the article, or the farewells in the lists that it leaves."""
    if new.lists:
        teaser = Teaser.of(new.article_id, change.article, str(new.path), change.committed_at)
        yield from map(teaser.item, new.lists)
    elif new.left_at and (head is None or head.left_at != new.left_at):
        farewell = Farewell(new.article_id, str(new.path), new.left_at.partition("#")[0])
        yield from map(farewell.item, new.farewells)


def _due(new: Head, change: Change) -> Iterator[Item]:
    """Give what `tick` must look at: when the clock asks for another state, and when the article is news no more."""
    step = new.shown if new.shown and change.state.is_public else new.current
    due = change.article.next_change_after(change.committed_at)
    if due is not None:
        yield {"pk": DUE, "sk": moment_key(due, new.article_id), "id": new.article_id, "revision": step.revision}
    if change.state is State.PUBLISHED and paths.NEWS_SITEMAP in new.lists:
        until = news_until(change.article.published_at)
        yield {
            "pk": DUE,
            "sk": f"{moment_key(until, new.article_id)}#news",
            "id": new.article_id,
            "revision": step.revision,
            "entry": new.listed_at,
        }


def _own_pages(head: Head | None, new: Head) -> Iterator[Item]:
    """Give the items that say what the article's own paths are from now on.

    Nothing is un-published by deletion: a page that is no article any more becomes a notice, gone, or a redirect.
    """
    if new.path is None or new.shown is None:
        return
    kind = {State.PUBLISHED: "article", State.WITHDRAWN: "notice", State.GONE: "gone"}[new.shown.state]
    own = {"id": new.article_id, "revision": new.shown.revision}
    yield {"pk": page_partition(new.path), "sk": SELF, "kind": kind, "first_public": new.first_public, **own}
    # All of them, not only the newest: no redirect may lead to another.
    if head is None or (head.path, head.former_paths) != (new.path, new.former_paths):
        for former in new.former_paths:
            yield {"pk": page_partition(former), "sk": SELF, "kind": "redirect", "to": new.path, **own}
