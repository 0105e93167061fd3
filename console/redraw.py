"""Drawing pages again, at a pace that keeps live publishing first."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from console.deployment import Deployment
from portal import paths
from portal.table import PAGE, page_partition

AT_ONCE = 25  # pages touched and not drawn yet: so many a live publish may have to wait for
PATIENCE_SECONDS = 120
_LOOK_EVERY_SECONDS = 0.25


@dataclass
class Redrawn:
    """What became of the pages, by path."""

    drawn: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


def every_page(deployment: Deployment) -> list[str]:
    """Find the site's pages: those with a partition, and those that are drawn though theirs is empty."""
    found = set(_drawn_pages(deployment))
    pages = deployment.table.client.get_paginator("scan").paginate(
        TableName=deployment.table.name,
        ProjectionExpression="pk",
        FilterExpression="begins_with(pk, :page)",
        ExpressionAttributeValues={":page": {"S": PAGE}},
    )
    found |= {item["pk"]["S"].removeprefix(PAGE) for page in pages for item in page["Items"]}
    return sorted(found)


def is_page(deployment: Deployment, path: str) -> bool:
    """Tell whether the site has such a page; a touch of any other would only be put aside."""
    if _version(deployment, path):
        return True
    return next(deployment.table.between(page_partition(path), "0", "~", most=1), None) is not None


def seconds_of_old_code(deployment: Deployment) -> float:
    """Tell for how many seconds from now a run of render's old code may still go on: what it draws would be old."""
    if deployment.functions is None:
        return 0
    render = deployment.functions.get_function_configuration(FunctionName=deployment.names["RenderFunction"])
    ends = datetime.fromisoformat(render["LastModified"]) + timedelta(seconds=render["Timeout"])
    return max(0, (ends - datetime.now(UTC)).total_seconds())


def redraw(
    deployment: Deployment,
    pages: Iterable[str],
    *,
    at_once: int,
    patience: float,
    purge: bool,
    tell: Callable[[int], None],
) -> Redrawn:
    """Touch pages and wait until each is drawn, never more than `at_once` of them at a time.

    Args:
        deployment: of which portal.
        pages: their paths.
        at_once: how many may be touched and not drawn yet.
        patience: seconds after which a page is given up.
        purge: whether each is purged for itself.
        tell: is called with the number of pages that are done.
    """
    redrawn = Redrawn()
    todo = iter(pages)
    waiting: dict[str, tuple[int, float]] = {}
    while True:
        while len(waiting) < at_once and (path := next(todo, None)) is not None:
            waiting[path] = (_version(deployment, path), time.monotonic())
            deployment.table.touch(page_partition(path), purge=purge)
        if not waiting:
            return redrawn
        time.sleep(_LOOK_EVERY_SECONDS)
        for path, (version, since) in list(waiting.items()):
            if _version(deployment, path) > version:
                redrawn.drawn.append(path)
            elif time.monotonic() - since > patience:
                redrawn.late.append(path)
            else:
                continue
            del waiting[path]
        tell(len(redrawn.drawn) + len(redrawn.late))


def purge_everything(deployment: Deployment) -> None:
    """Let every edge forget every page: one item, where page by page would cost one for each."""
    deployment.cloudfront.create_invalidation(
        DistributionId=deployment.names["Distribution"],
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(uuid.uuid4())},
    )


def _drawn_pages(deployment: Deployment) -> Iterator[str]:
    listing = deployment.s3.get_paginator("list_objects_v2").paginate(Bucket=deployment.names["SiteBucket"])
    for page in listing:
        for entry in page.get("Contents", []):
            yield paths.page_of(entry["Key"])


def _version(deployment: Deployment, path: str) -> int:
    """Give the version of a page as it is drawn; 0 when it isn't."""
    found = deployment.head("SiteBucket", paths.object_key(path))
    return int(found["Metadata"].get("version", 0)) if found else 0
