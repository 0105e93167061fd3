"""Bringing articles into the portal by its one way in: uploads, which intake judges and commits as it does editors'.

Each article has the id that its source gives it, so that a run that was stopped, or is made again, finds what is done.
Nothing is uploaded over what was accepted: from then on the article is its editors'.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from botocore.exceptions import ClientError

from console.deployment import Deployment
from console.folder import Source
from portal import paths
from portal.approval import needs_approval
from portal.claims import taken, taken_by
from portal.identity import Editor
from portal.issuing import CONTENT_TYPE, await_upload, count_up, sender
from portal.outcomes import error_code
from portal.strict_json import Fault
from portal.table import ISSUED, NEW_ITEM, Head, Verdict, article_partition
from portal.verdicts import Outcome

AT_ONCE: Final = 25  # uploads without a verdict: so many a live publish may have to wait for
PATIENCE_SECONDS: Final = 180
_LOOK_EVERY_SECONDS: Final = 0.25
_OVERTAKEN: Final = {"PreconditionFailed", "ConditionalRequestConflict"}
_DIGEST: Final = "digest"
_SUBJECT: Final = "portal-import"  # no account of any issuer


class Result(StrEnum):
    """What became of one file."""

    ACCEPTED = "accepted"
    ALREADY = "already"  # by an earlier run
    KEPT = "kept"  # an earlier run, or an editor, has brought in another text under its id
    REFUSED = "refused"
    WAITING = "waiting"  # was uploaded, and has no verdict yet
    WOULD = "would"  # a dry run would upload it


@dataclass(frozen=True)
class Imported:
    """What became of one file, with the path at which readers find its article, if they do."""

    source: Source
    result: Result
    path: str | None = None
    faults: tuple[Fault, ...] = ()


@dataclass
class _Waiting:
    """An upload that has no verdict yet, and since when."""

    source: Source
    number: int
    since: float = field(default_factory=time.monotonic)


def bring_in(
    deployment: Deployment,
    sources: Iterable[Source],
    *,
    editor: str,
    at_once: int,
    patience: float,
    tell: Callable[[Imported], None],
) -> None:
    """Upload articles and wait for the verdict on each, never more than `at_once` of them at a time.

    Args:
        deployment: into which portal.
        sources: what to bring in, in this order.
        editor: by whom, as the history of each article names them.
        at_once: how many may be uploaded and not judged yet.
        patience: seconds after which a verdict is waited for no longer.
        tell: is told of each file once it is done.
    """
    run = _Run(deployment, editor)
    waiting: list[_Waiting] = []
    for source in sources:
        begun = run.begin(source)
        if isinstance(begun, Imported):
            tell(begun)
            continue
        waiting.append(_Waiting(source, begun))
        while len(waiting) >= at_once:
            waiting = _looked_at(run, waiting, patience, tell)
    while waiting:
        waiting = _looked_at(run, waiting, patience, tell)


def foresee(
    deployment: Deployment, sources: Iterable[Source], *, two_pairs_of_eyes: bool, tell: Callable[[Imported], None]
) -> None:
    """Tell what would become of articles, and upload nothing.

    Args:
        deployment: into which portal.
        sources: what to bring in, in this order.
        two_pairs_of_eyes: whether the newsroom asks for them.
        tell: is told of each file.
    """
    run = _Run(deployment, editor="")
    claimed: dict[str, str] = {}
    for source in sources:
        there = run.look(source)
        imported = run.known(source, there) or Imported(source, Result.WOULD)
        if imported.result is Result.WOULD and source.judged:
            faults = taken(deployment.table, source.article_id, source.judged, there.head)
            if two_pairs_of_eyes and needs_approval(source.judged):
                faults += [Fault("/status", "needs_review")]
            # Of two files that claim the same path, the one that comes first has it.
            holders = [claimed.setdefault(path, source.article_id) for path in source.judged.old_paths]
            faults += taken_by(source.article_id, source.judged.old_paths, holders)
            if faults:
                imported = Imported(source, Result.REFUSED, faults=tuple(dict.fromkeys(faults)))
        tell(imported)


def _looked_at(
    run: "_Run", waiting: Sequence[_Waiting], patience: float, tell: Callable[[Imported], None]
) -> list[_Waiting]:
    """Look once for verdicts, a moment later; give what still waits."""
    time.sleep(_LOOK_EVERY_SECONDS)
    left = []
    for each in waiting:
        if verdict := run.verdict(each.source, each.number):
            tell(run.judged(each.source, verdict))
        elif time.monotonic() - each.since > patience:
            tell(Imported(each.source, Result.WAITING))
        else:
            left.append(each)
    return left


@dataclass(frozen=True)
class _There:
    """What the portal has of an article: the last number given out, the upload that is this one, and its verdict."""

    issued: int = 0
    number: int = 0
    verdict: Verdict | None = None
    head: Head | None = None


class _Run:
    """One run over one portal."""

    def __init__(self, deployment: Deployment, editor: str) -> None:
        self._deployment = deployment
        self._table = deployment.table
        # Who brings articles in approves none, where that takes two.
        self._editor = Editor(editor, subject=_SUBJECT, may_edit=True, may_approve=False)

    def begin(self, source: Source) -> Imported | int:
        """Upload an article, unless it is there or refused already; else give the number under which it waits."""
        while True:
            there = self.look(source)
            if known := self.known(source, there):
                return known
            if there.number:
                return there.number
            if (number := self._number(source, there)) and self._put(source, number):
                return number

    def look(self, source: Source) -> _There:
        """Look what the portal has of an article."""
        if source.judged is None:
            return _There()
        item = self._table.get(article_partition(source.article_id), ISSUED)
        issued = int(item["n"]) if item else 0
        digest = _digest_of(source)
        number = next((each for each in range(1, issued + 1) if self._digest(source, each) == digest), 0)
        verdict = self.verdict(source, number) if number else None
        # After the verdict: who reads `accepted` finds the head that the same commit wrote.
        return _There(issued, number, verdict, self._table.head(source.article_id) if issued else None)

    def known(self, source: Source, there: _There) -> Imported | None:
        """Tell what has become of an article already; None when it is to be uploaded, or waits for its verdict."""
        path = there.head.path if there.head else None
        if source.judged is None:
            return Imported(source, Result.REFUSED, faults=source.faults)
        if there.verdict:
            accepted = there.verdict.outcome is Outcome.ACCEPTED
            result = Result.ALREADY if accepted else Result.REFUSED
            return Imported(source, result, path, there.verdict.faults)
        return Imported(source, Result.KEPT, path) if there.head and not there.number else None

    def judged(self, source: Source, verdict: Verdict) -> Imported:
        """Tell what intake has judged now."""
        if verdict.outcome is not Outcome.ACCEPTED:
            return Imported(source, Result.REFUSED, faults=verdict.faults)
        head = self._table.head(source.article_id)
        return Imported(source, Result.ACCEPTED, head.path if head else None)

    def verdict(self, source: Source, number: int) -> Verdict | None:
        """Read the verdict on an upload; None while it waits."""
        return self._table.verdict(source.article_id, number)

    def _digest(self, source: Source, number: int) -> str | None:
        """Give the digest with which an upload was made, empty for an editor's; None when there's no such upload."""
        found = self._deployment.head("UploadsBucket", paths.upload_key(source.article_id, number))
        return None if found is None else found["Metadata"].get(_DIGEST, "")

    def _number(self, source: Source, there: _There) -> int:
        """Give the number for an upload; 0 when somebody else is at work on the same article: look again."""
        now = datetime.now(UTC)
        number = there.issued
        # The last number that was given out is free where a run died before it used it.
        if number == 0 or self._digest(source, number) is not None:
            condition, seen = (NEW_ITEM, {}) if number == 0 else ("n = :seen", {"seen": number})
            try:
                number = count_up(self._table, source.article_id, now, condition, **seen)
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                return 0
        await_upload(self._table, source.article_id, number, now)
        return number

    def _put(self, source: Source, number: int) -> bool:
        """Put an upload as the desk has it put; tell whether it is there now, and not another one in its place."""
        try:
            self._deployment.s3.put_object(
                Bucket=self._deployment.names["UploadsBucket"],
                Key=paths.upload_key(source.article_id, number),
                Body=source.content,
                ContentType=CONTENT_TYPE,
                IfNoneMatch="*",
                Metadata={**sender(self._editor), _DIGEST: _digest_of(source)},
            )
        except ClientError as error:
            if error_code(error) in _OVERTAKEN:
                return False
            raise
        return True


def _digest_of(source: Source) -> str:
    return hashlib.sha256(source.content).hexdigest()
