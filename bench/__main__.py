"""The command: `python -m bench --help`."""

import argparse
import sys
from collections.abc import Sequence
from cProfile import Profile
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench import checking, report, results
from bench.changes import measured
from bench.corpus import Corpus
from bench.generators import GENERATORS, built
from bench.measure import Meter
from bench.profiling import table
from bench.world import drawn, sample, world
from local.template import ROOT

SIZES: Final = (1_000, 5_000, 20_000)
DENSE: Final = 1_000  # articles of the newest month, in the extra row
DENSE_SIZE: Final = 5_000  # of the corpus with that month
PARTS: Final = ("portal", "checking", "generators", "report")
REPORT: Final = ROOT / "docs" / "performance.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    if options.profile:
        _profile(options.sizes[0])
        return 0
    known = results.read(options.results)
    known["machine"] = results.machine()
    for size in options.sizes if "portal" in options.parts else ():
        known["portal"][str(size)] = _portal(Corpus(size), options.rounds)
        results.write(known, options.results)
    if "portal" in options.parts and options.dense:
        known["portal"]["dense"] = _portal(Corpus(options.dense, DENSE), options.rounds)
        results.write(known, options.results)
    if "checking" in options.parts:
        _say("An article's page with its metadata checked, and without …")
        known["checking"] = checking.measured()
        results.write(known, options.results)
    for size in options.sizes if "generators" in options.parts else ():
        known["generators"][str(size)] = _generators(Corpus(size))
        results.write(known, options.results)
    if "report" in options.parts:
        report.write(known, options.output)
        _say(f"Written: {options.output}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Count what one publish, update, move and withdrawal cost, and what a full redraw takes, in sites "
        "of several sizes; beside it, what Hugo, Pelican and Eleventy take for the same pages. "
        "All of it takes about half an hour, most of that in moto.",
    )
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="articles of the corpus (default: %(default)s)"
    )
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        help="what to do (default: all). The report is made of what this run and earlier ones have measured",
    )
    parser.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="how often each change is made (default: %(default)s)"
    )
    parser.add_argument(
        "--dense",
        type=int,
        default=DENSE_SIZE,
        metavar="N",
        help=f"articles of one corpus more, whose newest month has {DENSE:,}; 0 for none (default: %(default)s)",
    )
    parser.add_argument(
        "--results", type=Path, default=results.FILE, help="where what was measured is kept between runs (JSON)"
    )
    parser.add_argument("--output", type=Path, default=REPORT, help="the document that holds the tables")
    parser.add_argument(
        "--profile",
        action="store_true",
        help="instead of all that: print where our own CPU time goes, with as many articles as the first of --sizes",
    )
    return parser


def _portal(corpus: Corpus, rounds: int) -> dict[str, Any]:
    """Measure the portal that holds a corpus."""
    since = monotonic()
    _say(f"The portal with {corpus.size:,} articles: filling and drawing it …")
    with world(corpus, Meter()) as made:
        _say(f"  {sum(map(len, made.paths.values())):,} pages. Publishing, updating, moving, withdrawing …")
        changes = measured(made, rounds)
        found = {
            "changes": {change: results.of_change(works, made.memory) for change, works in changes.items()},
            "drawn": {
                kind: results.of_drawing(work, len(made.paths[kind]), len(sample(made.paths[kind])))
                for kind, work in made.drawn.items()
            },
        }
    # The clock that the portal had is this process's again.
    _say(f"  done in {monotonic() - since:,.0f} s")
    return {"articles": corpus.size, "dense": corpus.dense, **found}


def _generators(corpus: Corpus) -> dict[str, Any]:
    """Measure what the others take for a corpus."""
    found = {}
    for generator in GENERATORS:
        _say(f"{generator.name} with {corpus.size:,} articles …")
        found[generator.name] = asdict(built(generator, corpus))
        _say(f"  {found[generator.name]}")
    return found


def _profile(size: int) -> None:
    """Print where our own CPU time goes: of publications, and of drawing all pages."""
    changes, drawing = Profile(), Profile()
    meter = Meter()
    with world(Corpus(size), meter) as made:
        meter.profile = changes
        number = len(measured(made, 5)["publish"])
        meter.profile = drawing
        drawn(made)
    print(f"Our own CPU time of {number} rounds of publish, update, move and withdrawal:\n{table(changes)}")
    print(f"Our own CPU time of drawing {sum(map(len, made.paths.values())):,} pages:\n{table(drawing)}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
