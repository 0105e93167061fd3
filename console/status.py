"""Where an article is, hop by hop, and since when."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import unquote, urlsplit

from console.deployment import Deployment
from portal import paths
from portal.article import utc
from portal.numbering import PAGE_ENTRIES
from portal.render import EDGE_SECONDS
from portal.table import DUE, ISSUED, Head, Revision, Verdict, article_partition
from portal.verdicts import Outcome, listed

_SECONDS = 10
_ID = re.compile(r"(?:.*[-/])?([a-z0-9]{1,40})(?:\.html)?/?")
_VERSION = re.compile(rb"<!-- version (\d+) -->\s*$")
_QUEUES = (
    "IntakeQueue",
    "PurgeQueue",
    "IntakeDeadLetters",
    "PurgeDeadLetters",
    "RenderDeadLetters",
    "FailedPagesQueue",
)


class State(StrEnum):
    """How it stands at one hop."""

    DONE = "done"
    WAITS = "waits"
    WRONG = "wrong"


@dataclass(frozen=True)
class Hop:
    """One place on the way from an editor to a reader.

    `since` is the moment, in UTC, at which it came so far; of what waits, since when it does. `then` is what to do.
    """

    name: str
    state: State
    said: str
    since: str = ""
    then: str = ""


def article_id_of(text: str) -> str | None:
    """Read an article's id out of itself, a path or an address."""
    found = _ID.fullmatch(urlsplit(text).path)
    return found[1] if found else None


def hops(deployment: Deployment, article_id: str, language: str) -> Iterator[Hop]:
    """Follow an article from its newest upload to the edge; stop where it has not come any further."""
    table = deployment.table
    issued = table.get(article_partition(article_id), ISSUED)
    if issued is None:
        yield Hop("upload", State.WRONG, "the desk has never issued this id", then="check the id")
        return
    number = int(issued["n"])
    upload = _upload(deployment, article_id, number, issued["shelved_at"])
    yield upload
    yield _verdict(table.verdict(article_id, number), number, upload.since, language)
    head = table.head(article_id)
    if head is None:
        yield Hop("index", State.WAITS, "nothing of it was accepted yet", upload.since)
        return
    revision = table.revision(article_id, head.revision)
    yield _index(deployment, head, revision)
    yield _archive(deployment, article_id, revision)
    if head.path and head.shown:
        yield _page(deployment, head.path, head.shown.committed_at)
        for listing in sorted(head.entries):
            yield _list(deployment, listing, head, head.shown.committed_at)
        yield _edge(deployment, head.path)
    yield _queues(deployment)


def _upload(deployment: Deployment, article_id: str, number: int, issued_at: str) -> Hop:
    key = paths.upload_key(article_id, number)
    found = deployment.head("UploadsBucket", key)
    if found is None:
        then = "the editor's PUT never came or was refused: they upload again"
        return Hop("upload", State.WAITS, f"number {number} was issued, and nothing uploaded", issued_at, then)
    editor = unquote(found["Metadata"].get("editor", "nobody"))
    return Hop("upload", State.DONE, f"{key}, {found['ContentLength']:,} bytes, by {editor}", _moment(found))


def _verdict(verdict: Verdict | None, number: int, uploaded_at: str, language: str) -> Hop:
    if verdict is None:
        then = "tick judges it within minutes; else ./portal dead-letters"
        return Hop("verdict", State.WAITS, f"upload {number} has none yet", uploaded_at, then)
    faults = "; ".join(f"{each['pointer'] or '/'}: {each['message']}" for each in listed(verdict.faults, language))
    state = State.DONE if verdict.outcome is Outcome.ACCEPTED else State.WRONG
    then = "" if state is State.DONE else "the editor uploads again"
    return Hop("verdict", state, f"{verdict.outcome} {faults}".strip(), verdict.judged_at, then)


def _index(deployment: Deployment, head: Head, revision: Revision) -> Hop:
    said = f"revision {head.revision}, {revision.state}, of upload {revision.upload}, by {revision.editor}"
    if head.shown and head.shown.revision != head.revision:
        said += f"; readers have revision {head.shown.revision}, {head.shown.state}"
    live = {step.revision for step in (head.current, head.shown) if step}
    due = [
        item["sk"].partition("#")[0]
        for item in deployment.table.between(DUE, "0", "~")
        if item["id"] == head.article_id and int(item["revision"]) in live
    ]
    if not due:
        return Hop("index", State.DONE, said, revision.committed_at)
    late = min(due) < utc(datetime.now(UTC).replace(second=0))
    then = "is tick at work? ./portal dead-letters" if late else ""
    said += f"; due at {min(due)}"
    return Hop("index", State.WRONG if late else State.DONE, said, revision.committed_at, then)


