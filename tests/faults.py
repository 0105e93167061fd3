"""Faults put in at botocore's event hooks: the code under test is the code that ships."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.parsers import create_parser

Hook = Callable[[str, dict[str, Any]], None]


class Crash(BaseException):
    """The end of the process, at once; no `except` of the code's can stop it."""


@dataclass(eq=False)
class Answer(Exception):  # noqa: N818 (it is what AWS says, and hooks raise it as they raise errors)
    """An error as an AWS service answers it: its bytes are read by botocore, so that the code sees what it would see.

    A hook that runs before a call raises it. botocore's own attempts are over then: what comes is their last answer.
    """

    status: int
    code: str
    more: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code} {self.status}"

    def read(self, model: OperationModel) -> tuple[AWSResponse, dict[str, Any]]:
        """Give the HTTP response and what botocore makes of it."""
        service = model.service_model
        body = b"" if model.http["method"] == "HEAD" else self._body(service.protocol)
        parser: Any = create_parser(service.protocol)
        response = {"status_code": self.status, "headers": {}, "body": body}
        parsed: dict[str, Any] = parser.parse(response, model.output_shape)
        # As botocore's endpoint does: what the service's model tells of an error is read with it.
        if shape := service.shape_for_error_code(parsed["Error"]["Code"]):
            parsed |= parser.parse(response, shape)
        return AWSResponse("https://aws", self.status, HTTPHeaders(), BytesIO(body)), parsed

    def _body(self, protocol: str) -> bytes:
        if protocol == "json":
            return json.dumps({"__type": f"aws#{self.code}", "message": self.code, **self.more}).encode()
        error = f"<Error><Code>{self.code}</Code><Message>{self.code}</Message></Error>"
        return f"<ErrorResponse>{error}</ErrorResponse>".encode()


def refusal(operation: str, code: str, status: int) -> ClientError:
    """Give the error that a client raises when AWS answers with a code."""
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


class Calls:
    """Watches the AWS calls of functions that start cold from now on, and may stop, fail or pause them."""

    def __init__(self, session: boto3.Session) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self._before: list[Hook] = []
        self._after: list[Hook] = []
        session.events.register("before-parameter-build", self._starts)
        answers: Any = self._answers  # typed as if no handler could give an answer
        session.events.register("before-call", answers)
        session.events.register("after-call", self._ends)
        self._parameters: dict[str, Any] = {}
        self._answer: Answer | None = None

    def _starts(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        self._parameters = params
        self.seen.append((model.name, params))
        try:
            for hook in list(self._before):
                hook(model.name, params)
        except Answer as answer:
            self._answer = answer

    def _answers(self, model: OperationModel, **_: object) -> tuple[AWSResponse, dict[str, Any]] | None:
        answer, self._answer = self._answer, None
        return answer.read(model) if answer else None

    def _ends(self, model: OperationModel, **_: object) -> None:
        for hook in list(self._after):
            hook(model.name, self._parameters)

    @contextmanager
    def before(self, hook: Hook) -> Iterator[None]:
        """Call the hook before each AWS call; what it raises comes out of the call."""
        self._before.append(hook)
        try:
            yield
        finally:
            self._before.remove(hook)

    @contextmanager
    def after(self, hook: Hook) -> Iterator[None]:
        """Call the hook when AWS has done its part of a call, and before the code hears of it."""
        self._after.append(hook)
        try:
            yield
        finally:
            self._after.remove(hook)


def once(operation: str, error: BaseException, **parameters: Any) -> Hook:  # noqa: ANN401 (parameters of a call)
    """Give a hook that raises an error at the first call of an operation (with some parameters), and at no other."""
    left = [error]

    def hook(name: str, given: dict[str, Any]) -> None:
        if left and name == operation and all(given.get(key) == value for key, value in parameters.items()):
            raise left.pop()

    return hook


class nth:  # noqa: N801 (a hook like the others)
    """A hook that raises an error at the n-th call, counted from 0; `left` says whether it never came to that."""

    def __init__(self, number: int, error: BaseException) -> None:
        self.left = [error]
        self._number = number

    def __call__(self, _operation: str, _parameters: dict[str, Any]) -> None:
        self._number -= 1
        if self._number == -1:
            raise self.left.pop()


def always(operation: str, error: BaseException, **parameters: Any) -> Hook:  # noqa: ANN401 (parameters of a call)
    """Give a hook that raises an error at every call of an operation (with some parameters)."""

    def hook(name: str, given: dict[str, Any]) -> None:
        if name == operation and all(given.get(key) == value for key, value in parameters.items()):
            raise error

    return hook
