"""The document's tables, written anew between their marks; the text around them is somebody's."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench import picture
from bench.changes import CHANGES
from bench.measure import CLIENT, EMULATOR, OURS

PICTURE: Final = "pictures/performance.svg"
_MARKED: Final = re.compile(r"(<!-- bench: ([a-z]+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
_MILLION: Final = 1_000_000

Plain = Mapping[str, Any]


def write(results: Plain, document: Path) -> None:
    """Write the tables into a document, and the picture beside it.

    Raises:
        KeyError: the document has a mark for which there's no table.
    """
    tables: dict[str, Callable[[Plain], Iterable[str]]] = {
        "machine": _machine,
        "changes": _changes,
        "calls": _calls,
        "cpu": _cpu,
        "bill": _bill,
        "drawn": _drawn,
        "checking": _checking,
        "generators": _generators,
    }

    def filled(mark: re.Match[str]) -> str:
        return "\n".join([mark[1].rstrip(), *tables[mark[2]](results), mark[3]])

    document.write_text(_MARKED.sub(filled, document.read_text(encoding="utf-8")), encoding="utf-8")
    (document.parent / PICTURE).write_text(picture.drawn(results), encoding="utf-8")


def _machine(results: Plain) -> Iterator[str]:
    machine = results["machine"]
    yield f"{machine['cpu']}, {machine['cores']} cores, shared with others; Python {machine['python']}."


def _sites(results: Plain) -> Iterator[tuple[str, Plain]]:
    """Give what was measured of each site, the smallest first, that with the dense month last."""
    sites = results["portal"]
    for name in sorted(sites, key=lambda name: int(name) if name.isdecimal() else _MILLION):
        site = sites[name]
        yield (f"{site['articles']:,}" + (f", {site['dense']:,} in the month" if site["dense"] else "")), site


def _changes(results: Plain) -> Iterator[str]:
    heads = (
        "change", "articles", "AWS calls", "items read", "read units", "items written", "write units", "objects put",
        "KB put", "items purged", "our CPU, ms", "as met, ms", "AWS client's, ms", "emulator's, ms", "$ a million",
        "invalidation, $",
    )  # fmt: skip
    rows = []
    for change in CHANGES:
        for name, site in _sites(results):
            found = site["changes"][change]
            cpu = [sum(found["cpu"][whose].values()) for whose in (OURS, CLIENT, EMULATOR)]
            cpu.insert(0, sum(found["played"].values()))
            objects = found["objects"].values()
            rows.append(
                (
                    change,
                    name,
                    str(_number_of_calls(found)),
                    str(found["items_read"]),
                    f"{found['read_units']:g}",
                    str(found["items_written"]),
                    f"{found['write_units']:g}",
                    str(sum(each["objects"] for each in objects)),
                    f"{sum(each['bytes'] for each in objects) / 1000:.1f}",
                    str(found["purged"]),
                    *(f"{each:.1f}" for each in cpu),
                    f"{_dollars(found) * _MILLION:.1f}",
                    f"{found['invalidation'] * _MILLION:,.0f}",
                )
            )
    return _table(heads, rows, numbers_from=2)


def _calls(results: Plain) -> Iterator[str]:
    """Give the calls of one publish by function and operation, a column for each site."""
    sites = list(_sites(results))
    publishes = [site["changes"]["publish"]["calls"] for _, site in sites]
    kinds = dict.fromkeys((function, call) for calls in publishes for function in calls for call in calls[function])
    rows = [
        (function, f"`{call}`", *(str(calls.get(function, {}).get(call, 0)) for calls in publishes))
        for function, call in kinds
    ]
    rows.append(("", "all", *(str(_number_of_calls(site["changes"]["publish"])) for _, site in sites)))
    return _table(("function", "call", *(name for name, _ in sites)), rows, numbers_from=2)


def _bill(results: Plain) -> Iterator[str]:
    """Give the bill of each change at the largest site of the usual step."""
    name, site = max(
        ((name, site) for name, site in _sites(results) if not site["dense"]), key=lambda each: int(each[1]["articles"])
    )
    changes = site["changes"]
    lines = [line["what"] for line in changes["publish"]["bill"]]
    rows = [
        (what, f"{changes['publish']['bill'][number]['price'] * _MILLION:g}", *_spent(changes, number))
        for number, what in enumerate(lines)
    ]
    rows.append(("all, $ a million", "", *(f"{_dollars(changes[change]) * _MILLION:.1f}" for change in CHANGES)))
    heads = (f"{name} articles", "$ a million of it", *(f"one {change}: how many, $ a million" for change in CHANGES))
    return _table(heads, rows, numbers_from=1)


def _spent(changes: Plain, number: int) -> Iterator[str]:
    for change in CHANGES:
        line = changes[change]["bill"][number]
        yield f"{line['quantity']:.3g}: {line['dollars'] * _MILLION:.2f}"


def _cpu(results: Plain) -> Iterator[str]:
    """Give the CPU time of one publish by function and by whose it is, a column for each site."""
    sites = list(_sites(results))
    found = [site["changes"]["publish"] for _, site in sites]
    rows = [("ours", name, *(f"{each['played'].get(name, 0.0):.2f}" for each in found)) for name in found[0]["played"]]
    rows.append(("ours", "all", *(f"{sum(each['played'].values()):.2f}" for each in found)))
    rows.append(("ours", "all, median of the rounds", *(f"{each['played_median']:.2f}" for each in found)))
    for whose, told in ((OURS, "ours as met"), (CLIENT, "AWS client's"), (EMULATOR, "emulator's")):
        rows += [
            (told, name, *(f"{each['cpu'][whose].get(name, 0.0):.2f}" for each in found))
            for name in found[0]["cpu"][whose]
        ]
    return _table(("whose", "function", *(name for name, _ in sites)), rows, numbers_from=2)


def _drawn(results: Plain) -> Iterator[str]:
    """Give what drawing all pages took, by kind of page."""
    rows = []
    for name, site in _sites(results):
        total = 0.0
        for kind, found in site["drawn"].items():
            pages, number = found["pages"], found["drawn"]
            cpu = [found["played"], *(found["cpu"][whose] for whose in (OURS, CLIENT, EMULATOR))]
            each = (f"{spent / number:.2f}" for spent in cpu)
            share = found["played"] / number * pages / site["articles"]
            total += share
            size = f"{found['bytes'] / number / 1000:.1f}"
            rows.append((name, kind, f"{pages:,}", f"{number:,}", size, *each, f"{share:.3f}"))
        pages = sum(found["pages"] for found in site["drawn"].values())
        rows.append((name, "**all**", f"{pages:,}", "", "", "", "", "", "", f"**{total:.3f}**"))
    heads = (
        "articles", "kind of page", "pages", "drawn", "KB a page", "our CPU, ms a page", "as met", "AWS client's",
        "emulator's", "our CPU, ms an article",
    )  # fmt: skip
    return _table(heads, rows, numbers_from=2)


def _checking(results: Plain) -> Iterator[str]:
    """Give what the check of an article's metadata adds to drawing its page."""
    heads = ("unchecked, ms", "checked, ms", "ratio")
    found = results["checking"]
    if not found:
        return _table(heads, (), numbers_from=0)
    without, checked = found["unchecked"], found["checked"]
    row = (f"{without / 1000:.2f}", f"{checked / 1000:.2f}", f"{checked / without:.2f}")
    return _table(heads, [row], numbers_from=0)


def _generators(results: Plain) -> Iterator[str]:
    rows = []
    for size in sorted(results["generators"], key=int):
        for name, found in results["generators"][size].items():
            if found["missing"]:
                rows.append((f"{int(size):,}", name, f"missing: {found['missing']}", "", "", ""))
                continue
            each = found["build"] / int(size) * 1000
            rows.append(
                (
                    f"{int(size):,}",
                    f"{name} {found['version']}",
                    f"{found['files']:,}",
                    f"{found['build']:.1f}",
                    f"{each:.2f}",
                    f"{found['rebuild']:.1f}",
                )
            )
    heads = (
        "articles", "generator", "files", "build, CPU s", "build, ms an article", "one article changed, CPU s",
    )  # fmt: skip
    return _table(heads, rows, numbers_from=2)


def _number_of_calls(found: Plain) -> int:
    return sum(sum(calls.values()) for calls in found["calls"].values())


def _dollars(found: Plain) -> float:
    return float(sum(line["dollars"] for line in found["bill"]))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers_from: int) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "|".join("---" if column < numbers_from else "---:" for column in range(len(heads))) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
