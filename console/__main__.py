"""The operators' command: `./portal --help`."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from console import dead_letters, exporting, importing, rebuild, redraw, report
from console.deployment import Deployment, UnreachableError
from console.folder import Folder, FolderError
from console.importing import Imported, Result
from console.status import State, article_id_of, hops
from portal import source
from portal.outcomes import TryLaterError
from portal.site import LANGUAGES, read_site

FINE, FAILED, NOT_FINE = 0, 1, 2
_COLOURS = {State.DONE: "green", State.WAITS: "yellow", State.WRONG: "red"}
_LOCAL = "http://127.0.0.1:8000"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0 all is well, 1 it could not be done, 2 something is not in order."""
    options = _parser().parse_args(arguments)
    # Where nobody looks at a screen, lines are not broken at its width.
    out = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    try:
        status: int = options.run(_deployment(options), options, out)
    except (UnreachableError, FolderError, TryLaterError, ClientError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped. What was touched or written will be drawn; run it again for the rest.", file=sys.stderr)
        return FAILED
    return status


def _deployment(options: argparse.Namespace) -> Deployment:
    if options.local or options.address:
        return Deployment.of_this_machine(options.address or _LOCAL)
    return Deployment.of_stack(options.stack, boto3.Session())


def _parser() -> argparse.ArgumentParser:
    where = argparse.ArgumentParser(add_help=False)
    group = where.add_argument_group("which portal")
    group.add_argument(
        "--stack",
        default=os.environ.get("PORTAL_STACK", "portal"),
        help="the stack's name in AWS (default: the variable PORTAL_STACK, or portal); region and credentials are "
        "those of AWS's tools: AWS_REGION, AWS_PROFILE",
    )
    group.add_argument("--local", action="store_true", help=f"the portal of this machine, at {_LOCAL}")
    group.add_argument("--address", metavar="URL", help="the portal of this machine, if `make run` gave it another one")
    parser = argparse.ArgumentParser(
        prog="portal",
        description="Look after a portal: where an article is, pages to draw again, what has failed, all "
        "of it out of the archive, articles from other systems and for them.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    status = commands.add_parser(
        "status",
        parents=[where],
        help="tell where an article is, hop by hop, and since when",
        description="Tell where an article is and since when: upload, verdict, index, archive, page, lists, edge. Exit "
        "status 0 when all is done, 2 when something waits or is wrong.",
    )
    status.add_argument("article", help="the article's id, or the path or address of its page")
    status.add_argument("--language", choices=["vi", "en"], default="en", help="of the verdict's words (default: en)")
    status.add_argument("--json", action="store_true", help="for programs")
    status.set_defaults(run=_status)

    again = commands.add_parser(
        "redraw",
        parents=[where],
        help="draw pages again",
        description="Draw pages again, and wait until they are drawn. With --all the edges are purged once at the end; "
        "a named page is purged for itself. It can be run again at any time. Exit status 2 when a page was not drawn.",
    )
    again.add_argument("path", nargs="*", help="paths of pages, such as / or /tin-tuc/")
    again.add_argument("--all", action="store_true", help="every page of the site")
    again.add_argument("--dry-run", action="store_true", help="only list the pages")
    again.add_argument(
        "--at-once",
        type=_positive,
        default=redraw.AT_ONCE,
        metavar="N",
        help="touch no more than N pages that are not drawn yet: what is published meanwhile waits for no more than "
        f"those (default: {redraw.AT_ONCE})",
    )
    again.add_argument(
        "--patience",
        type=_positive,
        default=redraw.PATIENCE_SECONDS,
        metavar="SECONDS",
        help=f"give a page up after that (default: {redraw.PATIENCE_SECONDS})",
    )
    again.set_defaults(run=_redraw)

    letters = commands.add_parser(
        "dead-letters",
        parents=[where],
        help="list what has failed, or try it again",
        description="List the messages of the queues that should be empty, or send them back to where they came from. "
        "Exit status 2 when there are any, or when some could not be sent back.",
    )
    letters.add_argument("queue", nargs="*", choices=[[], *dead_letters.QUEUES], help="these queues only")
    letters.add_argument("--redrive", action="store_true", help="try it again: repair the cause first")
    letters.add_argument("--json", action="store_true", help="for programs")
    letters.set_defaults(run=_dead_letters)

    anew = commands.add_parser(
        "rebuild",
        parents=[where],
        help="build table and site again out of the archive",
        description="Write into the table what the archive says was committed: every article with its revisions, "
        "lists, redirects and upload numbers. The pages are then drawn by themselves. Nothing is written over by "
        "anything older, so it can be stopped and run again at any time. The zone of site.toml must be that of the "
        "portal. Exit status 2 when a record could not be used.",
    )
    anew.add_argument("--dry-run", action="store_true", help="only read, and say what there is to do and what is wrong")
    anew.add_argument(
        "--add-missing",
        action="store_true",
        help="the table has articles: leave them, and add what is missing; also to go on where it was stopped",
    )
    anew.set_defaults(run=_rebuild)
    _add_exchange(commands, where)
    return parser


def _add_exchange(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", where: argparse.ArgumentParser
) -> None:
    """Add the commands that bring articles in from other systems, and out for them."""
    into = commands.add_parser(
        "import",
        parents=[where],
        help="bring in a folder of articles from another system",
        description="Bring in a folder of articles: JSON as editors upload it, ninjs 3.1, or the text of old pages. "
        "import.toml in it says what holds for all files, import.csv what holds for each, old addresses above all: "
        "see docs/import.md. What was brought in is not uploaded again, so that it can be stopped and run again at any "
        "time. Exit status 2 when a file was refused, left alone, or not judged in time.",
    )
    into.add_argument("folder", type=Path, help="where the files are")
    into.add_argument("--dry-run", action="store_true", help="judge everything, say what would be, and upload nothing")
    into.add_argument("--report", type=Path, metavar="FILE", help="write what became of each file, a JSON a line")
    into.add_argument("--editor", default="import", metavar="NAME", help="whom the articles' history names")
    into.add_argument("--language", choices=LANGUAGES, default="en", help="of the faults' words (default: en)")
    into.add_argument(
        "--at-once",
        type=_positive,
        default=importing.AT_ONCE,
        metavar="N",
        help="upload no more than N articles that are not judged yet: what is published meanwhile waits for no more "
        f"than those (default: {importing.AT_ONCE})",
    )
    into.add_argument(
        "--patience",
        type=_positive,
        default=importing.PATIENCE_SECONDS,
        metavar="SECONDS",
        help=f"wait no longer for a verdict (default: {importing.PATIENCE_SECONDS})",
    )
    into.set_defaults(run=_import)

    out_of = commands.add_parser(
        "export",
        parents=[where],
        help="write articles for other systems",
        description="Write what readers have of an article, or of all. Exit status 2 when they have nothing of one.",
    )
    out_of.add_argument("article", nargs="*", help="the article's id, or the path or address of its page")
    out_of.add_argument("--all", action="store_true", help="every article that readers have")
    out_of.add_argument(
        "--format",
        type=exporting.Format,
        choices=[*exporting.Format],
        default=exporting.Format.NINJS,
        help="ninjs 3.1 of the IPTC, or json as editors upload it (default: ninjs)",
    )
    out_of.add_argument("--to", type=Path, metavar="FOLDER", help="a file for each article; else a line for each")
    out_of.set_defaults(run=_export)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _status(deployment: Deployment, options: argparse.Namespace, out: Console) -> int:
    article_id = article_id_of(options.article)
    if article_id is None:
        print(f"{options.article} is no article's id, path or address.", file=sys.stderr)
        return FAILED
    found = list(hops(deployment, article_id, options.language))
    if options.json:
        print(json.dumps([asdict(hop) for hop in found], ensure_ascii=False, indent=1))
    else:
        table = Table("hop", "", "since (UTC)", "", "what to do", box=box.SIMPLE)
        for hop in found:
            table.add_row(
                hop.name,
                f"[{_COLOURS[hop.state]}]{hop.state}[/]" if out.is_terminal else hop.state,
                hop.since,
                hop.said,
                hop.then,
            )
        out.print(table, markup=True)
    return FINE if all(hop.state is State.DONE for hop in found) else NOT_FINE


def _redraw(deployment: Deployment, options: argparse.Namespace, out: Console) -> int:
    if bool(options.path) is options.all:
        print("Name the pages to draw, or --all.", file=sys.stderr)
        return FAILED
    pages = redraw.every_page(deployment) if options.all else options.path
    unknown = [path for path in pages if not options.all and not redraw.is_page(deployment, path)]
    if unknown:
        print(f"The site has no page {', '.join(unknown)}; nothing was touched.", file=sys.stderr)
        return FAILED
    if options.dry_run:
        print("\n".join(pages))
        return FINE
    if options.all and (seconds := redraw.seconds_of_old_code(deployment)):
        out.print(f"render was deployed just now: in {seconds:.0f} s, no run of its old code can draw last any more.")
        time.sleep(seconds)
    columns = (TextColumn("drawing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        task = progress.add_task("", total=len(pages))
        redrawn = redraw.redraw(
            deployment,
            pages,
            at_once=options.at_once,
            patience=options.patience,
            purge=not options.all,
            tell=lambda done: progress.update(task, completed=done),
        )
    if options.all:
        redraw.purge_everything(deployment)
    print(f"{len(redrawn.drawn):,} pages drawn{', the edges purged' if options.all else ''}.")
    if redrawn.late:
        print(f"Not drawn within {options.patience} s: {', '.join(redrawn.late)}", file=sys.stderr)
        print("See ./portal dead-letters.", file=sys.stderr)
    return NOT_FINE if redrawn.late else FINE


def _dead_letters(deployment: Deployment, options: argparse.Namespace, out: Console) -> int:
    found: list[dead_letters.Letter] = []
    hidden = 0
    for queue in options.queue or dead_letters.QUEUES:
        here = list(dead_letters.letters(deployment, queue))
        found += here
        if (more := deployment.count(queue) - len(here)) > 0:
            hidden += more
            print(f"{queue}: {more} more, at which somebody looks now, as tick does. Run it again.", file=sys.stderr)
    if options.redrive:
        return _redrive(deployment, found) or (NOT_FINE if hidden else FINE)
    for letter in found:
        dead_letters.show_again(deployment, letter)
    if options.json:
        print(
            json.dumps(
                [{"queue": each.queue, "said": each.said, "body": each.message["Body"]} for each in found],
                ensure_ascii=False,
                indent=1,
            )
        )
    elif not found and not hidden:
        print("All queues that should be empty are empty.")
    elif found:
        table = Table("queue", "what has failed", box=box.SIMPLE)
        for letter in found:
            table.add_row(letter.queue, letter.said)
        out.print(table)
        print("Repair the cause, then: ./portal dead-letters --redrive")
    return NOT_FINE if found or hidden else FINE


def _redrive(deployment: Deployment, found: Sequence[dead_letters.Letter]) -> int:
    left = 0
    for letter in found:
        try:
            dead_letters.send_back(deployment, letter)
        except (dead_letters.ForgottenError, ValueError) as error:
            left += 1
            dead_letters.show_again(deployment, letter)
            print(f"{letter.queue}: {letter.said}: stays, {error}", file=sys.stderr)
        else:
            print(f"{letter.queue}: {letter.said}: sent back")
    print(f"{len(found) - left} of {len(found)} sent back.")
    return NOT_FINE if left else FINE


def _rebuild(deployment: Deployment, options: argparse.Namespace, out: Console) -> int:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, every: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=every)
            progress.update(tasks[what], completed=done)

        try:
            rebuilt = rebuild.rebuild(
                deployment,
                read_site(source.site_settings()).zone,
                add_missing=options.add_missing,
                dry_run=options.dry_run,
                tell=tell,
            )
        except rebuild.ArticlesThereError:
            print(
                "The table has articles, and nothing was written. With --add-missing they stay as they are, and what "
                "the table lacks is added; so a rebuild that was stopped goes on, too.",
                file=sys.stderr,
            )
            return FAILED
    print(
        f"The archive holds {rebuilt.articles:,} articles in {rebuilt.revisions:,} revisions, "
        f"and {rebuilt.numbered_pages:,} numbered pages."
    )
    if options.dry_run:
        print(f"{rebuilt.written:,} articles to write; {rebuilt.awaited:,} uploads without a verdict. Nothing written.")
    else:
        print(
            f"{rebuilt.written:,} articles written, {rebuilt.added:,} items added to others; {rebuilt.awaited:,} "
            "uploads without a verdict are looked at within a minute. The pages are being drawn."
        )
    for line in rebuilt.wrong:
        print(line, file=sys.stderr)
    return NOT_FINE if rebuilt.wrong else FINE


def _import(deployment: Deployment, options: argparse.Namespace, out: Console) -> int:
    site = read_site(source.site_settings())
    folder = Folder.open(options.folder, site)
    lines: list[dict[str, Any]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        options.report.open("w", encoding="utf-8") if options.report else nullcontext() as written,
        Progress(*columns, console=out, disable=not out.is_terminal) as progress,
    ):

        def add(line: dict[str, Any]) -> None:
            lines.append(line)
            if written:
                print(json.dumps(line, ensure_ascii=False), file=written, flush=True)

        files = folder.files()
        reading = progress.add_task("reading", total=len(files))
        order = []
        for file in files:
            read = folder.read(file)
            # The oldest first, as they came: the numbered pages of lists count from the oldest.
            order.append((read.judged.published_at if read.judged else "", file))
            progress.advance(reading)
        bringing = progress.add_task("checking" if options.dry_run else "bringing in", total=len(files))

        def tell(imported: Imported) -> None:
            line = report.line(imported, options.language, deployment.site_url)
            add(line)
            for said in report.text(line):
                print(said, file=sys.stderr)
            progress.advance(bringing)

        sources = (folder.read(file) for _, file in sorted(order))
        if options.dry_run:
            importing.foresee(deployment, sources, two_pairs_of_eyes=site.two_pairs_of_eyes, tell=tell)
        else:
            importing.bring_in(
                deployment,
                sources,
                editor=options.editor,
                at_once=options.at_once,
                patience=options.patience,
                tell=tell,
            )
        for file in folder.ignored():
            add(report.other_line(file, "ignored"))
        for file in folder.missing():
            add(report.other_line(file, "missing"))
            print(f"{file}: import.csv has a row for it, and the folder has no such file", file=sys.stderr)
    for said in report.summary(lines):
        print(said)
    fine = {Result.ACCEPTED, Result.ALREADY, Result.WOULD, "ignored"}
    return FINE if {line["result"] for line in lines} <= fine else NOT_FINE


def _export(deployment: Deployment, options: argparse.Namespace, _out: Console) -> int:
    if bool(options.article) is options.all:
        print("Name the articles to write, or --all.", file=sys.stderr)
        return FAILED
    named = [article_id_of(each) for each in options.article]
    if None in named:
        print("What is named is no article's id, path or address.", file=sys.stderr)
        return FAILED
    if options.to:
        options.to.mkdir(parents=True, exist_ok=True)
    ids = exporting.every_article(deployment) if options.all else [each for each in named if each]
    absent = []
    site = read_site(source.site_settings())
    for article_id, document in exporting.exported(deployment, site, ids, options.format):
        if document is None:
            absent.append(article_id)
        elif options.to:
            text = json.dumps(document, ensure_ascii=False, indent=1)
            (options.to / f"{article_id}.json").write_text(text, encoding="utf-8")
        else:
            print(json.dumps(document, ensure_ascii=False))
    if absent and not options.all:
        print(f"Readers have nothing of {', '.join(absent)}.", file=sys.stderr)
        return NOT_FINE
    return FINE


if __name__ == "__main__":
    sys.exit(main())
