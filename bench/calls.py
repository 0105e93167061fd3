"""One call of AWS, and what it reads and writes: from its parameters, its answer, and the items before and after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bench import emulator
from bench.units import Item, index_units, item_bytes, read_units, write_units

_ONE_ITEM: Final = {"PutItem", "UpdateItem", "DeleteItem"}
# With one of these an answer does not hold all that was read.
_HIDES: Final = {"FilterExpression", "Select"}

Image = Item | None
Key = tuple[str, Item]  # a table's name, and an item's key there


@dataclass(frozen=True)
class Call:
    """One call. Objects and their bytes are those put, `purged` are the items of an invalidation."""

    function: str
    service: str
    operation: str
    bucket: str = ""
    items_read: int = 0
    read_units: float = 0
    items_written: int = 0
    write_units: float = 0
    bytes_put: int = 0
    messages: int = 0
    purged: int = 0


@dataclass(frozen=True)
class Reader:
    """Reads calls. `names` are logical ids of buckets by name, `index_keys` the keys of the table's one index."""

    names: Mapping[str, str]
    index_keys: Sequence[str]

    def read(
        self, call: Call, given: Mapping[str, Any], answer: Mapping[str, Any], images: Sequence[tuple[Image, Image]]
    ) -> Call:
        """Tell what a call did.

        Args:
            call: by whom, and of what.
            given: its parameters.
            answer: what came back; empty for an error.
            images: of each item that `written` names, before and after the call.

        Raises:
            ValueError: it is a call that isn't counted here yet.
        """
        return replace(
            call, bucket=self.names.get(str(given.get("Bucket")), ""), **self._counts(call, given, answer, images)
        )

    def _counts(
        self, call: Call, given: Mapping[str, Any], answer: Mapping[str, Any], images: Sequence[tuple[Image, Image]]
    ) -> dict[str, Any]:
        match call.operation:
            case "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems":
                counts = {"items_written": len(images), "write_units": self._written(call.operation, images)}
            case "GetItem" | "BatchGetItem" | "Query":
                counts = _read(call.operation, given, answer)
            case "PutObject":
                counts = {"bytes_put": len(given["Body"])}
            case "SendMessage":
                counts = {"messages": 1}
            case "CreateInvalidation":
                counts = {"purged": given["InvalidationBatch"]["Paths"]["Quantity"]}
            case "HeadObject" | "GetObject" | "ListObjectsV2" | "ReceiveMessage" | "DeleteMessage":
                counts = {}
            case _:
                raise ValueError(f"{call.operation} is not counted here yet")
        return counts

    def _written(self, operation: str, images: Sequence[tuple[Image, Image]]) -> int:
        each = 2 if operation == "TransactWriteItems" else 1
        return sum(
            each * write_units(item_bytes(before), item_bytes(after)) + index_units(before, after, self.index_keys)
            for before, after in images
        )


def written(operation: str, given: Mapping[str, Any]) -> Iterator[Key]:
    """Give the items that a call writes, or is about to."""
    actions: list[Mapping[str, Any]] = []
    if operation == "TransactWriteItems":
        actions = [action for each in given["TransactItems"] for action in each.values()]
    elif operation in _ONE_ITEM:
        actions = [given]
    for action in actions:
        key = action.get("Key") or {name: action["Item"][name] for name in ("pk", "sk")}
        yield action["TableName"], key


def _read(operation: str, given: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Give the items that a call read, and the units of that."""
    if _HIDES & given.keys():
        raise ValueError(f"a {operation} whose answer does not hold all that was read: not counted here yet")
    if operation == "BatchGetItem":
        [(table, request)] = given["RequestItems"].items()
        items = answer.get("Responses", {}).get(table, [])
        consistent = bool(request.get("ConsistentRead"))
        sizes = [*map(_size, items), *[0] * (len(request["Keys"]) - len(items))]
        return {"items_read": len(items), "read_units": sum(read_units(size, consistent=consistent) for size in sizes)}
    items = answer.get("Items", []) if operation == "Query" else [answer[name] for name in answer.keys() & {"Item"}]
    if "ProjectionExpression" in given:  # the whole items are read, and paid for
        keys = ({name: item[name] for name in ("pk", "sk")} for item in items)
        items = [emulator.item(given["TableName"], key) or {} for key in keys]
    size = sum(map(_size, items))
    return {
        "items_read": len(items),
        "read_units": read_units(size, consistent=bool(given.get("ConsistentRead"))),
    }


def _size(item: Item) -> int:
    return item_bytes(emulator.wire(item))
