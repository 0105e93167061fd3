"""Giving out the numbers of uploads, to editors by the desk and to who brings in articles of an older system.

Both have an upload carry who sends it, in its metadata, and have `tick` look for it.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from portal.article import utc
from portal.identity import Editor
from portal.table import ISSUED, SHELF, Awaited, Table, article_partition, key, packed

FIRST_LOOK_SECONDS: Final = 60  # after which `tick` looks whether an upload has its verdict
# Of the 2 KB that S3 allows an object's metadata (User-defined object metadata), what the editor's name may take.
MAX_EDITOR_BYTES: Final = 900
MAX_SUBJECT_BYTES: Final = 255  # OpenID Connect Core: a subject is at most 255 ASCII characters
APPROVE: Final = "approve"
CONTENT_TYPE: Final = "application/json"


def count_up(table: Table, article_id: str, now: datetime, condition: str, **values: int) -> int:
    """Give out the next upload number of an article, on a condition on its last one, `n`.

    Raises:
        ClientError: the condition does not hold; what was found is in its `Item`.
    """
    given: dict[str, Any] = {"one": 1, "shelf": SHELF, "now": utc(now), **values}
    answer = table.client.update_item(
        TableName=table.name,
        Key=key(article_partition(article_id), ISSUED),
        UpdateExpression="ADD n :one SET shelf = :shelf, shelved_at = :now",
        ConditionExpression=condition,
        ExpressionAttributeValues=packed({f":{name}": value for name, value in given.items()}),
        ReturnValues="UPDATED_NEW",
        # Tells an article that has had all its uploads from one that isn't there.
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    return int(answer["Attributes"]["n"]["N"])


def await_upload(table: Table, article_id: str, number: int, now: datetime) -> None:
    """Have `tick` look for an upload, whatever becomes of its event.

    Before anybody can upload: what lies in the bucket is looked for. A crash before this leaves a number unused.
    """
    look_at = utc(now + timedelta(seconds=FIRST_LOOK_SECONDS))
    table.put(Awaited(article_id, number, issued_at=utc(now), look_at=look_at).item())


def sender(editor: Editor) -> dict[str, str]:
    """Give the metadata that say who sends an upload. Intake goes by these."""
    metadata = {
        "editor": quoted(editor.name, MAX_EDITOR_BYTES),
        "subject": quoted(editor.subject, MAX_SUBJECT_BYTES),
    }
    return {**metadata, "rights": APPROVE} if editor.may_approve else metadata


def quoted(name: str, most: int) -> str:
    """Percent-encode a name, as much of it as its place in the metadata holds, in bytes, cut between characters."""
    encoded = ""
    for character in name:
        longer = encoded + quote(character, safe="@+", errors="replace")
        if len(longer) > most:
            break
        encoded = longer
    return encoded
