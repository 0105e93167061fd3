"""The queues that should be empty: what lies in them, and how it gets back on its way."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from console.deployment import Deployment
from portal import put_aside
from portal.outcomes import error_code
from portal.table import PAGE, article_partition

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

PEEK_SECONDS = 60
_AT_ONCE = 10


class ForgottenError(Exception):
    """The stream has forgotten the changes that a message names; the message says what to do."""


@dataclass(frozen=True)
class Letter:
    """One message of a queue: what it asks for, and why it came here, as far as it says."""

    queue: str
    said: str
    message: "MessageTypeDef"


def letters(deployment: Deployment, queue: str) -> Iterator[Letter]:
    """Receive a queue's messages, each once. They are hidden for `PEEK_SECONDS`, or until they are shown again."""
    seen: set[str] = set()
    while True:
        answer = deployment.sqs.receive_message(
            QueueUrl=deployment.names[queue], MaxNumberOfMessages=_AT_ONCE, VisibilityTimeout=PEEK_SECONDS
        )
        new = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not new:
            return
        for message in new:
            seen.add(message["MessageId"])
            yield Letter(queue, _said(message["Body"]), message)


def show_again(deployment: Deployment, letter: Letter) -> None:
    """Let a message be received by others, and by the alarm, at once."""
    deployment.sqs.change_message_visibility(
        QueueUrl=deployment.names[letter.queue], ReceiptHandle=letter.message["ReceiptHandle"], VisibilityTimeout=0
    )


def send_back(deployment: Deployment, letter: Letter) -> None:
    """Let what a message asks for be tried again, and only then delete it.

    Raises:
        ForgottenError: it names changes that the stream has forgotten.
        ValueError: nobody can read it.
    """
    _WAYS[letter.queue](deployment, letter.message["Body"])
    deployment.sqs.delete_message(
        QueueUrl=deployment.names[letter.queue], ReceiptHandle=letter.message["ReceiptHandle"]
    )


def _to(queue: str) -> Callable[[Deployment, str], None]:
    def send(deployment: Deployment, body: str) -> None:
        deployment.sqs.send_message(QueueUrl=deployment.names[queue], MessageBody=body)

    return send


def _touch_what_failed(deployment: Deployment, body: str) -> None:
    try:
        partition = put_aside.partition_of(_read(body))
    except KeyError as error:
        raise ValueError(body) from error
    deployment.table.touch(partition)


def _touch_what_the_stream_gave_up(deployment: Deployment, body: str) -> None:
    """Read the changes of a batch from the stream, and touch each page and each article among them once."""
    place = _read(body).get("DDBStreamBatchInfo")
    if not place:
        raise ValueError(body)
    try:
        iterator = deployment.streams.get_shard_iterator(
            StreamArn=place["streamArn"],
            ShardId=place["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=place["startSequenceNumber"],
        )["ShardIterator"]
        partitions = _partitions(deployment, iterator, int(place["endSequenceNumber"]))
    except ClientError as error:
        if error_code(error) in {"TrimmedDataAccessException", "ResourceNotFoundException"}:
            message = "the stream has forgotten these changes: ./portal redraw --all draws every page"
            raise ForgottenError(message) from error
        raise
    for partition in sorted(partitions):
        deployment.table.touch(partition)


def _partitions(deployment: Deployment, iterator: str, last: int) -> set[str]:
    found: set[str] = set()
    following: str | None = iterator
    while following:
        answer = deployment.streams.get_records(ShardIterator=following)
        for record in answer["Records"]:
            if int(record["dynamodb"]["SequenceNumber"]) > last:
                return found
            partition = record["dynamodb"]["Keys"]["pk"]["S"]
            if partition.startswith((PAGE, article_partition(""))):
                found.add(partition)
        if not answer["Records"]:
            return found
        following = answer.get("NextShardIterator")
    return found


def _nothing(_deployment: Deployment, _body: str) -> None:
    """Do nothing: what a tick could not do stays due, and the next one does it."""


def _read(body: str) -> dict[str, Any]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError(body)  # noqa: TRY004 (as bad as what is no JSON)
    return value


def _said(body: str) -> str:
    """Say in short what a message is about."""
    try:
        value = _read(body)
    except ValueError:
        return body[:200]
    if "Records" in value:
        return ", ".join(unquote_plus(str(record["s3"]["object"]["key"])) for record in value["Records"])
    if "tags" in value:
        return f"purge {', '.join(map(str, value['tags']))}"
    if "DDBStreamBatchInfo" in value:
        place = value["DDBStreamBatchInfo"]
        return f"{place['batchSize']} changes of {place['approximateArrivalOfFirstRecord']}"
    if "responsePayload" in value:
        return str(value["responsePayload"].get("errorMessage"))[:300]
    about = value.get("path") or f"article {value.get('article')}"
    return f"{about}: {value.get('error')} (failed {value.get('attempts')} times)"


_WAYS: Mapping[str, Callable[[Deployment, str], None]] = {
    "IntakeDeadLetters": _to("IntakeQueue"),
    "PurgeDeadLetters": _to("PurgeQueue"),
    "FailedPagesQueue": _touch_what_failed,
    "RenderDeadLetters": _touch_what_the_stream_gave_up,
    "TickDeadLetters": _nothing,
}
QUEUES = tuple(_WAYS)
