"""Tick: what only the clock asks for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from portal import paths
from portal.article import utc
from portal.intake import Intake
from portal.site import Site
from portal.table import DUE, Table, moment_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DUE_AT_MOST: Final = 200  # in one minute; the rest is due in the next
_SITE: Final = "site"
_DRAWN: Final = "drawn"


@dataclass(frozen=True)
class Ticked:
    """What a tick did: the articles whose state changed, by id, and the pages touched, by path."""

    changed: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)


class Tick:
    """Tick's routine. `fingerprint` is that of the templates and settings that this deployment draws with."""

    def __init__(
        self,
        *,
        dynamodb: "DynamoDBClient",
        table_name: str,
        intake: Intake,
        site: Site,
        fingerprint: str,
    ) -> None:
        self._table = Table(dynamodb, table_name)
        self._intake = intake
        self._site = site
        self._fingerprint = fingerprint

    def tick(self) -> Ticked:
        """Publish what is due, withdraw what is over, and after a deploy touch the pages that no article owns.

        Raises:
            ExceptionGroup: some articles could not be looked at; their due items stay for the next tick, and the others
                are done.
        """
        ticked = Ticked(touched=self._touch_after_deploy())
        failures: list[Exception] = []
        now = utc(datetime.now(UTC))
        # "~" comes after every id.
        for item in self._table.between(DUE, "0", moment_key(now, "~"), most=_DUE_AT_MOST):
            try:
                if self._intake.look_at_clock(item["id"]):
                    ticked.changed.append(item["id"])
            except Exception as error:  # noqa: BLE001 (raised below, once the other articles had their turn)
                failures.append(error)
                continue
            # After the commit, never before: what a crash leaves undone must stay due. And only what was looked at:
            # a commit may have asked for the same minute again since.
            self._table.delete_same(item, "revision")
        if failures:
            raise ExceptionGroup("articles that are due and could not be looked at", failures)
        return ticked

    def _touch_after_deploy(self) -> list[str]:
        """Touch the site's own pages when they were last drawn with other templates or settings.

        The mark is written after the touches: a crash in between touches twice.
        """
        drawn = self._table.get(_SITE, _DRAWN)
        if drawn and drawn["fingerprint"] == self._fingerprint:
            return []
        touched = list(own_pages(self._site))
        for path in touched:
            self._table.touch(path)
        self._table.put({"pk": _SITE, "sk": _DRAWN, "fingerprint": self._fingerprint})
        return touched


def own_pages(site: Site) -> Iterable[str]:
    """Give the paths of the pages that stand whether or not there is any article."""
    yield from (paths.NOT_FOUND, paths.ROBOTS, paths.HOME)
    yield from (section.path for section in site.sections)
