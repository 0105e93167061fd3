"""The picture of the growth: CPU time until one change is live, by the number of articles, both on log scales."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bench.measure import CLIENT

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 230, 46, 52  # margins
_COLOURS: Final = {
    "portal, our code": "#8c1c17",
    "portal, with the AWS client": "#d0743c",
    "Hugo": "#1f6f8b",
    "Pelican": "#4b7f3a",
    "Eleventy": "#6b4e9b",
}
_APART: Final = 15  # pixels between two names at the lines' ends

Series = dict[str, list[tuple[int, float]]]


def drawn(results: Mapping[str, Any]) -> str:
    """Draw it as an SVG on a card of its own, so that it reads on white and on black."""
    series = _series(results)
    sizes = sorted({size for points in series.values() for size, _ in points})
    seconds = [value for points in series.values() for _, value in points]
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def at(size: float, value: float) -> tuple[float, float]:
        right = (math.log10(size) - first) / ((last - first) or 1)
        up = (math.log10(value) - low) / ((high - low) or 1)
        return _LEFT + right * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="title">',
        '<g font-family="sans-serif" font-size="13">',
        '<title id="title">CPU time until one changed article is live, by the number of articles of the site</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#fffdf8" stroke="#d8d2c4"/>',
        f'<text x="{_LEFT}" y="26" font-size="15" fill="#222">CPU time until one change is live</text>',
    ]
    for power in range(low, high + 1):
        _, y = at(sizes[0], 10**power)
        parts += [
            f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#e4dfd3"/>',
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{_time(10**power)}</text>',
        ]
    for size in sizes:
        x, _ = at(size, 10**low)
        y = _HEIGHT - _BOTTOM
        parts += [
            f'<path d="M{x:.1f} {y}v5" stroke="#555"/>',
            f'<text x="{x:.1f}" y="{y + 20}" text-anchor="middle" fill="#555">{size:,}</text>',
        ]
    parts.append(f'<text x="{_LEFT}" y="{_HEIGHT - 12}" fill="#555">articles of the site</text>')
    ends = {name: at(*points[-1]) for name, points in series.items()}
    for name, points in series.items():
        parts += _line([at(*point) for point in points], _COLOURS[name])
    parts += _names(ends, {name: points[-1][1] for name, points in series.items()})
    return "\n".join([*parts, "</g>\n</svg>\n"])


def _series(results: Mapping[str, Any]) -> Series:
    """Give seconds by number of articles, of whoever was measured."""
    series: Series = {name: [] for name in _COLOURS}
    for site in sorted(results["portal"].values(), key=lambda site: int(site["articles"])):
        if site["dense"]:
            continue
        change = site["changes"]["update"]
        ours, client = (sum(each.values()) / 1000 for each in (change["played"], change["cpu"][CLIENT]))
        series["portal, our code"].append((site["articles"], ours))
        series["portal, with the AWS client"].append((site["articles"], ours + client))
    for size in sorted(results["generators"], key=int):
        for name, found in results["generators"][size].items():
            if not found["missing"]:
                series[name].append((int(size), found["rebuild"]))
    return {name: points for name, points in series.items() if points}


def _line(points: Sequence[tuple[float, float]], colour: str) -> Iterator[str]:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points)


def _names(ends: Mapping[str, tuple[float, float]], values: Mapping[str, float]) -> Iterator[str]:
    """Name the lines at their ends, the names kept apart."""
    lowest = -math.inf
    for name, (x, y) in sorted(ends.items(), key=lambda end: end[1][1]):
        lowest = max(lowest + _APART, y + 4)
        text = f"{name}: {_time(values[name])}"
        # Another line may pass behind the name: the card's own colour around the letters keeps it readable.
        halo = 'paint-order="stroke" stroke="#fffdf8" stroke-width="4"'
        yield f'<text x="{x + 9:.1f}" y="{lowest:.1f}" font-size="12" fill="{_COLOURS[name]}" {halo}>{text}</text>'


def _time(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"
