"""Numbered pages of a list: each holds twenty of its entries for good, counted from the oldest.

A list's own page shows its newest entries. Whenever twenty more have come than its numbered pages hold, the oldest of
these are closed into the next numbered page. What such a page holds is written once and kept in the archive: an
article that is taken down leaves a gap in it, one with an earlier date is put into it, and no page gets another number.
"""

from typing import TYPE_CHECKING, Final

from portal import paths
from portal.outcomes import OvertakenError
from portal.table import (
    NEW_ITEM,
    TOUCH,
    TOUCH_EXPRESSION,
    Newest,
    Range,
    Table,
    key,
    packed,
    page_partition,
    touch_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

PAGE_ENTRIES: Final = 20


def newest_of(table: Table, list_path: str, most: int) -> Newest:
    """Read the newest entries of a list, after closing what is full.

    Args:
        table: of the site.
        list_path: home, a section, a tag or an author.
        most: how many entries, at least `PAGE_ENTRIES`.

    Raises:
        TryLaterError: DynamoDB can't write it now.
    """
    while True:
        newest = table.newest(list_path, most)
        if len(newest.open_teasers()) < PAGE_ENTRIES:
            return newest
        _close(table, list_path, newest.closed)


def _close(table: Table, list_path: str, closed: Range | None) -> None:
    """Close the oldest open entries into numbered pages, until fewer than a page of them are open."""
    while True:
        after = closed.last if closed else "0"
        entries = list(table.entries(list_path, after=after, most=PAGE_ENTRIES))
        if len(entries) < PAGE_ENTRIES:
            return
        following = Range(list_path, closed.number + 1 if closed else 1, after, entries[-1].key)
        try:
            table.transact(_closing(table.name, closed, following))
        except OvertakenError:
            return  # another run has closed it; the caller reads what it has made of it
        closed = following


def _closing(table: str, closed: Range | None, following: Range) -> "Iterator[TransactWriteItemTypeDef]":
    """Give the actions that close a range after another one, on the condition that nobody else did."""
    newest = packed(following.closed_item())
    if closed is None:
        yield {"Put": {"TableName": table, "Item": newest, "ConditionExpression": NEW_ITEM}}
    else:
        yield {
            "Put": {
                "TableName": table,
                "Item": newest,
                "ConditionExpression": "#number = :number",
                "ExpressionAttributeNames": {"#number": "number"},
                "ExpressionAttributeValues": packed({":number": closed.number}),
            }
        }
        # Its page leads to a newer one from now on.
        before = page_partition(paths.numbered_path(following.list_path, closed.number))
        yield {
            "Update": {
                "TableName": table,
                "Key": key(before, TOUCH),
                "UpdateExpression": TOUCH_EXPRESSION,
                "ExpressionAttributeValues": touch_values(),
            }
        }
    yield {"Put": {"TableName": table, "Item": packed(following.item())}}
    yield {"Put": {"TableName": table, "Item": packed(following.page_item())}}
