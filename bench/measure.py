"""The meter: which AWS calls each function makes, what they read and write, and whose CPU time goes where.

Calls are seen where every one of them passes: `BaseClient._make_api_call` of botocore. Items and bytes are those of a
call's parameters and of its answer; read and write units are computed from the items' sizes, since moto tells none.

CPU time is this thread's own clock (`time.thread_time_ns`). It counts while a function's handler runs, and every moment
of that is somebody's:

- `ours`: whatever is none of the following. That is our package, the templates, and the libraries that the layer
  carries, Powertools' logs and metrics among them; so is boto3's conversion of items, the loop of its paginators, and
  the reading of an answer's body.
- `client`: the AWS client, from the call of its method to the return, and the signing of URLs.
- `emulator`: moto, from where botocore would send the request until the answer is there; and the local log.
- the meter's own work, which is left out.

moto's work in between makes ours slower than it is: it takes ten times as long, and the processor's caches with it. So
each invocation is then played again, some times, its handler called with the same event and each of its AWS calls
answered at once with what moto had answered. `played` is what that took: least of all times, since what others on the
machine take away can only make it longer. It is our own CPU time; `ours` is told beside it. What a process keeps of
teasers is each time what it was before the invocation, so that what is new to it is new each time.

What runs outside of the handlers (the pump, the local edge, the check of signatures) does not count at all. The
functions are warm: they have done all of it once before. What stood in memory before is kept from the garbage
collector, which would otherwise go through moto's whole table in our time.
"""

import cProfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, Final
from unittest.mock import patch

import botocore.signers
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from moto.core.botocore_stubber import BotocoreStubber

from bench import emulator
from bench.calls import Call, Reader, written
from local.lambdas import FunctionLog, Lambdas
from local.template import Template

OURS: Final = "ours"
CLIENT: Final = "client"
EMULATOR: Final = "emulator"
EDITOR: Final = "editor"  # who calls outside of the functions: it PUTs the upload
_METER: Final = "meter"
_OUTSIDE: Final = "outside"


class MeterError(BaseException):
    """A call that can't be counted. No function may take it for an error of AWS, so it is no `Exception`."""


@dataclass
class Measured:
    """What was seen of a piece of work. CPU is in nanoseconds, by function and by whose it is; `played` is ours."""

    calls: list[Call] = field(default_factory=list)
    cpu: Counter[tuple[str, str]] = field(default_factory=Counter)
    played: Counter[str] = field(default_factory=Counter)
    invocations: Counter[str] = field(default_factory=Counter)
    log_bytes: int = 0

    def cpu_of(self, whose: str, function: str | None = None) -> int:
        """Give the CPU time that was spent by whom, in one function or in all."""
        return sum(spent for (where, who), spent in self.cpu.items() if who == whose and function in (None, where))

    def __add__(self, other: "Measured") -> "Measured":
        """Put two pieces of work together."""
        return Measured(
            self.calls + other.calls,
            self.cpu + other.cpu,
            self.played + other.played,
            self.invocations + other.invocations,
            self.log_bytes + other.log_bytes,
        )

    def without(self, idle: "Measured") -> "Measured":
        """Take away what an idle piece of work does too: as many calls of each kind, and its CPU time."""
        left = list(self.calls)
        for call in idle.calls:
            alike = [each for each in left if (each.function, each.operation) == (call.function, call.operation)]
            left.remove(alike[0])
        return Measured(
            left,
            self.cpu - idle.cpu,
            self.played - idle.played,
            self.invocations - idle.invocations,
            self.log_bytes - idle.log_bytes,
        )


