"""Faults put in at botocore's event hooks: the code under test is the code that ships."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.model import OperationModel

Hook = Callable[[str, dict[str, Any]], None]


class Crash(BaseException):
    """The end of the process, at once; no `except` of the code's can stop it."""


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
        session.events.register("after-call", self._ends)
        self._parameters: dict[str, Any] = {}

    def _starts(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        self._parameters = params
        self.seen.append((model.name, params))
        for hook in list(self._before):
            hook(model.name, params)

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
