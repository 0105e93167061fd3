"""Who has which old path: the first article that was accepted with it, also while readers see nothing of it yet."""

from collections.abc import Iterator, Sequence
from typing import Final

from portal import paths
from portal.article import Article
from portal.old_paths import page_path
from portal.strict_json import Fault, pointer
from portal.table import ISSUED, Head, Item, Table, article_partition, key

CLAIM: Final = "claim"
HOLDABLE: Final = "attribute_not_exists(pk) OR id = :id"  # the condition under which an article may claim a path


def claim_partition(old_path: str) -> str:
    """Give the partition key of the claim on an old path."""
    return f"claim#{page_path(old_path)}"


def claims(article_id: str, article: Article, head: Head | None) -> Iterator[Item]:
    """Give the claims of an article on its old paths, but for those that its head has for its own already."""
    for old_path in new_claims(article, head):
        yield {"pk": claim_partition(old_path), "sk": CLAIM, "id": article_id}


def new_claims(article: Article, head: Head | None) -> Iterator[str]:
    """Give the old paths of an article that do not lead to it yet."""
    own = {head.path, *head.former_paths} if head else set()
    yield from (each for each in article.old_paths if page_path(each) not in own)


def taken(table: Table, article_id: str, article: Article, head: Head | None) -> list[Fault]:
    """Find the old paths of an article that are another one's."""
    wanted = list(new_claims(article, head))
    namesakes = {each: _namesake(each) for each in wanted}
    keys = [key(claim_partition(each), CLAIM) for each in wanted]
    keys += [key(article_partition(each), ISSUED) for each in dict.fromkeys(filter(None, namesakes.values()))]
    found = {item["pk"]: item for item in table.batch(keys)}
    holders = {
        old_path: found[claim_partition(old_path)]["id"] if claim_partition(old_path) in found else namesake
        for old_path, namesake in namesakes.items()
        if claim_partition(old_path) in found or (namesake and article_partition(namesake) in found)
    }
    return taken_by(article_id, article.old_paths, [holders.get(each) for each in article.old_paths])


def taken_by(article_id: str, old_paths: Sequence[str], holders: Sequence[str | None]) -> list[Fault]:
    """Give the faults of old paths that others hold, by the ids of the holders, as far as there are any."""
    return [
        Fault(pointer("old_paths", index), "old_path_taken", (("path", old_path), ("id", holder)))
        for index, (old_path, holder) in enumerate(zip(old_paths, holders, strict=True))
        if holder not in (None, article_id)
    ]


def _namesake(old_path: str) -> str | None:
    """Give the id of the article whose own path this would be, if it has the form of one."""
    page = page_path(old_path)
    return paths.id_of(page) if paths.is_article_path(page) else None
