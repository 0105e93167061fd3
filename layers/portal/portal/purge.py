"""Purge: one invalidation for a batch of changes."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from portal.outcomes import described, is_transient

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_sqs import SQSClient

# Of the 3,000 items that CloudFront allows in progress in a distribution, what one invalidation may take.
MAX_ITEMS: Final = 1000
# A bad tag would have CloudFront refuse the whole invalidation, for as long as it is tried.
_TAG: Final = re.compile(r"[a-z0-9-]{1,256}")
_FIRST_WAIT_SECONDS: Final = 5
_LONGEST_WAIT_SECONDS: Final = 900


@dataclass(frozen=True)
class Purged:
    """What became of a batch: tags purged, ids of messages to be delivered again, and why CloudFront refused."""

    tags: list[str]
    again: list[str]
    refusal: str | None = None


class Purge:
    """Purge's routine over one distribution and the queue that asks for its purges."""

    def __init__(
        self, *, cloudfront: "CloudFrontClient", sqs: "SQSClient", distribution_id: str, purge_queue_url: str
    ) -> None:
        self._cloudfront = cloudfront
        self._sqs = sqs
        self._distribution_id = distribution_id
        self._queue_url = purge_queue_url

    def purge(self, messages: Iterable[Mapping[str, Any]]) -> Purged:
        """Invalidate what a batch of messages names, each tag once.

        Args:
            messages: `Records` of an SQS event as Lambda delivers it; each body is `{"tags": [...]}`.

        Raises:
            ClientError: CloudFront refused for good; the queue counts it, and its dead-letter queue tells.
        """
        batch: list[Mapping[str, Any]] = []
        left: list[Mapping[str, Any]] = []
        tags: set[str] = set()
        for message in sorted(messages, key=lambda message: str(message["messageId"])):
            asked = _tags(message)
            # What nobody can read is delivered again until it is a dead letter; what is too much waits its turn.
            if asked and len(tags | asked) <= MAX_ITEMS:
                batch.append(message)
                tags |= asked
            else:
                left.append(message)
        again = [str(message["messageId"]) for message in left]
        if not tags:
            return Purged([], again)
        try:
            self._invalidate(sorted(tags), _caller_reference(batch))
        except (ClientError, BotoCoreError) as error:
            if not is_transient(error):
                raise
            for message in batch:
                self._wait_longer(message)
            return Purged([], again + [str(message["messageId"]) for message in batch], described(error))
        return Purged(sorted(tags), again)

    def _invalidate(self, tags: list[str], caller_reference: str) -> None:
        self._cloudfront.create_invalidation(
            DistributionId=self._distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(tags), "Items": [f"#{tag}" for tag in tags]},
                "CallerReference": caller_reference,
            },
        )

    def _wait_longer(self, message: Mapping[str, Any]) -> None:
        """Keep a message back for twice as long as the last time, since the throttle is the account's.

        Where that fails for now, the message comes back when the queue shows it again, and the rest has its wait.
        """
        received = int(message["attributes"]["ApproximateReceiveCount"])
        wait = min(_FIRST_WAIT_SECONDS * 2 ** (received - 1), _LONGEST_WAIT_SECONDS)
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=message["receiptHandle"], VisibilityTimeout=wait
            )
        except (ClientError, BotoCoreError) as error:
            if not is_transient(error):
                raise


def _tags(message: Mapping[str, Any]) -> set[str]:
    """Read the tags that a message names; none when it is no message of ours, or one of them can't be a tag."""
    try:
        tags = json.loads(message["body"])["tags"]
    except (ValueError, KeyError, TypeError):
        return set()
    is_ours = isinstance(tags, list) and all(isinstance(tag, str) and _TAG.fullmatch(tag) for tag in tags)
    return set(tags) if is_ours else set()


def _caller_reference(batch: Iterable[Mapping[str, Any]]) -> str:
    """Name the invalidation after its messages, so that the same batch delivered twice purges once.

    Never after the content alone: CloudFront ignores a reference that it has seen, and a rollback purges the same
    tags as the change before it.
    """
    digest = sha256()
    for message in batch:
        digest.update(f"{message['messageId']}\n{message['body']}\n".encode())
    return digest.hexdigest()
