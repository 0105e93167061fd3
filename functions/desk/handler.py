"""desk: the editors' API."""

import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from portal import source, strict_json
from portal.api import Api, answer, checked, checked_number
from portal.article import MAX_UPLOAD_BYTES
from portal.desk import Desk, UploadRequest
from portal.history import History
from portal.identity import Groups
from portal.outcomes import RefusedError
from portal.overview import Overview
from portal.settings import DeskSettings
from portal.site import read_site
from portal.strict_json import NotJSONError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MAX_REQUEST_BYTES = 1000

settings = DeskSettings.from_environment(os.environ)
site = read_site(source.site_settings())
logger = Logger()
metrics = Metrics()
dynamodb = boto3.client("dynamodb")
s3 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
desk = Desk(
    dynamodb=dynamodb,
    s3=s3,
    table_name=settings.table_name,
    uploads_bucket=settings.uploads_bucket,
)
overview = Overview(
    dynamodb=dynamodb,
    table_name=settings.table_name,
    site_url=settings.site_url,
    two_pairs_of_eyes=site.two_pairs_of_eyes,
)
history = History(dynamodb, settings.table_name)
groups = Groups(settings.groups_claim, settings.editors_group, settings.approvers_group)
api = Api(site, groups, logger, metrics)
app = api.app


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of the HTTP API."""
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    return app.resolve(event, context)


@app.post("/desk/api/articles")
def begin_article() -> Response[Any]:
    """Issue the first upload of a new article."""
    editor = api.editor()
    issued = desk.issue_first(UploadRequest.read(_body(), base_allowed=False), editor)
    metrics.add_metric(name="UploadsIssued", unit=MetricUnit.Count, value=1)
    return answer(HTTPStatus.CREATED, issued)


@app.post("/desk/api/articles/<article_id>/uploads")
def issue_upload(article_id: str) -> Response[Any]:
    """Issue the next upload of an article."""
    editor = api.editor()
    request = UploadRequest.read(_body(), base_allowed=True)
    issued = desk.issue_next(checked(article_id), request, editor)
    metrics.add_metric(name="UploadsIssued", unit=MetricUnit.Count, value=1)
    return answer(HTTPStatus.CREATED, issued)


@app.post("/desk/api/articles/<article_id>/preview")
def issue_secret_link(article_id: str) -> Response[Any]:
    """Give a new secret link to the preview of an article."""
    api.editor()
    path = desk.issue_secret_link(checked(article_id))
    return answer(HTTPStatus.CREATED, {"url": settings.site_url + path})


@app.get("/desk/api/articles/<article_id>")
def show_article(article_id: str) -> Response[Any]:
    """Tell where an article is, and the verdict on its newest upload."""
    return answer(HTTPStatus.OK, overview.status(checked(article_id), api.editor(), api.language()))


@app.get("/desk/api/articles")
def list_articles() -> Response[Any]:
    """List articles, those with the newest uploads first; or those that a search finds."""
    editor = api.editor()
    event = app.current_event
    cursor, query, state = map(event.get_query_string_value, ("next", "q", "state"))
    if query or state:
        return answer(HTTPStatus.OK, overview.search(query or "", state or None, cursor, editor, api.language()))
    return answer(HTTPStatus.OK, overview.newest(cursor, editor, api.language()))


@app.get("/desk/api/articles/<article_id>/uploads/<number>")
def show_verdict(article_id: str, number: str) -> Response[Any]:
    """Tell the verdict on one upload."""
    api.editor()
    return answer(HTTPStatus.OK, history.verdict(checked(article_id), checked_number(number), api.language()))


@app.get("/desk/api/articles/<article_id>/revisions")
def list_revisions(article_id: str) -> Response[Any]:
    """List an article's revisions, newest first."""
    api.editor()
    before = app.current_event.get_query_string_value("next")
    return answer(HTTPStatus.OK, history.revisions(checked(article_id), checked_number(before) if before else None))


@app.get("/desk/api/articles/<article_id>/revisions/<number>")
def show_revision(article_id: str, number: str) -> Response[Any]:
    """Give a revision with its article."""
    api.editor()
    return answer(HTTPStatus.OK, history.revision(checked(article_id), checked_number(number)))


@app.get("/desk/api/articles/<article_id>/revisions/<number>/difference")
def show_difference(article_id: str, number: str) -> Response[Any]:
    """Tell what has changed up to a revision, from the one that `from` names."""
    api.editor()
    before = checked_number(app.current_event.get_query_string_value("from", ""))
    return answer(HTTPStatus.OK, history.difference(checked(article_id), before, checked_number(number)))


@app.get("/desk/api/session")
def show_session() -> Response[Any]:
    """Tell who has signed in and what they may do, and how the newsroom works."""
    editor = api.editor()
    session = {
        "name": editor.name,
        "subject": editor.subject,
        "rights": ["edit", "approve"] if editor.may_approve else ["edit"],
        "two_pairs_of_eyes": site.two_pairs_of_eyes,
        "language": site.language,
        "zone": site.zone.key,
        "sections": [
            {"slug": each.slug, "title": each.title, "language": each.language or site.language}
            for each in site.sections
        ],
        "max_upload_bytes": MAX_UPLOAD_BYTES,
    }
    return answer(HTTPStatus.OK, session)


@app.get("/desk/api/sign-in")
def show_sign_in() -> Response[Any]:
    """Tell where to sign in: for an authorization code with PKCE (RFC 7636), from a browser."""
    sign_in = {
        "issuer": settings.issuer,
        "client_id": settings.client_id,
        "authorize_url": settings.authorize_url,
        "token_url": settings.token_url,
        "sign_out_url": settings.sign_out_url or None,
        "scope": "openid email profile",
    }
    return answer(HTTPStatus.OK, sign_in)


def _body() -> object:
    """Read the request's JSON.

    Raises:
        RefusedError: it isn't JSON, or more than a request ever is.
    """
    try:
        value, faults = strict_json.parse(api.body(MAX_REQUEST_BYTES))
    except NotJSONError as error:
        raise RefusedError(error.fault) from error
    if faults:
        raise RefusedError(*faults)
    return value
