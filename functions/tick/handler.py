"""tick: does every minute what only the clock asks for."""

import os
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
site = read_site(source.site_settings())
tick = Tick(
    dynamodb=dynamodb,
    table_name=settings.table_name,
    intake=Intake(
        dynamodb=dynamodb,
        s3=boto3.client("s3"),
        sqs=boto3.client("sqs"),
        table_name=settings.table_name,
        uploads_bucket=settings.uploads_bucket,
        purge_queue_url=settings.purge_queue_url,
        site=site,
    ),
    site=site,
    fingerprint=source.fingerprint(),
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: "LambdaContext") -> None:
    """Publish what is due, withdraw what is over, touch the site's own pages after a deploy."""
    ticked = tick.tick()
    logger.info("ticked", extra={"changed": ticked.changed, "touched": ticked.touched})
    metrics.add_metric(name="ChangedByClock", unit=MetricUnit.Count, value=len(ticked.changed))
