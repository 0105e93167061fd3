"""What was measured, as it is kept between runs: plain values, by size of the corpus."""

import json
import os
import platform
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench import prices
from bench.measure import CLIENT, EMULATOR, OURS, Measured
from local.template import ROOT

FILE: Final = ROOT / ".bench" / "results.json"
_MILLISECOND: Final = 1e6  # nanoseconds

Plain = dict[str, Any]


def read(path: Path = FILE) -> Plain:
    """Read what earlier runs have left."""
    found: Plain = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {"portal": {}, "checking": {}, "generators": {}} | found


def write(results: Plain, path: Path = FILE) -> None:
    """Keep what was measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def machine() -> Plain:
    """Tell on what it was measured."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")),
        platform.processor(),
    )
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version()}


def of_change(rounds: Sequence[Measured], memory: Mapping[str, int]) -> Plain:
    """Sum up one change: the counts of its first round, the CPU times of the one that took least of ours.

    What others on the machine take away from a round makes it longer, nothing makes it shorter.
    """
    first = rounds[0]
    best = min(rounds, key=lambda each: each.played.total())
    priced = Measured(first.calls, best.cpu, best.played, first.invocations, first.log_bytes)
    return {
        "calls": _by_function(first),
        "rounds": [len(each.calls) for each in rounds],
        "items_read": sum(call.items_read for call in first.calls),
        "read_units": sum(call.read_units for call in first.calls),
        "items_written": sum(call.items_written for call in first.calls),
        "write_units": sum(call.write_units for call in first.calls),
        "objects": _objects(first),
        "messages": sum(call.messages for call in first.calls),
        "purged": sum(call.purged for call in first.calls),
        "invocations": dict(first.invocations),
        "log_bytes": first.log_bytes,
        "cpu": _cpu(best),
        "played": {function: spent / _MILLISECOND for function, spent in sorted(best.played.items())},
        "played_median": median(each.played.total() for each in rounds) / _MILLISECOND,
        "bill": [asdict(line) | {"dollars": line.dollars} for line in prices.bill(priced, memory)],
        "invalidation": prices.invalidation(first).dollars,
    }


def of_drawing(work: Measured, pages: int, drawn: int) -> Plain:
    """Sum up what drawing so many of the pages of a kind took: milliseconds of CPU in all, and what was put."""
    put = [call.bytes_put for call in work.calls if call.operation == "PutObject"]
    cpu = {whose: work.cpu_of(whose) / _MILLISECOND for whose in (OURS, CLIENT, EMULATOR)}
    played = work.played.total() / _MILLISECOND
    return {
        "pages": pages,
        "drawn": drawn,
        "objects": len(put),
        "bytes": sum(put),
        "calls": len(work.calls),
        "played": played,
        "cpu": cpu,
    }


def _by_function(work: Measured) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for call in work.calls:
        counted[call.function][call.operation] += 1
    return {function: dict(sorted(counts.items())) for function, counts in sorted(counted.items())}


def _objects(work: Measured) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for call in work.calls:
        if call.operation == "PutObject":
            bucket = found.setdefault(call.bucket, {"objects": 0, "bytes": 0})
            bucket["objects"] += 1
            bucket["bytes"] += call.bytes_put
    return found


def _cpu(work: Measured) -> dict[str, dict[str, float]]:
    """Give milliseconds, by whose they are and by function."""
    functions = sorted({function for function, _ in work.cpu})
    return {
        whose: {function: work.cpu_of(whose, function) / _MILLISECOND for function in functions}
        for whose in (OURS, CLIENT, EMULATOR)
    }


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
