"""What one change may cost: its AWS calls by function, what is put, written and purged; with few articles and many."""

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any, Final

import pytest

from bench.changes import idle_tick, measured, submitted
from bench.corpus import NEWEST, Corpus, article_id
from bench.measure import Measured, Meter
from bench.world import world

FEW, MANY = 100, 300
# So many that the second publication fills a numbered page of the home page.
NEARLY_FULL: Final = 118
OLD: Final = 90  # articles that are newer than the old one that is updated

# Of every upload; the editor's own PUT among them.
_DESK: Final = {"desk": {"UpdateItem": 1, "PutItem": 1}, "editor": {"PutObject": 1}}
_INTAKE: Final = {"GetItem": 1, "GetObject": 1, "TransactWriteItems": 1}
_TICK: Final = {"GetItem": 2, "DeleteItem": 1}  # a minute later: the verdict, the head, the awaited item
_USUAL: Final = {**_DESK, "intake": _INTAKE, "purge": {"CreateInvalidation": 1}, "tick": _TICK}
_TEN_PAGES: Final = {"HeadObject": 10, "GetItem": 2, "Query": 15, "PutObject": 25, "SendMessage": 1}

BUDGET: Final[dict[str, Any]] = {
    "publish": {**_USUAL, "render": _TEN_PAGES, "objects": 26, "items": 17, "purged": 1},
    # Its own cache tag reaches all pages that show it.
    # What readers have seen become of it is one query more.
    "update": {**_USUAL, "render": {**_TEN_PAGES, "Query": 16}, "objects": 26, "items": 17, "purged": 2},
    # Two sections, the months of both, and the redirect.
    "move": {
        **_USUAL,
        "render": {"HeadObject": 13, "GetItem": 3, "Query": 19, "PutObject": 33, "SendMessage": 1},
        "objects": 34,
        "items": 20,
        "purged": 2,
    },
    # It is purged again five minutes later, and once more for what tick can't know to have been asked for.
    "withdrawal": {
        **_USUAL,
        "intake": {**_INTAKE, "SendMessage": 1},
        "render": {**_TEN_PAGES, "Query": 16},
        "purge": {"CreateInvalidation": 2},
        "tick": {**_TICK, "SendMessage": 1},
        "objects": 26,
        "items": 18,
        "purged": 4,
    },
    "publish that closes a numbered page": {
        **_USUAL,
        "render": {
            "HeadObject": 12,
            "GetItem": 4,
            "Query": 23,
            "PutObject": 30,
            "TransactWriteItems": 1,
            "UpdateItem": 1,
            "SendMessage": 2,
        },
        "objects": 31,
        "items": 22,
        "purged": 1,
    },
    # In every list it stands on a numbered page, beside the list's own.
    "update of an old article": {
        **_USUAL,
        "render": {
            "HeadObject": 18,
            "GetItem": 15,
            "BatchGetItem": 1,
            "Query": 26,
            "PutObject": 42,
            "UpdateItem": 7,
            "SendMessage": 2,
        },
        "objects": 43,
        "items": 24,
        "purged": 2,
    },
}


def counted(work: Measured) -> dict[str, Any]:
    calls: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for call in work.calls:
        calls[call.function][call.operation] += 1
    return {
        **{function: dict(operations) for function, operations in calls.items()},
        "objects": sum(call.operation == "PutObject" for call in work.calls),
        "items": sum(call.items_written for call in work.calls),
        "purged": sum(call.purged for call in work.calls),
    }


@pytest.mark.parametrize("articles", [FEW, MANY])
def test_a_change_costs_what_is_budgeted_however_many_articles_there_are(articles: int) -> None:
    with world(Corpus(articles), Meter(plays=0), draws=False) as made:
        found = {change: counted(work) for change, [work] in measured(made, 1).items()}
    assert found == {change: BUDGET[change] for change in found}


def test_what_is_rarer_costs_what_is_budgeted() -> None:
    with world(Corpus(NEARLY_FULL), Meter(plays=0), draws=False) as made:
        idle = idle_tick(made)
        for minute in (1, 2):  # at the first one pages are drawn for the first time
            moment = (NEWEST + timedelta(minutes=minute)).isoformat()
            new = Corpus(0).article(0).as_json() | {"published_at": moment}
            published = counted(submitted(made, new)[1].without(idle))
        found = {"publish that closes a numbered page": published}
        old = Corpus(NEARLY_FULL).article(OLD).as_json() | {"change_note": "Bổ sung số liệu"}
        submitted(made, old, article_id(OLD))  # its pages are drawn for the first time
        updated = counted(submitted(made, old, article_id(OLD))[1].without(idle))
        found["update of an old article"] = updated
    assert found == {change: BUDGET[change] for change in found}
