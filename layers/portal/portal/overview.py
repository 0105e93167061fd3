"""The overview: where each article is, as editors see it, and how they find one."""

import base64
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from portal.article import State
from portal.identity import Editor
from portal.outcomes import RefusedError, UnknownArticleError
from portal.strict_json import Fault
from portal.table import (
    HEAD,
    ISSUED,
    SHELF,
    TEXTS,
    Head,
    Item,
    Table,
    Verdict,
    article_partition,
    key,
    packed,
    unpacked,
    verdict_key,
)
from portal.verdicts import Outcome, listed
from portal.vietnamese import folded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE_ARTICLES: Final = 25
MAX_QUERY_CHARACTERS: Final = 100
MAX_QUERY_WORDS: Final = 10
# A search reads titles a megabyte at a time, some thousands of them: what it has not found by then is on its next page.
READS_AT_MOST: Final = 4
_WAITING: Final = "waiting"
_PLACE: Final = re.compile(r'\["article#[a-z0-9]{1,40}", "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"\]')


class Overview:
    """The articles of one table, as one newsroom sees them.

    `site_url` is the site's public address without a trailing slash, or empty.
    """

    def __init__(self, *, dynamodb: "DynamoDBClient", table_name: str, site_url: str, two_pairs_of_eyes: bool) -> None:
        self._table = Table(dynamodb, table_name)
        self._site_url = site_url
        self._two_pairs_of_eyes = two_pairs_of_eyes

    def status(self, article_id: str, editor: Editor, language: str) -> dict[str, Any]:
        """Tell where an article is, with the verdict of its newest upload in words of `language`.

        Raises:
            UnknownArticleError: no article has that id.
        """
        found = self._statuses([article_id], editor, language)
        if not found:
            raise UnknownArticleError(article_id)
        return found[0]

    def newest(self, cursor: str | None, editor: Editor, language: str) -> dict[str, Any]:
        """List articles, those with the newest uploads first, a page at a time.

        Args:
            cursor: the `next` of the page before; None for the first.
            editor: who asks.
            language: of the messages, `vi` or `en`.

        Returns:
            `articles`, each as `status` gives it, and `next`, None on the last page.

        Raises:
            RefusedError: the cursor is none of ours.
        """
        start: Any = {"ExclusiveStartKey": _read_cursor(cursor, SHELF, ISSUED)} if cursor else {}
        answer = self._table.client.query(**_shelf(self._table.name, SHELF), Limit=PAGE_ARTICLES, **start)
        last = answer.get("LastEvaluatedKey")
        return self._page(answer["Items"], _cursor(last) if last else None, editor, language)

    def search(
        self, query: str, state: str | None, cursor: str | None, editor: Editor, language: str
    ) -> dict[str, Any]:
        """List the articles whose title has every word of a query, the newest commits first.

        Args:
            query: words, or parts of words, with diacritics or without; may be empty.
            state: in which they are; any when None.
            cursor: the `next` of the page before; None for the first.
            editor: who asks.
            language: of the messages, `vi` or `en`.

        Returns:
            As `newest`. A page may hold less than others do, or nothing, and have a next one all the same.

        Raises:
            RefusedError: the query is too long, the state is none, or the cursor is none of ours.
        """
        asked: Any = _shelf(self._table.name, TEXTS) | _filter(query, state)
        if cursor:
            asked["ExclusiveStartKey"] = _read_cursor(cursor, TEXTS, HEAD)
        found: list[Item] = []
        last: Any = None
        for _ in range(READS_AT_MOST):
            answer = self._table.client.query(**asked)
            found += answer["Items"]
            last = answer.get("LastEvaluatedKey")
            if last is None or len(found) >= PAGE_ARTICLES:
                break
            asked["ExclusiveStartKey"] = last
        if len(found) > PAGE_ARTICLES:
            last = found[PAGE_ARTICLES - 1]
        return self._page(found[:PAGE_ARTICLES], _cursor(last) if last else None, editor, language)

    def _page(self, items: list[Item], following: str | None, editor: Editor, language: str) -> dict[str, Any]:
        # The index is a little behind the table; what is shown of each article is read from the table itself.
        ids = [str(unpacked(item)["pk"]).removeprefix("article#") for item in items]
        return {"articles": self._statuses(ids, editor, language), "next": following}

    def _statuses(self, ids: list[str], editor: Editor, language: str) -> list[dict[str, Any]]:
        """Give the status of each article that is there, in the order of the ids."""
        partitions = {article_id: article_partition(article_id) for article_id in ids}
        issued = {item["pk"]: item for item in self._table.batch([key(pk, ISSUED) for pk in partitions.values()])}
        # Verdicts before heads: who reads `accepted` must find the head that the same commit wrote.
        verdicts = {
            item["pk"]: Verdict.from_item(item)
            for item in self._table.batch([key(pk, verdict_key(int(item["n"]))) for pk, item in issued.items()])
        }
        heads = {item["pk"]: Head.from_item(item) for item in self._table.batch([key(pk, HEAD) for pk in issued])}
        return [
            {
                "id": article_id,
                **self._standing(heads.get(pk), editor),
                "issued_at": issued[pk]["shelved_at"],
                "verdict": told(int(issued[pk]["n"]), verdicts.get(pk), language),
            }
            for article_id, pk in partitions.items()
            if pk in issued
        ]

    def _standing(self, head: Head | None, editor: Editor) -> dict[str, Any]:
        """Tell what editors work on, and what readers have."""
        if head is None:
            return dict.fromkeys(_STANDING) | {"may_approve": False}
        current = head.current
        is_own = self._two_pairs_of_eyes and (current.subject == editor.subject or not editor.may_approve)
        return {
            "title": current.title,
            "state": current.state,
            "revision": current.revision,
            "upload": current.upload,
            "url": self._site_url + head.path if head.path else None,
            "live": {"state": head.shown.state, "revision": head.shown.revision} if head.shown else None,
            "editor": current.editor,
            "committed_at": current.committed_at,
            "change_note": current.note,
            "proposes": current.proposes,
            "scheduled_for": current.scheduled_for,
            "may_approve": current.state is State.REVIEW and not is_own,
        }


