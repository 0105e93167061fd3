"""DynamoDB's sizes and units, as "DynamoDB Item sizes and formats" and "Read/write capacity mode" have them."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

READ_UNIT: Final = 4096  # bytes, read consistently
WRITE_UNIT: Final = 1024  # bytes

Item = Mapping[str, Any]


def item_bytes(item: Item | None) -> int:
    """Give the size of an item in bytes, of its form in the API's JSON; 0 if there's none."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in (item or {}).items())


def read_units(size: int, *, consistent: bool) -> float:
    """Give the units of reading so many bytes at once; looking for what isn't there costs one too."""
    units = max(1, math.ceil(size / READ_UNIT))
    return units if consistent else units / 2


def write_units(*sizes: int) -> int:
    """Give the units of a write, from the sizes of the item before and after it."""
    return max(1, math.ceil(max(sizes) / WRITE_UNIT))


def index_units(before: Item | None, after: Item | None, keys: Iterable[str]) -> int:
    """Give the units of what a write changes in an index that holds keys only."""
    old, new = _entry(before, keys), _entry(after, keys)
    if old == new:
        return 0
    return (old is not None) + (new is not None)


def _entry(item: Item | None, keys: Iterable[str]) -> list[Any] | None:
    entry = [(item or {}).get(key) for key in keys]
    return None if None in entry else entry


def _value_bytes(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return (len(content.strip("-0").replace(".", "")) + 1) // 2 + 1
        case "B":
            return len(content) * 3 // 4 - str(content).count("=")
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value_bytes(each) for each in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(each) for name, each in content.items())
        case _:
            raise ValueError(f"an attribute of type {kind}")
