"""The verdict on an upload: its outcome, its faults, and the words in which an editor reads them."""

import tomllib
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from portal.strict_json import Fault

MAX_FAULTS: Final = 50  # so that a verdict stays a small item, whatever was uploaded
MAX_DETAIL_CHARACTERS: Final = 200


class Outcome(StrEnum):
    """What became of one upload. Each upload ends in exactly one of them."""

    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"
    CONFLICT = "conflict"
    REJECTED = "rejected"


def too_large(most: int, pointer: str = "") -> Fault:
    """Give the fault of what is larger than so many bytes."""
    return Fault(pointer, "too_large", (("most", f"{most:,}"),))


def bounded(faults: Sequence[Fault]) -> list[Fault]:
    """Give the first faults, cut to a size that an item can hold, and a last one that counts the rest."""
    kept = [
        Fault(_cut(fault.pointer), fault.code, tuple((name, _cut(value)) for name, value in fault.details))
        for fault in faults[:MAX_FAULTS]
    ]
    if len(faults) > MAX_FAULTS:
        kept.append(Fault("", "more_errors", (("count", str(len(faults) - MAX_FAULTS)),)))
    return kept


def _cut(text: str) -> str:
    return text if len(text) <= MAX_DETAIL_CHARACTERS else text[: MAX_DETAIL_CHARACTERS - 1] + "…"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Give the messages by code, then by language."""
    return tomllib.loads(files("portal").joinpath("messages.toml").read_text(encoding="utf-8"))


def message(fault: Fault, language: str) -> str:
    """Say what is wrong and what to do, in `vi` or `en`."""
    details = dict(fault.details)
    if language == "vi" and "most" in details:
        details["most"] = details["most"].replace(",", ".")  # as Vietnamese parts its thousands
    return catalogue()[fault.code][language].format_map(details)


def listed(faults: Iterable[Fault], language: str) -> list[dict[str, str]]:
    """Give the faults as the desk's API shows them: `pointer`, `code` and `message`."""
    return [{"pointer": fault.pointer, "code": fault.code, "message": message(fault, language)} for fault in faults]