_STANDING: Final = (
    "title",
    "state",
    "revision",
    "upload",
    "url",
    "live",
    "editor",
    "committed_at",
    "change_note",
    "proposes",
    "scheduled_for",
)


def told(number: int, verdict: Verdict | None, language: str) -> dict[str, Any]:
    """Tell the verdict on an upload in words of a language."""
    return {
        "upload": number,
        "accepted": verdict.outcome is Outcome.ACCEPTED if verdict else None,
        "outcome": verdict.outcome if verdict else _WAITING,
        "errors": listed(verdict.faults, language) if verdict else [],
    }


def _shelf(table_name: str, shelf: str) -> dict[str, Any]:
    """Give the query of a shelf of the index, newest first."""
    return {
        "TableName": table_name,
        "IndexName": "shelves",
        "KeyConditionExpression": "shelf = :shelf",
        "ExpressionAttributeValues": {":shelf": {"S": shelf}},
        "ScanIndexForward": False,
    }


def _filter(query: str, state: str | None) -> dict[str, Any]:
    """Give what narrows a query of the shelf of texts.

    Raises:
        RefusedError: the query is too long, or there's no such state.
    """
    if len(query) > MAX_QUERY_CHARACTERS:
        raise RefusedError(Fault("/q", "too_long", (("most", str(MAX_QUERY_CHARACTERS)),)))
    if state is not None and state not in list(State):
        raise RefusedError(Fault("/state", "choice", (("choices", ", ".join(State)),)))
    values = {":shelf": TEXTS}
    conditions = []
    for number, word in enumerate(folded(query).split()[:MAX_QUERY_WORDS]):
        conditions.append(f"contains(folded, :word{number})")
        values[f":word{number}"] = word
    names = {}
    if state is not None:
        conditions.append("#state = :state")
        values[":state"] = state
        names["#state"] = "state"
    narrowed: dict[str, Any] = {"ExpressionAttributeValues": packed(values)}
    if conditions:
        narrowed["FilterExpression"] = " AND ".join(conditions)
    if names:
        narrowed["ExpressionAttributeNames"] = names
    return narrowed


def _cursor(last: Mapping[str, Any]) -> str:
    item = unpacked(last)
    text = json.dumps([item["pk"], item["shelved_at"]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, shelf: str, sort: str) -> Item:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        raise RefusedError(Fault("/next", "cursor")) from error
    # Not parsed before it has the form of ours: what else may stand there DynamoDB would refuse as a fault of the desk.
    if not _PLACE.fullmatch(text):
        raise RefusedError(Fault("/next", "cursor"))
    partition, shelved_at = json.loads(text)
    return packed({"pk": partition, "sk": sort, "shelf": shelf, "shelved_at": shelved_at})
