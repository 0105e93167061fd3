"""JSON as RFC 8259 and RFC 7493 (I-JSON) have it, where the standard library's parser is more lenient.

The parser of the standard library takes NaN, duplicate names and lone surrogates, and raises RecursionError at a
depth that depends on the Python version. Here each of these is refused by name and place.
"""

import json
import math
import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import Any, Final

from portal.vietnamese import composed

MAX_DEPTH: Final = 8  # an article nests two deep; anything beyond this was not made by an editor
MAX_INTEGER_DIGITS: Final = 18
MAX_NAME_CHARACTERS: Final = 60  # of a field's name, where a fault repeats it

# A string (even one that never ends, so that the scan stays linear) or a bracket.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
# C0 but for tab, line feed and carriage return; DEL and C1; noncharacters that XML and HTML forbid.
CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
# Control characters that part words, in headlines out of Word and PowerPoint above all.
_LINE_END = re.compile("[\x0b\x0c\x85]")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an upload: where (a JSON pointer, RFC 6901), what (a stable code), and its particulars."""

    pointer: str
    code: str
    details: tuple[tuple[str, str], ...] = ()


class NotJSONError(Exception):
    """The bytes are not JSON at all; `fault` says why and where."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.fault = Fault("", code, tuple(details.items()))


@dataclass(frozen=True)
class _BadNumber:
    """Stands in the parsed tree for a number that JSON doesn't have or that we don't take."""

    text: str


class _Object(dict[str, Any]):
    """A JSON object that remembers which names came twice."""

    repeated: tuple[str, ...] = ()


def pointer(*steps: str | int) -> str:
    """Give the JSON pointer (RFC 6901) of a place: `pointer("tags", 0)` is `/tags/0`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def parse(content: bytes) -> tuple[Any, list[Fault]]:
    """Parse UTF-8 JSON strictly and give the value, NFC throughout and free of control characters, and its faults.

    A byte order mark at the start is ignored, as RFC 8259 section 8.1 allows: Windows editors write one.

    Raises:
        NotJSONError: with code `encoding`, `depth` or `json`, when there's no value at all.
    """
    text = _decoded(content)
    if _depth(content) > MAX_DEPTH:
        raise NotJSONError("depth", most=str(MAX_DEPTH))
    try:
        value = json.loads(
            text,
            object_pairs_hook=_remember_repeated,
            parse_constant=_BadNumber,
            parse_int=_bounded_integer,
            parse_float=_finite_float,
        )
    except json.JSONDecodeError as error:
        raise NotJSONError("json", line=str(error.lineno), column=str(error.colno)) from None
    faults: list[Fault] = []
    return _cleaned(value, (), faults), faults


def _decoded(content: bytes) -> str:
    try:
        text = content.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        wrong = len(content) - len(error.object) + error.start
    else:
        wrong = content.find(0)  # valid UTF-8, but what holds it is UTF-16, or no text at all
        if wrong < 0:
            return text
    raise NotJSONError("encoding", byte=str(wrong + 1))


def _depth(content: bytes) -> int:
    depth = deepest = 0
    for token in _TOKEN.finditer(content):
        match token[0]:
            case b"[" | b"{":
                depth += 1
                deepest = max(deepest, depth)
            case b"]" | b"}":
                depth -= 1
    return deepest


def _remember_repeated(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        repeated: dict[str, None] = {}
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                repeated[name] = None
            seen.add(name)
        found.repeated = tuple(repeated)
    return found


def _bounded_integer(digits: str) -> int | _BadNumber:
    return int(digits) if len(digits) <= MAX_INTEGER_DIGITS else _BadNumber(digits[:20] + "…")


def _finite_float(digits: str) -> float | _BadNumber:
    number = float(digits)
    return number if math.isfinite(number) else _BadNumber(digits[:20])


def _cleaned(value: Any, place: tuple[str | int, ...], faults: list[Fault]) -> Any:  # noqa: ANN401 (any JSON value)
    """Walk the tree once: collect faults, bring text to NFC, drop control characters."""
    match value:
        case str():
            if _SURROGATE.search(value):
                faults.append(Fault(pointer(*place), "surrogate"))
            return _clean(value)
        case _BadNumber(text):
            faults.append(Fault(pointer(*place), "number", (("value", text),)))
            return None
        case _Object():
            return _cleaned_object(value, place, faults)
        case list():
            return [_cleaned(child, (*place, index), faults) for index, child in enumerate(value)]
        case _:
            return value


def _cleaned_object(value: _Object, place: tuple[str | int, ...], faults: list[Fault]) -> dict[str, Any]:
    repeated = [_clean(name) for name in value.repeated]
    cleaned: dict[str, Any] = {}
    for name, child in value.items():
        text = _clean(name)
        there = (*place, shown(text))
        if _SURROGATE.search(name):
            faults.append(Fault(pointer(*there), "surrogate"))
        if text in cleaned:  # names that differ only in what is cleaned away are the same name
            repeated.append(text)
        cleaned[text] = _cleaned(child, there, faults)
    faults += [
        Fault(pointer(*place, shown(text)), "duplicate_field", (("field", shown(text)),))
        for text in dict.fromkeys(repeated)
    ]
    return cleaned


def unknown_field(name: str) -> Fault:
    """Give the fault of a field that nobody knows."""
    return Fault(pointer(shown(name)), "unknown_field", (("field", shown(name)),))


def shown(name: str) -> str:
    """Give a field's name as a fault repeats it: however many there are, and however long, a verdict is small."""
    return name if len(name) <= MAX_NAME_CHARACTERS else name[: MAX_NAME_CHARACTERS - 1] + "…"


def _clean(text: str) -> str:
    """Give the text in NFC, without control characters, and U+FFFD for what UTF-8 can't carry."""
    return composed(without_controls(_SURROGATE.sub("\ufffd", text)))


def without_controls(text: str) -> str:
    """Give the text without control characters; those that end a line become line feeds, so that words stay apart."""
    return CONTROL.sub("", _LINE_END.sub("\n", text))
