"""`./portal` itself: its help, its errors, and the stack that it finds."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.model import OperationModel

from console.__main__ import main
from console.deployment import Deployment, UnreachableError
from console.status import State, hops
from local.aws import ENVIRONMENT
from tests.newsroom import Newsroom, article

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "command", [(), ("status",), ("redraw",), ("dead-letters",), ("rebuild",), ("import",), ("export",)]
)
def test_help_is_enough_to_use_it(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert "usage: portal" in said
    assert command == () or "--local" in said


def test_it_runs_from_anywhere_as_a_file_of_the_root(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 (our own file)
        [ROOT / "portal", "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "dead-letters" in done.stdout


def test_where_no_portal_answers_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "b1", "--address", "127.0.0.1:9"]) == 1
    said = capsys.readouterr().err
    assert "make run" in said
    assert "Traceback" not in said


def test_where_no_stack_can_be_read_it_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(name, value)
    assert main(["dead-letters", "--stack", "another"]) == 1
    assert "--stack" in capsys.readouterr().err


def test_a_stack_is_found_by_cloudformation(newsroom: Newsroom, served: str) -> None:
    """moto makes no stack of the template, so its two answers are put in at botocore's hooks."""
    article_id = newsroom.submit(article())
    resources = [
        {"LogicalResourceId": each.logical_id, "PhysicalResourceId": newsroom.name(each.logical_id)}
        for each in newsroom.portal.template.resources()
    ]
    outputs = [{"OutputKey": "SiteUrl", "OutputValue": served}]
    answers: dict[str, Any] = {
        "ListStackResources": {"StackResourceSummaries": resources},
        "DescribeStacks": {"Stacks": [{"Outputs": outputs}]},
    }
    deployment = Deployment.of_stack("portal", _answered(newsroom, answers))
    assert {hop.state for hop in hops(deployment, article_id, "en")} == {State.DONE}


@pytest.mark.parametrize("outputs", [[], [{"OutputKey": "SiteUrl", "OutputValue": "https://portal.example"}]])
def test_a_stack_that_is_no_portal_is_told(newsroom: Newsroom, outputs: list[dict[str, str]]) -> None:
    """Such as another one of that name, or one whose first deploy has not come to its end."""
    resources = [{"LogicalResourceId": "Topic", "PhysicalResourceId": "topic"}]
    answers = {
        "ListStackResources": {"StackResourceSummaries": resources},
        "DescribeStacks": {"Stacks": [{"Outputs": outputs}]},
    }
    with pytest.raises(UnreachableError, match="--stack"):
        Deployment.of_stack("portal", _answered(newsroom, answers))


def _answered(newsroom: Newsroom, answers: Mapping[str, Any]) -> boto3.Session:
    """Give a session to which CloudFormation answers this."""
    session = newsroom.portal.lambdas.session

    class Answer:
        status_code = 200

    def answered(model: OperationModel, **_: object) -> Any:  # noqa: ANN401 (what botocore takes for an answer)
        return Answer(), answers[model.name]

    session.events.register("before-call.cloudformation", answered)
    return session


def test_a_page_elsewhere_can_not_speak_to_the_api_of_this_machine(newsroom: Newsroom) -> None:
    for path, headers in (("/local/resources", {}), ("/", {"Authorization": "AWS4-HMAC-SHA256 Credential=…"})):
        answer = newsroom.http.get(path, headers=headers, base_url="http://evil.example")
        assert answer.status_code == 403


def test_an_address_that_is_none_is_told(served: str) -> None:
    with pytest.raises(UnreachableError):
        Deployment.of_this_machine(f"{served}/nowhere")
