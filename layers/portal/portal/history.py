"""The history of an article: its revisions, what changed between them, and what was judged of its uploads."""

from typing import TYPE_CHECKING, Any, Final

from portal.difference import differences
from portal.outcomes import UnknownArticleError
from portal.overview import told
from portal.table import MAX_REVISIONS, Revision, Step, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE_REVISIONS: Final = 20


class History:
    """The histories of one table's articles."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._table = Table(dynamodb, table_name)

    def revisions(self, article_id: str, before: int | None) -> dict[str, Any]:
        """List an article's revisions, newest first, a page at a time.

        Args:
            article_id: of the article.
            before: the `next` of the page before; None for the first.

        Returns:
            `revisions`, and `next`, None on the last page.

        Raises:
            UnknownArticleError: nothing of an article of that id was accepted.
        """
        head = self._table.head(article_id)
        if head is None:
            raise UnknownArticleError(article_id)
        last = min(before or MAX_REVISIONS, head.revision + 1) - 1
        first = max(1, last - PAGE_REVISIONS + 1)
        steps = self._table.steps(article_id, first=first, last=last, newest_first=True) if last else ()
        live = head.shown.revision if head.shown else None
        return {
            "revisions": [_step(step, is_live=step.revision == live) for step in steps],
            "next": first if first > 1 else None,
        }

    def revision(self, article_id: str, number: int) -> dict[str, Any]:
        """Give a revision with its article, as one would upload it.

        Raises:
            UnknownArticleError: there's no such revision.
        """
        revision = self._revision(article_id, number)
        return {
            "revision": revision.number,
            "upload": revision.upload,
            "state": revision.state,
            "editor": revision.editor,
            "committed_at": revision.committed_at,
            "article": revision.article.as_json(),
        }

    def difference(self, article_id: str, before: int, after: int) -> dict[str, Any]:
        """Tell what has changed from one revision to another, field by field.

        Raises:
            UnknownArticleError: one of them isn't there.
        """
        found = differences(self._revision(article_id, before).article, self._revision(article_id, after).article)
        return {
            "from": before,
            "to": after,
            "fields": [
                {"field": each.field, "pieces": [{"kind": piece.kind, "text": piece.text} for piece in each.pieces]}
                for each in found
            ],
        }

    def verdict(self, article_id: str, upload: int, language: str) -> dict[str, Any]:
        """Tell the verdict on an upload; one that nobody has given yet waits."""
        return told(upload, self._table.verdict(article_id, upload), language)

    def _revision(self, article_id: str, number: int) -> Revision:
        try:
            return self._table.revision(article_id, number)
        except LookupError as error:
            raise UnknownArticleError(article_id) from error


def _step(step: Step, *, is_live: bool) -> dict[str, Any]:
    return {
        "revision": step.revision,
        "upload": step.upload,
        "state": step.state,
        "editor": step.editor,
        "committed_at": step.committed_at,
        "title": step.title,
        "change_note": step.note,
        "decision": step.decision,
        "is_live": is_live,
    }
