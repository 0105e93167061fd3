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
_EMPTY_POLLS = 5  # one of SQS asks some of a queue's servers only, so that an empty one tells little
_EMPTY_READS = 100  # a part of the stream may be empty though changes follow it
# What is in the way of showing a message again: that it is shown, or gone, already.
_SHOWN = ("MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue")


class ForgottenError(Exception):
    """The stream has forgotten the changes that a message names, or some; the message says what to do."""


@dataclass(frozen=True)
class Letter:
    """One message of a queue: what it asks for, and why it came here, as far as it says."""

    queue: str
    said: str
    message: "MessageTypeDef"


def letters(deployment: Deployment, queue: str) -> Iterator[Letter]:
    """Receive a queue's messages, each once. They are hidden for `PEEK_SECONDS`, or until they are shown again."""
    seen: set[str] = set()
    empty = 0
    while empty < _EMPTY_POLLS:
        answer = deployment.sqs.receive_message(
            QueueUrl=deployment.names[queue], MaxNumberOfMessages=_AT_ONCE, VisibilityTimeout=PEEK_SECONDS
        )
        new = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        for message in new:
            seen.add(message["MessageId"])
            yield Letter(queue, _said(message["Body"]), message)
        if not new:
            if deployment.count(queue) <= len(seen):
                return
            empty += 1


def show_again(deployment: Deployment, letter: Letter) -> None:
    """Let a message be received by others, and by the alarm, at once."""
    try:
        deployment.sqs.change_message_visibility(
            QueueUrl=deployment.names[letter.queue], ReceiptHandle=letter.message["ReceiptHandle"], VisibilityTimeout=0
        )
    except ClientError as error:
        if not error_code(error).endswith(_SHOWN):
            raise


def send_back(deployment: Deployment, letter: Letter) -> None:
    """Let what a message asks for be tried again, and only then delete it.

    Raises:
        ForgottenError: it names changes that the stream has forgotten.
        ValueError: nobody can read it.
    """
    try:
        _WAYS[letter.queue](deployment, letter.message["Body"])
    except (KeyError, TypeError) as error:
        raise ValueError("nobody can read it") from error
    deployment.sqs.delete_message(
        QueueUrl=deployment.names[letter.queue], ReceiptHandle=letter.message["ReceiptHandle"]
    )


def _to(queue: str) -> Callable[[Deployment, str], None]:
    def send(deployment: Deployment, body: str) -> None:
        deployment.sqs.send_message(QueueUrl=deployment.names[queue], MessageBody=body)

    return send


def _touch_what_failed(deployment: Deployment, body: str) -> None:
    deployment.table.touch(put_aside.partition_of(_read(body)))


def _touch_what_the_stream_gave_up(deployment: Deployment, body: str) -> None:
    """Read the changes of a batch from the stream, and touch each page and each article among them once."""
    place = _read(body)["DDBStreamBatchInfo"]
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
            raise _forgotten() from error
        raise
    for partition in sorted(partitions):
        deployment.table.touch(partition)


def _partitions(deployment: Deployment, iterator: str, last: int) -> set[str]:
    """Find the pages and articles that changed up to a sequence number.

    Raises:
        ForgottenError: the stream does not come as far as that.
    """
    found: set[str] = set()
    following: str | None = iterator
    empty = 0
    while following and empty < _EMPTY_READS:
        answer = deployment.streams.get_records(ShardIterator=following)
        empty = 0 if answer["Records"] else empty + 1
        for record in answer["Records"]:
            number = int(record["dynamodb"]["SequenceNumber"])
            partition = record["dynamodb"]["Keys"]["pk"]["S"]
            if number <= last and partition.startswith((PAGE, article_partition(""))):
                found.add(partition)
            if number >= last:
                return found
        following = answer.get("NextShardIterator")
    raise _forgotten()


def _forgotten() -> ForgottenError:
    return ForgottenError("the stream has forgotten these changes: ./portal redraw --all draws every page")


def _nothing(_deployment: Deployment, _body: str) -> None:
    """Do nothing: what a tick could not do stays due, and the next one does it."""


def _read(body: str) -> dict[str, Any]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError(body)  # noqa: TRY004 (as bad as what is no JSON)
    return value


def _said(body: str) -> str:
    """Say in short what a message is about: what nobody can read as it stands."""
    try:
        return _about(_read(body))
    except (ValueError, LookupError, TypeError, AttributeError):
        return body[:200]


def _about(value: Mapping[str, Any]) -> str:
    if "Records" in value:
        return ", ".join(unquote_plus(str(record["s3"]["object"]["key"])) for record in value["Records"])
    if "tags" in value:
        return f"purge {', '.join(map(str, value['tags']))}"
    if "DDBStreamBatchInfo" in value:
        place = value["DDBStreamBatchInfo"]
        return f"{place['batchSize']} changes of {place['approximateArrivalOfFirstRecord']}"
    if "responsePayload" in value:
        return str(value["responsePayload"].get("errorMessage"))[:300]
    about = value.get("path") or f"article {value['article']}"
    return f"{about}: {value.get('error')} (failed {value.get('attempts')} times)"


_WAYS: Mapping[str, Callable[[Deployment, str], None]] = {
    "IntakeDeadLetters": _to("IntakeQueue"),
    "PurgeDeadLetters": _to("PurgeQueue"),
    "FailedPagesQueue": _touch_what_failed,
    "RenderDeadLetters": _touch_what_the_stream_gave_up,
    "TickDeadLetters": _nothing,
}
QUEUES = tuple(_WAYS)