class Meter:
    """Measures what the functions of a portal do while it is `on`; `installed` before the portal is made."""

    profile: cProfile.Profile | None = None  # enabled while an invocation is played again

    def __init__(self, plays: int = 3) -> None:
        """Measure, and play each invocation again so many times."""
        self.caches: list[dict[Any, Any]] = []  # that the functions' processes keep
        self._measured: Measured | None = None
        self._reader = Reader({}, ())
        self._function = EDITOR
        self._whose = _OUTSIDE
        self._since = 0
        self._plays = plays
        self._answers: list[_Answer] = []  # of the invocation at work
        self._to_play: deque[_Answer] | None = None  # while it is played again
        self._signing = 0  # nanoseconds of the client's in that

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Stand where every call passes, and where functions begin and end."""
        with (
            _around(BaseClient, "_make_api_call", self._calling),
            _around(botocore.signers, "generate_presigned_url", self._signs),
            _around(BotocoreStubber, "__call__", self._spending(EMULATOR)),
            _around(FunctionLog, "add", self._logging),
            _around(Lambdas, "_call", self._running),
        ):
            yield

    def know(self, template: Template) -> None:
        """Learn which buckets there are, and the keys of the table's one index."""
        buckets = {template.ref(each.logical_id): each.logical_id for each in template.resources("AWS::S3::Bucket")}
        [table] = template.resources("AWS::DynamoDB::Table")
        [index] = table.properties["GlobalSecondaryIndexes"]
        self._reader = Reader(buckets, [each["AttributeName"] for each in index["KeySchema"]])

    @contextmanager
    def on(self) -> Iterator[Measured]:
        """Measure from here to the end of the context."""
        self._measured = measured = Measured()
        try:
            yield measured
        finally:
            self._measured = None

    @contextmanager
    def _as(self, whose: str) -> Iterator[None]:
        """Let CPU time be somebody's until the end of the context."""
        outer = self._switch(whose)
        try:
            yield
        finally:
            self._switch(outer)

    def _switch(self, whose: str) -> str:
        now = time.thread_time_ns()
        outer, self._whose = self._whose, whose
        if self._measured is not None and outer not in (_OUTSIDE, _METER):
            self._measured.cpu[self._function, outer] += now - self._since
        self._since = time.thread_time_ns()
        return outer

    def _spending(self, whose: str) -> "Wrapper":
        """Let what is called be somebody's time, unless it is called from outside of the functions."""

        def wrapped(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (whatever the call has)
            with self._as(_OUTSIDE if self._whose == _OUTSIDE else whose):
                return call(*args, **kwargs)

        return wrapped

    def _calling(self, call: Callable[..., Any], client: BaseClient, operation: str, given: dict[str, Any]) -> Any:  # noqa: ANN401 (an answer)
        if self._to_play is not None:
            return self._to_play.popleft().given_to(operation)
        measured = self._measured
        if measured is None or (self._function == EDITOR and operation != "PutObject"):
            return self._spending(CLIENT)(call, client, operation, given)
        with self._as(_METER):
            asked = dict(given)  # botocore changes it
            keys = list(written(operation, asked))
            before = [emulator.item(*key) for key in keys]
        answer = _Answer(operation)
        try:
            answer.value = self._spending(CLIENT)(call, client, operation, given)
        except ClientError as error:
            answer.error = error
        with self._as(_METER):
            answer.keep_body()
            self._answers.append(answer)
            images = list(zip(before, (emulator.item(*key) for key in keys), strict=True))
            made = Call(self._function, client.meta.service_model.service_name, operation)
            try:
                measured.calls.append(self._reader.read(made, asked, answer.value, images))
            except Exception as error:
                raise MeterError(f"{made}") from error
        return answer.given_to(operation)

    def _running(self, call: Callable[..., Any], lambdas: Lambdas, logical_id: str, *args: Any) -> Any:  # noqa: ANN401 (an answer)
        environment, event, request_id = args
        outer, self._function = self._function, logical_id.removesuffix("Function").lower()
        measured = self._measured

        def handler(*given: Any) -> Any:  # noqa: ANN401 (as Lambda's handlers)
            with self._as(OURS):
                return environment.handler(*given)

        try:
            if measured is None:
                return call(lambdas, logical_id, environment, event, request_id)
            self._answers = []
            again = [deepcopy(event) for _ in range(self._plays)]
            known = [dict(cache) for cache in self.caches]
            answer = call(lambdas, logical_id, replace(environment, handler=handler), event, request_id)
            measured.invocations[self._function] += 1
            took = []
            for each in again:
                for cache, kept in zip(self.caches, known, strict=True):
                    cache.clear()
                    cache.update(kept)
                took.append(self._played(call, lambdas, logical_id, environment, each, request_id))
            measured.played[self._function] += min(took, default=0)
            return answer
        finally:
            self._function = outer

    def _played(self, call: Callable[..., Any], lambdas: Lambdas, logical_id: str, *args: Any) -> int:  # noqa: ANN401 (of `call`)
        """Play an invocation again; give the CPU time of its handler in nanoseconds, without what is the client's."""
        environment, *given = args
        took = 0
        self._to_play = deque(self._answers)
        self._signing = 0

        def handler(*event: Any) -> Any:  # noqa: ANN401 (as Lambda's handlers)
            nonlocal took
            if self.profile is not None:
                self.profile.enable()
            since = time.thread_time_ns()
            try:
                return environment.handler(*event)
            finally:
                took = time.thread_time_ns() - since
                if self.profile is not None:
                    self.profile.disable()

        try:
            call(lambdas, logical_id, replace(environment, handler=handler), *given)
            if self._to_play:
                raise MeterError(f"{logical_id} has not made the calls of the first time: {self._to_play[0]}")
        finally:
            self._to_play = None
        return took - self._signing

    def _signs(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (a URL)
        since = time.thread_time_ns()
        url = self._spending(CLIENT)(call, *args, **kwargs)
        self._signing += time.thread_time_ns() - since
        return url

    def _logging(self, call: Callable[..., Any], log: FunctionLog, logical_id: str, line: str) -> Any:  # noqa: ANN401 (nothing)
        if self._to_play is not None:
            return
        if self._measured is not None:
            self._measured.log_bytes += len(line.encode())
        self._spending(EMULATOR)(call, log, logical_id, line)


@dataclass
class _Answer:
    """What a call was answered, to be given once more."""

    operation: str
    value: dict[str, Any] = field(default_factory=dict)
    error: ClientError | None = None
    body: bytes = b""

    def keep_body(self) -> None:
        """Read the body of an object, which can be read only once."""
        if isinstance(self.value.get("Body"), StreamingBody):
            self.body = self.value["Body"].read()

    def given_to(self, operation: str) -> dict[str, Any]:
        """Give the answer, or raise it.

        Raises:
            ClientError: which it was.
            MeterError: another call is asked for.
        """
        if operation != self.operation:
            raise MeterError(f"{operation} in the place of {self.operation}")
        if self.error is not None:
            raise self.error
        if "Body" in self.value:
            return self.value | {"Body": StreamingBody(BytesIO(self.body), len(self.body))}
        return self.value


Wrapper = Callable[..., Any]


def _around(owner: object, name: str, wrapper: Wrapper) -> Any:  # noqa: ANN401 (a patch, as a context manager)
    """Let a wrapper be called in the place of a function, with that function first."""
    call = getattr(owner, name)

    def around(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (whatever the function has)
        return wrapper(call, *args, **kwargs)

    return patch.object(owner, name, around)