def _archive(deployment: Deployment, article_id: str, revision: Revision) -> Hop:
    key = paths.archive_key(article_id, revision.number)
    found = deployment.head("ArchiveBucket", key)
    if found is None:
        return Hop("archive", State.WAITS, f"no {key} yet", revision.committed_at, "./portal dead-letters")
    return Hop("archive", State.DONE, key, _moment(found))


def _page(deployment: Deployment, path: str, committed_at: str) -> Hop:
    found = deployment.head("SiteBucket", paths.object_key(path))
    then = f"./portal dead-letters; ./portal redraw {path}"
    if found is None:
        return Hop("page", State.WAITS, f"{path} was never drawn", committed_at, then)
    said = f"{path}, version {found['Metadata']['version']}, status {found['Metadata'].get('status', '200')}"
    if _moment(found) < committed_at:
        return Hop("page", State.WAITS, f"{said}: drawn before the commit, at {_moment(found)}", committed_at, then)
    return Hop("page", State.DONE, said, _moment(found))


def _list(deployment: Deployment, path: str, head: Head, committed_at: str) -> Hop:
    """Look at a list that has an entry of the article."""
    found = deployment.head("SiteBucket", paths.object_key(path))
    then = f"./portal dead-letters; ./portal redraw {path}"
    if found is None:
        return Hop("list", State.WAITS, f"{path} was never drawn", committed_at, then)
    said = f"{path}, version {found['Metadata']['version']}"
    if paths.is_list_path(path):
        newest = deployment.table.newest(path, PAGE_ENTRIES)
        if all(teaser.id != head.article_id for teaser in newest.teasers):
            return Hop("list", State.DONE, f"{said}: not among its newest {PAGE_ENTRIES}", _moment(found))
    page = deployment.s3.get_object(Bucket=deployment.names["SiteBucket"], Key=paths.object_key(path))
    if str(head.path).encode() not in page["Body"].read():
        return Hop("list", State.WAITS, f"{said}: does not show it yet", committed_at, then)
    return Hop("list", State.DONE, said, _moment(found))


def _edge(deployment: Deployment, path: str) -> Hop:
    address = urlsplit(deployment.site_url)
    connect: Callable[..., HTTPConnection] = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = connect(address.hostname, address.port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(4_000_000)
    except (OSError, HTTPException) as error:
        return Hop("edge", State.WRONG, f"{deployment.site_url}{path} does not answer: {error}")
    finally:
        connection.close()
    age = answer.headers.get("Age", "0")
    fetched_at = utc(datetime.now(UTC) - timedelta(seconds=int(age)))
    said = f"{deployment.site_url}{path}: {answer.status}, {answer.headers.get('X-Cache', 'no CDN')}, age {age} s"
    found, drawn = _VERSION.search(body), deployment.head("SiteBucket", paths.object_key(path))
    if drawn is None:
        return Hop("edge", State.WAITS, said, fetched_at)
    metadata = drawn["Metadata"]
    if answer.status == HTTPStatus.NOT_FOUND:
        then = "wait: that there was no page is forgotten within seconds"
        return Hop("edge", State.WAITS, said, fetched_at, then)
    if str(answer.status) != metadata.get("status", "200"):
        then = f"the page says {metadata.get('status', '200')}: may the edge read the site bucket?"
        return Hop("edge", State.WRONG, said, fetched_at, then)
    version = found[1].decode() if found else "unknown"
    # What is gone may have a body of the edge's own.
    if version != metadata["version"] and (found or answer.status == HTTPStatus.OK):
        then = f"wait: it expires {EDGE_SECONDS} s after it was fetched"
        return Hop("edge", State.WAITS, f"{said}, version {version}", fetched_at, then)
    return Hop("edge", State.DONE, said, fetched_at)


def _queues(deployment: Deployment) -> Hop:
    waiting = {queue: count for queue in _QUEUES if (count := deployment.count(queue))}
    if not waiting:
        return Hop("queues", State.DONE, "empty")
    said = ", ".join(f"{count} in {queue}" for queue, count in waiting.items())
    failed = any(queue not in ("IntakeQueue", "PurgeQueue") for queue in waiting)
    return Hop("queues", State.WRONG if failed else State.DONE, said, then="./portal dead-letters" if failed else "")


def _moment(found: Any) -> str:  # noqa: ANN401 (what S3 tells of an object)
    return utc(found["LastModified"])
