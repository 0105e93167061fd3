import json
from pathlib import Path
from typing import Any

from cfnlint import lint_file  # type: ignore[import-untyped]
from cfnlint.config import ManualArgs  # type: ignore[import-untyped]

REGIONS = ["ap-southeast-1", "us-east-1"]


def test_the_template_lints_clean_as_it_is_written(template_path: Path) -> None:
    assert findings(template_path) == []


def test_the_template_lints_clean_after_the_sam_transform(template: dict[str, Any], tmp_path: Path) -> None:
    # cfn-lint does not look into SAM's own resources, nor at what they become.
    translated = tmp_path / "translated.json"
    translated.write_text(json.dumps(template), encoding="utf-8")
    assert findings(translated) == []


def findings(path: Path) -> list[str]:
    return [str(match) for match in lint_file(path, config=ManualArgs(regions=REGIONS))]
