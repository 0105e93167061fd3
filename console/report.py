"""What became of each file of an import: for programs a line of JSON each, for people what there is to do."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from console.importing import Imported, Result
from portal import verdicts
from portal.strict_json import Fault

_MESSAGES: Final = Path(__file__).with_name("messages.toml")
_WORDS: Final[Mapping[Result, str]] = {
    Result.ACCEPTED: "accepted",
    Result.ALREADY: "there already",
    Result.KEPT: "left alone, since another text is there under its id",
    Result.REFUSED: "refused",
    Result.WAITING: "uploaded, and without a verdict yet",
    Result.WOULD: "would be uploaded",
}


def line(imported: Imported, language: str, site_url: str) -> dict[str, Any]:
    """Give a file's line of the report. `faults` are in `vi` or `en`."""
    source = imported.source
    return {
        "file": source.file,
        "kind": source.kind,
        "id": source.article_id,
        "result": imported.result.value,
        "url": site_url + imported.path if imported.path else None,
        "title": source.judged.title if source.judged else None,
        "old_paths": list(source.judged.old_paths) if source.judged else [],
        "encoding": source.encoding,
        "lost": list(source.lost),
        "faults": told(imported.faults, language),
    }


def other_line(file: str, result: str) -> dict[str, Any]:
    """Give the line of a file that is no article, or that only the manifest knows."""
    return {"file": file, "result": result}


def told(faults: Iterable[Fault], language: str) -> list[dict[str, str]]:
    """Give faults in words: the verdict's own, and those of reading a folder."""
    return [{"pointer": fault.pointer, "code": fault.code, "message": _message(fault, language)} for fault in faults]


def summary(lines: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Tell how many files came to what, and what was lost in all of them together."""
    counted: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for each in lines:
        counted[each["result"]] += 1
        lost.update({_kind_of_loss(place) for place in each.get("lost", ())})
    for result, words in _WORDS.items():
        if number := counted[result]:
            yield f"{number:,} {words}"
    if lost:
        places = ", ".join(f"{place} ({number:,})" for place, number in sorted(lost.items()))
        yield f"Not carried over, with the number of files: {places}"


def text(line_of_file: Mapping[str, Any]) -> Iterator[str]:
    """Tell what is wrong with one file, a line for each fault, and what is left to be done about it."""
    if line_of_file["result"] in (Result.KEPT, Result.WAITING):
        yield f"{line_of_file['file']}: {_WORDS[line_of_file['result']]}"
    for fault in line_of_file["faults"]:
        yield f"{line_of_file['file']}: {fault['pointer'] or '/'}: {fault['message']}"


def _kind_of_loss(place: str) -> str:
    """Name what was lost without its place in a list: `/subjects/uri`, `/body <img>`."""
    return "/".join(part for part in place.partition(" ×")[0].split("/") if not part.isdecimal())


def _message(fault: Fault, language: str) -> str:
    words = _catalogue().get(fault.code)
    return words[language].format_map(dict(fault.details)) if words else verdicts.message(fault, language)


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    return tomllib.loads(_MESSAGES.read_text(encoding="utf-8"))
