"""What is particular to moto: how to fill its table, to look into it, and to keep its own costs out of the way."""

import base64
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, Final
from unittest.mock import patch

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.dynamo_type import Item as Kept
from moto.dynamodb.models.table import Table

from local.template import ACCOUNT, REGION
from portal.table import PAGE

Item = dict[str, Any]
_SORT: Final = attrgetter("range_key.value")
_LAST: Final = "\U0010ffff"  # after every key


def backend() -> DynamoDBBackend:
    """Give moto's DynamoDB."""
    return dynamodb_backends[ACCOUNT][REGION]


def table(name: str) -> Table:
    """Give moto's table."""
    return backend().get_table(name)


def item(name: str, key: Mapping[str, Any]) -> Item | None:
    """Look at an item of a table, past the API; in the form of the API's JSON, binary values in base64."""
    found = backend().get_item(name, wire(key))
    return None if found is None else wire({each: value.to_regular_json() for each, value in found.attrs.items()})


def pages(name: str) -> list[str]:
    """Give the paths of all pages that have a partition."""
    partitions = (str(partition.value) for partition, items in table(name).items.items() if items)
    return sorted(key.removeprefix(PAGE) for key in partitions if key.startswith(PAGE))


def apply(action: Mapping[str, Any]) -> None:
    """Do one action of a transaction by itself: in moto a transaction copies the whole table for each of its items."""
    [(kind, given)] = action.items()
    match kind:
        case "Put":
            table(given["TableName"]).put_item(wire(given["Item"]))
        case "Delete":
            backend().delete_item(given["TableName"], wire(given["Key"]))
        case "Update":
            backend().update_item(
                given["TableName"],
                wire(given["Key"]),
                update_expression=given["UpdateExpression"],
                expression_attribute_names=given.get("ExpressionAttributeNames", {}),
                expression_attribute_values=wire(given.get("ExpressionAttributeValues", {})),
            )
        case _:
            raise ValueError(f"a transaction with {kind}")


@contextmanager
def without_stream(name: str) -> Iterator[None]:
    """Let what is written to a table meanwhile not come out of its stream."""
    filled = table(name)
    with patch.object(filled, "stream_shard", None):
        yield


@contextmanager
def cheap_transactions() -> Iterator[None]:
    """Let a transaction not copy the table that it would restore if it failed.

    One that fails leaves half of itself then; where a single thread does one thing after the other, none does.
    """
    with patch.object(Table, "__deepcopy__", lambda self, _memo: self, create=True):
        yield


@contextmanager
def quick_queries() -> Iterator[None]:
    """Let a query of the table look at what can be in its answer, where moto goes through all items and sorts them."""
    query, put_item, delete_item = Table.query, Table.put_item, Table.delete_item
    partitions: dict[str, list[Kept]] = {}  # in order

    def quick(self: Table, key: DynamoType | None, *given: Any, **named: Any) -> Any:  # noqa: ANN401 (as moto has it)
        comparison, bounds, limit, after, forward, _, index, *_ = given
        if index or key is None:
            return query(self, key, *given, **named)
        if key.value not in partitions:
            partitions[key.value] = sorted(self.items.get(key, {}).values(), key=_SORT)
        between = [bound.value for bound in bounds] if comparison == "BETWEEN" else ["", _LAST]
        possible = _possible(
            partitions[key.value], between, limit, after["sk"]["S"] if after else None, forward=forward
        )
        with patch.object(self, "all_items", lambda: possible):
            return query(self, key, *given, **named)

    def forgetting(change: Callable[..., Any]) -> Callable[..., Any]:
        def changing(*given: Any, **named: Any) -> Any:  # noqa: ANN401 (as moto has it)
            partitions.clear()
            return change(*given, **named)

        return changing

    with patch.multiple(Table, query=quick, put_item=forgetting(put_item), delete_item=forgetting(delete_item)):
        yield


def _possible(
    partition: list[Kept], between: Sequence[str], limit: int | None, after: str | None, *, forward: bool
) -> list[Kept]:
    """Narrow a partition to what a query can find, and one more, by which moto tells whether there is more."""
    first = bisect_left(partition, between[0], key=_SORT)
    last = bisect_right(partition, between[1], key=_SORT)
    if after is not None and forward:
        first = max(first, bisect_right(partition, after, key=_SORT))
    elif after is not None:
        last = min(last, bisect_left(partition, after, key=_SORT))
    if limit is not None and forward:
        last = min(last, first + limit)
    elif limit is not None:
        first = max(first, last - limit)
    return partition[first : last + 1] if forward else partition[max(0, first - 1) : last]


def wire(attributes: Mapping[str, Any]) -> Item:
    """Give attribute values as the API's JSON carries them, and so as moto keeps them."""
    return {name: _wire(value) for name, value in attributes.items()}


def _wire(value: Any) -> Any:  # noqa: ANN401 (an attribute value, or a part of one)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list):
        return [_wire(each) for each in value]
    return wire(value) if isinstance(value, dict) else value
