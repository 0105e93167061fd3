"""What could not be drawn or archived, as the queue of failed pages holds it: written by render, read by tick."""

from collections.abc import Mapping
from typing import Any

from portal.table import article_partition, page_partition


def message(partition: str, error: str, attempts: int) -> dict[str, Any]:
    """Tell of a partition of a page or of an article, why it failed, and how often now."""
    kind, _, name = partition.partition("#")
    return {"path" if kind == "page" else "article": name, "error": error, "attempts": attempts}


def partition_of(message: Mapping[str, Any]) -> str:
    """Give the partition that a message tells of.

    Raises:
        KeyError: it tells of neither a page nor an article.
    """
    return page_partition(message["path"]) if "path" in message else article_partition(message["article"])
