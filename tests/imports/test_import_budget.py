"""What a function may not import: modules that would make a cold start long."""

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from portal import settings

ROOT = Path(__file__).parents[2]
NEEDS: dict[str, type[settings.Settings]] = {
    "desk": settings.DeskSettings,
    "preview": settings.PreviewSettings,
    "intake": settings.IntakeSettings,
    "render": settings.RenderSettings,
    "purge": settings.PurgeSettings,
    "tick": settings.TickSettings,
}
# Heavy, and of no use in any function. Lambda traces by itself, without the X-Ray SDK.
NOBODY = {
    "aws_xray_sdk",
    "cryptography",
    "moto",
    "pydantic",
    "requests",
    "yaml",
}
WITHOUT_INTAKE = {"jsonschema", "nh3", "referencing", "rpds"}
FORBIDDEN = {
    "desk": NOBODY | WITHOUT_INTAKE | {"jinja2"},
    "preview": NOBODY | {"aws_lambda_powertools.utilities.batch"},
    "intake": NOBODY | {"jinja2", "aws_lambda_powertools.event_handler"},
    "render": NOBODY
    | WITHOUT_INTAKE
    | {"aws_lambda_powertools.event_handler", "aws_lambda_powertools.utilities.batch"},
    "purge": NOBODY | WITHOUT_INTAKE | {"jinja2", "markupsafe", "zoneinfo", "aws_lambda_powertools.event_handler"},
    "tick": NOBODY | {"jinja2", "aws_lambda_powertools.event_handler"},
}


def modules_after_a_cold_start(function: str) -> set[str]:
    """Import a function's handler in a fresh interpreter, with just the environment it asks for."""
    needed = [field.name.upper() for field in fields(NEEDS[function])]
    environment = dict.fromkeys(needed, "x") | {
        "AWS_DEFAULT_REGION": "ap-southeast-1",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT / "layers/portal"), str(ROOT / "functions" / function)]),
    }
    program = "import sys, handler; print(*sys.modules, sep='\\n')"
    run = subprocess.run(  # noqa: S603 (our own interpreter and program)
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("function", FORBIDDEN)
def test_a_function_imports_nothing_beyond_its_budget(function: str) -> None:
    loaded = modules_after_a_cold_start(function)
    assert "portal.settings" in loaded  # the handler was really imported
    assert loaded & FORBIDDEN[function] == set()
