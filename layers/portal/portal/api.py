"""What the functions behind the HTTP API have in common: who asks, in which language, and how they are answered."""

import base64
import re
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from portal import paths
from portal.identity import Editor, ForbiddenError, Groups
from portal.outcomes import RefusedError, TryLaterError, UnknownArticleError, described, is_transient
from portal.site import LANGUAGES, Site
from portal.strict_json import Fault
from portal.verdicts import listed, too_large

RETRY_AFTER_SECONDS: Final = 5
TRY_LATER: Final = Fault("", "try_later")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")


class Api:
    """The routes of one function. `app` is where it registers them."""

    def __init__(self, site: Site, groups: Groups, logger: Logger, metrics: Metrics) -> None:
        self.app = APIGatewayHttpResolver()
        self._site = site
        self._groups = groups
        self._logger = logger
        self._metrics = metrics
        self.app.exception_handler(RefusedError)(self._refuse)
        self.app.exception_handler(ForbiddenError)(self._forbid)
        self.app.exception_handler(UnknownArticleError)(self._not_found)
        self.app.exception_handler([TryLaterError, ClientError, BotoCoreError])(self._try_later)

    def editor(self) -> Editor:
        """Give who is asking, by the claims of the token that the API's authorizer has verified.

        Raises:
            ForbiddenError: the account is in no group that may use the desk.
        """
        editor = self._groups.editor(self.app.current_event.request_context.authorizer.jwt_claim or {})
        if not editor.may_edit:
            raise ForbiddenError(editor.subject)
        return editor

    def language(self) -> str:
        """Give the language of the messages: the first of Accept-Language that has words, or the newsroom's."""
        wanted = self.app.current_event.headers.get("accept-language", "")
        for choice in wanted.split(","):
            language = choice.split(";")[0].strip().lower()[:2]
            if language in LANGUAGES:
                return language
        return self._site.language

    def body(self, most: int) -> bytes:
        """Give the bytes of the request's body.

        Raises:
            RefusedError: they are more than so many.
        """
        body = self.app.current_event.body or ""
        is_binary = self.app.current_event.is_base64_encoded
        content = base64.b64decode(body) if is_binary else body.encode("utf-8", "surrogatepass")
        if len(content) > most:
            raise RefusedError(too_large(most))
        return content

    def _refuse(self, error: RefusedError) -> Response[Any]:
        return answer(HTTPStatus.BAD_REQUEST, {"errors": listed(error.faults, self.language())})

    def _forbid(self, _error: ForbiddenError) -> Response[Any]:
        return answer(HTTPStatus.FORBIDDEN, {"errors": listed([Fault("", "forbidden")], self.language())})

    def _not_found(self, _error: UnknownArticleError) -> Response[Any]:
        return answer(HTTPStatus.NOT_FOUND, {"errors": []})

    def _try_later(self, error: Exception) -> Response[Any]:
        """Ask for patience when AWS can't do it now.

        Raises:
            Exception: what no time mends.
        """
        self._logger.error("not done", exc_info=error, extra={"error": described(error)})
        if not is_transient(error):
            raise error
        self._metrics.add_metric(name="Unavailable", unit=MetricUnit.Count, value=1)
        told = {"errors": listed([TRY_LATER], self.language())}
        return answer(HTTPStatus.SERVICE_UNAVAILABLE, told, **{"Retry-After": str(RETRY_AFTER_SECONDS)})


def answer(
    status: HTTPStatus, value: dict[str, Any] | str, content_type: str = "application/json", **headers: str
) -> Response[Any]:
    """Give an answer that nobody keeps."""
    return Response(
        status_code=status, content_type=content_type, body=value, headers={"Cache-Control": "no-store"} | headers
    )


def checked(article_id: str) -> str:
    """Refuse what can't be an id before it becomes part of a key.

    Raises:
        UnknownArticleError: it can't be one.
    """
    if not paths.ARTICLE_ID.fullmatch(article_id):
        raise UnknownArticleError(article_id)
    return article_id


def checked_number(text: str) -> int:
    """Read the number of an upload or a revision.

    Raises:
        UnknownArticleError: it can't be one.
    """
    if not _NUMBER.fullmatch(text):
        raise UnknownArticleError(text)
    return int(text)
