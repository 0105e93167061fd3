"""What the counting of `make bench` rests on."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bench import emulator
from bench.corpus import Corpus, place_of, popular, site
from bench.units import index_units, item_bytes, read_units, write_units
from local.portal import LocalPortal
from portal.judge import judge
from tests.newsroom import Newsroom, article

BOUNDS = (None, ("0", ":"), ("2", "5"), ("45", "46"), ("t", "z"))
PAGE_SIZES = (None, 1, 3, 7, 100)


def queries(table: str) -> Iterator[dict[str, Any]]:
    for partition in ("a", "b", "none"):
        for bounds in BOUNDS:
            for size in PAGE_SIZES:
                for forward in (True, False):
                    values = {":pk": {"S": partition}}
                    condition = "pk = :pk"
                    if bounds:
                        condition += " AND sk BETWEEN :first AND :last"
                        values |= {":first": {"S": bounds[0]}, ":last": {"S": bounds[1]}}
                    yield {
                        "TableName": table,
                        "KeyConditionExpression": condition,
                        "ExpressionAttributeValues": values,
                        "ScanIndexForward": forward,
                        "PaginationConfig": {"PageSize": size} if size else {},
                    }


def test_quick_queries_answer_as_moto_does(portal: LocalPortal) -> None:
    client, table = portal.clients.dynamodb, portal.template.ref("Table")
    for number in range(60):
        sort = f"{'0123456789:st'[number % 13]}{number * 7 % 100}"
        client.put_item(TableName=table, Item={"pk": {"S": "ab"[number % 2]}, "sk": {"S": sort}, "n": {"N": "1"}})

    def answers() -> list[Any]:
        pages = client.get_paginator("query")
        return [
            [(page["Items"], page["ScannedCount"], page.get("LastEvaluatedKey")) for page in pages.paginate(**query)]
            for query in queries(table)
        ]

    expected = answers()
    with emulator.quick_queries():
        assert answers() == expected
        client.delete_item(TableName=table, Key={"pk": {"S": "a"}, "sk": {"S": "00"}})
        after_deletion = answers()
    assert after_deletion == answers() != expected


def test_a_commit_past_the_api_leaves_what_the_api_leaves(newsroom: Newsroom) -> None:
    newsroom.submit(article())
    table = newsroom.name("Table")
    before = newsroom.items()
    for (partition, sort), item in before.items():
        key = {"pk": {"S": partition}, "sk": {"S": sort}}
        emulator.apply({"Delete": {"TableName": table, "Key": key}})
        emulator.apply({"Put": {"TableName": table, "Item": item}})
    assert newsroom.items() == before


def test_the_newest_articles_are_the_same_at_every_size() -> None:
    small, large = (dict(Corpus(size).oldest_first()) for size in (30, 60))
    assert len(small) == 30
    # An article may name an older one that the small corpus does not have.
    assert [replace(large[name], related=()) for name in small] == [
        replace(text, related=()) for text in small.values()
    ]


def test_every_list_is_as_long_modulo_a_page_at_sizes_a_thousand_apart() -> None:
    for block in (1, 2):
        places = [place_of(age) for age in range(block * 1000, block * 1000 + 1000)]
        for place in set(places):
            assert places.count(place) % 20 == 0


def test_articles_of_the_corpus_are_accepted_as_they_are() -> None:
    for _, written in Corpus(40).oldest_first():
        judged = judge(json.dumps(written.as_json(), ensure_ascii=False).encode(), site())
        assert judged == written


def test_what_is_published_comes_into_lists_of_more_than_a_page() -> None:
    places = [place_of(age) for age in range(1000)]
    wanted = popular()
    assert sum(place.section == wanted.section for place in places) > 20
    assert sum(place.author == wanted.author for place in places) > 20
    for tag in wanted.tags:
        assert sum(tag in place.tags for place in places) > 20


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "é"}}, 4),
        ({"n": {"N": "-123.45"}}, 5),
        ({"b": {"B": "AAECAw=="}}, 5),
        ({"l": {"L": [{"S": "ab"}, {"BOOL": True}]}}, 1 + 3 + 1 + 2 + 1 + 1),
        ({"m": {"M": {"k": {"NULL": True}}}}, 1 + 3 + 1 + 1 + 1),
        (None, 0),
    ],
)
def test_sizes_of_items(item: dict[str, Any] | None, size: int) -> None:
    assert item_bytes(item) == size


def test_units() -> None:
    assert [read_units(size, consistent=True) for size in (0, 4096, 4097)] == [1, 1, 2]
    assert read_units(100, consistent=False) == 0.5
    assert [write_units(0, size) for size in (0, 1024, 1025)] == [1, 1, 2]
    old, new = {"shelf": {"S": "a"}, "at": {"S": "1"}}, {"shelf": {"S": "a"}, "at": {"S": "2"}}
    for before, after, units in ((None, new, 1), (old, new, 2), (new, new, 0), (None, {}, 0)):
        assert index_units(before, after, ("shelf", "at")) == units
