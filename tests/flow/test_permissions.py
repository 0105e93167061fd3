"""Every call that a function makes is one that its role allows: moto asks nobody for permission."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Final
from unittest.mock import patch

import pytest
import time_machine

from tests.faults import Calls
from tests.newsroom import Newsroom, article
from tests.page_size import shorter_pages

OLD: Final = {"old_paths": ["/tin/xe-buyt-7.htm"]}
_SERVICES: Final = {
    "s3": {
        "HeadObject": "GetObject",
        "GetObject": "GetObject",
        "PutObject": "PutObject",
        "ListObjectsV2": "ListBucket",
    },
    "sqs": {name: name for name in ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")},
    "cloudfront": {"CreateInvalidation": "CreateInvalidation"},
    "dynamodb": {
        name: name
        for name in ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
    },
}
ACTIONS: Final = {
    operation: f"{service}:{action}" for service, actions in _SERVICES.items() for operation, action in actions.items()
}
# An action of a transaction is a permission of its own (DynamoDB, "Using IAM with DynamoDB transactions").
_IN_TRANSACTION: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}

Used = tuple[str, str, str | None]


def uses(function: str, operation: str, parameters: dict[str, Any]) -> Iterator[Used]:
    """Give what a call asks permission for: the function, the action, and the partition key where there is one."""
    if operation == "TransactWriteItems":
        for each in parameters["TransactItems"]:
            [(kind, action)] = each.items()
            yield function, ACTIONS[_IN_TRANSACTION[kind]], (action.get("Item") or action["Key"])["pk"]["S"]
        return
    key = parameters.get("Item") or parameters.get("Key")
    yield function, ACTIONS[operation], key["pk"]["S"] if isinstance(key, dict) else None


def a_day_of(newsroom: Newsroom) -> None:
    """Let happen what editors, readers and the clock make happen."""
    article_id = newsroom.submit(article(tags=["Xe buýt"], **OLD))
    related = newsroom.submit(article(title="Bài khác", related=[article_id]))
    newsroom.submit(article(title="Tên mới", section="kinh-te", **OLD), article_id)
    newsroom.submit(article(title="Của người khác", **OLD))
    newsroom.submit(b"{", article_id)
    newsroom.submit(article(status="draft", title="Bản đang sửa"), article_id)
    newsroom.submit(article(status="withdrawn", **OLD), article_id)
    newsroom.submit(article(status="gone"), related)
    for number in range(3):
        newsroom.submit(article(title=f"Bài {number}"))
    soon = datetime.now(UTC) + timedelta(minutes=2)
    scheduled = newsroom.submit(article(published_at=soon.isoformat()))
    newsroom.submit(article(expires_at=soon.isoformat()))
    lost = newsroom.upload(article(title="Sự kiện bị mất"))
    newsroom.portal.pump.take("IntakeFunction")
    for path in ("session", "articles", "articles?q=bai", f"articles/{lost}", f"articles/{article_id}/revisions"):
        assert newsroom.desk("GET", path).status_code == 200
    for path in ("revisions/1", "revisions/2/difference?from=1", "uploads/1", "uploads/1/content"):
        assert newsroom.desk("GET", f"articles/{article_id}/{path}").status_code == 200
    assert newsroom.desk("POST", f"preview?id={related}", article(related=[article_id])).status_code == 200
    link = newsroom.desk("POST", f"articles/{scheduled}/preview", {}).json or {}
    assert newsroom.http.get(link["url"].removeprefix(newsroom.address)).status_code == 200
    assert newsroom.desk("POST", f"articles/{article_id}/uploads", {"size": 10, "base": 1}).status_code == 201
    with time_machine.travel(soon + timedelta(days=3)):
        newsroom.tick()


@pytest.fixture
def used(newsroom: Newsroom) -> set[Used]:
    """Give all that the functions ask permission for in a day."""
    calls = Calls(newsroom.portal.lambdas.session)
    newsroom.portal.lambdas.forget()
    found: set[Used] = set()
    at_work: list[str] = []
    invoke = newsroom.portal.lambdas.invoke

    def told(logical_id: str, event: Any) -> Any:  # noqa: ANN401 (as it is given)
        at_work.append(logical_id)
        try:
            return invoke(logical_id, event)
        finally:
            at_work.pop()

    def note(operation: str, parameters: dict[str, Any]) -> None:
        found.update(uses(at_work[-1], operation, parameters))

    with (
        calls.before(note),
        patch.object(newsroom.portal.lambdas, "invoke", told),
        shorter_pages("portal.numbering", "PAGE_ENTRIES", 2),
    ):
        a_day_of(newsroom)
    return found


def test_every_call_of_a_day_is_one_that_the_functions_role_allows(newsroom: Newsroom, used: set[Used]) -> None:
    template = newsroom.portal.template
    functions = {each.logical_id for each in template.resources("AWS::Lambda::Function")}
    assert {function for function, _, _ in used} == functions
    statements = {
        function: template.properties(f"{function}Role")["Policies"][0]["PolicyDocument"]["Statement"]
        for function in functions
    }
    refused = [use for use in sorted(used, key=str) if not any(_allows(each, use) for each in statements[use[0]])]
    assert refused == []


def _allows(statement: dict[str, Any], use: Used) -> bool:
    _, action, key = use
    if action not in statement["Action"]:
        return False
    keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")
    return keys is None or key is None or any(fnmatchcase(key, each) for each in keys)
