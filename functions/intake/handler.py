"""intake: judges the uploads that S3 announces through a queue."""

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from portal import paths, source
from portal.intake import Intake
from portal.settings import IntakeSettings
from portal.site import read_site

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = IntakeSettings.from_environment(os.environ)
logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
intake = Intake(
    dynamodb=boto3.client("dynamodb"),
    s3=boto3.client("s3"),
    sqs=boto3.client("sqs"),
    table_name=settings.table_name,
    uploads_bucket=settings.uploads_bucket,
    purge_queue_url=settings.purge_queue_url,
    site=read_site(source.site_settings()),
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> "PartialItemFailureResponse":
    """Judge what each message announces; a message that fails is delivered again, the others are not."""
    metrics.add_metric(name="Announcements", unit=MetricUnit.Count, value=len(event["Records"]))
    return process_partial_response(event=event, record_handler=judge, processor=processor, context=context)


def judge(record: "SQSRecord") -> None:
    """Judge what one message announces, and leave the cause in the log when that fails.

    Raises:
        Exception: whatever stopped it; the queue delivers the message again, or gives it up to its dead-letter queue.
    """
    try:
        judge_announced(record)
    except Exception:
        logger.exception("not judged", extra={"message_id": record.message_id})
        raise


def judge_announced(record: "SQSRecord") -> None:
    """Judge the uploads that one message names.

    Raises:
        ValueError: it is no event of our bucket; the queue gives it up to its dead-letter queue.
    """
    message = json.loads(record.body)
    if message.get("Event") == "s3:TestEvent":  # S3 sends one when the notification is set up
        return
    for announced in message["Records"]:
        key = unquote_plus(announced["s3"]["object"]["key"])
        found = paths.read_upload_key(key)
        if found is None:
            raise ValueError(f"{key!r} is no upload")
        for verdict in intake.look_at_upload(*found):
            logger.info(
                "judged",
                extra={"article": verdict.article_id, "upload": verdict.upload, "outcome": verdict.outcome},
            )
            metrics.add_metric(name=verdict.outcome.capitalize(), unit=MetricUnit.Count, value=1)
