"""Where CPU time goes: by what the code belongs to, and function by function."""

import pstats
from collections import defaultdict
from cProfile import Profile
from pathlib import Path
from typing import Final

_MOST: Final = 40  # functions that are told
_OWNERS: Final = 15  # libraries and folders that are told
_SHOWN_PARTS: Final = 3  # of the path of a file


def table(profile: Profile) -> str:
    """Give lines of text: the share of each library and of our own folders, then the functions that took most."""
    stats: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(own for _, _, own, _, _ in stats.values()) or 1.0
    shares: dict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, own, _, _) in stats.items():
        shares[_owner(file, name)] += own
    by_own = sorted(stats.items(), key=lambda entry: -entry[1][2])[:_MOST]
    lines = [
        f"{own / total:6.1%} {owner}" for owner, own in sorted(shares.items(), key=lambda share: -share[1])[:_OWNERS]
    ]
    lines += [
        f"{own / total:6.1%} {own * 1000:9.2f} ms {calls:8,} calls  {_place(*where)}"
        for where, (_, calls, own, _, _) in by_own
    ]
    return "\n".join(lines)


def _owner(file: str, name: str) -> str:
    """Give what a function belongs to: a library, or a folder of the project; a built-in one is its own."""
    parts = Path(file).parts
    for folder in ("site-packages", "templates", "portal", "functions", "bench"):
        if folder in parts:
            below = parts[parts.index(folder) + 1]
            return below if folder == "site-packages" else folder
    return name if file == "~" else f"Python's {Path(file).stem}"


def _place(file: str, line: int, name: str) -> str:
    return name if line == 0 else f"{'/'.join(Path(file).parts[-_SHOWN_PARTS:])}:{line} {name}"
