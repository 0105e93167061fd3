"""purge: makes one invalidation of a batch of changes."""

import os
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from portal.purge import Purge
from portal.settings import PurgeSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = PurgeSettings.from_environment(os.environ)
logger = Logger()
metrics = Metrics()
purge = Purge(
    cloudfront=boto3.client("cloudfront"),
    sqs=boto3.client("sqs"),
    distribution_id=settings.distribution_id,
    purge_queue_url=settings.purge_queue_url,
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, list[dict[str, str]]]:
    """Purge what the batch names; what CloudFront does not take now is delivered again later."""
    purged = purge.purge(event["Records"])
    logger.info("purged", extra={"tags": purged.tags})
    if purged.again:
        logger.error("not purged", extra={"again": purged.again, "refusal": purged.refusal})
    metrics.add_metric(name="PurgeItems", unit=MetricUnit.Count, value=len(purged.tags))
    return {"batchItemFailures": [{"itemIdentifier": message} for message in purged.again]}
