"""What a function finds around it when it runs here."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import aws
from local.lambdas import FunctionError, FunctionLog, Lambdas
from local.template import Json, Template

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Probe:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: probe
      Handler: handler.handler
      Runtime: python3.13
      MemorySize: 256
      Timeout: 7
      Environment: {Variables: {TABLE_NAME: "a table"}}
      Layers: [!Ref Shared]
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: shared}
"""
PROBE = """
import json, logging, os, sys, warnings
import shared_by_layer

started = []
log = logging.getLogger("probe")
log.handlers = log.handlers or [logging.StreamHandler(sys.stdout)]

def handler(event, context):
    started.append(event)
    match event.get("do"):
        case "raise":
            raise LookupError("nothing there")
        case "answer badly":
            return {1, 2}
        case "answer much":
            return "x" * 7_000_000
        case "speak":
            print("plain words")
            print(json.dumps({"level": "INFO", "message": "an object"}))
            log.warning("by a logger")
            sys.stdout.write("no end of line")
        case "warn":
            warnings.warn("careful")
        case "event":
            event["changed"] = True
    return {
        "calls": len(started),
        "environment": dict(os.environ),
        "context": [context.function_name, context.memory_limit_in_mb, context.invoked_function_arn],
        "remaining": context.get_remaining_time_in_millis(),
        "layer": shared_by_layer.VALUE,
    }
"""


@pytest.fixture
def lambdas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambdas]:
    for folder, name, text in (
        ("probe", "handler", PROBE),
        ("shared", "shared_by_layer", "VALUE = 'from the layer'"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text(text)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with aws.simulated() as session:
        yield Lambdas(
            Template(path=tmp_path / "template.yaml"), session, more_environment={"Probe": {"MORE": "said here"}}
        )
    sys.modules.pop("shared_by_layer", None)


def call(lambdas: Lambdas, event: Json = None) -> dict[str, Json]:
    answer: dict[str, Json] = lambdas.invoke("Probe", event or {})
    return answer


def test_a_function_sees_its_own_environment_and_not_the_hosts(
    lambdas: Lambdas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    monkeypatch.setenv("AWS_PROFILE", "production")
    before = dict(os.environ)

    seen = call(lambdas)["environment"]

    assert seen["TABLE_NAME"] == "a table"
    assert seen["MORE"] == "said here"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "portal-local-Probe"
    assert seen["AWS_REGION"] == "ap-southeast-1"
    assert not seen.keys() & {"SECRET_OF_THE_HOST", "AWS_PROFILE", "PYTEST_CURRENT_TEST"}
    assert dict(os.environ) == before


def test_the_context_is_that_of_lambda(lambdas: Lambdas) -> None:
    answer = call(lambdas)

    arn = "arn:aws:lambda:ap-southeast-1:123456789012:function:portal-local-Probe"
    assert answer["context"] == ["portal-local-Probe", "256", arn]
    assert 6000 < answer["remaining"] <= 7000


def test_layers_are_importable(lambdas: Lambdas) -> None:
    assert call(lambdas)["layer"] == "from the layer"


def test_a_function_stays_warm_until_it_is_forgotten(lambdas: Lambdas) -> None:
    assert [call(lambdas)["calls"], call(lambdas)["calls"]] == [1, 2]
    lambdas.forget("Probe")
    assert call(lambdas)["calls"] == 1
    lambdas.forget()
    assert call(lambdas)["calls"] == 1


def test_a_function_gets_a_copy_of_its_event(lambdas: Lambdas) -> None:
    event = {"do": "event"}

    call(lambdas, event)

    assert event == {"do": "event"}


@pytest.mark.parametrize(
    ("do", "error_type"),
    [("raise", "LookupError"), ("answer badly", "TypeError"), ("answer much", "ValueError")],
)
def test_what_lambda_would_call_unhandled_is_a_function_error(lambdas: Lambdas, do: str, error_type: str) -> None:
    with pytest.raises(FunctionError) as error:
        call(lambdas, {"do": do})

    assert error.value.payload["errorType"] == error_type
    [logged] = [each for each in lambdas.log.records("Probe") if each.get("level") == "ERROR"]
    assert logged["errorType"] == error_type


def test_what_a_function_says_goes_to_the_log_as_json(lambdas: Lambdas, capsys: pytest.CaptureFixture[str]) -> None:
    call(lambdas, {"do": "speak"})

    assert lambdas.log.records("Probe") == [
        {"function": "Probe", "message": "plain words"},
        {"level": "INFO", "message": "an object"},
        {"function": "Probe", "message": "by a logger"},
        {"function": "Probe", "message": "no end of line"},
    ]
    assert capsys.readouterr() == ("", "")


def test_a_warning_is_a_line_of_the_log_and_no_error(lambdas: Lambdas) -> None:
    call(lambdas, {"do": "warn"})

    assert any("UserWarning: careful" in each["message"] for each in lambdas.log.records("Probe"))


def test_a_logger_that_outlives_its_portal_speaks_to_the_next_one(lambdas: Lambdas) -> None:
    call(lambdas, {"do": "speak"})
    lambdas.log = FunctionLog()
    lambdas.forget()

    call(lambdas, {"do": "speak"})

    assert {"function": "Probe", "message": "by a logger"} in lambdas.log.records("Probe")
    logging.getLogger("probe").handlers.clear()


def test_the_log_can_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "portal.log"
    log = FunctionLog(path)
    log.add("Probe", "xin chào")
    log.close()

    assert json.loads(path.read_text(encoding="utf-8")) == {"function": "Probe", "message": "xin chào"}
