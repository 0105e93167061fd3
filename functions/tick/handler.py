"""tick: does every minute what only the clock asks for, and what an event missed."""

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from portal import source
from portal.intake import Intake
from portal.settings import TickSettings
from portal.site import read_site
from portal.tick import Tick

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = TickSettings.from_environment(os.environ)
logger = Logger()
metrics = Metrics()
dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")
site = read_site(source.site_settings())
tick = Tick(
    dynamodb=dynamodb,
    sqs=sqs,
    failed_pages_queue_url=settings.failed_pages_queue_url,
    table_name=settings.table_name,
    intake=Intake(
        dynamodb=dynamodb,
        s3=boto3.client("s3"),
        sqs=sqs,
        table_name=settings.table_name,
        uploads_bucket=settings.uploads_bucket,
        purge_queue_url=settings.purge_queue_url,
        site=site,
    ),
    site=site,
    # The address is in every page's metadata.
    fingerprint=f"{source.fingerprint()} {settings.site_url}",
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: "LambdaContext") -> None:
    """Publish what is due, withdraw what is over, make good lost events and failed drawings, redraw after a deploy."""
    ticked = tick.tick()
    logger.info("ticked", extra=asdict(ticked))
    metrics.add_metric(name="ChangedByClock", unit=MetricUnit.Count, value=len(ticked.changed))
    metrics.add_metric(name="UploadsFound", unit=MetricUnit.Count, value=len(ticked.found))
    metrics.add_metric(name="TriedAgain", unit=MetricUnit.Count, value=len(ticked.tried_again))
