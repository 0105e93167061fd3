"""Lambda on this machine: each function loaded and called in this process as the service does it.

A function sees the environment that the template gives it and nothing else of the host's; it is loaded afresh
at a cold start and kept until the next one. What is not imitated: time-outs and memory limits, and that two
functions share no modules (here they share those of the layers).
"""

import contextlib
import importlib.util
import json
import os
import sys
import threading
import time
import traceback
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import TextIOBase
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import TextIO
from unittest.mock import patch

import boto3

from local import aws
from local.template import Json, Template, TemplateError, code_folder

MAXIMUM_PAYLOAD = 6 * 1024 * 1024  # bytes, of a request and of a response (Lambda quotas)

_KEPT_OF_HOST = ("PATH", "HOME", "LANG", "TMPDIR")
_DEFAULT_MEMORY = 128  # MB
_DEFAULT_TIMEOUT = 3  # seconds
_LINES_KEPT = 20_000


class FunctionError(Exception):
    """The function raised, or answered with something that is not JSON; Lambda calls this "Unhandled"."""

    def __init__(self, logical_id: str, error_type: str, message: str, stack: list[str]) -> None:
        super().__init__(f"{logical_id}: {error_type}: {message}")
        self.logical_id = logical_id
        self.payload = {"errorMessage": message, "errorType": error_type, "stackTrace": stack}


@dataclass(frozen=True)
class Context:
    """The second argument of a handler, with the names of Lambda's own context object."""

    function_name: str
    memory_limit_in_mb: str
    invoked_function_arn: str
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    deadline: float  # of time.monotonic(), seconds
    function_version: str = "$LATEST"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the function may still run, in milliseconds, never below 0."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True)
class _Environment:
    """An execution environment: one loaded function, as it stays warm between calls."""

    handler: Callable[[Json, Context], Json]
    variables: dict[str, str]
    log_stream: str


class FunctionLog:
    """What the functions print, one JSON object a line, as CloudWatch Logs would hold it."""

    def __init__(self, path: Path | None = None) -> None:
        """Keep the last lines in memory, and all of them in the file at `path`, which is made anew."""
        self._lines: deque[tuple[str, str]] = deque(maxlen=_LINES_KEPT)
        self._file: TextIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8", buffering=1)

    def add(self, logical_id: str, line: str) -> None:
        """Add one line; what is not a JSON object becomes the message of one."""
        if not line.strip():
            return
        try:
            is_object = isinstance(json.loads(line), dict)
        except ValueError:
            is_object = False
        message = {"function": logical_id, "message": line}
        text = line if is_object else json.dumps(message, ensure_ascii=False)
        self._lines.append((logical_id, text))
        if self._file is not None:
            self._file.write(text + "\n")

    def records(self, logical_id: str | None = None) -> list[dict[str, Json]]:
        """Return the lines of one function, or of all, parsed, the oldest first."""
        return [json.loads(text) for owner, text in self._lines if logical_id in (None, owner)]

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()


class _Output(TextIOBase):
    """Stands in for stdout and stderr while a function runs.

    There is one for the whole process, because loggers keep the stream that they found when they were made,
    and live longer than a portal does.
    """

    def __init__(self) -> None:
        self._sink: Callable[[str], None] | None = None
        self._unfinished = ""

    @contextlib.contextmanager
    def to(self, sink: Callable[[str], None]) -> Iterator[None]:
        outer, self._sink = self._sink, sink
        try:
            with contextlib.redirect_stdout(self), contextlib.redirect_stderr(self):
                yield
        finally:
            if self._unfinished:
                self.write("\n")
            self._sink = outer

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._sink is None:
            # A logger that a function made, used from outside a call, for example by a test of the layer.
            return sys.stderr.write(text)
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        for line in lines:
            self._sink(line)
        return len(text)


_OUTPUT = _Output()
_LOADED = count(1)


