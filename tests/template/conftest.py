import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from samtranslator.translator.transform import transform  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]


class _NoManagedPolicies:
    """The translator asks for the ARNs of managed policies; no role of ours takes one."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="session")
def template_path() -> Path:
    return ROOT / "template.yaml"


@pytest.fixture(scope="session")
def template(template_path: Path) -> dict[str, Any]:
    """Give the template as CloudFormation gets it, after the SAM transform."""
    source = yaml_parse(template_path.read_text(encoding="utf-8"))
    for resource in source["Resources"].values():
        for code in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][code] = "s3://code/key"  # the translator takes code in S3 only
    with patch.dict(os.environ, AWS_DEFAULT_REGION="ap-southeast-1"):
        translated: dict[str, Any] = transform(source, {}, _NoManagedPolicies())
    return translated


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    resources: dict[str, Any] = template["Resources"]
    return resources
