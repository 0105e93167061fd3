"""desk: the editors' API."""

import base64
import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from portal import paths, source, strict_json
from portal.desk import TRY_LATER, Desk, RefusedError, UnknownArticleError, UploadRequest
from portal.outcomes import TryLaterError, described, is_transient
from portal.settings import DeskSettings
from portal.site import LANGUAGES, read_site
from portal.strict_json import NotJSONError
from portal.verdicts import listed, too_large

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MAX_REQUEST_BYTES = 1000
RETRY_AFTER_SECONDS = 5

settings = DeskSettings.from_environment(os.environ)
site = read_site(source.site_settings())
logger = Logger()
metrics = Metrics()
app = APIGatewayHttpResolver()
desk = Desk(
    dynamodb=boto3.client("dynamodb"),
    s3=boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"})),
    table_name=settings.table_name,
    uploads_bucket=settings.uploads_bucket,
    site_url=settings.site_url,
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of the HTTP API."""
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    return app.resolve(event, context)


@app.post("/desk/api/articles")
def begin_article() -> Response[Any]:
    """Issue the first upload of a new article."""
    issued = desk.issue_first(UploadRequest.read(_body(), base_allowed=False), _editor())
    metrics.add_metric(name="UploadsIssued", unit=MetricUnit.Count, value=1)
    return _answer(HTTPStatus.CREATED, issued)


@app.post("/desk/api/articles/<article_id>/uploads")
def issue_upload(article_id: str) -> Response[Any]:
    """Issue the next upload of an article."""
    request = UploadRequest.read(_body(), base_allowed=True)
    issued = desk.issue_next(_checked(article_id), request, _editor())
    metrics.add_metric(name="UploadsIssued", unit=MetricUnit.Count, value=1)
    return _answer(HTTPStatus.CREATED, issued)


@app.get("/desk/api/articles/<article_id>")
def show_article(article_id: str) -> Response[Any]:
    """Tell where an article is, and the verdict on its newest upload."""
    return _answer(HTTPStatus.OK, desk.status(_checked(article_id), _language()))


@app.get("/desk/api/articles")
def list_articles() -> Response[Any]:
    """List articles, those with the newest uploads first."""
    cursor = app.current_event.get_query_string_value("next")
    return _answer(HTTPStatus.OK, desk.newest(cursor, _language()))


@app.exception_handler(RefusedError)
def refuse(error: RefusedError) -> Response[Any]:
    """Say what is wrong with a request, place by place."""
    return _answer(HTTPStatus.BAD_REQUEST, {"errors": listed(error.faults, _language())})


@app.exception_handler(UnknownArticleError)
def not_found(_error: UnknownArticleError) -> Response[Any]:
    """Say that there's no such article."""
    return _answer(HTTPStatus.NOT_FOUND, {"errors": []})


@app.exception_handler([TryLaterError, ClientError, BotoCoreError])
def try_later(error: Exception) -> Response[Any]:
    """Ask for patience when AWS can't do it now.

    Raises:
        Exception: what no time mends.
    """
    logger.error("not done", exc_info=error, extra={"error": described(error)})
    if not is_transient(error):
        raise error
    metrics.add_metric(name="Unavailable", unit=MetricUnit.Count, value=1)
    answer = {"errors": listed([TRY_LATER], _language())}
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE, answer, **{"Retry-After": str(RETRY_AFTER_SECONDS)})


def _body() -> object:
    """Read the request's JSON.

    Raises:
        RefusedError: it isn't JSON, or more than a request ever is.
    """
    body = app.current_event.body or ""
    is_binary = app.current_event.is_base64_encoded
    content = base64.b64decode(body) if is_binary else body.encode("utf-8", "surrogatepass")
    if len(content) > MAX_REQUEST_BYTES:
        raise RefusedError(too_large(MAX_REQUEST_BYTES))
    try:
        value, faults = strict_json.parse(content)
    except NotJSONError as error:
        raise RefusedError(error.fault) from error
    if faults:
        raise RefusedError(*faults)
    return value


def _editor() -> str:
    """Give who is asking, by the claims of the token that the API's authorizer has verified."""
    claims = app.current_event.request_context.authorizer.jwt_claim or {}
    return str(claims.get("email") or claims.get("username") or claims["sub"])


def _language() -> str:
    """Give the language of the messages: the first of Accept-Language that there are words for, or the newsroom's."""
    wanted = app.current_event.headers.get("accept-language", "")
    for choice in wanted.split(","):
        language = choice.split(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return site.language


def _checked(article_id: str) -> str:
    """Refuse what can't be an id before it becomes part of a key.

    Raises:
        UnknownArticleError: it can't be one.
    """
    if not paths.ARTICLE_ID.fullmatch(article_id):
        raise UnknownArticleError(article_id)
    return article_id


def _answer(status: HTTPStatus, value: dict[str, Any], **headers: str) -> Response[Any]:
    return Response(
        status_code=status,
        content_type="application/json",
        body=value,
        headers={"Cache-Control": "no-store"} | headers,
    )