@dataclass
class Lambdas:
    """The functions of a template. `lock` is held while one runs: moto takes no locks of its own.

    Every function's clients come from the one `session`, so that a test can register a handler of botocore's
    events there; it reaches the clients that are made at the next cold start.
    """

    template: Template
    session: boto3.Session
    log: FunctionLog = field(default_factory=FunctionLog)
    lock: threading.RLock = field(default_factory=threading.RLock)
    more_environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by logical id

    def __post_init__(self) -> None:
        self._warm: dict[str, _Environment] = {}

    def invoke(self, logical_id: str, event: Json) -> Json:
        """Call a function with an event, as JSON carries it, and return its answer likewise.

        Raises `FunctionError` if the function raises, or answers too much or something that is not JSON.
        What is no `Exception` (an interrupt, or a crash that a test plays) goes through, and the environment
        is gone with it, as after a crash in Lambda.
        """
        payload = json.dumps(event, ensure_ascii=False)
        if len(payload.encode()) > MAXIMUM_PAYLOAD:
            raise ValueError(f"an event of {len(payload.encode())} bytes is more than Lambda takes")
        request_id = str(uuid.uuid4())
        with self.lock, _OUTPUT.to(lambda line: self.log.add(logical_id, line)):
            try:
                environment = self._warm.get(logical_id) or self.cold_start(logical_id)
                answer = self._call(logical_id, environment, json.loads(payload), request_id)
            except TemplateError:
                raise
            except Exception as error:
                raise self._failed(logical_id, error, request_id) from error
            except BaseException:
                self._warm.pop(logical_id, None)
                raise
        return answer

    def cold_start(self, logical_id: str) -> _Environment:
        """Load a function afresh, as in a new process, and keep it for the next calls."""
        properties = self.template.properties(logical_id)
        log_stream = time.strftime("%Y/%m/%d/[$LATEST]") + uuid.uuid4().hex
        variables = self._variables(logical_id, properties, log_stream)
        for layer in properties.get("Layers", []):
            content = self.template.properties(self.template.logical_id(layer))["Content"]
            importable(code_folder(self.template, content))
        module_name, _, function_name = properties["Handler"].rpartition(".")
        path = code_folder(self.template, properties["Code"]) / f"{module_name}.py"
        with self.lock, _OUTPUT.to(lambda line: self.log.add(logical_id, line)):
            with self._inside(variables):
                module = _load(path, f"{logical_id}_{next(_LOADED)}")
            environment = _Environment(getattr(module, function_name), variables, log_stream)
            self._warm[logical_id] = environment
        return environment

    def forget(self, logical_id: str | None = None) -> None:
        """Let the next call of a function, or of every one, be a cold start."""
        if logical_id is None:
            self._warm.clear()
        else:
            self._warm.pop(logical_id, None)

    def _call(self, logical_id: str, environment: _Environment, event: Json, request_id: str) -> Json:
        properties = self.template.resource(logical_id).properties
        context = Context(
            function_name=environment.variables["AWS_LAMBDA_FUNCTION_NAME"],
            memory_limit_in_mb=environment.variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
            invoked_function_arn=self.template.attribute(logical_id, "Arn"),
            aws_request_id=request_id,
            log_group_name=environment.variables["AWS_LAMBDA_LOG_GROUP_NAME"],
            log_stream_name=environment.log_stream,
            deadline=time.monotonic() + self.template.resolve(properties.get("Timeout", _DEFAULT_TIMEOUT)),
        )
        with self._inside(environment.variables):
            answer = json.dumps(environment.handler(event, context), ensure_ascii=False)
        if len(answer.encode()) > MAXIMUM_PAYLOAD:
            raise ValueError(f"an answer of {len(answer.encode())} bytes is more than Lambda returns")
        return json.loads(answer)

    @contextlib.contextmanager
    def _inside(self, variables: dict[str, str]) -> Iterator[None]:
        with (
            patch.dict(os.environ, variables, clear=True),
            patch.object(boto3, "DEFAULT_SESSION", self.session),
            warnings.catch_warnings(),
        ):
            # As in Lambda, where a warning is a line of the log, whatever it is to the host.
            warnings.simplefilter("default")
            warnings.showwarning = _log_warning
            yield

    def _failed(self, logical_id: str, error: Exception, request_id: str) -> FunctionError:
        stack = traceback.format_tb(error.__traceback__)
        failure = FunctionError(logical_id, type(error).__name__, str(error), stack)
        self.log.add(logical_id, json.dumps({"level": "ERROR", "requestId": request_id, **failure.payload}))
        return failure

    def _variables(self, logical_id: str, properties: dict[str, Json], log_stream: str) -> dict[str, str]:
        name = self.template.ref(logical_id)
        host = {key: os.environ[key] for key in _KEPT_OF_HOST if key in os.environ}
        declared = properties.get("Environment", {}).get("Variables", {})
        logging = properties.get("LoggingConfig", {})
        for variable, value in declared.items():
            if not isinstance(value, str):
                raise TypeError(f"{logical_id}: the value of {variable} is {value!r}, no string")
        return {
            **host,
            **aws.ENVIRONMENT,
            "TZ": ":UTC",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties.get("MemorySize", _DEFAULT_MEMORY)),
            "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup", f"/aws/lambda/{name}"),
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{properties['Runtime']}",
            "LAMBDA_TASK_ROOT": str(code_folder(self.template, properties["Code"])),
            "_HANDLER": properties["Handler"],
            **declared,
            **self.more_environment.get(logical_id, {}),
        }


def _log_warning(  # noqa: PLR0917 - called as warnings.showwarning is
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))


def importable(folder: Path) -> None:
    """Put a layer's folder on the path of every function that has the layer; it never leaves it here."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up by its name
    spec.loader.exec_module(module)
    return module
