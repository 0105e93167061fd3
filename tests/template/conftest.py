from pathlib import Path
from typing import Any

import pytest

from local.template import translated

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def template_path() -> Path:
    return ROOT / "template.yaml"


@pytest.fixture(scope="session")
def template(template_path: Path) -> dict[str, Any]:
    """Give the template as CloudFormation gets it, after the SAM transform."""
    return translated(template_path, {})


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    resources: dict[str, Any] = template["Resources"]
    return resources
