"""Take each guard out of a copy of the code, and see the tests fail that are there for it.

That these tests pass while the guard is there is for `make test` and `make reliability` to see.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from xml.etree import ElementTree as ET

from tests.mutants.guard import ROOT, Guard, guards, place, table

LONGEST_SECONDS = 600  # for one run of pytest


def main() -> int:
    """Run the command line; give its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="take out the guards with this in their names; else all"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once (%(default)s)")
    parser.add_argument("--list", action="store_true", help="print the table of docs/reliability.md, and run nothing")
    given = parser.parse_args()
    chosen = [guard for guard in guards() if not given.names or any(name in guard.name for name in given.names)]
    if not chosen:
        parser.error(f"no guard has {' or '.join(given.names)} in its name")
    if given.list:
        print(table(chosen))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        faults = Mutants(Path(folder), given.jobs).run(chosen)
    print("\n".join(faults) or "Each test fails without its guard.")
    return 1 if faults else 0


class Mutants:
    """Runs of tests in copies of the code, each in one of its own, so many at once."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._jobs = jobs
        self._copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            self._copies.put(_copied(folder / str(number)))

    def run(self, chosen: Sequence[Guard]) -> list[str]:
        """Run each guard's tests without it, tell what comes of it, and give what is wrong."""
        faults: list[str] = []
        with ThreadPoolExecutor(self._jobs) as pool:
            runs = {pool.submit(self._survived, guard): guard for guard in chosen}
            for number, run in enumerate(as_completed(runs), start=1):
                guard, (seconds, survived) = runs[run], run.result()
                outcome = "SURVIVES" if survived else "killed"
                print(f"{number:>3}/{len(chosen)}  {seconds:5.1f} s  {outcome}: {guard.mutant}", flush=True)
                faults += [f"{name} passes without {guard.name}" for name in survived]
        return faults

    def _survived(self, guard: Guard) -> tuple[float, list[str]]:
        """Give the seconds that a mutant's tests took, and those which it survived."""
        begun = time.monotonic()
        copy = self._copies.get()
        try:
            code = copy / guard.file
            text = code.read_text(encoding="utf-8")
            code.write_text(guard.taken_out(text), encoding="utf-8")
            failed = _run(copy, guard.killers)
            code.write_text(text, encoding="utf-8")
        finally:
            self._copies.put(copy)
        is_killed = {
            killer: killer in failed or any(name.startswith(f"{killer}[") for name in failed)
            for killer in guard.killers
        }
        return time.monotonic() - begun, [killer for killer, killed in is_killed.items() if not killed]


def _run(copy: Path, killers: Iterable[str]) -> list[str]:
    """Run tests in a copy of the code; give those that failed. One that could not even begin is none of them.

    Raises:
        RuntimeError: they did not come to an end.
    """
    report = copy / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
    command += ["-p", "tests.mutants.one_failure", f"--junit-xml={report}"]
    ran = subprocess.run(  # noqa: S603 (our own pytest, of our own tests)
        [*command, *map(place, killers)],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    if not report.exists():
        raise RuntimeError(f"pytest came to no end:\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}")
    cases = ET.parse(report).iter("testcase")  # noqa: S314 (our own pytest wrote it)
    return [case.attrib["name"] for case in cases if case.find("failure") is not None]


def _copied(folder: Path) -> Path:
    """Copy what git keeps, as it is now, and what is new."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 (git of the PATH)
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


if __name__ == "__main__":
    sys.exit(main())
