"""As much of the AWS CLI as the runbook uses, over a portal on this machine: its commands run as they stand there.

Arguments are read by botocore's own models, so an operation or an option that AWS does not have is refused here too.
"""

import base64
import json
import socketserver
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel, Shape

from local.portal import LocalPortal

GLOBAL = {"query", "output", "region", "cli-binary-format", "max-items"}
# What the CLI itself adds to the services' own operations, with its options.
ADDED = {
    ("s3", "cp"): set[str](),
    ("logs", "tail"): {"since"},
    ("dynamodb", "wait"): {"table-name"},
    ("cloudfront", "create-invalidation"): {"distribution-id", "paths"},
}
_SERVICES = {"s3api": "s3"}

_CLIENT = """#!{python} -S
import json, os, socket, sys
with socket.create_connection(("127.0.0.1", {port}), timeout=60) as connection, connection.makefile("rw") as stream:
    json.dump({{"arguments": sys.argv[1:], "folder": os.getcwd()}}, stream)
    stream.write("\\n")
    stream.flush()
    answer = json.loads(stream.readline())
(sys.stderr if answer["status"] else sys.stdout).write(answer["said"])
sys.exit(answer["status"])
"""


@cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(_SERVICES.get(service, service))


def operation(service: str, name: str) -> OperationModel:
    """Give AWS's own description of an operation, by the CLI's names. Raises `KeyError` when there's none."""
    model = _model(service)
    names = {xform_name(operation, "-"): operation for operation in model.operation_names}
    return model.operation_model(names[name])


def options(service: str, name: str) -> set[str]:
    """Give the options that a command takes. Raises `KeyError` when there's no such command."""
    if (service, name) in ADDED:
        return ADDED[service, name] | GLOBAL
    shape = operation(service, name).input_shape
    members: Mapping[str, Shape] = shape.members if shape else {}
    switches = {f"no-{xform_name(name, '-')}" for name, member in members.items() if member.type_name == "boolean"}
    return GLOBAL | switches | {xform_name(member, "-") for member in members}


@contextmanager
def installed(portal: LocalPortal, folder: Path) -> Iterator[None]:
    """Put a command `aws` into a folder, which speaks to the portal while the context lasts."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked = json.loads(self.rfile.readline())
            try:
                answer = {"status": 0, "said": _Command(portal, asked["arguments"], Path(asked["folder"])).run()}
            except Exception as error:  # noqa: BLE001 (told to the caller, whose test fails)
                answer = {"status": 254, "said": f"{type(error).__name__}: {error}\n"}
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        command = folder / "aws"
        command.write_text(_CLIENT.format(python=sys.executable, port=server.server_address[1]), encoding="utf-8")
        command.chmod(0o755)
        threading.Thread(target=server.serve_forever).start()
        try:
            yield
        finally:
            server.shutdown()


class _Command:
    def __init__(self, portal: LocalPortal, arguments: list[str], folder: Path) -> None:
        self._portal = portal
        self._folder = folder
        self._service, self._name, *rest = arguments
        self._words: list[str] = []
        self._options: dict[str, list[str]] = {}
        values = self._words
        for argument in rest:
            if argument.startswith("--"):
                values = self._options.setdefault(argument[2:], [])
            else:
                values.append(argument)

    def run(self) -> str:
        unknown = self._options.keys() - options(self._service, self._name)
        if unknown:
            raise ValueError(f"unknown options: {', '.join(sorted(unknown))}")
        with self._portal.lock:
            answer = self._answer()
        return self._said(answer)

    def _answer(self) -> Any:  # noqa: ANN401 (what an operation answers)
        match self._service, self._name:
            case "cloudformation", "describe-stack-resource":
                logical_id = self._one("logical-resource-id")
                physical_id = self._portal.template.ref(logical_id)
                return {"StackResourceDetail": {"PhysicalResourceId": physical_id}}
            case "lambda", "invoke":
                function = next(
                    resource.logical_id
                    for resource in self._portal.template.resources("AWS::Lambda::Function")
                    if self._portal.template.ref(resource.logical_id) == self._one("function-name")
                )
                payload = json.loads(self._read("payload"))
                # The answer goes to the file that stands after the last option's value.
                result = self._portal.lambdas.invoke(function, payload)
                (self._folder / self._options["payload"][1]).write_text(json.dumps(result), encoding="utf-8")
                return {"StatusCode": 200}
            case "s3", "cp":
                bucket, _, key = self._words[0].removeprefix("s3://").partition("/")
                body = self._portal.clients.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                (self._folder / self._words[1]).write_bytes(body)
                return {}
            case "dynamodb", "wait":
                self._portal.clients.dynamodb.get_waiter("table_exists").wait(TableName=self._one("table-name"))
                return {}
            case "cloudfront", "create-invalidation":
                items = self._options["paths"]
                batch: Any = {"Paths": {"Quantity": len(items), "Items": items}, "CallerReference": "by hand"}
                return self._portal.clients.cloudfront.create_invalidation(
                    DistributionId=self._one("distribution-id"), InvalidationBatch=batch
                )
        clients = {"dynamodbstreams": "streams", **_SERVICES}
        client: Any = getattr(self._portal.clients, clients.get(self._service, self._service))
        model = operation(self._service, self._name)
        members = model.input_shape.members if model.input_shape else {}
        given = {
            member: self._value(shape, xform_name(member, "-"))
            for member, shape in members.items()
            if xform_name(member, "-") in self._options
        }
        return getattr(client, xform_name(model.name))(**given)

    def _one(self, option: str) -> str:
        return self._options[option][0]

    def _read(self, option: str) -> str:
        value = self._one(option)
        return (self._folder / value.removeprefix("file://")).read_text("utf-8") if "://" in value else value

    def _value(self, shape: Shape, option: str) -> Any:  # noqa: ANN401 (whatever the operation takes)
        values = self._options[option]
        match shape.type_name:
            case "boolean":
                return True
            case "integer" | "long":
                return int(values[0])
            case "list" if not values[0].startswith("["):
                return values
            case "structure" | "map" | "list":
                return json.loads(self._read(option))
        return values[0]

    def _said(self, answer: Any) -> str:  # noqa: ANN401 (what an operation answered)
        plain = json.loads(json.dumps(answer, default=_plain))
        plain.pop("ResponseMetadata", None)
        found = jmespath.search(self._one("query"), plain) if "query" in self._options else plain
        if self._options.get("output") == ["text"]:
            return _text(found) + "\n"
        return json.dumps(found, indent=4, ensure_ascii=False) + "\n" if found else ""


def _plain(value: object) -> str:
    """Write what JSON has not as the CLI does: bytes in base64, moments in ISO 8601."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    assert isinstance(value, datetime), value
    return value.isoformat()


def _text(found: object) -> str:
    if isinstance(found, list):
        return ("\n" if any(isinstance(each, list) for each in found) else "\t").join(map(_text, found))
    return "None" if found is None else str(found)
