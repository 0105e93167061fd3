"""render: draws the pages whose partitions changed, from the table's stream."""

import base64
import os
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from portal import source
from portal.drawing import Artist
from portal.environment import environment
from portal.render import Render
from portal.settings import RenderSettings
from portal.site import read_site

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RenderSettings.from_environment(os.environ)
logger = Logger()
metrics = Metrics()
render = Render(
    dynamodb=boto3.client("dynamodb"),
    s3=boto3.client("s3"),
    sqs=boto3.client("sqs"),
    table_name=settings.table_name,
    site_bucket=settings.site_bucket,
    archive_bucket=settings.archive_bucket,
    purge_queue_url=settings.purge_queue_url,
    failed_pages_queue_url=settings.failed_pages_queue_url,
    artist=Artist(read_site(source.site_settings()), settings.site_url, environment()),
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, list[dict[str, str]]]:
    """Draw what a batch of the stream asks for; the stream goes on from the first record that failed."""
    rendered = render.render([_decoded(record) for record in event["Records"]])
    logger.info("rendered", extra={"drawn": rendered.drawn, "archived": rendered.archived})
    if rendered.put_aside or rendered.failed:
        logger.error("not rendered", extra={"put_aside": rendered.put_aside, "again": rendered.failed})
    metrics.add_metric(name="PagesDrawn", unit=MetricUnit.Count, value=len(rendered.drawn))
    metrics.add_metric(name="PagesPutAside", unit=MetricUnit.Count, value=len(rendered.put_aside))
    return {"batchItemFailures": [{"itemIdentifier": number} for number in rendered.failed]}


def _decoded(record: dict[str, Any]) -> dict[str, Any]:
    """Decode what Lambda carries as base64: the binary values of a record's new image."""
    image = {
        name: {"B": base64.b64decode(value["B"])} if "B" in value else value
        for name, value in record["dynamodb"].get("NewImage", {}).items()
    }
    return {**record, "dynamodb": {**record["dynamodb"], "NewImage": image}}
