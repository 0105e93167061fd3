"""preview: what was uploaded and the pages that readers would get, for editors and whoever has a secret link."""

import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit

from portal import source
from portal.api import Api, answer, checked, checked_number
from portal.article import MAX_UPLOAD_BYTES
from portal.drawing import Artist
from portal.environment import environment
from portal.identity import Groups
from portal.outcomes import UnknownArticleError
from portal.preview import Preview
from portal.settings import PreviewSettings
from portal.site import read_site
from portal.verdicts import listed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = PreviewSettings.from_environment(os.environ)
site = read_site(source.site_settings())
logger = Logger()
metrics = Metrics()
api = Api(site, Groups(settings.groups_claim, settings.editors_group, settings.approvers_group), logger, metrics)
app = api.app
preview = Preview(
    dynamodb=boto3.client("dynamodb"),
    s3=boto3.client("s3"),
    table_name=settings.table_name,
    uploads_bucket=settings.uploads_bucket,
    artist=Artist(site, settings.site_url, environment()),
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of the HTTP API."""
    metrics.add_metric(name="Previews", unit=MetricUnit.Count, value=1)
    return app.resolve(event, context)


@app.post("/desk/api/preview")
def preview_upload() -> Response[Any]:
    """Draw the page that an upload would become, or say what is wrong with it."""
    editor = api.editor()
    article_id = app.current_event.get_query_string_value("id")
    content = api.body(MAX_UPLOAD_BYTES)
    drawn = preview.of_upload(content, checked(article_id) if article_id else None, editor.name)
    if isinstance(drawn, str):
        return answer(HTTPStatus.OK, {"html": drawn, "errors": []})
    return answer(HTTPStatus.OK, {"html": None, "errors": listed(drawn, api.language())})


@app.get("/desk/api/articles/<article_id>/uploads/<number>/content")
def show_upload(article_id: str, number: str) -> Response[Any]:
    """Give what was uploaded, whatever was judged of it."""
    api.editor()
    return answer(HTTPStatus.OK, {"content": preview.uploaded(checked(article_id), checked_number(number))})


@app.get("/desk/preview/<article_id>/<secret>")
def preview_by_link(article_id: str, secret: str) -> Response[Any]:
    """Draw what editors work on, for whoever has the link: the secret in it is the permission."""
    drawn = preview.by_secret(checked(article_id), secret)
    if drawn is None:
        raise UnknownArticleError(article_id)
    return answer(HTTPStatus.OK, drawn, "text/html; charset=utf-8", **{"X-Robots-Tag": "noindex, nofollow"})
